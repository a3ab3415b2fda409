"""Each typical mistake is found: the check of the expected values goes red.

PyTorch's layers have no multipliers, and the NTK grows like N. What the biases and the first layer contribute does not
grow: narrow networks are the ones that test it.
"""

import networks
import pytest
import test_default_mlp
import test_he_mlp

DEFECTS = [
    (test_default_mlp, "missing 1/sqrt(N)", 256),
    (test_default_mlp, "wrong bound", 64),
    (test_default_mlp, "bias not trainable", 8),
    (test_default_mlp, "first layer frozen", 8),
    (test_default_mlp, "wrong activation", 64),
    (test_default_mlp, "seed ignored", 64),
    (test_he_mlp, "missing 1/sqrt(N)", 32),
    (test_he_mlp, "He gain forgotten", 128),
    (test_he_mlp, "biases not zeroed", 32),
]


@pytest.mark.parametrize("expected, defect, width", DEFECTS, ids=[f"{m.__name__[5:]}-{d}" for m, d, _ in DEFECTS])
def test_defect_is_found(expected, defect, width):
    network = getattr(networks, expected.__name__.removeprefix("test_"))
    with pytest.raises(AssertionError):
        expected.check_networks(width, networks.kernel(network, expected.POINTS, defect))
