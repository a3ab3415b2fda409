import Activations
import Foundation
import Moments
import Testing

/// The laws of ``Activation``, for every example in the registry.
@Suite(.serialized) struct ContractTests {
  /// Points away from every kink by more than the step of the finite differences.
  private static func smoothPoints(_ function: ScalarFunction, count: Int = 150) -> [Double] {
    let kinks = function.kinks.map(\.doubleValue)
    return scatteredPoints(count: count).filter { z in
      kinks.allSatisfy { (z - $0).magnitude > 0.01 * (1 + z.magnitude) }
    }
  }

  private static func functions(_ text: String) throws -> [ScalarFunction] {
    let activation = try ActivationRegistry.activation(parsing: text)
    return [activation.value, activation.derivative]
  }

  @Test(arguments: allExamples) func descriptionReadsBack(_ text: String) throws {
    let activation = try ActivationRegistry.activation(parsing: text)
    let again = try ActivationRegistry.activation(parsing: activation.description)
    #expect(again.description == activation.description)
    #expect(activation.value.name == activation.description)
    #expect(activation.derivative.name == activation.description + "'")
    for z in scatteredPoints(count: 50) {
      #expect(again.value.evaluate(z).bitPattern == activation.value.evaluate(z).bitPattern)
      #expect(again.derivative.evaluate(z).bitPattern == activation.derivative.evaluate(z).bitPattern)
    }
  }

  /// g² = 2 / (a₊² + a₋²) with the slopes of φ at ±∞ where φ grows linearly, measured far out; else, and for selu, 1.
  @Test(arguments: allExamples) func gainKeepsTheLengthOfLongSignals(_ text: String) throws {
    let activation = try ActivationRegistry.activation(parsing: text)
    let slopes = [1e9, -1e9].map { activation.value.evaluate($0) / $0 }
    let further = [1e12, -1e12].map { activation.value.evaluate($0) / $0 }
    let square = slopes[0] * slopes[0] + slopes[1] * slopes[1]
    let gain = activation.gain.doubleValue
    // A power that is not 1 changes its slope between the two distances.
    let isLinear = zip(slopes, further).allSatisfy { ($0 - $1).magnitude <= 1e-6 } && square > 1e-6
    if isLinear, text != "selu" {
      #expect((gain * gain * square - 2).magnitude < 1e-6, "\(text)")
    } else {
      #expect(gain == 1, "\(text)")
    }
  }

  /// Fourth-order central differences over a step h that is short against the local length of φ.
  ///
  /// That is (1 + |z|)/n for a polynomial of degree n, 1/(1 + |z|) for Gaussian tails. Truncation h⁴ φ⁽⁵⁾/30 stays below 10⁻⁸ of φ′ nearby,
  /// rounding is φ ε/h.
  @Test(arguments: allExamples) func derivativeIsTheDerivative(_ text: String) throws {
    let activation = try ActivationRegistry.activation(parsing: text)
    let (f, slope) = (activation.value.evaluate, activation.derivative.evaluate)
    let degree = Double(activation.value.pieces?.degree ?? 1)
    for z in Self.smoothPoints(activation.value) {
      let h = activation.value.pieces == nil ? 2e-3 / (1 + z.magnitude) : 1e-3 * (1 + z.magnitude) / max(1, degree)
      let difference = (8 * (f(z + h) - f(z - h)) - (f(z + 2 * h) - f(z - 2 * h))) / (12 * h)
      let steps = [-2.0, -1, 0, 1, 2]
      let size = steps.map { f(z + $0 * h).magnitude }.reduce(0, max)
      let nearby = steps.map { slope(z + $0 * h).magnitude }.reduce(0, max)
      let tolerance = 1e-8 * nearby + 2e-15 * size / h + 1e-12
      #expect((difference - slope(z)).magnitude <= tolerance, "\(text) at \(z): \(difference), \(slope(z))")
    }
  }

