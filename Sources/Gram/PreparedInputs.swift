import CGramKernels
import Foundation

/// Inputs of a network with the quantities of each that every layer needs, computed once.
public struct PreparedInputs: Sendable {
  /// The inputs.
  public var inputs: GramInputs { storage.inputs }
  /// The number of inputs.
  public var count: Int { storage.inputs.count }
  /// `K(x, x)` of each input.
  public var nngpDiagonal: [Double] { storage.nngpDiagonal }
  /// `Θ(x, x)` of each input.
  public var ntkDiagonal: [Double] { storage.ntkDiagonal }

  /// A bound on the error of a kernel's entries between these inputs, relative to `√(K(x,x) K(x′,x′))`.
  public func errorBound(_ kind: KernelKind) -> Double { kind == .nngp ? storage.bound.nngp : storage.bound.ntk }

  let storage: Storage

  /// Shared by reference: two values with one storage are the same inputs.
  final class Storage: Sendable {
    let inputs: GramInputs
    /// The rows, each times the power of two that brings its length near 1; nil where the inputs need none.
    let scaled: [Double]?
    /// `1/‖x‖` of the scaled rows, 0 for zero rows.
    let inverses: Vector
    /// `s ‖x‖`, 0 for zero rows.
    let lengths: Vector
    let layers: [PreparedLayer]
    let nngpDiagonal: [Double]
    let ntkDiagonal: [Double]
    let bound: ErrorBound

    init(
      inputs: GramInputs, rows: ScaledRows, layers: [PreparedLayer], lengths: Vector, nngpDiagonal: [Double],
      ntkDiagonal: [Double], bound: ErrorBound
    ) {
      self.inputs = inputs
      scaled = rows.scaled
      inverses = rows.inverses
      self.lengths = lengths
      self.layers = layers
      self.nngpDiagonal = nngpDiagonal
      self.ntkDiagonal = ntkDiagonal
      self.bound = bound
    }

    /// The rows that products are formed of.
    var rows: [Double] { scaled ?? inputs.elements }
  }
}

/// Rows scaled by powers of two, with their lengths.
struct ScaledRows {
  let scaled: [Double]?
  let inverses: Vector
  /// `‖x‖` of the rows as given.
  let norms: [Double]

  init(_ inputs: GramInputs) throws(GramError) {
    let (n, d) = (inputs.count, inputs.dimension)
    let exponents = (0..<n).map { index -> Int in
      let top = inputs.row(index).reduce(0) { max($0, $1.magnitude) }
      return top == 0 ? 0 : Int(top.exponent)
    }
    var elements = inputs.elements
    // Squares and products of such numbers neither overflow nor lose digits.
    let needsScaling = exponents.contains { $0.magnitude > 300 }
    if needsScaling {
      for index in 0..<n where exponents[index] != 0 {
        for k in (index * d)..<((index + 1) * d) {
          elements[k] = Double(sign: .plus, exponent: -exponents[index], significand: elements[k])
        }
      }
    }
    let inverses = Vector(count: n)
    var norms = [Double](repeating: 0, count: n)
    elements.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for index in 0..<n {
        let row = base + index * d
        var (square, dot) = (0.0, 0.0)
        gram_residual(d, row, row, 0, &square, &dot)
        let norm = square.squareRoot()
        inverses.pointer[index] = norm > 0 ? 1 / norm : 0
        norms[index] =
          needsScaling ? Double(sign: .plus, exponent: exponents[index], significand: norm) : norm
      }
    }
    for (index, norm) in norms.enumerated() where norm != 0 && !(norm >= 1e-153 && norm <= 1e153) {
      throw .length(row: index, norm: norm)
    }
    scaled = needsScaling ? elements : nil
    self.inverses = inverses
    self.norms = norms
  }
}

/// What a layer needs of each input.
struct PreparedLayer: Sendable {
  /// The variance of the preactivation's Gaussian part.
  let variances: Vector
  /// `√(gain F)/√q` and `σ_b/√q`; nil without a Gaussian bias.
  var mixing: (lengths: Vector, weights: Vector)?
  /// `√E φ²` after the layer.
  var scales = Vector(count: 0)
  /// `E φ′²`.
  var slopes: [Double] = []
  /// For the duals that are elementary in a tilted covariance.
  var tilt: (r: Vector, e: Vector, norm: Vector)?
  /// For waves and exponentials: `ω √q`, and 1 over the normalized `√E φ²`.
  var wave: (deviations: Vector, norms: Vector)?
  var series: HermiteTable?
  /// For variances that are too large for a series.
  var smoothed: SmoothedInputs?
  var table: AngularTable?
  /// What truncated series and tables leave, relative to the diagonal.
  var truncation = 0.0
  /// `q^{(n−1)/2}` for functions of degree n.
  var powers: Vector?
  /// Inputs whose preactivation vanishes.
  let vanishing: [Int]
}
