"""The voxels that a cell drinks from: those of the room it takes up in packed tissue.

A cell whose room is smaller than a voxel drinks from the voxel its middle lies in. Where voxels are smaller than that, drinking from one
would leave most of the fluid around it to nobody, and a network step would soon run dry: the cell then has a share of every voxel that a
cube of its room covers, by overlap. What a cell takes is taken from each in proportion to what it lent, what it gives goes to each by its
share of the fluid: nothing is mixed between voxels that a cell leaves alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from exoresist.numerics.grid import Grid

Array = NDArray[np.float64]
PACKING = 0.64  # share of room that randomly packed spheres fill: physics of packing, not biology


@dataclass(frozen=True)
class Territory:
    """voxel: (k, cells) indices into a raveled field; weight: (k, cells) shares of each cell, which add up to 1."""

    voxel: NDArray[np.int64]
    weight: Array

    def seen(self, values: Array) -> Array:
        """(cells,) mean of a field, (nz, ny, nx), over each cell's room."""
        return np.asarray((self.weight * values.reshape(-1)[self.voxel]).sum(axis=0))

    def laid(self, amounts: Array, voxels: int) -> Array:
        """(voxels,) amounts of cells, (cells,), spread over their room."""
        spread = self.weight * amounts
        return np.asarray(np.bincount(self.voxel.ravel(), weights=spread.ravel(), minlength=voxels), dtype=np.float64)


def room(volume: float) -> float:
    """um: edge of the cube of packed tissue that belongs to a cell of a volume, um^3."""
    return float(np.cbrt(volume / PACKING))


def territory(grid: Grid, position: Array, edge: Array) -> Territory | None:
    """Rooms of cells with middles at position (3, cells) and edges (cells,) um; None where none is larger than a voxel."""
    spacing = grid.spacing
    if not len(edge) or float(edge.max()) <= spacing:
        return None
    place: list[NDArray[np.int64]] = []
    share: list[Array] = []
    for axis, count in enumerate(grid.shape):
        along = (position[axis] - grid.origin[axis]) / spacing
        if count == 1:
            place.append(np.zeros((1, len(edge)), dtype=np.int64))
            share.append(np.ones((1, len(edge))))
            continue
        # A room smaller than a voxel is the voxel that its middle lies in.
        half = 0.5 * np.where(edge > spacing, edge, 0.0) / spacing
        first = np.floor(np.clip(along - half, 0.0, count - 1e-9)).astype(np.int64)
        many = int(np.ceil(float(edge.max()) / spacing)) + 1
        cells = first + np.arange(many, dtype=np.int64)[:, None]
        covered = np.minimum(along + half, cells + 1.0) - np.maximum(along - half, cells)
        covered = np.where((cells < count) & (covered > 0.0), covered, 0.0)
        point = half == 0.0
        covered[0, point] = 1.0
        covered[1:, point] = 0.0
        place.append(np.minimum(cells, count - 1))
        share.append(covered / covered.sum(axis=0))
    nx, ny, _ = grid.shape
    x, y, z = place
    voxel = ((z[:, None, None] * ny + y[None, :, None]) * nx + x[None, None, :]).reshape(-1, len(edge))
    weight = (share[2][:, None, None] * share[1][None, :, None] * share[0][None, None, :]).reshape(-1, len(edge))
    used = weight.any(axis=1)
    return Territory(np.ascontiguousarray(voxel[used]), np.ascontiguousarray(weight[used]))
