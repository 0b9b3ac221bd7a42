"""Attribution of whole scenarios: outcomes, arms, lineages, doses; what is said; posterior draws; a null made two ways agrees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.reader import load_scenario, scenario_from_dict
from exoresist.assembly.resolve import resolved_dict
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.studies.answer import Estimate
from exoresist.studies.attribution import arm_of, ask, counterfactuals
from exoresist.studies.attribution_answer import AttributionAnswer, Options, answer_attribution
from exoresist.studies.attribution_words import verdict_of
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.outcomes import LOG_SURVIVAL, Outcome
from exoresist.studies.posterior import read_posterior

pytestmark = pytest.mark.xdist_group("ledger")  # on one worker: what they compile and prepare is made once

OUTCOME = Outcome(LOG_SURVIVAL, ("cells",), "", "dimensionless", -7.0, 7.0, "")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


def few(scenario: Scenario, draws: int = 6, **more: Any) -> Scenario:
    data = resolved_dict(scenario)
    data.pop("provenance", None)
    return scenario_from_dict({**data, "uncertainty": {"draws": draws}, **more})


@pytest.fixture(scope="module")
def answer(catalog: Catalog) -> AttributionAnswer:
    return answer_attribution(few(load_scenario("mcf7_paclitaxel")), catalog)


def test_shares_add_up_and_the_summary_holds_what_programs_read(answer: AttributionAnswer) -> None:
    summary = answer.summary()
    assert {"ledger", "ledger_gap", "shapley", "outcome", "transfer_share", "interactions", "answer", "warnings"} <= set(summary)
    assert set(summary["ledger"][0]) >= {"process", "channel", "origin", "value", "low", "high"}
    for row in summary["shapley"].values():
        assert set(row) == {"value", "low", "high", "order_low", "order_high"}
        assert row["low"] <= row["value"] <= row["high"] and row["order_low"] <= row["value"] <= row["order_high"]
    whole = sum(row["value"] for row in summary["shapley"].values())
    ends = [summary["outcome"][name]["value"] for name in ("all_on", "all_off", "effect")]
    assert whole == pytest.approx(ends[0] - ends[1]) == pytest.approx(ends[2])
    assert len(answer.combinations) == 2 ** len(answer.players) == 64


def test_the_default_dose_halves_the_survivors(answer: AttributionAnswer) -> None:
    assert np.exp(answer.outcome["all_on"]["value"]) == pytest.approx(0.5, abs=0.02)


def test_a_null_by_number_is_the_same_as_the_route_cut_out(catalog: Catalog) -> None:
    """Nothing delivered because the fraction is 0, and because the fates were changed: the same survivors."""
    scenario = load_scenario("uptake_inhibitors")
    question = ask(scenario, catalog, arm="vesicles", players=["vesicle_transfer"], dose=3.0)
    cut = counterfactuals(question, catalog, Ensemble(0, 1)).outcomes
    null = {"name": "delivered_fraction", "subject": "cell", "value": "0 dimensionless", "reason": "the null"}
    nulled = few(scenario, 0, parameters=[null])
    by_number = counterfactuals(ask(nulled, catalog, arm="vesicles", players=[], dose=3.0), catalog, Ensemble(0, 1)).outcomes
    assert cut[0, 0] == pytest.approx(by_number[0, 0], abs=1e-5)
    assert cut[1, 0] > cut[0, 0] + 0.1


def test_all_on_is_the_scenario_itself(catalog: Catalog) -> None:
    from exoresist.assembly.build import build
    from exoresist.compartments.well import culture

    question = ask(load_scenario("mcf7_doxorubicin"), catalog, dose=50.0)
    table = counterfactuals(question, catalog, Ensemble(0, 1)).outcomes
    model = build(question.scenario, catalog)
    cells = [culture(model, [0.0, 72.0], doses={"doxorubicin": dose}).amount("recipient.cells")[-1, 0] for dose in (50.0, 0.0)]
    assert table[-1, 0] == pytest.approx(float(np.log(cells[0] / cells[1])), abs=1e-12)


@pytest.mark.parametrize("outcome", ["survival", "mean_time", "log_ic50"])
def test_other_outcomes_are_shared_out_too(outcome: str, catalog: Catalog) -> None:
    scenario = few(load_scenario("uptake_inhibitors"), 0)
    answer = answer_attribution(scenario, catalog, Options(outcome=outcome))
    bounds = answer.outcome["low"], answer.outcome["high"]
    assert bounds[0] <= answer.outcome["all_off"]["value"] < answer.outcome["all_on"]["value"] <= bounds[1]
    assert answer.players[0]["id"] == "vesicle_transfer" and answer.players[0]["value"] > 0.0


def test_the_ic50_is_that_of_the_dose_response(catalog: Catalog) -> None:
    from exoresist.studies.arms import run_arms

    scenario = few(load_scenario("uptake_inhibitors"), 0)
    question = ask(scenario, catalog, outcome="log_ic50", players=[])
    found = counterfactuals(question, catalog, Ensemble(0, 1)).outcomes[0, 0]
    arm = next(one for one in run_arms(scenario, catalog, Ensemble(0, 1)) if one.arm.id == question.arm.id)
    assert found == pytest.approx(float(np.log(arm.survival.ic50[0])), abs=0.01)


def test_lineages_and_arms_are_as_asked(catalog: Catalog) -> None:
    scenario = load_scenario("mcf7_doxorubicin")
    assert ask(scenario, catalog, lineage="all", dose=50.0).outcome.lineages == ("recipient", "donor")
    donor = ask(scenario, catalog, lineage="donor", dose=50.0)
    assert "drug_sink" in [player.id for player in donor.players] and "recipient" in donor.players[3].label
    assert arm_of(scenario, None)[0].id == "co_culture"
    assert arm_of(scenario, "recipients_alone")[0].id == "recipients_alone"


@pytest.mark.parametrize(
    ("name", "change", "part"),
    [
        ("mcf7_doxorubicin", {"arm": "co_cultur"}, "Arm 'co_cultur' is not known"),
        ("mcf7_doxorubicin", {"lineage": "nobody"}, "Lineage 'nobody' is not known"),
        ("mcf7_doxorubicin", {"outcome": "ic50"}, "Outcome 'ic50' is not known"),
        ("mcf7_doxorubicin", {"dose": 0.0}, "above 0"),
        ("pdl1_vesicles", {"outcome": "log_ic50"}, "has no doses"),
        ("pdl1_vesicles", {"dose": 1.0}, "has no drug of its own"),
        ("pgp_add_back", {}, "nothing attacks"),
        ("breast_cohort", {}, "ask cohort"),
    ],
)
def test_questions_that_cannot_be_put_are_refused(name: str, change: dict[str, Any], part: str, catalog: Catalog) -> None:
    with pytest.raises(InputError, match=part):
        ask(load_scenario(name), catalog, **change)


@pytest.mark.parametrize(
    "name", ["conditioned_medium", "transwell_doxorubicin", "rituximab_decoy", "sensitising_cargo", "pdl1_vesicles"]
)
def test_bundled_dishes_are_attributed(name: str, catalog: Catalog) -> None:
    scenario = load_scenario(name)
    question = ask(scenario, catalog)
    made = counterfactuals(question, catalog, Ensemble(2, scenario.seed))
    assert np.all(np.isfinite(made.outcomes)) and made.outcomes.shape == (2 ** len(question.players), 3)
    share = made.share_of([0])
    assert np.all(np.abs(share) <= 1.0)


def test_a_posterior_stands_beside_its_prior(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "draws.csv"
    path.write_text("delivered_fraction@cell\n0.9\n0.95\n0.99\n", encoding="utf-8")
    scenario = few(load_scenario("uptake_inhibitors"), 4)
    drawn = read_posterior(path, catalog, scenario.seed)
    answer = answer_attribution(
        scenario, catalog, Options(players=["vesicle_transfer", "drug_export"], posterior=drawn, posterior_name="draws")
    )
    assert set(answer.transfer) == {"prior", "posterior"}
    prior, posterior = (
        float(answer.transfer[kind].high or 0.0) - float(answer.transfer[kind].low or 0.0) for kind in ("prior", "posterior")
    )
    assert posterior < prior
    assert any("before the data" in text for text in answer.sentences)
    assert answer.players[0]["prior_value"] < answer.players[0]["value"]  # more is delivered than the catalogue's centre says
    assert "--posterior draws" in answer.replay and "--players vesicle_transfer,drug_export" in answer.replay


def test_a_share_that_was_not_asked_for_is_not_answered(catalog: Catalog) -> None:
    scenario = few(load_scenario("uptake_inhibitors"), 0)
    answer = answer_attribution(scenario, catalog, Options(players=["drug_export"]))
    assert answer.verdict == "not_asked" and "not asked" in answer.sentences[0]
    assert "vesicle_transfer" not in answer.summary()["shapley"]


@pytest.mark.parametrize(
    ("share", "moved", "present", "verdict"),
    [
        ((0.0, 0.0, 0.0), 1.0, False, "none"),
        ((0.3, 0.0, 0.9), 0.001, True, "nothing"),
        ((0.3, 0.01, 0.8), 1.0, True, "cannot_tell"),
        ((-0.3, -0.8, 0.0), 1.0, True, "cannot_tell"),
        ((0.01, 0.0, 0.02), 1.0, True, "little"),
        ((0.1, 0.01, 0.2), 1.0, True, "bounded"),
        ((0.2, 0.1, 0.9), 1.0, True, "part"),
        ((0.8, 0.6, 0.9), 1.0, True, "most"),
        ((-0.2, -0.3, -0.1), 1.0, True, "against"),
    ],
)
def test_verdicts(share: tuple[float, float, float], moved: float, present: bool, verdict: str) -> None:
    assert verdict_of(Estimate(*share), moved, OUTCOME, present) == verdict
