"""NNGP kernels and NTKs of neural-tangents itself, for neural_tangents.json.

    python -m venv v && v/bin/pip install jax==0.4.25 jaxlib==0.4.25 'numpy<2' 'scipy<1.13' frozendict
    v/bin/pip install --no-deps neural-tangents==0.6.5 tf2jax==0.3.6
    v/bin/python neural_tangents.py > ../neural_tangents.json

Double precision; neural-tangents states no accuracy, and its values are good to about 1e-14 here. Newer versions of
jax no longer work with it. Its experimental module needs TensorFlow and is left out.
"""
import json
import sys
import types

sys.modules["neural_tangents.experimental"] = types.ModuleType("neural_tangents.experimental")
sys.path.pop(0)  # this folder, where a file named like a module would shadow it

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as np
import neural_tangents as nt
from neural_tangents import stax

x1 = [[1.0, 0.0], [0.5, -0.25]]
x2 = [[1.0, 0.0], [0.6, 0.8], [-1.0, 2.0]]


def network(activation, depth, w, b, last_w, last_b):
    layers = []
    for _ in range(depth):
        layers += [stax.Dense(512, W_std=w, b_std=b), activation]
    return stax.serial(*layers, stax.Dense(1, W_std=last_w, b_std=last_b))


# name, activation there, activation here, hidden layers, W_std and b_std of the hidden layers and of the readout
rows = [
    ("erf-2", stax.Erf(), "erf", 2, "1.5", "0.05", "1.5", "0.05"),
    ("relu-1", stax.Relu(), "relu", 1, "1.5", "0.5", "1.5", "0.5"),
    ("relu-3", stax.Relu(), "relu", 3, "sqrt(2)", "0", "1", "0"),
    ("gelu-1", stax.Gelu(approximate=False), "gelu", 1, "1.5", "0.1", "1", "0"),
    ("sin-1", stax.Sin(), "sin", 1, "1.5", "0.1", "1", "0"),
    ("leaky-relu-2", stax.LeakyRelu(0.1), "leaky-relu(1/10)", 2, "1.2", "0", "1", "0"),
]


def number(text):
    return 2**0.5 if text == "sqrt(2)" else float(text)


def standard_deviation(text):
    return None if text == "0" else number(text)


cases = []
for name, there, here, depth, w, b, last_w, last_b in rows:
    _, _, kernel = network(there, depth, number(w), standard_deviation(b), number(last_w), standard_deviation(last_b))
    result = kernel(np.array(x1), np.array(x2), ("nngp", "ntk"))
    for i, x in enumerate(x1):
        for j, y in enumerate(x2):
            cases.append({
                "id": f"{name}-{i}{j}", "activation": here, "depth": depth, "W_std": w, "b_std": b,
                "readout_W_std": last_w, "readout_b_std": last_b, "x": x, "y": y,
                "expected": {"nngp": repr(float(result.nngp[i, j])), "ntk": repr(float(result.ntk[i, j]))},
            })
print(json.dumps({
    "family": "neural_tangents", "title": f"neural-tangents {nt.__version__}, jax {jax.__version__}, float64",
    "count": len(cases), "cases": cases}, indent=1))
