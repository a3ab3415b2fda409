"""Kernel velocity, kernel change and linearization error of one hidden layer, by numpy and scipy.

Product quadrature for the expectations (Gauss-Hermite with 260 points each for tanh, Gauss-Legendre, exact, for the quadratic model),
the tensors o = D_c xi and p = D_d o written out by a small symbolic derivative, and an ODE solver in place of the eigenbasis.
"""
from collections import defaultdict
import numpy as np
from scipy.integrate import solve_ivp


def setup(phi, nodes_w, nodes_b, points, second):
    (w, pw), (b, pb) = nodes_w, nodes_b
    W, B = np.meshgrid(w, b, indexing="ij")
    P = np.outer(pw, pb)
    values = [[f(W * x + B) for f in phi] for x in points]
    kappa = [[x * y + 1 for y in points] for x in points]
    cache = {}

    def mean(factors):
        if factors not in cache:
            product = P.copy()
            for a, o in factors:
                product = product * values[a][o]
            cache[factors] = product.sum()
        return cache[factors]

    def D(terms, c):
        out = defaultdict(float)
        for (p, f), v in terms.items():
            if p:
                out[(p - 1, tuple(sorted(f + ((c, 0),))))] += v * p
            for k, (a, o) in enumerate(f):
                g = f[:k] + f[k + 1 :] + ((a, o + 1), (c, 1))
                out[(p + 1, tuple(sorted(g)))] += v * kappa[a][c]
        return out

    def times(s, t):
        out = defaultdict(float)
        for (p, f), u in s.items():
            for (q, g), v in t.items():
                out[(p + q, tuple(sorted(f + g)))] += u * v
        return out

    E = lambda t: sum(v * second[p] * mean(f) for (p, f), v in t.items() if second[p])
    out = lambda a: {(1, ((a, 0),)): 1.0}
    xi = lambda a, b: D(out(a), b)
    o = lambda a, b, c: D(xi(a, b), c)
    return E, out, xi, o, D, times, mean


def study(name, tools, y, Kscale, times_, n=2, m=3):
    E, out, xi, o, D, times, mean = tools
    c = np.array([[[[E(times(o(a, b, k), out(d))) for d in range(n)] for k in range(n)] for b in range(m)] for a in range(m)])
    Pt = np.array([[[[E(D(o(a, b, k), d)) for d in range(n)] for k in range(n)] for b in range(m)] for a in range(m)])
    T = np.array([[E(xi(a, b)) for b in range(m)] for a in range(m)])
    K = Kscale * np.array([[mean(((a, 0), (b, 0))) for b in range(n)] for a in range(n)])
    M = K + np.outer(y, y)
    Th = T[:n, :n]
    print(name, "limit", T[:, :n].tolist())
    print(" velocity", [["%.12f" % -sum(c[a, b, k, k] for k in range(n)) for b in range(n)] for a in range(m)])
    dev = [[np.sqrt(sum(M[k, d] * E(times(o(a, b, k), o(a, b, d))) + c[a, b, k, d] * c[a, b, d, k] for k in range(n) for d in range(n)))
            for b in range(n)] for a in range(m)]
    print(" deviation", [["%.12f" % v for v in r] for r in dev])
    Z = np.einsum("x,yz->xyz", y, K) + np.einsum("y,xz->xyz", y, K) + np.einsum("z,xy->xyz", y, K) + np.einsum("x,y,z->xyz", y, y, y)
    lam, V = np.linalg.eigh(Th)
    U = lambda t: V @ np.diag(np.exp(-lam * t)) @ V.T
    A = lambda t: V @ np.diag(-np.expm1(-lam * t) / lam) @ V.T

    def rhs(t, s):
        J = s[: n**4].reshape(n, n, n, n)
        e = s[n**4 : n**4 + n]
        u, a = U(t), A(t)
        g = (np.einsum("abcd,e,cd,be->a", c[:, :n], y, a, u) + np.einsum("abce,d,cd,be->a", c[:, :n], y, a, u)
             - np.einsum("abcd,cdxy,bz,xyz->a", Pt[:, :n], J, u, Z))
        return np.concatenate([np.einsum("cx,dy->cdxy", u, a).ravel(), -Th @ e - g[:n], -(T[n:, :n] @ e + g[n:])])

    sol = solve_ivp(rhs, (0, max(times_)), np.zeros(n**4 + m), method="DOP853", rtol=1e-12, atol=1e-14, t_eval=sorted(times_))
    for t, s in zip(sol.t, sol.y.T):
        J = s[: n**4].reshape(n, n, n, n)
        Q = np.einsum("cdxy,xy->cd", J, M)
        change = -np.einsum("abcd,cd->ab", c, A(t)) + np.einsum("abcd,cd->ab", Pt, Q)
        print(" t =", t, "change", [["%.10f" % v for v in r] for r in change[:, :n]], "f - f_lin", ["%.10f" % v for v in s[n**4 :]])


x, w = np.polynomial.legendre.leggauss(24)
uniform = (x, w / 2), (x / 2, w / 2)
square = [lambda z: z**2, lambda z: 2 * z, lambda z: 2 + 0 * z, lambda z: 0 * z]
moments = [1, 0, 1 / 3, 0, 1 / 5, 0, 1 / 7]
study("quadratic", setup(square, *uniform, [1.0, -1.0, 0.5], moments), np.array([1.0, 0.5]), 1 / 3, [1.0, 8.0])
x, w = np.polynomial.hermite_e.hermegauss(260)
w = w / w.sum()
th = np.tanh
tanh = [th, lambda z: 1 - th(z) ** 2, lambda z: -2 * th(z) * (1 - th(z) ** 2), lambda z: (1 - th(z) ** 2) * (6 * th(z) ** 2 - 2)]
gauss = [1, 0, 1, 0, 3, 0, 15]
study("tanh", setup(tanh, (x, w), (x / 2, w), [1.0, -1.0, 0.3], gauss), np.array([1.0, -0.5]), 1, [1.5])
