#!/usr/bin/env python3
"""Expectations E[f(u) f(v)], u = w·x + b, in corners where one method alone applies: family_first_layer_corners.json.

Independent of the package: mpmath at 40 digits, one- and two-dimensional tanh-sinh integrals between break points,
or closed forms where the comment says so.  Run: python3 first_layer_corners.py > ../family_first_layer_corners.json
"""
import json
from mpmath import mp, mpf, quad, exp, sqrt, pi, erf, erfc, tanh, sin, cos, sinh, inf, mpmathify

mp.dps = 40
relu = lambda z: z if z > 0 else mpf(0)
hard_tanh = lambda z: max(mpf(-1), min(mpf(1), z))
sigmoid = lambda z: 1 / (1 + exp(-z))
softplus = lambda z: mp.log1p(exp(z)) if z < 50 else z + mp.log1p(exp(-z))
gaussian = lambda z: exp(-z * z)
normal = lambda z: exp(-z * z / 2) / sqrt(2 * pi)
laplace = lambda z: exp(-abs(z)) / 2


def one(density, f, x, y, offset, breaks):
    # quad stops at an absolute error: integrands are first scaled to 1.
    size = max(abs(density(w) * f(w * x + offset) * f(w * y + offset))
               for a, b in zip(breaks, breaks[1:]) for w in (a + (b - a) * k / 16 for k in range(17)))
    return size * quad(lambda w: density(w) * f(w * x + offset) * f(w * y + offset) / size, breaks)


rows = []


def row(weights, bias, activation, x, y, value):
    rows.append({
        "id": f"{activation}, {weights}, {bias}, x={x}, y={y}", "weights": weights, "bias": bias,
        "activation": activation, "x": x, "y": y,
        "expected": {"value": mp.nstr(value, 25, min_fixed=-5, max_fixed=5)}})


M = mpf(10) ** 6
wide = [-100 * M] + [s * mpf(10) ** k for s in (-1,) for k in (7, 6, 5, 4, 3, 2, 1, 0)] + [0]
wide = wide + [-w for w in reversed(wide[:-1])]
for name, f in [("tanh", tanh), ("sigmoid", sigmoid), ("hard-tanh", hard_tanh)]:
    places = sorted(set(wide + [mpf(-2), mpf(2), mpf(-1), mpf(1), mpf(-30), mpf(30), mpf(-90), mpf(90)]))
    row("normal(0, 1000000)", "none", name, ["1"], ["1/2"],
        one(lambda w: normal(w / M) / M, f, mpf(1), mpf(1) / 2, 0, places))
row("uniform(-1000000, 1000000)", "none", "erf", ["1"], ["1/2"],
    one(lambda w: 1 / (2 * M), erf, mpf(1), mpf(1) / 2, 0,
        [-M, -1000, -30, -10, -3, 0, 3, 10, 30, 1000, M]))
# u and v as one common uniform bias plus independent N(0, 2): E = E_b[m(b)^2], m(b) = E tanh(b + sqrt2 z).
mean = lambda b: quad(lambda z: normal(z) * tanh(b + sqrt(mpf(2)) * z),
                      sorted([mpf(-14), -b / sqrt(mpf(2)), mpf(-5), mpf(0), mpf(5), mpf(14)]))
mp.dps = 25
inner = quad(lambda b: 1 - mean(b) ** 2, [0, 2, 4, 8, 16, 32, 60])
mp.dps = 40
row("normal()", "uniform(-1000000, 1000000)", "tanh", ["1", "1"], ["1", "-1"], 1 - inner / M)
row("normal()", "constant(-20)", "relu", ["1"], ["1"],
    401 * erfc(20 / sqrt(mpf(2))) / 2 - 20 * normal(mpf(20)))
row("normal()", "constant(-20)", "sigmoid", ["1"], ["1/2"],
    one(normal, sigmoid, mpf(1), mpf(1) / 2, -20, list(range(-14, 46, 4))))
row("laplace(1)", "constant(-20)", "relu", ["1"], ["1/2"],
    one(laplace, relu, mpf(1), mpf(1) / 2, -20, [40, 45, 60, 100, 200]))
row("uniform(-1/10, 1/10)", "constant(-10)", "gaussian", ["1"], ["1/2"],
    one(lambda w: mpf(5), gaussian, mpf(1), mpf(1) / 2, -10, [mpf(-1) / 10, 0, mpf(1) / 10]))
row("rademacher()", "constant(-100)", "sigmoid", ["1/3"], ["1/3"],
    (sigmoid(-100 + mpf(1) / 3) ** 2 + sigmoid(-100 - mpf(1) / 3) ** 2) / 2)
row("rademacher()", "none", "gaussian", ["31/3"], ["31/3"], gaussian(mpf(31) / 3) ** 2)
row("scaled(1000000, rademacher())", "none", "sin", ["1/3"], ["1/7"], sin(M / 3) * sin(M / 7))
row("laplace(999999/1000000)", "none", "exp", ["1"], ["0"], 1 / (1 - (mpf(999999) / M) ** 2))
row("uniform(-300, 300)", "none", "exp", ["1"], ["1/3"], sinh(mpf(400)) / 400)
for scale in ("1e-6", "1e-150"):
    h = mpf(scale)
    row(f"uniform(-{scale}, {scale})", "none", "tanh", ["1"], ["1/2"],
        h * h / 6 - h ** 4 * mpf(5) / 24 / 5)  # two terms of the series; the next is h^6
row("student-t(1, 1)", "none", "erf", ["1"], ["1/2"],
    2 * quad(lambda w: erf(w) * erf(w / 2) / (pi * (1 + w * w)), [0, 1, 3, 8, 20, 100, 10 ** 4, inf]))
json.dump({"tool": f"mpmath {mp.__class__.__module__ and __import__('mpmath').__version__}, 40 digits",
           "cases": rows}, __import__("sys").stdout, indent=1)
print()
