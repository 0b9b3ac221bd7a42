"""`exoresist catalog site DIR`: gathers plain data from the catalogue and its results; the report draws them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exoresist.catalog import Catalog
    from exoresist.studies.claim_facts import ClaimFacts

Row = dict[str, Any]


def site(folder: Path, results: Path | None) -> None:
    """Write the catalogue as static pages, all of them or none.

    results  folder of `catalog run --results`; without it the pages hold what is reported and how it is wired
    """
    from exoresist.app.folders import filled, ready
    from exoresist.catalog import Catalog
    from exoresist.core.progress import reporting
    from exoresist.report.site import write_site
    from exoresist.studies.claim_runs import read_results

    ready(folder, "DIR")
    catalog = Catalog.load()
    found = {} if results is None else {result.claim.id: result for result in read_results(catalog, results)}
    with reporting(float(len(catalog.ids("claims"))), "claims") as progress:
        data = gathered(catalog, found, progress.advance)
        with filled(folder, "DIR") as draft:
            pages = write_site(draft, data)
    print(f"{pages} pages written to {folder}; open {folder / 'index.html'}")
    missing = len(catalog.ids("claims")) - len(found)
    if found and missing:
        print(f"{missing} claims have no result of this catalogue in {results}.")


def gathered(catalog: Catalog, results: Row, advance: Any = lambda: None) -> Row:
    """The plain data of the whole site."""
    import exoresist
    from exoresist.app.claim_page import page_data
    from exoresist.catalog.exports.relations import relations, things
    from exoresist.studies.claim_facts import claim_facts, law_rows
    from exoresist.studies.claim_gaps import gap_summary

    # Processes among the nodes are drawn like other concepts: the colour of `process` is that of the cell's own processes.
    found = things(catalog, relations(catalog)).values()
    kinds = {thing.id: "concept" if thing.kind == "process" else thing.kind for thing in found}
    pages, laws, numbers = [], {}, {}
    for claim in catalog.records("claims"):
        facts = claim_facts(claim, catalog)
        page = page_data(catalog, facts, results.get(claim.id))
        pages.append({**page, "chain": chain(catalog, facts, kinds)})
        laws.update(facts.laws_used)
        numbers.update({(row["name"], row["subject"]): row for row in facts.numbers})
        advance()
    return {
        "claims": pages,
        "has_results": bool(results),
        "laws": law_rows(laws),
        "hubs": _hubs(catalog, pages),
        "numbers": _by_kind(numbers.values()),
        "treatments": {record.id: record.name for record in catalog.records("interventions")},
        "summary": gap_summary(list(results.values()), catalog) if results else None,
        "versions": {"exoresist": exoresist.__version__, "catalogue": catalog.hash[:12]},
    }


def chain(catalog: Catalog, facts: ClaimFacts, kinds: dict[str, str]) -> Row | None:
    """Nodes and links of a claim's drawing, one after the other; None where the claim has no chain.

    nodes  rows `name, kind, role`: role is cargo, hub, process or ""
    links  rows `sign, how, reference` between neighbours: how is reported, stored, same (another name) or action
    aside  the outcome that the document reports: `at` (place of the node that it leaves), `sign, text`
    """
    from exoresist.catalog.claim_search import chain_nodes

    names = chain_nodes(facts.claim)
    if not names:
        return None
    carried = {catalog.canonical(name) for name in facts.claim.cargo.split(";")}
    nodes = [_node(name, kinds, catalog, "cargo" if catalog.canonical(name) in carried else "") for name in names]
    links: list[Row] = [{"sign": link.sign, "how": "reported", "reference": ""} for link in facts.reported]
    last = len(nodes) - 1
    for link in facts.stored:
        if catalog.canonical(nodes[-1]["name"]) != link.origin:
            nodes.append(_node(link.origin, kinds, catalog))
            links.append({"sign": 0, "how": "same", "reference": ""})
        nodes.append(_node(link.target, kinds, catalog))
        links.append({"sign": link.sign, "how": "stored", "reference": catalog.edge_reference(link.origin, link.target)})
    if facts.hub and catalog.canonical(nodes[-1]["name"]) != facts.hub:
        nodes.append(_node(facts.hub, kinds, catalog))
        links.append({"sign": 0, "how": "same", "reference": ""})
    if not facts.reason:
        if facts.hub:
            nodes[-1]["role"] = "hub"
        nodes.append({"name": facts.process.replace("_", " "), "kind": "process", "role": "process"})
        links.append({"sign": facts.process_sign, "how": "action", "reference": ""})
    aside = None
    if facts.outcome is not None:
        sign, direction, drug = facts.outcome
        aside = {"at": last, "sign": sign, "text": f"{direction} to {drug.replace('_', ' ')}", "how": "reported"}
    return {"nodes": nodes, "links": links, "aside": aside}


def _node(name: str, kinds: dict[str, str], catalog: Catalog, role: str = "") -> Row:
    return {"name": name, "kind": kinds.get(catalog.canonical(name), "concept"), "role": role}


def _hubs(catalog: Catalog, pages: list[Row]) -> list[Row]:
    used: dict[str, list[str]] = {}
    for page in pages:
        if page["hub"]:
            used.setdefault(page["hub"], []).append(page["id"])
    incoming: dict[str, list[str]] = {}
    for row in catalog.rows("edges"):
        arrow = "->" if row["sign"] == "1" else "-|"
        incoming.setdefault(row["target"], []).append(f"{row['origin']} {arrow}")
    return [
        {
            "id": hub.id, "name": hub.name, "process": hub.process, "sign": int(hub.sign), "context": hub.context,
            "reference": hub.reference, "note": hub.note, "claims": used.get(hub.id, []),
            "edges_in": incoming.get(hub.id, []),
        }
        for hub in catalog.records("hubs")
    ]  # fmt: skip


def _by_kind(rows: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["kind"]] = counts.get(row["kind"], 0) + 1
    return counts
