import Activations
import Moments
import Networks

/// The numbers of a layer in the units of the derivation: its laws with their multipliers.
struct LayerConstants: Sendable {
  /// `E (m_w w)²`.
  let second: Quantity
  /// The fourth cumulant of `m_w w`; without meaning where the variance is infinite.
  let fourthCumulant: Quantity
  /// `E (m_w w)³`.
  let third: Quantity
  let weights: WeightMoments
  let bias: (any Law)?
  let biasMultiplier: ExactNumber
  /// `N/N_l` of the layer; for the readout without meaning.
  let inverseWidth: ExactNumber
  let activation: (any Activation)?

  init(_ layer: DenseLayer, relativeWidth: Rational) {
    weights = WeightMoments(layer)
    second = weights.second
    fourthCumulant = weights.fourthCumulant
    third = layer.weights.isSymmetric ? .zero : weights(3)
    bias = layer.bias
    biasMultiplier = layer.biasMultiplier
    inverseWidth = ExactNumber(.one / relativeWidth)
    activation = layer.activation
  }
}
