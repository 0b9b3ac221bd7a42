"""Cells as columns: one array for each property, one entry for each cell."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

LIVING, APOPTOTIC, NECROTIC, LYSED = 0, 1, 2, 3
STATES = ("living", "apoptotic", "necrotic", "lysed")


def _vectors() -> Array:
    return np.zeros((3, 0))


def _numbers() -> Array:
    return np.zeros(0)


@dataclass
class Cells:
    """All cells of a tissue, living and dead.

    position   (3, N) um; `velocity` of the last step and `crawl`, own motion, um/h
    kind       index of the cell type; `state`: LIVING, APOPTOTIC, NECROTIC, LYSED
    biomass    cell equivalents: 1 is the mean over a growing culture, so that totals of biomass are numbers of cells
    swelling   volume over that of a living cell of the same biomass
    radius     um, follows from biomass and swelling
    divide_at  biomass at which the cell divides
    age        hours in the present state
    lineage    64-bit name of the cell, fixed by its mother's and by which daughter it is; `clone`: number of its founder
    stick      square root of adhesion; `mobility` over that in free space; `pressure` of the last mechanics step
    lane       column in the contents of its type (living) or in the remains (dead)
    """

    position: Array = field(default_factory=_vectors)
    velocity: Array = field(default_factory=_vectors)
    crawl: Array = field(default_factory=_vectors)
    kind: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, dtype=np.int16))
    state: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, dtype=np.int8))
    biomass: Array = field(default_factory=_numbers)
    swelling: Array = field(default_factory=_numbers)
    radius: Array = field(default_factory=_numbers)
    divide_at: Array = field(default_factory=_numbers)
    age: Array = field(default_factory=_numbers)
    lineage: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))
    clone: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    stick: Array = field(default_factory=_numbers)
    mobility: Array = field(default_factory=_numbers)
    pressure: Array = field(default_factory=_numbers)
    lane: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, dtype=np.int32))

    def __len__(self) -> int:
        return len(self.kind)

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        return tuple(cls.__dataclass_fields__)

    def take(self, index: Indices | NDArray[np.bool_]) -> Cells:
        """The chosen cells, copied, in the order of `index`."""
        return Cells(**{name: np.ascontiguousarray(getattr(self, name)[..., index]) for name in self.columns()})

    def joined(self, more: Cells) -> Cells:
        """These cells, then `more`."""
        return Cells(**{name: np.concatenate([getattr(self, name), getattr(more, name)], axis=-1) for name in self.columns()})

    def living(self) -> NDArray[np.bool_]:
        return np.asarray(self.state == LIVING)


def check_cells(cells: Cells, low: Array, high: Array) -> None:
    """Refuse cells that no tissue can hold: outside the domain, without volume, or not finite."""
    for name in cells.columns():
        values = getattr(cells, name)
        if values.dtype.kind == "f" and not np.all(np.isfinite(values)):
            raise InputError(f"cells have a '{name}' that is not finite", "finite numbers", "Check what made these cells")
    outside = np.flatnonzero(np.any((cells.position < low[:, None]) | (cells.position > high[:, None]), axis=0))
    if len(outside):
        where = ", ".join(f"{value:g}" for value in cells.position[:, outside[0]])
        box = " x ".join(f"{a:g}..{b:g}" for a, b in zip(low, high, strict=True))
        raise InputError(
            f"{len(outside)} cells lie outside the domain, the first at ({where}) um", f"{box} um",
            "Make the domain larger or the tumour smaller",
        )  # fmt: skip
    empty = np.flatnonzero((cells.biomass <= 0.0) | (cells.radius <= 0.0))
    if len(empty):
        raise InputError(
            f"{len(empty)} cells have no volume (the first: biomass {cells.biomass[empty[0]]:g}, radius {cells.radius[empty[0]]:g} um)",
            "biomass and radius above 0", "Check the cell volume of the cell type",
        )  # fmt: skip