  /// The largest sixth difference away from the kinks, against the local size, over a step h = 0.004.
  ///
  /// A jump J of the k-th derivative, k ≤ 2, leaves 7·10⁻⁷ J or more, the h²/24 of a second derivative's; smooth
  /// functions here leave less than 10⁻⁷.
  private static func roughness(_ function: ScalarFunction) -> (z: Double, size: Double) {
    let h = 0.004
    let kinks = function.kinks.map(\.doubleValue)
    var worst = (z: 0.0, size: 0.0)
    for z in stride(from: -7.0, through: 7, by: 0.0091) where kinks.allSatisfy({ (z - $0).magnitude > 4 * h }) {
      let values = stride(from: -3.0, through: 3, by: 1).map { function.evaluate(z + $0 * h) }
      var sixth = 0.0
      for (value, weight) in zip(values, [1.0, -6, 15, -20, 15, -6, 1]) { sixth += weight * value }
      let relative = sixth.magnitude / values.map(\.magnitude).reduce(1, max)
      if relative > worst.size { worst = (z, relative) }
    }
    return worst
  }

  @Test(arguments: allExamples) func kinksAreComplete(_ text: String) throws {
    for function in try Self.functions(text) {
      if let pieces = function.pieces, pieces.degree > 9 { continue }
      let worst = Self.roughness(function)
      #expect(worst.size <= 1e-7, "\(function.name) at \(worst.z)")
    }
  }

  /// The check above sees a kink of the second derivative that is not declared.
  @Test(arguments: ["elu", "selu", "celu", "softsign", "hard-swish", "rectified-power(2)"])
  func undeclaredKinksAreSeen(_ text: String) throws {
    var function = try Self.functions(text)[0]
    function.kinks = []
    #expect(Self.roughness(function).size > 1e-7)
  }

  @Test(arguments: allExamples) func parityHolds(_ text: String) throws {
    for function in try Self.functions(text) {
      let points = scatteredPoints(count: 200, exponents: -6...3) + [0] + function.kinks.map(\.doubleValue)
      let differences = points.map { z in
        let (right, left) = (function.evaluate(z), function.evaluate(-z))
        return (even: right == left, odd: right == -left)
      }
      let isEven = differences.allSatisfy { $0.even }
      let isOdd = differences.allSatisfy { $0.odd }
      let stated = function.parity
      #expect(stated == (isEven ? .even : isOdd ? .odd : .none), "\(function.name) is \(stated)?")
    }
  }

