/// What is wrong with a file of a committed table.
public enum TableError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A file that cannot be read.
  case unreadable(file: String, reason: String)
  /// A file that can be read and makes no sense.
  case malformed(file: String, line: Int?, problem: String, remedy: String)
  /// A path that holds no table.
  case noTable(path: String)

  public var description: String {
    switch self {
    case .unreadable(let file, let reason): return "\(file): \(reason). Check the path and the permissions."
    case .malformed(let file, let line, let problem, let remedy):
      return "\(file)\(line.map { ", line \($0)" } ?? ""): \(problem). \(remedy)"
    case .noTable(let path):
      return "\(path): there is no table here. Name a folder that holds a table.yaml, or a folder of such folders."
    }
  }
}
