"""What running a claim stands on: the chain as it is wired, its laws, and the numbers behind it. Nothing is simulated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from exoresist.assembly.claim import RECIPIENT, Runnable, wire
from exoresist.assembly.claim_decoy import Decoy, wire_decoy
from exoresist.catalog import Catalog
from exoresist.catalog.knowledge import Claim
from exoresist.catalog.path import outcome, parse_path
from exoresist.catalog.route import Link, route_to_hub
from exoresist.laws.registry import Law
from exoresist.network import Sum
from exoresist.studies.provenance import BOOKKEEPING, PLAIN_SUMMARIES, law_units, parameter_rows

Row = dict[str, object]


@dataclass(frozen=True)
class ClaimFacts:
    """What is known of a claim before it runs.

    reported   links of the chain as the document has it, without the outcome
    outcome    (sign, direction, drug) of the last link, or None; the model does not use it
    stored     links of the catalogue that lead from the chain's end to a hub
    hub, process, process_sign   the node that acts on the cell, the process that it acts on, and its sign
    laws       rows `law, place`: what computes each part of the chain
    numbers    rows of every catalogue number in the claim's model, as in `studies.provenance.parameter_rows`
    reason     why the claim cannot run; "" when it can
    """

    claim: Claim
    reported: tuple[Link, ...] = ()
    outcome: tuple[int, str, str] | None = None
    stored: tuple[Link, ...] = ()
    hub: str = ""
    process: str = ""
    process_sign: int = 1
    surrogate: str = ""
    carried: bool = False
    circular: bool = False
    laws: tuple[dict[str, str], ...] = ()
    numbers: tuple[Row, ...] = ()
    reason: str = ""
    laws_used: dict[str, Law] = field(default_factory=dict)


def claim_facts(claim: Claim, catalog: Catalog) -> ClaimFacts:
    """The facts of one claim."""
    reported, last = _reported(claim)
    decoy = wire_decoy(claim, catalog)
    if decoy is not None:
        return _decoy_facts(decoy, catalog, reported, last)
    wired = wire(claim, catalog)
    if not isinstance(wired, Runnable):
        return ClaimFacts(claim, reported, last, reason=wired.reason)
    found = catalog.find_hub(wired.hub) if wired.hub else None
    end = reported[-1].target if reported else parse_path(claim.path)[0].node
    placed = list(_placed_laws(wired))
    rows = dict.fromkeys((law.name, place) for law, place in placed if law.name not in BOOKKEEPING)
    return ClaimFacts(
        claim,
        reported,
        last,
        tuple(_stored(catalog, end)) if wired.hub and not wired.assumed else (),
        wired.hub,
        "tolerance" if wired.assumed else "efflux" if found is None else found.process,
        wired.action_sign if wired.assumed else 1 if found is None else int(found.sign),
        wired.surrogate,
        wired.carried,
        wired.circular,
        tuple({"law": name, "place": place} for name, place in rows),
        tuple(parameter_rows([wired.model])),
        laws_used={law.name: law for law, _ in placed},
    )


def _decoy_facts(decoy: Decoy, catalog: Catalog, reported: tuple[Link, ...], last: tuple[int, str, str] | None) -> ClaimFacts:
    """A decoy claim acts by binding alone: its laws are those of the antibody in the bundled scenario."""
    hub = catalog.find_hub(decoy.hub)
    processes = [
        each for each in decoy.model.network.processes.values() if each.name in ("antibody_binding", "complement_killing")
    ]
    places = dict.fromkeys((each.law.name, f"process {each.name}") for each in processes)
    return ClaimFacts(
        decoy.claim,
        reported,
        last,
        (),
        decoy.hub,
        "antibody" if hub is None else hub.process,
        1 if hub is None else int(hub.sign),
        decoy.drug,
        True,
        False,
        tuple({"law": name, "place": place} for name, place in places),
        tuple(parameter_rows([decoy.model])),
        laws_used={each.law.name: each.law for each in processes},
    )


def law_rows(laws: Mapping[str, Law]) -> list[Row]:
    """Rows `law, latex, summary, units, source` of the laws, made from the laws themselves; plain arithmetic is left out."""
    from exoresist.network.exports import law_latex

    return [
        {
            "law": name,
            "latex": law_latex(law),
            "summary": PLAIN_SUMMARIES.get(name, law.summary),
            "units": law_units(law.units, law.returns),
            "source": law.origin,
        }
        for name, law in sorted(laws.items())
        if name not in BOOKKEEPING
    ]


def _reported(claim: Claim) -> tuple[tuple[Link, ...], tuple[int, str, str] | None]:
    if claim.path in ("none", "not stated"):
        return (), None
    steps = parse_path(claim.path)
    end = outcome(steps)
    inner = steps if end is None else steps[:-1]
    links = tuple(Link(before.node, step.node, step.sign) for before, step in pairwise(inner))
    return links, None if end is None else (steps[-1].sign, end.direction, end.drug)


def _stored(catalog: Catalog, end: str) -> list[Link]:
    # A pump in the middle of a chain stands for what it does, as in `assembly.claim`.
    start = "drug_efflux" if end in catalog.ids("pumps") else catalog.canonical(end)
    return route_to_hub(catalog, start) or []


def _placed_laws(wired: Runnable) -> Iterator[tuple[Law, str]]:
    """The laws of the chain: of its nodes and miRNAs, of the factor that its hub puts on the cell, and of a pump."""
    network = wired.model.network
    for node in network.nodes.values():
        name = node.id.removeprefix(f"{RECIPIENT}.")
        for law, _ in node.regulators:
            yield law, f"node {name}"
    chain = {name.split(".")[1] for name in network.parameters if name.endswith(".mimic_fold")}
    for derived in network.derived.values():
        owner = derived.id.split(".")[1] if derived.id.startswith(f"{RECIPIENT}.") and derived.id.count(".") > 1 else ""
        if isinstance(derived, Sum):
            continue  # adding up is no law
        law = derived.law
        if owner in chain and not derived.id.endswith(".basal_loading"):
            yield law, f"miRNA {owner}"
        elif derived.id == f"{RECIPIENT}.tolerance_{wired.hub}":
            yield law, "factor on tolerance"
    for modulation in network.modulations:
        if modulation.tag == f"hub:{wired.hub}":
            process = network.processes[modulation.process]
            yield modulation.law, f"factor on {process.name}"
            yield process.law, f"process {process.name}"
    for process in network.processes.values():
        if wired.carried and not wired.hub and process.name.startswith(f"efflux_{wired.head}"):
            yield process.law, f"process {process.name}"
        if wired.carried and process.name in ("uptake_clathrin_preparation", "unpacking_preparation"):
            yield process.law, f"delivery, process {process.name.removesuffix('_preparation')}"
    if wired.carried:
        loading = network.processes.get(f"{RECIPIENT}.{wired.head.replace('-', '_')}.loading")
        if loading is not None:
            yield loading.law, "delivery, process loading"
