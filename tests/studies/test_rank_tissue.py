"""The ranking in a tissue: whole runs compared over few draws; made-up runs show the counting, small tissues that it is theirs."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.reader import scenario_from_dict
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.core.stopping import StoppedError
from exoresist.studies import rank_tissue, rank_tissue_runs
from exoresist.studies.ensemble import Ensemble, in_line
from exoresist.studies.posterior import read_posterior
from exoresist.studies.rank import Question, rank
from exoresist.studies.rank_candidates import base_of, settings
from exoresist.studies.rank_outcomes import OF_TISSUES, outcome_of
from exoresist.studies.rank_tissue import JUDGED
from exoresist.studies.rank_tissue_runs import Drawn, value_of
from exoresist.studies.tissue_arm import run_arm
from exoresist.studies.tissue_ensemble import uncertain_rows

pytestmark = pytest.mark.xdist_group("tissue command")  # on one worker: what they compile and prepare is made once

CATALOG = Catalog.load()
TISSUE: dict[str, Any] = {
    "schema": "exoresist/1",
    "name": "ranked",
    "arena": {"kind": "tissue", "space": {"size": "120 um", "oxygen": "38 mmHg", "network_step": "3 min", "spread_step": "6 min"}},
    "populations": [
        {"id": "sensitive", "cell_line": "mcf7_sensitive", "count": "20 cell"},
        {"id": "resistant", "cell_line": "mcf7_resistant", "count": "10 cell", "where": "side"},
    ],
    "cargo": ["ABCB1"],
    "drugs": [{"id": "doxorubicin", "dose": "1 uM", "at": "0.1 h"}],
    "duration": "0.5 h",
    "every": "0.5 h",
    "assay": {"kind": "tumour", "population": "sensitive"},
    "arms": [
        {"id": "plain", "role": "reference", "change": {"drugs": [{"id": "doxorubicin", "dose": "0 nM"}]}},
        {"id": "treated", "label": "Doxorubicin"},
        {"id": "more", "label": "Ten times the dose", "change": {"drugs": [{"id": "doxorubicin", "dose": "10 uM"}]}},
        {"id": "blocked", "change": {"interventions": [{"id": "hrs_knockdown", "strength": 0.5}]}},
    ],
    "seed": 3,
}  # fmt: skip
POWER = {"none": 1.0, "verapamil": 0.5, "more": 0.7, "gw4869": 0.9, "dynasore": 1.2}  # what made-up runs leave of the tumour


def tissue(**changes: Any) -> Any:
    data = copy.deepcopy(TISSUE)
    data["arena"]["space"] |= changes.pop("space", {})
    return scenario_from_dict(data | changes)


class Runs:
    """Made-up runs: what is left follows from the choice's name and the luck of the draw, which all choices share."""

    def __init__(self, fails: Any = lambda name, seed: False, stops: int = 10**9) -> None:
        self.fails, self.stops, self.made = fails, stops, []

    def __call__(self, scenarios: Any, catalog: Any, threads: Any = None, follow: Any = None) -> Any:
        found = {}
        for name, one in scenarios.items():
            if len(self.made) >= self.stops:
                raise StoppedError("stopped", 2)
            self.made.append((name, one.seed))
            left = 1000.0 * POWER.get(name, 0.95) * (1.0 + 0.1 * one.seed)
            found[name] = (
                {"why": "too stiff"}
                if self.fails(name, one.seed)
                else {
                    "tumour": left, "survivors": int(0.6 * left), "volume": 3000.0 * left, "living": int(left),
                    "resistant": int(0.4 * left), "course": {"time_h": [0.0, 1.0], "tumour": [1000.0, left]},
                }
            )  # fmt: skip
        return found


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Any:
    def take(**how: Any) -> Runs:
        runs = Runs(**how)
        monkeypatch.setattr(rank_tissue_runs, "run_choices", runs)
        monkeypatch.setattr(rank_tissue, "in_line", lambda lines, drug, cargo, draws, seed, *more: Ensemble(draws, seed))
        return runs

    return take


def rows(answer: Any) -> dict[str, Any]:
    return {row["name"]: row for row in answer.interventions}


def test_the_best_of_every_draw_wins_and_one_run_each_chooses_who_goes_on(made_up: Any) -> None:
    runs = made_up()
    answer = rank(tissue(), Question(draws=3), CATALOG)
    found = rows(answer)
    assert answer.best == "verapamil" and found["verapamil"]["p_best"] == 1.0 and answer.arm == "treated"
    assert found["verapamil"]["effect"] == pytest.approx(0.5, abs=1e-3) and found["verapamil"]["regret"] == 0.0
    assert found["none"]["regret"] == pytest.approx(1.0, rel=1e-2) and answer.draws == 3
    # To do nothing, what the scenario itself asks about, and the foremost of the rest: the others had one run.
    assert len(found) == 1 + JUDGED and {"none", "more", "hrs_knockdown", "verapamil", "gw4869"} <= set(found)
    left = {row["name"] for row in answer.screened}
    assert "dynasore" in left and not left & set(found)
    assert len(runs.made) == len(found) + len(left) + 3 * len(found)
    assert len({seed for _, seed in runs.made}) == 4  # cells have another luck in every draw, the same for all choices
    text = " ".join(answer.sentences)
    assert "left out after one run each" in text and "Each of the 3 draws" in text and "No schedules were searched" in text
    assert any("coarse" in one for one in answer.warnings) and answer.parameters and answer.bibliography
    assert {row["draw"] for row in answer.tissue_runs if row["name"] == "more"} == {0, 1, 2, 3}
    for sentence in (*answer.sentences, *answer.warnings):
        assert sentence.endswith(".") and "nan" not in sentence and "None" not in sentence


