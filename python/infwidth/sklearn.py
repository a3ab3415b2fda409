"""Kernels for scikit-learn's Gaussian processes: ``GaussianProcessRegressor(NetworkKernel("relu-3") + WhiteKernel())``.

Support vector machines and whatever else calls a kernel on two matrices take `infwidth.Kernel`, which does not need this
module.
"""

from __future__ import annotations

from typing import Any, Optional

import numpy
import numpy.typing
from sklearn.gaussian_process.kernels import Kernel as _Kernel

from ._kernels import Kernel as _Function
from ._network import NetworkLike


class NetworkKernel(_Kernel):  # type: ignore[misc]
    """The NNGP kernel (the prior of an infinitely wide Bayesian network) or the NTK; it has no hyperparameters to fit.

    Args:
        network: What `infwidth.Network` takes.
        kind: ``"nngp"`` or ``"ntk"``.
        threads: How many threads may work; None for all processors.
    """

    def __init__(self, network: NetworkLike = "relu-3", kind: str = "nngp", threads: Optional[int] = None) -> None:
        self.network = network
        self.kind = kind
        self.threads = threads

    def _function(self) -> _Function:
        return _Function(self.network, self.kind, self.threads)

    def __call__(
        self, X: numpy.typing.ArrayLike, Y: Optional[numpy.typing.ArrayLike] = None, eval_gradient: bool = False
    ) -> Any:
        matrix = self._function()(X, Y)
        return (matrix, numpy.empty(matrix.shape + (0,))) if eval_gradient else matrix

    def diag(self, X: numpy.typing.ArrayLike) -> Any:
        return self._function().diag(X)

    def is_stationary(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"NetworkKernel({self.network!r}, kind={self.kind!r})"
