"""Parameter sets shared by all arms, reconciled with what is measured of the cell lines.

Drawn one by one from their ranges, a drug's numbers give IC50s that scatter over orders of magnitude although the IC50 of the line is
measured. So each draw is brought in line with the measurement: the drug's damage rate is scaled until the sensitive line has its measured
IC50, then the pump's turnover until the resistant line has its own. What stays free is what the measurement leaves open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.assay import TimeCourse
from exoresist.assembly.book import draws as parameter_draws
from exoresist.assembly.build import Model, build
from exoresist.assembly.reader import scenario_from_dict
from exoresist.assembly.scenario import Environment, ParameterOverride, Scenario
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.progress import Progress
from exoresist.core.quantity import Quantity
from exoresist.studies.secant import secant_step
from exoresist.studies.survival import share_left

Array = NDArray[np.float64]
Row = tuple[str, str]
ROUNDS = 14
PASSES = 4
CLOSE = 0.02  # a draw is reconciled when the share left at the measured IC50 is one half to within this
WIDEST = 9.0  # ln of the largest factor tried
PLATE_VOLUME, PLATE_CAPACITY, PLATE_CELLS = (
    0.1,
    60_000.0,
    3000.0,
)  # mL and cells of a 96-well plate's well, as in the bundled scenarios


@dataclass(frozen=True)
class Ensemble:
    """Parameter sets: the central one and `count` draws.

    factors  catalogue row (name, subject) -> (count + 1,) multipliers on its draws
    chosen   positions of the sets in use, the central one (0) first; None: all. Draws that contradict a measured IC50 are left out
    left     cell line -> share of draws that could not be brought to its measured IC50
    """

    count: int
    seed: int
    factors: Mapping[Row, Array] = field(default_factory=dict)
    chosen: NDArray[np.intp] | None = None
    left: Mapping[str, float] = field(default_factory=dict)

    @property
    def _picked(self) -> NDArray[np.intp]:
        return np.arange(self.count + 1) if self.chosen is None else self.chosen

    @property
    def positions(self) -> NDArray[np.intp]:
        """Positions of the sets in use among all that were drawn."""
        return self._picked

    @property
    def sets(self) -> int:
        return len(self._picked)

    def head(self, draws: int) -> Ensemble:
        """The same ensemble with its first draws only."""
        return replace(self, chosen=self._picked[: draws + 1])

    def values(self, model: Model) -> dict[str, Array]:
        """Parameter -> (sets,) values of every number of a model that varies."""
        parameters = model.network.parameters
        result = parameter_draws(parameters, self.count, self.seed)
        for identifier, parameter in parameters.items():
            quantity = parameter.quantity
            if quantity is not None and (quantity.name, quantity.subject) in self.factors:
                drawn = result.get(identifier, np.full(self.count + 1, parameter.value))
                result[identifier] = drawn * self.factors[quantity.name, quantity.subject]
        return {key: value[self._picked] for key, value in result.items()}


def reconciled(scenario: Scenario, catalog: Catalog, report: Progress | None = None, draws: int | None = None) -> Ensemble:
    """Draws for a scenario, brought in line with the measured IC50s of its lines for the assay's drug."""
    count = scenario.uncertainty.draws if draws is None else draws
    ensemble = Ensemble(count, scenario.seed)
    drug = getattr(scenario.assay, "drug", None)
    if drug is None or count == 0:
        return ensemble
    known = _observed(scenario, catalog, drug)
    if not known:
        return ensemble
    lines = sorted(known, key=lambda line: known[line].value)
    models = {line: _alone(scenario, catalog, line) for line in lines}
    adjusted = _adjusted_rows(models, lines, drug)
    factors = {row: np.ones(count + 1) for row in adjusted.values()}
    # The pump's turnover also touches a sensitive line that has a little pump, hence more than one pass.
    for _ in range(PASSES if len(adjusted) > 1 else 1):
        for line, row in adjusted.items():
            factors[row] = _matched(
                lambda factor, line=line, row=row: _share_left(  # type: ignore[misc]
                    models[line],
                    drug,
                    known[line].value,
                    Ensemble(count, scenario.seed, {**factors, row: factor}),
                    scenario,
                    report,
                ),
                factors[row],
                rising=row[0] == "efflux_kcat",
            )
    left = {}
    good = np.ones(count + 1, dtype=bool)
    for line in adjusted:
        share = _share_left(models[line], drug, known[line].value, Ensemble(count, scenario.seed, factors), scenario, report)
        off = np.abs(share - 0.5) > CLOSE
        off[0] = False
        left[line] = float(np.mean(off[1:]))
        good &= ~off
    return Ensemble(count, scenario.seed, factors, np.flatnonzero(good), left)


