"""What interventions are judged by: a named, bounded number for every draw, of which less is better."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.assay import AddBack, ConditionedMedium
from exoresist.assembly.build import Model, build
from exoresist.assembly.cohort import Cohort
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.errors import InputError, SolverError, unknown_name
from exoresist.core.progress import Silent
from exoresist.studies.arms import dose_grid, saved_times
from exoresist.studies.conditioning import conditioned
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.survival import survive

Array = NDArray[np.float64]
ONE = 1.0  # cell, or copy per cell: a floor below which nothing is told apart
SURVIVORS, SHIFT, REGROWTH, CARGO, PROGRESSION = "survivors", "shift", "regrowth", "cargo", "progression"
TUMOUR, VOLUME, RESISTANT = "tumour", "volume", "resistant"
OF_TISSUES = (TUMOUR, SURVIVORS, VOLUME, RESISTANT)
OF_DISHES = (SURVIVORS, SHIFT, REGROWTH, CARGO, PROGRESSION)


@dataclass(frozen=True)
class Outcome:
    """What is compared, and how it is told.

    values  (scenario, catalogue, draws) -> (sets,) numbers of which less is better; NaN where a set could not be solved
    label   of an effect, for axes; `less`: what a better choice leaves less of, in words
    folds   whether values are natural logarithms, so that a difference is told as a ratio; else differences are told, in `unit`
    tie     difference below which two choices are as good as each other
    says    the definition in words
    """

    name: str
    label: str
    less: str
    unit: str
    folds: bool
    tie: float
    says: str

    def told(self, difference: float) -> float:
        """A difference of values as it is told: a ratio, or in `unit`, more being better for times."""
        return float(np.exp(difference)) if self.folds else -difference

    def values(self, scenario: Scenario, catalog: Catalog, ensemble: Ensemble) -> Array:
        """(sets,) values, those of sets that cannot be solved NaN."""
        return held(lambda part: _VALUES[self.name](scenario, catalog, part), ensemble)


def outcome_of(scenario: Scenario, name: str | None = None) -> Outcome:
    """The outcome of a name, or what fits the scenario's assay. Raises InputError where the assay does not have it."""
    assay, who = scenario.assay, scenario.assay.population.replace("_", " ")
    if scenario.arena.kind == "tissue":
        return _of_tissue(scenario, name)
    if name is None:
        name = PROGRESSION if isinstance(assay, Cohort) else CARGO if isinstance(assay, AddBack) else SURVIVORS
    known = (PROGRESSION,) if isinstance(assay, Cohort) else (SURVIVORS, REGROWTH, *_if_doses(scenario), *_if_cargo(scenario))
    if name not in known:
        if name in (*OF_TISSUES, *OF_DISHES):
            raise InputError(f"--outcome {name} does not exist for an assay of kind '{assay.kind}'", ", ".join(known))
        raise unknown_name("Outcome", name, known)
    hours = f"{scenario.duration:g} h"
    ratio = "dimensionless"
    return {
        SURVIVORS: Outcome(
            SURVIVORS, f"{who} cells left, over those left without intervention", f"{who} cells", ratio, True, 1e-3,
            f"Living {who} cells after {hours} at the scenario's own doses, from 0 to what the arena holds; compared as ln(cells + 1)",
        ),
        SHIFT: Outcome(
            SHIFT, f"IC50 of {who} cells, over that without intervention", "drug needed", ratio, True, 1e-3,
            f"IC50 of the {who} cells after {hours}, held within the doses of the assay; compared by its logarithm",
        ),
        REGROWTH: Outcome(
            REGROWTH, "hours gained until regrowth", "early regrowth", "h", False, 0.1,
            f"Hours until the {who} cells are as many again as at the start after having been fewer; at most {hours}, 0 if they never fall",
        ),
        CARGO: Outcome(
            CARGO, f"cargo on {who} cells, over that without intervention", "cargo received", ratio, True, 1e-3,
            f"Copies of the followed cargo per {who} cell, mean over {hours}; compared as ln(copies + 1)",
        ),
        PROGRESSION: Outcome(
            PROGRESSION, "days without progression gained per patient", "early progression", "day", False, 0.5,
            "Mean time without progression of the virtual patients, within the time for which all of them are followed",
        ),
    }[name]  # fmt: skip


def _of_tissue(scenario: Scenario, name: str | None) -> Outcome:
    """What is read of a tissue at its end."""
    name = TUMOUR if name is None else name
    if name not in OF_TISSUES:
        if name in OF_DISHES:
            raise InputError(f"--outcome {name} does not exist for a tissue", ", ".join(OF_TISSUES))
        raise unknown_name("Outcome", name, OF_TISSUES)
    who, hours = scenario.assay.population.replace("_", " "), f"{scenario.duration:g} h"
    label, less, says = {
        TUMOUR: (
            "living tumour, over that without intervention", "living tumour",
            f"Living biomass of all tumour cells after {hours}, counted in cells of the size at birth; compared as ln(cells + 1)",
        ),
        SURVIVORS: (
            f"{who} cells left, over those left without intervention", f"{who} cells",
            f"Living {who} cells after {hours}; compared as ln(cells + 1)",
        ),
        VOLUME: (
            "volume of the tumour, over that without intervention", "tumour volume",
            f"Volume of all tumour cells after {hours}, living and dead, as a caliper would see them; compared by its logarithm",
        ),
        RESISTANT: (
            "resistant share, over that without intervention", "resistant share",
            f"Share of the living tumour cells after {hours} whose pump level stands above the mark between the populations, by descent or "
            "by conversion; compared as ln((resistant + 1)/(living + 1))",
        ),
    }[name]  # fmt: skip
    return Outcome(name, label, less, "dimensionless", True, 1e-3, says)


