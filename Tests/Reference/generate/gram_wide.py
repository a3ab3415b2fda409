#!/usr/bin/env python3
"""Kernels of one hidden layer at preactivation variances from 0 to a million.

    python3 gram_wide.py > ../gram_wide.json

Inputs are rows of two doubles, q = |x|^2/2 (NTK parameterization, weights normal()), so that

    K = F + mean(b^2) ,  Theta = h (x.y/2 + 1_b) + F + 1_b ,
    F = E phi(b+u) phi(b+v) ,  h = E phi'(b+u) phi'(b+v) ,

with 1_b = 1 where there is a bias b, constant(1/2), and 0 otherwise. The integrals are nested composite Gauss-Legendre rules in
80-bit long double, panels graded around the places where phi bends, with nodes from mpmath: nothing of what the program does,
which works with the trapezoidal rule and Chebyshev series. Each value comes from two rules, of 24 nodes and of 34 on other
panels; `agreement` is their largest difference relative to sqrt(K K) or sqrt(Theta Theta).
"""
import json
import sys

import mpmath
import numpy as np

mpmath.mp.dps = 40
L = np.longdouble
ROWS = [
    [0.0, 0.0], [0.042, 0.0156], [-0.5, 0.875], [6.0, 2.0], [6.0, 2.0 + 2.0**-20], [-23.0, -7.6875], [130.0, -50.0],
    [430.0, 75.0], [430.0, 75.0], [-430.0, -75.0], [430.0 + 2.0**-30, 75.0], [1000.0, 1000.0],
]


def text(x):
    """25 digits of a long double: the double next to it and the rest."""
    high = float(x)
    return mpmath.nstr(mpmath.mpf(high) + mpmath.mpf(float(L(x) - L(high))), 21)


def longdouble(x):
    """An mpmath number as a long double."""
    high = float(x)
    return L(high) + L(float(x - high))


def nodes(n):
    """Gauss-Legendre on [-1, 1]."""
    xs, ws = [], []
    for k in range(n):
        x = mpmath.cos(mpmath.pi * (k + mpmath.mpf(3) / 4) / (n + mpmath.mpf(1) / 2))
        for _ in range(8):
            p, q = mpmath.mpf(1), x
            for j in range(2, n + 1):
                p, q = q, ((2 * j - 1) * x * q - (j - 1) * p) / j
            d = n * (x * q - p) / (x * x - 1)
            x -= q / d
        p, q = mpmath.mpf(1), x
        for j in range(2, n + 1):
            p, q = q, ((2 * j - 1) * x * q - (j - 1) * p) / j
        d = n * (x * q - p) / (x * x - 1)
        xs.append(longdouble(x))
        ws.append(longdouble(2 / ((1 - x * x) * d * d)))
    return np.array(xs), np.array(ws)


RULES = [(nodes(24), L(1.5)), (nodes(34), L(1.3))]
GRADES = [0, 0.75, 1.5, 3, 4.5, 6, 8, 10, 13, 16, 20, 25, 30, 40, 60, 100]
END = L(11)


