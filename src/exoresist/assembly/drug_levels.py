"""The level of a drug or ray in a cell, and the term that it puts on what it drives."""

from __future__ import annotations

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Layout, Population
from exoresist.laws import kinetics
from exoresist.laws.registry import Law
from exoresist.network import Derived, PerSize, Sum
from exoresist.network.parts import Part, Reference


def level_parts(layout: Layout, book: Book, population: Population, agent: str) -> list[Part]:
    """The level of an agent in a population's cells, over the level at which half of the response is reached."""
    who = population.id
    name = f"{who}.{agent}.level"
    if agent in layout.rays:
        damages = [PerSize(layout.damage(population, harm), population.cells) for harm in layout.harms_of(agent)]
        return [
            Sum(f"{who}.{agent}.damage", damages),
            Derived(name, kinetics.ratio, {"numerator": f"{who}.{agent}.damage", "denominator": f"{who}.damage_threshold"}),
        ]
    half = book.number(f"{who}.{agent}.response_concentration", "response_concentration", "nM", f"drug:{agent}", use="responses")
    return [Derived(name, kinetics.ratio, {"numerator": layout.drug(population, "cytosol", agent), "denominator": half})]


def regulator(book: Book, population: Population, agent: str, sign: int) -> tuple[Law, dict[str, Reference]]:
    """The term that an agent puts on a node: 1 without it, up to the fold of a response (or its inverse) with it."""
    most = book.number("edge.drug_node", "drug_node", "dimensionless", "edge_class", use="responses")
    return kinetics.stimulation, {
        "concentration": f"{population.id}.{agent}.level",
        "half": book.plain("edge.one", 1.0, "dimensionless"),
        "most": most if sign > 0 else f"{most}.inverse",
    }
