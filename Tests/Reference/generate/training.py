"""Writes Tests/Reference/weights/* and Tests/Reference/training.json: files of weights as NumPy and safetensors write
them, with outputs, NTK and gradient flow of the same networks computed here.

NumPy 2.4, SciPy 1.17, safetensors 0.8. Outputs by plain matrix products; gradients by complex steps (h = 1e-30, no
subtraction), hence right to rounding; gradient flow by SciPy's DOP853 at rtol 1e-13. Nothing is shared with the Swift
code.

    pip install numpy scipy safetensors; python3 Tests/Reference/generate/training.py
"""
import json
import pathlib

import numpy as np
from safetensors.numpy import save_file
from scipy.integrate import solve_ivp

root = pathlib.Path(__file__).resolve().parent.parent
folder = root / "weights"
folder.mkdir(exist_ok=True)
rng = np.random.default_rng(20240607)

# --- A state dictionary: 2 -> 4 -> 3 -> 1, tanh, with biases, as torch.nn.Sequential numbers its layers.
sizes = [2, 4, 3, 1]
state = {}
for index, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:])):
    bound = fan_in ** -0.5
    state[f"{2 * index}.weight"] = rng.uniform(-bound, bound, (fan_out, fan_in)).astype(np.float32)
    state[f"{2 * index}.bias"] = rng.uniform(-bound, bound, fan_out).astype(np.float32)
np.savez(folder / "mlp.npz", **state)
np.savez_compressed(folder / "mlp-deflated.npz", **{k: v.astype(np.float64) for k, v in state.items()})
save_file(state, folder / "mlp.safetensors", metadata={"format": "pt"})
named = {k.replace("0.", "fc1.").replace("2.", "fc2.").replace("4.", "fc3."): v for k, v in state.items()}
save_file({k: v.astype(np.float64) for k, v in named.items()}, folder / "mlp-named-f64.safetensors")
save_file({k: v.astype(np.float16) for k, v in state.items()}, folder / "mlp-f16.safetensors")


def flat(s):
    return np.concatenate([np.asarray(v, float).ravel() for v in s.values()])


def unflat(theta):
    out, offset = [], 0
    for v in state.values():
        out.append(theta[offset:offset + v.size].reshape(v.shape))
        offset += v.size
    return out


def forward(theta, points, phi=np.tanh, factors=(1.0, 1.0, 1.0)):
    w = unflat(theta)
    h = points.T
    for layer in range(3):
        h = factors[layer] * (w[2 * layer] @ h) + w[2 * layer + 1][:, None]
        if layer < 2:
            h = phi(h)
    return h[0]


def jacobian(theta, points, **kw):
    rows = []
    for p in range(theta.size):
        shifted = theta.astype(complex)
        shifted[p] += 1e-30j
        rows.append(forward(shifted, points, **kw).imag / 1e-30)
    return np.array(rows).T


points = np.array([[0.5, -1.0], [1.25, 0.75], [-0.25, 2.0]])
targets = np.array([0.5, -0.25])
theta = flat(state)
# Multipliers 1 (standard) and 1/sqrt(fan-in) (ntk, with s = 1/sqrt(2)); in a hidden layer N is the fan-in.
cases = {"standard": (1.0, 1.0, 1.0), "ntk": (2 ** -0.5, 4 ** -0.5, 3 ** -0.5)}
result = {"points": points.tolist(), "targets": targets.tolist(), "networks": {}}
for name, factors in cases.items():
    j = jacobian(theta, points, factors=factors)

    def velocity(t, th):
        jt = jacobian(th, points[:2], factors=factors)
        return -jt.T @ (forward(th, points[:2], factors=factors) - targets)

    flow = solve_ivp(velocity, (0, 3), theta, method="DOP853", rtol=1e-13, atol=1e-15, t_eval=[0.5, 3])
    assert flow.success
    ends = []
    for t, th in zip(flow.t, flow.y.T):
        jt = jacobian(th, points, factors=factors)
        ends.append({
            "time": float(t), "outputs": forward(th, points, factors=factors).tolist(), "kernel": (jt @ jt.T).tolist(),
            "travelled": float(np.linalg.norm(th - theta)), "largestMove": float(np.abs(th - theta).max()),
        })
        # The linearized model by its own differential equation, solved with an eigendecomposition here as well.
        k = j[:2] @ j[:2].T
        lam, v = np.linalg.eigh(k)
        r0 = forward(theta, points[:2], factors=factors) - targets
        a = v @ ((-np.expm1(-lam * t) / lam) * (v.T @ r0))
        lin = theta - j[:2].T @ a
        ends[-1]["linearizedOutputs"] = (forward(theta, points, factors=factors) - j @ j[:2].T @ a).tolist()
        ends[-1]["distance"] = float(np.linalg.norm(th - lin))
    result["networks"][name] = {
        "outputs": forward(theta, points, factors=factors).tolist(), "kernel": (j @ j.T).tolist(), "flow": ends,
    }
half = {k: v.astype(np.float16).astype(float) for k, v in state.items()}
result["halfPrecisionOutputs"] = forward(flat(half), points).tolist()
(root / "training.json").write_text(json.dumps(result, indent=1) + "\n")
