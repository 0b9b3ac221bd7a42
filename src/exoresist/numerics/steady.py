"""One field at rest: 0 = div(D grad c) - (decay + U) c + S, for substances that settle faster than cells change.

Conjugate gradients on the equations as the time stepper has them (`diffusion`), preconditioned by the same box with the mean diffusivity
and the mean reaction. That box is diagonal in cosines or sines, whichever the faces ask for; the longest waves, for which the uneven
reaction matters most, are solved together (`diffusion_low_modes`: a third fewer iterations). The search runs in single precision, which
halves its time; the solution, its arithmetic and the residual that decides are double, so that nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import isfinite

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from exoresist.core.errors import InputError, SolverError
from exoresist.numerics import diffusion_balance as kernels
from exoresist.numerics import diffusion_low_modes as low_modes
from exoresist.numerics.diffusion_threads import run_all
from exoresist.numerics.grid import Condition, Dirichlet, Field, Floats, Grid, NoFlux, Robin, conductances, refuse_beyond_memory
from exoresist.numerics.slabs import threads as available_threads

_Transform = Callable[..., NDArray[np.float32]]
_SMALL = 30_000  # voxels below which a second thread costs more than it saves
_TRIVIAL = 1e-6  # a turnover below this share of what the faces offer counts as none (a box at rest with its surroundings)
_MODES = 6  # along each axis that are solved together
_SINGLE = (
    1e-5  # reduction of the residual after which the search begins anew from the true one: single precision goes little further
)
_AHEAD = 0.9  # of the tolerance, aimed at: the true residual, which decides, differs a little from the one carried along


@dataclass(frozen=True)
class Balance:
    """Flows of a field at rest, amount (concentration x um^3) per time; entered + given - decayed - taken = 0 within the residual.

    residual    sum over voxels of |sources - sinks|, relative to all that comes in or goes out, whichever is larger
    iterations  of conjugate gradients
    entered     (6) in through x-, x+, y-, y+, z-, z+; negative where it leaves
    """

    residual: float
    iterations: int
    entered: Floats
    decayed: float
    taken: float
    given: float


class Steady:
    """Solves one field on one grid, again and again.

    grid, field  where and what
    threads      most threads used (`slabs.threads()` if not given); the result has the same bits for any number
    errors       InputError for a map of a wrong shape, a grid too large for the memory
    """

    def __init__(self, grid: Grid, field: Field, threads: int | None = None) -> None:
        self.grid = grid
        self.field = field.on(grid)
        self.threads = available_threads() if threads is None else threads
        if self.threads < 1:
            raise InputError(f"threads is {threads}", "1 or more")
        refuse_beyond_memory(
            grid.voxels * (8 + 4 * 4 + (24 if np.ndim(field.diffusivity) else 0)), f"a steady field on {grid.shape}"
        )
        self._links = conductances(grid, self.field)
        spectra = [_spectrum(grid, self.field, self._links, axis) for axis in range(3)]
        self._eigenvalues = [one[0].astype(np.float32) for one in spectra]
        self._modes = [_lowest(n, one[2]) for n, one in zip(grid.shape, spectra, strict=True)]
        self._transforms = [(2 - axis, one[1], one[2]) for axis, one in enumerate(spectra) if grid.shape[axis] > 1]
        self._leak = sum(one[3] for one in spectra)  # of faces that the transforms take as closed, per time
        self._open = any(float(links.max(initial=0.0)) > 0.0 for links in self._walls())
        self._rate = np.empty(grid.array_shape)
        self._residual, self._slope, self._direction = (np.empty(grid.array_shape, dtype=np.float32) for _ in range(3))

    def solve(
        self,
        concentration: Floats,
        source: Floats | None = None,
        uptake: Floats | None = None,
        tolerance: float = 1e-6,
        most_iterations: int = 300,
    ) -> Balance:
        """Bring `concentration` (nz, ny, nx) to rest in place, beginning from its present values (the last solution is a good start).

        source     S, amount per volume and time
        uptake     U >= 0 per time
        tolerance  largest `Balance.residual`
        errors     InputError for unusable arguments, or where nothing removes the substance (no level is then the right one);
                   SolverError where the tolerance is not met
        """
        self._check(concentration, source, uptake, tolerance)
        nz = self.grid.array_shape[0]
        c = concentration
        sums = np.empty((nz, 13))
        decay = np.asarray(self.field.decay) if np.ndim(self.field.decay) else np.full((1, 1, 1), self.field.decay)
        reaction = (_NONE if uptake is None else uptake, int(uptake is not None))
        decaying = (decay, int(np.ndim(self.field.decay) > 0))
        given = (_NONE if source is None else source, int(source is not None))
        whole = partial(
            kernels.rate_of_change, c, *reaction, *given, *decaying, *self._links, self.field.faces.outside, self._rate, 1, sums
        )
        inner = partial(
            kernels.rate_of_change, self._direction, *reaction, _NONE, 0, *decaying, *self._links, _CLOSED, self._slope, 0, sums
        )
        iterations = 0
        factored: Floats | None = None
        while True:
            self._run(whole)
            totals = sums.sum(axis=0)
            if not totals[kernels.WRONG] == 0.0:
                raise InputError("an uptake is negative or not finite", "0 or more per time", "Give releases as a source")
            shift = float(totals[kernels.LOSS]) / self.grid.voxels + self._leak
            if not (shift > 0.0 or self._open):
                raise InputError(
                    "nothing removes the substance", "a decay, an uptake or a face that is open", "Use Diffusion in time"
                )
            scale = self._turnover(totals)
            off = float(totals[kernels.OFF])
            if not isfinite(off):
                raise SolverError("the steady field is not finite: a source or the start is not, or the numbers are too large.")
            if off <= tolerance * scale:
                return self._balance(totals, off / scale if scale > 0.0 else 0.0, iterations)
            if iterations >= most_iterations:
                raise SolverError(
                    f"the steady field is off by {off / scale if scale > 0 else np.inf:.3g} after {iterations} iterations; asked for "
                    f"{tolerance:g}. Allow more iterations or a larger tolerance."
                )
            if factored is None and (uptake is not None or np.ndim(self.field.decay)):
                factored = self._factor(reaction, decaying)
            iterations = self._gradients(
                c, inner, sums, off, shift, factored, _AHEAD * tolerance * scale, iterations, most_iterations
            )

    def _gradients(
        self,
        c: Floats,
        inner: Callable[..., None],
        sums: Floats,
        off: float,
        shift: float,
        factored: Floats | None,
        target: float,
        iterations: int,
        most: int,
    ) -> int:
        """Conjugate gradients from the residual in hand until its sum is `target` or too small to follow; the iterations so far."""
        flat = (self.grid.array_shape[0], -1)
        c, r = c.reshape(flat), self._residual.reshape(flat)
        self._slope[...] = self._direction[...] = 0.0
        slope, p = self._slope.reshape(flat), self._direction.reshape(flat)
        pair = np.empty((flat[0], 2))
        unit = self.grid.voxels / off  # brings the residual to about 1
        z = np.empty(self.grid.array_shape, dtype=np.float32)
        self._run(partial(kernels.narrow, self._rate.reshape(flat), unit, r, z.reshape(flat)))
        before, alpha = 1.0, 0.0
        while iterations < most:
            iterations += 1
            z = self._precondition(z, shift, factored)
            self._run(partial(kernels.project, r, slope, z.reshape(flat), pair))
            along, change = (float(x) for x in pair.sum(axis=0))
            # flexible (Polak-Ribiere) turn, r - r_before = alpha * slope: absorbs the single precision of z
            self._run(partial(kernels.turn, p, z.reshape(flat), alpha * change / before))
            self._run(inner)
            curvature = -float(sums[:, kernels.WEIGHTED].sum())
            if not (along > 0.0 and curvature > 0.0):
                break  # as exact as the numbers allow; the true residual decides
            before, alpha = along, along / curvature
            self._run(partial(kernels.take_step, c, p, r, slope, alpha, unit, z.reshape(flat), pair))
            if float(pair[:, 0].sum()) <= max(target, _SINGLE * off) * unit:
                break
        return iterations

    def _precondition(self, z: NDArray[np.float32], shift: float, factored: Floats | None) -> NDArray[np.float32]:
        workers = self.threads if self.grid.voxels >= _SMALL else 1
        for axis, transform, _ in self._transforms:
            z = transform(z, axis=axis, norm="ortho", overwrite_x=True, workers=workers)
        x, y, along_z = self._eigenvalues
        mx, my, mz = (basis.shape[1] for basis in self._modes)
        low = z[:mz, :my, :mx].astype(np.float64)
        self._run(partial(kernels.divide, z, along_z, y, x, np.float32(shift)))
        if factored is not None:
            low_modes.solve(factored, low.reshape(-1))
            z[:mz, :my, :mx] = low
        for axis, _, back in self._transforms:
            z = back(z, axis=axis, norm="ortho", overwrite_x=True, workers=workers)
        return z

    def _factor(self, reaction: tuple[Floats, int], decaying: tuple[Floats, int]) -> Floats:
        """The longest waves' own equations, factored."""
        x, y, z = self._modes
        projected = np.zeros((self.grid.array_shape[0], y.shape[1] ** 2, x.shape[1] ** 2))
        self._run(partial(low_modes.project_planes, *reaction, *decaying, low_modes.pairs(x), low_modes.pairs(y), projected))
        eigenvalues = (one.astype(np.float64) for one in self._eigenvalues)
        factored: Floats = low_modes.factor(projected, low_modes.pairs(z), x.shape[1], y.shape[1], *eigenvalues, self._leak)
        return factored

    def _run(self, task: Callable[..., None]) -> None:
        nz = self.grid.array_shape[0]
        size = -(-nz // 8)
        run_all(
            [partial(task, start, min(start + size, nz)) for start in range(0, nz, size)],
            self.threads if self.grid.voxels >= _SMALL else 1,
        )

    def _walls(self) -> list[Floats]:
        """Conductances of the six faces of the box."""
        gx, gy, gz = self._links
        return [gx[:, :, 0], gx[:, :, -1], gy[:, 0], gy[:, -1], gz[0], gz[-1]]

    def _turnover(self, totals: Floats) -> float:
        """What comes in or what goes out, whichever is larger (concentration per time, summed over voxels)."""
        given, entered = float(totals[kernels.GIVEN]), totals[kernels.X_MINUS : kernels.Z_PLUS + 1]
        gained = max(given, 0.0) + float(np.maximum(entered, 0.0).sum())
        lost = float(totals[kernels.TAKEN] + totals[kernels.DECAYED]) + max(-given, 0.0) + float(np.maximum(-entered, 0.0).sum())
        offered = 0.0
        for face, (wall, outside) in enumerate(zip(self._walls(), self.field.faces.outside, strict=True)):
            offered += float(wall.mean()) * self.grid.voxels / self.grid.shape[face // 2] * abs(float(outside))
        return max(gained, lost, _TRIVIAL * offered)

    def _balance(self, totals: Floats, residual: float, iterations: int) -> Balance:
        amounts = totals * self.grid.voxel_um3
        entered = amounts[kernels.X_MINUS : kernels.Z_PLUS + 1].copy()
        return Balance(
            residual, iterations, entered, *(float(amounts[one]) for one in (kernels.DECAYED, kernels.TAKEN, kernels.GIVEN))
        )

    def _check(self, concentration: Floats, source: Floats | None, uptake: Floats | None, tolerance: float) -> None:
        shape = self.grid.array_shape
        for name, value in (("concentration", concentration), ("source", source), ("uptake", uptake)):
            if value is None:
                continue
            if value.shape != shape or value.dtype != np.float64 or not value.flags.c_contiguous:
                raise InputError(
                    f"the {name} is {value.dtype} of shape {value.shape}", f"contiguous float64 of shape (nz, ny, nx) = {shape}"
                )
        if not (isfinite(tolerance) and tolerance > 0.0):
            raise InputError(f"the tolerance is {tolerance}", "a relative residual above 0, say 1e-6")


_NONE = np.zeros((1, 1, 1))  # stands for an array that was not given
_CLOSED = np.zeros(6)


def _spectrum(
    grid: Grid, one: Field, links: tuple[Floats, Floats, Floats], axis: int
) -> tuple[Floats, _Transform, _Transform, float]:
    """Eigenvalues along an axis, the transform that finds them and its inverse, and what leaks through faces taken as closed.

    Closed at both faces: cosines; the value held at both: sines; one of each: their quarter-wave kinds. A Robin face is taken as the
    nearer of the two.
    """
    n = grid.shape[axis]
    along = np.moveaxis(links[axis], 2 - axis, 0)
    walls = [float(along[0].mean()), float(along[-1].mean())]
    if n == 1:
        return np.array(walls).sum(keepdims=True), fft.dct, fft.idct, 0.0
    inner = float(along[1:-1].mean())
    conditions: tuple[Condition, ...] = one.faces.all[2 * axis : 2 * axis + 2]
    held = [
        isinstance(c, Dirichlet) or (isinstance(c, Robin) and wall > inner) for c, wall in zip(conditions, walls, strict=True)
    ]
    leak = sum(wall for c, wall, fixed in zip(conditions, walls, held, strict=True) if not (fixed or isinstance(c, NoFlux))) / n
    k = np.arange(n)
    if held[0] != held[1]:
        angles, kind = np.pi * (2 * k + 1) / (4 * n), 4
    else:
        angles, kind = np.pi * (k + held[0]) / (2 * n), 2
    forward, back = (fft.dst, fft.idst) if held[0] else (fft.dct, fft.idct)
    return 4.0 * inner * np.sin(angles) ** 2, partial(forward, type=kind), partial(back, type=kind), leak


def _lowest(n: int, back: _Transform) -> Floats:
    """The lowest modes along an axis of n voxels, (n, modes)."""
    if n == 1:
        return np.ones((1, 1))
    return np.ascontiguousarray(back(np.eye(n, min(_MODES, n)), axis=0, norm="ortho"), dtype=np.float64)
