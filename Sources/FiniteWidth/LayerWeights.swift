import Foundation
import LinearAlgebra
import Moments

/// The weights of one layer, by what they do to points × neurons blocks; `factor · W` stands for the layer's matrix with
/// all its factors.
protocol LayerWeights {
  /// Whether ``forwardAgain()`` costs so little that the preactivations need not be kept.
  var repeatsCheaply: Bool { get }

  /// `factor · H Wᵀ`, from points × fan-in to points × fan-out.
  mutating func forward(_ inputs: consuming Matrix) -> Matrix

  /// The same product once more.
  func forwardAgain() -> Matrix?

  /// `factor · D W`, from points × fan-out to points × fan-in; after ``forward(_:)``.
  mutating func backward(_ derivatives: consuming Matrix) -> Matrix
}

extension LayerWeights {
  var repeatsCheaply: Bool { false }
  func forwardAgain() -> Matrix? { nil }
}

/// Weights that stand in memory.
struct HeldWeights: LayerWeights {
  let weights: [Double]
  let fanIn: Int
  let fanOut: Int
  let factor: Double

  mutating func forward(_ inputs: consuming Matrix) -> Matrix {
    var result = Matrix(rows: inputs.rows, columns: fanOut)
    let points = inputs.rows
    inputs.elements.withUnsafeBufferPointer { source in
      weights.withUnsafeBufferPointer { weights in
        result.elements.withUnsafeMutableBufferPointer { out in
          guard let h = source.baseAddress, let w = weights.baseAddress, let z = out.baseAddress else { return }
          BLAS.multiply(
            transposeB: true, m: points, n: fanOut, k: fanIn, alpha: factor, h, lda: fanIn, w, ldb: fanIn, into: z,
            ldc: fanOut)
        }
      }
    }
    return result
  }

  mutating func backward(_ derivatives: consuming Matrix) -> Matrix {
    var result = Matrix(rows: derivatives.rows, columns: fanIn)
    let points = derivatives.rows
    derivatives.elements.withUnsafeBufferPointer { source in
      weights.withUnsafeBufferPointer { weights in
        result.elements.withUnsafeMutableBufferPointer { out in
          guard let d = source.baseAddress, let w = weights.baseAddress, let h = out.baseAddress else { return }
          BLAS.multiply(
            m: points, n: fanIn, k: fanOut, alpha: factor, d, lda: fanOut, w, ldb: fanIn, into: h, ldc: fanIn)
        }
      }
    }
    return result
  }
}

/// Weights that are drawn row by row as the products need them.
///
/// A block of rows is drawn into a buffer and multiplied at once. For the backward
/// product the rows are drawn again from the beginning of their stream, or, where they are kept, read again: the numbers
/// and the order of the sums are the same.
struct DrawnWeights: LayerWeights {
  let law: any Law
  /// At the first weight.
  let stream: RandomStream
  let fanIn: Int
  let fanOut: Int
  let factor: Double
  let keeps: Bool
  /// Where kept matrices come from and go.
  private let pool: MatrixPool
  private var kept: [Double] = []

  /// The numbers of a block: 8 MB.
  static let blockNumbers = 1 << 20
  /// The rows of a block, so that each is a product worth its preparation: OpenBLAS copies `H` for each.
  static let blockRows = 64...512

  init(
    law: any Law, stream: RandomStream, fanIn: Int, fanOut: Int, factor: Double, keeps: Bool, pool: MatrixPool
  ) {
    self.pool = pool
    self.law = law
    self.stream = stream
    self.fanIn = fanIn
    self.fanOut = fanOut
    self.factor = factor
    self.keeps = keeps
  }

  private var rowsOfBlock: Int {
    let rows = Self.blockNumbers / max(1, fanIn)
    return min(fanOut, max(Self.blockRows.lowerBound, min(rows, Self.blockRows.upperBound)))
  }

