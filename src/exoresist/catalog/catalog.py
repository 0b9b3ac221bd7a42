"""The catalogue: looks facts up, never changes them, simulates nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from exoresist.catalog.check import Problem, check_tables
from exoresist.catalog.entities import as_node
from exoresist.catalog.knowledge import (
    Alias,
    Axis,
    Claim,
    ContextSign,
    Factor,
    Hub,
    Identifier,
    MetabolicHub,
    MissionEntry,
    Signal,
)
from exoresist.catalog.loader import RawTable, Row, read_tables, tables_hash
from exoresist.catalog.parameter_file import quantity_of, row_of
from exoresist.catalog.records import (
    KIND_NAMES,
    TABLES,
    Cargo,
    CellLine,
    Drug,
    Enzyme,
    Intervention,
    Lesion,
    Ligand,
    Pump,
    Source,
    Target,
    build,
)
from exoresist.catalog.search import Hit, row_id, search_tables
from exoresist.core.errors import InputError, unknown_name
from exoresist.core.quantity import Quantity

R = TypeVar("R")
GENE_PRODUCTS = ("gene", "miRNA")

_OWN = {  # what to do for a thing of one's own that no table holds
    "cell_lines": "For a line of your own take the nearest one, and give what differs under `parameters` with the subject "
    "`cell_line:<the one you took>`; or add a row (CONTRIBUTING.md)",
    "cargo": "For cargo of your own add a row to cargo.tsv, and its numbers (CONTRIBUTING.md)",
    "drugs": "For a drug of your own add a row to drugs.tsv, and its numbers (CONTRIBUTING.md)",
}


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

    def target(self, id: str) -> Target:
        return self._typed(Target, "targets", id)

    def signal(self, node: str) -> Target:
        """The first target of a node, which a cell line has unless its genotype is told."""
        for target in self.records("targets"):
            if target.node == node:
                return self.target(target.id)
        raise unknown_name("Signal", node, {target.node for target in self.records("targets")})

    def lesion(self, id: str) -> Lesion:
        return self._typed(Lesion, "lesions", id)

    def enzyme(self, id: str) -> Enzyme:
        return self._typed(Enzyme, "enzymes", id)

    def subjects(self, name: str) -> tuple[str, ...]:
        """The subjects for which a parameter has a row, in the order of the table; empty for an unknown name."""
        return tuple(self._subjects.get(name, ()))

    def cargo(self, id: str) -> Cargo:
        return self._typed(Cargo, "cargo", id)

    def intervention(self, id: str) -> Intervention:
        return self._typed(Intervention, "interventions", id)

    def ligand(self, id: str) -> Ligand:
        return self._typed(Ligand, "ligands", id)

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

    def hub_in(self, id: str, contexts: Iterable[str]) -> Hub | None:
        """The hub of that name as it acts in the contexts that are given: its own row, unless a context says otherwise."""
        hub = self.find_hub(id)
        for row in self._signs(id, contexts):
            if row.target == "none":
                name = hub.name if hub is not None else id
                hub = Hub(id, name, row.process, row.sign, row.context, row.reference, row.note)
        return hub

    def edges_in(self, node: str, contexts: Iterable[str]) -> list[tuple[str, int]]:
        """(target, sign) of the edges that leave a node in the contexts that are given; a context's own edges come first."""
        own = self.context_edges(node, contexts)
        return [*own.items(), *(edge for edge in self.edges_from(node) if edge[0] not in own)]

    def context_edges(self, node: str, contexts: Iterable[str]) -> dict[str, int]:
        """Target -> sign of the edges of a node that belong to the contexts that are given."""
        return {row.target: int(row.sign) for row in self._signs(node, contexts) if row.target != "none"}

    def check_contexts(self, contexts: Iterable[str]) -> None:
        """Raise InputError for a context that no row names."""
        known = {row["context"] for row in self._tables["contexts"].rows}
        for context in contexts:
            if context not in known:
                raise unknown_name("Context", context, known)

    def _signs(self, node: str, contexts: Iterable[str]) -> list[ContextSign]:
        wanted = set(contexts)
        rows = [row for row in self._tables["contexts"].rows if row["node"] == node and row["context"] in wanted]
        return [self._typed(ContextSign, "contexts", row["id"]) for row in rows]

    def metabolic_hub(self, id: str) -> MetabolicHub | None:
        """What a node drives when metabolism is modelled, or None for a node that drives none of its processes."""
        return self._typed(MetabolicHub, "metabolic_hubs", id) if id in self._index("metabolic_hubs") else None

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
            error = unknown_name(KIND_NAMES[table].capitalize(), id, index)
            raise InputError(error.came, error.allowed, f"{error.advice} {_OWN.get(table, '')}".strip())
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

    def identifier(self, name: str) -> Identifier:
        """What a name stands for elsewhere: the name of a node, cargo, drug, cancer or cell, or a name as printed.

        Aliases (curated), then synonyms, then the name itself, then its letters as a chain writes them; never a guess. An
        ambiguous or unknown name is an error. A class (`chemotherapy`) is no one drug, but it has a row of its own.
        """
        known = self._index("identifiers")
        alias = self._index("aliases").get(name.strip())
        meant = alias["id"] if alias and alias["id"] else name.strip()
        for spelled in (self.canonical(meant), meant, as_node(meant)):
            if spelled in known:
                return self._typed(Identifier, "identifiers", spelled)
        if alias:
            self.resolve(name)  # tells why the text is ambiguous
        raise unknown_name("Name", name, known)

    def names_of(self, text: str) -> tuple[str, ...]:
        """The catalogue's names for an identifier (`HGNC:40`), an official name (`MS4A1`) or a name as printed (`P-gp`)."""
        wanted = text.strip()
        alias = self._index("aliases").get(wanted)
        found = [alias["id"]] if alias and alias["id"] else []
        if not alias:
            found += [name for name, row in self._index("identifiers").items() if wanted and _is_called(row, wanted)]
        return tuple(dict.fromkeys(found))

    def printed_as(self, id: str) -> tuple[str, ...]:
        """The texts as printed that the overrides table gives to `id`."""
        return tuple(text for text, row in self._index("aliases").items() if row["id"] == id)

    # the whole

    def search(self, text: str = "", **filters: str) -> tuple[Hit, ...]:
        """Rows of the shipped tables that hold every word of `text`, best first; `table=` and any column narrow it.

        An identifier, an official name or a name as printed finds the rows of what it stands for, too.
        """
        found = {(hit.table, hit.id): hit for hit in search_tables(self._tables, text, filters)}
        for name in self.names_of(text):
            for hit in search_tables(self._tables, name, filters):
                found.setdefault((hit.table, hit.id), hit)
        return tuple(found.values())

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


def _is_called(row: Row, wanted: str) -> bool:
    """Whether an identifier or official name is that of the row's own thing: a splice form goes by its gene, a cell by no tumour's."""
    return wanted in (row["identifier"], row["label"]) and (row["match"] == "exact" or row["kind"] in GENE_PRODUCTS)


def check_report(catalog: Catalog) -> dict[str, Any]:
    """What `catalog check --json` prints: rows per table, and the problems as plain data."""
    problems = [
        {"table": problem.table, "row": problem.row, "field": problem.field, "message": problem.message}
        for problem in catalog.check()
    ]
    return {"rows": catalog.row_counts(), "problems": problems}
