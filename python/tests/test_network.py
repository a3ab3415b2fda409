"""What stands for a network, and what does not."""

import copy
import pathlib
import pickle

import numpy
import pytest
from conftest import ROOT

import infwidth
from infwidth import Network


def test_short_name():
    network = Network("relu-3", 5)
    assert network.dimension == 5 and network.yaml.startswith("name: relu-3\n")
    assert network.yaml.count("activation: relu") == 3 and network.yaml.count("weight-multiplier: sqrt(2)") == 4
    assert Network("preset:relu-3", 5) == network and Network("relu-3(dimension=5)").dimension == 5
    assert "weight-multiplier" not in Network("erf-2").yaml
    assert Network("relu-3(W_std=1)") != Network("relu-3")


def test_file(tmp_path):
    path = ROOT / "examples" / "relu-uniform.yaml"
    network = Network(path)
    assert network.dimension == 2 and network == Network(str(path)) == Network(path.read_text())
    (tmp_path / "mine").write_text(path.read_text())
    assert Network(str(tmp_path / "mine")) == network


def test_dictionary_and_text():
    layers = [{"weights": "normal()", "bias": "none", "activation": "relu"}, {"weights": "normal()", "bias": "none"}]
    network = Network({"input-dimension": 2, "parameterization": "ntk", "layers": layers})
    assert network == Network('{"input-dimension": 2, "parameterization": "ntk", "layers": '
                              '[{"weights": "normal()", "bias": "none", "activation": "relu"}, '
                              '{"weights": "normal()", "bias": "none"}]}')
    assert Network(network) == network and hash(Network(network)) == hash(network)


def test_copies():
    network = Network("leaky-relu(1/10)-2(b_std=1/3)", 4)
    again = pickle.loads(pickle.dumps(network))
    assert again == network and again is not network
    assert copy.deepcopy(network) is network and copy.copy(network) is network
    X = numpy.random.default_rng(1).normal(size=(5, 4))
    assert (infwidth.ntk(X, network=again) == infwidth.ntk(X, network=network)).all()
    assert repr(network).startswith("Network('name: ")


def test_networks_are_given_back():
    for _ in range(2000):
        Network("relu-3", 3)


@pytest.mark.parametrize(
    "network, words",
    [
        ("rleu-3", "Did you mean 'relu'?"), ("relu", "as in relu-3"), ("relu-0", "depth is the number of hidden layers"),
        ("", "there is no preset ''"), ("no-such.yaml", "there is no such file"), (pathlib.Path("relu-3"), "no such file"),
        ("folder/x", "there is no such file"), ("a: [\n", "this is not YAML"), ({}, "missing"), ({"layers": 1}, ""),
        ("relu\0-3", "zero character"), (3, "is no network"), (None, "is no network"), (b"relu-3", "is no network"),
        ("\ud800", "is no text"), ("preset:relu-3(dimension=0)", "dimension"), ("relu-3(gain=2)", "not an option"),
    ],
)
def test_errors(network, words):
    with pytest.raises(infwidth.UsageError) as caught:
        Network(network)
    assert isinstance(caught.value, ValueError) and words in str(caught.value) and caught.value.status == 64


def test_dimension():
    for dimension in (0, -1, 10**7):
        with pytest.raises(infwidth.UsageError, match="dimension"):
            Network("relu-3", dimension)
