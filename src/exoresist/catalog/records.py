"""One frozen dataclass per table, with the table's columns as fields."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, get_type_hints

Words = tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """Where a number or claim comes from; `retracted` is no, yes or unchecked; `checked` says how it was confirmed."""

    id: str
    citation: str
    doi: str
    year: str
    title: str
    retracted: str
    checked: str
    note: str


@dataclass(frozen=True)
class CellLine:
    """A cell line or cell type; `status` is modelled (has rate parameters) or named (only named by axes)."""

    id: str
    name: str
    tissue: str
    cancer: str
    phenotype: str
    parent: str
    resistant_to: Words
    antigens: Words
    escrt_dependent: str
    status: str
    source: str
    note: str


@dataclass(frozen=True)
class Drug:
    """A drug; `mode` says how it kills, `pumps` which pumps carry it, `logp` and `charge` are descriptive."""

    id: str
    name: str
    mode: str
    target: str
    logp: str
    charge: str
    drug_class: str
    pumps: Words
    status: str
    source: str
    note: str


@dataclass(frozen=True)
class Pump:
    """A drug efflux pump and the drugs of the catalogue that it carries."""

    id: str
    name: str
    identifier: str
    substrates: Words
    source: str
    note: str


@dataclass(frozen=True)
class Cargo:
    """What vesicles carry; `pump` and `antigen` say what a protein displays, `target` what an RNA acts on."""

    id: str
    name: str
    type: str
    target: Words
    pump: str
    antigen: str
    identifier: str
    source: str
    note: str


@dataclass(frozen=True)
class Intervention:
    """A treatment that raises or lowers a process; `targets` names what it acts on, `condition` when it matters."""

    id: str
    name: str
    kind: str
    target_process: str
    effect: str
    targets: Words
    condition: str
    source: str
    note: str


@dataclass(frozen=True)
class Axis:
    """A reported axis of vesicle-borne resistance or sensitivity; `reported_direction` is never a model's input."""

    id: str
    seed: str
    locator: str
    reference: str
    reference_citation: str
    cancer: str
    donor: str
    recipient: str
    drugs: Words
    cargo: str
    cargo_type: str
    path: str
    reported_direction: str
    effect: str
    validation: str
    confidence: str
    sign_by: str
    flags: Words
    note: str
    source: str


@dataclass(frozen=True)
class Claim:
    """One claim of one of the five reviews, as it stands there: what is said of a cargo, and by whom its signs were fixed.

    `reported_direction` is never a model's input. Lists are separated by `;`; what a document does not say is `not stated`.
    """

    id: str
    seed: str
    locator: str
    reference: str
    citation: str
    cancer: str
    donor: str
    recipient: str
    donor_context: str
    recipient_context: str
    drugs: Words
    cargo: str
    cargo_printed: str
    cargo_type: str
    path: str
    reported_direction: str
    effect: Words
    validation: Words
    confidence: str
    sign_by: str
    assumed_link: str
    correction: str
    linked: Words
    conflicts: str
    flags: Words
    note: str
    read_twice: str


@dataclass(frozen=True)
class Hub:
    """A node that acts on the cell: the process whose rate it multiplies, and the sign.

    process  repair, tolerance, efflux, drug_export, ...; immune and vascular need more than a dish; `none`: no known action
    sign     +1: more of the node raises the process; -1: lowers it
    context  where the sign depends on the context: the one taken here
    """

    id: str
    name: str
    process: str
    sign: str
    context: str
    reference: str
    note: str


@dataclass(frozen=True)
class Edge:
    """A signed edge between two nodes, stored once."""

    origin: str
    target: str
    sign: str
    context: str
    reference: str
    note: str


@dataclass(frozen=True)
class Factor:
    """A soluble factor of the medium: a cytokine, a growth factor, a metabolite. Its numbers stand in the parameters table."""

    id: str
    name: str
    identifier: str
    source: str
    note: str


@dataclass(frozen=True)
class Signal:
    """One wire between cells: what reaches the cells of a kind, and what it changes there. Scenarios ask for a whole group.

    origin    a factor, a received cargo, a node of the same cell, a cell line (its density around), `line.node` (density times
              activity), `on_vesicles:X` or `on_cells:X` (a surface ligand that acts from outside), `tumour` (tumour cells around),
              `damage` (by drugs), or a stress
    cells     the cell lines in which it acts; `tumour` stands for every tumour line
    target    a node; `hub` (the origin acts as its hub row says); or a process: `killing`, `growth`, `factor_secretion(X)`,
              `rna_synthesis(X)`, `antigen_synthesis(X)`, `switching(line)`
    receptor  the cargo that receives it; an antibody on it blocks the wire
    """

    id: str
    group: str
    origin: str
    cells: Words
    target: str
    sign: str
    receptor: str
    reference: str
    note: str


