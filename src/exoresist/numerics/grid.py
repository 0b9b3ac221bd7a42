"""A regular grid of voxels, what holds at its six faces, and how one dissolved substance spreads on it.

Every array over the grid is float64 with x contiguous: `(nz, ny, nx)` for one field, `(fields, nz, ny, nx)` for several. Two dimensions are
`nz = 1`. Lengths are in um; the unit of time is the caller's (one for diffusivity, decay, uptake and steps); a concentration is an amount
per volume, and the solvers report amounts as concentration times um^3.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError
from exoresist.core.memory import free_memory

Floats = NDArray[np.float64]
UM3_PER_ML = 1e12


@dataclass(frozen=True)
class Grid:
    """A box of cubic voxels, or a slice of voxels that are as deep as it is thick.

    shape      voxels along x, y and z; `nz = 1` is two-dimensional
    spacing    edge of a voxel, um
    origin     the box's lowest corner, um
    thickness  depth of the voxels of a slice (`nz = 1`), um; None: they are cubes
    """

    shape: tuple[int, int, int]
    spacing: float
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    thickness: float | None = None

    def __post_init__(self) -> None:
        if len(self.shape) != 3 or any(int(n) != n or n < 1 for n in self.shape):
            raise InputError(
                f"the grid's shape is {self.shape}", "three whole numbers of at least 1: nx, ny, nz", "Use nz = 1 for 2-D"
            )
        if not (isfinite(self.spacing) and self.spacing > 0):
            raise InputError(f"the grid's spacing is {self.spacing} um", "a positive number of um")
        if len(self.origin) != 3 or not all(isfinite(x) for x in self.origin):
            raise InputError(f"the grid's origin is {self.origin}", "three finite coordinates in um")
        if self.thickness is not None:
            if self.shape[2] != 1:
                raise InputError(f"a grid of {self.shape[2]} layers has a thickness of its own", "a slice of one layer: nz = 1")
            if not (isfinite(self.thickness) and self.thickness > 0):
                raise InputError(f"the slice's thickness is {self.thickness} um", "a positive number of um")

    @property
    def array_shape(self) -> tuple[int, int, int]:
        """Shape of one field's array: `(nz, ny, nx)`."""
        nx, ny, nz = self.shape
        return (int(nz), int(ny), int(nx))

    @property
    def voxels(self) -> int:
        nx, ny, nz = self.shape
        return int(nx) * int(ny) * int(nz)

    @property
    def depth(self) -> float:
        """Edge of a voxel along z, um."""
        return self.spacing if self.thickness is None else self.thickness

    @property
    def voxel_um3(self) -> float:
        return self.spacing**3 if self.thickness is None else self.spacing**2 * self.thickness

    @property
    def voxel_ml(self) -> float:
        return self.voxel_um3 / UM3_PER_ML

    @property
    def extent(self) -> tuple[float, float, float]:
        """Edges of the box, um."""
        nx, ny, nz = self.shape
        return (nx * self.spacing, ny * self.spacing, nz * self.depth)

    def centres(self, axis: int) -> Floats:
        """Coordinates of the voxel centres along an axis (0 x, 1 y, 2 z), um."""
        edge = self.depth if axis == 2 else self.spacing
        return self.origin[axis] + edge * (np.arange(self.shape[axis], dtype=np.float64) + 0.5)

    def voxel_of(self, positions: Floats) -> NDArray[np.int64]:
        """Index into a raveled field of the voxel that holds each position (`(n, 3)`, um); the upper faces belong to the last voxel.

        errors  InputError for a position outside the box or not finite
        """
        positions = np.asarray(positions, dtype=np.float64)
        if positions.ndim != 2 or positions.shape[1] != 3:
            raise InputError(f"positions have the shape {positions.shape}", "(n, 3): x, y and z in um")
        scaled = (positions - np.asarray(self.origin)) / np.array([self.spacing, self.spacing, self.depth])
        size = np.asarray(self.shape)
        inside = (scaled >= 0.0) & (scaled <= size)  # False for NaN
        if not inside.all():
            row = int(np.flatnonzero(~inside.all(axis=1))[0])
            box = ", ".join(f"{low:g} to {low + edge:g}" for low, edge in zip(self.origin, self.extent, strict=True))
            raise InputError(f"position {row} is {positions[row].tolist()} um", f"inside the grid: {box} um")
        index = np.minimum(scaled.astype(np.int64), size - 1)
        nx, ny, _ = self.shape
        result: NDArray[np.int64] = (index[:, 2] * ny + index[:, 1]) * nx + index[:, 0]
        return result


@dataclass(frozen=True)
class NoFlux:
    """Nothing crosses the face."""


@dataclass(frozen=True)
class Dirichlet:
    """The concentration at the face itself, half a voxel from the centres of the first voxels."""

    value: float


@dataclass(frozen=True)
class Robin:
    """Inward flux = transfer * (outside - concentration at the face); transfer in um per time."""

    transfer: float
    outside: float


Condition = NoFlux | Dirichlet | Robin


