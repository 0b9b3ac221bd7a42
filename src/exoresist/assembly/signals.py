"""Signals between cells: which of the catalogue's wires a scenario holds, and what each does in each population.

A wire is laid where both ends are in the dish: its origin (a factor, a cargo, a ligand on vesicles or cells, other cells, a node)
and a population of the kind in which it acts. Ligands on surfaces act from outside: they need no uptake and are not used up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from exoresist.assembly import immune, switching
from exoresist.assembly.axes import Chains, is_mirna
from exoresist.assembly.book import Book
from exoresist.assembly.drives import Drives, is_outside
from exoresist.assembly.layout import Layout, Population
from exoresist.catalog import Catalog
from exoresist.catalog.knowledge import Signal
from exoresist.core.errors import InputError
from exoresist.laws import kinetics, signalling
from exoresist.laws.registry import Law
from exoresist.network import Derived, Modulation, Process
from exoresist.network.parts import Part, Reference

Regulator = tuple[Law, dict[str, Reference]]


@dataclass
class Wiring:
    """All wires of a scenario.

    laid  population -> the wires that act in it
    """

    layout: Layout
    catalog: Catalog
    book: Book
    laid: dict[str, list[Signal]] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)

    def chains(self, population: Population, known: Chains) -> Chains:
        """What a population's wires add to its chains of nodes."""
        result = Chains()
        for wire in self.laid[population.id]:
            if wire.target == "hub":
                hub = self.catalog.find_hub(wire.origin)
                result.outcomes |= {(wire.origin, drug): int(hub.sign) for drug in self.layout.drugs} if hub else {}
            elif _is_node(wire.target):
                result.add(wire.origin, wire.target, int(wire.sign))
        return known.joined(result)

    def outside(self, population: Population) -> dict[tuple[str, str], Regulator]:
        """Regulators of nodes by signals and by other nodes; what received cargo and miRNAs do is left to the chains."""
        found: dict[tuple[str, str], Regulator] = {}
        for wire in self.laid[population.id]:
            edge = wire.origin, wire.target
            if not _is_node(wire.target) or is_mirna(wire.origin) or is_mirna(wire.target):
                continue
            if self._outside(wire.origin):
                found[edge] = self._factor(population, wire)
            elif not self._is_received(wire.origin):
                key = f"{population.id}.{wire.origin.replace('-', '_')}"
                found[edge] = signalling.power_effect, {"activity": key, "exponent": self._exponent(wire)}
        return found

    def _exponent(self, wire: Signal) -> str:
        """How far a node follows another: a power of a ratio has no pole, whatever range its exponent is drawn from."""
        rising = self.book.number("signal.exponent", "signal_exponent", "dimensionless", "signal", use="nodes")
        if wire.sign == "1":
            return rising
        falling = f"{rising}.negative"
        self._once(
            Derived(falling, kinetics.product, {"first": rising, "second": self.book.plain("edge.minus", -1.0, "dimensionless")})
        )
        return falling

    def _once(self, part: Derived) -> None:
        if not any(isinstance(known, Derived) and known.id == part.id for known in self.parts):
            self.parts.append(part)

    def modulations(self, population: Population, processes: Sequence[Process]) -> list[Modulation]:
        """Factors that the wires put on processes."""
        found = []
        for wire in self.laid[population.id]:
            for process in processes:
                if self._acts_on(population, wire, process):
                    law, inputs = self._factor(population, wire)
                    found.append(Modulation(process.id, law, inputs, tag=f"signal:{wire.id}"))
        return found

    def _outside(self, origin: str) -> bool:
        return is_outside(self.layout, self.catalog, origin)

    def _factor(self, population: Population, wire: Signal) -> Regulator:
        """What the wire multiplies its target with: 1 where nothing reaches the cell."""
        key = f"{population.id}.{wire.origin.replace('-', '_')}"
        if not self._outside(wire.origin) and not self._is_received(wire.origin):
            if wire.target == "killing":
                return kinetics.constant, {"rate": key}
            kind = "node_switching" if wire.target.startswith("switching") else "hub_process"
            most = self.book.number(f"edge.{kind}", kind, "dimensionless", "edge_class", use="nodes")
            exponent = self.book.plain("edge.exponent", 1.0, "dimensionless")
            law = signalling.activation if wire.sign == "1" else signalling.repression
            return law, {"level": key, "most": most, "exponent": exponent}
        return kinetics.fold, {"level": self.drives.drive(population, wire), "most": self._fold(wire)}

    def _is_received(self, origin: str) -> bool:
        return any(cargo.id == origin for cargo in self.layout.cargo)

    def _fold(self, wire: Signal) -> str:
        special = self.book.quantity("signal_fold", f"wire:{wire.id}", "signal").subject != "signal"
        key = f"signal.{wire.id}.fold" if special else "signal.fold"
        self.book.number(key, "signal_fold", "dimensionless", f"wire:{wire.id}", "signal", use="signals")
        if wire.sign == "1":
            return key
        inverse = f"{key}.inverse"
        one = self.book.plain("edge.one", 1.0, "dimensionless")
        self._once(Derived(inverse, kinetics.ratio, {"numerator": one, "denominator": key}))
        return inverse

    def _acts_on(self, population: Population, wire: Signal, process: Process) -> bool:
        who, target = population.id, wire.target
        name, _, argument = target.partition("(")
        argument = argument.removesuffix(")")
        if target == "killing":
            return process.name == "immune_killing" and process.id.endswith(f".immune_killing_{who}")
        if target == "growth":
            return process.id == f"{who}.growth"
        if name == "switching":
            targets = [switching.process_id(population, other) for other in self._lineages(population, argument)]
            return process.id in targets and not self._drives_switching(wire)
        wanted = {
            "factor_secretion": f"{who}.factor_secretion_{argument}",
            "rna_synthesis": f"{who}.{argument.replace('-', '_')}.rna_synthesis",
            "antigen_synthesis": f"{who}.{argument.replace('-', '_')}.pump_synthesis",
        }
        return process.id == wanted.get(name)

    def _drives_switching(self, wire: Signal) -> bool:
        """Whether a wire induces a switch of its own, rather than changing one that happens by chance."""
        return wire.sign == "1" and (self._outside(wire.origin) or self._is_received(wire.origin))

    def _lineages(self, population: Population, cell_line: str) -> list[Population]:
        return [
            other
            for other in self.layout.populations
            if other is not population and other.side == population.side and other.cell_line == cell_line
        ]

    def switches(self, existing: Sequence[Part]) -> list[Part]:
        """Switching between the populations that wires name, each pair once."""
        found: list[Part] = []
        for population in self.layout.populations:
            pairs: dict[str, tuple[Population, list[Reference]]] = {}
            for wire in self.laid[population.id]:
                name, _, argument = wire.target.partition("(")
                for other in self._lineages(population, argument.removesuffix(")")) if name == "switching" else ():
                    _, drives = pairs.setdefault(other.id, (other, []))
                    if self._drives_switching(wire):
                        drives.append(self.drives.drive(population, wire))
            held = switching.held_by(population, existing)
            for other, drives in pairs.values():
                found += switching.driven_parts(self.book, population, other, drives, held)
        return found

    @property
    def drives(self) -> Drives:
        return Drives(self.layout, self.catalog, self.book, self.laid, self.parts)


