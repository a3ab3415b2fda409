"""Every class of errors, with the library's own words."""

import fractions
import os
import subprocess
import sys

import numpy
import pytest

import infwidth

X = numpy.eye(2)


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: infwidth.gram(X, kernel="nkt"), infwidth.UsageError, "'nkt'"),
        (lambda: infwidth.ntk(X, threads=0), infwidth.UsageError, "threads is 0"),
        (lambda: infwidth.ntk(X, threads=10**6), infwidth.UsageError, "threads is 1000000"),
        (lambda: infwidth.dual("nosuch", 1, 1, 0), infwidth.UsageError, "no activation"),
        (lambda: infwidth.dual("relu", 1, 1), infwidth.UsageError, "either"),
        (lambda: infwidth.dual("relu", 1, 1, 0, one_minus_rho=1), infwidth.UsageError, "either"),
        (lambda: infwidth.dual("relu", float("nan"), 1, 0), infwidth.UsageError, "q1 is nan"),
        (lambda: infwidth.dual("relu", "x", 1, 0), infwidth.UsageError, "'x' is not a number"),
        (lambda: infwidth.dual("relu", [1], 1, 0), infwidth.UsageError, "Give a number"),
        (lambda: infwidth.dual("relu", 1, 1, 2), infwidth.UsageError, "impossible"),
        (lambda: infwidth.dual("relu", fractions.Fraction(1, 10**700), 1, 0), infwidth.UsageError, "outside the range"),
        (lambda: infwidth.table("relu-1", [[1]], tolerance=2), infwidth.UsageError, "relative_tolerance is 2.0"),
        (lambda: infwidth.ntk([[1.0, numpy.nan]]), infwidth.DataError, "point 1, coordinate 2 is nan"),
        (lambda: infwidth.ntk(X, [[1.0, -numpy.inf]]), infwidth.DataError, "y: point 1, coordinate 2 is -inf"),
        (lambda: infwidth.ntk(X, numpy.eye(3)), infwidth.DataError, "X has 2 columns and Y has 3"),
        (lambda: infwidth.ntk(X, network=infwidth.Network("relu-3", 5)), infwidth.DataError, "input-dimension is 5"),
        (lambda: infwidth.ntk([1.0, 2.0]), infwidth.DataError, "X has the shape (2,)"),
        (lambda: infwidth.ntk(numpy.zeros((2, 2, 2))), infwidth.DataError, "shape"),
        (lambda: infwidth.ntk(numpy.zeros((0, 2))), infwidth.DataError, "no points"),
        (lambda: infwidth.ntk(numpy.zeros((2, 0))), infwidth.InfwidthError, "dimension"),
        (lambda: infwidth.ntk([["a", "b"]]), infwidth.DataError, "real numbers"),
        (lambda: infwidth.ntk([[1j, 0]]), infwidth.DataError, "complex"),
        (lambda: infwidth.ntk([[1, 2], [3]]), ValueError, ""),
        (lambda: infwidth.ntk(numpy.ma.masked_invalid([[1.0, numpy.nan]])), infwidth.DataError, "masked"),
        (lambda: infwidth.ntk([[1e200, 0]]), infwidth.DataError, "length"),
        (lambda: infwidth.table("relu-1", []), infwidth.DataError, "no points"),
        (lambda: infwidth.table("relu-1", "1,2"), infwidth.DataError, "list of points"),
        (lambda: infwidth.table("relu-1", [[1, 2], [1]]), infwidth.DataError, "has 1 coordinate"),
        (lambda: infwidth.table("relu-1", [[1, None]]), infwidth.UsageError, "a coordinate of point 1 is None"),
        (lambda: infwidth.ntk(X, network="he"), infwidth.AccuracyError, "has no limit"),
        (lambda: infwidth.expect("relu-1", [[1, 2]], widths=0), infwidth.UsageError, "a width is 0"),
        (lambda: infwidth.expect("relu-1", [[1, 2]], widths=8, samples=1), infwidth.UsageError, "networks to average is 1"),
        (lambda: infwidth.expect("relu-1", [[1, 2]], samples=5), infwidth.UsageError, "Give widths"),
        (lambda: infwidth.expect("relu-1", [[1, 2]], widths=8, false_alarm=0.7), infwidth.UsageError, "false-alarm rate is 0.7"),
        (lambda: infwidth.expect("relu-1", [[1, 2]], widths=8, false_alarm=-1), infwidth.UsageError, "false_alarm is -1"),
        (lambda: infwidth.expect("relu-1", [[1, 2]], kernel="nkt"), infwidth.UsageError, "kernel is 'nkt'"),
        (lambda: infwidth.write_fixture("none/x", "relu-1", [[1, 2]]), infwidth.OutputError, "cannot be written"),
        (lambda: infwidth.write_fixture("x", "relu-1", [[1, 2]], format="xml"), infwidth.UsageError, "format is 'xml'"),
        (lambda: infwidth.Kernel(kind="nkt")(X), infwidth.UsageError, "kind is 'nkt'"),
        (lambda: infwidth.Kernel().set_params(depth=3), infwidth.UsageError, "'depth' is no parameter"),
        (lambda: infwidth.gram_file("no-such.npy", "k.npy", "relu-1"), infwidth.DataError, "no such file"),
    ],
)
def test_errors(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)


