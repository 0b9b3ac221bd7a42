"""Descents from many starts."""

from __future__ import annotations

import math

import pytest

from exoresist.core.errors import InputError, SolverError
from exoresist.studies.multistart import Unknown, climb


def test_a_normal_posterior_gives_its_mean_and_interval():
    """ln density of independent normals, one of them in the logarithm: 90 % is 1.645 standard deviations."""

    def density(at):
        return -0.5 * ((at["a"] - 3.0) / 0.5) ** 2 - 0.5 * (math.log10(at["b"] / 100.0) / 0.2) ** 2

    found = climb(
        density, [Unknown("a", -50.0, 50.0), Unknown("b", 1e-3, 1e6, "log10")], [{"a": -20.0, "b": 1.0}, {"a": 9.0, "b": 1e5}]
    )
    assert found.value == pytest.approx((3.0, 100.0), rel=1e-3)
    assert found.low == pytest.approx((3.0 - 0.8224, 100.0 * 10**-0.32897), rel=2e-2)
    assert found.high == pytest.approx((3.0 + 0.8224, 100.0 * 10**0.32897), rel=2e-2)
    assert found.agreeing == 2
    assert found.at_bound == (False, False)


def test_bounds_hold_and_flat_directions_have_no_interval():
    found = climb(lambda at: at["a"] + 0.0 * at["b"], [Unknown("a", 0.0, 2.0), Unknown("b", 0.0, 1.0)], [{"a": 1.0, "b": 0.3}])
    assert found.value[0] == pytest.approx(2.0)
    assert found.at_bound[0]
    assert found.low[1] is None


def test_the_higher_of_two_tops_is_found():
    def tops(at):
        return max(1.0 - (at["x"] + 2.0) ** 2, 3.0 - 4.0 * (at["x"] - 2.0) ** 2)

    found = climb(tops, [Unknown("x", -4.0, 4.0)], [{"x": -3.0}, {"x": 1.5}])
    assert found.value[0] == pytest.approx(2.0, abs=1e-4)
    assert found.agreeing == 1


def test_starts_without_a_value_are_left_out():
    found = climb(
        lambda at: -((at["x"] - 1.0) ** 2) if at["x"] > 0 else -math.inf, [Unknown("x", -4.0, 4.0)], [{"x": -3.0}, {"x": 3.0}]
    )
    assert found.value[0] == pytest.approx(1.0, abs=1e-4)
    assert len(found.finals) == 1
    with pytest.raises(SolverError, match="None of 1 starts"):
        climb(lambda at: -math.inf, [Unknown("x", -4.0, 4.0)], [{"x": 1.0}])


@pytest.mark.parametrize("wrong", [{"low": 2.0, "high": 1.0}, {"low": 0.0, "high": 1.0, "scale": "ln"}])
def test_wrong_unknowns_are_refused(wrong):
    with pytest.raises(InputError):
        Unknown("x", **wrong)


def test_a_bound_takes_nothing_from_the_others():
    """One number presses on its bound; the interval of the other is still that of its own curvature."""
    found = climb(
        lambda at: at["a"] - 0.5 * ((at["b"] - 3.0) / 0.5) ** 2,
        [Unknown("a", 0.0, 2.0), Unknown("b", -9.0, 9.0)],
        [{"a": 1.0, "b": 0.3}],
    )
    assert found.low[0] is None
    assert (found.low[1], found.high[1]) == pytest.approx((3.0 - 0.8224, 3.0 + 0.8224), rel=2e-2)
