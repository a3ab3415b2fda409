import CGramKernels

/// The kernels at one pair of inputs.
public struct PairKernels: Sendable {
  /// `K(x, x′)`.
  public let nngp: Double
  /// `Θ(x, x′)`.
  public let ntk: Double
  /// `1 − ρ` of the last layer's features, `ρ = F(x,x′)/√(F(x,x) F(x′,x′))`.
  public let oneMinusCorrelation: Double
  /// Bounds on the errors of `nngp` and `ntk`.
  public let nngpError: Double
  public let ntkError: Double
}

extension KernelProgram {
  /// The kernels at one pair of inputs, in a microsecond or two where every dual has a closed form.
  ///
  /// The angle between the inputs is taken from their difference where they are nearly parallel, and `1 − ρ` keeps
  /// its relative accuracy through relu and its kin; where the inputs' lengths differ and a bias mixes them, `√(1 − ρ)`
  /// is right to a few units of `0x1p-53`. Other activations, and nearly parallel inputs under erf or gelu, take the
  /// route of ``prepare(_:)`` and ``block(_:rows:_:columns:into:)``: milliseconds.
  ///
  /// - Throws: ``GramError``, as ``prepare(_:)`` does.
  public func pair(_ x: [Double], _ y: [Double]) throws -> PairKernels {
    let dimension = network.inputDimension
    guard x.count == dimension, y.count == dimension else {
      throw GramError.dimension(
        row: x.count == dimension ? 1 : 0, found: x.count == dimension ? y.count : x.count, expected: dimension)
    }
    if let pairs = plan.pairs, let result = pairs(x, y) { return result }
    for kind in KernelKind.allCases {
      if let reason = plan.obstacles[kind] {
        throw GramError.noLimit(kernel: kind == .nngp ? "NNGP kernel" : "NTK", reason: reason)
      }
    }
    let inputs = try prepare(try GramInputs(rows: [x, y]))
    var (nngp, ntk) = (0.0, 0.0)
    let gap = try withUnsafeMutablePointer(to: &nngp) { k in
      try withUnsafeMutablePointer(to: &ntk) { t in
        let sweep = BlockSweep(plan: plan, a: inputs.storage, b: inputs.storage)
        return try sweep.run(
          rows: 0..<1, columns: 1..<2, into: KernelBlock(nngp: k, ntk: t, rowStride: 1), upper: false)
      }
    }
    func size(_ diagonal: [Double]) -> Double { diagonal[0].squareRoot() * diagonal[1].squareRoot() }
    return PairKernels(
      nngp: nngp, ntk: ntk, oneMinusCorrelation: gap,
      nngpError: inputs.errorBound(.nngp) * size(inputs.nngpDiagonal),
      ntkError: inputs.errorBound(.ntk) * size(inputs.ntkDiagonal))
  }
}

/// The recursion for one pair as a list of numbers, for networks whose duals all have closed forms.
final class PairProgram: @unchecked Sendable {
  // Written by the initializer only.
  private let layers: UnsafeMutablePointer<gram_pair_layer>
  private let program: UnsafeMutablePointer<gram_pair_program>

  /// nil where a layer has no closed form, or a kernel no limit.
  init?(_ plan: [LayerPlan], dimension: Int, gradientScale: Double, inputScale: Double) {
    var list: [gram_pair_layer] = []
    for (index, layer) in plan.enumerated() {
      guard let (kind, first, second) = Self.form(layer.family) else { return nil }
      list.append(
        gram_pair_layer(
          kind: Int32(kind.rawValue), first: first, second: second, linear: first / (first + second),
          even: second / (first + second), gain: layer.gain,
          bias_variance: layer.biasVariance, own: index == 0 ? layer.own * gradientScale : layer.own,
          bias: layer.bias, limit: BlockSweep.nearlyParallel))
    }
    layers = .allocate(capacity: max(1, list.count))
    layers.initialize(from: list, count: list.count)
    program = .allocate(capacity: 1)
    program.initialize(to: gram_pair_program())
    program.pointee.dimension = dimension
    program.pointee.count = list.count
    program.pointee.layers = UnsafePointer(layers)
    program.pointee.nearly_parallel = BlockSweep.nearlyParallel
  }

  func setReadout(gain: Double, bias: Double, pass: Double, own: Double, biasOwn: Double) {
    program.pointee.readout_gain = gain
    program.pointee.readout_bias = bias
    program.pointee.readout_pass = pass
    program.pointee.readout_own = own
    program.pointee.readout_bias_own = biasOwn
  }

  deinit {
    program.deallocate()
    layers.deallocate()
  }

  private static func form(_ family: DualFamily) -> (kind: GramForm, first: Double, second: Double)? {
    switch family {
    case .bilinear(let linear, let even, _): (.bilinear, linear, even)
    case .jump(let mean, let jump): (.jump, mean, jump)
    case .erf(let scale): (.erf, scale, 0)
    case .gelu: (.gelu, 0, 0)
    case .gaussian(let height, let rate): (.gaussian, height, rate)
    case .wave(let odd, let amplitude, let frequency): (odd ? .sine : .cosine, amplitude, frequency)
    case .exponential(let amplitude, let rate): (.exponential, amplitude, rate)
    case .angular, .series, .pairwise: nil
    }
  }

  private enum GramForm: Int {
    case bilinear, jump, erf, gelu, gaussian, sine, cosine, exponential
  }

  func callAsFunction(_ x: [Double], _ y: [Double]) -> PairKernels? {
    var result = gram_pair_result()
    guard gram_pair(program, x, y, &result) != 0 else { return nil }
    return PairKernels(
      nngp: result.nngp, ntk: result.ntk, oneMinusCorrelation: result.gap, nngpError: result.nngp_error,
      ntkError: result.ntk_error)
  }
}

/// How rounding and truncation grow through the layers, relative to `√(K(x,x) K(x′,x′))`.
///
/// A normalized dual is a power series in ρ with coefficients that add up to 1 in modulus, so that an error e of ρ
/// becomes at most `c e`, `c = q E φ′²/E φ²` its derivative at 1; every layer adds 16 units of rounding and its
/// truncation. Duals of kinked derivatives feel the angle: where pairs are formed from products, `1 − |ρ| ≥ 2⁻⁸`, an error
/// of ρ counts at most `1/√(2 · 2⁻⁸) < 12` times. The products of inputs err by `√d` units and a few, in the
/// probabilistic model of Higham and Mary 2019; everything else is *estimated* so, and tests try to break it.
struct ErrorBound: Sendable {
  private var correlation: Double
  private var slopes = 0.0

  /// From bounds that are known.
  init(nngp: Double, ntk: Double) {
    correlation = nngp
    slopes = ntk
  }

  init(dimension: Int) {
    correlation = (8 + 2 * Double(dimension).squareRoot()) * 0x1p-53
  }

  mutating func pass(degree: Double, truncation: Double) {
    slopes += 12 * max(1, degree.isFinite ? degree : 1) * correlation + 16 * 0x1p-53 + truncation
    correlation = (degree.isFinite ? max(degree, 0) : 1) * correlation + 16 * 0x1p-53 + truncation
  }

  var nngp: Double { correlation + 4 * 0x1p-53 }
  var ntk: Double { slopes + correlation + 4 * 0x1p-53 }
}
