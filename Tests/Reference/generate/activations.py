"""Writes Tests/Reference/activations.json: every activation and its derivative at chosen doubles, by mpmath.

    python3 Tests/Reference/generate/activations.py                  # rewrites the reference file
    python3 Tests/Reference/generate/activations.py --sign-changes   # prints the tables of SignChange.swift

The point is the exact value of the double that its text reads back to. Values carry 25 digits of an evaluation at
2500 digits, which outlasts every cancellation here; the derivative is the derivative's formula, checked against numerical
differentiation at high precision. A magnitude below 2^-1080 is written as 0, one above the largest double as inf.
"""

import json
import os
import random
import sys

import mpmath
from mpmath import mp, mpf

mp.dps = 60


def phi(z):
    return mpmath.exp(-z * z / 2) / mpmath.sqrt(2 * mpmath.pi)


def normal_cdf(z):
    return mpmath.erfc(-z / mpmath.sqrt(2)) / 2


def sigmoid(z):
    return 1 / (1 + mpmath.exp(-z))


def heaviside(z):
    return mpf(1) if z > 0 else mpf(0)


def gelu_tanh_parts(z):
    c = mpmath.sqrt(2 / mpmath.pi)
    a = mpf("0.044715")
    return 2 * c * (z + a * z**3), 2 * c * (1 + 3 * a * z * z)


def gelu_tanh(z):
    y, _ = gelu_tanh_parts(z)
    return z * sigmoid(y)


def gelu_tanh_derivative(z):
    y, slope = gelu_tanh_parts(z)
    return sigmoid(y) + z * slope * sigmoid(y) * sigmoid(-y)


def mish(z):
    return z * mpmath.tanh(mpmath.log(1 + mpmath.exp(z)))


def mish_derivative(z):
    s = mpmath.log(1 + mpmath.exp(z))
    return mpmath.tanh(s) + z * sigmoid(z) * mpmath.sech(s) ** 2


def silu_derivative(z):
    return sigmoid(z) * (1 + z * sigmoid(-z))


def gelu_derivative(z):
    return normal_cdf(z) + z * phi(z)


def hermite(n, z):
    a, b = mpf(1), z
    if n == 0:
        return a
    for k in range(1, n):
        a, b = b, z * b - k * a
    return b


def elu(alpha):
    return (lambda z: z if z > 0 else alpha * mpmath.expm1(z), lambda z: mpf(1) if z > 0 else alpha * mpmath.exp(z))


SELU_ALPHA = lambda: mpf("1.6732632423543772848170429916717")
SELU_SCALE = lambda: mpf("1.0507009873554804934193349852946")


def polynomial(*c):
    def value(z):
        return sum(mpf(a) * z**k for k, a in enumerate(c))

    def derivative(z):
        return sum(k * mpf(a) * z ** (k - 1) for k, a in enumerate(c) if k > 0)

    return value, derivative


def clip(lower, upper):
    return lambda z: min(max(z, mpf(lower)), mpf(upper))


def inside(lower, upper, value=1):
    return lambda z: mpf(value) if lower < z < upper else mpf(0)


def sine(w):
    return lambda z: mpmath.sin(w() * z), lambda z: w() * mpmath.cos(w() * z)


def cosine(w):
    return lambda z: mpmath.cos(w() * z), lambda z: -w() * mpmath.sin(w() * z)


def one():
    return mpf(1)


