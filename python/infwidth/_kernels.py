"""Kernel matrices of many inputs."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import signal
import threading
from typing import Any, Callable, Optional, Union

import numpy
import numpy.typing

from . import _library
from ._library import DataError, UsageError
from ._network import Network, NetworkLike, network_of
from ._tables import threads_of

Array = numpy.typing.NDArray[numpy.float64]
#: Told how many entries are done, and of how many; what it raises ends the computation.
ProgressFunction = Callable[[int, int], object]

KINDS = ("nngp", "ntk", "both")


@dataclasses.dataclass(frozen=True)
class Gram:
    """Kernel matrices with bounds on their errors.

    Attributes:
        nngp, ntk: Arrays of the shape (n, m); None for a kernel that was not asked for.
        nngp_error, ntk_error: Bounds on the error of an entry, relative to sqrt(K(x, x) K(y, y)).
    """

    nngp: Optional[Array]
    ntk: Optional[Array]
    nngp_error: Optional[float]
    ntk_error: Optional[float]


def _inputs(X: numpy.typing.ArrayLike, name: str) -> Array:
    """One input a row, as contiguous doubles."""
    if isinstance(X, numpy.ma.MaskedArray) and numpy.ma.is_masked(X):
        raise DataError(f"{name} has masked entries. Fill them in, or take their rows out.")
    array: Any = numpy.asarray(X)
    if array.dtype.kind not in "biuf":
        if array.dtype.kind != "O":
            raise DataError(f"{name} holds {array.dtype}. Give real numbers.")
        try:
            array = array.astype(numpy.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"{name} is no array of real numbers: {error}.") from error
    if array.ndim != 2:
        raise DataError(
            f"{name} has the shape {array.shape}. Give one input a row; for inputs of one coordinate {name}[:, None]."
        )
    return numpy.ascontiguousarray(array, dtype=numpy.float64)


def _address(array: Optional[Array]) -> Optional[int]:
    return None if array is None else int(array.ctypes.data)


class _Progress:
    """What the library tells while it computes, on this thread: Python sees its signals here, so that Ctrl-C ends it.

    Within, an interrupt is noted and raised afterwards: an exception must not leave through C, and one that a signal raises
    may come before any ``try``.
    """

    def __init__(self, function: Optional[ProgressFunction]) -> None:
        self._function = function
        self._error: Optional[BaseException] = None
        self._handler: Any = None
        self._interrupt: Any = None
        self.pointer = _library.Progress(self._tell)

    def _tell(self, done: int, total: int, _: object) -> int:
        try:
            if self._function is not None:
                self._function(done, total)
        except BaseException as error:
            self._error = error
        return 0 if self._error is None and self._interrupt is None else 1

    def _note(self, *interrupt: Any) -> None:
        self._interrupt = interrupt

    def __enter__(self) -> _Progress:
        # Signals come to the main thread; a handler that is not Python's stays.
        if threading.current_thread() is threading.main_thread() and callable(signal.getsignal(signal.SIGINT)):
            self._handler = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if self._handler is not None:
            signal.signal(signal.SIGINT, self._handler)
        if self._interrupt is not None:
            self._handler(*self._interrupt)
        if self._error is not None:
            raise self._error


def gram(
    X: numpy.typing.ArrayLike, Y: Optional[numpy.typing.ArrayLike] = None, network: NetworkLike = "relu-3", *,
    kernel: str = "both", threads: Optional[int] = None, progress: Optional[ProgressFunction] = None,
) -> Gram:
    """The NNGP kernel and the NTK of the infinitely wide network between all rows of X and all rows of Y.

    The numbers have the bits of `infwidth gram`, for every number of threads.

    Args:
        X: Inputs of the shape (n, d).
        Y: Inputs of the shape (m, d); None for X, which makes the matrices exactly symmetric.
        network: What `Network` takes, as in ``"relu-3"`` or ``"network.yaml"``.
        kernel: ``"nngp"``, ``"ntk"`` or ``"both"``.
        threads: How many threads may work; None for all processors.
        progress: Told now and then how many entries are done, and of how many. What it raises, and Ctrl-C, ends the
            computation.

    Raises:
        UsageError: A network that cannot be; it is a ValueError.
        DataError: Inputs that are not finite or have another dimension; it is a ValueError.
        AccuracyError: A kernel without a limit; it is an ArithmeticError.
    """
    if kernel not in KINDS:
        raise UsageError(f"kernel is {kernel!r}. Give 'nngp', 'ntk' or 'both'.")
    workers = threads_of(threads)
    rows = _inputs(X, "X")
    columns = None if Y is None or Y is X else _inputs(Y, "Y")
    if columns is not None and columns.shape[1] != rows.shape[1]:
        raise DataError(f"X has {rows.shape[1]} columns and Y has {columns.shape[1]}. Inputs have the same dimension.")
    opened = network_of(network, rows.shape[1])
    shape = (rows.shape[0], (rows if columns is None else columns).shape[0])
    nngp = numpy.empty(shape) if kernel != "ntk" else None
    ntk = numpy.empty(shape) if kernel != "nngp" else None
    bounds = numpy.empty(2)
    with _Progress(progress) as teller:
        _library.call(
            _library.gram, opened, _address(rows), rows.shape[0], _address(columns),
            0 if columns is None else columns.shape[0], rows.shape[1], workers, _address(nngp), _address(ntk),
            _address(bounds), teller.pointer, None,
        )
    return Gram(
        nngp, ntk, None if nngp is None else float(bounds[0]), None if ntk is None else float(bounds[1])
    )


def ntk(
    X: numpy.typing.ArrayLike, Y: Optional[numpy.typing.ArrayLike] = None, network: NetworkLike = "relu-3", *,
    threads: Optional[int] = None, progress: Optional[ProgressFunction] = None,
) -> Array:
    """The neural tangent kernel of the infinitely wide network: `gram` with ``kernel="ntk"``, the matrix alone.

    >>> import numpy
    >>> ntk(numpy.eye(2), network="relu-3").round(12).tolist()
    [[4.0, 1.060388106803], [1.060388106803, 4.0]]
    """
    matrix = gram(X, Y, network, kernel="ntk", threads=threads, progress=progress).ntk
    assert matrix is not None
    return matrix


def nngp(
    X: numpy.typing.ArrayLike, Y: Optional[numpy.typing.ArrayLike] = None, network: NetworkLike = "relu-3", *,
    threads: Optional[int] = None, progress: Optional[ProgressFunction] = None,
) -> Array:
    """The NNGP kernel of the infinitely wide network: `gram` with ``kernel="nngp"``, the matrix alone."""
    matrix = gram(X, Y, network, kernel="nngp", threads=threads, progress=progress).nngp
    assert matrix is not None
    return matrix


def diagonal(
    X: numpy.typing.ArrayLike, network: NetworkLike = "relu-3", *, kernel: str = "ntk", threads: Optional[int] = None
) -> Array:
    """K(x, x) of every row of X, without the matrix; ``kernel`` is ``"ntk"`` or ``"nngp"``."""
    if kernel not in KINDS[:2]:
        raise UsageError(f"kernel is {kernel!r}. Give 'nngp' or 'ntk'.")
    rows = _inputs(X, "X")
    opened = network_of(network, rows.shape[1])
    result = numpy.empty(rows.shape[0])
    wanted = (_address(result), None) if kernel == "nngp" else (None, _address(result))
    _library.call(
        _library.gram_diagonal, opened, _address(rows), rows.shape[0], rows.shape[1], threads_of(threads), *wanted
    )
    return result


def gram_file(
    data: Union[str, os.PathLike[str]], output: Union[str, os.PathLike[str]], network: NetworkLike,
    *, other: Union[str, os.PathLike[str], None] = None, kernel: str = "ntk", threads: Optional[int] = None,
) -> None:
    """A kernel matrix that may be larger than memory, from a file of inputs into an .npy file, as `infwidth gram`.

    Args:
        data: Inputs, one a row: .npy, CSV without header, or JSON.
        output: The .npy file; it appears when it is finished.
        network: What `Network` takes; a preset needs its ``dimension``.
        other: Inputs of the columns; None for a symmetric matrix.
        kernel: ``"nngp"``, ``"ntk"``, or ``"both"`` for an array of the shape (2, n, m), the NNGP kernel first.

    Raises:
        OutputError: If the output cannot be written; it is an OSError.
    """
    opened = network if isinstance(network, Network) else Network(network)
    _library.call(
        _library.gram_file, opened, _library.encoded(os.fspath(data), "data"),
        None if other is None else _library.encoded(os.fspath(other), "other"), _library.encoded(kernel, "kernel"),
        _library.encoded(os.fspath(output), "output"), threads_of(threads),
    )


class Kernel:
    """A kernel function for scikit-learn: ``SVC(kernel=Kernel("relu-3"))``.

    It can be pickled and cloned, and its parameters can be searched:
    ``GridSearchCV(SVC(kernel=Kernel()), {"kernel__network": ["relu-1", "relu-3", "erf-2"]})``.

    Args:
        network: What `Network` takes.
        kind: ``"ntk"`` or ``"nngp"``.
        threads: How many threads may work; None for all processors.
    """

    def __init__(self, network: NetworkLike = "relu-3", kind: str = "ntk", threads: Optional[int] = None) -> None:
        # As scikit-learn wants it: kept as they are, checked when they are used.
        self.network = network
        self.kind = kind
        self.threads = threads

    def __call__(self, X: numpy.typing.ArrayLike, Y: Optional[numpy.typing.ArrayLike] = None) -> Any:
        """K(X, Y); of two single inputs, as `sklearn.metrics.pairwise.pairwise_kernels` gives them, the number."""
        self._check()
        if Y is not None and numpy.ndim(X) == 1 and numpy.ndim(Y) == 1:
            return float(self(numpy.reshape(X, (1, -1)), numpy.reshape(Y, (1, -1)))[0, 0])
        return (ntk if self.kind == "ntk" else nngp)(X, Y, self.network, threads=self.threads)

    def diag(self, X: numpy.typing.ArrayLike) -> Array:
        """K(x, x) of every row."""
        self._check()
        return diagonal(X, self.network, kernel=self.kind, threads=self.threads)

    def _check(self) -> None:
        if self.kind not in KINDS[:2]:
            raise UsageError(f"kind is {self.kind!r}. Give 'nngp' or 'ntk'.")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters, as scikit-learn asks for them."""
        return {"network": self.network, "kind": self.kind, "threads": self.threads}

    def set_params(self, **parameters: Any) -> Kernel:
        """Sets some of the parameters."""
        for name, value in parameters.items():
            if name not in self.get_params():
                raise UsageError(f"'{name}' is no parameter of Kernel. They are network, kind and threads.")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        return f"Kernel({self.network!r}, kind={self.kind!r})"

    def __eq__(self, other: object) -> bool:
        return self.get_params() == other.get_params() if isinstance(other, Kernel) else NotImplemented

    def __hash__(self) -> int:
        # The parameters may change, and scikit-learn looks kernels up among names.
        return hash(Kernel)
