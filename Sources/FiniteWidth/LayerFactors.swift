import Foundation
import Moments
import Networks

/// The factors of one layer at one width, with all powers of the width put in.
///
///     z = weightFactor · W h + biasFactor · β ,   W = initialWeight · w ,   β = initialBias · b ,
///
/// and the NTK weighs the gradients with respect to `W` and `β` with the rates.
struct LayerFactors: Sendable {
  var weightFactor: Double
  var initialWeight: Double
  var weightRate: Double
  var biasFactor: Double
  var initialBias: Double
  var biasRate: Double

  /// The factors of all layers of a network whose hidden layers have one width.
  ///
  /// The numbers of a network are exact; rounding them takes longer than drawing a small network.
  static func all(_ network: Network, width: Int) -> [LayerFactors] {
    network.plainLayers.enumerated().map { LayerFactors(network, $0.element, layer: $0.offset, width: width) }
  }

  /// - Parameters:
  ///   - index: The place of the layer, or of the block that holds it, in the network.
  ///   - width: The `N` of this layer: its fan-in, or the number of its neurons in the first layer.
  init(_ network: Network, _ layer: DenseLayer, layer index: Int, width: Int) {
    let exponents = network.exponents(ofLayer: index)
    func power(_ exponent: ExactNumber) -> Double {
      exponent == ExactNumber(1, 2) ? 1 / Double(width).squareRoot() : pow(Double(width), -exponent.doubleValue)
    }
    weightFactor = layer.weightMultiplier.doubleValue * power(exponents.weightMultiplier)
    initialWeight = power(exponents.weightDeviation)
    weightRate = power(exponents.weightRate)
    biasFactor = layer.biasMultiplier.doubleValue * power(exponents.biasMultiplier)
    initialBias = power(exponents.biasDeviation)
    biasRate = power(exponents.biasRate)
    if index == 0 {
      let scale = network.inputScale.doubleValue
      if network.parameterization.placesInputScaleInInitialization {
        initialWeight *= scale
      } else {
        weightFactor *= scale
      }
    }
  }
}

extension Network {
  /// The layers of a network of dense layers only.
  var plainLayers: [DenseLayer] {
    let dense = layers.compactMap { $0 as? DenseLayer }
    precondition(dense.count == layers.count, "a finite network of matrices has dense layers only")
    return dense
  }
}
