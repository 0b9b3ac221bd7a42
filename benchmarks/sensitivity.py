"""Gradients two ways: exact forward sensitivities, and differences of a block that advances together.

Run by hand: python benchmarks/sensitivity.py [--json]

For each bundled scenario: CPU seconds (so that other programs do not count) for the
amounts at 25 times with their slopes by 4, 8 and 16 parameters, both ways (best of three);
and how far the differences, at the step and tolerance that `ask fit` uses, lie from the exact slopes (worst pool, relative to its
largest slope and a thousandth of its amount: less than that no fit can feel).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.build import Model, build
from exoresist.assembly.reader import bundled_scenarios, load_scenario
from exoresist.network import integrate
from exoresist.network.sensitivity import Direction, sensitivities
from exoresist.studies.fitting.experiments import FINE

ARMS = (
    ("pgp_add_back", "added"),
    ("mcf7_doxorubicin", "co_culture"),
    ("rituximab_decoy", "decoy"),
    ("pdl1_vesicles", "with_pdl1"),
)
STEP = 0.01  # in the logarithm of a parameter, about what a step of a hundredth of its range is


def best(work: Callable[[], Any]) -> tuple[float, Any]:
    found, result = np.inf, None
    for _ in range(3):
        began = time.process_time()
        result = work()
        found = min(found, time.process_time() - began)
    return found, result


def slope(model: Model, key: str) -> Direction:
    """A parameter in its logarithm, with what it does to the start and to what events add."""
    value = model.network.parameters[key].value
    ends = [model.start({key: value * (1.0 + sign * 1e-4)}) for sign in (1.0, -1.0)]
    lists = [model.events({key: value * (1.0 + sign * 1e-4)}) for sign in (1.0, -1.0)]
    start = {pool: float(np.ravel(ends[0][pool])[0] - np.ravel(ends[1][pool])[0]) / 2e-4 for pool in ends[0]}
    events = {
        number: {pool: float(np.ravel(up.add[pool])[0] - np.ravel(down.add[pool])[0]) / 2e-4 for pool in up.add}
        for number, (up, down) in enumerate(zip(*lists, strict=True))
    }
    return Direction(key, {key: value}, start, events)


def measured(name: str, arm: str) -> list[dict[str, Any]]:
    model = build({one.id: changed for one, changed in expand_arms(load_scenario(bundled_scenarios()[name]))}[arm])
    parameters = model.network.parameters
    known = [key for key, part in parameters.items() if part.quantity is not None and part.quantity.is_uncertain]
    times = np.linspace(0.0, model.scenario.duration, 25)
    start = {key: float(np.ravel(amount)[0]) for key, amount in model.start().items()}
    rows = []
    for count in (4, 8, 16):
        names = known[:: max(1, len(known) // count)][:count]
        directions = [slope(model, key) for key in names]
        exact_s, exact = best(partial(sensitivities, model.network, times, directions, initial=start, events=model.events()))
        values = {key: np.full(2 * count + 1, parameters[key].value) for key in names}
        for place, key in enumerate(names):
            values[key][[2 * place + 1, 2 * place + 2]] *= np.exp([STEP, -STEP])
        block = partial(
            integrate, model.network, times, values, model.start(values), model.events(values), relative=FINE, in_blocks=True
        )
        block_s, run = best(block)
        difference = (run.amounts[..., 1::2] - run.amounts[..., 2::2]) / (2.0 * STEP)
        scale = np.abs(exact.slopes).max(axis=0) + 1e-3 * np.abs(exact.amounts).max(axis=0)[:, None]
        scale = scale + 1e-6 * exact.compiled.scales[:, None]
        worst = float(np.max(np.abs(difference - exact.slopes) / scale))
        rows.append({"scenario": name, "states": len(exact.compiled.states), "parameters": count, "exact_s": exact_s, "block_s": block_s,
                     "ratio": exact_s / block_s, "difference": worst, "steps": exact.steps})  # fmt: skip
    return rows


def main() -> None:
    rows = [row for name, arm in ARMS for row in measured(name, arm)]
    if "--json" in sys.argv:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        print(f"{row['scenario']:18} {row['states']:3d} states {row['parameters']:3d} parameters: exact {1e3 * row['exact_s']:7.1f} ms, "
              f"block {1e3 * row['block_s']:6.1f} ms, {row['ratio']:5.1f} times; apart {row['difference']:.1e}")  # fmt: skip


if __name__ == "__main__":
    main()
