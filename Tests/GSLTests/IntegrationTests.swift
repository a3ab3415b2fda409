import Foundation
import GSL
import Testing

@Suite struct IntegrationTests {
  @Test func knownIntegrals() throws {
    let workspace = try QuadratureWorkspace()
    let exponential = try integrateAdaptively(from: -1, to: 2, absolute: 0, relative: 1e-13, workspace: workspace) {
      exp($0)
    }
    #expect(abs(exponential.value - (exp(2) - exp(-1))) < 1e-14 && exponential.converged)
    let reversed = try integrateAdaptively(
      from: 2, to: -1, absolute: 0, relative: 1e-13, rule: .points61, workspace: workspace
    ) { exp($0) }
    #expect(abs(reversed.value + exponential.value) < 2e-14)
    let kink = try integrateAdaptively(from: -1, to: 2, absolute: 1e-12, relative: 0, workspace: workspace) {
      abs($0 - 1 / 3.0)
    }
    // ∫|x − 1/3| over [−1, 2] = (16/9 + 25/9)/2.
    #expect(abs(kink.value - 41 / 18.0) <= kink.error && kink.converged)
  }

  @Test func missedToleranceIsNotAnError() throws {
    let workspace = try QuadratureWorkspace(limit: 3)
    let result = try integrateAdaptively(from: 0, to: 1, absolute: 0, relative: 1e-12, workspace: workspace) {
      sin(300 * $0 * $0) / $0.squareRoot()
    }
    #expect(!result.converged)
    #expect(result.error > 0)
  }

  @Test func divergentIntegrandDoesNotAbort() throws {
    let workspace = try QuadratureWorkspace(limit: 20)
    let pole = try integrateAdaptively(from: 0, to: 1, absolute: 0, relative: 1e-10, workspace: workspace) { 1 / $0 }
    #expect(!pole.converged)
    let undefined = try? integrateAdaptively(from: 0, to: 1, absolute: 0, relative: 1e-10, workspace: workspace) { _ in
      .nan
    }
    #expect(undefined.map { $0.value.isNaN || !$0.converged } ?? true)
  }

  @Test func concurrentTasks() async throws {
    let values = await withTaskGroup(of: Double?.self) { group in
      for index in 1...16 {
        group.addTask {
          guard let workspace = try? QuadratureWorkspace() else { return nil }
          let result = try? integrateAdaptively(
            from: 0, to: Double(index), absolute: 0, relative: 1e-12, workspace: workspace
          ) { cos($0) }
          return result.map { $0.value - sin(Double(index)) }
        }
      }
      return await group.reduce(into: [Double?]()) { $0.append($1) }
    }
    #expect(values.count == 16)
    for value in values { #expect(abs(try #require(value)) < 1e-13) }
  }

  @Test(arguments: [1, 2, 5, 20, 21, 22, 32, 50, 64, 75, 100, 101, 127, 128, 400, 512, 1024, 1500])
  func gaussLegendreIsExactForPolynomials(_ count: Int) throws {
    let rule = try GaussLegendreRule(count: count)
    #expect(rule.nodes == rule.nodes.sorted())
    #expect(abs(rule.weights.reduce(0, +) - 2) < 1e-14)
    for degree in [0, 1, 2, min(2 * count - 1, 39), min(2 * count - 2, 38)] where degree < 2 * count {
      let sum = zip(rule.nodes, rule.weights).reduce(0.0) { $0 + $1.1 * pow($1.0, Double(degree)) }
      let exact = degree.isMultiple(of: 2) ? 2 / Double(degree + 1) : 0
      #expect(abs(sum - exact) < 2e-15 * Double(4 + degree))
    }
  }
}
