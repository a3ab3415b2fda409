"""N Cov(Theta(0,1), Theta(2,3)) for one hidden layer of relu, d = 2, all weights N(0,1), s = 1/sqrt(2).

In polar coordinates every expectation is a one-dimensional integral over the angle times a moment of the radius.
"""
from mpmath import mp, quad, cos, sin, pi, mpf

mp.dps = 30
points = [(1, 0), (0, 1), (1, 1), (-1, 2)]


def mean(values, slopes):
    """E prod relu(z_a) prod 1(z_b > 0), z = s w.x."""
    degree = len(values)
    radius = {0: mpf(1), 2: mpf(2), 4: mpf(8)}[degree]  # E r^k for a two-dimensional standard Gaussian

    def f(t):
        product = mpf(1)
        for a in values + slopes:
            z = (points[a][0] * cos(t) + points[a][1] * sin(t)) / mp.sqrt(2)
            if z <= 0:
                return mpf(0)
            if a in values:
                product *= z
        return product

    # kinks: directions orthogonal to a point
    kinks = sorted({float(mp.atan2(x, -y)) % float(pi) for x, y in points})
    ends = [mpf(0)] + [mpf(k) for k in kinks] + [mpf(k) + pi for k in kinks] + [2 * pi]
    ends = sorted(set(ends))
    return radius * quad(f, ends) / (2 * pi)


def dot(a, b):
    return mpf(points[a][0] * points[b][0] + points[a][1] * points[b][1]) / 2


(a, b), (c, d) = (0, 1), (2, 3)
F = lambda *v: mean(list(v), [])
T = mean([a, b, c, d], [])
U1 = mean([a, b], [c, d])
U2 = mean([c, d], [a, b])
X = mean([], [a, b, c, d])
h1, h2 = mean([], [a, b]), mean([], [c, d])
F1, F2 = F(a, b), F(c, d)
k1, k2 = dot(a, b), dot(c, d)
print(T - F1 * F2 + k2 * (U1 - h2 * F1) + k1 * (U2 - h1 * F2) + k1 * k2 * (3 * X - h1 * h2))
