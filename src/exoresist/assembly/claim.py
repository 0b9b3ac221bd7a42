"""A claim as something that runs: its chain, the drug that stands for the claimed one, and a generic dish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import prod
from types import MappingProxyType
from typing import Any

from exoresist.assembly.axes import Chains, is_mirna
from exoresist.assembly.build import Model, build
from exoresist.assembly.layout import Cargo
from exoresist.assembly.reader import scenario_from_dict
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.catalog.knowledge import Claim
from exoresist.catalog.path import Outcome, outcome, parse_path
from exoresist.catalog.route import Link, route_to_hub

RECIPIENT = "recipient"
PREPARATION = "preparation"
# Nodes of the bench that move the chain's second node together, 1 unless a control says otherwise: several, because what one regulator
# does is bounded, and a rescue by a vector is not.
RESCUE = ("rescue_1", "rescue_2", "rescue_3")


@dataclass(frozen=True)
class Dish:
    """What a claim's dish holds beside generic cells, one drug and vesicles: keys of a scenario, laid over the plain one."""

    more: Mapping[str, Any] = field(default_factory=dict)


PLAIN = Dish()

# The dish in which a hub's process can act. A process that is missing here needs more than a dish: its claims run on
# their own last link instead (`assumed`).
# Killing by immune cells is missing on purpose: with killers in the dish it acts alike with and without the drug, so that no drug response
# shows it (a run gave effects of -0.005 to -0.009 of ln survivors, and the control with a wrong drug failed).
DISHES: Mapping[str, Dish] = {
    "repair": PLAIN,
    "tolerance": PLAIN,
    "efflux": PLAIN,
    "drug_export": PLAIN,
    "secretion": PLAIN,
    "metabolism": PLAIN,
    "drug_influx": PLAIN,
    "growth": PLAIN,
    "damage": PLAIN,
}

# Whether more of a process makes for resistance (+1) or sensitivity (-1); a process that may do either is missing.
TOWARDS_RESISTANCE: Mapping[str, int] = {
    "repair": 1, "tolerance": 1, "efflux": 1, "drug_export": 1, "metabolism": 1, "drug_influx": -1, "damage": -1, "antibody": -1,
    "immune": -1,
}  # fmt: skip


@dataclass(frozen=True)
class Runnable:
    """A claim wired into a dish.

    head       the node or cargo that is raised; `carried` when vesicles carry it physically
    hub        the node whose own action on the cell gives the phenotype; "" for a pump that acts by itself
    surrogate  the modelled drug that stands for the claimed one
    assumed    the catalogue knows no action of the chain's end in a dish: the claim's own last link stands for it
    circular   the chain reaches its hub only through an edge that the documents themselves state
    action     how the end of the document's chain acts in the catalogue, in words; `action_sign`: +1 towards resistance, -1
               towards sensitivity, 0 where the process may do either
    chains, cargo, dish   what the model was wired from, so that a bench with donors and treatments can be wired from it, too
    """

    claim: Claim
    model: Model
    head: str
    carried: bool
    hub: str
    surrogate: str
    circular: bool = False
    assumed: bool = False
    action: str = ""
    action_sign: int = 0
    chains: Chains = field(default_factory=Chains)
    cargo: tuple[Cargo, ...] = ()
    dish: Dish = PLAIN

    @property
    def second(self) -> tuple[str, int] | None:
        """The node that the head acts on first, and the sign; None where the head itself acts on the cell."""
        return next(((target, sign) for (source, target), sign in self.chains.edges.items() if source == self.head), None)


@dataclass(frozen=True)
class Recorded:
    """A claim that cannot run yet, with the reason."""

    claim: Claim
    reason: str


