"""Each typical mistake is found: the check of the expected values goes red, at every width."""

import networks
import pytest
import test_relu_mlp
import test_tanh_mlp

DEFECTS = [
    (test_relu_mlp, "missing 1/sqrt(N)"),
    (test_relu_mlp, "bias not trainable"),
    (test_relu_mlp, "gain forgotten"),
    (test_relu_mlp, "seed ignored"),
    (test_tanh_mlp, "missing 1/sqrt(N)"),
    (test_tanh_mlp, "bias not trainable"),
    (test_tanh_mlp, "gain forgotten"),
    (test_tanh_mlp, "readout uniform on (-1, 1)"),
    (test_tanh_mlp, "wrong derivative"),
]


@pytest.mark.parametrize("width", [32, 128])
@pytest.mark.parametrize("expected, defect", DEFECTS, ids=[f"{m.__name__[5:]}-{d}" for m, d in DEFECTS])
def test_defect_is_found(expected, defect, width):
    network = getattr(networks, expected.__name__.removeprefix("test_"))
    with pytest.raises(AssertionError):
        expected.check_networks(width, networks.kernel(network, expected.POINTS, defect))
