"""The smallest eigenvalue of ReLU NTK matrices of nearly repeated inputs, at 60 digits with mpmath.

    python3 gram_eigenvalues.py > ../gram_eigenvalues.json

The inputs are doubles, taken at their word. NTK parameterization, three hidden layers, normal(0, sqrt(2)) weights, no
biases: with theta the angle, F = |x| |y| (sin theta + (pi - theta) cos theta)/pi and h = (pi - theta)/pi after the gain.
"""
import json
import random
from mpmath import mp, mpf, matrix, eigsy, sqrt, acos, sin, cos, pi

mp.dps = 60


def ntk(x, y, d):
    dot = lambda a, b: sum(mpf(p) * mpf(q) for p, q in zip(a, b))
    p, q, c = dot(x, x) / d, dot(y, y) / d, dot(x, y) / d
    # The readout's gain is 2 as well; gains go into p, q, c before each layer.
    theta = c
    for _ in range(3):
        p, q, c = 2 * p, 2 * q, 2 * c
        rho = c / sqrt(p * q)
        angle = acos(min(mpf(1), rho))
        f = sqrt(p * q) * (sin(angle) + (pi - angle) * cos(angle)) / (2 * pi)
        h = (pi - angle) / (2 * pi)
        theta = 2 * h * theta + f
        p, q, c = p / 2, q / 2, f
    return theta


cases = []
for step in ("1e-4", "1e-8"):
    rng = random.Random(11)
    n, d = 16, 12
    rows = [[rng.gauss(0, 1) for _ in range(d)] for _ in range(n // 2)]
    rows += [[v + float(step) * rng.gauss(0, 1) for v in row] for row in rows]
    k = matrix(n, n)
    for i in range(n):
        for j in range(i, n):
            k[i, j] = k[j, i] = ntk(rows[i], rows[j], d)
    values = sorted(eigsy(k, eigvals_only=True))
    cases.append({"step": step, "rows": rows, "smallest": mp.nstr(values[0], 20), "largest": mp.nstr(values[-1], 20)})
print(json.dumps({"title": "smallest eigenvalue of ReLU NTK matrices", "cases": cases}, indent=1))
