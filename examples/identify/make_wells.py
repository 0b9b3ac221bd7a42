"""Simulated wells for who_protects.yaml: a world in which transfer alone protects, drawn from the priors of the study with a fixed seed.

python examples/identify/make_wells.py > examples/identify/wells.csv
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from exoresist.assembly.reader import load_scenario
from exoresist.catalog import Catalog
from exoresist.core.random import stream
from exoresist.studies.identify_bench import bench
from exoresist.studies.identify_readings import SHARED, planned, predicted
from exoresist.studies.identify_worlds import run_worlds

SEED = 4


def main() -> None:
    made = bench(load_scenario(Path(__file__).with_name("who_protects.yaml")), Catalog.load())
    worlds = run_worlds(made, made.space.draw_kind("transfer", 1, SEED, "example"))
    read = planned(made)
    means = predicted(made, read.conditions, worlds.cells)[0]
    generator = stream(SEED, "example wells")
    print("experiment,arm,time,dose,readout,value,replicate,unit")
    for one, mean, floor in zip(read.conditions, means, read.additive, strict=True):
        spread = np.hypot(floor, read.relative * mean)
        shared = mean + np.sqrt(SHARED) * spread * generator.standard_normal()
        for replicate in range(1, one.wells + 1):
            value = max(shared + spread * generator.standard_normal(), 0.0)
            print(f"simulated,{one.arm},{one.time:g},{one.dose:g},cells,{value:.1f},{replicate},cell")


if __name__ == "__main__":
    main()
