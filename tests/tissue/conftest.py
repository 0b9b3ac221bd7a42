"""Small tissues."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.laws import drug, growth, kinetics
from exoresist.network import Derived, Modulation, Network, Parameter, Pool, Process
from exoresist.network.cell import CellNetwork
from exoresist.numerics.grid import Dirichlet, Faces, Field, Grid
from exoresist.numerics.slabs import Slabs
from exoresist.tissue.cell_type import CellType, Decay, Oxygenation
from exoresist.tissue.cells import Cells
from exoresist.tissue.interior import Contents
from exoresist.tissue.mechanics import Contact
from exoresist.tissue.state import Pace, Tissue, mechanics_of, place
from exoresist.tissue.steady_fields import SteadyField, SteadyFields
from exoresist.tissue.surroundings import Medium, SharedMedium

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


def inside(who: str) -> CellNetwork:
    """A cell that grows, takes a drug up and metabolises it, sheds vesicles and eats them; the laws are those of the plain tissue."""
    numbers = {
        "growth": (0.02, "1/h"), "permeability": (2e-9, "mL/h/cell"), "cytosol": (1e-9, "mL/cell"), "metabolism": (0.05, "1/h"),
        "secretion": (200.0, "particle/cell/h"), "hypoxia_fold": (1.0, "dimensionless"), "clearance": (1e-10, "mL/h/cell"),
        "vesicle_decay": (0.05, "1/h"), "death": (0.02, "1/h"), "half": (50.0, "nM"), "volume": (1e-9, "mL"),
        "capacity": (1e30, "cell"), "hypoxia": (0.0, "dimensionless"),
    }  # fmt: skip
    parts = [
        *(Parameter(name, value, unit) for name, (value, unit) in numbers.items()),
        Pool(f"{who}.cells", "cell", "cell", initial=1.0),
        Pool("medium.drug", "pmol", "drug", size="volume", scale=1e-8),
        Pool(f"{who}.drug", "pmol", "drug", size="cytosol_volume", scale=1e-8),
        Pool("medium.vesicles", "particle", "vesicle", size="volume"),
        Pool(f"{who}.eaten", "particle", "vesicle"),
        Pool("born.cell", "cell", "cell", exchange=True), Pool("dead.cell", "cell", "cell", exchange=True),
        Pool("metabolised.drug", "pmol", "drug", exchange=True, scale=1e-8),
        Pool("secreted.vesicle", "particle", "vesicle", exchange=True), Pool("decayed.vesicle", "particle", "vesicle", exchange=True),
        Derived("cytosol_volume", kinetics.product, {"first": "cytosol", "second": f"{who}.cells"}),
        Derived("leaking", kinetics.product, {"first": "permeability", "second": f"{who}.cells"}),
        Derived("clearing", kinetics.product, {"first": "clearance", "second": f"{who}.cells"}),
        Derived("hit", drug.antibody_occupancy, {"antibody": f"{who}.drug", "affinity": "half"}),
        Derived(f"{who}.hazard", kinetics.product, {"first": "death", "second": "hit"}),
        Process(
            "birth", "born.cell", f"{who}.cells", growth.logistic_growth,
            {"rate": "growth", "population": f"{who}.cells", "capacity": "capacity"}, birth=True,
        ),
        Process(
            "influx", "medium.drug", f"{who}.drug", kinetics.passive_exchange,
            {"clearance": "leaking", "outside": "medium.drug", "inside": f"{who}.drug"},
        ),
        Process("metabolism", f"{who}.drug", "metabolised.drug", kinetics.constant, {"rate": "metabolism"}, specific=True),
        Process(
            "secretion", "secreted.vesicle", "medium.vesicles", kinetics.product, {"first": "secretion", "second": f"{who}.cells"}
        ),
        Modulation("secretion", kinetics.fold, {"level": "hypoxia", "most": "hypoxia_fold"}, "hypoxia"),
        Process(
            "uptake", "medium.vesicles", f"{who}.eaten", kinetics.ratio, {"numerator": "clearing", "denominator": "volume"},
            specific=True,
        ),
        Process("decay", "medium.vesicles", "decayed.vesicle", kinetics.constant, {"rate": "vesicle_decay"}, specific=True),
    ]  # fmt: skip
    return CellNetwork(
        Network(f"{who} inside", parts), f"{who}.cells", ("medium.drug", "medium.vesicles"), "volume", "capacity",
        {"hypoxia": "hypoxia"}, f"{who}.hazard", {f"{who}.cells": 1.0},
        {f"{who}.cells": "dead.cell", f"{who}.drug": "medium.drug", f"{who}.eaten": "medium.vesicles"},
    )  # fmt: skip


def inhabited_tissue(threads: int = 1, count: int = 60, eaters: int = 20, extra: tuple = (), death_rate: float = 0.0) -> Tissue:
    """A ball of `count` cells of type 0, every few of them of type 1 (`eaters` in all), in 6 x 6 x 6 voxels of 20 um."""
    slabs = Slabs(threads)
    grid = Grid((6, 6, 6), 20.0, (-60.0, -60.0, -60.0))
    networks = (inside("one"), inside("eater"))
    kinds = (
        CellType("one", 2000.0, death_rate=death_rate, adhesion=20.0, decay=END, interior=networks[0]),
        CellType("eater", 2000.0, adhesion=20.0, decay=END, interior=networks[1]),
    )
    medium = SharedMedium(grid, networks[0].medium, {"medium.drug": Medium(4e5), "medium.vesicles": Medium(2e3)}, 0.3, threads)
    tissue = Tissue(
        grid, kinds, Cells(), Pace(spread=0.01), 5, slabs, mechanics_of(grid, Contact(600.0, 1.25, 2.0, 0.1 / 60.0), slabs),
        SteadyFields(grid, (), threads=threads), medium, {i: Contents(one, slabs) for i, one in enumerate(networks)}, extra=extra,
    )  # fmt: skip
    spots = ball(count)
    other = np.arange(count) % max(count // eaters, 1) == 0 if eaters else np.zeros(count, dtype=bool)
    for index, chosen in enumerate((~other, other)):
        if chosen.any():
            place(tissue, index, spots[:, chosen])
    return tissue


@pytest.fixture
def make_tissue():
    """`small_tissue`, as a function."""
    return small_tissue


@pytest.fixture
def free():
    """A type of cell that nothing but its own numbers limits, as a function of these."""
    return lambda **numbers: CellType("free", 2000.0, decay=END, **numbers)


@pytest.fixture
def inhabited():
    """A ball of cells with networks inside, `eater` cells among them, in a medium with a drug and vesicles, as a function."""
    return inhabited_tissue
