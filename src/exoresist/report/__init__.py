"""The report: tables, figures and one self-contained page, drawn from an `Answer`; it looks nothing up."""

from exoresist.report.page import write_report
from exoresist.report.tables import write_summary, write_tables

__all__ = ["write_report", "write_summary", "write_tables"]
