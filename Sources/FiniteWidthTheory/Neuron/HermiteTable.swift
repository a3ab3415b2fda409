import Activations
import Expectation
import Foundation
import LinearAlgebra
import Moments

/// The Hermite coefficients of products `φ^i φ′^j` of one Gaussian preactivation,
///
///     α_k = E[f(m + σ Z) h_k(Z)] ,  h_k = He_k/√k! ,  Z standard normal.
///
/// They give every expectation of the recursion, kinks or not: the mean of the m-th derivative, distributional where f
/// has kinks, is `E f⁽ᵐ⁾ = σ^(−m) √m! α_m`, and for two correlated preactivations Mehler's series sums products of them.
///
/// **Accuracy.** *Estimated*: composite Gauss–Kronrod rules of 10 and 21 points, broken at the kinks, halved until the
/// estimate is at rounding level; the error is one number for all orders of a function, relative to `√(E f²)`.
struct HermiteTable: Sendable {
  /// One function's coefficients.
  struct Row: Sendable {
    /// α₀, …, α_K.
    var coefficients: [Double]
    /// A bound on the error of each.
    var error: Double
    /// `E f²`, to about its own rounding.
    var square: Double
    /// Whether f is analytic on the whole line.
    var isAnalytic: Bool
  }

  /// m.
  let mean: Double
  /// σ.
  let deviation: Double
  private let rows: [NeuronMonomial.Powers: Row]

  /// The products that the recursion asks for.
  static let products: [NeuronMonomial.Powers] =
    [(1, 0), (2, 0), (3, 0), (4, 0), (0, 1), (0, 2), (0, 3), (0, 4), (1, 1), (1, 2), (2, 1), (2, 2)].map {
      NeuronMonomial.Powers(value: $0.0, slope: $0.1)
    }

  subscript(powers: NeuronMonomial.Powers) -> Row {
    rows[powers] ?? Row(coefficients: [1], error: 0, square: 1, isAnalytic: true)
  }

  /// - Parameter order: The highest order of a coefficient, at least 6.
  init(_ activation: any Activation, mean: Double, deviation: Double, order: Int) {
    self.mean = mean
    self.deviation = deviation
    guard deviation > 0 else {
      let (value, slope) = (activation.value.evaluate(mean), activation.derivative.evaluate(mean))
      rows = Dictionary(
        uniqueKeysWithValues: Self.products.map { powers in
          let constant = pow(value, Double(powers.value)) * pow(slope, Double(powers.slope))
          let coefficients = [constant] + [Double](repeating: 0, count: order)
          let error = 4 * 0x1p-53 * constant.magnitude
          return (powers, Row(coefficients: coefficients, error: error, square: constant * constant, isAnalytic: true))
        })
      return
    }
    var panels = Self.panelCount(activation, deviation: deviation, order: order)
    var best = Self.rows(activation, mean: mean, deviation: deviation, order: order, panels: panels)
    var relative = Self.relativeError(best)
    while relative > 0x1p-46, panels < 1500 {
      panels *= 2
      let next = Self.rows(activation, mean: mean, deviation: deviation, order: order, panels: panels)
      let nextRelative = Self.relativeError(next)
      if nextRelative >= relative { break }
      (best, relative) = (next, nextRelative)
    }
    rows = Dictionary(uniqueKeysWithValues: zip(Self.products, best))
  }

  private static func relativeError(_ rows: [Row]) -> Double {
    rows.map { $0.square > 0 ? $0.error / $0.square.squareRoot() : 0 }.max() ?? 0
  }

  /// Half the length of the integral: what is left out is below rounding, for the growth of the fourth powers.
  private static func reach(_ activation: any Activation, deviation: Double) -> Double {
    func shift(_ growth: Growth) -> Double {
      switch growth {
      case .power(let degree): return Double(max(0, degree)).squareRoot()
      case .exponential(let rate): return min(4 * rate.doubleValue * deviation, 40)
      case .vanishing: return 0
      }
    }
    return 13 + max(shift(activation.value.growth(towards: 1)), shift(activation.value.growth(towards: -1)))
  }

