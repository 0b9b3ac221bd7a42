"""How far doxorubicin gets into packed tissue: the distance at which it has fallen to half, beside 24-43 um measured in xenografts.

    python verification/penetration.py [--out FILE.json]

A box of packed cells (60 um x 60 um x 300 um) with the network of the sensitive line inside every cell; one face holds doxorubicin at a
level as a vessel wall does, the others let nothing through. What counts is all drug of the tissue, in cells and in fluid, as fluorescence
does. Cells neither grow nor move in so short a time. Every number is the catalogue's; variants take one to an end of its range.

Measured: distance from the nearest vessel at which doxorubicin fluorescence falls to half, HCT-8 xenografts, 24 +- 5 (epithelioid, tightly
packed) to 43 +- 11 um (round, loose): BMC Cancer 12:214, 10.1186/1471-2407-12-214, table 3 (read). Around a vessel drug thins out
in a cylinder and plasma levels fall; here it is a plane wall and a constant level, so agreement within the range is all that can be asked.

LAST_RESULT
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from exoresist.assembly.reader import load_scenario
from exoresist.assembly.scenario import ParameterOverride
from exoresist.assembly.tissue_cell import cell_network
from exoresist.catalog import Catalog
from exoresist.core.units import convert
from exoresist.numerics.grid import Dirichlet, Faces, Grid
from exoresist.numerics.slabs import Slabs
from exoresist.studies.tissue_setup import SECONDS_PER_HOUR, _lattice
from exoresist.tissue.cell_type import CellType
from exoresist.tissue.cells import Cells
from exoresist.tissue.exchange import run_networks
from exoresist.tissue.interior import Contents
from exoresist.tissue.state import Pace, Tissue, place
from exoresist.tissue.steady_fields import SteadyFields
from exoresist.tissue.surroundings import Medium, SharedMedium

MEASURED = (24.0, 43.0)  # um
WIDTH, DEPTH = 60.0, 300.0  # um
DRUG = "drug:doxorubicin"
STEP = 0.5 / 60.0  # h
TIMES = (1.0 / 6.0, 0.5, 1.0, 2.0)  # h
LEVELS = (100.0, 1000.0, 5000.0)  # nM at the wall


def number(catalog: Catalog, name: str, unit: str, *subjects: str, end: str = "value") -> float:
    """A number of the catalogue, or an end of its range, of the first subject that has it."""
    row = next(catalog.parameter(name, one) for one in subjects if catalog.has_parameter(name, one))
    return convert(float(getattr(row, end)), row.unit, unit)


def half_distances(
    catalog: Catalog, level: float, voxel: float = 10.0, changes: dict[tuple[str, str], tuple[float, str]] | None = None,
    diffusivity: float | None = None, fluid: float | None = None, times: tuple[float, ...] = TIMES,
) -> list[float]:  # fmt: skip
    """um at each time; infinite where even the far end has more than half.

    changes  (name, subject) -> (value, unit) of the cell's network
    """
    scenario = load_scenario("tumour_resistant_corner")
    sensitive = tuple(one for one in scenario.populations if one.id == "sensitive")
    changed = tuple(
        ParameterOverride.model_validate(
            {"name": name, "subject": subject, "value": f"{value!r} {unit}", "reason": "an end of its range"}
        )
        for (name, subject), (value, unit) in (changes or {}).items()
    )
    scenario = scenario.model_copy(update={"populations": sensitive, "arms": (), "parameters": changed})
    inside, _ = cell_network(scenario, catalog, "sensitive")
    if fluid is None:
        fluid = number(catalog, "extracellular_fraction", "dimensionless", "tissue")
    if diffusivity is None:
        diffusivity = number(catalog, "tissue_diffusivity", "um^2/h", "drug:doxorubicin", "drug")
    vesicles = number(catalog, "diffusion_coefficient", "um^2/s", "vesicle") * number(
        catalog, "tissue_hindrance", "dimensionless", "vesicle"
    )
    volume = number(catalog, "cell_volume", "mL/cell", "cell_line:mcf7_sensitive", "cell") * 1e12
    grid = Grid((round(DEPTH / voxel), round(WIDTH / voxel), round(WIDTH / voxel)), voxel)
    wall = Faces(Dirichlet(level))
    spread = {
        name: Medium(diffusivity, wall) if name == "medium.doxorubicin" else Medium(vesicles * SECONDS_PER_HOUR)
        for name in inside.medium
    }
    slabs = Slabs(2)
    medium = SharedMedium(grid, inside.medium, spread, fluid, 2)
    kind = CellType("sensitive", volume, interior=inside)
    tissue = Tissue(
        grid, [kind], Cells(), Pace(STEP, STEP, STEP), 1, slabs, None, SteadyFields(grid, (), threads=2), medium,
        {0: Contents(inside, slabs)},
    )  # fmt: skip
    # As many cells as fill what is not fluid, all of the mean size, spread evenly over the box.
    count = round((1.0 - fluid) * WIDTH * WIDTH * DEPTH / volume)
    radius = float(np.cbrt(0.75 / np.pi * (WIDTH * WIDTH * DEPTH) * 0.64 / count))
    spots = _lattice(40 * count, radius, False) + np.array([[0.5 * DEPTH], [0.5 * WIDTH], [0.5 * WIDTH]])
    room = np.array([[DEPTH], [WIDTH], [WIDTH]])
    spots = spots[:, ((spots > 0.0) & (spots < room)).all(axis=0)]
    place(tissue, 0, spots, np.full(spots.shape[1], count / spots.shape[1]))
    contents = tissue.contents[0]
    network = inside.network
    drug = [
        index for index, name in enumerate(contents.compiled.states)
        if network.pools[name].element == DRUG and not network.pools[name].exchange and index not in contents.medium
    ]  # fmt: skip
    result, done = [], 0
    for at in times:
        for _ in range(round(at / STEP) - done):
            run_networks(tissue)
            tissue.interval += 1
        done = round(at / STEP)
        held = medium.amounts[[medium.names.index(n) for n in medium.names if network.pools[n].element == DRUG]].sum(axis=0)
        total = held.reshape(-1).copy()
        owner = contents.owner[: contents.count]
        np.add.at(total, tissue.voxels(owner), contents.amounts[drug, : contents.count].sum(axis=0))
        profile = total.reshape(grid.array_shape).sum(axis=(0, 1))
        result.append(fallen(profile, voxel))
    slabs.close()
    return result


def fallen(profile: np.ndarray, voxel: float) -> float:
    """Distance at which a profile, averaged over 20 um, is half of what it is at the wall (carried on from the first two averages)."""
    wide = max(1, round(20.0 / voxel))
    coarse = profile[: len(profile) // wide * wide].reshape(-1, wide).mean(axis=1)
    places = (np.arange(len(coarse)) + 0.5) * wide * voxel
    logs = np.log(np.maximum(coarse, 1e-300))
    wall = logs[0] + (logs[0] - logs[1]) * places[0] / (places[1] - places[0])
    goal = wall - np.log(2.0)
    below = np.flatnonzero(logs < goal)
    if len(below) == 0:
        return float("inf")
    k = int(below[0])
    if k == 0:
        return float(places[0] * np.log(2.0) / (wall - logs[0]))
    return float(places[k - 1] + (places[k] - places[k - 1]) * (logs[k - 1] - goal) / (logs[k - 1] - logs[k]))


def main() -> None:
    """Measure, and vary one number at a time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    catalog = Catalog.load()
    began = time.perf_counter()
    result: dict[str, object] = {"times_h": TIMES}
    for level in LEVELS:
        result[f"{level:g} nM"] = np.round(half_distances(catalog, level), 1).tolist()
    result["1000 nM, voxel 20 um"] = np.round(half_distances(catalog, 1000.0, 20.0), 1).tolist()
    for end in ("low", "high"):
        speed = number(catalog, "tissue_diffusivity", "um^2/h", "drug:doxorubicin", "drug", end=end)
        fluid = number(catalog, "extracellular_fraction", "dimensionless", "tissue", end=end)
        result[f"1000 nM, tissue_diffusivity {end}"] = np.round(half_distances(catalog, 1000.0, diffusivity=speed), 1).tolist()
        result[f"1000 nM, extracellular_fraction {end}"] = np.round(half_distances(catalog, 1000.0, fluid=fluid), 1).tolist()
        for name in ("permeability_surface", "target_capacity", "lysosomal_accumulation"):
            row = catalog.parameter(name, "drug:doxorubicin")
            change = {(name, "drug:doxorubicin"): (float(getattr(row, end)), row.unit)}
            result[f"1000 nM, {name} {end}"] = np.round(half_distances(catalog, 1000.0, changes=change), 1).tolist()
    result["wall_s"] = round(time.perf_counter() - began, 1)
    for name, values in result.items():
        print(f"{name:44} {values}")
    if given.out is not None:
        given.out.write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
