#!/usr/bin/env python3
"""Fixed points, chi_1, the critical line and the depths of erf, tanh, relu and step networks.

    python3 phase.py > ../family_phase.json

mpmath, 30 digits. erf from its closed equations, E erf(u) erf(v) = (2/pi) asin(2c/(1+2q)) and
E erf'(u) erf'(v) = (4/pi)/sqrt((1+2q)^2 - 4c^2); tanh by the trapezoidal rule on the line, whose step is halved for
`agreement`. q* is found as a root of V(q) - q, the critical variance by an outer root search for chi_1(q*(v)) = 1
around the inner one, not by the single equation that the program uses.
"""
import json

from mpmath import mp, mpf

mp.dps = 30
STEP = mpf(1) / 8


def gauss(f, q, h):
    s = mp.sqrt(q)
    total, k = f(mpf(0)), 1
    while k * h < 13:
        z = k * h
        total += (f(s * z) + f(-s * z)) * mp.exp(-z * z / 2)
        k += 1
    return total * h / mp.sqrt(2 * mp.pi)


class Erf:
    def square(self, q, h): return 2 / mp.pi * mp.asin(2 * q / (1 + 2 * q))
    def slope(self, q, h): return 4 / mp.pi / mp.sqrt(1 + 4 * q)
    def radial(self, q, h): return mp.diff(lambda t: self.square(t, h), q)
    def dual(self, q, c): return 2 / mp.pi * mp.asin(2 * c * q / (1 + 2 * q))
    def dual_slope(self, q, c): return 4 / mp.pi / mp.sqrt((1 + 2 * q) ** 2 - (2 * c * q) ** 2)


class Tanh:
    def square(self, q, h): return gauss(lambda u: mp.tanh(u) ** 2, q, h)
    def slope(self, q, h): return gauss(lambda u: mp.sech(u) ** 4, q, h)
    def radial(self, q, h): return gauss(lambda u: u * mp.tanh(u) * mp.sech(u) ** 2, q, h) / q


def fixed(phi, v, b, h, start):
    return mp.findroot(lambda q: v * phi.square(q, h) + b - q, (start, start * (1 + mpf("1e-3"))), tol=mpf("1e-50"), verify=False)


def iterate(phi, v, b, h):
    q = mpf(1)
    for _ in range(8):
        q = v * phi.square(q, h) + b
    return fixed(phi, v, b, h, q)


def row(name, phi, v, b, h):
    v, b = mpf(v), mpf(b)
    q = iterate(phi, v, b, h)
    chi = v * phi.slope(q, h)
    out = {"q": q, "chi": chi, "lengthSlope": v * phi.radial(q, h)}
    out["lengthDepth"] = -1 / mp.log(abs(out["lengthSlope"]))
    if chi < 1:
        out["correlation"], out["correlationDepth"] = mpf(1), -1 / mp.log(chi)
    elif hasattr(phi, "dual"):
        c = mpf(0)
        for _ in range(100):
            c = (v * phi.dual(q, c) + b) / q
        c = mp.findroot(lambda c: (v * phi.dual(q, c) + b) / q - c, c)
        out["correlation"], out["correlationDepth"] = c, -1 / mp.log(v * phi.dual_slope(q, c))
    start = mpf("1.2") if name == "erf" else mpf("1.6")
    out["criticalWeightVariance"] = mp.findroot(
        lambda w: w * phi.slope(iterate(phi, w, b, h), h) - 1, (start, start * mpf("1.1")), tol=mpf("1e-45"),
        verify=False)
    return out


cases = []
for name, phi, pairs in [
    ("erf", Erf(), [("1", "1/100"), ("2", "1/10"), ("3", "1/20"), ("1/2", "1/2"), ("5", "1")]),
    ("tanh", Tanh(), [("1", "1/20"), ("1.76", "0.05"), ("3", "1/10"), ("2", "1")]),
]:
    for v, b in pairs:
        def num(t):
            return mpf(t.split("/")[0]) / mpf(t.split("/")[1]) if "/" in t else mpf(t)
        fine = row(name, phi, num(v), num(b), STEP / 2)
        coarse = row(name, phi, num(v), num(b), STEP)
        agreement = max(abs(fine[k] / coarse[k] - 1) for k in fine)
        cases.append({
            "id": f"P-{len(cases):02d}-{name}", "activation": name, "weightVariance": v, "biasVariance": b,
            "expected": {k: mp.nstr(x, 25) for k, x in fine.items()}, "agreement": mp.nstr(agreement, 2)})
print(json.dumps({
    "family": "phase", "title": "Fixed points, chi_1, critical variances and depths", "tool": "mpmath, phase.py",
    "count": len(cases), "cases": cases}, indent=1))