def wire(claim: Claim, catalog: Catalog, drug: str | None = None, contexts: Sequence[str] = ()) -> Runnable | Recorded:
    """The claim in a generic dish, or why not.

    contexts  those of the catalogue in which the signs of some nodes differ

    drug  a modelled drug in place of the one that stands for the claimed one: the control with a wrong drug

    The reported direction is not an input. Neither is the claim's last link: the phenotype comes from the hub's own row. Only where the
    catalogue has no action for the end of the chain the last link is taken, and the claim says so (`assumed`).
    """
    if claim.reported_direction == "none" or claim.path in ("none", "not stated"):
        return Recorded(claim, "no drug phenotype is reported")
    steps = parse_path(claim.path)
    end = outcome(steps)
    if end is None:
        return Recorded(claim, "the chain ends in no drug phenotype")
    surrogate = drug or catalog.surrogate(end.drug)
    if surrogate is None:
        return Recorded(claim, f"no modelled drug stands for {end.drug}")
    nodes = [catalog.canonical(step.node) for step in steps[:-1]]
    signs = [step.sign for step in steps[:-1]]
    if catalog.drug(surrogate).mode == "surface_antibody":
        return Recorded(claim, f"{end.drug} is modelled as a surface antibody, on which {nodes[-1]} has no modelled action")
    head = nodes[0]
    pumps = catalog.ids("pumps")
    if head in catalog.drug(surrogate).pumps and len(nodes) <= 2 and claim.cargo_type != "mRNA":
        return _wired(claim, catalog, Chains(starts={head}), head, "", surrogate)
    if head in pumps and claim.cargo_type == "mRNA":
        # What arrives is the messenger: it is counted apart from the pump that is made from it.
        head = f"{head}_mRNA"
        nodes, signs = [head, *nodes], [signs[0], 1, *signs[1:]]
    # A pump in the middle of a chain stands for what it does; only as a head is it carried and counted.
    nodes = [head, *("drug_efflux" if node in pumps else node for node in nodes[1:])]
    stored = route_to_hub(catalog, nodes[-1], contexts)
    chains = Chains(starts={head})
    for (before, after), sign in zip(pairwise(nodes), signs[1:], strict=False):
        if before != after:
            chains.add(before, after, sign)
    reached = catalog.hub_in(stored[-1].target if stored else nodes[-1], contexts) if stored is not None else None
    if stored is None or reached is None or reached.process not in DISHES:
        return _assumed(claim, catalog, chains, head, nodes[-1], signs_of(steps[-1].sign, end), surrogate)
    route = [Link(link.origin, "drug_efflux" if link.target in pumps else link.target, link.sign) for link in stored]
    for link in route:
        chains.add(*link)
    hub = route[-1].target if route else nodes[-1]
    found = catalog.hub_in(hub, contexts)
    assert found is not None
    chains.outcomes[hub, surrogate] = int(found.sign)
    dish = DISHES[found.process]
    if contexts:
        dish = Dish({**dish.more, "contexts": list(contexts)})
    wired = _wired(claim, catalog, chains, head, hub, surrogate, dish)
    told = any(catalog.edge_reference(origin, target).startswith("seed_") for origin, target, _ in stored)
    circular = told or found != catalog.find_hub(hub)  # a context's sign was read from documents like this one
    net = int(found.sign) * prod(link.sign for link in route)
    through = f" through {hub}" if route else ""
    action = f"{nodes[-1]} {'raises' if net > 0 else 'lowers'} {found.process.replace('_', ' ')}{through}"
    return replace(wired, circular=circular, action=action, action_sign=net * TOWARDS_RESISTANCE.get(found.process, 0))


def signs_of(last: int, end: Outcome) -> int:
    """What the last link of a chain says: +1 that its node makes for resistance, -1 for sensitivity."""
    return last if end.direction == "resistance" else -last


def _assumed(claim: Claim, catalog: Catalog, chains: Chains, head: str, last: str, sign: int, surrogate: str) -> Runnable:
    """A chain whose end has no action in the catalogue: it acts on the tolerated damage as the claim's own last link says.

    Its direction proves nothing and is left out of scores; what it takes to bring it about is of interest all the same.
    """
    lowers = is_mirna(last)  # through targets that nobody names
    node = f"{'targets' if lowers else 'action'}_of_{last}"
    chains.add(last, node, -1 if lowers else 1)
    chains.outcomes[node, surrogate] = -sign if lowers else sign
    wired = _wired(claim, catalog, chains, head, node, surrogate)
    return replace(wired, assumed=True, action=f"{last} acts on tolerance as the claim says (assumed)", action_sign=sign)


def _wired(claim: Claim, catalog: Catalog, chains: Chains, head: str, hub: str, surrogate: str, dish: Dish = PLAIN) -> Runnable:
    named = [catalog.canonical(name) for name in claim.cargo.split(";")]
    carried = claim.cargo_type not in ("none", "drug") and head.removesuffix("_mRNA") in named
    kind = "protein" if claim.cargo_type == "surface_antigen" else claim.cargo_type
    if carried and hub == head:
        # The cargo is itself the node that acts: what arrives feeds the recipient's activity of the same name.
        chains.add(f"{head}_received", head, 1)
        chains.starts = {f"{head}_received"}
        head = f"{head}_received"
    cargo = [Cargo(head, kind)] if carried else []
    if "ABCB1" in catalog.drug(surrogate).pumps and head != "ABCB1":
        cargo.append(Cargo("ABCB1", "pump_protein"))
    model = build(dish_scenario(claim.id, surrogate, dish.more), catalog, chains=chains, carried=cargo)
    return Runnable(claim, model, head, carried, hub, surrogate, chains=chains, cargo=tuple(cargo), dish=dish)


def plain_dish(catalog: Catalog, drug: str) -> Model:
    """The dish without any chain: where the drug's IC50 is found, the same for every claim."""
    cargo = [Cargo("ABCB1", "pump_protein")] if "ABCB1" in catalog.drug(drug).pumps else []
    return build(dish_scenario("plain_dish", drug), catalog, carried=cargo)


def rescued(wired: Runnable) -> Chains:
    """The claim's chains with nodes `RESCUE` that move the second node up; as they are where a mimic can do that."""
    chains = Chains(dict(wired.chains.edges), dict(wired.chains.outcomes), set(wired.chains.starts))
    if wired.second is not None and not is_mirna(wired.second[0]):
        for name in RESCUE:
            chains.add(name, wired.second[0], 1)
            chains.starts.add(name)
    return chains


def dish_scenario(name: str, drug: str, more: Mapping[str, Any] = MappingProxyType({})) -> Scenario:
    """The plain dish as a scenario; lists in `more` are added to, other keys replaced."""
    plain: dict[str, Any] = {
        "schema": "exoresist/1",
        "name": name,
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
    for key, value in more.items():
        plain[key] = [*plain[key], *value] if isinstance(value, Sequence) and isinstance(plain.get(key), list) else value
    return scenario_from_dict(plain)
