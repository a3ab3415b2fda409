import CGSL

/// The function as GSL sees it: a Swift closure behind a `void *`.
private struct FunctionBox {
  let evaluate: (Double) -> Double
}

private func callFunction(_ x: Double, _ parameters: UnsafeMutableRawPointer?) -> Double {
  guard let parameters else { return .nan }
  return parameters.assumingMemoryBound(to: FunctionBox.self).pointee.evaluate(x)
}

/// A zero of a continuous function between two points where it has different signs, by Brent's method (GSL).
///
/// Where rounding hides the sign near the zero, the result is a point of the region where it does: the caller who
/// needs a bound looks for certain signs on both sides.
///
/// - Parameters:
///   - lower: Below the zero.
///   - upper: Above the zero.
///   - relative: The relative width of the interval at which the search ends.
///   - maximumIterations: The most steps; what has been found by then is returned.
///   - function: The function.
/// - Throws: ``GSLError`` if the signs at the ends agree or a value is not a number.
public func root(
  between lower: Double, and upper: Double, relative: Double = 4e-16, maximumIterations: Int = 200,
  of function: (Double) -> Double
) throws(GSLError) -> Double {
  GSLRuntime.prepare()
  guard let solver = cgsl_brent_alloc() else {
    throw GSLError(status: Int32(GSL_ENOMEM), routine: "gsl_root_fsolver_alloc")
  }
  defer { gsl_root_fsolver_free(solver) }
  let (status, routine) = withoutActuallyEscaping(function) { escapable -> (Int32, String) in
    var box = FunctionBox(evaluate: escapable)
    return withUnsafeMutablePointer(to: &box) { boxPointer in
      var function = gsl_function(function: callFunction, params: UnsafeMutableRawPointer(boxPointer))
      return withUnsafeMutablePointer(to: &function) { pointer in
        var status = gsl_root_fsolver_set(solver, pointer, lower, upper)
        if status != Int32(GSL_SUCCESS) { return (status, "gsl_root_fsolver_set") }
        for _ in 0..<maximumIterations {
          status = gsl_root_fsolver_iterate(solver)
          if status != Int32(GSL_SUCCESS) { return (status, "gsl_root_fsolver_iterate") }
          let (low, high) = (gsl_root_fsolver_x_lower(solver), gsl_root_fsolver_x_upper(solver))
          if gsl_root_test_interval(low, high, 0, relative) == Int32(GSL_SUCCESS) { break }
        }
        return (Int32(GSL_SUCCESS), "")
      }
    }
  }
  try GSLRuntime.check(status, routine)
  return gsl_root_fsolver_root(solver)
}
