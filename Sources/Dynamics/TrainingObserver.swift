import FiniteWidth
import Foundation

/// Takes the records of a training.
///
/// Outputs and kernel come from the network's own forward and backward pass, the measured slopes from the flow: two
/// codes that share the definition of the network only.
final class TrainingObserver {
  let linearized: LinearizedModel
  private let problem: TrainingProblem
  private let method: TrainingMethod
  private let field: GradientField
  private let evaluator: GradientEvaluator
  private let initial: [Double]
  private let initialKernel: [Double]
  /// The places of the trained parameters where there are two.
  private let planeIndices: [Int]?

  /// - Throws: ``TrainingError/notFinite(time:)`` if the initial network overflows.
  init(
    _ problem: TrainingProblem, method: TrainingMethod, field: GradientField, threads: Int
  ) throws(TrainingError) {
    let kernels = problem.network.kernels(at: problem.points)
    guard kernels.outputs.allSatisfy(\.isFinite), kernels.ntk.allSatisfy(\.isFinite) else { throw .notFinite(time: 0) }
    linearized = try LinearizedModel(problem, kernels: kernels, step: method.step)
    evaluator = GradientEvaluator(problem.network, points: problem.points, threads: threads)
    self.problem = problem
    self.method = method
    self.field = field
    initial = problem.network.parameters
    initialKernel = kernels.ntk
    planeIndices = field.layout.trainedCount == 2 ? field.layout.trainedIndices : nil
  }

  /// The record at one time; nil if the network is not finite there.
  func record(at time: Double, parameters: [Double]) -> TrainingRecord? {
    let kernels = problem.network.with(parameters: parameters).kernels(at: problem.points)
    let (packed, outputs) = (Self.unsignedZeros(kernels.ntk), Self.unsignedZeros(kernels.outputs))
    guard outputs.allSatisfy(\.isFinite), packed.allSatisfy(\.isFinite) else { return nil }
    let count = problem.points.count
    let residuals = zip(outputs, problem.targets).map { $0 - $1 }
    let predicted = (0..<count).map { point in
      -problem.timeScale
        * residuals.indices.reduce(0) { $0 + packed[PointPair(point, $1).index(count: count)] * residuals[$1] }
    }
    let velocity = field.velocity(at: parameters)
    let measured =
      method.step.map { difference(parameters, velocity, step: $0, outputs) }
      ?? slopes(parameters, rate: max(kernelRate(packed), field.rate(at: parameters, velocity: velocity)))
    let moves = field.displacement(coefficients: linearized.integratedResiduals(at: time), at: initial)
    var (distance, travelled, largest) = (0.0, 0.0, 0.0)
    for index in initial.indices {
      let move = parameters[index] - initial[index]
      travelled += move * move
      largest = max(largest, move.magnitude)
      distance += (move - moves[index]) * (move - moves[index])
    }
    let record = TrainingRecord(
      time: time, loss: problem.loss(outputs), descent: field.descent(of: velocity), outputs: outputs, kernel: packed,
      predictedSlopes: Self.unsignedZeros(predicted), measuredSlopes: Self.unsignedZeros(measured),
      linearizedLoss: linearized.loss(at: time),
      linearizedOutputs: Self.unsignedZeros(linearized.outputs(at: time)), distance: distance.squareRoot(),
      travelled: travelled.squareRoot(), kernelChange: relativeChange(packed), largestMove: largest,
      plane: planeIndices.map { $0.map { parameters[$0] } },
      linearizedPlane: planeIndices.map { $0.map { initial[$0] + moves[$0] } })
    return record.isFinite ? record : nil
  }

  /// The numbers with 0 for −0: a property list stores equal numbers once, and a checkpoint would lose the sign.
  private static func unsignedZeros(_ values: [Double]) -> [Double] { values.map { $0 + 0 } }

  /// `‖Θ_t − Θ₀‖ / ‖Θ₀‖`; off-diagonal entries count twice.
  private func relativeChange(_ kernel: [Double]) -> Double {
    var (change, size) = (0.0, 0.0)
    for (index, pair) in PointPair.all(count: problem.points.count).enumerated() {
      let weight: Double = pair.first == pair.second ? 1 : 2
      change += weight * (kernel[index] - initialKernel[index]) * (kernel[index] - initialKernel[index])
      size += weight * initialKernel[index] * initialKernel[index]
    }
    return size == 0 ? 0 : (change / size).squareRoot()
  }

  /// An upper bound of the fastest rate of the residuals, the trace of `s Θ_t` on the training inputs.
  private func kernelRate(_ kernel: [Double]) -> Double {
    let count = problem.points.count
    return problem.timeScale
      * problem.inputs.indices.reduce(0) { $0 + kernel[PointPair($1, $1).index(count: count)] }
  }

  /// `df/dt` by the central difference of order 4 over outputs at `t ± δ` and `t ± 2δ`, reached by short steps of the
  /// flow itself.
  ///
  /// With `δ = 1/(512 Λ)`, Λ the fastest rate, the difference is right to about `10⁻¹¹ Λ |f|`: truncation and rounding
  /// have that size alike. The kernel alone does not bound the rate: at a saddle it vanishes while the flow goes on at
  /// the rates of the residuals times the second derivatives, and steps by the kernel alone would be far too long.
  private func slopes(_ parameters: [Double], rate: Double) -> [Double] {
    guard rate > 0 else { return [Double](repeating: 0, count: problem.points.count) }
    let step = 1 / (512 * rate)
    func outputs(_ sign: Double) -> (near: [Double], far: [Double]) {
      let near = field.rungeKutta(parameters, step: sign * step)
      return (evaluator.outputs(near), evaluator.outputs(field.rungeKutta(near, step: sign * step)))
    }
    let (ahead, behind) = (outputs(1), outputs(-1))
    return problem.points.indices.map {
      (8 * (ahead.near[$0] - behind.near[$0]) - (ahead.far[$0] - behind.far[$0])) / (12 * step)
    }
  }

  /// The change of the outputs in the next step of gradient descent, over the step.
  private func difference(
    _ parameters: [Double], _ velocity: [Double], step: Double, _ outputs: [Double]
  ) -> [Double] {
    let next = evaluator.outputs(zip(parameters, velocity).map { $0 + step * $1 })
    return zip(next, outputs).map { ($0 - $1) / step }
  }
}
