"""Measured wells held against the scenario that they are of."""

from __future__ import annotations

import pytest

from exoresist.assembly.assay import TimeCourse
from exoresist.assembly.reader import load_scenario
from exoresist.assembly.readings import Reading
from exoresist.assembly.scenario import Scenario
from exoresist.core.errors import InputError
from exoresist.studies.identify_data import doses_and_times, grouped


@pytest.fixture(scope="module")
def curves() -> Scenario:
    return load_scenario("mcf7_doxorubicin")


def well(readout: str = "cells", arm: str = "a", time: float = 72.0, value: float = 2.0, unit: str = "",
         doses: tuple[tuple[str, float, str], ...] = (("", 10.0, "nM"),)) -> Reading:  # fmt: skip
    return Reading("", arm, time, doses, readout, value, unit, line=2)


def test_wells_treated_alike_are_grouped_in_one_unit(curves: Scenario) -> None:
    wells = [
        well("survival", value=0.5), well("Viability", value=60.0, unit="%", doses=(("doxorubicin", 0.01, "uM"),)),
    ]  # fmt: skip
    groups = grouped(wells, curves)
    assert list(groups) == [("a", 10.0, 72.0, "viability")]
    assert groups["a", 10.0, 72.0, "viability"] == pytest.approx([0.5, 0.6])
    assert doses_and_times(groups) == ((0.0, 10.0), (72.0,))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (well("absorbance"), "line 2 .*absorbance"),
        (well(time=80.0), "line 2 .*time 80"),
        (well(time=0.0), "line 2 .*time 0"),
        (well(arm=""), "line 2 .*no arm"),
        (well(doses=()), "line 2 .*no dose"),
        (well(doses=(("paclitaxel", 1.0, ""),)), "line 2 .*a dose of paclitaxel"),
        (well(unit="%"), "line 2 .*in '%'"),
    ],
)
def test_readings_that_no_world_predicts_are_refused(curves: Scenario, wrong: Reading, told: str) -> None:
    with pytest.raises(InputError, match=told):
        grouped([wrong], curves)


def test_doses_of_a_time_course_are_those_of_its_arms(curves: Scenario) -> None:
    course = curves.model_copy(update={"assay": TimeCourse(kind="time_course", population="recipient")})
    drug, arm = course.drugs[0], course.arms[0].id
    same, bare = well(arm=arm, time=24.0, doses=(("", drug.dose, "nM"),)), well(arm=arm, time=24.0, doses=())
    assert grouped([same, bare], course) == {(arm, 0.0, 24.0, "cells"): [2.0, 2.0]}
    with pytest.raises(InputError, match=f"line 2 .*as arm '{arm}'"):
        grouped([well(arm=arm, time=24.0, doses=(("", 2.0 * drug.dose, "nM"),))], course)


def test_an_assay_without_wells_is_refused() -> None:
    with pytest.raises(InputError, match="kind 'cohort'"):
        grouped([well()], load_scenario("breast_cohort"))
