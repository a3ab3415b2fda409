"""Few numbers, every digit accounted for: tables of kernels, dual activations."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Mapping, Optional, Sequence, Union

import numpy

from . import _library
from ._library import DataError, UsageError
from ._network import Network, NetworkLike, network_of
from ._numbers import Number, NumberLike, spelled

#: Points: a list of lists of numbers, an array with one point a row, or, for one input, a list of numbers.
PointsLike = Union[Sequence[Union[NumberLike, Sequence[NumberLike]]], "numpy.ndarray[Any, Any]"]


@dataclasses.dataclass(frozen=True)
class Entry:
    """The limiting kernels at one pair of points.

    Attributes:
        x, y: The points, rounded to doubles.
        nngp: The NNGP kernel K(x, y).
        ntk: The neural tangent kernel.
        groups: The NTK's part from each trained group of parameters, by name.
        one_minus_correlation: 1 - K(x, y)/sqrt(K(x, x) K(y, y)) by kernel, to full relative accuracy.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    nngp: Number
    ntk: Number
    groups: Mapping[str, Number]
    one_minus_correlation: Mapping[str, Number]


@dataclasses.dataclass(frozen=True)
class Table:
    """The limiting kernels at all pairs i <= j of some points.

    Attributes:
        entries: The pairs in the order (1, 1), (1, 2), ..., (2, 2), ...
        json: The object that `infwidth table --format json` prints.
    """

    entries: tuple[Entry, ...]
    json: Mapping[str, Any] = dataclasses.field(repr=False, compare=False)


@dataclasses.dataclass(frozen=True)
class Dual:
    """E[phi(u) phi(v)], ``value``, and E[phi'(u) phi'(v)], ``derivative``."""

    value: Number
    derivative: Number


def threads_of(threads: Optional[int]) -> int:
    """The argument of the library: 0 for all processors."""
    if threads is None:
        return 0
    if not 1 <= int(threads) <= 4096:
        raise UsageError(f"threads is {threads}. Give a number from 1 to 4096, or None for all processors.")
    return int(threads)


def points_text(points: PointsLike) -> tuple[str, int]:
    """Points as the JSON text that the library reads exactly, and their dimension."""
    if isinstance(points, (str, bytes)) or not hasattr(points, "__iter__"):
        raise DataError(f"points are {points!r}. Give a list of points, as in [[1, 0], [-1, '1/2']].")
    rows: list[list[str]] = []
    for number, point in enumerate(points):
        scalar = isinstance(point, str) or not hasattr(point, "__iter__")
        coordinates: Any = [point] if scalar else point
        rows.append([spelled(value, f"a coordinate of point {number + 1}") for value in coordinates])
    if not rows:
        raise DataError("there are no points. Give at least one.")
    return json.dumps(rows), max(1, len(rows[0]))


def table(
    network: NetworkLike, points: PointsLike, *, tolerance: Optional[float] = None, threads: Optional[int] = None
) -> Table:
    """The limiting NNGP kernel and NTK at all pairs of points, with errors, methods and exact forms.

    Args:
        network: What `Network` takes.
        points: One point a row; a float is exactly what it is, ``"1/3"`` or a Fraction is exact.
        tolerance: A relative accuracy that every value must reach.
        threads: How many threads may work (None: all processors); it never changes a result.

    Raises:
        UsageError, DataError: Both are ValueErrors.
        AccuracyError: Where the tolerance was not reached; it is an ArithmeticError.

    >>> float(table({"input-dimension": 1, "parameterization": "ntk", "layers": [
    ...     {"weights": "uniform(-1, 1)", "bias": "uniform(-1/2, 1/2)", "activation": "square"},
    ...     {"weights": "uniform(-1, 1)", "bias": "none"}]}, [1]).entries[0].ntk.fraction * 720)
    1073.0
    """
    text, dimension = points_text(points)
    opened: Network = network_of(network, dimension)
    found: Mapping[str, Any] = json.loads(
        _library.text_of(
            _library.table_json, opened, text.encode(), 0.0 if tolerance is None else float(tolerance),
            threads_of(threads),
        )
    )
    entries = tuple(
        Entry(
            x=tuple(map(float, entry["x"])), y=tuple(map(float, entry["y"])), nngp=Number._of(entry["nngp"]),
            ntk=Number._of(entry["ntk"]),
            groups={group["parameter"]: Number._of(group["ntk"]) for group in entry["groups"]},
            one_minus_correlation={key: Number._of(gap) for key, gap in entry["oneMinusCorrelation"].items()},
        )
        for entry in found["entries"]
    )
    return Table(entries, found)


def dual(
    activation: str, q1: NumberLike = 1, q2: NumberLike = 1, c: Optional[NumberLike] = None, *,
    one_minus_rho: Optional[NumberLike] = None,
) -> Dual:
    """E[phi(u) phi(v)] and E[phi'(u) phi'(v)] for (u, v) Gaussian with mean 0, variances q1, q2 and covariance c.

    Args:
        activation: As in ``"relu"`` or ``"leaky-relu(1/10)"``.
        q1, q2, c: Numbers; texts such as ``"1/2"`` are read exactly.
        one_minus_rho: One minus the correlation, instead of c: nearly parallel inputs lose no digit.

    >>> dual("square", 1, 1, "1/2").value.exact
    '3/2'
    """
    def argument(number: Optional[NumberLike], name: str) -> Optional[bytes]:
        return None if number is None else _library.encoded(spelled(number, name), name)

    found = json.loads(
        _library.text_of(
            _library.dual_json, _library.encoded(activation, "activation"), argument(q1, "q1"), argument(q2, "q2"),
            argument(c, "c"), argument(one_minus_rho, "one_minus_rho"),
        )
    )
    return Dual(Number._of(found["value"]), Number._of(found["derivative"]))
