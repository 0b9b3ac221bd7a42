"""Noise of one readout: the log-likelihood of its readings, its information, and where its numbers come from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.fit_file import ReadoutEntry
from exoresist.assembly.fit_readouts import Prior
from exoresist.core.errors import InputError
from exoresist.studies.fitting.experiments import Place
from exoresist.studies.likelihood import Censored, LogNormal, NegativeBinomial, Noise, Normal

Array = NDArray[np.float64]
NOTHING = 1e-30  # predictions below are what the solver leaves of 0
_LEAST_SHARE = 0.05  # means below this share of the highest are taken to be as uncertain as at it


@dataclass(frozen=True)
class ReadoutNoise:
    """How the readings of one readout scatter.

    kind      normal, lognormal or negative_binomial
    numbers   fixed numbers of it; those that are fitted come with every call
    limit     detection limit, or None
    repeats   readings that count as one
    additive  standard deviation by reading, where it was estimated from replicates; `varies` its coefficient of variation,
              constant below `floor`
    """

    kind: str
    numbers: Mapping[str, float]
    limit: float | None = None
    repeats: float = 1.0
    additive: Array | None = field(default=None)
    varies: float = 0.0
    floor: float = 0.0

    def at(self, expected: Array) -> ReadoutNoise:
        """The same noise for other readings, expected there; it changes only what was estimated from replicates."""
        return self if self.additive is None else replace(self, additive=self.varies * np.maximum(expected, self.floor))

    def model(self, fitted: Mapping[str, float]) -> Noise:
        """The noise at given values of what is fitted."""
        numbers = {**self.numbers, **fitted}
        if self.kind == "negative_binomial":
            return NegativeBinomial(numbers["dispersion"])
        noise: Normal | LogNormal
        if self.kind == "lognormal":
            noise = LogNormal(numbers["spread"])
        else:
            additive = numbers["additive"] if self.additive is None else self.additive
            noise = Normal(additive, numbers["relative"])
        return noise if self.limit is None else Censored(noise, self.limit)

    def log_likelihood(self, observed: Array, predicted: Array, fitted: Mapping[str, Array]) -> Array:
        """(S, N) ln p of every reading over `repeats`; minus infinity where a prediction cannot have made it.

        observed (N,); predicted (S, N); fitted: number -> (S,)
        """
        result = np.full(predicted.shape, -np.inf)
        usable = np.isfinite(predicted).all(axis=1)
        if self.kind == "lognormal":
            usable &= (predicted > NOTHING).all(axis=1)
        elif self.kind == "negative_binomial":
            usable &= (predicted >= 0.0).all(axis=1)
        else:
            relative_only = self.additive is None and not np.any(self.numbers.get("additive", 1.0))
            if relative_only and "additive" not in fitted:
                usable &= (predicted != 0.0).all(axis=1)
        for rows, values in self._alike(np.flatnonzero(usable), fitted):
            with np.errstate(over="ignore", under="ignore"):
                result[rows] = self.model(values).log_likelihood(observed, predicted[rows]) / self.repeats
        return np.where(np.isnan(result), -np.inf, result)

    def information(self, observed: Array, predicted: Array, fitted: Mapping[str, float]) -> Array:
        """(N,) expected curvature of ln p in the prediction, over `repeats`."""
        numbers = {**self.numbers, **fitted}
        if self.kind == "negative_binomial":
            result = 1.0 / np.maximum(predicted + numbers["dispersion"] * predicted**2, 1e-3)
        elif self.kind == "lognormal":
            result = 1.0 / (numbers["spread"] * np.maximum(predicted, 1e-300)) ** 2
        else:
            additive = numbers["additive"] if self.additive is None else self.additive
            variance = np.maximum(additive**2 + (numbers["relative"] * predicted) ** 2, 1e-300)
            result = 1.0 / variance + 2.0 * (numbers["relative"] ** 2 * predicted / variance) ** 2
        if self.limit is not None:
            # A hidden reading tells less than a visible one: how much, by the curvature of ln P(y < limit).
            step = 1e-3 * np.maximum(np.abs(predicted), abs(self.limit) * 1e-3)
            model = self.model(fitted)
            ends = [model.log_likelihood(observed, predicted + shift) for shift in (-step, np.zeros_like(step), step)]
            hidden = np.maximum(-(ends[0] - 2.0 * ends[1] + ends[2]) / step**2, 0.0)
            result = np.where(observed <= self.limit, hidden, result)
        return np.asarray(result / self.repeats)

    def draw(
        self, predicted: Array, fitted: Mapping[str, Array], generator: np.random.Generator, wells: Sequence[object]
    ) -> Array:
        """(S, N) simulated readings.

        wells  of each reading: where `repeats` of a well count as one, its readings share a part of their error
        """
        result = np.empty_like(predicted)
        marks = {well: number for number, well in enumerate(dict.fromkeys(wells))}
        of = np.array([marks[well] for well in wells])
        length = len(wells) / max(len(marks), 1)
        shared = min(max((self.repeats - 1.0) / (length - 1.0), 0.0), 1.0) if length > 1.0 else 0.0
        for rows, values in self._alike(np.arange(len(predicted)), fitted):
            model = self.model(values)
            plain = model.noise if isinstance(model, Censored) else model
            if shared == 0.0 or not isinstance(plain, (Normal, LogNormal)):
                result[rows] = model.draw(predicted[rows], generator)
                continue
            common = generator.standard_normal((len(rows), len(marks)))[:, of]
            error = math.sqrt(shared) * common + math.sqrt(1.0 - shared) * generator.standard_normal((len(rows), len(of)))
            mean = predicted[rows]
            spread = (
                mean + plain.deviation(mean) * error
                if isinstance(plain, Normal)
                else mean * np.exp(np.asarray(plain.spread) * error)
            )
            result[rows] = spread if self.limit is None else np.maximum(spread, self.limit)
        return result

    def _alike(self, rows: NDArray[np.intp], fitted: Mapping[str, Array]) -> list[tuple[NDArray[np.intp], dict[str, float]]]:
        """Rows with the values of what is fitted: all together where nothing is, else one by one."""
        if not len(rows):
            return []
        if not fitted:
            return [(rows, {})]
        return [
            (rows[index : index + 1], {name: float(value[row]) for name, value in fitted.items()})
            for index, row in enumerate(rows)
        ]


def noise_of(readout: ReadoutEntry, places: Sequence[Place]) -> ReadoutNoise:
    """The noise that a file asks for, over the given readings of its readout.

    Raises InputError where it is to come from replicates that there are not.
    """
    entry = readout.noise
    if entry.kind == "replicates":
        return _from_replicates(readout, places)
    names = {"normal": ("additive", "relative"), "lognormal": ("spread",), "negative_binomial": ("dispersion",)}[entry.kind]
    given = {name: getattr(entry, name) for name in names}
    fixed = {name: float(value) for name, value in given.items() if not isinstance(value, Prior)}
    return ReadoutNoise(entry.kind, fixed, getattr(entry, "limit", None), entry.repeats)


def _from_replicates(readout: ReadoutEntry, places: Sequence[Place]) -> ReadoutNoise:
    """e = (reading - mean) / mean * sqrt(n / (n - 1)) over replicates; relative = sqrt(mean e^2);

    repeats = (readings of a well) * mean over wells of (mean of e in time)^2 / mean e^2, at least 1.
    """
    groups: dict[tuple[object, ...], list[Place]] = {}
    for place in places:
        groups.setdefault((place.key, place.condition, place.time), []).append(place)
    means = {key: float(np.mean([place.value for place in group])) for key, group in groups.items()}
    floor = _LEAST_SHARE * max(means.values(), default=0.0)
    wells: dict[tuple[object, ...], list[float]] = {}
    for key, group in groups.items():
        if len(group) > 1:
            widen = math.sqrt(len(group) / (len(group) - 1))
            for place in group:
                error = (place.value - means[key]) / max(means[key], floor, 1e-300) * widen
                wells.setdefault((place.key, place.condition, place.reading.replicate), []).append(error)
    errors = [error for series in wells.values() for error in series]
    variance = float(np.mean(np.square(errors))) if errors else 0.0
    if not variance > 0.0 or not floor > 0.0:
        raise InputError(
            f"readout '{readout.id}': its replicates do not tell how far readings scatter",
            "two or more replicates that were measured each for itself", "Give the noise as normal, lognormal or negative_binomial",
        )  # fmt: skip
    length = float(np.mean([len(series) for series in wells.values()]))
    shared = float(np.mean([np.mean(series) ** 2 for series in wells.values()]))
    repeats = min(max(length * shared / variance, 1.0), length)
    expected = np.array([max(means[place.key, place.condition, place.time], floor) for place in places])
    relative = math.sqrt(variance)
    return ReadoutNoise("normal", {"additive": 0.0, "relative": 0.0}, None, repeats, relative * expected, relative, floor)
