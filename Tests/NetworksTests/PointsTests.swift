import Foundation
import Moments
import Networks
import Testing

private func message(_ body: () throws(PointsError) -> [[ExactNumber]]) -> String {
  do throws(PointsError) {
    return "\(try body())"
  } catch {
    return error.description
  }
}

@Suite struct PointsTests {
  @Test func onePoint() throws {
    #expect(try Points.point(parsing: "1", dimension: 1) == [1])
    #expect(
      try Points.point(parsing: " -1/2, sqrt(2) ,0.1", dimension: 3)
        == [ExactNumber(-1, 2), ExactNumber(squareRootOf: 2), ExactNumber(1, 10)])
  }

  @Test(arguments: [
    ("", 1, "There are no points. Write at least one."),
    ("1,2", 1, "point 1 has 2 coordinates, but the network's input-dimension is 1."),
    ("1", 3, "point 1 has 1 coordinate, but the network's input-dimension is 3."),
    (
      "nan", 1,
      "coordinate 1: 'nan' is not a number: a digit is expected. Write a decimal (0.1, -3e-2), a fraction (1/12), sqrt(q), or a product or quotient of these."
    ),
    (
      "1,", 2,
      "coordinate 2: '' is not a number: it ends where a number should stand. Write a decimal (0.1, -3e-2), a fraction (1/12), sqrt(q), or a product or quotient of these."
    ),
    ("1/0", 1, "coordinate 1: '1/0' divides by zero. Write a nonzero denominator."),
    ("1e999", 1, "coordinate 1: '1e999' is outside the range of numbers, about 1e-320 to 1e308 in magnitude."),
  ])
  func onePointErrors(text: String, dimension: Int, expected: String) {
    #expect(message { () throws(PointsError) in [try Points.point(parsing: text, dimension: dimension)] } == expected)
  }

  @Test(arguments: [
    ("[[0.1, \"1/3\"], [-1e-1, 2]]", "[[1/10, 1/3], [-1/10, 2]]"),
    ("\n[\n[1,\"sqrt(2)\"]\n]\n", "[[1, sqrt(2)]]"),
    ("0.1, 1/3\r\n\r\n-1,\"2\"\r\n", "[[1/10, 1/3], [-1, 2]]"),
    ("1,2", "[[1, 2]]"),
    ("[]", "There are no points. Write at least one."),
    ("", "There are no points. Write at least one."),
    ("\n \n", "There are no points. Write at least one."),
    ("[1, 2]", "line 1: point 1 is the number 1. Write a list of points, as in [[1, \"1/2\"], [-1, 0.25]]."),
    (
      "{\"x\": 1}",
      "line 1: an object stands where the points should. Write a list of points, as in [[1, \"1/2\"], [-1, 0.25]]."
    ),
    ("[[1, 2],\n[1]]", "line 2: point 2 has 1 coordinate, but the network's input-dimension is 2."),
    ("[[1, NaN]]", "line 1: this is not JSON: a value should stand before 'NaN]]'."),
    (
      "[[1, null]]",
      "line 1: point 1 has null for a coordinate. Write a list of points, as in [[1, \"1/2\"], [-1, 0.25]]."
    ),
    ("[[1, 2]", "line 1: this is not JSON: it ends where ',' or ']' should stand."),
    ("[[1, 2]] x", "line 1: this is not JSON: there is something after the end."),
    ("[[1, \"2]]", "line 1: this is not JSON: a text has no closing quote."),
    ("x,y\n1,2", "line 1: 'x,y' is not a point. Write the rows without a header."),
    ("1,2\n1,2,3", "line 2: point 2 has 3 coordinates, but the network's input-dimension is 2."),
    (
      "1;2",
      "line 1: coordinate 1: '1;2' is not a number: there is something after it. Write a decimal (0.1, -3e-2), a fraction (1/12), sqrt(q), or a product or quotient of these."
    ),
  ])
  func files(text: String, expected: String) {
    #expect(message { () throws(PointsError) in try Points.list(Data(text.utf8), dimension: 2) } == expected)
  }

  @Test func hostileFiles() {
    let deep = Data(String(repeating: "[", count: 1_000_000).utf8)
    #expect(
      message { () throws(PointsError) in try Points.list(deep, dimension: 1) }
        == "line 1: this is not JSON: it is nested deeper than 32 levels.")
    #expect(
      message { () throws(PointsError) in try Points.list(Data([0xFF, 0xFE, 0x31]), dimension: 1) }
        == "line 1: this is neither text nor an NPY array. Write JSON, CSV or NPY.".replacingOccurrences(
          of: "line 1: ", with: ""))
    #expect(
      message { () throws(PointsError) in try Points.list(contentsOf: "/nowhere", dimension: 1) }
        == "/nowhere: The points cannot be read: there is no such file.")
  }
}

