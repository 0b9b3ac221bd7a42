"""What a fit to confluence minimises: which numbers move, what is expected of them, and how far the model is off.

The whole network of the scenario is simulated; nothing is simplified for the fit. Readings are compared as
cover * (living cells * (1 + spreading * arrested) + dead cells) / cells at the start. Dead cells keep covering the
floor: counting the living only predicted a left-out fitted dose worse. `arrested` is the share of the birth rate that
damage takes away: such cells flatten. Without `spreading` in the assay all cells cover alike. Cover alone cannot tell
cells that stopped dividing from cells that died where they lay. Stains of dead cells can: they bound the dead from
above, loosely, because a dead cell stains a smaller area than it covered alive and may have washed off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.assay import Confluence, FitParameter, Spreading
from exoresist.assembly.build import Model
from exoresist.core.errors import InputError, unknown_name
from exoresist.core.units import convert
from exoresist.network import integrate

FloatArray = NDArray[np.float64]

_Z95 = 1.6448536269514722  # standard normal quantile at 95 %
_LEAST_SHARE = 0.05  # readings below this share of the highest are taken to be as uncertain as at it
_ACCURACY = 1e-7  # of the solver: finite differences divide its error by their step
_STEP = 1e-3  # of a finite difference, in the logarithm of a parameter
# A spread cell of some 1000 um^2 rounds up to a disc 11 um across, a tenth of that, when it dies.
DEAD_SPREAD = 10.0
_DEAD_FOLD = math.log(1.5)  # standard deviation of its log
LEAST_STAIN = 0.02  # % of the image, what empty wells show: below it a stain says nothing
START_COVER = "start_cover"
SPREADING = "spreading"


@dataclass(frozen=True)
class Unknown:
    """One number that the fit moves, in its logarithm.

    identifiers  parameters of the network that take this value; empty for what only the reading depends on: the
                 spreading of arrested cells and the cover at the start
    name, subject, unit
                 as the fitted row will have them: `subject` is that of the cell line that was measured
    centre, below, above
                 natural log of the expected value, and standard deviation of that log to either side
    factor       network parameter = factor * value
    """

    identifiers: tuple[str, ...]
    name: str
    subject: str
    unit: str
    centre: float
    below: float
    above: float
    factor: float = 1.0

    def surprise(self, log_value: FloatArray) -> FloatArray:
        """Distance from the expected value in standard deviations, any shape."""
        distance = log_value - self.centre
        return np.asarray(np.where(distance < 0, distance / self.below, distance / self.above))

    @property
    def expected(self) -> tuple[float, float, float]:
        """5 % point, median, 95 % point before the data."""
        low, high = self.centre - _Z95 * self.below, self.centre + _Z95 * self.above
        return math.exp(low), math.exp(self.centre), math.exp(high)


@dataclass(frozen=True)
class Noise:
    """How far replicates lie apart.

    relative  standard deviation of one well's reading over the mean, pooled over doses and times, dimensionless
    repeats   readings that count as one: wells deviate as a whole, so their readings in time are not independent
    floor     unit of the readings; below it the absolute standard deviation stays constant
    wells     replicates per dose
    """

    relative: float
    repeats: float
    floor: float
    wells: int

    def deviation(self, mean: FloatArray) -> FloatArray:
        """Standard deviation of the mean over replicates, same shape."""
        return np.asarray(self.relative * np.maximum(mean, self.floor) / math.sqrt(self.wells))


def replicate_noise(observed: Mapping[float, FloatArray]) -> Noise:
    """Noise of readings from the spread of their replicates.

    e = (reading - mean) / mean * sqrt(n / (n - 1))
    relative = sqrt(mean(e**2));  repeats = T * mean((mean of e over time)**2) / mean(e**2), within 1 to T

    observed  dose -> shape (n, T), two or more replicates
    raises    InputError without replicates, or when they are all alike: nothing says how far the data can be trusted
    """
    tables = [np.asarray(table, dtype=float) for table in observed.values()]
    if any(table.ndim != 2 or table.shape[0] < 2 for table in tables):
        raise InputError(
            "Readings without replicates", "two or more replicates of every fitted dose",
            "Their spread is needed to weigh the readings against what is expected of the parameters",
        )  # fmt: skip
    floor = _LEAST_SHARE * max(float(table.mean(axis=0).max()) for table in tables)
    if floor <= 0:
        raise InputError("Readings that are nowhere above zero", "confluence in %, the blank subtracted")
    errors = []
    for table in tables:
        mean, wells = table.mean(axis=0), table.shape[0]
        errors.append((table - mean) / np.maximum(mean, floor) * math.sqrt(wells / (wells - 1)))
    variance = float(np.mean([np.mean(error**2) for error in errors]))
    if variance <= 0:
        raise InputError("Replicates that are all alike", "replicates that were measured each for itself")
    length = tables[0].shape[1]
    shared = float(np.mean([np.mean(error.mean(axis=1) ** 2) for error in errors]))
    repeats = min(max(length * shared / variance, 1.0), float(length))
    return Noise(math.sqrt(variance), repeats, floor, tables[0].shape[0])


@dataclass(frozen=True)
class FitProblem:
    """A weighted least-squares problem: readings over their noise, parameters over what is expected of them.

    minimise  sum ((model - mean)**2 / (deviation**2 * repeats)) + sum surprise**2
              + sum max(0, ln(dead / (DEAD_SPREAD * stain)) / ln 1.5)**2

    unknowns  the last one is the cover at the start, %
    times     h, shape (T,);  means  dose -> mean over replicates, shape (T,)
    stains    dose -> area that stains as dead cells, %, shape (T,); empty: the dead are not bounded
    """

    model: Model
    drug: str
    unknowns: tuple[Unknown, ...]
    times: FloatArray
    means: Mapping[float, FloatArray]
    noise: Noise
    stains: Mapping[float, FloatArray]

    @property
    def doses(self) -> tuple[float, ...]:
        return tuple(self.means)

    def without(self, dose: float) -> FitProblem:
        """The same problem with one dose left out."""
        means = {other: mean for other, mean in self.means.items() if other != dose}
        return replace(self, means=means)

    def predict(self, points: FloatArray, doses: Sequence[float]) -> FloatArray:
        """Confluence in %, shape (S, doses, T), for logs of the unknowns of shape (S, unknowns): one batch."""
        living, dead = self.covers(points, doses)
        return living + dead

    def covers(self, points: FloatArray, doses: Sequence[float]) -> tuple[FloatArray, FloatArray]:
        """What living cells and dead cells cover, each as `predict`."""
        sets = np.exp(np.atleast_2d(points))
        values: dict[str, float | FloatArray] = {
            identifier: np.repeat(sets[:, place] * unknown.factor, len(doses))
            for place, unknown in enumerate(self.unknowns)
            for identifier in unknown.identifiers
        }
        given: dict[str, float | FloatArray] = {self.drug: np.tile(np.asarray(doses, dtype=float), len(sets))}
        begin = [0.0] if self.times[0] > 0 else []
        run = integrate(
            self.model.network,
            [*begin, *self.times],
            values,
            self.model.start(values),
            self.model.events(values, given),
            relative=_ACCURACY,
        )
        population = self.model.recipients()
        spread = run.amount(population.cells)
        for place, unknown in enumerate(self.unknowns):
            if unknown.name == SPREADING:
                arrested = 1.0 - run.value(f"{population.id}.arrest")
                spread = spread * (1.0 + np.repeat(sets[:, place], len(doses)) * arrested)
        dead = run.amount("dead.cell")
        living, dead = (
            sets[:, -1, None, None] * (cells[len(begin) :] / population.count).T.reshape(len(sets), len(doses), len(self.times))
            for cells in (spread, dead - dead[:1])
        )
        return living, dead

    def residuals(self, points: FloatArray) -> FloatArray:
        """Readings, then the bound on the dead if there are stains, then expectations; shape (S, residuals)."""
        points = np.atleast_2d(points)
        observed = np.stack(list(self.means.values()))
        scale = self.noise.deviation(observed) * math.sqrt(self.noise.repeats)
        living, dead = self.covers(points, self.doses)
        parts = [((living + dead - observed) / scale).reshape(len(points), -1)]
        if self.stains:
            bound = DEAD_SPREAD * np.maximum(np.stack([self.stains[dose] for dose in self.doses]), LEAST_STAIN)
            excess = np.log(np.maximum(dead / bound, 1.0)) / _DEAD_FOLD
            parts.append(excess.reshape(len(points), -1))
        parts.append(np.stack([item.surprise(points[:, place]) for place, item in enumerate(self.unknowns)], axis=1))
        return np.concatenate(parts, axis=1)

    def jacobian(self, point: FloatArray) -> FloatArray:
        """Derivatives of the residuals, shape (residuals, unknowns): central differences, all in one batch."""
        steps = _STEP * np.eye(len(point))
        found = self.residuals(np.concatenate([point + steps, point - steps]))
        return np.asarray(((found[: len(point)] - found[len(point) :]) / (2.0 * _STEP)).T)

    def log_likelihood(self, point: FloatArray) -> float:
        """Gaussian log-likelihood of the mean readings, each counted as 1 / repeats of an independent one."""
        observed = np.stack(list(self.means.values()))
        deviation = self.noise.deviation(observed)
        errors = (self.predict(point, self.doses)[0] - observed) / deviation
        return float(np.sum(-0.5 * errors**2 - np.log(deviation * math.sqrt(2 * math.pi))) / self.noise.repeats)


def confluence_problem(
    model: Model,
    times: FloatArray,
    observed: Mapping[float, FloatArray],
    stains: Mapping[float, FloatArray] = MappingProxyType({}),
) -> FitProblem:
    """The problem that a scenario with a confluence assay states.

    times     h, shape (T,), rising, within the scenario's duration
    observed  dose in nM -> readings in %, shape (replicates, T), of the fitted doses only
    stains    dose in nM -> area that stains as dead cells, %, shape (T,); empty: none were measured
    raises    InputError for a scenario with several populations, parameters without a range, or unusable readings
    """
    assay = model.scenario.assay
    if not isinstance(assay, Confluence):
        raise InputError(
            f"Scenario '{model.scenario.name}' has an assay of kind '{assay.kind}'", "confluence",
            "See examples/h1299_doxorubicin.yaml for one that can be fitted",
        )  # fmt: skip
    if len(model.layout.populations) != 1:
        raise InputError(
            f"{len(model.layout.populations)} populations share the well", "one", "Confluence does not tell them apart"
        )
    if len(times) < 3 or times[0] < 0 or times[-1] > model.scenario.duration + 1e-9 or np.any(np.diff(times) <= 0):
        raise InputError(
            f"{len(times)} readings in time, the last at {times[-1] if len(times) else 0:g} h",
            f"three or more rising times from 0 to {model.scenario.duration:g} h",
            "Set the scenario's duration to that of the measurement",
        )
    unknowns = [_unknown(model, entry) for entry in assay.fit_parameters]
    means = {dose: np.asarray(observed[dose], dtype=float).mean(axis=0) for dose in assay.fit_doses}
    first = float(np.mean([mean[0] for mean in means.values()]))
    if first <= 0:
        raise InputError(f"A mean first reading of {first:g} %", "more than zero", "Check the blank")
    if assay.spreading is not None:
        unknowns.append(_spreading(assay.spreading, f"cell_line:{model.layout.populations[0].cell_line}"))
    # The seeding is not in the catalogue; the readings decide it, within a factor of five (90 %) of the first ones.
    unknowns.append(Unknown((), START_COVER, "data", "%", math.log(first), 1.0, 1.0))
    bounds = {dose: np.asarray(stains[dose], dtype=float) for dose in assay.fit_doses} if stains else {}
    return FitProblem(model, assay.drug, tuple(unknowns), times, means, replicate_noise(observed), bounds)


def _unknown(model: Model, entry: FitParameter) -> Unknown:
    """An entry of `fit_parameters` with the network's parameters that it stands for."""
    quantities = {key: part.quantity for key, part in model.network.parameters.items() if part.quantity is not None}
    found = {key: item for key, item in quantities.items() if (item.name, item.subject) == (entry.name, entry.subject)}
    if not found:
        available = {f"{item.name} of {item.subject}" for item in quantities.values()}
        raise unknown_name("Parameter of this model", f"{entry.name} of {entry.subject}", available)
    catalogued = next(iter(found.values()))
    unit = catalogued.unit
    low, value, high = catalogued.low, catalogued.value, catalogued.high
    if entry.value is not None and entry.low is not None and entry.high is not None:
        low, value, high = (convert(part.number, part.unit, unit) for part in (entry.low, entry.value, entry.high))
    if not 0.0 < low < value < high:
        raise InputError(
            f"{entry.name} of {entry.subject} has the range {low:g} to {high:g} {unit} around {value:g}",
            "a range above zero with the value inside", "Give `value`, `low` and `high` beside it, with a `reason`",
        )  # fmt: skip
    identifier = next(iter(found))
    below, above = (math.log(value / low) / _Z95, math.log(high / value) / _Z95)
    factor = convert(1.0, unit, model.network.parameters[identifier].unit)
    subject = _measured_subject(model, identifier, entry.subject)
    return Unknown(tuple(found), entry.name, subject, unit, math.log(value), below, above, factor)


def _spreading(entry: Spreading, line: str) -> Unknown:
    below, above = (math.log(entry.value / entry.low) / _Z95, math.log(entry.high / entry.value) / _Z95)
    return Unknown((), SPREADING, line, "dimensionless", math.log(entry.value), below, above)


def _measured_subject(model: Model, identifier: str, subject: str) -> str:
    """The subject narrowed to the cell line: what was fitted to one line says nothing about another."""
    population = model.layout.populations[0]
    line = f"cell_line:{population.cell_line}"
    who, _, rest = identifier.partition(".")
    if who != population.id:
        return subject
    if subject == "cell":
        return line
    drug = rest.partition(".")[0]
    return f"{line}|{subject}" if subject == f"drug:{drug}" else subject
