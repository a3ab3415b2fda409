"""Half squared differences of functions with jumps at nearly parallel Gaussian preactivations, in 60-digit arithmetic (mpmath).

    python3 gaussian_defect_jumps.py > ../gaussian_defect_jumps.json

D = E[(g(u) - g(v))^2]/2 for (u, v) with means m, variances q1, q2 and correlation 1 - delta; g is the derivative of the
activation named (`derivative: true`) or the activation itself. Given u, v is normal, and its part of D is in closed form;
the integral over u is split where g jumps and where the conditional law passes a jump.
"""
import json
from mpmath import mp, mpf, exp, sqrt, ncdf, npdf, quad, nstr

mp.dps = 60


def number(text):
    p, _, q = text.partition("/")
    return mpf(p) / mpf(q or "1")


# pieces: [lower, upper, level, amplitude]: g = level + amplitude e^z there.
INF = mp.inf
FUNCTIONS = {
    ("hard-tanh", True): [(-INF, -1, 0, 0), (-1, 1, 1, 0), (1, INF, 0, 0)],
    ("relu6", True): [(-INF, 0, 0, 0), (0, 6, 1, 0), (6, INF, 0, 0)],
    ("elu(1/2)", True): [(-INF, 0, 0, mpf(1) / 2), (0, INF, 1, 0)],
    ("elu", True): [(-INF, 0, 0, 1), (0, INF, 1, 0)],
    ("step", False): [(-INF, 0, 0, 0), (0, INF, 1, 0)],
    ("sign", False): [(-INF, 0, -1, 0), (0, INF, 1, 0)],
}


def moment(pieces, power, mean, sd):
    """E g(v)^power, v normal; power 1 or 2."""
    total = mpf(0)
    for lo, hi, level, amp in pieces:
        def part(rate):
            # E[e^{rate v}; lo < v < hi]
            shift = mean + rate * sd * sd
            return exp(rate * mean + rate * rate * sd * sd / 2) * probability((lo - shift) / sd, (hi - shift) / sd)
        if power == 1:
            total += level * part(0) + (amp * part(1) if amp else 0)
        else:
            total += level ** 2 * part(0) + ((2 * level * amp * part(1) + amp ** 2 * part(2)) if amp else 0)
    return total


def probability(a, b):
    # By the side where nothing cancels.
    return ncdf(b) - ncdf(a) if b < 0 else ncdf(-a) - ncdf(-b)


def value(pieces, z):
    for lo, hi, level, amp in pieces:
        if lo < z <= hi:
            return level + (amp * exp(z) if amp else 0)


def defect(pieces, m, q1, q2, delta):
    s1, s2, rho = sqrt(q1), sqrt(q2), 1 - delta
    sd = s2 * sqrt(delta * (2 - delta))

    def integrand(z):
        g = value(pieces, m + s1 * z)
        mean = m + rho * s2 * z
        return npdf(z) * (g * g - 2 * g * moment(pieces, 1, mean, sd) + moment(pieces, 2, mean, sd)) / 2
    points = {mpf(-14), mpf(14), mpf(0), mpf(-6), mpf(6), mpf(-3), mpf(3)}
    for lo, hi, _, _ in pieces:
        if hi == INF:
            continue
        for k in ((hi - m) / s1, (hi - m) / (rho * s2)):
            for t in (0, 1, 2, 4, 7, 11, 16):
                points.update([k - t * sd / s2, k + t * sd / s2])
    points = sorted(p for p in points if -14 <= p <= 14)
    return quad(integrand, points, maxdegree=6), quad(integrand, points, maxdegree=7)


CASES = [
    ("hard-tanh", True, "0", "1", "1", "1e-10"), ("hard-tanh", True, "1/4", "2", "2", "1e-14"),
    ("hard-tanh", True, "0", "1", "5/4", "1e-6"), ("relu6", True, "0", "4", "4", "1e-12"),
    ("elu(1/2)", True, "0", "1", "1", "1e-10"), ("elu(1/2)", True, "1/3", "1", "3/2", "1e-8"),
    ("elu", True, "0", "2", "2", "1e-12"), ("step", False, "1/2", "1", "1", "1e-10"),
    ("sign", False, "-1/2", "1", "4/3", "1e-7"), ("step", False, "0", "1", "1", "1e-12"),
]
rows = []
for name, derivative, m, q1, q2, delta in CASES:
    first, second = defect(FUNCTIONS[(name, derivative)], number(m), number(q1), number(q2), number(delta))
    assert abs(first - second) < mpf(10) ** -20 * second, (name, first, second)
    rows.append({"activation": name, "derivative": derivative, "mean": m, "q1": q1, "q2": q2, "oneMinusRho": delta,
                 "value": nstr(second, 20)})
print(json.dumps({"tool": "mpmath " + __import__("mpmath").__version__ + ", 60 digits", "cases": rows}, indent=1))
