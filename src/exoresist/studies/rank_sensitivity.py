"""Which numbers the answer hangs on: Morris screening over all that vary, Sobol indices of the foremost, and each alone at its ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.build import Model
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.progress import Progress
from exoresist.core.quantity import Quantity
from exoresist.studies.answer import Row
from exoresist.studies.kept import Kept, Plain
from exoresist.studies.posterior import Posterior
from exoresist.studies.rank_outcomes import Outcome, dish, outcome_of
from exoresist.studies.rank_run import numbers
from exoresist.studies.workers import Task, Workers, run_tasks

Array = NDArray[np.float64]
TRAJECTORIES, LEVELS = 12, 4  # of Morris' design
FOREMOST, POINTS = 6, 256  # numbers of which Sobol indices are taken, and base points of that design
SHOWN = 12  # rows of the tornado
EDGE = 0.05  # numbers vary between their 5 % and 95 % points
STRETCH = 256  # sets of one task
SMALL = 1e-6  # of the spread of the outcome: below it, indices are rounding


@dataclass(frozen=True)
class Sensitivity:
    """What the effect hangs on: the effect is that of one choice against none, as it is compared (a logarithm or a difference).

    morris   `name, subject, mu_star, mu_star_conf, sigma`, the foremost first
    sobol    `name, subject, first, first_conf, total, total_conf`
    tornado  `name, subject, low_effect, high_effect`: the effect, as it is told, with this number alone at its 5 % or 95 % point
    spread   of the effect over Sobol's design: 5 % and 95 % points, as told; `unsolved`: share of the sets that could not be solved
    """

    of: str
    morris: list[Row]
    sobol: list[Row]
    tornado: list[Row]
    spread: tuple[float, float]
    unsolved: float


def sensitivity(
    of: str,
    none: Scenario,
    chosen: Scenario,
    outcome: Outcome,
    catalog: Catalog,
    seed: int,
    workers: Workers,
    kept: Kept | None = None,
    report: Progress | None = None,
) -> Sensitivity | None:
    """How the effect of a choice against none depends on the numbers that vary; None where nothing varies or nothing depends.

    Numbers vary one by one over their ranges, independently, as Sobol's decomposition needs; they are not brought in line with measured
    IC50s, so the spread here is wider than that of the ranking.

    source  Morris 1991; Saltelli et al. 2010 and Jansen 1999 for the estimators, as implemented by SALib
    """
    from SALib.analyze import morris as screen
    from SALib.analyze import sobol as decompose
    from SALib.sample import morris as trajectories
    from SALib.sample import sobol as sequence

    rows = uncertain([dish(one, catalog, Posterior(0, seed)).model for one in (none, chosen)])
    if len(rows) < 2:
        return None
    runner = _Effects(none, chosen, outcome, catalog, rows, seed, workers, kept, report)
    ends = np.full((2 * len(rows) + 1, len(rows)), np.nan)
    for place in range(len(rows)):
        ends[1 + 2 * place, place], ends[2 + 2 * place, place] = EDGE, 1.0 - EDGE
    alone = runner.effects("tornado", ends)
    problem = _problem(rows)
    design = trajectories.sample(problem, TRAJECTORIES, num_levels=LEVELS, seed=seed % 2**32)
    effects = runner.effects("morris", design)
    found = screen.analyze(problem, design, _whole(effects), num_levels=LEVELS, seed=seed % 2**32)
    order = np.argsort(-np.asarray(found["mu_star"]), kind="stable")
    if not float(found["mu_star"][order[0]]) > SMALL:
        return None
    screened = [
        {
            **_named(rows[place]), "mu_star": float(found["mu_star"][place]),
            "mu_star_conf": _finite(found["mu_star_conf"][place]), "sigma": float(found["sigma"][place]),
        }
        for place in order
    ]  # fmt: skip
    foremost = _foremost(order, np.asarray(found["mu_star"]), alone)
    part = _problem([rows[place] for place in foremost])
    points = sequence.sample(part, POINTS, calc_second_order=False, seed=seed % 2**32)
    wide = np.full((len(points), len(rows)), np.nan)
    wide[:, foremost] = points
    spread = runner.effects("sobol", wide)
    shares = decompose.analyze(part, _whole(spread), calc_second_order=False, seed=seed % 2**32)
    indices = [
        {
            **_named(rows[place]), "first": float(shares["S1"][at]), "first_conf": float(shares["S1_conf"][at]),
            "total": float(shares["ST"][at]), "total_conf": float(shares["ST_conf"][at]),
        }
        for at, place in enumerate(foremost)
    ]  # fmt: skip
    indices.sort(key=lambda row: -row["total"])
    low, high = sorted(outcome.told(float(end)) for end in np.nanquantile(spread, [0.05, 0.95]))
    every = np.concatenate([alone, effects, spread])
    return Sensitivity(of, screened, indices, _tornado(rows, alone, outcome), (low, high), float(np.mean(~np.isfinite(every))))


def uncertain(models: Sequence[Model]) -> list[Quantity]:
    """Every number of any of the models that has a range, once; those that the scenario sets do not vary."""
    seen: dict[tuple[str, str], Quantity] = {}
    for model in models:
        for parameter in model.network.parameters.values():
            quantity = parameter.quantity
            if quantity is not None and quantity.is_uncertain and quantity.source != "scenario":
                seen.setdefault((quantity.name, quantity.subject), quantity)
    return list(seen.values())


def run_sets(outcome: str, scenario: Scenario, catalog: Catalog, rows: Sequence[Quantity], places: Array, seed: int) -> Plain:
    """`values` of an outcome at (n, rows) probabilities of the numbers' ranges; NaN keeps a number at its central value."""
    given = {
        (row.name, row.subject): np.array([row.value if np.isnan(u) else row.quantile(float(u)) for u in column])
        for row, column in zip(rows, places.T, strict=True)
    }
    sets = Posterior(len(places) - 1, seed, given=given, units={(row.name, row.subject): row.unit for row in rows})
    return {"values": outcome_of(scenario, outcome).values(scenario, catalog, sets)}