  /// Panels on which both the Hermite functions up to the order and the activation are smooth.
  private static func panelCount(_ activation: any Activation, deviation: Double, order: Int) -> Int {
    let reach = reach(activation, deviation: deviation)
    let scale = activation.value.strip > 0 ? min(activation.value.strip, 1.5) : 1
    let width = min(1.2, 8 / Double(order).squareRoot(), max(1.8 * scale / deviation, 0.05))
    return Int((2 * reach / width).rounded(.up))
  }

  private static func rows(
    _ activation: any Activation, mean: Double, deviation: Double, order: Int, panels: Int
  ) -> [Row] {
    let reach = reach(activation, deviation: deviation)
    var ends = (0...panels).map { -reach + 2 * reach * Double($0) / Double(panels) }
    let kinks = Set((activation.value.kinks + activation.derivative.kinks).map { ($0.doubleValue - mean) / deviation })
    ends = (ends + kinks.filter { $0.magnitude < reach }).sorted()

    // Nodes, with the weights of both rules times the density.
    var nodes: [Double] = []
    var kronrod: [Double] = []
    var gauss: [Double] = []
    func add(_ z: Double, _ fine: Double, _ coarse: Double) {
      let density = exp(-0.5 * z * z) * 0.398_942_280_401_432_7
      nodes.append(z)
      kronrod.append(fine * density)
      gauss.append(coarse * density)
    }
    for (lower, upper) in zip(ends, ends.dropFirst()) where upper > lower {
      let (center, half) = (0.5 * (lower + upper), 0.5 * (upper - lower))
      add(center, half * AdaptiveGaussKronrod.centerWeight, 0)
      for (node, fine, coarse) in AdaptiveGaussKronrod.table {
        add(center - half * node, half * fine, half * coarse)
        add(center + half * node, half * fine, half * coarse)
      }
    }

    // h_k at the nodes, row by row.
    let count = nodes.count
    var hermite = Matrix(rows: order + 1, columns: count)
    hermite.elements.replaceSubrange(0..<count, with: repeatElement(1, count: count))
    for k in 0..<order {
      let (root, scale) = (Double(k).squareRoot(), 1 / Double(k + 1).squareRoot())
      let (current, next) = (k * count, (k + 1) * count)
      for index in 0..<count {
        let before = k > 0 ? hermite.elements[current - count + index] : 0
        hermite.elements[next + index] = (nodes[index] * hermite.elements[current + index] - root * before) * scale
      }
    }

    // Weighted products at the nodes: a column for each function and rule.
    let products = Self.products
    var weighted = Matrix(rows: count, columns: 2 * products.count)
    var squares = [Double](repeating: 0, count: products.count)
    for index in 0..<count {
      let z = mean + deviation * nodes[index]
      let (value, slope) = (activation.value.evaluate(z), activation.derivative.evaluate(z))
      for (column, powers) in products.enumerated() {
        var product = 1.0
        for _ in 0..<powers.value { product *= value }
        for _ in 0..<powers.slope { product *= slope }
        let start = 2 * (index * products.count + column)
        weighted.elements[start] = kronrod[index] * product
        weighted.elements[start + 1] = gauss[index] * product
        squares[column] += kronrod[index] * product * product
      }
    }
    let coefficients = hermite * weighted
    return products.indices.map { column in
      let fine = (0...order).map { coefficients[$0, 2 * column] }
      let norm = squares[column].squareRoot()
      var difference = 0.0
      for k in 0...order { difference = max(difference, (fine[k] - coefficients[k, 2 * column + 1]).magnitude) }
      // QUADPACK's rule: the 21 points are better than the 10 by the power 3/2 and more.
      let ratio = norm > 0 ? min(difference / norm, 1) : 0
      let estimate = ratio > 0 ? min(difference, norm * min(1, pow(200 * ratio, 1.5))) : 0
      let analytic = products[column].value == 0 ? activation.derivative.strip : activation.value.strip
      return Row(
        coefficients: fine, error: estimate + 24 * 0x1p-53 * norm, square: squares[column],
        isAnalytic: analytic > 0 && activation.derivative.strip > 0)
    }
  }
}
