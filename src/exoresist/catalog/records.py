"""One frozen dataclass per table, with the table's columns as fields."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, get_type_hints

from exoresist.catalog.knowledge import (
    Alias,
    Axis,
    Claim,
    ContextSign,
    Edge,
    Factor,
    Hub,
    Identifier,
    MetabolicHub,
    MissionEntry,
    Retraction,
    Signal,
    Surrogate,
    Synonym,
    Words,
)


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
class Target:
    """A variant (genotype) of a molecule that drugs occupy; `node` is the activity that falls when it is occupied.

    The first row of a node is the variant of a cell line about which nothing is said: that for which the drugs are given.
    """

    id: str
    name: str
    node: str
    identifier: str
    source: str
    note: str


@dataclass(frozen=True)
class Lesion:
    """A kind of damage and the enzymes and pathways (nodes) that remove it; what is not listed leaves it alone."""

    id: str
    name: str
    repaired_by: Words
    source: str
    note: str


@dataclass(frozen=True)
class Enzyme:
    """An enzyme of drug metabolism: the drugs that it inactivates, and those that act only once it has activated them."""

    id: str
    name: str
    identifier: str
    inactivates: Words
    activates: Words
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
class Ligand:
    """What a preparation shows on its surface so that cells with the receptor take it up more readily."""

    id: str
    name: str
    receptor: str
    source: str
    note: str


Record = (
    Source
    | CellLine
    | Drug
    | Pump
    | Target
    | Lesion
    | Enzyme
    | Cargo
    | Intervention
    | Ligand
    | Axis
    | Claim
    | Hub
    | Edge
    | MetabolicHub
    | ContextSign
    | Factor
    | Signal
    | Synonym
    | Surrogate
    | MissionEntry
    | Retraction
    | Identifier
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
    "targets": Target,
    "lesions": Lesion,
    "enzymes": Enzyme,
    "cargo": Cargo,
    "interventions": Intervention,
    "ligands": Ligand,
    "axes": Axis,
    "claims": Claim,
    "hubs": Hub,
    "edges": Edge,
    "metabolic_hubs": MetabolicHub,
    "contexts": ContextSign,
    "factors": Factor,
    "signals": Signal,
    "synonyms": Synonym,
    "surrogates": Surrogate,
    "mechanisms": MissionEntry,
    "therapies": MissionEntry,
    "biomarkers": MissionEntry,
    "retractions": Retraction,
    "identifiers": Identifier,
    "aliases": Alias,
}
TABLES = ("parameters", *RECORD_TYPES)
KIND_NAMES = {
    "sources": "source",
    "cell_lines": "cell line",
    "drugs": "drug",
    "pumps": "pump",
    "targets": "target",
    "lesions": "lesion",
    "enzymes": "enzyme",
    "cargo": "cargo",
    "interventions": "intervention",
    "ligands": "ligand",
    "axes": "axis",
    "claims": "claim",
    "hubs": "hub",
    "edges": "edge",
    "metabolic_hubs": "metabolic hub",
    "contexts": "context sign",
    "factors": "soluble factor",
    "signals": "signal",
    "synonyms": "synonym",
    "surrogates": "surrogate",
    "mechanisms": "mechanism",
    "therapies": "therapy",
    "biomarkers": "biomarker",
    "retractions": "retraction",
    "identifiers": "identifier",
    "aliases": "alias",
}
_COLUMN_OF_FIELD = {"drug_class": "class"}  # `class` is a word of the language


def key_column(table: str) -> str:
    """The column that tells the rows of a table apart (for parameters, name and subject together)."""
    return {
        "parameters": "name", "aliases": "text_as_printed", "edges": "origin", "synonyms": "node", "surrogates": "drug",
        "identifiers": "name", "retractions": "work",
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
