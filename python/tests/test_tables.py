"""Tables and duals, against values of other programs at 30 digits."""

import decimal
import fractions
import math

import numpy
import pytest
from conftest import reference

import infwidth


def holds(number, truth):
    """Whether the truth is within the error that the number promises, and one rounding."""
    return abs(fractions.Fraction(number.value) - fractions.Fraction(truth)) <= fractions.Fraction(
        number.error + math.ulp(number.value)
    )


HEADLINE = {
    "input-dimension": 1,
    "parameterization": "ntk",
    "layers": [
        {"weights": "uniform(-1, 1)", "bias": "uniform(-1/2, 1/2)", "activation": "square"},
        {"weights": "uniform(-1, 1)", "bias": "none"},
    ],
}


def test_headline():
    table = infwidth.table(HEADLINE, [1, -1])
    first, mixed, last = table.entries
    assert first.ntk.exact == "1073/720" and first.ntk.value == 1073 / 720 and first.ntk.error == 0
    assert first.ntk.fraction == fractions.Fraction(1073, 720) and first.ntk.method == "exact"
    assert mixed.ntk.exact == "113/720" and mixed.nngp.exact == "113/2160" and last.nngp.exact == "91/720"
    assert (mixed.x, mixed.y) == ((1.0,), (-1.0,))
    assert sum(group.fraction for group in first.groups.values()) == first.ntk.fraction
    assert table.json["schema"] == "infwidth/table/1"


@pytest.mark.parametrize("case", reference("family_E2"), ids=lambda case: case["id"])
def test_deep_networks(case):
    entry = infwidth.table(case["network"], [case["x"], case["y"]]).entries[1]
    for name, number in (("nngp", entry.nngp), ("ntk", entry.ntk)):
        assert holds(number, case["expected"][name])


@pytest.mark.parametrize("case", reference("family_B2"), ids=lambda case: case["id"])
def test_duals(case):
    if "one_minus_rho" in case:
        dual = infwidth.dual(case["activation"], case["q1"], case["q2"], one_minus_rho=case["one_minus_rho"])
    else:
        dual = infwidth.dual(case["activation"], case["q1"], case["q2"], case["c"])
    assert holds(dual.value, case["expected"]["value"])
    if "derivative" in case["expected"]:
        assert holds(dual.derivative, case["expected"]["derivative"])


def test_numbers_are_exact():
    """E u^2 v^2 = q1 q2 + 2 c^2, and E u^2 u^2 = 3 q^2."""
    for half in ("1/2", "0.5", 0.5, fractions.Fraction(1, 2), decimal.Decimal("0.5"), numpy.float32(0.5)):
        assert infwidth.dual("square", 1, 1, half).value.fraction == fractions.Fraction(3, 2)
    # A float is what it is; a text is what it says.
    assert infwidth.dual("identity", 1, 1, 0.1).value.fraction == fractions.Fraction(0.1)
    assert infwidth.dual("identity", 1, 1, "0.1").value.fraction == fractions.Fraction(1, 10)
    assert infwidth.dual("identity", 1, 1, 5e-320).value.fraction == fractions.Fraction(5e-320)
    assert infwidth.dual("square", numpy.int64(1), 1, 1).value.exact == "3"
    assert infwidth.dual("identity", 2, 1, "sqrt(2)").value.exact == "sqrt(2)"
    assert infwidth.dual("identity", 2, 1, "sqrt(2)").value.fraction is None


def test_what_does_not_exist():
    heavy = {**HEADLINE, "layers": [{"weights": "student-t(3, 1)", "bias": "none", "activation": "square"}, HEADLINE["layers"][1]]}
    number = infwidth.table(heavy, [1]).entries[0].nngp
    assert number.value is None and number.status == "infinite" and number.reason and math.isnan(float(number))


def test_points():
    entries = infwidth.table("erf-1", numpy.array([[1.0, 0.5], [0.0, -2.0]])).entries
    assert entries[1].y == (0.0, -2.0)
    assert entries == infwidth.table("erf-1", [[1, "1/2"], [0, fractions.Fraction(-2)]]).entries


def test_tolerance():
    assert infwidth.table("tanh-2", [[1, 2]], tolerance=1e-6).entries[0].ntk.error < 1e-5
    with pytest.raises(infwidth.AccuracyError):
        infwidth.table("tanh-2", [[1, 2]], tolerance=1e-300)
