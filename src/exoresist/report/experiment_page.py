"""Pages about an experiment (what it tells, which one next): sections of text, figures and tables in one self-contained file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from exoresist.report.answer_files import write_page, write_row_tables
from exoresist.report.drawing import Figure
from exoresist.report.page import rendered
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
    write_row_tables(folder, {name: rows for name, rows in tables.items() if rows})
    write_page(folder, answer.summary(), page)


def experiment_page(answer: Told, sections: Sequence[Section], figures: Mapping[str, Figure], tiles: Sequence[dict[str, str]],
                    small: str, command: str) -> str:  # fmt: skip
    """The whole page as HTML."""
    shown = [id for section in sections for id in section.figures]
    return rendered(
        "experiment.html.j2",
        [figures[id] for id in shown],
        answer=answer,
        sections=sections,
        figures=figures,
        numbers={id: place for place, id in enumerate(shown, start=1)},
        tiles=tiles,
        small=small,
        command=command,
    )
