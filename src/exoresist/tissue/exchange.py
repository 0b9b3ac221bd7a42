"""Cells run their networks on their share of the medium; fields spread before and after (Strang's order, second order in the step)."""

from __future__ import annotations

import numpy as np

from exoresist.laws.tissue import growth_share, hypoxic_stress
from exoresist.tissue.state import FULL, Tissue


def run_networks(tissue: Tissue) -> None:
    """One life step of all networks, in network steps: half a step of diffusion, the cells, half a step of diffusion."""
    if not tissue.contents:
        return
    span, medium = tissue.pace.network, tissue.medium
    hear(tissue)
    for number in range(tissue.pace.networks):
        # Two half steps between two network steps are one whole step.
        medium.spread(0.5 * span if number == 0 else span, tissue.pace.spread)
        _one(tissue, span)
    medium.spread(0.5 * span, tissue.pace.spread)
    for contents in tissue.contents.values():
        tissue.cells.biomass[contents.owner[: contents.count]] = contents.amounts[contents.biomass, : contents.count]


def hear(tissue: Tissue) -> None:
    """Tell every network its surroundings: stress of the place, and how far its growth is held back."""
    cells = tissue.cells
    oxygen = tissue.steady.find("oxygen")
    for index, contents in tissue.contents.items():
        one, owner = tissue.types[index], contents.owner[: contents.count]
        pressure = cells.pressure[owner]
        share = np.maximum(1.0 - pressure / one.pressure_stop, 0.0)
        stress = np.zeros(contents.count)
        if oxygen is not None and one.oxygenation is not None:
            here, air = oxygen.reshape(-1)[tissue.voxels(owner)], one.oxygenation
            share = growth_share(here, air.stop, air.full, pressure, one.pressure_stop)
            stress = hypoxic_stress(here, air.hypoxic, air.severe)
        # A well with room for N/(1 - share) cells lets N cells grow at this share of their rate.
        biomass = contents.amounts[contents.biomass, : contents.count]
        held = share < 1.0 - 1e-12
        contents.varying[1, : contents.count] = np.where(held, biomass / np.where(held, 1.0 - share, 1.0), FULL)
        for row, name in enumerate(contents.interior.stress, start=2):
            contents.varying[row, : contents.count] = stress if name == "hypoxia" else contents.base_of(row)


def _one(tissue: Tissue, span: float) -> None:
    medium, voxels = tissue.medium, tissue.grid.voxels
    lent = []
    total = np.zeros(voxels)
    for contents in tissue.contents.values():
        voxel = tissue.voxels(contents.owner[: contents.count])
        total += np.bincount(voxel, weights=contents.amounts[contents.biomass, : contents.count], minlength=voxels)
        lent.append((contents, voxel))
    occupied = total > 0.0
    for contents, voxel in lent:
        share = contents.amounts[contents.biomass, : contents.count] / total[voxel]
        medium.lend(contents, voxel, share)
        if np.isfinite(tissue.crowding):
            contents.varying[1, : contents.count] = tissue.crowding * medium.voxel_ml * share
        contents.advance(span)
    medium.take_back(lent, occupied)
    medium.rest(next(iter(tissue.contents.values())), span, occupied)
