import Moments
import Networks

/// The limiting kernels of networks that differ in depth only, from one pass through the layers.
///
/// Networks are nested if the hidden layers of each are the first ones of the deepest, under the same parameterization
/// of the NTK kind (powers of N that do not depend on the depth); their readouts may differ.
public struct NestedKernels: Sendable {
  private let networks: [Network]
  private let exponents: [WidthExponents]
  private let deepest: Int
  private let steps: KernelSteps

  /// - Parameter networks: Nested networks, at least one.
  /// - Throws: ``KernelError`` for a parameterization without a limit.
  public init(_ networks: [Network]) throws {
    guard let index = networks.indices.max(by: { networks[$0].depth < networks[$1].depth }) else {
      preconditionFailure("there is at least one network")
    }
    precondition(networks.allSatisfy { $0.parameterization == .ntk }, "nested networks are of the NTK parameterization")
    self.networks = networks
    deepest = index
    exponents = try networks.map { try WidthExponents($0) }
    steps = try KernelSteps(networks[index], exponents[index], required: nil)
  }

  /// The kernels at one pair of inputs, an entry a network; where a layer fails, all networks as deep as it fail.
  ///
  /// - Parameters:
  ///   - x: An input of as many coordinates as the networks take.
  ///   - y: Another.
  public func entries(_ x: [ExactNumber], _ y: [ExactNumber]) -> [Result<KernelEntry, any Error>] {
    var results: [Result<KernelEntry, any Error>?] = Array(repeating: nil, count: networks.count)
    func fail(_ error: any Error) -> [Result<KernelEntry, any Error>] { results.map { $0 ?? .failure(error) } }
    var state: KernelState
    do { state = KernelState(first: try steps.first.step(x, y)) } catch { return fail(error) }
    for depth in 1...networks[deepest].depth {
      if depth > 1 {
        do { state.append(try steps.later[depth - 2].step(from: state.features)) } catch { return fail(error) }
      }
      for (index, network) in networks.enumerated() where network.depth == depth {
        let readout = Readout(network, state, exponents[index])
        results[index] = .success(
          KernelEntry(
            x: x, y: y, nngp: readout.nngp.limit, ntk: readout.ntk, groups: readout.groups, nngpLaw: readout.nngp,
            oneMinusCorrelation: readout.oneMinusCorrelation))
      }
    }
    return results.compactMap { $0 }
  }
}
