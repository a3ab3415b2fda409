import Fuzzing
import Testing

/// A short run of `make fuzz`: no crash, no hang, and whatever is accepted reads back.
@Suite struct FuzzingTests {
  @Test(arguments: Parser.all.map(\.name)) func shortRun(_ name: String) throws {
    let parser = try #require(Parser.all.first { $0.name == name })
    var run = FuzzRun(parser, seed: 1)
    run.run(0..<1500)
    for failure in run.failures.prefix(5) {
      Issue.record("\(name) \(failure.index): \(failure.complaint): \(String(decoding: failure.input, as: UTF8.self))")
    }
  }

  /// What is damaged was right before; arrays of other shapes are among the files of points.
  @Test(arguments: Parser.all.map(\.name)) func theCorpusIsAccepted(_ name: String) throws {
    let parser = try #require(Parser.all.first { $0.name == name })
    let corpus = parser.generator(1).corpus
    let accepted = corpus.filter { parser.accepts($0) }.count
    switch name {
    case "points", "training data", "point": #expect(accepted >= 1)
    default:
      #expect(
        accepted == corpus.count, "\(corpus.filter { !parser.accepts($0) }.map { String(decoding: $0, as: UTF8.self) })"
      )
    }
  }

  /// The generator is what makes a failure repeatable: its inputs depend on seed and number alone.
  @Test func inputsAreRepeatable() throws {
    let parser = try #require(Parser.all.first)
    let (first, second) = (parser.generator(7), parser.generator(7))
    for index in [UInt64(0), 1, 99] { #expect(first.input(index) == second.input(index)) }
    #expect((0..<50).contains { first.input($0) != parser.generator(8).input($0) })
  }

  /// Most inputs are damaged, some are not: a run in which everything is refused at once would show nothing.
  @Test func someInputsStayValid() throws {
    let parser = try #require(Parser.all.first)
    let corpus = Set(parser.generator(1).corpus)
    let whole = (0..<1000).filter { corpus.contains(parser.generator(1).input($0)) }.count
    #expect((20..<500).contains(whole))
  }
}
