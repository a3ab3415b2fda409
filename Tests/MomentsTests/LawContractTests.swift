import GSL
import Moments
import Numerics
import Testing

/// The laws written at ``Law``, over every example of the registry and some further cases.
@Suite struct LawContractTests {
  static let texts =
    LawRegistry.all.flatMap(\.examples) + [
      "truncated-normal(3, 1/10, -40, -2)", "truncated-normal(1, 1000, -3, 2)",
      "scaled(-2, truncated-normal(0, 1, -1, 3))",
      "truncated-normal(0, 1, -50, 60)", "truncated-normal(2, 1, -1, 5/2)", "student-t(1/2, 1)",
      "student-t(1000000, 2)",
      "sparse(1/2, scaled(-3, sparse(1/3, uniform(1, 2))))", "scaled(1e-3, student-t(5, 1))", "normal(3, 1/100)",
      "scaled(-1, discrete(1:1/3, 2:2/3))",
    ]

  private static func law(_ text: String) throws -> any Law { try LawRegistry.law(parsing: text) }

  /// `E[g(W)]` from the decomposition, by GSL's adaptive rule between the nodes.
  private func expectation(_ law: any Law, _ g: (Double) -> Double) throws -> Double {
    let decomposition = law.decomposition
    var total = decomposition.atoms.reduce(0) { $0 + $1.probability.doubleValue * g($1.value.doubleValue) }
    let workspace = try QuadratureWorkspace()
    for density in decomposition.densities {
      let ends = [density.lower] + density.nodes + [density.upper]
      for (low, high) in zip(ends, ends.dropFirst()) {
        let part = try integrateAdaptively(
          from: low, to: high, absolute: 1e-300, relative: 1e-13, rule: .points61, workspace: workspace
        ) { g(density.point($0)) * density.weight($0) }
        total += density.mass.doubleValue * part.value
      }
    }
    return total
  }

  @Test(arguments: texts)
  func massesAndCharts(_ text: String) throws {
    let law = try Self.law(text)
    let parts = law.decomposition
    let mass = parts.atoms.map(\.probability).reduce(0, +) + parts.densities.map(\.mass).reduce(0, +)
    #expect(mass == 1)
    #expect(parts.atoms.allSatisfy { $0.probability.signum > 0 })
    #expect(zip(parts.atoms, parts.atoms.dropFirst()).allSatisfy { $0.value < $1.value })
    // 1e-14: the rule's rounding over a dozen panels.
    #expect(abs(try expectation(law) { _ in 1 } - 1) < 1e-14)
    for density in parts.densities {
      #expect(density.lower < density.upper && density.lower.isFinite && density.upper.isFinite)
      #expect(density.nodes == density.nodes.sorted())
      #expect(density.nodes.allSatisfy { $0 > density.lower && $0 < density.upper })
      var previous = -Double.infinity
      for step in 0...200 {
        let t = density.lower + (density.upper - density.lower) * Double(step) / 200
        let x = density.point(t)
        #expect(x >= previous && x.isFinite)
        #expect(density.weight(t) >= 0 && density.weight(t).isFinite)
        previous = x
        if density.weight(t) > 1e-200, step > 0, step < 200, x.magnitude < 1e300 {
          let slack =
            1e-7 * max(1, t.magnitude, density.point(0).magnitude / (density.point(1e-3) - density.point(0)) * 1e-9)
          #expect(abs(density.parameter(x) - t) <= slack, "\(t) \(x)")
        }
      }
    }
  }

  @Test(arguments: texts)
  func momentsAreIntegrals(_ text: String) throws {
    let law = try Self.law(text)
    #expect(law.moment(0) == .finite(.one))
    for order in 1...8 {
      guard let moment = law.moment(order).estimate else { continue }
      if case .power(let index) = law.tail, index.doubleValue < Double(order) + 0.9 { continue }
      let size = try expectation(law) { Double.pow($0.magnitude, order) }
      let integral = try expectation(law) { Double.pow($0, order) }
      // 1e-13: the requested accuracy of the quadrature; the power tail is cut at a mass of 1e-300.
      #expect(abs(integral - moment.value) <= 2e-13 * size, "order \(order): \(integral) \(moment.value)")
    }
  }

