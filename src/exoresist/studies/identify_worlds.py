"""Worlds that were run: what is read in them and how much of the protection is transfer; and what kind of world each is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.core.progress import Progress
from exoresist.studies.identify_bench import EFFECT_FLOOR, Bench
from exoresist.studies.identify_space import GROWTH, Draws, Space

Array = NDArray[np.float64]

NO_EFFECT, TRANSFER, SEVERAL, SEVERAL_WITH = "no_effect", "transfer", "several_without_transfer", "several_with_transfer"


@dataclass(frozen=True)
class Worlds:
    """Worlds, and what came of them.

    z         (N, size) scores
    cells     arm -> (N, D, T) cells over the bench's doses and times
    transfer  (N,) T: protection that vanishes when nothing in vesicles is delivered
    rest      (N,) R: protection that stays
    """

    z: Array
    cells: Mapping[str, Array]
    transfer: Array
    rest: Array

    @property
    def share(self) -> Array:
        return transfer_share(self.transfer, self.rest)

    def joined(self, other: Worlds) -> Worlds:
        return Worlds(
            np.vstack([self.z, other.z]),
            {arm: np.concatenate([cells, other.cells[arm]]) for arm, cells in self.cells.items()},
            np.concatenate([self.transfer, other.transfer]),
            np.concatenate([self.rest, other.rest]),
        )

    def picked(self, which: NDArray[np.intp]) -> Worlds:
        return Worlds(
            self.z[which], {arm: cells[which] for arm, cells in self.cells.items()}, self.transfer[which], self.rest[which]
        )


def transfer_share(transfer: Array, rest: Array) -> Array:
    """Share of the protection that travels in vesicles as cargo.

    share = T / max(|T| + |R|, e),  T = P(with) − P(delivery off),  R = P(delivery off) − P(without donors)

    Where T and R protect and are not negligible this is 1 − effect(delivery off)/effect. e (a tenth on ln dose) keeps 0/0 away:
    a protection too small to matter has no share worth a number. Negative where what is delivered sensitises.
    limits  0 for T = 0, 1 for R = 0 and T > e, always within −1 and 1
    """
    return np.asarray(transfer / np.maximum(np.abs(transfer) + np.abs(rest), EFFECT_FLOOR))


def run_worlds(made: Bench, z: Array, report: Progress | None = None) -> Worlds:
    """Run every arm, and the main arm with delivery off, in the worlds at scores z (N, size)."""
    draws = made.draws(z, report)
    return worlds_of(made, draws, report)


def worlds_of(made: Bench, draws: Draws, report: Progress | None = None) -> Worlds:
    cells = {name: made.cells(arm, draws, made.doses, made.times, report=report) for name, arm in made.arms.items()}
    off = made.protection(made.cells(made.arms[made.of], draws, made.doses, made.times[-1:], delivery=False, report=report))
    return Worlds(draws.z, cells, made.protection(cells[made.of]) - off, off - made.protection(cells[made.against]))


def kinds(space: Space, z: Array) -> NDArray[np.str_]:
    """(N,) what kind of world each is: the one rival that is there, `no_effect`, or several with or without transfer."""
    strengths = space.strengths(z)
    there = {rival: np.abs(value) >= space.priors.present for rival, value in strengths.items()}
    number = sum((part.astype(int) for part in there.values()), np.zeros(len(z), dtype=int))
    transfer = there.get(TRANSFER, np.zeros(len(z), dtype=bool))
    result = np.where(transfer, SEVERAL_WITH, SEVERAL).astype("<U32")
    result[number == 0] = NO_EFFECT
    for rival, part in there.items():
        result[(number == 1) & part] = rival
    return result


def all_kinds(space: Space) -> list[str]:
    """Every kind of world that an experiment can have, in the order in which they are shown."""
    single = [rival for rival in (TRANSFER, "soluble", "sink", "decoy", GROWTH) if rival in space.rivals]
    return [NO_EFFECT, *single, *([SEVERAL_WITH, SEVERAL] if len(single) > 1 else [])]
