"""Writes study_statistics.json: tail probabilities, line fits, least squares with unknown terms, by mpmath at 40 digits.

    python3 study_statistics.py > ../study_statistics.json

Tails: twice the smaller tail of a shifted gamma law (Pearson type III) at z standard deviations, and of Student's t.
Fits: weighted least squares through the normal equations. Common: the estimate of a cause u in
d = delta u + sum_k t_k a_k + eps, Var eps = v, t ~ N(0, 1), through the full covariance matrix.
"""

import json

import mpmath as mp

mp.mp.dps = 40


def text(x):
    return mp.nstr(x, 20)


def pearson(z, skew):
    k = 4 / mp.mpf(skew) ** 2
    x = k + z * mp.sqrt(k) * (1 if skew > 0 else -1)
    if x <= 0:
        return mp.mpf(0)
    if k > 1000:
        # The regularized function of mpmath is slow there: integrate the density on the shorter side.
        density = lambda t: mp.exp((k - 1) * mp.log(t) - t - mp.loggamma(k))
        s = mp.sqrt(k)
        if x > k:
            tail = mp.quad(density, [x + i * s / 2 for i in range(40)])
        else:
            tail = mp.quad(density, [max(0, x - i * s / 2) for i in range(39, -1, -1)])
        return 2 * tail
    upper = mp.gammainc(k, x, mp.inf, regularized=True)
    return min(1, 2 * min(upper, 1 - upper))


def student(t, nu):
    nu, t = mp.mpf(nu), mp.mpf(t)
    return mp.betainc(nu / 2, mp.mpf(1) / 2, 0, nu / (nu + t * t), regularized=True)


def line(x, y, w):
    x, y, w = map(mp.matrix, (x, y, w))
    n = len(x)
    s = [mp.fsum(w[i] * x[i] ** k for i in range(n)) for k in range(3)]
    b = [mp.fsum(w[i] * y[i] * x[i] ** k for i in range(n)) for k in range(2)]
    det = s[0] * s[2] - s[1] ** 2
    a0, a1 = (s[2] * b[0] - s[1] * b[1]) / det, (s[0] * b[1] - s[1] * b[0]) / det
    chi = mp.fsum(w[i] * (y[i] - a0 - a1 * x[i]) ** 2 for i in range(n))
    return [a0, a1, mp.sqrt(s[2] / det), mp.sqrt(s[0] / det), chi]


def common(d, v, terms, u):
    n = len(d)
    cov = mp.matrix(n)
    for i in range(n):
        cov[i, i] = mp.mpf(v[i])
        for j in range(n):
            for a in terms:
                cov[i, j] += mp.mpf(a[i]) * a[j]
    inverse = cov ** -1
    u, d = mp.matrix(u), mp.matrix(d)
    information = (u.T * inverse * u)[0]
    return [(u.T * inverse * d)[0] / information, 1 / mp.sqrt(information)]


tails = [(z, g) for z in (-5, -2.5, -0.25, 0.5, 3, 4.75, 6) for g in (-0.25, 0.001, 0.0625, 0.1875, 0.5, 1)]
students = [(0.5, 3), (2.5, 10), (-4, 99), (5, 999)]
fits = [
    ([0, 1, 2, 4], [1, 3, 2, 5], [1, 2, 0.5, 4]),
    ([2.75, 3.5, 4.25, 5], [-0.5, -0.875, -1.25, -1.5625], [2000, 1500, 1000, 500]),
]
commons = [
    ([0.5, -0.25, 0.125], [0.25, 0.125, 0.0625], [], [1, 1, 1]),
    ([0.5, -0.25, 0.125], [0.25, 0.125, 0.0625], [[1, 0.25, 0.0625]], [1, 1, 1]),
    ([0.5, -0.25, 0.125, 0.5], [0.25, 0.125, 0.0625, 1], [[8, 2, 0.5, 0.125], [0.5, 0.5, 0.5, 0.5]], [1, 0.5, 0.25, 0.125]),
]
print(
    json.dumps(
        {
            "tool": "mpmath " + mp.__version__ + ", 40 digits",
            "pearson": [{"z": z, "skewness": g, "probability": text(pearson(z, g))} for z, g in tails],
            "student": [{"t": t, "degrees": n, "probability": text(student(t, n))} for t, n in students],
            "lines": [
                {"x": x, "y": y, "weights": w, "expected": [text(e) for e in line(x, y, w)]} for x, y, w in fits
            ],
            "common": [
                {"values": d, "variances": v, "terms": a, "pattern": u, "expected": [text(e) for e in common(d, v, a, u)]}
                for d, v, a, u in commons
            ],
        },
        indent=1,
    )
)
