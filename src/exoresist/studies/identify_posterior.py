"""Which worlds the readings leave: draws from the prior, weighted by how alike their readings are in what they tell.

Every world of the bank is given readings with noise. From these readings an expected share, expected effects and expected strengths are
learned (leaving each world out of its own prediction): the best summaries of a data set. Worlds whose summaries lie near those of
the data get weight, falling to 0 at a distance that keeps NEAR of the bank. What the design does not tell hardly varies between
summaries and so does not count. The weights are a posterior given the summaries: right on average over the prior, wider than the posterior
given all readings. The interval of the verdict does not rest on these weights but tests every share by itself, see `identify_interval`.

source  summaries: Fearnhead & Prangle, J R Stat Soc B 2012;74:419
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.core.random import stream
from exoresist.studies.emulator import Emulator, learn
from exoresist.studies.identify_bench import Bench
from exoresist.studies.identify_interval import Tested, tested
from exoresist.studies.identify_readings import Readings, predicted
from exoresist.studies.identify_space import GROWTH
from exoresist.studies.identify_worlds import SEVERAL, SEVERAL_WITH, TRANSFER, Worlds, all_kinds, kinds

Array = NDArray[np.float64]

NEAR = 0.12  # share of the bank that gets any weight
SHAPES = 7  # principal shapes kept of every arm's readings, and of its difference to the reference arm
NUGGETS = (0.1, 0.3, 1.0, 3.0)  # readings hold much that the summaries cannot know
COVERED = 0.9
ASKED = 1  # summaries on which shares are tested: the first, which foretells the share (more of them told less, see the document)


@dataclass(frozen=True)
class Summaries:
    """From readings to summaries. Made by `summaries`."""

    readings: Readings
    blocks: tuple[tuple[NDArray[np.intp], NDArray[np.intp]], ...]
    shapes: tuple[tuple[Array, Array], ...]
    emulator: Emulator
    tested: Tested

    def of(self, observed: Array) -> Array:
        """(K, S) summaries of (K, C) readings."""
        return self.emulator.predict(self._inputs(observed))[0]

    def intervals(self, told: Array) -> Array:
        """(K, 2) shares that (K, S) summaries leave."""
        return self.tested.intervals(told[:, :ASKED])

    def _inputs(self, observed: Array) -> Array:
        scaled = self.readings.scaled(observed)
        return np.column_stack(
            [(_block(scaled, block) - mean) @ turn for block, (mean, turn) in zip(self.blocks, self.shapes, strict=True)]
        )


def summaries(made: Bench, readings: Readings, bank: Worlds, seed: int) -> Summaries:
    """Learn from the bank what readings of this design tell."""
    observed = readings.noise().draw(predicted(made, readings.conditions, bank.cells), stream(seed, "bank noise"))
    scaled = readings.scaled(observed)
    blocks = _blocks(made, readings)
    shapes = tuple(_shapes(_block(scaled, block)) for block in blocks)
    inputs = np.column_stack([(_block(scaled, block) - mean) @ turn for block, (mean, turn) in zip(blocks, shapes, strict=True)])
    emulator = learn(inputs, targets(made, bank), inputs.shape[1], NUGGETS)
    kind = kinds(made.space, bank.z)
    without = [kind == name for name in all_kinds(made.space) if name not in (TRANSFER, SEVERAL, SEVERAL_WITH)]
    return Summaries(readings, blocks, shapes, emulator, tested(emulator.left_out[:, :ASKED], bank.share, without))


def targets(made: Bench, bank: Worlds) -> Array:
    """(N, S) what summaries are to tell, each of about unit spread: share, T, R and every strength."""
    columns = [bank.share / 0.3, np.arcsinh(bank.transfer / 0.1), np.arcsinh(bank.rest / 0.1)]
    spread = made.space.priors.growth_spread
    for rival, value in made.space.strengths(bank.z).items():
        columns.append(value / spread if rival == GROWTH else np.log1p(value) / 0.3)
    return np.column_stack(columns)


def _blocks(made: Bench, readings: Readings) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], ...]:
    """Columns of every arm, and of the reference arm's readings at the same doses and times that are taken off (empty: none)."""
    place = {(one.arm, one.dose, one.time, one.readout): index for index, one in enumerate(readings.conditions)}
    blocks = []
    for arm in dict.fromkeys(one.arm for one in readings.conditions):
        own = [index for index, one in enumerate(readings.conditions) if one.arm == arm]
        twins = [place.get((made.against, one.dose, one.time, one.readout)) for one in readings.conditions if one.arm == arm]
        paired = arm != made.against and all(twin is not None for twin in twins)
        blocks.append((np.array(own), np.array(twins if paired else [], dtype=int)))
    return tuple(blocks)


