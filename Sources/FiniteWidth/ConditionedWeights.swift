import LinearAlgebra
import Moments

/// Independent Gaussian weights that are never drawn: the products `H Wᵀ` and `D W` are, from their exact law.
///
/// Let the rows of `H` (points × fan-in) be `L Q` with orthonormal rows of `Q` (rank × fan-in). Then `A = W Qᵀ` has
/// independent standard Gaussian entries, and
///
///     W = A Q + W̃ (1 − Qᵀ Q) ,     H Wᵀ = L Aᵀ ,
///
/// with a copy `W̃` of `W` that is independent of `A`, and so of everything that the layers above compute from `H Wᵀ`:
/// also of `D`. With `D Dᵀ = L_D L_Dᵀ` the rows of `D W̃` are `L_D B`, `B` standard Gaussian again, so that
///
///     D W = (D A) Q + L_D B (1 − Qᵀ Q) .
///
/// This is exact in law, given all that came before, and costs `O((fan-in + fan-out) n²)` for `n` points. Any `Q` with
/// orthonormal rows whose span holds those of `H` gives the same law: repeated, parallel and vanishing inputs are no
/// exception, they only lower the rank.
///
/// The entries of `A` are not kept. They are drawn again for the backward product, and for ``forwardAgain()``: of a
/// layer, `Q` alone stays in memory.
struct ConditionedWeights: LayerWeights {
  let fanIn: Int
  let fanOut: Int
  /// With the standard deviation of the weights.
  let factor: Double
  /// At the first entry of `A`, and of `B`.
  let seen: RandomStream
  let unseen: RandomStream
  /// Whether a backward product will follow.
  let wantsBackward: Bool
  private var directions: PivotedLQ?
  private var overflowed = false

  /// The neurons of a block.
  static let blockNeurons = 1 << 11

  init(fanIn: Int, fanOut: Int, factor: Double, seen: RandomStream, unseen: RandomStream, wantsBackward: Bool) {
    self.fanIn = fanIn
    self.fanOut = fanOut
    self.factor = factor
    self.seen = seen
    self.unseen = unseen
    self.wantsBackward = wantsBackward
  }

  var repeatsCheaply: Bool { true }

  mutating func forward(_ inputs: consuming Matrix) -> Matrix {
    guard inputs.isFinite else {
      overflowed = true
      return Matrix(rows: inputs.rows, columns: fanOut, repeating: .nan)
    }
    let directions = PivotedLQ(inputs, wantsBasis: wantsBackward)
    self.directions = directions
    return Self.product(directions.factor, neurons: fanOut, factor: factor, stream: seen)
  }

  func forwardAgain() -> Matrix? {
    directions.map { Self.product($0.factor, neurons: fanOut, factor: factor, stream: seen) }
  }

  /// `factor · L X` with standard Gaussian entries of `X` (rank × neurons), drawn in blocks of neurons.
  private static func product(_ left: Matrix, neurons: Int, factor: Double, stream: RandomStream) -> Matrix {
    var result = Matrix(rows: left.rows, columns: neurons)
    let (points, rank) = (left.rows, left.columns)
    left.elements.withUnsafeBufferPointer { left in
      result.elements.withUnsafeMutableBufferPointer { out in
        guard let l = left.baseAddress, let z = out.baseAddress else { return }
        forEachBlock(rank: rank, neurons: neurons, stream: stream) { first, count, normals in
          BLAS.multiply(
            m: points, n: count, k: rank, alpha: factor, l, lda: rank, normals, ldb: count, into: z + first,
            ldc: neurons)
        }
      }
    }
    return result
  }

  /// Hands out standard Gaussian numbers, rank × neurons, in blocks of neurons.
  private static func forEachBlock(
    rank: Int, neurons: Int, stream: RandomStream, _ body: (Int, Int, UnsafePointer<Double>) -> Void
  ) {
    guard rank > 0 else { return }
    var stream = stream
    let largest = min(blockNeurons, neurons)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: rank * largest) { storage in
      for first in stride(from: 0, to: neurons, by: largest) {
        let count = min(largest, neurons - first)
        let block = UnsafeMutableBufferPointer(rebasing: storage[..<(rank * count)])
        stream.fill(normals: block)
        if let address = block.baseAddress { body(first, count, UnsafePointer(address)) }
      }
    }
  }

  mutating func backward(_ derivatives: consuming Matrix) -> Matrix {
    let points = derivatives.rows
    guard !overflowed, derivatives.isFinite, let directions, let basis = directions.basis else {
      return Matrix(rows: points, columns: fanIn, repeating: .nan)
    }
    let (rank, fanIn, fanOut) = (directions.rank, fanIn, fanOut)
    self.directions = nil
    // (D A) Q − (L_D B Qᵀ) Q: the coefficients of both are collected before the product with Q.
    var coefficients = Matrix(rows: points, columns: rank)
    derivatives.elements.withUnsafeBufferPointer { source in
      coefficients.elements.withUnsafeMutableBufferPointer { out in
        guard let d = source.baseAddress, let c = out.baseAddress else { return }
        Self.forEachBlock(rank: rank, neurons: fanOut, stream: seen) { first, count, normals in
          BLAS.multiply(
            transposeB: true, m: points, n: rank, k: count, alpha: factor, d + first, lda: fanOut, normals, ldb: count,
            beta: 1, into: c, ldc: rank)
        }
      }
    }
    let spread = PivotedLQ(derivatives, wantsBasis: false).factor
    var result = Self.product(spread, neurons: fanIn, factor: factor, stream: unseen)
    basis.elements.withUnsafeBufferPointer { basis in
      result.elements.withUnsafeMutableBufferPointer { out in
        coefficients.elements.withUnsafeMutableBufferPointer { coefficients in
          guard let q = basis.baseAddress, let h = out.baseAddress, let c = coefficients.baseAddress else { return }
          BLAS.multiply(
            transposeB: true, m: points, n: rank, k: fanIn, alpha: -1, h, lda: fanIn, q, ldb: fanIn, beta: 1, into: c,
            ldc: rank)
          BLAS.multiply(
            m: points, n: fanIn, k: rank, c, lda: rank, q, ldb: fanIn, beta: 1, into: h, ldc: fanIn)
        }
      }
    }
    return result
  }
}
