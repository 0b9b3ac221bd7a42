"""Whose fluid is whose: each cell with a network has a share of the voxels that it drinks from, by biomass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import numpy as np
from numpy.typing import NDArray

from exoresist.tissue.state import Tissue
from exoresist.tissue.surroundings import Lent

Array = NDArray[np.float64]


def shares(tissue: Tissue) -> tuple[list[Lent], NDArray[np.bool_]]:
    """The shares of all cells as they are now, by type, and (voxels,) whether any of a voxel is somebody's."""
    voxels = tissue.grid.voxels
    lent: list[Lent] = []
    total = np.zeros(voxels)
    for contents in tissue.contents.values():
        owner = contents.owner[: contents.count]
        biomass, rooms = contents.amounts[contents.biomass, : contents.count], tissue.rooms(owner)
        # One row of voxels where each cell drinks from one.
        voxel = tissue.voxels(owner)[None] if rooms is None else rooms.voxel
        part = biomass[None] if rooms is None else rooms.weight * biomass
        total += np.bincount(voxel.ravel(), weights=part.ravel(), minlength=voxels)
        lent.append(Lent(contents, voxel, part))
    for one in lent:
        there = total[one.voxel]
        one.share = np.divide(one.share, there, out=np.zeros_like(one.share), where=there > 0.0)
    return lent, total > 0.0


@contextmanager
def in_place(tissue: Tissue) -> Iterator[None]:
    """Lend every cell its share of the fluid for a look: between network steps none holds any. What is read must not be changed."""
    for one in shares(tissue)[0]:
        tissue.medium.lend(one)
    try:
        yield
    finally:
        for contents in tissue.contents.values():
            contents.amounts[contents.medium, : contents.count] = 0.0


def hazards(tissue: Tissue) -> Array:
    """(cells,) 1/h at which the networks of living cells say that they die, each read in its place; 0 for all others."""
    found = np.zeros(len(tissue.cells))
    with in_place(tissue) if any(contents.feels for contents in tissue.contents.values()) else nullcontext():
        for contents in tissue.contents.values():
            found[contents.owner[: contents.count]] += contents.read([contents.interior.hazard])[0]
    return found
