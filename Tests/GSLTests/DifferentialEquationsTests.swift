import Foundation
import GSL
import Testing

@Suite struct DifferentialEquationsTests {
  private func integrator(
    _ method: ODEMethod, relative: Double = 1e-10, dimension: Int = 2,
    jacobian: @escaping ([Double]) -> [Double], derivative: @escaping ([Double]) -> [Double]
  ) throws -> ODEIntegrator {
    func values(_ pointer: UnsafePointer<Double>) -> [Double] {
      Array(UnsafeBufferPointer(start: pointer, count: dimension))
    }
    return try ODEIntegrator(
      dimension: dimension, method: method, absolute: 1e-12, relative: relative,
      jacobian: { point, matrix in
        for (index, value) in jacobian(values(point)).enumerated() { matrix[index] = value }
        return .done
      },
      derivative: { point, result in
        let slopes = derivative(values(point))
        for (index, value) in slopes.enumerated() { result[index] = value }
        return slopes.allSatisfy(\.isFinite) ? .done : .notFinite
      })
  }

  /// An oscillator, `y″ = −y`: after t = 20 it stands at (cos 20, −sin 20).
  @Test(arguments: ODEMethod.allCases) func oscillator(method: ODEMethod) throws {
    let integrator = try integrator(method, jacobian: { _ in [0, 1, -1, 0] }, derivative: { [$0[1], -$0[0]] })
    var (state, step) = ([1.0, 0.0], 0.01)
    try integrator.advance(&state, from: 0, to: 20, step: &step)
    // Errors of the steps add up: the local tolerance is 1e-10, and the low orders take thousands of steps.
    let tolerance = method == .bdf ? 1e-6 : 1e-8
    #expect(abs(state[0] - cos(20)) < tolerance)
    #expect(abs(state[1] + sin(20)) < tolerance)
    #expect(step > 0)
  }

  /// Robertson's reactions, rates from 0.04 to 3·10⁷; reference at t = 40 from Hairer and Wanner,
  /// Solving Ordinary Differential Equations II.
  @Test func stiff() throws {
    func derivative(_ y: [Double]) -> [Double] {
      let (a, b, c) = (0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] * y[1])
      return [-a + b, a - b - c, c]
    }
    func jacobian(_ y: [Double]) -> [Double] {
      [-0.04, 1e4 * y[2], 1e4 * y[1], 0.04, -1e4 * y[2] - 6e7 * y[1], -1e4 * y[1], 0, 6e7 * y[1], 0]
    }
    let integrator = try integrator(.bdf, relative: 1e-9, dimension: 3, jacobian: jacobian, derivative: derivative)
    var (state, step) = ([1.0, 0, 0], 1e-4)
    try integrator.advance(&state, from: 0, to: 40, step: &step)
    #expect(abs(state[0] - 0.7158270688) < 1e-7)
    #expect(abs(state[1] - 0.9185534765e-5) < 1e-11)
    #expect(abs(state[2] - 0.2841637457) < 1e-7)
  }

  /// Going on from a stored state and step gives the same bits.
  @Test(arguments: ODEMethod.allCases) func restarts(method: ODEMethod) throws {
    func make() throws -> ODEIntegrator {
      try integrator(method, jacobian: { _ in [0, 1, -1, 0] }, derivative: { [$0[1], -$0[0]] })
    }
    let whole = try make()
    var (state, step) = ([1.0, 0.0], 0.01)
    try whole.advance(&state, from: 0, to: 1, step: &step)
    var (stored, storedStep) = (state, step)
    try whole.advance(&state, from: 1, to: 2, step: &step)
    try make().advance(&stored, from: 1, to: 2, step: &storedStep)
    #expect(stored == state && storedStep == step)
  }

  /// `y′ = y²` from 1 explodes at t = 1.
  @Test func explosion() throws {
    let integrator = try integrator(.rk8pd, dimension: 1, jacobian: { [2 * $0[0]] }, derivative: { [$0[0] * $0[0]] })
    var (state, step) = ([1.0], 0.01)
    let error = #expect(throws: ODEError.self) { try integrator.advance(&state, from: 0, to: 2, step: &step) }
    guard case .stepVanished(let time)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(abs(time - 1) < 1e-6)
  }

  @Test func cancelled() throws {
    var calls = 0
    let integrator = try ODEIntegrator(dimension: 1, method: .rkf45, absolute: 1e-10, relative: 1e-10) { y, result in
      calls += 1
      result[0] = -y[0]
      return calls < 20 ? .done : .cancelled
    }
    var (state, step) = ([1.0], 1e-3)
    #expect(throws: ODEError.cancelled) { try integrator.advance(&state, from: 0, to: 100, step: &step) }
    #expect(calls == 20)
  }
}
