import Activations
import Expectation
import Moments
import Networks

/// The limiting NNGP and NTK of a network at all pairs i ≤ j of `points`, with the NTK's part of each trained group.
///
/// With `F^l = E[φ(u) φ(v)]` and `h^l = E[φ′(u) φ′(v)]` over the law of layer l's preactivations,
///
///     K = m_w² E[w²] F^L + m_b² E[b²] ,
///     Θ(w^l) = m_w² F^{l−1} Π_{m>l} (m_w² E[w²] h^{m−1}) ,  Θ(b^l) = m_b² Π_{m>l} (m_w² E[w²] h^{m−1}) ,
///
/// with `F⁰ = s² x·y` (`x·y` under the standard parameterization), times the power of N that the parameterization
/// gives. The first layer's preactivations keep their true law; see ``PreactivationPair``.
///
/// - Parameters:
///   - points: Inputs of `network.inputDimension` coordinates each.
///   - options: The accuracy that must be reached, and the number of threads.
/// - Throws: ``KernelError`` for points of the wrong dimension or a parameterization without a limit,
///   `ExpectationError` where a required accuracy is not reached.
public func limitingKernels(
  of network: Network, at points: [[ExactNumber]], options: KernelOptions = KernelOptions()
) throws -> KernelTable {
  guard !points.isEmpty else { throw KernelError.noPoints }
  for (index, point) in points.enumerated() where point.count != network.inputDimension {
    throw KernelError.pointDimension(index: index, found: point.count, expected: network.inputDimension)
  }
  let pairs = points.indices.flatMap { i in points[i...].indices.map { (i, $0) } }
  let exponents = try WidthExponents(network)
  let states = try parallelMap(count: pairs.count, threads: options.threads) { index in
    let (i, j) = pairs[index]
    return try FirstLayer(network, points[i], points[j], exponents, required: options.relativeTolerance).kernelState
  }
  var stateOf: [[KernelState?]] = points.map { _ in points.map { _ in nil } }
  for (pair, state) in zip(pairs, states) { stateOf[pair.0][pair.1] = state }

  var entries: [KernelEntry] = []
  for (pair, state) in zip(pairs, states) {
    let readout = Readout(network, state, exponents)
    let gap: CorrelationGap
    if let first = stateOf[pair.0][pair.0], let second = stateOf[pair.1][pair.1] {
      let diagonal = (Readout(network, first, exponents), Readout(network, second, exponents))
      gap = CorrelationGap(
        nngp: correlationGap(readout.nngp.coefficient, diagonal.0.nngp.coefficient, diagonal.1.nngp.coefficient),
        ntk: correlationGap(readout.leadingNTK, diagonal.0.leadingNTK, diagonal.1.leadingNTK))
    } else {
      gap = CorrelationGap(nngp: nil, ntk: nil)
    }
    entries.append(
      KernelEntry(
        x: points[pair.0], y: points[pair.1], nngp: readout.nngp.limit, ntk: readout.ntk, groups: readout.groups,
        nngpLaw: readout.nngp, oneMinusCorrelation: gap))
  }
  return KernelTable(network: network, entries: entries)
}

/// `1 − c/√(p q)` from estimates: exact differences where the kernels are exact, an honest bound otherwise.
func correlationGap(_ c: Quantity, _ p: Quantity, _ q: Quantity) -> Quantity? {
  guard let c = c.estimate, let p = p.estimate, let q = q.estimate, p.value > 0, q.value > 0 else { return nil }
  let root = p.value.squareRoot() * q.value.squareRoot()
  if let a = c.exact, let b = p.exact, let d = q.exact {
    // 1 − c/√(pq) = (pq − c²)/(√(pq) (√(pq) + c)), and for c < 0 there is nothing to cancel.
    let product = b * d
    if a * a == product { return .exact(a.signum >= 0 ? 0 : 2) }
    if c.value <= 0 { return .finite(Estimate(closedForm: 1 - c.value / root)) }
    return .finite(Estimate(closedForm: (product - a * a).doubleValue / (root * (root + c.value))))
  }
  let ratio = c.value / root
  let relative = p.roundedError / p.value / 2 + q.roundedError / q.value / 2 + 4 * 0x1p-53
  let error = c.roundedError / root + ratio.magnitude * relative
  return .finite(Estimate(max(0, 1 - ratio), error: error, method: max(c.method, p.method, q.method, .closedForm)))
}
