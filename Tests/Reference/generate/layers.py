"""Limiting kernels of networks with residual blocks and layer normalization, by integration at 60 digits (mpmath).

    python3 layers.py > ../layers.json

Every expectation over Gaussian preactivations is integrated from its definition: positively homogeneous activations in
polar coordinates (the radius in closed form, the angle by Gauss-Legendre), smooth ones by the trapezoidal rule in the
plane, which converges exponentially. The kernels of each parameter group are carried forward layer by layer as 2 x 2
matrices. Each row: the network as a network file in JSON (a run of equal layers as {"repeat", "layer"}), x, y, and the NNGP, the NTK, the NTK by group, and
1 - correlation of both, 40 digits of which 30 are printed.
"""
import json
import sys
from mpmath import mp, mpf, sqrt, pi, exp, tanh, erf, cos, atan2, log, nstr
from mpmath.calculus.quadrature import GaussLegendre

mp.dps = 60


# ---- laws: text, E w, E w^2 ----

def normal(variance, mean="0"):
    m = mpf(fraction(mean))
    return {"text": f"normal({mean}, sqrt({variance}))", "m1": m, "m2": mpf(fraction(variance)) + m * m, "gaussian": True}


def uniform(a, b):
    p, q = mpf(fraction(a)), mpf(fraction(b))
    return {"text": f"uniform({a}, {b})", "m1": (p + q) / 2, "m2": (p * p + p * q + q * q) / 3}


def constant(c):
    v = mpf(fraction(c))
    return {"text": f"constant({c})", "m1": v, "m2": v * v, "constant": v}


def fraction(text):
    p, _, q = str(text).partition("/")
    return mpf(p) / mpf(q or "1")


# ---- activations: phi, phi', phi'' where needed; homogeneous ones by their slopes ----

def gelu(z):
    return z * (1 + erf(z / sqrt(mpf(2)))) / 2


def gelu1(z):
    return (1 + erf(z / sqrt(mpf(2)))) / 2 + z * exp(-z * z / 2) / sqrt(2 * pi)


def softplus(z):
    return log(1 + exp(z)) if z < 0 else z + log(1 + exp(-z))


SMOOTH = {
    "tanh": (tanh, lambda z: 1 - tanh(z) ** 2, mpf("0.07")),
    "erf": (erf, lambda z: 2 / sqrt(pi) * exp(-z * z), mpf("0.09")),
    "gelu": (gelu, gelu1, mpf("0.09")),
    "softplus": (softplus, lambda z: 1 / (1 + exp(-z)), mpf("0.1")),
    "identity": (lambda z: z, lambda z: mpf(1), mpf("0.1")),
}
# slope for z < 0 and for z > 0, degree 1
HOMOGENEOUS = {"relu": (mpf(0), mpf(1)), "abs": (mpf(-1), mpf(1)), "leaky-relu(1/8)": (mpf(1) / 8, mpf(1))}
POLYNOMIAL = {"square": [0, 0, 1]}


def angle_pieces(theta):
    """The angles where cos t and cos(t - theta) change sign, cut at 2 pi."""
    cuts = sorted({mpf(0), pi / 2, 3 * pi / 2, (pi / 2 + theta) % (2 * pi), (3 * pi / 2 + theta) % (2 * pi), 2 * pi})
    return list(zip(cuts, cuts[1:]))


# 48 nodes: exact to 60 digits for trigonometric polynomials of degree 2 over half a circle.
NODES = GaussLegendre(mp).calc_nodes(5, mp.prec)


def integral(f, a, b):
    m, h = (a + b) / 2, (b - a) / 2
    return h * sum(w * f(m + h * x) for x, w in NODES)


