"""Expected values for the tests of other software."""

from __future__ import annotations

import ctypes
import json
import numbers
import os
from typing import Any, Optional, Sequence, Union

from . import _library
from ._library import OutputError, UsageError
from ._network import NetworkLike, network_of
from ._tables import PointsLike, points_text, threads_of


def expect(
    network: NetworkLike, points: PointsLike, *, widths: Union[int, Sequence[int]] = (), samples: Optional[int] = None,
    false_alarm: Optional[float] = None, kernel: str = "ntk", precision: str = "double", threads: Optional[int] = None,
) -> dict[str, Any]:
    """Kernels with the tolerances that a test has to allow: the object of `infwidth expect --format json`.

    Without widths: the limits, for software that computes limits. With widths: mean and standard deviation of a network of
    this width, and the tolerance that the average of ``samples`` independent networks meets, in all entries and at all widths
    together, but for the probability ``false_alarm``.

    Args:
        network: What `Network` takes.
        points: As in `table`.
        widths: A width or several.
        samples: How many networks a test averages (100).
        false_alarm: The probability that correct networks miss any of the tolerances (1e-4).
        kernel: ``"ntk"``, ``"nngp"`` or ``"both"``.
        precision: The arithmetic of the software under test, ``"double"`` or ``"single"``.

    Raises:
        UsageError, DataError: Both are ValueErrors.
        AccuracyError: Where no tolerance exists; it is an ArithmeticError.

    >>> entry = expect("relu-1", [[1, 0]], widths=64, samples=50)["finiteWidth"]["widths"][0]["entries"][0]
    >>> entry["mean"]["value"], round(entry["standardDeviation"]["value"], 12)
    (2, 0.433012701892)
    """
    found: dict[str, Any] = json.loads(
        _fixture(network, points, widths, samples, false_alarm, kernel, precision, "json", threads)
    )
    return found


def write_fixture(
    output: Union[str, os.PathLike[str]], network: NetworkLike, points: PointsLike, *, format: str = "pytest",
    widths: Union[int, Sequence[int]] = (), samples: Optional[int] = None, false_alarm: Optional[float] = None,
    kernel: str = "ntk", precision: str = "double", threads: Optional[int] = None,
) -> None:
    """Writes what `expect` knows as a file for a test suite.

    Args:
        output: The file.
        format: ``"pytest"``, ``"json"``, ``"csv"``, ``"npz"``, ``"swift"``, ``"c"``, ``"julia"``, ``"markdown"`` or ``"latex"``.

    The other arguments are those of `expect`.

    Raises:
        OutputError: If the file cannot be written; it is an OSError.
    """
    content = _fixture(network, points, widths, samples, false_alarm, kernel, precision, format, threads)
    try:
        with open(output, "wb") as file:
            file.write(content)
    except OSError as error:
        raise OutputError(f"'{os.fspath(output)}' cannot be written: {error.strerror}. Name a file where you may write.") from error


def _fixture(
    network: NetworkLike, points: PointsLike, widths: Union[int, Sequence[int]], samples: Optional[int],
    false_alarm: Optional[float], kernel: str, precision: str, format: str, threads: Optional[int],
) -> bytes:
    text, dimension = points_text(points)
    sizes = [int(widths)] if isinstance(widths, numbers.Integral) else [int(width) for width in widths]
    for name, number in [*(("a width", size) for size in sizes), ("samples", 1 if samples is None else int(samples))]:
        if not 1 <= number < 2**63:
            raise UsageError(f"{name} is {number}. Give a positive number.")
    if false_alarm is not None and not 0 < false_alarm < 1:
        raise UsageError(f"false_alarm is {false_alarm}. Give a probability, as in 1e-4.")
    return _library.bytes_of(
        _library.expect, network_of(network, dimension), text.encode(), _library.encoded(kernel, "kernel"),
        _library.encoded(precision, "precision"), (ctypes.c_size_t * len(sizes))(*sizes) if sizes else None, len(sizes),
        int(samples or 0), float(false_alarm or 0), _library.encoded(format, "format"), threads_of(threads),
    )
