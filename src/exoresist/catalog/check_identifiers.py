"""What the identifiers must fulfil: every name of the tables is there, and has an identifier of the right form or a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from exoresist.catalog.entities import named_things
from exoresist.catalog.loader import RawTable, Row
from exoresist.catalog.records import words

Fault = tuple[str, str, str, str]  # table, row, column, message

FORMS = {
    "HGNC": r"HGNC:[1-9]\d*",
    "NCBIGene": r"NCBIGene:[1-9]\d*",
    "mirbase.mature": r"mirbase\.mature:MIMAT\d{7}",
    "FPLX": r"FPLX:[A-Za-z0-9_]+",
    "CHEBI": r"CHEBI:[1-9]\d*",
    "MONDO": r"MONDO:\d{7}",
    "EFO": r"EFO:\d{7}",
    "CL": r"CL:\d{7}",
    "GO": r"GO:\d{7}",
    "MESH": r"MESH:[CD]\d{6,9}",
    "exoresist.circ": r"exoresist\.circ:[A-Za-z][A-Za-z0-9_]*",
}
KINDS = {
    "gene": ("HGNC",),
    "protein": (),
    "family": ("FPLX",),
    "complex": ("GO",),
    "miRNA": ("mirbase.mature", "HGNC"),
    "circRNA": ("exoresist.circ",),
    "lncRNA": ("HGNC", "NCBIGene"),
    "piRNA": (),
    "siRNA": (),
    "antisense": (),
    "drug": ("CHEBI", "MESH"),
    "drug_class": ("CHEBI", "MESH"),
    "treatment": ("MESH",),
    "metabolite": ("CHEBI", "MESH"),
    "lipid": ("CHEBI", "MESH"),
    "disease": ("MONDO",),
    "cell_type": ("CL", "MESH"),
    "cell_line": ("EFO",),
    "tissue": ("MESH",),
    "state": ("MESH",),
    "place": ("GO", "MESH"),
    "vesicle": ("GO",),
    "process": ("GO", "MESH"),
    "concept": ("MESH",),
}
HOW = ("exact", "previous_name", "precursor", "tumour_cell", "own_namespace", "override", "none")
MATCHES = ("exact", "broad", "none")
NEEDS_REASON = ("previous_name", "precursor", "tumour_cell", "own_namespace", "none")


def identifier_faults(tables: Mapping[str, RawTable]) -> Iterator[Fault]:
    """Names without a row, rows of names that no table has, and the tables' own columns that say something else."""
    rows = {row["name"]: row for row in tables["identifiers"].rows}
    things = named_things(tables)
    for name in things:
        if name not in rows:
            advice = "add it with verification/identifiers.py, or by hand with an identifier or a reason"
            yield "identifiers", name, "name", f"is used in the tables and has no row: {advice}"
    for name in rows:
        if name not in things:
            yield "identifiers", name, "name", "stands in no other table"
    one_name = {row["node"]: row["canonical"] for row in tables["synonyms"].rows}
    for table in ("pumps", "cargo"):
        for row in tables[table].rows:
            known = rows.get(one_name.get(row["id"], row["id"]))
            if row["identifier"] and known and row["identifier"] != known["identifier"]:
                yield table, row["id"], "identifier", f"'{row['identifier']}' is not '{known['identifier']}' of table identifiers"


def row_problems(row: Row) -> Iterator[tuple[str, str]]:
    """What is wrong with one row of the table."""
    for column, allowed in (("kind", tuple(KINDS)), ("match", MATCHES), ("how", HOW)):
        if row[column] not in allowed:
            yield column, f"'{row[column]}' is not one of {', '.join(allowed)}"
    if row["identifier"]:
        yield from _form("identifier", row["identifier"])
        if row["namespace"] != row["identifier"].partition(":")[0]:
            yield "namespace", f"'{row['namespace']}' is not that of '{row['identifier']}'"
        elif row["namespace"] in FORMS and row["namespace"] not in KINDS.get(row["kind"], FORMS):
            yield "namespace", f"'{row['namespace']}' holds no {row['kind']}"
        if not row["label"]:
            yield "label", "is empty, though there is an identifier"
    elif not row["reason"]:
        yield "reason", "is empty, and there is no identifier"
    if bool(row["identifier"]) == (row["match"] == "none") or bool(row["identifier"]) == (row["how"] == "none"):
        yield "match", "match and how are none just where there is no identifier"
    if row["how"] in NEEDS_REASON and not row["reason"]:
        yield "reason", f"is empty, though the identifier was found by {row['how']}"
    if row["match"] == "broad" and not row["reason"]:
        yield "reason", "is empty, though the identifier is of something wider"
    for curie in words(row["related"]):
        yield from _form("related", curie)


def _form(column: str, curie: str) -> Iterator[tuple[str, str]]:
    space = curie.partition(":")[0]
    if space not in FORMS:
        yield column, f"'{curie}' is of no namespace in use: {', '.join(FORMS)}"
    elif not re.fullmatch(FORMS[space], curie):
        yield column, f"'{curie}' is not of the form {FORMS[space]}"
