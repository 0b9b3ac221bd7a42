"""Which worlds the readings leave: sequential Monte Carlo on an emulator, then weighted by exact runs.

1. Worlds from the prior are run (the bank) and an emulator learns readings, T and R from them.
2. From prior to posterior in steps (likelihood to a power that rises from 0 to 1, chosen so that half of the particles keep their weight),
   particles are resampled and moved by random walks of their own covariance. The emulator's error widens the likelihood.
3. Some of the particles are run exactly; weight = exact over emulated likelihood. Too few effective draws: they join the bank, and again.

source  Del Moral, Doucet & Jasra, J R Stat Soc B 2006;68:411; weights cut at √n times their mean: Ionides, J Comput Graph Stat 2008;17:295
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.core.progress import Progress
from exoresist.core.random import stream
from exoresist.studies.emulator import Emulator, learn
from exoresist.studies.identify_bench import Bench
from exoresist.studies.identify_readings import Readings, predicted
from exoresist.studies.identify_worlds import Worlds, run_worlds, transfer_share

Array = NDArray[np.float64]

PARTICLES, MOVES, KEPT = 1000, 6, 0.5
EXACT, ROUNDS, ENOUGH = 300, 3, 60.0  # exact runs a round, rounds at most, effective draws that suffice
SMALL, UNIT = 0.02, 0.1  # T and R are learned as asinh(./SMALL)/UNIT
MOST_STEPS = 60
LEARNED = 700  # worlds that later emulators learn from, at least


@dataclass(frozen=True)
class Surrogate:
    """The emulator of an experiment: readings, T and R of any world at once."""

    made: Bench
    readings: Readings
    emulator: Emulator

    def log_likelihood(self, z: Array) -> tuple[Array, Array]:
        """(N,) ln likelihood, widened by the emulator's error, and (N, 2) T and R."""
        values, variances = self.emulator.predict(self.made.space.features(z))
        predictions = self.readings.unscaled(values[:, :-2])
        effects = np.sinh(np.clip(values[:, -2:] * UNIT, -50.0, 50.0)) * SMALL
        return self.readings.log_likelihood(predictions, variances[:, :-2]), effects


def surrogate(made: Bench, readings: Readings, bank: Worlds) -> Surrogate:
    """Learn from worlds that were run."""
    seen = readings.scaled(predicted(made, readings.conditions, bank.cells))
    effects = np.arcsinh(np.column_stack([bank.transfer, bank.rest]) / SMALL) / UNIT
    return Surrogate(made, readings, learn(made.space.features(bank.z), np.column_stack([seen, effects])))


@dataclass(frozen=True)
class Particles:
    """Draws from the emulated posterior: scores, ln likelihood, and T and R as emulated."""

    z: Array
    log_likelihood: Array
    effects: Array

    @property
    def share(self) -> Array:
        return transfer_share(self.effects[:, 0], self.effects[:, 1])


def sample(model: Surrogate, seed: int, *key: object, count: int = PARTICLES) -> Particles:
    """Particles of the emulated posterior."""
    space = model.made.space
    generator = stream(seed, "particles", *key)
    z = space.draw(count, seed, "particles", *key)
    value, effects = model.log_likelihood(z)
    power, scale = 0.0, 1.0
    active = model.emulator.kept
    for _ in range(MOST_STEPS):
        rise = _rise(value, 1.0 - power)
        power = min(1.0, power + rise)
        weights = np.exp(rise * (value - value.max()))
        chosen = _resampled(weights / weights.sum(), generator)
        z, value, effects = z[chosen], value[chosen], effects[chosen]
        # What the emulator does not read keeps its prior; its covariance would only be noise.
        spread = np.atleast_2d(np.cov(z[:, active], rowvar=False)) + 1e-6 * np.eye(len(active))
        root = np.linalg.cholesky(spread)
        for _ in range(MOVES if power < 1.0 else 3 * MOVES):
            ahead = z.copy()
            # Two thirds of the steps go along the cloud, the others along the line between two particles: from one mode to another.
            steps = generator.standard_normal((count, len(active))) @ root.T * (scale * 2.4 / np.sqrt(len(active)))
            first, second = generator.permutation(count), generator.permutation(count)
            between = (z[first] - z[second])[:, active] * np.where(generator.random(count) < 0.5, 0.5, 1.0)[:, None]
            jump = generator.random(count) < 1.0 / 3.0
            ahead[:, active] += np.where(jump[:, None], between * scale + 0.05 * steps, steps)
            new, new_effects = model.log_likelihood(ahead)
            odds = power * (new - value) - 0.5 * ((ahead**2).sum(axis=1) - (z**2).sum(axis=1))
            taken = np.log(generator.random(count)) < odds
            z[taken], value[taken], effects[taken] = ahead[taken], new[taken], new_effects[taken]
            scale = float(np.clip(scale * np.exp(taken.mean() - 0.25), 0.1, 1.5))
        if power >= 1.0:
            break
    return Particles(z, value, effects)


