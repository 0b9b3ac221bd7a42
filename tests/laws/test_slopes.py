"""The slope of a law is what small steps of its argument say."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.core.errors import ModelError
from exoresist.laws import Law, all_laws, drug, kinetics, vesicles
from exoresist.laws.slopes import slope, usual_slopes

LAWS = [law for law in all_laws().values() if law.function.__module__.startswith("exoresist.laws.")]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_slopes_agree_with_small_steps(law: Law) -> None:
    generator = np.random.default_rng(4)
    point = [generator.uniform(0.15, 0.85, 6) for _ in law.arguments]
    for place, name in enumerate(law.arguments):
        step = 1e-6
        ahead, back = list(point), list(point)
        ahead[place], back[place] = point[place] + step, point[place] - step
        expected = (law(*ahead) - law(*back)) / (2.0 * step)
        found = np.broadcast_to(slope(law, name)(*point), expected.shape)
        assert found == pytest.approx(expected, rel=2e-6, abs=1e-7 * float(np.max(np.abs(law(*point))) + 1e-3))


def test_a_slope_knows_its_unit_and_its_law() -> None:
    assert slope(kinetics.hill, "level").returns == "dimensionless/$a"
    assert slope(kinetics.first_order, "rate").returns == "$a/h/1*h"
    assert slope(drug.pump_efflux, "free").returns == "(pmol/h)/(nM)"
    assert slope(kinetics.hill, "level") is slope(kinetics.hill, "level")
    assert "hill" in slope(kinetics.hill, "level").summary
    assert slope(kinetics.hill, "level").source_hash != slope(kinetics.hill, "half").source_hash


def test_a_slope_ignores_what_its_value_does_not_depend_on() -> None:
    factor = slope(vesicles.stress_factor, "stress")  # most − 1
    assert factor.ignored == {0}
    assert vesicles.stress_factor.ignored == frozenset()


def test_there_is_no_slope_by_what_a_law_does_not_take() -> None:
    with pytest.raises(ModelError, match="no argument 'dose'"):
        slope(kinetics.hill, "dose")


def test_slopes_that_kernels_hold_are_of_laws_of_the_package() -> None:
    assert {made.whole.name for made in usual_slopes().values()} <= {law.name for law in LAWS}
