"""Reads the tables: tab-separated text with one header line, no quoting, UTF-8."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from exoresist.catalog.records import TABLES, columns
from exoresist.core.errors import InputError

Row = dict[str, str]


@dataclass(frozen=True)
class RawTable:
    """The cells of a table as text. `faults` lists (line, message) for lines that do not have one cell per column."""

    name: str
    rows: tuple[Row, ...]
    faults: tuple[tuple[int, str], ...]
    digest: str


def read_tables(directory: Path | None = None) -> dict[str, RawTable]:
    """All tables, from the package or from a directory that holds a full copy of them."""
    return {name: parse_table(name, _text(name, directory)) for name in TABLES}


def tables_hash(tables: Mapping[str, RawTable]) -> str:
    """sha256 over all tables, independent of the order of reading and of line ends."""
    digest = hashlib.sha256()
    for name in sorted(tables):
        digest.update(f"{name}\0{tables[name].digest}\0".encode())
    return digest.hexdigest()


def parse_table(name: str, text: str) -> RawTable:
    """The rows of a table's text; a wrong header is an error, a wrong line becomes a fault that `check` lists."""
    text = text.replace("\r\n", "\n")
    reader = csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    expected = columns(name)
    header = tuple(next(reader, ()))
    if header != expected:
        missing = [column for column in expected if column not in header]
        detail = f"lacks the columns {', '.join(missing)}" if missing else "has its columns in another order or extra ones"
        raise InputError(f"Table '{name}' {detail}", f"the header {' '.join(expected)}, separated by tabs")
    rows: list[Row] = []
    faults: list[tuple[int, str]] = []
    for line, cells in enumerate(reader, start=2):
        if not cells or cells == [""]:
            continue
        if len(cells) != len(expected):
            faults.append((line, f"has {len(cells)} cells where the header has {len(expected)}"))
            continue
        rows.append(dict(zip(expected, (cell.strip() for cell in cells), strict=True)))
    return RawTable(name, tuple(rows), tuple(faults), hashlib.sha256(text.encode()).hexdigest())


def _text(name: str, directory: Path | None) -> str:
    if directory is None:
        return (files("exoresist.catalog") / "tables" / f"{name}.tsv").read_text(encoding="utf-8")
    path = Path(directory) / f"{name}.tsv"
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"Table '{path}' cannot be read ({error})", f"a directory with {', '.join(TABLES)} as .tsv files in UTF-8"
        ) from error
