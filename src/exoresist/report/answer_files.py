"""The folder of an answer: `report.html`, `summary.json` and, from rows, the tables behind them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exoresist.report.files import write_atomically
from exoresist.report.tables import csv_bytes, parquet_bytes
from exoresist.report.wording import listed
from exoresist.studies.answer import Row, plain

NONE_FIXED: Mapping[str, Sequence[str]] = MappingProxyType({})


def write_page(folder: Path, summary: Row, page: str) -> None:
    """Write `summary.json` and `report.html` into `folder`, each file whole or not at all."""
    text = json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(Path(folder) / "summary.json", (text + "\n").encode())
    write_atomically(Path(folder) / "report.html", page.encode())


def write_row_tables(folder: Path, tables: Mapping[str, list[Row]], fixed: Mapping[str, Sequence[str]] = NONE_FIXED) -> None:
    """Write `tables/NAME.csv` and `tables/NAME.parquet` for every table.

    fixed  table -> columns that stand first, though there be no rows
    """
    for name, rows in tables.items():
        data, numbers = columns_of(rows, fixed.get(name, ()))
        target = Path(folder) / "tables" / name
        write_atomically(target.with_suffix(".csv"), csv_bytes(data))
        write_atomically(target.with_suffix(".parquet"), parquet_bytes(data, numbers))


def columns_of(rows: Sequence[Row], fixed: Sequence[str] = ()) -> tuple[dict[str, list[Any]], set[str]]:
    """Rows as columns, and the names of those that hold numbers; the others hold texts (yes and no for truths).

    fixed  columns that stand first, though there be no rows
    """
    columns: dict[str, list[Any]] = {}
    numbers: set[str] = set()
    for name in dict.fromkeys([*fixed, *(key for row in rows for key in row)]):
        values = [plain(row.get(name)) for row in rows]
        if values and all(value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)) for value in values):
            numbers.add(name)
            columns[name] = [None if value is None else float(value) for value in values]
        else:
            columns[name] = ["yes" if value is True else "no" if value is False else listed(value) for value in values]
    return columns, numbers
