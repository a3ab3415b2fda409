#!/usr/bin/env python3
"""Gaussian duals with means, several kinks, wide and narrow variances, and 1 - rho down to 1e-15.

    python3 gaussian_shifted.py > ../family_shifted.json

Method 1 (all activations but erf, gelu): nested Gauss-Legendre rules, 24 and 16 nodes, on fixed geometric panels in
80-bit arithmetic (numpy.longdouble); `agreement` is the difference of the two rules relative to E|f g|.
Method 2 (erf, gelu): the same rules in one dimension and 36 digits, for f(u) E[f(v) | u] with the elementary
conditional expectation.
Needs numpy with an 80-bit long double, and mpmath. Deterministic.
"""
import json
import sys

import numpy as np
from mpmath import mp, mpf

mp.dps = 36
LD = np.longdouble


def ld(x):
    """An mpf as a long double, through two doubles and a rest."""
    x = mpf(x)
    total = LD(0)
    for _ in range(3):
        part = float(x)
        total += LD(part)
        x -= mpf(part)
    return total


def frac(text):
    if "/" in text:
        a, b = text.split("/")
        return mpf(a) / mpf(b)
    return mpf(text)


def legendre(n):
    nodes, weights = [], []
    for k in range(1, n + 1):
        x = mp.cos(mp.pi * (mpf(k) - mpf(1) / 4) / (n + mpf(1) / 2))
        for _ in range(60):
            p0, p1 = mpf(1), x
            for j in range(2, n + 1):
                p0, p1 = p1, ((2 * j - 1) * x * p1 - (j - 1) * p0) / j
            d = n * (x * p1 - p0) / (x * x - 1)
            step = p1 / d
            x -= step
            if abs(step) < mpf(10) ** -36:
                break
        nodes.append(x)
        weights.append(2 / ((1 - x * x) * d * d))
    return nodes, weights


EXACT_RULES = {n: legendre(n) for n in (16, 24)}
RULES = {n: tuple(np.array([ld(x) for x in part], dtype=LD) for part in rule) for n, rule in EXACT_RULES.items()}
SELU_A = ld(mpf("1.6732632423543772848170429916717"))
SELU_L = ld(mpf("1.0507009873554804934193349852946"))


def sig(z):
    # 1/(1+e^-z) through tanh: no overflow
    return np.where(z > 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))


def softplus(z):
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def tanh1(z):
    e = np.exp(-2 * np.abs(z))
    return 4 * e / (1 + e) ** 2


def mish1(z):
    t = np.tanh(softplus(z))
    return t + z * tanh1(softplus(z)) * sig(z)


GT = ld(mp.sqrt(2 / mp.pi))
GC = ld(mpf("0.044715"))


def gt_arg(z):
    return GT * (z + GC * z * z * z)


def gelutanh(z):
    return z * sig(2 * gt_arg(z))


def gelutanh1(z):
    s = sig(2 * gt_arg(z))
    m = sig(-2 * gt_arg(z))
    return s + z * s * m * 2 * GT * (1 + 3 * GC * z * z)


def pick(c, a, b):
    return np.where(c, a, b)


def neg(z):
    return np.minimum(z, 0)


H = LD(1) / 2
ACTIVATIONS = {
    # name: (phi, phi', kinks, features of scale 1 there?)
    "relu": (lambda z: np.maximum(z, 0), lambda z: pick(z > 0, LD(1), LD(0)), [0], False),
    "leaky-relu(1/10)": (lambda z: pick(z > 0, z, z / 10), lambda z: pick(z > 0, LD(1), LD(1) / 10), [0], False),
    "abs": (lambda z: np.abs(z), lambda z: np.sign(z), [0], False),
    "step": (lambda z: pick(z > 0, LD(1), LD(0)), None, [0], False),
    "rectified-power(2)": (lambda z: np.maximum(z, 0) ** 2, lambda z: 2 * np.maximum(z, 0), [0], False),
    "hard-tanh": (lambda z: np.clip(z, -1, 1), lambda z: pick(np.abs(z) < 1, LD(1), LD(0)), [-1, 1], False),
    "relu6": (lambda z: np.clip(z, 0, 6), lambda z: pick((z > 0) & (z < 6), LD(1), LD(0)), [0, 6], False),
    "hard-sigmoid": (
        lambda z: np.clip(z / 6 + H, 0, 1), lambda z: pick(np.abs(z) < 3, LD(1) / 6, LD(0)), [-3, 3], False),
    "hard-swish": (
        lambda z: z * np.clip(z / 6 + H, 0, 1), lambda z: pick(z >= 3, LD(1), pick(z <= -3, LD(0), z / 3 + H)),
        [-3, 3], False),
    "elu(1)": (lambda z: pick(z > 0, z, np.expm1(neg(z))), lambda z: pick(z > 0, LD(1), np.exp(neg(z))), [0], True),
    "selu": (
        lambda z: SELU_L * pick(z > 0, z, SELU_A * np.expm1(neg(z))),
        lambda z: SELU_L * pick(z > 0, LD(1), SELU_A * np.exp(neg(z))), [0], True),
    "celu(2)": (
        lambda z: pick(z > 0, z, 2 * np.expm1(neg(z) / 2)), lambda z: pick(z > 0, LD(1), np.exp(neg(z) / 2)), [0], True),
    "softsign": (lambda z: z / (1 + np.abs(z)), lambda z: 1 / (1 + np.abs(z)) ** 2, [0], True),
    "tanh": (lambda z: np.tanh(z), tanh1, [0], True),
    "sigmoid": (sig, lambda z: sig(z) * sig(-z), [0], True),
    "softplus": (softplus, sig, [0], True),
    "silu": (lambda z: z * sig(z), lambda z: sig(z) + z * sig(z) * sig(-z), [0], True),
    "mish": (lambda z: z * np.tanh(softplus(z)), mish1, [0], True),
    "gelu-tanh": (gelutanh, gelutanh1, [0], True),
}

