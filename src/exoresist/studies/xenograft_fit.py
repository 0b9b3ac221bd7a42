"""Fit a cohort of animals: plasma first, then tumours with each animal's most likely plasma course, then groups that were held out.

Stage one finds the plasma numbers and how they differ between animals, stage two the tumour's. (Both at once would let tumours bend plasma
courses that two readings an animal cannot hold.) Animals without plasma readings take the cohort's course.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError
from exoresist.core.quantity import Quantity
from exoresist.studies.mixed_effects import Cohort, CohortFit, Shared, expected, fit_cohort
from exoresist.studies.xenograft import Dosing, at_times, fine_times, occupancy, steps_until, tumour_course

Array = NDArray[np.float64]

PLASMA = ("absorption", "volume", "elimination", "volume_spread", "elimination_spread", "plasma_noise")
TUMOUR = ("start", "growth", "slope", "kill", "half_effect", "clearance", "start_spread", "growth_spread", "kill_spread", "noise")
PROMPT = 0.1  # h
_Z95 = 1.6448536269514722


class Mouse(Protocol):
    """What is known of an animal; see `exchange.xenografts.Animal`."""

    id: str
    dose: float
    weight: float
    doses: list[tuple[float, float]]
    volumes: list[tuple[float, float]]
    plasma: list[tuple[float, float, bool]]


@dataclass(frozen=True)
class Table:
    """Readings of animals, padded with NaN: `times` h, `values`, `limits` (A, R)."""

    times: Array
    values: Array
    limits: Array


def volume_table(animals: Sequence[Mouse], limit: float) -> Table:
    """Tumour volumes, mm^3, with the limit of the calliper."""
    return _table([[(time, value, limit) for time, value in one.volumes] for one in animals])


def plasma_table(animals: Sequence[Mouse], molar_mass: float) -> Table:
    """Plasma concentrations in nM; a reading below what the assay sees is at its limit."""
    factor = 1000.0 / molar_mass  # ng/mL to nM
    return _table(
        [
            [(drawn(one, time), value * factor, value * factor if below else 0.0) for time, value, below in one.plasma]
            for one in animals
        ]
    )


def drawn(animal: Mouse, time: float) -> float:
    """A sample noted within minutes after a dose is one drawn before it: doses stand at planned times, samples at real ones."""
    return next((dose for dose, _ in animal.doses if 0.0 < time - dose < PROMPT), time)


def _table(rows: Sequence[Sequence[tuple[float, float, float]]]) -> Table:
    most = max([1, *map(len, rows)])
    made = np.full((3, len(rows), most), np.nan)
    for place, listed in enumerate(rows):
        for column, reading in enumerate(listed):
            made[:, place, column] = reading
    times, values, limits = made
    # The law of censoring asks for a limit above 0 everywhere; where a reading is seen, a tiny one says nothing.
    return Table(times, values, np.where(np.isfinite(limits), np.maximum(limits, 1e-9), 1e-9))


def shared_of(names: Sequence[str], quantities: Mapping[str, Quantity]) -> list[Shared]:
    """What is expected of each number: the centre and width of a catalogue row."""
    found = []
    for name in names:
        row = quantities[name]
        if not 0.0 < row.low < row.high:
            raise InputError(f"'{row.name}' of {row.subject} ranges from {row.low:g} to {row.high:g}", "a range above 0")
        found.append(Shared(name, row.value, (np.log(row.high) - np.log(row.low)) / (2.0 * _Z95)))
    return found


@dataclass(frozen=True)
class XenograftFit:
    """Both stages, and the animals that each saw."""

    plasma: CohortFit
    tumour: CohortFit
    plasma_animals: tuple[Mouse, ...]
    animals: tuple[Mouse, ...]
    molar_mass: float
    limit: float

    def plasma_numbers(self, animals: Sequence[Mouse]) -> tuple[Array, Array, Array]:
        """Most likely absorption, volume and elimination of each animal, (A,); the cohort's where it has no plasma readings."""
        known = {one.id: self.plasma.modes[place] for place, one in enumerate(self.plasma_animals)}
        z = np.array([known.get(one.id, np.zeros(2)) for one in animals]).reshape(len(animals), 2)
        return _plasma_numbers(self.plasma.point[None], z[None] * _spreads(self.plasma)[None, None])

    def courses(self, animals: Sequence[Mouse], last: float, effects: Array | None = None) -> Array:
        """ln volume of each animal at the steps, (A, steps + 1), at the best point.

        effects  standard effects (A, 3) on start, growth and kill; None: those that the animals of the fit most likely have
        """
        z = self.tumour.modes if effects is None else effects
        model = _Tumours(animals, self.molar_mass, self.plasma_numbers(animals), last)
        return model.courses(self.tumour.point[None], z[None] * _spreads(self.tumour)[None, None])[0]

    def foretold(self, animals: Sequence[Mouse], last: float, draws: int, random: np.random.Generator, from_first: bool) -> Array:
        """ln volume of new animals with these doses and weights, (draws, A, steps + 1): uncertain numbers and differences between animals.

        from_first  begin at each animal's first reading instead of a start drawn from the cohort
        """
        points = self.tumour.draws(draws, random)
        z = random.standard_normal((draws, len(animals), 3))
        plasma_points = self.plasma.draws(draws, random)
        plasma_z = random.standard_normal((draws, len(animals), 2))
        spread = np.exp(plasma_points[:, list(self.plasma.cohort.spreads)])[:, None, :]
        model = _Tumours(animals, self.molar_mass, _plasma_numbers(plasma_points, plasma_z * spread), last)
        effects = z * np.exp(points[:, list(self.tumour.cohort.spreads)])[:, None, :]
        if from_first:
            first = np.log([one.volumes[0][1] for one in animals])
            effects[..., 0] = first - points[:, [0]]
        return model.courses(points, effects)


