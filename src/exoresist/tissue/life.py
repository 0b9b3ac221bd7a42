"""Growth, division, death and decay of cells, once per life step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exoresist.laws.tissue import approach, chance, growth_share, necrosis_hazard
from exoresist.numerics.keyed import children, directions, uniform
from exoresist.tissue import nutrition
from exoresist.tissue.cells import APOPTOTIC, LIVING, LYSED, NECROTIC
from exoresist.tissue.sharing import hazards
from exoresist.tissue.state import Supplies, Tissue, division_size

Array = NDArray[np.float64]
BURST = 2.0  # times the living volume: a necrotic cell bursts
GONE = 0.1  # times the living volume: debris that small is no cell any more


def breathe(tissue: Tissue) -> None:
    """Fast fields at steady state with the living cells where they are."""
    takes: dict[str, Array] = {}
    gives: dict[str, Array] = {}
    tissue.medium.exchange.clear()
    for part in tissue.extra:
        if isinstance(part, Supplies):
            part.supply(tissue, takes, gives)
    if not tissue.steady.fields:
        return
    for index, one in enumerate(tissue.types):
        if not (one.takes or one.gives):
            continue
        cells = tissue.of_type(index)
        filled = tissue.laid(cells, one.volume * tissue.cells.biomass[cells] / tissue.grid.voxel_um3)
        for rates, total in ((one.takes, takes), (one.gives, gives)):
            for name, rate in rates.items():
                total[name] = total.get(name, np.zeros(tissue.grid.voxels)) + rate * filled
    nutrition.settle(tissue, takes, gives)


def grow(tissue: Tissue) -> None:
    """Growth of cells without a network inside: exponential at the share of the free rate that their place allows."""
    cells = tissue.cells
    for index, one in enumerate(tissue.types):
        if index in tissue.contents or one.growth_rate == 0.0:
            continue
        chosen = tissue.of_type(index)
        share = room_to_grow(tissue, index, chosen)
        cells.biomass[chosen] *= np.exp(one.growth_rate * share * tissue.pace.life)


def room_to_grow(tissue: Tissue, index: int, chosen: NDArray[np.intp]) -> Array:
    """(chosen,) share of their free growth rate that cells of a type have in their places: by pressure, oxygen and what else they need."""
    one, pressure = tissue.types[index], tissue.cells.pressure[chosen]
    share = np.maximum(1.0 - pressure / one.pressure_stop, 0.0)
    oxygen = tissue.steady.find("oxygen")
    if oxygen is not None and one.oxygenation is not None:
        air = one.oxygenation
        share = growth_share(tissue.seen(oxygen, chosen), air.stop, air.full, pressure, one.pressure_stop)
    fed = nutrition.fed(tissue, index, chosen)
    return np.asarray(share if fed is None else share * fed)


def divide(tissue: Tissue) -> None:
    """Cells that have reached their size become two, each with half of everything, side by side in a random direction."""
    cells = tissue.cells
    mothers = np.flatnonzero(cells.living() & (cells.biomass >= cells.divide_at))
    if len(mothers) == 0:
        return
    first, second = children(cells.lineage[mothers])
    axis = directions(tissue.word("division"), cells.lineage[mothers], tissue.interval, tissue.flat)
    daughters = cells.take(mothers)
    # Two spheres of half the volume, set so that together they take about the room of the mother.
    offset = axis * (0.5 * cells.radius[mothers] * 0.5 ** (1.0 / 3.0))
    low = np.array(tissue.grid.origin)[:, None]
    high = low + np.array(tissue.grid.extent)[:, None]
    daughters.position = np.clip(cells.position[:, mothers] + offset, low, high)
    cells.position[:, mothers] = np.clip(cells.position[:, mothers] - offset, low, high)
    for who, names in ((cells, first), (daughters, second)):
        index = mothers if who is cells else slice(None)
        who.lineage[index] = names
        who.biomass[index] *= 0.5
        who.age[index] = 0.0
        who.divide_at[index] = division_size(tissue, who.kind[index], names)
    born = np.arange(len(cells), len(cells) + len(mothers))
    for kind, contents in tissue.contents.items():
        own = np.flatnonzero(daughters.kind == kind)
        if len(own):
            daughters.lane[own] = contents.divide(cells.lane[mothers[own]].astype(np.intp), born[own])
    tissue.cells = cells.joined(daughters)
    tissue.born += len(mothers)


def die(tissue: Tissue) -> None:
    """Living cells become apoptotic at their hazard, or necrotic for want of oxygen or food, or in acid; contents stay with the body."""
    cells, span = tissue.cells, tissue.pace.life
    draw = uniform(tissue.word("death"), cells.lineage, tissue.interval)
    hazard = np.where(cells.living(), tissue.numbers("death_rate"), 0.0) + hazards(tissue)
    starved = np.zeros(len(cells))
    oxygen = tissue.steady.find("oxygen")
    for index, one in enumerate(tissue.types):
        chosen, air = tissue.of_type(index), one.oxygenation
        if oxygen is not None and air is not None:
            starved[chosen] = necrosis_hazard(tissue.seen(oxygen, chosen), air.necrotic, air.anoxic, air.necrosis_rate)
        wanting = nutrition.starving(tissue, index, chosen)
        if wanting is not None:
            starved[chosen] += wanting
    both = hazard + starved
    dying = np.flatnonzero(draw < chance(both, span))
    if len(dying) == 0:
        return
    # The same draw, stretched, says which of the two it was.
    apoptotic = draw[dying] * both[dying] < chance(both[dying], span) * hazard[dying]
    bury(tissue, dying, np.where(apoptotic, APOPTOTIC, NECROTIC))


def bury(tissue: Tissue, dying: NDArray[np.intp], state: NDArray[np.generic], by: str = "death") -> None:
    """Living cells become bodies of a state, with all they hold.

    dying  indices of cells; `state`: (dying,) APOPTOTIC or NECROTIC; `by`: what makes them apoptotic
    """
    cells = tissue.cells
    if tissue.books is not None:
        tissue.books.dying(tissue, {by: dying[state == APOPTOTIC], "necrosis": dying[state == NECROTIC]})
    cells.state[dying] = state
    cells.age[dying] = 0.0
    cells.crawl[:, dying] = 0.0
    for kind, contents in tissue.contents.items():
        own = dying[cells.kind[dying] == kind]
        if len(own):
            cells.lane[own] = contents.kill(cells.lane[own].astype(np.intp))
            cells.lane[contents.owner[: contents.count]] = np.arange(contents.count, dtype=np.int32)


def decay(tissue: Tissue) -> None:
    """Bodies shrink or swell, burst and vanish; what they hold goes where their network says, into the voxel they lie in."""
    cells, span = tissue.cells, tissue.pace.life
    cells.age += span
    gone = np.zeros(len(cells), dtype=bool)
    for index, one in enumerate(tissue.types):
        if one.decay is None:
            continue
        shrinking = tissue.of_type(index, APOPTOTIC)
        cells.swelling[shrinking] = approach(cells.swelling[shrinking], 0.0, one.decay.shrinking, span)
        gone[shrinking] = cells.age[shrinking] >= one.decay.clearance_time
        bursting = tissue.of_type(index, NECROTIC)
        cells.swelling[bursting] = approach(cells.swelling[bursting], 1.05 * BURST, one.decay.swelling, span)
        burst = bursting[cells.swelling[bursting] >= BURST]
        debris = tissue.of_type(index, LYSED)
        cells.swelling[debris] = approach(cells.swelling[debris], 0.0, one.decay.debris_loss, span)
        gone[debris] = cells.swelling[debris] <= GONE
        cells.state[burst] = LYSED
        if index in tissue.contents:
            empty(tissue, index, np.concatenate([burst, shrinking[gone[shrinking]]]))
    if gone.any():
        remove(tissue, gone)


def empty(tissue: Tissue, index: int, bodies: NDArray[np.intp]) -> None:
    """Contents of bodies that burst or vanish go to the medium of their voxel, or are booked."""
    if len(bodies) == 0:
        return
    cells, contents, flat = tissue.cells, tissue.contents[index], tissue.medium.flat()
    voxel = tissue.voxels(bodies)
    for row, amount in enumerate(contents.clear(cells.lane[bodies].astype(np.intp))):
        np.add.at(flat[row], voxel, amount)
    cells.lane[bodies] = -1
    cells.lane[contents.dead_owner] = np.arange(len(contents.dead_owner), dtype=np.int32)


def remove(tissue: Tissue, gone: NDArray[np.bool_]) -> None:
    """Bodies that hold nothing any more leave the tissue."""
    left = np.flatnonzero(~gone)
    new = np.full(len(gone), -1, dtype=np.int64)
    new[left] = np.arange(len(left))
    tissue.cells = tissue.cells.take(left)
    tissue.removed += int(gone.sum())
    for contents in tissue.contents.values():
        contents.owner[: contents.count] = new[contents.owner[: contents.count]]
        contents.dead_owner = new[contents.dead_owner]


def live(tissue: Tissue) -> None:
    """Everything of this file, in order, and the sizes that follow."""
    grow(tissue)
    divide(tissue)
    die(tissue)
    decay(tissue)
    tissue.resize()


__all__ = ["LIVING", "breathe", "live"]
