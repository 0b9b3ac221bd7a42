"""One arm of a scenario as one network that is complete by itself: starts, doses and all other events in it."""

from __future__ import annotations

from exoresist.assembly import soluble
from exoresist.assembly.arms import expand_arms
from exoresist.assembly.assay import ConditionedMedium
from exoresist.assembly.build import build
from exoresist.assembly.scenario import Scenario
from exoresist.assembly.tissue_cell import cell_network
from exoresist.catalog import Catalog
from exoresist.core.errors import unknown_name
from exoresist.core.progress import Silent
from exoresist.network import Network
from exoresist.studies.conditioning import conditioned
from exoresist.studies.ensemble import Ensemble


def single_network(scenario: Scenario, arm: str | None = None, catalog: Catalog | None = None) -> Network:
    """The network of an arm with central values at the dose of the time courses; other programs run it as it stands.

    arm  id of one of the scenario's arms; None: the scenario's base

    Of a conditioned medium it is the exposure: donors condition the medium here, and what they leave is part of the
    start. Of a tissue it is the network inside one cell of the population that is read, in a nanolitre of medium.
    Raises InputError for an unknown arm.
    """
    catalog = catalog or Catalog.load()
    chosen = _arm(scenario, arm) if arm is not None else scenario
    if chosen.arena.kind == "tissue":
        population = getattr(chosen.assay, "population", chosen.populations[0].id)
        return cell_network(chosen, catalog, population)[1].frozen()
    if not isinstance(chosen.assay, ConditionedMedium):
        return build(chosen, catalog).frozen()
    exposure, draws, per_cell, loads = conditioned(chosen, chosen.assay, catalog, Ensemble(0, chosen.seed), Silent())
    model = build(exposure, catalog)
    brought = {soluble.carried(factor): draws.get(soluble.carried(factor), 0.0) for factor in model.layout.factors}
    return model.frozen(brought, per_cell=per_cell, loads=loads)


def _arm(scenario: Scenario, wanted: str) -> Scenario:
    arms = {arm.id: one for arm, one in expand_arms(scenario)} if scenario.arms else {}
    if wanted not in arms:
        raise unknown_name("Arm", wanted, arms)
    return arms[wanted]
