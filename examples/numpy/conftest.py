import networks
import pytest


@pytest.fixture
def empirical_kernel(request):
    """The kernel of the network that the module of expected values is named after."""
    module = request.module
    return networks.kernel(getattr(networks, module.__name__.removeprefix("test_")), module.POINTS)