def wire(layout: Layout, catalog: Catalog, book: Book, groups: Sequence[str], chains: Chains) -> Wiring:
    """The wires of the named groups that this dish can hold.

    Raises unknown_name for a group that the catalogue does not have.
    """
    wiring = Wiring(layout, catalog, book, {population.id: [] for population in layout.populations})
    offered = [signal for group in groups for signal in catalog.signals(group)]
    for population in layout.populations:
        here = _each_once(signal for signal in offered if _acts_in(catalog, signal, population))
        nodes = set(chains.nodes)
        while True:
            fitting = [signal for signal in here if signal not in wiring.laid[population.id]]
            fitting = [signal for signal in fitting if _present(layout, catalog, signal.origin, population, nodes)]
            if not fitting:
                break
            wiring.laid[population.id] += fitting
            nodes |= {signal.target for signal in fitting if _is_node(signal.target)}
    # The table's order, so that a model does not depend on the order in which wires were found.
    for laid in wiring.laid.values():
        laid.sort(key=offered.index)
    return wiring


def _each_once(signals: Iterable[Signal]) -> list[Signal]:
    """Wires with the same ends stand in several groups, so that each group is whole; in one cell such a wire counts once.

    Raises InputError when two groups give it opposite signs.
    """
    known: dict[tuple[str, str], Signal] = {}
    for signal in signals:
        first = known.setdefault((signal.origin, signal.target), signal)
        if first.sign != signal.sign:
            ends = f"the signals '{first.group}' and '{signal.group}' give {signal.origin} to {signal.target}"
            raise InputError(f"{ends} opposite signs", "groups that agree", "Leave one of them out")
    return list(known.values())


def _acts_in(catalog: Catalog, signal: Signal, population: Population) -> bool:
    tumour = "tumour" in signal.cells and immune.is_tumour(catalog, population.cell_line)
    return tumour or population.cell_line in signal.cells


def _present(layout: Layout, catalog: Catalog, origin: str, population: Population, nodes: set[str]) -> bool:
    """Whether a wire's origin is in the dish, seen from a population."""
    if is_outside(layout, catalog, origin):
        return Drives.reaches(layout, catalog, origin, population)
    return origin in nodes or any(cargo.id == origin for cargo in layout.cargo)


def _is_node(target: str) -> bool:
    return "(" not in target and target not in ("hub", "killing", "growth")
