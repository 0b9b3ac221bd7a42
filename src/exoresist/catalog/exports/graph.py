"""Claims, edges and hubs as one directed multigraph: GraphML, and SIF for Cytoscape."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from exoresist.catalog.exports.relations import relations, things
from exoresist.catalog.exports.tsv import Rows

if TYPE_CHECKING:
    from exoresist.catalog.catalog import Catalog


def to_graphml(catalog: Catalog, results: Rows = ()) -> dict[str, bytes]:
    """Every relation is an edge of its own with its sign and its row; results, where given, stand on the claims' edges."""
    import networkx

    found = relations(catalog)
    graph = networkx.MultiDiGraph(catalog_hash=catalog.hash)
    for thing in things(catalog, found).values():
        hub = catalog.find_hub(thing.id)
        graph.add_node(
            thing.id,
            label=thing.label,
            kind=thing.kind,
            identifier=thing.identifier,
            broader=thing.broader,
            process="" if hub is None else hub.process,
        )
    outcomes = {row["id"]: row for row in results}
    for number, relation in enumerate(found):
        said: dict[str, str | int | float] = {
            "sign": relation.sign,
            "table": relation.table,
            "row": relation.row,
            "reference": relation.reference,
            "sign_by": relation.sign_by,
            "confidence": relation.confidence,
            "context": relation.context,
            "flags": ";".join(relation.flags),
        }
        row = outcomes.get(relation.row) if relation.table == "claims" else None
        if row is not None:
            said["simulated_direction"] = row["simulated_direction"]
            if row["dose_gap"]:
                said["dose_gap"] = float(row["dose_gap"])
        graph.add_edge(relation.origin, relation.target, key=str(number), **said)
    buffer = io.BytesIO()
    networkx.write_graphml(graph, buffer)
    return {"exoresist.graphml": buffer.getvalue()}


def to_sif(catalog: Catalog, results: Rows = ()) -> dict[str, bytes]:
    """`origin activates|inhibits target`, each once; SIF has no room for results."""
    lines = dict.fromkeys(
        f"{relation.origin}\t{'activates' if relation.sign > 0 else 'inhibits'}\t{relation.target}"
        for relation in relations(catalog)
    )
    return {"exoresist.sif": ("\n".join(lines) + "\n").encode()}
