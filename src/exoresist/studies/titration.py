"""Vesicles per recipient against the shift they cause, and the dose gap: what is needed over what is available."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.assay import VesicleSeries
from exoresist.assembly.build import Model, build
from exoresist.assembly.scenario import Arm, Scenario
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.progress import Progress
from exoresist.laws import vesicles as vesicle_laws
from exoresist.studies.arms import ArmResult, dose_grid, run_arm, saved_times, with_preparation
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.survival import INSIDE, Survival, survive

Array = NDArray[np.float64]
PREPARATION = "titrated"


INSIDE_TESTED, BEYOND, NO_EFFECT, OPPOSITE, LEVELS_OFF, NO_AIM, UNKNOWN = (
    "inside", "beyond", "no effect", "opposite", "levels off", "no aim", "unknown",
)  # fmt: skip
LEAST = 1e-6  # of the aim: below it an effect is the solver's own accuracy


@dataclass(frozen=True)
class Titration:
    """Fold of the recipients' IC50 over vesicles per recipient.

    per_cell  (V,) ; fold (V, S)
    bound     (V, S) whether the IC50 lies above the doses tested, so that the fold is at least that
    needed    (S,) vesicles per recipient for half the effect; NaN where no number of vesicles gives it
    target    (S,) the fold that counts as half the effect: midway to the donors' own
    outcome   (S,) how each set's need was found: inside the tested numbers, beyond them, or why there is none
    """

    per_cell: Array
    fold: Array
    bound: NDArray[np.bool_]
    needed: Array
    target: Array
    outcome: NDArray[np.str_]

    def share(self, *outcomes: str) -> float:
        """Share of all sets with one of these outcomes."""
        return float(np.mean(np.isin(self.outcome, outcomes)))

    @property
    def far(self) -> float:
        """Share of all sets whose need lies more than tenfold beyond the largest number tested."""
        with np.errstate(invalid="ignore"):
            return float(np.mean(self.needed > 10.0 * self.per_cell[-1]))


def titrate(
    scenario: Scenario,
    donor: str,
    series: VesicleSeries,
    hours: float | None,
    catalog: Catalog,
    ensemble: Ensemble,
    report: Progress,
    donor_fold: Array | None = None,
) -> Titration:
    """Add purified vesicles to the recipients alone, in rising numbers.

    donor_fold  (S,) IC50 of the donors over that of the recipients; default: simulated here in the same arena
    """
    recipients = next(entry for entry in scenario.populations if entry.id == scenario.assay.population)
    alone = scenario.model_copy(update={"populations": (recipients,), "vesicles": (), "interventions": ()})
    drug = scenario.assay.drug  # type: ignore[union-attr]
    added = with_preparation(alone, PREPARATION, donor, hours)
    model = build(added, catalog)
    draws = ensemble.values(model)
    numbers = np.array([0.0, *series.values()])
    sets = ensemble.sets
    stacked = {key: np.tile(value, len(numbers)) for key, value in draws.items()}
    result = survive(
        model,
        drug,
        dose_grid(scenario),
        stacked,
        sets * len(numbers),
        saved_times(scenario)[[0, -1]],
        report,
        {PREPARATION: np.repeat(numbers, sets)},
    )
    ic50 = np.where(result.status == INSIDE, result.ic50, np.nan).reshape(len(numbers), sets)
    fold = ic50[1:] / ic50[0]
    # Above the highest dose the fold is at least that far: still useful as a bound when looking for the crossing.
    top = np.where(result.status == "above range", result.ic50, np.nan).reshape(len(numbers), sets)
    bound = np.isnan(fold) & np.isfinite(top[1:] / ic50[0])
    fold = np.where(np.isnan(fold), top[1:] / ic50[0], fold)
    if donor_fold is None:
        donor_fold = _donor_fold(scenario, donor, catalog, ensemble, report, ic50[0])
    target = 1.0 + 0.5 * (donor_fold - 1.0)
    needed, outcome = vesicles_for(numbers[1:], fold, target)
    return Titration(numbers[1:], fold, bound, needed, target, outcome)


def _donor_fold(scenario: Scenario, donor: str, catalog: Catalog, ensemble: Ensemble, report: Progress, own: Array) -> Array:
    recipients = next(entry for entry in scenario.populations if entry.id == scenario.assay.population)
    swapped = recipients.model_copy(update={"cell_line": donor})
    alone = scenario.model_copy(update={"populations": (swapped,), "vesicles": (), "interventions": ()})
    result: Survival = run_arm(Arm(id="donor"), alone, catalog, ensemble, report).survival
    fold: Array = result.ic50 / own
    return fold


def vesicles_for(numbers: Array, fold: Array, target: Array) -> tuple[Array, NDArray[np.str_]]:
    """Vesicles at which each set's fold crosses its target, and how that was found.

    numbers (V,) ascending; fold (V, S); target (S,). Beyond the tested numbers the need is taken in proportion to the
    last effect; not where that is none, has the other sign, or levels off (grows less than the number's square root).
    """
    sets = fold.shape[1]
    needed, outcome = np.full(sets, np.nan), np.full(sets, UNKNOWN, dtype="<U12")
    for index in range(sets):
        aim = target[index] - 1.0
        if not np.isfinite(aim):
            continue
        if abs(aim) < LEAST:
            outcome[index] = NO_AIM
            continue
        known = np.isfinite(fold[:, index])
        reached = (fold[:, index] - 1.0)[: len(numbers) if known.all() else int(np.argmin(known))] / aim
        above = np.flatnonzero(reached >= 1.0)
        if len(above):
            first = above[0]
            low_n, low = (numbers[first - 1], reached[first - 1]) if first else (0.0, 0.0)
            needed[index] = low_n + (1.0 - low) / (reached[first] - low) * (numbers[first] - low_n)
            outcome[index] = INSIDE_TESTED
        elif len(reached) == len(numbers):
            outcome[index] = _trend(numbers, reached)
            if outcome[index] == BEYOND:
                needed[index] = numbers[-1] / reached[-1]
    return needed, outcome


def _trend(numbers: Array, reached: Array) -> str:
    """Whether the last of a series of effects, in units of the aim, may be extrapolated in proportion."""
    last = float(reached[-1])
    if abs(last) < LEAST:
        return NO_EFFECT
    if last < 0.0:
        return OPPOSITE
    if len(reached) > 1 and reached[-2] > LEAST and last < reached[-2] * np.sqrt(numbers[-1] / numbers[-2]):
        return LEVELS_OFF
    return BEYOND


def secreted_per_recipient(result: ArmResult, donor: str, ensemble: Ensemble) -> Array:
    """(S,) vesicles that the donors secrete over the run, untreated, per recipient seeded.

    ∫ secretion rate · vesicles inside dt / recipients
    """
    model = result.model
    run = culture(model, result.course.times, values=ensemble.values(model), doses={result.survival.drug: 0.0})
    flow = run.value(f"rate:{donor}.secretion") * run.amount(f"{donor}.ilv")
    total = np.trapezoid(flow, run.times, axis=0)
    recipients = next(entry for entry in model.layout.populations if entry.id == result.scenario.assay.population)
    available: Array = np.broadcast_to(total, (ensemble.sets,)) / recipients.count
    return available


def membrane_equivalents(model: Model, donor: str, vesicles_per_cell: Array, ensemble: Ensemble) -> Array:
    """(S,) membrane of so many vesicles over the surface of one donor cell.

    vesicles · vesicle area / cell area; a recipient cannot get more donor membrane than its donors have
    """
    draws = ensemble.values(model)

    def of(name: str) -> Array:
        central = model.network.parameters[name].value
        return draws.get(name, np.full(ensemble.sets, central))

    area = vesicle_laws.mean_vesicle_area(of(f"{donor}.diameter_median"), of(f"{donor}.diameter_sigma"))
    result: Array = vesicles_per_cell * area / of(f"{donor}.cell_area")
    return result
