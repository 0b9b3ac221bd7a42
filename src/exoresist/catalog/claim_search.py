"""Finding claims by drug, cancer, cargo, gene, effect and direction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from exoresist.catalog.entities import UNSTATED
from exoresist.catalog.knowledge import Claim
from exoresist.catalog.path import parse_path
from exoresist.catalog.search import Hit
from exoresist.core.errors import unknown_name

if TYPE_CHECKING:
    from exoresist.catalog.catalog import Catalog

NO_PATH = UNSTATED
_PIECE = re.compile(r"[a-z]+|\d+")


@dataclass(frozen=True)
class ClaimFilter:
    """What claims must hold; an empty text asks for nothing. Case, `_`, `-` and spaces do not matter.

    drug       one of the claim's drugs
    cancer     part of the cancer's name: `lung cancer` finds the non-small cell kind, too
    cargo      a cargo as identified or as printed, or a type of cargo; a miRNA without its arm finds both arms
    gene       any node of the chain, under any of its names
    drug, cancer, cargo and gene may be given as identifiers: `CHEBI:27899`, `MONDO:0005233`, `HGNC:40`
    effect     one of the claim's effect classes
    direction  resistance, sensitivity or none
    """

    drug: str = ""
    cancer: str = ""
    cargo: str = ""
    gene: str = ""
    effect: str = ""
    direction: str = ""

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


def find_claims(catalog: Catalog, text: str, wanted: ClaimFilter) -> tuple[Hit, ...]:
    """Claims that hold every word of `text` and fulfil the filter, best first.

    A value that no claim at all has is an error that names the nearest ones, so that a slip of the pen is not
    taken for an empty shelf.
    """
    claims = [catalog.claim(name) for name in catalog.ids("claims")]
    kept = {claim.id for claim in claims}
    for field in fields(wanted):
        value = getattr(wanted, field.name)
        if value:
            fits = _TESTS[field.name]
            found = {claim.id for claim in claims if fits(catalog, claim, value)}
            if not found:
                raise unknown_name(field.name.capitalize(), value, _known(catalog, claims, field.name))
            kept &= found
    return tuple(hit for hit in catalog.search(text, table="claims") if hit.id in kept)


def chain_nodes(claim: Claim) -> list[str]:
    """The nodes of a claim's chain without its outcome; [] for a claim without a chain."""
    if claim.path in NO_PATH:
        return []
    return [step.node for step in parse_path(claim.path) if "(" not in step.node]


def pieces(text: str) -> tuple[str, ...]:
    """`hsa-miR-21-5p`, `miR_21_5p` -> (mir, 21, 5, p)."""
    found = tuple(_PIECE.findall(text.lower()))
    return found[1:] if found[:1] == ("hsa",) else found


def same_name(wanted: str, name: str) -> bool:
    """Whether two spellings name one thing; a miRNA without its arm stands for both arms."""
    asked, given = pieces(wanted), pieces(name)
    return bool(asked) and (given == asked or (given[: len(asked)] == asked and given[len(asked) :] in _ARMS))


_ARMS = (("5", "p"), ("3", "p"))


def _names(catalog: Catalog, printed: str) -> set[str]:
    """A name with what it means here: `P-gp` and `HGNC:40` are ABCB1, `AKT1` is AKT."""
    return {catalog.canonical(name) for name in {*catalog.names_of(printed), printed}} | {printed}


def _any_same(catalog: Catalog, wanted: str, names: Iterable[str]) -> bool:
    meant = _names(catalog, wanted)
    return any(same_name(one, name) for name in names for one in meant)


def _drug(catalog: Catalog, claim: Claim, wanted: str) -> bool:
    meant = {pieces(name) for name in _names(catalog, wanted)}
    return any(pieces(drug) in meant for drug in claim.drugs)


def _cancer(catalog: Catalog, claim: Claim, wanted: str) -> bool:
    said = " ".join(pieces(claim.cancer))
    return any(" ".join(pieces(name)) in said for name in _names(catalog, wanted))


def _cargo(catalog: Catalog, claim: Claim, wanted: str) -> bool:
    if pieces(wanted) == pieces(claim.cargo_type):
        return True
    named = [*re.split(r"[;,]", claim.cargo), *re.split(r"[;,]", claim.cargo_printed)]
    return _any_same(catalog, wanted, [name.strip() for name in named])


def _gene(catalog: Catalog, claim: Claim, wanted: str) -> bool:
    nodes = chain_nodes(claim)
    return _any_same(catalog, wanted, [*nodes, *(catalog.canonical(node) for node in nodes)])


def _effect(catalog: Catalog, claim: Claim, wanted: str) -> bool:
    return any(pieces(wanted) == pieces(effect) for effect in claim.effect)


def _direction(catalog: Catalog, claim: Claim, wanted: str) -> bool:
    return pieces(wanted) == pieces(claim.reported_direction)


_TESTS: dict[str, Callable[[Catalog, Claim, str], bool]] = {
    "drug": _drug,
    "cancer": _cancer,
    "cargo": _cargo,
    "gene": _gene,
    "effect": _effect,
    "direction": _direction,
}


def _known(catalog: Catalog, claims: Iterable[Claim], field: str) -> set[str]:
    """The values that a filter could have had."""
    found: set[str] = set()
    for claim in claims:
        if field == "gene":
            found.update(chain_nodes(claim))
        elif field == "cargo":
            found.update((*claim.cargo.split(";"), claim.cargo_type))
        elif field == "direction":
            found.add(claim.reported_direction)
        else:
            value = getattr(claim, {"drug": "drugs"}.get(field, field))
            found.update((value,) if isinstance(value, str) else value)
    return found - set(UNSTATED) if field != "direction" else found
