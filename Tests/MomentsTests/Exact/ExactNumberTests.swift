import BigInt
import Moments
import Testing

@Suite struct ExactNumberTests {
  private func root(_ n: Int) -> ExactNumber { ExactNumber(squareRootOf: Rational(n)) }

  @Test func squareRootsMerge() {
    #expect(root(2) * root(8) == 4)
    #expect(root(12) == 2 * root(3))
    #expect((root(2) + root(18) - 4 * root(2)).isZero)
    #expect(root(2) + root(3) != root(5))
    #expect((root(6) / Rational(2)) * (root(6) / Rational(3)) == 1)
    #expect(ExactNumber(squareRootOf: Rational(1, 3)) * root(3) == 1)
    #expect((root(2) + root(3)) * (root(3) - root(2)) == 1)
    #expect(root(0).isZero && root(49) == 7)
  }

  @Test func equalityOfDifferentSpellings() {
    // 1031 is beyond the trial primes: √(1031² · 2) keeps its square factor, √2 · 1031 never had one.
    let left = root(1031 * 1031 * 2)
    let right = 1031 * root(2)
    #expect(left == right)
    #expect((left - right).isZero)
    #expect(left.hashValue == right.hashValue)
    #expect(left != 1032 * root(2))
  }

  @Test func ringAxioms() {
    var stream = RandomStream(seed: 7, stream: 0)
    func random() -> ExactNumber {
      var sum = ExactNumber.zero
      for radicand in [1, 2, 3, 6, 10] where stream.next() & 1 == 0 {
        let coefficient = Rational(BigInt(Int(stream.next() % 41) - 20), BigInt(Int(stream.next() % 9) + 1))
        sum += ExactNumber(coefficient) * root(radicand)
      }
      return sum
    }
    for _ in 0..<60 {
      let (x, y, z) = (random(), random(), random())
      #expect(x + y == y + x)
      #expect(x * y == y * x)
      #expect(x * (y + z) == x * y + x * z)
      #expect((x * y) * z == x * (y * z))
      #expect(x.power(3) == x * x * x)
      #expect((x < y) == (x.doubleValue < y.doubleValue))
      #expect(x.magnitude.signum >= 0)
      #expect((x == y) == (x.doubleValue == y.doubleValue))
    }
  }

  @Test func signsOfNearlyCancellingSums() {
    // √2 against its convergents: the difference is 1/(2√2 q²), 30 digits down.
    var (p, q): (BigInt, BigInt) = (1, 1)
    for step in 0..<40 {
      let difference = root(2) - ExactNumber(Rational(p, q))
      #expect(difference.signum == (step.isMultiple(of: 2) ? 1 : -1))
      (p, q) = (p + 2 * q, p + q)
    }
  }

  @Test func nearestDoubles() {
    #expect(root(2).doubleValue == 2.0.squareRoot())
    #expect((root(3) / Rational(7)).doubleValue == 0.247435829652696756)
    let tiny = ExactNumber(squareRootOf: Rational(1, BigInt(10).power(600)))
    #expect(tiny.doubleValue == 1e-300)
    // √2 + √3 − 3.14626436994197 = 2.34232913…e-15 (computed at 50 digits).
    let close = root(2) + root(3) - ExactNumber(Rational(314_626_436_994_197, BigInt(10).power(14)))
    #expect(abs(close.doubleValue - 2.342329135065716e-15) < 1e-29)
  }

  @Test func reciprocals() throws {
    #expect(try #require((3 * root(5)).reciprocal) * 3 * root(5) == 1)
    #expect(ExactNumber.zero.reciprocal == nil)
    #expect((1 + root(2)).reciprocal == nil)
    #expect((root(2)).squareRoot == nil)
    #expect(ExactNumber(9, 4).squareRoot == ExactNumber(3, 2))
    #expect(ExactNumber(-1).squareRoot == nil)
  }

  @Test(arguments: ["0", "-3/2", "sqrt(2)", "-2*sqrt(3)/7", "5*sqrt(6)", "sqrt(2)/2"])
  func descriptionsAreReadBack(_ text: String) throws {
    let number = try ExactNumber(parsing: text)
    #expect(number.description == text)
    #expect(try ExactNumber(parsing: number.description) == number)
  }

  @Test func smallArithmeticIsFast() {
    // Not a benchmark: it fails when an operation takes a hundred times longer than it should.
    let clock = ContinuousClock()
    let time = clock.measure {
      var sum = ExactNumber.zero
      for index in 1...2000 { sum += ExactNumber(index, index % 12 + 1) * ExactNumber(1, 3) }
      #expect(sum.signum > 0)
    }
    #expect(time < .seconds(10))
  }
}
