import Foundation
import Moments
import Testing

@testable import Tables

/// A table with every kind of cell.
private let example: Table = {
  var table = Table(
    title: "Two | things",
    columns: [
      Column("name"), Column("n", kind: .number), Column("value", kind: .quantity), Column("drawn", kind: .sampled),
    ], notes: ["A note."])
  table.append([
    .text("half, \"exact\""), .integer(3), .quantity(.exact(ExactNumber(-1, 2))),
    .quantity(.finite(Estimate(1.5, error: 0.25, method: .sampling))),
  ])
  table.append([
    .text("a_b"), .number(0.1), .quantity(.finite(Estimate(2.0 / 3, error: 1e-6, method: .quadrature))), .missing,
  ])
  table.append([.text("tail"), .missing, .quantity(.infinite(positive: true, reason: "heavy tail")), .missing])
  return table
}()

@Suite struct WriterTests {
  @Test func text() {
    #expect(
      TextWriter.text(example) == """
        Two | things

        name             n  value     exact  error  method      drawn
        -------------  ---  --------  -----  -----  ----------  ----------
        half, "exact"    3  -0.5      -1/2   0      exact       1.5 ± 0.25
        a_b            0.1   0.66667         1e-6   quadrature
        tail                infinite

        infinite: heavy tail
        A note.

        """)
  }

  @Test func markdown() {
    #expect(
      MarkdownWriter.text(example) == """
        Two | things

        | name | n | value | exact | error | method | drawn |
        | --- | ---: | ---: | --- | --- | --- | ---: |
        | half, "exact" | 3 | -0.5 | -1/2 | 0 | exact | 1.5 ± 0.25 |
        | a\\_b | 0.1 | 0.66667 |  | 1e-6 | quadrature |  |
        | tail |  | infinite |  |  |  |  |

        infinite: heavy tail

        A note.

        """)
  }

  @Test func latex() {
    #expect(
      LaTeXWriter.text(example) == """
        % Two | things
        \\begin{tabular}{lrrlllr}
        \\hline
        name & n & value & exact & error & method & drawn \\\\
        \\hline
        half, "exact" & $3$ & $-0.5$ & $-1/2$ & $0$ & exact & $1.5 \\pm 0.25$ \\\\
        a\\_b & $0.1$ & $0.66667$ &  & $1 \\times 10^{-6}$ & quadrature &  \\\\
        tail &  & infinite &  &  &  &  \\\\
        \\hline
        \\end{tabular}
        % infinite: heavy tail
        % A note.

        """)
    #expect(LaTeXWriter.cell("2*sqrt(2)/3") == "$2\\,\\sqrt{2}/3$")
    #expect(LaTeXWriter.cell("100%") == "100\\%")
  }

  @Test func csv() throws {
    let text = CSVWriter.text(example)
    #expect(
      text == """
        name,n,value,error,method,exact,drawn,drawn error
        "half, ""exact\""",3,-0.5,0,exact,-1/2,1.5,0.25
        a_b,0.1,0.6666666666666666,1e-06,quadrature,,,
        tail,,inf,,infinite,,,

        """)
    let records = try CSVReader.records(text, file: "example.csv")
    #expect(records.map(\.fields.count) == [8, 8, 8, 8])
    #expect(records[1].fields[0] == "half, \"exact\"")
    #expect(records.map(\.line) == [1, 2, 3, 4])
  }

  @Test func csvWithAnOpenQuotationMark() {
    #expect(throws: TableError.self) { try CSVReader.records("a,\"b\nc,d\n", file: "example.csv") }
  }

  @Test func longFractionsAreNotPrintedInFull() {
    var table = Table(columns: [Column("value", kind: .quantity)])
    table.append([.quantity(.exact(ExactNumber(1, 3).power(100)))])
    #expect(TextWriter.text(table).contains("(50 characters)"))
    #expect(CSVWriter.text(table).contains("1/515377520732011331036461129765621272702107522001"))
  }
}

@Suite struct JSONNodeTests {
  @Test func keysKeepTheirOrder() {
    let node = JSONNode.object(
      ("z", .integer(1)), ("a", .array([.null, .boolean(true)])), ("m", .string("é\"\\\n\u{1}")))
    #expect(node.text == #"{"z": 1, "a": [null, true], "m": "é\"\\\n\u0001"}"#)
    #expect(node["z"] == .integer(1))
  }

  @Test func longContainersAreBroken() {
    let node = JSONNode.object(("list", .array((0..<60).map { .integer($0) })))
    #expect(node.text.hasPrefix("{\n  \"list\": [\n    0,\n    1,"))
    #expect(node.compact.hasPrefix("{\"list\": [0, 1, 2"))
  }

  @Test func numbersReadBack() throws {
    var stream = RandomStream(seed: 10, stream: 0)
    let values =
      (0..<500).map { _ in Double(bitPattern: stream.next()) }.filter(\.isFinite) + [
        0.1, 1e300, .leastNonzeroMagnitude,
      ]
    let text = JSONNode.array(values.map { .number($0) }).compact
    // Foundation's reader on Linux rounds twice; the standard library's rounds once, as JavaScript and Python do.
    #expect(text.dropFirst().dropLast().split(separator: ", ").map { Double($0) } == values)
    #expect(try JSONSerialization.jsonObject(with: Data(text.utf8)) is [NSNumber])
    #expect(JSONNode.number(.nan).text == "null")
    #expect(JSONNode.number(.infinity).text == "null")
  }

  @Test func quantities() {
    #expect(
      JSONNode(.exact(ExactNumber(1073, 720))).text
        == #"{"value": 1.4902777777777778, "error": 0, "method": "exact", "exact": "1073/720"}"#)
    #expect(
      JSONNode(.finite(Estimate(0.5, error: 1e-16, method: .closedForm))).text
        == #"{"value": 0.5, "error": 1e-16, "method": "closed-form"}"#)
    #expect(
      JSONNode(.infinite(positive: true, reason: "nu")).text
        == #"{"value": null, "status": "infinite", "reason": "nu"}"#)
    #expect(
      JSONNode(.undefined(reason: "nu")).text == #"{"value": null, "status": "undefined", "reason": "nu"}"#)
  }

  @Test func pointsThatAreNoDoublesKeepTheirSpelling() {
    #expect(JSONNode.members(of: [1, ExactNumber(1, 2)], named: "x").map(\.key) == ["x"])
    let members = JSONNode.members(of: [ExactNumber(1, 3)], named: "x")
    #expect(members.map(\.key) == ["x", "xExact"])
    #expect(members[1].value == .array([.string("1/3")]))
  }
}