def in_line(
    lines: Sequence[str],
    drug: str,
    cargo: Sequence[str],
    draws: int,
    seed: int,
    catalog: Catalog,
    given: Sequence[ParameterOverride] = (),
) -> Ensemble:
    """Draws brought in line with the measured IC50s of cell lines, each alone in a well of a plate for three days.

    given  numbers that are fixed in all draws
    """
    dish = scenario_from_dict({
        "schema": "exoresist/1", "name": "dish", "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "60000 cell"},
        "populations": [{"id": line, "cell_line": line, "count": "3000 cell"} for line in lines],
        "drugs": [{"id": drug, "dose": "1 nM"}], "cargo": list(cargo), "duration": "72 h",
        "assay": {"kind": "dose_response", "population": lines[0], "drug": drug, "doses": ["1 nM"]},
        "uncertainty": {"draws": draws}, "seed": seed,
    })  # fmt: skip
    return reconciled(dish.model_copy(update={"parameters": tuple(given)}), catalog)


def _adjusted_rows(models: Mapping[str, Model], lines: list[str], drug: str) -> dict[str, Row]:
    """The number that each line's measurement settles: damage rate for the first, pump turnover for one that resists more."""
    rows: dict[str, Row] = {}
    for position, line in enumerate(lines[:2]):
        row = _row(models[line], "efflux_kcat" if position else "damage_rate", drug)
        if row is not None and not _fixed(models[line], row):
            rows[line] = row
    return rows


def _matched(share_left: Callable[[Array], Array], start: Array, rising: bool) -> Array:
    """Factors at which half of the cells are left: bracketed secant steps in log factor, all draws together.

    rising  whether more of the number leaves more cells
    """
    sign = 1.0 if rising else -1.0
    x = np.log(start)
    low, high = x - WIDEST, x + WIDEST
    before = None
    for _ in range(ROUNDS):
        share = np.clip(share_left(np.exp(x)), 1e-6, 1.0 - 1e-6)
        y = sign * np.log(share / (1.0 - share))
        if np.all(np.abs(y[1:]) < CLOSE / 5.0):
            break
        low, high = np.where(y < 0.0, x, low), np.where(y > 0.0, x, high)
        ahead = secant_step(x, y, low, high, before)
        before = x, y
        ahead[0] = x[0]  # the central set is the catalogue's own and stays as it is
        x = ahead
    return np.asarray(np.exp(x))


def _share_left(model: Model, drug: str, dose: float, ensemble: Ensemble, scenario: Scenario, report: Progress | None) -> Array:
    """(sets,) survivors at a dose over the untreated, at the end."""
    values = {key: np.tile(value, 2) for key, value in ensemble.values(model).items()}
    doses = np.repeat([0.0, dose], ensemble.sets)
    run = culture(model, [0.0, scenario.duration], values=values, doses={drug: doses}, report=report)
    cells = np.maximum(run.amount(model.recipients().cells), 0.0)[-1].reshape(2, ensemble.sets)
    return share_left(cells.T[:, :, None], model)[:, 1]


def _observed(scenario: Scenario, catalog: Catalog, drug: str) -> dict[str, Quantity]:
    """Measured IC50 of every line of the scenario that has one for this drug."""
    lines = {population.cell_line for population in scenario.populations} | {entry.donor for entry in scenario.vesicles}
    if scenario.vesicle_titration is not None:
        lines.add(scenario.vesicle_titration.donor)
    subjects = {line: f"cell_line:{line}|drug:{drug}" for line in lines}
    return {
        line: catalog.parameter("ic50_observed", subject)
        for line, subject in subjects.items()
        if catalog.has_parameter("ic50_observed", subject)
    }


def _alone(scenario: Scenario, catalog: Catalog, line: str) -> Model:
    """The line by itself, unstressed and untreated but for the drug: the condition in which its IC50 was measured."""
    first = next((entry for entry in scenario.populations if entry.cell_line == line), scenario.populations[0])
    entry = first.model_copy(update={"cell_line": line, "count": max(first.count, 1.0), "side": None})
    arena = scenario.arena.model_copy(update={"kind": "well"})
    if scenario.arena.kind == "circulation":
        # A body's cells in its plasma are no assay: in a plate, far fewer cells share the drug.
        arena = arena.model_copy(update={"volume": PLATE_VOLUME, "capacity": PLATE_CAPACITY, "organs": None})
        entry = entry.model_copy(update={"count": PLATE_CELLS})
    alone = scenario.model_copy(
        update={
            "arena": arena,
            "populations": (entry,),
            "pulses": (),
            "responses": (),
            "vesicles": (),
            "interventions": (),
            "factors": (),
            "signals": (),
            "medium_changes": (),
            "environment": Environment(),
            "metabolism": None,
            "contexts": (),
            "assay": TimeCourse(kind="time_course", population=entry.id),
        }
    )
    return build(alone, catalog)


def _row(model: Model, name: str, drug: str) -> Row | None:
    for parameter in model.network.parameters.values():
        quantity = parameter.quantity
        if quantity is not None and quantity.name == name and f"drug:{drug}" in quantity.subject:
            return quantity.name, quantity.subject
    return None


def _fixed(model: Model, row: Row) -> bool:
    """A number that the scenario overrides is not touched."""
    return all(
        parameter.quantity.source == "scenario"
        for parameter in model.network.parameters.values()
        if parameter.quantity is not None and (parameter.quantity.name, parameter.quantity.subject) == row
    )
