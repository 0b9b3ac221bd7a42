"""Which choice is best and how sure that is: probability of being best, expected regret and effect, over draws that all choices share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError
from exoresist.studies.answer import Row
from exoresist.studies.rank_candidates import Candidate
from exoresist.studies.rank_outcomes import Outcome

Array = NDArray[np.float64]
SURE, LIKELY = 0.9, 0.5  # probability of being best from which a choice is called best, or probably best
FIRM = 0.7  # what the lower end of its interval must reach as well: few draws settle nothing
CREDIBLE = 0.95  # of the probability of being best: what is left out of `could_be_best` holds less than the rest
VISIBLE = 0.01  # of cells, IC50 or cargo, and share of the run for times: a smaller effect cannot be seen
BEST, PROBABLY, CANNOT_TELL, NOTHING_HELPS = "best", "probably_best", "cannot_tell", "nothing_helps"


@dataclass(frozen=True)
class Scores:
    """Rows of choices, and the verdict.

    rows           `name, label, kind, parts, p_best, p_low, p_high, regret, regret_high, effect, low, high`, least expected regret first
    best           the choice of least expected regret; `could_be_best`: the fewest that hold 95 % of the probability of being best
    draws          number of draws compared; `left_out`: draws in which some choice could not be solved
    """

    rows: list[Row]
    verdict: str
    best: str
    could_be_best: list[str]
    draws: int
    left_out: int


def scored(candidates: Sequence[Candidate], values: Array, outcome: Outcome, central: Array | None = None) -> Scores:
    """Compare choices over draws.

    values   (C, S) of the choices, the first of which is to do nothing; less is better
    central  (C,) values with central numbers; None: the effect is the median over draws

    p_best   mean over draws of 1/(number of choices that tie for the best of a draw), among those the ones with the fewest parts: what adds
             nothing is not better. Its interval is Wilson's for so many draws
    regret   mean over draws of the choice's value less the best of the draw, told as a share (of cells, IC50, cargo) or in the unit
    effect   the choice against none, a ratio or a difference in the unit, with the 5 % and 95 % points over draws

    Raises InputError where no draw is left.
    """
    known = np.isfinite(values).all(axis=0)
    if not known.any():
        raise InputError(
            "no draw could be solved for all choices", "a scenario that can be solved", "Check its parameters and doses"
        )
    kept = values[:, known]
    p_best = best_shares(kept, np.array([len(each.parts) for each in candidates]), outcome.tie)
    behind = kept - kept.min(axis=0)
    regret = behind.mean(axis=1)
    effects = kept - kept[0]
    rows: list[Row] = []
    for place, one in enumerate(candidates):
        middle = float(np.median(effects[place])) if central is None else float(central[place] - central[0])
        ends = sorted(outcome.told(end) for end in (*np.quantile(effects[place], [0.05, 0.95]), middle))
        low, high = wilson(float(p_best[place]), kept.shape[1])
        rows.append({
            "name": one.id, "label": one.label, "kind": one.kind, "parts": list(one.parts), "p_best": float(p_best[place]),
            "p_low": low, "p_high": high, "regret": _told(outcome, float(regret[place])),
            "regret_high": _told(outcome, float(np.quantile(behind[place], 0.95))), "effect": outcome.told(middle),
            "low": ends[0], "high": ends[-1],
        })  # fmt: skip
    order = np.lexsort((np.array([len(each.parts) for each in candidates]), np.round(regret / outcome.tie)))
    rows = [rows[place] for place in order]
    best = candidates[int(order[0])]
    return Scores(
        rows,
        _verdict(rows[0], best, float(regret[0] - regret[int(order[0])]), outcome),
        best.id,
        could_be_best(rows),
        kept.shape[1],
        int((~known).sum()),
    )


def best_shares(values: Array, parts: NDArray[np.intp], tie: float) -> Array:
    """(C,) mean over draws of the share of being best; ties go to the fewest parts and are shared among equals.

    values  (C, S), less is better; parts: (C,) number of interventions in each
    """
    tied = values <= values.min(axis=0) + tie
    fewest = np.where(tied, parts[:, None], parts.max() + 1).min(axis=0)
    won = tied & (parts[:, None] == fewest)
    result: Array = (won / won.sum(axis=0)).mean(axis=1)
    return result


def wilson(share: float, count: int) -> tuple[float, float]:
    """90 % interval of a share of so many draws (Wilson 1927)."""
    z = 1.6448536269514722
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * float(np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)))
    return max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))


def could_be_best(rows: Sequence[Row]) -> list[str]:
    """The fewest choices that together hold 95 % of the probability of being best, the most probable first."""
    found, total = [], 0.0
    for row in sorted(rows, key=lambda row: -float(row["p_best"])):
        if total >= CREDIBLE - 1e-9 or float(row["p_best"]) <= 0.0:
            break
        found.append(str(row["name"]))
        total += float(row["p_best"])
    return found


def _told(outcome: Outcome, regret: float) -> float:
    return float(np.expm1(regret)) if outcome.folds else regret


def _verdict(row: Row, best: Candidate, gain: float, outcome: Outcome) -> str:
    """`gain`: by how much the mean value of the best choice is below that of doing nothing."""
    if not best.parts or gain < (VISIBLE if outcome.folds else 10.0 * outcome.tie):
        return NOTHING_HELPS
    if row["p_best"] >= SURE and row["p_low"] >= FIRM:
        return BEST
    return PROBABLY if row["p_best"] >= LIKELY and row["p_low"] > 1.0 / 3.0 else CANNOT_TELL
