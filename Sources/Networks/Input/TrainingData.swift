import Foundation
import Moments

/// Inputs with their targets, read exactly.
public struct TrainingData: Sendable, Equatable {
  /// One input for each target.
  public var inputs: [[ExactNumber]]
  public var targets: [ExactNumber]

  public init(inputs: [[ExactNumber]] = [], targets: [ExactNumber] = []) {
    precondition(inputs.count == targets.count, "each input has a target")
    self.inputs = inputs
    self.targets = targets
  }

  /// Reads one pair of an input and its target, as in `1,-1/2:0.5`.
  public static func pair(parsing text: String, dimension: Int) throws(PointsError) -> TrainingData {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      throw .syntax(line: nil, problem: "a pair is an input, a colon and a target, as in 1,-1/2:0.5.")
    }
    guard !parts[0].allSatisfy(\.isWhitespace) else {
      throw .syntax(line: nil, problem: "the input is missing before the colon, as in 1,-1/2:0.5.")
    }
    return TrainingData(
      inputs: [try Points.point(parsing: parts[0], dimension: dimension)], targets: [try target(parsing: parts[1])])
  }

  private static func target(parsing text: Substring) throws(PointsError) -> ExactNumber {
    guard !text.allSatisfy(\.isWhitespace) else {
      throw .syntax(line: nil, problem: "the target is missing after the colon, as in 1,-1/2:0.5.")
    }
    do { return try ExactNumber(parsing: text.trimmingCharacters(in: .whitespaces)) } catch {
      throw .syntax(line: nil, problem: "the target after the colon: \(error.description)")
    }
  }

  /// Reads a file: CSV rows `x1,…,xd,y` without header, JSON `[[[x1, …, xd], y], …]`, or an `.npy` array with one row
  /// `x1,…,xd,y` for each pair; told apart by content.
  public init(contentsOf path: String, dimension: Int) throws(PointsError) {
    do throws(PointsError) {
      try self.init(try Points.fileData(path), dimension: dimension)
    } catch {
      throw .inFile(path: path, error)
    }
  }

  /// Reads two `.npy` files (or CSV, or JSON): the inputs, and one target for each.
  public init(inputsAt path: String, targetsAt targetPath: String, dimension: Int) throws(PointsError) {
    let inputs = try Points.list(contentsOf: path, dimension: dimension)
    let targets = try Points.list(contentsOf: targetPath, dimension: 1)
    guard inputs.count == targets.count else {
      throw .inFile(
        path: targetPath,
        .syntax(line: nil, problem: "there are \(targets.count) targets for \(inputs.count) inputs of \(path)."))
    }
    self.init(inputs: inputs, targets: targets.map { $0[0] })
  }

  /// Reads the bytes of a file.
  public init(_ data: Data, dimension: Int) throws(PointsError) {
    let first = data.first { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
    if !data.starts(with: NPYArray.magic), first == UInt8(ascii: "[") || first == UInt8(ascii: "{") {
      try self.init(json: data, dimension: dimension)
      return
    }
    let rows: [[ExactNumber]]
    do throws(PointsError) { rows = try Points.list(data, dimension: dimension + 1) } catch {
      throw Self.explained(error, dimension: dimension)
    }
    self.init(inputs: rows.map { Array($0.dropLast()) }, targets: rows.map { $0[dimension] })
  }

  private static let example = "Write a list of pairs, as in [[[1, 0], 0.5], [[0, 1], \"-1/2\"]]."

  private init(json data: Data, dimension: Int) throws(PointsError) {
    let root: JSONText
    do { root = try JSONText(parsing: [UInt8](data)) } catch {
      throw .syntax(line: error.line, problem: "this is not JSON: \(error.problem).")
    }
    guard let items = root.list else {
      throw .syntax(line: root.line, problem: "\(root.kindName) stands where the data should. \(Self.example)")
    }
    self.init()
    for (number, item) in items.enumerated() {
      guard let pair = item.list, pair.count == 2, let coordinates = pair[0].list else {
        throw .syntax(
          line: item.line, problem: "datum \(number + 1) is no pair of an input and a target. \(Self.example)")
      }
      guard coordinates.count == dimension else {
        throw .dimension(line: item.line, point: number, found: coordinates.count, expected: dimension)
      }
      var input: [ExactNumber] = []
      for (index, coordinate) in coordinates.enumerated() { input.append(try Self.number(coordinate, index)) }
      inputs.append(input)
      targets.append(try Self.number(pair[1], dimension))
    }
    guard !inputs.isEmpty else { throw .empty }
  }

  private static func number(_ item: JSONText, _ index: Int) throws(PointsError) -> ExactNumber {
    switch item.value {
    case .number(let text), .string(let text):
      do { return try ExactNumber(parsing: text) } catch { throw .coordinate(line: item.line, index: index, error) }
    default: throw .syntax(line: item.line, problem: "\(item.kindName) stands where a number should. \(example)")
    }
  }

  /// Rows hold a target after the coordinates: a message about their number says so.
  private static func explained(_ error: PointsError, dimension: Int) -> PointsError {
    switch error {
    case .dimension(let line, let point, let found, _):
      return .syntax(
        line: line,
        problem: "row \(point + 1) has \(found) \(found == 1 ? "number" : "numbers"), but a network with "
          + "input-dimension \(dimension) needs \(dimension + 1): the coordinates and the target.")
    case .shape(let shape, _):
      let text = shape.map(String.init).joined(separator: ", ")
      return .syntax(
        line: nil, problem: "the array has the shape (\(text)). Save data as (number of data, \(dimension + 1)).")
    default: return error
    }
  }
}
