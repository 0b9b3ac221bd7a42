"""Cells run their networks on their share of the medium; fields spread before and after (Strang's order, second order in the step)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exoresist.tissue import nutrition
from exoresist.tissue.effectors import EFFECTORS, reached
from exoresist.tissue.life import room_to_grow
from exoresist.tissue.sharing import shares
from exoresist.tissue.state import FULL, Tissue


def run_networks(tissue: Tissue) -> None:
    """One life step of all networks, in network steps: half a step of diffusion, the cells, half a step of diffusion."""
    if not tissue.contents:
        return
    medium, steps = tissue.medium, tissue.pace.networks
    span = tissue.pace.network
    if tissue.pace.alert is not None and about(tissue):
        steps = round(tissue.pace.life / tissue.pace.alert)
        span = tissue.pace.life / steps
    hear(tissue)
    for number in range(steps):
        # Two half steps between two network steps are one whole step.
        medium.spread(0.5 * span if number == 0 else span, tissue.pace.spread)
        _one(tissue, span)
    medium.spread(0.5 * span, tissue.pace.spread)
    for contents in tissue.contents.values():
        tissue.cells.biomass[contents.owner[: contents.count]] = contents.amounts[contents.biomass, : contents.count]


def about(tissue: Tissue) -> bool:
    """Whether a drug that is watched stands above its faint level: in some voxel, in blood, or beyond the edges."""
    medium = tissue.medium
    for name, faint in tissue.faint.items():
        amount = faint * medium.voxel_ml
        if float(medium.amounts[medium.names.index(name)].max()) > amount:
            return True
        if any(abs(level) > faint for level in medium.spreads[name].faces.outside):
            return True
        joined = medium.exchange.get(name)
        if joined is not None and bool(np.any(joined.gift > amount * joined.rate)):
            return True
    return False


def hear(tissue: Tissue) -> None:
    """Tell every network its surroundings: stress of the place, and how far its growth is held back."""
    for index, contents in tissue.contents.items():
        owner = contents.owner[: contents.count]
        share = room_to_grow(tissue, index, owner)
        # A well with room for N/(1 - share) cells lets N cells grow at this share of their rate.
        biomass = contents.amounts[contents.biomass, : contents.count]
        held = share < 1.0 - 1e-12
        contents.varying[1, : contents.count] = np.where(held, biomass / np.where(held, 1.0 - share, 1.0), FULL)
        imposed = {name: contents.base_of(row) for row, name in enumerate(contents.interior.stress, start=2)}
        own: dict[str, NDArray[np.float64]] = nutrition.stresses(tissue, owner, imposed)
        hypoxia = nutrition.hypoxia(tissue, index, owner)
        if hypoxia is not None:
            own["hypoxia"] = hypoxia
        if EFFECTORS in contents.interior.stress:
            own[EFFECTORS] = reached(tissue, owner)
        for row, name in enumerate(contents.interior.stress, start=2):
            contents.varying[row, : contents.count] = own.get(name, imposed[name])


def _one(tissue: Tissue, span: float) -> None:
    medium = tissue.medium
    lent, occupied = shares(tissue)
    for one in lent:
        medium.lend(one)
        contents = one.contents
        if np.isfinite(tissue.crowding):
            contents.varying[1, : contents.count] = tissue.crowding * medium.voxel_ml * one.share.sum(axis=0)
        contents.advance(span)
    medium.take_back(lent, occupied)
    medium.rest(next(iter(tissue.contents.values())), span, occupied)
