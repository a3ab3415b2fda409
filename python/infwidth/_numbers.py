"""Numbers on their way into the library, which reads them exactly, and out of it, with all that is known of them."""

from __future__ import annotations

import dataclasses
import decimal
import fractions
import math
import numbers
from typing import Any, Mapping, Optional, Union

from ._library import UsageError

#: A number as the library reads it. A float is exactly what it is; write ``"0.1"`` or ``Fraction(1, 10)`` for one tenth,
#: ``"sqrt(3)/2"`` for a square root.
NumberLike = Union[int, float, str, fractions.Fraction, decimal.Decimal]


def spelled(number: NumberLike, name: str) -> str:
    """The exact spelling of a number."""
    if isinstance(number, str):
        return number
    if isinstance(number, (numbers.Integral, fractions.Fraction)):
        return str(number)
    if isinstance(number, (decimal.Decimal, numbers.Real)):
        value = number if isinstance(number, decimal.Decimal) else decimal.Decimal(float(number))
        if not value.is_finite():
            raise UsageError(f"{name} is {number}. Give a finite number.")
        return str(value)
    raise UsageError(f"{name} is {number!r}. Give a number, or a text as in '1/2' or 'sqrt(3)'.")


@dataclasses.dataclass(frozen=True)
class Number:
    """A number with all that is known of it.

    Attributes:
        value: The number, or None where it does not exist (``status`` says why).
        error: A bound on |value - truth|; 0 if exact, one standard error if sampled.
        method: ``exact``, ``closed-form``, ``series``, ``quadrature`` or ``sampling``.
        exact: The exact form, as in ``1073/720`` or ``sqrt(3)/2``.
        status: ``infinite`` or ``undefined`` where there is no value.
        reason: Why there is none.
    """

    value: Optional[float]
    error: Optional[float] = None
    method: Optional[str] = None
    exact: Optional[str] = None
    status: Optional[str] = None
    reason: Optional[str] = None

    @classmethod
    def _of(cls, json: Mapping[str, Any]) -> Number:
        known: dict[str, Any] = {field.name: json.get(field.name) for field in dataclasses.fields(cls)}
        for key in ("value", "error"):
            if known[key] is not None:
                known[key] = float(known[key])
        return cls(**known)

    def __float__(self) -> float:
        """The value; NaN where there is none."""
        return math.nan if self.value is None else self.value

    @property
    def fraction(self) -> Optional[fractions.Fraction]:
        """The exact value, if it is rational and known."""
        try:
            return None if self.exact is None else fractions.Fraction(self.exact)
        except ValueError:
            return None
