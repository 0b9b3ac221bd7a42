"""A spheroid in radial symmetry: the laws of cells in a tissue, averaged over shells instead of stepped cell by cell.

A tissue of agents takes minutes for what this takes milliseconds for, so this is what a fit may call thousands of times. The laws and
their numbers are those of the agents (`laws/tissue.py`, `tissue/life.py`): growth at the share that oxygen allows, necrosis for want of
it, necrotic cells that swell and burst, debris that loses volume, oxygen at steady state with uptake by living cells. What is left out:
pressure (cells are packed, and what grows pushes the rest outward), the scatter of single cells, apoptosis.

Each shell holds volumes: living cells, necrotic cells in stages of swelling, debris. In a step every volume follows its laws, shells take
the place their volume needs, and the whole is cut anew into shells of equal thickness; nothing is lost in the cutting. All of it is done
for many spheroids at once, on arrays of shape (spheroids, shells).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exoresist.core.errors import InputError, SolverError
from exoresist.laws.tissue import approach, chance, growth_share, necrosis_hazard

Array = NDArray[np.float64]
SHELLS = 80
STEP = 2.0  # h
STAGES = 4  # of swelling, before a necrotic cell bursts
BURST, SWOLLEN = 2.0, 2.1  # times the living volume: where necrotic cells burst, and what they approach (as in `tissue/life.py`)
NO_PRESSURE = 0.0


@dataclass(frozen=True)
class SpheroidNumbers:
    """Numbers of a spheroid, each a float or an array of shape (spheroids,).

    start_volume    um^3 of spheroid at the start for each cell seeded
    growth_rate     1/h of a cell with oxygen to the full
    diffusivity     um^2/h of oxygen, in the spheroid and around it; `loss`: 1/h of its own decay
    uptake          1/h in a voxel that is full of cells
    edge            mmHg at the distance `reach` (um) from the centre; infinite: medium without end
    stop, full      mmHg: growth ends at or below `stop` and is free from `full`
    necrotic        mmHg below which necrosis begins; `anoxic`: where it has its full rate
    necrosis_rate   1/h; `swelling`: 1/h at which necrotic cells swell; `debris_loss`: 1/h at which debris loses volume
    packing         share of a spheroid's volume that is cells
    inhibited       share of the growth at the surface below which a cell counts as inhibited
    lag             h in which growth recovers from seeding: share 1 − exp(−t/lag), t from seeding; 0 for none
    """

    start_volume: ArrayLike
    growth_rate: ArrayLike
    diffusivity: ArrayLike
    loss: ArrayLike
    uptake: ArrayLike
    edge: ArrayLike
    reach: ArrayLike
    stop: ArrayLike
    full: ArrayLike
    necrotic: ArrayLike
    anoxic: ArrayLike
    necrosis_rate: ArrayLike
    swelling: ArrayLike
    debris_loss: ArrayLike
    packing: ArrayLike
    inhibited: ArrayLike
    lag: ArrayLike = 0.0

    def __post_init__(self) -> None:
        for one in fields(self):
            value = np.asarray(getattr(self, one.name), dtype=np.float64)
            allowed_infinite = one.name == "reach"
            if np.any(np.isnan(value)) or np.any(value < 0.0) or (not allowed_infinite and not np.all(np.isfinite(value))):
                raise InputError(f"{one.name} of a spheroid is {value}", "numbers of 0 or more")
        for name in ("start_volume", "diffusivity", "uptake", "edge", "reach", "packing", "swelling"):
            if np.any(np.asarray(getattr(self, name), dtype=np.float64) <= 0.0):
                raise InputError(f"{name} of a spheroid is 0", "numbers above 0")
        for low, high in (("stop", "full"), ("anoxic", "necrotic")):
            if np.any(np.asarray(getattr(self, low)) >= np.asarray(getattr(self, high))):
                raise InputError(f"'{low}' of a spheroid is not below '{high}'", "rising thresholds of oxygen")


def oxygen_profile(radius: Array, uptake: Array, numbers: SpheroidNumbers) -> Array:
    """Oxygen in each shell at steady state, mmHg, shape (spheroids, shells).

    (D/r²) d/dr(r² dc/dr) = k(r) c,  c(reach) = edge;  outside the spheroid nothing takes oxygen, so c = a + b/r there

    radius  (spheroids,) um; `uptake`: (spheroids, shells) 1/h, cells' uptake and decay
    limits  uniform uptake: sinh(r/L)/r with L = sqrt(D/k); none: `edge` everywhere
    """
    count = uptake.shape[1]
    diffusivity = np.broadcast_to(np.asarray(numbers.diffusivity, float), radius.shape)
    reach = np.maximum(np.broadcast_to(np.asarray(numbers.reach, float), radius.shape), radius)
    edge = np.broadcast_to(np.asarray(numbers.edge, float), radius.shape)
    thick = radius / count
    face = np.arange(1, count) / count
    middle = (np.arange(count) + 0.5) / count
    volume = (np.arange(1, count + 1) ** 3 - np.arange(count) ** 3) / 3.0  # in thick³; all share the 4 pi
    # Fluxes over D·thick: r²/Δ at inner faces; from the last middle through the medium to `reach` resistances 1/r add up.
    inner = (face * count) ** 2
    last = middle[-1] * radius
    outer = 1.0 / (thick * (1.0 / last - np.where(np.isinf(reach), 0.0, 1.0 / reach)))
    taken = uptake * (thick**2 / diffusivity)[:, None] * volume
    diagonal = taken.copy()
    diagonal[:, :-1] += inner
    diagonal[:, 1:] += inner
    diagonal[:, -1] += outer
    # Thomas from the centre outward; the matrix is symmetric and diagonally dominant.
    ratio = np.empty_like(diagonal)
    pivot = diagonal[:, 0]
    for shell in range(1, count):
        ratio[:, shell - 1] = inner[shell - 1] / pivot
        pivot = diagonal[:, shell] - inner[shell - 1] * ratio[:, shell - 1]
    oxygen = np.empty_like(diagonal)
    oxygen[:, -1] = outer * edge / pivot
    for shell in range(count - 2, -1, -1):
        oxygen[:, shell] = ratio[:, shell] * oxygen[:, shell + 1]
    return oxygen


def spheroid_radii(numbers: SpheroidNumbers, seeded: ArrayLike, start: float, times: ArrayLike) -> Array:
    """Outer, inhibited and necrotic radius, um, shape (spheroids, times, 3).

    seeded  (spheroids,) cells; `start`: h from seeding at which the spheroid is a packed ball of living cells
    times   h from seeding, rising, none before `start`
    raises  InputError; SolverError when a radius is no longer finite

    The necrotic radius is where living cells are half of the volume; the inhibited one where growth falls to `inhibited` of that at
    the surface, and never inside the necrotic one. 0 where there is none.
    """
    cells = np.atleast_1d(np.asarray(seeded, dtype=np.float64))
    moments = np.asarray(times, dtype=np.float64)
    if cells.ndim != 1 or np.any(~np.isfinite(cells)) or np.any(cells <= 0.0):
        raise InputError(f"spheroids seeded with {cells} cells", "numbers above 0")
    if moments.ndim != 1 or moments.size == 0 or moments[0] < start or np.any(np.diff(moments) <= 0.0):
        raise InputError(f"times {moments} of a spheroid that starts at {start:g} h", "rising times, none before the start")
    state = _State(numbers, cells)
    result = np.empty((len(cells), len(moments), 3))
    now = start
    for place, moment in enumerate(moments):
        steps = int(np.ceil((moment - now) / STEP - 1e-9))
        span = (moment - now) / max(steps, 1)
        for index in range(steps):
            state.step(now + (index + 0.5) * span, span)
        now = moment
        result[:, place] = state.radii()
    if not np.all(np.isfinite(result)):
        raise SolverError("radii of a spheroid are not finite: a number is out of all proportion")
    return result


class _State:
    """Volumes of the shells, um^3 over the number of spheroids: living, stages of swelling, debris."""

    def __init__(self, numbers: SpheroidNumbers, cells: Array) -> None:
        self.numbers = numbers
        self.column = {
            one.name: np.broadcast_to(np.asarray(getattr(numbers, one.name), dtype=np.float64), cells.shape)[:, None]
            for one in fields(numbers)
        }
        # x³ at the faces, and the share of the whole in each shell
        self.faces = (np.arange(SHELLS + 1) / SHELLS) ** 3
        share = np.diff(self.faces)
        self.volumes = np.zeros((STAGES + 2, len(cells), SHELLS))
        total = self.column["start_volume"] * self.column["packing"] * cells[:, None]
        self.volumes[0] = total * share
        # A stage holds bodies of one mean size: what they measure while they pass from 1 to BURST times the living volume.
        ages = (np.arange(STAGES) + 0.5) / STAGES
        path = (SWOLLEN - BURST) / (SWOLLEN - 1.0)  # exp(−swelling · age) at bursting
        self.size = SWOLLEN - (SWOLLEN - 1.0) * path**ages
        self.pace = STAGES * self.column["swelling"] / np.log(1.0 / path)

    def radius(self) -> Array:
        """(spheroids,) um"""
        whole = self.volumes.sum(axis=(0, 2)) / self.column["packing"][:, 0]
        return np.asarray(np.cbrt(0.75 / np.pi * whole))

    def air(self) -> Array:
        """Oxygen in each shell."""
        filled = self.column["packing"] * self.volumes[0] / self.volumes.sum(axis=0)
        return oxygen_profile(self.radius(), self.column["uptake"] * filled + self.column["loss"], self.numbers)

    def step(self, at: float, span: float) -> None:
        """All laws over a span, then new shells. `at`: h from seeding, in the middle of the span."""
        one = self.column
        oxygen = self.air()
        recovered = np.where(one["lag"] > 0.0, chance(1.0 / np.maximum(one["lag"], 1e-9), at), 1.0)
        share = growth_share(oxygen, one["stop"], one["full"], NO_PRESSURE, 1.0) * recovered
        lost = chance(necrosis_hazard(oxygen, one["necrotic"], one["anoxic"], one["necrosis_rate"]), span)
        moving = chance(self.pace, span)
        living, debris = self.volumes[0], self.volumes[-1]
        stages = self.volumes[1:-1]
        bodies = stages / self.size[:, None, None]
        leaving = bodies * moving
        debris[:] = approach(debris, 0.0, one["debris_loss"], span) + BURST * leaving[-1]
        living *= np.exp(one["growth_rate"] * share * span)
        dying = living * lost
        living -= dying
        bodies -= leaving
        bodies[0] += dying
        bodies[1:] += leaving[:-1]
        stages[:] = bodies * self.size[:, None, None]
        self._cut()

    def _cut(self) -> None:
        """New shells of equal thickness: what lies between the old face and the new one goes to the neighbour, well mixed."""
        each = self.volumes.sum(axis=0)
        ends = np.cumsum(each, axis=1)
        shift = (self.faces[1:-1] * ends[:, -1:]) - ends[:, :-1]
        outward = np.maximum(shift, 0.0) / each[:, 1:]  # share of the shell outside that the shell inside takes
        inward = np.maximum(-shift, 0.0) / each[:, :-1]
        if max(outward.max(), inward.max()) >= 1.0:
            raise SolverError("shells of a spheroid move by more than their thickness in a step: rates are out of proportion")
        moved = self.volumes[:, :, 1:] * outward - self.volumes[:, :, :-1] * inward
        self.volumes[:, :, :-1] += moved
        self.volumes[:, :, 1:] -= moved

    def radii(self) -> Array:
        """(spheroids, 3) outer, inhibited, necrotic."""
        one = self.column
        outer = self.radius()
        share = growth_share(self.air(), one["stop"], one["full"], NO_PRESSURE, 1.0)
        alive = self.volumes[0] / self.volumes.sum(axis=0)
        necrotic = outer * _crossing(alive, np.full(len(outer), 0.5))
        inhibited = outer * _crossing(share, share[:, -1] * one["inhibited"][:, 0])
        return np.stack([outer, np.maximum(inhibited, necrotic), necrotic], axis=1)


def _crossing(profile: Array, level: Array) -> Array:
    """(spheroids,) share of the radius where a profile, seen from outside, first falls below a level; 0 where it never does."""
    below = profile < level[:, None]
    found = below.any(axis=1)
    inside = profile.shape[1] - 1 - np.argmax(below[:, ::-1], axis=1)
    outside = np.minimum(inside + 1, profile.shape[1] - 1)
    rows = np.arange(len(profile))
    low, high = profile[rows, inside], profile[rows, outside]
    part = np.where(high > low, (level - low) / np.where(high > low, high - low, 1.0), 0.0)
    return np.asarray(np.where(found, (inside + 0.5 + part) / profile.shape[1], 0.0))
