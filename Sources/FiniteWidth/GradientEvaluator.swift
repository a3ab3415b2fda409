import Networks

/// Evaluates a network and the gradients of its outputs for many values of its parameters, at fixed points.
///
/// One evaluation allocates nothing, and its results are the same, to the last bit, for every number of threads. An
/// evaluator holds scratch memory: it serves one evaluation at a time.
public final class GradientEvaluator {
  /// How the parameters stand in a vector.
  public let layout: ParameterLayout
  /// The number of points.
  public let pointCount: Int
  private let pass: any GradientPass

  /// - Parameters:
  ///   - network: Its architecture and factors are used, its parameters are not.
  ///   - threads: How many threads may work; it does not change a result.
  public init(_ network: some TrainableNetwork, points: [[Double]], threads: Int = 1) {
    precondition(
      points.allSatisfy { $0.count == network.network.inputDimension }, "a point has a coordinate for each input")
    layout = network.parameterLayout
    pointCount = points.count
    pass = network.gradientPass(at: points, threads: threads)
  }

  /// The outputs `f` at the points.
  ///
  /// - Parameters:
  ///   - parameters: `layout.count` numbers.
  ///   - outputs: Room for a number for each point.
  public func outputs(_ parameters: UnsafePointer<Double>, into outputs: UnsafeMutablePointer<Double>) {
    pass.outputs(parameters, into: outputs)
  }

  /// The gradient of `Σₐ cₐ f(xₐ)` at the parameters of the last call of ``outputs(_:into:)``.
  ///
  /// Rates are not in it; places of parameters that are not trained are 0.
  ///
  /// - Parameters:
  ///   - coefficients: `c`, a number for each point.
  ///   - parameters: The same as in the call of ``outputs(_:into:)``.
  ///   - gradient: Room for `layout.count` numbers.
  public func gradient(
    _ coefficients: UnsafePointer<Double>, _ parameters: UnsafePointer<Double>,
    into gradient: UnsafeMutablePointer<Double>
  ) {
    pass.gradient(coefficients, parameters, into: gradient)
  }
}

// MARK: Arrays

extension GradientEvaluator {
  /// The outputs `f` at the points.
  public func outputs(_ parameters: [Double]) -> [Double] {
    precondition(parameters.count == layout.count, "there is a number for each parameter")
    var result = [Double](repeating: 0, count: pointCount)
    parameters.withUnsafeBufferPointer { parameters in
      result.withUnsafeMutableBufferPointer { result in
        guard let source = parameters.baseAddress, let target = result.baseAddress else { return }
        outputs(source, into: target)
      }
    }
    return result
  }

  /// The gradient of `Σₐ cₐ f(xₐ)`.
  public func gradient(coefficients: [Double], at parameters: [Double]) -> [Double] {
    precondition(coefficients.count == pointCount, "there is a coefficient for each point")
    _ = outputs(parameters)
    var result = [Double](repeating: 0, count: layout.count)
    parameters.withUnsafeBufferPointer { parameters in
      coefficients.withUnsafeBufferPointer { coefficients in
        result.withUnsafeMutableBufferPointer { result in
          guard let source = parameters.baseAddress, let target = result.baseAddress,
            let weights = coefficients.baseAddress
          else { return }
          gradient(weights, source, into: target)
        }
      }
    }
    return result
  }
}
