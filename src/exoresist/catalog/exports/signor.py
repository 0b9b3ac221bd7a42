"""Rows with the columns of SIGNOR (causal relations), https://signor.uniroma2.it.

SIGNOR-like, not SIGNOR: identifiers are the project's own where no public one is known, and no SIGNOR id is claimed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exoresist.catalog.exports.indra import REGULATING
from exoresist.catalog.exports.relations import NAMESPACE, Relation, Thing, relations, things
from exoresist.catalog.exports.tsv import Rows, written

if TYPE_CHECKING:
    from exoresist.catalog.catalog import Catalog

COLUMNS = (
    "ENTITYA", "TYPEA", "IDA", "DATABASEA", "ENTITYB", "TYPEB", "IDB", "DATABASEB", "EFFECT", "MECHANISM", "RESIDUE",
    "SEQUENCE", "TAX_ID", "CELL_DATA", "TISSUE_DATA", "MODULATOR_COMPLEX", "TARGET_COMPLEX", "MODIFICATIONA", "MODASEQ",
    "MODIFICATIONB", "MODBSEQ", "PMID", "DIRECT", "NOTES", "ANNOTATOR", "SENTENCE", "SCORE", "SIGNOR_ID",
)  # fmt: skip
TYPES = {
    "gene": "protein", "protein": "protein", "family": "proteinfamily", "complex": "complex", "miRNA": "mirna", "circRNA": "ncrna",
    "lncRNA": "ncrna", "piRNA": "ncrna", "siRNA": "ncrna", "antisense": "ncrna", "drug": "chemical", "drug_class": "chemical",
    "metabolite": "smallmolecule", "lipid": "smallmolecule", "treatment": "stimulus",
}  # fmt: skip
HUMAN = "9606"


def to_signor(catalog: Catalog, results: Rows = ()) -> dict[str, bytes]:
    """One row per relation; results have no place in it and are left out."""
    found = relations(catalog)
    known = things(catalog, found)
    rows = [_row(relation, known[relation.origin], known[relation.target]) for relation in found]
    return {"exoresist_signor.tsv": written(COLUMNS, rows)}


def _row(relation: Relation, origin: Thing, target: Thing) -> dict[str, object]:
    return {
        **_end("A", origin),
        **_end("B", target),
        "EFFECT": _effect(relation.sign, origin, target),
        "MECHANISM": "post transcriptional regulation" if origin.kind == "miRNA" and target.kind == "gene" else "",
        "TAX_ID": HUMAN,
        "CELL_DATA": "",
        "TISSUE_DATA": "",
        "DIRECT": "NO",  # reviews rarely tell direct from indirect; none is claimed
        "NOTES": "; ".join(part for part in (relation.note, relation.context, ";".join(relation.flags)) if part),
        "ANNOTATOR": NAMESPACE,
        "SENTENCE": f"{relation.table} {relation.row}: {relation.reference}",
    }


def _end(side: str, thing: Thing) -> dict[str, object]:
    database = thing.identifier.partition(":")[0].upper() if thing.is_public else NAMESPACE
    return {
        f"ENTITY{side}": thing.id,
        f"TYPE{side}": TYPES.get(thing.kind, "phenotype"),
        f"ID{side}": thing.curie,
        f"DATABASE{side}": database,
    }


def _effect(sign: int, origin: Thing, target: Thing) -> str:
    direction = "up-regulates" if sign > 0 else "down-regulates"
    by_quantity = origin.kind in REGULATING and target.kind in (*REGULATING, "gene", "lncRNA")
    return f"{direction} quantity" if by_quantity else direction
