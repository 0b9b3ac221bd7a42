"""The net ledger of a trait as part of a network: every flow's part in the change of the population mean, integrated with the states.

With w_i the share of lineage i among all cells and x its contents per cell, the mean of the trait z changes by
  selection   Σ over pairs of lineages  w_i·w_j·(z_i − z_j)·(r_i − r_j),  r what one process does to a lineage's cells, per cell
  switching   w_i·s·(z_j − z_i)
  trait       Σ over lineages and contents  w_i·(∂z_i/∂x)·(dX − x·dN)/N_i,  flow by flow; nodes by their relaxation
Every term is a value of the network; there is no remainder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

from exoresist.assembly.build import Model
from exoresist.assembly.layout import ORIGINS, Population
from exoresist.assembly.trait import Trait, lineages, numbers, trait
from exoresist.laws import attribution, kinetics
from exoresist.network import Amount, Event, Network, Parameter, PerSize, Pool, Process, RateOf
from exoresist.network.flows import Flow, flows
from exoresist.network.gradient import Gradient, Values
from exoresist.network.parts import Part, Reference
from exoresist.network.run import Values as Given

PREFIX = "ledger"
SCALE = 1e-2  # of a line: solver tolerances are told in these units of ln C*


@dataclass(frozen=True)
class Line:
    """One line of the ledger and the state that integrates it; see `studies.ledger_result.LedgerRow` for the words."""

    part: str
    process: str
    channel: str
    origin: str
    pool: str


@dataclass(frozen=True)
class Accounted:
    """A model with the ledger of its lineages in its network.

    traits  population -> its trait; `mean`: the value that the lines add up to
    lines   what the ledger says
    """

    model: Model
    drug: str
    network: Network
    traits: Mapping[str, Trait]
    mean: str
    lines: tuple[Line, ...]

    def start(self, values: Given | None = None) -> dict[str, object]:
        return self.model.start(values)  # type: ignore[return-value]

    def events(self, *given: object, **named: object) -> list[Event]:
        return self.model.events(*given, **named)  # type: ignore[arg-type]


def with_ledger(model: Model, drug: str) -> Accounted:
    """The model with one more state for every line of the ledger of its trait against a drug; all else stays as it is.

    Raises ModelError when the trait does not know how the model treats the drug.
    """
    return _Ledger(model, drug).build()


@dataclass
class _Ledger:
    model: Model
    drug: str
    values: Values = field(init=False)
    terms: dict[tuple[str, str, str, str], list[Reference]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values = Values(self.model.network, PREFIX)

    def build(self) -> Accounted:
        values, who = self.values, lineages(self.model)
        traits = {population.id: trait(self.model, values, population, self.drug) for population in who}
        census = values.sum([Amount(population.cells) for population in who])
        shares = {
            population.id: values.call(kinetics.ratio, numerator=Amount(population.cells), denominator=census)
            for population in who
        }
        weighted = [values.times(shares[name], each.z) for name, each in traits.items()]
        mean = values.call(kinetics.constant, rate=values.sum(weighted))
        self._selection(who, traits, shares)
        moved = flows(values)
        for population in who:
            self._trait(population, traits[population.id], shares[population.id], moved)
        lines, parts = self._lines()
        extra = [Parameter(name, value, unit) for name, (value, unit) in numbers(values).items()]
        extra.append(Parameter(f"{PREFIX}.no_rate", 0.0, "1/h"))
        network = Network(self.model.network.name, [*self.model.network.parts(), *extra, *values.parts(), *parts])
        return Accounted(self.model, self.drug, network, traits, mean, lines)

    def _add(self, part: str, process: str, channel: str, origin: str, term: Reference) -> None:
        self.terms.setdefault((part, process, channel, origin), []).append(term)

    def _lines(self) -> tuple[tuple[Line, ...], list[Part]]:
        lines: list[Line] = []
        parts: list[Part] = []
        for number, (key, terms) in enumerate(self.terms.items()):
            pool = f"{PREFIX}.line_{number}"
            lines.append(Line(*key, pool))
            parts += [
                Pool(pool, "dimensionless", scale=SCALE),
                Process(f"{pool}.sum", "", pool, kinetics.constant, {"rate": self.values.sum(terms)}, name="ledger"),
            ]
        return tuple(lines), parts

    # -- who lives, divides and changes sides

    def _selection(self, who: tuple[Population, ...], traits: Mapping[str, Trait], shares: Mapping[str, Reference]) -> None:
        """What births, deaths and switching do to the mean, pair by pair of lineages: exactly nothing between like ones."""
        values, cells = self.values, {population.cells: population.id for population in who}
        rates: dict[str, dict[str, list[Reference]]] = {}
        for process in self.model.network.processes.values():
            source, sink = cells.get(process.source), cells.get(process.sink)
            if source is None and sink is None:
                continue
            if source is not None and sink is not None:
                apart = values.call(kinetics.difference, first=traits[sink].z, second=traits[source].z)
                self._add("selection", process.name, "growth", "", values.times(shares[source], RateOf(process.id), apart))
            elif source is not None:
                rates.setdefault(process.name, {}).setdefault(source, []).append(values.opposite(RateOf(process.id)))
            elif sink is not None:
                rate: Reference = RateOf(process.id)
                if not process.birth:  # cells that come from elsewhere, as a flux
                    moved = values.times(rate, Amount(process.source)) if process.specific else rate
                    own = next(population.cells for population in who if population.id == sink)
                    rate = values.call(kinetics.ratio, numerator=moved, denominator=Amount(own))
                rates.setdefault(process.name, {}).setdefault(sink, []).append(rate)
        for name, found in rates.items():
            for first, second in combinations(traits, 2):
                if first not in found and second not in found:
                    continue
                one, other = (values.sum(found[each]) if each in found else f"{PREFIX}.no_rate" for each in (first, second))
                apart = values.call(kinetics.difference, first=traits[first].z, second=traits[second].z)
                term = values.call(
                    attribution.sorting, first=shares[first], second=shares[second], apart=apart, rate=one, other=other
                )
                self._add("selection", name, "growth", "", term)

    # -- what changes within cells

    def _trait(self, population: Population, made: Trait, share: Reference, moved: list[Flow]) -> None:
        values, network, cells = self.values, self.model.network, population.cells
        whole = frozenset((pool.id, cells) for pool in network.passengers_of(cells))
        gradient = Gradient(values, whole)
        roots = {root for listed in made.channels.values() for root in listed if gradient.moving(root)}
        by_root = gradient.by_states({made.z: None}, stop=roots)
        for state in by_root.keys() - roots:
            raise NotImplementedError(f"the trait of '{population.id}' depends on '{state}' past its channels")
        for channel, listed in made.channels.items():
            seeds: dict[Reference, Reference | None] = {root: by_root[root] for root in listed if root in by_root}
            for state, slope in gradient.by_states(seeds).items():
                weight = values.times(share, slope)
                if isinstance(state, PerSize):
                    self._content(population, state.pool, channel, weight, moved)
                elif isinstance(state, Amount):
                    self._amount(state.pool, channel, weight, moved)
                else:
                    self._node(str(state), channel, weight)

    def _content(self, population: Population, pool: str, channel: str, weight: Reference, moved: list[Flow]) -> None:
        """Cargo per cell: flows of the cargo, and of the cells that it is divided by.

        What leaves with its cells leaves the content of the others as it is; what comes with cells from elsewhere moves it towards theirs.
        """
        values, cells = self.values, population.cells
        per_cell = values.call(kinetics.ratio, numerator=weight, denominator=Amount(cells))
        for flow in moved:
            gained = flow.sink == pool
            if flow.source == pool and flow.with_cells != cells:
                term = values.times(per_cell, flow.rate)
                self._add("trait", flow.process.name, channel, self._origin(pool, flow), values.opposite(term))
            if gained:
                self._add("trait", flow.process.name, channel, self._origin(pool, flow), values.times(per_cell, flow.rate))
            if flow.sink == cells:
                diluted = values.times(per_cell, flow.rate, PerSize(pool, cells))
                self._add("trait", flow.process.name, channel, self._origin(pool, flow), values.opposite(diluted))
            elif flow.source == cells and not self._carries(flow, pool, moved):
                raise NotImplementedError(f"'{flow.process.id}' takes cells of '{cells}' without their content '{pool}'")

    @staticmethod
    def _carries(flow: Flow, pool: str, moved: list[Flow]) -> bool:
        return any(other.process is flow.process and other.source == pool and other.with_cells == flow.source for other in moved)

    def _amount(self, pool: str, channel: str, weight: Reference, moved: list[Flow]) -> None:
        """Something around the cells that enters their trait directly: all that flows into it and out of it."""
        for flow in moved:
            if pool in (flow.source, flow.sink):
                term = self.values.times(weight, flow.rate)
                self._add("trait", flow.process.name, channel, "", term if flow.sink == pool else self.values.opposite(term))

    def _node(self, node: str, channel: str, weight: Reference) -> None:
        from exoresist.laws.signalling import relaxation

        part = self.model.network.nodes[node]
        if not part.regulators:
            return
        asked = self.values.times(*(self.values.call(law, **inputs) for law, inputs in part.regulators))
        change = self.values.call(relaxation, target=asked, activity=node, time=part.time)
        self._add("trait", "relaxation", channel, "", self.values.times(weight, change))

    def _origin(self, pool: str, flow: Flow) -> str:
        last = pool.rsplit("_", 1)[-1]
        return last if last in ORIGINS else ""
