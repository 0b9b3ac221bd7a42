"""What the graph forms share: the things that claims, edges and hubs speak of, and the signed relations between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from exoresist.catalog.claim_search import NO_PATH
from exoresist.catalog.path import outcome, parse_path

if TYPE_CHECKING:
    from exoresist.catalog.catalog import Catalog

NAMESPACE = "exoresist"


@dataclass(frozen=True)
class Thing:
    """A node: `kind` as table identifiers has it, or phenotype; `identifier` a CURIE of this very thing, or "".

    broader  a CURIE of something wider (the gene of a splice form, the cell of a tumour): never the node's own id, as two things
             would become one
    """

    id: str
    kind: str
    identifier: str = ""
    label: str = ""
    broader: str = ""

    @property
    def is_public(self) -> bool:
        """Whether someone else's namespace holds the thing."""
        return bool(self.identifier) and not self.identifier.startswith(NAMESPACE)

    @property
    def curie(self) -> str:
        return self.identifier or f"{NAMESPACE}:{self.id}"


@dataclass(frozen=True)
class Relation:
    """A signed relation. `table` and `row` say where it stands, the other fields what is known of it.

    sign_by  document (stated in words or arrows), curator (read by whoever curated it), review (edges and hubs)
    """

    origin: str
    target: str
    sign: int
    table: str
    row: str
    reference: str
    sign_by: str
    confidence: str = ""
    context: str = ""
    note: str = ""
    flags: tuple[str, ...] = ()


def relations(catalog: Catalog) -> list[Relation]:
    """All relations: the links of every claim's chain, the stored edges, and each hub's action on its process."""
    return [*_of_claims(catalog), *_of_edges(catalog), *_of_hubs(catalog)]


def _of_claims(catalog: Catalog) -> Iterator[Relation]:
    for claim in catalog.records("claims"):
        if claim.path in NO_PATH:
            continue
        steps = parse_path(claim.path)
        last = len(steps) - 1
        for position, (before, step) in enumerate(pairwise(steps), start=1):
            assumed = position == last and claim.assumed_link == "yes"
            origin, target = catalog.canonical(before.node), catalog.canonical(step.node)
            if origin == target:
                continue  # two names of one thing, written as a step
            yield Relation(
                origin,
                target,
                step.sign,
                "claims",
                claim.id,
                claim_reference(claim.seed, claim.locator, claim.reference, claim.citation),
                "curator" if assumed else claim.sign_by,
                claim.confidence,
                claim.cancer if claim.cancer not in NO_PATH else "",
                "the link is assumed, no document states it" if assumed else "",
                claim.flags if claim.flags != ("none",) else (),
            )


def claim_reference(seed: str, locator: str, reference: str, citation: str) -> str:
    """Where a claim stands, in one line."""
    parts = [f"seed {seed}, {locator}"]
    if reference not in NO_PATH:
        parts.append(f"reference {reference}")
    if citation not in NO_PATH:
        parts.append(citation)
    return "; ".join(parts)


def _of_edges(catalog: Catalog) -> Iterator[Relation]:
    for edge in catalog.records("edges"):
        yield Relation(
            edge.origin, edge.target, int(edge.sign), "edges", f"{edge.origin} to {edge.target}", edge.reference, "review",
            context=edge.context if edge.context != "none" else "", note=edge.note,
        )  # fmt: skip


def _of_hubs(catalog: Catalog) -> Iterator[Relation]:
    for hub in catalog.records("hubs"):
        if hub.process != "none":
            yield Relation(
                hub.id, process_name(hub.process), int(hub.sign), "hubs", hub.id, hub.reference, "review",
                context=hub.context if hub.context != "none" else "", note=hub.note,
            )  # fmt: skip


def process_name(process: str) -> str:
    """The node of a process of the cell: apart from nodes of the chains that may have the same word."""
    return f"process_{process}"


def things(catalog: Catalog, found: list[Relation]) -> dict[str, Thing]:
    """Every end of a relation, in the order of appearance."""
    names = dict.fromkeys(end for relation in found for end in (relation.origin, relation.target))
    return {name: thing(catalog, name) for name in names}


def thing(catalog: Catalog, name: str) -> Thing:
    """A node, a drug, a process of the cell or a phenotype as a thing."""
    label = _label(catalog, name)
    if "(" in name or name.startswith("process_"):
        return Thing(name, "phenotype" if "(" in name else "process", "", label)
    record = catalog.identifier(name)
    exact = record.match == "exact"
    return Thing(name, record.kind, record.identifier if exact else "", label, "" if exact else record.identifier)


def _label(catalog: Catalog, name: str) -> str:
    hub = catalog.find_hub(name)
    if hub is not None:
        return hub.name
    if name.startswith("process_"):
        return f"{name.removeprefix('process_').replace('_', ' ')} (process of the cell)"
    if "(" in name:
        end = outcome(parse_path(f"x -> {name}"))
        assert end is not None
        return f"{end.direction} to {end.drug.replace('_', ' ')}"
    return name.replace("_", "-" if name.lower().startswith(("mir_", "let_")) else " ")
