"""Extracellular matrix: a density of fibres in every voxel that slows cells and hinders what is large.

    d(density)/dt = deposit · (1 − density/most) − degradation · density

in each voxel, with deposit by the fibroblasts there and degradation by proteases (of cells there, and in the medium). Within a life
step both rates are constant and the course is exact. Cells move at mobility 1/(1 + density/half); a pool of the medium spreads in each
voxel at its diffusivity times exp(−√density (1 + radius/fibre)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError, unknown_name
from exoresist.laws.tissue import hindrance_in_matrix, mobility_in_matrix
from exoresist.tissue.state import Tissue

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Hindered:
    """A pool of the medium that fibres hinder: um^2/h without fibres, and radius in um of what spreads."""

    diffusivity: float
    radius: float

    def __post_init__(self) -> None:
        for name in ("diffusivity", "radius"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0.0):
                raise InputError(f"what the matrix hinders has a {name} of {value}", "a finite number, 0 or more")


@dataclass
class Matrix:
    """Matrix of a tissue.

    density    (nz, ny, nx) share of the volume that is fibre
    most       density that deposition does not exceed, below 1
    half       density at which cells have half their mobility; infinite: they are not slowed
    fibre      radius of fibres, um
    hindered   pool of the medium -> how it spreads without fibres
    deposit    cell type -> density/h that a voxel full of living cells of this type lays down
    degrade    cell type -> 1/h at which a voxel full of living cells of this type degrades; by proteases on its surface
    proteases  pool of the medium -> 1/h per amount/mL of fluid
    """

    density: Array
    most: float
    half: float
    fibre: float
    hindered: Mapping[str, Hindered] = field(default_factory=dict)
    deposit: Mapping[int, float] = field(default_factory=dict)
    degrade: Mapping[int, float] = field(default_factory=dict)
    proteases: Mapping[str, float] = field(default_factory=dict)
    deposited: float = 0.0
    degraded: float = 0.0

    def __post_init__(self) -> None:
        self.density = np.array(self.density, dtype=np.float64)
        if not 0.0 < self.most < 1.0:
            raise InputError(f"the densest matrix is {self.most} of the volume", "above 0, below 1")
        if not np.all((self.density >= 0.0) & (self.density <= self.most)):
            raise InputError(f"matrix of densities {self.density.min():g} to {self.density.max():g}", f"0 to {self.most:g}")
        if not (self.half > 0.0 and np.isfinite(self.fibre) and self.fibre > 0.0):
            raise InputError(f"half mobility at a density of {self.half}, fibres of {self.fibre} um", "numbers above 0")
        for rates in (self.deposit, self.degrade, self.proteases):
            for who, one in rates.items():
                if not (np.isfinite(one) and one >= 0.0):
                    raise InputError(f"matrix has a rate of {one} for {who!r}", "a finite number, 0 or more")
        self._spread: Array | None = None  # the density at which pools spread now

    def supply(self, tissue: Tissue, takes: dict[str, Array], gives: dict[str, Array]) -> None:
        """What the matrix is to cells and pools in the life step that begins."""
        if self.density.shape != tissue.grid.array_shape:
            raise InputError(f"matrix of shape {self.density.shape}", f"(nz, ny, nx) = {tissue.grid.array_shape}")
        cells = tissue.cells
        here = self.density.reshape(-1)[tissue.voxels()]
        cells.mobility = np.asarray(mobility_in_matrix(here, self.half), dtype=np.float64)
        if self.hindered and (self._spread is None or not np.array_equal(self._spread, self.density)):
            self._spread = self.density.copy()
            root = np.sqrt(self.density)
            # Equals share one array: they are stepped together.
            maps: dict[Hindered, float | Array] = {
                one: one.diffusivity * hindrance_in_matrix(root, one.radius / self.fibre)
                for one in dict.fromkeys(self.hindered.values())
            }
            tissue.medium.hinder({name: maps[one] for name, one in self.hindered.items()})

    def __call__(self, tissue: Tissue) -> None:
        """Deposition and degradation over one life step."""
        laid = self._by_cells(tissue, self.deposit)
        lost = self._by_cells(tissue, self.degrade)
        for name, each in self.proteases.items():
            if name not in tissue.medium.names:
                raise unknown_name("medium pool", name, tissue.medium.names)
            lost += each * tissue.medium.flat()[tissue.medium.names.index(name)] / tissue.medium.voxel_ml
        rate = laid / self.most + lost
        changing = np.flatnonzero(rate > 0.0)
        laid, lost, rate, span = laid[changing], lost[changing], rate[changing], tissue.pace.life
        flat = self.density.reshape(-1)
        target = laid / rate
        gap = (target - flat[changing]) * -np.expm1(-rate * span)
        mean = target * span - gap / rate  # integral of the density over the step
        flat[changing] += gap
        volume = tissue.grid.voxel_um3
        self.degraded += float((lost * mean).sum()) * volume
        self.deposited += float((laid * (span - mean / self.most)).sum()) * volume

    def total(self, tissue: Tissue) -> float:
        """um^3 of fibres."""
        return float(self.density.sum()) * tissue.grid.voxel_um3

    def _by_cells(self, tissue: Tissue, rates: Mapping[int, float]) -> Array:
        """(voxels,) a rate of living cells, by the share of the voxel that they fill."""
        total = np.zeros(tissue.grid.voxels)
        for index, rate in rates.items():
            cells = tissue.of_type(index)
            volume = tissue.types[index].volume * tissue.cells.biomass[cells] / tissue.grid.voxel_um3
            total += rate * np.bincount(tissue.voxels(cells), weights=volume, minlength=tissue.grid.voxels)
        return total

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {"density": self.density, "books": np.array([self.deposited, self.degraded])}

    def restore(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        self.density = np.array(arrays["density"], dtype=np.float64)
        self.deposited, self.degraded = (float(value) for value in arrays["books"])
