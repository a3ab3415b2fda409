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
  /// - Parameters:
  ///   - text: The coordinates, separated by commas.
  ///   - dimension: The number of coordinates it must have.
  public static func point(parsing text: some StringProtocol, dimension: Int) throws(PointsError) -> [ExactNumber] {
    if text.allSatisfy(\.isWhitespace) { throw .empty }
    let point: [ExactNumber] = try row(text, line: nil)
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
  ///
  /// `Number` is `ExactNumber`, or `Double` where rounding once is enough.
  public static func list<Number: CoordinateNumber>(
    _ data: Data, dimension: Int, of number: Number.Type = ExactNumber.self
  ) throws(PointsError) -> [[Number]] {
    switch TextKind(data) {
    case .npy: return try list(npy: data, dimension: dimension)
    case .json: return try list(json: data, dimension: dimension)
    case .csv: return try list(csv: data, dimension: dimension)
    }
  }

  /// What the first bytes of a file say it is.
  enum TextKind {
    case npy, json, csv

    init(_ data: Data) {
      let first = data.first { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
      if data.starts(with: NPYHeader.magic) {
        self = .npy
      } else if first == UInt8(ascii: "[") || first == UInt8(ascii: "{") {
        self = .json
      } else {
        self = .csv
      }
    }
  }

  /// Reads a list of lists; coordinates are numbers, or texts that hold numbers.
  public static func list<Number: CoordinateNumber>(
    json data: Data, dimension: Int
  ) throws(PointsError) -> [[Number]] {
    let root: JSONText
    do { root = try JSONText(parsing: [UInt8](data)) } catch {
      throw .syntax(line: error.line, problem: "this is not JSON: \(error.problem).")
    }
    guard let items = root.list else {
      throw .syntax(line: root.line, problem: "\(root.kindName) stands where the points should. \(jsonExample)")
    }
    var points: [[Number]] = []
    for (number, item) in items.enumerated() {
      points.append(try point(json: item, number: number, dimension: dimension))
    }
    guard !points.isEmpty else { throw .empty }
    return points
  }

  private static let jsonExample = "Write a list of points, as in [[1, \"1/2\"], [-1, 0.25]]."

  /// One point of a JSON list: a list, or with one coordinate a number.
  static func point<Number: CoordinateNumber>(
    json item: JSONText, number: Int, dimension: Int
  ) throws(PointsError) -> [Number] {
    guard let coordinates = item.list ?? (dimension == 1 && item.isNumber ? [item] : nil) else {
      throw .syntax(line: item.line, problem: "point \(number + 1) is \(item.kindName). \(jsonExample)")
    }
    var point: [Number] = []
    for (index, coordinate) in coordinates.enumerated() {
      switch coordinate.value {
      case .number(let text), .string(let text):
        point.append(try self.coordinate(text, line: coordinate.line, index: index))
      default:
        throw .syntax(
          line: coordinate.line,
          problem: "point \(number + 1) has \(coordinate.kindName) for a coordinate. \(jsonExample)")
      }
    }
    guard point.count == dimension else {
      throw .dimension(line: item.line, point: number, found: point.count, expected: dimension)
    }
    return point
  }

  /// Reads rows of coordinates separated by commas; empty lines are skipped.
  public static func list<Number: CoordinateNumber>(csv data: Data, dimension: Int) throws(PointsError) -> [[Number]] {
    let bytes = data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .syntax(line: nil, problem: "this is neither text nor an NPY array. Write JSON, CSV or NPY.")
    }
    var points: [[Number]] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      if line.allSatisfy(\.isWhitespace) { continue }
      let point: [Number]
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
  public static func list<Number: CoordinateNumber>(npy data: Data, dimension: Int) throws(PointsError) -> [[Number]] {
    let array: NPYArray
    do { array = try NPYArray(data) } catch { throw .npy(error) }
    let isList = array.shape.count == 1 && dimension == 1
    guard isList || array.shape.count == 2 else { throw .shape(array.shape, dimension: dimension) }
    let columns = isList ? 1 : array.shape[1]
    guard array.shape[0] > 0 else { throw .empty }
    guard columns == dimension else { throw .dimension(line: nil, point: 0, found: columns, expected: dimension) }
    var points: [[Number]] = []
    for row in 0..<array.shape[0] {
      var point: [Number] = []
      for column in 0..<columns {
        let value = array.values[row * columns + column]
        guard let number = Number(exactly: value) else {
          throw .notFinite(point: row, index: column, value: "\(value)")
        }
        point.append(number)
      }
      points.append(point)
    }
    return points
  }

  private static func row<Number: CoordinateNumber>(
    _ text: some StringProtocol, line: Int?
  ) throws(PointsError) -> [Number] {
    var point: [Number] = []
    for (index, cell) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
      var trimmed = cell.drop { $0.isWhitespace }
      while let last = trimmed.last, last.isWhitespace { trimmed = trimmed.dropLast() }
      if trimmed.count >= 2, trimmed.first == "\"", trimmed.last == "\"" { trimmed = trimmed.dropFirst().dropLast() }
      point.append(try coordinate(String(trimmed), line: line, index: index))
    }
    return point
  }

  static func coordinate<Number: CoordinateNumber>(
    _ text: String, line: Int?, index: Int
  ) throws(PointsError) -> Number {
    do { return try Number(reading: text) } catch { throw .coordinate(line: line, index: index, error) }
  }
}

/// What coordinates are read as.
public protocol CoordinateNumber: Sendable {
  /// Reads a number of the interface.
  init(reading text: String) throws(NumberError)
  /// The value of an element of an array; nil where it is not finite.
  init?(exactly value: Double)
}

extension ExactNumber: CoordinateNumber {
  public init(reading text: String) throws(NumberError) { try self.init(parsing: text) }
}

/// A double that is known to be finite, read from text with one rounding.
public struct FiniteDouble: CoordinateNumber {
  public let value: Double

  public init(reading text: String) throws(NumberError) {
    // A plain decimal is rounded by the C library; all else, and what leaves the range, takes the exact way.
    if text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }), let number = Double(text),
      number.isFinite, number != 0
    {
      value = number
    } else {
      value = try ExactNumber(parsing: text).doubleValue
    }
  }

  public init?(exactly value: Double) {
    guard value.isFinite else { return nil }
    self.value = value
  }
}
