import CInfwidth
import Failures
import Foundation
import Moments

extension infwidth_number {
  /// A quantity as C sees it.
  init(_ quantity: Quantity) {
    self.init()
    switch quantity {
    case .finite(let estimate):
      value = estimate.value
      error = estimate.error
      method = Self.code(of: estimate.method)
      existence = Int32(INFWIDTH_FINITE)
    case .infinite(let positive, _):
      value = positive ? .infinity : -.infinity
      error = .nan
      existence = Int32(INFWIDTH_INFINITE)
    case .undefined:
      value = .nan
      error = .nan
      existence = Int32(INFWIDTH_UNDEFINED)
    }
  }

  fileprivate static func code(of method: EvaluationMethod) -> Int32 {
    switch method {
    case .exact: Int32(INFWIDTH_EXACT)
    case .closedForm: Int32(INFWIDTH_CLOSED_FORM)
    case .series: Int32(INFWIDTH_SERIES)
    case .quadrature: Int32(INFWIDTH_QUADRATURE)
    case .sampling: Int32(INFWIDTH_SAMPLING)
    }
  }
}

/// The names of the methods, which live as long as the process.
nonisolated(unsafe) private let methodNames: [Int32: UnsafePointer<CChar>] = Dictionary(
  uniqueKeysWithValues: EvaluationMethod.allCases.compactMap { method in
    strdup(method.rawValue).map { (infwidth_number.code(of: method), UnsafePointer($0)) }
  })
nonisolated(unsafe) private let noName = UnsafePointer(strdup(""))

@c @implementation
public func infwidth_method_name(_ method: Int32) -> UnsafePointer<CChar>! { methodNames[method] ?? noName }

/// The exact value of a double.
func exactly(_ value: Double, _ name: String) throws -> ExactNumber {
  guard let number = ExactNumber(exactly: value) else {
    throw Failure.usage("\(name) is \(value). Give a finite number.")
  }
  return number
}

/// A number of the interface, read exactly.
func number(_ pointer: UnsafePointer<CChar>?, _ name: String) throws -> ExactNumber {
  let text = try text(pointer, name)
  do { return try ExactNumber(parsing: text) } catch { throw Failure.usage("\(name): \(error)") }
}

/// A relative accuracy; nil for 0.
func tolerance(_ value: Double) throws -> Double? {
  if value == 0 { return nil }
  guard value > 0, value < 1 else {
    throw Failure.usage(
      "relative_tolerance is \(value). Give a relative accuracy between 0 and 1, or 0 for any accuracy.")
  }
  return value
}
