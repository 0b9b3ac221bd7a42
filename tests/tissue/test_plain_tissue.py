"""The compiled tissue against examples/plain_tissue.py, which writes the same steps out on one page."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

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
from exoresist.tissue.run import step
from exoresist.tissue.state import Pace, Tissue, mechanics_of, place
from exoresist.tissue.steady_fields import SteadyField, SteadyFields
from exoresist.tissue.surroundings import Medium, SharedMedium

PAGE = Path(__file__).parents[2] / "examples" / "plain_tissue.py"
UNITS = {
    "growth": "1/h", "permeability": "mL/h/cell", "cytosol": "mL/cell", "metabolism": "1/h", "secretion": "particle/cell/h",
    "hypoxia_fold": "dimensionless", "clearance": "mL/h/cell", "vesicle_decay": "1/h", "death": "1/h", "half": "nM",
}  # fmt: skip
# Pool of the network for each column of the page's content; the medium's pools are shared.
POOLS = {
    "cells": "one.cells", "drug_outside": "medium.drug", "drug": "one.drug", "vesicles": "medium.vesicles", "eaten": "one.eaten",
    "born": "born.cell", "dead": "dead.cell", "metabolised": "metabolised.drug", "secreted": "secreted.vesicle",
    "decayed": "decayed.vesicle",
}  # fmt: skip
COLUMNS = ("state", "biomass", "swelling", "divide_at", "age", "pressure")


@pytest.fixture(scope="module")
def page() -> ModuleType:
    spec = importlib.util.spec_from_file_location("plain_tissue", PAGE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["plain_tissue"] = module  # its dataclass looks its own module up
    spec.loader.exec_module(module)
    return module


def inside(page: ModuleType) -> CellNetwork:
    """The page's cell as a network."""
    small = page.SCALE["drug"]
    size = {"drug": "cytosol_volume", "medium.drug": "volume", "medium.vesicles": "volume"}
    parts = [
        *(Parameter(name, page.INSIDE[name], unit) for name, unit in UNITS.items()),
        Parameter("volume", 1e-9, "mL"), Parameter("capacity", 1e30, "cell"), Parameter("hypoxia", 0.0, "dimensionless"),
        Pool("one.cells", "cell", "cell", initial=1.0),
        Pool("medium.drug", "pmol", "drug", size="volume", scale=small),
        Pool("one.drug", "pmol", "drug", size="cytosol_volume", scale=small),
        Pool("medium.vesicles", "particle", "vesicle", size=size["medium.vesicles"]),
        Pool("one.eaten", "particle", "vesicle"),
        Pool("born.cell", "cell", "cell", exchange=True), Pool("dead.cell", "cell", "cell", exchange=True),
        Pool("metabolised.drug", "pmol", "drug", exchange=True, scale=small),
        Pool("secreted.vesicle", "particle", "vesicle", exchange=True),
        Pool("decayed.vesicle", "particle", "vesicle", exchange=True),
        Derived("cytosol_volume", kinetics.product, {"first": "cytosol", "second": "one.cells"}),
        Derived("leaking", kinetics.product, {"first": "permeability", "second": "one.cells"}),
        Derived("clearing", kinetics.product, {"first": "clearance", "second": "one.cells"}),
        Derived("hit", drug.antibody_occupancy, {"antibody": "one.drug", "affinity": "half"}),
        Derived("one.hazard", kinetics.product, {"first": "death", "second": "hit"}),
        Process(
            "birth", "born.cell", "one.cells", growth.logistic_growth,
            {"rate": "growth", "population": "one.cells", "capacity": "capacity"}, birth=True,
        ),
        Process(
            "influx", "medium.drug", "one.drug", kinetics.passive_exchange,
            {"clearance": "leaking", "outside": "medium.drug", "inside": "one.drug"},
        ),
        Process("metabolism", "one.drug", "metabolised.drug", kinetics.constant, {"rate": "metabolism"}, specific=True),
        Process("secretion", "secreted.vesicle", "medium.vesicles", kinetics.product, {"first": "secretion", "second": "one.cells"}),
        Modulation("secretion", kinetics.fold, {"level": "hypoxia", "most": "hypoxia_fold"}, "hypoxia"),
        Process(
            "uptake", "medium.vesicles", "one.eaten", kinetics.ratio, {"numerator": "clearing", "denominator": "volume"}, specific=True
        ),
        Process("decay", "medium.vesicles", "decayed.vesicle", kinetics.constant, {"rate": "vesicle_decay"}, specific=True),
    ]  # fmt: skip
    return CellNetwork(
        Network("plain cell", parts), "one.cells", ("medium.drug", "medium.vesicles"), "volume", "capacity", {"hypoxia": "hypoxia"},
        "one.hazard", {"one.cells": 1.0},
        {"one.cells": "dead.cell", "one.drug": "medium.drug", "one.eaten": "medium.vesicles"},
    )  # fmt: skip


