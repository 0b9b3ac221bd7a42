"""From parts to arrays: a tape of law calls over slots, the flux table, and the sparse Jacobian by the chain rule.

Slots are [states | parameters | intermediate values]. The tape is grouped by law, so that one dispatcher serves every network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exoresist.laws import kinetics
from exoresist.laws.registry import Law
from exoresist.network.parts import Amount, PerSize, Process, RateOf, Reference, Route, Sum
from exoresist.numerics.sparse import Factorisation, symbolic_factorisation

if TYPE_CHECKING:
    from exoresist.network.network import Network

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Flux:
    """One flow of the network: a slot with its rate, moved out of `source` into `sink` (state indices, -1 for none)."""

    process: str
    moved: str
    slot: int
    source: int
    sink: int


@dataclass
class Tape:
    """The tape while it is written: law calls in order, repeated calls shared."""

    first_free: int
    calls: list[tuple[Law, tuple[int, ...], int]] = field(default_factory=list)
    known: dict[tuple[str, tuple[int, ...]], int] = field(default_factory=dict)

    def emit(self, law: Law, slots: tuple[int, ...]) -> int:
        key = (law.name, slots)
        if key not in self.known:
            self.known[key] = self.first_free
            self.calls.append((law, slots, self.first_free))
            self.first_free += 1
        return self.known[key]


@dataclass(frozen=True)
class CompiledNetwork:
    """Index and value arrays of one network.

    states, parameters  ids in slot order
    initial, values     start amounts and parameter values
    laws                laws in use, by position in the kernel
    tables              everything the kernel reads, see `network.kernel`
    """

    name: str
    states: tuple[str, ...]
    parameters: tuple[str, ...]
    initial: NDArray[np.float64]
    values: NDArray[np.float64]
    scales: NDArray[np.float64]
    laws: dict[str, Law]
    calls: tuple[tuple[str, tuple[int, ...], int], ...]
    fluxes: tuple[Flux, ...]
    slot_of: Mapping[str, int]
    tables: tuple[NDArray[np.generic], ...]
    factorisation: Factorisation
    n_slots: int

    @property
    def state_index(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.states)}

    @property
    def parameter_index(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.parameters)}


class _Builder:
    def __init__(self, network: Network) -> None:
        self.network = network
        self.states = [*network.pools, *network.nodes]
        self.parameters = [*network.parameters]
        self.slots = {name: index for index, name in enumerate(self.states)}
        self.slots.update({name: len(self.states) + index for index, name in enumerate(self.parameters)})
        self.tape = Tape(len(self.states) + len(self.parameters))
        self.fluxes: list[Flux] = []
        self.derived: dict[str, int] = {}

    def slot(self, reference: Reference) -> int:
        network = self.network
        if isinstance(reference, Amount):
            return self.slots[reference.pool]
        if isinstance(reference, PerSize):
            return self.tape.emit(kinetics.ratio, (self.slots[reference.pool], self._size(reference.size)))
        if isinstance(reference, RateOf):
            return self.rate(reference.process)
        if reference in network.pools:
            size = network.pools[reference].size
            if size:
                return self.tape.emit(kinetics.ratio, (self.slots[reference], self._size(size)))
            return self.slots[reference]
        if reference in self.slots:
            return self.slots[reference]
        if reference not in self.derived:
            part = network.derived[reference]
            if isinstance(part, Sum):
                found = self.slot(part.terms[0])
                for term in part.terms[1:]:
                    found = self.tape.emit(kinetics.total, (found, self.slot(term)))
                if len(part.terms) == 1:
                    found = self.tape.emit(kinetics.constant, (found,))
            else:
                found = self.call(part.law, part.inputs)
            self.derived[reference] = found
        return self.derived[reference]

    def _size(self, name: str) -> int:
        return self.slots[name] if name in self.network.pools else self.slot(name)

    def call(self, law: Law, inputs: Mapping[str, Reference]) -> int:
        return self.tape.emit(law, tuple(self.slot(inputs[argument]) for argument in law.arguments))

    def index(self, pool: str) -> int:
        return self.slots[pool] if pool else -1

    def rate(self, name: str) -> int:
        """Slot with a process's modulated rate."""
        key = f"rate:{name}"
        if key not in self.derived:
            process = self.network.processes[name]
            rate = self.call(process.law, process.inputs)
            for modulation in self.network.modulations:
                if modulation.process == name:
                    rate = self.tape.emit(kinetics.product, (rate, self.call(modulation.law, modulation.inputs)))
            self.derived[key] = rate
        return self.derived[key]

    def processes(self) -> None:
        for process in self.network.processes.values():
            rate = self.rate(process.id)
            source, sink = self.index(process.source), self.index(process.sink)
            if process.birth:
                flux = self.tape.emit(kinetics.product, (rate, sink))
                self.fluxes.append(Flux(process.id, process.sink, flux, source, sink))
                self._inherit(process.id, process.sink, rate)
            elif process.specific:
                flux = self.tape.emit(kinetics.product, (rate, source))
                self.fluxes.append(Flux(process.id, process.source, flux, source, sink))
                self._ride(process, process.source, rate)
            else:
                self.fluxes.append(Flux(process.id, process.source or process.sink, rate, source, sink))

    def _inherit(self, process: str, carrier: str, rate: int) -> None:
        for pool in self.network.passengers_of(carrier):
            if pool.inherit != "share":
                state = self.slots[pool.id]
                flux = self.tape.emit(kinetics.product, (rate, state))
                ends = (-1, state) if pool.inherit == "copy" else (state, -1)
                self.fluxes.append(Flux(process, pool.id, flux, *ends))
            self._inherit(process, pool.id, rate)

    def _ride(self, process: Process, carrier: str, rate: int) -> None:
        for pool in self.network.passengers_of(carrier):
            state = self.slots[pool.id]
            left = self.tape.emit(kinetics.product, (rate, state))
            rest: Route | None = None
            for route in process.fate(pool) or ():
                if route.fraction is None:
                    rest = route
                    continue
                part = self.tape.emit(kinetics.product, (self.slot(route.fraction), self._product(rate, state)))
                self.fluxes.append(Flux(process.id, pool.id, part, state, self.index(route.to)))
                left = self.tape.emit(kinetics.difference, (left, part))
            assert rest is not None
            self.fluxes.append(Flux(process.id, pool.id, left, state, self.index(rest.to)))
            self._ride(process, pool.id, rate)

    def _product(self, rate: int, state: int) -> int:
        return self.tape.emit(kinetics.product, (rate, state))

    def nodes(self) -> None:
        for node in self.network.nodes.values():
            asked = -1
            for law, inputs in node.regulators:
                term = self.call(law, inputs)
                asked = term if asked < 0 else self.tape.emit(kinetics.product, (asked, term))
            if asked < 0:
                continue
            from exoresist.laws.signalling import relaxation

            state = self.slots[node.id]
            change = self.tape.emit(relaxation, (asked, state, self.slot(node.time)))
            self.fluxes.append(Flux(f"node:{node.id}", node.id, change, -1, state))


