import CGSL

/// A status other than success that a GSL routine returned.
///
/// GSL's default handler aborts the process; `GSLRuntime` replaces it once, and every wrapper in this module
/// turns a status into this error.
public struct GSLError: Error, Sendable, Equatable, CustomStringConvertible {
  /// GSL's status code, for example `GSL_EMAXITER`.
  public let status: Int32
  /// The routine that failed, for example `gsl_integration_qagp`.
  public let routine: String

  public init(status: Int32, routine: String) {
    self.status = status
    self.routine = routine
  }

  public var description: String {
    "\(routine): \(String(cString: gsl_strerror(status))) (GSL status \(status))"
  }
}

/// The one place where GSL's process-wide state is set.
enum GSLRuntime {
  /// Turns GSL's aborting error handler off; a `static let` runs exactly once, whichever thread comes first.
  private static let quiet: Void = {
    _ = gsl_set_error_handler_off()
  }()

  /// Must be called before any GSL routine that can fail.
  @inline(__always)
  static func prepare() { _ = quiet }

  static func check(_ status: Int32, _ routine: String) throws(GSLError) {
    if status != Int32(GSL_SUCCESS) { throw GSLError(status: status, routine: routine) }
  }
}
