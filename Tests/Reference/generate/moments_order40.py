"""Raw moments of every law at orders 1 to 40, by numerical integration or sums at 50 digits.

    python3 moments_order40.py > ../moments_order40.json

The densities are written out here and integrated by mpmath's tanh-sinh rule; no moment formula is used, except that
the moments of discrete laws are sums. Each integral is done twice, at 50 and at 60 digits with other break points,
and the script stops if the two differ by more than 1e-25 of the
moment without signs.
"""

import json
import sys

import mpmath
from mpmath import mp, mpf, sqrt, exp, cosh, pi, gamma, inf

ORDERS = [1, 2, 3, 4, 7, 8, 20, 39, 40]


def uniform(a, b):
    return lambda x: 1 / (b - a), [a, b]


def normal(m, s):
    return lambda x: exp(-(((x - m) / s) ** 2) / 2) / (s * sqrt(2 * pi)), [m + s * k for k in range(-40, 41, 4)]


def truncated(m, s, a, b):
    anchor = min(max(m, a), b)
    # Only the shape matters, the density is normalized below; break points where it falls.
    slope = abs(anchor - m) / s
    points = [a, b]
    for k in (1, 3, 10, 30, 100, 200, 400):
        d = s * 2 * k / (slope + sqrt(slope ** 2 + 2 * k))
        points += [p for p in (anchor - d, anchor + d) if a < p < b]
    if a < anchor < b:
        points.append(anchor)
    if a < 0 < b:
        points.append(mpf(0))
    points = sorted(set(points))
    return lambda x: exp(-(((x - m) / s) ** 2 - ((anchor - m) / s) ** 2) / 2), points


def laplace(s):
    return lambda x: exp(-abs(x) / s) / (2 * s), [s * k for k in (-400, -150, -80, -40, -15, -3, 0, 3, 15, 40, 80, 150, 400)]


def logistic(s):
    return lambda x: 1 / (4 * s * cosh(x / (2 * s)) ** 2), [s * k for k in (-400, -150, -80, -40, -15, -3, 0, 3, 15, 40, 80, 150, 400)]


def student(nu, s):
    c = gamma((nu + 1) / 2) / (s * sqrt(nu * pi) * gamma(nu / 2))
    return lambda x: c * (1 + (x / s) ** 2 / nu) ** (-(nu + 1) / 2), [-inf, -10 * s, -s, 0, s, 10 * s, inf]


def triangular(h):
    return lambda x: (h - abs(x)) / h ** 2, [-h, 0, h]


def arcsine(h):
    # In the angle, x = h sin t.
    return None, h



