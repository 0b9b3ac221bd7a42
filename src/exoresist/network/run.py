"""Running a network: batches of parameter sets and starts over one compiled form, with events, and what came out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError, ModelError, SolverError, suggestion
from exoresist.core.memory import free_memory
from exoresist.network.compiled import CompiledNetwork
from exoresist.network.kernel import BLOCK, load_kernel
from exoresist.network.parts import Event
from exoresist.network.wiring import carried, check_events, element_id
from exoresist.numerics.slabs import threads

if TYPE_CHECKING:
    from exoresist.network.network import Network

Array = NDArray[np.float64]
Values = Mapping[str, "float | Array"]

# An event, and (amounts, values) of all sets before and after it; the last may be changed, which is where the solve goes on from.
Watch = Callable[[Event, tuple[Array, Array], tuple[Array, Array]], None]

COPIES = 2.5  # the amounts, the blocks of them that are being solved, and what a study makes of them
FIRST_STEP = 1e-4  # h; the step size is found within a few steps of any start or event
STATUS = {
    1: "took more steps than allowed",
    2: "needed steps too small for the arithmetic",
}


@dataclass(frozen=True)
class Run:
    """Result of a simulation.

    times    (T,) h
    amounts  (T, states, sets): every pool and node
    values   (parameters, sets) at the start
    changes  (time, values from then on), for events that set parameters
    """

    network: Network
    compiled: CompiledNetwork
    times: Array
    amounts: Array
    values: Array
    steps: int
    rejected: int
    supplied: Mapping[str, Array] = field(default_factory=dict)
    changes: Sequence[tuple[float, Array]] = ()

    def amount(self, name: str) -> Array:
        """(T, sets) amounts of a pool, or activities of a node."""
        index = self.compiled.state_index
        if name not in index:
            raise InputError(f"'{name}' is no pool or node of network '{self.network.name}'", "", suggestion(name, index))
        return self.amounts[:, index[name], :]

    def value(self, name: str) -> Array:
        """(T, sets) of anything with a slot: a pool as concentration is its derived value; `rate:process` a rate."""
        if name in self.compiled.state_index:
            return self.amount(name)
        if name not in self.compiled.slot_of:
            raise InputError(
                f"'{name}' is nothing that network '{self.network.name}' computes", "", suggestion(name, self.compiled.slot_of)
            )
        edges = [0, *(int(np.searchsorted(self.times, time)) for time, _ in self.changes), len(self.times)]
        pieces = [
            value_at(self.compiled, name, self.amounts[first:last], values)
            for first, last, values in zip(edges, edges[1:], [self.values, *(later for _, later in self.changes)], strict=False)
            if last > first
        ]
        return np.concatenate(pieces)

    def conservation(self) -> dict[str, float]:
        """Element -> largest relative change of its total over all pools and exchanges, events accounted for."""
        groups: dict[str, list[int]] = {}
        index = self.compiled.state_index
        for pool in self.network.pools.values():
            if pool.element:
                groups.setdefault(pool.element, []).append(index[pool.id])
        result = {}
        for element, members in groups.items():
            part = self.amounts[:, members, :]
            total = part.sum(axis=1)
            added = self.supplied.get(element, np.zeros_like(total))
            scale = np.maximum(np.abs(part).sum(axis=1).max(axis=0), 1e-300)
            result[element] = float(np.max(np.abs(total - total[:1] - added + added[:1]) / scale))
        return result


def value_at(compiled: CompiledNetwork, name: str, amounts: Array, values: Array) -> Array:
    """(T, sets) of a derived value or rate at amounts (T, states, sets), recomputed with the laws on arrays.

    values  (parameters, sets)
    """
    wanted, calls = {compiled.slot_of[name]}, []
    for law, inputs, out in reversed(compiled.calls):
        if out in wanted:
            wanted.update(inputs)
            calls.append((law, inputs, out))
    n_states = len(compiled.states)
    shape = (amounts.shape[0], amounts.shape[2])
    slots: dict[int, Array] = {slot: amounts[:, slot] for slot in wanted if slot < n_states}
    for slot in wanted:
        if n_states <= slot < n_states + len(compiled.parameters):
            slots[slot] = np.broadcast_to(values[slot - n_states], shape)
    for law, inputs, out in reversed(calls):
        slots[out] = np.broadcast_to(compiled.laws[law](*(slots[slot] for slot in inputs)), shape)
    return slots[compiled.slot_of[name]]


def integrate(
    network: Network,
    times: Iterable[float],
    values: Values | None = None,
    initial: Values | None = None,
    events: Sequence[Event] | None = None,
    relative: float = 1e-6,
    absolute: float = 1e-9,
    max_steps: int = 20_000,
    block: int = BLOCK,
    in_blocks: bool = False,
    report: Callable[[float], None] | None = None,
    watch: Watch | None = None,
) -> Run:
    """Solve a network for one or many parameter sets.

    times     output times, h, rising; the first is the start
    values    parameter -> number or array over sets, laid over the network's own
    initial   pool or node -> number or array over sets
    events    changes at times (amounts may be arrays over sets); default: the network's own
    relative  relative tolerance; `absolute` is taken times each pool's scale
    block     sets that advance together with one step size, at most
    watch     is told of every event, with amounts and values before and after it
    in_blocks use the kernel of blocks for a single set too, so that a program that mostly runs many sets compiles one kernel only

    Returns a Run with amounts (T, states, sets). Raises SolverError with advice when a solve fails, InputError for bad times or names.
    """
    course = Course(network, times, values or {}, initial or {}, events, watch)
    compiled, grid, sets = course.compiled, course.grid, course.sets
    blocks = _blocks(sets, block)
    module, names = load_kernel(compiled.laws, single=sets == 1 and not in_blocks)
    solver = _Solver(compiled, module.integrate, renumbered(compiled, names), relative, absolute * compiled.scales, max_steps)
    _check_memory(8.0 * len(grid) * len(compiled.states) * sets, sets, len(grid))
    out = np.empty((len(grid), len(compiled.states), sets))
    steps = rejected = 0
    with _workers() as pool:
        for begin, end, inside in course.spans(out):
            advance = partial(solver.advance, course.y, course.p, begin, end, grid[inside])
            # One block has nothing to share out: handing it to a thread would only wait for that thread.
            results = pool.map(advance, blocks) if len(blocks) > 1 else map(advance, blocks)
            for pick, result in zip(blocks, results, strict=True):
                status, taken, refused, state, part = result
                if status or not np.all(np.isfinite(state)):
                    raise _failure(network, compiled, status, pick, begin, end, course.p)
                course.y[:, pick] = state
                out[inside, :, pick] = part
                steps += taken
                rejected += refused
                if report is not None:
                    report((end - begin) * (pick.stop - pick.start))
    if not np.all(np.isfinite(out)):
        raise SolverError(f"Network '{network.name}' gave numbers that are not finite. Check sizes that may be zero.")
    return course.run(out, steps, rejected)


class Course:
    """What a solve starts from and what happens on its way, whichever solver carries it out.

    y, p      (states, sets) and (parameters, sets): amounts and values as they stand now
    supplied  element -> (T, sets) what events have added up to each output time

    Raises InputError for times that do not rise, ModelError for names and events that do not fit.
    """

    def __init__(
        self,
        network: Network,
        times: Iterable[float],
        values: Values,
        initial: Values,
        events: Sequence[Event] | None,
        watch: Watch | None = None,
    ) -> None:
        self.network, self.compiled, self._watch = network, network.compile(), watch
        self.grid = np.asarray(list(times), dtype=float)
        if self.grid.ndim != 1 or len(self.grid) < 1 or not np.all(np.isfinite(self.grid)) or np.any(np.diff(self.grid) <= 0):
            raise InputError("output times must rise", "finite hours, each later than the one before")
        self.events = list(network.events if events is None else events)
        check_events(network, self.events)
        self.sets = _number_of_sets(values, initial, self.events)
        self.y = _filled(self.compiled.states, self.compiled.initial, initial, self.sets, "pool or node")
        self.p = _filled(self.compiled.parameters, self.compiled.values, values, self.sets, "parameter")
        self.at_start = self.p.copy()
        self.supplied: dict[str, Array] = {}
        self.changes: list[tuple[float, Array]] = []

    def spans(self, out: Array) -> Iterator[tuple[float, float, NDArray[np.intp]]]:
        """(begin, end, output positions inside) of every stretch without events, each begun with its events applied.

        out  (T, states, sets): receives the state at times on which only an event falls
        """
        first, last = self.grid[0], self.grid[-1]
        stops = sorted({event.time for event in self.events if first <= event.time <= last} | {first, last})
        for begin, end in zip(stops, [*stops[1:], last], strict=True):
            for event in self.events:
                if event.time == begin:
                    before = (self.y.copy(), self.p.copy()) if self._watch else None
                    _apply(self.network, self.compiled, event, self.y, self.p, self.supplied, self.grid, begin)
                    if self._watch and before:
                        self._watch(event, before, (self.y, self.p))
                    if event.set:
                        self.changes.append((begin, self.p.copy()))
            inside = np.flatnonzero((self.grid >= begin) & (self.grid <= end))
            if end > begin:
                yield begin, end, inside
            else:
                out[inside] = self.y[None]

    def run(self, out: Array, steps: int, rejected: int) -> Run:
        """The finished Run."""
        return Run(self.network, self.compiled, self.grid, out, self.at_start, steps, rejected, self.supplied, self.changes)


@contextmanager
def _workers() -> Iterator[ThreadPoolExecutor]:
    """Threads that stop taking up work as soon as one solve fails or the user interrupts."""
    pool = ThreadPoolExecutor(threads())
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _check_memory(needed: float, sets: int, times: int) -> None:
    """Refuse a result that cannot be held: what the system would do instead is to kill the program."""
    free = free_memory()
    if free is not None and needed * COPIES > free:
        raise SolverError(
            f"{sets} parameter sets and doses at {times} times need {needed * COPIES / 2**30:.1f} GiB of memory, but "
            f"{free / 2**30:.1f} GiB are free. Lower the draws, the number of doses or the saved times (`every`)."
        )


@dataclass(frozen=True)
class _Solver:
    """A kernel's integrator with the tables and tolerances of one network."""

    compiled: CompiledNetwork
    kernel: Callable[..., tuple[int, int, int, float]]
    tables: tuple[NDArray[np.generic], ...]
    relative: float
    absolute: Array
    max_steps: int

    def advance(
        self, y: Array, p: Array, begin: float, end: float, times: Array, pick: slice
    ) -> tuple[int, int, int, Array, Array]:
        """Advance the sets of one block; gives status, steps taken and refused, the final state and the states at `times`."""
        compiled = self.compiled
        width = pick.stop - pick.start
        state = np.ascontiguousarray(y[:, pick])
        slots = np.zeros((compiled.n_slots, width))
        slots[len(compiled.states) : len(compiled.states) + len(compiled.parameters)] = p[:, pick]
        part = np.empty((len(times), len(compiled.states), width))
        status, taken, refused, _ = self.kernel(
            state, slots, begin, end, times, part, self.relative, self.absolute, FIRST_STEP, self.max_steps, self.tables
        )
        return status, taken, refused, state, part


