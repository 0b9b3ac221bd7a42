"""Speed of the compiled network against libRoadRunner on its own SBML, in one run on this machine.

Two figures, as ratios of median wall times:
  single   one solve of the demo's co-culture over 96 h, 97 outputs, relative tolerance 1e-6, ours over libRoadRunner's
  batch    500 parameter sets, libRoadRunner's time over ours: at the same tolerance, and at equal accuracy (libRoadRunner's tolerance
           tightened until its largest error is no more than ours)

Run: python benchmarks/solver.py [--sets 500] [--repeats 15] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable

import numpy as np

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.build import build
from exoresist.assembly.reader import bundled_scenarios, load_scenario
from exoresist.core.random import stream
from exoresist.network import Network, integrate
from exoresist.network.exports import to_sbml

TIMES = np.linspace(0.0, 96.0, 97)
VARIED = ("recipient.growth_rate", "donor.secretion_rate", "recipient.uptake_clearance", "recipient.doxorubicin.damage_rate")


def demo_network() -> Network:
    """The demo's co-culture with its dose in the medium from the start."""
    scenario = load_scenario(bundled_scenarios()["mcf7_doxorubicin"])
    arm = dict((arm.id, one) for arm, one in expand_arms(scenario))["co_culture"]
    return build(arm).frozen()


def seconds(run: Callable[[], object], repeats: int) -> list[float]:
    run()
    taken = []
    for _ in range(repeats):
        begin = time.perf_counter()
        run()
        taken.append(time.perf_counter() - begin)
    return taken


class Incumbent:
    """libRoadRunner on the exported SBML."""

    def __init__(self, network: Network) -> None:
        import roadrunner

        self.engine = roadrunner.RoadRunner(to_sbml(network))
        self.species = list(self.engine.model.getFloatingSpeciesIds())
        self.engine.timeCourseSelections = self.species
        self.integrator = self.engine.getIntegrator()

    def tolerance(self, relative: float) -> None:
        self.integrator.relative_tolerance = relative
        self.integrator.absolute_tolerance = 1e-12  # its default; ours is set per kind of pool

    def solve(self, changes: dict[str, float] | None = None) -> np.ndarray:
        self.engine.reset()
        for name, value in (changes or {}).items():
            self.engine[name.replace(".", "_")] = value
        return np.array(self.engine.simulate(0.0, 96.0, 97))


def largest_error(found: np.ndarray, exact: np.ndarray) -> float:
    """Largest difference over all species and times, relative to each species' maximum."""
    return float((np.abs(found - exact) / (np.abs(exact).max(axis=0) + 1e-300)).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    network = demo_network()
    compiled = network.compile()
    incumbent = Incumbent(network)
    order = [compiled.state_index[name] for name in compiled.states if name.replace(".", "_") in incumbent.species]
    columns = [incumbent.species.index(compiled.states[index].replace(".", "_")) for index in order]
    exact = integrate(network, TIMES, relative=1e-11, absolute=1e-14).amounts[:, order, 0]

    ours = seconds(lambda: integrate(network, TIMES), options.repeats)
    our_error = largest_error(integrate(network, TIMES).amounts[:, order, 0], exact)
    incumbent.tolerance(1e-6)
    theirs = seconds(incumbent.solve, options.repeats)
    their_error = largest_error(incumbent.solve()[:, columns], exact)

    generator = stream(1, "benchmark")
    values = {name: network.parameters[name].value * np.exp(0.3 * generator.standard_normal(options.sets)) for name in VARIED}
    batch = seconds(lambda: integrate(network, TIMES, values=values), 5)

    def loop() -> None:
        for index in range(options.sets):
            incumbent.solve({name: float(value[index]) for name, value in values.items()})

    same = seconds(loop, 1)
    incumbent.solve({name: network.parameters[name].value for name in VARIED})  # changed parameters outlive a reset
    tight, tight_error = 1e-6, their_error
    while tight_error > our_error and tight > 1e-10:
        tight *= 0.1**0.5
        incumbent.tolerance(tight)
        try:
            tight_error = largest_error(incumbent.solve()[:, columns], exact)
        except RuntimeError:  # CVODE gives up below some tolerance: the last that worked stands
            tight /= 0.1**0.5
            incumbent.tolerance(tight)
            break
    equal = seconds(loop, 1)
    result = {
        "states": len(compiled.states),
        "single_ms": statistics.median(ours) * 1e3,
        "single_roadrunner_ms": statistics.median(theirs) * 1e3,
        "single_ratio": statistics.median(ours) / statistics.median(theirs),
        "single_error": our_error,
        "single_roadrunner_error": their_error,
        "batch_s": statistics.median(batch),
        "batch_roadrunner_s": statistics.median(same),
        "batch_roadrunner_equal_accuracy_s": statistics.median(equal),
        "throughput_ratio_same_tolerance": statistics.median(same) / statistics.median(batch),
        "throughput_ratio_equal_accuracy": statistics.median(equal) / statistics.median(batch),
        "equal_accuracy_tolerance": tight,
        "equal_accuracy_error": tight_error,
        "sets": options.sets,
    }
    if options.json:
        print(json.dumps(result))
        return
    for key, value in result.items():
        print(f"{key:36s} {value:.4g}" if isinstance(value, float) else f"{key:36s} {value}")


if __name__ == "__main__":
    main()
