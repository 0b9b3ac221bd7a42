"""How amounts change with parameters, starts and doses: forward sensitivities, exact to the tolerance asked for.

S = dy/dp obeys S' = J S + dF/dp, with the Jacobian J that the solver uses anyway and dF/dp from the same derivatives of the laws,
seeded at parameters. It is linear, so each step of SDIRK4 (five stages, stiffly accurate, order 4) takes five factorisations of
I/(h gamma) - J and no iteration. The amounts come from the package's solver, at the stages' times.

A reference and an API: for fits, differences of a block that advances together cost less (docs/fitting.md tells by how much).

source  Hairer & Wanner 1996, Solving ODEs II, table IV.6.5 (SDIRK4 and its embedded formula of order 3)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError, SolverError, suggestion
from exoresist.network.compiled import Call, CompiledNetwork, derivatives, stretches
from exoresist.network.kernel import load_kernel
from exoresist.network.parts import Event
from exoresist.network.run import FIRST_STEP, Course, Values, renumbered
from exoresist.network.wiring import carried, element_id

if TYPE_CHECKING:
    from exoresist.network.network import Network

Array = NDArray[np.float64]

GAMMA = 0.25
NODES = np.array([1 / 4, 3 / 4, 11 / 20, 1 / 2, 1.0])
STAGES = np.array(
    [
        [0.0, 0.0, 0.0, 0.0],
        [1 / 2, 0.0, 0.0, 0.0],
        [17 / 50, -1 / 25, 0.0, 0.0],
        [371 / 1360, -137 / 2720, 15 / 544, 0.0],
        [25 / 24, -49 / 48, 125 / 16, -85 / 12],
    ]
)
ERROR = np.array([-3 / 16, -27 / 32, 25 / 32, 0.0, 1 / 4])  # weights of order 4 less those of order 3
FINER = 1e-3  # tolerance of the amounts, over that of their slopes


@dataclass(frozen=True)
class Direction:
    """Something that amounts are differentiated by.

    parameters  parameter id -> its change per unit of the direction (a parameter alone: {id: 1})
    start       pool or node -> change of its start
    events      number of the event -> pool or parameter -> change of what it adds or sets
    """

    name: str
    parameters: Mapping[str, float] = field(default_factory=dict)
    start: Mapping[str, float] = field(default_factory=dict)
    events: Mapping[int, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Sensitivity:
    """times (T,) h; amounts (T, states); slopes (T, states, directions); parameters (T, parameters, directions): what each direction
    has done to the values then in force."""

    compiled: CompiledNetwork
    names: tuple[str, ...]
    times: Array
    amounts: Array
    slopes: Array
    parameters: Array
    steps: int

    def of(self, pool: str) -> Array:
        """(T, directions) of a pool or node."""
        index = self.compiled.state_index
        if pool not in index:
            raise InputError(f"'{pool}' is no pool or node", "", suggestion(pool, index))
        return np.asarray(self.slopes[:, index[pool], :])


def sensitivities(
    network: Network,
    times: Iterable[float],
    directions: Sequence[str | Direction],
    values: Values | None = None,
    initial: Values | None = None,
    events: Sequence[Event] | None = None,
    relative: float = 1e-6,
    absolute: float = 1e-9,
) -> Sensitivity:
    """Amounts and their derivatives over output times, for one parameter set.

    directions  parameter ids, or `Direction`s
    relative    tolerance of the slopes; that of the amounts is a thousandth of it. `absolute` is taken times each pool's scale, per
                relative change of a parameter
    others      as for `network.run.integrate`

    Events at fixed times are followed: what is added, taken out as a share, or set changes slopes as it changes amounts.
    Raises InputError for unknown names or several sets, SolverError when a solve fails.
    """
    course = Course(network, times, values or {}, initial or {}, events)
    if course.sets != 1:
        raise InputError(f"{course.sets} parameter sets", "one", "Ask for each set by itself")
    asked = [Direction(one, {one: 1.0}) if isinstance(one, str) else one for one in directions]
    solver = _Linear(course, asked, relative, absolute)
    out = np.empty((len(course.grid), len(course.compiled.states), 1))
    slopes = np.empty((len(course.grid), len(course.compiled.states), len(asked)))
    seeds = np.empty((len(course.grid), len(course.compiled.parameters), len(asked)))
    for begin, end, inside in course.spans(out):
        solver.happen(begin)
        solver.advance(begin, end, inside, out, slopes, seeds)
    if any(event.time == course.grid[-1] for event in course.events):
        solver.happen(course.grid[-1])
        out[-1], slopes[-1], seeds[-1] = course.y, solver.slopes, solver.seeds
    return Sensitivity(course.compiled, tuple(one.name for one in asked), course.grid, out[:, :, 0], slopes, seeds, solver.steps)


class _Linear:
    """S as it stands, and what is needed to carry it on."""

    def __init__(self, course: Course, directions: Sequence[Direction], relative: float, absolute: float) -> None:
        compiled = course.compiled
        self.course, self.directions, self.relative = course, directions, relative
        self.module, names = load_kernel(compiled.laws, single=False)
        self.tables = renumbered(compiled, names)
        self.slopes = np.zeros((len(compiled.states), len(directions)))
        self.seeds = np.zeros((len(compiled.parameters), len(directions)))
        for column, one in enumerate(directions):
            for name, weight in one.parameters.items():
                self.seeds[_known(compiled.parameter_index, name, "parameter"), column] = weight
            for name, slope in one.start.items():
                self.slopes[_known(compiled.state_index, name, "pool or node"), column] = slope
        asked = {int(index) for index in np.flatnonzero(self.seeds.any(axis=1))}
        asked |= {
            compiled.parameter_index[name]
            for one in directions
            for changed in one.events.values()
            for name in changed
            if name in compiled.parameter_index
        }
        self.moving = sorted(asked)
        self.parameter_tables = _parameter_tables(compiled, names, self.moving)
        sizes = self.tables[15]
        self.work = [np.zeros((int(size), 1)) for size in sizes]
        self.work_p = [np.zeros((int(size), 1)) for size in self.parameter_tables[15]]
        self.tolerance = absolute * compiled.scales[:, None] * self._sizes()
        self.fine = absolute * FINER * compiled.scales
        self.steps = 0

    def _sizes(self) -> Array:
        """(directions,) one over the natural size of each: a relative change of a parameter, or of a start."""
        result = np.full(len(self.directions), 1e-300)
        y, p = np.abs(self.course.y[:, 0]), np.abs(self.course.p[:, 0])
        scales = self.course.compiled.scales
        for column in range(len(self.directions)):
            weights = np.abs(self.seeds[:, column])
            moved = np.flatnonzero(weights)
            if len(moved):
                result[column] = float(np.max(weights[moved] / np.maximum(p[moved], 1e-300)))
            slopes = np.abs(self.slopes[:, column])
            result[column] = max(result[column], float(np.max(slopes / np.maximum(y, scales), initial=0.0)))
        return np.where(result > 1e-299, result, 1.0)

    def happen(self, now: float) -> None:
        """Carry slopes through the events at a time, in their order."""
        network, compiled = self.course.network, self.course.compiled
        index = compiled.state_index
        for number, event in enumerate(self.course.events):
            if event.time != now:
                continue
            for name in event.set:
                self.seeds[compiled.parameter_index[name]] = 0.0
            for name, fraction in event.remove.items():
                for pool in [network.pools[name], *carried(network, name)]:
                    taken = fraction * self.slopes[index[pool.id]]
                    self.slopes[index[pool.id]] -= taken
                    if pool.element:
                        self.slopes[index[f"removed.{element_id(pool.element)}"]] += taken
            for column, one in enumerate(self.directions):
                for name, slope in one.events.get(number, {}).items():
                    if name in index:
                        self.slopes[index[name], column] += slope
                    else:
                        self.seeds[_known(compiled.parameter_index, name, "pool or parameter"), column] = slope

    def advance(self, begin: float, end: float, inside: NDArray[np.intp], out: Array, slopes: Array, seeds: Array) -> None:
        """From one event to the next; states and slopes at the output times inside are written as they are reached."""
        course = self.course
        stops = [float(course.grid[place]) for place in inside]
        for place, time in zip(inside, stops, strict=True):
            if time == begin:
                out[place], slopes[place], seeds[place] = course.y, self.slopes, self.seeds
        t, h, inner = begin, min(1e-3, end - begin), FIRST_STEP
        while t < end:
            ahead = min((time for time in (*stops, end) if time > t * (1.0 + 1e-14) + 1e-14), default=end)
            step = ahead - t if t + 1.001 * h >= ahead else h
            stages, inner_ahead = self._states(t, step, inner)
            fresh, error = self._step(step, stages)
            if error <= 1.0:
                t = ahead if step == ahead - t else t + step
                course.y = stages[-1].copy()
                self.slopes, inner = fresh, inner_ahead
                self.steps += 1
                for place, time in zip(inside, stops, strict=True):
                    if time == t:
                        out[place], slopes[place], seeds[place] = course.y, self.slopes, self.seeds
            h = step * min(4.0, max(0.2, 0.85 * max(error, 1e-8) ** -0.25)) if step >= h or error > 1.0 else h
            if h < 1e-12 * max(end, 1e-3):
                raise SolverError(f"The sensitivities of network '{course.network.name}' need steps too small near {t:g} h.")

    def _states(self, t: float, step: float, first: float) -> tuple[Array, float]:
        """(5, states, 1) amounts at the stages' times, and the solver's last step."""
        course, compiled = self.course, self.course.compiled
        order = np.argsort(NODES)
        part = np.empty((len(NODES), len(compiled.states), 1))
        state = course.y.copy()
        slots = self._slots()
        status, _, _, last = self.module.integrate(
            state,
            slots,
            t,
            t + step,
            t + step * NODES[order],
            part,
            self.relative * FINER,
            self.fine,
            min(first, step),
            20_000,
            self.tables,
        )
        if status or not np.all(np.isfinite(state)):
            raise SolverError(f"The solver failed between {t:g} and {t + step:g} h in network '{course.network.name}'.")
        stages = np.empty_like(part)
        stages[order] = part
        stages[-1] = state
        return stages, float(last)

    def _slots(self) -> Array:
        compiled = self.course.compiled
        slots = np.zeros((compiled.n_slots, 1))
        slots[len(compiled.states) : len(compiled.states) + len(compiled.parameters)] = self.course.p
        return slots

    def _step(self, h: float, stages: Array) -> tuple[Array, float]:
        """Slopes after a step, and its error over the tolerance."""
        module, tables = self.module, self.tables
        n, count = self.slopes.shape
        slots = self._slots()
        module.prelude(slots, tables)
        rates = np.zeros((len(NODES), n, count))
        inverse = 1.0 / (h * GAMMA)
        fresh = self.slopes
        entries = np.empty((0, 0))
        for stage in range(len(NODES)):
            slots[:n] = stages[stage]
            partials, chained, exact = self.work
            module.jacobian(slots, partials, chained, exact, tables)
            entries = -exact
            entries[tables[9]] += inverse
            module.factorise(entries, tables[10], tables[11], tables[12], tables[13])
            entries = np.repeat(entries, count, axis=1)
            base = self.slopes + h * np.tensordot(STAGES[stage, :stage], rates[:stage], axes=1)
            fresh = np.ascontiguousarray(inverse * base + self._by_parameters(slots) @ self.seeds[self.moving])
            module.solve(entries, tables[10], tables[11], tables[13], fresh)
            rates[stage] = inverse * (fresh - base)
        error = np.ascontiguousarray(inverse * h * np.tensordot(ERROR, rates, axes=1))
        module.solve(entries, tables[10], tables[11], tables[13], error)
        scale = self.tolerance + self.relative * np.maximum(np.abs(self.slopes), np.abs(fresh))
        norm = float(np.sqrt(np.mean((error / scale) ** 2, axis=0)).max()) if count else 0.0
        return fresh, norm if np.isfinite(norm) else 1e10

    def _by_parameters(self, slots: Array) -> Array:
        """(states, moving parameters) of dF/dp at the states in `slots`."""
        partials, chained, entries = self.work_p
        self.module.jacobian(slots.copy(), partials, chained, entries, self.parameter_tables)
        return entries.reshape(len(self.course.compiled.states), len(self.moving))


def _parameter_tables(
    compiled: CompiledNetwork, names: tuple[str, ...], moving: Sequence[int]
) -> tuple[NDArray[np.generic], ...]:
    """Tables by which the kernel's `jacobian` gives dF/dp as a dense matrix: all calls, seeded at the chosen parameters."""
    calls: list[Call] = [(compiled.laws[law], inputs, out) for law, inputs, out in compiled.calls]
    first = len(compiled.states)
    chain, entries = derivatives(calls, compiled.fluxes, {first + index: column for column, index in enumerate(moving)})
    width = max((len(inputs) for _, inputs, _ in calls), default=1)
    slots = np.zeros((max(len(calls), 1), width), dtype=np.int32)
    outputs, offsets = np.zeros(max(len(calls), 1), dtype=np.int32), np.zeros(max(len(calls), 1), dtype=np.int32)
    partial = 0
    for position, (_, inputs, out) in enumerate(calls):
        slots[position, : len(inputs)], outputs[position], offsets[position] = inputs, out, partial
        partial += len(inputs)
    n_derivatives = max((destination for destination, _, _ in chain), default=-1) + 1
    groups = np.array(stretches(calls, names, 0, len(calls)), dtype=np.int32).reshape(-1, 3)
    chained = np.array(chain, dtype=np.int32).reshape(-1, 3)
    places = np.array([(row * len(moving) + column, origin) for row, column, _, origin in entries], dtype=np.int32).reshape(-1, 2)
    signs = np.array([sign for _, _, sign, _ in entries], dtype=np.float64)
    sizes = np.array([partial, n_derivatives, len(compiled.states) * len(moving)], dtype=np.int64)
    own = compiled.tables
    return (groups, slots, outputs, offsets, own[4], own[5], chained, places, signs, *own[9:15], sizes)


def _known(index: Mapping[str, int], name: str, kind: str) -> int:
    if name not in index:
        raise InputError(f"'{name}' is no {kind} of this network", "", suggestion(name, index))
    return index[name]
