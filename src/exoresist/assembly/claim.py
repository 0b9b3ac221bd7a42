"""A claim as something that runs: its chain, the drug that stands for the claimed one, and a generic dish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from exoresist.assembly.axes import Chains
from exoresist.assembly.build import Model, build
from exoresist.assembly.layout import Cargo
from exoresist.assembly.reader import scenario_from_dict
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.catalog.path import outcome, parse_path
from exoresist.catalog.records import Claim
from exoresist.catalog.route import route_to_hub

DISH = ("repair", "tolerance", "efflux", "drug_export", "secretion", "metabolism", "drug_influx", "growth", "damage")
RECIPIENT = "recipient"
PREPARATION = "preparation"


@dataclass(frozen=True)
class Runnable:
    """A claim wired into a dish.

    head       the node or cargo that is raised; `carried` when vesicles carry it physically
    hub        the node whose own action on the cell gives the phenotype; "" for a pump that acts by itself
    surrogate  the modelled drug that stands for the claimed one
    circular   the chain reaches its hub only through an edge that the documents themselves state
    """

    claim: Claim
    model: Model
    head: str
    carried: bool
    hub: str
    surrogate: str
    circular: bool = False


@dataclass(frozen=True)
class Recorded:
    """A claim that cannot run yet, with the reason."""

    claim: Claim
    reason: str


def wire(claim: Claim, catalog: Catalog, contexts: Sequence[str] = ()) -> Runnable | Recorded:
    """The claim in a generic dish, or why not; `contexts` are those of the catalogue in which signs of nodes differ.

    The reported direction is not an input. Neither is the claim's last link: the phenotype comes from the hub's own row.
    """
    if claim.reported_direction == "none" or claim.path in ("none", "not stated"):
        return Recorded(claim, "no drug phenotype is reported")
    steps = parse_path(claim.path)
    end = outcome(steps)
    if end is None:
        return Recorded(claim, "the chain ends in no drug phenotype")
    surrogate = catalog.surrogate(end.drug)
    if surrogate is None:
        return Recorded(claim, f"no modelled drug stands for {end.drug}")
    if catalog.drug(surrogate).mode == "surface_antibody":
        return Recorded(claim, "antibody decoys run as the bundled scenario rituximab_decoy")
    nodes = [catalog.canonical(step.node) for step in steps[:-1]]
    signs = [step.sign for step in steps[:-1]]
    head = nodes[0]
    pump = _pump(catalog, head, surrogate)
    if pump and len(nodes) <= 2:
        return _wired(claim, catalog, Chains(starts={head}), head, "", surrogate)
    # A pump in the middle of a chain stands for what it does; only as a head is it carried and counted.
    nodes = [head, *("drug_efflux" if node in catalog.ids("pumps") else node for node in nodes[1:])]
    route = route_to_hub(catalog, nodes[-1], contexts)
    if route is None:
        return Recorded(claim, f"no known action of {nodes[-1]} on a cell in a dish (its last link would be assumed)")
    chains = Chains(starts={head})
    for before, after, sign in zip(nodes, nodes[1:], signs[1:], strict=False):
        if before != after:
            chains.add(before, after, sign)
    for origin, target, sign in route:
        chains.add(origin, target, sign)
    hub = route[-1][1] if route else nodes[-1]
    found = catalog.hub_in(hub, contexts)
    assert found is not None
    if found.process not in DISH:
        return Recorded(claim, f"{hub} acts through {found.process}, which needs more than a dish")
    chains.outcomes[hub, surrogate] = int(found.sign)
    wired = _wired(claim, catalog, chains, head, hub, surrogate, contexts)
    told = any(catalog.edge_reference(origin, target).startswith("seed_") for origin, target, _ in route)
    # A context's sign was read from documents like this one.
    return replace(wired, circular=told or found != catalog.find_hub(hub))


def _pump(catalog: Catalog, head: str, drug: str) -> bool:
    return head in catalog.ids("pumps") and head in catalog.drug(drug).pumps


def _wired(
    claim: Claim, catalog: Catalog, chains: Chains, head: str, hub: str, surrogate: str, contexts: Sequence[str] = ()
) -> Runnable:
    named = [catalog.canonical(name) for name in claim.cargo.split(";")]
    carried = claim.cargo_type not in ("none", "drug") and head in named
    kind = "protein" if claim.cargo_type == "surface_antigen" else claim.cargo_type
    if carried and hub == head:
        # The cargo is itself the node that acts: what arrives feeds the recipient's activity of the same name.
        chains.add(f"{head}_received", head, 1)
        chains.starts = {f"{head}_received"}
        head = f"{head}_received"
    cargo = [Cargo(head, kind)] if carried else []
    if "ABCB1" in catalog.drug(surrogate).pumps and head != "ABCB1":
        cargo.append(Cargo("ABCB1", "pump_protein"))
    model = build(_dish(claim, surrogate, contexts), catalog, chains=chains, carried=cargo)
    return Runnable(claim, model, head, carried, hub, surrogate)


def _dish(claim: Claim, drug: str, contexts: Sequence[str] = ()) -> Scenario:
    return scenario_from_dict(
        {
            "schema": "exoresist/1",
            "name": claim.id,
            "contexts": list(contexts),
            "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "60000 cell"},
            "populations": [{"id": RECIPIENT, "cell_line": "generic_tumour", "count": "3000 cell"}],
            "drugs": [{"id": drug, "dose": "100 nM"}],
            "vesicles": [{"id": PREPARATION, "donor": "generic_tumour", "per_cell": "0 particle/cell"}],
            "duration": "72 h",
            "assay": {
                "kind": "dose_response",
                "population": RECIPIENT,
                "drug": drug,
                "doses": {"from": "1 nM", "to": "1000 nM", "points": 6},
            },
        }
    )