def _blocks(sets: int, block: int) -> list[slice]:
    """Runs of sets that advance together, of nearly equal width; at least two, so that two processors have work.

    Fixed by the number of sets alone: a result never depends on the number of threads.
    """
    count = max(-(-sets // block), min(2, -(-sets // 8)))
    edges = [sets * index // count for index in range(count + 1)]
    return [slice(first, last) for first, last in itertools.pairwise(edges)]


def renumbered(compiled: CompiledNetwork, names: tuple[str, ...]) -> tuple[NDArray[np.generic], ...]:
    """Tables with law numbers of the served kernel: a network numbers only the laws it uses."""
    own = sorted(compiled.laws)

    def renumbered(groups: NDArray[np.generic]) -> NDArray[np.generic]:
        result = groups.copy()
        result[:, 0] = [names.index(own[int(number)]) for number in groups[:, 0]]
        return result

    tables = compiled.tables
    return (renumbered(tables[0]), *tables[1:14], renumbered(tables[14]), tables[15])


def _number_of_sets(values: Values, initial: Values, events: Sequence[Event]) -> int:
    sizes = {
        np.size(value)
        for group in (values, initial, *(event.add for event in events), *(event.set for event in events))
        for value in group.values()
        if np.ndim(value) == 1
    }
    if len(sizes) > 1:
        raise InputError(f"parameter sets have different lengths: {sorted(sizes)}", "arrays of one length")
    return sizes.pop() if sizes else 1


def _filled(names: tuple[str, ...], default: Array, given: Values, sets: int, kind: str) -> Array:
    index = {name: position for position, name in enumerate(names)}
    result = np.repeat(np.asarray(default, dtype=float)[:, None], sets, axis=1)
    for name, value in given.items():
        if name not in index:
            raise ModelError(f"'{name}' is no {kind} of this network. {suggestion(name, index)}")
        result[index[name]] = value
    if not np.all(np.isfinite(result)):
        bad = [names[row] for row in np.flatnonzero(~np.isfinite(result).all(axis=1))]
        raise InputError(f"{kind} {', '.join(bad)} is not a finite number", "finite numbers")
    return result


def _apply(
    network: Network,
    compiled: CompiledNetwork,
    event: Event,
    y: Array,
    p: Array,
    supplied: dict[str, Array],
    grid: Array,
    now: float,
) -> None:
    index = compiled.state_index
    for name, value in event.set.items():
        p[compiled.parameter_index[name]] = value
    for name, fraction in event.remove.items():
        for pool in [network.pools[name], *carried(network, name)]:
            taken = fraction * y[index[pool.id]]
            y[index[pool.id]] -= taken
            if pool.element:
                exchange = f"removed.{element_id(pool.element)}"
                if exchange not in index:
                    raise ModelError(
                        f"Event '{event.label or event.time}' removes '{pool.element}', which has no exchange '{exchange}'. Add that pool."
                    )
                y[index[exchange]] += taken
    for name, amount in event.add.items():
        y[index[name]] += amount
        element = network.pools[name].element
        if element:
            if element not in supplied:
                supplied[element] = np.zeros((len(grid), y.shape[1]))
            supplied[element][grid >= now] += amount


def _failure(
    network: Network, compiled: CompiledNetwork, status: int, block: slice, begin: float, end: float, p: Array
) -> SolverError:
    reason = STATUS.get(status, "gave numbers that are not finite")
    return SolverError(
        f"The solver {reason} between {begin:g} h and {end:g} h in network '{network.name}' "
        f"(sets {block.start} to {block.stop - 1}). Usual causes: a rate or amount far outside its physical range "
        f"({_suspects(network, compiled, p[:, block.start])}). Check the parameters and doses, or shorten the duration."
    )


def _suspects(network: Network, compiled: CompiledNetwork, values: Array) -> str:
    """What a user changed, and the fastest rates: where to look first."""
    given = dict(zip(compiled.parameters, map(float, values), strict=True))
    parts = [network.parameters[name] for name in given]
    changed = [(part.id, given[part.id]) for part in parts if part.quantity is not None and part.quantity.source == "scenario"]
    rates = sorted(((part.id, given[part.id]) for part in parts if part.unit == "1/h"), key=lambda pair: -abs(pair[1]))
    groups = [("set by the scenario", changed[:6]), ("fastest", rates[:3])]
    return "; ".join(f"{what}: " + ", ".join(f"{name} = {value:.3g}" for name, value in group) for what, group in groups if group)
