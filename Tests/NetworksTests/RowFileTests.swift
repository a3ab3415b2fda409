import Foundation
import Networks
import Testing

/// Runs `body` on a file with this content.
private func withFile<Result>(
  _ content: Data, name: String = "rows", _ body: (URL) throws -> Result
) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("infwidth-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let url = folder.appendingPathComponent(name)
  try content.write(to: url)
  return try body(url)
}

/// The elements of an array in the byte order and the order of indices that the header states.
private func npy(_ header: NPYHeader, _ rows: [[Double]]) -> Data {
  let columns = rows[0].count
  let values =
    header.isFortranOrder ? (0..<columns).flatMap { column in rows.map { $0[column] } } : rows.flatMap { $0 }
  let bytes = values.flatMap { value -> [UInt8] in
    let pattern = header.elementType == .float64 ? value.bitPattern : UInt64(Float(value).bitPattern)
    let little = (0..<header.elementType.width).map { UInt8(truncatingIfNeeded: pattern >> (8 * $0)) }
    return header.isBigEndian ? little.reversed() : little
  }
  return Data(header.encoded + bytes)
}

@Suite struct RowFileTests {
  /// Exact in single precision.
  private let rows = [[1, -2.5, 3], [0.25, 5, -6], [7, 8, 9.125], [-1, 0, 1e10]]

  @Test(arguments: NPYHeader.ElementType.allCases, [(false, false), (true, false), (false, true), (true, true)])
  func arrays(type: NPYHeader.ElementType, orders: (isBigEndian: Bool, isFortranOrder: Bool)) throws {
    var header = NPYHeader(shape: [4, 3], elementType: type)
    (header.isBigEndian, header.isFortranOrder) = orders
    try withFile(npy(header, rows)) { url in
      let file = try RowFile(contentsOf: url.path, dimension: 3)
      #expect(file.count == 4 && file.dimension == 3 && file.residentBytes == 0)
      #expect(try file.rows(0..<4) == rows.flatMap { $0 })
      // Any part by itself.
      for first in 0..<4 {
        for last in first...4 { #expect(try file.rows(first..<last) == rows[first..<last].flatMap { $0 }) }
      }
      #expect(try NPYArray(Data(contentsOf: url)).values == rows.flatMap { $0 }, "the two readers agree")
    }
  }

  @Test func headersReadBack() throws {
    for shape in [[], [0], [3], [4, 5], [2, 3, 4]] {
      for type in NPYHeader.ElementType.allCases {
        var header = NPYHeader(shape: shape, elementType: type)
        header.isFortranOrder = shape.count == 2
        #expect(header.encoded.count.isMultiple(of: 64))
        #expect(try NPYHeader(header.encoded) == header)
      }
    }
    // As numpy.save writes it.
    #expect(
      String(decoding: NPYHeader(shape: [2]).encoded[10..<70], as: UTF8.self).hasPrefix(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"))
  }

  @Test(arguments: [
    "1,-2.5,3\n0.25,5,-6\n7,8,9.125\n-1,0,1e10\n",
    "1, -2.5 ,3\r\n1/4,5,-6\r\n\r\n7,8,73/8\r\n-1,0,\"1e10\"",
    "\u{FEFF}1,-2.5,3\n0.25,5,-6\n7,8,9.125\n-1,0,1e10",
    "[[1, -2.5, 3], [\"1/4\", 5, -6],\n[7, 8, 9.125], [-1, 0, 1e10]]",
  ])
  func texts(text: String) throws {
    try withFile(Data(text.utf8)) { url in
      let read = try RowFile(contentsOf: url.path, dimension: 3).rows(0..<4)
      #expect(read == rows.flatMap { $0 })
    }
  }

  @Test(arguments: [
    ("1,2\n3,nan\n", "line 2: coordinate 2: 'nan' is not a number"),
    ("1,2\n3\n", "line 2: point 2 has 1 coordinate, but the network's input-dimension is 2."),
    ("1,2\n3,1 2\n", "line 2: coordinate 2: '1 2' is not a number"),
    ("1,2\n3,1e999\n", "line 2: coordinate 2: '1e999' is outside the range"),
    ("x,y\n1,2\n", "line 1: 'x,y' is not a point. Write the rows without a header."),
    ("", "There are no points."),
  ])
  func malformedTexts(text: String, words: String) throws {
    try withFile(Data(text.utf8)) { url in
      let error = try #require(throws: PointsError.self) { try RowFile(contentsOf: url.path, dimension: 2) }
      #expect(error.description.contains(words), "\(error)")
    }
  }

  @Test func malformedArrays() throws {
    func message(_ content: Data, name: String = "rows") throws -> String {
      try withFile(content, name: name) { url in
        let error = try #require(throws: PointsError.self) {
          let file = try RowFile(contentsOf: url.path, dimension: 3)
          _ = try file.rows(0..<file.count)
        }
        return error.description
      }
    }
    var bad = rows
    bad[2][1] = .infinity
    #expect(try message(npy(NPYHeader(shape: [4, 3]), bad)).contains("point 3, coordinate 2 is inf."))
    let good = npy(NPYHeader(shape: [4, 3]), rows)
    #expect(try message(good.dropLast(1)).contains("95 bytes of data where its shape needs 96: it was cut off"))
    #expect(try message(good + Data([1])).contains("something follows the array"))
    #expect(try message(Data(good.prefix(20))).contains("header is damaged: it is cut off"))
    #expect(try message(Data("1,2,3\n".utf8), name: "x.npy").contains("not an NPY file"))
    #expect(try message(npy(NPYHeader(shape: [2, 2, 3]), rows)).contains("the shape (2, 2, 3)"))
    #expect(try message(npy(NPYHeader(shape: [12]), rows)).contains("the shape (12)"))
    #expect(
      try message(npy(NPYHeader(shape: [3, 4]), rows)).contains("4 coordinates, but the network's input-dimension is 3")
    )
    #expect(throws: PointsError.self) { try RowFile(contentsOf: "/nowhere", dimension: 1) }
    #expect(throws: PointsError.self) { try RowFile(contentsOf: "/", dimension: 1) }
  }

  /// Numbers of text are rounded once, as the exact reader rounds them.
  @Test func rounding() throws {
    let texts = ["0.1", "1e-320", "123456789012345678901234567890", "9007199254740993", "0.30000000000000004"]
    try withFile(Data(texts.joined(separator: "\n").utf8)) { url in
      let exact = try Points.list(contentsOf: url.path, dimension: 1).map { $0[0].doubleValue }
      #expect(try RowFile(contentsOf: url.path, dimension: 1).rows(0..<texts.count) == exact)
    }
  }
}
