"""How strongly something drives a cell, 0 to 1: factors, ligands on vesicles and cells, other cells, received cargo, stress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exoresist.assembly import antibody, immune
from exoresist.assembly.book import Book
from exoresist.assembly.layout import Cargo, Layout, Population, Side
from exoresist.catalog import Catalog
from exoresist.catalog.knowledge import Signal
from exoresist.laws import cargo as cargo_laws
from exoresist.laws import kinetics, signals
from exoresist.network import Amount, Derived, Sum
from exoresist.network.parts import Part, Reference
from exoresist.network.wiring import element_id

STRESSES = ("hypoxia", "acidity", "starvation")


def is_outside(layout: Layout, catalog: Catalog, origin: str) -> bool:
    """Whether a wire begins outside the cell's own nodes and cargo."""
    head = origin.partition(".")[0]
    return (
        ":" in origin or origin in (*STRESSES, "damage", "tumour") or origin in layout.factors or head in catalog.ids("cell_lines")
    )  # fmt: skip


@dataclass
class Drives:
    """Makes the derived values that a wire's origin needs, each once.

    laid   population -> the wires that act in it
    parts  where they are put
    """

    layout: Layout
    catalog: Catalog
    book: Book
    laid: Mapping[str, Sequence[Signal]]
    parts: list[Part]

    @staticmethod
    def reaches(layout: Layout, catalog: Catalog, origin: str, population: Population) -> bool:
        """Whether an origin outside the cell is in this dish."""
        if ":" in origin:
            return any(cargo.id == origin.partition(":")[2] for cargo in layout.cargo)
        if origin in STRESSES or origin in layout.factors:
            return True
        if origin == "damage":
            return bool(layout.drugs)
        return bool(_around(layout, catalog, origin.partition(".")[0], population))

    def drive(self, population: Population, wire: Signal) -> str:
        """The drive of a wire's origin on a population, less what a blocked receptor takes away."""
        key = f"{population.id}.drive_{element_id(wire.origin)}"
        if not self._made(key):
            self.parts += self._parts(population, wire.origin, key)
        blocker = self._blocker(population, wire.receptor)
        if not blocker:
            return key
        blocked = f"{key}_past_{element_id(wire.receptor)}"
        if not self._made(blocked):
            self.parts.append(Derived(blocked, signals.unblocked, {"share": key, "blocked": blocker}))
        return blocked

    def _made(self, key: str) -> bool:
        return any(isinstance(part, (Derived, Sum)) and part.id == key for part in self.parts)

    def _once(self, *made: Derived | Sum) -> None:
        self.parts += [part for part in made if not self._made(part.id)]

    def _blocker(self, population: Population, receptor: str) -> str:
        """Share of a receptor that an antibody of the scenario holds on these cells; empty where none does."""
        for name in self.layout.antibodies if receptor else ():
            for antigen in antibody.antigens(self.layout, self.catalog, name):
                if antigen.id == receptor and antibody.bears(self.book, population, antigen):
                    return f"{population.id}.{name}.occupancy"
        return ""

    def _parts(self, population: Population, origin: str, key: str) -> list[Part]:
        side = population.side
        where, _, ligand = origin.partition(":")
        if ligand:
            level, half = self._ligand(population, where, next(cargo for cargo in self.layout.cargo if cargo.id == ligand))
        elif origin in self.layout.factors:
            level = self.layout.factor(side, origin)
            half = self._half("signal_half_concentration", "nM", f"factor:{origin}")
        elif origin in STRESSES:
            level, half = f"environment.{origin}", self._half("signal_half_stress", "dimensionless")
        elif origin == "damage":
            level, half = f"{population.id}.damage_per_cell", f"{population.id}.damage_threshold"
        elif any(cargo.id == origin for cargo in self.layout.cargo):
            cargo = next(cargo for cargo in self.layout.cargo if cargo.id == origin)
            half = self._half("signal_half_copies", "copy/cell", f"cargo:{origin}", f"cargo_type:{cargo.type}")
            excess = f"{population.id}.{element_id(origin)}.excess"
            return [Derived(key, signals.induction, {"level": excess, "half": half})]
        else:
            level = self._density(population, origin)
            half = self._half("signal_half_density", "cell/mL", f"cell_line:{origin.partition('.')[0]}")
        return [Derived(key, signals.receptor_occupancy, {"level": level, "half": half})]

    def _half(self, name: str, unit: str, *subjects: str) -> str:
        quantity = self.book.quantity(name, *subjects, "signal")
        key = f"{name}.{element_id(quantity.subject)}"
        return self.book.number(key, name, unit, *subjects, "signal", use="signals")

    def _ligand(self, population: Population, where: str, cargo: Cargo) -> tuple[str, str]:
        side = population.side
        if where == "on_vesicles":
            key = f"{side.id}.ligand_{element_id(cargo.id)}"
            if not self._made(key):
                carriers = [self.layout.vesicles(side, group) for group in self.layout.classes]
                free = [self._free_on_vesicles(pool, cargo) for pool in carriers]
                self._once(Sum(f"{key}_amount", free))
                self._once(Derived(key, kinetics.ratio, {"numerator": f"{key}_amount", "denominator": side.volume}))
            return key, self._half("signal_half_concentration", "nM", f"cargo:{cargo.id}")
        # Copies on one of the other cells of the medium, on average: what a cell finds on those that it touches.
        key = f"{population.id}.touched_{element_id(cargo.id)}"
        others = [other for other in self.layout.populations if other.side == side and other is not population]
        if not others:
            return self.book.plain("no_ligand", 0.0, "dimensionless"), self.book.plain("edge.one", 1.0, "dimensionless")
        cells: list[Reference] = [Amount(other.cells) for other in others]
        copies = self._half("signal_half_copies", "copy/cell", f"cargo:{cargo.id}", f"cargo_type:{cargo.type}")
        self._once(
            Sum(f"{key}_amount", [self._free_on_cells(other, cargo) for other in others]),
            Sum(f"{key}_cells", cells),
            Derived(key, kinetics.ratio, {"numerator": f"{key}_amount", "denominator": f"{key}_cells"}),
            Derived(f"{key}_half", kinetics.product, {"first": copies, "second": self._weight()}),
        )
        return key, f"{key}_half"

    def _weight(self) -> str:
        return self.book.number("copy_weight", "copy_weight", "pmol/copy", "physics", use="signals")

    def _free_on_vesicles(self, pool: str, cargo: Cargo) -> str:
        kinds = [cargo.element + (f"_{origin}" if origin else "") for origin in self.layout.origins]
        covered: list[Reference] = [Amount(self.layout.content(pool, f"antibody:{name}")) for name in self._antibodies_on(cargo)]
        return self._free(pool, cargo, [self.layout.content(pool, kind) for kind in kinds], covered)

    def _free_on_cells(self, population: Population, cargo: Cargo) -> str:
        pools = [self.layout.cell_cargo(population, cargo, origin) for origin in self.layout.origins]
        bears = antibody.bears(self.book, population, cargo)
        names = self._antibodies_on(cargo) if bears else []
        return self._free(population.id, cargo, pools, [Amount(self.layout.drug(population, "surface", name)) for name in names])

    def _antibodies_on(self, cargo: Cargo) -> list[str]:
        return [name for name in self.layout.antibodies if cargo in antibody.antigens(self.layout, self.catalog, name)]

    def _free(self, owner: str, cargo: Cargo, pools: Sequence[str], covered: Sequence[Reference]) -> str:
        """Ligand that no antibody covers, pmol."""
        key = f"{owner}.free_{element_id(cargo.id)}"
        if self._made(key):
            return key
        self._once(
            Sum(f"{key}_copies", [Amount(pool) for pool in pools]),
            Derived(f"{key}_all", cargo_laws.copies_as_amount, {"copies": f"{key}_copies", "weight": self._weight()}),
        )
        if covered:
            self._once(
                Sum(f"{key}_covered", covered),
                Derived(key, kinetics.difference, {"first": f"{key}_all", "second": f"{key}_covered"}),
            )
        else:
            self._once(Derived(key, kinetics.constant, {"rate": f"{key}_all"}))
        return key

    def _density(self, population: Population, origin: str) -> str:
        """Cells of a kind per mL around a population, times the node that the wire names where something moves it."""
        kind, _, node = origin.partition(".")
        side: Side = population.side
        key = f"{population.id}.around_{element_id(origin)}"
        cells: list[Reference] = []
        for other in _around(self.layout, self.catalog, kind, population):
            if not any(wire.target == node for wire in self.laid[other.id]):
                cells.append(Amount(other.cells))
                continue
            weighted = f"{key}_in_{other.id}"
            self._once(Derived(weighted, kinetics.product, {"first": Amount(other.cells), "second": f"{other.id}.{node}"}))
            cells.append(weighted)
        self._once(
            Sum(f"{key}_cells", cells),
            Derived(key, kinetics.ratio, {"numerator": f"{key}_cells", "denominator": side.volume}),
        )
        return key


def _around(layout: Layout, catalog: Catalog, kind: str, population: Population) -> list[Population]:
    """Other populations of a kind in the same medium."""
    return [
        other
        for other in layout.populations
        if other.side == population.side
        and other is not population
        and (other.cell_line == kind or (kind == "tumour" and immune.is_tumour(catalog, other.cell_line)))
    ]