def _if_doses(scenario: Scenario) -> tuple[str, ...]:
    return (SHIFT,) if hasattr(scenario.assay, "doses") else ()


def _if_cargo(scenario: Scenario) -> tuple[str, ...]:
    return (CARGO,) if isinstance(scenario.assay, AddBack) else ()


def held(values: Callable[[Ensemble], Array], ensemble: Ensemble) -> Array:
    """Values of all sets; where a solve fails the sets are halved until only those that cannot be solved are NaN."""
    try:
        return np.array(np.broadcast_to(values(ensemble), (ensemble.sets,)), dtype=float)
    except SolverError:
        if ensemble.sets == 1:
            return np.array([np.nan])
        picked = ensemble.positions
        middle = len(picked) // 2
        parts = [replace(ensemble, chosen=part) for part in (picked[:middle], picked[middle:])]
        return np.concatenate([held(values, part) for part in parts])


@dataclass(frozen=True)
class Dish:
    """A scenario wired up with what is drawn for it: draws, and what donors leave in a conditioned medium."""

    model: Model
    draws: Mapping[str, Array]
    per_cell: Mapping[str, Array] | None = None
    loads: Mapping[str, Mapping[str, Array]] | None = None

    @property
    def values(self) -> dict[str, Array]:
        return {key: value for key, value in self.draws.items() if key in self.model.network.parameters}


def dish(scenario: Scenario, catalog: Catalog, ensemble: Ensemble) -> Dish:
    """The scenario, wired; of a conditioned medium the exposure, after the donors have run."""
    assay = scenario.assay
    if not isinstance(assay, ConditionedMedium):
        model = build(scenario, catalog)
        return Dish(model, ensemble.values(model))
    exposure, draws, per_cell, loads = conditioned(scenario, assay, catalog, ensemble, Silent())
    model = build(exposure, catalog)
    return Dish(model, {**ensemble.values(model), **draws}, per_cell, loads)


def alive(cells: Array) -> Array:
    """ln(cells + 1): bounded from below by no cell at all, and the solver's last digits do not count."""
    result: Array = np.log(np.maximum(cells, 0.0) + ONE)
    return result


def regrown(times: Array, cells: Array, start: float) -> Array:
    """(S,) hours until (T, S) cells are back at `start` after having been fewer; the last time where that is not reached."""
    result = np.full(cells.shape[1], times[-1])
    for place in range(cells.shape[1]):
        course = cells[:, place]
        if course.min() >= start * (1.0 - 1e-9):
            result[place] = 0.0
            continue
        lowest = int(course.argmin())
        back = np.flatnonzero(course[lowest:] >= start)
        if len(back):
            after = lowest + int(back[0])
            share = (start - course[after - 1]) / (course[after] - course[after - 1])
            result[place] = times[after - 1] + share * (times[after] - times[after - 1])
    return result


def of_course(outcome: Outcome, times: Array, cells: Array, start: float) -> Array:
    """(S,) values of an outcome that is read off the course of (T, S) cells: survivors or regrowth."""
    return -regrown(times, cells, start) if outcome.name == REGROWTH else alive(cells[-1])


def _survivors(scenario: Scenario, catalog: Catalog, ensemble: Ensemble) -> Array:
    one = dish(scenario, catalog, ensemble)
    run = culture(one.model, [0.0, scenario.duration], values=one.values, per_cell=one.per_cell, loads=one.loads)
    return alive(run.amount(one.model.recipients().cells)[-1])


def _regrowth(scenario: Scenario, catalog: Catalog, ensemble: Ensemble) -> Array:
    one, times = dish(scenario, catalog, ensemble), saved_times(scenario)
    run = culture(one.model, times, values=one.values, per_cell=one.per_cell, loads=one.loads)
    who = one.model.recipients()
    return -regrown(times, run.amount(who.cells), who.count)


def _shift(scenario: Scenario, catalog: Catalog, ensemble: Ensemble) -> Array:
    one = dish(scenario, catalog, ensemble)
    found = survive(
        one.model, scenario.assay.drug, dose_grid(scenario), one.draws, ensemble.sets,  # type: ignore[union-attr]
        np.array([0.0, scenario.duration]), None, one.per_cell, one.loads,
    )  # fmt: skip
    return np.asarray(np.log(found.ic50))


def _cargo(scenario: Scenario, catalog: Catalog, ensemble: Ensemble) -> Array:
    one, times = dish(scenario, catalog, ensemble), saved_times(scenario)
    run = culture(one.model, times, values=one.values, per_cell=one.per_cell, loads=one.loads)
    layout, who = one.model.layout, one.model.recipients()
    cargo = next(item for item in layout.cargo if item.id == scenario.assay.cargo)  # type: ignore[union-attr]
    copies = sum(run.amount(layout.cell_cargo(who, cargo, origin)) for origin in layout.origins)
    per_cell = copies / run.amount(who.cells)
    return np.asarray(np.log(np.trapezoid(per_cell, times, axis=0) / (times[-1] - times[0]) + ONE))


_VALUES: dict[str, Callable[[Scenario, Catalog, Ensemble], Array]] = {
    SURVIVORS: _survivors, REGROWTH: _regrowth, SHIFT: _shift, CARGO: _cargo,
}  # fmt: skip
