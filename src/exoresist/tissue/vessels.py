"""Vessels: points of vessel wall in the tissue, through which species pass between plasma and the voxel that a point lies in.

    flux = permeability · surface · (plasma − fluid)

for every species that passes, inwards or outwards. Fields in time exchange it within the steps of their diffusion, fast fields have it as
a source and an uptake of their steady state; the voxel stands for the fluid at the wall. What fields in time got is booked in the medium
(`supplied`, and with what came through the faces in `entered`), that of fast fields stands in their balance.

Vessels may leak more while they are young or where a signal makes them, and may sprout up the gradient of a signal (a factor such as
VEGF, or angiogenic cargo that vesicles bring). A sprout carries blood from the start: loops, flow and pruning are not modelled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError, unknown_name
from exoresist.laws.tissue import chance, signalled_leak, sprouting, wall_exchange, young_leak
from exoresist.numerics.keyed import children, mixed, uniform
from exoresist.tissue.state import Tissue

Array = NDArray[np.float64]
Words = NDArray[np.uint64]
MATURE = 1e9  # h: the age of vessels that nothing is said about
CROWDED = 2.5  # lengths of its room: half a length more than a vessel that is passed at its middle, or a sprout's own end and such a one


@dataclass(frozen=True)
class Block:
    """Fields of which a share does not reach the wall, from one time (h) until another: bound to an antibody, say."""

    names: frozenset[str]
    share: float
    start: float = 0.0
    end: float = np.inf

    def __post_init__(self) -> None:
        if not 0.0 <= self.share <= 1.0:
            raise InputError(f"a share of {self.share} of a signal is blocked", "0 to 1")


@dataclass(frozen=True)
class Signal:
    """A level made of several fields: Σ weight · concentration · Π (1 − blocked share).

    weights  fast field, or pool of the medium (amount per mL of fluid) -> weight
    blocks   what keeps some of them from acting
    """

    weights: Mapping[str, float]
    blocks: tuple[Block, ...] = ()

    def __call__(self, tissue: Tissue) -> Array:
        """(nz, ny, nx) level in every voxel."""
        level = np.zeros(tissue.grid.array_shape)
        for name, weight in self.weights.items():
            values = tissue.steady.find(name)
            if values is None:
                if name not in tissue.medium.names:
                    raise unknown_name("field", name, [*(one.name for one in tissue.steady.fields), *tissue.medium.names])
                values = tissue.medium.amounts[tissue.medium.names.index(name)] / tissue.medium.voxel_ml
            for block in self.blocks:
                if name in block.names and block.start <= tissue.time < block.end:
                    weight *= 1.0 - block.share
            level += weight * values
        return level


def tight(tissue: Tissue, vessels: Vessels) -> Array:
    """No point leaks more than its permeability says."""
    return np.ones(len(vessels))


@dataclass(frozen=True)
class LeakyWhenYoung:
    """New points are `most` times as permeable and mature within about `time` hours."""

    most: float
    time: float

    def __call__(self, tissue: Tissue, vessels: Vessels) -> Array:
        return np.asarray(young_leak(vessels.age, self.time, self.most), dtype=np.float64)


@dataclass(frozen=True)
class LeakyWhereSignalled:
    """Points are up to `most` times as permeable where a signal stands high; half of that at `half`."""

    signal: Signal
    half: float
    most: float

    def __call__(self, tissue: Tissue, vessels: Vessels) -> Array:
        here = self.signal(tissue).reshape(-1)[vessels.voxels(tissue)]
        return np.asarray(signalled_leak(here, self.half, self.most), dtype=np.float64)


@dataclass(frozen=True)
class Passage:
    """How one species passes the wall.

    permeability  um/h
    plasma        its free level in plasma at a time (h): amount/mL for a pool of the medium, the field's own unit for a fast field
    leak          how many times more permeable each point is
    """

    permeability: float
    plasma: Callable[[float], float]
    leak: Callable[[Tissue, Vessels], Array] = tight

    def __post_init__(self) -> None:
        if not (np.isfinite(self.permeability) and self.permeability >= 0.0):
            raise InputError(f"a vessel wall has a permeability of {self.permeability} um/h", "a finite number, 0 or more")


@dataclass(frozen=True)
class Sprouting:
    """Points put out sprouts, whose tips go on into the neighbouring voxel where the signal is highest, if it is higher there and free.

    rate     1/h at which a point of this surface puts out a sprout where the signal is far above `half`; others in proportion
    surface  um^2 of a new point
    speed    um/h at which a tip goes on there; on average, because a tip waits and then takes a whole voxel
    room     um: a sprout takes no voxel with more vessel within this distance than `CROWDED` times as much; 0: any free one
    """

    signal: Signal
    half: float
    rate: float
    surface: float
    speed: float = 0.0
    room: float = 0.0

    def __post_init__(self) -> None:
        for name in ("half", "surface"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0.0):
                raise InputError(f"sprouting has a {name} of {getattr(self, name)}", "a finite number above 0")
        if not (np.isfinite(self.rate) and self.rate >= 0.0):
            raise InputError(f"vessels sprout at {self.rate} per hour", "a finite number, 0 or more")
        if not (np.isfinite(self.speed) and self.speed >= 0.0):
            raise InputError(f"sprouts grow at {self.speed} um/h", "a finite number, 0 or more")
        if not (np.isfinite(self.room) and self.room >= 0.0):
            raise InputError(f"sprouts keep a distance of {self.room} um", "a finite number, 0 or more")


@dataclass
class Vessels:
    """Points of vessel wall.

    position  (3, n) um, each within the box; `surface`: (n,) um^2 of wall at each
    passages  species (fast field or pool of the medium) -> how it passes
    growth    how they sprout, or None
    age       (n,) h; default: mature
    lineage   (n,) names, by which random numbers are drawn; default: by number
    tip       (n,) whether a point is the growing end of a sprout; default: none
    name      tells the random numbers of one kind of vessels from those of another
    """

    position: Array
    surface: Array
    passages: Mapping[str, Passage]
    growth: Sprouting | None = None
    age: Array = field(default_factory=lambda: np.zeros(0))
    lineage: Words = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))
    name: str = "vessels"
    tip: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __post_init__(self) -> None:
        self.position = np.array(self.position, dtype=np.float64)
        if self.position.ndim != 2 or self.position.shape[0] != 3:
            raise InputError(f"vessels have positions of shape {self.position.shape}", "(3, n): x, y and z in um")
        count = self.position.shape[1]
        self.surface = np.array(np.broadcast_to(self.surface, count), dtype=np.float64)
        if not (np.all(np.isfinite(self.surface)) and np.all(self.surface >= 0.0)):
            raise InputError("a vessel has a surface below 0 or not finite", "um^2, 0 or more")
        if len(self.age) != count:
            self.age = np.full(count, MATURE)
        if len(self.lineage) != count:
            self.lineage = mixed(np.arange(count, dtype=np.uint64))
        if len(self.tip) != count:
            self.tip = np.zeros(count, dtype=bool)

    def __len__(self) -> int:
        return self.position.shape[1]

    def voxels(self, tissue: Tissue) -> NDArray[np.int64]:
        """Voxel of every point."""
        return tissue.grid.voxel_of(self.position.T)

    def supply(self, tissue: Tissue, takes: dict[str, Array], gives: dict[str, Array]) -> None:
        """What voxels exchange with plasma in the life step that begins, at what the passages say of plasma for its middle."""
        voxel, size = self.voxels(tissue), tissue.grid.voxels
        middle = tissue.time + 0.5 * tissue.pace.life
        for name, passage in self.passages.items():
            wall = self.surface * passage.leak(tissue, self)
            filled = np.bincount(voxel, weights=wall, minlength=size)
            level = passage.plasma(middle)
            if name in tissue.medium.names:
                fluid = tissue.grid.voxel_um3 * tissue.medium.fluid
                rate = np.asarray(wall_exchange(passage.permeability, filled, fluid), dtype=np.float64)
                if rate.any():
                    tissue.medium.join(name, rate, rate * level * tissue.medium.voxel_ml)
            elif tissue.steady.find(name) is not None:
                rate = np.asarray(wall_exchange(passage.permeability, filled, tissue.grid.voxel_um3), dtype=np.float64)
                takes[name] = takes.get(name, np.zeros(size)) + rate
                gives[name] = gives.get(name, np.zeros(size)) + rate * level
            else:
                raise unknown_name("field", name, [*(one.name for one in tissue.steady.fields), *tissue.medium.names])

    def __call__(self, tissue: Tissue) -> None:
        """Vessels age and sprout."""
        self.age = self.age + tissue.pace.life
        if self.growth is not None and len(self):
            self._sprout(tissue, self.growth)

    def _sprout(self, tissue: Tissue, growth: Sprouting) -> None:
        signal = growth.signal(tissue)
        voxel = self.voxels(tissue)
        here = signal.reshape(-1)[voxel]
        if growth.speed * tissue.pace.life > tissue.grid.spacing:
            raise InputError(
                f"a sprout at {growth.speed:g} um/h crosses more than a voxel of {tissue.grid.spacing:g} um in a life step",
                "a shorter life step", "Shorten `space.life_step`",
            )  # fmt: skip
        branching = growth.rate * (self.surface / growth.surface)
        hazard = sprouting(here, growth.half, np.where(self.tip, growth.speed / tissue.grid.spacing, branching))
        draw = uniform(tissue.word(f"sprouting of {self.name}"), self.lineage, tissue.interval)
        mothers = np.flatnonzero(draw < chance(hazard, tissue.pace.life))
        taken = np.zeros(tissue.grid.voxels, dtype=bool)
        taken[voxel] = True
        target = _uphill(signal, taken)[voxel[mothers]]
        mothers, target = mothers[target >= 0], target[target >= 0]
        if growth.room > 0.0 and len(mothers):
            free = self._vessel_within(self._middles(tissue, target), growth.room, tissue.grid.spacing) <= CROWDED * growth.room
            mothers, target = mothers[free], target[free]
        _, once = np.unique(target, return_index=True)  # of several that reach for one voxel the first has it
        once.sort()
        mothers, target = mothers[once], target[once]
        if not len(mothers):
            return
        spots = self._middles(tissue, target)
        first, second = children(self.lineage[mothers])
        self.lineage[mothers] = first
        self.position = np.concatenate([self.position, spots], axis=1)
        self.surface = np.concatenate([self.surface, np.full(len(mothers), growth.surface)])
        self.age = np.concatenate([self.age, np.zeros(len(mothers))])
        self.lineage = np.concatenate([self.lineage, second])
        self.tip[mothers] = False  # what a tip leaves behind is vessel
        self.tip = np.concatenate([self.tip, np.ones(len(mothers), dtype=bool)])

    def _middles(self, tissue: Tissue, voxel: NDArray[np.int64]) -> Array:
        """(3, n) um: the middles of voxels."""
        nx, ny, _ = tissue.grid.shape
        place = [voxel % nx, voxel // nx % ny, voxel // (nx * ny)]
        return np.stack([tissue.grid.centres(axis)[at] for axis, at in enumerate(place)])

    def _vessel_within(self, spots: Array, distance: float, piece: float) -> Array:
        """(n,) um of vessel within a distance of each spot, where every point is a piece of so many um."""
        away = ((spots[:, :, None] - self.position[:, None, :]) ** 2).sum(axis=0)
        return np.asarray(piece * (away < distance**2).sum(axis=1), dtype=np.float64)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        kept: dict[str, NDArray[np.generic]] = {
            "position": self.position, "surface": self.surface, "age": self.age, "lineage": self.lineage,
        }  # fmt: skip
        return kept if self.growth is None else kept | {"tip": self.tip}

    def restore(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        self.position, self.surface, self.age = (
            np.array(arrays[name], dtype=np.float64) for name in ("position", "surface", "age")
        )
        self.lineage = np.array(arrays["lineage"], dtype=np.uint64)
        self.tip = np.array(arrays["tip"], dtype=bool) if "tip" in arrays else np.zeros(len(self.lineage), dtype=bool)


def _uphill(signal: Array, taken: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(voxels,) the free neighbour across a face with the highest signal, if higher than the voxel's own; else -1."""
    shape = signal.shape
    number = np.arange(signal.size, dtype=np.int64).reshape(shape)
    free = np.where(taken.reshape(shape), -np.inf, signal)
    best, where = signal.copy(), np.full(shape, -1, dtype=np.int64)
    for axis in range(3):
        for shift in (1, -1):
            own, other = [slice(None)] * 3, [slice(None)] * 3
            own[axis], other[axis] = (slice(None, -1), slice(1, None)) if shift == 1 else (slice(1, None), slice(None, -1))
            mine, theirs = tuple(own), tuple(other)
            higher = free[theirs] > best[mine]
            best[mine] = np.where(higher, free[theirs], best[mine])
            where[mine] = np.where(higher, number[theirs], where[mine])
    return where.reshape(-1)
