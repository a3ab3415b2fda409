import FiniteWidth
import GSL

/// How a network is trained.
public enum TrainingMethod: Sendable, Equatable {
  /// Continuous time, integrated to a tolerance.
  case gradientFlow(FlowOptions)
  /// Steps `θ ← θ − h s η ∘ ∇L` of size h; the time is the number of steps times h.
  case gradientDescent(step: Double)

  /// The step of gradient descent.
  public var step: Double? { if case .gradientDescent(let step) = self { step } else { nil } }
}

/// How gradient flow is integrated.
public struct FlowOptions: Sendable, Equatable {
  /// The solver; nil for the choice of ``TrainingRun``.
  public var solver: ODEMethod?
  /// The relative tolerance of one step, in every parameter.
  public var relativeTolerance: Double
  /// The absolute tolerance of one step, in every parameter.
  public var absoluteTolerance: Double

  public init(solver: ODEMethod? = nil, relativeTolerance: Double = 1e-10, absoluteTolerance: Double = 1e-12) {
    self.solver = solver
    self.relativeTolerance = relativeTolerance
    self.absoluteTolerance = absoluteTolerance
  }

  /// The most parameters of the implicit method, whose linear systems are dense.
  public static let maximumStiffParameters = 1000

  /// The solver for a problem whose fastest rate is `rate`, the largest eigenvalue of `s Θ₀`, up to time `end`.
  ///
  /// An explicit method takes about `rate · end` steps however smooth the solution is. Where that exceeds 10⁵ and the
  /// network is small, an implicit method is cheaper.
  func solver(rate: Double, end: Double, parameters: Int) -> ODEMethod {
    solver ?? (rate * end > 1e5 && parameters <= 300 ? .bdf : .rk8pd)
  }
}
