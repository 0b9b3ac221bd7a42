"""Every name of the tables that stands for something in the world, and the places where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from exoresist.catalog.loader import RawTable, Row
from exoresist.catalog.path import outcome, parse_path
from exoresist.catalog.records import words
from exoresist.core.errors import InputError

UNSTATED = ("none", "not stated", "")
_STATE = re.compile(r"\s*\([^)]*\)")
_NOT_A_NODE = re.compile(r"[^A-Za-z0-9_]+")

NOT_A_THING = ("hub", "killing", "tumour", "damage")  # words of the table signals for what a wire starts from or acts on

Place = tuple[str, str]
"""role (node, cargo, drug, cancer, cell, context, cell_line, intervention, target, lesion, ligand), the table's type word"""


def named_things(tables: Mapping[str, RawTable]) -> dict[str, set[Place]]:
    """Name -> places (role, type), in the order of appearance.

    Nodes stand under their one name (synonyms are followed); drugs, which claims print in words, as in a chain; cancers, cells
    and contexts as they are printed. The words `none` and `not stated` name nothing.
    """
    one_name = {row["node"]: row["canonical"] for row in tables["synonyms"].rows}
    found: dict[str, set[Place]] = {}
    for name, role, kind in _names(tables):
        if name not in UNSTATED:
            name = one_name.get(name, name) if role in ("node", "cargo") else name
            found.setdefault(name, set()).add((role, kind))
    return found


def as_node(text: str) -> str:
    """A printed name in the letters of a chain: `anti-CD20` -> `anti_CD20`."""
    return _NOT_A_NODE.sub("_", text.strip())


def without_state(context: str) -> str:
    """The word of a context without what it is in brackets: `resistant (cisplatin)` -> `resistant`."""
    return _STATE.sub("", context).strip()


def _names(tables: Mapping[str, RawTable]) -> Iterator[tuple[str, str, str]]:
    for row in tables["claims"].rows:
        yield from _of_claim(row)
    for row in tables["axes"].rows:
        yield row["cargo"], "cargo", row["cargo_type"]
        yield from _of_path(row["path"])
        yield from ((as_node(drug), "drug", "") for drug in words(row["drugs"]))
    for row in tables["edges"].rows:
        yield row["origin"], "node", ""
        yield row["target"], "node", ""
    for row in tables["hubs"].rows:
        yield row["id"], "node", ""
    for row in tables["pumps"].rows:
        yield row["id"], "node", ""
    for row in tables["cargo"].rows:
        yield row["id"], "cargo", row["type"]
        yield from ((target, "node", "") for target in words(row["target"]))
    for row in (*tables["drugs"].rows, *tables["surrogates"].rows):
        yield row.get("id") or row["drug"], "drug", ""
    for row in tables["interventions"].rows:
        yield row["id"], "intervention", row["kind"]
        yield from ((target, "node", "") for target in words(row["targets"]))
    for row in tables["aliases"].rows:
        if row["namespace"] == "gene":
            yield row["id"], "node", ""
    for row in tables["cell_lines"].rows:
        yield row["id"], "cell_line", ""
        yield from ((as_node(drug), "drug", "") for drug in words(row["resistant_to"]))
    yield from _of_cells(tables)
    for row in tables["signals"].rows:
        yield from ((name, "node", "") for name in _of_wire(row) if name not in NOT_A_THING)


def _of_cells(tables: Mapping[str, RawTable]) -> Iterator[tuple[str, str, str]]:
    """What the tables of the inside of cells and of their surroundings name."""
    for row in tables["targets"].rows:
        yield row["id"], "target", ""
        yield row["node"], "node", ""
    for row in tables["lesions"].rows:
        yield row["id"], "lesion", ""
        yield from ((gene, "node", "") for gene in words(row["repaired_by"]))
    for row in tables["ligands"].rows:
        yield row["id"], "ligand", ""
        yield row["receptor"], "node", ""
    for row in (*tables["enzymes"].rows, *tables["metabolic_hubs"].rows, *tables["factors"].rows):
        yield row["id"], "node", ""
    for row in tables["contexts"].rows:
        yield row["node"], "node", ""
        yield row["target"], "node", ""


def _of_wire(row: Row) -> Iterator[str]:
    """Both ends and the receptor of a wire: `on_vesicles:CD274`, `dendritic_cell.antigen_presentation`, `factor_secretion(IL6)`."""
    yield from row["origin"].rpartition(":")[2].split(".")
    yield row["target"].partition("(")[2].removesuffix(")") or row["target"]
    yield row["receptor"]


def _of_claim(row: Row) -> Iterator[tuple[str, str, str]]:
    yield from ((cargo, "cargo", row["cargo_type"]) for cargo in words(row["cargo"]))
    yield from _of_path(row["path"])
    yield from ((as_node(drug) if drug not in UNSTATED else drug, "drug", "") for drug in words(row["drugs"]))
    yield from ((cancer, "cancer", "") for cancer in words(row["cancer"]))
    for end in ("donor", "recipient"):
        yield from ((cell, "cell", "") for cell in words(row[end]))
        yield from ((without_state(word), "context", "") for word in words(row[f"{end}_context"]))


def _of_path(path: str) -> Iterator[tuple[str, str, str]]:
    if path in UNSTATED:
        return
    try:
        steps = parse_path(path)
    except InputError:
        return  # reported with the row itself
    end = outcome(steps)
    yield from ((step.node, "node", "") for step in (steps[:-1] if end else steps))
    if end:
        yield end.drug, "drug", ""
