#!/usr/bin/env python3
"""Half squared differences 1/2 E[(phi(u) - phi(v))^2] of nearly parallel Gaussian preactivations.

    python3 gaussian_defect.py > ../family_defect.json

Trapezoidal rule in two dimensions, 50 digits, over z (u) and w (the part of v across u), for analytic phi; closed
forms in 80 digits for relu, leaky-relu, abs, step, erf. `agreement` is the relative change under half the step
(closed forms: under twice the precision).
"""
import json
import sys

from mpmath import mp, mpf


def number(text):
    if "/" in text:
        a, b = text.split("/")
        return mpf(a) / mpf(b)
    return mpf(text)


def sig(z):
    return 1 / (1 + mp.exp(-z))


SMOOTH = {"tanh": mp.tanh, "sigmoid": sig, "softplus": lambda z: mp.log1p(mp.exp(z)), "silu": lambda z: z * sig(z)}


def arc(q1, q2, rho, right, left):
    """E for a function that is right*z for z > 0 and left*z for z < 0."""
    def kappa(r):
        t = mp.acos(r)
        return (mp.sin(t) + (mp.pi - t) * r) / (2 * mp.pi)
    same, other = right**2 + left**2, -2 * right * left
    return mp.sqrt(q1 * q2) * (same * kappa(rho) + other * kappa(-rho))


CLOSED = {
    "relu": lambda q1, q2, r: arc(q1, q2, r, mpf(1), mpf(0)),
    "leaky-relu(1/10)": lambda q1, q2, r: arc(q1, q2, r, mpf(1), mpf(1) / 10),
    "abs": lambda q1, q2, r: arc(q1, q2, r, mpf(1), mpf(-1)),
    "step": lambda q1, q2, r: (mp.pi - mp.acos(r)) / (2 * mp.pi),
    "erf": lambda q1, q2, r: 2 / mp.pi * mp.asin(2 * r * mp.sqrt(q1 * q2) / mp.sqrt((1 + 2 * q1) * (1 + 2 * q2))),
}

# m, q1, q2, 1 - rho
LAWS = [
    ("0", "1", "1", "1e-15"), ("0", "2", "2", "1e-10"), ("0", "1", "1.0000001", "1e-14"), ("1/2", "3/2", "3/2", "1e-6"),
    ("1/3", "1", "5/4", "1e-8"), ("0", "1", "3", "0"), ("0", "0.5", "0.5", "0.2"), ("0", "2", "1", "1.5"),
    ("0", "1", "1", "1.999999"),
]


def trapezoid(f, law, step, dps):
    mp.dps = dps
    m, q1, q2, delta = [number(x) for x in law]
    s1, s2, rho, r = mp.sqrt(q1), mp.sqrt(q2), 1 - delta, mp.sqrt(delta * (2 - delta))
    n = int(mp.ceil(10 / step))
    across = range(-n, n + 1) if delta else [0]
    if 0 < delta < 1e-4:
        # v is nearly linear in w over the whole range: a coarse rule is exact.
        step2, across = mpf(1) / 2, range(-20, 21)
    else:
        step2 = step
    total = mpf(0)
    for i in range(-n, n + 1):
        z = i * step
        first = f(m + s1 * z)
        inner = mpf(0)
        for j in across:
            w = j * step2
            inner += mp.exp(-w * w / 2) * (first - f(m + s2 * (rho * z + r * w))) ** 2
        if delta:
            inner *= step2 / mp.sqrt(2 * mp.pi)
        total += mp.exp(-z * z / 2) * inner
    return total * step / mp.sqrt(2 * mp.pi) / 2


def closed(name, law, dps):
    mp.dps = dps
    _, q1, q2, delta = [number(x) for x in law]
    k = CLOSED[name]
    return (k(q1, q1, mpf(1)) + k(q2, q2, mpf(1))) / 2 - k(q1, q2, 1 - delta)


def main():
    cases = []
    for name in list(CLOSED) + list(SMOOTH):
        for index, law in enumerate(LAWS):
            if name in CLOSED:
                if law[0] != "0":
                    continue
                value, other = closed(name, law, 160), closed(name, law, 80)
            else:
                if float(number(law[3])) > 1e-4 and name != "tanh":
                    continue
                value, other = trapezoid(SMOOTH[name], law, mpf(1) / 10, 42), trapezoid(SMOOTH[name], law, mpf(1) / 7, 42)
            agreement = abs(value - other) / abs(value) if value else mpf(0)
            cases.append({
                "id": f"D-{index:02d}-{name}", "activation": name, "m1": law[0], "m2": law[0], "q1": law[1], "q2": law[2],
                "one_minus_rho": law[3], "expected": {"value": mp.nstr(value, 25)}, "agreement": mp.nstr(agreement, 2)})
            print(cases[-1]["id"], cases[-1]["expected"]["value"], cases[-1]["agreement"], file=sys.stderr, flush=True)
    print(json.dumps({
        "family": "defect", "title": "1/2 E[(phi(u) - phi(v))^2] of nearly parallel Gaussian preactivations",
        "count": len(cases), "cases": cases}, indent=1))


main()
