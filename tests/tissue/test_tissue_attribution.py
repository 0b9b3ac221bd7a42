"""Attribution in a tissue: combinations are runs that share their seed; all on is the run itself; options that it has not are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exoresist.assembly.reader import scenario_from_dict
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.studies.attribution_answer import AttributionAnswer, Options
from exoresist.studies.tissue_arm import run_arm
from exoresist.studies.tissue_attribution import answer_tissue_attribution

pytestmark = pytest.mark.xdist_group("ledger")  # on one worker: what they compile and prepare is made once

LITTLE: dict[str, Any] = {
    "schema": "exoresist/1",
    "name": "little",
    "arena": {"kind": "tissue", "space": {"size": "120 um", "network_step": "0.5 min", "spread_step": "6 min"}},
    "populations": [
        {"id": "sensitive", "cell_line": "mcf7_sensitive", "count": "20 cell"},
        {"id": "resistant", "cell_line": "mcf7_resistant", "count": "10 cell", "where": "side"},
    ],
    "cargo": ["ABCB1"],
    "drugs": [{"id": "doxorubicin", "dose": "1000 nM", "at": "0 h"}],
    "duration": "3 h",
    "every": "1 h",
    "assay": {"kind": "tumour", "population": "sensitive"},
    "seed": 3,
}


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return scenario_from_dict(LITTLE)


@pytest.fixture(scope="module")
def told() -> list[str]:
    return []


@pytest.fixture(scope="module")
def answer(scenario: Scenario, told: list[str]) -> AttributionAnswer:
    return answer_tissue_attribution(scenario, Catalog.load(), Options(), say=told.append)


def test_two_routes_are_shared_out_over_four_runs(answer: AttributionAnswer, told: list[str]) -> None:
    assert [row["id"] for row in answer.players] == ["vesicle_transfer", "drug_sink"]
    assert len(answer.combinations) == 4
    whole = sum(row["value"] for row in answer.players)
    assert whole == pytest.approx(answer.outcome["all_on"]["value"] - answer.outcome["all_off"]["value"], abs=1e-12)
    assert any(
        text.startswith("4 runs of 30 cells over 3 h") and text.endswith("1 for the ledger") for text in told
    )  # said before, and then how long
    assert any("the first took" in text for text in told)


def test_all_routes_on_is_the_run_of_the_scenario(answer: AttributionAnswer, scenario: Scenario) -> None:
    rows = run_arm(scenario, Catalog.load(), "base", "").rows
    fold = float(rows[-1]["sensitive_biomass"]) / float(rows[0]["sensitive_biomass"])
    assert answer.outcome["all_on"]["value"] == float(np.log(fold))


def test_a_drug_sink_switched_off_changes_what_the_others_meet(answer: AttributionAnswer) -> None:
    sink = next(row for row in answer.players if row["id"] == "drug_sink")
    assert sink["value"] != 0.0  # the runs share every draw, so any difference is the route's


def test_the_ledger_adds_up_and_nothing_is_said_of_intervals(answer: AttributionAnswer) -> None:
    assert answer.ledger_gap is not None and answer.ledger_gap < 1e-10 and answer.draws == 0
    assert answer.ledger_change is not None
    assert sum(row["value"] for row in answer.ledger) == pytest.approx(answer.ledger_change.value, abs=1e-12)
    assert {row["origin"] for row in answer.ledger} >= {"native", "received"}
    assert len({row["time"] for row in answer.ledger_course}) == 4
    assert any("one seed and central numbers" in text for text in answer.warnings)
    assert not any("ledger" in text.lower() for text in answer.warnings)
    assert any("drug_carried" in text for text in answer.warnings)  # left on


@pytest.mark.parametrize(
    "options", [Options(outcome="survival"), Options(dose=50.0), Options(players=["selection"]), Options(lineage="nobody")]
)
def test_what_a_tissue_has_not_is_refused(options: Options, scenario: Scenario) -> None:
    with pytest.raises(InputError):
        answer_tissue_attribution(scenario, Catalog.load(), options)
