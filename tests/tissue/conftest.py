"""Small tissues."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.numerics.grid import Dirichlet, Faces, Field, Grid
from exoresist.numerics.slabs import Slabs
from exoresist.tissue.cell_type import CellType, Decay, Oxygenation
from exoresist.tissue.cells import Cells
from exoresist.tissue.mechanics import Contact
from exoresist.tissue.state import Pace, Tissue, mechanics_of, place
from exoresist.tissue.steady_fields import SteadyField, SteadyFields
from exoresist.tissue.surroundings import SharedMedium

AIR = Oxygenation(stop=5.0, full=20.0, hypoxic=15.0, severe=5.0, necrotic=5.0, anoxic=2.5, necrosis_rate=0.2)
END = Decay(clearance_time=1.0, shrinking=0.6, swelling=0.7, debris_loss=1.2)


def ball(count: int, spacing: float = 14.0) -> np.ndarray:
    """(3, count) points of a slightly shaken cubic lattice, nearest to the middle first."""
    half = int(np.ceil(count ** (1 / 3)))
    axis = np.arange(-half, half + 1) * spacing
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij")).reshape(3, -1)
    points = points[:, np.argsort((points**2).sum(axis=0), kind="stable")[:count]]
    return points + np.random.default_rng(3).normal(0.0, 0.5, points.shape)


def small_tissue(
    threads: int = 1, seed: int = 5, count: int = 200, kinds: tuple[CellType, ...] | None = None, spacing: float = 14.0
) -> Tissue:
    """A ball of cells in oxygen that reaches them from all sides."""
    slabs = Slabs(threads)
    grid = Grid((10, 10, 10), 20.0, (-100.0, -100.0, -100.0))
    edge = Dirichlet(38.0)
    oxygen = SteadyField("oxygen", Field(6e6, 6.0, Faces(*[edge] * 6)), np.full(grid.array_shape, 38.0))
    kind = CellType(
        "tumour", 2000.0, growth_rate=0.05, death_rate=0.01, cycle_spread=0.1, pressure_stop=2.0, adhesion=20.0,
        takes={"oxygen": 1200.0}, oxygenation=AIR, decay=END,
    )  # fmt: skip
    tissue = Tissue(
        grid, kinds or (kind,), Cells(), Pace(), seed, slabs, mechanics_of(grid, Contact(600.0, 1.25, 2.0, 0.1 / 60.0), slabs),
        SteadyFields(grid, [oxygen], threads=threads), SharedMedium(grid, (), {}, 1.0, threads), {},
    )  # fmt: skip
    place(tissue, 0, ball(count, spacing))
    return tissue


@pytest.fixture
def make_tissue():
    """`small_tissue`, as a function."""
    return small_tissue


@pytest.fixture
def free():
    """A type of cell that nothing but its own numbers limits, as a function of these."""
    return lambda **numbers: CellType("free", 2000.0, decay=END, **numbers)