def test_few_draws_are_the_default(made_up: Any) -> None:
    made_up()
    named = Question(interventions="verapamil,dynasore,verapamil+dynasore")
    few = rank(tissue(), named, CATALOG)
    assert few.draws == 8 and set(rows(few)) == {"none", "verapamil", "dynasore", "verapamil+dynasore"} and few.screened == []
    assert few.best == "verapamil" and few.could_be_best == ["verapamil"]
    one = rank(tissue(), Question(interventions="verapamil", draws=0), CATALOG)
    assert "not how sure it is" in " ".join(one.sentences) and rows(one)["verapamil"]["effect"] < 1.0


def test_what_is_kept_is_not_run_again_and_serves_every_outcome(made_up: Any, tmp_path: Path) -> None:
    first = made_up(stops=5)
    question = Question(interventions="verapamil,gw4869", draws=2)
    with pytest.raises(StoppedError, match="5 of about 9 runs are kept"):
        rank(tissue(), question, CATALOG, results=tmp_path)
    second = made_up()
    answer = rank(tissue(), question, CATALOG, results=tmp_path)
    assert len(first.made) == 5 and len(second.made) == 4 and not set(first.made) & set(second.made)
    third = made_up()
    again = rank(tissue(), question, CATALOG, results=tmp_path)
    assert third.made == [] and again.interventions == answer.interventions
    volume = rank(tissue(), Question(interventions="verapamil,gw4869", draws=2, outcome="volume"), CATALOG, results=tmp_path)
    assert third.made == [] and volume.outcome["name"] == "volume"
    rank(tissue(), Question(interventions="verapamil,gw4869,dynasore", draws=2), CATALOG, results=tmp_path)
    assert {name for name, _ in third.made} == {"dynasore"} and len(third.made) == 3
    # Another strength in an arm of the file is another choice under the same name.
    changed = copy.deepcopy(TISSUE["arms"])
    changed[3]["change"]["interventions"][0]["strength"] = 0.9
    rank(tissue(arms=changed), question, CATALOG, results=tmp_path)
    assert len(third.made) == 3 + 9


def test_draws_that_cannot_be_run_are_left_out_and_told_and_a_centre_that_cannot_is_refused(made_up: Any) -> None:
    runs = made_up()
    question = Question(interventions="verapamil", draws=3)
    rank(tissue(), question, CATALOG)
    seeds = sorted({seed for _, seed in runs.made})
    made_up(fails=lambda name, seed: name == "verapamil" and seed == seeds[2])
    answer = rank(tissue(), question, CATALOG)
    assert answer.draws == 2 and answer.draws_left_out == 1 and any("too stiff" in text for text in answer.warnings)
    made_up(fails=lambda name, seed: name == "verapamil")
    with pytest.raises(InputError, match="cannot be run: too stiff"):
        rank(tissue(), question, CATALOG)