CASES = [
    ("uniform(1/4, 3/2)", lambda: uniform(mpf(1) / 4, mpf(3) / 2)),
    ("uniform(-0.3, 0.7)", lambda: uniform(-mpf(3) / 10, mpf(7) / 10)),
    ("uniform(-1, sqrt(2))", lambda: uniform(mpf(-1), sqrt(mpf(2)))),
    ("normal()", lambda: normal(mpf(0), mpf(1))),
    ("normal(1/2, 3/2)", lambda: normal(mpf(1) / 2, mpf(3) / 2)),
    ("normal(-0.3, sqrt(2)/7)", lambda: normal(-mpf(3) / 10, sqrt(mpf(2)) / 7)),
    ("truncated-normal(0, 1, -2, 2)", lambda: truncated(mpf(0), mpf(1), mpf(-2), mpf(2))),
    ("truncated-normal(1/2, 3/2, -1, 4)", lambda: truncated(mpf(1) / 2, mpf(3) / 2, mpf(-1), mpf(4))),
    ("truncated-normal(0, 1, 6, 8)", lambda: truncated(mpf(0), mpf(1), mpf(6), mpf(8))),
    ("truncated-normal(0, 1, -1/100, 1/50)", lambda: truncated(mpf(0), mpf(1), -mpf(1) / 100, mpf(1) / 50)),
    ("truncated-normal(0, 1, 0, 1000000)", lambda: truncated(mpf(0), mpf(1), mpf(0), mpf(10) ** 6)),
    ("truncated-normal(0, 1, -50, 60)", lambda: truncated(mpf(0), mpf(1), mpf(-50), mpf(60))),
    ("truncated-normal(3, 1/10, -40, -2)", lambda: truncated(mpf(3), mpf(1) / 10, mpf(-40), mpf(-2))),
    ("truncated-normal(-5, 2, 0, 30)", lambda: truncated(mpf(-5), mpf(2), mpf(0), mpf(30))),
    ("truncated-normal(-100, 1, 0, 30)", lambda: truncated(mpf(-100), mpf(1), mpf(0), mpf(30))),
    ("truncated-normal(1, 1000, -3, 2)", lambda: truncated(mpf(1), mpf(1000), mpf(-3), mpf(2))),
    ("truncated-normal(0, 1, 1000, 2000)", lambda: truncated(mpf(0), mpf(1), mpf(1000), mpf(2000))),
    ("laplace(1/3)", lambda: laplace(mpf(1) / 3)),
    ("logistic(1)", lambda: logistic(mpf(1))),
    ("logistic(2/5)", lambda: logistic(mpf(2) / 5)),
    ("student-t(41, 1/3)", lambda: student(mpf(41), mpf(1) / 3)),
    ("student-t(95/2, 2)", lambda: student(mpf(95) / 2, mpf(2))),
    ("triangular(5/2)", lambda: triangular(mpf(5) / 2)),
    ("arcsine(sqrt(2))", lambda: arcsine(sqrt(mpf(2)))),
    ("rademacher()", lambda: [(-1, mpf(1) / 2), (1, mpf(1) / 2)]),
    ("discrete(-1:1/4, 0:1/2, 2:1/4)", lambda: [(-1, mpf(1) / 4), (2, mpf(1) / 4)]),
    ("discrete(-sqrt(3):1/6, 0:2/3, sqrt(3):1/6)", lambda: [(-sqrt(mpf(3)), mpf(1) / 6), (sqrt(mpf(3)), mpf(1) / 6)]),
    ("constant(-1/2)", lambda: [(-mpf(1) / 2, mpf(1))]),
    ("sparse(2/3, student-t(41, 1/3))", lambda: ("mix", mpf(2) / 3, student(mpf(41), mpf(1) / 3))),
    ("scaled(-3, uniform(1/4, 3/2))", lambda: uniform(-mpf(9) / 2, -mpf(3) / 4)),
    ("kaiming-uniform(sqrt(2))", lambda: uniform(-sqrt(mpf(6)), sqrt(mpf(6)))),
    ("kaiming-normal(sqrt(2))", lambda: normal(mpf(0), sqrt(mpf(2)))),
    ("xavier-uniform(5/3)", lambda: uniform(-5 / sqrt(mpf(3)), 5 / sqrt(mpf(3)))),
    ("xavier-normal()", lambda: normal(mpf(0), mpf(1))),
    ("lecun-normal()", lambda: normal(mpf(0), mpf(1))),
    ("lecun-uniform()", lambda: uniform(-sqrt(mpf(3)), sqrt(mpf(3)))),
    ("pytorch-linear()", lambda: uniform(mpf(-1), mpf(1))),
]


def raw(build, order, digits, split):
    mp.dps = digits
    law = build()
    factor = mpf(1)
    if isinstance(law, list):
        return sum(p * v ** order for v, p in law)
    if law[0] == "mix":
        factor, law = law[1], law[2]
    density, points = law
    if density is None:
        g = lambda t: (points * mp.sin(t)) ** order / pi
        return mp.quad(g, [-pi / 2, 0, pi / 2] if split else [-pi / 2, -1, 0, 1, pi / 2])
    if split:
        finer = []
        for p, q in zip(points, points[1:]):
            finer += [p] if not (mpmath.isfinite(p) and mpmath.isfinite(q)) else [p, (p + q) / 2]
        points = finer + [points[-1]]
    # The rule's tolerance is absolute: measure in a unit near the size of the law.
    finite = [abs(p) for p in points if mpmath.isfinite(p)]
    unit = mpf(1)
    if len(finite) == len(points):
        weights = [density(p) for p in points]
        unit = max([p for p, w in zip(finite, weights) if w > max(weights) * mpf(10) ** -10] or [max(finite)]) or max(finite)
    top = mp.quad(lambda x: (x / unit) ** order * density(x), points)
    return factor * unit ** order * top / mp.quad(density, points)


def main():
    cases = []
    for text, build in CASES:
        values = {}
        even = {order: raw(build, order, 50, False) for order in ORDERS if order % 2 == 0}
        for order in ORDERS:
            first = even.get(order) or raw(build, order, 50, False)
            second = raw(build, order, 60, True)
            # The moment without signs, from the even one above or below.
            scale = even[order] if order in even else even.get(order + 1, even[2]) ** (mpf(order) / (order + 1))
            if abs(first - second) > mpf(10) ** -25 * max(scale, abs(second)):
                sys.exit(f"{text}, order {order}: {first} and {second} differ")
            zero = abs(second) < mpf(10) ** -30 * scale
            values[str(order)] = "0" if zero else mpmath.nstr(second, 25)
        cases.append({"law": text, "moments": values})
        print(text, file=sys.stderr)
    about = f"mpmath {mpmath.__version__}, python3 generate/moments_order40.py; 25 digits"
    print(json.dumps({"source": about, "cases": cases}, indent=1))


main()
