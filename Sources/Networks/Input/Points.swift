import Foundation
import Moments

/// Reading the points where a kernel is wanted.
///
/// Coordinates are read exactly: `0.1` is one tenth, and an element of an array is the very value of its double.
public enum Points {
  /// The largest file.
  public static let maximumBytes = 256_000_000

  /// Reads one point, as in `1,-1/2`.
  ///
  /// - Parameter dimension: The number of coordinates it must have.
  public static func point(parsing text: some StringProtocol, dimension: Int) throws(PointsError) -> [ExactNumber] {
    if text.allSatisfy(\.isWhitespace) { throw .empty }
    let point = try row(text, line: nil)
    guard point.count == dimension else {
      throw .dimension(line: nil, point: 0, found: point.count, expected: dimension)
    }
    return point
  }

  /// Reads a file of points: an NPY array, a JSON list of lists, or CSV rows without header, told apart by content.
  public static func list(contentsOf path: String, dimension: Int) throws(PointsError) -> [[ExactNumber]] {
    do throws(PointsError) {
      return try list(try fileData(path), dimension: dimension)
    } catch {
      throw .inFile(path: path, error)
    }
  }

  static func fileData(_ path: String) throws(PointsError) -> Data {
    do {
      return try readFile(path, limit: maximumBytes)
    } catch {
      switch error {
      case .unreadable(let reason): throw .unreadable(reason: reason)
      case .tooLarge(let bytes, let limit): throw .tooLarge(bytes: bytes, limit: limit)
      }
    }
  }

  /// Reads the bytes of a file of points.
  public static func list(_ data: Data, dimension: Int) throws(PointsError) -> [[ExactNumber]] {
    if data.starts(with: NPYArray.magic) { return try list(npy: data, dimension: dimension) }
    let first = data.first { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
    if first == UInt8(ascii: "[") || first == UInt8(ascii: "{") { return try list(json: data, dimension: dimension) }
    return try list(csv: data, dimension: dimension)
  }

  /// Reads a list of lists; coordinates are numbers, or texts that hold numbers.
  public static func list(json data: Data, dimension: Int) throws(PointsError) -> [[ExactNumber]] {
    let root: JSONText
    do { root = try JSONText(parsing: [UInt8](data)) } catch {
      throw .syntax(line: error.line, problem: "this is not JSON: \(error.problem).")
    }
    let example = "Write a list of points, as in [[1, \"1/2\"], [-1, 0.25]]."
    guard let items = root.list else {
      throw .syntax(line: root.line, problem: "\(root.kindName) stands where the points should. \(example)")
    }
    var points: [[ExactNumber]] = []
    for (number, item) in items.enumerated() {
      guard let coordinates = item.list else {
        throw .syntax(line: item.line, problem: "point \(number + 1) is \(item.kindName). \(example)")
      }
      var point: [ExactNumber] = []
      for (index, coordinate) in coordinates.enumerated() {
        switch coordinate.value {
        case .number(let text), .string(let text):
          point.append(try self.coordinate(text, line: coordinate.line, index: index))
        default:
          throw .syntax(
            line: coordinate.line,
            problem: "point \(number + 1) has \(coordinate.kindName) for a coordinate. \(example)")
        }
      }
      guard point.count == dimension else {
        throw .dimension(line: item.line, point: number, found: point.count, expected: dimension)
      }
      points.append(point)
    }
    guard !points.isEmpty else { throw .empty }
    return points
  }

  /// Reads rows of coordinates separated by commas; empty lines are skipped.
  public static func list(csv data: Data, dimension: Int) throws(PointsError) -> [[ExactNumber]] {
    let bytes = data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .syntax(line: nil, problem: "this is neither text nor an NPY array. Write JSON, CSV or NPY.")
    }
    var points: [[ExactNumber]] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      if line.allSatisfy(\.isWhitespace) { continue }
      let point: [ExactNumber]
      do throws(PointsError) { point = try row(line, line: index + 1) } catch {
        if points.isEmpty, line.contains(where: \.isLetter), !line.contains("("), !line.contains(where: \.isNumber) {
          throw .syntax(line: index + 1, problem: "'\(excerpt(line))' is not a point. Write the rows without a header.")
        }
        throw error
      }
      guard point.count == dimension else {
        throw .dimension(line: index + 1, point: points.count, found: point.count, expected: dimension)
      }
      points.append(point)
    }
    guard !points.isEmpty else { throw .empty }
    return points
  }

  /// Reads a two-dimensional array, one point a row; with one input, a one-dimensional array as well.
  public static func list(npy data: Data, dimension: Int) throws(PointsError) -> [[ExactNumber]] {
    let array: NPYArray
    do { array = try NPYArray(data) } catch { throw .npy(error) }
    let isList = array.shape.count == 1 && dimension == 1
    guard isList || array.shape.count == 2 else { throw .shape(array.shape, dimension: dimension) }
    let columns = isList ? 1 : array.shape[1]
    guard array.shape[0] > 0 else { throw .empty }
    guard columns == dimension else { throw .dimension(line: nil, point: 0, found: columns, expected: dimension) }
    var points: [[ExactNumber]] = []
    for row in 0..<array.shape[0] {
      var point: [ExactNumber] = []
      for column in 0..<columns {
        let value = array.values[row * columns + column]
        guard let exact = ExactNumber(exactly: value) else {
          throw .notFinite(point: row, index: column, value: "\(value)")
        }
        point.append(exact)
      }
      points.append(point)
    }
    return points
  }

  private static func row(_ text: some StringProtocol, line: Int?) throws(PointsError) -> [ExactNumber] {
    var point: [ExactNumber] = []
    for (index, cell) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
      var trimmed = cell.drop { $0.isWhitespace }
      while let last = trimmed.last, last.isWhitespace { trimmed = trimmed.dropLast() }
      if trimmed.count >= 2, trimmed.first == "\"", trimmed.last == "\"" { trimmed = trimmed.dropFirst().dropLast() }
      point.append(try coordinate(String(trimmed), line: line, index: index))
    }
    return point
  }

  private static func coordinate(_ text: String, line: Int?, index: Int) throws(PointsError) -> ExactNumber {
    do { return try ExactNumber(parsing: text) } catch { throw .coordinate(line: line, index: index, error) }
  }
}
