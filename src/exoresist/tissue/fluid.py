"""Fluid without cells: what its network does there, without the cell.

What is linear in the amounts (clearance, decay, drug that leaks out of vesicles) is done by a matrix, once integrated for one voxel and
one span. Molecules that bind to vesicles (antibodies) are not linear: they are stepped exactly, between two halves of all else (Strang's
order). Where there are cells, each has the whole network on its share of the fluid, so that nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError
from exoresist.network import integrate
from exoresist.network.cell import CellNetwork
from exoresist.network.fluid import Binding, bindings, without
from exoresist.numerics.binding import bind
from exoresist.tissue.interior import Contents

Array = NDArray[np.float64]
NOBODY = 1e-12  # biomass of the cell that stands in where there is none: its medium does not feel it
SOME = 1e-7  # pmol in a voxel, what it may well hold
# Relative: drug that goes from fluid into single vesicles is not linear, but little, and left out where no cells are.
ALMOST = 1e-4
TRACE = 1e-9  # of the unit of a pool


class Fluid:
    """Voxels without cells.

    names  pools of the medium; `voxel_ml`: fluid of a voxel
    """

    def __init__(self, names: Sequence[str], voxel_ml: float) -> None:
        self.names, self.voxel_ml = tuple(names), voxel_ml
        self._known: dict[str, tuple[CellNetwork, tuple[Binding, ...]]] = {}
        self._left: dict[tuple[float, bytes], tuple[Array, Array]] = {}

    def step(self, contents: Contents, amounts: Array, span: float) -> tuple[Array, dict[str, float]]:
        """Amounts (medium, voxels) after `span` hours as a type's network has it, and what went to its exchanges meanwhile.

        Raises InputError for a network that does something else in fluid that is not linear.
        """
        inside, binding = self._of(contents.interior)
        if not binding:
            kept, booked = self._propagator(contents, inside, span)
            return kept @ amounts, self._named(inside, booked @ amounts.sum(axis=1))
        kept, booked = self._propagator(contents, inside, 0.5 * span)
        first = kept @ amounts
        for one in binding:
            self._bind(one, contents, first, span)
        both = booked @ (amounts.sum(axis=1) + first.sum(axis=1))
        return kept @ first, self._named(inside, both)

    def _of(self, inside: CellNetwork) -> tuple[CellNetwork, tuple[Binding, ...]]:
        """A cell's network without what binds in fluid, and that."""
        name = inside.network.name
        if name not in self._known:
            binding = bindings(inside.network, self.names)
            apart = frozenset(process for one in binding for process in one.processes)
            self._known[name] = replace(inside, network=without(inside.network, apart)) if apart else inside, binding
        return self._known[name]

    def _named(self, inside: CellNetwork, amounts: Array) -> dict[str, float]:
        return dict(zip(self._exchanges(inside), map(float, amounts), strict=True))

    def _bind(self, one: Binding, contents: Contents, amounts: Array, span: float) -> None:
        """Binding over a span, in place."""

        def number(name: str) -> float:
            return float(contents.base[contents.compiled.parameter_index[name]])

        at = {name: row for row, name in enumerate(self.names)}
        bound = [at[name] for name in one.bound]
        sites = np.array([number(weight) * amounts[[at[name] for name in pools]].sum(axis=0) for pools, weight in one.sites])
        free, held = amounts[at[one.free]].copy(), np.ascontiguousarray(amounts[bound])
        bind(free, held, sites, number(one.on_rate), number(one.off_rate), self.voxel_ml, span)
        amounts[at[one.free]], amounts[bound] = free, held

    def _exchanges(self, inside: CellNetwork) -> list[str]:
        return [pool.id for pool in inside.network.pools.values() if pool.exchange]

    def _propagator(self, contents: Contents, inside: CellNetwork, span: float) -> tuple[Array, Array]:
        """(medium, medium) and (exchanges, medium): where one unit of each pool is after `span` hours in a voxel without cells."""
        key = (span, contents.base.tobytes())  # events set parameters: what held before them holds no longer
        if key not in self._left:
            self._left[key] = self._integrated(contents, inside, span)
        return self._left[key]

    def _integrated(self, contents: Contents, inside: CellNetwork, span: float) -> tuple[Array, Array]:
        count = len(self.names)
        now = dict(zip(contents.compiled.parameters, map(float, contents.base), strict=True))
        rng = np.random.default_rng(1)
        mixture = rng.uniform(0.5, 1.5, count)
        # A pmol would be far more than a voxel ever holds: molecules are followed in smaller units.
        unit = np.array([SOME if inside.network.pools[name].unit == "pmol" else 1.0 for name in self.names])
        # One set per pool with one unit of it, one with a mixture, one with nothing: what the stand-in cell does by itself.
        start: dict[str, float | Array] = {
            name: unit[index] * np.concatenate([np.eye(count)[index], [mixture[index], 0.0]])
            for index, name in enumerate(self.names)
        }
        held = [name for name in inside.start if name in inside.network.pools and name not in self.names]
        start |= {name: NOBODY * inside.start[name] for name in held}
        start[inside.cells] = NOBODY
        run = integrate(
            inside.network,
            [0.0, span],
            values={**now, inside.volume: self.voxel_ml},
            initial=start,
            relative=1e-9,
            in_blocks=True,
        )
        kept = np.array([run.amount(name)[-1] for name in self.names])
        booked = np.array([run.amount(name)[-1] for name in self._exchanges(inside)])
        kept, booked = kept - kept[:, -1:], booked - booked[:, -1:]
        kept[:, :count], booked[:, :count] = kept[:, :count] / unit, booked[:, :count] / unit
        if not np.all(
            np.abs(kept[:, :count] @ (unit * mixture) - kept[:, count]) <= ALMOST * np.abs(kept[:, count]) + TRACE * unit
        ):
            raise InputError(
                "something in the medium is not linear in the amounts, and no binding to vesicles that nothing modulates",
                "drugs, factors, vesicles and antibodies", "Run this scenario in a well",
            )  # fmt: skip
        return self._exact(inside, kept[:, :count], booked[:, :count])

    def _exact(self, inside: CellNetwork, kept: Array, booked: Array) -> tuple[Array, Array]:
        """The same with books that close: what one unit becomes is one unit, which the integration says to its accuracy only."""
        pools = inside.network.pools
        own = np.array([pools[name].element for name in self.names])
        gone = np.array([pools[name].element for name in self._exchanges(inside)])
        for column, element in enumerate(own):
            total = kept[own == element, column].sum() + booked[gone == element, column].sum()
            kept[own == element, column] /= total
            booked[gone == element, column] /= total
        return kept, booked
