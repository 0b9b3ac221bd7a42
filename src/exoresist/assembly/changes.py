"""How the contents and nodes of cells change, process by process and origin by origin: what a ledger weighs.

A content per cell x = X/N changes by (dX − x·dN)/N. A node n relaxes to what its regulators ask, f; so that its change can be charged to
whatever drives it, f and n are kept apart by origin in states of their own:
  F_o' = Σ over what f reads  (∂f/∂u)·(du/dt by origin o),   n_o' = (F_o − n_o)/tau
F of what is native starts at f − n, so that Σ F_o = f − n(0) and Σ n_o = n − n(0) always.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from exoresist.assembly.layout import INDUCED, ORIGINS
from exoresist.core.errors import ModelError
from exoresist.laws import kinetics, signalling
from exoresist.network import Amount, Network, PerSize, Pool, Process
from exoresist.network.flows import Flow, flows
from exoresist.network.gradient import Gradient, Values
from exoresist.network.parts import Part, Reference

PREFIX = "ledger"
NATIVE = ORIGINS[0]  # the cell's own; induced: brought about in it by drug, damage, stress, factors or other cells


def origin_of(network: Network, pool: str) -> str:
    """To whose account a pool stands: cargo to its maker's, as its name says; all else is brought about, induced."""
    if not network.pools[pool].element.startswith("cargo:"):
        return INDUCED
    last = pool.rsplit("_", 1)[-1]
    return last if last in (*ORIGINS, INDUCED) else ""


@dataclass(frozen=True)
class Change:
    """A part of the rate at which a content or node changes, per hour."""

    process: str
    origin: str
    rate: Reference


@dataclass(frozen=True)
class NodeTags:
    """The activity of a node by origin: origin -> (state with what is asked, state with what is there); `asked`: their whole."""

    node: str
    asked: str
    pools: Mapping[str, tuple[str, str]]


@dataclass
class Changes:
    """Changes of the states of one network, as values of it."""

    values: Values
    gradient: Gradient = field(init=False)
    _moved: list[Flow] = field(init=False)
    _known: dict[Reference, list[Change]] = field(default_factory=dict)
    _tags: dict[str, NodeTags] = field(default_factory=dict)
    _parts: list[Part] = field(default_factory=list)

    def __post_init__(self) -> None:
        pools = self.values.network.pools
        cells = {pool.id for pool in pools.values() if pool.element == "cell" and not pool.exchange}
        self.gradient = Gradient(
            self.values, frozenset((pool.id, pool.carrier) for pool in pools.values() if pool.carrier in cells)
        )
        self._moved = flows(self.values)

    def of(self, state: Reference) -> list[Change]:
        """Everything that changes a state: a content per cell (PerSize), an amount, or a node."""
        if state not in self._known:
            if isinstance(state, PerSize):
                self._known[state] = self._content(state)
            elif isinstance(state, Amount):
                self._known[state] = self._amount(state.pool)
            else:
                self._known[state] = self._node(str(state))
        return self._known[state]

    def tags(self) -> tuple[NodeTags, ...]:
        return tuple(self._tags.values())

    def parts(self) -> list[Part]:
        """The states that nodes' tags need."""
        return self._parts

    def _content(self, state: PerSize) -> list[Change]:
        """A content per cell: flows of the content, and of the cells that it is divided by.

        What leaves with its cells leaves the content of the others as it is; what comes with cells from elsewhere moves it towards theirs.
        """
        values, pool, cells = self.values, state.pool, state.size
        origin = self._origin(pool)
        found: list[Change] = []

        def change(flow: Flow, amount: Reference, gained: bool) -> None:
            rate = values.ratio(amount, Amount(cells))
            found.append(Change(flow.process.name, origin, rate if gained else values.opposite(rate)))

        for flow in self._moved:
            if flow.source == pool and flow.with_cells != cells:
                change(flow, flow.rate, gained=False)
            if flow.sink == pool:
                change(flow, flow.rate, gained=True)
            if flow.sink == cells:
                change(flow, values.times(flow.rate, state), gained=False)
            elif flow.source == cells and not self._carries(flow, pool):
                raise ModelError(f"Process '{flow.process.id}' takes cells of '{cells}' without their content '{pool}'.")
        return found

    def _carries(self, flow: Flow, pool: str) -> bool:
        return any(other.process is flow.process and other.source == pool and other.with_cells for other in self._moved)

    def _amount(self, pool: str) -> list[Change]:
        """Something around the cells: all that flows into it and out of it."""
        origin, found = self._origin(pool), list[Change]()
        for flow in self._moved:
            if flow.sink == pool:
                found.append(Change(flow.process.name, origin, flow.rate))
            if flow.source == pool:
                found.append(Change(flow.process.name, origin, self.values.opposite(flow.rate)))
        return found

    def _origin(self, pool: str) -> str:
        return origin_of(self.values.network, pool)

    # -- nodes

    def _node(self, node: str) -> list[Change]:
        if not self.values.network.nodes[node].regulators:
            return []
        time = self.values.network.nodes[node].time
        return [
            Change("relaxation", origin, self.values.call(signalling.relaxation, target=asked, activity=there, time=time))
            for origin, (asked, there) in self._tagged(node).pools.items()
        ]

    def _tagged(self, node: str) -> NodeTags:
        """The states of a node's tags, made once; nodes may regulate each other in circles."""
        if node in self._tags:
            return self._tags[node]
        values, part = self.values, self.values.network.nodes[node]
        terms = [values.call(law, **inputs) for law, inputs in part.regulators]
        asked = values.call(kinetics.constant, rate=values.times(*terms))
        key = f"{PREFIX}.node_{len(self._tags)}"
        made = {origin: (f"{key}.asked_{origin or 'own'}", f"{key}.there_{origin or 'own'}") for origin in self._origins(node)}
        self._tags[node] = NodeTags(node, asked, made)
        gathered: dict[str, list[Reference]] = {origin: [] for origin in made}
        for state, slope in self.gradient.by_states({asked: None}).items():
            for change in self.of(state):
                gathered[change.origin].append(values.times(slope, change.rate))
        for origin, (target, there) in made.items():
            relaxed = {"target": target, "activity": there, "time": part.time}
            self._parts += [Pool(target, "dimensionless", scale=1e-2), Pool(there, "dimensionless", scale=1e-2)]
            self._parts.append(Process(f"{there}.gain", "", there, signalling.relaxation, relaxed, name="ledger"))
            if gathered[origin]:
                rate: dict[str, Reference] = {"rate": values.sum(gathered[origin])}
                self._parts.append(Process(f"{target}.gain", "", target, kinetics.constant, rate, name="ledger"))
        return self._tags[node]

    def _origins(self, node: str) -> list[str]:
        """Origins of whatever reaches a node, through other nodes too; its own start and events are always among them."""
        found, seen, waiting = {NATIVE, INDUCED}, set[str](), [node]
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            for law, inputs in self.values.network.nodes[name].regulators:
                for state in self.gradient.by_states({self.values.call(law, **inputs): None}):
                    if isinstance(state, str):
                        waiting.append(state)
                    else:
                        found.add(self._origin(state.pool))  # type: ignore[union-attr]
        return [origin for origin in (*ORIGINS, INDUCED, "") if origin in found]
