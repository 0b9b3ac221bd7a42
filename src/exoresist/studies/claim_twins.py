"""Claims that are the same model under other names: circ_A -| miR_B -| C and circ_D -| miR_E -| F, when no number belongs to a name.

They have one result, so it is made once. Names count only where something hangs on them: pumps, and whether a node is a miRNA.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from exoresist.assembly.axes import is_mirna
from exoresist.assembly.claim import Recorded, Runnable, wire
from exoresist.assembly.claim_decoy import Decoy, wire_decoy
from exoresist.catalog import Catalog
from exoresist.catalog.knowledge import Claim
from exoresist.studies.claim_delivery import DRAWS
from exoresist.studies.claim_result import ClaimResult
from exoresist.studies.claims import run_wired

_MADE: dict[Hashable, ClaimResult] = {}


def run_once(claim: Claim, catalog: Catalog, draws: int = DRAWS) -> ClaimResult:
    """The result of a claim, taken from an earlier claim of the same model in this process if there is one."""
    decoy = wire_decoy(claim, catalog)
    if decoy is not None:
        found = _made((catalog.hash, draws, decoy.drug), decoy, catalog, draws)
        return replace(found, claim=claim, hub=decoy.hub)
    wired = wire(claim, catalog)
    if isinstance(wired, Recorded):
        return ClaimResult(claim, reason=wired.reason)
    found = _made((catalog.hash, draws, signature(wired, catalog)), wired, catalog, draws)
    return replace(
        found,
        claim=claim,
        hub=wired.hub,
        circular=wired.circular,
        assumed=wired.assumed,
        action=wired.action,
        action_sign=wired.action_sign,
    )


def _made(key: Hashable, wired: Runnable | Decoy, catalog: Catalog, draws: int) -> ClaimResult:
    if key not in _MADE:
        _MADE[key] = run_wired(wired, catalog, draws)
    return _MADE[key]


def signature(wired: Runnable, catalog: Catalog) -> Hashable:
    """Everything that a claim's result depends on, with its nodes numbered in the order of the chain."""
    pumps = set(catalog.ids("pumps"))
    names = [name for name in dict.fromkeys([*wired.chains.nodes, wired.head]) if name not in pumps]
    number = {_key(name): f"{place}{'m' if is_mirna(name) else ''}" for place, name in enumerate(names)}

    def told(name: str) -> str:
        return ".".join(number.get(part, part) for part in _key(name).split("."))

    hub = catalog.find_hub(wired.hub) if wired.hub else None
    chains, parameters = wired.chains, wired.model.network.parameters.values()
    return (
        wired.surrogate,
        wired.carried,
        told(wired.head),
        wired.claim.cargo_type,
        None if hub is None else (told(wired.hub), hub.process, hub.sign),
        repr(wired.dish),
        tuple((told(cargo.id), cargo.type) for cargo in wired.cargo),
        tuple((told(source), told(target), sign) for (source, target), sign in chains.edges.items()),
        tuple((told(name), drug, sign) for (name, drug), sign in chains.outcomes.items()),
        tuple(sorted(told(name) for name in chains.starts)),
        tuple((told(part.id), part.value, part.quantity and (part.quantity.name, part.quantity.subject)) for part in parameters),
    )


def _key(name: str) -> str:
    return name.replace("-", "_")
