"""A PEtab problem at work: its measurements simulated, their likelihood, and what is known of its parameters beforehand.

Likelihoods of single readings are the library's own; the model runs in libroadrunner.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError
from exoresist.exchange.petab_engine import Engine, names_wanted
from exoresist.exchange.petab_formula import TIME, evaluate
from exoresist.exchange.petab_tables import Experiment, Measurement, Observable, Period, PetabProblem, read_petab

Array = NDArray[np.float64]
_SCALES: dict[str, Callable[[Any], Any]] = {"lin": lambda x: x, "log": np.log, "log10": np.log10}


@dataclass(frozen=True)
class Readings:
    """What the model says of every measurement, in their order.

    simulated  reading; `noise`: its standard deviation (or the scale of a Laplace distribution), on the observable's scale
    residual   (measured − simulated) / noise, on that scale
    log_density  ln of the density of each measurement
    """

    simulated: Array
    noise: Array
    residual: Array
    log_density: Array

    @property
    def log_likelihood(self) -> float:
        """ln p(data | parameters)."""
        return float(self.log_density.sum())

    @property
    def chi2(self) -> float:
        """Sum of squared residuals."""
        return float((self.residual**2).sum())


class PetabModel:
    """A problem with its model loaded.

    Raises InputError for formulas with symbols that nothing gives, and for placeholders that are not filled.
    """

    def __init__(self, problem: PetabProblem) -> None:
        self.problem = problem
        self.engine = Engine(problem.sbml)
        self._aliases = {name: one for name, one in problem.aliases.items()}
        self._experiments = {key: self._renamed(one) for key, one in problem.experiments.items()}
        self._groups: dict[str, list[int]] = {}
        for place, measurement in enumerate(problem.measurements):
            for kind, name, known in (("experiment", measurement.experiment, problem.experiments),
                                      ("observable", measurement.observable, problem.observables)):  # fmt: skip
                if name not in known:
                    raise InputError(f"A measurement names the {kind} '{name}', which no table holds", ", ".join(known))
            self._groups.setdefault(measurement.experiment, []).append(place)
        if not problem.measurements:
            raise InputError(f"'{problem.path}' holds no measurements", "at least one", "Add them")
        self._formulas = [self._filled(one) for one in problem.measurements]
        self._check()

    @classmethod
    def read(cls, path: str | Path) -> PetabModel:
        """From the problem's YAML file."""
        return cls(read_petab(path))

    @property
    def nominal(self) -> dict[str, float]:
        """Values the problem gives; parameters to be estimated without one take the middle of their bounds on their scale."""
        return {one.id: one.nominal if one.nominal is not None else _middle(one) for one in self.problem.parameters.values()}

    def simulate(self, values: Mapping[str, float] | None = None) -> Readings:
        """Every measurement at some values.

        values  parameter -> number, on the linear scale; the others keep theirs
        raises  SolverError where the model cannot be advanced, InputError for an unknown parameter
        """
        given = {**self.nominal, **(values or {})}
        unknown = set(given) - set(self.problem.parameters)
        if unknown:
            raise InputError(f"'{sorted(unknown)[0]}' is no parameter of the problem", ", ".join(sorted(self.problem.parameters)))
        simulated = np.full(len(self.problem.measurements), np.nan)
        noise = simulated.copy()
        for name, places in self._groups.items():
            times = np.unique([self.problem.measurements[place].time for place in places])
            wanted = names_wanted([formula for place in places for formula in self._formulas[place]])
            courses = self.engine.run(self._experiments[name], self._in_model(given), wanted, times)
            for place in places:
                at = int(np.searchsorted(times, self.problem.measurements[place].time))
                known = _Known({key: course[at] for key, course in courses.items()}, given)
                formula, spread = self._formulas[place]
                simulated[place] = evaluate(formula, known)
                known.course[self.problem.measurements[place].observable] = simulated[place]
                noise[place] = evaluate(spread, known)
        return self._compared(simulated, noise)

    def log_prior(self, values: Mapping[str, float] | None = None) -> float:
        """ln of the priors' densities at some values; 0 without priors."""
        given = {**self.nominal, **(values or {})}
        return float(sum(one.log_prior(given[one.id]) for one in self.problem.estimated if one.log_prior is not None))

    @property
    def laplace(self) -> NDArray[np.bool_]:
        """Whether the noise of each measurement is Laplace's."""
        observables = self.problem.observables
        return np.array([observables[one.observable].distribution == "laplace" for one in self.problem.measurements])

    def rows(self, readings: Readings) -> list[dict[str, Any]]:
        """The simulation table: one row per measurement."""
        return [
            {
                "observable": one.observable, "experiment": one.experiment, "time": one.time, "measurement": one.value,
                "simulation": float(readings.simulated[place]), "noise": float(readings.noise[place]),
                "residual": float(readings.residual[place]),
            }
            for place, one in enumerate(self.problem.measurements)
        ]  # fmt: skip

    def _renamed(self, experiment: Experiment) -> Experiment:
        """Targets and symbols as the model calls them."""
        periods = []
        for period in experiment.periods:
            changes = {self._aliases.get(target, target): self._plain(formula) for target, formula in period.changes.items()}
            periods.append(Period(period.time, changes))
        return Experiment(experiment.id, tuple(periods))

    def _plain(self, formula: Any) -> Any:
        import sympy

        aliases = self._aliases
        named = {one: sympy.Symbol(aliases[one.name], real=True) for one in formula.free_symbols if one.name in aliases}
        return formula.xreplace(named)

    def _in_model(self, given: Mapping[str, float]) -> dict[str, float]:
        return {self._aliases.get(name, name): value for name, value in given.items()}

    def _filled(self, measurement: Measurement) -> tuple[Any, Any]:
        """Formulas of reading and noise with the placeholders of this measurement filled in."""
        import sympy

        observable = self.problem.observables[measurement.observable]
        pairs: dict[Any, Any] = {}
        for names, parts, what in (
            (observable.placeholders, measurement.parameters, "observableParameters"),
            (observable.noise_placeholders, measurement.noise_parameters, "noiseParameters"),
        ):
            if len(names) != len(parts):
                raise InputError(
                    f"A measurement of '{observable.id}' at time {measurement.time:g} gives {len(parts)} {what}", f"{len(names)}"
                )
            pairs.update({sympy.Symbol(name, real=True): part for name, part in zip(names, parts, strict=True)})
        return self._plain(observable.formula.xreplace(pairs)), self._plain(observable.noise.xreplace(pairs))

    def _check(self) -> None:
        known = {*self.problem.parameters, *self._aliases.values(), TIME}
        known |= {target for one in self._experiments.values() for period in one.periods for target in period.changes}
        for measurement, formulas in zip(self.problem.measurements, self._formulas, strict=True):
            for name in names_wanted(formulas):
                if name not in known and name not in self.engine.model and name != measurement.observable:
                    raise InputError(
                        f"Observable '{measurement.observable}' reads '{name}'",
                        "parts of the model and rows of the parameter table",
                    )

    def _compared(self, simulated: Array, noise: Array) -> Readings:
        from petab.v1.calculate import calculate_single_llh

        count = len(simulated)
        residual, density = np.empty(count), np.empty(count)
        with np.errstate(all="ignore"):
            for place, measurement in enumerate(self.problem.measurements):
                observable: Observable = self.problem.observables[measurement.observable]
                scale, spread = _SCALES[observable.scale], noise[place]
                density[place] = -math.inf
                residual[place] = (scale(measurement.value) - scale(simulated[place])) / spread
                if spread > 0.0 and math.isfinite(residual[place]):
                    density[place] = calculate_single_llh(
                        measurement.value, simulated[place], observable.scale, observable.distribution, spread
                    )
        return Readings(simulated, noise, residual, density)


class _Known:
    """Values at one time: courses of the model, then parameters of the problem."""

    def __init__(self, course: dict[str, Any], given: Mapping[str, float]) -> None:
        self.course, self.given = course, given

    def __getitem__(self, name: str) -> Any:
        return self.course[name] if name in self.course else self.given[name]


def _middle(parameter: Any) -> float:
    if not (math.isfinite(parameter.low) and math.isfinite(parameter.high)):
        raise InputError(f"Parameter '{parameter.id}' has neither a nominal value nor finite bounds", "one of them")
    if parameter.scale == "lin" or parameter.low <= 0.0:
        return 0.5 * (parameter.low + parameter.high)
    return math.sqrt(parameter.low * parameter.high)
