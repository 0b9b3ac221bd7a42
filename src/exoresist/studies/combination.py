"""Two agents together: are they more than each alone? Bliss independence and Loewe additivity (the combination index)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.build import Model
from exoresist.compartments.well import culture
from exoresist.core.errors import InputError
from exoresist.network import Event

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Combination:
    """Survival over the grid of two agents' doses, as a fraction of the untreated.

    first, second  (m,) and (n,) doses, each beginning with 0
    survival       (m, n)
    """

    first: Array
    second: Array
    survival: Array

    def bliss_excess(self) -> Array:
        """(m, n) kill beyond independence, a·b − survival: above 0 for synergy, 0 along the edges.

        source  Bliss 1939: independent agents leave the product of the shares that each leaves alone
        """
        excess: Array = self.survival[:, :1] * self.survival[:1, :] - self.survival
        return excess

    def index(self) -> Array:
        """(m, n) Loewe's combination index, d1/D1 + d2/D2, D the dose that alone does what both do together; below 1 for synergy.

        An agent that alone never does as much, at any dose of its list, counts with an infinite D (its term is 0); the index is
        NaN along the edges, where neither does as much alone, and where both together do nothing.

        source  Loewe 1926, in the form of Chou and Talalay 1984
        """
        result = np.full(self.survival.shape, np.nan)
        for row in range(1, len(self.first)):
            for column in range(1, len(self.second)):
                left = self.survival[row, column]
                alone = dose_for(self.first, self.survival[:, 0], left), dose_for(self.second, self.survival[0], left)
                if np.isfinite(alone).any() and min(alone) > 0.0:
                    result[row, column] = self.first[row] / alone[0] + self.second[column] / alone[1]
        return result


def dose_for(doses: Array, survival: Array, left: float) -> float:
    """Dose at which an agent alone leaves `left`, linear between the doses of its list; infinite when it never does.

    doses  (n,) rising from 0; `survival`: (n,) with 1 at dose 0
    """
    reached = np.flatnonzero(survival <= left)
    if len(reached) == 0:
        return float("inf")
    at = int(reached[0])
    if at == 0:
        return 0.0
    high, low = survival[at - 1], survival[at]
    return float(doses[at - 1] + (doses[at] - doses[at - 1]) * (high - left) / (high - low))


def combine(
    model: Model,
    first: Mapping[str, Sequence[float]],
    second: Mapping[str, Sequence[float]],
    values: Mapping[str, float | Array] | None = None,
    relative: float = 1e-6,
    added: Mapping[str, float | Array] | None = None,
    loads: Mapping[str, Mapping[str, float | Array]] | None = None,
) -> Combination:
    """Survival of the population that is read over a grid of two agents, central values, at the end of the scenario.

    first, second  {id: doses}: a drug of the scenario (nM), a preparation (vesicles per recipient) or an intervention (its strength or
                   concentration, nM); 0 is added to each list
    values         parameter -> number, laid over the model's own; `added`: preparation -> vesicles per recipient, and `loads`: what each
                   carries, of those that are no agent

    Raises InputError for agents that the scenario does not hold and for doses that are negative.
    """
    (one, doses), (other, more) = next(iter(first.items())), next(iter(second.items()))
    lists = [np.unique([0.0, *given]) for given in (doses, more)]
    if min(lists[0][0], lists[1][0]) < 0.0:
        raise InputError("a dose is negative", "0 or more")
    grid = np.meshgrid(*lists, indexing="ij")
    drugs = {entry.id for entry in model.scenario.drugs}
    preparations = {entry.id for entry in model.scenario.vesicles}
    treatments = {entry.id for entry in model.scenario.interventions}
    given: dict[str, dict[str, float | Array]] = {"doses": {}, "per_cell": dict(added or {})}
    for name, each in zip((one, other), grid, strict=True):
        if name in treatments:
            model = _at_levels(model, name, each.ravel())
            continue
        if name not in drugs | preparations:
            known = ", ".join(sorted(drugs | preparations | treatments)) or "none"
            raise InputError(
                f"the scenario holds no agent '{name}'", known, "Add it under `drugs`, `vesicles` or `interventions`"
            )
        given["doses" if name in drugs else "per_cell"][name] = each.ravel()
    run = culture(
        model, [0.0, model.scenario.duration], values=values, doses=given["doses"], per_cell=given["per_cell"] or None,
        loads=loads, relative=relative,
    )  # fmt: skip
    cells = run.amount(model.recipients().cells)[-1].reshape(grid[0].shape)
    return Combination(lists[0], lists[1], cells / cells[0, 0])


def _at_levels(model: Model, name: str, levels: Array) -> Model:
    """The model with one of its interventions at (sets,) levels in place of the scenario's, from when to when it says."""
    entry = next(entry for entry in model.scenario.interventions if entry.id == name)
    own = entry.concentration if entry.concentration is not None else entry.strength or 0.0
    if own <= 0.0:
        raise InputError(f"intervention '{name}' has a level of 0 in the scenario", "a level above 0, of which others are taken")

    def shared(event: Event) -> Event:
        if event.label != f"{name} on":
            return event
        # A mimic sets folds, which are 1 without it and change in proportion to its strength.
        set_ = {
            key: levels if key.startswith(f"intervention.{name}.") else 1.0 + (value - 1.0) * levels / own
            for key, value in event.set.items()
        }
        return replace(event, set=set_)  # type: ignore[arg-type]

    return replace(model, fixed_events=tuple(shared(event) for event in model.fixed_events))