@dataclass(frozen=True)
class Synonym:
    """A node's other name."""

    node: str
    canonical: str
    reason: str


@dataclass(frozen=True)
class Surrogate:
    """A modelled drug that stands in for one that is only named, so that a claim about it can be run."""

    drug: str
    surrogate: str
    reason: str


@dataclass(frozen=True)
class MissionEntry:
    """A mechanism, intervention or biomarker that the documents ask for, and what carries it here.

    status      executable: a test of `shown_by` (pytest node ids) shows its acceptance direction; recorded: `reason` says why not yet
    realisation the processes, hubs, interventions or populations that carry it; `where_it_will_run`: what a recorded one waits for
    """

    id: str
    name: str
    category: str
    status: str
    realisation: str
    shown_by: Words
    reason: str
    where_it_will_run: str
    claims: Words
    note: str


@dataclass(frozen=True)
class Alias:
    """What a text as printed means here, with the reason; an empty `id` means that the text is ambiguous."""

    text_as_printed: str
    id: str
    namespace: str
    reason: str


Record = (
    Source
    | CellLine
    | Drug
    | Pump
    | Cargo
    | Intervention
    | Axis
    | Claim
    | Hub
    | Edge
    | Factor
    | Signal
    | Synonym
    | Surrogate
    | MissionEntry
    | Alias
)

PARAMETER_COLUMNS = (
    "name", "subject", "value", "unit", "low", "high", "distribution", "kind", "source", "locator", "note",
)  # fmt: skip

RECORD_TYPES: dict[str, type[Any]] = {
    "sources": Source,
    "cell_lines": CellLine,
    "drugs": Drug,
    "pumps": Pump,
    "cargo": Cargo,
    "interventions": Intervention,
    "axes": Axis,
    "claims": Claim,
    "hubs": Hub,
    "edges": Edge,
    "factors": Factor,
    "signals": Signal,
    "synonyms": Synonym,
    "surrogates": Surrogate,
    "mechanisms": MissionEntry,
    "therapies": MissionEntry,
    "biomarkers": MissionEntry,
    "aliases": Alias,
}
TABLES = ("parameters", *RECORD_TYPES)
KIND_NAMES = {
    "sources": "source",
    "cell_lines": "cell line",
    "drugs": "drug",
    "pumps": "pump",
    "cargo": "cargo",
    "interventions": "intervention",
    "axes": "axis",
    "claims": "claim",
    "hubs": "hub",
    "edges": "edge",
    "factors": "soluble factor",
    "signals": "signal",
    "synonyms": "synonym",
    "surrogates": "surrogate",
    "mechanisms": "mechanism",
    "therapies": "therapy",
    "biomarkers": "biomarker",
    "aliases": "alias",
}
_COLUMN_OF_FIELD = {"drug_class": "class"}  # `class` is a word of the language


def key_column(table: str) -> str:
    """The column that tells the rows of a table apart (for parameters, name and subject together)."""
    return {
        "parameters": "name", "aliases": "text_as_printed", "edges": "origin", "synonyms": "node", "surrogates": "drug",
    }.get(table, "id")  # fmt: skip


def columns(table: str) -> tuple[str, ...]:
    """The header that a table must have."""
    if table == "parameters":
        return PARAMETER_COLUMNS
    return tuple(_COLUMN_OF_FIELD.get(field.name, field.name) for field in fields(RECORD_TYPES[table]))


def words(text: str) -> Words:
    """The entries of a cell that lists several, separated by semicolons."""
    return tuple(word.strip() for word in text.split(";") if word.strip())


def build(table: str, row: dict[str, str]) -> Any:
    """The record of one row; cells that hold lists become tuples."""
    kind = RECORD_TYPES[table]
    hints = get_type_hints(kind)
    values: dict[str, str | Words] = {}
    for field in fields(kind):
        cell = row[_COLUMN_OF_FIELD.get(field.name, field.name)]
        values[field.name] = cell if hints[field.name] is str else words(cell)
    return kind(**values)
