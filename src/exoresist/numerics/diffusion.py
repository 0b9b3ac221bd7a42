"""Several fields in time: diffusion, decay, uptake and sources, with an exact ledger.

dc/dt = div(D grad c) - (decay + U) c + S on a `Grid`, state `(fields, nz, ny, nx)`, changed in place.

Method: Douglas' delta form of Crank-Nicolson with one tridiagonal factor per axis and one, unsymmetric, for the reaction: second order in
space and time, and exactly at rest where the unsplit equations are. Values for S, U and the faces are taken as constant over a step;
give those of its middle where they change, to keep the order. Nothing is clipped.

A step much longer than dx^2/D hardly damps short waves, and one much longer than 1/U swings below zero where uptake outruns diffusion (a
cold start in dense tissue). So begin from the steady solution (`steady`) or let `advance` choose the steps.

source  Douglas 1962, Numer. Math. 4:41, 10.1007/BF01386295 (method)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite

import numpy as np

from exoresist.core.errors import InputError, SolverError
from exoresist.numerics import diffusion_kernels as uniform
from exoresist.numerics import diffusion_voxelwise as voxelwise
from exoresist.numerics.diffusion_threads import run_all
from exoresist.numerics.grid import Field, Floats, Grid, conductances, face_conductance, refuse_beyond_memory
from exoresist.numerics.slabs import threads as available_threads
from exoresist.numerics.tridiagonal import factored, two_ended

PerField = Floats | Sequence[Floats | None]
_SMALL = 30_000  # voxels (all fields) below which starting a second thread costs more than it saves
_TILE = 400  # columns that the last sweep over a mapped field takes at a time: their work array stays in a core's cache
_STRIP = 2048  # columns that it takes of a plane otherwise: long runs through memory, increments in the nearest cache
_GROW, _SHRINK, _SAFETY = 2.0, 0.2, 0.9  # bounds on the change of the step, and the share of the allowed error aimed at
_STIFFEST = 50.0  # largest D dt / (dx^2/2) of adaptive steps
_SMALLEST = 1e-12  # of the span: a step below this means that the tolerance cannot be met


@dataclass(frozen=True)
class Ledger:
    """What happened to each field's total, in amounts (concentration x um^3); change = entered + given - decayed - taken, to round-off.

    total    (fields) after the step
    change   (fields)
    entered  (fields, 6) in through x-, x+, y-, y+, z-, z+; negative where it left
    decayed, taken, given  (fields) lost to decay, taken by U, given by S
    lowest, highest        (fields) extreme concentrations after the step
    """

    total: Floats
    change: Floats
    entered: Floats
    decayed: Floats
    taken: Floats
    given: Floats
    lowest: Floats
    highest: Floats

    def then(self, later: Ledger) -> Ledger:
        """This ledger continued by that of the following step."""
        return Ledger(
            later.total,
            self.change + later.change,
            self.entered + later.entered,
            self.decayed + later.decayed,
            self.taken + later.taken,
            self.given + later.given,
            later.lowest,
            later.highest,
        )


@dataclass(frozen=True)
class Advance:
    """What `advance` did: its ledger, accepted and refused steps, and the step that it would take next."""

    ledger: Ledger
    steps: int
    refused: int
    next_step: float


class Diffusion:
    """Steps for some fields on one grid.

    grid, fields  where and what
    threads       most threads used (`slabs.threads()` if not given); the result has the same bits for any number
    undershoot    share of a field's largest concentration by which it may lie below zero before a step counts as too large
    errors        InputError for a map of a wrong shape, a grid too large for the memory
    """

    def __init__(self, grid: Grid, fields: Sequence[Field], threads: int | None = None, undershoot: float = 1e-3) -> None:
        self.grid = grid
        self.fields = tuple(one.on(grid) for one in fields)
        if not self.fields:
            raise InputError("no field was given", "at least one")
        if not undershoot >= 0.0:
            raise InputError(f"undershoot is {undershoot}", "0 or more")
        self.undershoot = undershoot
        self.shape = (len(self.fields), *grid.array_shape)
        mapped = sum(1 for one in self.fields if np.ndim(one.diffusivity))
        refuse_beyond_memory(
            8 * grid.voxels * (2 * len(self.fields) + 3 * mapped), f"stepping {len(self.fields)} fields on {grid.shape}"
        )
        self.threads = available_threads() if threads is None else threads
        if self.threads < 1:
            raise InputError(f"threads is {threads}", "1 or more")
        self._delta = np.empty(self.shape)
        self._links = {f: conductances(grid, one) for f, one in enumerate(self.fields) if np.ndim(one.diffusivity)}
        self._even = [(0.0, np.zeros(6)) if f in self._links else self._rates(one) for f, one in enumerate(self.fields)]
        self._outside = [one.faces.outside for one in self.fields]
        self._factors: dict[float, list[tuple[Floats, Floats, Floats]]] = {}

    def step(
        self,
        concentration: Floats,
        dt: float,
        source: PerField | None = None,
        uptake: PerField | None = None,
        taken: Floats | None = None,
    ) -> Ledger:
        """One step in place.

        concentration  (fields, nz, ny, nx), float64, contiguous
        dt             in the fields' unit of time
        source         S >= or < 0, amount per volume and time: an array like the concentrations, or per field an array or None
        uptake         U >= 0 per time, likewise
        taken          if given, what U took from each voxel (concentration units) is added to it: its sum times the voxel's volume is
                       the ledger's `taken`
        errors         InputError for unusable arguments; SolverError where the step was too large: a field fell below
                       -undershoot x its largest value or is no longer finite (the state is then that after the step)
        """
        self._check_state(concentration, dt)
        ledger = self._step(concentration, dt, self._per_field(source, "source"), self._per_field(uptake, "uptake"), taken)
        if not self._sound(ledger):
            raise SolverError(
                f"the step of {dt:g} is too large: concentrations from {ledger.lowest.min():.3g} to {ledger.highest.max():.3g}. "
                "Take a smaller one, start from the steady solution, or use advance()."
            )
        return ledger

    def advance(
        self,
        concentration: Floats,
        span: float,
        tolerance: float,
        source: PerField | None = None,
        uptake: PerField | None = None,
        taken: Floats | None = None,
        first_step: float | None = None,
        longest_step: float | None = None,
    ) -> Advance:
        """Advance in place over `span` by steps whose estimated error stays within `tolerance`.

        The error of a step is a third of the difference between it and two half steps (which are kept), root mean square, relative to
        the field's own, the worst of all fields. Without `first_step` one is looked for, so a cold start needs no care. No step is longer
        than `longest_step`, without which it is 50 dx^2 / (2 D) with the largest D: a longer one hardly damps what is left of short waves,
        which two half steps do not notice.

        errors  as `step`; SolverError where the tolerance cannot be met
        """
        self._check_state(concentration, span)
        self._check_tolerance(tolerance)
        sources, uptakes = self._per_field(source, "source"), self._per_field(uptake, "uptake")
        refuse_beyond_memory(8 * concentration.size * (2 if taken is None else 3), "adaptive stepping")
        if longest_step is None:
            fastest = max(float(np.max(one.diffusivity)) for one in self.fields)
            longest_step = _STIFFEST * self.grid.spacing**2 / (2.0 * fastest) if fastest > 0.0 else span
        if not longest_step > 0.0 or (first_step is not None and not first_step > 0.0):
            raise InputError(f"the first step is {first_step}, the longest {longest_step}", "times above 0")
        if first_step is None:
            first_step = self.step_for(concentration, tolerance, source, uptake, longest=min(span, longest_step))
        before, whole = np.empty_like(concentration), np.empty_like(concentration)
        share = None if taken is None else np.zeros_like(taken)
        done, dt, steps, refused = 0.0, min(float(first_step), longest_step, span), 0, 0
        ledger: Ledger | None = None
        while span - done > 1e-13 * span:
            last = done + dt >= span * (1.0 - 1e-13)
            now = span - done if last else dt
            before[...] = concentration
            if share is not None:
                share[...] = 0.0
            error, gained = self._trial(concentration, whole, now, sources, uptakes, share)
            change = min(_GROW, max(_SHRINK, _SAFETY * (tolerance / max(error, 1e-300)) ** (1.0 / 3.0)))
            if error <= tolerance:
                done = span if last else done + now
                steps += 1
                ledger = gained if ledger is None else ledger.then(gained)
                if taken is not None and share is not None:
                    taken += share
                dt = min(longest_step, max(dt, now * change) if last else now * change)
            else:
                refused += 1
                concentration[...] = before
                dt = now * change
                if dt < _SMALLEST * span:
                    raise SolverError(f"steps of {dt:.3g} still miss the tolerance of {tolerance:g}. Allow a larger error.")
        assert ledger is not None
        return Advance(ledger, steps, refused, dt)

    def step_for(
        self,
        concentration: Floats,
        tolerance: float,
        source: PerField | None = None,
        uptake: PerField | None = None,
        longest: float = np.inf,
    ) -> float:
        """The step whose estimated error (as in `advance`) is about `tolerance` from this state, at most `longest`; the state is kept."""
        self._check_tolerance(tolerance)
        self._check_state(concentration, min(longest, 1.0))
        sources, uptakes = self._per_field(source, "source"), self._per_field(uptake, "uptake")
        trial, whole = np.empty_like(concentration), np.empty_like(concentration)
        fastest = max(
            6.0 * float(np.max(one.diffusivity)) / self.grid.spacing**2 + float(np.max(one.decay)) for one in self.fields
        )
        fastest += max([float(u.max()) for u in uptakes if u is not None], default=0.0)
        dt = min(longest, 1.0 / fastest if fastest > 0.0 else longest)
        if not isfinite(dt):
            return dt  # nothing ever changes but by sources, for which any step is exact
        for _ in range(60):
            trial[...] = concentration
            error, _ = self._trial(trial, whole, dt, sources, uptakes, None)
            if error <= tolerance and (dt >= longest or error >= 0.2 * tolerance or dt > 1e9 / fastest):
                return dt
            dt = min(longest, dt * min(8.0, max(0.1, (0.6 * tolerance / max(error, 1e-300)) ** (1.0 / 3.0))))
        raise SolverError(
            f"no step was found whose error is {tolerance:g}. Allow a larger error, or start from the steady solution."
        )

    def _trial(
        self,
        c: Floats,
        whole: Floats,
        dt: float,
        sources: list[Floats | None],
        uptakes: list[Floats | None],
        share: Floats | None,
    ) -> tuple[float, Ledger]:
        """Two half steps of `c` in place against a whole one: the relative error of the halves and their ledger."""
        whole[...] = c
        one = self._step(whole, dt, sources, uptakes, None)
        first = self._step(c, 0.5 * dt, sources, uptakes, share)
        ledger = first.then(self._step(c, 0.5 * dt, sources, uptakes, share))
        if not (self._sound(one) and self._sound(first) and self._sound(ledger)):
            return np.inf, ledger
        worst = 0.0
        for f in range(len(self.fields)):
            size = float(np.sqrt(np.mean(np.square(c[f]))))
            off = float(np.sqrt(np.mean(np.square(c[f] - whole[f])))) / 3.0
            worst = max(worst, off / size if size > 0.0 else (np.inf if off > 0.0 else 0.0))
        return worst, ledger

    def _step(
        self, c: Floats, dt: float, sources: list[Floats | None], uptakes: list[Floats | None], taken: Floats | None
    ) -> Ledger:
        nz, ny, nx = self.grid.array_shape
        count = len(self.fields)
        middle = nz // 2
        planes = np.empty((count, nz, 11))
        columns: list[Floats] = []
        factors = self._factors_for(dt)
        first, last = [], []
        for f, one in enumerate(self.fields):
            source, uptake = sources[f], uptakes[f]
            decay = np.asarray(one.decay) if np.ndim(one.decay) else np.full((1, 1, 1), one.decay)
            shared = (
                c[f],
                _NONE if uptake is None else uptake, int(uptake is not None),
                _NONE if source is None else source, int(source is not None),
                decay, int(np.ndim(one.decay) > 0),
                _NONE if taken is None else taken[f], int(taken is not None and uptake is not None),
                dt,
            )  # fmt: skip
            flat_c, flat_delta = c[f].reshape(nz, ny * nx), self._delta[f].reshape(nz, ny * nx)
            width = _TILE if f in self._links else _STRIP
            tiles = -(-ny * nx // width)
            columns.append(_nothing(tiles))
            if f in self._links:
                gx, gy, gz = self._links[f]
                sweep = partial(voxelwise.first_sweeps, *shared, gx, gy, gz, self._outside[f], self._delta[f], planes[f])
                along = gz.reshape(nz + 1, ny * nx)
                end = partial(voxelwise.last_sweep, flat_c, flat_delta, along, 0.5 * dt, width, columns[f][0])
                first += [partial(sweep, a, b) for a, b in _portions(nz)]
                last += [partial(end, a, b) for a, b in _portions(tiles)]
            else:
                inner, walls = self._even[f]
                x, y, z = factors[f]
                sweep = partial(uniform.first_sweeps, *shared, inner, walls, self._outside[f], x, y, z, self._delta[f], planes[f])
                end = partial(uniform.last_sweep, flat_c, flat_delta, z, middle, 0.5 * dt, walls[4], walls[5], width, columns[f])
                first += [partial(sweep, 0, middle), partial(sweep, middle, nz)]
                last += [partial(end, lower, a, b) for lower in (1, 0) for a, b in _portions(tiles)]
        threads = self.threads if c.size >= _SMALL else 1
        run_all(first, threads)
        if not (planes[:, :, uniform.WRONG] == 0.0).all():
            raise InputError("an uptake is negative or not finite", "0 or more per time", "Give releases as a source")
        run_all(last, threads)
        volume = self.grid.voxel_um3
        sums = planes.sum(axis=1) * volume
        ends = np.array([part[:, :, : uniform.LOWEST].sum(axis=(0, 1)) for part in columns]) * volume
        entered = sums[:, uniform.X_MINUS : uniform.Z_PLUS + 1].copy()
        entered[:, 4:] += ends[:, :2]
        total = ends[:, uniform.TOTAL]
        return Ledger(
            total,
            total - sums[:, uniform.BEFORE],
            entered,
            sums[:, uniform.DECAYED],
            sums[:, uniform.TAKEN],
            sums[:, uniform.GIVEN],
            np.array([part[:, :, uniform.LOWEST].min() for part in columns]),
            np.array([part[:, :, uniform.HIGHEST].max() for part in columns]),
        )

    def _rates(self, one: Field) -> tuple[float, Floats]:
        diffusivity = float(np.asarray(one.diffusivity))
        walls = np.array([float(face_conductance(face, diffusivity, self.grid.spacing)) for face in one.faces.all])
        return diffusivity / self.grid.spacing**2, walls

    def _factors_for(self, dt: float) -> list[tuple[Floats, Floats, Floats]]:
        """Factored tridiagonals of each field along x, y and z (empty for a mapped diffusivity); the last few steps' are kept."""
        if dt not in self._factors:
            if len(self._factors) >= 6:
                del self._factors[next(iter(self._factors))]
            made = []
            for inner, walls in self._even:
                x, y = (factored(n, 0.5 * dt, inner, walls[2 * a], walls[2 * a + 1]) for a, n in enumerate(self.grid.shape[:2]))
                made.append((x, y, two_ended(self.grid.shape[2], 0.5 * dt, inner, walls[4], walls[5])))
            self._factors[dt] = made
        return self._factors[dt]

    def _sound(self, ledger: Ledger) -> bool:
        if not np.isfinite(ledger.total).all():
            return False
        below = ledger.lowest < 0.0
        largest = np.maximum(-ledger.lowest[below], np.abs(ledger.highest[below]))
        return bool((ledger.lowest[below] >= -self.undershoot * largest).all())

    def _check_state(self, concentration: Floats, dt: float) -> None:
        if concentration.shape != self.shape or concentration.dtype != np.float64 or not concentration.flags.c_contiguous:
            raise InputError(
                f"the concentrations are {concentration.dtype} of shape {concentration.shape}",
                f"contiguous float64 of shape (fields, nz, ny, nx) = {self.shape}",
            )
        if not (isfinite(dt) and dt > 0.0):
            raise InputError(f"the step is {dt}", "a finite time above 0")

    @staticmethod
    def _check_tolerance(tolerance: float) -> None:
        if not (isfinite(tolerance) and tolerance > 0.0):
            raise InputError(f"the tolerance is {tolerance}", "a relative error above 0, say 1e-3")

    def _per_field(self, values: PerField | None, what: str) -> list[Floats | None]:
        if values is None:
            return [None] * len(self.fields)
        if len(values) != len(self.fields):
            raise InputError(f"{what} has {len(values)} entries", f"one per field: {len(self.fields)}")
        found: list[Floats | None] = []
        for value in values:
            if value is None:
                found.append(None)
                continue
            value = np.ascontiguousarray(value, dtype=np.float64)
            if value.shape != self.shape[1:]:
                raise InputError(f"a field's {what} has the shape {value.shape}", f"(nz, ny, nx) = {self.shape[1:]}")
            found.append(value)
        return found


_NONE = np.zeros((1, 1, 1))  # stands for an array that was not given


def _portions(count: int) -> list[tuple[int, int]]:
    """Up to 16 consecutive ranges that cover 0..count-1, whatever the number of threads."""
    size = max(1, -(-count // 16))
    return [(start, min(start + size, count)) for start in range(0, count, size)]


def _nothing(tiles: int) -> Floats:
    """(2, tiles, 5) sums of `last_sweep` before anything is added up."""
    result = np.zeros((2, tiles, 5))
    result[:, :, uniform.LOWEST], result[:, :, uniform.HIGHEST] = np.inf, -np.inf
    return result
