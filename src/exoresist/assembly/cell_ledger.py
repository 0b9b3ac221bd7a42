"""The network of a cell in a tissue with what a ledger of its trait needs: counters of flows, slopes of the trait, notes on every cell.

A well's ledger integrates every line beside the states. In a tissue the network of a cell only counts what flows, and slopes are read from
outside: over a step, from states X to X + ΔX, any value v of the network changes by exactly

    Δv = Σ over states x  ∫₀¹ (∂v/∂x)(X + s·ΔX) ds · Δx,        Δx = Σ over flows of what each moved,

whatever the solver's accuracy, because the counters are stepped with the states and what is linear and conserved stays so to rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from exoresist.assembly.build import Model
from exoresist.assembly.changes import NATIVE, PREFIX, origin_of
from exoresist.assembly.layout import INDUCED, ORIGINS
from exoresist.assembly.trait import USUAL_SHARE, numbers, trait
from exoresist.core.errors import ModelError
from exoresist.laws import kinetics
from exoresist.network import Amount, Network, Parameter, PerSize, Pool, Process
from exoresist.network.cell import CellNetwork
from exoresist.network.flows import Flow, flows
from exoresist.network.gradient import Gradient, Values
from exoresist.network.parts import Reference
from exoresist.network.reading import Reading

UNHEARD = 1e30  # scale of a counter: no error of it is ever large


@dataclass(frozen=True)
class Slope:
    """The derivative of a value by a state: a pool's amount, a node, or a pool's amount per cell (`content`)."""

    state: str
    content: bool
    value: str


@dataclass(frozen=True)
class Counted:
    """A flow between two pools ("" for nowhere) and the pool that counts what it moves."""

    process: str
    source: str
    sink: str
    counter: str


@dataclass(frozen=True)
class NodeAccount:
    """What drives a node. asked, time: values with what its regulators ask for and its time scale, h; `origins` that can reach it."""

    asked: str
    time: str
    slopes: tuple[Slope, ...]
    origins: tuple[str, ...]


@dataclass(frozen=True)
class CellLedger:
    """A cell's network with counters, and what to read of it.

    inside    the network that runs
    reader    the same with the values that are read: the trait `z` and all slopes
    asked     value with the share of sites that the whole threshold asks for, or ""
    channels  channel -> slopes of the trait by what enters through it
    nodes     node -> what drives it
    counted   flows that matter; `origins`: pool -> origin of what it holds
    context   what the trait or a node reads of the cell's place: pools of the medium, volume, stresses
    """

    inside: CellNetwork
    reader: Network
    z: str
    asked: str
    channels: Mapping[str, tuple[Slope, ...]]
    nodes: Mapping[str, NodeAccount]
    counted: tuple[Counted, ...]
    origins: Mapping[str, str]
    context: tuple[str, ...]

    @property
    def moving(self) -> bool:
        """Whether steps of the network must be accounted for one by one: where nodes follow, or the medium is read."""
        return bool(self.nodes) or any(name not in self.inside.stress.values() for name in self.context)


def mark(*words: str) -> str:
    """Name of a note on a cell: `z`; `was` of a context; of a node's activity by origin, `asked` and `there`."""
    return ".".join((PREFIX, "mark", *(word.replace(".", "_") for word in words)))


def with_cell_ledger(model: Model, inside: CellNetwork, drug: str) -> CellLedger:
    """What the ledger of a cell's trait against a drug needs.

    model  from which the cell's network was taken, with cargo kept apart by origin

    Raises ModelError when the trait does not know how the model treats the drug.
    """
    return _Maker(model, inside, drug).made()


def usual_share(asked: float) -> float:
    """Part of the threshold at which the trait is told, from the share of sites that the whole asks of a naive cell."""
    return min(1.0, USUAL_SHARE / asked)


