"""What is between the cells: fields at steady state (oxygen, nutrients) and fields in time (drugs, vesicles and what they carry).

Amounts of the fields in time are those of the network's medium pools, one array each. For a step of the cells' networks every cell gets
its share of the voxel it is in, by biomass: fluid, drug and vesicles. It changes its share as a well changes its medium, and gives
back what is left. So cells and fields debit the same flux, nothing can be taken twice, and a single voxel is a well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError, ModelError, SolverError
from exoresist.network import integrate
from exoresist.network.cell import CellNetwork
from exoresist.numerics.diffusion import Diffusion
from exoresist.numerics.grid import Condition, Dirichlet, Faces, Field, Grid, Robin
from exoresist.tissue.interior import Contents

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
COURANT = 2.0  # D·dt/dx²: beyond it, steep fronts make the steps ring
UNDERSHOOT = 0.02  # of a field's highest amount: a front that overshoots by more has been stepped too far
NOTHING = 1e-15  # pmol, particles or copies in a voxel: amounts that mean nothing
NOBODY = 1e-12  # biomass of the cell that stands in where there is none: its medium does not feel it


@dataclass(frozen=True)
class Medium:
    """How one medium pool spreads.

    diffusivity  um^2/h; `faces`: what holds at the faces of the domain, in amount per mL of fluid
    """

    diffusivity: float
    faces: Faces = field(default_factory=Faces)


@dataclass
class _Group:
    """Pools that spread equally fast: they are stepped together, as often as their speed needs."""

    rows: list[int]
    speed: float
    diffusion: Diffusion


class SharedMedium:
    """Fields in time: amount of each medium pool in every voxel.

    fluid  share of a voxel's volume that is fluid
    """

    def __init__(self, grid: Grid, names: Sequence[str], spread: Mapping[str, Medium], fluid: float, threads: int) -> None:
        self.grid, self.names, self.fluid = grid, tuple(names), fluid
        self.voxel_ml = grid.voxel_ml * fluid
        self.amounts = np.zeros((len(names), *grid.array_shape))
        self.entered = np.zeros(len(names))  # through the faces of the domain
        self.vanished: dict[str, float] = {}  # booked on exchanges where there are no cells
        missing = [name for name in names if name not in spread]
        if missing:
            raise ModelError(f"nothing says how '{missing[0]}' spreads in the tissue")
        self.spreads = dict(spread)
        self.threads = threads
        self._groups = self._grouped()
        self._left: dict[float, tuple[Array, Array]] = {}

    def hold(self, name: str, concentration: float) -> None:
        """From now on hold a pool at a concentration (amount per mL of fluid) outside every open face."""
        faces = self.spreads[name].faces
        changed = {which: Dirichlet(concentration) for which, one in vars(faces).items() if isinstance(one, Dirichlet)}
        self.spreads[name] = replace(self.spreads[name], faces=replace(faces, **changed))
        self._groups = self._grouped()

    def _grouped(self) -> list[_Group]:
        if self.grid.voxels == 1:
            return []
        speeds = sorted({self.spreads[name].diffusivity for name in self.names} - {0.0})
        groups = []
        for speed in speeds:
            rows = [index for index, name in enumerate(self.names) if self.spreads[name].diffusivity == speed]
            fields = [Field(speed, 0.0, _per_voxel(self.spreads[self.names[row]].faces, self.voxel_ml)) for row in rows]
            groups.append(_Group(rows, speed, Diffusion(self.grid, fields, self.threads, undershoot=1e300)))
        return groups

    def spread(self, span: float, step: float) -> None:
        """Diffusion over `span` hours in equal steps of at most `step`, shorter for what is fast."""
        for group in self._groups:
            longest = min(step, COURANT * self.grid.spacing**2 / group.speed)
            count = max(1, int(np.ceil(span / longest - 1e-9)))
            amounts = np.ascontiguousarray(self.amounts[group.rows])
            for _ in range(count):
                ledger = group.diffusion.step(amounts, span / count)
                # The solver takes amounts per voxel for concentrations, and books concentration times volume.
                self.entered[group.rows] += ledger.entered.sum(axis=1) / self.grid.voxel_um3
                wrong = ledger.lowest < -UNDERSHOOT * ledger.highest - NOTHING
                if wrong.any():
                    name = self.names[group.rows[int(np.argmax(wrong))]]
                    raise SolverError(
                        f"a step of {span / count * 60.0:.3g} min is too long for '{name}' to spread: take a shorter spread_step"
                    )
            self.amounts[group.rows] = amounts

    def flat(self) -> Array:
        """(pools, voxels) view."""
        return self.amounts.reshape(len(self.names), -1)

    def lend(self, contents: Contents, voxel: Indices, share: Array) -> None:
        """Give every cell of a type its share of the voxel it is in."""
        flat = self.flat()
        count = contents.count
        for index, row in enumerate(contents.medium):
            contents.amounts[row, :count] = flat[index, voxel] * share
        contents.varying[0, :count] = self.voxel_ml * share

    def take_back(self, lent: Sequence[tuple[Contents, Indices]], occupied: NDArray[np.bool_]) -> None:
        """What is left of all shares goes back to the voxels."""
        flat = self.flat()
        for index in range(len(self.names)):
            total = np.zeros(flat.shape[1])
            for contents, voxel in lent:
                row = contents.medium[index]
                total += np.bincount(voxel, weights=contents.amounts[row, : contents.count], minlength=flat.shape[1])
                contents.amounts[row, : contents.count] = 0.0
            flat[index, occupied] = total[occupied]

    def rest(self, inside: CellNetwork, span: float, occupied: NDArray[np.bool_]) -> None:
        """What happens in fluid without cells: the same processes, where all are linear in the amounts."""
        empty = np.flatnonzero(~occupied)
        if len(empty) == 0 or not self.names:
            return
        if span not in self._left:
            self._left[span] = self._propagator(inside, span)
        kept, booked = self._left[span]
        flat = self.flat()
        before = flat[:, empty]
        flat[:, empty] = kept @ before
        for name, amount in zip(self._exchanges(inside), booked @ before.sum(axis=1), strict=True):
            self.vanished[name] = self.vanished.get(name, 0.0) + float(amount)

    def _exchanges(self, inside: CellNetwork) -> list[str]:
        return [pool.id for pool in inside.network.pools.values() if pool.exchange]

    def _propagator(self, inside: CellNetwork, span: float) -> tuple[Array, Array]:
        """(medium, medium) and (exchanges, medium): where one unit of each pool is after `span` hours in a voxel without cells."""
        count = len(self.names)
        rng = np.random.default_rng(1)
        mixture = rng.uniform(0.5, 1.5, count)
        # One set per pool with one unit of it, one with a mixture, one with nothing: what the stand-in cell does by itself.
        start: dict[str, float | Array] = {
            name: np.concatenate([np.eye(count)[index], [mixture[index], 0.0]]) for index, name in enumerate(self.names)
        }
        start |= {name: NOBODY * amount for name, amount in inside.start.items() if name in inside.network.pools}
        start[inside.cells] = NOBODY
        run = integrate(
            inside.network, [0.0, span], values={inside.volume: self.voxel_ml}, initial=start, relative=1e-9, in_blocks=True
        )
        kept = np.array([run.amount(name)[-1] for name in self.names])
        booked = np.array([run.amount(name)[-1] for name in self._exchanges(inside)])
        kept, booked = kept - kept[:, -1:], booked - booked[:, -1:]
        if not np.allclose(kept[:, :count] @ mixture, kept[:, count], rtol=1e-6, atol=1e-9 * float(np.abs(kept).max())):
            raise InputError(
                "something in the medium is not linear in the amounts (an antibody that binds vesicles)", "drugs and vesicles",
                "Run this scenario in a well",
            )  # fmt: skip
        return kept[:, :count], booked[:, :count]


def _per_voxel(faces: Faces, voxel_ml: float) -> Faces:
    """Outside values as amounts in a voxel's fluid."""
    changed: dict[str, Condition] = {}
    for name, one in vars(faces).items():
        if isinstance(one, Dirichlet):
            changed[name] = Dirichlet(one.value * voxel_ml)
        elif isinstance(one, Robin):
            changed[name] = Robin(one.transfer, one.outside * voxel_ml)
    return replace(faces, **changed)
