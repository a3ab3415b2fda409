"""Covariance of xi(a,b) and xi(c,d), one hidden layer of squares, uniform laws, in exact rational arithmetic.

xi(a,b) = phi_a phi_b + w2^2 phi'_a phi'_b (x_a x_b + 1), phi(z) = z^2, z_a = w1 x_a + b,
w1, w2 ~ Unif(-1, 1), b ~ Unif(-1/2, 1/2). Polynomials in (w1, b, w2) are expanded by sympy and integrated term by term.
"""
from fractions import Fraction
import sympy as sp

w, b, v = sp.symbols("w b v")


def moment(k, half):
    return sp.Integer(0) if k % 2 else sp.Rational(half) ** k / (k + 1)


def mean(expression):
    total = sp.Integer(0)
    for (i, j, k), c in sp.Poly(sp.expand(expression), w, b, v).terms():
        total += c * moment(i, 1) * moment(j, Fraction(1, 2)) * moment(k, 1)
    return total


def xi(x, y):
    u, t = w * x + b, w * y + b
    return u**2 * t**2 + v**2 * 4 * u * t * (x * y + 1)


def covariance(p, q):
    return mean(xi(*p) * xi(*q)) - mean(xi(*p)) * mean(xi(*q))


h = sp.Rational(1, 2)
print("(1,-1), (1/2,2):", covariance((1, -1), (h, 2)))
print("(1,1), (-1,-1):", covariance((1, 1), (-1, -1)))
print("(1,1), (1,-1):", covariance((1, 1), (1, -1)))
