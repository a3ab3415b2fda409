"""scikit-learn: precomputed and callable kernels, pipelines, clones, grid searches, processes, Gaussian processes."""

import functools
import pickle

import numpy
import pytest

sklearn = pytest.importorskip("sklearn")

from sklearn.base import clone  # noqa: E402
from sklearn.datasets import load_iris, make_moons  # noqa: E402
from sklearn.gaussian_process import GaussianProcessRegressor  # noqa: E402
from sklearn.gaussian_process.kernels import WhiteKernel  # noqa: E402
from sklearn.kernel_ridge import KernelRidge  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.svm import SVC  # noqa: E402

import infwidth  # noqa: E402
from infwidth import Kernel  # noqa: E402
from infwidth.sklearn import NetworkKernel  # noqa: E402


@pytest.fixture(scope="module")
def moons():
    X, y = make_moons(240, noise=0.15, random_state=0)
    return train_test_split(X, y, random_state=0)


def test_precomputed(moons):
    X, X_test, y, y_test = moons
    machine = SVC(kernel="precomputed").fit(infwidth.ntk(X, network="relu-3"), y)
    assert machine.score(infwidth.ntk(X_test, X, "relu-3"), y_test) >= 0.9


@pytest.mark.parametrize("kernel", [Kernel("relu-3"), functools.partial(infwidth.ntk, network="relu-3"), NetworkKernel("relu-3", "ntk")])
def test_callable(moons, kernel):
    """The same machine as the precomputed one."""
    X, X_test, y, y_test = moons
    machine = SVC(kernel=kernel).fit(X, y)
    precomputed = SVC(kernel="precomputed").fit(infwidth.ntk(X, network="relu-3"), y)
    decisions = precomputed.decision_function(infwidth.ntk(X_test, X, "relu-3"))
    assert numpy.allclose(machine.decision_function(X_test), decisions, rtol=0, atol=1e-8)
    assert machine.score(X_test, y_test) >= 0.9


def test_pipeline_with_several_classes():
    X, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), SVC(kernel=Kernel("erf-2")))
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.9


def test_clone_and_pickle(moons):
    X, X_test, y, _ = moons
    machine = make_pipeline(StandardScaler(), SVC(kernel=Kernel(infwidth.Network("relu-2", 2), "nngp", threads=1)))
    again = clone(machine)
    assert again[-1].kernel == machine[-1].kernel and again[-1].kernel is not machine[-1].kernel
    fitted = machine.fit(X, y)
    assert (pickle.loads(pickle.dumps(fitted)).predict(X_test) == fitted.predict(X_test)).all()


@pytest.mark.parametrize("jobs", [1, 2])
def test_grid_search_over_networks(moons, jobs):
    X, X_test, y, y_test = moons
    pipeline = make_pipeline(StandardScaler(), SVC(kernel=Kernel()))
    grid = {"svc__kernel__network": ["relu-1", "relu-3"], "svc__kernel__kind": ["ntk", "nngp"], "svc__C": [0.1, 1]}
    search = GridSearchCV(pipeline, grid, cv=3, n_jobs=jobs, error_score="raise").fit(X, y)
    assert search.best_score_ > 0.85 and search.score(X_test, y_test) > 0.85
    kernels = GridSearchCV(pipeline, {"svc__kernel": [Kernel("relu-1"), Kernel("erf-3")]}, cv=3, n_jobs=jobs).fit(X, y)
    assert kernels.best_params_["svc__kernel"].network in ("relu-1", "erf-3")


def test_kernel_ridge(moons):
    """pairwise_kernels calls a callable on two vectors at a time."""
    X, _, y, _ = moons
    X, y = X[:20], y[:20]
    called = KernelRidge(kernel=Kernel("relu-1"), alpha=0.1).fit(X, y).predict(X)
    K = infwidth.ntk(X, network="relu-1")
    expected = K @ numpy.linalg.solve(K + 0.1 * numpy.eye(20), y)
    assert numpy.allclose(called, expected, rtol=0, atol=1e-10)


def test_gaussian_process():
    """The posterior of an infinitely wide Bayesian network, by its formula."""
    generator = numpy.random.default_rng(0)
    X, Z = generator.normal(size=(30, 2)), generator.normal(size=(7, 2))
    y = numpy.sin(X[:, 0])
    kernel = NetworkKernel("relu-2(b_std=1/10)") + WhiteKernel(0.01, noise_level_bounds="fixed")
    process = GaussianProcessRegressor(kernel).fit(X, y)
    mean, deviation = process.predict(Z, return_std=True)
    network = "relu-2(b_std=1/10)"
    K = infwidth.nngp(X, network=network) + 0.01 * numpy.eye(30)
    cross = infwidth.nngp(Z, X, network)
    assert numpy.allclose(mean, cross @ numpy.linalg.solve(K, y), atol=1e-8)
    variance = infwidth.diagonal(Z, network, kernel="nngp") + 0.01 - (cross * numpy.linalg.solve(K, cross.T).T).sum(1)
    assert numpy.allclose(deviation**2, variance, atol=1e-8)
    # The noise is fitted; the network has nothing to fit.
    fitted = GaussianProcessRegressor(NetworkKernel("relu-2") + WhiteKernel()).fit(X, y)
    assert fitted.kernel_.theta.shape == (1,) and not fitted.kernel_.is_stationary()
    assert clone(kernel) == kernel
