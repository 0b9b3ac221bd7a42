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

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.build import Model
from exoresist.assembly.changes import NATIVE, PREFIX, Changes, NodeTags
from exoresist.assembly.layout import INDUCED, Population
from exoresist.assembly.trait import USUAL_SHARE, Trait, borne_share, lineages, numbers, trait
from exoresist.core.errors import ModelError
from exoresist.laws import kinetics
from exoresist.network import Amount, Event, Network, Parameter, Pool, Process, RateOf
from exoresist.network.gradient import Values
from exoresist.network.parts import Part, Reference
from exoresist.network.run import Course, value_at
from exoresist.network.run import Values as Given

Array = NDArray[np.float64]
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
    tags    nodes whose activity is kept apart by origin
    """

    model: Model
    drug: str
    network: Network
    traits: Mapping[str, Trait]
    mean: str
    lines: tuple[Line, ...]
    tags: tuple[NodeTags, ...] = ()

    def borne(self, values: Given | None = None) -> dict[str, float | Array]:
        """The parameter with the part of the threshold at which the trait is told: 1, or what half of the sites make in a naive cell.

        The naive cell is that of the population that the assay reads, at the start.
        """
        asked = self.traits[self.model.recipients().id].asked
        if not asked:
            return {}
        course = Course(self.network, [0.0], values or {}, self.model.start(values), [])
        needed = value_at(course.compiled, str(asked), course.y[None], course.p)[0]
        return {borne_share(PREFIX): np.minimum(1.0, USUAL_SHARE / needed)}

    def start(self, values: Given | None = None) -> dict[str, float | Array]:
        """The model's start; a node that is not where its regulators ask it to be owes that to what is native."""
        start = self.model.start(values)
        if not self.tags:
            return start
        course = Course(self.network, [0.0], values or {}, start, [])
        amounts = course.y[None]
        for tag in self.tags:
            asked = value_at(course.compiled, tag.asked, amounts, course.p)[0]
            start[tag.pools[NATIVE][0]] = asked - amounts[0, course.compiled.state_index[tag.node]]
        return start

    def events(
        self,
        values: Given | None = None,
        doses: Given | None = None,
        per_cell: Given | None = None,
        loads: Mapping[str, Given] | None = None,
    ) -> list[Event]:
        return self.model.events(values, doses, per_cell, loads)

    def happened(self, before: tuple[Array, Array], after: tuple[Array, Array]) -> Array:
        """(sets,) what an event did to the mean; what it makes nodes head for is noted in `after` as induced.

        before, after  amounts (states, sets) and values (parameters, sets)
        """
        compiled = self.network.compile()

        def read(name: str, state: tuple[Array, Array]) -> Array:
            return value_at(compiled, name, state[0][None], state[1])[0]

        for tag in self.tags:
            after[0][compiled.state_index[tag.pools[INDUCED][0]]] += read(tag.asked, after) - read(tag.asked, before)
        return read(self.mean, after) - read(self.mean, before)


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
    changes: Changes = field(init=False)
    terms: dict[tuple[str, str, str, str], list[Reference]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values = Values(self.model.network, PREFIX)
        self.changes = Changes(self.values)

    def build(self) -> Accounted:
        values, who = self.values, lineages(self.model)
        traits = {population.id: trait(self.model, values, population, self.drug) for population in who}
        census = values.sum([Amount(population.cells) for population in who])
        shares = {population.id: values.ratio(Amount(population.cells), census) for population in who}
        weighted = [values.times(shares[name], each.z) for name, each in traits.items()]
        mean = values.call(kinetics.constant, rate=values.sum(weighted))
        self._selection(who, traits, shares)
        for population in who:
            self._trait(population, traits[population.id], shares[population.id])
        lines, parts = self._lines()
        parts += self.changes.parts()
        extra = [Parameter(name, value, unit) for name, (value, unit) in numbers(values).items()]
        extra.append(Parameter(f"{PREFIX}.no_rate", 0.0, "1/h"))
        wanted: list[Reference] = [mean]
        wanted += [each for made in traits.values() for each in (made.outside, made.free, made.needed, made.asked)]
        wanted += [tag.asked for tag in self.changes.tags()]
        wanted += [each for part in parts if isinstance(part, Process) for each in part.inputs.values()]
        network = Network(self.model.network.name, [*self.model.network.parts(), *extra, *values.parts(wanted), *parts])
        return Accounted(self.model, self.drug, network, traits, mean, lines, self.changes.tags())

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
                    rate = values.ratio(moved, Amount(own))
                rates.setdefault(process.name, {}).setdefault(sink, []).append(rate)
        for name, found in rates.items():
            for first, second in combinations(traits, 2):
                if first not in found and second not in found:
                    continue
                one, other = (values.sum(found[each]) if each in found else f"{PREFIX}.no_rate" for each in (first, second))
                apart = values.call(kinetics.difference, first=traits[first].z, second=traits[second].z)
                faster = values.call(kinetics.difference, first=one, second=other)
                term = values.times(shares[first], shares[second], values.times(apart, faster))
                self._add("selection", name, "growth", "", term)

    # -- what changes within cells

    def _trait(self, population: Population, made: Trait, share: Reference) -> None:
        gradient = self.changes.gradient
        roots = {root for listed in made.channels.values() for root in listed if gradient.moving(root)}
        by_root = gradient.by_states({made.z: None}, stop=roots)
        for state in by_root.keys() - roots:
            raise ModelError(f"The trait of '{population.id}' depends on '{state}' past its channels.")
        for channel, listed in made.channels.items():
            seeds: dict[Reference, Reference | None] = {root: by_root[root] for root in listed if root in by_root}
            for state, slope in gradient.by_states(seeds).items():
                weight = self.values.times(share, slope)
                for change in self.changes.of(state):
                    self._add("trait", change.process, channel, change.origin, self.values.times(weight, change.rate))
