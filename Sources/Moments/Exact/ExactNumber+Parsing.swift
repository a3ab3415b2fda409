@preconcurrency import BigInt

/// What is wrong with the text of a number.
public enum NumberError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The text is not a number of the interface's grammar.
  case malformed(text: String, reason: String)
  /// A denominator is zero.
  case divisionByZero(text: String)
  /// The argument of `sqrt` is negative.
  case negativeRadicand(text: String)
  /// The magnitude leaves the range of `Double`.
  case outOfRange(text: String)

  public var description: String {
    switch self {
    case .malformed(let text, let reason):
      return "'\(text)' is not a number: \(reason). "
        + "Write a decimal (0.1, -3e-2), a fraction (1/12), sqrt(q), or a product or quotient of these."
    case .divisionByZero(let text):
      return "'\(text)' divides by zero. Write a nonzero denominator."
    case .negativeRadicand(let text):
      return "'\(text)' takes the square root of a negative number. Only real numbers are allowed."
    case .outOfRange(let text):
      return "'\(text)' is outside the range of numbers, about 1e-320 to 1e308 in magnitude."
    }
  }

  /// The offending text, shortened for a message.
  package static func excerpt(_ text: some StringProtocol) -> String {
    let cleaned = String(text.prefix(40).map { $0.isNewline ? " " : $0 })
    return text.count > 40 ? cleaned + "…" : cleaned
  }
}

extension ExactNumber {
  /// The longest text of one number.
  static let maximumTextLength = 2000
  /// The largest magnitude of a decimal exponent: beyond it no `Double` is finite and nonzero.
  private static let maximumExponent = 400

  /// Parses a number exactly: `0.1` is one tenth.
  ///
  ///     number := [sign] factor { ("*" | "/") [sign] factor }
  ///     factor := decimal | "sqrt(" number ")"
  ///
  /// - Parameter text: The text, surrounding blanks allowed.
  /// - Throws: ``NumberError`` naming the text and what is allowed.
  public init(parsing text: some StringProtocol) throws(NumberError) {
    let shown = NumberError.excerpt(text)
    guard text.utf8.count <= Self.maximumTextLength else {
      throw .malformed(text: shown, reason: "it is longer than \(Self.maximumTextLength) characters")
    }
    var scanner = NumberScanner(bytes: Array(text.utf8), shown: shown)
    let value = try scanner.number(depth: 0)
    scanner.skipBlanks()
    guard scanner.isAtEnd else {
      throw .malformed(text: shown, reason: "there is something after it")
    }
    let rounded = value.doubleValue
    guard rounded.isFinite, value.isZero || rounded != 0 else { throw .outOfRange(text: shown) }
    self = value
  }

  /// A recursive-descent reader of the grammar above.
  private struct NumberScanner {
    let bytes: [UInt8]
    let shown: String
    var position = 0

    var isAtEnd: Bool { position >= bytes.count }
    var current: UInt8? { isAtEnd ? nil : bytes[position] }

    mutating func skipBlanks() {
      while let byte = current, byte == 0x20 || byte == 0x09 { position += 1 }
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      skipBlanks()
      guard let byte = current, UInt32(byte) == character.value else { return false }
      position += 1
      return true
    }

    func fail(_ reason: String) -> NumberError { .malformed(text: shown, reason: reason) }

    mutating func number(depth: Int) throws(NumberError) -> ExactNumber {
      var value = try signedFactor(depth: depth)
      while true {
        if take("*") {
          value *= try signedFactor(depth: depth)
        } else if take("/") {
          let divisor = try signedFactor(depth: depth)
          guard let reciprocal = divisor.reciprocal else { throw .divisionByZero(text: shown) }
          value *= reciprocal
        } else {
          return value
        }
      }
    }

    mutating func signedFactor(depth: Int) throws(NumberError) -> ExactNumber {
      if take("-") { return -(try factor(depth: depth)) }
      _ = take("+")
      return try factor(depth: depth)
    }

    mutating func factor(depth: Int) throws(NumberError) -> ExactNumber {
      skipBlanks()
      guard let byte = current else { throw fail("it ends where a number should stand") }
      if byte == UInt8(ascii: "s") {
        guard bytes[position...].starts(with: Array("sqrt".utf8)) else { throw fail("only sqrt(…) is a function here") }
        position += 4
        guard depth < 8 else { throw fail("sqrt is nested too deeply") }
        guard take("(") else { throw fail("sqrt needs an argument in parentheses") }
        let argument = try number(depth: depth + 1)
        guard take(")") else { throw fail("a closing parenthesis is missing") }
        guard let radicand = argument.rational else { throw fail("the argument of sqrt must be rational") }
        guard radicand.signum >= 0 else { throw .negativeRadicand(text: shown) }
        return ExactNumber(squareRootOf: radicand)
      }
      return ExactNumber(try decimal())
    }

    mutating func digits() -> ArraySlice<UInt8> {
      let start = position
      while let byte = current, byte >= 0x30, byte <= 0x39 { position += 1 }
      return bytes[start..<position]
    }

    mutating func decimal() throws(NumberError) -> Rational {
      let whole = digits()
      var fraction: ArraySlice<UInt8> = []
      if current == UInt8(ascii: ".") {
        position += 1
        fraction = digits()
      }
      guard !(whole.isEmpty && fraction.isEmpty) else { throw fail("a digit is expected") }
      var exponent = 0
      if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
        position += 1
        var negative = false
        if current == UInt8(ascii: "-") || current == UInt8(ascii: "+") {
          negative = current == UInt8(ascii: "-")
          position += 1
        }
        let text = digits()
        guard !text.isEmpty else { throw fail("the exponent has no digits") }
        for byte in text {
          exponent = exponent * 10 + Int(byte - 0x30)
          if exponent > ExactNumber.maximumExponent + ExactNumber.maximumTextLength { throw .outOfRange(text: shown) }
        }
        if negative { exponent = -exponent }
      }
      guard let mantissa = BigInt(String(decoding: Array(whole) + Array(fraction), as: UTF8.self), radix: 10) else {
        throw fail("a digit is expected")
      }
      let power = exponent - fraction.count
      if power >= 0 { return Rational(mantissa * BigInt(10).power(power)) }
      return Rational(mantissa, BigInt(10).power(-power))
    }
  }
}
