"""A claim about antibody decoys: vesicles with the antigen bind the antibody before it reaches a cell, in the bundled decoy scenario."""

from __future__ import annotations

from dataclasses import dataclass

from exoresist.assembly.build import Model, build
from exoresist.assembly.claim import dish_scenario
from exoresist.assembly.layout import Cargo
from exoresist.assembly.reader import bundled_scenarios, load_scenario
from exoresist.catalog import Catalog
from exoresist.catalog.knowledge import Claim
from exoresist.catalog.path import outcome, parse_path
from exoresist.catalog.route import route_to_hub

SCENARIO = "rituximab_decoy"
PREPARATION = "decoy"
OTHER_DRUG = "doxorubicin"


@dataclass(frozen=True)
class Decoy:
    """A decoy claim in the bundled scenario, in which the modelled antibody and its antigen stand for those claimed.

    model  cells with the antigen, the antibody, and vesicles of the same cells as preparation `decoy`
    other  the same vesicles on generic cells under a drug that is no antibody: the control with a wrong drug
    """

    claim: Claim
    model: Model
    other: Model
    drug: str
    antigen: str
    hub: str

    @property
    def recipients(self) -> str:
        return self.model.recipients().id


def wire_decoy(claim: Claim, catalog: Catalog) -> Decoy | None:
    """The claim in the decoy scenario; None where it is not about an antigen on vesicles and an antibody."""
    if claim.cargo_type != "surface_antigen" or claim.path in ("none", "not stated"):
        return None
    steps = parse_path(claim.path)
    end = outcome(steps)
    drug = None if end is None else catalog.surrogate(end.drug)
    if len(steps) < 2 or drug is None or catalog.drug(drug).mode != "surface_antibody":
        return None
    node = catalog.canonical(steps[-2].node)
    route = route_to_hub(catalog, node)
    if route is None:
        return None
    hub = catalog.find_hub(route[-1].target if route else node)
    if hub is None or hub.process != "antibody":
        return None
    scenario = load_scenario(bundled_scenarios()[SCENARIO])
    antigen = next(name for name in scenario.cargo if catalog.cargo(name).antigen == catalog.drug(drug).target)
    line = next(entry.donor for entry in scenario.vesicles if entry.id == PREPARATION)
    more = {"vesicles": [{"id": PREPARATION, "donor": line, "per_cell": "0 particle/cell"}]}
    other = build(
        dish_scenario(f"decoy_beside_{OTHER_DRUG}", OTHER_DRUG, more), catalog, carried=[Cargo(antigen, "surface_antigen")]
    )
    return Decoy(claim, build(scenario, catalog), other, drug, antigen, hub.id)