  /// Hands out the rows block by block: the number of the first, how many, and where they stand.
  private func drawRows(
    into storage: UnsafeMutableBufferPointer<Double>, advancing: Bool, _ body: (Int, Int, UnsafePointer<Double>) -> Void
  ) {
    var stream = stream
    var first = 0
    while first < fanOut {
      let rows = min(rowsOfBlock, fanOut - first)
      let start = advancing ? first * fanIn : 0
      let block = UnsafeMutableBufferPointer(rebasing: storage[start..<(start + rows * fanIn)])
      law.sample(into: block, from: &stream)
      if let address = block.baseAddress { body(first, rows, UnsafePointer(address)) }
      first += rows
    }
  }

  mutating func forward(_ inputs: consuming Matrix) -> Matrix {
    let (points, fanIn, fanOut, factor) = (inputs.rows, fanIn, fanOut, factor)
    var result = Matrix(rows: points, columns: fanOut)
    if keeps { kept = pool.take(fanOut * fanIn) }
    inputs.elements.withUnsafeBufferPointer { source in
      result.elements.withUnsafeMutableBufferPointer { out in
        guard let h = source.baseAddress, let z = out.baseAddress else { return }
        func multiply(first: Int, rows: Int, _ w: UnsafePointer<Double>) {
          BLAS.multiply(
            transposeB: true, m: points, n: rows, k: fanIn, alpha: factor, h, lda: fanIn, w, ldb: fanIn,
            into: z + first, ldc: fanOut)
        }
        if keeps {
          // Taken out, as the drawing reads the rest of `self`.
          var matrix: [Double] = []
          swap(&matrix, &kept)
          matrix.withUnsafeMutableBufferPointer { drawRows(into: $0, advancing: true, multiply) }
          swap(&matrix, &kept)
        } else {
          withUnsafeTemporaryAllocation(of: Double.self, capacity: rowsOfBlock * fanIn) { storage in
            drawRows(into: storage, advancing: false, multiply)
          }
        }
      }
    }
    return result
  }

  mutating func backward(_ derivatives: consuming Matrix) -> Matrix {
    let (points, fanIn, fanOut, factor) = (derivatives.rows, fanIn, fanOut, factor)
    var result = Matrix(rows: points, columns: fanIn)
    derivatives.elements.withUnsafeBufferPointer { source in
      result.elements.withUnsafeMutableBufferPointer { out in
        guard let d = source.baseAddress, let h = out.baseAddress else { return }
        func add(first: Int, rows: Int, _ w: UnsafePointer<Double>) {
          BLAS.multiply(
            m: points, n: fanIn, k: rows, alpha: factor, d + first, lda: fanOut, w, ldb: fanIn, beta: 1, into: h,
            ldc: fanIn)
        }
        if keeps {
          kept.withUnsafeBufferPointer { weights in
            guard let w = weights.baseAddress else { return }
            for first in stride(from: 0, to: fanOut, by: rowsOfBlock) {
              add(first: first, rows: min(rowsOfBlock, fanOut - first), w + first * fanIn)
            }
          }
        } else {
          withUnsafeTemporaryAllocation(of: Double.self, capacity: rowsOfBlock * fanIn) { storage in
            drawRows(into: storage, advancing: false, add)
          }
        }
      }
    }
    pool.give(kept)
    kept = []
    return result
  }
}

/// Matrices that finished networks leave to the next: asking the system for fresh memory takes longer than drawing.
final class MatrixPool: @unchecked Sendable {
  // Touched with the lock held.
  private let lock = NSLock()
  private var free: [[Double]] = []

  /// A matrix of this many elements, whatever they are.
  func take(_ count: Int) -> [Double] {
    let found = lock.withLock { () -> [Double]? in
      free.lastIndex { $0.count == count }.map { free.remove(at: $0) }
    }
    return found ?? [Double](repeating: 0, count: count)
  }

  func give(_ matrix: [Double]) {
    guard !matrix.isEmpty else { return }
    lock.withLock { free.append(matrix) }
  }
}
