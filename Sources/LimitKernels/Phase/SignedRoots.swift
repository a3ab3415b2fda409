import Foundation
import GSL
import Moments

/// Zeros of functions whose values carry bounds: a zero lies between two points where the signs are certain.
enum SignedRoots {
  /// A point with the sign of the function there; 0 where the bound does not decide.
  struct Sample {
    var point: Double
    var sign: Int
  }

  static func sign(_ estimate: Estimate) -> Int {
    if let exact = estimate.exact { return exact.signum }
    return estimate.value.magnitude > estimate.error ? (estimate.value > 0 ? 1 : -1) : 0
  }

  /// The zeros between neighbouring certain signs that differ, each with a bound.
  ///
  /// Positive points in ascending order are expected. From Brent's zero the search goes outwards, four times as far
  /// each time, until the signs on both sides are certain: by continuity a zero lies between.
  static func zeros(
    _ samples: [Sample], _ function: (Double) throws -> Estimate
  ) throws -> [Estimate] {
    let certain = samples.filter { $0.sign != 0 }
    var result: [Estimate] = []
    for (left, right) in zip(certain, certain.dropFirst()) where left.sign != right.sign {
      var failure: (any Error)?
      var method = EvaluationMethod.closedForm
      let zero = try root(between: left.point, and: right.point) { point in
        if failure != nil { return 0 }
        do {
          let estimate = try function(point)
          method = max(method, estimate.method)
          return estimate.value
        } catch {
          failure = error
          return 0
        }
      }
      if let failure { throw failure }
      func reach(towards limit: Double, sign wanted: Int) throws -> Double {
        var distance = 4 * 0x1p-53 * zero
        while distance < (limit - zero).magnitude {
          if sign(try function(limit < zero ? zero - distance : zero + distance)) == wanted { return distance }
          distance *= 4
        }
        return (limit - zero).magnitude
      }
      let error = max(
        try reach(towards: left.point, sign: left.sign), try reach(towards: right.point, sign: right.sign))
      result.append(Estimate(zero, error: error * (1 + 0x1p-50), method: method))
    }
    return result
  }
}
