"""Kernel matrices: against neural-tangents and high precision, and their structure."""

import signal
import threading
import time

import numpy
import pytest
from conftest import reference

import infwidth


def dense(case):
    """A network of neural_tangents.json as its file says it."""

    def layer(prefix):
        weights, bias = case[f"{prefix}W_std"], case[f"{prefix}b_std"]
        result = {"weights": "normal()", "weight-multiplier": weights, "bias": "none"}
        return result if bias == "0" else {**result, "bias": "normal()", "bias-multiplier": bias}

    hidden = [{**layer(""), "activation": case["activation"]}] * case["depth"]
    return {"input-dimension": len(case["x"]), "parameterization": "ntk", "layers": hidden + [layer("readout_")]}


#: The sine of neural-tangents has the form sin(z) too; its float64 values are good to 1e-12 relative to the diagonal.
@pytest.mark.parametrize("case", reference("neural_tangents"), ids=lambda case: case["id"])
def test_neural_tangents(case):
    x, y = numpy.array([case["x"]]), numpy.array([case["y"]])
    both = infwidth.gram(x, y, dense(case))
    scale = infwidth.gram(numpy.vstack([x, y]), network=dense(case))
    for matrix, whole, name in ((both.nngp, scale.nngp, "nngp"), (both.ntk, scale.ntk, "ntk")):
        assert matrix.shape == (1, 1)
        length = numpy.sqrt(whole[0, 0] * whole[1, 1])
        assert abs(matrix[0, 0] - float(case["expected"][name])) <= 1e-12 * length


@pytest.mark.parametrize(
    "case", [case for case in reference("neural_tangents") if case["activation"] == "relu" and case["depth"] == 3],
    ids=lambda case: case["id"],
)
def test_short_name_is_neural_tangents(case):
    """relu-3 has the gain sqrt(2) at the readout too, where the reference has 1: twice its kernels."""
    assert (case["W_std"], case["readout_W_std"]) == ("sqrt(2)", "1")
    value = infwidth.ntk([case["x"]], [case["y"]], "relu-3")[0, 0]
    assert value == pytest.approx(2 * float(case["expected"]["ntk"]), rel=1e-12)


@pytest.mark.parametrize("network", ["relu-3", "erf-2", "gelu-1", "leaky-relu(1/10)-2(b_std=1/2)"])
def test_the_matrix_agrees_with_the_table(network):
    """The two have different code: doubles with one bound there, every digit accounted for here."""
    X = numpy.random.default_rng(7).normal(size=(4, 3))
    gram = infwidth.gram(X, network=network)
    entries = iter(infwidth.table(network, X).entries)
    for i in range(4):
        for j in range(i, 4):
            entry = next(entries)
            for matrix, bound, number in ((gram.nngp, gram.nngp_error, entry.nngp), (gram.ntk, gram.ntk_error, entry.ntk)):
                allowed = bound * numpy.sqrt(matrix[i, i] * matrix[j, j]) + number.error
                assert abs(matrix[i, j] - number.value) <= allowed


def test_structure():
    X = numpy.random.default_rng(1).normal(size=(300, 5))
    K = infwidth.ntk(X, network="relu-2")
    assert K.shape == (300, 300) and K.dtype == numpy.float64 and K.flags.c_contiguous
    assert (K == K.T).all() and numpy.linalg.eigvalsh(K)[0] > 0
    assert numpy.allclose(infwidth.diagonal(X, "relu-2"), numpy.diag(K), rtol=1e-13, atol=0)
    assert numpy.allclose(infwidth.diagonal(X, "relu-2", kernel="nngp"), numpy.diag(infwidth.nngp(X, network="relu-2")), rtol=1e-13)
    assert numpy.allclose(infwidth.ntk(X, X[:7].copy(), "relu-2"), K[:, :7], rtol=1e-12, atol=1e-13)
    one = infwidth.gram(X, network="relu-2", kernel="ntk")
    assert one.nngp is None and one.nngp_error is None and 0 < one.ntk_error < 1e-11 and (one.ntk == K).all()


@pytest.mark.parametrize("n", [200, 1500])
def test_bits_do_not_depend_on_threads(n):
    X = numpy.random.default_rng(2).normal(size=(n, 4))
    one = infwidth.ntk(X, network="gelu-2", threads=1)
    for threads in (2, 3, None):
        assert (infwidth.ntk(X, network="gelu-2", threads=threads) == one).all()


def test_calls_from_many_threads():
    X = numpy.random.default_rng(3).normal(size=(300, 4))
    expected, found = infwidth.ntk(X, network="erf-3"), [None] * 6
    network = infwidth.Network("erf-3", 4)

    def work(index):
        found[index] = infwidth.ntk(X, network=network, threads=1 + index % 2)

    workers = [threading.Thread(target=work, args=(index,)) for index in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert all((K == expected).all() for K in found)


@pytest.mark.parametrize(
    "make",
    [
        lambda X: X.astype(numpy.float64, order="F"), lambda X: X[::-1][::-1], lambda X: X.tolist(),
        lambda X: X.astype(">f8"), lambda X: numpy.hstack([X, X])[:, :3], lambda X: X.astype(object),
    ],
)
def test_any_layout_of_the_inputs(make):
    X = numpy.random.default_rng(4).normal(size=(10, 3))
    assert (infwidth.ntk(make(X)) == infwidth.ntk(X)).all()
    integers = numpy.arange(6).reshape(2, 3)
    assert (infwidth.ntk(integers) == infwidth.ntk(integers.astype(float))).all()


def test_progress():
    told = []
    infwidth.ntk(numpy.ones((1100, 2)), progress=lambda done, total: told.append((done, total)))
    assert told[0] == (0, 1100**2) and told[-1] == (1100**2, 1100**2)
    assert [done for done, _ in told] == sorted(done for done, _ in told) and len(told) == 4


def test_what_progress_raises_ends_the_computation():
    class Enough(Exception):
        pass

    def stop(done, total):
        if done > 0:
            raise Enough

    with pytest.raises(Enough):
        infwidth.ntk(numpy.ones((1100, 2)), progress=stop)


def test_interrupt():
    """Ctrl-C ends a long computation between two tiles."""
    X = numpy.random.default_rng(5).normal(size=(9000, 30))
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    timer.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        while time.monotonic() - start < 60:
            infwidth.gram(X, network="gelu-30")
    timer.join()
