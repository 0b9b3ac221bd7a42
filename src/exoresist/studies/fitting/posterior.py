"""How probable a point is: the readings' likelihood times what was expected, with gradient and information.

Points are z (see `unknowns`). Derivatives of what is simulated come from differences of a whole block: all shifted sets advance
with the point itself, with the same steps, so that the solver's error cancels (internal numerical differentiation). The exact
sensitivities of `network.sensitivity` are what this is tested against; they are slower (see docs/fitting.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.fit_file import FitFile
from exoresist.catalog import Catalog
from exoresist.studies.fitting.experiments import COARSE, FINE, Group, Key, Place, simulate
from exoresist.studies.fitting.noise import ReadoutNoise, noise_of
from exoresist.studies.fitting.unknowns import REACH, Unknown, values_of

Array = NDArray[np.float64]

STEP = 0.01  # of a difference, in standard deviations of what is expected: error 1e-5 of the slope, the solver's noise as much
BATCH = 512  # points that are simulated at once


@dataclass(frozen=True)
class Posterior:
    """The problem of a fit.

    places  readings that are fitted; `noises` by readout number
    """

    file: FitFile
    unknowns: tuple[Unknown, ...]
    groups: tuple[Group, ...]
    places: tuple[Place, ...]
    catalog: Catalog
    noises: Mapping[int, ReadoutNoise] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.unknowns)

    @property
    def observed(self) -> Array:
        return np.array([place.value for place in self.places])

    def computed(self, points: Array, places: Sequence[Place] | None = None, accuracy: float = FINE) -> Array:
        """(S, N) what the model computes for every reading, without scale; NaN where it cannot be solved."""
        asked = self.places if places is None else tuple(places)
        values = values_of(self.unknowns, np.atleast_2d(points))
        result = np.full((len(values), len(asked)), np.nan)
        wanted: dict[Key, list[int]] = {}
        for number, place in enumerate(asked):
            wanted.setdefault(place.key, []).append(number)
        for group in self.groups:
            numbers = wanted.get(group.key)
            if not numbers:
                continue
            for first in range(0, len(values), BATCH):
                pick = slice(first, min(first + BATCH, len(values)))
                tables = simulate(group, self.file, self.unknowns, values[pick], self.catalog, accuracy)
                for number in numbers:
                    place = asked[number]
                    result[pick, number] = tables[place.readout][:, place.condition, place.time]
        return result

    def predicted(self, points: Array, computed: Array, places: Sequence[Place] | None = None) -> Array:
        """(S, N) readings without noise: scale and offset laid over what the model computes."""
        asked = self.places if places is None else tuple(places)
        values = values_of(self.unknowns, np.atleast_2d(points))
        result = computed.copy()
        for number, readout in enumerate(self.file.readouts):
            for experiment in {place.key[0] for place in asked if place.readout == number}:
                pick = np.array([place.readout == number and place.key[0] == experiment for place in asked])
                scale = self._number(values, readout.id, "scale", experiment, readout.scale, 1.0)
                offset = self._number(values, readout.id, "offset", experiment, readout.offset, 0.0)
                result[:, pick] = scale[:, None] * result[:, pick] + offset[:, None]
        return result

    def _number(self, values: Array, readout: str, part: str, experiment: str, given: object, default: float) -> Array:
        for place, unknown in enumerate(self.unknowns):
            if unknown.readout == (readout, part) and unknown.experiment in ("", experiment):
                return np.asarray(values[:, place])
        return np.full(len(values), float(given) if isinstance(given, (int, float)) else default)

    def fitted_noise(self, points: Array, readout: int) -> dict[str, Array]:
        """Number of a readout's noise -> (S,), of what is fitted of it."""
        values = values_of(self.unknowns, np.atleast_2d(points))
        name = self.file.readouts[readout].id
        numbers = ("additive", "relative", "spread", "dispersion")
        return {
            unknown.readout[1]: values[:, place]
            for place, unknown in enumerate(self.unknowns)
            if unknown.readout[0] == name and unknown.readout[1] in numbers
        }

    def readout_places(self, readout: int) -> NDArray[np.intp]:
        """Numbers of the fitted readings of a readout."""
        return np.flatnonzero([place.readout == readout for place in self.places])

    def by_reading(self, points: Array, predicted: Array) -> Array:
        """(S, N) ln p of every fitted reading, over the repeats of its readout."""
        observed, result = self.observed, np.zeros(predicted.shape)
        for readout, noise in self.noises.items():
            pick = self.readout_places(readout)
            fitted = self.fitted_noise(points, readout)
            result[:, pick] = noise.log_likelihood(observed[pick], predicted[:, pick], fitted)
        return result

    def log_likelihood(self, points: Array, accuracy: float = FINE) -> Array:
        """(S,) ln p(readings | point)."""
        points = np.atleast_2d(points)
        return np.asarray(self.by_reading(points, self.predicted(points, self.computed(points, None, accuracy))).sum(axis=1))

    def log_prior(self, points: Array) -> Array:
        """(S,) ln p(point) up to a constant; minus infinity outside the bounds."""
        points = np.atleast_2d(points)
        values = values_of(self.unknowns, points)
        inside = (np.abs(points) <= REACH).all(axis=1)
        for place, unknown in enumerate(self.unknowns):
            inside &= unknown.allowed(values[:, place])
        return np.where(inside, -0.5 * np.sum(points**2, axis=1), -np.inf)

    def log_density(self, points: Array, accuracy: float = COARSE) -> Array:
        """(S,) ln of the posterior, up to a constant. Points outside the bounds are not simulated."""
        points = np.atleast_2d(points)
        result = self.log_prior(points)
        inside = np.flatnonzero(np.isfinite(result))
        if len(inside):
            result[inside] += self.log_likelihood(points[inside], accuracy)
        return np.where(np.isnan(result), -np.inf, result)

    def expansion(self, points: Array) -> tuple[Array, Array, Array]:
        """(S,) log density, (S, P) its gradient, and (S, P, P) the expected information, prior included."""
        points = np.atleast_2d(points)
        count, size = points.shape
        moving = [place for place, unknown in enumerate(self.unknowns) if unknown.simulated]
        shifts = np.zeros((1 + 2 * len(moving), size))
        for number, place in enumerate(moving):
            shifts[1 + 2 * number, place], shifts[2 + 2 * number, place] = STEP, -STEP
        stacked = (points[:, None, :] + shifts[None]).reshape(-1, size)
        computed = self.computed(stacked).reshape(count, len(shifts), -1)
        density, gradients, informations = np.empty(count), np.zeros((count, size)), np.zeros((count, size, size))
        for row in range(count):
            density[row], gradients[row], informations[row] = self._one(points[row], computed[row], moving)
        return density + self.log_prior(points), gradients - points, informations + np.eye(size)

    def _one(self, point: Array, computed: Array, moving: Sequence[int]) -> tuple[float, Array, Array]:
        """Log-likelihood of a point, its gradient and information, from the block of its shifted sets."""
        size = len(point)
        slopes = np.zeros((size, len(self.places)))  # of predictions
        steps = STEP * np.eye(size)
        around = self.predicted(np.repeat(point[None], len(computed), axis=0), computed)
        for number, place in enumerate(moving):
            slopes[place] = (around[1 + 2 * number] - around[2 + 2 * number]) / (2.0 * STEP)
        still = [place for place in range(size) if place not in moving]
        for place in still:
            ends = [self.predicted((point + sign * steps[place])[None], computed[:1])[0] for sign in (1.0, -1.0)]
            slopes[place] = (ends[0] - ends[1]) / (2.0 * STEP)
        base = around[0]
        whole = self.by_reading(point[None], base[None])[0]
        if not np.all(np.isfinite(whole)) or not np.all(np.isfinite(slopes)):
            return -np.inf, np.zeros(size), np.zeros((size, size))
        width = 1e-5 * np.maximum(np.abs(base), 1e-12)
        ends = [self.by_reading(point[None], (base + sign * width)[None])[0] for sign in (1.0, -1.0)]
        pull = np.where(np.isfinite(ends[0]) & np.isfinite(ends[1]), (ends[0] - ends[1]) / (2.0 * width), 0.0)
        scores = slopes * pull  # through the predictions
        weights = np.zeros(len(base))
        for readout, noise in self.noises.items():
            pick = self.readout_places(readout)
            fitted = {name: float(value[0]) for name, value in self.fitted_noise(point[None], readout).items()}
            weights[pick] = noise.information(self.observed[pick], base[pick], fitted)
        information = (slopes * weights) @ slopes.T
        for place in still:  # through the noise
            sides = [self.by_reading((point + sign * steps[place])[None], base[None])[0] for sign in (1.0, -1.0)]
            direct = (sides[0] - sides[1]) / (2.0 * STEP)
            if np.any(direct):
                scores[place] += direct
                information[place, place] += float(np.sum(direct**2))
        return float(whole.sum()), scores.sum(axis=1), information


def posterior_of(
    file: FitFile, unknowns: tuple[Unknown, ...], groups: Sequence[Group], fitted: Sequence[Place], catalog: Catalog
) -> Posterior:
    """The problem over the readings that are fitted; noise that comes from replicates is theirs alone."""
    noises = {}
    for number, readout in enumerate(file.readouts):
        own = [place for place in fitted if place.readout == number]
        if own:
            noises[number] = noise_of(readout, own)
    return Posterior(file, unknowns, tuple(groups), tuple(fitted), catalog, noises)
