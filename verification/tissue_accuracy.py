"""What halved voxels and halved steps change in the bundled tumour: its first hours, with everything halved in turn.

    python verification/tissue_accuracy.py [--hours H] [--out FILE.json]

The scenario `tumour_resistant_corner` (arm `vesicles`), shortened, doxorubicin from hour 1. Cells draw their fates by name, so runs share
their draws until a number changes an event; another seed tells how much of a difference is chance: two runs with other draws.

LAST_RESULT
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
from exoresist.studies.tissue_arm import ArmCourse, pump_level, run_arm
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
    found = pump_level(course)
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
    parser.add_argument("--hours", type=float, default=12.0)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    catalog = Catalog.load()
    space = shortened(given.hours).arena.space
    assert space is not None
    # A voxel of half the edge is refused with steps of 2 min between networks (see above): it is compared at 0.5 min with whole voxels.
    quick = {"network_step": 0.25 * space.network_step}
    cases: dict[str, tuple[str, int, dict[str, float]]] = {
        "base": ("", 7, {}),
        "network step halved": ("base", 7, {"network_step": 0.5 * space.network_step}),
        "network step quartered": ("base", 7, quick),
        "voxel halved": ("network step quartered", 7, {"voxel": 0.5 * space.voxel, **quick}),
        "motion step halved": ("base", 7, {"motion_step": 0.5 * space.motion_step}),
        "life step halved": ("base", 7, {"life_step": 0.5 * space.life_step}),
        "spread step halved": ("base", 7, {"spread_step": 0.5 * space.spread_step}),
        "another seed": ("base", 8, {}),
    }
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
