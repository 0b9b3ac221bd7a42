"""Indices of diversity: known values, limits, and what an answer tells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exoresist.assembly.reader import bundled_scenarios, load_scenario, scenario_from_dict
from exoresist.core.errors import InputError
from exoresist.studies.answers import answer_scenario
from exoresist.studies.diversity import diversity_rows, effective_lineages, lineage_shares, shannon, simpson

counts = st.lists(st.floats(0.0, 1e6), min_size=1, max_size=8).filter(lambda cells: sum(cells) > 1e-3)


def test_known_values() -> None:
    assert shannon([10.0]) == simpson([10.0]) == 0.0 and effective_lineages([10.0]) == 1.0
    for number in (2, 5):
        even = np.full(number, 7.0)
        assert shannon(even) == pytest.approx(np.log(number)) and effective_lineages(even) == pytest.approx(number)
        assert simpson(even) == pytest.approx(1.0 - 1.0 / number)
    assert shannon([90.0, 10.0]) == pytest.approx(0.325083, abs=1e-6) and simpson([90.0, 10.0]) == pytest.approx(0.18)
    assert shannon([0.0, 0.0]) == simpson([0.0, 0.0]) == 0.0


@given(counts)
def test_indices_are_bounded_and_do_not_see_scale_order_or_empty_lineages(cells: list[float]) -> None:
    for index in (shannon, simpson):
        value = float(index(cells))
        assert value == pytest.approx(float(index(np.array(cells) * 3.0)), abs=1e-9)
        assert value == pytest.approx(float(index([*reversed(cells), 0.0])), abs=1e-9)
    assert -1e-12 <= float(shannon(cells)) <= np.log(len(cells)) + 1e-9
    assert -1e-12 <= float(simpson(cells)) <= 1.0 - 1.0 / len(cells) + 1e-9
    assert lineage_shares(cells).sum() == pytest.approx(1.0)


@pytest.mark.parametrize("cells", [[-1.0, 2.0], [float("nan"), 1.0], 3.0])
def test_numbers_that_are_no_cells_are_refused(cells: object) -> None:
    with pytest.raises(InputError):
        shannon(cells)  # type: ignore[arg-type]


def test_an_arm_with_one_lineage_has_no_row() -> None:
    row = {"arm": "a", "time": 0.0, "population": "one", "cells": 5.0}
    assert diversity_rows([row, {**row, "population": "stroma"}], ["one", "two"]) == []


def test_an_answer_tells_the_diversity_of_its_tumour_lineages() -> None:
    answer = answer_scenario(scenario_from_dict({
        "schema": "exoresist/1", "name": "clones", "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "60000 cell"},
        "populations": [
            {"id": "first", "cell_line": "mcf7_sensitive", "count": "3000 cell"},
            {"id": "second", "cell_line": "mcf7_resistant", "count": "1000 cell"},
            {"id": "stroma", "cell_line": "caf", "count": "1000 cell"},
        ],
        "drugs": [{"id": "doxorubicin", "dose": "100 nM"}], "cargo": ["ABCB1"], "duration": "72 h", "every": "24 h",
        "assay": {"kind": "time_course", "population": "first"}, "uncertainty": {"draws": 2},
    }))  # fmt: skip
    assert [row["time"] for row in answer.diversity] == [0.0, 24.0, 48.0, 72.0]
    assert answer.diversity[0]["shannon"] == pytest.approx(float(shannon([3000.0, 1000.0])))
    assert any("Shannon index" in text for text in answer.sentences)


def test_the_bundled_checkpoint_scenario_tells_killing_taken_away_and_given_back() -> None:
    scenario = load_scenario(bundled_scenarios()["pdl1_vesicles"])
    answer = answer_scenario(scenario.model_copy(update={"uncertainty": scenario.uncertainty.model_copy(update={"draws": 2})}))
    last = {
        row["arm"]: row["cells"] for row in answer.survivors if row["time"] == scenario.duration and row["population"] == "tumour"
    }
    assert last["with_pdl1"] > 1.1 * last["no_vesicles"] > last["anti_pd_1"]
    assert last["without_ligand"] == pytest.approx(last["no_vesicles"], rel=1e-3)
    assert last["anti_pd_1"] < last["anti_pd_l1"] < last["with_pdl1"] < last["no_t_cells"]
    assert any("as many as in 'No vesicles', to within 1 %" in text for text in answer.sentences)
    assert not [text for text in answer.warnings if "change nothing" in text]
    told = next(text for text in answer.sentences if text.startswith("Signals between the cells"))
    assert "PD-L1 on vesicles raises PD1 signal in CD8 T cell, activated" in told
    assert "PD1 signal lowers CD8 T cell function" in told and "_" not in told


def test_signals_that_no_wire_can_serve_are_told() -> None:
    scenario = load_scenario(bundled_scenarios()["pdl1_vesicles"])
    idle = scenario.model_copy(update={"signals": ("stemness",), "arms": (), "uncertainty": scenario.uncertainty.model_copy(
        update={"draws": 0})})  # fmt: skip
    assert any("'stemness' change nothing" in text for text in answer_scenario(idle).warnings)
