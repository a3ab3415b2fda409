/// Why there is no prediction.
public enum RegressionError: Error, Sendable, Equatable, CustomStringConvertible {
  /// There are not as many targets as training inputs.
  case targetCount(found: Int, expected: Int)
  /// A target is infinite or not a number.
  case targetNotFinite(row: Int, value: Double)
  /// The ridge is negative or not finite.
  case ridge(Double)
  /// The training time is negative or not a number.
  case time(Double)
  /// A kernel matrix is singular to double precision.
  case singular(kernel: String, order: Int, rank: Int)
  /// The rounding errors of a kernel matrix are as large as what is computed from it.
  case illConditioned(kernel: String, condition: Double, time: Double?)
  /// Two training inputs are equal and their targets are not.
  case contradiction(first: Int, second: Int, targets: [Double])
  /// A training input occurs twice.
  case duplicate(kernel: String, first: Int, second: Int)
  /// The matrices do not fit into memory.
  case tooLarge(train: Int, test: Int, gibibytes: Double, available: Double)

  public var description: String {
    switch self {
    case .targetCount(let found, let expected):
      return "There are \(found) targets for \(expected) training inputs. Give one target for each."
    case .targetNotFinite(let row, let value):
      return "Target \(row + 1) is \(value). Take the row out, or replace the value by a finite number."
    case .ridge(let value): return "The ridge \(value) is not a number ≥ 0."
    case .time(let value): return "The training time \(value) is not a number ≥ 0 or inf."
    case .singular(let kernel, let order, let rank):
      return "The \(kernel) of the \(order) training inputs is singular: \(order - rank) of its eigenvalues "
        + "vanish to double precision. Give a ridge, fewer inputs, or a finite training time."
    case .illConditioned(let kernel, let condition, let time):
      let reason =
        time.map { "at training time \($0) rounding errors are as large as the prediction" }
        ?? "rounding errors are as large as its smallest eigenvalue"
      return "The \(kernel) of the training inputs has condition number \(Self.rounded(condition)), and \(reason). "
        + "Give a ridge or fewer inputs."
    case .contradiction(let first, let second, let targets):
      let values = targets.map { "\($0)" }.joined(separator: " and ")
      return "Training inputs \(first + 1) and \(second + 1) are equal, and their targets are \(values): no function "
        + "passes through both. Give a ridge, or take one out."
    case .duplicate(let kernel, let first, let second):
      return "Training inputs \(first + 1) and \(second + 1) are equal, so that the \(kernel) matrix is singular. "
        + "Take one out, or give a ridge."
    case .tooLarge(let train, let test, let needed, let available):
      return
        "\(train) training and \(test) test inputs need matrices of about \(Int(needed.rounded(.up))) GiB, and the "
        + "machine has \(Int(available)) GiB. Take fewer inputs, or write the kernels with 'infwidth gram'."
    }
  }

  private static func rounded(_ value: Double) -> String {
    guard value.isFinite, value > 0 else { return "infinite" }
    let exponent = Int(value.exponent * 30103 / 100_000)
    return "about 1e\(exponent)"
  }
}
