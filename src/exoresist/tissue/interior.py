"""The network inside cells: one checked network for each type of cell, and the contents of every cell of that type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError, SolverError, unknown_name
from exoresist.network import Network
from exoresist.network.cell import CellNetwork
from exoresist.network.fluid import pools_read
from exoresist.network.kernel import load_kernel
from exoresist.network.run import STATUS, renumbered
from exoresist.numerics.cellwise import LANES
from exoresist.numerics.slabs import Slabs

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
MAX_STEPS = 10_000
SMALL_BLOCKS = 8  # blocks below which one thread does it all


class Watch(Protocol):
    """Told before and after cells of a type advance on the medium they have been lent."""

    def opened(self) -> None: ...

    def closed(self, span: float) -> None: ...


class Contents:
    """Contents of all cells of one type.

    amounts   (states, room) of living cells, one lane each, in the order in which they came; `count` of them are in use
    dead      (states, dead cells) of bodies that are not cleared yet
    varying   (V, room) parameters that differ from cell to cell
    owner     (room,) index of the cell that a lane belongs to
    varied    names of the parameters that differ: the cell's share of medium, its room, stresses, and `differing`, which daughters inherit
    ledger    exchange pool -> amount booked by cells that are gone
    feels     whether the hazard depends on the medium
    watch     told of every step of the networks; None: nobody

    The accuracy is that of one network step: `relative`, and absolute over each pool's scale.
    """

    def __init__(
        self, interior: CellNetwork, slabs: Slabs, relative: float = 5e-3, absolute: float = 1e-6, differing: Sequence[str] = ()
    ) -> None:
        self.interior, self.slabs, self.relative = interior, slabs, relative
        self.watch: Watch | None = None
        network = interior.network
        self.compiled = compiled = network.compile()
        self._kernel, names = load_kernel(compiled.laws, single=False)
        self._tables = renumbered(compiled, names)
        self._absolute = absolute * compiled.scales
        self.states = compiled.state_index
        self.n = len(compiled.states)
        if interior.counters:  # the error that is judged is that of the other states, as without counters
            share = float(np.sqrt(1.0 - len(interior.counters) / self.n))
            self.relative, self._absolute = share * relative, share * self._absolute
        differing = (*differing, *interior.marks)
        given = (interior.volume, interior.capacity, *interior.stress.values())
        self.varied = (*given, *differing)
        for name in differing:
            if name not in compiled.parameter_index:
                raise unknown_name("parameter", name, compiled.parameter_index)
            if name in given:
                raise InputError(f"'{name}' follows from where a cell is", "another number of its network")
        self.own_from = len(given)  # rows of `varying` from here on are the cell's own, which daughters inherit
        self._own = slice(len(given), None)
        self._where = np.array([self.n + compiled.parameter_index[name] for name in self.varied], dtype=np.int64)
        self.base = compiled.values.copy()
        self.count = 0
        self.amounts = np.zeros((self.n, 0))
        self.varying = np.zeros((len(self.varied), 0))
        self.owner = np.zeros(0, dtype=np.int64)
        self.steps = np.zeros(0)
        self.dead = np.zeros((self.n, 0))
        self.dead_owner = np.zeros(0, dtype=np.int64)
        pools = network.pools
        self.medium = np.array([self.states[name] for name in interior.medium], dtype=np.int64)
        self.exchange = np.array([self.states[pool.id] for pool in pools.values() if pool.exchange], dtype=np.int64)
        self.biomass = self.states[interior.cells]
        self.feels = not pools_read(network, interior.hazard).isdisjoint(interior.medium)
        self.gone = np.zeros(len(self.exchange))
        self._shared = _shares(network, compiled.states, interior.medium)
        start = {**dict(zip(compiled.states, compiled.initial, strict=True)), **interior.start}
        self._start = np.array([float(start[name]) for name in compiled.states])
        self.taken = self.refused = 0

    # -- cells come and go

    def add(self, owners: Indices, biomass: Array) -> NDArray[np.int32]:
        """New cells at their start content, in proportion to their biomass; gives their lanes."""
        lanes = self._room(owners)
        self.amounts[:, lanes] = self.at_start(biomass)
        for row in range(len(self.varied))[self._own]:
            self.varying[row, lanes] = self.base_of(row)
        return lanes.astype(np.int32)

    def at_start(self, biomass: Array) -> Array:
        """(states, cells) contents of new cells: amounts in proportion to biomass, activities as they are."""
        return np.where(self._extensive[:, None], self._start[:, None] * biomass, self._start[:, None])

    def reset(self, count: int, blocks: int) -> None:
        """Room for `count` cells in blocks, all contents 0: what a checkpoint or a grown tumour is put into."""
        room = max(LANES * blocks, count)
        self.amounts, self.varying = np.zeros((self.n, room)), np.zeros((len(self.varied), room))
        self.owner, self.steps = np.zeros(room, dtype=np.int64), np.full(blocks, 1e-3)
        self.count = count

    def differ(self, name: str, factor: Array) -> None:
        """Multiply a parameter of `differing` in every living cell by its factor, (living cells,)."""
        row = self.varied.index(name)
        self.varying[row, : self.count] *= factor

    def change(self, name: str, value: float, fresh: bool) -> None:
        """From now on a parameter has a new value; where cells differ in it, each keeps its share (`fresh`: that is still to be done)."""
        place = self.compiled.parameter_index[name]
        before, self.base[place] = self.base[place], value
        if fresh and name in self.varied[self._own]:
            row = self.varied.index(name)
            share = self.varying[row, : self.count] / before if before > 0.0 else np.ones(self.count)
            self.varying[row, : self.count] = value * share

    def divide(self, mothers: Indices, owners: Indices) -> NDArray[np.int32]:
        """Each mother lane gives half of all amounts to a new lane; activities are copied, exchanges stay with the mother."""
        lanes = self._room(owners)
        given = self.amounts[:, mothers] * self._shared[:, None]
        self.amounts[:, lanes] = given
        self.amounts[:, mothers] -= np.where(self._extensive[:, None], given, 0.0)
        self.varying[:, lanes] = self.varying[:, mothers]
        return lanes.astype(np.int32)

    def kill(self, lanes: Indices) -> NDArray[np.int32]:
        """Living lanes become dead bodies with all they hold; gives their places among the dead."""
        places = np.arange(len(self.dead_owner), len(self.dead_owner) + len(lanes), dtype=np.int32)
        self.dead = np.concatenate([self.dead, self.amounts[:, lanes]], axis=1)
        self.dead_owner = np.concatenate([self.dead_owner, self.owner[lanes]])
        keep = np.ones(self.count, dtype=bool)
        keep[lanes] = False
        left = np.flatnonzero(keep)
        for rows in (self.amounts, self.varying):
            rows[:, : len(left)] = rows[:, left]
        self.owner[: len(left)] = self.owner[left]
        self.count = len(left)
        return places

    def clear(self, places: Indices) -> Array:
        """Dead bodies vanish; gives what they leave in each medium pool (M, bodies). The rest is booked on its exchange."""
        bodies = self.dead[:, places]
        left = np.zeros((len(self.medium), len(places)))
        position = {state: index for index, state in enumerate(self.medium)}
        booked = {state: index for index, state in enumerate(self.exchange)}
        for name, to in self.interior.remains.items():
            amount, target = bodies[self.states[name]], self.states[to]
            if target in position:
                left[position[target]] += amount
            else:
                self.gone[booked[target]] += amount.sum()
        self.gone += bodies[self.exchange].sum(axis=1)
        keep = np.ones(self.dead.shape[1], dtype=bool)
        keep[places] = False
        self.dead, self.dead_owner = np.ascontiguousarray(self.dead[:, keep]), self.dead_owner[keep]
        return left

    def _room(self, owners: Indices) -> Indices:
        first, self.count = self.count, self.count + len(owners)
        if self.count > self.amounts.shape[1]:
            wide = LANES * -(-int(self.count * 1.3 + LANES) // LANES)
            self.amounts = _widened(self.amounts, wide)
            self.varying = _widened(self.varying, wide)
            self.owner = np.concatenate([self.owner, np.zeros(wide - len(self.owner), dtype=np.int64)])
            self.steps = np.concatenate([self.steps, np.full(wide // LANES - len(self.steps), 1e-3)])
        self.owner[first : self.count] = owners
        return np.arange(first, self.count)

    # -- the network

    def advance(self, span: float) -> None:
        """All living cells by `span` hours, each with its share of the medium. Raises SolverError."""

        def work(_: int, first: int, last: int) -> tuple[int, int, int]:
            told: tuple[int, int, int] = self._kernel.advance_cells(
                first, last, self.count, self.amounts, self.base, self.varying, self._where, span, self.steps,
                self.relative, self._absolute, MAX_STEPS, self._tables, self.compiled.n_slots,
            )  # fmt: skip
            return told

        if self.count == 0:
            return
        if self.watch is not None:
            self.watch.opened()
        for status, taken, refused in self.slabs.run(work, -(-self.count // LANES), small=SMALL_BLOCKS):
            if status:
                raise SolverError(
                    f"The solver {STATUS[status]} inside cells of network '{self.interior.network.name}'. Usual causes: a rate far "
                    "outside its physical range, or a network step that is far too long. Check the parameters, or shorten that step."
                )
            self.taken += taken
            self.refused += refused
        if self.watch is not None:
            self.watch.closed(span)

    def read(self, names: Sequence[str]) -> Array:
        """(names, living cells) of anything the network computes."""
        slots = self.compiled.slot_of
        unknown = [name for name in names if name not in slots]
        if unknown:
            raise InputError(f"'{unknown[0]}' is nothing that network '{self.interior.network.name}' computes")
        wanted = np.array([slots[name] for name in names], dtype=np.int64)
        out = np.empty((len(names), self.count))

        def work(_: int, first: int, last: int) -> None:
            self._kernel.read_cells(
                first, last, self.count, self.amounts, self.base, self.varying, self._where, wanted, out,
                self._tables, self.compiled.n_slots,
            )  # fmt: skip

        if self.count:
            self.slabs.run(work, -(-self.count // LANES), small=SMALL_BLOCKS)
        return out

    def row(self, name: str) -> Array:
        """(living cells) amounts of a pool or activities of a node; a view."""
        return self.amounts[self.states[name], : self.count]

    def base_of(self, row: int) -> float:
        """The value that a varied parameter has in the scenario."""
        return float(self.base[self.compiled.parameter_index[self.varied[row]]])

    # -- conservation

    def totals(self) -> dict[str, float]:
        """Element -> amount in all cells, living and dead, and on all exchanges; the shared medium is not counted."""
        result: dict[str, float] = {}
        medium = set(self.medium.tolist())
        booked = {state: index for index, state in enumerate(self.exchange)}
        for pool in self.interior.network.pools.values():
            state = self.states[pool.id]
            if not pool.element or state in medium:
                continue
            total = float(self.amounts[state, : self.count].sum() + self.dead[state].sum())
            total += float(self.gone[booked[state]]) if state in booked else 0.0
            result[pool.element] = result.get(pool.element, 0.0) + total
        return result

    @property
    def _extensive(self) -> NDArray[np.bool_]:
        return np.asarray(np.arange(self.n) < len(self.interior.network.pools))  # pools come before nodes


def _widened(rows: Array, wide: int) -> Array:
    result = np.zeros((rows.shape[0], wide))
    result[:, : rows.shape[1]] = rows
    return result


def _shares(network: Network, states: tuple[str, ...], medium: tuple[str, ...]) -> Array:
    """What a daughter gets of each state: half of amounts, a copy of activities, nothing of exchanges and of the medium."""
    shares = np.ones(len(states))
    for index, name in enumerate(states):
        pool = network.pools.get(name)
        if pool is not None:
            shares[index] = 0.0 if pool.exchange or name in medium else 0.5
    return shares