def homogeneous_dual(slopes, q1, q2, c, det):
    """E phi(u) phi(v), E phi'(u) phi'(v), E phi(u) in polar coordinates: u = s1 r cos t, v = s2 r cos(t - theta)."""
    low, high = slopes
    s1, s2 = sqrt(q1), sqrt(q2)
    if q1 == 0 or q2 == 0:
        # a point mass at 0, where the derivative is the slope for z < 0 in PyTorch (0 for relu, abs: 0)
        raise ValueError("zero variance")
    theta = atan2(sqrt(det), c)
    value, slope = mpf(0), mpf(0)
    for a, b in angle_pieces(theta):
        if b - a == 0:
            continue
        m = (a + b) / 2
        p = high if cos(m) > 0 else low
        r = high if cos(m - theta) > 0 else low
        # E r^2 = 2 over the radius, the angle uniform on the circle
        value += p * r * integral(lambda t: cos(t) * cos(t - theta), a, b)
        slope += p * r * (b - a)
    mean = (high - low) * s1 / sqrt(2 * pi)
    return s1 * s2 * value * 2 / (2 * pi), slope / (2 * pi), mean


def smooth_dual(name, q1, q2, c, det, shift):
    f, g, h = SMOOTH[name]
    reach = mpf(17)
    count = int(reach / h)
    nodes = [h * k for k in range(-count, count + 1)]
    weight = [exp(-z * z / 2) * h / sqrt(2 * pi) for z in nodes]
    s1, s2 = sqrt(q1), sqrt(q2)
    mean = sum(w * f(shift + s1 * z) for w, z in zip(weight, nodes))
    if det == 0 and q1 == q2 == c:
        value = sum(w * f(shift + s1 * z) ** 2 for w, z in zip(weight, nodes))
        slope = sum(w * g(shift + s1 * z) ** 2 for w, z in zip(weight, nodes))
        return value, slope, mean
    # v = (c/s1) z1 + sqrt(det)/s1 z2
    along, across = c / s1, sqrt(det) / s1
    tiny = mpf(10) ** (-62)
    value, slope = mpf(0), mpf(0)
    for w1, z1 in zip(weight, nodes):
        fv, gv = mpf(0), mpf(0)
        for w2, z2 in zip(weight, nodes):
            if w1 * w2 < tiny:
                continue
            v = shift + along * z1 + across * z2
            fv += w2 * f(v)
            gv += w2 * g(v)
        u = shift + s1 * z1
        value += w1 * f(u) * fv
        slope += w1 * g(u) * gv
    return value, slope, mean


def duals(name, Q, shift):
    """2 x 2 matrices F and h and the two means, from the covariance Q = (q1, c, q2, det)."""
    q1, c, q2, det = Q

    def one(a, b, k, d):
        if name == "identity":
            return k + shift * shift, mpf(1), shift
        if name in POLYNOMIAL:
            m = shift
            if name == "square":
                # E (m+u)^2 (m+v)^2 and 4 E (m+u)(m+v)
                return ((m * m + a) * (m * m + b) + 2 * k * k + 4 * m * m * k, 4 * (m * m + k), m * m + a)
        if name in HOMOGENEOUS:
            if shift != 0:
                raise ValueError("a homogeneous activation is integrated around 0 only")
            if a == 0 or b == 0:
                low, high = HOMOGENEOUS[name]
                at = {"relu": mpf(0), "abs": mpf(0)}.get(name, low)      # the derivative at 0
                side = (low + high) / 2                                # E phi' of a centred Gaussian
                first = at if a == 0 else side
                second = at if b == 0 else side
                return mpf(0), first * second, (high - low) * sqrt(a) / sqrt(2 * pi)
            return homogeneous_dual(HOMOGENEOUS[name], a, b, k, d)
        return smooth_dual(name, a, b, k, d, shift)

    f11, h11, m1 = one(q1, q1, q1, mpf(0))
    f22, h22, m2 = one(q2, q2, q2, mpf(0))
    f12, h12, _ = one(q1, q2, c, det)
    return (f11, f12, f22), (h11, h12, h22), (m1, m2)


# ---- layers; a state is (F, means, groups), F and the groups being triples (xx, xy, yy) ----

def triple(f):
    return (f(0), f(1), f(2))


def scaled(a, t):
    return tuple(a * v for v in t)