@Suite struct JSONTextTests {
  @Test func strings() throws {
    let text = try JSONText(parsing: Array(#"{"a\u00e9\ud83d\ude00\n": [true, false, null, -1.50e+3]}"#.utf8))
    let items = try #require(text["aé😀\n"]?.list)
    #expect(items.map(\.kindName) == ["true", "false", "null", "the number -1.50e+3"])
  }

  @Test(arguments: [
    #"{"a":1,"a":2}"#, #"["\ud83d"]"#, #"["\x"]"#, "[01x]", "[1.]", "[-]", "[1e]", "{1:2}", "[\"\u{1}\"]", "tru",
    "[1,]",
    #"["\u12"#, #"{"a" 1}"#, #"{"a":1"#, "",
  ])
  func errors(text: String) {
    #expect(throws: JSONText.SyntaxError.self) { try JSONText(parsing: Array(text.utf8)) }
  }
}

/// Bytes of an NPY file of version 1 as `numpy.save` writes it.
private func npy(_ descriptor: String, _ order: String, _ shape: String, _ content: [UInt8], version: UInt8 = 1) -> Data
{
  var header = "{'descr': '\(descriptor)', 'fortran_order': \(order), 'shape': \(shape), }"
  let prefix = version == 1 ? 10 : 12
  while (prefix + header.utf8.count + 1) % 64 != 0 { header += " " }
  header += "\n"
  let length = header.utf8.count
  let lengthBytes = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
  return Data([0x93] + Array("NUMPY".utf8) + [version, 0] + lengthBytes + Array(header.utf8) + content)
}

private func doubles(_ values: [Double], bigEndian: Bool = false) -> [UInt8] {
  values.flatMap { value in
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
    return bigEndian ? bytes.reversed() : bytes
  }
}

private func floats(_ values: [Float]) -> [UInt8] {
  values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
}

@Suite struct NPYTests {
  @Test func orders() throws {
    let expected: [[ExactNumber]] = [[1, 2, 3], [4, 5, 6]]
    let rows = doubles([1, 2, 3, 4, 5, 6])
    let columns = doubles([1, 4, 2, 5, 3, 6])
    #expect(try Points.list(npy("<f8", "False", "(2, 3)", rows), dimension: 3) == expected)
    #expect(try Points.list(npy("<f8", "True", "(2, 3)", columns), dimension: 3) == expected)
    #expect(try Points.list(npy("<f4", "False", "(2, 3)", floats([1, 2, 3, 4, 5, 6])), dimension: 3) == expected)
    let big = doubles([1, 2, 3, 4, 5, 6], bigEndian: true)
    #expect(try Points.list(npy(">f8", "False", "(2, 3)", big, version: 2), dimension: 3) == expected)
    #expect(try Points.list(npy("<f8", "False", "(2,)", doubles([1, -1])), dimension: 1) == [[1], [-1]])
    let array = try NPYArray(npy("<f8", "True", "(2, 2, 2)", doubles([0, 4, 2, 6, 1, 5, 3, 7])))
    #expect(array.shape == [2, 2, 2])
    #expect(array.values == [0, 1, 2, 3, 4, 5, 6, 7])
  }

  @Test func exactValues() throws {
    let points = try Points.list(npy("<f8", "False", "(1, 2)", doubles([0.1, -0x1p-1074])), dimension: 2)
    #expect(points[0][0] == ExactNumber(exactly: 0.1))
    #expect(points[0][0] != ExactNumber(1, 10), "an element is the double, not the decimal")
    #expect(points[0][1].doubleValue == -0x1p-1074)
    let single = try Points.list(npy("<f4", "False", "(1, 1)", floats([0.1])), dimension: 1)
    #expect(single[0][0].doubleValue == Double(Float(0.1)))
  }

  @Test(arguments: [
    ("<f8", "False", "(2, 2)", 3, "the NPY file has 24 bytes of data where its shape needs 32: it was cut off."),
    (
      "<f8", "False", "(2, 2)", 5,
      "the NPY file has 40 bytes of data where its shape needs 32: something follows the array."
    ),
    (
      "<i8", "False", "(2, 2)", 4,
      "the NPY array has elements of type '<i8'. Save it as float64 or float32, as in x.astype('f8')."
    ),
    (
      "|O", "False", "(2, 2)", 4,
      "the NPY array has elements of type '|O'. Save it as float64 or float32, as in x.astype('f8')."
    ),
    (
      "<f8", "Maybe", "(2, 2)", 4,
      "the NPY header is damaged: fortran_order is 'Maybe'. Write the file again with numpy.save."
    ),
    (
      "<f8", "False", "(2, -2)", 4,
      "the NPY header is damaged: the shape has the extent '-2'. Write the file again with numpy.save."
    ),
    (
      "<f8", "False", "(4611686018427387904, 4)", 4,
      "the NPY header is damaged: the shape is too large. Write the file again with numpy.save."
    ),
    (
      "<f8", "False", "2", 4,
      "the NPY header is damaged: the shape is not a tuple. Write the file again with numpy.save."
    ),
    ("<f8", "False", "(0, 2)", 0, "There are no points. Write at least one."),
    ("<f8", "False", "(4,)", 4, "the array has the shape (4). Save points as (number of points, 2)."),
    ("<f8", "False", "()", 1, "the array has the shape (). Save points as (number of points, 2)."),
    ("<f8", "False", "(1, 4)", 4, "point 1 has 4 coordinates, but the network's input-dimension is 2."),
  ])
  func damaged(descriptor: String, order: String, shape: String, count: Int, expected: String) {
    let data = npy(descriptor, order, shape, doubles((0..<count).map(Double.init)))
    #expect(message { () throws(PointsError) in try Points.list(data, dimension: 2) } == expected)
  }

  @Test func notFinite() {
    let data = npy("<f8", "False", "(2, 2)", doubles([1, 2, .nan, 4]))
    #expect(
      message { () throws(PointsError) in try Points.list(data, dimension: 2) }
        == "point 2, coordinate 1 is nan. Coordinates must be finite numbers.")
  }

  /// Every truncation of a good file is an error, not a crash.
  @Test func truncations() {
    let data = npy("<f8", "False", "(2, 2)", doubles([1, 2, 3, 4]))
    for length in 6..<data.count {
      #expect(throws: PointsError.self) { try Points.list(data.prefix(length), dimension: 2) }
    }
  }
}