def _block(scaled: Array, block: tuple[NDArray[np.intp], NDArray[np.intp]]) -> Array:
    own, twins = block
    return np.asarray(scaled[:, own] - scaled[:, twins] if len(twins) else scaled[:, own])


def _shapes(values: Array) -> tuple[Array, Array]:
    """Mean, and the turn into principal shapes of unit spread."""
    mean = values.mean(axis=0)
    _, singular, turn = np.linalg.svd(values - mean, full_matrices=False)
    spread = singular[:SHAPES] / np.sqrt(len(values))
    used = spread > 1e-6
    return mean, turn[:SHAPES][used].T / spread[used]


@dataclass(frozen=True)
class Posterior:
    """Worlds and their weights.

    weights    (N,) over the bank, summing to 1; `effective` draws that they are worth, 1/Σw²
    interval   shares that the readings leave, whatever the prior holds to be likely; `likeliest`: the one that explains them best
    strange    how far the readings lie from any world, in units of how far worlds lie from each other (above 1: farther than 99 of 100)
    """

    worlds: Worlds
    weights: Array
    effective: float
    strange: float
    interval: tuple[float, float]
    likeliest: float

    @property
    def central(self) -> tuple[float, float]:
        """90 % of the weight: leans on the prior."""
        return central(self.worlds.share, self.weights)

    def quantiles(self, places: Sequence[float]) -> list[float]:
        return weighted_quantiles(self.worlds.share, self.weights, places)

    def kinds(self, made: Bench) -> dict[str, float]:
        """Kind of world -> posterior weight."""
        kind = kinds(made.space, self.worlds.z)
        return {name: float(self.weights[kind == name].sum()) for name in all_kinds(made.space)}


def posterior(told: Summaries, bank: Worlds, observed: Array) -> Posterior:
    """Weights of the bank's worlds given (C,) readings."""
    known = told.emulator.left_out
    own = told.of(observed[None])
    apart = ((known - own) ** 2).sum(axis=1)
    count = max(20, int(NEAR * len(known)))
    width = np.sort(apart)[min(count, len(apart) - 1)]
    weights = np.maximum(1.0 - apart / width, 0.0)
    weights = weights / weights.sum()
    among = _nearest(known)
    strange = float(np.sqrt(apart.min()) / np.quantile(among, 0.99))
    low, high = told.intervals(own)[0]
    likeliest = float(told.tested.likeliest(own[:, :ASKED])[0])
    return Posterior(bank, weights, float(1.0 / (weights**2).sum()), strange, (float(low), float(high)), likeliest)


def _nearest(points: Array) -> Array:
    """Distance of every point to the nearest other."""
    squares = (points**2).sum(axis=1)
    apart = squares[:, None] + squares[None] - 2.0 * points @ points.T
    np.fill_diagonal(apart, np.inf)
    return np.sqrt(np.maximum(apart.min(axis=1), 0.0))


def weighted_quantiles(values: Array, weights: Array, places: Sequence[float]) -> list[float]:
    """Quantiles of weighted draws."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    found = np.searchsorted(total, np.asarray(places) * total[-1])
    return [float(value) for value in values[order][np.minimum(found, len(values) - 1)]]


def central(values: Array, weights: Array, covered: float = COVERED) -> tuple[float, float]:
    """The interval between the points below and above which equal weight lies, here 5 % and 95 %.

    An end within a hundredth of 0, where 0 lies outside, is put to 0: a share that small is none.
    """
    low, high = weighted_quantiles(values, weights, [0.5 * (1.0 - covered), 0.5 * (1.0 + covered)])
    return (0.0 if 0.0 < low < 0.01 else low), (0.0 if -0.01 < high < 0.0 else high)
