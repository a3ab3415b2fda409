import FiniteWidth
import Moments

/// A kernel that a fixture holds.
public enum FixtureKernel: String, Sendable, CaseIterable {
  /// The conditional NNGP kernel of a finite network, `Σᵢ m_w² wᵢ² φᵢ(x) φᵢ(y) + m_b² b²` over the last hidden layer.
  case nngp
  /// The neural tangent kernel.
  case ntk

  /// The kernel as text has it.
  public var name: String { rawValue.uppercased() }
}

/// The arithmetic of the software under test.
public enum FixturePrecision: String, Sendable, CaseIterable {
  case double, single

  /// What rounding may do to a kernel, relative to `√(K(x,x) K(y,y))`.
  ///
  /// About 4000 units in the last place of double precision, and 80 of single: sums over neurons and parameters, in any
  /// order, stay below that.
  public var relativeTolerance: Double { self == .double ? 1e-12 : 1e-5 }
}

/// Tests of networks of finite width: each averages the kernels of independent networks and compares.
public struct FiniteRequest: Sendable, Equatable {
  /// The widths of the hidden layers, each once.
  public var widths: [Int]
  /// The number of networks whose kernels are averaged, at each width.
  public var samples: Int
  /// The probability that correct networks miss any tolerance of the fixture.
  public var falseAlarm: Double

  public static let largestWidth = 1_000_000_000_000_000
  public static let largestSampleCount = 1_000_000_000
  public static let smallestFalseAlarm = 1e-100

  /// - Throws: ``FixtureError`` for what is out of range.
  public init(
    widths: [Int], samples: Int = 100, falseAlarm: Double = StudyJudgement.standardLevel
  ) throws(FixtureError) {
    var seen: Set<Int> = []
    self.widths = widths.filter { seen.insert($0).inserted }
    self.samples = samples
    self.falseAlarm = falseAlarm
    if let width = widths.first(where: { !(1...Self.largestWidth).contains($0) }) { throw .width(width) }
    guard (2...Self.largestSampleCount).contains(samples) else { throw .samples(samples) }
    guard falseAlarm >= Self.smallestFalseAlarm, falseAlarm < 0.5 else { throw .falseAlarm(falseAlarm) }
  }
}

/// What a fixture is to hold.
public struct FixtureRequest: Sendable, Equatable {
  /// The kernels, each once.
  public var kernels: [FixtureKernel]
  public var precision: FixturePrecision
  /// nil for the limit of infinite width.
  public var finite: FiniteRequest?

  public init(kernels: [FixtureKernel] = [.ntk], precision: FixturePrecision = .double, finite: FiniteRequest? = nil) {
    self.kernels = FixtureKernel.allCases.filter(kernels.contains)
    self.precision = precision
    self.finite = finite
  }
}
