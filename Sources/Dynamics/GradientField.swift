import FiniteWidth
import GSL

/// The velocity of the parameters under gradient flow, `dθ_p/dt = −s η_p ∂L/∂θ_p`.
///
/// It holds the scratch memory of one evaluation at a time.
final class GradientField {
  let problem: TrainingProblem
  let layout: ParameterLayout
  private let evaluator: GradientEvaluator
  private var outputs: [Double]
  private var scratch: [Double]

  init(_ problem: TrainingProblem, threads: Int) {
    self.problem = problem
    evaluator = GradientEvaluator(problem.network, points: problem.inputs, threads: threads)
    layout = evaluator.layout
    outputs = [Double](repeating: 0, count: problem.inputs.count)
    scratch = [Double](repeating: 0, count: layout.count)
  }

  /// The velocity at `parameters`.
  ///
  /// - Returns: The loss; it is not finite where the network overflows.
  @discardableResult
  func velocity(at parameters: UnsafePointer<Double>, into velocity: UnsafeMutablePointer<Double>) -> Double {
    let targets = problem.targets
    return outputs.withUnsafeMutableBufferPointer { residuals -> Double in
      guard let base = residuals.baseAddress else { return 0 }
      evaluator.outputs(parameters, into: base)
      var loss = 0.0
      for index in residuals.indices {
        residuals[index] -= targets[index]
        loss += 0.5 * residuals[index] * residuals[index]
      }
      evaluator.gradient(base, parameters, into: velocity)
      for block in layout.blocks where block.rate != 0 {
        let factor = -problem.timeScale * block.rate
        for place in block.range { velocity[place] *= factor }
      }
      return loss
    }
  }

  /// The velocity at `parameters`.
  func velocity(at parameters: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: layout.count)
    parameters.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        guard let p = source.baseAddress, let q = target.baseAddress else { return }
        velocity(at: p, into: q)
      }
    }
    return result
  }

  /// One step of gradient descent, `θ ← θ + size · v`; returns the loss before it.
  func step(_ parameters: inout [Double], _ size: Double) -> Double {
    parameters.withUnsafeMutableBufferPointer { parameters in
      scratch.withUnsafeMutableBufferPointer { scratch -> Double in
        guard let point = parameters.baseAddress, let change = scratch.baseAddress else { return 0 }
        let loss = velocity(at: point, into: change)
        for index in 0..<parameters.count { point[index] += size * change[index] }
        return loss
      }
    }
  }

  /// `−s η ∘ ∇(Σ_d c_d f(x_d))`: where the parameters would go if the residuals were `c`.
  func displacement(coefficients: [Double], at parameters: [Double]) -> [Double] {
    var result = evaluator.gradient(coefficients: coefficients, at: parameters)
    for block in layout.blocks where block.rate != 0 {
      let factor = -problem.timeScale * block.rate
      for place in block.range { result[place] *= factor }
    }
    return result
  }

  /// `−dL/dt = Σ v² / (s η)` for the velocity `v`.
  func descent(of velocity: [Double]) -> Double {
    layout.blocks.filter { $0.rate != 0 }.reduce(0) { sum, block in
      sum + block.range.reduce(0) { $0 + velocity[$1] * velocity[$1] } / (problem.timeScale * block.rate)
    }
  }

  /// One step of the classical Runge–Kutta method of order 4; `step` may be negative.
  func rungeKutta(_ parameters: [Double], step: Double) -> [Double] {
    func moved(by slope: [Double], _ factor: Double) -> [Double] {
      zip(parameters, slope).map { $0 + factor * $1 }
    }
    let first = velocity(at: parameters)
    let second = velocity(at: moved(by: first, step / 2))
    let third = velocity(at: moved(by: second, step / 2))
    let fourth = velocity(at: moved(by: third, step))
    return parameters.indices.map {
      parameters[$0] + step / 6 * (first[$0] + 2 * (second[$0] + third[$0]) + fourth[$0])
    }
  }

  /// About the largest magnitude of an eigenvalue of `∂v/∂θ`, the fastest rate of the flow, from below: by power
  /// iteration on differences of velocities.
  ///
  /// The Jacobian has two parts, `−s η ∘ (Jᵀ J + Σ_d r_d ∇²f(x_d))`; where the network is stuck at a saddle the first
  /// one, whose eigenvalues are those of the NTK, vanishes, and the second does not.
  func rate(at parameters: [Double], velocity: [Double]) -> Double {
    let count = layout.count
    let scale = velocity.reduce(0) { max($0, $1.magnitude) }
    guard scale > 0, scale.isFinite else { return 0 }
    let width = 0x1p-17 * max(1, parameters.reduce(0) { max($0, $1.magnitude) })
    // The velocity alone may lie in one eigenspace; a fixed mixture of signs reaches the others.
    var direction = velocity.map { $0 / scale }
    for (number, place) in layout.trainedIndices.enumerated() { direction[place] += number % 3 == 0 ? 0.5 : -0.25 }
    var (point, above, below) = (parameters, parameters, parameters)
    var result = 0.0
    for _ in 0..<5 {
      let size = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard size > 0, size.isFinite else { break }
      for index in 0..<count {
        direction[index] /= size
        point[index] = parameters[index] + width * direction[index]
      }
      self.velocity(at: point, into: &above)
      for index in 0..<count { point[index] = parameters[index] - width * direction[index] }
      self.velocity(at: point, into: &below)
      for index in 0..<count { direction[index] = (above[index] - below[index]) / (2 * width) }
      let growth = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard growth.isFinite else { break }
      result = max(result, growth)
    }
    return result
  }

  /// The Jacobian `∂v_p/∂θ_q` by central differences, row by row; accurate to about 1e-10 of its size.
  ///
  /// Implicit methods need it to a few digits only.
  func jacobian(at parameters: UnsafePointer<Double>, into matrix: UnsafeMutablePointer<Double>) -> Bool {
    let count = layout.count
    var point = Array(UnsafeBufferPointer(start: parameters, count: count))
    for column in 0..<count {
      let original = point[column]
      let width = 0x1p-17 * max(1, original.magnitude)
      point[column] = original + width
      let above = velocity(at: point)
      point[column] = original - width
      let below = velocity(at: point)
      point[column] = original
      for row in 0..<count {
        let value = (above[row] - below[row]) / (2 * width)
        guard value.isFinite else { return false }
        matrix[row * count + column] = value
      }
    }
    return true
  }
}