def test_readings_and_courses_are_those_of_the_tissue_and_the_page_shows_them(tmp_path: Path) -> None:
    from exoresist.report.rank_page import write_ranking

    scenario = tissue()
    answer = rank(scenario, Question(interventions="verapamil", draws=1), CATALOG, results=tmp_path / "kept")
    treated = dict((arm.id, one) for arm, one in expand_arms(scenario))["treated"]
    course = run_arm(treated, CATALOG, "treated", "x", threads=1)
    last = course.rows[-1]
    read = next(row for row in answer.tissue_runs if (row["name"], row["draw"]) == ("none", 0))
    assert read["tumour"] == last["sensitive_biomass"] + last["resistant_biomass"]
    assert read["survivors"] == last["sensitive_living"] and read["living"] == last["living"]
    assert read["resistant"] == last["resistant_descended"] + last["resistant_converted"]
    assert read["volume"] == pytest.approx(float(4.0 / 3.0 * np.pi * (course.tissue.cells.radius**3).sum()))
    values = {row["draw"]: row["value"] for row in answer.draws_table if row["name"] == "none"}
    assert values[0] == pytest.approx(math.log(read["tumour"] + 1.0)) and values[0] != values[1]
    write_ranking(answer, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "The tumour under each choice" in page and "How likely each choice is to be best" in page
    assert (tmp_path / "out" / "tables" / "tissue_runs.csv").read_text(encoding="utf-8").count("\n") == 5
    share = rank(scenario, Question(interventions="verapamil", draws=1, outcome="resistant"), CATALOG, results=tmp_path / "kept")
    expected = math.log((read["resistant"] + 1.0) / (read["living"] + 1.0))
    assert next(row["value"] for row in share.draws_table) == pytest.approx(expected)


def test_choices_go_on_from_one_tumour_where_it_is_grown_first() -> None:
    scenario = tissue(
        space={"grow": "0.2 h"},
        drugs=[{"id": "doxorubicin", "dose": "1 uM", "at": "0.3 h"}],
        arms=[
            {"id": "plain", "role": "reference", "change": {"drugs": [{"id": "doxorubicin", "dose": "0 nM"}]}},
            {"id": "treated"},
            {"id": "later", "change": {"drugs": [{"id": "doxorubicin", "at": "0.4 h"}]}},
        ],
    )
    answer = rank(scenario, Question(interventions="verapamil", draws=0), CATALOG)
    none = next(row for row in answer.tissue_runs if row["name"] == "none")
    base = base_of(scenario)[1]
    alone = run_arm(base.model_copy(update={"arena": tissue().arena}), CATALOG, "x", "x", threads=1)
    assert none["tumour"] == alone.rows[-1]["sensitive_biomass"] + alone.rows[-1]["resistant_biomass"]


def test_arms_that_differ_while_the_tumour_grows_are_no_choices(made_up: Any) -> None:
    made_up()
    drugs = [{"id": "doxorubicin", "dose": "1 uM", "at": "0.3 h"}]
    arms = [TISSUE["arms"][0], {"id": "treated"}, *({"id": name, "change": {"drugs": [{"id": "doxorubicin", "at": at}]}} for name, at in
            (("later", "0.4 h"), ("early", "0.1 h")))]  # fmt: skip
    answer = rank(tissue(space={"grow": "0.2 h"}, drugs=drugs, arms=arms), Question(draws=0), CATALOG)
    assert "later" in rows(answer) and "early" not in rows(answer)
    assert any(text.startswith("early is left out") for text in answer.warnings)


def test_draws_are_in_line_with_what_is_measured_of_the_lines_or_come_from_a_file(tmp_path: Path) -> None:
    base = base_of(tissue())[1]
    lines = ["mcf7_resistant", "mcf7_sensitive"]
    ensemble = in_line(lines, "doxorubicin", base.cargo, 6, base.seed, CATALOG)
    row = CATALOG.parameter("damage_rate", "drug:doxorubicin")
    drawn = Drawn(ensemble.head(3), uncertain_rows([row]))
    assert drawn.count == 3 and drawn.scenario(base, 0) == base
    number = int(ensemble.positions[2])
    plain = Drawn(Ensemble(6, base.seed), [row]).scenario(base, number)
    factor = ensemble.factors["damage_rate", "drug:doxorubicin"][number]
    found = drawn.scenario(base, 2)
    assert found.parameters[0].value.number == pytest.approx(plain.parameters[0].value.number * factor) and factor != 1.0
    assert found.seed == base.seed + number
    path = tmp_path / "posterior.csv"
    path.write_text("damage_rate@drug:doxorubicin\n" + "\n".join(f"{value:g}" for value in (0.5, 0.7, 0.9)), encoding="utf-8")
    posterior = Drawn(read_posterior(path, CATALOG, 1), [])
    assert [posterior.scenario(base, place).parameters[0].value.number for place in range(4)] == [0.7, 0.5, 0.7, 0.9]


def test_values_are_bounded_and_less_is_better() -> None:
    few, many = ({"tumour": n, "survivors": n, "volume": n, "living": 100, "resistant": n} for n in (0, 50))
    for name in OF_TISSUES:
        assert math.isfinite(value_of(name, few)) and value_of(name, few) < value_of(name, many)
    assert math.isnan(value_of("tumour", {"why": "too stiff"}))
    assert {outcome_of(tissue(), name).name for name in OF_TISSUES} == set(OF_TISSUES)


def test_interventions_that_meet_a_process_inside_a_cell_are_found() -> None:
    base = base_of(tissue())[1]
    found = {each.id for each in settings(tissue(), base, CATALOG)}
    assert {"verapamil", "gw4869", "hrs_knockdown"} <= found and not found & {"mirna_mimic", "brca1_loss"}


def test_what_takes_too_long_or_has_no_such_reading_is_refused_before_it_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("exoresist.studies.tissue_size.ENOUGH", 0.0)
    with pytest.raises(InputError, match=r"9 runs will take.*--within.*fewer --interventions"):
        rank(tissue(), Question(interventions="verapamil,gw4869", draws=2, within=1e-9), CATALOG, results=tmp_path)
    assert not (tmp_path / "rank.jsonl").exists()
    alone = [{"id": "sensitive", "cell_line": "mcf7_sensitive", "count": "20 cell"}]
    with pytest.raises(InputError, match="no pump tells resistant"):
        rank(tissue(populations=alone, arms=[]), Question(interventions="verapamil", outcome="resistant"), CATALOG)
    with pytest.raises(InputError, match="--trials"):
        rank(tissue(), Question(trials=5), CATALOG)
