import Foundation
import Gram
import LinearAlgebra
import Moments
import Networks

/// What the infinitely wide network predicts at test inputs from training data: trained by gradient flow for a time
/// (``TangentKernelRegression``), and under Bayesian inference (``GaussianProcessPosterior``).
///
///     let prediction = try NetworkPrediction(
///       network, inputs: [[1, 0], [0, 1]], targets: [1, -1], testInputs: [[0.6, 0.8]], ridge: 0.01)
///     prediction.trained.mean[0].value
public struct NetworkPrediction: Sendable {
  /// What is asked for besides the data.
  public struct Question: Sendable, Equatable {
    /// The training time, from 0 to infinity.
    public var time: Double
    /// `R ≥ 0`: the noise variance of the posterior, and the penalty `½ R ‖θ − θ₀‖²` of training.
    public var ridge: Double

    public init(time: Double = .infinity, ridge: Double = 0) {
      self.time = time
      self.ridge = ridge
    }
  }

  public let question: Question
  /// The number of training inputs.
  public let trainCount: Int
  /// The law of the prediction after training for the time, over the initializations.
  public let trained: Prediction
  /// `(λ_max + R)/(λ_min + R)` of the NTK of the training inputs.
  public let conditionNumber: Double
  /// The smallest and the largest eigenvalue of the NTK of the training inputs.
  public let eigenvalueRange: ClosedRange<Double>
  /// The posterior with the NNGP kernel, or why there is none.
  public let posterior: Result<GaussianProcessPosterior, RegressionError>

  /// - Parameters:
  ///   - network: The network whose infinite width is asked for.
  ///   - inputs: The training inputs, of `network.inputDimension` coordinates each.
  ///   - targets: One for each of them.
  ///   - testInputs: Where to predict; at least one.
  ///   - question: Time and ridge.
  ///   - options: How the kernel matrices are computed.
  /// - Throws: ``RegressionError`` where the trained prediction does not exist or is lost in rounding errors, and what
  ///   the kernels throw.
  public init(
    _ network: Network, inputs: [[Double]], targets: [Double], testInputs: [[Double]],
    question: Question = Question(), options: GramOptions = GramOptions()
  ) throws {
    try checkRegression(targets: targets, count: inputs.count, ridge: question.ridge)
    guard question.time >= 0 else { throw RegressionError.time(question.time) }
    try Self.checkMemory(train: inputs.count, test: testInputs.count)
    let duplicate = Self.duplicate(inputs, targets)
    if question.ridge == 0, question.time == .infinity, let duplicate {
      throw duplicate.error(kernel: "NTK", targets)
    }
    let kernels = try Self.kernels(of: network, inputs, testInputs, options)
    let regression = try TangentKernelRegression(
      ntk: kernels.ntk, nngp: kernels.nngp, targets: targets, ridge: question.ridge)
    self.question = question
    trainCount = inputs.count
    trained = try regression.prediction(at: question.time)
    conditionNumber = regression.conditionNumber
    eigenvalueRange = (regression.eigenvalues.first ?? 0)...(regression.eigenvalues.last ?? 0)
    if question.ridge == 0, let duplicate {
      posterior = .failure(duplicate.error(kernel: "NNGP kernel", targets))
    } else {
      do {
        posterior = .success(
          try GaussianProcessPosterior(kernel: kernels.nngp, targets: targets, ridge: question.ridge))
      } catch let error as RegressionError {
        posterior = .failure(error)
      }
    }
  }

  private static func kernels(
    of network: Network, _ inputs: [[Double]], _ testInputs: [[Double]], _ options: GramOptions
  ) throws -> (nngp: RegressionKernel, ntk: RegressionKernel) {
    let train = try GramMatrix(network, inputs, options: options)
    let cross = try GramMatrix(network, testInputs, columns: inputs, options: options)
    let program = try KernelProgram(network, options: options)
    let test = try program.prepare(try GramInputs(rows: testInputs))
    var (nngp, ntk) = ([Double](repeating: 0, count: test.count), [Double](repeating: 0, count: test.count))
    try nngp.withUnsafeMutableBufferPointer { nngp in
      try ntk.withUnsafeMutableBufferPointer { ntk in
        for row in 0..<test.count {
          let place = KernelBlock(
            nngp: nngp.baseAddress.map { $0 + row }, ntk: ntk.baseAddress.map { $0 + row }, rowStride: 1)
          try program.block(test, rows: row..<(row + 1), test, columns: row..<(row + 1), into: place)
        }
      }
    }
    func kernel(_ kind: KernelKind, _ path: KeyPath<GramMatrix, Matrix?>, _ diagonal: [Double]) -> RegressionKernel {
      // Where the matrices state no bound: where their series stop, and a few dozen roundings.
      let error = [train, cross].compactMap { $0.errorBound[kind] }.max() ?? max(options.tolerance, 1e-14)
      return RegressionKernel(
        train: train[keyPath: path] ?? Matrix(rows: 0, columns: 0),
        testTrain: cross[keyPath: path] ?? Matrix(rows: 0, columns: 0), testDiagonal: diagonal, relativeError: error)
    }
    return (kernel(.nngp, \.nngp, nngp), kernel(.ntk, \.ntk, ntk))
  }

  private static func checkMemory(train n: Int, test t: Int) throws(RegressionError) {
    // Both kernels, the eigenvectors with their workspace, and the products of test and training inputs.
    let numbers = 10 * Double(n) * Double(n) + 8 * Double(n) * Double(t)
    let available = Double(ProcessInfo.processInfo.physicalMemory)
    guard 8 * numbers <= available else {
      throw .tooLarge(train: n, test: t, gibibytes: 8 * numbers / 0x1p30, available: available / 0x1p30)
    }
  }

  /// The first training input that occurs twice, if possible with different targets.
  private static func duplicate(_ inputs: [[Double]], _ targets: [Double]) -> DuplicateInput? {
    var seen: [[Double]: Int] = [:]
    var found: DuplicateInput?
    for (row, input) in inputs.enumerated() {
      guard let first = seen[input] else {
        seen[input] = row
        continue
      }
      if targets[first] != targets[row] { return DuplicateInput(first: first, second: row) }
      if found == nil { found = DuplicateInput(first: first, second: row) }
    }
    return found
  }
}

/// Two equal training inputs.
private struct DuplicateInput {
  var first: Int
  var second: Int

  func error(kernel: String, _ targets: [Double]) -> RegressionError {
    targets[first] == targets[second]
      ? .duplicate(kernel: kernel, first: first, second: second)
      : .contradiction(first: first, second: second, targets: [targets[first], targets[second]])
  }
}