def compile_network(network: Network) -> CompiledNetwork:
    """Arrays for the kernels; the network has been checked."""
    builder = _Builder(network)
    for name in network.derived:
        builder.slot(name)
    builder.processes()
    builder.nodes()
    prelude, calls = _grouped(builder.tape.calls, len(builder.states), len(builder.parameters))
    laws = {law.name: law for law, _, _ in (*prelude, *calls)}
    n_states = len(builder.states)
    chain, jacobian = derivatives(calls, builder.fluxes, {state: state for state in range(n_states)})
    pattern = {(row, column) for row, column, _, _ in jacobian}
    factorisation = symbolic_factorisation(n_states, pattern)
    pools = list(network.pools.values())
    tables = _tables(prelude, calls, sorted(laws), builder.fluxes, chain, jacobian, factorisation)
    return CompiledNetwork(
        name=network.name,
        states=tuple(builder.states),
        parameters=tuple(builder.parameters),
        initial=np.array([pool.initial for pool in pools] + [node.initial for node in network.nodes.values()]),
        values=np.array([parameter.value for parameter in network.parameters.values()], dtype=float),
        scales=np.array([pool.scale for pool in pools] + [1.0 for _ in network.nodes]),
        laws=laws,
        calls=tuple((law.name, inputs, out) for law, inputs, out in (*prelude, *calls)),
        fluxes=tuple(builder.fluxes),
        slot_of={**builder.slots, **builder.derived},
        tables=tables,
        factorisation=factorisation,
        n_slots=builder.tape.first_free,
    )


Call = tuple[Law, tuple[int, ...], int]


