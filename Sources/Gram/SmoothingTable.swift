import CGramKernels
import Foundation

/// `S(m, s) = E f(m + s Z)` of one function for all m and s, as Chebyshev series in two variables.
///
/// With c the function's scale,
///
///     u = 1/√(1 + s²/c²) ,   y = u m/c ,   t = y/√(L² + y²) ,
///
/// map all s to [0, 1] and all m to [−1, 1]; S, divided by what it grows like, is a smooth function of t and u: the function
/// itself at u = 1, what is left of it from afar at u = 0. In t it is a series of even or of odd Chebyshev polynomials, about
/// 40 for 15 digits; in u of all, about 15 on each of six intervals.
struct SmoothingTable: Sendable {
  /// The series of one part: row j of an interval holds the coefficients of `T_j` in u, one for each polynomial in t.
  struct Part: Sendable {
    let terms: Int
    let stride: Int
    let degree: Int
    let coefficients: Vector

    /// The same for the loops.
    var series: gram_series {
      gram_series(terms: terms, stride: stride, degree: degree, table: UnsafePointer(coefficients.pointer))
    }
  }

  let even: Part?
  let odd: Part?
  let smoothing: GaussianSmoothing

  /// L.
  static let length = 5.0
  /// The ends of the intervals in u.
  static let ends = [0, 0.2, 0.4, 0.6, 0.8, 0.95, 1]
  private static let angles = Int(GRAM_TERMS)
  private static let depths = 18

  init(_ smoothing: GaussianSmoothing, tolerance: Double, threads: Int) throws {
    self.smoothing = smoothing
    let intervals = Self.ends.count - 1
    // cos(πk/(4 angles)) and cos(πk/(2 depths)).
    let cosines = Self.cosines(4 * Self.angles)
    let depthCosines = Self.cosines(2 * Self.depths)
    // Coefficients in t at each node in u.
    let rows = try parallelMap(count: intervals * Self.depths, threads: threads) { index in
      let (lower, upper) = (Self.ends[index / Self.depths], Self.ends[index / Self.depths + 1])
      let x = depthCosines[2 * (index % Self.depths) + 1]
      return Self.series(smoothing, 0.5 * (lower + upper) + 0.5 * (upper - lower) * x, cosines)
    }
    let size = rows.reduce(0) { max($0, ($1.0 + $1.1).reduce(0) { max($0, $1.magnitude) }) }
    // Rounding adds up like a random walk: squares.
    let limit = 0.1 * max(tolerance, 1e-14) * size
    let bound = limit * limit
    func part(_ key: (([Double], [Double])) -> [Double]) -> Part {
      var terms = Self.angles
      var tail = 0.0
      while terms > 1 {
        let largest = rows.reduce(0) { max($0, key($1)[terms - 1].magnitude) }
        tail += largest * largest
        if tail > bound { break }
        terms -= 1
      }
      let stride = (terms + 7) & ~7
      let columns = (0..<intervals).map { interval in
        (0..<terms).map { term in
          Self.chebyshev((0..<Self.depths).map { key(rows[interval * Self.depths + $0])[term] }, depthCosines)
        }
      }
      var degree = Self.depths
      var rest = 0.0
      while degree > 1 {
        let largest = columns.joined().reduce(0) { max($0, $1[degree - 1].magnitude) }
        rest += largest * largest
        if rest > bound { break }
        degree -= 1
      }
      let vector = Vector(count: intervals * degree * stride)
      for interval in 0..<intervals {
        for (term, column) in columns[interval].enumerated() {
          for order in 0..<degree { vector.pointer[(interval * degree + order) * stride + term] = column[order] }
        }
      }
      return Part(terms: terms, stride: stride, degree: degree, coefficients: vector)
    }
    even = smoothing.parity == .odd ? nil : part { $0.0 }
    odd = smoothing.parity == .even ? nil : part { $0.1 }
  }

  /// The coefficients in t at one u, of the even and of the odd part.
  private static func series(
    _ smoothing: GaussianSmoothing, _ u: Double, _ cosines: [Double]
  ) -> ([Double], [Double]) {
    let (count, c) = (angles, smoothing.scale)
    let s = c * ((1 - u) * (1 + u)).squareRoot() / u
    func cosine(_ k: Int) -> Double { cosines[k % cosines.count] }
    var values: [(even: Double, odd: Double)] = []
    for k in 0..<count {
      // The zeros of T_{2n}: sin is the cosine of the mirrored angle.
      let (t, sine) = (cosine(2 * k + 1), cosine(2 * (count - 1 - k) + 1))
      let y = length * t / sine
      let factor: Double
      switch smoothing.growth {
      case 1: factor = u * sine / (c * length)
      case 0: factor = 1
      default: factor = 1 / u
      }
      let value = smoothing(c * y / u, s)
      values.append((factor * value.even, factor * value.odd))
    }
    func coefficients(_ first: Int, _ values: [Double]) -> [Double] {
      (0..<count).map { index in
        let order = 2 * index + first
        let sum = (0..<count).reduce(0.0) { $0 + values[$1] * cosine(order * (2 * $1 + 1)) }
        return (order == 0 ? 1 : 2) * sum / Double(count)
      }
    }
    return (coefficients(0, values.map(\.even)), coefficients(1, values.map(\.odd)))
  }

  /// The coefficients from the values at the zeros of `T_n`.
  private static func chebyshev(_ values: [Double], _ cosines: [Double]) -> [Double] {
    let count = values.count
    return (0..<count).map { order in
      let sum = (0..<count).reduce(0.0) { $0 + values[$1] * cosines[order * (2 * $1 + 1) % cosines.count] }
      return (order == 0 ? 1 : 2) * sum / Double(count)
    }
  }

  /// `cos(πk/n)` over one period.
  private static func cosines(_ n: Int) -> [Double] { (0..<(2 * n)).map { cos(Double.pi * Double($0) / Double(n)) } }
}
