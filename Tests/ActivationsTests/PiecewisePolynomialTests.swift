import Activations
import Moments
import Testing

@Suite struct PolynomialTests {
  private let p = Polynomial([ExactNumber(1, 2), -3, 0, 2])
  private let q = Polynomial([1, 0, ExactNumber(2, 3)])
  private let points: [ExactNumber] = [0, 1, -2, ExactNumber(7, 3), ExactNumber(squareRootOf: 2)]

  @Test func ring() {
    for z in points {
      #expect((p + q)(z) == p(z) + q(z))
      #expect((p - q)(z) == p(z) - q(z))
      #expect((p * q)(z) == p(z) * q(z))
      #expect((p * .zero)(z) == 0)
    }
    #expect((p - p) == .zero && Polynomial.zero.degree == -1 && p.degree == 3)
    #expect(Polynomial([1, 0, 0]).degree == 0)
    #expect((p * q).degree == 5)
  }

  @Test func derivativeAndShift() {
    #expect(p.derivative == Polynomial([-3, 0, 6]))
    #expect(Polynomial([5]).derivative == .zero && Polynomial.zero.derivative == .zero)
    for center in points {
      let shifted = p.expanded(around: center)
      for h in points { #expect(shifted(h) == p(center + h)) }
      // Taylor: the coefficient of h is the derivative.
      #expect(shifted.coefficients[1] == p.derivative(center))
    }
    #expect(Polynomial.zero.expanded(around: 3) == .zero)
  }

  /// Wilkinson's trouble, (z − 1)⁷ expanded, next to its root: plain Horner has no correct digit there.
  @Test func compensatedHorner() throws {
    let power = (0..<7).reduce(Polynomial([1])) { product, _ in product * Polynomial([-1, 1]) }
    let evaluate = PiecewisePolynomial(power).evaluator
    for z in [1.02, 0.97, 1.1, 3, -5] {
      let exact = power(try #require(ExactNumber(exactly: z))).doubleValue
      // Condition number up to (2.02/0.02)⁷ = 1e14: (2 n ε)² of it is 5e-16.
      #expect((evaluate(z) - exact).magnitude <= 6 * exact.ulp)
    }
    #expect(evaluate(1) == 0)
    #expect(evaluate(1e200) == .infinity && evaluate(-1e200) == -.infinity)
  }

  @Test func rationalRootsAreExact() {
    let evaluate = PiecewisePolynomial(Polynomial([ExactNumber(1, 2), ExactNumber(1, 3)])).evaluator
    #expect(evaluate(-1.5) == 0)
    let irrational = PiecewisePolynomial(Polynomial([1, ExactNumber(squareRootOf: 2)])).evaluator
    #expect((irrational(3) - 5.242640687119286).magnitude <= 1e-15)  // one rounding and the literal's
  }
}

@Suite struct PiecewisePolynomialTests {
  private let hat = PiecewisePolynomial(
    breakpoints: [-1, 0, 1], polynomials: [.zero, Polynomial([1, 1]), Polynomial([1, -1]), .zero])
  private let jump = PiecewisePolynomial(
    breakpoints: [ExactNumber(1, 2)], polynomials: [Polynomial([2]), Polynomial([0, 0, 1])], breakpointValues: [7])

  @Test func values() {
    #expect(hat(ExactNumber(-1, 2)) == ExactNumber(1, 2) && hat(5) == 0 && hat(0) == 1)
    #expect(jump(ExactNumber(1, 2)) == 7 && jump(0) == 2 && jump(3) == 9)
    for z in [-2.0, -1, -0.25, 0, 0.25, 0.5, 1, 7] {
      #expect(hat.evaluator(z) == max(0, 1 - z.magnitude))
      #expect(jump.evaluator(z) == (z < 0.5 ? 2 : z == 0.5 ? 7 : z * z))
    }
    #expect(hat.degree == 1 && jump.degree == 2 && hat.polynomial == nil)
  }

  @Test func product() {
    let product = hat * jump
    #expect(product.breakpoints == [-1, 0, ExactNumber(1, 2), 1])
    for z in [-3, -1, ExactNumber(-1, 3), 0, ExactNumber(1, 4), ExactNumber(1, 2), ExactNumber(3, 4), 1, 2] {
      #expect(product(z) == hat(z) * jump(z))
      #expect((hat * hat)(z) == hat(z) * hat(z))
      #expect((hat * PiecewisePolynomial(Polynomial([0, 3])))(z) == hat(z) * 3 * z)
    }
  }

  @Test func derivativeAndSimplification() {
    #expect(hat.derivative().breakpointValues == [0, 0, 0])
    #expect(hat.derivative(breakpointValues: [1, 0, -1])(1) == -1)
    let padded = PiecewisePolynomial(
      breakpoints: [0, 1, 2], polynomials: [Polynomial([0, 1]), Polynomial([0, 1]), Polynomial([0, 1]), .zero],
      breakpointValues: [0, 5, 2])
    // 0 is no break at all; at 1 there is a value of its own; at 2 the polynomial changes.
    #expect(padded.simplified.breakpoints == [1, 2])
    for z in [-1, 0, 1, 2, 3] as [ExactNumber] { #expect(padded.simplified(z) == padded(z)) }
  }

  @Test func parity() {
    #expect(hat.parity == .even && jump.parity == .none && hat.derivative().parity == .odd)
    #expect(PiecewisePolynomial(.zero).parity == .even)
    #expect(PiecewisePolynomial(Polynomial([1, 1])).parity == .none)
    let lopsided = PiecewisePolynomial(
      breakpoints: [0], polynomials: [Polynomial([-1]), Polynomial([1])], breakpointValues: [1])
    #expect(lopsided.parity == .none)
  }

  /// √2 lies between two doubles: the lower one takes the left piece, the upper one the right piece.
  @Test func irrationalBreakPoints() {
    let root = ExactNumber(squareRootOf: 2)
    let step = PiecewisePolynomial(
      breakpoints: [root], polynomials: [Polynomial([1]), Polynomial([2])], breakpointValues: [9])
    let two = PiecewisePolynomial(
      breakpoints: [-root, root], polynomials: [.zero, Polynomial([1]), Polynomial([2])], breakpointValues: [9, 9])
    let rounded = 2.0.squareRoot()
    for z in [rounded.nextDown.nextDown, rounded.nextDown, rounded, rounded.nextUp] {
      let side: Double = ExactNumber(exactly: z).map { $0 < root } == true ? 1 : 2
      #expect(step.evaluator(z) == side)
      #expect(two.evaluator(z) == side)
      #expect(two.evaluator(-z) == (side == 1 ? 1 : 0))
    }
  }
}

@Suite struct ScalarFunctionTests {
  @Test func growthAndParityOfProducts() {
    #expect(Growth.power(2) * .power(3) == .power(5))
    #expect(Growth.power(2) * .exponential(rate: 3) == .exponential(rate: 3))
    #expect(Growth.exponential(rate: 2) * .exponential(rate: 3) == .exponential(rate: 5))
    #expect(Parity.odd * .odd == .even && Parity.odd * .even == .odd && Parity.even * .none == .none)
  }

  @Test func wavesCollect() throws {
    let sine = try Sine().value
    let square = try #require((sine * sine).waves)
    // sin² = 1/2 − cos(2z)/2: three terms, not four.
    #expect(square.count == 3)
    #expect(square.contains(Wave(real: ExactNumber(1, 2))))
    let zero = try PolynomialActivation([0]).value
    #expect((sine * zero).waves == [])
  }

  @Test func transitionsOfProductsMerge() {
    let product = Tanh().value * HardTanh().value
    #expect(product.kinks == [-1, 1] && product.strip == 0 && product.parity == .even)
    #expect(product.growth == .power(0), "the middle piece of hard-tanh does not count")
    #expect((GELU().value * ReLU().value).growth(towards: 1) == .power(2))
    #expect((Tanh().value * ReLU().value).growth(towards: -1) == .vanishing)
    #expect((Tanh().derivative * Tanh().value).growth == .vanishing)
    #expect(product.transitions == Tanh().value.transitions && product.pieces == nil && product.waves == nil)
  }

  /// A factor that has vanished wins over one that has overflowed.
  @Test func noNaNInProducts() throws {
    let product = try Exponential().value * Gaussian().value
    #expect(product.evaluate(1000) == 0)
    let bad = ScalarFunction(name: "nan", growth: .power(0)) { _ in .nan }
    #expect((bad * ReLU().value).evaluate(-1).isNaN)
  }
}
