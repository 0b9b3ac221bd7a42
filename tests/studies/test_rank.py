"""Ranking: a known best wins, useless choices have regret, ties and unknowns are told, and workers change no bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from exoresist.assembly.patient_scenario import as_cohort
from exoresist.assembly.reader import load_scenario, scenario_from_dict
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError, SolverError
from exoresist.studies.combination import combine
from exoresist.studies.ensemble import Ensemble, reconciled
from exoresist.studies.posterior import read_posterior
from exoresist.studies.rank import Question, rank
from exoresist.studies.rank_candidates import NONE, Candidate, base_of, drug_arms, named, settings
from exoresist.studies.rank_maps import intervention_axis, run_map
from exoresist.studies.rank_outcomes import held, outcome_of, regrown
from exoresist.studies.rank_run import halves, run_choices, store
from exoresist.studies.rank_score import BEST, CANNOT_TELL, NOTHING_HELPS, best_shares, could_be_best, scored, wilson
from exoresist.studies.rank_sensitivity import sensitivity
from exoresist.studies.rank_words import effect_text
from exoresist.studies.workers import Workers

pytestmark = pytest.mark.xdist_group("rank")  # on one worker: what they compile and prepare is made once

CATALOG = Catalog.load()


def resistant_alone(**changes: Any):
    """Resistant cells by themselves under doxorubicin: what blocks their pump must help, what blocks uptake of vesicles cannot."""
    data: dict[str, Any] = {
        "schema": "exoresist/1", "name": "resistant_alone", "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "60000 cell"},
        "populations": [{"id": "cells", "cell_line": "mcf7_resistant", "count": "3000 cell"}],
        "drugs": [{"id": "doxorubicin", "dose": "100 nM"}], "cargo": ["ABCB1"], "duration": "48 h", "every": "4 h",
        "assay": {"kind": "dose_response", "population": "cells", "drug": "doxorubicin", "doses": ["10 nM", "100 nM", "1000 nM"]},
        "uncertainty": {"draws": 8}, "seed": 3,
    }  # fmt: skip
    return scenario_from_dict({**data, **changes})


@pytest.fixture(scope="module")
def answer():
    question = Question(interventions="verapamil, dynasore, heparin, dynasore+heparin", draws=12, trials=3)
    return rank(resistant_alone(), question, CATALOG)


def rows(answer: Any) -> dict[str, Any]:
    return {row["name"]: row for row in answer.interventions}


def test_the_known_best_wins_and_useless_choices_have_regret(answer: Any) -> None:
    found = rows(answer)
    assert answer.best == "verapamil" and answer.verdict == BEST and answer.could_be_best == ["verapamil"]
    assert found["verapamil"]["p_best"] == 1.0 and found["verapamil"]["regret"] == 0.0
    assert found["verapamil"]["effect"] < 0.95 and found["verapamil"]["high"] < 1.0
    for useless in ("none", "dynasore", "heparin", "dynasore+heparin"):
        assert found[useless]["p_best"] == 0.0 and found[useless]["regret"] > 0.01
    assert sum(row["p_best"] for row in answer.interventions) == pytest.approx(1.0)
    assert answer.sentences[0].startswith("Verapamil is best")


def test_the_summary_names_what_programs_read(answer: Any) -> None:
    told = answer.summary()
    one = told["interventions"]["verapamil"]
    assert one["interval"][0] <= one["effect"] <= one["interval"][1] and {"p_best", "regret"} <= set(one)
    assert set(told["interventions"]) == {*rows(answer)} and told["best"] == "verapamil"


def test_the_schedules_found_keep_the_limits_and_are_no_better_than_all_at_once(answer: Any) -> None:
    found = {row["name"]: row for row in answer.schedules}
    assert set(found) == {"schedule_fixed", "schedule_adaptive"}
    assert all(row["excess"] <= 1e-9 for row in answer.schedules)
    assert all(trial["dose"] <= answer.limits["dose"] for row in answer.schedules for trial in row["trials"])


def test_what_the_effect_of_a_pump_blocker_hangs_on_is_the_pump(answer: Any) -> None:
    assert answer.sensitivity_of == "verapamil"
    foremost = {(row["name"], row["subject"]) for row in answer.tornado[:5]}
    assert any("efflux" in name or "pump" in subject for name, subject in foremost)
    assert all(row["total"] + row["total_conf"] >= 0.0 and row["first"] <= row["total"] + 0.3 for row in answer.sobol)


def test_the_numbers_are_the_same_bits_on_two_workers_and_on_a_cluster(tmp_path: Path) -> None:
    base = base_of(resistant_alone())[1]
    candidates = named("verapamil,dynasore", base, base, CATALOG)
    ensemble, outcome = reconciled(base, CATALOG, draws=4), outcome_of(base)
    here = run_choices(candidates, outcome, CATALOG, ensemble, Workers(1))
    assert np.array_equal(here, run_choices(candidates, outcome, CATALOG, ensemble, Workers(2)))
    assert np.array_equal(here, run_choices(candidates, outcome, CATALOG, ensemble, Workers(2, cluster="local")))
    kept = store(tmp_path, base, CATALOG, ensemble)
    first = run_choices(candidates, outcome, CATALOG, ensemble, Workers(1), kept)
    again = run_choices(candidates, outcome, CATALOG, ensemble, Workers(1), kept)
    assert np.array_equal(here, first) and np.array_equal(first, again)
    other = store(tmp_path, base, CATALOG, Ensemble(4, 99))
    assert other is not None and other.read() == {}


def test_a_ranking_repeats_itself(answer: Any) -> None:
    question = Question(interventions="verapamil, dynasore, heparin, dynasore+heparin", draws=12, trials=3)
    again = rank(resistant_alone(), question, CATALOG, workers=Workers(2))
    first, second = answer.summary(), again.summary()
    for told in (first, second):
        told.pop("timing_s")
    assert first == second
    assert rank(resistant_alone(seed=4), replace(question, trials=0), CATALOG).draws_table != again.draws_table


def candidate(name: str, *parts: str) -> Candidate:
    return Candidate(name, name, "nothing" if not parts else "release", base_of(resistant_alone())[1], parts)


def test_ties_go_to_the_fewest_interventions() -> None:
    outcome = outcome_of(resistant_alone())
    every = [candidate(NONE), candidate("a", "a"), candidate("b", "b"), candidate("a+b", "a", "b")]
    values = np.array([[5.0, 5.0, 5.0, 5.0], [4.0, 4.0, 5.0, 4.5], [4.0, 4.5, 5.0, 4.0], [3.9999, 3.0, 5.0, 4.0]])
    found = {row["name"]: row for row in scored(every, values, outcome).rows}
    # first draw: a and b share it, for the pair adds nothing; second: the pair; third: nothing helps; fourth: b, for the pair adds nothing
    assert found["a"]["p_best"] == 0.125 and found["b"]["p_best"] == 0.375
    assert found["a+b"]["p_best"] == 0.25 and found[NONE]["p_best"] == 0.25


def test_when_nothing_differs_nothing_helps_and_when_all_differ_nobody_can_tell() -> None:
    outcome = outcome_of(resistant_alone())
    every = [candidate(NONE), *(candidate(name, name) for name in "abc")]
    same = scored(every, np.full((4, 30), 5.0), outcome)
    assert same.verdict == NOTHING_HELPS and same.best == NONE
    spread = np.random.default_rng(1).normal(0.0, 0.5, (4, 60)) + np.array([[1.0], [0.0], [0.0], [0.0]])
    assert scored(every, spread, outcome).verdict == CANNOT_TELL
    spread[2, 5] = np.nan
    assert scored(every, spread, outcome).left_out == 1
    with pytest.raises(InputError, match="no draw"):
        scored(every, np.full((4, 3), np.nan), outcome)


@given(arrays(float, (4, 9), elements=st.floats(-5.0, 5.0)))
def test_probabilities_of_being_best_add_up_and_do_not_depend_on_the_order(values: Any) -> None:
    parts = np.array([0, 1, 1, 2])
    shares = best_shares(values, parts, 1e-3)
    assert shares.sum() == pytest.approx(1.0) and np.all(shares >= 0.0)
    order = np.array([2, 0, 3, 1])
    assert np.allclose(best_shares(values[order], parts[order], 1e-3), shares[order])


def test_intervals_of_a_share_hold_it_and_narrow_with_draws() -> None:
    few, many = wilson(0.5, 10), wilson(0.5, 1000)
    assert few[0] < many[0] < 0.5 < many[1] < few[1]
    assert wilson(0.0, 20)[0] == 0.0 and wilson(1.0, 20)[1] == 1.0
    listed = [
        {"name": "a", "p_best": 0.6},
        {"name": "b", "p_best": 0.36},
        {"name": "c", "p_best": 0.04},
        {"name": "d", "p_best": 0.0},
    ]
    assert could_be_best(listed) == ["a", "b"]


def test_interventions_that_meet_no_process_are_left_out_and_states_wait_to_be_named() -> None:
    base = base_of(resistant_alone())[1]
    found = {each.id for each in settings(resistant_alone(), base, CATALOG)}
    assert "verapamil" in found and "gw4869" in found
    assert not found & {"mirna_mimic", "erastin", "brca1_loss", "il6_neutralisation"}
    assert named("brca1_loss", base, base, CATALOG)[1].parts == ("brca1_loss",)


def test_settings_come_from_the_scenario_or_from_the_name() -> None:
    scenario = load_scenario("mcf7_doxorubicin")
    base = base_of(scenario)[1]
    assert {each.id: each.entry for each in settings(scenario, base, CATALOG)}["gw4869"].concentration == 10_000.0
    one, other, pair = named("gw4869@20 uM, rab27a_knockdown@0.3, gw4869+verapamil", scenario, base, CATALOG)[1:]
    assert one.scenario.interventions[0].concentration == 20_000.0 and other.scenario.interventions[0].strength == 0.3
    assert pair.parts == ("gw4869", "verapamil") and len(pair.scenario.interventions) == 2


@pytest.mark.parametrize(
    "text", ["gw486", "", "gw4869,", "a+b+c", "gw4869+gw4869", "gw4869,gw4869", "gw4869@1.5", "gw4869@10 h", "gw4869@"]
)
def test_names_and_levels_that_cannot_be_are_refused(text: str) -> None:
    scenario = load_scenario("mcf7_doxorubicin")
    with pytest.raises(InputError):
        named(text, scenario, base_of(scenario)[1], CATALOG)


def test_arms_with_other_drugs_are_choices() -> None:
    scenario = load_scenario("pdl1_vesicles")
    assert [one.id for one in drug_arms(scenario, base_of(scenario)[1], [])] == ["anti_pd_1", "anti_pd_l1"]


def test_outcomes_that_an_assay_does_not_have_are_refused() -> None:
    with pytest.raises(InputError, match="tissue"):
        outcome_of(load_scenario("tumour_spheroid"), "shift")
    with pytest.raises(InputError, match="volume"):
        outcome_of(resistant_alone(), "volume")
    with pytest.raises(InputError, match="shift"):
        outcome_of(load_scenario("pdl1_vesicles"), "shift")
    with pytest.raises(InputError, match="not known"):
        outcome_of(resistant_alone(), "hope")
    with pytest.raises(InputError, match="not known"):
        base_of(load_scenario("mcf7_doxorubicin"), "no_arm")


def test_a_blocked_pump_lowers_the_ic50_too() -> None:
    base = base_of(resistant_alone())[1]
    none, blocked = named("verapamil", base, base, CATALOG)
    ensemble, outcome = reconciled(base, CATALOG, draws=3), outcome_of(base, "shift")
    values = run_choices([none, blocked], outcome, CATALOG, ensemble, Workers(1))
    assert np.all(values[1] < values[0])


def test_regrowth_is_read_between_the_saved_times() -> None:
    times = np.array([0.0, 10.0, 20.0, 30.0])
    cells = np.array([[100.0, 50.0, 80.0, 120.0], [100.0, 120.0, 130.0, 140.0], [100.0, 50.0, 40.0, 30.0]]).T
    assert regrown(times, cells, 100.0).tolist() == [25.0, 0.0, 30.0]


def test_sets_that_cannot_be_solved_are_found_by_halving() -> None:
    def values(part: Ensemble) -> Any:
        if 3 in part.positions:
            raise SolverError("the third set")
        return part.positions.astype(float)

    found = held(values, Ensemble(6, 1))
    assert np.isnan(found[3]) and np.delete(found, 3).tolist() == [0.0, 1.0, 2.0, 4.0, 5.0, 6.0]


def test_search_and_judgement_never_share_a_draw() -> None:
    first, second = halves(Ensemble(9, 1))
    assert set(first.positions[1:]) & set(second.positions[1:]) == set()
    assert {*first.positions, *second.positions} == set(range(10)) and first.positions[0] == second.positions[0] == 0


def test_a_posterior_takes_the_place_of_the_ranges(tmp_path: Path) -> None:
    path = tmp_path / "posterior.csv"
    path.write_text("max_effect@intervention:verapamil\n" + "0\n" * 6, encoding="utf-8")
    answer = rank(resistant_alone(), Question(interventions="verapamil", draws=3, trials=0, posterior=path), CATALOG)
    assert rows(answer)["verapamil"]["effect"] == pytest.approx(1.0, abs=1e-6) and answer.best == NONE
    assert read_posterior(path, CATALOG, 1).sets == 7


def test_maps_are_empty_along_the_edges_and_know_a_mimic() -> None:
    base = base_of(load_scenario("crc_oxaliplatin_cirs122"))[1]
    pair = named("mirna_mimic+gw4869", base, base, CATALOG)[1].scenario
    first, second = (intervention_axis(entry, entry.id) for entry in pair.interventions)
    found = run_map(pair, CATALOG, first, second)
    edges = [row for row in found["rows"] if row["first"] == 0.0 or row["second"] == 0.0]
    assert all(abs(row["bliss"]) < 1e-12 for row in edges) and found["rows"][0]["survival"] == 1.0
    mimic = [row["survival"] for row in found["rows"] if row["second"] == 0.0]
    assert mimic == sorted(mimic, reverse=True) and mimic[-1] < mimic[0]  # more of the mimic, fewer cells


def test_a_level_in_a_map_is_the_level_in_a_scenario() -> None:
    from exoresist.assembly.build import build

    base = base_of(resistant_alone())[1]
    model = build(named("verapamil@1", base, base, CATALOG)[1].scenario, CATALOG)
    grid = combine(model, {"doxorubicin": [100.0]}, {"verapamil": [0.4]})
    weak = build(named("verapamil@0.4", base, base, CATALOG)[1].scenario, CATALOG)
    alone = combine(weak, {"doxorubicin": [100.0]}, {"verapamil": [0.4]})
    assert grid.survival == pytest.approx(alone.survival, rel=1e-9)
    with pytest.raises(InputError, match="no agent"):
        combine(model, {"doxorubicin": [100.0]}, {"gw4869": [1.0]})


def test_sensitivity_finds_nothing_where_nothing_can_differ() -> None:
    base = base_of(resistant_alone())[1]
    assert sensitivity("none", base, base, outcome_of(base), CATALOG, 1, Workers(1)) is None


def test_a_dish_becomes_patients_and_what_no_patient_has_is_refused() -> None:
    cohort = as_cohort(load_scenario("mcf7_doxorubicin"), 20)
    assert cohort.assay.patients == 20 and cohort.assay.resistant == "donor"
    for name in ("transwell_doxorubicin", "uptake_inhibitors", "pdl1_vesicles"):
        with pytest.raises(InputError, match="--patients"):
            as_cohort(load_scenario(name), 20)


def test_every_figure_of_the_page_is_one_that_plotly_draws(answer: Any) -> None:
    import plotly.graph_objects as graph

    from exoresist.report.rank_figures import rank_figures

    figures = rank_figures(answer)
    assert {"best", "regret", "effect", "maps", "schedules", "tornado", "indices"} <= set(figures)
    for figure in figures.values():
        assert figure.caption and figure.look_for and figure.alt
        for panel in figure.panels:
            for layout in ({}, panel.wide, panel.narrow):
                drawn = graph.Figure(data=panel.data, layout={**panel.layout, "height": 400})
                drawn.update_layout(**layout)


def test_every_word_of_the_answer_is_whole(answer: Any) -> None:
    for text in (*answer.sentences, *answer.warnings):
        assert text.endswith(".") and "nan" not in text and "None" not in text and "  " not in text


def test_a_gain_of_minutes_is_not_told_in_figures() -> None:
    outcome = {"name": "time", "folds": False, "unit": "day"}
    told = effect_text(outcome, {"effect": 0.0075, "low": -0.0286, "high": 2.25})
    assert told == "less than 0.1 days without progression gained (interval 0 to 2.25)"
    assert effect_text(outcome, {"effect": 1.5, "low": 0.5, "high": 2.25}).startswith("1.5 days without progression gained")