def test_classes():
    for error, base, status in (
        (infwidth.UsageError, ValueError, 64), (infwidth.DataError, ValueError, 65),
        (infwidth.AccuracyError, ArithmeticError, 70), (infwidth.OutputError, OSError, 74),
    ):
        assert issubclass(error, base) and issubclass(error, infwidth.InfwidthError) and error.status == status


def test_output(tmp_path):
    numpy.save(tmp_path / "x.npy", X)
    with pytest.raises(OSError, match="cannot be written"):
        infwidth.gram_file(tmp_path / "x.npy", tmp_path / "none" / "k.npy", "relu-3(dimension=2)")
    infwidth.gram_file(tmp_path / "x.npy", tmp_path / "k.npy", "relu-3(dimension=2)", kernel="both")
    both = numpy.load(tmp_path / "k.npy")
    assert (both[0] == infwidth.nngp(X)).all() and (both[1] == infwidth.ntk(X)).all()


def importing(**environment):
    """What importing the package says in another process."""
    return subprocess.run(
        [sys.executable, "-c", "import infwidth"], env={**os.environ, **environment}, capture_output=True, text=True
    )


def test_library_that_is_not_there(tmp_path):
    result = importing(INFWIDTH_LIBRARY=str(tmp_path / "nothing.so"))
    assert result.returncode == 1 and "ImportError: INFWIDTH_LIBRARY names" in result.stderr


def test_library_that_is_something_else(tmp_path):
    (tmp_path / "libinfwidth.so").write_text("no library")
    result = importing(INFWIDTH_LIBRARY=str(tmp_path))
    assert result.returncode == 1 and "cannot be loaded" in result.stderr and "libopenblas" in result.stderr


def test_no_library(tmp_path):
    """The package alone, copied away from the checkout and its library."""
    import pathlib
    import shutil

    source = pathlib.Path(infwidth.__file__).parent
    shutil.copytree(source, tmp_path / "infwidth", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    code = (
        "import sys, ctypes.util, os; sys.path.insert(0, sys.argv[1]); ctypes.util.find_library = lambda name: None\n"
        "os.path.isfile = lambda path: False\nimport infwidth"
    )
    environment = {key: value for key, value in os.environ.items() if key != "INFWIDTH_LIBRARY"}
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], env=environment, capture_output=True, text=True, cwd=tmp_path
    )
    assert "ImportError: libinfwidth.so is not there" in result.stderr
    assert "make python" in result.stderr and "make install" in result.stderr
