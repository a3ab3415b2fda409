"""Half the mean squared difference of an activation at nearly equal preactivations, in 60-digit arithmetic (mpmath).

    python3 preactivation_difference.py > ../preactivation_difference.json

u = sum_j w_j x_j + b, v = sum_j w_j y_j + b under the laws named. Each row: D = E[(phi(u) - phi(v))^2]/2 and
S = E phi(u)^2 - E phi(v)^2, from the three kernels by Gauss-Legendre rules of two sizes that agree to 35 digits or more
(60 digits less what cancels).
"""
import json
from functools import lru_cache
from mpmath import mp, mpf, tanh, exp, expm1, log1p, erf, sqrt, nstr, legendre, findroot, cos, pi, diff, polyroots

mp.dps = 60


@lru_cache(None)
def rule(count):
    nodes = []
    for k in range(1, count + 1):
        x = cos(pi * (k - mpf(1) / 4) / (count + mpf(1) / 2))
        for _ in range(8):
            p0, p1 = mpf(1), x
            for j in range(2, count + 1):
                p0, p1 = p1, ((2 * j - 1) * x * p1 - (j - 1) * p0) / j
            slope = count * (x * p1 - p0) / (x * x - 1)
            x -= p1 / slope
        nodes.append((x, 2 / ((1 - x * x) * slope * slope)))
    return nodes


def uniform(a, b):
    return [((mpf(a), mpf(b)), lambda t: 1 / (mpf(b) - mpf(a)))]


def laplace(scale):
    # |w| = s is cut where exp(-s) is below 1e-60.
    pieces = []
    ends = [0, 1, 3, 6, 10, 16, 24, 36, 52, 72, 100, 140]
    for lo, hi in zip(ends, ends[1:]):
        for sign in (1, -1):
            a, b = sorted((mpf(sign * lo), mpf(sign * hi)))
            pieces.append(((a, b), lambda t: exp(-abs(t) / mpf(scale)) / (2 * mpf(scale))))
    return pieces


def mean(function, laws, breaks, count):
    """E of a function of the list of variables."""
    def inner(prefix, rest):
        if not rest:
            return function(prefix)
        total = mpf(0)
        for (a, b), density in rest[0]:
            ends = [a] + [t for t in breaks if a < t < b] + [b]
            for lo, hi in zip(ends, ends[1:]):
                h = (hi - lo) / 2
                for x, w in rule(count):
                    t = lo + h * (1 + x)
                    total += h * w * density(t) * inner(prefix + [t], rest[1:])
        return total
    return inner([], laws)


PHI = {
    "tanh": tanh,
    "silu": lambda z: z / (1 + exp(-z)),
    "gelu": lambda z: z * (1 + erf(z / sqrt(mpf(2)))) / 2,
    "elu(1/2)": lambda z: z if z > 0 else expm1(z) / 2,
    "softplus": lambda z: log1p(exp(z)),
}
LAWS = {"uniform(-1, 1)": uniform(-1, 1), "uniform(-1/2, 1/2)": uniform(mpf(-1) / 2, mpf(1) / 2), "laplace(1)": laplace(1)}
CASES = [
    # activation, weights, bias, x, y, break points of the weight, nodes
    ("tanh", "uniform(-1, 1)", "none", ["1"], ["1.00000001"], [], (90, 110)),
    ("tanh", "uniform(-1, 1)", "uniform(-1/2, 1/2)", ["1"], ["1.0000000001"], [], (60, 70)),
    ("elu(1/2)", "uniform(-1, 1)", "none", ["1"], ["1.0000001"], [0], (60, 70)),
    ("silu", "laplace(1)", "none", ["1"], ["1.000000000001"], [], (90, 100)),
    ("gelu", "uniform(-1, 1)", "none", ["2"], ["2.0000000000000001"], [], (80, 90)),
    ("softplus", "uniform(-1, 1)", "none", ["1", "1/2"], ["1.00000001", "0.49999999"], [], (60, 70)),
    ("tanh", "uniform(-1, 1)", "none", ["1", "0"], ["1", "1e-12"], [], (60, 70)),
]


def number(text):
    p, _, q = text.partition("/")
    return mpf(p) / mpf(q or "1")


rows = []
for activation, weights, bias, x, y, breaks, counts in CASES:
    phi = PHI[activation]
    laws = [LAWS[weights]] * len(x) + ([LAWS[bias]] if bias != "none" else [])
    xs, ys = [number(t) for t in x], [number(t) for t in y]
    def argument(v, c):
        return sum(a * b for a, b in zip(v, c)) + (v[-1] if len(v) > len(c) else 0)
    results = []
    for count in counts:
        d = mean(lambda v: (phi(argument(v, xs)) - phi(argument(v, ys))) ** 2 / 2, laws, breaks, count)
        s = mean(lambda v: phi(argument(v, xs)) ** 2 - phi(argument(v, ys)) ** 2, laws, breaks, count)
        results.append((d, s))
    (d, s), (d2, s2) = results
    assert abs(d - d2) < mpf(10) ** -22 * d and abs(s - s2) < mpf(10) ** -22 * abs(s), (activation, d, d2, s, s2)
    rows.append({"activation": activation, "weights": weights, "bias": bias, "x": x, "y": y,
                 "halfSquared": nstr(d2, 20), "ofSquares": nstr(s2, 20)})
print(json.dumps({"tool": "mpmath " + __import__("mpmath").__version__ + ", 60 digits", "cases": rows}, indent=1))
