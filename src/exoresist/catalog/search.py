"""Finding rows by words and by the value of a column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exoresist.catalog.loader import RawTable, Row
from exoresist.catalog.records import TABLES, columns, key_column, words
from exoresist.core.errors import unknown_name


@dataclass(frozen=True)
class Hit:
    """A row that fits a search: its table, its id (for a parameter `name (subject)`), its cells, a score."""

    table: str
    id: str
    row: Mapping[str, str]
    score: int


def search_tables(tables: Mapping[str, RawTable], text: str, filters: Mapping[str, str]) -> tuple[Hit, ...]:
    """Rows that hold every word of `text` (any case), best first: whole ids, then ids, then any cell.

    filters  `table` keeps one table; any column name keeps rows whose cell equals the value or lists it. Tables without
             the column are left out. An unknown column is an error.
    """
    wanted = dict(filters)
    table = wanted.pop("table", None)
    if table is not None and table not in TABLES:
        raise unknown_name("Table", table, TABLES)
    known = {column for name in TABLES for column in columns(name)}
    for column in wanted:
        if column not in known:
            raise unknown_name("Column", column, known | {"table"})
    needles = text.lower().split()
    hits = [
        Hit(name, row_id(name, row), row, score)
        for name in ([table] if table else TABLES)
        if all(column in columns(name) for column in wanted)
        for row in tables[name].rows
        if all(value == row[column] or value in words(row[column]) for column, value in wanted.items())
        if (score := _score(needles, row_id(name, row), row.values())) > 0
    ]
    return tuple(sorted(hits, key=lambda hit: (-hit.score, TABLES.index(hit.table), hit.id)))


def row_id(table: str, row: Row) -> str:
    """The name under which a row is shown."""
    if table == "edges":
        return f"{row['origin']} to {row['target']}"
    return f"{row['name']} ({row['subject']})" if table == "parameters" else row[key_column(table)]


def _score(needles: list[str], identity: str, cells: Iterable[str]) -> int:
    identity = identity.lower()
    everything = "\n".join(cells).lower()
    total = 1
    for needle in needles:
        if needle == identity:
            total += 100
        elif needle in identity:
            total += 10
        elif needle in everything:
            total += 1
        else:
            return 0
    return total
