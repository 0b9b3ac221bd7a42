"""A dosed mouse with a tumour: drug in plasma by mouth, target occupancy, and the tumour's volume.

    dP/dt = [growth(V) − kill · occupancy(C)] P        dD/dt = kill · occupancy(C) · P − clearance · D        V = P + D

P living volume, D dead volume that is cleared, C the concentration in plasma (doses by mouth add up, one compartment). Growth turns
from exponential to linear; occupancy is C / (K + C). The laws are those of `laws/tissue.py` and `laws/kinetics.py`, called on arrays:
many animals and many trial numbers in one go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exoresist.core.errors import InputError
from exoresist.laws.kinetics import hill
from exoresist.laws.tissue import exponential_linear_growth, oral_concentration

Array = NDArray[np.float64]

STEP, FINE = 6.0, 12  # h of a step of the tumour, and parts of it at which occupancy is averaged
PICOMOL_PER_MICROGRAM = 1e6  # over the molar mass in g/mol
LOST, MOST = 1e-6, 1e9  # mm^3: as good as none, and more than any animal holds


@dataclass(frozen=True)
class Dosing:
    """Doses of several animals, padded.

    times, amounts  h and pmol, (A, D), amount 0 where there is no further dose; `weight`: kg, (A,)
    """

    times: Array
    amounts: Array
    weight: Array

    @classmethod
    def of(cls, doses: Sequence[Sequence[tuple[float, float]]], weights: Sequence[float], molar_mass: float) -> Dosing:
        """From (h, ug) of each animal, weights in g and the molar mass in g/mol."""
        most = max([1, *map(len, doses)])
        times, amounts = np.zeros((len(doses), most)), np.zeros((len(doses), most))
        for row, listed in enumerate(doses):
            for column, (time, amount) in enumerate(listed):
                times[row, column], amounts[row, column] = time, amount * PICOMOL_PER_MICROGRAM / molar_mass
        return cls(times, amounts, np.asarray(weights, dtype=float) / 1000.0)

    def concentration(self, times: Array, absorption: ArrayLike, volume: ArrayLike, elimination: ArrayLike) -> Array:
        """nM in plasma at (T,) or (A, T) h; shape (..., A, T) for numbers of shape (..., A).

        volume  mL/kg over the share absorbed
        """
        absorption, volume, elimination = (np.asarray(one, dtype=float)[..., None] for one in (absorption, volume, elimination))
        # Equal rates are 0/0 in the law; a hair apart they give the same course.
        absorption = np.where(np.abs(absorption / elimination - 1.0) < 1e-6, absorption * (1.0 + 2e-6), absorption)
        at = np.broadcast_to(times, (len(self.weight), np.shape(times)[-1]))
        total: Array = np.zeros(())
        for column in range(self.times.shape[1]):
            amount = self.amounts[:, column, None]
            if not np.any(amount > 0.0):
                continue
            since = at - self.times[:, column, None]
            course = oral_concentration(amount, volume * self.weight[:, None], absorption, elimination, np.maximum(since, 0.0))
            total = total + np.where(since > 0.0, course, 0.0)
        return np.array(np.broadcast_to(total, np.broadcast_shapes(np.shape(total), at.shape)), dtype=np.float64)


def steps_until(last: float) -> int:
    """Steps of the tumour that reach a time."""
    if not 0.0 < last < 1e5:
        raise InputError(f"a course of {last:g} h", "above 0, up to 100,000")
    return int(np.ceil(last / STEP - 1e-9))


def fine_times(steps: int) -> Array:
    """Moments (steps · FINE,) at which the concentration is wanted: the middles of equal parts of every step."""
    return np.asarray((np.arange(steps * FINE) + 0.5) * (STEP / FINE), dtype=np.float64)


def occupancy(concentration: Array, half: ArrayLike) -> Array:
    """Mean occupancy of each step, (..., A, steps), from concentrations at `fine_times` and K of shape (...,) or (..., A)."""
    level = hill(np.maximum(concentration, 0.0), np.asarray(half, dtype=float)[..., None], 1.0)
    return np.asarray(level.reshape(*level.shape[:-1], -1, FINE).mean(axis=-1), dtype=np.float64)


def tumour_course(
    start: Array, growth: ArrayLike, slope: ArrayLike, kill: ArrayLike, clearance: ArrayLike, occupied: Array
) -> Array:
    """ln of the tumour's volume at the ends of the steps and at the start, (..., A, steps + 1).

    start     mm^3 (..., A), all of it alive; growth, kill, clearance 1/h; slope mm^3/h
    occupied  mean occupancy of each step, (..., A, steps)

    Second order in the step; without drug, large slope: exponential growth exactly.
    """
    living = np.array(np.broadcast_to(start, np.broadcast_shapes(np.shape(start), occupied.shape[:-1])), dtype=float)
    dead = np.zeros_like(living)
    stay = np.exp(-np.asarray(clearance, dtype=float) * STEP)
    arrives = (1.0 - stay) / np.asarray(clearance, dtype=float)
    turning = np.asarray(slope, dtype=float) / np.asarray(growth, dtype=float)  # mm^3 where growth turns linear
    courses = [np.log(living)]
    for step in range(occupied.shape[-1]):
        dying = np.asarray(kill, dtype=float) * occupied[..., step]
        first = exponential_linear_growth(growth, turning, living + dead)
        trial = living * _fold((first - dying) * STEP)
        died = dying * np.sqrt(living * trial)
        trial_dead = dead * stay + died * arrives
        second = exponential_linear_growth(growth, turning, trial + trial_dead)
        later = living * _fold((0.5 * (first + second) - dying) * STEP)
        dead = dead * stay + dying * np.sqrt(living * later) * arrives
        living = np.clip(later, LOST, MOST)
        courses.append(np.log(living + dead))
    return np.stack(courses, axis=-1)


def _fold(exponent: Array) -> Array:
    """exp, held finite: a search tries numbers that no tumour has."""
    return np.asarray(np.exp(np.clip(exponent, -20.0, 20.0)))


def at_times(courses: Array, times: Array) -> Array:
    """Values at (A, R) h of courses (..., A, steps + 1), straight between steps; NaN times give the last value."""
    place = np.clip(np.where(np.isfinite(times), times, 0.0) / STEP, 0.0, courses.shape[-1] - 1.0)
    lower = np.minimum(place.astype(int), courses.shape[-1] - 2)
    share = place - lower
    rows = np.arange(times.shape[0])[:, None]
    return np.asarray(courses[..., rows, lower] * (1.0 - share) + courses[..., rows, lower + 1] * share)
