"""How well the best world with a given share, a given strength, or a given rival alone explains the readings: profile likelihoods.

J = −ln L(readings | z) + ½·|z|² over all coordinates but the rivals' strengths: the catalogue's ranges count as earlier
knowledge, the strengths
are free. For every target the least J is sought on an emulator by differential evolution; the worlds found are run exactly, join
what the emulator learns from, and the search goes on. What is reported are exact runs only, so that a profile is an upper bound on J.

source  thresholds: Raue et al., Bioinformatics 2009;25:1923
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exoresist.core.progress import Progress
from exoresist.core.random import stream
from exoresist.studies.answer import Row
from exoresist.studies.emulator import Emulator, learn
from exoresist.studies.identify_bench import Bench
from exoresist.studies.identify_readings import SHARED, Readings, predicted
from exoresist.studies.identify_space import GROWTH, Space
from exoresist.studies.identify_worlds import TRANSFER, Worlds, kinds, run_worlds, transfer_share

Array = NDArray[np.float64]

LEARNED = 450  # worlds of the bank that explain the readings best, from which the emulator learns
MEMBERS, STEPS, LOOPS = 20, 60, 6
SMALL, UNIT = 0.02, 0.1  # T and R are learned as asinh(./SMALL)/UNIT
CLOSE = 0.02  # a share is met to within this
AS_WELL = 2.706 / 2.0  # J may be worse by this: the 90 % point of χ² with one degree of freedom, halved
SLACK = 3.0  # how far above its least J the search may stop, seen when it is repeated with other seeds
SHARES = tuple(np.linspace(0.0, 1.0, 7))
LEVELS = 4  # strengths at which a rival is profiled


@dataclass(frozen=True)
class Target:
    """What a world must be like: a share, strengths held at scores, strengths that may not be larger than a score."""

    share: float | None = None
    held: Mapping[str, float] = field(default_factory=dict)
    below: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Profiles:
    """Rows of exact runs.

    shares     rows share, cost (J above the least)
    strengths  rows rival, strength, cost
    rivals     rival (or `no_effect`) -> J above the least of the best world that has no transfer and, of the others, this rival alone
    misfit     −2 ln L of the best world over that of a perfect prediction, by number of readings
    """

    shares: list[Row]
    strengths: list[Row]
    rivals: dict[str, float]
    misfit: float
    best: float


def profiles(made: Bench, readings: Readings, bank: Worlds, seed: int, report: Progress | None = None) -> Profiles:
    """Profile the share, every strength, and every rival by itself."""
    targets = _targets(made)
    known = bank
    found = _start(made, readings, bank, targets)
    for loop in range(LOOPS):
        model = _Model(made, readings, _nearest(made, readings, known))
        found = _mixed(made, readings, known, targets, found)
        found = _searched(model, targets, found, stream(seed, "profile", loop))
        best = np.stack([group[0] for group in found])
        known = known.joined(run_worlds(made, best, report))
    return _read(made, readings, known, targets, len(bank.z))


def cost(made: Bench, readings: Readings, worlds: Worlds) -> Array:
    """(N,) J of worlds that were run."""
    return _penalty(made, worlds.z) - readings.log_likelihood(predicted(made, readings.conditions, worlds.cells))


def _penalty(made: Bench, z: Array) -> Array:
    free = [made.space.place(rival) for rival in made.space.rivals if rival != GROWTH]
    return np.asarray(0.5 * (np.delete(z, free, axis=1) ** 2).sum(axis=1))


def _targets(made: Bench) -> dict[tuple[str, float | str], Target]:
    space = made.space
    absent = {rival: space.score(space.priors.present / 3.0) for rival in space.rivals if rival != GROWTH}
    targets: dict[tuple[str, float | str], Target] = {("best", ""): Target()}
    for share in SHARES:
        targets["share", float(share)] = Target(share=float(share))
    for rival in space.rivals:
        for value in levels_of(space, rival):
            targets[rival, value] = Target(
                held={rival: value / space.priors.growth_spread if rival == GROWTH else space.score(value)}
            )
        if rival != TRANSFER:
            others = {name: score for name, score in absent.items() if name != rival}
            targets["alone", rival] = Target(share=0.0, below=others, held={} if rival == GROWTH else _no_growth(space.rivals))
    targets["alone", "no_effect"] = Target(share=0.0, below=absent, held=_no_growth(space.rivals))
    return targets


def levels_of(space: Space, rival: str) -> tuple[float, ...]:
    """Strengths at which a rival is profiled."""
    if rival == GROWTH:
        return (-0.15, 0.0, 0.15)
    return tuple(float(value) for value in np.geomspace(0.03, 0.75 * space.priors.most, LEVELS))


def _no_growth(rivals: tuple[str, ...]) -> dict[str, float]:
    return {GROWTH: 0.0} if GROWTH in rivals else {}


def _clamped(made: Bench, z: Array, target: Target) -> Array:
    result = z.copy()
    for rival, score in target.held.items():
        result[:, made.space.place(rival)] = score
    for rival, score in target.below.items():
        place = made.space.place(rival)
        result[:, place] = np.minimum(result[:, place], score)
    return np.clip(result, -4.0, 4.0)


class _Model:
    """J and the share of any world at once, emulated."""

    def __init__(self, made: Bench, readings: Readings, worlds: Worlds) -> None:
        self.made, self.readings = made, readings
        seen = readings.scaled(predicted(made, readings.conditions, worlds.cells))
        effects = np.arcsinh(np.column_stack([worlds.transfer, worlds.rest]) / SMALL) / UNIT
        self.emulator: Emulator = learn(made.space.features(worlds.z), np.column_stack([seen, effects]))

    def cost(self, z: Array, shares: Array) -> Array:
        """(N,) J, with a wall against shares other than the wanted ones (NaN: any)."""
        values, variances = self.emulator.predict(self.made.space.features(z))
        effects = np.sinh(np.clip(values[:, -2:] * UNIT, -50.0, 50.0)) * SMALL
        off = np.nan_to_num(transfer_share(effects[:, 0], effects[:, 1]) - shares)
        predictions = self.readings.unscaled(values[:, :-2])
        # What the emulator's own error costs on average: keeps the search where exact runs are near.
        unsure = 0.5 * (variances[:, :-2] / (1.0 / self.readings.wells + SHARED)).sum(axis=1)
        return _penalty(self.made, z) - self.readings.log_likelihood(predictions) + unsure + 0.5 * (off / CLOSE) ** 2


def _nearest(made: Bench, readings: Readings, worlds: Worlds) -> Worlds:
    order = np.argsort(cost(made, readings, worlds), kind="stable")
    return worlds.picked(np.sort(order[:LEARNED]))


def _start(made: Bench, readings: Readings, bank: Worlds, targets: Mapping[tuple[str, float | str], Target]) -> list[Array]:
    """Members of every target: the bank's best worlds, clamped."""
    price = cost(made, readings, bank)
    kind = kinds(made.space, bank.z)
    groups = []
    for (name, value), target in targets.items():
        wrong = np.zeros(len(price)) if target.share is None else 50.0 * np.abs(bank.share - target.share)
        if name == "alone":
            # Worlds of that very kind come first: a world with transfer, clamped, has lost what protected it.
            wrong = wrong + np.where(kind == value, 0.0, 1e3)
        chosen = np.argsort(price + wrong, kind="stable")[:MEMBERS]
        groups.append(_clamped(made, bank.z[chosen], target))
    return groups


