import FiniteWidth
import Foundation
import LimitKernels
import Moments
import Networks
import Testing

/// The sampled NTK follows the power laws, group by group.
///
/// With one hidden layer the mean of each group is coefficient · N^exponent at every N; bound and seed as in the
/// other statistical tests: |z| ≤ 5, false alarms 6e-7 a check.
@Suite struct ScalingLawTests {
  @Test(arguments: ["ntk", "standard", "mean-field", "mup", "{a: [0, 1/3], b: [0, 1/4], c: 1/2}"], [16, 64])
  func oneHiddenLayer(_ parameterization: String, _ width: Int) throws {
    let network = try Network(
      yaml: """
        input-dimension: 1
        parameterization: \(parameterization)
        layers:
          - weights: uniform(-1, 1)
            bias: uniform(-1/2, 1/2)
            activation: square
          - weights: uniform(-1, 1)
            bias: none
        """)
    try check(network, [[1], [-2]], width: width, samples: 1000)
  }

  /// No norm inside the network: the power stands once at the end, or nowhere.
  @Test(arguments: ["0", "1"]) func homogeneousLayers(_ last: String) throws {
    let network = try Network(
      yaml: """
        input-dimension: 1
        parameterization: {a: [0, 0, \(last)], b: [0, 0, 0], c: 0}
        layers:
          - {weights: "normal(0, 1)", bias: none, activation: relu}
          - {weights: "normal(0, 1)", bias: none, activation: relu}
          - {weights: "normal(0, 1)", bias: none}
        """)
    // Two hidden layers of a degree-1 activation: at x = y the mean of each group is exact at every N as well.
    try check(network, [[1]], width: 32, samples: 1000)
  }

  private func check(_ network: Network, _ points: [[ExactNumber]], width: Int, samples: Int) throws {
    let entries = try limitingKernels(of: network, at: points).entries
    let sampled = try WidthStudy.estimate(
      network: network, points: points, width: width, samples: samples, seed: 11)
    for (index, entry) in entries.enumerated() {
      for (position, group) in entry.groups.enumerated() {
        let statistics = sampled.groups[position][index]
        let coefficient = try #require(group.law.coefficient.estimate).value
        let predicted = coefficient * pow(Double(width), group.law.exponent.doubleValue)
        if statistics.standardError == 0 {
          #expect((statistics.mean - predicted).magnitude <= 1e-12 * predicted.magnitude, "\(group.parameter)")
        } else {
          #expect((statistics.mean - predicted).magnitude <= 5 * statistics.standardError, "\(group.parameter)")
        }
      }
    }
  }
}
