"""Whether two agents do more together than each alone: Bliss and Loewe over a grid of doses, with central numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.scenario import InterventionEntry, Scenario
from exoresist.catalog import Catalog
from exoresist.studies.combination import Combination, combine
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.kept import Plain
from exoresist.studies.rank_outcomes import dish

Array = NDArray[np.float64]
SHARES = (0.25, 0.5, 0.75, 1.0)  # of a strength
SEEN = 0.01  # of the cells: with less killed there is no combination index
FOLDS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of a concentration or a dose


@dataclass(frozen=True)
class Axis:
    """One agent of a map: its id, its name with the unit, and its doses without 0."""

    id: str
    label: str
    unit: str
    doses: tuple[float, ...]


def intervention_axis(entry: InterventionEntry, name: str) -> Axis:
    """Strengths from a quarter to the whole, or concentrations from a quarter to four times the given one."""
    if entry.concentration is not None:
        return Axis(entry.id, name, "nM", tuple(entry.concentration * fold for fold in FOLDS))
    whole = entry.strength or 1.0
    return Axis(entry.id, name, "strength", tuple(whole * share for share in SHARES))


def drug_axis(scenario: Scenario, drug: str, name: str) -> Axis:
    """From a quarter to four times the scenario's own dose."""
    dose = next(entry.dose for entry in scenario.drugs if entry.id == drug)
    return Axis(drug, name, "nM", tuple(dose * fold for fold in FOLDS))


def run_map(scenario: Scenario, catalog: Catalog, first: Axis, second: Axis) -> Plain:
    """Rows `first, second, survival, bliss, loewe` over the grid, and the extremes in a sentence's terms.

    Survival is that of the population that is read, over what is left where both doses are 0. `bliss`: share of cells killed beyond
    independence; `loewe`: combination index, None along the edges,
    where neither agent alone does as much, and where both together kill less than 1 %.
    """
    one = dish(scenario, catalog, Ensemble(0, scenario.seed))
    values = {key: float(np.ravel(value)[0]) for key, value in one.values.items()}
    added = None if one.per_cell is None else {key: float(np.ravel(value)[0]) for key, value in one.per_cell.items()}
    loads = None if one.loads is None else {
        name: {kind: float(np.ravel(value)[0]) for kind, value in load.items()} for name, load in one.loads.items()
    }  # fmt: skip
    found = combine(one.model, {first.id: first.doses}, {second.id: second.doses}, values, added=added, loads=loads)
    return {"first": _axis(first), "second": _axis(second), "rows": _rows(found), **_extremes(found)}


def _axis(axis: Axis) -> Plain:
    return {"id": axis.id, "label": axis.label, "unit": axis.unit}


def _rows(found: Combination) -> list[Plain]:
    excess, index = found.bliss_excess(), _index(found)
    return [
        {
            "first": first, "second": second, "survival": found.survival[row, column], "bliss": excess[row, column],
            "loewe": index[row, column],
        }
        for row, first in enumerate(found.first)
        for column, second in enumerate(found.second)
    ]  # fmt: skip


def _index(found: Combination) -> Array:
    """The combination index where there is an effect to share: of next to nothing, the doses that alone do as much are chance."""
    return np.where(found.survival <= 1.0 - SEEN, found.index(), np.nan)


def _extremes(found: Combination) -> Plain:
    """The greatest excess to either side, and the range of the combination index where both agents alone do as much."""
    excess, index = found.bliss_excess(), _index(found)
    reached = np.isfinite(index) & (found.survival >= max(found.survival[:, 0].min(), found.survival[0].min()))
    known = index[reached]
    return {
        "most_bliss": excess.max(), "least_bliss": excess.min(),
        "loewe_low": known.min() if len(known) else None, "loewe_high": known.max() if len(known) else None,
    }  # fmt: skip
