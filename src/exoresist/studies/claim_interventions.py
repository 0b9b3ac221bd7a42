"""What would take a claim's effect away: every treatment that applies, ranked by the share of the effect that it takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.claim_bench import Bench
from exoresist.studies.claim_bench_runs import Arm, survivors
from exoresist.studies.claim_effects import tolerance_for
from exoresist.studies.estimates import estimate

Array = NDArray[np.float64]
Row = dict[str, object]

NEGLIGIBLE = 0.01  # of the effect: a treatment that takes less does nothing that one could see
TIE = 0.02  # of the effect: shares that differ by less are one rank
SETS = 9  # central numbers and the first 8 draws: enough for an interval of a share


def ranked(bench: Bench, dose: float, loads: Array, size: float) -> list[Row]:
    """Rows `id, how, share, low, high, rank, tied`, the best first.

    loads  (1 + draws,) how many times their usual content donors must hold for half of the clamped effect, for each draw: at the usual
           content hardly anything arrives, every treatment would take all of next to nothing, and there would be nothing to rank
    size   the clamped effect, which sets how finely the runs must be solved
    how    blocks: compared are cells with and without the cargo, both treated, so that what the treatment does by itself drops out;
           counteracts: a treatment of the chain itself, which moves cells without the cargo too: treated cells with the cargo are
           compared with untreated cells without it
    share  of the effect that the treatment takes: 1 takes all (what goes beyond is cut off), below 0 adds to it
    rank   ties share a rank: shares within 0.02 of the best of the rank; treatments that take less than 0.01 have none (None)
    """
    names = list(bench.switches)
    if not names:
        return []
    arms = [Arm(), *(Arm(values=bench.switches[name]) for name in names)]
    draws, used = len(loads) - 1, loads[:SETS]
    known = np.isfinite(used)
    height = survivors(bench, arms, dose, np.where(known, used, 1.0), draws, tolerance_for(size))
    effect = height[1, 0] - height[0, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        blocked = np.where(known, 1.0 - (height[1, 1:] - height[0, 1:]) / effect, np.nan)
        counteracted = np.where(known, 1.0 - (height[1, 1:] - height[0, 0]) / effect, np.nan)
    rows: list[Row] = []
    for place, name in enumerate(names):
        counters = name in bench.counteracting
        found = estimate(np.minimum(counteracted[place] if counters else blocked[place], 1.0))
        if found.value is not None:
            how = "counteracts" if counters else "blocks"
            rows.append({"id": name, "how": how, "share": found.value, "low": found.low, "high": found.high})
    return with_ranks(rows)


def with_ranks(rows: Sequence[Row]) -> list[Row]:
    """The rows in falling order of their share, each with its rank and those that it is tied with."""
    ordered = sorted(rows, key=lambda row: (-round(float(row["share"]), 6), str(row["id"])))  # type: ignore[arg-type]
    groups: list[list[Row]] = []
    for row in ordered:
        share = float(row["share"])  # type: ignore[arg-type]
        if groups and float(groups[-1][0]["share"]) - share <= TIE:  # type: ignore[arg-type]
            groups[-1].append(row)
        else:
            groups.append([row])
    result, place = [], 1
    for group in groups:
        names = [str(row["id"]) for row in group]
        for row in group:
            seen = float(row["share"]) >= NEGLIGIBLE  # type: ignore[arg-type]
            tied = [name for name in names if name != row["id"]]
            result.append({**row, "rank": place if seen else None, "tied": tied})
        place += len(group)
    return result