def _grouped(calls: list[Call], n_states: int, n_parameters: int) -> tuple[list[Call], list[Call]]:
    """(calls that depend on parameters only, the others), each in order of depth, then of law, so that calls of one law stand together."""
    depth = {slot: 0 for slot in range(n_states + n_parameters)}
    moving = set(range(n_states))
    for _, inputs, out in calls:
        depth[out] = 1 + max(depth[slot] for slot in inputs)
        if moving.intersection(inputs):
            moving.add(out)
    ordered = sorted(calls, key=lambda call: (depth[call[2]], call[0].name, call[2]))
    return [call for call in ordered if call[2] not in moving], [call for call in ordered if call[2] in moving]


Chain = list[tuple[int, int, int]]  # (destination, partial, origin or -1)
Entries = list[tuple[int, int, float, int]]  # (row, column, coefficient, derivative or -1)


def derivatives(calls: Sequence[Call], fluxes: Sequence[Flux], columns: Mapping[int, int]) -> tuple[Chain, Entries]:
    """Forward chain rule over the tape, as lists of multiply-adds that the kernel repeats with numbers.

    columns  slot -> column of the matrix, of what is differentiated by: states, or parameters
    """
    rows: dict[int, dict[int, int]] = {}  # slot -> column -> derivative index
    chain: Chain = []
    count = 0
    partial = 0
    for law, inputs, out in calls:
        row: dict[int, int] = {}
        zero = law.ignored
        for position, slot in enumerate(inputs):
            if position not in zero:
                origins = {columns[slot]: -1} if slot in columns else rows.get(slot, {})
                for state, origin in origins.items():
                    if state not in row:
                        row[state] = count
                        count += 1
                    chain.append((row[state], partial + position, origin))
        partial += len(inputs)
        if row:
            rows[out] = row
    entries: Entries = []
    for flux in fluxes:
        origins = {columns[flux.slot]: -1} if flux.slot in columns else rows.get(flux.slot, {})
        for state, origin in origins.items():
            if flux.source >= 0:
                entries.append((flux.source, state, -1.0, origin))
            if flux.sink >= 0:
                entries.append((flux.sink, state, 1.0, origin))
    return chain, entries


def _tables(
    prelude: list[Call],
    calls: list[Call],
    names: list[str],
    fluxes: list[Flux],
    chain: Chain,
    jacobian: Entries,
    factorisation: Factorisation,
) -> tuple[NDArray[np.generic], ...]:
    listed = [*calls, *prelude]
    width = max((len(inputs) for _, inputs, _ in listed), default=1)
    inputs = np.zeros((max(len(listed), 1), width), dtype=np.int32)
    outputs = np.zeros(max(len(listed), 1), dtype=np.int32)
    offsets = np.zeros(max(len(listed), 1), dtype=np.int32)
    partial = 0
    for position, (_, slots, out) in enumerate(listed):
        inputs[position, : len(slots)] = slots
        outputs[position] = out
        if position < len(calls):  # slopes are asked only of what moves
            offsets[position] = partial
            partial += len(slots)
    groups = stretches(listed, names, 0, len(calls))
    groups_before = stretches(listed, names, len(calls), len(listed))
    flow: list[tuple[int, int, float]] = []
    for flux in fluxes:
        if flux.source >= 0:
            flow.append((flux.slot, flux.source, -1.0))
        if flux.sink >= 0:
            flow.append((flux.slot, flux.sink, 1.0))
    place = factorisation.position
    n_derivatives = max((destination for destination, _, _ in chain), default=-1) + 1

    def ints(values: object, columns: int) -> Ints:
        return np.array(values, dtype=np.int32).reshape(-1, columns)

    return (
        ints(groups, 3),
        inputs,
        outputs,
        offsets,
        ints([(slot, state) for slot, state, _ in flow], 2),
        np.array([sign for _, _, sign in flow], dtype=np.float64),
        ints(chain, 3),
        ints([(place[row, column], origin) for row, column, _, origin in jacobian], 2),
        np.array([sign for _, _, sign, _ in jacobian], dtype=np.float64),
        factorisation.diagonal,
        factorisation.pivots,
        factorisation.lower,
        factorisation.updates,
        factorisation.upper,
        ints(groups_before, 3),
        np.array([partial, n_derivatives, factorisation.n_entries], dtype=np.int64),
    )


def stretches(calls: Sequence[Call], names: Sequence[str], first: int, last: int) -> list[list[int]]:
    """[law, first call, last call) of each stretch of calls of one law."""
    groups: list[list[int]] = []
    for position in range(first, last):
        number = names.index(calls[position][0].name)
        if groups and groups[-1][0] == number:
            groups[-1][2] = position + 1
        else:
            groups.append([number, position, position + 1])
    return groups
