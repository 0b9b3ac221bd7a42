"""Named, bounded outcomes of a dish: one number for every draw, made to be compared between counterfactuals.

Survivors are those of the named lineages together, at the scenario's own doses, against the same dish without the attack: without
drugs and rays, or, where a scenario has neither, without killing by immune cells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.assay import dose_values
from exoresist.assembly.build import Model
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.errors import InputError, unknown_name
from exoresist.core.progress import Progress
from exoresist.studies.survival import EXTINCT

Array = NDArray[np.float64]
FLOOR = 1e-3  # share of survivors below which no assay tells one from another
MOMENTS = 24  # steps over which a mean time is summed
ROUNDS = 7  # secant steps towards an IC50
SHARP = 1e-3  # an IC50 is found when the logit of the share left is this close to one half
LOG_SURVIVAL, SURVIVAL, MEAN_TIME, LOG_IC50 = "log_survival", "survival", "mean_time", "log_ic50"


@dataclass(frozen=True)
class Outcome:
    """What is compared.

    name       log_survival, survival, mean_time or log_ic50
    lineages   populations whose cells are counted
    label      for axes; `unit` canonical; `low`, `high`: its bounds, within which it is held
    says       what it is, in words
    """

    name: str
    lineages: tuple[str, ...]
    label: str
    unit: str
    low: float
    high: float
    says: str


@dataclass(frozen=True)
class Dish:
    """A dish as one combination of players leaves it, over draws.

    attacked, spared  the dish under attack and without it: two models, for an attack may be part of the network
    spared_doses      doses of the spared dish, nM; the attacked one takes the scenario's
    """

    attacked: Model
    spared: Model
    draws: Mapping[str, Array]
    sets: int
    spared_doses: Mapping[str, float]
    per_cell: Mapping[str, Array] | None = None
    loads: Mapping[str, Mapping[str, Array]] | None = None
    report: Progress | None = None
    known: dict[str, Array] = field(default_factory=dict)

    def cells(self, lineages: tuple[str, ...], times: Array, spared: bool, doses: Mapping[str, Array] | None = None) -> Array:
        """(T, S) living cells of the lineages together."""
        model = self.spared if spared else self.attacked
        run = culture(
            model,
            times,
            values={key: value for key, value in self.draws.items() if key in model.network.parameters},
            doses=self.spared_doses if spared else doses,
            per_cell=self.per_cell,
            loads=self.loads,
            report=self.report,
        )
        total = np.sum([np.maximum(run.amount(f"{name}.cells"), 0.0) for name in lineages], axis=0)
        return np.array(np.broadcast_to(total, (len(times), self.sets)))

    def share(self, lineages: tuple[str, ...], times: Array, doses: Mapping[str, Array] | None = None) -> Array:
        """(T, S) cells over those of the spared dish.

        Raises InputError where these die out by themselves: there is nothing to compare with.
        """
        if "spared" not in self.known:
            self.known["spared"] = self.cells(lineages, times, spared=True)
        spared = self.known["spared"]
        if np.any(spared[-1] <= EXTINCT * max(1.0, float(spared[0].max()))):
            raise InputError(
                f"without the attack, {' and '.join(lineages)} die out", "conditions under which unattacked cells survive",
                "Check the death and growth rates, or shorten the duration",
            )  # fmt: skip
        result: Array = self.cells(lineages, times, False, doses) / spared
        return result


def outcome_of(
    scenario: Scenario, catalog: Catalog, name: str | None, lineages: tuple[str, ...], floor: float = FLOOR
) -> Outcome:
    """The outcome of a name, or the scenario's default: the logarithm of the share of survivors.

    Raises unknown_name for a name that is none, InputError for an IC50 where the assay has no doses.
    """
    known = (LOG_SURVIVAL, SURVIVAL, MEAN_TIME, LOG_IC50)
    name = name or LOG_SURVIVAL
    if name not in known:
        raise unknown_name("Outcome", name, known)
    hours, who = scenario.duration, " and ".join(one.replace("_", " ") for one in lineages)
    base = f"{who} cells after {hours:g} h{_dose_words(scenario)}, as a share of those in the same dish {_spared_words(scenario, catalog)}"
    if name == LOG_SURVIVAL:
        return Outcome(
            name, lineages, "ln share of survivors", "dimensionless", float(np.log(floor)), float(-np.log(floor)),
            f"Natural logarithm of the {base}, held at a share of {floor:g} from below",
        )  # fmt: skip
    if name == SURVIVAL:
        return Outcome(name, lineages, "share of survivors", "dimensionless", 0.0, 1.0 / floor, f"The {base}")
    if name == MEAN_TIME:
        return Outcome(
            name, lineages, "mean time alive, h", "h", 0.0, hours,
            f"Restricted mean time alive: the {base}, but at every hour, at most 1, and summed over the {hours:g} h",
        )  # fmt: skip
    if not hasattr(scenario.assay, "doses") or getattr(scenario.assay, "drug", None) is None:
        raise InputError(
            f"outcome '{LOG_IC50}' of an assay of kind '{scenario.assay.kind}', which has no doses", ", ".join(known[:3]),
            "Choose another outcome, or an assay with doses",
        )  # fmt: skip
    low, high = _range(scenario)
    return Outcome(
        name, lineages, "ln IC50 (nM)", "dimensionless", float(np.log(low)), float(np.log(high)),
        f"Natural logarithm of the dose of {scenario.assay.drug} in nM at which half of the {who} cells are left "  # type: ignore[union-attr]
        f"after {hours:g} h, against the same dish without it; held within {low:g} to {high:g} nM",
    )  # fmt: skip


def attack_of(scenario: Scenario, catalog: Catalog) -> str:
    """What attacks the cells: `drugs` (and rays), `immune` cells, or nothing (empty)."""
    if any(drug.dose > 0.0 for drug in scenario.drugs) or scenario.pulses:
        return "drugs"
    lines = [entry.cell_line for entry in scenario.populations if entry.count > 0.0]
    return "immune" if any(catalog.has_parameter("killing_rate", f"cell_line:{line}") for line in lines) else ""


def _spared_words(scenario: Scenario, catalog: Catalog) -> str:
    return "without drugs" if attack_of(scenario, catalog) == "drugs" else "without killing by immune cells"


def _dose_words(scenario: Scenario) -> str:
    given = [f"{drug.dose:.3g} nM {drug.id.replace('_', ' ')}" for drug in scenario.drugs if drug.dose > 0.0]
    given += sorted({pulse.id.replace("_", " ") for pulse in scenario.pulses})
    return f" under {' and '.join(given)}" if given else ""


def _range(scenario: Scenario) -> tuple[float, float]:
    doses = [dose for dose in dose_values(scenario.assay.doses) if dose > 0.0]  # type: ignore[union-attr]
    return min(doses), max(doses)


def measure(outcome: Outcome, dish: Dish) -> Array:
    """(S,) the outcome in every draw, within its bounds."""
    value = _MEASURES[outcome.name](outcome, dish)
    result: Array = np.clip(value, outcome.low, outcome.high)
    return result


def _log_survival(outcome: Outcome, dish: Dish) -> Array:
    share = _survival(outcome, dish)
    return np.asarray(np.log(np.maximum(share, np.exp(outcome.low))))


def _survival(outcome: Outcome, dish: Dish) -> Array:
    return dish.share(outcome.lineages, np.array([0.0, dish.attacked.scenario.duration]))[-1]


def _mean_time(outcome: Outcome, dish: Dish) -> Array:
    times = np.linspace(0.0, dish.attacked.scenario.duration, MOMENTS + 1)
    share = np.minimum(dish.share(outcome.lineages, times), 1.0)
    return np.asarray(np.trapezoid(share, times, axis=0))


def _log_ic50(outcome: Outcome, dish: Dish) -> Array:
    """ln of the dose at which half is left: secant steps in ln dose on the logit of the share, all draws together."""
    drug = dish.attacked.scenario.assay.drug  # type: ignore[union-attr]
    times = np.array([0.0, dish.attacked.scenario.duration])

    def height(log_dose: Array) -> Array:
        share = np.clip(dish.share(outcome.lineages, times, {drug: np.exp(log_dose)})[-1], 1e-9, 1.0 - 1e-9)
        return np.asarray(np.log(share / (1.0 - share)))

    low, high = np.full(dish.sets, outcome.low), np.full(dish.sets, outcome.high)
    x = 0.5 * (low + high)
    slope = np.full(dish.sets, -2.0)
    old_x = old_y = None
    for _ in range(ROUNDS):
        y = height(x)
        # More drug leaves fewer: above one half the IC50 lies higher.
        low, high = np.where(y > 0.0, x, low), np.where(y <= 0.0, x, high)
        if old_x is not None and old_y is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                secant = (y - old_y) / (x - old_x)
            slope = np.where(np.isfinite(secant) & (secant < -0.05), secant, slope)
        ahead = np.where(np.abs(y) < SHARP, x, x - y / slope)
        # A step out of the bracket is replaced by its middle, but the ends of the doses themselves may be reached.
        ahead = np.where((ahead > low) & (ahead < high), ahead, np.where(np.abs(y) < SHARP, x, 0.5 * (low + high)))
        if np.all(np.abs(y) < SHARP):
            return x
        old_x, old_y, x = x, y, ahead
    return np.asarray(x)


_MEASURES: dict[str, Callable[[Outcome, Dish], Array]] = {
    LOG_SURVIVAL: _log_survival, SURVIVAL: _survival, MEAN_TIME: _mean_time, LOG_IC50: _log_ic50,
}  # fmt: skip