@dataclass
class _Maker:
    model: Model
    inside: CellNetwork
    drug: str
    values: Values = field(init=False)
    gradient: Gradient = field(init=False)
    nodes: dict[str, NodeAccount] = field(default_factory=dict)
    states: dict[Reference, None] = field(default_factory=dict)
    wanted: list[Reference] = field(default_factory=list)

    def __post_init__(self) -> None:
        pools, cells = self.inside.network.pools, self.inside.cells
        self.values = Values(self.inside.network, PREFIX)
        self.gradient = Gradient(self.values, frozenset((pool.id, cells) for pool in pools.values() if pool.carrier == cells))

    def made(self) -> CellLedger:
        values, network = self.values, self.inside.network
        (population,) = self.model.layout.populations
        told = trait(self.model, values, population, self.drug)
        roots = {root for listed in told.channels.values() for root in listed if self.gradient.moving(root)}
        by_root = self.gradient.by_states({told.z: None}, stop=roots)
        for state in by_root.keys() - roots:
            raise ModelError(f"The trait of '{population.id}' depends on '{state}' past its channels.")
        channels = {
            channel: self._slopes({root: by_root[root] for root in listed if root in by_root})
            for channel, listed in told.channels.items()
        }
        asked = self._named(told.asked) if told.asked else ""
        z = self._named(told.z)
        counted, parts = self._counted()
        extra = [Parameter(name, value, unit) for name, (value, unit) in numbers(values).items()]
        rates = [part.inputs["rate"] for part in parts if isinstance(part, Process)]
        reader = Network(network.name, [*network.parts(), *extra, *values.parts(self.wanted)])
        context = self._context(reader, [z, *(node.asked for node in self.nodes.values())])
        marks = (
            mark("z"), *(mark("was", name) for name in context),
            *(mark(what, node, origin) for node, one in self.nodes.items() for origin in one.origins for what in ("asked", "there")),
            *(mark("asked", node) for node in self.nodes),
        )  # fmt: skip
        notes = [Parameter(name, 0.0, "dimensionless") for name in marks]
        accounted = replace(
            self.inside,
            network=Network(network.name, [*network.parts(), *notes, *values.parts(rates), *parts]),
            counters=tuple(one.counter for one in counted), marks=marks,
        )  # fmt: skip
        origins = {end: origin_of(network, end) for one in counted for end in (one.source, one.sink) if end}
        return CellLedger(accounted, reader, z, asked, channels, dict(self.nodes), counted, origins, context)

    def _named(self, value: Reference) -> str:
        name = self.values.call(kinetics.constant, rate=value)
        self.wanted.append(name)
        return name

    def _slopes(self, seeds: Mapping[Reference, Reference | None]) -> tuple[Slope, ...]:
        """Slopes by all states that move, whose nodes are then accounted for, too."""
        found = []
        for state, slope in self.gradient.by_states(seeds).items():
            if isinstance(state, PerSize):
                found.append(Slope(state.pool, True, self._named(slope)))
            elif isinstance(state, Amount):
                found.append(Slope(state.pool, False, self._named(slope)))
            else:
                name = str(state)
                if not self.inside.network.nodes[name].regulators:
                    continue
                found.append(Slope(name, False, self._named(slope)))
                self._node(name)
            self.states[state] = None
        return tuple(found)

    def _node(self, name: str) -> None:
        if name in self.nodes:
            return
        part = self.inside.network.nodes[name]
        asked = self.values.call(
            kinetics.constant, rate=self.values.times(*(self.values.call(law, **read) for law, read in part.regulators))
        )
        self.wanted.append(asked)
        self.nodes[name] = NodeAccount(
            asked, self._named(part.time), (), ()
        )  # known before its regulators are: they may be circles
        slopes = self._slopes({asked: None})
        self.nodes[name] = NodeAccount(asked, self.nodes[name].time, slopes, self._origins(slopes))

    def _origins(self, slopes: tuple[Slope, ...]) -> tuple[str, ...]:
        """All that can reach any node: which of them reach this one does not matter, what is nothing stays nothing."""
        found = {NATIVE, INDUCED, *self.model.layout.origins}
        return tuple(origin for origin in (*ORIGINS, INDUCED, "") if origin in found)

    def _counted(self) -> tuple[tuple[Counted, ...], list[Pool | Process]]:
        """Counters of every flow that changes a state which matters, or the number of cells."""
        pools = self.inside.network.pools
        matter = {self.inside.cells, *(state.pool for state in self.states if isinstance(state, PerSize | Amount))}
        counted: list[Counted] = []
        parts: list[Pool | Process] = []
        for flow in flows(self.values):
            if flow.source not in matter and flow.sink not in matter:
                continue
            counter = f"{PREFIX}.moved_{len(counted)}"
            counted.append(Counted(flow.process.name, flow.source, flow.sink, counter))
            unit = pools[flow.source or flow.sink].unit
            parts += [Pool(counter, unit, scale=UNHEARD), self._counting(counter, flow)]
        return tuple(counted), parts

    def _counting(self, counter: str, flow: Flow) -> Process:
        return Process(f"{counter}.gain", "", counter, kinetics.constant, {"rate": flow.rate}, name="ledger")

    def _context(self, reader: Network, read: list[str]) -> tuple[str, ...]:
        needed = set(Reading(reader.compile(), read).needs)
        inside = self.inside
        return tuple(name for name in (*inside.medium, inside.volume, inside.capacity, *inside.stress.values()) if name in needed)


__all__ = ["CellLedger", "Counted", "NodeAccount", "Slope", "mark", "usual_share", "with_cell_ledger"]
