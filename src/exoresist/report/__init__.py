"""The report: tables, figures and one self-contained page, drawn from an `Answer`; it looks nothing up."""

from __future__ import annotations

from pathlib import Path

from exoresist.report.page import write_report
from exoresist.report.tables import write_summary, write_tables
from exoresist.studies.answer import Answer

__all__ = ["write_all", "write_report", "write_summary", "write_tables"]


def write_all(answer: Answer, folder: Path) -> None:
    """Page, summary and tables, each written whole or not at all."""
    write_tables(answer, folder)
    write_summary(answer, folder)
    write_report(answer, folder)