def times(s, t):
    return tuple(a * b for a, b in zip(s, t))


def added(s, t):
    return tuple(a + b for a, b in zip(s, t))


def ones(v=mpf(1)):
    return (v, v, v)


def determinant(q):
    d = q[0] * q[2] - q[1] * q[1]
    return d if d > 0 else mpf(0)


def dense(state, layer, name, base=None):
    """base: what the layer's own weights see, where that is not F (the first layer)."""
    F, means, groups = state
    w, b = layer["weights"], layer.get("bias")
    gain = w["m2"]
    own = [(name + " weights", base or F)] + ([(name + " bias", ones())] if b else [])
    activation = layer.get("activation")
    if activation is None:
        out = scaled(gain, F)
        mu = (mpf(0), mpf(0))
        if b:
            out, mu = added(out, ones(b["m2"])), (b["m1"], b["m1"])
        return out, mu, [(g, scaled(gain, t)) for g, t in groups] + own
    q, shift = scaled(gain, F), mpf(0)
    if b and b.get("gaussian"):
        shift = b["m1"]
        q = added(q, ones(b["m2"] - b["m1"] ** 2))
    elif b and "constant" in b:
        shift = b["constant"]
    elif b:
        raise ValueError("biases before an activation are Gaussian or constant here")
    out, h, mu = duals(activation, (q[0], q[1], q[2], determinant(q)), shift)
    return out, mu, [(g, times(h, scaled(gain, t))) for g, t in groups] + [(g, times(h, t)) for g, t in own]


def residual(state, layer, name):
    F, means, groups = state
    m = mpf(fraction(layer.get("branch-multiplier", "1")))
    inner = run(layer["branch"], (F, means, groups), name + " branch layer ")
    G, nu, branched = inner
    cross = (2 * means[0] * nu[0], means[0] * nu[1] + means[1] * nu[0], 2 * means[1] * nu[1])
    out = added(added(F, scaled(m * m, G)), scaled(m, cross))
    mu = (means[0] + m * nu[0], means[1] + m * nu[1])
    direct = dict(groups)
    total = [(g, added(direct[g], scaled(m * m, t)) if g in direct else scaled(m * m, t)) for g, t in branched]
    return out, mu, total


def normalization(state, layer, name):
    F, means, groups = state
    eps = mpf(fraction(layer.get("epsilon", "0")))
    C = (F[0] - means[0] ** 2, F[1] - means[0] * means[1], F[2] - means[1] ** 2)
    s1, s2 = sqrt(C[0] + eps), sqrt(C[2] + eps)
    inverse = (1 / (s1 * s1), 1 / (s1 * s2), 1 / (s2 * s2))
    hat = times(C, inverse)
    g, b = layer.get("gain"), layer.get("bias")
    second = g["m2"] if g else mpf(1)
    out, mu = scaled(second, hat), (mpf(0), mpf(0))
    if b:
        out, mu = added(out, ones(b["m2"])), (b["m1"], b["m1"])
    own = ([(name + " gain", hat)] if g else []) + ([(name + " bias", ones())] if b else [])
    return out, mu, [(n, scaled(second, times(t, inverse))) for n, t in groups] + own


def run(layers, state, prefix, start=1):
    for index, layer in enumerate(layers, start):
        step = {"residual": residual, "layer-normalization": normalization}.get(layer.get("kind"), dense)
        state = step(state, layer, f"{prefix}{index}")
        if len(state[2]) > 64 and prefix == "layer ":
            # Nobody wants the parts of a thousand layers: their sum is carried on.
            total = ones(mpf(0))
            for _, t in state[2]:
                total = added(total, t)
            state = (state[0], state[1], [("total", total)])
    return state


def spelled(layer):
    out = {}
    for key, value in layer.items():
        if key == "branch":
            out[key] = [spelled(inner) for inner in value]
        elif isinstance(value, dict):
            out[key] = value["text"]
        else:
            out[key] = value
    if "weights" in layer and "bias" not in layer:
        out["bias"] = "none"
    return out


