"""Every bundled scenario of a well, a transwell or a cohort as a tissue: its arena changed, a few cells, a few hours.

    python verification/tissue_of_wells.py [--hours H] [--cells N] [NAME ...]

For each a file is written as a user would write it: `extends: NAME`, a tissue of 100 um as its arena, N cells of each population. All its
arms are run for H hours, or the refusal is printed.

Result (2026-11-20, 3 h, 20 cells of each population, 2 threads; all arms, wall time beside other work at load 13):

    scenario                 arms  books to  steps while a drug is about   took
    crc_oxaliplatin_cirs122     4     3e-14  60 s                           8 s
    fibroblasts_paclitaxel      6     1e-13  2.8 s                         94 s
    mcf7_doxorubicin            6     6e-14  20 s                          12 s
    mcf7_paclitaxel             6     2e-13  2.8 s                         44 s
    null_delivery               2     3e-14  20 s                           3 s
    pdl1_vesicles               6     7e-15  51 s                          13 s
    pgp_add_back                3     6e-16  no drug                        2 s
    rituximab_decoy             3     8e-15  6.7 s                         20 s
    sensitising_cargo           5     3e-14  60 s                          15 s
    uptake_inhibitors           6     2e-13  2.8 s                         89 s

    breast_cohort, conditioned_medium, transwell_doxorubicin: refused, each with the assay to write instead (and `side: null`).

Reading: all arms run, and no part of a scenario is told to be left out or to change nothing. One warning: in the arm `anti_pd_l1` vesicles
bring PD-L1 to cells, which then empty their fluid of the antibody in 20 s, while the step was chosen for what they show at the start.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.reader import bundled_scenarios, load_scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import ExoresistError
from exoresist.studies.provenance import idle_warnings
from exoresist.studies.tissue_arm import run_arm


def wells() -> list[str]:
    """Bundled scenarios that are not tissues."""
    return [name for name in sorted(bundled_scenarios()) if load_scenario(name).arena.kind != "tissue"]


def as_tissue(name: str, cells: int, size: str = "100 um", more: str = "") -> str:
    """A file that puts a bundled scenario into a small tissue."""
    populations = "".join(f"\n  - {{id: {one.id}, count: {cells} cell}}" for one in load_scenario(name).populations)
    space = f"{{kind: tissue, space: {{size: {size}}}}}"
    return f"schema: exoresist/1\nextends: {name}\nname: {name}_tissue\narena: {space}\npopulations:{populations}\n{more}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--cells", type=int, default=20)
    given = parser.parse_args()
    catalog = Catalog.load()
    with tempfile.TemporaryDirectory() as folder:
        for name in given.names or wells():
            file = Path(folder) / f"{name}_tissue.yaml"
            file.write_text(as_tissue(name, given.cells), encoding="utf-8")
            try:
                arms = expand_arms(load_scenario(file))
            except ExoresistError as error:
                print(f"{name}: refused: {str(error).replace(f'{folder}/', '')}", flush=True)
                continue
            warnings: dict[str, None] = {}
            models, told, worst, began = [], [], 0.0, time.perf_counter()
            overridden: set[tuple[str, str]] = set()
            for arm, one in arms:
                short = one.model_copy(update={"duration": given.hours, "every": given.hours})
                course = run_arm(short, catalog, arm.id, name, threads=2)
                worst = max(worst, *course.conservation.values())
                warnings |= dict.fromkeys(course.warnings)
                models += list(course.setup.models.values())
                overridden |= course.setup.overridden
                told.append(f"{arm.id} {course.rows[0]['living']} -> {course.rows[-1]['living']}")
            took = time.perf_counter() - began
            print(f"{name}: {'; '.join(told)}. Books to {worst:.0e}, {took:.1f} s", flush=True)
            for text in [*warnings, *idle_warnings(models, overridden)]:
                print(f"    {text}", flush=True)


if __name__ == "__main__":
    main()