def compiled(page: ModuleType, position: np.ndarray, seed: int, threads: int) -> Tissue:
    """The page's world as a tissue of the package."""
    box, cell = page.BOX, page.CELL
    slabs, grid = Slabs(threads), Grid((box["voxels"],) * 3, box["spacing"], (box["low"],) * 3)
    network = inside(page)
    air = Oxygenation(*(cell[name] for name in ("stop", "full", "hypoxic", "severe", "necrotic", "anoxic", "necrosis")))
    end = Decay(*(cell[name] for name in ("clearance_time", "shrinking", "swelling", "debris_loss")))
    kind = CellType(
        "one", cell["volume"], cycle_spread=cell["cycle_spread"], pressure_stop=cell["pressure_stop"], adhesion=cell["adhesion"],
        speed=cell["speed"], persistence=cell["persistence"], takes={"oxygen": cell["oxygen_uptake"]}, oxygenation=air, decay=end,
        interior=network,
    )  # fmt: skip
    edge = Dirichlet(box["oxygen_edge"])
    oxygen = Field(box["oxygen_speed"], box["oxygen_decay"], Faces(*[edge] * 6))
    held = Dirichlet(box["drug_edge"])
    spread = {"medium.drug": Medium(box["drug_speed"], Faces(*[held] * 6)), "medium.vesicles": Medium(box["vesicle_speed"])}
    medium = SharedMedium(grid, network.medium, spread, box["fluid"], threads)
    medium.amounts[0] = box["drug_first"] * medium.voxel_ml
    tissue = Tissue(
        grid, (kind,), Cells(), Pace(box["life"], box["network"], box["spread"]), seed, slabs,
        mechanics_of(grid, Contact(box["repulsion"], box["reach"], 2.0, box["motion"]), slabs),
        SteadyFields(grid, [SteadyField("oxygen", oxygen, np.full(grid.array_shape, box["oxygen_edge"]))], 1e-12, threads), medium,
        {0: Contents(network, slabs, page.RELATIVE, page.ABSOLUTE)},
    )  # fmt: skip
    place(tissue, 0, position.T)
    return tissue


def close(mine: np.ndarray, theirs: np.ndarray, what: str) -> None:
    """Equal within 1e-10 of the column's own scale."""
    mine, theirs = np.asarray(mine, dtype=float), np.asarray(theirs, dtype=float)
    assert mine.shape == theirs.shape, what
    off = float(np.abs(mine - theirs).max(initial=0.0))
    assert off <= 1e-10 * float(np.abs(theirs).max(initial=0.0)), f"{what}: off by {off:.3g}"


def compare(page: ModuleType, world: object, tissue: Tissue) -> None:
    w, cells, contents = world, tissue.cells, tissue.contents[0]
    assert len(w.name) == len(cells)
    assert w.name == cells.lineage.tolist()
    for name in ("position", "velocity", "crawl"):
        close(getattr(cells, name).T, getattr(w, name), name)
    for name in COLUMNS:
        close(getattr(cells, name), getattr(w, name), name)
    close(cells.radius, w.radius, "radius")
    close(tissue.steady.fields[0].values, w.oxygen, "oxygen")
    close(tissue.medium.amounts[0], w.drug, "drug")
    close(tissue.medium.amounts[1], w.vesicles, "vesicles")
    close(tissue.medium.entered[:1], np.array([w.drug_entered]), "drug that came in")
    close(np.array([tissue.medium.vanished.get("decayed.vesicle", 0.0)]), np.array([w.decayed]), "vesicles decayed without cells")
    living = w.living
    assert contents.owner[: contents.count].tolist() == living.tolist()
    # Bodies that are cleared leave the page's rows at zero; the package has no lane for them.
    holding = [i for i in np.flatnonzero(w.state != 0) if w.content[i, page.CELLS] > 0.0]
    assert sorted(contents.dead_owner.tolist()) == holding
    dead = contents.dead[:, np.argsort(contents.dead_owner)]
    exchanges = [contents.compiled.states[state] for state in contents.exchange]
    for number, (name, pool) in enumerate(POOLS.items()):
        close(contents.row(pool), w.content[living, number], f"{name} of the living")
        if holding:
            close(dead[contents.states[pool]], w.content[holding, number], f"{name} of the dead")
        if pool in exchanges:
            close(contents.gone[[exchanges.index(pool)]], w.cleared[[number]], f"{name} of those gone")


@pytest.mark.parametrize(("seed", "threads"), [(5, 1), (11, 2)])
def test_compiled_tissue_takes_the_same_steps(page, seed, threads):
    position = page.ball(200)
    world, tissue = page.start(position, seed), compiled(page, position, seed, threads)
    compare(page, world, tissue)
    for _ in range(12):  # ten mechanics steps and two network steps in each
        page.step(world)
        step(tissue)
        compare(page, world, tissue)
    # All that the page describes must have happened, or the comparison says little.
    assert tissue.born == world.born > 10
    assert tissue.removed == world.removed > 10
    assert set(range(4)) == set(tissue.cells.state.tolist())
    assert tissue.contents[0].refused + tissue.contents[0].taken > 24 * 4
    assert world.cleared[page.METABOLISED] > 0.0 and world.decayed > 0.0
    tissue.slabs.close()


def test_a_changed_number_is_noticed(page, monkeypatch):
    position = page.ball(200)
    tissue = compiled(page, position, 5, 1)
    monkeypatch.setitem(page.INSIDE, "permeability", page.INSIDE["permeability"] * (1.0 + 1e-8))
    world = page.start(position, 5)
    page.step(world)
    step(tissue)
    with pytest.raises(AssertionError, match="off by"):
        compare(page, world, tissue)


def test_page_runs_and_imports_nothing_of_the_package():
    tree = ast.parse(PAGE.read_text(encoding="utf-8"))
    imported = {alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert imported <= {"__future__", "dataclasses", "hashlib", "statistics", "numpy"}
    told = subprocess.run([sys.executable, str(PAGE)], capture_output=True, text=True, timeout=120, check=True).stdout
    assert len(told.splitlines()) == 21
