"""The page of a tissue: one self-contained `report.html`, its pictures inside."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from exoresist.report.files import write_atomically
from exoresist.report.page import template, template_text
from exoresist.report.tissue_curves import blood_figure, course_figure, lineage_figure, profile_figure
from exoresist.report.tissue_figures import moving_picture, section_figure
from exoresist.studies.provenance import assumed_share

if TYPE_CHECKING:
    from exoresist.studies.tissue_answer import TissueAnswer


@dataclass(frozen=True)
class Picture:
    """A drawing with what it shows; `width`: `whole` gives it the whole width of the page."""

    id: str
    title: str
    drawing: str
    caption: str
    look_for: str
    alt: str
    width: str = ""


def write_tissue(answer: TissueAnswer, folder: Path) -> Path:
    """Write `report.html`, `summary.json`, `series.csv` and `series.parquet` into `folder`; gives the page's path."""
    import pandas as pd

    summary = json.dumps(answer.summary(), indent=2, allow_nan=False)
    write_atomically(Path(folder) / "summary.json", summary.encode())
    for name, rows in (
        ("series", [row for arm in answer.arms for row in arm.rows]),
        ("profile", [row for arm in answer.arms for row in arm.profile]),
    ):
        table = pd.DataFrame(rows)
        table.to_csv(Path(folder) / f"{name}.csv", index=False)
        table.to_parquet(Path(folder) / f"{name}.parquet", index=False)
    return write_atomically(Path(folder) / "report.html", tissue_page(answer).encode())


def tissue_page(answer: TissueAnswer) -> str:
    """The whole page as HTML."""
    worst = {arm.id: f"{max(arm.summary['conservation'].values(), default=0.0):.0e}" for arm in answer.arms}
    return str(
        template()
        .environment.get_template("tissue.html.j2")
        .render(
            answer=answer,
            figures=[picture for picture in pictures(answer) if picture.drawing],
            worst=worst,
            interval_names=list(dict.fromkeys(name for arm in answer.arms for name in arm.intervals)),
            assumed=assumed_share(answer.parameters),
            hashes=", ".join(f"{arm.id} {arm.summary['state_hash'][:8]}" for arm in answer.arms),
            style=template_text("report.css"),
        )
    )


def pictures(answer: TissueAnswer) -> list[Picture]:
    """All pictures of the page, in order."""
    told = next((arm for arm in answer.arms if arm.role == "treated"), answer.arms[-1])
    film = f'<img alt="{escape(told.label)} over time" src="{moving_picture(answer, told)}">'
    pump = f" and by copies of {answer.cargo}" if answer.cargo else ""
    conversion = (
        "Cells of the sensitive lineage that take the colour of resistant ones near the border: conversion."
        if answer.cargo
        else "Where cells die, how far fields reach, and what differs between the rows."
    )
    found = [
        Picture(
            "section", "The middle of the tumour at the end", section_figure(answer),
            f"Cells cut by the plane z = 0, coloured by lineage{pump}, and the fields in the same plane. Grey: dead. One row for each arm; "
            "a column has one scale, from 0 to what one in a hundred voxels exceeds; oxygen has one in each row, and is left out where no "
            "cell is hypoxic; pH has its own range. Concentrations are those in the fluid between cells.",
            conversion, "Sections through the tumour with lineages and fields.", "whole",
        ),
        Picture(
            "courses", "Cells over time", course_figure(answer),
            "Cells of each type, and what became of them. Dead bodies count until they are cleared."
            + (" Resistant: more of the pump than the mark between the lineages." if answer.cargo else ""),
            "Arms that part: there what differs between them matters.", "Curves of cells against time.", "whole",
        ),
    ]  # fmt: skip
    blood = blood_figure(answer)
    if blood:
        found.append(
            Picture(
                "blood", "Drug in blood", blood, "Free concentration in plasma at the saved times; peaks between them are not seen.",
                "Doses that were left out.", "Curves of drug in blood against time.", "whole",
            )
        )  # fmt: skip
    if len(answer.types) > 1:
        found.append(_lineages(answer))
    return [
        *found,
        Picture(
            "profiles", "From the middle to the rim", profile_figure(answer),
            "Means over living cells by distance from the middle, at the end. What is level everywhere is left out. A lone peak of a "
            "drug is a body that has just burst.",
            "How deep oxygen and drug reach, and who lives where.", "Curves against distance from the middle.", "whole",
        ),
        Picture(
            "film", f"The run of '{told.label}'", film, "The same plane at the saved times, repeated without end.",
            "Where cells die first, and who moves where.", "Moving picture of the section.",
        ),
    ]  # fmt: skip


def _lineages(answer: TissueAnswer) -> Picture:
    if not answer.cargo:
        return Picture(
            "lineages", "Who is left", lineage_figure(answer), "Living cells stacked by type.", "Types that give way to others.",
            "Stacked areas of cell types over time, one panel for each arm.", "whole",
        )  # fmt: skip
    return Picture(
        "lineages", "Descent against conversion", lineage_figure(answer),
        "Living cells stacked by the lineage they were born into; hatched: cells that became resistant by what they received.",
        "A hatched band that widens: resistance that travels. A resistant band that widens without one: selection.",
        "Stacked areas of lineages over time, one panel for each arm.", "whole",
    )  # fmt: skip
