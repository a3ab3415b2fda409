import Foundation
import Moments

/// Numbers as text: for people no digit more than the error supports, for programs all of them.
public enum NumberText {
  /// The significant digits of an exact value, which stands next to its fraction.
  static let exactDigits = 12
  /// The significant digits that every double carries.
  static let doubleDigits = 15

  /// The shortest text that reads back to the same double; whole numbers without a decimal point.
  public static func shortest(_ value: Double) -> String {
    let text = value.description
    return text.hasSuffix(".0") && text != "-0.0" ? String(text.dropLast(2)) : text
  }

  /// The value of an estimate to the digits that its error supports.
  ///
  /// Let `10^k` be the place of the last digit. Under a bound `e` it is the smallest power of ten with
  /// `10^k ≥ 2e`, so that the printed number is within one unit of its last digit of the truth. Under a standard
  /// error, which is no bound, it is the place of the error's leading digit. An exact value is rounded to 12
  /// significant digits, without trailing zeros. No value shows more than 15 significant digits.
  public static func supported(_ estimate: Estimate) -> String {
    let value = estimate.value
    guard value.isFinite else { return value.isNaN ? "undefined" : "overflow" }
    if estimate.exact != nil { return trimmed(significant(value, digits: exactDigits)) }
    guard value != 0 else { return "0" }
    guard estimate.error > 0 else { return significant(value, digits: doubleDigits) }
    guard estimate.error.isFinite, let last = lastPlace(estimate) else { return "0" }
    let digits = decade(value) - last + 1
    return digits < 1 ? "0" : significant(value, digits: min(digits, doubleDigits))
  }

  /// The decimal place of the last digit that the error supports; nil where no error limits it.
  static func lastPlace(_ estimate: Estimate) -> Int? {
    guard estimate.exact == nil, estimate.error > 0, estimate.error.isFinite else { return nil }
    if estimate.method == .sampling { return decade(estimate.error) }
    let doubled = 2 * estimate.error
    guard doubled.isFinite else { return nil }
    let floor = decade(doubled)
    return power(floor) >= doubled ? floor : floor + 1
  }

  /// An error, rounded up to two significant digits: a bound stays a bound.
  public static func error(_ error: Double) -> String {
    guard error > 0, error.isFinite else { return error == 0 ? "0" : error.description }
    var text = String(format: "%.1e", error)
    if let rounded = Double(text), rounded < error {
      text = String(format: "%.1e", error + 0.5 * power(decade(error) - 1))
    }
    guard let rounded = Double(text) else { return text }
    let place = decade(rounded)
    return place >= -3 && place < 2 ? trimmed(significant(rounded, digits: 2)) : trimmed(scientific(text))
  }

  /// `value` with `digits` significant digits, all of them written: plain if short, else as `1.2e-7`.
  static func significant(_ value: Double, digits: Int) -> String {
    let text = String(format: "%.*e", max(digits, 1) - 1, value)
    guard value != 0, let mark = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: mark)...]) else {
      return value == 0 ? "0" : text
    }
    guard exponent >= -4, exponent < digits else { return scientific(text) }
    return String(format: "%.*f", max(digits - 1 - exponent, 0), value)
  }

  /// `1.2e-07` as `1.2e-7`.
  private static func scientific(_ text: String) -> String {
    guard let mark = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: mark)...]) else { return text }
    return "\(text[..<mark])e\(exponent)"
  }

  /// Without the zeros that end a fraction.
  private static func trimmed(_ text: String) -> String {
    var mantissa = text[...]
    var exponent = ""
    if let mark = text.firstIndex(of: "e") {
      mantissa = text[..<mark]
      exponent = String(text[mark...])
    }
    guard mantissa.contains(".") else { return text }
    while mantissa.last == "0" { mantissa = mantissa.dropLast() }
    if mantissa.last == "." { mantissa = mantissa.dropLast() }
    return mantissa + exponent
  }

  /// The exponent of the leading decimal digit of a nonzero number.
  static func decade(_ value: Double) -> Int {
    let text = String(format: "%.17e", value)
    guard let mark = text.firstIndex(of: "e") else { return 0 }
    return Int(text[text.index(after: mark)...]) ?? 0
  }

  /// The double nearest `10^exponent`.
  private static func power(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? .infinity }
}
