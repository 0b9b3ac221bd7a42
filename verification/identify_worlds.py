"""Synthetic truth for `ask identify` and `ask design`: does the verdict hold where the truth is known?

    python verification/identify_worlds.py [scenario] [bank] [per kind] > verification/identify_worlds.txt

Worlds are drawn from the priors that the study itself uses, with seeds fixed here before any was run: 100 each in which
transfer, a drug sink, a decoy, or nothing beyond the catalogue's own numbers is there, and 100 from the whole prior. Each gets
readings of the scenario's design with its noise. Printed: coverage of the 90 % interval, verdicts by kind of world, and how often
the design cannot tell before and after the recommended arm and arms chosen at random. Own design: also what the weights over the
prior's worlds alone would say, and both by the size of the true transfer (in standard deviations of the protection that this design
measures) and by the true share. `right`: of the verdicts that are not `cannot tell`, how many are true (the interval, or the bound).
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
from exoresist.studies.identify import BOUNDED, CANNOT_TELL, IDENTIFIED, holds, verdict
from exoresist.studies.identify_bench import Bench, bench
from exoresist.studies.identify_posterior import posterior, summaries
from exoresist.studies.identify_readings import CELLS, Condition, Readings, background, planned, predicted
from exoresist.studies.identify_worlds import Worlds, worlds_of

SEED, BANK_SEED = 20261120, 1
KINDS = ("transfer", "sink", "decoy", "no_effect", "any")
RANDOM_ARMS = 3


Row = tuple[float, float, float, float]  # true share, low, high, true T


def judged(
    made: Bench, read: Readings, bank: Worlds, truth: dict[str, Worlds]
) -> tuple[dict[str, list[Row]], dict[str, list[Row]]]:
    """Kind -> every world's row: by the interval that the study reports, and by the weights over the prior's worlds alone."""
    told = summaries(made, read, bank, BANK_SEED)
    found: dict[str, list[Row]] = {}
    weighed: dict[str, list[Row]] = {}
    for kind, worlds in truth.items():
        means = predicted(made, read.conditions, worlds.cells)
        found[kind], weighed[kind] = [], []
        for index, share in enumerate(worlds.share):
            observed = read.drawn(means[index], SEED, kind, index).observed
            assert observed is not None
            after, moved = posterior(told, bank, observed), float(worlds.transfer[index])
            found[kind].append((float(share), *after.interval, moved))
            weighed[kind].append((float(share), *after.central, moved))
    return found, weighed


def line(name: str, rows: list[Row]) -> tuple[list[bool], list[str]]:
    """Print one row of a table; returns which are covered, and the verdicts."""
    words = [verdict(low, high) for _, low, high, _ in rows]
    covered = [low - 1e-9 <= share <= high + 1e-9 for share, low, high, _ in rows]
    right = [holds(low, high, share) for (share, low, high, _), word in zip(rows, words, strict=True) if word != CANNOT_TELL]
    parts = [np.mean([word == one for word in words]) for one in (IDENTIFIED, BOUNDED, CANNOT_TELL)]
    least, most = np.mean([low >= 0.1 for _, low, _, _ in rows]), np.mean([high <= 1.0 / 3.0 for _, _, high, _ in rows])
    width = np.median([high - low for _, low, high, _ in rows])
    told = f"{sum(right)}/{len(right)}"
    print(
        f"{name:<22}{len(rows):>5}{np.mean(covered):>9.2f}{parts[0]:>12.2f}{parts[1]:>9.2f}{parts[2]:>8.2f}{least:>14.2f}"
        f"{most:>13.2f}{width:>8.2f}{told:>10}"
    )
    return covered, words


HEADER = "                          n  covered  identified  bounded  cannot  says >= 10 %  says <= 1/3   width     right"


def print_strata(title: str, rows: list[Row], noise: float) -> None:
    """The same by the size of the true transfer against the noise, and by the true share."""
    print(f"{title}, by the size of the true transfer T (1 sd = {noise:.2f} ln dose) and by the true share")
    print(HEADER)
    for low, high in ((0.0, 0.5), (0.5, 1.0), (1.0, 2.0), (2.0, np.inf)):
        some = [row for row in rows if low * noise <= abs(row[3]) < high * noise]
        if some:
            line(f"|T| {low:.1f} to {high:.1f} sd", some)
    for low, high in ((-1.0, 0.1), (0.1, 1.0 / 3.0), (1.0 / 3.0, 2.0 / 3.0), (2.0 / 3.0, 1.01)):
        some = [row for row in rows if low <= row[0] < high]
        if some:
            line(f"share {max(low, 0.0):.2f} to {min(high, 1.0):.2f}", some)


def noise_of_protection(made: Bench, read: Readings, bank: Worlds) -> float:
    """Standard deviation of P(main) - P(reference) as read from single curves, over the worlds of the bank."""
    means = predicted(made, read.conditions, bank.cells)
    seen = np.maximum(read.noise().draw(means, stream(SEED, "noise of protection")), 1.0)
    places = {
        arm: [index for index, one in enumerate(read.conditions) if one.arm == arm and one.time == made.times[-1]]
        for arm in (made.of, made.against)
    }

    def difference(cells: np.ndarray) -> np.ndarray:
        of, against = (made.protection(cells[:, places[arm]][:, :, None]) for arm in (made.of, made.against))
        return np.asarray(of - against)

    return float((difference(seen) - difference(means)).std())


def print_table(title: str, found: dict[str, list[Row]]) -> float:
    """Coverage and verdicts; returns the share of `cannot tell` over the four named kinds."""
    print(f"\n{title}")
    print(HEADER)
    named: list[tuple[bool, bool]] = []
    for kind, rows in found.items():
        covered, words = line(kind, rows)
        if kind != "any":
            named += [(inside, word == CANNOT_TELL) for inside, word in zip(covered, words, strict=True)]
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
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
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
    noise = noise_of_protection(made, read, ran["bank"])
    found, weighed = judged(made, read, ran["bank"], truth)
    before = print_table("The scenario's own design", found)
    every = [row for kind in KINDS if kind != "any" for row in found[kind]]
    print_strata("Transfer worlds", found["transfer"], noise)
    print_strata("Four named kinds", every, noise)
    print_table(
        "The scenario's own design, by the weights over the prior's worlds alone (the interval reported until now)", weighed
    )
    print_strata("Transfer worlds, by weights", weighed["transfer"], noise)

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
        found, _ = judged(wider, added(wider, read, arm), more["bank"][1], {kind: more[kind][1] for kind in KINDS})
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