  /// The stated growth on each side: between 10⁴ and 10⁵ it is the power's, not less and not more; a vanishing function
  /// has vanished; an exponential gains e¹⁰⁰ where it should.
  @Test(arguments: allExamples, [1, -1]) func growthIsSharp(_ text: String, _ side: Int) throws {
    for function in try Self.functions(text) {
      // The largest of several, since waves have zeros.
      func size(_ z: Double) -> Double {
        stride(from: 0.0, to: 40, by: 1).map { function.evaluate(Double(side) * (z + $0)).magnitude }.reduce(0, max)
      }
      switch function.growth(towards: side) {
      case .power(let degree):
        if degree > 30 { continue }  // 10⁵ to this power is out of range
        var expected = 1.0
        for _ in 0..<degree { expected *= 10 }
        // Softsign's derivative falls like 1/z², which only its bound by a constant describes.
        #expect(size(1e5) <= 1.05 * size(1e4) * expected, "\(function.name)")
        if text != "softsign" { #expect(size(1e5) >= 0.95 * size(1e4) * expected, "\(function.name)") }
      case .vanishing:
        #expect(size(1e4) == 0, "\(function.name)")
      case .exponential(let rate):
        #expect(rate.signum > 0)
        let z = Double(side) * 100 / rate.doubleValue
        let gain = function.evaluate(2 * z) / function.evaluate(z)
        #expect(gain > 2.6e43 && gain < 2.8e43)  // e^100 = 2.69e43
      }
    }
  }

  /// The exact pieces against the closures, at random rationals and at the break points.
  @Test(arguments: allExamples) func piecesAgree(_ text: String) throws {
    for function in try Self.functions(text) {
      guard let pieces = function.pieces else { continue }
      #expect(function.kinks == pieces.breakpoints)
      #expect(function.strip == (pieces.breakpoints.isEmpty ? .infinity : 0))
      // Few bits keep the exact powers short.
      let points =
        scatteredPoints(count: 16, exponents: -2...1).map { ($0 * 256).rounded() / 256 }
        + pieces.breakpoints.map(\.doubleValue) + [0]
      var condition = 1.0
      if pieces.degree > 20 { condition = 1e6 }  // the recurrence's error is relative to the envelope
      for z in points {
        let exact = pieces(try #require(ExactNumber(exactly: z))).doubleValue
        let error = (function.evaluate(z) - exact).magnitude
        #expect(error <= 2 * condition * exact.ulp, "\(function.name) at \(z)")
      }
    }
  }

  /// The sum of exponentials against the closures.
  @Test(arguments: allExamples) func wavesAgree(_ text: String) throws {
    for function in try Self.functions(text) {
      guard let waves = function.waves else { continue }
      #expect(function.kinks.isEmpty)
      for z in scatteredPoints(count: 40) {
        let sum = Waves.sum(waves, at: z)
        // Rounding of the sum, of order ε times |z| in the exponents.
        let scale = max(function.evaluate(z).magnitude, 1) * (1 + z.magnitude)
        #expect((function.evaluate(z) - sum.real).magnitude <= 4e-16 * scale)
        #expect(sum.imaginary.magnitude <= 4e-16 * scale)
      }
    }
  }

  @Test(arguments: allExamples) func metadataIsOrdered(_ text: String) throws {
    for function in try Self.functions(text) {
      #expect(function.kinks == Array(Set(function.kinks)).sorted())
      #expect(function.transitions == Array(Set(function.transitions)).sorted())
      #expect(function.strip >= 0)
      #expect(function.kinks.isEmpty == (function.strip > 0))
      // A smooth bounded or sigmoidal feature must be bracketed; polynomials and pure waves have no scale of their own.
      if function.pieces == nil && (function.waves == nil) { #expect(!function.transitions.isEmpty) }
    }
  }

  /// Outside the outermost transitions or kinks nothing happens any more: the function is affine to 10⁻⁸, unless it has
  /// an algebraic tail.
  @Test(arguments: [
    "erf", "gelu", "gelu-tanh", "tanh", "sigmoid", "softplus", "silu", "mish", "elu", "selu", "celu(3/10)", "gaussian",
  ])
  func transitionsBracket(_ text: String) throws {
    for function in try Self.functions(text) {
      let marks = function.transitions + function.kinks.map(\.doubleValue)
      let (low, high) = (try #require(marks.min()), try #require(marks.max()))
      for (z, step) in [(low, -0.5), (high, 0.5)] {
        let f = function.evaluate
        // A kink itself may have a value of its own.
        let values = [0.001, 1, 1.999].map { f(z + $0 * step) }
        #expect((values[0] - 2 * values[1] + values[2]).magnitude < 1e-8, "\(function.name)")
      }
    }
  }

  /// The product of φ and φ′ is the product, with all that it says about itself.
  @Test(arguments: allExamples) func productsAreProducts(_ text: String) throws {
    let functions = try Self.functions(text)
    for product in [functions[0] * functions[1], functions[0] * functions[0]] {
      let other = product.name.hasSuffix("'") ? functions[1] : functions[0]
      for z in scatteredPoints(count: 20, exponents: -2...0.8) {
        let truth = functions[0].evaluate(z) * other.evaluate(z)
        #expect(product.evaluate(z) == truth)
        if let pieces = product.pieces, pieces.degree <= 24 {
          let exact = pieces(try #require(ExactNumber(exactly: z))).doubleValue
          // Two factors within 2 ulps, and one rounding.
          #expect((exact - truth).magnitude <= 6 * exact.ulp, "\(product.name) at \(z)")
        }
        if let waves = product.waves {
          #expect(
            (Waves.sum(waves, at: z).real - truth).magnitude <= 1e-14 * max(1, truth.magnitude), "\(product.name)")
        }
      }
    }
  }
}

/// Evaluates sums of exponentials.
enum Waves {
  static func sum(_ waves: [Wave], at z: Double) -> (real: Double, imaginary: Double) {
    waves.reduce(into: (real: 0, imaginary: 0)) { sum, wave in
      let size = exp(wave.growthRate.doubleValue * z)
      let phase = wave.frequency.doubleValue * z
      let (a, b) = (wave.real.doubleValue, wave.imaginary.doubleValue)
      sum.real += size * (a * cos(phase) - b * sin(phase))
      sum.imaginary += size * (a * sin(phase) + b * cos(phase))
    }
  }
}
