"""What is between the cells: fields at steady state (oxygen, nutrients) and fields in time (drugs, vesicles and what they carry).

Amounts of the fields in time are those of the network's medium pools, one array each. For a step of the cells' networks every cell gets
its share of the voxel it is in, by biomass: fluid, drug and vesicles. It changes its share as a well changes its medium, and gives
back what is left. So cells and fields debit the same flux, nothing can be taken twice, and a single voxel is a well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError, ModelError
from exoresist.network import integrate
from exoresist.network.cell import CellNetwork
from exoresist.numerics.diffusion import Diffusion
from exoresist.numerics.grid import Faces, Field, Grid
from exoresist.tissue.interior import Contents

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
NOBODY = 1e-12  # biomass of the cell that stands in where there is none: its medium does not feel it


@dataclass(frozen=True)
class Medium:
    """How one medium pool spreads.

    diffusivity  um^2/h; `faces`: what holds at the faces of the domain, in amount per mL of fluid
    """

    diffusivity: float
    faces: Faces = field(default_factory=Faces)


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
        self._still = all(spread[name].diffusivity == 0.0 for name in names) or grid.voxels == 1
        fields = [Field(spread[name].diffusivity, 0.0, _per_voxel(spread[name].faces, self.voxel_ml)) for name in names]
        self.diffusion = None if self._still or not names else Diffusion(grid, fields, threads)
        self._left: dict[float, tuple[Array, Array]] = {}

    def spread(self, span: float, step: float) -> None:
        """Diffusion over `span` hours in equal steps of at most `step`."""
        if self.diffusion is None:
            return
        count = max(1, int(np.ceil(span / step - 1e-9)))
        for _ in range(count):
            ledger = self.diffusion.step(self.amounts, span / count)
            # The solver takes amounts per voxel for concentrations, and books concentration times volume.
            self.entered += ledger.entered.sum(axis=1) / self.grid.voxel_um3

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
        start = {name: np.concatenate([np.eye(count)[index], [mixture[index], 0.0]]) for index, name in enumerate(self.names)}
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
    from dataclasses import replace

    from exoresist.numerics.grid import Dirichlet, Robin

    changed = {}
    for name in ("x_minus", "x_plus", "y_minus", "y_plus", "z_minus", "z_plus"):
        one = getattr(faces, name)
        if isinstance(one, Dirichlet):
            changed[name] = Dirichlet(one.value * voxel_ml)
        elif isinstance(one, Robin):
            changed[name] = Robin(one.transfer, one.outside * voxel_ml)
    return replace(faces, **changed)
