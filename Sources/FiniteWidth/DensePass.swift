import Activations
import CSampling
import LinearAlgebra
import Moments
import Networks

/// One forward and one backward pass through a network of dense layers, and the kernels of its parameter groups.
///
/// With `D_l` the derivatives of the outputs with respect to the preactivations of layer `l` (points × neurons) and `H`
/// the layer's input, the weights contribute `m² (D Dᵀ) ∘ (H Hᵀ)` and the biases `m² D Dᵀ`: products of n × n Gram
/// matrices, never a Jacobian.
struct DensePass {
  /// The parameters of one layer of the network, as they enter its preactivations.
  struct Layer {
    /// The weights with all their factors.
    var weights: any LayerWeights
    /// `m_b β`; nil where there is no bias.
    var offsets: [Double]?
    var factors: LayerFactors
    /// nil for the readout.
    var activation: BlockActivation?
  }

  var layers: [Layer]
  /// The weights of the readout with all their factors.
  var readout: [Double]

  /// The outputs at the points (points × coordinates).
  mutating func outputs(at points: Matrix) -> [Double] { forward(points, keepsSlopes: false).outputs }

  /// What the forward pass leaves behind.
  private struct Forward {
    var outputs: [Double]
    /// `H Hᵀ` of each layer's input, packed.
    var inputGrams: [[Double]] = []
    /// `Σ m² wᵢ² φᵢ(x) φᵢ(x′)`, packed.
    var readoutGram: [Double] = []
    /// `φ′(z)`, points × neurons; nil where the layer gives its preactivations again.
    var slopes: [Matrix?] = []
    /// Whether a preactivation was not a number.
    var isDefined = true
  }

  private mutating func forward(_ points: Matrix, keepsSlopes: Bool) -> Forward {
    var result = Forward(outputs: [])
    var values = points
    for index in layers.indices {
      if keepsSlopes { result.inputGrams.append(packedGram(values)) }
      guard let activation = layers[index].activation else {
        result.outputs = multiplied(values, readout)
        if keepsSlopes {
          scaleColumns(of: &values, by: readout)
          result.readoutGram = packedGram(values)
        }
        if let offset = layers[index].offsets?.first { result.outputs = result.outputs.map { $0 + offset } }
        return result
      }
      let inputs = values
      values = Matrix(rows: 0, columns: 0)
      var preactivations = layers[index].weights.forward(inputs)
      addColumns(to: &preactivations, layers[index].offsets)
      if keepsSlopes {
        result.isDefined = result.isDefined && !preactivations.hasNaN
        if layers[index].weights.repeatsCheaply {
          result.slopes.append(nil)
        } else {
          var slopes = preactivations
          apply(activation.derivative, to: &slopes)
          result.slopes.append(slopes)
        }
      }
      apply(activation.value, to: &preactivations)
      values = preactivations
    }
    return result
  }

  /// The kernels at the points (points × coordinates).
  ///
  /// - Parameter groups: The trained groups.
  mutating func kernels(at points: Matrix, groups: [ParameterGroup]) -> EmpiricalKernels {
    let count = points.rows
    var pass = forward(points, keepsSlopes: true)
    // A preactivation ∞ − ∞, which some activations would hide.
    guard pass.isDefined else { return EmpiricalKernels(undefinedAt: count, groups: groups) }
    var contributions: [ParameterGroup: [Double]] = [:]
    func contribute(_ index: Int, outer: [Double]) {
      let factors = layers[index].factors
      let weightScale = factors.weightRate * factors.weightFactor * factors.weightFactor
      let biasScale = factors.biasRate * factors.biasFactor * factors.biasFactor
      contributions[ParameterGroup(layer: index, kind: .weights)] =
        zip(outer, pass.inputGrams[index]).map { weightScale * $0 * $1 }
      contributions[ParameterGroup(layer: index, kind: .bias)] = outer.map { biasScale * $0 }
    }
    let last = layers.count - 1
    contribute(last, outer: [Double](repeating: 1, count: count * (count + 1) / 2))
    var below = Matrix(rows: 0, columns: 0)
    for index in (0..<last).reversed() {
      // Through the weights above, then through the activation.
      var derivatives = slopes(of: index, &pass)
      if index == last - 1 {
        scaleColumns(of: &derivatives, by: readout)
      } else {
        multiply(&derivatives, by: below)
      }
      below = Matrix(rows: 0, columns: 0)
      contribute(index, outer: packedGram(derivatives))
      if index > 0 {
        let above = derivatives
        derivatives = Matrix(rows: 0, columns: 0)
        below = layers[index].weights.backward(above)
      }
    }
    let bias = layers[last].offsets?.first ?? 0
    return EmpiricalKernels(
      pointCount: count, outputs: pass.outputs, groups: groups, groupNTK: groups.compactMap { contributions[$0] },
      conditionalNNGP: pass.readoutGram.map { $0 + bias * bias })
  }

