"""A scenario's population as the network of one cell: its share of medium around it, its death told as a hazard instead of a flow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from exoresist.assembly.build import Model, build
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import ModelError
from exoresist.laws import kinetics
from exoresist.network import Derived, Modulation, Network, Process, Sum
from exoresist.network.cell import CellNetwork
from exoresist.network.parts import Part
from exoresist.network.wiring import carried

STRESSES = ("hypoxia", "acidity", "starvation")
EFFECTORS = "effector_cells"  # share of the antibodies on a cell that effector cells reach; only where there are antibodies


def cell_network(
    scenario: Scenario,
    catalog: Catalog,
    population: str,
    change: Callable[[Model], Model] | None = None,
    tagged: bool = False,
) -> tuple[CellNetwork, Model]:
    """The network of one cell of a population, with the vesicles of all populations around it, and the model it is taken from.

    Everything that the well's network says holds for a cell of biomass 1; the only change is that all flows of dying cells become one rate
    that is read (`<population>.death_hazard`), because in a tissue a cell dies whole or not at all. `change` may alter the model first
    (a counterfactual); `tagged` keeps cargo apart by origin, in cells and on vesicles.
    """
    one = scenario.model_copy(
        update={
            "populations": tuple(
                entry.model_copy(update={"count": 1.0, "where": None}) for entry in scenario.populations if entry.count > 0.0
            ),
            "arena": scenario.arena.model_copy(update={"kind": "well", "volume": 1e-6, "capacity": 1e30, "space": None}),
        }
    )
    model = build(one, catalog, inside=population, origin_tags=tagged, induced_tags=tagged)
    if change is not None:
        model = change(model)
    who = model.layout.populations[0]
    death = model.network.processes[f"{who.id}.death"]
    deaths = [death, *(part for part in model.network.processes.values() if part is not death and _kills(part, death))]
    network = Network(f"{scenario.name}, {who.id}", [*_without(model.network, deaths), *_hazards(model.network, deaths)])
    medium = tuple(
        pool.id
        for pool in model.network.pools.values()
        if any(pool.id == side.id or pool.id.startswith(f"{side.id}.") for side in model.layout.sides)
    )
    start = model.start()
    amounts = {name: float(amount) for name, amount in start.items()}
    return (
        CellNetwork(
            network=network,
            cells=who.cells,
            medium=medium,
            volume=who.side.volume,
            capacity="arena.capacity",
            stress={one: f"environment.{one}" for one in (*STRESSES, EFFECTORS) if f"environment.{one}" in network.parameters},
            hazard=f"{who.id}.death_hazard",
            start=amounts,
            remains=_remains(model.network, death),
        ),
        model,
    )


def _kills(process: Process, death: Process) -> bool:
    """Whether a process is another way for the cell to die: through complement, for one."""
    return process.source == death.source and process.sink == death.sink


def _without(network: Network, deaths: Sequence[Process]) -> list[Part]:
    names = {death.id for death in deaths}
    return [
        part
        for part in network.parts()
        if not (isinstance(part, Process) and part.id in names) and not (isinstance(part, Modulation) and part.process in names)
    ]


def _hazards(network: Network, deaths: Sequence[Process]) -> list[Part]:
    """The specific rates of all ways to die, as one derived value."""
    name = f"{deaths[0].source}".removesuffix(".cells") + ".death_hazard"
    if len(deaths) == 1:
        return _hazard(network, deaths[0], name)
    apart = [name.replace("death_hazard", f"hazard_of_{death.id.rpartition('.')[2]}") for death in deaths]
    parts = [part for death, own in zip(deaths, apart, strict=True) for part in _hazard(network, death, own)]
    return [*parts, Sum(name, apart)]


def _hazard(network: Network, death: Process, name: str) -> list[Part]:
    """The specific rate of one way to die with all its modulations, as derived values."""
    factors = [part for part in network.modulations if part.process == death.id]
    if not factors:
        return [Derived(name, death.law, death.inputs)]
    parts: list[Part] = [Derived(f"{name}_step_0", death.law, death.inputs)]
    for index, factor in enumerate(factors):
        parts.append(Derived(f"{name}_factor_{index}", factor.law, factor.inputs))
        made = name if index == len(factors) - 1 else f"{name}_step_{index + 1}"
        parts.append(Derived(made, kinetics.product, {"first": f"{name}_step_{index}", "second": f"{name}_factor_{index}"}))
    return parts


def _remains(network: Network, death: Process) -> dict[str, str]:
    """Pool of the cell -> where its content goes when the cell is gone."""
    to = {death.source: death.sink}
    for pool in carried(network, death.source):
        routes = death.fate(pool)
        if routes is None or len(routes) != 1:
            raise ModelError(f"death sends '{pool.id}' to several places, which a body that is cleared at once cannot do")
        if routes[0].to:
            to[pool.id] = routes[0].to
    return {name: target for name, target in to.items() if network.pools[name].element}  # marks vanish with the cell
