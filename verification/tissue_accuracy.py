"""What halved voxels and halved steps change in the bundled tumour: its first hours, with everything halved in turn.

    python verification/tissue_accuracy.py [--hours H] [--out FILE.json]

The scenario `tumour_resistant_corner` (arm `vesicles`), shortened, doxorubicin from hour 1. Cells draw their fates by name, so runs share
their draws until a number changes an event; another seed tells how much of a difference is chance: two runs with other draws.

Result (2026-11-20, evening, 5 h, doxorubicin from hour 1, network step of 15 s, which is the scenario's; change at the end, in %; 15 min
at load 15, 259 s of processor time):

                                   living  radius  pump (s)  damage (s)  damage (r)  vesicles (s)  vesicles (r)
    another seed                    -0.96    0.08      0.10       -0.15       -0.46         -0.60         -1.79
    motion step halved               0.00    0.00      0.00        0.00        0.00          0.00          0.00
    spread step halved               0.00    0.00      0.00        0.00        0.00          0.00          0.00
    life step halved                 0.18   -0.20      0.17       -0.09        0.01         -0.58         -0.11
    network step 15 -> 7.5 s         0.00    0.00      0.10        2.42        0.85          0.02          0.01
    network step 15 -> 30 s          0.00    0.00     -0.20       -6.42       -2.75         -0.07         -0.05
    network step 15 s -> 1 min       0.00    0.00     -0.56      -20.12      -10.77         -0.27         -0.24
    network step 15 s -> 2 min       0.00    0.00     -1.19      -41.66      -28.15         -0.87         -0.89
    voxel 20 -> 10 um                0.00   -0.01      1.73        2.59        1.11          4.90          5.75

    (s) mean over living sensitive cells or their vesicles, (r) over resistant ones. Base: 1141 living, 89 um, damage 0.057 and 0.042.

Reading: steps of motion, spread and life, and chance, change less than 2 %. THE NETWORK STEP DECIDES WHILE A DRUG IS ABOUT: cells take it
out of their fluid at 79 1/h, and in one step no more than is in their share of it, so damage is 42 % too low at 2 min, within 3 % at 15 s.
Longer steps serve vesicles only. Halved voxels change damage by 1-3 % and fields of vesicles by 5-6 % (before cells drank from all voxels
of their room, damage by 10-17 %).
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from exoresist.assembly.reader import load_scenario
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.studies.tissue_arm import ArmCourse, run_arm
from exoresist.studies.tissue_readings import pump_level
from exoresist.tissue.cells import LIVING


def shortened(hours: float, seed: int = 7, **space: float) -> Scenario:
    """The bundled scenario, its arm with vesicles, over fewer hours; `space` replaces numbers of the arena's space."""
    scenario = load_scenario("tumour_resistant_corner")
    arena = scenario.arena.model_copy(update={"space": scenario.arena.space.model_copy(update=space)})
    drugs = tuple(one.model_copy(update={"at": 1.0}) for one in scenario.drugs)
    return scenario.model_copy(
        update={"arena": arena, "drugs": drugs, "arms": (), "duration": hours, "every": hours, "seed": seed}
    )


def answers(course: ArmCourse) -> dict[str, float]:
    """Living cells, their radius, pump and damage, and the drug and vesicles around them, at the end."""
    tissue, last = course.tissue, course.rows[-1]
    found = pump_level(course.setup)
    assert found is not None
    alive = tissue.cells.state == LIVING
    result = {"living": float(last["living"]), "radius_um": float(last["radius_um"])}
    for index, contents in tissue.contents.items():
        name = tissue.types[index].id
        own = alive & (tissue.cells.kind == index)
        result[f"{name}_pump"] = float(np.nanmean(found[1][own]))
        damage = [state for state in contents.states if state.startswith(f"{name}.damage")]
        size = contents.row(contents.interior.cells).sum()
        result[f"{name}_damage"] = float(sum(contents.row(state).sum() for state in damage) / size)
    for key in last:
        if key.endswith("_mean") or key == "oxygen_lowest":
            result[key] = float(last[key])
    return result


def main() -> None:
    """Run the base, then each change."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=5.0)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    catalog = Catalog.load()
    space = shortened(given.hours).arena.space
    assert space is not None
    step = space.network_step
    cases: dict[str, tuple[str, int, dict[str, float]]] = {
        "base": ("", 7, {}),
        "another seed": ("base", 8, {}),
        "motion step halved": ("base", 7, {"motion_step": 0.5 * space.motion_step}),
        "spread step halved": ("base", 7, {"spread_step": 0.5 * space.spread_step}),
        "life step halved": ("base", 7, {"life_step": 0.5 * space.life_step}),
        "network step halved": ("base", 7, {"network_step": 0.5 * step}),
        "network step times 2": ("base", 7, {"network_step": 2.0 * step}),
        "network step times 4": ("base", 7, {"network_step": 4.0 * step}),
        "network step times 8": ("base", 7, {"network_step": 8.0 * step}),
        "voxel halved": ("base", 7, {"voxel": 0.5 * space.voxel}),
    }  # fmt: skip
    result: dict[str, dict[str, float]] = {}
    for name, (beside, seed, changes) in cases.items():
        began = time.perf_counter()
        result[name] = answers(run_arm(shortened(given.hours, seed, **changes), catalog, "vesicles", name, threads=2))
        before = result.get(beside, {})
        moved = {key: round(100.0 * (value / before[key] - 1.0), 2) for key, value in result[name].items() if before.get(key)}
        shown = moved if beside else {key: float(f"{value:.5g}") for key, value in result[name].items()}
        print(
            f"{name} ({time.perf_counter() - began:.0f} s){f', change to {beside} in %' if beside else ''}: {shown}", flush=True
        )
    if given.out is not None:
        given.out.write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
