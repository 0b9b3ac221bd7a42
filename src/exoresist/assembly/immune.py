"""Killing by cells: killers and their targets in one medium, and the effector cells that antibodies call."""

from __future__ import annotations

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Layout, Population, Side
from exoresist.catalog import Catalog
from exoresist.laws import immune, kinetics, signals
from exoresist.network import Amount, Derived, Process, Sum
from exoresist.network.parts import Part


def is_tumour(catalog: Catalog, cell_line: str) -> bool:
    """Whether a cell line is a tumour's; stroma, immune cells and normal epithelium have a cancer of `none, ...`."""
    return not catalog.cell_line(cell_line).cancer.startswith("none")


def killers(layout: Layout, catalog: Catalog, side: Side) -> list[Population]:
    """Populations of a medium that kill: those whose line has a killing rate."""
    return [
        population
        for population in layout.populations
        if population.side == side and catalog.has_parameter("killing_rate", f"cell_line:{population.cell_line}")
    ]


def effectors(layout: Layout, catalog: Catalog, side: Side) -> str:
    """Id of the share of antibody-bearing cells that effector cells reach; empty without cells that do this."""
    return f"{side.id}.adcc_reach" if _adcc_cells(layout, catalog, side) else ""


def parts(layout: Layout, catalog: Catalog, book: Book) -> list[Part]:
    """Killing of every tumour population by every killer of its medium; none without killers."""
    result: list[Part] = []
    for side in layout.sides:
        attackers = killers(layout, catalog, side)
        targets = [
            population
            for population in layout.populations
            if population.side == side and is_tumour(catalog, population.cell_line)
        ]
        if attackers and targets:
            result += _encounters(book, side, targets)
            result += [part for killer in attackers for target in targets for part in _killing(layout, book, killer, target)]
        result += _adcc_parts(layout, catalog, book, side)
    return result


def _encounters(book: Book, side: Side, targets: list[Population]) -> list[Part]:
    density = book.number("contact_half_density", "contact_half_density", "cell/mL", "immune", use="immune_killing")
    return [
        Derived(f"{side.id}.contact_half", kinetics.product, {"first": density, "second": side.volume}),
        Sum(f"{side.id}.targets", [Amount(target.cells) for target in targets]),
    ]


def _killing(layout: Layout, book: Book, killer: Population, target: Population) -> list[Part]:
    rate = book.number(f"{killer.id}.killing_rate", "killing_rate", "1/h", f"cell_line:{killer.cell_line}", use="immune_killing")
    side = killer.side.id
    return [
        Process(
            f"{target.id}.immune_killing_{killer.id}",
            target.cells,
            "dead.cell",
            immune.contact_killing,
            {"rate": rate, "effectors": Amount(killer.cells), "targets": f"{side}.targets", "half": f"{side}.contact_half"},
            specific=True,
            fates=layout.death_fates(target),
            name="immune_killing",
        )
    ]


def _adcc_cells(layout: Layout, catalog: Catalog, side: Side) -> list[Population]:
    return [
        population
        for population in layout.populations
        if population.side == side and catalog.has_parameter("adcc_strength", f"cell_line:{population.cell_line}")
    ]


def _adcc_parts(layout: Layout, catalog: Catalog, book: Book, side: Side) -> list[Part]:
    """How far effector cells with Fc receptors stand in for complement on antibody-bearing cells."""
    cells = _adcc_cells(layout, catalog, side)
    if not cells or not layout.antibodies:
        return []
    half = book.number("contact_half_density", "contact_half_density", "cell/mL", "immune", use="immune_killing")
    result: list[Part] = []
    reached = []
    for population in cells:
        strength = book.number(
            f"{population.id}.adcc_strength", "adcc_strength", "dimensionless", f"cell_line:{population.cell_line}",
            use="complement_killing",
        )  # fmt: skip
        result += [
            Derived(
                f"{population.id}.density", kinetics.ratio, {"numerator": Amount(population.cells), "denominator": side.volume}
            ),
            Derived(f"{population.id}.reach", signals.receptor_occupancy, {"level": f"{population.id}.density", "half": half}),
            Derived(f"{population.id}.adcc", kinetics.product, {"first": strength, "second": f"{population.id}.reach"}),
        ]
        reached.append(f"{population.id}.adcc")
    return [*result, Sum(f"{side.id}.adcc_reach", reached)]
