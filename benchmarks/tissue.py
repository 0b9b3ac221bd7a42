"""How fast a tissue runs: packed cells in 3-D with oxygen at steady state, mechanics every 0.1 min, life every 6 min; and its parts.

    python benchmarks/tissue.py [--cells N] [--fields K] [--minutes M] [--threads T] [--repeats R] [--json]
    python benchmarks/tissue.py --scaling [--threads T] [--repeats R] [--json]    cost from 10^3 to 10^6 cells, and its exponent

Each figure comes with its spread over the repeats. The memory triad (large arrays) and the cache-resident triad are measured in the
same run: they say what the machine gave at that moment. Results depend on what else the machine does; run it on an idle one.

Measured on 2026-11-20 on two shared cores: memory at 10^5 cells 128 MB over the imports. `--scaling`, s per simulated hour for 10^3 to
10^6 cells, on an idle machine (load 1.0 before, 1.3 after, 21:13): wall 0.071, 0.37, 3.5 and 42, exponent 0.93 (0.72, 0.97 and 1.08
from size to size: the smallest keeps one thread busy); processor 0.071, 0.65, 6.4 and 75, exponent 1.006. At load 2 to 8 the wall's
exponent was 1.13, the processor's 0.998; with one thread at load 8 1.001 and 1.013. A transient step of four fields on 100^3 voxels
takes 2.15 ns (median 2.18) per voxel and field with two threads (`benchmarks/fields.py`); it waits for memory.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import time
from itertools import pairwise

import numpy as np

from exoresist.laws import kinetics
from exoresist.network import Amount, Network, Parameter, Pool, Process
from exoresist.network.cell import CellNetwork
from exoresist.numerics.diffusion import Diffusion
from exoresist.numerics.grid import Dirichlet, Faces, Field, Grid
from exoresist.numerics.slabs import Slabs
from exoresist.tissue.cell_type import CellType, Decay, Oxygenation
from exoresist.tissue.cells import Cells
from exoresist.tissue.interior import Contents
from exoresist.tissue.mechanics import Contact
from exoresist.tissue.run import ORDER, state_hash
from exoresist.tissue.state import Pace, Tissue, mechanics_of, place
from exoresist.tissue.steady_fields import SteadyField, SteadyFields
from exoresist.tissue.surroundings import SharedMedium

STATES = 20
VOXEL = 20.0


def packed(count: int, spacing: float = 15.4) -> np.ndarray:
    """(3, count) spots of a close packing, slightly shaken, nearest to the middle first; near neighbours lie near in memory."""
    # The ball has a radius of 0.553 count^(1/3) spacings, and layers are 0.816 spacings apart: a larger block would only take memory.
    half = int(np.ceil(0.68 * count ** (1 / 3))) + 2
    i, j, k = np.meshgrid(*[np.arange(-half, half + 1)] * 3, indexing="ij")
    x, y, z = spacing * (i + 0.5 * ((j + k) % 2)), spacing * np.sqrt(3) / 2 * (j + (k % 2) / 3), spacing * np.sqrt(6) / 3 * k
    spots = np.stack([x.ravel(), y.ravel(), z.ravel()])
    spots = spots[:, np.argsort((spots**2).sum(axis=0), kind="stable")[:count]]
    spots = spots + np.random.default_rng(1).normal(0.0, 0.3, spots.shape)
    order = np.lexsort(np.floor(spots / 25.0))
    return np.ascontiguousarray(spots[:, order])


def tissue_of(count: int, threads: int, least: int = 50) -> Tissue:
    """Packed cells that breathe, grow, divide and die, without networks, on `least` voxels or more along an edge."""
    spots = packed(count)
    side = max(least, int(np.ceil(2.0 * np.abs(spots).max() / VOXEL)) + 6)
    grid = Grid((side, side, side), VOXEL, (-0.5 * side * VOXEL,) * 3)
    slabs = Slabs(threads)
    edge = Dirichlet(38.0)
    oxygen = SteadyField("oxygen", Field(6e6, 6.0, Faces(*[edge] * 6)), np.full(grid.array_shape, 38.0))
    kind = CellType(
        "tumour", 2494.0, growth_rate=0.03, death_rate=5e-4, cycle_spread=0.1, pressure_stop=1.0, adhesion=24.0, takes={"oxygen": 600.0},
        oxygenation=Oxygenation(5.0, 38.0, 15.0, 5.0, 5.0, 2.5, 0.17), decay=Decay(8.6, 0.3, 0.1, 0.02),
    )  # fmt: skip
    tissue = Tissue(
        grid, [kind], Cells(), Pace(), 1, slabs, mechanics_of(grid, Contact(600.0, 1.25, 2.0, 0.1 / 60.0), slabs),
        SteadyFields(grid, [oxygen], threads=threads), SharedMedium(grid, (), {}, 1.0, threads), {},
    )  # fmt: skip
    place(tissue, 0, spots)
    return tissue


def chain() -> CellNetwork:
    """A network of 20 states: a medium pool and a cell, with a chain of compartments, a saturable step and feedback to its beginning."""
    pools = [f"cell.p{number}" for number in range(STATES - 3)]
    parts = [
        Parameter("medium.volume", 1e-9, "mL"),
        Parameter("capacity", 1e30, "cell"),
        Parameter("hypoxia", 0.0, "dimensionless"),
        Parameter("k", 2.0, "1/h"),
        Parameter("back", 0.5, "1/h"),
        Parameter("in", 5.0, "1/h"),
        Parameter("hazard", 0.0, "1/h"),
        Pool("medium.drug", "pmol", element="drug", scale=1e-6),
        Pool("lost.drug", "pmol", element="drug", exchange=True, scale=1e-6),
        Pool("cell.cells", "cell", element="cell", initial=1.0, scale=1e-3),
        *[Pool(name, "pmol", element="drug", scale=1e-6) for name in pools],
        Process("cell.entry", "medium.drug", pools[0], kinetics.first_order, {"rate": "in", "amount": Amount("medium.drug")}),
        Process("cell.loss", pools[-1], "lost.drug", kinetics.first_order, {"rate": "k", "amount": Amount(pools[-1])}),
    ]
    for before, after in pairwise(pools):
        tag = after.replace(".", "_")
        parts.append(Process(f"cell.to_{tag}", before, after, kinetics.first_order, {"rate": "k", "amount": Amount(before)}))
        parts.append(Process(f"cell.from_{tag}", after, before, kinetics.first_order, {"rate": "back", "amount": Amount(after)}))
    remains = {name: "lost.drug" for name in pools} | {"cell.cells": "cell.cells"}
    return CellNetwork(
        Network("chain", parts),
        "cell.cells",
        ("medium.drug",),
        "medium.volume",
        "capacity",
        {"hypoxia": "hypoxia"},
        "hazard",
        {},
        remains,
    )


def network_time(count: int, threads: int, steps: int) -> float:
    """us per cell and step of the 20-state network, one step of the solver in each call."""
    slabs = Slabs(threads)
    contents = Contents(chain(), slabs, relative=1.0)
    contents.add(np.arange(count), np.ones(count))
    contents.amounts[contents.medium[0], :count] = np.linspace(1e-6, 2e-6, count)
    contents.varying[0, :count] = 1e-9
    contents.varying[1, :count] = 1e30
    span = 0.1 / 60.0
    contents.steps[:] = 1.0
    contents.advance(span)
    taken = contents.taken
    began = time.perf_counter()
    for _ in range(steps):
        contents.steps[:] = 1.0
        contents.advance(span)
    spent = time.perf_counter() - began
    per_call = (contents.taken - taken) / (-(-count // 64)) / steps
    slabs.close()
    return spent / steps / count / per_call * 1e6


def field_time(fields: int, threads: int, steps: int, size: int = 100) -> float:
    """ns per voxel, field and step of diffusion with uptake."""
    grid = Grid((size,) * 3, VOXEL)
    edge = Dirichlet(1.0)
    diffusion = Diffusion(grid, [Field(1e5, 0.1, Faces(*[edge] * 6)) for _ in range(fields)], threads)
    concentration = np.full((fields, *grid.array_shape), 1.0)
    uptake = np.full((fields, *grid.array_shape), 0.5)
    diffusion.step(concentration, 0.01, uptake=uptake)
    began = time.perf_counter()
    for _ in range(steps):
        diffusion.step(concentration, 0.01, uptake=uptake)
    return (time.perf_counter() - began) / steps / fields / grid.voxels * 1e9


def triad(size: int) -> float:
    """GB/s of a + s b -> c."""
    a, b, c = (np.ones(size) for _ in range(3))
    best = np.inf
    for _ in range(5):
        began = time.perf_counter()
        rounds = max(1, int(2e7 / size))
        for _ in range(rounds):
            np.multiply(b, 3.0, out=c)
            np.add(c, a, out=c)
        best = min(best, (time.perf_counter() - began) / rounds)
    return 40.0 * size / best / 1e9


def scaling(threads: int, repeats: int, counts: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)) -> dict[str, object]:
    """s per simulated hour at several numbers of cells, each in a box that fits it, and the slope of its logarithm.

    exponent           least squares over all counts; `steps`: between one count and the next
    processor_s_...    of all threads, user and system, in the best run by that clock, and its `processor_exponent`: a busy machine
                       spoils wall time more than these
    load               of the machine before and after
    """
    load = [os.getloadavg()[0]]
    best, work = [], []
    for count in counts:
        tissue = tissue_of(count, threads, least=8)
        for part in ORDER:  # compile, and relax the first overlaps
            part(tissue)
        tissue.interval += 1
        # Short runs of small tissues would be lost in the clock's noise.
        intervals = max(1, min(20, 200_000 // count))
        spent, used = [], []
        for _ in range(repeats):
            began, busy = time.perf_counter(), time.process_time()
            for _ in range(intervals):
                for part in ORDER:
                    part(tissue)
                tissue.interval += 1
            spent.append((time.perf_counter() - began) * 10.0 / intervals)
            used.append((time.process_time() - busy) * 10.0 / intervals)
        best.append(min(spent))
        work.append(min(used))
        tissue.slabs.close()
        del tissue
    logs, processor = (np.log(counts), np.log(best)), np.log(work)
    load.append(os.getloadavg()[0])
    return {
        "cells": list(counts),
        "threads": threads,
        "wall_s_per_simulated_h": best,
        "exponent": float(np.polyfit(*logs, 1)[0]),
        "steps": (np.diff(logs[1]) / np.diff(logs[0])).tolist(),
        "processor_s_per_simulated_h": work,
        "processor_exponent": float(np.polyfit(logs[0], processor, 1)[0]),
        "load": load,
    }


def measured(values: list[float]) -> dict[str, float]:
    return {"best": min(values), "median": statistics.median(values), "worst": max(values)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=100_000)
    parser.add_argument("--fields", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--scaling", action="store_true")
    given = parser.parse_args()
    if given.scaling:
        shown(scaling(given.threads, given.repeats), given.json)
        return
    imports = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    tissue = tissue_of(given.cells, given.threads)
    for part in ORDER:  # compile, and relax the first overlaps
        part(tissue)
    tissue.interval += 1
    intervals = max(1, round(given.minutes / 6.0))
    wall, moving, parts = [], [], {part.__name__: 0.0 for part in ORDER}
    for _ in range(given.repeats):
        began, moved = time.perf_counter(), 0.0
        for _ in range(intervals):
            for part in ORDER:
                start = time.perf_counter()
                part(tissue)
                spent = time.perf_counter() - start
                parts[part.__name__] += spent
                moved += spent if part.__name__ == "move" else 0.0
            tissue.interval += 1
        wall.append((time.perf_counter() - began) * 10.0 / intervals)
        moving.append(moved / intervals / 60.0 / len(tissue.cells) * 1e6)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    result = {
        "cells": len(tissue.cells),
        "threads": given.threads,
        "voxels": tissue.grid.voxels,
        "wall_s_per_simulated_h": measured(wall),
        "mechanics_us_per_cell_step": measured(moving),
        "field_ns_per_voxel_field_step": measured([field_time(given.fields, given.threads, 5) for _ in range(given.repeats)]),
        "network_us_per_cell_step": measured([network_time(given.cells, given.threads, 10) for _ in range(given.repeats)]),
        "peak_rss_mb": {"over_imports": peak - imports, "total": peak},
        "triad_gb_s": {"memory": triad(20_000_000), "cache": triad(20_000)},
        "parts_s_per_simulated_h": {name: spent * 10.0 / intervals / given.repeats for name, spent in parts.items()},
        "rebuilds": tissue.mechanics.rebuilds if tissue.mechanics else 0,
        "state_hash": state_hash(tissue),
    }
    shown(result, given.json)


def shown(result: dict[str, object], as_json: bool) -> None:
    if as_json:
        print(json.dumps(result, indent=2))
        return
    for name, value in result.items():
        print(f"{name:32} {value}")


if __name__ == "__main__":
    main()