def _mixed(made: Bench, readings: Readings, known: Worlds, targets: Mapping[tuple[str, float | str], Target],
           groups: list[Array]) -> list[Array]:  # fmt: skip
    """The best worlds known, clamped to each target, take the place of its last members."""
    best = known.z[np.argsort(cost(made, readings, known), kind="stable")[: MEMBERS // 2]]
    return [
        group if name == "alone" else np.concatenate([group[: MEMBERS - len(best)], _clamped(made, best, target)])
        for group, ((name, _), target) in zip(groups, targets.items(), strict=True)
    ]


def _searched(model: _Model, targets: Mapping[tuple[str, float | str], Target], groups: list[Array],
              generator: np.random.Generator) -> list[Array]:  # fmt: skip
    """Differential evolution of all targets at once, each among its own members; the best member comes first."""
    listed = list(targets.values())
    shares = np.repeat([np.nan if target.share is None else target.share for target in listed], MEMBERS)
    z = np.concatenate(groups)
    price = model.cost(z, shares)
    count, size = z.shape
    first_of = np.repeat(np.arange(len(listed)) * MEMBERS, MEMBERS)
    for step in range(STEPS):
        leader = np.repeat([start + int(np.argmin(price[start : start + MEMBERS])) for start in first_of[::MEMBERS]], MEMBERS)
        one, two = (first_of + generator.integers(0, MEMBERS, count) for _ in range(2))
        pull = 0.5 if step % 2 else 0.2
        trial = z + pull * (z[leader] - z) + 0.6 * (z[one] - z[two]) + 0.05 * generator.standard_normal(z.shape)
        trial = np.where(generator.random((count, size)) < 0.7, trial, z)
        trial = np.concatenate(
            [_clamped(model.made, trial[index * MEMBERS : (index + 1) * MEMBERS], target) for index, target in enumerate(listed)]
        )
        new = model.cost(trial, shares)
        better = new < price
        z[better], price[better] = trial[better], new[better]
    result = []
    for index in range(len(listed)):
        part = slice(index * MEMBERS, (index + 1) * MEMBERS)
        result.append(z[part][np.argsort(price[part], kind="stable")])
    return result


def _read(
    made: Bench, readings: Readings, known: Worlds, targets: Mapping[tuple[str, float | str], Target], own: int
) -> Profiles:
    """Profiles from exact runs. own: how many of the worlds are the bank's; those after them were searched for, loop by loop."""
    price = cost(made, readings, known)
    least = float(price.min())
    number = len(targets)
    shares: list[Row] = []
    strengths: list[Row] = []
    rivals: dict[str, float] = {}
    # Bins reach half way to the next share.
    half = 0.5 * (SHARES[1] - SHARES[0])
    for index, (kind, value) in enumerate(targets):
        rows = [own + loop * number + index for loop in range(LOOPS)]
        if kind == "share":
            wanted = float(value)
            here = np.flatnonzero(np.abs(known.share - wanted) <= half)
            shares.append({"share": wanted, "cost": float(price[here].min() - least) if len(here) else float("nan")})
        elif kind == "alone":
            met = [row for row in rows if abs(float(known.share[row])) <= 3.0 * CLOSE]
            rivals[str(value)] = float(price[met].min() - least) if met else float("nan")
        elif kind != "best":
            strengths.append({"rival": kind, "strength": float(value), "cost": float(price[rows].min() - least)})
    chosen = int(np.argmin(price))
    seen = predicted(made, readings.conditions, known.cells)[[chosen]]
    assert readings.observed is not None
    perfect = float(readings.log_likelihood(readings.observed[None])[0])
    misfit = 2.0 * (perfect - float(readings.log_likelihood(seen)[0])) / len(readings.conditions)
    return Profiles(shares, strengths, rivals, misfit, least)


__all__ = ["AS_WELL", "Profiles", "Target", "cost", "levels_of", "profiles"]