FUNCTIONS = {
    "identity": (lambda z: z, lambda z: mpf(1)),
    "square": (lambda z: z * z, lambda z: 2 * z),
    "cube": (lambda z: z**3, lambda z: 3 * z * z),
    "polynomial(1/3, -2, 0, 1)": (lambda z: mpf(1) / 3 - 2 * z + z**3, lambda z: 3 * z * z - 2),
    "monomial(7)": (lambda z: z**7, lambda z: 7 * z**6),
    "hermite(3)": (lambda z: hermite(3, z), lambda z: 3 * hermite(2, z)),
    "hermite(12)": (lambda z: hermite(12, z), lambda z: 12 * hermite(11, z)),
    "relu": (lambda z: max(z, mpf(0)), heaviside),
    "leaky-relu": (lambda z: z if z > 0 else z / 100, lambda z: mpf(1) if z > 0 else mpf(1) / 100),
    "abs": (abs, mpmath.sign),
    "step": (heaviside, lambda z: mpf(0)),
    "sign": (mpmath.sign, lambda z: mpf(0)),
    "rectified-power(3)": (lambda z: max(z, mpf(0)) ** 3, lambda z: 3 * max(z, mpf(0)) ** 2),
    "erf": (mpmath.erf, lambda z: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-z * z)),
    "gelu": (lambda z: z * normal_cdf(z), gelu_derivative),
    "gelu-tanh": (gelu_tanh, gelu_tanh_derivative),
    "tanh": (mpmath.tanh, lambda z: mpmath.sech(z) ** 2),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "softplus": (lambda z: mpmath.log1p(mpmath.exp(z)), sigmoid),
    "silu": (lambda z: z * sigmoid(z), silu_derivative),
    "mish": (mish, mish_derivative),
    "elu": elu(1),
    "elu(3/10)": (lambda z: elu(mpf(3) / 10)[0](z), lambda z: elu(mpf(3) / 10)[1](z)),
    "selu": (
        lambda z: SELU_SCALE() * elu(SELU_ALPHA())[0](z),
        lambda z: SELU_SCALE() * elu(SELU_ALPHA())[1](z),
    ),
    "celu": elu(1),
    "celu(3/10)": (
        lambda z: z if z > 0 else mpmath.expm1(z / (mpf(3) / 10)) * 3 / 10,
        lambda z: mpf(1) if z > 0 else mpmath.exp(z / (mpf(3) / 10)),
    ),
    "hard-tanh": (clip(-1, 1), inside(-1, 1)),
    "relu6": (clip(0, 6), inside(0, 6)),
    "hard-sigmoid": (lambda z: clip(0, 6)(z + 3) / 6, lambda z: inside(-3, 3)(z) / 6),
    "hard-swish": (
        lambda z: z * clip(0, 6)(z + 3) / 6,
        lambda z: mpf(0) if z <= -3 else mpf(1) if z >= 3 else z / 3 + mpf(1) / 2,
    ),
    "softsign": (lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2),
    "sin": sine(one),
    "sin(1/3)": sine(lambda: mpf(1) / 3),
    "cos": cosine(one),
    "cos(sqrt(2))": cosine(lambda: mpmath.sqrt(2)),
    "exp": (mpmath.exp, mpmath.exp),
    "exp(-1/3)": (lambda z: mpmath.exp(-z / 3), lambda z: -mpmath.exp(-z / 3) / 3),
    "gaussian": (lambda z: mpmath.exp(-z * z), lambda z: -2 * z * mpmath.exp(-z * z)),
}

SIGN_CHANGES = {
    "gelu": (gelu_derivative, "-0.75"),
    "geluTanh": (gelu_tanh_derivative, "-0.75"),
    "silu": (silu_derivative, "-1.28"),
    "mish": (mish_derivative, "-1.19"),
}


def points():
    magnitudes = [
        5e-324, 1e-310, 1e-300, 1e-150, 1e-16, 1e-8, 1e-3, 0.1, 0.25, 0.5, 1.0, 1.1924, 1.2784645427610738, 1.5, 2.0,
        2.9999999999999996, 3.0, 3.0000000000000004, 3.3, 5.0, 5.99, 6.0, 7.7, 10.0, 13.1, 18.4, 20.0, 25.9, 26.1, 26.7,
        27.2, 30.0, 36.9, 37.6, 38.0, 38.5, 40.0, 100.0, 223.3, 354.8, 372.4, 639.9, 640.1, 700.0, 708.5, 738.3, 744.9,
        745.2, 1e3, 1e6, 1e10, 1e100, 1e160, 1e308,
    ]
    roots = ["0.75179152", "0.7525", "1.27846454", "1.19240"]
    magnitudes += [float(r) for r in roots] + [0.7517915, 0.7524614, 0.7517915246935645, 1.192401]
    generator = random.Random(20240229)
    magnitudes += [10 ** generator.uniform(-3, 2.5) for _ in range(24)]
    magnitudes = sorted(set(magnitudes))
    return [-z for z in reversed(magnitudes)] + [0.0] + magnitudes


