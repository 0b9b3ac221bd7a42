"""What a machine would read of a simulated well: one function per kind of readout."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.build import Model
from exoresist.assembly.fit_readouts import CargoOf, Cells, Cover, DrugIn, Named, Particles, Reads, Share, Survival
from exoresist.assembly.layout import Population, Side
from exoresist.assembly.scenario import Scenario
from exoresist.core.errors import InputError, unknown_name
from exoresist.network import Run

Array = NDArray[np.float64]
UNITS = {"cells": "cell", "survival": "dimensionless", "confluence": "dimensionless", "particles": "particle/mL", "cargo": "copy/cell",
         "fraction": "dimensionless"}  # fmt: skip


def readout_unit(reads: Reads, model: Model) -> str:
    """Unit in which `read` gives its numbers."""
    if isinstance(reads, DrugIn):
        return "nM" if reads.place == "medium" else "pmol/cell"
    if isinstance(reads, Named):
        network = model.network
        if reads.of in network.pools:
            return network.pools[reads.of].unit
        return network.parameters[reads.of].unit if reads.of in network.parameters else "dimensionless"
    return UNITS[reads.kind]


def check_readout(reads: Reads, model: Model, base: Scenario) -> None:
    """Refuse what an experiment does not hold: populations, drugs, cargo, vesicles, names. What only this arm leaves out counts 0.

    base  the experiment's scenario, of which the model is an arm
    """
    populations = {entry.id for entry in (*base.populations, *model.scenario.populations)}
    named = [*getattr(reads, "populations", ()), *getattr(reads, "among", ())]
    for name in [*named, *([reads.population] if getattr(reads, "population", None) else [])]:  # type: ignore[union-attr]
        if name not in populations:
            raise unknown_name("Population of this experiment", name, populations)
    if isinstance(reads, DrugIn) and reads.drug not in (*model.layout.drugs, *model.layout.antibodies):
        raise unknown_name("Drug of this experiment", reads.drug, [*model.layout.drugs, *model.layout.antibodies])
    if isinstance(reads, CargoOf) and reads.cargo not in {cargo.id for cargo in model.layout.cargo}:
        raise unknown_name("Cargo of this experiment", reads.cargo, [cargo.id for cargo in model.layout.cargo])
    if isinstance(reads, Named):
        compiled = model.network.compile()
        if reads.of not in compiled.slot_of and reads.of not in compiled.state_index:
            raise unknown_name("Value of this network", reads.of, compiled.slot_of)
    if isinstance(reads, Particles):
        declared = populations | {entry.id for entry in base.vesicles}
        for name in reads.of:
            if name not in {group.id for group in model.layout.classes} | declared:
                raise unknown_name("Vesicles of this experiment", name, declared)
    if isinstance(reads, (DrugIn, Particles)):
        _side(model, reads.side)


def read(reads: Reads, model: Model, run: Run, spreading: Array | float = 0.0) -> Array:
    """(T, sets) readings without scale or noise.

    `survival` gives living cells: only the caller knows which set is the untreated.
    """
    if isinstance(reads, (Cells, Survival)):
        return _living(model, run, reads.populations)
    if isinstance(reads, Share):
        return _living(model, run, reads.populations) / _living(model, run, reads.among)
    if isinstance(reads, Cover):
        return _cover(reads, model, run, spreading)
    if isinstance(reads, Particles):
        side = _side(model, reads.side)
        groups = [group for group in model.layout.classes if not reads.of or group.id in reads.of]
        volume = model.network.parameters[side.volume].value
        return _total(run, (model.layout.vesicles(side, group) for group in groups)) / volume
    if isinstance(reads, DrugIn):
        return _drug(reads, model, run)
    if isinstance(reads, CargoOf):
        cargo = next(item for item in model.layout.cargo if item.id == reads.cargo)
        who = _present(model, (reads.population,))
        if not who:
            return np.zeros(run.amounts.shape[::2])
        copies = _total(run, (model.layout.cell_cargo(who[0], cargo, origin) for origin in model.layout.origins))
        return copies / run.amount(who[0].cells)
    return run.value(reads.of)


def _living(model: Model, run: Run, names: Iterable[str]) -> Array:
    return _total(run, (population.cells for population in _present(model, names)))


def _cover(reads: Cover, model: Model, run: Run, spreading: Array | float) -> Array:
    present = _present(model, reads.populations)
    start = sum(population.count for population in present)
    if not present:
        return np.zeros(run.amounts.shape[::2])
    total = np.zeros(run.amounts.shape[::2])
    for population in present:
        cells = run.amount(population.cells)
        if reads.spreading is not None:
            cells = cells * (1.0 + spreading * (1.0 - run.value(f"{population.id}.arrest")))
        total = total + cells
    if reads.dead:
        dead = run.amount("dead.cell")
        total = total + dead - dead[:1]
    return np.asarray(total / start)


def _drug(reads: DrugIn, model: Model, run: Run) -> Array:
    layout = model.layout
    if reads.place == "medium":
        side = _side(model, reads.side)
        amount: Array = run.amount(layout.medium(side, reads.drug)) / model.network.parameters[side.volume].value
        return amount
    who = _present(model, (reads.population or "",))
    if not who:
        return np.zeros(run.amounts.shape[::2])
    pools = model.network.pools.values()
    element = f"drug:{reads.drug}"
    if reads.place == "cell":
        held = [pool.id for pool in pools if pool.element == element and pool.id.startswith(f"{who[0].id}.")]
    elif reads.place == "vesicles":
        made = [layout.vesicles(side, group) for side in layout.sides for group in layout.classes if group.maker == who[0].id]
        held = [pool.id for pool in pools if pool.element == element and pool.carrier in made]
    else:
        held = [name for name in (layout.drug(who[0], reads.place, reads.drug),) if name in model.network.pools]
    return _total(run, held) / run.amount(who[0].cells)


def _total(run: Run, names: Iterable[str]) -> Array:
    """(T, sets) sum of amounts; zero of none."""
    result = np.zeros(run.amounts.shape[::2])
    for name in names:
        result = result + run.amount(name)
    return result


def _present(model: Model, names: Iterable[str]) -> list[Population]:
    """The named populations that this arm holds; one that the arm leaves out has no cells."""
    wanted = set(names)
    return [population for population in model.layout.populations if population.id in wanted]


def _side(model: Model, name: str | None) -> Side:
    if name is None:
        return model.layout.sides[0]
    found = [
        side for side in model.layout.sides if side.id in (name, f"organ_{name}") or (name == "well" and side.id == "medium")
    ]
    if not found:
        raise InputError(f"there is no side '{name}' in this experiment", ", ".join(side.id for side in model.layout.sides))
    return found[0]