def shortened(layers):
    """Runs of equal layers as {"repeat": count, "layer": ...}."""
    out = []
    for layer in map(spelled, layers):
        if out and out[-1][1] == layer:
            out[-1][0] += 1
        else:
            out.append([1, layer])
    return [layer if count == 1 else {"repeat": count, "layer": layer} for count, layer in out]


def row(title, layers, x, y):
    print(title, file=sys.stderr, flush=True)
    d = len(x)
    xs, ys = [mpf(t) for t in x], [mpf(t) for t in y]
    dots = tuple(sum(p * q for p, q in zip(u, v)) / d for u, v in ((xs, xs), (xs, ys), (ys, ys)))
    state = dense((dots, (mpf(0), mpf(0)), []), layers[0], "layer 1")
    state = run(layers[1:-1], state, "layer ", 2)
    K, _, groups = dense(state, layers[-1], f"layer {len(layers)}")
    T = ones(mpf(0))
    for _, t in groups:
        T = added(T, t)

    def gap(k):
        return nstr(1 - k[1] / sqrt(k[0] * k[2]), 30) if k[0] > 0 and k[2] > 0 else "none"

    network = {"input-dimension": d, "parameterization": "ntk", "layers": shortened(layers)}
    few = len(groups) <= 24 and groups[0][0] != "total"
    return {
        "title": title, "network": network, "x": x, "y": y, "nngp": nstr(K[1], 30), "ntk": nstr(T[1], 30),
        "nngp_xx": nstr(K[0], 30), "ntk_xx": nstr(T[0], 30), "gap_nngp": gap(K), "gap_ntk": gap(T),
        "groups": {name: nstr(t[1], 30) for name, t in groups} if few else {}}


def huang(count, m, weights="2", first="identity"):
    """Huang et al. 2020: a linear embedding, then h + m V relu(U h)."""
    block = {"kind": "residual", "branch-multiplier": m, "branch": [
        {"weights": normal(weights), "activation": "relu"}, {"weights": normal("1")}]}
    return [{"weights": normal("1"), "activation": first}] + [block] * count + [{"weights": normal("1")}]


def prenorm(count, m, activation="relu", eps="0"):
    """h + m V relu(U norm(h)), a last normalization before the readout."""
    block = {"kind": "residual", "branch-multiplier": m, "branch": [
        {"kind": "layer-normalization", "epsilon": eps},
        {"weights": normal("2"), "activation": activation}, {"weights": normal("1")}]}
    return ([{"weights": normal("1"), "activation": "identity"}] + [block] * count
            + [{"kind": "layer-normalization", "epsilon": eps}, {"weights": normal("1")}])


def postnorm(count, activation, eps="0"):
    return sum([[{"weights": normal("2"), "bias": normal("1/10"), "activation": activation},
                 {"kind": "layer-normalization", "epsilon": eps}] for _ in range(count)], []) + [{"weights": normal("1")}]


A, B = ["1", "0"], ["0.5", "1"]
NEAR = (["1", "0"], ["1", "1e-10"])
SHORTER = (["1", "0.5"], ["1.0000000001", "0.5000000003"])
MIXED = [
    {"weights": normal("2"), "bias": normal("1/4"), "activation": "relu"},
    {"kind": "layer-normalization", "gain": uniform("1/2", "3/2"), "bias": uniform("0", "1")},
    {"kind": "residual", "branch-multiplier": "-1/2", "branch": [
        {"weights": normal("2"), "bias": normal("1/4"), "activation": "relu"},
        {"weights": normal("1"), "bias": constant("1/3"), "activation": "gelu"}]},
    {"kind": "layer-normalization", "epsilon": "1/10", "gain": constant("2"), "bias": constant("0")},
    {"weights": normal("1"), "bias": normal("1/4")}]
