import Foundation
import LimitKernels
import Moments
import Networks

extension KernelTheory {
  /// What the limits alone say: the power law of each group.
  ///
  /// With one hidden layer the mean of the NTK is the sum of the groups' power laws at every width, and the NNGP kernel's
  /// under the NTK and standard parameterizations is the limit; variances are not known.
  public static func limits(_ kernels: KernelTable, choice: KernelChoice, widths: [Int]) -> [KernelTheory] {
    let network = kernels.network
    let order: TheoryOrder = network.depth == 1 ? .exact : .limit
    func power(_ law: PowerLaw, _ width: Int) -> Estimate? {
      law.coefficient.estimate.map { coefficient in
        law.exponent.isZero ? coefficient : scaled(coefficient, by: pow(Double(width), law.exponent.doubleValue))
      }
    }
    func entry(_ law: PowerLaw, sum laws: [PowerLaw], meanIsKnown: Bool) -> EntryTheory {
      let sums = widths.map { width -> Estimate? in
        let terms = laws.compactMap { power($0, width) }
        return meanIsKnown && terms.count == laws.count ? terms.reduce(Estimate.zero, +) : nil
      }
      let exponent = law.verdict == .zero ? 0 : law.exponent.doubleValue
      return EntryTheory(
        order: order, coefficient: law.coefficient, exponent: exponent,
        limits: widths.map { power(law, $0)?.value }, means: sums, variances: widths.map { _ in nil },
        fourthCumulants: widths.map { _ in nil }, deviationExponent: exponent - 0.5)
    }
    func kernel(_ entries: [EntryTheory], parameter: String? = nil) -> KernelTheory {
      KernelTheory(
        parameter: parameter, entries: entries, covariances: widths.map { _ in nil },
        covarianceErrors: widths.map { _ in 0 })
    }
    switch choice {
    case .ntk: return [kernel(kernels.entries.map { entry($0.ntkLaw, sum: $0.groups.map(\.law), meanIsKnown: true) })]
    case .nngp:
      let isKnown = network.parameterization == .ntk || network.parameterization == .standard
      return [kernel(kernels.entries.map { entry($0.nngpLaw, sum: [$0.nngpLaw], meanIsKnown: isKnown) })]
    case .groups:
      return network.trainedGroups.indices.map { group in
        kernel(
          kernels.entries.map { entry($0.groups[group].law, sum: [$0.groups[group].law], meanIsKnown: true) },
          parameter: network.trainedGroups[group].description)
      }
    }
  }

  private static func scaled(_ estimate: Estimate, by factor: Double) -> Estimate {
    Estimate(factor, error: factor * 0x1p-52, method: .closedForm) * estimate
  }
}
