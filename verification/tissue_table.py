"""Measure how far the bundled tumours' answers depend on voxels and steps, and write the table that their pages quote.

    python verification/tissue_table.py [SCENARIO ...]

For each: one treated arm, the hours of HOURS, run as it is, with halved voxels, with all steps halved, and with another seed. The table is
`src/exoresist/studies/tissue_accuracy.tsv`; rows of scenarios that have changed since are not quoted.
"""

from __future__ import annotations

import sys
import time

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.reader import load_scenario
from exoresist.catalog import Catalog
from exoresist.studies.tissue_accuracy import key_of, measure, told, write_table

# Arm and hours: as much of the run as halved voxels leave time for; drugs are given within them.
HOURS = {
    "tumour_killing_pdl1": ("on_vesicles", 8.0),
    "tumour_hypoxic_core": ("hypoxia", 3.0),
    "tumour_vascularised": ("every_three_weeks", 36.0),
    "tumour_fibroblast_shell": ("shell", 6.0),
    "tumour_resistant_corner": ("vesicles", 7.5),
    "tumour_spheroid": ("low_oxygen", 4.0),
    "tumour_sprouting": ("sprouts", 122.0),
}


def main() -> None:
    catalog = Catalog.load()
    for name in sys.argv[1:] or HOURS:
        arm, hours = HOURS[name]
        scenario = load_scenario(name)
        one = dict((entry.id, whole) for entry, whole in expand_arms(scenario))[arm]
        began = time.perf_counter()
        shorter = one.model_copy(update={"duration": hours, "every": hours})
        rows = measure(shorter, arm, catalog, threads=2, tell=lambda text: print(text, flush=True), key=key_of(one))
        write_table(rows)
        for row in rows:
            print(f"  {row.reading:40s} {row.value:10.4g}  voxel {row.voxel_halved:+.2%}  steps {row.steps_halved:+.2%}", end="")
            print(f"  seed {row.other_seed:+.2%}")
        print(f"{name} ({time.perf_counter() - began:.0f} s): {' '.join(told(rows))}", flush=True)


if __name__ == "__main__":
    main()