  @Test(arguments: texts)
  func momentInequalitiesAndSymmetry(_ text: String) throws {
    let law = try Self.law(text)
    if let second = law.moment(2).estimate, let fourth = law.moment(4).estimate {
      #expect(fourth.value + fourth.roundedError >= second.value * second.value * (1 - 4e-16))
      #expect(second.value >= 0)
    }
    if law.isSymmetric {
      for order in [1, 3, 5, 7] {
        let moment = law.moment(order)
        #expect(moment.status == "undefined" || moment.estimate?.isExactlyZero == true)
      }
      #expect(law.characteristicFunction(0.7).imaginary == 0)
    }
    for order in 0...9 {
      guard let estimate = law.moment(order).estimate else { continue }
      #expect(estimate.method != .sampling)
      if let exact = estimate.exact { #expect(exact.doubleValue == estimate.value && estimate.error == 0) }
    }
  }

  @Test(arguments: texts)
  func characteristicFunctionIsTheTransform(_ text: String) throws {
    let law = try Self.law(text)
    #expect(law.characteristicFunction(0) == 1)
    let heavy = if case .power(let index) = law.tail { index.doubleValue < 2 } else { false }
    for t in [-2.5, -0.3, 1e-6, 0.01, 0.7, 1.9, 6.0] {
      let value = law.characteristicFunction(t)
      #expect(value.length <= 1 + 1e-15)
      let opposite = law.characteristicFunction(-t)
      #expect((opposite.conjugate - value).length < 1e-16)
      if heavy { continue }
      let real = try expectation(law) { Double.cos(t * $0) }
      let imaginary = try expectation(law) { Double.sin(t * $0) }
      // 2e-14: rounding of the quadrature, whose terms are of size 1. Oscillation on a power tail never dies out, and
      // the adaptive rule stops resolving it where it matters little.
      let tolerance = if case .power = law.tail { 2e-13 } else { 2e-14 }
      #expect((value - Complex(real, imaginary)).length < tolerance, "t = \(t): \(value) \(real) \(imaginary)")
    }
  }

  @Test(arguments: texts)
  func exponentialMomentIsTheIntegral(_ text: String) throws {
    let law = try Self.law(text)
    #expect(law.exponentialMoment(0) == 1)
    for t in [-1.5, -0.4, 1e-6, 0.2, 0.9] {
      let value = law.exponentialMoment(t)
      switch law.tail {
      case .power:
        #expect(value == .infinity)
        continue
      case .exponential(let rate):
        if t.magnitude >= rate.doubleValue {
          #expect(value == .infinity)
          continue
        }
      case .bounded, .gaussian: break
      }
      #expect(value.isFinite)
      let integral = try expectation(law) { Double.exp(t * $0) }
      #expect(abs(value - integral) <= 4e-14 * value, "t = \(t): \(value) \(integral)")
    }
  }

  @Test(arguments: texts)
  func descriptionIsReadBack(_ text: String) throws {
    let law = try Self.law(text)
    let again = try Self.law("\(law)")
    #expect("\(again)" == "\(law)")
    for order in 0...6 { #expect(again.moment(order) == law.moment(order)) }
  }

  /// Mean and variance of 20 000 draws.
  ///
  /// |z| ≤ 5 twice a law, about 120 checks: false alarm 7e-5 for the Gaussian
  /// limit. A bias of 5 % of a standard deviation in the mean, or of 8 % in the variance of a Gaussian, is caught.
  @Test(arguments: texts)
  func samplesAgreeWithTheMoments(_ text: String) throws {
    let law = try Self.law(text)
    guard let mean = law.moment(1).estimate, let variance = law.centralMoment(2).estimate else { return }
    var stream = RandomStream(seed: 20, stream: 1)
    let count = 20_000
    var (sum, squares) = (0.0, 0.0)
    for _ in 0..<count {
      let draw = law.sample(from: &stream) - mean.value
      sum += draw
      squares += draw * draw
    }
    let n = Double(count)
    if variance.isExactlyZero {
      #expect(sum == 0)
      return
    }
    #expect(sum.magnitude <= 5 * (variance.value * n).squareRoot())
    guard let fourth = law.centralMoment(4).estimate, let eighth = law.centralMoment(8).estimate else { return }
    // Beyond a kurtosis of the squares of 200 the Gaussian limit is too far for the threshold to mean anything.
    let spread = fourth.value - variance.value * variance.value
    guard spread > 1e-12 * fourth.value, eighth.value < 200 * fourth.value * fourth.value else { return }
    #expect((squares - n * variance.value).magnitude <= 5 * (spread * n).squareRoot())
    // The stream alone decides.
    var again = RandomStream(seed: 20, stream: 1)
    var first = RandomStream(seed: 20, stream: 1)
    for _ in 0..<5 { #expect(law.sample(from: &again) == law.sample(from: &first)) }
  }

  /// Kolmogorov–Smirnov distance of 10 000 draws from the distribution function, found by integrating the decomposition.
  ///
  /// `P(√n D > 2.7) = 2 exp(−2 · 2.7²) = 9e-7` for continuous laws, less with atoms. It sees any shift of the
  /// distribution function by more than 0.03.
  @Test(arguments: texts)
  func samplesFollowTheDistribution(_ text: String) throws {
    let law = try Self.law(text)
    var stream = RandomStream(seed: 21, stream: 2)
    let count = 10_000
    let draws = (0..<count).map { _ in law.sample(from: &stream) }.sorted()
    let parts = law.decomposition
    let rule = try GaussLegendreRule(count: 20)
    // The distribution function at every 50th draw, built up from left to right.
    var masses = parts.densities.map { _ in 0.0 }
    var places = parts.densities.map(\.lower)
    var distance = 0.0
    for index in stride(from: 25, to: count, by: 50) {
      let x = draws[index]
      var below = parts.atoms.filter { $0.value.doubleValue < x }.reduce(0) { $0 + $1.probability.doubleValue }
      let at = parts.atoms.filter { $0.value.doubleValue == x }.reduce(0) { $0 + $1.probability.doubleValue }
      for (number, density) in parts.densities.enumerated() {
        let end = min(max(density.parameter(x), density.lower), density.upper)
        let breaks = [places[number]] + density.nodes.filter { $0 > places[number] && $0 < end } + [end]
        for (low, high) in zip(breaks, breaks.dropFirst()) where high > low {
          for panel in 0..<8 {
            let width = (high - low) / 8
            let middle = low + (Double(panel) + 0.5) * width
            for (node, weight) in zip(rule.nodes, rule.weights) {
              masses[number] += 0.5 * width * weight * density.weight(middle + 0.5 * width * node)
            }
          }
        }
        places[number] = max(end, places[number])
        below += density.mass.doubleValue * masses[number]
      }
      let empirical = Double(draws.partitioningIndex { $0 >= x }) / Double(count)
      let empiricalAt = Double(draws.partitioningIndex { $0 > x }) / Double(count)
      distance = max(distance, abs(empirical - below), abs(empiricalAt - below - at))
    }
    #expect(distance * Double(count).squareRoot() < 2.7)
  }
}

extension Array {
  /// The first index whose element satisfies a predicate that is false, then true.
  fileprivate func partitioningIndex(_ predicate: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if predicate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// Many draws at a time are the draws one by one, to the bit, however they are cut into pieces.
@Suite struct LawBulkTests {
  @Test(arguments: LawContractTests.texts)
  func samplesInBulk(_ text: String) throws {
    let law = try LawRegistry.law(parsing: text)
    var (single, bulk) = (RandomStream(seed: 17, stream: 4), RandomStream(seed: 17, stream: 4))
    for count in [1, 2, 0, 7, 64, 33, 5] {
      let expected = (0..<count).map { _ in law.sample(from: &single) }
      #expect(law.samples(count, from: &bulk) == expected, "\(count) draws")
    }
    #expect(single.next() == bulk.next())
  }
}
