#!/usr/bin/env python3
"""Reference predictions of the NNGP posterior and of NTK regression at time t: Tests/Reference/regression.json.

Written with mpmath at 60 digits from the formulas themselves: matrix inverses, determinants and matrix exponentials, no
eigenvalues and no Cholesky factor. The kernel matrices are those of networks with relu or erf under Gaussian weights,
evaluated by their closed forms and rounded to doubles; the rounded matrices are what the cases are about.

    python3 regression.py > ../regression.json        (mpmath 1.3.0, about a minute)
"""
import json
import random
from mpmath import mp, mpf, matrix, expm, inverse, det, log, pi, sqrt, acos, asin, eye, nstr, cos, sin

mp.dps = 60


def relu_layer(k, t, p, q):
    """Arc-cosine kernels of degree 1 and 0 with weight variance 2: (K, Theta) of the next layer."""
    rho = k / sqrt(p * q)
    rho = max(mpf(-1), min(mpf(1), rho))
    theta = acos(rho)
    value = sqrt(p * q) * (sin(theta) + (pi - theta) * cos(theta)) / pi
    slope = (pi - theta) / pi
    return value, value + t * slope


def erf_layer(k, t, p, q):
    """Williams 1997 with weight variance 1."""
    value = 2 / pi * asin(2 * k / sqrt((1 + 2 * p) * (1 + 2 * q)))
    slope = 4 / pi / sqrt((1 + 2 * p) * (1 + 2 * q) - 4 * k * k)
    return value, value + t * slope


def kernels(layer, depth, xs, ys):
    d = len(xs[0])

    def entry(x, y):
        dot = lambda a, b: sum(mpf(u) * mpf(v) for u, v in zip(a, b)) / d
        p, q, k = dot(x, x), dot(y, y), dot(x, y)
        t = k
        for _ in range(depth):
            k, t = layer(k, t, p, q)
            p, _ = layer(p, mpf(0), p, p)
            q, _ = layer(q, mpf(0), q, q)
        return k, t

    return [[tuple(float(v) for v in entry(x, y)) for y in ys] for x in xs]


def part(table, index):
    return [[e[index] for e in row] for row in table]


def case(name, layer, depth, xs, ys, targets, ridge, times):
    train, cross = kernels(layer, depth, xs, xs), kernels(layer, depth, ys, xs)
    diagonal = [kernels(layer, depth, [y], [y])[0][0] for y in ys]
    n, m = len(xs), len(ys)
    K, T = matrix(part(train, 0)), matrix(part(train, 1))
    Ks, Ts = matrix(part(cross, 0)), matrix(part(cross, 1))
    y = matrix([mpf(v) for v in targets])
    R = mpf(ridge)
    text = lambda v: nstr(v, 25)

    inverseA = inverse(K + R * eye(n))
    mean = Ks * inverseA * y
    gain = Ks * inverseA
    variance = [mpf(diagonal[i][0]) - sum(gain[i, j] * Ks[i, j] for j in range(n)) for i in range(m)]
    evidence = -(y.T * inverseA * y)[0] / 2 - log(det(K + R * eye(n))) / 2 - n * log(2 * pi) / 2
    posterior = {"mean": [text(v) for v in mean], "variance": [text(v) for v in variance],
                 "logMarginalLikelihood": text(evidence)}

    trained = []
    M = T + R * eye(n)
    for t in times:
        A = inverse(M) if t == "inf" else inverse(M) * (eye(n) - expm(-M * mpf(t), method="taylor"))
        B = Ts * A
        mean = B * y
        BK = B * K
        variance = [mpf(diagonal[i][0]) + sum(B[i, j] * (BK[i, j] - 2 * Ks[i, j]) for j in range(n)) for i in range(m)]
        trained.append({"time": t, "mean": [text(v) for v in mean], "variance": [text(v) for v in variance]})

    def kernel(index):
        # As text: Foundation's JSON reader on Linux does not round numbers correctly.
        words = lambda table: [[repr(v) for v in row] for row in table]
        return {"train": words(part(train, index)), "testTrain": words(part(cross, index)),
                "testDiagonal": [repr(e[index]) for e in diagonal]}

    return {"id": name, "nngp": kernel(0), "ntk": kernel(1), "targets": [repr(v) for v in targets], "ridge": repr(ridge),
            "posterior": posterior, "trained": trained}


def main():
    random.seed(20261125)
    gauss = lambda n, d: [[random.gauss(0, 1) for _ in range(d)] for _ in range(n)]
    times = ["0", "0.125", "3", "100", "inf"]
    cases = []
    for name, layer, depth, n, d, ridge in [
        ("relu-1-hidden", relu_layer, 1, 5, 3, 0.0),
        ("relu-3-hidden-ridge", relu_layer, 3, 12, 4, 0.0625),
        ("erf-2-hidden", erf_layer, 2, 8, 2, 0.0),
        ("erf-2-hidden-small-ridge", erf_layer, 2, 10, 2, 1e-6),
        ("one-input", relu_layer, 2, 1, 1, 0.0),
        ("many-inputs", relu_layer, 2, 40, 6, 0.001),
    ]:
        cases.append(case(name, layer, depth, gauss(n, d), gauss(3, d), [random.gauss(0, 1) for _ in range(n)],
                          ridge, times))
    # Nearly parallel training inputs: condition numbers of about 1e6 and 1e9.
    for distance in (1e-3, 2.0 ** -13):
        xs = gauss(4, 3)
        xs += [[v + distance * random.gauss(0, 1) for v in x] for x in xs]
        targets = [random.gauss(0, 1) for _ in range(4)]
        targets += [v + distance for v in targets]
        cases.append(case(f"close-inputs-{distance:g}", erf_layer, 2, xs, gauss(3, 3), targets, 0.0, times))
    # A test input that is a training input: the variance vanishes at infinity.
    xs = gauss(6, 3)
    cases.append(case("test-is-training", relu_layer, 2, xs, xs[:2], [random.gauss(0, 1) for _ in range(6)], 0.0, times))
    print(json.dumps({"source": "generate/regression.py, mpmath 1.3.0, 60 digits", "cases": cases}, indent=0))


main()