# m1, m2, q1, q2, 1 - rho
LAWS = [
    ("1/2", "-3/10", "1.3", "0.7", "0.4"),
    ("1/4", "1/4", "2", "2", "1e-6"),
    ("0", "0", "1", "1", "1e-10"),
    ("-1", "-1", "0.5", "3", "1e-15"),
    ("7/10", "-1/5", "1", "4", "1.999999999"),
    ("0", "0", "1e4", "25", "0.3"),
    ("1", "2", "1e12", "1e10", "0.05"),
    ("1", "-2", "1e-12", "1e-8", "0.8"),
    ("1/3", "1/3", "7/3", "7/3", "1.2"),
    ("-4", "-5", "1", "2", "0.5"),
    ("0", "0", "50", "40", "1e-4"),
    ("3", "3", "100", "1e-3", "1e-2"),
]
REACH = LD(12)


def grid(positions, scales, smallest):
    """Break points around positions (m, k) at distances scale * 2^j."""
    columns = [np.broadcast_to(LD(p), positions[0].shape) for p in np.arange(-12, 13)]
    for position, scale in zip(positions, scales):
        columns.append(position)
        if scale is not None:
            distance = LD(scale) * smallest
            while distance < 24:
                columns += [position - distance, position + distance]
                distance = distance * 2
    table = np.stack(columns, axis=-1)
    return np.sort(np.clip(table, -REACH, REACH), axis=-1)


def nodes(breaks, n):
    x, w = RULES[n]
    lower, upper = breaks[..., :-1, None], breaks[..., 1:, None]
    half = (upper - lower) / 2
    z = (upper + lower) / 2 + half * x
    weight = half * w * np.exp(-z * z / 2)
    shape = breaks.shape[:-1] + (-1,)
    return z.reshape(shape), weight.reshape(shape)


def dual(f, kinks, unit, law, n):
    m1, m2, q1, q2, delta = [frac(x) for x in law]
    s1, s2 = mp.sqrt(q1), mp.sqrt(q2)
    rho, r = 1 - delta, mp.sqrt(delta * (2 - delta))
    along, across = ld(s2 * rho), ld(s2 * r)
    M1, M2, S1, S2 = ld(m1), ld(m2), ld(s1), ld(s2)
    one = np.zeros(1, dtype=LD)
    positions, scales = [], []
    for k in kinks:
        positions.append(one + (LD(k) - M1) / S1)
        scales.append(1 / S1 if unit else None)
        positions.append(one + (LD(k) - M2) / along)
        scales.append(ld(r / abs(rho)))
        if unit:
            positions.append(one + (LD(k) - M2) / along)
            scales.append(1 / abs(along))
    outer, weight = nodes(grid(positions, scales, LD(1) / 4), n)
    outer, weight = outer[0], weight[0]
    keep = weight > np.max(weight) * LD("1e-26")
    outer, weight = outer[keep], weight[keep]
    first = f(M1 + S1 * outer) * weight
    total, size = LD(0), LD(0)
    for start in range(0, len(outer), 64):
        part = slice(start, start + 64)
        mean = M2 + along * outer[part]
        inner_positions = [(LD(k) - mean) / across for k in kinks]
        inner_scales = [1 / across if unit else None for _ in kinks]
        # A far feature needs no panels of its own scale.
        inner, inner_weight = nodes(grid(inner_positions, inner_scales, LD(1) / 2), n)
        value = f(mean[:, None] + across * inner) * inner_weight
        total += np.sum(first[part] * np.sum(value, axis=-1))
        size += np.sum(np.abs(first[part]) * np.sum(np.abs(value), axis=-1))
    scale = 2 * ld(mp.pi)
    return total / scale, size / scale


