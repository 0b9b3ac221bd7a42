"""A nutrient in a medium, and the rate of a process in the standard medium: what all parts of metabolism are built from."""

from __future__ import annotations

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Population, Side
from exoresist.laws import kinetics
from exoresist.laws import metabolism as laws
from exoresist.network import Amount, Derived, Pool, RateOf
from exoresist.network.parts import Part


def medium_pool(book: Book, side: Side, nutrient: str, element: str, given: float | None) -> list[Part]:
    """A nutrient in a medium, and its concentration as molecules."""
    subject, pool = f"nutrient:{nutrient}", f"{side.id}.{nutrient}"
    standard = book.number(f"standard.{nutrient}", "medium_concentration", "nM", subject, use="medium")
    if given is not None:
        book.plain(f"fresh.{nutrient}", given, "nM")
    parts: list[Part] = [Pool(pool, "pmol", element=element, size=side.volume, scale=1.0)]
    if element == "carbon":
        atoms = book.number(f"carbon.{nutrient}", "carbon_atoms", "dimensionless", subject, use="medium")
        level = Derived(f"{pool}_level", kinetics.ratio, {"numerator": pool, "denominator": atoms})
    else:
        level = Derived(f"{pool}_level", kinetics.constant, {"rate": pool})
    parts.append(level)
    if nutrient not in ("lactate", "prostaglandin"):  # the standard medium holds none of these
        half = book.number(f"half.{nutrient}", "half_saturation", "nM", subject, use="uptake of nutrients")
        parts.append(
            Derived(f"{pool}_use", laws.relative_saturation, {"level": f"{pool}_level", "half": half, "standard": standard})
        )
    return parts


def flux(book: Book, population: Population, process: str, nutrient: str) -> list[Part]:
    """A process's rate in the standard medium: per cell and for the population, in the unit of its pools (mostly carbon)."""
    who = population.id
    line = f"cell_line:{population.cell_line}|process:{process}"
    rate = book.number(f"{who}.{process}_rate", "metabolic_flux", "pmol/cell/h", line, f"process:{process}", use=process)
    key = f"{who}.{process}_carbon"
    if f"carbon.{nutrient}" in book.parameters:
        per_cell = Derived(key, kinetics.product, {"first": rate, "second": f"carbon.{nutrient}"})
    else:
        per_cell = Derived(key, kinetics.constant, {"rate": rate})
    total = Derived(f"{who}.{process}_standard", kinetics.product, {"first": key, "second": Amount(population.cells)})
    return [per_cell, total]


def relative(who: str, process: str) -> Derived:
    """A process's rate against that in the standard medium."""
    return Derived(
        f"{who}.{process}_level",
        kinetics.ratio,
        {"numerator": RateOf(f"{who}.{process}"), "denominator": f"{who}.{process}_standard"},
    )
