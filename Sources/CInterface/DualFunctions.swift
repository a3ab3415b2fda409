import Activations
import CInfwidth
import Expectation
import Failures
import Moments
import Tables

/// `E[φ(u) φ(v)]` and `E[φ′(u) φ′(v)]`, the numbers of `infwidth dual`.
private func duals(
  _ activation: UnsafePointer<CChar>?, _ q1: ExactNumber, _ q2: ExactNumber, _ dependence: DualReport.Dependence
) throws -> DualReport {
  let function = try ActivationRegistry.activation(parsing: try text(activation, "activation"))
  let pair =
    switch dependence {
    case .covariance(let covariance): try GaussianPair(varianceU: q1, varianceV: q2, covariance: covariance)
    case .oneMinusRho(let gap): try GaussianPair(varianceU: q1, varianceV: q2, oneMinusRho: gap)
    }
  return DualReport(
    activation: "\(function)", q1: q1, q2: q2, dependence: dependence,
    value: .finite(try GaussianDual.expectation(function.value, function.value, pair)),
    derivative: .finite(try GaussianDual.expectation(function.derivative, function.derivative, pair)))
}

extension DualReport {
  fileprivate func write(
    to value: UnsafeMutablePointer<infwidth_number>?, _ derivative: UnsafeMutablePointer<infwidth_number>?
  ) {
    value?.pointee = infwidth_number(self.value)
    derivative?.pointee = infwidth_number(self.derivative)
  }
}

@c @implementation
public func infwidth_dual(
  _ activation: UnsafePointer<CChar>!, _ q1: Double, _ q2: Double, _ c: Double,
  _ value: UnsafeMutablePointer<infwidth_number>!, _ derivative: UnsafeMutablePointer<infwidth_number>!,
  _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!
) -> Int32 {
  status(message) {
    try duals(activation, try exactly(q1, "q1"), try exactly(q2, "q2"), .covariance(try exactly(c, "c")))
      .write(to: value, derivative)
  }
}

@c @implementation
public func infwidth_dual_one_minus_rho(
  _ activation: UnsafePointer<CChar>!, _ q1: Double, _ q2: Double, _ gap: Double,
  _ value: UnsafeMutablePointer<infwidth_number>!, _ derivative: UnsafeMutablePointer<infwidth_number>!,
  _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!
) -> Int32 {
  status(message) {
    try duals(
      activation, try exactly(q1, "q1"), try exactly(q2, "q2"), .oneMinusRho(try exactly(gap, "one_minus_rho"))
    ).write(to: value, derivative)
  }
}

@c @implementation
public func infwidth_dual_json(
  _ activation: UnsafePointer<CChar>!, _ q1: UnsafePointer<CChar>!, _ q2: UnsafePointer<CChar>!,
  _ c: UnsafePointer<CChar>!, _ gap: UnsafePointer<CChar>!,
  _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!,
  _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>!
) -> Int32 {
  status(message) {
    let result = try required(json, "the pointer for the text")
    guard (c == nil) != (gap == nil) else {
      throw Failure.usage("give either the covariance, c, or one_minus_rho, and NULL for the other.")
    }
    let dependence: DualReport.Dependence =
      c == nil ? .oneMinusRho(try number(gap, "one_minus_rho")) : .covariance(try number(c, "c"))
    let report = try duals(activation, try number(q1, "q1"), try number(q2, "q2"), dependence)
    try handOut(report.document.text(as: .json), to: result)
  }
}
