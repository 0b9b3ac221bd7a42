"""The page of a laboratory's experiment: one self-contained `report.html`, with `summary.json` and tables behind it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from exoresist.report.analyse_figures import lab_figures, lab_strokes
from exoresist.report.answer_files import columns_of, write_page
from exoresist.report.files import write_atomically
from exoresist.report.page import rendered
from exoresist.report.tables import csv_bytes
from exoresist.report.wording import number_text, percent_text, prose, ratio_interval, ratio_text
from exoresist.studies.analyse_words import label as arm_label
from exoresist.studies.answer import Row

if TYPE_CHECKING:
    from exoresist.studies.analyse_answer import LabAnswer

OUTCOMES = {
    "passed": "passed", "failed": "fails", "unclear": "unclear", "said": "done, no data here", "missing": "missing",
    "not_needed": "not needed",
}  # fmt: skip
VERDICTS = {"shown": "shown", "suggestive": "suggestive", "not_shown": "not shown", "cannot_tell": "cannot tell"}
KIND_WORDS = {
    "plate": "plate", "particles": "particle table", "qpcr": "qPCR", "facs": "cytometry", "transwell": "transwell counts",
    "calipers": "caliper table",
}  # fmt: skip


def write_lab(answer: LabAnswer, folder: Path) -> None:
    """Write `report.html`, `summary.json` and `tables/*.csv` into `folder`."""
    for name, rows in lab_tables(answer).items():
        write_atomically(Path(folder) / "tables" / f"{name}.csv", csv_bytes(columns_of(rows)[0]))
    write_page(folder, answer.summary(), lab_page(answer))


def lab_tables(answer: LabAnswer) -> dict[str, list[Row]]:
    """Table name -> rows; those that hold nothing are left out."""
    found: dict[str, list[Row]] = {
        "wells": [{key: value for key,
            value in row.items() if key not in ("flag",
                "text")} for row in (answer.data.wells if answer.data else []) if row["kind"] != "empty"],
        "courses": answer.data.courses if answer.data else [], "ic50": answer.potencies.ic50, "shifts": answer.potencies.shifts,
        "curves": answer.potencies.lines,
        "quality": answer.plates, "outliers": answer.potencies.outliers, "repeats": answer.potencies.repeats,
        "preparations": answer.doses.preparations,
        "doses": answer.doses.arms, "sizes": answer.doses.sizes, "effects": answer.effects.rows,
        "tumours": answer.effects.tumours, "controls": answer.verdict.controls,
        "next_experiments": answer.verdict.next, "parameters": answer.parameters, "bibliography": answer.bibliography,
    }  # fmt: skip
    return {name: rows for name, rows in found.items() if rows}


def lab_page(answer: LabAnswer) -> str:
    """The whole page as HTML."""
    figures = lab_figures(answer)
    labels = (
        [arm.label or arm.id for arm in answer.meta.arms]
        + [row["label"] for row in answer.verdict.controls]
        + [row["id"] for row in answer.doses.preparations]
    )
    return rendered(
        "analyse.html.j2",
        figures.values(),
        answer=answer,
        meta=answer.meta,
        figures=figures,
        numbered={name: number for number, name in enumerate(figures, start=1)},
        tiles=_tiles(answer),
        verdict=VERDICTS[answer.verdict.verdict],
        outcomes=OUTCOMES,
        kinds=KIND_WORDS,
        strokes=lab_strokes(answer),
        prose=lambda text: prose(str(text), labels),
        plates=[_plate(row) for row in answer.plates],
    )


def _tiles(answer: LabAnswer) -> list[dict[str, str]]:
    """The key numbers under the answer."""
    made = []
    shift = answer.potencies.shift
    if shift is not None:
        value = (
            f"{ratio_text(shift['value'])}×"
            if shift["value"] is not None
            else f"≥ {ratio_text(shift['low'])}×"
            if shift["low"]
            else "not known"
        )
        made.append(
            _tile(
                "IC50 shift",
                value,
                ratio_interval(shift["low"], shift["high"]),
                f"IC50 of “{arm_label(answer, shift['of'])}” over that of “{arm_label(answer, shift['against'])}”; 1 is no shift.",
            )
        )
    for row in answer.doses.arms[:1]:
        made.append(
            _tile(
                "Vesicles per recipient",
                number_text(row["per_cell"], 2),
                f"{number_text(row['low'], 2)}–{number_text(row['high'], 2)}",
                "Particles added per recipient cell.",
            )
        )
        meaning = "Membrane added per recipient, in surfaces of one donor cell." + (
            " More than one donor has." if row["membrane"] > 1 else ""
        )
        made.append(
            _tile(
                "Donor membrane",
                number_text(row["membrane"], 2),
                f"{number_text(row['membrane_low'], 2)}–{number_text(row['membrane_high'], 2)}",
                meaning,
            )
        )
    needed = answer.model.needed
    if needed is not None and needed["value"] is not None:
        between = (
            f"{percent_text(needed['low'])}–{percent_text(needed['high'])}"
            if needed["low"] is not None and needed["high"] is not None
            else ""
        )
        made.append(
            _tile(
                "Pump to carry over",
                percent_text(needed["value"]),
                between,
                "Share of a donor’s pump that each recipient would need for this shift, if pumps alone do it.",
            )
        )
    quality = next((row for row in answer.plates if row["z_prime"] is not None), None)
    if len(made) < 4 and quality is not None:
        made.append(
            _tile("Z′", f"{quality['z_prime']:.2f}", "", "How well the plate tells live from dead wells; 0.5 or more is wanted.")
        )
    return made[:4]


def _tile(label: str, value: str, interval: str, meaning: str) -> dict[str, str]:
    return {"label": label, "value": value, "interval": f"95\u00a0% interval {interval}" if interval else "", "meaning": meaning}


def _plate(row: Row) -> dict[str, Any]:
    edge = "" if row["edge"] is None else f"{100 * row['edge']:+.1f}\u00a0%"
    drift = "" if row["drift"] is None else f"{100 * row['drift']:+.1f}\u00a0%"
    return {
        **row, "z": "" if row["z_prime"] is None else f"{row['z_prime']:.2f}",
        "cv_text": "" if row["cv"] is None else percent_text(row["cv"]), "edge_text": edge.replace("-", "−"),
        "drift_text": drift.replace("-", "−"),
    }  # fmt: skip