def text(x):
    return np.format_float_scientific(x, precision=20, unique=False)


def erf_like(name, derivative, law, n):
    """f(u) E[f(v) | u], mpmath."""
    m1, m2, q1, q2, delta = [frac(x) for x in law]
    s1, s2 = mp.sqrt(q1), mp.sqrt(q2)
    rho, t2 = 1 - delta, q2 * delta * (2 - delta)
    phi = lambda x: mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)
    cdf = lambda x: mp.erfc(-x / mp.sqrt(2)) / 2
    w = mp.sqrt(1 + t2)
    if name == "erf" and not derivative:
        f, h = mp.erf, lambda m: mp.erf(m / mp.sqrt(1 + 2 * t2))
    elif name == "erf":
        f = lambda z: 2 / mp.sqrt(mp.pi) * mp.exp(-z * z)
        h = lambda m: 2 / mp.sqrt(mp.pi * (1 + 2 * t2)) * mp.exp(-m * m / (1 + 2 * t2))
    elif not derivative:
        f = lambda z: z * cdf(z)
        h = lambda m: m * cdf(m / w) + t2 / w * phi(m / w)
    else:
        f = lambda z: cdf(z) + z * phi(z)
        h = lambda m: cdf(m / w) + m / w * phi(m / w) - t2 * m / w**3 * phi(m / w)
    points = {mpf(k) for k in range(-14, 15)}
    for position in [-m1 / s1, -m2 / (s2 * rho)]:
        for scale in (1 / s1, w / (s2 * abs(rho))):
            for j in range(-1, 24):
                points |= {position + scale * mpf(2) ** j, position - scale * mpf(2) ** j, position}
    points = sorted(p for p in points if abs(p) <= 14)
    value, size = mpf(0), mpf(0)
    for lower, upper in zip(points, points[1:]):
        half = (upper - lower) / 2
        if half < mpf(10) ** -30:
            continue
        for x, weight in zip(*EXACT_RULES[n]):
            z = (upper + lower) / 2 + half * x
            term = half * weight * phi(z) * f(m1 + s1 * z) * h(m2 + s2 * rho * z)
            value += term
            size += abs(term)
    return value, size


def main():
    cases = []
    for index, law in enumerate(LAWS):
        base = dict(zip(("m1", "m2", "q1", "q2", "one_minus_rho"), law))
        # Every other activation, in turn.
        for place, (name, (value, derivative, kinks, unit)) in enumerate(ACTIVATIONS.items()):
            if (place + index) % 2:
                continue
            entry = {"id": f"S-{index:02d}-{name}", "activation": name, **base, "expected": {}, "scale": {}, "agreement": {}}
            for key, f in (("value", value), ("derivative", derivative)):
                if f is None:
                    continue
                fine, size = dual(f, kinks, unit, law, 24)
                coarse, _ = dual(f, kinks, unit, law, 16)
                entry["expected"][key] = text(fine)
                entry["scale"][key] = "%.3e" % float(size)
                entry["agreement"][key] = "%.1e" % float(abs(fine - coarse) / max(size, LD("1e-4000")))
            cases.append(entry)
            print(entry["id"], entry["agreement"], file=sys.stderr, flush=True)
        for name in ("erf", "gelu"):
            entry = {"id": f"S-{index:02d}-{name}", "activation": name, **base, "expected": {}, "scale": {}, "agreement": {}}
            for key in ("value", "derivative"):
                fine, size = erf_like(name, key == "derivative", law, 24)
                coarse, _ = erf_like(name, key == "derivative", law, 16)
                entry["expected"][key] = mp.nstr(fine, 30)
                entry["scale"][key] = mp.nstr(size, 4)
                entry["agreement"][key] = mp.nstr(abs(fine - coarse) / size, 2)
            cases.append(entry)
            print(entry["id"], entry["agreement"], file=sys.stderr, flush=True)
    print(json.dumps({
        "family": "shifted", "title": "Gaussian duals with means, several kinks, and 1 - rho down to 1e-15",
        "count": len(cases), "cases": cases}, indent=1))


main()
