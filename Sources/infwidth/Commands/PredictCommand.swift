import ArgumentParser
import Gram
import KernelFiles
import Moments
import Networks
import Regression
import Tables

/// `infwidth predict`.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "What the infinitely wide network predicts: trained until a time (NTK), and Bayesian (NNGP).",
    discussion: """
      Trained: gradient flow of the loss 1/2 sum (f - y)^2 with learning rate 1 until the time T, averaged over random \
      initializations; with a ridge R the loss has the term R/2 |theta - theta_0|^2. Bayesian: the posterior of the \
      Gaussian process with the NNGP kernel; R is the variance of the noise on the targets.

      The training data are --train-x and --train-y, or one file --data with rows x1,...,xd,y (CSV or .npy) or \
      [[[x1, ...], y], ...] (JSON).

      Example: infwidth predict --network examples/relu-uniform.yaml --data examples/training.csv --at 0.6,0.8 \
      --time 10 --ridge 0.01
      """)

  @Option(help: ArgumentHelp("The network, a YAML or JSON file.", valueName: "file"))
  var network: String

  @Option(help: ArgumentHelp("Training inputs and targets in one file.", valueName: "file"))
  var data: String?

  @Option(help: ArgumentHelp("Training inputs, one a row: .npy, CSV or JSON.", valueName: "file"))
  var trainX: String?

  @Option(help: ArgumentHelp("Training targets, one a row: .npy, CSV or JSON.", valueName: "file"))
  var trainY: String?

  @Option(help: ArgumentHelp("Test inputs, one a row: .npy, CSV or JSON.", valueName: "file"))
  var testX: String?

  @Option(
    name: .customLong("at"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A test input: --at 1,0 --at -1,1/2. Repeat for more.", valueName: "point"))
  var at: [String] = []

  @Option(parsing: .unconditional, help: ArgumentHelp("The training time, or inf.", valueName: "T"))
  var time: String = "inf"

  @Option(parsing: .unconditional, help: ArgumentHelp("The ridge R.", valueName: "R"))
  var ridge: String = "0"

  @Option(help: ArgumentHelp("Write the trained means to this .npy file.", valueName: "file"))
  var meanOutput: String?

  @Option(help: ArgumentHelp("Write the trained variances to this .npy file.", valueName: "file"))
  var varianceOutput: String?

  @OptionGroup var common: CommonOptions

  func run() throws {
    let question = NetworkPrediction.Question(time: try readTime(), ridge: try readRidge())
    let network = try Network(contentsOf: network)
    let (inputs, targets) = try readTraining(dimension: network.inputDimension)
    let testInputs = try readTest(dimension: network.inputDimension)
    let arrays = [meanOutput, varianceOutput].compactMap { $0 }
    for path in arrays { _ = try Output(path: path) }
    let status = ProgressStatus()
    let output = try Output(path: common.output)
    let prediction = try Progress.show("computing kernels", status: status) {
      try NetworkPrediction(
        network, inputs: inputs, targets: targets, testInputs: testInputs, question: question,
        options: GramOptions(threads: common.threadCount) { status.report(done: $0, total: $1) })
    }
    if let meanOutput { try writeArray(prediction.trained.mean, to: meanOutput) }
    if let varianceOutput { try writeArray(prediction.trained.variance, to: varianceOutput) }
    let report = PredictionReport(network: network, testInputs: testInputs, prediction: prediction)
    try output.write(report.document.text(as: common.format))
  }

  private func readTime() throws -> Double {
    if ["inf", "infinity"].contains(time.lowercased()) { return .infinity }
    let value = try number(time, option: "time").doubleValue
    guard value >= 0 else { throw Failure.usage("--time \(time): write a time ≥ 0, or inf.") }
    return value
  }

  private func readRidge() throws -> Double {
    let value = try number(ridge, option: "ridge").doubleValue
    guard value >= 0 else { throw Failure.usage("--ridge \(ridge): write a number ≥ 0.") }
    return value
  }

  private func readTraining(dimension: Int) throws -> (inputs: [[Double]], targets: [Double]) {
    if data != nil, trainX != nil || trainY != nil {
      throw Failure.usage("give --data, or --train-x and --train-y, not both.")
    }
    guard let source = data ?? trainX else {
      throw Failure.usage("there are no training data. Give --train-x FILE --train-y FILE, or --data FILE.")
    }
    guard let trainY else {
      let training = try TrainingData(contentsOf: source, dimension: dimension)
      return (training.inputs.map { $0.map(\.doubleValue) }, training.targets.map(\.doubleValue))
    }
    let rows = try RowFile(contentsOf: source, dimension: dimension)
    let targets: RowFile
    do throws(PointsError) { targets = try RowFile(contentsOf: trainY, dimension: 1) } catch {
      guard case .inFile(_, .dimension(let line, let point, let found, _)) = error else { throw error }
      let place = line.map { "line \($0)" } ?? "row \(point + 1)"
      throw Failure.data("\(trainY): \(place) has \(found) numbers. Write one target a row.")
    }
    guard targets.count == rows.count else {
      throw Failure.data("\(trainY): there are \(targets.count) targets for \(rows.count) inputs of \(source).")
    }
    return (try rows.all(), try targets.rows(0..<targets.count))
  }

  private func readTest(dimension: Int) throws -> [[Double]] {
    let points = try at.map { text in
      do { return try Points.point(parsing: text, dimension: dimension).map(\.doubleValue) } catch {
        throw Failure.usage("--at '\(text.prefix(40))': \(error)")
      }
    }
    let file = try testX.map { try RowFile(contentsOf: $0, dimension: dimension).all() } ?? []
    guard !points.isEmpty || !file.isEmpty else {
      throw Failure.usage("there are no test inputs. Give --test-x FILE, or --at POINT.")
    }
    return points + file
  }

  private func writeArray(_ values: [Estimate], to path: String) throws {
    let header = NPYHeader(shape: [values.count])
    let bytes = values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value.value.bitPattern >> (8 * $0)) }
    }
    try Output(path: path).write(header.encoded + bytes)
  }
}

extension RowFile {
  /// All rows.
  func all() throws(PointsError) -> [[Double]] {
    let elements = try rows(0..<count)
    return (0..<count).map { Array(elements[($0 * dimension)..<(($0 + 1) * dimension)]) }
  }
}