@dataclass(frozen=True)
class Faces:
    """What holds at the six faces of the box, in the order of every array over faces: x-, x+, y-, y+, z-, z+."""

    x_minus: Condition = NoFlux()
    x_plus: Condition = NoFlux()
    y_minus: Condition = NoFlux()
    y_plus: Condition = NoFlux()
    z_minus: Condition = NoFlux()
    z_plus: Condition = NoFlux()

    def __post_init__(self) -> None:
        for name, condition in zip(_FACE_NAMES, self.all, strict=True):
            if isinstance(condition, Dirichlet) and not isfinite(condition.value):
                raise InputError(f"the value at {name} is {condition.value}", "a finite concentration")
            if isinstance(condition, Robin) and not (0.0 <= condition.transfer < np.inf and isfinite(condition.outside)):
                raise InputError(
                    f"the condition at {name} is {condition}", "a transfer of 0 or more um per time, a finite outside"
                )

    @property
    def all(self) -> tuple[Condition, ...]:
        return (self.x_minus, self.x_plus, self.y_minus, self.y_plus, self.z_minus, self.z_plus)

    @property
    def outside(self) -> Floats:
        """The concentration beyond each face (0 where nothing crosses)."""
        return np.array([c.value if isinstance(c, Dirichlet) else c.outside if isinstance(c, Robin) else 0.0 for c in self.all])


_FACE_NAMES = ("x-", "x+", "y-", "y+", "z-", "z+")


@dataclass(frozen=True, eq=False)
class Field:
    """How one substance spreads: dc/dt = div(D grad c) - (decay + uptake) c + source.

    diffusivity  D, um^2 per time: one number or one per voxel (a face between voxels takes the harmonic mean)
    decay        per time: one number or one per voxel
    faces        what holds at the box's faces
    """

    diffusivity: float | Floats
    decay: float | Floats = 0.0
    faces: Faces = field(default_factory=Faces)

    def __post_init__(self) -> None:
        for name in ("diffusivity", "decay"):
            value = np.asarray(getattr(self, name), dtype=np.float64)
            if not np.isfinite(value).all() or (value < 0.0).any():
                bad = value[~(np.isfinite(value) & (value >= 0.0))].flat[0] if value.ndim else value
                raise InputError(f"a field's {name} is {bad}", "finite and not negative")

    def on(self, grid: Grid) -> Field:
        """This field, its maps checked against a grid and made contiguous.

        errors  InputError for a map of another shape, or for z faces that let something cross in 2-D
        """
        checked = {}
        for one in fields(self)[:2]:
            value = np.asarray(getattr(self, one.name), dtype=np.float64)
            if value.ndim and value.shape != grid.array_shape:
                raise InputError(
                    f"a field's {one.name} has the shape {value.shape}", f"one number or (nz, ny, nx) = {grid.array_shape}"
                )
            checked[one.name] = np.ascontiguousarray(value) if value.ndim else float(value)
        if grid.shape[2] == 1 and not all(isinstance(face, NoFlux) for face in self.faces.all[4:]):
            raise InputError("a two-dimensional grid has z faces that let something cross", "NoFlux at z- and z+", "Use nz > 1")
        return Field(checked["diffusivity"], checked["decay"], self.faces)


def face_conductance(condition: Condition, diffusivity: float | Floats, spacing: float) -> Floats:
    """Rate (per time) at which a face's outside value pulls the voxel beside it: half a voxel of diffusion, then the transfer.

    Dirichlet 2 D/dx^2; Robin 1 / (dx/transfer + dx^2/(2 D)); NoFlux 0.
    """
    wall = 2.0 * np.asarray(diffusivity, dtype=np.float64) / spacing**2
    if isinstance(condition, NoFlux):
        return np.zeros_like(wall)
    if isinstance(condition, Dirichlet):
        return wall
    outer = condition.transfer / spacing
    total = wall + outer
    result: Floats = np.divide(wall * outer, total, out=np.zeros_like(wall), where=total > 0.0)
    return result


def conductances(grid: Grid, one: Field) -> tuple[Floats, Floats, Floats]:
    """Rates (per time) at which neighbours exchange, across every face of every voxel along x, y and z, the box's own included.

    For one diffusivity per voxel the shapes are (nz, ny, nx+1), (nz, ny+1, nx), (nz+1, ny, nx); for a single one an axis along which
    nothing changes has length 1 (except x, which the kernels read row by row): (1, 1, nx+1), (1, ny+1, nx), (nz+1, 1, nx).
    """
    spacing = grid.spacing
    conditions = one.faces.all
    found = []
    for axis, numpy_axis in ((0, 2), (1, 1), (2, 0)):
        if np.ndim(one.diffusivity):
            along = np.moveaxis(np.asarray(one.diffusivity), numpy_axis, 0)
        else:
            shape = [1, 1, grid.array_shape[2]]
            shape[numpy_axis] = grid.array_shape[numpy_axis]
            along = np.moveaxis(np.full(shape, one.diffusivity), numpy_axis, 0)
        total = along[1:] + along[:-1]
        inner = np.divide(2.0 * along[1:] * along[:-1], total, out=np.zeros_like(total), where=total > 0.0) / spacing**2
        low = face_conductance(conditions[2 * axis], along[:1], spacing)
        high = face_conductance(conditions[2 * axis + 1], along[-1:], spacing)
        found.append(np.ascontiguousarray(np.moveaxis(np.concatenate([low, inner, high]), 0, numpy_axis)))
    return found[0], found[1], found[2]


def refuse_beyond_memory(needed: int, what: str) -> None:
    """InputError, with the size needed, for a grid whose work arrays do not fit into the memory that is free."""
    free = free_memory()
    if free is not None and needed > free:
        raise InputError(
            f"{what} needs {needed / 2**30:.3g} GiB",
            f"what is free: {free / 2**30:.3g} GiB",
            "Use a smaller grid or larger voxels",
        )
