import Activations
import FiniteWidth
import Foundation
import Moments
import Networks
import Regression
import Testing

/// A network with one hidden layer that is trained by gradient flow: the definition, and no kernel.
private struct TrainedNetwork {
  let width: Int
  let dimension: Int
  /// The hidden weights neuron by neuron, then the readout.
  var parameters: [Double]
  let inputs: [[Double]]
  let targets: [Double]
  let activation: any Activation

  init(_ network: Network, width: Int, seed: UInt64, index: Int, inputs: [[Double]], targets: [Double]) throws {
    let sample = FiniteNetwork(sampling: network, width: width, seed: seed, index: index)
    self.width = width
    dimension = network.inputDimension
    parameters = sample.layers[0].weights + sample.layers[1].weights
    self.inputs = inputs
    self.targets = targets
    activation = try #require(network.firstLayer.activation)
  }

  /// `f(x) = N^{-1/2} Σᵢ aᵢ φ(d^{-1/2} wᵢ·x)`.
  func output(_ x: [Double]) -> Double {
    let scale = 1 / Double(dimension).squareRoot()
    var sum = 0.0
    parameters.withUnsafeBufferPointer { p in
      for neuron in 0..<width {
        var z = 0.0
        for j in 0..<dimension { z += p[neuron * dimension + j] * x[j] }
        sum += p[width * dimension + neuron] * activation.value.evaluate(scale * z)
      }
    }
    return sum / Double(width).squareRoot()
  }

  /// Minus the gradient of `½ Σ (f − y)²`.
  private func velocity(_ parameters: [Double]) -> [Double] {
    var at = self
    at.parameters = parameters
    var result = [Double](repeating: 0, count: parameters.count)
    let (scale, root) = (1 / Double(dimension).squareRoot(), Double(width).squareRoot())
    for (x, y) in zip(inputs, targets) {
      let pull = (y - at.output(x)) / root
      result.withUnsafeMutableBufferPointer { v in
        parameters.withUnsafeBufferPointer { p in
          for neuron in 0..<width {
            var z = 0.0
            for j in 0..<dimension { z += p[neuron * dimension + j] * x[j] }
            v[width * dimension + neuron] += pull * activation.value.evaluate(scale * z)
            let slope = pull * p[width * dimension + neuron] * activation.derivative.evaluate(scale * z) * scale
            for j in 0..<dimension { v[neuron * dimension + j] += slope * x[j] }
          }
        }
      }
    }
    return result
  }

  /// Runge–Kutta steps of order 4.
  mutating func train(time: Double, steps: Int) {
    let h = time / Double(steps)
    func moved(_ by: [Double], _ factor: Double) -> [Double] { zip(parameters, by).map { $0 + factor * $1 } }
    for _ in 0..<steps {
      let a = velocity(parameters)
      let b = velocity(moved(a, h / 2))
      let c = velocity(moved(b, h / 2))
      let d = velocity(moved(c, h))
      for i in parameters.indices { parameters[i] += h / 6 * (a[i] + 2 * b[i] + 2 * c[i] + d[i]) }
    }
  }
}

@Suite struct TrainedNetworkTests {
  /// Means and variances over 160 trained networks of width 512 against the prediction for infinite width.
  ///
  /// With seed 20 the outputs are normal up to O(1/N): the mean has the standard error sd/√160 and the variance the
  /// relative error √(2/159); |z| ≤ 5 has the false-alarm rate 6e-7 a check, 1e-5 for all 20. A mean that is off by half a
  /// standard deviation, or a variance by two thirds, is caught. The bias of finite width, a few 1/N of the mean, is far
  /// below the standard error.
  @Test(arguments: ["erf", "relu"])
  func ensemble(activation: String) throws {
    let network = try Network(
      inputDimension: 2,
      layers: [
        DenseLayer(weights: try NormalLaw(), activation: try ActivationRegistry.activation(parsing: activation)),
        DenseLayer(weights: try NormalLaw()),
      ])
    let (inputs, targets) = ([[1.0, 0.5], [-0.5, 1], [0.25, -1.5]], [1.0, -1, 0.5])
    let testInputs = [[0.5, 0.75], [-1, -1]]
    let (time, count, width) = (2.0, 160, 512)
    let prediction = try NetworkPrediction(
      network, inputs: inputs, targets: targets, testInputs: testInputs + [inputs[0]],
      question: NetworkPrediction.Question(time: time)
    ).trained
    let points = testInputs + [inputs[0]]
    var outputs = [[Double]](repeating: [], count: points.count)
    for index in 0..<count {
      var sample = try TrainedNetwork(
        network, width: width, seed: 20, index: index, inputs: inputs, targets: targets)
      // Eigenvalues of the NTK are below 4: a step of 0.2 leaves errors of about 1e-4 of the outputs.
      sample.train(time: time, steps: 10)
      for (place, point) in points.enumerated() { outputs[place].append(sample.output(point)) }
    }
    for (place, values) in outputs.enumerated() {
      let mean = values.reduce(0, +) / Double(count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
      let (expectedMean, expectedVariance) = (prediction.mean[place].value, prediction.variance[place].value)
      let zMean = (mean - expectedMean) / (expectedVariance / Double(count)).squareRoot()
      let zVariance = (variance / expectedVariance - 1) / (2 / Double(count - 1)).squareRoot()
      #expect(zMean.magnitude <= 5, "\(points[place]): \(mean) against \(expectedMean), z = \(zMean)")
      #expect(zVariance.magnitude <= 5, "\(points[place]): \(variance) against \(expectedVariance), z = \(zVariance)")
    }
  }
}
