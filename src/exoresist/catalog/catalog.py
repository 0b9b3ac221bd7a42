"""The catalogue: looks facts up, never changes them, simulates nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from exoresist.catalog.check import Problem, check_tables
from exoresist.catalog.loader import RawTable, Row, read_tables, tables_hash
from exoresist.catalog.parameter_file import quantity_of, row_of
from exoresist.catalog.records import (
    KIND_NAMES,
    TABLES,
    Alias,
    Axis,
    Cargo,
    CellLine,
    Claim,
    Drug,
    Factor,
    Hub,
    Intervention,
    MissionEntry,
    Pump,
    Signal,
    Source,
    build,
)
from exoresist.catalog.search import Hit, row_id, search_tables
from exoresist.core.errors import InputError, unknown_name
from exoresist.core.quantity import Quantity

R = TypeVar("R")


class Catalog:
    """The tables of facts with look-up, search and check.

    Made by `Catalog.load`; `with_parameters` returns another catalogue and leaves this one as it is.
    """

    def __init__(self, tables: Mapping[str, RawTable], overlay: tuple[Quantity, ...] = ()) -> None:
        self._tables = dict(tables)
        self._overlay = overlay
        self._laid_over = {(quantity.name, quantity.subject): quantity for quantity in overlay}
        self._rows: dict[tuple[str, str], Row] = {}
        for row in self._tables["parameters"].rows:
            self._rows.setdefault((row["name"], row["subject"]), row)
        self._subjects: dict[str, list[str]] = {}
        for name, subject in [*self._rows, *(key for key in self._laid_over if key not in self._rows)]:
            self._subjects.setdefault(name, []).append(subject)
        self._quantities: dict[tuple[str, str], Quantity] = {}
        self._indexes: dict[str, dict[str, Row]] = {}
        self._records: dict[tuple[str, str], Any] = {}

    @classmethod
    def load(cls, directory: str | Path | None = None) -> Catalog:
        """The catalogue shipped with the package, or the full copy of its tables in `directory`."""
        return cls(read_tables(None if directory is None else Path(directory)))

    # parameters

    def parameter(self, name: str, *subjects: str) -> Quantity:
        """The row called `name` for the first of `subjects` that has one: give the most special subject first."""
        if name not in self._subjects:
            raise unknown_name("Parameter", name, self._subjects)
        for subject in subjects or self._subjects[name][:1]:
            found = self._find(name, subject)
            if found is not None:
                return found
        known = self._subjects[name]
        shown = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
        raise InputError(
            f"Parameter '{name}' has no value for {' or '.join(repr(subject) for subject in subjects)}",
            f"a subject of: {shown}",
            "Add a row in a parameter file, or override it in the scenario",
        )

    def has_parameter(self, name: str, *subjects: str) -> bool:
        """Whether `parameter(name, *subjects)` would find a row."""
        return any(subject in self._subjects.get(name, ()) for subject in subjects)

    def parameters(self) -> tuple[Quantity, ...]:
        """All parameters, with those laid over in place of the shipped ones."""
        found = (self._find(name, subject) for name, subjects in self._subjects.items() for subject in subjects)
        return tuple(quantity for quantity in found if quantity is not None)

    def with_parameters(self, rows: Iterable[Quantity]) -> Catalog:
        """This catalogue with rows (a user's or a fitted set) laid over it; a later row replaces an earlier one."""
        merged = dict(self._laid_over)
        for quantity in rows:
            if not quantity.name or not quantity.subject or not quantity.source:
                raise InputError(
                    f"A parameter row lacks a name, subject or source: {quantity.name} ({quantity.subject})",
                    "rows with all three",
                )
            merged[quantity.name, quantity.subject] = quantity
        return Catalog(self._tables, tuple(merged.values()))

    @property
    def overlay(self) -> tuple[Quantity, ...]:
        """The rows laid over the shipped tables."""
        return self._overlay

    def _find(self, name: str, subject: str) -> Quantity | None:
        key = (name, subject)
        if key in self._laid_over:
            return self._laid_over[key]
        if key not in self._quantities and key in self._rows:
            # `check` parses the units of the tables; doing so at every look-up would load a unit library.
            self._quantities[key] = quantity_of(self._rows[key], f"parameters.tsv, {name} ({subject})", with_unit=False)
        return self._quantities.get(key)

    # records

    def source(self, id: str) -> Source:
        """The source called `id`; a source named by a row laid over, and unknown here, stands as its own citation."""
        if id not in self._index("sources") and any(quantity.source == id for quantity in self._overlay):
            return Source(id, id, "", "", "", "unchecked", "", "no DOI known: named by a parameter file of the user")
        return self._typed(Source, "sources", id)

    def cell_line(self, id: str) -> CellLine:
        return self._typed(CellLine, "cell_lines", id)

    def drug(self, id: str) -> Drug:
        return self._typed(Drug, "drugs", id)

    def pump(self, id: str) -> Pump:
        return self._typed(Pump, "pumps", id)

    def cargo(self, id: str) -> Cargo:
        return self._typed(Cargo, "cargo", id)

    def intervention(self, id: str) -> Intervention:
        return self._typed(Intervention, "interventions", id)

    def axis(self, id: str) -> Axis:
        return self._typed(Axis, "axes", id)

    def claim(self, id: str) -> Claim:
        return self._typed(Claim, "claims", id)

    def mechanism(self, id: str) -> MissionEntry:
        return self._typed(MissionEntry, "mechanisms", id)

    def therapy(self, id: str) -> MissionEntry:
        return self._typed(MissionEntry, "therapies", id)

    def biomarker(self, id: str) -> MissionEntry:
        return self._typed(MissionEntry, "biomarkers", id)

    def factor(self, id: str) -> Factor:
        return self._typed(Factor, "factors", id)

    def wire(self, id: str) -> Signal:
        return self._typed(Signal, "signals", id)

    def signals(self, group: str) -> tuple[Signal, ...]:
        """The wires of a group, in the table's order. Raises unknown_name for a group that has none."""
        found = tuple(signal for signal in self.records("signals") if signal.group == group)
        if not found:
            raise unknown_name("Signal group", group, {signal.group for signal in self.records("signals")})
        return found

    def find_hub(self, id: str) -> Hub | None:
        """The hub of that name, or None for a node that is none."""
        return self._typed(Hub, "hubs", id) if id in self._index("hubs") else None

    def edges_from(self, node: str) -> list[tuple[str, int]]:
        """(target, sign) of the stored edges that leave a node."""
        return [(row["target"], int(row["sign"])) for row in self._tables["edges"].rows if row["origin"] == node]

    def edge_reference(self, origin: str, target: str) -> str:
        """Where a stored edge is from."""
        return next(
            (row["reference"] for row in self._tables["edges"].rows if (row["origin"], row["target"]) == (origin, target)), ""
        )

    def canonical(self, node: str) -> str:
        """A node's one name among its synonyms."""
        return self._index("synonyms")[node]["canonical"] if node in self._index("synonyms") else node

    def surrogate(self, drug: str) -> str | None:
        """The modelled drug that stands for one that may be named only, or None."""
        return self._index("surrogates")[drug]["surrogate"] if drug in self._index("surrogates") else None

    def ids(self, table: str) -> tuple[str, ...]:
        """The ids of a table, in its order."""
        return tuple(self._index(table))

    def records(self, table: str) -> tuple[Any, ...]:
        """All records of a table; for `parameters` the quantities."""
        return self.parameters() if table == "parameters" else tuple(self._record(table, id) for id in self.ids(table))

    def rows(self, table: str) -> tuple[Row, ...]:
        """The rows of a shipped table as text, in its order."""
        if table not in TABLES:
            raise unknown_name("Table", table, TABLES)
        return self._tables[table].rows

    def _index(self, table: str) -> dict[str, Row]:
        if table not in TABLES or table == "parameters":
            raise unknown_name("Table", table, KIND_NAMES)
        if table not in self._indexes:
            index: dict[str, Row] = {}
            for row in self._tables[table].rows:
                index.setdefault(row_id(table, row), row)
            self._indexes[table] = index
        return self._indexes[table]

    def _typed(self, kind: type[R], table: str, id: str) -> R:
        record = self._record(table, id)
        assert isinstance(record, kind)
        return record

    def _record(self, table: str, id: str) -> Any:
        index = self._index(table)
        if id not in index:
            raise unknown_name(KIND_NAMES[table].capitalize(), id, index)
        if (table, id) not in self._records:
            self._records[table, id] = build(table, index[id])
        return self._records[table, id]

    # names as printed

    def resolve(self, text: str) -> Alias:
        """What a name as printed in a document means here.

        Curated overrides first, then an exact, case-sensitive id; never a guess. An ambiguous text is an error that
        says why.
        """
        printed = text.strip()
        if printed in self._index("aliases"):
            alias: Alias = self._record("aliases", printed)
            if not alias.id:
                raise InputError(f"'{printed}' is ambiguous: {alias.reason}", "the identifier of one thing", "Name it in full")
            return alias
        found = [table for table in ("pumps", "cargo", "drugs", "cell_lines", "interventions") if printed in self._index(table)]
        if found:
            namespace = "pump" if found[0] == "pumps" else KIND_NAMES[found[0]].replace(" ", "_")
            return Alias(printed, printed, namespace, f"exact id in {' and '.join(found)}")
        raise unknown_name("Name", printed, self._index("aliases"))

    def printed_as(self, id: str) -> tuple[str, ...]:
        """The texts as printed that the overrides table gives to `id`."""
        return tuple(text for text, row in self._index("aliases").items() if row["id"] == id)

    # the whole

    def search(self, text: str = "", **filters: str) -> tuple[Hit, ...]:
        """Rows of the shipped tables that hold every word of `text`, best first; `table=` and any column narrow it."""
        return search_tables(self._tables, text, filters)

    def check(self) -> list[Problem]:
        """Everything that is wrong with the tables; empty when they may be used."""
        return check_tables(self._tables)

    def row_counts(self) -> dict[str, int]:
        """Number of rows in each table."""
        return {name: len(self._tables[name].rows) for name in TABLES}

    @property
    def hash(self) -> str:
        """sha256 over the tables and over the rows laid over them."""
        shipped = tables_hash(self._tables)
        if not self._overlay:
            return shipped
        rows = sorted("\t".join(row_of(quantity).values()) for quantity in self._overlay)
        return hashlib.sha256("\n".join([shipped, *rows]).encode()).hexdigest()


def check_report(catalog: Catalog) -> dict[str, Any]:
    """What `catalog check --json` prints: rows per table, and the problems as plain data."""
    problems = [
        {"table": problem.table, "row": problem.row, "field": problem.field, "message": problem.message}
        for problem in catalog.check()
    ]
    return {"rows": catalog.row_counts(), "problems": problems}