def logistic(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def softplus(z):
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def tanh_slope(z):
    e = np.exp(-2 * np.abs(z))
    return 4 * e / (1 + e) ** 2


def logistic_slope(z):
    e = np.exp(-np.abs(z))
    return e / (1 + e) ** 2


def mish_slope(z):
    y = softplus(z)
    return np.tanh(y) + z * tanh_slope(y) * logistic(z)


ROOT = longdouble(mpmath.sqrt(2 / mpmath.pi))
CUBE = longdouble(mpmath.mpf("0.044715"))


def gelu_tanh(z):
    return z * logistic(2 * ROOT * (z + CUBE * z * z * z))


def gelu_tanh_slope(z):
    y = 2 * ROOT * (z + CUBE * z * z * z)
    return logistic(y) + z * logistic_slope(y) * 2 * ROOT * (1 + 3 * CUBE * z * z)


FUNCTIONS = {
    "tanh": (np.tanh, tanh_slope, 1),
    "sigmoid": (logistic, logistic_slope, 2),
    "softplus": (softplus, logistic, 2),
    "silu": (lambda z: z * logistic(z), lambda z: logistic(z) + z * logistic_slope(z), 2),
    "mish": (lambda z: z * np.tanh(softplus(z)), mish_slope, 1.5),
    "gelu-tanh": (gelu_tanh, gelu_tanh_slope, 1.5),
}


def panels(places, step, rule):
    """Nodes and weights times the Gaussian density on [-END, END]; `places` are (centre, unit) of graded panels."""
    ends = set(np.arange(-END, END, step)) | {END}
    for centre, unit in places:
        for grade in GRADES:
            for end in (centre + L(grade) * unit, centre - L(grade) * unit):
                if -END < end < END:
                    ends.add(end)
    ends = np.array(sorted(ends), dtype=L)
    ends = np.concatenate([ends[:1], ends[1:][np.diff(ends) > L(1e-17)]])
    x, w = rule
    half, middle = (ends[1:] - ends[:-1]) / 2, (ends[1:] + ends[:-1]) / 2
    points = (middle[:, None] + half[:, None] * x[None, :]).ravel()
    weights = (half[:, None] * w[None, :]).ravel()
    return points, weights * np.exp(-points * points / 2) * ROOT / 2


def dual(f, g, c, b, s1, s2, rho, spread, rule, step):
    """E f f and E g g; rho and spread, the correlation and sqrt(1 - rho^2)."""
    c, b = L(c), L(b)
    if s1 == 0 or s2 == 0:
        def mean(h, s):
            if s == 0:
                return h(np.array([b]))[0]
            x, w = panels([(-b / s, c / s)], step, rule)
            return (w * h(b + s * x)).sum()
        return mean(f, s1) * mean(f, s2), mean(g, s1) * mean(g, s2)
    places = [(-b / s1, c / s1)]
    wide = np.hypot(c, s2 * spread)
    if rho != 0:
        places.append((-b / (s2 * rho), wide / (s2 * abs(rho))))
    x, w = panels(places, step, rule)
    if spread == 0:
        values = [h(b + s2 * rho * x) for h in (f, g)]
    else:
        values = [np.zeros_like(x), np.zeros_like(x)]
        for index, point in enumerate(x):
            if w[index] < 1e-25:
                continue
            m, s = b + s2 * rho * point, s2 * spread
            z, v = panels([(-m / s, c / s)], step, rule)
            for value, h in zip(values, (f, g)):
                value[index] = (v * h(m + s * z)).sum()
    return [(w * h(b + s1 * x) * value).sum() for h, value in zip((f, g), values)]


def pair(x, y, name, b, rule, step):
    f, g, c = FUNCTIONS[name]
    p = [[mpmath.mpf(t) for t in row] for row in (x, y)]
    square = [sum(t * t for t in row) for row in p]
    dot = p[0][0] * p[1][0] + p[0][1] * p[1][1]
    cross = p[0][0] * p[1][1] - p[0][1] * p[1][0]
    size = mpmath.sqrt(square[0] * square[1])
    rho, spread = (dot / size, abs(cross) / size) if size > 0 else (mpmath.mpf(0), mpmath.mpf(1))
    s1, s2 = (longdouble(mpmath.sqrt(t / 2)) for t in square)
    F, h = dual(f, g, c, b, s1, s2, longdouble(rho), longdouble(spread), rule, step)
    one = L(1) if b else L(0)
    return F + L(b) ** 2, h * (longdouble(dot / 2) + one) + F + one


def main():
    cases = []
    for name, b in [(name, 0) for name in FUNCTIONS] + [("tanh", 0.5), ("silu", 0.5)]:
        results = []
        for rule, step in RULES:
            values = {}
            for i in range(len(ROWS)):
                for j in range(i, len(ROWS)):
                    values[i, j] = pair(ROWS[i], ROWS[j], name, b, rule, step)
            results.append(values)
        first, second = results
        agreement = 0.0
        for (i, j), value in second.items():
            for k in (0, 1):
                scale = np.sqrt(second[i, i][k] * second[j, j][k])
                if scale > 0:
                    agreement = max(agreement, float(abs(value[k] - first[i, j][k]) / scale))
        print(name, b, agreement, file=sys.stderr)
        cases.append({
            "activation": name, "bias": "constant(1/2)" if b else None, "agreement": "%.1e" % agreement,
            "entries": [[i, j, text(v[0]), text(v[1])] for (i, j), v in second.items()]})
    json.dump({
        "family": "gram_wide", "tool": "numpy %s long double, nodes from mpmath %s" % (np.__version__, mpmath.__version__),
        "command": "python3 gram_wide.py > ../gram_wide.json", "rows": ROWS, "count": len(cases), "cases": cases},
        sys.stdout, indent=1)
    print()


main()