@dataclass(frozen=True)
class _Effects:
    none: Scenario
    chosen: Scenario
    outcome: Outcome
    catalog: Catalog
    rows: list[Quantity]
    seed: int
    workers: Workers
    kept: Kept | None
    report: Progress | None

    def effects(self, name: str, places: Array) -> Array:
        """(n,) effect of the choice at each point of a design."""
        stretches = [places[first : first + STRETCH] for first in range(0, len(places), STRETCH)]
        tasks = [
            Task(f"{name} {who} {at}", (self.outcome.name, scenario, self.catalog, self.rows, part, self.seed), float(len(part)))
            for who, scenario in (("none", self.none), ("chosen", self.chosen))
            for at, part in enumerate(stretches, start=1)
        ]
        found = run_tasks(run_sets, tasks, self.workers, self.kept, self.report)
        none, chosen = (
            np.concatenate([numbers(found[f"{name} {who} {at}"]["values"]) for at in range(1, len(stretches) + 1)])
            for who in ("none", "chosen")
        )
        return np.asarray(chosen - none)


def _foremost(order: NDArray[np.intp], mu_star: Array, alone: Array) -> list[int]:
    """What both screens put first: Morris' over the whole ranges, and each number alone around the central ones."""
    reach = np.nanmax(np.abs(np.nan_to_num(alone[1:] - alone[0])).reshape(-1, 2), axis=1)
    chosen = [*order[:FOREMOST], *np.argsort(-reach, kind="stable")[: FOREMOST // 2]]
    return [int(place) for place in dict.fromkeys(chosen) if mu_star[place] > SMALL]


def _problem(rows: Sequence[Quantity]) -> dict[str, Any]:
    names = [f"{row.name}@{row.subject}" for row in rows]
    return {"num_vars": len(names), "names": names, "bounds": [[EDGE, 1.0 - EDGE]] * len(names)}


def _whole(effects: Array) -> Array:
    """Sets that could not be solved stand at the middle: the designs need a value at every point; their share is told."""
    middle = float(np.nanmedian(effects)) if np.isfinite(effects).any() else 0.0
    return np.where(np.isfinite(effects), effects, middle)


def _named(row: Quantity) -> Row:
    return {"name": row.name, "subject": row.subject, "kind": row.kind}


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _tornado(rows: Sequence[Quantity], alone: Array, outcome: Outcome) -> list[Row]:
    found = []
    for place, row in enumerate(rows):
        low, high = alone[1 + 2 * place], alone[2 + 2 * place]
        if np.isfinite(low) and np.isfinite(high):
            reach = max(abs(low - alone[0]), abs(high - alone[0]))
            told = {"low_effect": outcome.told(float(low)), "high_effect": outcome.told(float(high))}
            found.append((reach, {**_named(row), **told, "effect": outcome.told(float(alone[0]))}))
    found.sort(key=lambda item: -item[0])
    return [row for reach, row in found[:SHOWN] if reach > SMALL]
