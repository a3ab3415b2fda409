"""Duals of rectified powers of high order, in 60-digit arithmetic (mpmath).

    python3 rectified_orders.py > ../rectified_orders.json

E[u_+^n v_+^n] for standard normal (u, v) of correlation rho, from polar coordinates:
2^n n! / 2 pi times the integral of (cos(t) cos(t - theta))^n over theta - pi/2 < t < pi/2, rho = cos(theta).
1 - rho is a binary fraction, written out in full, so that nothing is rounded on the way in.
"""
import json
from mpmath import mp, mpf, asin, factorial, linspace, nstr, pi, quad, sin, sqrt

mp.dps = 60

GAPS = [mpf(2), 2 - mpf(2) ** -30, mpf(3) / 2, mpf(1), mpf(5) / 8, mpf(1) / 4, mpf(2) ** -20, mpf(2) ** -45, mpf(0)]
ORDERS = [2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 20]


def dual(n, gap):
    if gap == 2:
        return mpf(0)
    # With t = pi/2 - psi: sin(psi)^n sin(alpha - psi)^n over 0 < psi < alpha = pi - theta, scaled, since quad stops at an absolute error.
    alpha = 2 * asin(sqrt(1 - gap / 2))
    value = quad(lambda s: (sin(alpha * s) * sin(alpha * (1 - s)) / alpha ** 2) ** n * 4 ** n, linspace(0, 1, 5))
    return 2 ** n * factorial(n) * value * alpha * (alpha / 2) ** (2 * n) / (2 * pi)


cases = [
    {"order": n, "oneMinusRho": nstr(gap, 40, strip_zeros=True), "value": nstr(dual(n, gap), 25)}
    for n in ORDERS
    for gap in GAPS
]
# Two known values: E[u_+^4] = 3/2, and E[u_+^2 v_+^2] = 1/4 for independent u and v.
assert abs(dual(2, mpf(0)) - mpf(3) / 2) < mpf(10) ** -40
assert abs(dual(2, mpf(1)) - mpf(1) / 4) < mpf(10) ** -40
print(json.dumps({"tool": "mpmath 1.3.0, 60 digits", "cases": cases}, indent=1))
