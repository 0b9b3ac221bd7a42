"""A page of measurements beside a model: sentences, tiles, figures, tables, warnings. What they hold, the caller says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exoresist.report.drawing import Figure
from exoresist.report.page import rendered


@dataclass(frozen=True)
class Column:
    """Heading of a table's column; numbers stand to the right."""

    label: str
    number: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of texts under headings."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True)
class MeasuredPage:
    """Everything the page shows. `tiles`: rows label, value, interval, meaning."""

    name: str
    title: str
    question: str
    sentences: Sequence[str]
    tiles: Sequence[dict[str, str]]
    note: str
    figures: Sequence[Figure]
    tables: Sequence[Table]
    warnings: Sequence[str] = ()
    footer: str = ""


def measured_page(page: MeasuredPage) -> str:
    """The whole page as HTML, one file that asks no other host for anything."""
    return rendered(
        "measured.html.j2",
        page.figures,
        page=page,
    )