  private func slopes(of index: Int, _ pass: inout Forward) -> Matrix {
    if let kept = pass.slopes[index] {
      pass.slopes[index] = nil
      return kept
    }
    guard let activation = layers[index].activation, var slopes = layers[index].weights.forwardAgain() else {
      preconditionFailure("a hidden layer has an activation, and keeps its slopes or can repeat its product")
    }
    addColumns(to: &slopes, layers[index].offsets)
    apply(activation.derivative, to: &slopes)
    return slopes
  }
}

extension EmpiricalKernels {
  /// The kernels of a network that overflowed: nothing in them is a number.
  init(undefinedAt count: Int, groups: [ParameterGroup]) {
    let entries = [Double](repeating: .nan, count: count * (count + 1) / 2)
    self.init(
      pointCount: count, outputs: [Double](repeating: .nan, count: count), groups: groups,
      groupNTK: groups.map { _ in entries }, conditionalNNGP: entries)
  }
}

extension Matrix {
  fileprivate var hasNaN: Bool {
    elements.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { sampling_has_nan(buffer.count, $0) != 0 } ?? false
    }
  }
}

/// Evaluates the function at every element, in place.
private func apply(_ function: BlockFunction, to matrix: inout Matrix) {
  matrix.elements.withUnsafeMutableBufferPointer { buffer in
    guard let start = buffer.baseAddress else { return }
    function.evaluate(start, count: buffer.count, into: start)
  }
}

/// Adds one number to each column.
private func addColumns(to matrix: inout Matrix, _ offsets: [Double]?) {
  guard let offsets else { return }
  let columns = matrix.columns
  matrix.elements.withUnsafeMutableBufferPointer { buffer in
    guard let start = buffer.baseAddress else { return }
    for row in 0..<(buffer.count / max(1, columns)) { sampling_add_scaled(columns, 1, offsets, start + row * columns) }
  }
}

/// Multiplies each column by one number.
private func scaleColumns(of matrix: inout Matrix, by factors: [Double]) {
  let columns = matrix.columns
  matrix.elements.withUnsafeMutableBufferPointer { buffer in
    guard let start = buffer.baseAddress else { return }
    for row in 0..<(buffer.count / max(1, columns)) {
      sampling_multiply(columns, factors, start + row * columns, start + row * columns)
    }
  }
}

/// The product element by element.
private func multiply(_ matrix: inout Matrix, by other: Matrix) {
  matrix.elements.withUnsafeMutableBufferPointer { buffer in
    guard let start = buffer.baseAddress else { return }
    sampling_multiply(buffer.count, other.elements, start, start)
  }
}

/// The product of the rows with a vector.
private func multiplied(_ matrix: Matrix, _ vector: [Double]) -> [Double] {
  let columns = matrix.columns
  return matrix.elements.withUnsafeBufferPointer { buffer in
    vector.withUnsafeBufferPointer { vector in
      (0..<matrix.rows).map { row in
        dotProduct(UnsafeBufferPointer(rebasing: buffer[(row * columns)..<((row + 1) * columns)]), vector)
      }
    }
  }
}

/// The products of all pairs of rows, `i ≤ j`, packed as in ``EmpiricalKernels``.
///
/// Few rows are summed in blocks of columns that fit the processor's cache; many rows are a matrix product.
func packedGram(_ matrix: Matrix) -> [Double] {
  let (rows, columns) = (matrix.rows, matrix.columns)
  let (few, block) = (16, 1024)
  var sums = [Double](repeating: 0, count: rows * (rows + 1) / 2)
  matrix.elements.withUnsafeBufferPointer { buffer in
    guard let start = buffer.baseAddress else { return }
    if rows <= few {
      for first in stride(from: 0, to: columns, by: block) {
        sampling_add_gram(rows, min(block, columns - first), start + first, columns, &sums)
      }
    } else {
      var square = [Double](repeating: 0, count: rows * rows)
      BLAS.gramUpper(n: rows, k: columns, start, lda: columns, into: &square, ldc: rows)
      var entry = 0
      for row in 0..<rows {
        for column in row..<rows {
          sums[entry] = square[row * rows + column]
          entry += 1
        }
      }
    }
  }
  return sums
}

/// `Σ aᵢ bᵢ` in a fixed order.
private func dotProduct(_ a: UnsafeBufferPointer<Double>, _ b: UnsafeBufferPointer<Double>) -> Double {
  guard let first = a.baseAddress, let second = b.baseAddress else { return 0 }
  return sampling_dot(min(a.count, b.count), first, second)
}
