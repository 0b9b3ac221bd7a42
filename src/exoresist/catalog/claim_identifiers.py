"""What the words of one claim are called elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from exoresist.catalog.claim_search import chain_nodes
from exoresist.catalog.entities import UNSTATED, without_state
from exoresist.catalog.knowledge import Claim, Identifier
from exoresist.catalog.records import words

if TYPE_CHECKING:
    from exoresist.catalog.catalog import Catalog


class Named(NamedTuple):
    """A word of a claim: where it stands (cargo, node, drug, cancer, donor, recipient), how, and what it is."""

    role: str
    printed: str
    record: Identifier


def claim_identifiers(catalog: Catalog, claim: Claim) -> list[Named]:
    """Every named thing of a claim, each once: under the first role that it has."""
    found: dict[str, Named] = {}
    for role, printed in _words(claim):
        if printed not in UNSTATED:
            record = catalog.identifier(printed)
            found.setdefault(record.name, Named(role, printed, record))
    return list(found.values())


def _words(claim: Claim) -> Iterator[tuple[str, str]]:
    yield from (("cargo", name) for name in words(claim.cargo))
    yield from (("node", name) for name in chain_nodes(claim))
    yield from (("drug", name) for name in claim.drugs)
    yield from (("cancer", name) for name in words(claim.cancer))
    for end in ("donor", "recipient"):
        yield from ((end, name) for name in words(getattr(claim, end)))
        yield from ((end, without_state(name)) for name in words(getattr(claim, f"{end}_context")))
