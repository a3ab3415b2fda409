import CGSL

/// The method that integrates a differential equation.
public enum ODEMethod: String, Sendable, CaseIterable {
  /// Runge–Kutta–Fehlberg of orders 4 and 5.
  case rkf45
  /// Runge–Kutta of Prince and Dormand, of orders 8 and 9.
  case rk8pd
  /// Backward differentiation of order 1 to 5, implicit: for stiff equations. It needs the Jacobian.
  case bdf

  /// Whether the method needs the Jacobian.
  public var needsJacobian: Bool { self == .bdf }
}

/// What the evaluation of a right-hand side came to.
public enum ODEEvaluation: Sendable {
  case done
  /// The result is not finite: the integrator tries a smaller step.
  case notFinite
  /// The integration shall end at once.
  case cancelled
}

/// Why an integration ended early.
public enum ODEError: Error, Sendable, Equatable {
  /// The right-hand side asked for it.
  case cancelled
  /// The step size fell to nothing at this time.
  case stepVanished(time: Double)
  /// More steps than allowed.
  case tooManySteps(time: Double)
  case library(GSLError)
}

/// An autonomous system of ordinary differential equations `y′ = F(y)`, integrated with adaptive steps by GSL.
///
/// The estimated error of a step is kept below `absolute + relative · |yᵢ|` in every component.
///
/// Every call of ``advance(_:from:to:step:maximumSteps:)`` begins with a fresh integrator and the step size it is given. The state
/// it ends with is thus a function of its arguments alone: an integration that is stored at the end of a call and
/// goes on later ends with the same bits as one that was not interrupted.
public final class ODEIntegrator {
  /// Evaluates `F` at the first pointer into the second.
  public typealias Derivative = (UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> ODEEvaluation

  /// The number of components.
  public let dimension: Int
  private let driver: UnsafeMutablePointer<gsl_odeiv2_driver>
  private let system: UnsafeMutablePointer<gsl_odeiv2_system>
  private let functions: Functions

  /// The right-hand side as GSL sees it, behind a `void *`.
  private final class Functions {
    let derivative: Derivative
    let jacobian: Derivative?
    var wasCancelled = false
    let dimension: Int

    init(derivative: @escaping Derivative, jacobian: Derivative?, dimension: Int) {
      self.derivative = derivative
      self.jacobian = jacobian
      self.dimension = dimension
    }

    func status(_ evaluation: ODEEvaluation) -> Int32 {
      switch evaluation {
      case .done: return Int32(GSL_SUCCESS)
      case .notFinite: return Int32(GSL_EDOM)
      case .cancelled:
        wasCancelled = true
        return Int32(GSL_EBADFUNC)
      }
    }

    static func from(_ parameters: UnsafeMutableRawPointer?) -> Functions? {
      parameters.map { Unmanaged<Functions>.fromOpaque($0).takeUnretainedValue() }
    }
  }

  /// - Parameters:
  ///   - dimension: The number of components.
  ///   - method: The method of integration.
  ///   - absolute: The absolute error that a step may make in a component.
  ///   - relative: The relative one; the larger of the two counts.
  ///   - derivative: `F(y)`, into `dimension` numbers.
  ///   - jacobian: `∂Fᵢ/∂yⱼ`, row by row, into `dimension²` numbers; needed by implicit methods only.
  /// - Throws: ``GSLError`` if memory is exhausted.
  public init(
    dimension: Int, method: ODEMethod, absolute: Double, relative: Double,
    jacobian: Derivative? = nil, derivative: @escaping Derivative
  ) throws(GSLError) {
    precondition(dimension > 0, "a system has at least one component")
    precondition(!method.needsJacobian || jacobian != nil, "an implicit method needs the Jacobian")
    GSLRuntime.prepare()
    let functions = Functions(derivative: derivative, jacobian: jacobian, dimension: dimension)
    let system = UnsafeMutablePointer<gsl_odeiv2_system>.allocate(capacity: 1)
    system.initialize(
      to: gsl_odeiv2_system(
        function: { _, y, result, parameters in
          guard let functions = Functions.from(parameters), let y, let result else { return Int32(GSL_EFAULT) }
          return functions.status(functions.derivative(y, result))
        },
        jacobian: { _, y, matrix, timeDerivative, parameters in
          guard let functions = Functions.from(parameters), let y, let matrix, let timeDerivative,
            let jacobian = functions.jacobian
          else { return Int32(GSL_EFAULT) }
          timeDerivative.update(repeating: 0, count: functions.dimension)
          return functions.status(jacobian(y, matrix))
        },
        dimension: dimension, params: Unmanaged.passUnretained(functions).toOpaque()))
    let type =
      switch method {
      case .rkf45: cgsl_rkf45()
      case .rk8pd: cgsl_rk8pd()
      case .bdf: cgsl_msbdf()
      }
    guard let driver = gsl_odeiv2_driver_alloc_y_new(system, type, 1, absolute, relative) else {
      system.deallocate()
      throw GSLError(status: Int32(GSL_ENOMEM), routine: "gsl_odeiv2_driver_alloc_y_new")
    }
    self.dimension = dimension
    self.driver = driver
    self.system = system
    self.functions = functions
  }

  deinit {
    gsl_odeiv2_driver_free(driver)
    system.deallocate()
  }

  /// Integrates from `start` to `end`.
  ///
  /// - Parameters:
  ///   - state: `y(start)` on entry, `y(end)` on return; after an error the last state that was reached.
  ///   - start: The time of entry.
  ///   - end: The time of return.
  ///   - step: The step to try first, positive; on return the step to try next.
  ///   - maximumSteps: The most steps; 0 for no limit.
  public func advance(
    _ state: inout [Double], from start: Double, to end: Double, step: inout Double, maximumSteps: Int = 0
  ) throws(ODEError) {
    precondition(state.count == dimension, "the state has a number for each component")
    precondition(step > 0 && end >= start, "time goes on")
    guard end > start else { return }
    gsl_odeiv2_driver_reset_hstart(driver, step)
    gsl_odeiv2_driver_set_nmax(driver, UInt(maximumSteps))
    var time = start
    let status = state.withUnsafeMutableBufferPointer { gsl_odeiv2_driver_apply(driver, &time, end, $0.baseAddress) }
    step = driver.pointee.h
    switch status {
    case Int32(GSL_SUCCESS): return
    case _ where functions.wasCancelled: throw .cancelled
    case Int32(GSL_EMAXITER): throw .tooManySteps(time: time)
    case Int32(GSL_FAILURE), Int32(GSL_ENOPROG), Int32(GSL_EDOM): throw .stepVanished(time: time)
    default: throw .library(GSLError(status: status, routine: "gsl_odeiv2_driver_apply"))
    }
  }
}
