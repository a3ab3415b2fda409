"""Two PyTorch networks and their empirical NTK, with the mistakes that people make."""

import math

import torch

from torch import nn
from torch.func import functional_call, grad, vmap


def default_mlp(width, seed, defect=None):
    """One hidden layer, as nn.Linear initializes it."""
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(3, width), nn.ReLU(), nn.Linear(width, 1))
    if defect == "missing 1/sqrt(N)":
        nn.init.uniform_(network[2].weight, -1, 1)
    if defect == "wrong bound":
        # kaiming_uniform_ with its own default a = 0 in place of nn.Linear's a = sqrt(5)
        for layer in network[::2]:
            nn.init.kaiming_uniform_(layer.weight)
    return finish(network, defect)


def he_mlp(width, seed, defect=None):
    """Two hidden layers with He's initialization and biases that start at zero."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Linear(3, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1)
    )
    for layer in network[::2]:
        gain = "linear" if defect == "He gain forgotten" else "relu"
        nn.init.kaiming_normal_(layer.weight, nonlinearity=gain)
        nn.init.zeros_(layer.bias)
    if defect == "missing 1/sqrt(N)":
        nn.init.normal_(network[4].weight, 0, math.sqrt(2))
    if defect == "biases not zeroed":
        for layer in network[::2]:
            nn.init.normal_(layer.bias)
    return finish(network, defect)


def finish(network, defect):
    if defect == "bias not trainable":
        for layer in network[::2]:
            layer.bias.requires_grad_(False)
    if defect == "first layer frozen":
        network[0].requires_grad_(False)
    if defect == "wrong activation":
        network[1] = nn.LeakyReLU(0.2)
    return network


def empirical_ntk(network, points):
    """The sum over all trained parameters of df(x) df(y), for all pairs of points."""
    trained = {name: p.detach() for name, p in network.named_parameters() if p.requires_grad}
    fixed = {name: p.detach() for name, p in network.named_parameters() if not p.requires_grad}

    def f(parameters, x):
        return functional_call(network, {**parameters, **fixed}, (x,)).squeeze()

    gradients = vmap(grad(f), in_dims=(None, 0))(trained, torch.tensor(points))
    jacobian = torch.cat([g.flatten(start_dim=1) for g in gradients.values()], dim=1)
    return (jacobian @ jacobian.T).tolist()


def kernel(network, points, defect=None):
    """What the fixtures ask for: a function (width, seed) -> matrix."""
    if defect == "seed ignored":
        return lambda width, seed: empirical_ntk(network(width, 0), points)
    return lambda width, seed: empirical_ntk(network(width, seed, defect), points)