def _spreads(fit: CohortFit) -> Array:
    return np.asarray(np.exp(fit.point[list(fit.cohort.spreads)]))


def _plasma_numbers(points: Array, effects: Array) -> tuple[Array, Array, Array]:
    """Absorption, volume, elimination (B, A) from logarithms (B, P) and effects (B, A, 2)."""
    ones = np.ones(effects.shape[:-1])
    numbers = (np.exp(points[:, [0]]) * ones, np.exp(points[:, [1]] + effects[..., 0]), np.exp(points[:, [2]] + effects[..., 1]))
    return tuple(one[0] for one in numbers) if len(points) == 1 else numbers


class _Tumours:
    """Tumours of some animals whose plasma courses are given."""

    def __init__(self, animals: Sequence[Mouse], molar_mass: float, plasma: tuple[Array, Array, Array], last: float) -> None:
        self.steps = steps_until(last)
        dosing = Dosing.of([one.doses for one in animals], [one.weight for one in animals], molar_mass)
        self.concentration = dosing.concentration(fine_times(self.steps), *plasma)
        self._known: tuple[Array, Array] | None = None

    def _occupied(self, half: Array) -> Array:
        """(B, A, steps); trial points mostly share K, so it is worked out once for each that there is."""
        if self.concentration.ndim == 3:
            return occupancy(self.concentration, half[:, None])
        known, place = np.unique(half, return_inverse=True)
        if self._known is None or not np.array_equal(self._known[0], known):
            self._known = (known, occupancy(self.concentration[None], known[:, None]))
        return np.asarray(self._known[1][place])

    def courses(self, points: Array, effects: Array) -> Array:
        """ln volume (B, A, steps + 1) for logarithms (B, P) in the order of TUMOUR and effects (B, A, 3)."""
        start, growth, slope, kill, half, clearance = (points[:, [place]] for place in range(6))
        occupied = self._occupied(np.exp(half[:, 0]))
        return tumour_course(
            np.exp(start + effects[..., 0]),
            np.exp(growth + effects[..., 1]),
            np.exp(slope),
            np.exp(kill + effects[..., 2]),
            np.exp(clearance),
            occupied,
        )


def fit_xenografts(
    plasma_animals: Sequence[Mouse],
    animals: Sequence[Mouse],
    quantities: Mapping[str, Quantity],
    report: Callable[[float], None] | None = None,
) -> XenograftFit:
    """Both stages.

    plasma_animals  those whose plasma is fitted (none with readings: plasma stays as expected); animals: those whose volumes are
    quantities      catalogue rows by the names of PLASMA and TUMOUR, and `molar_mass`, `limit`
    """
    molar_mass, limit = quantities["molar_mass"].value, quantities["limit"].value
    kept = [one for one in plasma_animals if one.plasma]
    if not animals or any(len(one.volumes) < 2 for one in animals):
        raise InputError("An animal has fewer than two volumes", "two readings or more")
    if min(one.volumes[0][1] for one in animals) <= limit:
        raise InputError(f"A tumour starts at or below {limit:g} mm^3", "measurable tumours")

    table = plasma_table(kept, molar_mass)
    dosing = Dosing.of([one.doses for one in kept], [one.weight for one in kept], molar_mass)
    times = np.where(np.isfinite(table.times), table.times, 0.0)

    def plasma(points: Array, effects: Array) -> Array:
        ones = np.ones(effects.shape[:-1])
        numbers = (
            np.exp(points[:, [0]]) * ones,
            np.exp(points[:, [1]] + effects[..., 0]),
            np.exp(points[:, [2]] + effects[..., 1]),
        )
        return np.asarray(np.log(np.maximum(dosing.concentration(times, *numbers), 1e-6)))

    half = None if report is None else (lambda share: report(0.2 * share))
    cohort = Cohort(shared_of(PLASMA, quantities), plasma, table.values, table.limits, (3, 4), 5)
    first = fit_cohort(cohort, half) if kept else expected(cohort)

    seen = volume_table(animals, limit)
    unfinished = XenograftFit(first, first, tuple(kept), tuple(animals), molar_mass, limit)
    model = _Tumours(animals, molar_mass, unfinished.plasma_numbers(animals), float(np.nanmax(seen.times)))

    def tumours(points: Array, effects: Array) -> Array:
        return at_times(model.courses(points, effects), seen.times)

    rest = None if report is None else (lambda share: report(0.8 * share))
    second = fit_cohort(
        Cohort(shared_of(TUMOUR, quantities), tumours, seen.values, seen.limits, (6, 7, 8), 9), rest, TUMOUR.index("half_effect")
    )
    return XenograftFit(first, second, tuple(kept), tuple(animals), molar_mass, limit)
