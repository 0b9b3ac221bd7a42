"""Tissues over draws: the same draws in all arms, intervals around the centre, going on after a stop; and what halving changes."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.reader import scenario_from_dict
from exoresist.assembly.resolve import resolved_dict
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError, SolverError
from exoresist.report.tissue_page import tissue_page
from exoresist.studies import tissue_ensemble
from exoresist.studies.tissue_accuracy import STEPS, Change, key_of, measure, read_table, told, variants, write_table
from exoresist.studies.tissue_answer import answer_tissue
from exoresist.studies.tissue_ensemble import uncertain_rows, with_draw

BASE: dict[str, Any] = {
    "schema": "exoresist/1",
    "name": "ensemble",
    "arena": {
        "kind": "tissue",
        "space": {"size": "160 um", "oxygen": "38 mmHg", "network_step": "6 min", "spread_step": "6 min"},
    },
    "populations": [{"id": "tumour", "cell_line": "generic_tumour", "count": "40 cell"}],
    "drugs": [{"id": "doxorubicin", "dose": "1 uM", "at": "0.1 h"}],
    "duration": "0.4 h",
    "every": "0.2 h",
    "assay": {"kind": "tumour", "population": "tumour"},
    "uncertainty": {"draws": 3},
    "arms": [
        {"id": "none", "role": "reference", "change": {"drugs": [{"id": "doxorubicin", "dose": "0 nM"}]}},
        {"id": "treated", "label": "Doxorubicin"},
    ],
    "seed": 3,
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


def scenario(**changes: Any) -> Any:
    return scenario_from_dict(copy.deepcopy(BASE) | changes)


def test_a_tissue_draws_only_when_asked_and_says_so_when_resolved() -> None:
    data = {key: value for key, value in BASE.items() if key != "uncertainty"}
    quiet = scenario_from_dict(data)
    assert quiet.uncertainty.draws == 0
    assert scenario_from_dict(resolved_dict(quiet)) == quiet
    assert scenario().uncertainty.draws == 3


def test_draws_are_of_rows_that_were_used_and_leave_what_is_given(catalog: Catalog) -> None:
    used = [catalog.parameter("oxygen_uptake", "cell"), catalog.parameter("field_decay", "field:glucose")]
    used.append(catalog.parameter("cell_volume", "cell"))
    rows = uncertain_rows([*used, *used])
    assert [row.name for row in rows] == ["cell_volume", "oxygen_uptake"]
    own = {"name": "cell_volume", "subject": "cell", "value": "2e-9 mL/cell", "reason": "given"}
    drawn = [with_draw(scenario(parameters=[own]), rows, number, 50) for number in range(1, 51)]
    values = [one.parameters[-1].value.number for one in drawn]
    assert all(len(one.parameters) == 2 for one in drawn) and len(set(values)) == 50
    low, high = catalog.parameter("oxygen_uptake", "cell").low, catalog.parameter("oxygen_uptake", "cell").high
    assert np.mean([low <= value <= high for value in values]) == pytest.approx(0.9, abs=0.05)
    assert with_draw(scenario(), rows, 7, 50).parameters[0].value == with_draw(scenario(seed=3), rows, 7, 50).parameters[0].value


def test_intervals_surround_the_centre_and_a_stopped_run_goes_on(catalog: Catalog, tmp_path: Any, monkeypatch: Any) -> None:
    answer = answer_tissue(scenario(), catalog, tmp_path, threads=1)
    assert answer.draws is not None and answer.draws.count == 3 and answer.draws.failed == 0
    plain = answer_tissue(scenario(uncertainty={"draws": 0}), catalog, threads=1)
    for arm, alone in zip(answer.arms, plain.arms, strict=True):
        assert arm.summary["state_hash"] == alone.summary["state_hash"] and alone.intervals == {}
        for name, one in arm.intervals.items():
            assert one.low <= one.value <= one.high, name
        assert arm.intervals["oxygen_lowest"].low < arm.intervals["oxygen_lowest"].high
    text = " ".join(answer.sentences)
    assert "5 % to 95 % of 3 draws" in text and "of draws" in text and "One run at" not in text
    assert "One run at" in " ".join(plain.sentences)
    summary = answer.summary()
    assert summary["draws"] == {"asked": 3, "failed": 0} and "interval" in summary["arms"]["treated"]
    page = tissue_page(answer)
    assert "Intervals over draws" in page and "Intervals over draws" not in tissue_page(plain)
    # Draws that are there are not run again.
    (tmp_path / "draws" / "draw_0002.json").write_text("{")
    ran = []
    whole = tissue_ensemble._run_one
    monkeypatch.setattr(tissue_ensemble, "_run_one", lambda *given: (ran.append(given[4]), whole(*given))[1])
    again = answer_tissue(scenario(), catalog, tmp_path, resume=True, threads=1)
    assert ran == [2]
    assert {arm.id: arm.intervals for arm in again.arms} == {arm.id: arm.intervals for arm in answer.arms}


def test_draws_that_fail_are_left_out_and_told(catalog: Catalog, monkeypatch: Any) -> None:
    whole = tissue_ensemble._run_one

    def shaky(*given: Any) -> Any:
        if given[4] == 2:
            raise SolverError("too stiff")
        return whole(*given)

    monkeypatch.setattr(tissue_ensemble, "_run_one", shaky)
    answer = answer_tissue(scenario(), catalog, threads=1)
    assert answer.draws is not None and answer.draws.failed == 1 and len(answer.draws.rows["treated"]) == 2
    assert "1 of which could not be run" in " ".join(answer.sentences)

    def broken(*given: Any) -> Any:
        raise SolverError("too stiff")

    monkeypatch.setattr(tissue_ensemble, "_run_one", broken)
    with pytest.raises(InputError, match="none of 3 draws"):
        answer_tissue(scenario(), catalog, threads=1)


# -- grid and steps


def test_variants_halve_what_they_say() -> None:
    given = scenario()
    found = variants(given)
    space = given.arena.space
    assert found["voxel_halved"].arena.space.voxel == 0.5 * space.voxel
    for name in STEPS:
        before, after = getattr(space, name), getattr(found["steps_halved"].arena.space, name)
        assert after is None if before is None else after == 0.5 * before
    assert found["other_seed"].seed == given.seed + 1
    assert key_of(given) == key_of(scenario()) != key_of(found["voxel_halved"])


def test_what_halving_changes_is_measured_kept_and_told(catalog: Catalog, tmp_path: Any) -> None:
    treated = dict((arm.id, one) for arm, one in expand_arms(scenario()))["treated"]
    rows = measure(treated, "treated", catalog, threads=1)
    by_name = {row.reading: row for row in rows}
    assert {"tumour_living", "radius_um", "tumour_doxorubicin_pmol"} <= set(by_name)
    # The network step of 6 min is far too long for a drug, and halving it tells.
    assert by_name["tumour_doxorubicin_pmol"].steps_halved > 0.1 > abs(by_name["tumour_living"].steps_halved)
    table = tmp_path / "table.tsv"
    write_table(rows, table)
    write_table([Change("other", "k", "a", 1.0, "x", 1.0, 0.1, -0.2, 0.0)], table)
    write_table(rows, table)
    kept = read_table(table)
    assert len(kept) == len(rows) + 1 and {one.scenario for one in kept} == {"ensemble", "other"}
    assert read_table(tmp_path / "none.tsv") == [] and told([]) == []
    assert "halved steps change answers" in told(rows)[0] and "treated" in told(rows)[0]
