"""Speed and exactness of the field solvers on this machine, as JSON.

  triad       memory bandwidth of a = b + s c with Numba, GB/s, for judging the rest: a step moves at least 64 bytes per voxel and field
  transient   4 fields on n^3 voxels, dense uptake in a ball (and, a second time, with a source as well): ns per voxel, field and step;
              `processor_ns` is the processors' own mean time, all together, which other programs disturb less
  error       relative L2 and largest error (of the largest concentration) after 2 min in steps of 0.1, against the unsplit equations
              solved to convergence: from rest, uptake then swings by 30 %
  steady      warm solve after the uptake of 1 % of the voxels has changed: ms, iterations, residual

Run: python benchmarks/fields.py [--size 100] [--repeats 60] [--threads 2]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from numba import njit

from exoresist.numerics.diffusion import Diffusion
from exoresist.numerics.diffusion_threads import run_all
from exoresist.numerics.grid import Dirichlet, Faces, Field, Grid
from exoresist.numerics.slabs import threads as available_threads
from exoresist.numerics.steady import Steady

OXYGEN = Field(1e5, 0.1, Faces(*[Dirichlet(38.0)] * 6))


@njit(nogil=True)
def triad(a: np.ndarray, b: np.ndarray, c: np.ndarray, first: int, last: int) -> None:
    for i in range(first, last):
        a[i] = b[i] + 3.0 * c[i]


def seconds(run: Callable[[], object], repeats: int) -> list[float]:
    run()
    taken = []
    for _ in range(repeats):
        begin = time.perf_counter()
        run()
        taken.append(time.perf_counter() - begin)
    return taken


def bandwidth(threads: int, repeats: int) -> float:
    n = 16_000_000
    a, b, c = np.zeros(n), np.ones(n), np.ones(n)
    parts = [partial(triad, a, b, c, k * n // threads, (k + 1) * n // threads) for k in range(threads)]
    return 24.0 * n / min(seconds(lambda: run_all(parts, threads), repeats)) / 1e9


def ball(n: int) -> tuple[Grid, np.ndarray]:
    """Voxels of 20 um; dense tissue (10/min) in a ball of 0.35 n voxels."""
    z, y, x = np.meshgrid(*[np.arange(n) - n / 2 + 0.5] * 3, indexing="ij")
    return Grid((n, n, n), 20.0), np.where(x**2 + y**2 + z**2 < (0.35 * n) ** 2, 10.0, 0.0)


def transient(n: int, threads: int, repeats: int) -> dict[str, dict[str, float]]:
    grid, uptake = ball(n)
    uptakes = np.stack([uptake] * 4)
    sources = np.full_like(uptakes, 0.1)
    rest = np.full(grid.array_shape, 38.0)
    Steady(grid, OXYGEN, threads).solve(rest, None, uptake)
    c = np.stack([rest] * 4)
    stepper = Diffusion(grid, [OXYGEN] * 4, threads)
    found = {}
    for name, source in (("uptake", None), ("uptake and source", sources)):
        busy = time.process_time()
        times = [t / c.size * 1e9 for t in seconds(lambda source=source: stepper.step(c, 0.1, source, uptakes), repeats)]
        busy = (time.process_time() - busy) / (repeats + 1) / c.size * 1e9
        found[name] = {"best_ns": min(times), "median_ns": statistics.median(times), "processor_ns": busy}
    return found


def error(n: int, threads: int) -> dict[str, float]:
    grid, uptake = ball(n)
    start = np.full(grid.array_shape, 38.0)
    Steady(grid, OXYGEN, threads).solve(start, None, uptake, tolerance=1e-10)

    def at(t: float) -> np.ndarray:
        return uptake * (1.0 + 0.3 * np.sin(2.0 * np.pi * t / 20.0))

    c = start[None].copy()
    stepper = Diffusion(grid, [OXYGEN], threads)
    for k in range(20):
        stepper.step(c, 0.1, None, [at(0.1 * (k + 0.5))])

    def unsplit(steps: int) -> np.ndarray:
        """Midpoint rule, each step solved whole: m = c + h/2 (A m + b), c' = 2 m - c."""
        h = 2.0 / steps
        solver = Steady(grid, Field(1e5, 0.1 + 2.0 / h, OXYGEN.faces), threads)
        now, middle = start.copy(), start.copy()
        for k in range(steps):
            solver.solve(middle, now * (2.0 / h), at(h * (k + 0.5)), tolerance=1e-10)
            now = 2.0 * middle - now
        return now

    coarse, fine = unsplit(40), unsplit(80)
    exact = fine + (fine - coarse) / 3.0
    off = c[0] - exact
    return {
        "l2": float(np.linalg.norm(off) / np.linalg.norm(exact)),
        "max": float(np.abs(off).max() / exact.max()),
        "of_reference": float(np.linalg.norm(exact - fine) / np.linalg.norm(exact)),
        "change_l2": float(np.linalg.norm(exact - start) / np.linalg.norm(exact)),
    }


def steady(n: int, threads: int, repeats: int) -> dict[str, float]:
    grid, uptake = ball(n)
    rng = np.random.default_rng(1)
    changed = np.where(rng.random(uptake.shape) < 0.01, uptake * rng.random(uptake.shape), uptake)
    solver = Steady(grid, OXYGEN, threads)
    before = np.full(grid.array_shape, 38.0)
    solver.solve(before, None, uptake)
    c = before.copy()
    times = []
    busy = time.process_time()
    for _ in range(repeats):
        c[...] = before
        begin = time.perf_counter()
        balance = solver.solve(c, None, changed)
        times.append(1e3 * (time.perf_counter() - begin))
    busy = 1e3 * (time.process_time() - busy) / repeats
    return {
        "processor_ms": busy,
        "best_ms": min(times), "median_ms": statistics.median(times), "iterations": balance.iterations, "residual": balance.residual
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=100, help="voxels along each edge")
    parser.add_argument("--repeats", type=int, default=60)
    parser.add_argument("--threads", type=int, default=available_threads())
    given = parser.parse_args()
    result = {
        "threads": given.threads,
        "load_before": os.getloadavg()[0],
        "triad_gb_per_s": bandwidth(given.threads, 20),
        "transient": transient(given.size, given.threads, given.repeats),
        "error_at_dt_0.1": error(min(given.size, 50), given.threads),
        "steady": {str(n): steady(n, given.threads, given.repeats) for n in sorted({50, given.size})},
        "load_after": os.getloadavg()[0],
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
