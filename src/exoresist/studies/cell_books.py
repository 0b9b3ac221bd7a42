"""The account of the cells of one type: how much each flow has moved the trait of each cell, by channel and origin.

Between two times the trait of a cell changes by the integral of its slopes along the straight line between the states, times what every
flow has moved (`assembly.cell_ledger`). A node's activity is kept apart by origin: with f what its regulators ask for, split as F_o,

    n_o(h) = F_o + (n_o − F_o)·e^(−h/tau) + kappa·ΔF_o + rest_o,      kappa = 1 − (1 − e^(−h/tau))·tau/h,

exact where what is asked moves evenly over the step; `rest` is what the solver's step differs by, a share of the step's square, and goes
to the origins by the size of their parts. Sums over origins are f and n themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.cell_ledger import CellLedger, Slope, mark
from exoresist.assembly.changes import NATIVE
from exoresist.assembly.layout import INDUCED
from exoresist.network.reading import Reading
from exoresist.tissue.interior import Contents

Array = NDArray[np.float64]
Key = tuple[str, str, str, str]  # part, process, channel, origin
START: Key = ("start", "", "", "")  # what the first look at a cell's place shows: where the account begins
PLACE = "surroundings"
POINTS = (4, 8, 16, 32)  # of the integral along the line, until the slopes give the change
CLOSE = 1e-13  # ln C*, or an activity
PASSES = 4  # at most, through nodes that drive each other


class CellBooks:
    """Account of one type of cell; told by its contents of every step of the networks.

    first_biomass, first_trait  (cells,) as the networks began to run; `begun`: that was in this life step
    """

    def __init__(self, ledger: CellLedger, contents: Contents, numbers: Mapping[str, float]) -> None:
        self.ledger, self.contents = ledger, contents
        compiled = ledger.reader.compile()
        self._own = {**dict(zip(compiled.parameters, map(float, compiled.values), strict=True)), **numbers}
        self._trait = Reading(compiled, [ledger.z, *(node.asked for node in ledger.nodes.values())])
        self._slopes = [slope for listed in self._listed() for slope in listed]
        self._slope = Reading(compiled, [slope.value for slope in self._slopes])
        self._times = Reading(compiled, [node.time for node in ledger.nodes.values()])
        states = set(compiled.states)
        moved = {name for name in (*self._trait.needs, *self._slope.needs) if name in states}
        self._moved = sorted(moved | {slope.state for slope in self._slopes} | set(ledger.nodes) | {ledger.inside.cells})
        self._counters = np.array([contents.states[one.counter] for one in ledger.counted], dtype=np.intp)
        self._place = [name for name in ledger.context if name not in ledger.inside.stress.values()]
        self._stress = {what: name for what, name in ledger.inside.stress.items() if name in ledger.context}
        self.begun = False
        self.first_biomass = self.first_trait = np.zeros(0)
        self._start: dict[str, Array] = {}
        self._span = 0.0
        self._found: dict[Key, Array] = {}
        self._grown: dict[str, Array] = {}
        self._settled = False
        for name in ledger.context:  # of a well, until cells are lent their share of the tissue's medium
            self.note("was", name)[:] = ledger.inside.start.get(name, self._value(name))
        z, asked = self._read({name: self.note("was", name) for name in ledger.context})
        self.note("z")[:] = z
        for (node, one), whole in zip(ledger.nodes.items(), asked, strict=True):
            self.note("asked", node)[:] = whole
            self.note("asked", node, NATIVE)[:] = whole - contents.row(node)
            assert NATIVE in one.origins
        contents.watch = self

    def _listed(self) -> Iterator[tuple[Slope, ...]]:
        yield from self.ledger.channels.values()
        yield from (node.slopes for node in self.ledger.nodes.values())

    # -- the cells as they stand

    def biomass(self) -> Array:
        return self.contents.row(self.ledger.inside.cells)

    def trait(self) -> Array:
        """(cells,) as it was last read."""
        return self.note("z")

    def note(self, *words: str) -> Array:
        """(cells,) view of a note on every cell."""
        contents = self.contents
        return contents.varying[contents.varied.index(mark(*words)), : contents.count]

    def changed(self) -> Array:
        """(cells,) what the trait has changed by since it was last read, for which no flow answers; what nodes are asked is induced."""
        z, asked = self._read({name: self.note("was", name) for name in self.ledger.context})
        return self._noted(z, asked)

    def _noted(self, z: Array, asked: list[Array], origin: str = INDUCED) -> Array:
        change = z - self.trait()
        self.note("z")[:] = z
        for node, whole in zip(self.ledger.nodes, asked, strict=True):
            self.note("asked", node, origin)[:] += whole - self.note("asked", node)
            self.note("asked", node)[:] = whole
        return change

    # -- a step of the networks

    def opened(self) -> None:
        if self.begun and not self.ledger.moving:
            return
        if not self.begun:
            self.begun, self._found, self._grown = True, {}, {}
            self.first_biomass, self.first_trait = self.biomass().copy(), self.trait().copy()
        self._surrounded()
        self._start = {name: self.contents.row(name).copy() for name in self._moved}
        self._span = 0.0
        self.contents.amounts[self._counters] = 0.0

    def closed(self, span: float) -> None:
        self._span += span
        if self.ledger.moving:
            self._account()
            for name in self._place:
                self.note("was", name)[:] = self._now(name)

    def close(self) -> None:
        """The networks have run for a life step."""
        if not self.ledger.moving:
            self._account()

    def lines(self) -> Iterator[tuple[Key, Array]]:
        """Line -> (cells,) what it did to the trait of each cell in this life step."""
        yield from self._found.items()

    def grown(self) -> Iterator[tuple[str, Array]]:
        """Process -> (cells,) biomass that it made in this life step."""
        yield from self._grown.items()

    def _surrounded(self) -> None:
        """What the cell's place did since it was last read: its medium first, then stress by stress."""
        old = {name: self.note("was", name) for name in self._stress.values()}
        if self._place:
            self._jumped(("trait", PLACE, PLACE, ""), old)
        for what, name in self._stress.items():
            now = self._now(name)
            if np.any(now != old[name]):
                old[name][:] = now
                self._jumped(("trait", what, PLACE, INDUCED) if self._settled else START, old)
        self._settled = True

    def _jumped(self, key: Key, over: Mapping[str, Array]) -> None:
        """The stress that cells are found in at first is where the account begins, and no change."""
        change = self._noted(*self._read(over), origin=NATIVE if key == START else INDUCED)
        if np.any(change):
            self._add(key, change)

    # -- reading

    def _now(self, name: str) -> Array:
        contents = self.contents
        if name in contents.states:
            return contents.row(name)
        return contents.varying[contents.varied.index(name), : contents.count]

    def _given(self, reading: Reading, states: Mapping[str, Array], over: Mapping[str, Array]) -> dict[str, Array | float]:
        contents, given = self.contents, dict[str, Array | float]()
        for name in reading.needs:
            if name in over:
                given[name] = over[name]
            elif name in states:
                given[name] = states[name]
            elif name in contents.states or name in contents.varied:
                given[name] = self._now(name)
            else:
                given[name] = self._value(name)
        return given

    def _value(self, name: str) -> float:
        """A number of the type's network as it stands, or of the reader alone."""
        place = self.contents.compiled.parameter_index.get(name)
        return self._own.get(name, 0.0) if place is None else float(self.contents.base[place])

    def _read(self, over: Mapping[str, Array] | None = None) -> tuple[Array, list[Array]]:
        """(cells,) trait, and what every node is asked for."""
        found = self._trait(self._given(self._trait, {}, over or {}))
        z, *asked = (np.broadcast_to(one, self.contents.count) for one in found)
        return np.array(z), [np.array(one) for one in asked]

    # -- what flows did

    def _account(self) -> None:
        contents = self.contents
        end = {name: contents.row(name) for name in self._moved}
        amount = contents.amounts[self._counters, : contents.count]
        z, asked = self._read()
        for points in POINTS:
            weights = self._weights(end, points)
            moved, driven = self._nodes(weights, amount, end)
            found = dict(self._of_channels(weights, amount, moved))
            nodes = zip(driven.items(), asked, strict=True)
            if _adds_up(found.values(), z - self.trait()) and all(
                _adds_up(parts.values(), whole - self.note("asked", node)) for (node, parts), whole in nodes
            ):
                break
        for key, part in found.items():
            self._add(key, part)
        self.note("z")[:] = z
        for node, whole in zip(self.ledger.nodes, asked, strict=True):
            self.note("asked", node)[:] = whole
            for origin in self.ledger.nodes[node].origins:
                self.note("asked", node, origin)[:] += driven[node][origin]
                self.note("there", node, origin)[:] += moved[node][origin]
        cells = self.ledger.inside.cells
        for one, made in zip(self.ledger.counted, amount, strict=True):
            sign = float(one.sink == cells) - float(one.source == cells)
            if sign:
                self._grown[one.process] = self._grown.get(one.process, 0.0) + sign * made

    def _add(self, key: Key, change: Array) -> None:
        self._found[key] = self._found[key] + change if key in self._found else change

    def _weights(self, end: Mapping[str, Array], points: int) -> dict[Slope, tuple[Array, Array]]:
        """Slope -> its integral along the way: per amount of the state; and for contents, per cell that shares them."""
        nodes, weight = np.polynomial.legendre.leggauss(points)
        along, weight = 0.5 * (nodes[:, None] + 1.0), 0.5 * weight
        way = {name: first + along * (end[name] - first) for name, first in self._start.items()}
        values = self._slope(self._given(self._slope, way, {}))
        cells, result = way[self.ledger.inside.cells], dict[Slope, tuple[Array, Array]]()
        for slope, value in zip(self._slopes, values, strict=True):
            value = np.broadcast_to(value, cells.shape)
            if slope.content:
                each = value / cells
                result[slope] = weight @ each, weight @ (each * way[slope.state] / cells)
            else:
                result[slope] = weight @ value, np.zeros(0)
        return result

    def _changes(
        self, slope: Slope, weights: Mapping[Slope, tuple[Array, Array]], amount: Array, moved: Mapping[str, Mapping[str, Array]]
    ) -> Iterator[tuple[str, str, Array]]:
        """(process, origin, change) of a value by one of the states it depends on."""
        weight, shared = weights[slope]
        if slope.state in self.ledger.nodes:
            yield from (("relaxation", origin, weight * part) for origin, part in moved[slope.state].items())
            return
        cells, origin = self.ledger.inside.cells, self.ledger.origins[slope.state]
        for one, flow in zip(self.ledger.counted, amount, strict=True):
            into, out_of = float(one.sink == slope.state), float(one.source == slope.state)
            if into != out_of:
                yield one.process, origin, (into - out_of) * weight * flow
            if slope.content and cells in (one.source, one.sink):
                yield one.process, origin, (float(one.source == cells) - float(one.sink == cells)) * shared * flow

    def _of_channels(
        self, weights: Mapping[Slope, tuple[Array, Array]], amount: Array, moved: Mapping[str, Mapping[str, Array]]
    ) -> Iterator[tuple[Key, Array]]:
        found: dict[Key, Array] = {}
        for channel, slopes in self.ledger.channels.items():
            for slope in slopes:
                for process, origin, change in self._changes(slope, weights, amount, moved):
                    key = ("trait", process, channel, origin)
                    found[key] = found[key] + change if key in found else change
        yield from found.items()

    def _nodes(
        self, weights: Mapping[Slope, tuple[Array, Array]], amount: Array, end: Mapping[str, Array]
    ) -> tuple[dict[str, dict[str, Array]], dict[str, dict[str, Array]]]:
        """Node -> origin -> (cells,) how its activity, and what is asked of it, moved over the step."""
        nodes = self.ledger.nodes
        moved: dict[str, dict[str, Array]] = {name: {} for name in nodes}
        driven: dict[str, dict[str, Array]] = {name: {} for name in nodes}
        if not nodes:
            return moved, driven
        times = dict(zip(nodes, self._times(self._given(self._times, {}, {})), strict=True))
        for number in range(1 + min(len(nodes) + 1, PASSES)):
            before = {name: dict(parts) for name, parts in moved.items()}
            for name, one in nodes.items():
                none = np.zeros(self.contents.count)
                if number:  # the first round knows nothing of what the others do
                    driven[name] = dict.fromkeys(one.origins, none)
                    for slope in one.slopes:
                        for _, origin, change in self._changes(slope, weights, amount, before):
                            driven[name][origin] = driven[name][origin] + change
                moved[name] = self._relaxed(name, end[name] - self._start[name], driven[name], self._span / times[name])
        return moved, driven

    def _relaxed(self, name: str, change: Array, driven: Mapping[str, Array], steps: Array) -> dict[str, Array]:
        """Origin -> part of a node's change; `steps`: the step over the node's time scale."""
        gone = -np.expm1(-steps)
        follows = 1.0 - gone / steps
        parts = {}
        for origin in self.ledger.nodes[name].origins:
            parts[origin] = (self.note("asked", name, origin) - self.note("there", name, origin)) * gone
            if origin in driven:
                parts[origin] = parts[origin] + follows * driven[origin]
        rest = change - sum(parts.values(), np.zeros_like(change))
        sizes = {origin: np.abs(part) for origin, part in parts.items()}
        whole = sum(sizes.values(), np.zeros_like(change))
        for origin, size in sizes.items():
            alone = np.full_like(change, float(origin == NATIVE))
            parts[origin] = parts[origin] + rest * np.divide(size, whole, out=alone, where=whole > 0.0)
        return parts


def _adds_up(parts: Iterable[Array], change: Array) -> bool:
    return bool(np.all(np.abs(sum(parts, np.zeros_like(change)) - change) <= CLOSE))


__all__ = ["START", "CellBooks", "Key"]
