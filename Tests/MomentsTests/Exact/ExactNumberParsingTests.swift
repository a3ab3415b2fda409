import Moments
import Testing

@Suite struct ExactNumberParsingTests {
  @Test(arguments: [
    ("0.1", "1/10"), ("-3e-2", "-3/100"), ("1/12", "1/12"), ("sqrt(4)", "2"), ("-sqrt(3)", "-sqrt(3)"),
    ("2*sqrt(2)/3", "2*sqrt(2)/3"), ("1/sqrt(3)", "sqrt(3)/3"), (" 7 ", "7"), ("+5", "5"), ("-1/-2", "1/2"),
    (".5", "1/2"), ("5.", "5"), ("1e3", "1000"), ("1E+2", "100"), ("sqrt(1/2)", "sqrt(2)/2"),
    ("sqrt( 8 )", "2*sqrt(2)"),
    ("sqrt(sqrt(16))", "2"), ("1 / 3", "1/3"), ("6/3/2", "1"), ("0e5", "0"), ("-0", "0"), ("sqrt(0.25)", "1/2"),
  ])
  func accepts(_ text: String, _ canonical: String) throws {
    #expect(try ExactNumber(parsing: text).description == canonical)
  }

  @Test(arguments: [
    "", " ", "x", "1+1", "1-2", "--1", "1e", "1e+", ".", "1..2", "sqrt", "sqrt2", "sqrt()", "sqrt(2", "sqrt(2))", "1/",
    "*2", "inf", "nan", "0x10", "1,5", "½", "１", "1/2/", "sqrt(sqrt(2))", "1 2", "1_000", "\u{0}", "2\n3",
  ])
  func rejects(_ text: String) {
    #expect {
      _ = try ExactNumber(parsing: text)
    } throws: { error in
      guard case NumberError.malformed = error else { return false }
      return "\(error)".contains("Write a decimal")
    }
  }

  @Test func namesImpossibleNumbers() {
    #expect(throws: NumberError.divisionByZero(text: "1/0")) { try ExactNumber(parsing: "1/0") }
    #expect(throws: NumberError.divisionByZero(text: "1/sqrt(0)")) { try ExactNumber(parsing: "1/sqrt(0)") }
    #expect(throws: NumberError.negativeRadicand(text: "sqrt(-1)")) { try ExactNumber(parsing: "sqrt(-1)") }
    for text in ["1e999999999", "1e-999999999", "1e309", "-1e400", "1e-330", "1e99999999999999999999999"] {
      #expect(throws: NumberError.outOfRange(text: text)) { try ExactNumber(parsing: text) }
    }
  }

  @Test func survivesHostileText() {
    let hostile = [
      String(repeating: "9", count: 10_000), String(repeating: "sqrt(", count: 300),
      String(repeating: "1*", count: 900),
      String(repeating: "-", count: 1500), "1e" + String(repeating: "9", count: 1900),
      String(repeating: "sqrt(", count: 100) + "4" + String(repeating: ")", count: 100),
      String(repeating: "é", count: 900), String(repeating: "1e300*", count: 300) + "1",
    ]
    for text in hostile {
      #expect {
        _ = try ExactNumber(parsing: text)
      } throws: { "\($0)".count < 250 }
    }
  }

  @Test func wording() {
    #expect(
      message("1/0") == "'1/0' divides by zero. Write a nonzero denominator.")
    #expect(
      message("sqrt(-1)") == "'sqrt(-1)' takes the square root of a negative number. Only real numbers are allowed.")
    #expect(message("1e400") == "'1e400' is outside the range of numbers, about 1e-320 to 1e308 in magnitude.")
    #expect(message("1+1").hasPrefix("'1+1' is not a number: there is something after it."))
  }

  private func message(_ text: String) -> String {
    do {
      return try ExactNumber(parsing: text).description
    } catch {
      return error.description
    }
  }
}