def _rise(value: Array, room: float) -> float:
    """How far the power may rise so that KEPT of the particles count."""

    def counting(step: float) -> float:
        weights = np.exp(step * (value - value.max()))
        return float(weights.sum() ** 2 / (weights**2).sum()) / len(value)

    if counting(room) >= KEPT:
        return room
    low, high = 0.0, room
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if counting(middle) > KEPT else (low, middle)
    return max(low, 1e-6)


def _resampled(weights: Array, generator: np.random.Generator) -> NDArray[np.intp]:
    """Systematic resampling."""
    places = (generator.random() + np.arange(len(weights))) / len(weights)
    return np.asarray(np.minimum(np.searchsorted(np.cumsum(weights), places), len(weights) - 1))


@dataclass(frozen=True)
class Posterior:
    """Worlds that the readings leave, each run exactly.

    weights         (M,) summing to 1; `log_likelihood` (M,) exact
    effective       number of draws that the weights are worth, 1/Σw²
    power           1; below it, the weights were flattened to that power because too few draws would have counted
    model           emulator after the last round; `particles`: its draws
    bank            all worlds that were run
    """

    worlds: Worlds
    weights: Array
    log_likelihood: Array
    effective: float
    power: float
    rounds: int
    model: Surrogate
    particles: Particles
    bank: Worlds

    @property
    def share(self) -> Array:
        return self.worlds.share


def infer(made: Bench, readings: Readings, bank: Worlds, seed: int, report: Progress | None = None, exact: int = EXACT,
          rounds: int = ROUNDS) -> Posterior:  # fmt: skip
    """The worlds that readings leave."""
    best: Posterior | None = None
    for number in range(1, rounds + 1):
        model = surrogate(made, readings, bank if number == 1 else _near(made, readings, bank))
        particles = sample(model, seed, number)
        pick = stream(seed, "exact", number).permutation(len(particles.z))[:exact]
        worlds = run_worlds(made, particles.z[pick], report)
        value = readings.log_likelihood(predicted(made, readings.conditions, worlds.cells))
        weights, effective, power = weighted(value - particles.log_likelihood[pick])
        found = Posterior(worlds, weights, value, effective, power, number, model, particles, bank.joined(worlds))
        if best is None or (power, effective) >= (best.power, best.effective):
            best = found
        bank = bank.joined(worlds)
        if power == 1.0 and effective >= ENOUGH:
            break
    assert best is not None
    return best


def _near(made: Bench, readings: Readings, bank: Worlds) -> Worlds:
    """The worlds of the bank that explain the readings best: where the emulator must be right."""
    value = readings.log_likelihood(predicted(made, readings.conditions, bank.cells))
    return bank.picked(np.sort(np.argsort(-value, kind="stable")[: max(LEARNED, len(bank.z) // 2)]))


def weighted(log_weights: Array) -> tuple[Array, float, float]:
    """Weights that sum to 1, how many draws they are worth, and the power they had to be raised to.

    Weights are cut at √n times their mean. Where fewer than half of ENOUGH draws would count they are flattened until as many do:
    the answer is then wider than the readings allow, never narrower.
    """

    def at(power: float) -> tuple[Array, float]:
        weights = np.exp(power * (log_weights - log_weights.max()))
        weights = np.minimum(weights, np.sqrt(len(weights)) * weights.mean())
        weights = weights / weights.sum()
        return weights, float(1.0 / (weights**2).sum())

    weights, effective = at(1.0)
    least = min(0.5 * ENOUGH, 0.5 * len(log_weights))
    if effective >= least:
        return weights, effective, 1.0
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if at(middle)[1] >= least else (low, middle)
    weights, effective = at(low)
    return weights, effective, low
