"""The package and the command give the same: the same text, the same bits."""

import json
import subprocess

import numpy
import pytest
from conftest import ROOT

import infwidth


def run(command, *arguments):
    return subprocess.run([command, *arguments], check=True, capture_output=True, text=True, cwd=ROOT).stdout


@pytest.mark.parametrize("network", ["examples/relu-uniform.yaml", "preset:erf-2", "examples/normalized-residual.yaml"])
def test_table(command, network):
    printed = run(command, "table", "--network", network, "--at", "1,1/3", "--at", "-1,0.1", "--format", "json")
    name = ROOT / network if network.endswith(".yaml") else network
    assert infwidth.table(name, [[1, "1/3"], ["-1", "0.1"]]).json == json.loads(printed)


def test_dual(command):
    printed = json.loads(run(command, "dual", "gelu", "--q1", "2", "--one-minus-rho", "1e-9", "--format", "json"))
    dual = infwidth.dual("gelu", 2, 1, one_minus_rho="1e-9")
    assert (dual.value.value, dual.value.error) == (printed["value"]["value"], printed["value"]["error"])
    assert dual.derivative.value == printed["derivative"]["value"]


def test_expect(command, tmp_path):
    arguments = ["--network", "examples/relu-uniform.yaml", "--at", "1,0", "--at", "0,1/3", "--kernel", "both"]
    finite = ["--widths", "64,256", "--samples", "50", "--false-alarm", "0.001"]
    network, points = ROOT / "examples" / "relu-uniform.yaml", [[1, 0], [0, "1/3"]]
    options = {"kernel": "both", "widths": [64, 256], "samples": 50, "false_alarm": 0.001}
    assert infwidth.expect(network, points, **options) == json.loads(
        run(command, "expect", *arguments, *finite, "--format", "json")
    )
    assert infwidth.expect(network, points, kernel="both") == json.loads(
        run(command, "expect", *arguments, "--format", "json")
    )
    for format in ("pytest", "csv", "c", "npz"):
        run(command, "expect", *arguments, *finite, "--format", format, "--output", str(tmp_path / "theirs"))
        infwidth.write_fixture(tmp_path / "ours", network, points, format=format, **options)
        assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()


# More than one tile of 1024, on and off the diagonal; a network whose series depend on the inputs of the tile.
@pytest.mark.parametrize("network", ["relu-3(dimension=6)", "tanh-2(dimension=6, b_std=1/2)"])
def test_gram(command, network, tmp_path):
    X = numpy.random.default_rng(11).normal(size=(1300, 6))
    Y = numpy.random.default_rng(12).normal(size=(70, 6))
    numpy.save(tmp_path / "x.npy", X)
    numpy.save(tmp_path / "y.npy", Y)
    for kernel, function in (("ntk", infwidth.ntk), ("nngp", infwidth.nngp)):
        arguments = ["--network", f"preset:{network}", "--kernel", kernel, "--data", str(tmp_path / "x.npy")]
        run(command, "gram", *arguments, "--output", str(tmp_path / "k.npy"))
        assert (numpy.load(tmp_path / "k.npy") == function(X, network=network, threads=1)).all()
        run(command, "gram", *arguments, "--data-other", str(tmp_path / "y.npy"), "--output", str(tmp_path / "k.npy"))
        assert (numpy.load(tmp_path / "k.npy") == function(X, Y, network)).all()


def test_version(command):
    assert run(command, "--version").strip() == infwidth.__version__
