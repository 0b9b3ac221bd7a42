"""What is told of a ranking: rows of plain data for page and programs, and the answer in words."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from exoresist.studies.answer import Row, plain
from exoresist.studies.cohort_answer import CohortAnswer
from exoresist.studies.rank_score import Scores


@dataclass
class RankAnswer:
    """Rows are dictionaries.

    outcome        `name, label, unit, folds, says`: what is compared; effects are ratios where `folds`, else differences in `unit`
    interventions  rows of `rank_score.Scores`, least expected regret first; `draws_table`: the value of every choice in every draw
    combinations   the same for pairs, judged together with nothing and with the choices that they are made of
    schedules      `name, label, effect, low, high, better, rule, given, times, excess, trials`; `limits`; `own_rule` in words
    maps           `first, second, rows, most_bliss, ...`: interaction over dose grids
    morris, sobol, tornado  what the effect of `sensitivity_of` hangs on
    screened       of a tissue, `name, label, kind, effect` of choices that one run with central numbers left behind; `notes`: sentences
    tissue_runs    readings of every run of a tissue; `courses`: `name, label, kind, time_h, tumour` with central numbers
    patient_numbers  rows of `rank_patient_numbers.hangs_on`: what time without progression and gain hang on
    patients       `name, share`: how large a share of the patients each choice is best for; `cohort`: the cohort study behind it
    """

    name: str
    title: str = ""
    question: str = ""
    arm: str = ""
    arm_label: str = ""
    outcome: Row = field(default_factory=dict)
    verdict: str = ""
    best: str = ""
    could_be_best: list[str] = field(default_factory=list)
    combinations_verdict: str = ""
    best_combination: str = ""
    draws: int = 0
    draws_left_out: int = 0
    judged_over: str = "draws"
    sentences: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    interventions: list[Row] = field(default_factory=list)
    combinations: list[Row] = field(default_factory=list)
    draws_table: list[Row] = field(default_factory=list)
    schedules: list[Row] = field(default_factory=list)
    limits: Row = field(default_factory=dict)
    drug: str = ""
    own_rule: str = ""
    no_schedules: str = ""
    maps: list[Row] = field(default_factory=list)
    sensitivity_of: str = ""
    sensitivity_spread: list[float] = field(default_factory=list)
    morris: list[Row] = field(default_factory=list)
    sobol: list[Row] = field(default_factory=list)
    tornado: list[Row] = field(default_factory=list)
    screened: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tissue_runs: list[Row] = field(default_factory=list)
    courses: list[Row] = field(default_factory=list)
    patients: list[Row] = field(default_factory=list)
    patient_numbers: list[Row] = field(default_factory=list)
    cohort: CohortAnswer | None = None
    parameters: list[Row] = field(default_factory=list)
    assumed_share: float | None = None
    bibliography: list[Row] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    seed: int | None = None
    timing_s: dict[str, float] = field(default_factory=dict)
    catalog_hash: str = ""

    def to_dict(self) -> Row:
        """The whole answer as JSON-able data."""
        data = {item.name: plain(getattr(self, item.name)) for item in fields(self) if item.name != "cohort"}
        data["cohort"] = None if self.cohort is None else self.cohort.summary()
        return data

    def summary(self) -> Row:
        """The answer for programs: `interventions` and `combinations` as mappings from name, without what the tables hold."""
        left_out = ("parameters", "draws_table", "cohort", "sentences", "notes", "tissue_runs", "courses")
        told = {key: value for key, value in self.to_dict().items() if key not in left_out}
        told["answer"] = list(self.sentences)
        for name in ("interventions", "combinations"):
            told[name] = {row["name"]: _told(row) for row in told[name]}
        told["schedules"] = {
            row["name"]: {key: value for key, value in row.items() if key != "trials"} for row in told["schedules"]
        }
        told["maps"] = [{key: value for key, value in row.items() if key != "rows"} for row in told["maps"]]
        if self.cohort is not None:
            whole = self.cohort.summary()
            told["cohort"] = {
                key: whole[key] for key in ("medians", "at_risk", "comparisons", "markers", "worlds_run", "conservation")
            }
        return told


def _told(row: Row) -> Row:
    kept = {key: row[key] for key in ("label", "kind", "parts", "p_best", "regret", "regret_high", "effect")}
    return {**kept, "interval": [row["low"], row["high"]], "p_best_interval": [row["p_low"], row["p_high"]]}


def take_scores(answer: RankAnswer, scores: Scores) -> None:
    """The scores of single choices, as the answer."""
    answer.interventions, answer.verdict, answer.best = scores.rows, scores.verdict, scores.best
    answer.could_be_best, answer.draws, answer.draws_left_out = scores.could_be_best, scores.draws, scores.left_out


def draw_rows(names: list[str], values: Any, central: bool) -> list[Row]:
    """`draw, name, value` of (C, S) values; draw 0 is the central set where there is one."""
    first = 0 if central else 1
    return [
        {"draw": place + first, "name": name, "value": float(value)}
        for name, row in zip(names, values, strict=True)
        for place, value in enumerate(row)
    ]
