"""Descents from many starts."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from exoresist.core.errors import InputError, SolverError
from exoresist.studies.multistart import Misfit, Unknown, climb


def normal(errors, widths):
    """Misfit of normal readings: their errors and widths."""
    error, width = np.array(errors, dtype=float), np.array(widths, dtype=float)
    density = float(-0.5 * ((error / width) ** 2).sum() - np.log(width).sum())
    return Misfit(error, np.log(width), density)


def test_a_normal_posterior_gives_its_mean_and_interval():
    """Two readings, one of the logarithm: 90 % is 1.645 standard deviations."""
    found = climb(
        lambda at: normal([3.0 - at["a"], math.log10(100.0 / at["b"])], [0.5, 0.2]),
        [Unknown("a", -50.0, 50.0), Unknown("b", 1e-3, 1e6, "log10")],
        [{"a": -20.0, "b": 1.0}, {"a": 9.0, "b": 1e5}],
        descents=2,
    )
    assert found.value == pytest.approx((3.0, 100.0), rel=1e-3)
    assert found.low == pytest.approx((3.0 - 0.8224, 100.0 * 10**-0.32897), rel=2e-2)
    assert found.high == pytest.approx((3.0 + 0.8224, 100.0 * 10**0.32897), rel=2e-2)
    assert found.agreeing == 2
    assert found.at_bound == (False, False)


def test_a_width_is_found_with_its_interval():
    """Of n readings the width's logarithm is known to 1/√(2n)."""
    drawn = np.random.default_rng(3).normal(7.0, 2.0, 200)
    found = climb(
        lambda at: normal(drawn - at["mean"], np.full(200, at["width"])),
        [Unknown("mean", -50.0, 50.0), Unknown("width", 1e-3, 1e3, "log")],
        [{"mean": -20.0, "width": 1e-2}],
        descents=1,
    )
    assert found.value == pytest.approx((drawn.mean(), drawn.std()), rel=1e-3)
    assert math.log(found.high[1] / found.low[1]) == pytest.approx(2 * 1.6449 / math.sqrt(400), rel=2e-2)


def test_laplace_noise_gives_the_median():
    drawn = np.array([1.0, 2.0, 2.5, 3.0, 40.0])

    def model(at):
        return Misfit(drawn - at["level"], np.zeros(5), -float(np.abs(drawn - at["level"]).sum()))

    found = climb(model, [Unknown("level", -50.0, 50.0)], [{"level": 20.0}], descents=1, laplace=np.ones(5, dtype=bool))
    assert found.value[0] == pytest.approx(2.5, abs=2e-2)


def test_a_prior_counts_in():
    """One reading of 4 and a prior around 0, both of width 1: the best point lies between, and is known to 1/√2."""
    found = climb(
        lambda at: normal([4.0 - at["x"]], [1.0]), [Unknown("x", -9.0, 9.0)], [{"x": -3.0}], descents=1,
        log_prior=lambda at: -0.5 * at["x"] ** 2,
    )  # fmt: skip
    assert found.value[0] == pytest.approx(2.0, abs=1e-3)
    assert found.high[0] - found.low[0] == pytest.approx(2 * 1.6449 / math.sqrt(2.0), rel=2e-2)


def test_what_the_readings_do_not_tell_has_no_interval():
    """Only a product is read: neither factor is told, and the third number is."""
    found = climb(
        lambda at: normal([6.0 - at["a"] * at["b"], 5.0 - at["c"]], [0.1, 0.1]),
        [Unknown("a", 0.1, 100.0, "log"), Unknown("b", 0.1, 100.0, "log"), Unknown("c", 0.0, 9.0), Unknown("d", 0.0, 1.0)],
        [{"a": 1.0, "b": 1.0, "c": 1.0, "d": 0.5}],
        descents=1,
    )
    assert found.value[0] * found.value[1] == pytest.approx(6.0, rel=1e-3)
    assert found.low[:2] == (None, None)
    assert found.low[3] is None
    assert (found.low[2], found.high[2]) == pytest.approx((5.0 - 0.16449, 5.0 + 0.16449), rel=1e-3)


def test_a_bound_takes_nothing_from_the_others():
    """One number presses on its bound; the interval of the other is still its own."""
    found = climb(
        lambda at: normal([5.0 - at["a"], 3.0 - at["b"]], [1.0, 0.5]),
        [Unknown("a", 0.0, 2.0), Unknown("b", -9.0, 9.0)],
        [{"a": 1.0, "b": 0.3}],
        descents=1,
    )
    assert found.value[0] == pytest.approx(2.0)
    assert found.at_bound == (True, False)
    assert found.low[0] is None
    assert (found.low[1], found.high[1]) == pytest.approx((3.0 - 0.8224, 3.0 + 0.8224), rel=2e-2)


def test_the_higher_of_two_tops_is_found():
    """(x² − 4)² has the same height at ±2; a second reading prefers +2."""
    found = climb(
        lambda at: normal([at["x"] ** 2 - 4.0, at["x"] - 2.0], [0.1, 1.0]),
        [Unknown("x", -4.0, 4.0)], [{"x": -3.0}, {"x": 1.5}], descents=2,
    )  # fmt: skip
    assert found.value[0] == pytest.approx(2.0, abs=1e-3)
    assert found.agreeing == 1


def test_starts_without_a_value_are_passed_over():
    """Starts are taken until as many descents began as were asked for."""

    def model(at):
        return normal([at["x"] - 1.0], [1.0]) if at["x"] > 0 else None

    drawn = ({"x": place} for place in itertools.chain([-3.0, -2.0, 3.0, 2.0], itertools.repeat(-1.0)))
    found = climb(model, [Unknown("x", -4.0, 4.0)], drawn, descents=2)
    assert found.value[0] == pytest.approx(1.0, abs=1e-4)
    assert len(found.finals) == 2
    with pytest.raises(SolverError, match="None of 1 starts"):
        climb(lambda at: None, [Unknown("x", -4.0, 4.0)], [{"x": 1.0}], descents=1)


@pytest.mark.parametrize("wrong", [{"low": 2.0, "high": 1.0}, {"low": 0.0, "high": 1.0, "scale": "ln"}])
def test_wrong_unknowns_are_refused(wrong):
    with pytest.raises(InputError):
        Unknown("x", **wrong)