NESTED = [
    {"weights": normal("2"), "bias": constant("1/2"), "activation": "tanh"},
    {"kind": "residual", "branch": [
        {"weights": normal("3/2"), "bias": constant("0"), "activation": "abs"},
        {"kind": "residual", "branch-multiplier": "2/3", "branch": [
            {"kind": "layer-normalization", "epsilon": "1e-5"},
            {"weights": normal("1"), "bias": normal("1/2"), "activation": "erf"}]},
        {"weights": normal("1"), "bias": uniform("0", "1")}]},
    {"weights": normal("1"), "activation": "softplus"},
    {"kind": "layer-normalization"},
    {"weights": normal("1"), "bias": constant("0")}]
LEAKY = [
    {"weights": normal("2"), "activation": "leaky-relu(1/8)"},
    {"kind": "residual", "branch-multiplier": "1/2", "branch": [
        {"weights": normal("2"), "activation": "leaky-relu(1/8)"}]},
    {"kind": "layer-normalization"},
    {"weights": normal("1")}]
SMOOTHNORM = [
    {"weights": normal("2"), "bias": normal("1/4"), "activation": "gelu"},
    {"kind": "layer-normalization"},
    {"weights": normal("1"), "activation": "tanh"},
    {"kind": "residual", "branch": [{"weights": normal("1"), "bias": constant("1/2"), "activation": "tanh"}]},
    {"weights": normal("1")}]

rows = [
    row("Huang 2020, 3 blocks", huang(3, "1/2"), A, B),
    row("Huang 2020, 3 blocks, opposite", huang(3, "1"), A, ["-1", "0"]),
    row("Huang 2020, 3 blocks, nearly parallel", huang(3, "1/2"), *NEAR),
    row("Huang 2020, 1000 blocks", huang(1000, "1/32"), A, B),
    row("Huang 2020, 1000 blocks, nearly parallel", huang(1000, "1/32"), *NEAR),
    row("Huang 2020, lengths 1e-150 and 1e150", huang(3, "1/2"), ["1e-150", "0"], ["1e150", "1e150"]),
    row("Huang 2020, a zero vector", huang(3, "1/2"), ["0", "0"], A),
    row("pre-norm, 4 blocks", prenorm(4, "1/2"), A, B),
    row("pre-norm, 50 blocks, nearly parallel", prenorm(50, "1/5"), *NEAR),
    row("pre-norm, lengths 1e-150 and 1e150", prenorm(3, "1"), ["1e-150", "2e-150"], ["1e150", "1e149"]),
    row("pre-norm, parallel", prenorm(3, "1"), ["1", "2"], ["3", "6"]),
    row("pre-norm, epsilon, a zero vector", prenorm(3, "1", eps="1/100"), ["0", "0"], A),
    row("post-norm, relu", postnorm(1, "relu"), A, B),
    row("post-norm, relu, 30 layers, nearly parallel", postnorm(30, "relu"), *NEAR),
    row("post-norm, relu, nearly parallel, unequal lengths", postnorm(2, "relu"), *SHORTER),
    row("post-norm, square", postnorm(2, "square"), A, B),
    row("post-norm, square, epsilon, nearly parallel", postnorm(2, "square", "1/7"), *SHORTER),
    row("post-norm, erf, epsilon", postnorm(2, "erf", "1e-5"), A, B),
    row("leaky relu with means", LEAKY, A, B),
    row("leaky relu with means, nearly parallel, unequal lengths", LEAKY, *SHORTER),
    row("leaky relu with means, parallel", LEAKY, ["1", "2"], ["2", "4"]),
    row("leaky relu with means, lengths 1e-150", LEAKY, ["1e-150", "2e-150"], ["2e-150", "1e-150"]),
    row("mixed, with gains and biases", MIXED, A, B),
    row("mixed, nearly parallel", MIXED, *SHORTER),
    row("nested blocks", NESTED, A, B),
    row("smooth", SMOOTHNORM, A, B),
    row("smooth, nearly parallel", SMOOTHNORM, *SHORTER),
]
print(json.dumps({"tool": "mpmath " + __import__("mpmath").__version__ + ", 60 digits", "cases": rows}, indent=1))
