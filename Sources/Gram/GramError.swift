/// Why there is no kernel matrix.
public enum GramError: Error, Sendable, Equatable, CustomStringConvertible {
  /// No inputs were given.
  case noInputs
  /// A row has another number of coordinates than the first, or than the network's inputs.
  case dimension(row: Int, found: Int, expected: Int)
  /// The number of elements is not the number of rows times the dimension.
  case elementCount(found: Int, rows: Int, dimension: Int)
  /// A coordinate is infinite or not a number.
  case notFinite(row: Int, column: Int, value: Double)
  /// A row is so long or so short that its squared length is no normal double.
  case length(row: Int, norm: Double)
  /// The kernel has no limit.
  case noLimit(kernel: String, reason: String)
  /// A kernel value leaves the range of double precision.
  case overflow(kernel: String, row: Int, column: Int)

  public var description: String {
    switch self {
    case .noInputs: return "There are no inputs. Give at least one row."
    case .dimension(let row, let found, let expected):
      return "Row \(row + 1) of the inputs has \(found) coordinate\(found == 1 ? "" : "s") where \(expected) "
        + "\(expected == 1 ? "is" : "are") expected. Every row has as many coordinates as the network's input-dimension."
    case .elementCount(let found, let rows, let dimension):
      return "\(found) elements do not make \(rows) rows of \(dimension) coordinates. Give rows × dimension elements."
    case .notFinite(let row, let column, let value):
      return "Coordinate \(column + 1) of row \(row + 1) of the inputs is \(value). "
        + "Take the row out, or replace the value by a finite number."
    case .length(let row, let norm):
      return "Row \(row + 1) of the inputs has the length \(norm). Scale it to a length between 1e-150 and 1e150."
    case .noLimit(let kernel, let reason):
      return "The \(kernel) has no limit: \(reason). 'infwidth scaling' shows every parameter group."
    case .overflow(let kernel, let row, let column):
      return "The \(kernel) at rows \(row + 1) and \(column + 1) exceeds the range of double precision, about 1.8e308. "
        + "Scale the inputs or the laws down."
    }
  }
}
