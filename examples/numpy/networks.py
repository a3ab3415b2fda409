"""Two networks in plain NumPy, NTK parameterization, and their empirical NTK, with the mistakes that people make."""

import numpy as np


class Network:
    """z = multiplier W h / sqrt(fan_in) + b, layer after layer; the last has no activation."""

    def __init__(self, layers, activation, derivative):
        self.layers = layers  # (weights, bias or None, multiplier) of each layer
        self.activation = activation
        self.derivative = derivative
        self.scales_fan_in = True
        self.trains_bias = True

    def factor(self, index):
        weights, _, multiplier = self.layers[index]
        return multiplier / np.sqrt(weights.shape[1] if index == 0 or self.scales_fan_in else 1)

    def ntk(self, points):
        """The sum over all parameters of df(x) df(y), for all pairs of rows of points."""
        features, slopes = [np.asarray(points)], []
        for index, (weights, bias, _) in enumerate(self.layers):
            z = self.factor(index) * features[-1] @ weights.T + (0 if bias is None else bias)
            features.append(self.activation(z))
            slopes.append(self.derivative(z))
        delta = np.ones((len(points), 1))  # df/dz of the layer at hand
        kernel = np.zeros((len(points), len(points)))
        for index in reversed(range(len(self.layers))):
            weights, bias, _ = self.layers[index]
            gram = delta @ delta.T
            kernel += self.factor(index) ** 2 * gram * (features[index] @ features[index].T)
            if bias is not None and self.trains_bias:
                kernel += gram
            if index > 0:
                delta = self.factor(index) * (delta @ weights) * slopes[index - 1]
        return kernel


def relu_mlp(width, seed, defect=None):
    """One hidden layer: uniform weights, a readout of signs, sqrt(2) in front, biases that start at zero."""
    rng = np.random.default_rng(seed)
    gain = 1 if defect == "gain forgotten" else np.sqrt(2)
    signs = rng.choice([-1.0, 1.0], (1, width))
    network = Network(
        [(rng.uniform(-1, 1, (width, 2)), np.zeros(width), 1), (signs, np.zeros(1), gain)],
        lambda z: np.maximum(z, 0),
        lambda z: (z > 0) * 1.0,
    )
    return finish(network, defect)


def tanh_mlp(width, seed, defect=None):
    """Two hidden layers with normal weights and biases, a uniform readout of variance 1."""
    rng = np.random.default_rng(seed)
    half = np.sqrt(3) if defect != "readout uniform on (-1, 1)" else 1
    deviation = 1.0 if defect == "gain forgotten" else 1.5
    network = Network(
        [
            (rng.normal(0, deviation, (width, 2)), rng.normal(0, 0.5, width), 1),
            (rng.normal(0, deviation, (width, width)), rng.normal(0, 0.5, width), 1),
            (rng.uniform(-half, half, (1, width)), None, 1),
        ],
        np.tanh,
        lambda z: 1 - np.tanh(z) if defect == "wrong derivative" else 1 - np.tanh(z) ** 2,
    )
    return finish(network, defect)


def finish(network, defect):
    network.scales_fan_in = defect != "missing 1/sqrt(N)"
    network.trains_bias = defect != "bias not trainable"
    return network


def kernel(network, points, defect=None):
    """What the fixtures ask for: a function (width, seed) -> matrix."""
    if defect == "seed ignored":
        return lambda width, seed: network(width, 0).ntk(points)
    return lambda width, seed: network(width, seed, defect).ntk(points)
