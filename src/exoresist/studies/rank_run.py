"""Running choices over draws: one task for each choice and each stretch of draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.resolve import resolved_text
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.progress import Progress
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.kept import Kept, Plain, identity
from exoresist.studies.rank_candidates import Candidate
from exoresist.studies.rank_outcomes import Outcome, outcome_of
from exoresist.studies.workers import Task, Workers, run_tasks

Array = NDArray[np.float64]
CHUNK = 256  # draws of one task: fixed, so that results do not depend on who does them
FILE = "rank.jsonl"


def store(folder: Path | None, scenario: Scenario, catalog: Catalog, ensemble: Ensemble, *more: object) -> Kept | None:
    """Where finished tasks of one question are kept: everything that decides them is in its name."""
    if folder is None:
        return None
    drawn = [ensemble.count, ensemble.seed, ensemble.positions.tolist(), *_numbers(ensemble)]
    return Kept(folder / FILE, identity(catalog.hash, resolved_text(scenario), drawn, *more))


def run_choices(
    candidates: Sequence[Candidate],
    outcome: Outcome,
    catalog: Catalog,
    ensemble: Ensemble,
    workers: Workers,
    kept: Kept | None = None,
    report: Progress | None = None,
) -> Array:
    """(C, S) values of every choice over the sets of the ensemble."""
    stretches = parts_of(ensemble)
    tasks = [
        Task(f"{outcome.name} {one.id} {place}", (outcome.name, one.scenario, catalog, part), float(part.sets))
        for one in candidates
        for place, part in enumerate(stretches, start=1)
    ]
    found = run_tasks(run_choice, tasks, workers, kept, report)
    rows = [
        np.concatenate([numbers(found[f"{outcome.name} {one.id} {place}"]["values"]) for place in range(1, len(stretches) + 1)])
        for one in candidates
    ]
    return np.array(rows).reshape(len(rows), ensemble.sets)


def run_choice(outcome: str, scenario: Scenario, catalog: Catalog, ensemble: Ensemble) -> Plain:
    """`values` of one choice over the draws of one stretch; None where a draw could not be solved."""
    return {"values": outcome_of(scenario, outcome).values(scenario, catalog, ensemble)}


def parts_of(ensemble: Ensemble) -> list[Ensemble]:
    """The ensemble in stretches of draws."""
    picked = ensemble.positions
    if len(picked) <= CHUNK:
        return [ensemble]
    return [replace(ensemble, chosen=picked[first : first + CHUNK]) for first in range(0, len(picked), CHUNK)]


def numbers(kept: Sequence[float | None]) -> Array:
    """A list as it is kept, None being what could not be had."""
    return np.array([np.nan if value is None else value for value in kept], dtype=float)


def halves(ensemble: Ensemble) -> tuple[Ensemble, Ensemble]:
    """The draws dealt in turn to two ensembles, the central set in both: one to search on, one to judge with."""
    picked = ensemble.positions
    central, drawn = picked[:1], picked[1:]
    first, second = drawn[0::2], drawn[1::2]
    return replace(ensemble, chosen=np.concatenate([central, first])), replace(ensemble, chosen=np.concatenate([central, second]))


def _numbers(ensemble: Ensemble) -> list[object]:
    factors = [(key, ensemble.factors[key].tolist()) for key in sorted(ensemble.factors)]
    given = getattr(ensemble, "given", {})
    return [factors, [(key, given[key].tolist()) for key in sorted(given)]]
