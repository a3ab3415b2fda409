"""The kernels of infinitely wide neural networks, with error bounds.

    >>> import infwidth, numpy
    >>> X = numpy.eye(2)
    >>> K = infwidth.ntk(X, network="relu-3")
    >>> infwidth.dual("relu", 1, 1, "1/2").derivative.method
    'closed-form'

Everything is computed by libinfwidth, the same code as the command `infwidth`; docs/python.md describes it.
"""

from ._expect import expect, write_fixture
from ._kernels import Gram, Kernel, diagonal, gram, gram_file, nngp, ntk
from ._library import AccuracyError, DataError, InfwidthError, OutputError, UsageError
from ._network import Network
from ._numbers import Number
from ._tables import Dual, Entry, Table, dual, table
from ._version import __version__

__all__ = [
    "AccuracyError",
    "DataError",
    "Dual",
    "Entry",
    "Gram",
    "InfwidthError",
    "Kernel",
    "Network",
    "Number",
    "OutputError",
    "Table",
    "UsageError",
    "__version__",
    "diagonal",
    "dual",
    "expect",
    "gram",
    "gram_file",
    "nngp",
    "ntk",
    "table",
    "write_fixture",
]
