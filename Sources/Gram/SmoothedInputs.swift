import Foundation
import Synchronization

/// What the conditional means need of each input.
final class SmoothedInputs: Sendable {
  let dual: SmoothedDual
  /// `√q`, a number that is small against everything for q = 0: a preactivation 0 keeps the direction of its derivative.
  let deviations: Vector
  /// `√E φ²` at these deviations.
  let roots: Vector
  /// The functions at the nodes of the first grid, with their weights; nothing for inputs beyond it.
  let samples: Vector
  /// Elements of one input's samples.
  let stride: Int
  /// `√E φ²`.
  let scales: [Double]
  /// `E φ′²`.
  let slopes: [Double]

  /// nil where a variance is beyond the largest grid.
  init?(_ dual: SmoothedDual, variances: [Double], threads: Int) throws {
    self.dual = dual
    let deviations = variances.map { $0 == 0 ? 1e-30 : $0.squareRoot() }
    guard deviations.allSatisfy({ $0 <= dual.limit }) else { return nil }
    stride = dual.sampleCount(0)
    let samples = Vector(count: stride * variances.count)
    let roots = Vector(count: variances.count)
    let (target, rootTarget, stride) = (Shared(samples.pointer), Shared(roots.pointer), self.stride)
    // A few at a time: fewer results to collect.
    let chunk = 64
    let slopes = try parallelMap(count: (variances.count + chunk - 1) / chunk, threads: threads) { part in
      (part * chunk..<min(variances.count, (part + 1) * chunk)).map { index -> Double in
        let level = dual.level(deviations[index]) ?? 0
        let own = dual.samples(deviations[index], level: level)
        if level == 0 {
          (target.pointer + index * stride).update(from: own.elements, count: stride)
        }
        rootTarget.pointer[index] = own.root
        return own.slopeRoot * own.slopeRoot
      }
    }
    let zero = dual.atZero
    self.deviations = Vector(deviations)
    self.roots = roots
    self.samples = samples
    scales = variances.indices.map { variances[$0] == 0 ? zero.root : roots[$0] }
    self.slopes = zip(slopes.joined(), variances).map { $1 == 0 ? zero.slope : $0 }
  }
}

/// The conditional means of one layer, made when the first input needs them.
final class SmoothedDualCache: Sendable {
  private enum State {
    case unknown
    case known(SmoothedDual?)
  }

  private let state = Mutex(State.unknown)

  /// nil where the layer has none.
  func dual(_ plan: LayerPlan, _ options: GramOptions) throws -> SmoothedDual? {
    try state.withLock { state in
      if case .known(let dual) = state { return dual }
      let dual = try SmoothedDual(
        plan.activation, plan.shift, tolerance: options.tolerance, threads: options.threads)
      state = .known(dual)
      return dual
    }
  }
}
