"""What a well does with a scenario and a tissue does not: some of what happens between cells of two kinds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from exoresist.assembly.build import Model, build
from exoresist.assembly.scenario import Scenario
from exoresist.core.errors import ExoresistError
from exoresist.studies.tissue_killers import CHECKPOINT

KILLING = "immune_killing"  # of cells that touch, see `tissue.killing`


def left_out(scenario: Scenario, models: Mapping[str, Model]) -> list[str]:
    """Sentences on what the cells' networks lack beside a well with all populations; none where they lack nothing.

    models  population -> the model that its cells are taken from
    """
    if len(models) < 2:
        return []
    first = next(iter(models.values()))
    try:
        whole = build(_well(scenario, models), first.catalog)
    except ExoresistError:
        return []  # a well cannot be made of it: there is nothing to compare with
    found = []
    here = {process for model in models.values() for process in model.network.processes}
    processes = [part for part in whole.network.processes.values() if part.id not in here and part.name != KILLING]
    if processes:
        found.append(f"A well has {_listed(part.name for part in processes)} between these cells, which a tissue leaves out.")
    wires: dict[str, None] = {}
    for who, laid in whole.wires.items():
        own = {wire.id for wire in models[who].wires.get(who, ())}
        wires |= {wire.id: None for wire in laid if wire.id not in own and wire.group != CHECKPOINT}
        # Killers of a tissue know the checkpoint only.
        for group in dict.fromkeys(wire.group for wire in laid):
            ends = [wire.id for wire in first.catalog.signals(group) if wire.target == "killing"]
            wires |= dict.fromkeys(ends if group != CHECKPOINT else ())
    if wires:
        found.append(f"Signals from cells around a cell, and to killing, act in a well and are left out here: {_listed(wires)}.")
    return found


def _well(scenario: Scenario, models: Mapping[str, Model]) -> Scenario:
    populations = tuple(
        one.model_copy(update={"count": 1.0, "where": None, "attracted": None, "varied": None})
        for one in scenario.populations
        if one.id in models
    )
    arena = scenario.arena.model_copy(update={"kind": "well", "volume": 1e-6, "capacity": 1e30, "space": None})
    return scenario.model_copy(update={"populations": populations, "arena": arena})


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
