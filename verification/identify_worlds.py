"""Synthetic truth for `ask identify` and `ask design`: does the verdict hold where the truth is known?

    python verification/identify_worlds.py [scenario] [bank] [per kind] > verification/identify_worlds.txt

Worlds are drawn from the priors that the study itself uses, with seeds fixed here before any was run: 100 each in which
transfer, a drug sink,
a decoy, or nothing beyond the catalogue's own numbers is there, and 100 from the whole prior. Each gets readings of the scenario's
design with its noise. Printed: coverage of the 90 % interval, verdicts by kind of world, and how often the design cannot
tell before and after
the recommended arm and arms chosen at random.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from exoresist.assembly.reader import load_scenario
from exoresist.catalog import Catalog
from exoresist.core.random import stream
from exoresist.studies.design import answer_design, with_arm
from exoresist.studies.design_candidates import Candidate, candidates
from exoresist.studies.identify import BOUNDED, CANNOT_TELL, IDENTIFIED, verdict
from exoresist.studies.identify_bench import Bench, bench
from exoresist.studies.identify_posterior import posterior, summaries
from exoresist.studies.identify_readings import CELLS, Condition, Readings, background, planned, predicted
from exoresist.studies.identify_worlds import Worlds, worlds_of

SEED, BANK_SEED = 20261120, 1
KINDS = ("transfer", "sink", "decoy", "no_effect", "any")
RANDOM_ARMS = 3


def judged(made: Bench, read: Readings, bank: Worlds, truth: dict[str, Worlds]) -> dict[str, list[tuple[float, float, float]]]:
    """Kind -> (true share, low, high) of every world."""
    told = summaries(made, read, bank, BANK_SEED)
    found = {}
    for kind, worlds in truth.items():
        means = predicted(made, read.conditions, worlds.cells)
        rows = []
        for index, share in enumerate(worlds.share):
            observed = read.drawn(means[index], SEED, kind, index).observed
            assert observed is not None
            rows.append((float(share), *posterior(told, bank, observed).interval))
        found[kind] = rows
    return found


def print_table(title: str, found: dict[str, list[tuple[float, float, float]]]) -> float:
    """Coverage and verdicts; returns the share of `cannot tell` over the four named kinds."""
    print(f"\n{title}")
    print("world           n  covered  identified  bounded  cannot  says >= 10 %  says <= 1/3   width")
    named = []
    for kind, rows in found.items():
        words = [verdict(low, high) for _, low, high in rows]
        covered = np.mean([low - 1e-9 <= share <= high + 1e-9 for share, low, high in rows])
        parts = [np.mean([word == name for word in words]) for name in (IDENTIFIED, BOUNDED, CANNOT_TELL)]
        least, most = np.mean([low >= 0.1 for _, low, _ in rows]), np.mean([high <= 1.0 / 3.0 for _, _, high in rows])
        width = np.median([high - low for _, low, high in rows])
        print(
            f"{kind:<12}{len(rows):>5}{covered:>9.2f}{parts[0]:>12.2f}{parts[1]:>9.2f}{parts[2]:>8.2f}{least:>14.2f}{most:>13.2f}{width:>8.2f}"
        )
        if kind != "any":
            named += [
                (covered, word == CANNOT_TELL)
                for (covered, word) in zip([low - 1e-9 <= share <= high + 1e-9 for share, low, high in rows], words, strict=True)
            ]
    pooled = float(np.mean([covered for covered, _ in named]))
    unsure = float(np.mean([undecided for _, undecided in named]))
    print(f"four named kinds together: covered {pooled:.3f}, cannot tell {unsure:.3f}")
    return unsure


def added(made: Bench, read: Readings, one: Candidate) -> Readings:
    """The design with the candidate's wells beside its own."""
    more = tuple(Condition(one.id, dose, made.times[-1], CELLS, one.replicates) for dose in one.doses)
    both = (*read.conditions, *more)
    return Readings(both, background(made, both, read.relative), read.relative)


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "mcf7_doxorubicin"
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1500
    each = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    begin = time.perf_counter()
    catalog = Catalog.load()
    scenario = load_scenario(name)  # type: ignore[arg-type]
    made = bench(scenario, catalog)
    read = planned(made)
    drawn = {"bank": made.draws(made.space.draw(count, BANK_SEED, "bank"))}
    for kind in KINDS:
        z = made.space.draw(each, SEED, "any") if kind == "any" else made.space.draw_kind(kind, each, SEED, kind)
        drawn[kind] = made.draws(z)
    ran = {kind: worlds_of(made, draws) for kind, draws in drawn.items()}
    truth = {kind: ran[kind] for kind in KINDS}
    print(
        f"{name}: arms {', '.join(made.arms)}; {len(read.conditions)} conditions x {int(read.wells[0])} wells, scatter "
        f"{read.relative:.0%}; "
        f"bank {count}, seeds {BANK_SEED} and {SEED}"
    )
    for kind, worlds in truth.items():
        print(
            f"true share in '{kind}': 5/50/95 % "
            + " ".join(f"{value:.3f}" for value in np.quantile(worlds.share, [0.05, 0.5, 0.95]))
        )
    before = print_table("The scenario's own design", judged(made, read, ran["bank"], truth))

    # The arm is recommended from the scenario's centre, as a user without data would ask; then arms by lot among all others.
    answer = answer_design(scenario, catalog, None, 96, BANK_SEED, count=min(count, 1000))
    offered = {one.id: one for one in candidates(made) if one.readout == CELLS and one.times == made.times[-1:]}
    best = next(row["id"] for row in answer.candidates if row["id"] in offered)
    others = [one for one in offered if one != best]
    lot = [others[place] for place in stream(SEED, "lot").permutation(len(others))[:RANDOM_ARMS]]
    unsure = {}
    for one in [best, *lot]:
        arm = offered[one]
        more = {
            kind: with_arm(made, ran[kind], arm, draws, BANK_SEED if kind == "bank" else SEED) for kind, draws in drawn.items()
        }
        wider = more["bank"][0]
        found = judged(wider, added(wider, read, arm), more["bank"][1], {kind: more[kind][1] for kind in KINDS})
        unsure[one] = print_table(f"With {'the recommended arm' if one == best else 'an arm by lot'}: {arm.label}", found)
    by_lot = float(np.mean([unsure[one] for one in lot]))
    print(
        f"\nCannot tell: {before:.3f} before, {unsure[best]:.3f} with the recommended arm, {by_lot:.3f} with an arm by lot "
        f"(mean of {len(lot)}: " + ", ".join(f"{one} {unsure[one]:.3f}" for one in lot) + ")"
    )
    print(
        f"Expected information of the recommended arm {answer.expected_information:.3f} nats, of a random one "
        f"{answer.random_arm_information:.3f}; expected and simulated correlate with {answer.correlation:.2f}"
    )
    print(f"{time.perf_counter() - begin:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
