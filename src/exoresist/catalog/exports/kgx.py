"""KGX tables (nodes and edges) in the terms of the Biolink model, 4.4.

Who knows, and how well, is said edge by edge:

- a link that a document states (`sign_by` document): a knowledge assertion. The documents were read by language models that
  report relations in formal terms, so the agent is a text-mining agent; no human curator has confirmed the edge.
- a link whose sign the curator knew, a stored edge, a hub's action: also an assertion, but not taken from a text
  that lay before the agent, so the agent is an automated one.
- what a run of the model gives for a claim: a prediction of a computational model.

Resistance is `associated_with_resistance_to` its drug: the model has no causal predicate for it whose subject may be any thing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

from exoresist.catalog.exports.relations import Relation, Thing, relations, thing, things
from exoresist.catalog.exports.tsv import Rows, written
from exoresist.catalog.path import outcome, parse_path

if TYPE_CHECKING:
    from exoresist.catalog.catalog import Catalog

SPACE = uuid.UUID("6a1f5d5c-6b0e-5d0f-9d3a-0f6f3b0c9b11")
SOURCE = "infores:exoresist"
NODE_COLUMNS = ("id", "category", "name", "provided_by", "xref", "description")
EDGE_COLUMNS = (
    "id", "subject", "predicate", "object", "qualified_predicate", "object_direction_qualifier", "object_aspect_qualifier",
    "category", "knowledge_level", "agent_type", "primary_knowledge_source", "publications", "supporting_text", "negated",
    "disease_context", "sign_by", "confidence", "catalog_table", "catalog_row", "flags",
)  # fmt: skip
CATEGORIES = {
    "gene": "biolink:Gene",
    "protein": "biolink:Protein",
    "miRNA": "biolink:MicroRNA",
    "circRNA": "biolink:NoncodingRNAProduct",
    "lncRNA": "biolink:NoncodingRNAProduct",
    "piRNA": "biolink:NoncodingRNAProduct",
    "siRNA": "biolink:SiRNA",
    "antisense": "biolink:NucleicAcidEntity",
    "family": "biolink:GeneFamily",
    "complex": "biolink:MacromolecularComplex",
    "drug": "biolink:ChemicalEntity",
    "drug_class": "biolink:ChemicalEntity",
    "metabolite": "biolink:ChemicalEntity",
    "lipid": "biolink:ChemicalEntity",
    "treatment": "biolink:Treatment",
    "process": "biolink:BiologicalProcess",
    "vesicle": "biolink:CellularComponent",
    "cell_type": "biolink:Cell",
    "concept": "biolink:NamedThing",
}
KNOWLEDGE = {
    "document": ("knowledge_assertion", "text_mining_agent"),
    "curator": ("knowledge_assertion", "automated_agent"),
    "review": ("knowledge_assertion", "automated_agent"),
    "none": ("not_provided", "text_mining_agent"),
    "model": ("prediction", "computational_model"),
}


def to_kgx(catalog: Catalog, results: Rows = ()) -> dict[str, bytes]:
    """`nodes.tsv` and `edges.tsv`; results, where given, are edges of their own."""
    found = relations(catalog)
    known = things(catalog, found)
    nodes = {one.curie: _node(one) for one in known.values() if one.kind != "phenotype"}
    edges = []
    for place, relation in enumerate(found):
        end = _phenotype(relation.target)
        target = known[relation.target] if end is None else thing(catalog, end[1])
        nodes.setdefault(target.curie, _node(target))
        edges.append(_edge(place, relation, known[relation.origin], target, None if end is None else end[0]))
    for row in results:
        if row["simulated_direction"] not in ("", "none"):
            edges.append(_prediction(catalog, row, known, nodes))
    return {"nodes.tsv": written(NODE_COLUMNS, nodes.values()), "edges.tsv": written(EDGE_COLUMNS, edges)}


def _phenotype(name: str) -> tuple[str, str] | None:
    """(direction, drug) of `resistance(drug)`."""
    end = outcome(parse_path(f"x -> {name}")) if "(" in name else None
    return None if end is None else (end.direction, end.drug)


def _node(one: Thing) -> dict[str, object]:
    return {
        "id": one.curie,
        "category": CATEGORIES.get(one.kind, "biolink:NamedThing"),
        "name": one.label or one.id,
        "provided_by": SOURCE,
        "xref": one.broader,
        "description": ""
        if one.is_public
        else "no public identifier of this very thing; xref, where given, is of something wider",
    }


def _edge(place: int, relation: Relation, origin: Thing, target: Thing, direction: str | None) -> dict[str, object]:
    level, agent = KNOWLEDGE[relation.sign_by]
    if direction is None:
        said = {
            "predicate": "biolink:affects",
            "qualified_predicate": "biolink:causes",
            "object_direction_qualifier": "increased" if relation.sign > 0 else "decreased",
            "object_aspect_qualifier": "activity_or_abundance",
        }
    else:
        said = {"predicate": _response(direction, relation.sign)}
    return {
        "id": f"urn:uuid:{uuid.uuid5(SPACE, f'{place} {relation.table} {relation.row} {relation.origin} {relation.target}')}",
        "subject": origin.curie,
        "object": target.curie,
        **said,
        "category": "biolink:Association",
        "knowledge_level": level,
        "agent_type": agent,
        "primary_knowledge_source": SOURCE,
        "publications": "",
        "supporting_text": relation.reference + (f" ({relation.note})" if relation.note else ""),
        "negated": "false",
        "disease_context": relation.context if relation.table == "claims" else "",
        "sign_by": relation.sign_by,
        "confidence": relation.confidence,
        "catalog_table": relation.table,
        "catalog_row": relation.row,
        "flags": "|".join(relation.flags),
    }


def _response(direction: str, sign: int) -> str:
    resisting = (direction == "resistance") == (sign > 0)
    return f"biolink:associated_with_{'resistance' if resisting else 'sensitivity'}_to"


def _prediction(
    catalog: Catalog, row: Mapping[str, str], known: dict[str, Thing], nodes: dict[str, dict[str, object]]
) -> dict[str, object]:
    steps = parse_path(row["path"])
    head, end = known[catalog.canonical(steps[0].node)], outcome(steps)
    assert end is not None  # a claim without a drug phenotype does not run
    drug = thing(catalog, end.drug)
    nodes.setdefault(drug.curie, _node(drug))
    level, agent = KNOWLEDGE["model"]
    return {
        "id": f"urn:uuid:{uuid.uuid5(SPACE, 'prediction ' + row['id'])}",
        "subject": head.curie,
        "predicate": _response(row["simulated_direction"], 1),
        "object": drug.curie,
        "category": "biolink:Association",
        "knowledge_level": level,
        "agent_type": agent,
        "primary_knowledge_source": SOURCE,
        "supporting_text": f"simulated with {row['surrogate_drug']} through {row['hub'] or 'the pump itself'}; "
        f"dose gap {row['dose_gap'] or 'none'}",
        "negated": "false",
        "catalog_table": "results",
        "catalog_row": row["id"],
    }
