import Moments
import Testing

@Suite struct CallSyntaxTests {
  @Test func readsNestedCalls() throws {
    let call = try CallSyntax(parsing: " sparse( 1/4 , scaled(2, discrete(-1:1/2, 1 : 1/2)) ) ")
    #expect(call.name == "sparse")
    #expect(call.arguments.count == 2)
    #expect(call.arguments[0] == .number(ExactNumber(1, 4)))
    #expect(call.description == "sparse(1/4, scaled(2, discrete(-1:1/2, 1:1/2)))")
    #expect(try CallSyntax(parsing: call.description) == call)
    #expect(try CallSyntax(parsing: "relu") == CallSyntax(parsing: "relu()"))
    #expect(try CallSyntax(parsing: "f(sqrt(2))").arguments == [.number(ExactNumber(squareRootOf: 2))])
  }

  @Test(arguments: [
    ("", "it is empty"), ("(1)", "a name is expected first"), ("1(2)", "a name is expected first"),
    ("f(1", "the closing parenthesis is missing"), ("f 1", "'(' is expected after 'f'"),
    ("f(1,)", "an argument is empty"),
    ("f(,1)", "an argument is empty"), ("f((1)", "a closing parenthesis is missing"),
    ("f(1))", "a parenthesis closes that was not opened"), ("f(1)g(2)", "a parenthesis closes that was not opened"),
    ("f(1) x", "the closing parenthesis is missing"), ("é(1)", "a name is expected first"),
  ])
  func saysWhatIsMalformed(_ text: String, _ reason: String) {
    #expect {
      _ = try CallSyntax(parsing: text)
    } throws: {
      "\($0)".contains(reason) && "\($0)".contains("Write a name with arguments, as in uniform(-1, 1).")
    }
  }

  @Test func survivesHostileText() {
    let hostile = [
      String(repeating: "f(", count: 5000),
      String(repeating: "f(", count: 200) + "1" + String(repeating: ")", count: 200),
      "f(" + String(repeating: "1,", count: 2000) + "1)", String(repeating: "a", count: 30_000),
      "f(" + String(repeating: "1:", count: 2000) + "1)", "f(" + String(repeating: " ", count: 19_000) + ")(",
    ]
    for text in hostile {
      #expect {
        _ = try CallSyntax(parsing: text)
      } throws: { "\($0)".count < 300 }
    }
  }

  @Test func suggestsTheNearestName() {
    let names = LawRegistry.names
    #expect(nearestName(to: "unifrom", in: names) == "uniform")
    #expect(nearestName(to: "Normal", in: names) == "normal")
    #expect(nearestName(to: "students-t", in: names) == "student-t")
    #expect(nearestName(to: "kaiming_uniform", in: names) == "kaiming-uniform")
    #expect(nearestName(to: "weibullish", in: names) == nil)
    #expect(nearestName(to: String(repeating: "x", count: 10_000), in: names) == nil)
    #expect(nearestName(to: "", in: names) == nil)
  }
}
