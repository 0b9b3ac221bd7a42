"""The page of a ranking: one self-contained `report.html`, with `summary.json` and the tables behind it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from exoresist.report.answer_files import write_page, write_row_tables
from exoresist.report.cohort_figures import roc_figure, survival_figure
from exoresist.report.cohort_page import marker_row
from exoresist.report.page import rendered
from exoresist.report.rank_figures import KINDS, rank_figures
from exoresist.report.rows import RowText
from exoresist.report.wording import arm_labels, interval_text, number_text, percent_text
from exoresist.studies.answer import Row
from exoresist.studies.rank_words import SMALL_TIME, against

if TYPE_CHECKING:
    from exoresist.studies.rank_answer import RankAnswer

TABLES = (
    "interventions", "combinations", "draws_table", "morris", "sobol", "tornado", "patients", "patient_numbers", "screened",
    "tissue_runs", "parameters", "bibliography",
)  # fmt: skip
COHORT_TABLES = ("curves", "at_risk", "medians", "comparisons", "responses", "markers", "roc", "worlds")
VERDICTS = {
    "best": "Settled", "probably_best": "Probable", "cannot_tell": "Cannot tell", "nothing_helps": "Nothing helps",
}  # fmt: skip
# Figures as they come on the page, so that their numbers do.
ON_PAGE = (
    "best", "regret", "effect", "courses", "survival", "roc", "pairs", "maps", "schedules", "tornado", "patient_numbers", "indices",
)  # fmt: skip


def write_ranking(answer: RankAnswer, folder: Path) -> None:
    """Write `report.html`, `summary.json` and `tables/` into `folder`, each file whole or not at all."""
    tables: dict[str, list[Row]] = {name: list(getattr(answer, name)) for name in TABLES}
    tables["schedules"] = [_flat(row) for row in answer.schedules]
    tables["trials"] = [{"schedule": row["name"], **trial} for row in answer.schedules for trial in row["trials"]]
    tables["maps"] = [
        {"map": f"{one['first']['id']} x {one['second']['id']}", **row} for one in answer.maps for row in one["rows"]
    ]
    if answer.cohort is not None:
        tables |= {f"cohort_{name}": list(getattr(answer.cohort, name)) for name in COHORT_TABLES}
    write_row_tables(folder, {name.removesuffix("_table"): rows for name, rows in tables.items()})
    write_page(folder, answer.summary(), rank_page(answer))


def rank_page(answer: RankAnswer) -> str:
    """The whole page as HTML."""
    figures, cohort = rank_figures(answer), answer.cohort
    if cohort is not None:
        figures |= {figure.id: figure for figure in (survival_figure(cohort), roc_figure(cohort))}
    figures = {name: figures[name] for name in sorted(figures, key=ON_PAGE.index)}
    return rendered(
        "rank.html.j2",
        figures.values(),
        answer=answer,
        figures=figures,
        numbered={name: number for number, name in enumerate(figures, start=1)},
        tiles=_tiles(answer),
        choices=[_choice(answer, row) for row in answer.interventions],
        pairs=[_choice(answer, row) for row in answer.combinations],
        schedules=[_schedule(answer, row) for row in answer.schedules],
        screened=[
            {"label": row["label"], "kind": KINDS[str(row["kind"])], "effect": f"{number_text(row['effect'])}×"}
            for row in sorted(answer.screened, key=lambda row: float(row["effect"]))
        ],
        patients={str(row["name"]): percent_text(row["share"]) for row in answer.patients},
        markers=[] if cohort is None else [marker_row(row, arm_labels(cohort.arms)) for row in cohort.markers],
        against=against(answer),
        kinds=KINDS,
    )


def _flat(row: Row) -> Row:
    rule = {f"rule_{key}": value for key, value in row["rule"].items()}
    return {**{key: value for key, value in row.items() if key not in ("rule", "trials", "times", "doses")}, **rule}


def _effect(answer: RankAnswer, row: Row) -> str:
    unit = "" if answer.outcome["folds"] else (" h" if answer.outcome["unit"] == "h" else " days")
    ends = interval_text(row["low"], row["high"])
    if not answer.outcome["folds"] and abs(float(row["effect"])) < SMALL_TIME:
        return f"under {SMALL_TIME}{unit}" + (f" ({ends})" if "–" in ends else "")
    return f"{number_text(row['effect'])}{'×' if answer.outcome['folds'] else unit}" + (f" ({ends})" if "–" in ends else "")


def _regret(answer: RankAnswer, value: float) -> str:
    if answer.outcome["folds"]:
        return percent_text(value)
    return f"{number_text(value)} {'h' if answer.outcome['unit'] == 'h' else 'days'}"


def _choice(answer: RankAnswer, row: Row) -> Row:
    return {
        "name": row["name"], "label": row["label"], "kind": KINDS[str(row["kind"])],
        "p": f"{percent_text(row['p_best'])} ({percent_text(row['p_low'])} to {percent_text(row['p_high'])})",
        "regret": _regret(answer, float(row["regret"])), "worst": _regret(answer, float(row["regret_high"])),
        "effect": _effect(answer, row),
    }  # fmt: skip


def _schedule(answer: RankAnswer, row: Row) -> Row:
    return {
        "label": row["label"], "rule": row["rule_text"], "effect": _effect(answer, row), "better": percent_text(row["better"]),
        "given": ", ".join(
            f"{number_text(dose)} nM at {number_text(time)} h" for time, dose in zip(row["times"], row["doses"], strict=True)
        ),
    }  # fmt: skip


def _tiles(answer: RankAnswer) -> list[dict[str, str]]:
    """Four figures under the answer."""
    best = next(row for row in answer.interventions if row["name"] == answer.best)
    text = RowText(str(best["label"]), percent_text(best["p_best"]))
    tiles = [
        {
            "label": "Least expected regret", "value": str(best["label"]), "interval": "",
            "meaning": f"{VERDICTS[answer.verdict]}: of {len(answer.interventions)} choices in '{answer.arm_label}'.",
        },
        {
            "label": "Probability of being best", "value": text.value,
            "interval": f"{percent_text(best['p_low'])} to {percent_text(best['p_high'])}",
            "meaning": f"Over {answer.draws} {answer.judged_over} that all choices share.",
        },
        {
            "label": "Expected regret", "value": _regret(answer, float(best["regret"])), "interval": "",
            "meaning": "Mean cost against always knowing the best choice.",
        },
        {
            "label": "Effect", "value": _effect(answer, best).partition(" (")[0],
            "interval": interval_text(best["low"], best["high"]), "meaning": f"{str(answer.outcome['label']).capitalize()}.",
        },
    ]  # fmt: skip
    return tiles
