"""Pages about an experiment (what it tells, which one next): sections of text, figures and tables in one self-contained file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from exoresist.report.cohort_page import columns_of
from exoresist.report.drawing import Figure
from exoresist.report.files import write_atomically
from exoresist.report.page import in_script, panel_specs, template, template_text
from exoresist.report.tables import csv_bytes, parquet_bytes
from exoresist.studies.answer import Row


class Told(Protocol):
    """What the page needs of an answer."""

    name: str
    title: str
    question: str
    sentences: list[str]
    warnings: list[str]
    seed: int
    catalog_hash: str
    versions: dict[str, str]

    def summary(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Table:
    """A table of texts. left: cells are texts and stand left; else numbers."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    note: str = ""
    left: bool = False


@dataclass(frozen=True)
class Section:
    id: str
    title: str
    texts: Sequence[str] = ()
    figures: Sequence[str] = ()
    tables: Sequence[Table] = field(default_factory=tuple)


def write_experiment(answer: Told, folder: Path, page: str, tables: Mapping[str, list[Row]]) -> None:
    """Write `report.html`, `summary.json` and `tables/` into `folder`, each file whole or not at all."""
    for name, rows in tables.items():
        if rows:
            data, numbers = columns_of(rows)
            target = Path(folder) / "tables" / name
            write_atomically(target.with_suffix(".csv"), csv_bytes(data))
            write_atomically(target.with_suffix(".parquet"), parquet_bytes(data, numbers))
    text = json.dumps(answer.summary(), indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(Path(folder) / "summary.json", (text + "\n").encode())
    write_atomically(Path(folder) / "report.html", page.encode())


def experiment_page(answer: Told, sections: Sequence[Section], figures: Mapping[str, Figure], tiles: Sequence[dict[str, str]],
                    small: str, command: str) -> str:  # fmt: skip
    """The whole page as HTML."""
    shown = [id for section in sections for id in section.figures]
    return str(
        template()
        .environment.get_template("experiment.html.j2")
        .render(
            answer=answer,
            sections=sections,
            figures=figures,
            numbers={id: place for place, id in enumerate(shown, start=1)},
            specifications=in_script({key: spec for id in shown for key, spec in panel_specs(figures[id])}),
            tiles=tiles,
            small=small,
            command=command,
            style=template_text("report.css"),
            script=template_text("report.js"),
            plotly=template_text("plotly"),
        )
    )
