import LimitKernels
import LinearAlgebra
import Moments
import Networks

/// How the NTK of one hidden layer moves under gradient flow on `½ Σ_c (f_c − y_c)²`, and how far the network is from its
/// linearization, to leading order in 1/N.
///
/// Points are numbered with the training inputs first and the test points behind them. Everything is in units of 1/N:
/// a returned number c means `c/N + O(N^(−2))`, for the standard deviation of the velocity `c/N`.
///
///     E[dΘ_ab/dt](0) = −(1/N) Σ_c c_abc;c          exact at every width for symmetric readout weights
///     E[Θ_ab(t) − Θ_ab(0)] = (1/N) { −Σ c_abc;d A_cd(t) + Σ P_abcd Q_cd(t) }
///
/// with `c_abc;d = E[o_abc w φ_d]`, `P_abcd = E p_abcd` at initialization and A, Q functions of the limiting NTK. Velocity
/// and its standard deviation are of the same order; the targets enter the deviation and not the mean.
public struct TrainingTheory: Sendable {
  /// The limiting NTK on the training inputs.
  public let kernel: Matrix
  /// The number of training inputs.
  public let trainingCount: Int
  let hierarchy: TangentHierarchy
  let tensors: TrainingTensors

  /// - Parameters:
  ///   - network: One hidden layer under a parameterization that leaves f and the NTK of order 1, with a smooth
  ///     activation.
  ///   - inputs: The training inputs.
  ///   - targets: y, one for each training input.
  ///   - testPoints: Further points.
  /// - Throws: ``FiniteWidthTheoryError`` where the theory does not apply, `ExpectationError` where an expectation fails.
  public init(
    of network: Network, inputs: [[ExactNumber]], targets: [ExactNumber], testPoints: [[ExactNumber]] = []
  ) throws {
    let layers = try network.denseLayers(for: "the theory of training")
    guard layers.count == 2 else { throw FiniteWidthTheoryError.deepTraining(hiddenLayers: layers.count - 1) }
    guard inputs.count == targets.count else {
      throw FiniteWidthTheoryError.targetCount(inputs: inputs.count, targets: targets.count)
    }
    let points = inputs + testPoints
    let exponents = try WidthExponents(network)
    let groups = TrainedGroup.all(of: network, layers: layers, exponents: exponents)
    guard exponents.function.isZero, groups.allSatisfy({ $0.exponent.isZero }) else {
      throw FiniteWidthTheoryError.trainingParameterization
    }
    guard layers[1].weights.isSymmetric else { throw FiniteWidthTheoryError.skewedReadout(law: "\(layers[1].weights)") }
    let kernels = try limitingKernels(of: network, at: points)
    trainingCount = inputs.count
    var matrix = Matrix(rows: points.count, columns: points.count)
    for (entry, pair) in zip(kernels.entries, InputPair.all(points.count)) {
      guard let value = entry.ntk.estimate?.value else {
        throw FiniteWidthTheoryError.noKernel(reason: entry.ntk.reason ?? "")
      }
      matrix[pair.first, pair.second] = value
      matrix[pair.second, pair.first] = value
    }
    func weight(_ layer: Int, _ kind: ParameterGroup.Kind) -> ExactNumber {
      groups.first { $0.group == ParameterGroup(layer: layer, kind: kind) }?.weight ?? 0
    }
    hierarchy = TangentHierarchy(
      kappa: points.map { x in points.map { weight(0, .weights) * innerProduct(x, $0) + weight(0, .bias) } },
      readoutRate: weight(1, .weights))
    let count = inputs.count
    kernel = Matrix(
      rows: count, columns: count, elements: (0..<count).flatMap { i in (0..<count).map { matrix[i, $0] } })
    tensors = try TrainingTensors(
      network, layers, hierarchy: hierarchy, kernels: kernels, points: points, targets: targets, kernel: matrix)
  }

  // MARK: Velocity

  /// `N E[dΘ_ab/dt]` at t = 0, exact at every width.
  public func meanVelocity(_ a: Int, _ b: Int) throws -> Quantity {
    var sum = Quantity.zero
    for c in 0..<trainingCount { sum = sum - (try tensors.drift(a, b, c, c)) }
    return sum
  }

  /// N times the standard deviation of `dΘ_ab/dt` at t = 0, leading order.
  ///
  ///     N² Var = Σ_cd (K_cd + y_c y_d) E[o_abc o_abd] + Σ_cd c_abc;d c_abd;c
  public func velocityDeviation(_ a: Int, _ b: Int) throws -> Quantity {
    var sum = Quantity.zero
    for c in 0..<trainingCount {
      for d in 0..<trainingCount {
        sum = sum + tensors.target(c, d) * (try tensors.square(a, b, c, d))
        sum = sum + (try tensors.drift(a, b, c, d)) * (try tensors.drift(a, b, d, c))
      }
    }
    return sum.squareRoot
  }

  // MARK: Change of the kernel

  /// `N E[Θ_ab(t) − Θ_ab(0)]`, leading order; `time` may be infinite.
  public func kernelChange(_ a: Int, _ b: Int, time: Double) throws -> Quantity {
    let flow = try KernelFlow(kernel, time: time)
    let count = trainingCount
    var sum = FlowSum()
    for c in 0..<count {
      for d in 0..<count {
        sum.add(try tensors.drift(a, b, c, d), -flow.response(c, d))
        sum.add(try tensors.curvature(a, b, c, d), flow.quadratic(c, d, tensors.targetMatrix))
      }
    }
    return sum.quantity
  }

  // MARK: Error of the linearization

  /// `N E d²(f_a − f_a^lin)/dt²` at t = 0, exact at every width: the error grows like half of it times t².
  public func linearizationCurvature(_ a: Int) throws -> Quantity {
    var sum = Quantity.zero
    for b in 0..<trainingCount {
      for c in 0..<trainingCount {
        sum = sum - tensors.targets[c] * (try tensors.drift(a, b, c, b))
        sum = sum - tensors.targets[b] * (try tensors.drift(a, b, c, c))
      }
    }
    return sum
  }

  /// `N E[f_a(t) − f_a^lin(t)]`, leading order, for finite times.
  ///
  /// On training inputs both tend to the targets, and at late times terms left out of the expansion win.
  public func linearizationError(_ a: Int, time: Double) throws -> Quantity {
    precondition(time >= 0 && time.isFinite, "a time is finite and not negative")
    return try LinearizationError(self, tensors: tensors).value(a, time: time)
  }
}
