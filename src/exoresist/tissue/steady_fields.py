"""Fast fields (oxygen, nutrients): at steady state with the cells as they stand, solved once per life step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.numerics.grid import Field, Grid
from exoresist.numerics.steady import Balance, Steady

Array = NDArray[np.float64]


@dataclass
class SteadyField:
    """One fast field.

    name     as cell types take it up and give it off
    spread   diffusivity (um^2/h), decay (1/h) and faces, in the field's own unit of concentration
    values   (nz, ny, nx) the last solution
    balance  what comes in and what is lost at that solution, with its residual and the solver's iterations
    """

    name: str
    spread: Field
    values: Array
    balance: Balance | None = None


class SteadyFields:
    """All fast fields of a tissue."""

    def __init__(
        self, grid: Grid, fields: Sequence[SteadyField] = (), tolerance: float = 1e-6, threads: int | None = None
    ) -> None:
        self.grid, self.fields, self.tolerance = grid, tuple(fields), tolerance
        self._solvers = [Steady(grid, one.spread, threads) for one in self.fields]

    def find(self, name: str) -> Array | None:
        """The values of a field, or None if there is no such field."""
        for one in self.fields:
            if one.name == name:
                return one.values
        return None

    def solve(self, takes: Mapping[str, Array], gives: Mapping[str, Array]) -> None:
        """Bring every field to its steady state, beginning from the last one. Raises SolverError.

        takes  field -> (voxels,) uptake, 1/h; `gives`: field -> (voxels,) source, concentration/h
        """
        for place, one in enumerate(self.fields):
            self.solve_one(place, takes.get(one.name), gives.get(one.name))

    def solve_one(self, place: int, take: Array | None, give: Array | None) -> None:
        """The same for one field by its place; its rates are (voxels,) or None for none."""
        one = self.fields[place]
        source, uptake = (
            None if rate is None else np.ascontiguousarray(rate).reshape(self.grid.array_shape) for rate in (give, take)
        )
        one.balance = self._solvers[place].solve(one.values, source, uptake, self.tolerance)
