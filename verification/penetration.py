"""How far doxorubicin gets into packed tissue: the distance at which it has fallen to half, beside 24-43 um measured in xenografts.

    python verification/penetration.py [--out FILE.json]

A box of packed cells (80 um x 80 um x 300 um) with the network of the sensitive line inside every cell; one face holds doxorubicin at a
level as a vessel wall does, the others let nothing through. What counts is the drug in cells, which is nearly all of what fluoresces.
Cells neither grow nor move in so short a time. Every number is the catalogue's; variants take one to an end of its range.

Measured: distance from the nearest vessel at which doxorubicin fluorescence falls to half, HCT-8 xenografts, 24 +- 5 (epithelioid, tightly
packed) to 43 +- 11 um (round, loose): BMC Cancer 12:214, 10.1186/1471-2407-12-214, table 3 (read). Around a vessel drug thins out
in a cylinder and plasma levels fall; here it is a plane wall and a constant level.

Result (2026-11-20, evening, with cells that drink from all voxels of their room; 345 s at load 13, 96 s of processor time).
Half-distance in um after 10, 30 and 60 min:

    plane wall at 100, 1000, 5000 nM              47.8  49.4  50.6   (1000 nM; the others within 2.0)
    one vessel of radius 10 um alone              20.4  20.8  21.1   (from the same decay length, 69 um after 10 min)
    tissue_diffusivity at its low / high end      14.3  14.8  15.2 / 101.4 106.2 109.5
    extracellular_fraction low / high             28.8  29.3  29.8 /  73.0  79.9  83.1
    permeability_surface low / high              104.3 131.1 140.5 /  20.7  23.1  28.7
    target_capacity low / high                    49.1  54.5  64.3 /  47.5  48.7  48.9   (lysosomal_accumulation: no change)
    voxels of 20 um instead of 10                 44.4  45.9  47.0
    steps of 2 / 0.5 / 0.1 / 0.05 min             112 / 68 / 51 / 49 after 10 min, instead of 47.8 at 1.2 s

(Where each cell drank from one voxel of 10 um only: 43.7, 45.5, 46.7 at a plane wall. A room of 16 um blurs what lies within it.)

Reading: a plane wall gives 5 to 8 um more than the loosest tumour's mean (43 +- 11), one vessel alone 3 to 4 um less than the tightest's
(24 +- 5). Vessels in a tumour lie between these: `penetration_vessels.py` reads the distance as the paper does, with many vessels.
What would move a plane wall to the middle of the range (32 um): tissue_diffusivity 1.6e5 instead of 3.6e5 um^2/h (half-distance goes
with its root; assumed, 3e4 to 1.5e6), or extracellular_fraction about 0.13 instead of 0.25, or permeability_surface about twice
7e-8 mL/h/cell. The measurement cannot tell these apart; each by itself leaves the range at its ends.

Steps matter most: cells take drug out of their fluid at 79 1/h, so with 2 min between diffusion and networks a drug reaches three times too
far (`tissue_accuracy.py` says what that does to damage). Tissue scenarios with a drug need a `drug_step` of 0.25 min or less.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.special import k0

from exoresist.assembly.reader import load_scenario
from exoresist.assembly.scenario import ParameterOverride
from exoresist.assembly.tissue_cell import cell_network
from exoresist.catalog import Catalog
from exoresist.core.units import convert
from exoresist.network.cell import CellNetwork
from exoresist.numerics.grid import Dirichlet, Faces, Grid
from exoresist.numerics.slabs import Slabs
from exoresist.studies.tissue_fields import SECONDS_PER_HOUR
from exoresist.studies.tissue_setup import _lattice
from exoresist.tissue.cell_type import CellType
from exoresist.tissue.cells import Cells
from exoresist.tissue.exchange import run_networks
from exoresist.tissue.interior import Contents
from exoresist.tissue.state import Pace, Tissue, place
from exoresist.tissue.steady_fields import SteadyFields
from exoresist.tissue.surroundings import Medium, SharedMedium

MEASURED = (24.0, 43.0)  # um
WIDTH, DEPTH, LAYER = 80.0, 300.0, 20.0  # um; `LAYER`: thickness over which cells are averaged
DRUG = "drug:doxorubicin"
STEP = 0.02 / 60.0  # h: drug must not diffuse far in what cells take it up in, so steps of seconds
VESSEL = 10.0  # um, radius of a capillary in the estimate for a cylinder
TIMES = (1.0 / 6.0, 0.5, 1.0)  # h
LEVELS = (100.0, 1000.0, 5000.0)  # nM at the wall


def number(catalog: Catalog, name: str, unit: str, *subjects: str, end: str = "value") -> float:
    """A number of the catalogue, or an end of its range, of the first subject that has it."""
    row = next(catalog.parameter(name, one) for one in subjects if catalog.has_parameter(name, one))
    return convert(float(getattr(row, end)), row.unit, unit)


def sensitive_cell(catalog: Catalog, changes: dict[tuple[str, str], tuple[float, str]] | None = None) -> CellNetwork:
    """The network inside a sensitive cell; `changes`: (name, subject) -> (value, unit)."""
    scenario = load_scenario("tumour_resistant_corner")
    sensitive = tuple(one for one in scenario.populations if one.id == "sensitive")
    changed = tuple(
        ParameterOverride.model_validate(
            {"name": name, "subject": subject, "value": f"{value!r} {unit}", "reason": "an end of its range"}
        )
        for (name, subject), (value, unit) in (changes or {}).items()
    )
    scenario = scenario.model_copy(update={"populations": sensitive, "arms": (), "parameters": changed})
    return cell_network(scenario, catalog, "sensitive")[0]


def spreading(catalog: Catalog, inside: CellNetwork, faces: Faces, diffusivity: float | None = None) -> dict[str, Medium]:
    """How doxorubicin, with these faces, and vesicles with all they carry spread."""
    if diffusivity is None:
        diffusivity = number(catalog, "tissue_diffusivity", "um^2/h", "drug:doxorubicin", "drug")
    vesicles = number(catalog, "diffusion_coefficient", "um^2/s", "vesicle") * number(
        catalog, "tissue_hindrance", "dimensionless", "vesicle"
    )
    return {
        name: Medium(diffusivity, faces) if name == "medium.doxorubicin" else Medium(vesicles * SECONDS_PER_HOUR)
        for name in inside.medium
    }


def drug_rows(contents: Contents) -> list[int]:
    """States that are drug inside the cell."""
    pools = contents.interior.network.pools
    return [
        index for index, name in enumerate(contents.compiled.states)
        if name in pools and pools[name].element == DRUG and not pools[name].exchange and index not in contents.medium
    ]  # fmt: skip


def half_distances(
    catalog: Catalog, level: float, voxel: float = 10.0, changes: dict[tuple[str, str], tuple[float, str]] | None = None,
    diffusivity: float | None = None, fluid: float | None = None, times: tuple[float, ...] = TIMES, step: float = STEP,
) -> list[float]:  # fmt: skip
    """um at each time; infinite where even the far end has more than half.

    changes  (name, subject) -> (value, unit) of the cell's network
    """
    inside = sensitive_cell(catalog, changes)
    if fluid is None:
        fluid = number(catalog, "extracellular_fraction", "dimensionless", "tissue")
    volume = number(catalog, "cell_volume", "mL/cell", "cell_line:mcf7_sensitive", "cell") * 1e12
    grid = Grid((round(DEPTH / voxel), round(WIDTH / voxel), round(WIDTH / voxel)), voxel)
    slabs = Slabs(2)
    medium = SharedMedium(grid, inside.medium, spreading(catalog, inside, Faces(Dirichlet(level)), diffusivity), fluid, 2)
    kind = CellType("sensitive", volume, interior=inside)
    tissue = Tissue(
        grid, [kind], Cells(), Pace(step, step, step), 1, slabs, None, SteadyFields(grid, (), threads=2), medium,
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
    drug = drug_rows(contents)
    result, done = [], 0
    for at in times:
        for _ in range(round(at / step) - done):
            run_networks(tissue)
            tissue.interval += 1
        done = round(at / step)
        owner = contents.owner[: contents.count]
        depth = tissue.cells.position[0, owner]
        layers = np.clip((depth / LAYER).astype(int), 0, round(DEPTH / LAYER) - 1)
        inside_cells = np.bincount(layers, contents.amounts[drug, : contents.count].sum(axis=0))
        result.append(fallen(np.bincount(layers, depth) / np.bincount(layers), inside_cells / np.bincount(layers)))
    slabs.close()
    return result


def fallen(places: np.ndarray, levels: np.ndarray) -> float:
    """Distance at which levels, all above 0, fall to half of that at the wall, which is carried on from the first two."""
    logs = np.log(levels)
    wall = logs[0] + (logs[0] - logs[1]) * places[0] / (places[1] - places[0])
    goal = wall - np.log(2.0)
    below = np.flatnonzero(logs < goal)
    if len(below) == 0:
        return float("inf")
    k = int(below[0])
    if k == 0:
        return float(places[0] * np.log(2.0) / (wall - logs[0]))
    return float(places[k - 1] + (places[k] - places[k - 1]) * (logs[k - 1] - goal) / (logs[k - 1] - logs[k]))


def around_a_vessel(plane: float) -> float:
    """Half-distance from one vessel alone, um, where a plane wall gives `plane`: K0(r/L) of its wall's value, L = plane/ln 2."""
    length = plane / np.log(2.0)
    return float(brentq(lambda gap: k0((VESSEL + gap) / length) - 0.5 * k0(VESSEL / length), 1e-6, 1e3))


def main() -> None:
    """Measure, and vary one number at a time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    catalog = Catalog.load()
    began = time.perf_counter()
    result: dict[str, object] = {"times_h": TIMES}
    for level in LEVELS:
        planes = half_distances(catalog, level)
        result[f"{level:g} nM"] = np.round(planes, 1).tolist()
        result[f"{level:g} nM, one vessel alone"] = np.round([around_a_vessel(one) for one in planes], 1).tolist()
    fast = [half_distances(catalog, 1000.0, step=minutes / 60.0)[0] for minutes in (2.0, 0.5, 0.1, 0.05)]
    result["1000 nM, steps of 2, 0.5, 0.1, 0.05 min"] = np.round(fast, 1).tolist()
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
