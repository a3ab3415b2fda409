"""Deep limiting kernels in hard corners, by closed forms in 120-digit arithmetic (mpmath).

    python3 deep_corners.py > ../deep_corners.json

ReLU, leaky ReLU and erf networks with Gaussian weights and Gaussian biases: nearly parallel inputs through 100 layers,
lengths from 1e-150 to 1e150, zero vectors. Each row: the network's numbers, x, y, and K, Theta and 1 - correlation of both.
"""
import json
from mpmath import mp, mpf, sqrt, acos, asin, pi, atan2, nstr

mp.dps = 120


def relu_duals(a, slope):
    """E phi phi' and E phi'(u) phi'(v) for z > 0: z, z < 0: slope z."""
    def dual(q1, q2, c):
        s = sqrt(q1 * q2)
        d = q1 * q2 - c * c
        if d < 0:
            d = mpf(0)
        theta = atan2(sqrt(d), c)
        j1 = (sqrt(d) + (pi - theta) * c) / (2 * pi)   # relu(u) relu(v)
        j0 = (pi - theta) / (2 * pi)
        # phi = (1 - a) relu + a z with a the slope
        f = (1 - slope) ** 2 * j1 + 2 * slope * (1 - slope) * c / 2 + slope ** 2 * c
        h = (1 - slope) ** 2 * j0 + 2 * slope * (1 - slope) / 2 + slope ** 2
        return f, h
    return dual


def erf_dual(q1, q2, c):
    if q1 == 0 or q2 == 0:
        pass
    a = 2 * c / sqrt((1 + 2 * q1) * (1 + 2 * q2))
    f = 2 / pi * asin(a)
    h = 4 / pi / sqrt((1 + 2 * q1) * (1 + 2 * q2) - 4 * c * c)
    return f, h


DUALS = {"relu": relu_duals(0, mpf(0)), "leaky-relu(1/8)": relu_duals(0, mpf(1) / 8), "erf": erf_dual}


def kernels(activation, depth, sw2, sb2, x, y):
    dual = DUALS[activation]
    d = len(x)
    xs = [mpf(t) for t in x]
    ys = [mpf(t) for t in y]

    def run(u, v):
        uu, vv, uv = [sum(p * q for p, q in zip(s, t)) / d for s, t in ((u, u), (v, v), (u, v))]
        q1, q2, c = sw2 * uu + sb2, sw2 * vv + sb2, sw2 * uv + sb2
        t12 = uv + (1 if sb2 else 0)
        for _ in range(depth):
            f, h = dual(q1, q2, c)
            f1, _h = dual(q1, q1, q1)
            f2, _h = dual(q2, q2, q2)
            t12 = f + (1 if sb2 else 0) + sw2 * h * t12
            q1, q2, c = sw2 * f1 + sb2, sw2 * f2 + sb2, sw2 * f + sb2
        return c, t12
    return run(xs, ys), run(xs, xs), run(ys, ys)


CASES = [
    ("relu", 100, "2", "0", ["1", "0"], ["1", "1e-10"]),
    ("relu", 100, "2", "1/100", ["1", "0"], ["1", "1e-10"]),
    ("relu", 100, "2", "1/100", ["1", "0"], ["1.0000000001", "1e-10"]),
    ("relu", 3, "2", "0", ["1e-150", "0"], ["1", "1"]),
    ("relu", 3, "2", "0", ["1e150", "1e149"], ["1e150", "-1e150"]),
    ("relu", 3, "2", "0", ["1e-150", "2e-150"], ["1e-150", "1e-150"]),
    ("relu", 3, "2", "1/4", ["0", "0"], ["1", "1"]),
    ("relu", 3, "2", "0", ["1", "2"], ["1e6", "2000000.000001"]),
    ("leaky-relu(1/8)", 20, "3/2", "1/100", ["1", "0.5"], ["1.00000001", "0.5"]),
    ("leaky-relu(1/8)", 5, "3/2", "0", ["1", "0.5"], ["-1", "-0.50000001"]),
    ("erf", 10, "9/4", "1/100", ["1", "0.5"], ["1.000001", "0.5"]),
    ("erf", 3, "9/4", "0", ["1", "0.5"], ["1.00000001", "0.5"]),
    ("erf", 3, "9/4", "0", ["1e-6", "0"], ["1e6", "1"]),
    ("erf", 3, "9/4", "0", ["1", "0.5"], ["-1", "-0.5"]),
    ("erf", 100, "9/4", "1/4", ["1", "0.5"], ["-0.5", "2"]),
]


def fraction(text):
    p, _, q = text.partition("/")
    return mpf(p) / mpf(q or "1")


rows = []
for activation, depth, sw2, sb2, x, y in CASES:
    (k, t), (k1, t1), (k2, t2) = kernels(activation, depth, fraction(sw2), fraction(sb2), x, y)
    def gap(c, p, q):
        return nstr(1 - c / sqrt(p * q), 30) if p > 0 and q > 0 else "none"
    rows.append({
        "activation": activation, "depth": depth, "weight-variance": sw2, "bias-variance": sb2, "x": x, "y": y,
        "nngp": nstr(k, 30), "ntk": nstr(t, 30), "nngp_xx": nstr(k1, 30), "ntk_xx": nstr(t1, 30),
        "gap_nngp": gap(k, k1, k2), "gap_ntk": gap(t, t1, t2)})
print(json.dumps({"tool": "mpmath " + __import__("mpmath").__version__ + ", 120 digits", "cases": rows}, indent=1))
