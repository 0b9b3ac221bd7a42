"""Steps of the networks while a drug is about: told where they are too long, chosen where a scenario names none."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from exoresist.assembly.reader import scenario_from_dict
from exoresist.catalog import Catalog
from exoresist.studies.tissue_accuracy import variants
from exoresist.studies.tissue_arm import run_arm
from exoresist.studies.tissue_drug_steps import emptied, usual_step

BASE: dict[str, Any] = {
    "schema": "exoresist/1",
    "name": "small",
    "arena": {"kind": "tissue", "space": {"size": "160 um", "network_step": "6 min", "spread_step": "6 min"}},
    "populations": [{"id": "tumour", "cell_line": "generic_tumour", "count": "30 cell"}],
    "duration": "1 h",
    "every": "1 h",
    "assay": {"kind": "tumour", "population": "tumour"},
    "seed": 2,
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


def small(space: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    data = copy.deepcopy(BASE) | changes
    data["arena"]["space"] |= space or {}
    return data


@pytest.mark.parametrize(("life", "usual"), [("6 min", 0.1), ("12 min", 0.1), ("20 min", 1.0 / 12.0), ("1 min", 1.0 / 60.0)])
def test_the_usual_step_divides_the_life_step(life: str, usual: float) -> None:
    data = small({"life_step": life, "motion_step": "1 s"})
    del data["arena"]["space"]["network_step"]
    space = scenario_from_dict(data).arena.space
    assert space is not None and usual_step(space) == pytest.approx(usual, rel=1e-12)


@pytest.mark.parametrize(
    ("dose", "step", "warned"), [("10 nM", "6 min", True), ("10 nM", "0.5 min", False), ("0 nM", "6 min", False)]
)
def test_steps_too_long_for_the_uptake_of_a_drug_are_told(catalog: Catalog, dose: str, step: str, warned: bool) -> None:
    data = small({"network_step": step}, drugs=[{"id": "doxorubicin", "dose": dose}], duration="0.1 h", every="0.1 h")
    course = run_arm(scenario_from_dict(data), catalog, "a", "x", threads=1)
    assert any("Shorten `space.network_step`" in text for text in course.warnings) == warned


def test_without_a_step_named_the_networks_take_what_the_drug_asks_for(catalog: Catalog) -> None:
    def of(drugs: list[dict[str, Any]], **space: Any) -> Any:
        data = small(space, drugs=drugs, duration="0.2 h", every="0.2 h")
        for name in [name for name, value in space.items() if value is None]:
            del data["arena"]["space"][name]
        return run_arm(scenario_from_dict(data), catalog, "a", "x", threads=1)

    given = [{"id": "doxorubicin", "dose": "10 nM", "at": "0.1 h"}]
    course = of(given, network_step=None)
    pace, hours = course.tissue.pace, emptied(course.tissue, ["doxorubicin"])["doxorubicin"]
    assert pace.alert is not None and pace.network == pace.life
    assert 0.9 < (0.5 * hours) / pace.alert < 1.5  # the longest that divides the life step and fits twice
    assert course.setup.chosen and any("scenario names none" in text for text in course.warnings)
    assert not any("Shorten" in text for text in course.warnings)
    # To the bits what it would be if it were named; and no step is chosen where one is, or where nothing is given.
    named = of(given, network_step="6 min", drug_step=f"{3600.0 * pace.alert} s")
    assert named.hash == course.hash and not named.setup.chosen
    for drugs, step_ in ((given, "6 min"), ([{**given[0], "dose": "0 nM"}], None), ([], None)):
        plain = of(drugs, network_step=step_)
        assert plain.tissue.pace.alert is None and not plain.setup.chosen and plain.hash != course.hash
    # A finer step changes little, the usual one much.
    held = [float(one.rows[-1]["tumour_doxorubicin_pmol"]) for one in (
        course, of(given, network_step=f"{900.0 * pace.alert} s"), of(given, network_step="6 min")
    )]  # fmt: skip
    assert held[0] == pytest.approx(held[1], rel=0.15) and held[2] < 0.5 * held[1]


def test_the_check_of_accuracy_halves_a_step_that_was_chosen(catalog: Catalog) -> None:
    data = small(drugs=[{"id": "doxorubicin", "dose": "10 nM"}], duration="0.1 h", every="0.1 h")
    del data["arena"]["space"]["network_step"]
    scenario = scenario_from_dict(data)
    pace = run_arm(scenario, catalog, "a", "x", threads=1).tissue.pace
    halved = variants(scenario, pace)["steps_halved"].arena.space
    assert halved is not None and pace.alert is not None
    assert (halved.network_step, halved.drug_step) == (0.5 * pace.network, 0.5 * pace.alert)
