"""Killers (CD8 T cells, NK cells) kill the targets that they touch.

A killer attends to all living targets it touches, evenly. Each is killed at

    hazard = rate · vigour · (1 − suppression) / (targets touched),   summed over the killers that touch it,

where vigour falls with the killer's age, and the checkpoint ligand withholds part of the killing: that on vesicles around the killer, and
that on the target's own surface. The killed become apoptotic bodies like all others, with all they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError, unknown_name
from exoresist.laws.signals import unblocked
from exoresist.laws.tissue import chance, killing, suppression, vigour_left
from exoresist.numerics.keyed import uniform
from exoresist.tissue.cells import APOPTOTIC
from exoresist.tissue.life import bury
from exoresist.tissue.state import Tissue
from exoresist.tissue.touching import touching

Array = NDArray[np.float64]
Indices = NDArray[np.intp]


def unsuppressed(tissue: Tissue, killer: Indices, target: Indices) -> Array:
    """No pair is held back."""
    return np.zeros(len(killer))


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint ligand (PD-L1) that holds killers back.

    carriers  pool of the medium (vesicles of a class, or the ligand that they carry) -> amount/mL that alone suppresses half of `most`
    own       cell type -> what its network computes of the ligand on its surface; empty: targets have none
    own_half  level of that which alone suppresses half of `most`
    most      suppression when there is much ligand, 0 to 1
    covered   pool of the medium (antibody on the ligand of vesicles) -> amount/mL that takes away what suppresses half of `most`
    own_covered  cell type -> pools of antibody on the ligand on its surface, and how much of one covers one unit of `own`
    blocked   type of killer -> what its network computes of the shares of its receptors that antibodies hold
    """

    carriers: Mapping[str, float]
    own: Mapping[int, str] = field(default_factory=dict)
    own_half: float = 1.0
    most: float = 1.0
    covered: Mapping[str, float] = field(default_factory=dict)
    own_covered: Mapping[int, tuple[tuple[str, ...], float]] = field(default_factory=dict)
    blocked: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for what, half in (*self.carriers.items(), *self.covered.items(), ("own", self.own_half)):
            if not (np.isfinite(half) and half > 0.0):
                raise InputError(f"half suppression at {half} of '{what}'", "a finite number above 0")
        if not 0.0 <= self.most <= 1.0:
            raise InputError(f"at most {self.most} of killing is suppressed", "0 to 1")

    def __call__(self, tissue: Tissue, killer: Indices, target: Indices) -> Array:
        """(pairs,) share of the killing that each pair is spared."""
        medium, load = tissue.medium, np.zeros(len(killer))
        voxel = tissue.voxels(killer)
        for sign, pools in ((1.0, self.carriers), (-1.0, self.covered)):
            for name, half in pools.items():
                if name not in medium.names:
                    raise unknown_name("medium pool", name, medium.names)
                load += sign * medium.flat()[medium.names.index(name), voxel] / medium.voxel_ml / half
        for kind, name in self.own.items():
            if kind not in tissue.contents:
                raise InputError(f"cell type {kind} has no network that could hold '{name}'", "a type with a network inside")
            level = tissue.contents[kind].read([name])[0]
            pools_on, each = self.own_covered.get(kind, ((), 1.0))
            for pool in pools_on:
                level = level - tissue.contents[kind].row(pool) / each
            mine = tissue.cells.kind[target] == kind
            load[mine] += level[tissue.cells.lane[target[mine]]] / self.own_half
        if self.covered or self.own_covered:  # never more than there is, but for what diffusion leaves below nothing
            load = np.maximum(load, 0.0)
        spared = np.asarray(suppression(load, self.most), dtype=np.float64)
        for kind, names in self.blocked.items():
            mine = tissue.cells.kind[killer] == kind
            for held in tissue.contents[kind].read(names):
                spared[mine] = unblocked(spared[mine], held[tissue.cells.lane[killer[mine]]])
        return spared


@dataclass
class Killing:
    """One kind of killing in a tissue.

    killers, targets  indices of cell types
    rate              1/h, kills of one killer that touches a target
    held_back         (tissue, killers, targets) -> share of its killing that each pair is spared
    exhaustion        1/h at which a killer's vigour falls with its age
    killed            cells so far
    """

    killers: tuple[int, ...]
    targets: tuple[int, ...]
    rate: float
    held_back: Callable[[Tissue, Indices, Indices], Array] = unsuppressed
    exhaustion: float = 0.0
    killed: int = 0

    def __post_init__(self) -> None:
        for name in ("rate", "exhaustion"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0.0):
                raise InputError(f"killing has a {name} of {value} per hour", "a finite number, 0 or more")
        if set(self.killers) & set(self.targets):
            raise InputError("a cell type is among the killers and among the targets", "two different types")

    def hazards(self, tissue: Tissue) -> Array:
        """(cells,) 1/h at which each is killed."""
        cells = tissue.cells
        living, hazard = cells.living(), np.zeros(len(cells))
        killer, target = touching(tissue, living & np.isin(cells.kind, self.killers), living & np.isin(cells.kind, self.targets))
        if len(killer):
            share = 1.0 / np.bincount(killer, minlength=len(cells))[killer]
            vigour = vigour_left(cells.age[killer], self.exhaustion)
            spared = self.held_back(tissue, killer, target)
            np.add.at(hazard, target, killing(self.rate, vigour, share, spared))
        return hazard

    def __call__(self, tissue: Tissue) -> None:
        hazard = self.hazards(tissue)
        draw = uniform(tissue.word(f"killing by {self.killers}"), tissue.cells.lineage, tissue.interval)
        dying = np.flatnonzero(draw < chance(hazard, tissue.pace.life))
        if len(dying):
            bury(tissue, dying, np.full(len(dying), APOPTOTIC), by="killing")
            self.killed += len(dying)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {"killed": np.array([self.killed])}

    def restore(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        self.killed = int(arrays["killed"][0])
