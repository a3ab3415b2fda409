import Moments

/// What is wrong with the points where a kernel is wanted.
public enum PointsError: Error, Sendable, Equatable, CustomStringConvertible {
  case unreadable(reason: String)
  case tooLarge(bytes: Int, limit: Int)
  /// There is no point.
  case empty
  /// The text is not of the format.
  case syntax(line: Int?, problem: String)
  /// A coordinate is not a number.
  case coordinate(line: Int?, index: Int, NumberError)
  /// A point has not as many coordinates as the network has inputs.
  case dimension(line: Int?, point: Int, found: Int, expected: Int)
  /// An element of an array is NaN or infinite.
  case notFinite(point: Int, index: Int, value: String)
  /// An array has not the shape of a list of points.
  case shape([Int], dimension: Int)
  case npy(NPYArray.FormatError)
  /// An error in a file.
  indirect case inFile(path: String, PointsError)

  public var description: String {
    func prefix(_ line: Int?) -> String { line.map { "line \($0): " } ?? "" }
    func counted(_ count: Int) -> String { count == 1 ? "1 coordinate" : "\(count) coordinates" }
    switch self {
    case .unreadable(let reason): return "The points cannot be read: \(reason)."
    case .tooLarge(let bytes, let limit): return "The file has \(bytes) bytes; a file of points has at most \(limit)."
    case .empty: return "There are no points. Write at least one."
    case .syntax(let line, let problem): return "\(prefix(line))\(problem)"
    case .coordinate(let line, let index, let error):
      return "\(prefix(line))coordinate \(index + 1): \(error.description)"
    case .dimension(let line, let point, let found, let expected):
      return
        "\(prefix(line))point \(point + 1) has \(counted(found)), but the network's input-dimension is \(expected)."
    case .notFinite(let point, let index, let value):
      return "point \(point + 1), coordinate \(index + 1) is \(value). Coordinates must be finite numbers."
    case .shape(let shape, let dimension):
      let text = shape.map(String.init).joined(separator: ", ")
      return "the array has the shape (\(text)). Save points as (number of points, \(dimension))."
    case .npy(let error): return error.description
    case .inFile(let path, let error): return "\(path): \(error.description)"
    }
  }
}
