"""The page of a cohort: one self-contained `report.html`, with `summary.json` and the tables behind it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from exoresist.report.answer_files import write_page, write_row_tables
from exoresist.report.cohort_figures import cohort_figures, cohort_strokes, marker_text
from exoresist.report.page import rendered
from exoresist.report.wording import MISSING, arm_labels, number_text, percent_text
from exoresist.studies.answer import Row
from exoresist.studies.cohort_words import p_text, world_range
from exoresist.studies.response import CATEGORIES

if TYPE_CHECKING:
    from exoresist.studies.cohort_answer import CohortAnswer

PERCENT_SIGNS = " %\u00a0\u202f"
TABLES = ("arms", "curves", "at_risk", "medians", "comparisons", "responses", "response_rates", "clones", "burden", "markers", "roc",
          "groups", "patients", "worlds", "parameters", "bibliography")  # fmt: skip


def write_cohort(answer: CohortAnswer, folder: Path) -> None:
    """Write `report.html`, `summary.json` and `tables/` into `folder`, each file whole or not at all."""
    write_row_tables(folder, {name: getattr(answer, name) for name in TABLES})
    write_page(folder, answer.summary(), cohort_page(answer))


def cohort_page(answer: CohortAnswer) -> str:
    """The whole page as HTML."""
    figures = cohort_figures(answer)
    return rendered(
        "cohort.html.j2",
        figures.values(),
        answer=answer,
        figures=figures,
        tiles=_tiles(answer),
        strokes=cohort_strokes(answer),
        labels=arm_labels(answer.arms),
        outcomes=_outcomes(answer),
        clones=[_clone(row) for row in answer.clones],
        worlds=_worlds(answer),
        markers=[marker_row(row, arm_labels(answer.arms)) for row in answer.markers],
        p_text=p_text,
    )


def _days(row: Row, value: str = "value") -> str:
    if row[value] is None:
        return "not reached"
    high = "not reached" if row["high"] is None else number_text(row["high"])
    return f"{number_text(row[value])} ({number_text(row['low'])} to {high})"


def _percent_ends(row: Row) -> str:
    """26 to 33 %."""
    low, high = percent_text(row["low"]), percent_text(row["high"])
    return f"{low.rstrip(PERCENT_SIGNS)} to {high}"


def _outcomes(answer: CohortAnswer) -> list[Row]:
    """One row per arm: how patients responded, when they progressed, and what the arm gains."""
    rows: list[Row] = []
    for arm in answer.arms:
        name = arm["id"]
        rate = next(row for row in answer.response_rates if row["arm"] == name)
        counts = {str(row["category"]): row["patients"] for row in answer.responses if row["arm"] == name}
        median = {row["event"]: _days(row) for row in answer.medians if row["arm"] == name}
        gain = next((row for row in answer.comparisons if row["arm"] == name), None)
        ends = _percent_ends(rate)
        rows.append({
            "arm": name,
            "counts": " / ".join(str(counts[category]) for category in CATEGORIES),
            "rate": f"{percent_text(rate['value'])} ({ends})", "median": median,
            "gain": "" if gain is None else f"{number_text(gain['gain'])} ({number_text(gain['low'])} to {number_text(gain['high'])})",
            "log_rank": "" if gain is None else p_text(float(gain["log_rank"])),
        })  # fmt: skip
    return rows


def _worlds(answer: CohortAnswer) -> list[Row]:
    """Ranges over worlds of every arm."""
    rows: list[Row] = []
    for arm in answer.arms if answer.worlds_run else []:
        rate, median, gain = (world_range(answer, arm["id"], name) for name in ("response_rate", "median_progression", "gain"))
        days = [MISSING if end is None else number_text(end) for end in gain]
        last = "not reached" if median[1] is None else number_text(median[1])
        rows.append({
            "arm": arm["id"], "rate": _percent_ends({"low": rate[0], "high": rate[1]}),
            "median": f"{'not reached' if median[0] is None else number_text(median[0])} to {last}",
            "gain": "" if arm["id"] == answer.reference else f"{days[0]} to {days[1]}",
        })  # fmt: skip
    return rows


def _clone(row: Row) -> Row:
    return {**row, "median_text": _days(row, "median"), "p": p_text(float(row["log_rank"]))}


def marker_row(row: Row, labels: dict[str, str]) -> Row:
    """A marker with its area, interval and ratio as texts."""
    text = f"{row['area']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
    ratio = MISSING if row["ratio"] is None else number_text(row["ratio"])
    return {**row, "name": marker_text(str(row["marker"])), "text": text, "ratio_text": ratio, "label": labels[str(row["arm"])]}


def _tiles(answer: CohortAnswer) -> list[dict[str, str]]:
    """Four figures under the answer."""
    rate = next(row for row in answer.response_rates if row["arm"] == answer.reference)
    median = next(row for row in answer.medians if row["arm"] == answer.reference and row["event"] == "progression")
    tiles = [
        {
            "label": "Respond", "value": percent_text(rate["value"]),
            "interval": _percent_ends(rate),
            "meaning": f"Complete or partial, under {arm_labels(answer.arms)[answer.reference]}.",
        },
        {
            "label": "Median to progression", "value": "not reached" if median["value"] is None else number_text(median["value"]),
            "unit": "days", "interval": "" if median["value"] is None else _days(median).partition(" (")[2].removesuffix(")"),
            "meaning": "As a study with this follow-up would see it.",
        },
    ]  # fmt: skip
    for question, label in (("diagnostic", "Best diagnostic marker"), ("predictive", "Best predictive marker")):
        found = [row for row in answer.markers if row["question"] == question]
        if not found:
            continue
        best = max(found, key=lambda row: float(row["area"]))
        arm = "" if question == "diagnostic" else f", {arm_labels(answer.arms)[str(best['arm'])]}"
        tiles.append({
            "label": label, "value": f"{best['area']:.2f}", "interval": f"{best['low']:.2f} to {best['high']:.2f}",
            "meaning": f"Area under the curve: {marker_text(str(best['marker']))}, {best['reading']}{arm}.",
        })  # fmt: skip
    return tiles