def text(value):
    magnitude = abs(value)
    if magnitude < mpf(2) ** -1080:
        return "0"
    if magnitude > mpf(sys.float_info.max):
        return "inf" if value > 0 else "-inf"
    return mpmath.nstr(value, 25, min_fixed=0, max_fixed=0)


def main():
    cases = []
    for name, (value, derivative) in FUNCTIONS.items():
        rows = []
        for z in points():
            # 1 + e^z at z = 1000, sin(1e308) and 1e-324 + 1 all need digits; 2500 is enough for each.
            mp.dps = 2500 if not 1e-8 <= abs(z) <= 40 else 450
            x = mpf(z)
            if abs(z) > 2e3 and name in HEAVY:
                # Beyond 2000 the exponentials are below 10^-800, or above 10^800.
                v, d = HEAVY[name](x)
            else:
                v, d = mpf(value(x)), mpf(derivative(x))
            rows.append([repr(z), text(v), text(d)])
        cases.append({"activation": name, "rows": rows})
    mp.dps = 60
    for name, (value, derivative) in FUNCTIONS.items():
        for z in ["-2.3", "-0.7", "0.4", "1.9", "4.1"]:
            difference = mpmath.diff(value, mpf(z))
            assert abs(difference - derivative(mpf(z))) < mpf(10) ** -25, (name, z)
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "activations.json")
    with open(path, "w") as file:
        file.write('{"tool":"mpmath %s","cases":[\n' % mpmath.__version__)
        blocks = []
        for case in cases:
            rows = ",\n".join(json.dumps(row) for row in case["rows"])
            blocks.append('{"activation":%s,"rows":[\n%s]}' % (json.dumps(case["activation"]), rows))
        file.write(",\n".join(blocks) + "\n]}\n")


def limits(at_plus, at_minus):
    return lambda z: at_plus(z) if z > 0 else at_minus(z)


ZERO = lambda z: (mpf(0), mpf(0))
LINEAR = lambda z: (z, mpf(1))
HUGE = mpf(2) ** 2000
HEAVY = {
    "erf": lambda z: (mpmath.sign(z), mpf(0)),
    "gelu": limits(LINEAR, ZERO),
    "gelu-tanh": limits(LINEAR, ZERO),
    "tanh": lambda z: (mpmath.sign(z), mpf(0)),
    "sigmoid": limits(lambda z: (mpf(1), mpf(0)), ZERO),
    "softplus": limits(LINEAR, ZERO),
    "silu": limits(LINEAR, ZERO),
    "mish": limits(LINEAR, ZERO),
    "elu": limits(LINEAR, lambda z: (mpf(-1), mpf(0))),
    "celu": limits(LINEAR, lambda z: (mpf(-1), mpf(0))),
    "elu(3/10)": limits(LINEAR, lambda z: (mpf(-3) / 10, mpf(0))),
    "celu(3/10)": limits(LINEAR, lambda z: (mpf(-3) / 10, mpf(0))),
    "selu": limits(lambda z: (SELU_SCALE() * z, SELU_SCALE()), lambda z: (-SELU_SCALE() * SELU_ALPHA(), mpf(0))),
    "exp": limits(lambda z: (HUGE, HUGE), ZERO),
    "exp(-1/3)": limits(ZERO, lambda z: (HUGE, -HUGE)),
    "gaussian": ZERO,
}


def sign_changes():
    for name, (function, start) in SIGN_CHANGES.items():
        mp.dps = 120
        root = mpmath.findroot(function, mpf(start))
        coefficients = mpmath.taylor(function, root, 30)[1:]
        high = float(root)
        low = float(root - mpf(high))
        print(f"  static let {name} = SignChange(")
        print(f"    root: {high!r}, rootTail: {low!r},")
        print("    coefficients: [")
        for c in coefficients:
            if abs(c) * mpf("0.5") ** (coefficients.index(c)) < mpf(10) ** -18:
                break
            print(f"      {float(c)!r},")
        print("    ])")


if __name__ == "__main__":
    if "--sign-changes" in sys.argv:
        sign_changes()
    else:
        main()
