"""One SQLite file: a table each, numbers as numbers, lists also as rows of their own, and views that answer common questions."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from exoresist.catalog.records import TABLES, columns, words

if TYPE_CHECKING:
    from exoresist.catalog.catalog import Catalog

Rows = Sequence[Mapping[str, str]]

REALS = {
    "parameters": ("value", "low", "high"),
    "results": ("dose_gap", "dose_gap_low", "dose_gap_high", "clamped_effect", "delivered_effect"),
}
INTEGERS = {"sources": ("year",), "hubs": ("sign",), "edges": ("sign",), "signals": ("sign",)}
KEYS = {
    "parameters": ("name", "subject"), "edges": ("origin", "target"), "synonyms": ("node",), "surrogates": ("drug",),
    "aliases": ("text_as_printed",), "identifiers": ("name",),
    "retractions": ("work",),
}  # fmt: skip
LISTS = {"claim_drugs": ("drugs", "drug"), "claim_effects": ("effect", "effect"), "claim_flags": ("flags", "flag"),
         "claim_links": ("linked", "linked")}  # fmt: skip

VIEWS = {
    "assumed_parameters": "SELECT * FROM parameters WHERE kind = 'assumed'",
    "claims_by_drug": "SELECT drug, count(*) AS claims FROM claim_drugs GROUP BY drug ORDER BY claims DESC",
    "claims_by_cargo_type": "SELECT cargo_type, count(*) AS claims FROM claims GROUP BY cargo_type ORDER BY claims DESC",
    "claims_with_conflicts": "SELECT id, path, conflicts FROM claims WHERE conflicts <> 'none'",
}
RESULT_VIEWS = {
    "dose_gaps": (
        "SELECT id, cargo, cargo_type, dose_gap, dose_gap_low, dose_gap_high FROM results "
        "WHERE dose_gap IS NOT NULL ORDER BY dose_gap"
    ),
    "disagreements": (
        "SELECT id, path, reported_direction, simulated_direction FROM results "
        "WHERE not_run_because = '' AND simulated_direction <> reported_direction"
    ),
}


def to_sqlite(catalog: Catalog, results: Rows = ()) -> dict[str, bytes]:
    """A database with every table and view, and `results` where results are given; empty numbers are NULL."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalog.sqlite"
        connection = sqlite3.connect(path)
        try:
            _fill(connection, catalog, results)
            connection.commit()
            connection.execute("VACUUM")
        finally:
            connection.close()
        return {"exoresist.sqlite": path.read_bytes()}


def _fill(connection: sqlite3.Connection, catalog: Catalog, results: Rows) -> None:
    _table(connection, "meta", ("key", "value"), [{"key": "catalog_hash", "value": catalog.hash}], ("key",))
    for table in TABLES:
        _table(connection, table, columns(table), catalog.rows(table), KEYS.get(table, ("id",)))
    for name, (column, short) in LISTS.items():
        pairs = [
            {"claim": row["id"], short: word}
            for row in catalog.rows("claims")
            for word in dict.fromkeys(words(row[column]))
            if word not in ("none", "not stated")
        ]
        _table(connection, name, ("claim", short), pairs, ("claim", short))
    views = VIEWS
    if results:
        _table(connection, "results", tuple(results[0]), results, ("id",))
        views = VIEWS | RESULT_VIEWS
    for name, query in views.items():
        connection.execute(f"CREATE VIEW {name} AS {query}")


def _table(
    connection: sqlite3.Connection,
    name: str,
    header: Sequence[str],
    rows: Sequence[Mapping[str, str]],
    key: Sequence[str],
) -> None:
    kinds = {column: "REAL" for column in REALS.get(name, ())} | {column: "INTEGER" for column in INTEGERS.get(name, ())}
    declared = [f'"{column}" {kinds.get(column, "TEXT")}' for column in header]
    quoted = ", ".join(f'"{column}"' for column in key)
    connection.execute(f'CREATE TABLE "{name}" ({", ".join(declared)}, PRIMARY KEY ({quoted}))')
    places = ", ".join("?" for _ in header)
    connection.executemany(
        f'INSERT INTO "{name}" VALUES ({places})',
        [[_value(row[column], kinds.get(column, "TEXT")) for column in header] for row in rows],
    )


def _value(cell: str, kind: str) -> str | float | int | None:
    if kind == "TEXT":
        return cell
    if not cell:
        return None
    return float(cell) if kind == "REAL" else int(cell)
