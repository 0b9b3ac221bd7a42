"""Heritable switching of cells into another lineage of the scenario, by chance and by the signals that reach them."""

from __future__ import annotations

from collections.abc import Sequence

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Population
from exoresist.laws import signals
from exoresist.network import Pool, Process, Route, Sum
from exoresist.network.parts import Part, Reference


def held_by(population: Population, parts: Sequence[Part]) -> list[Pool]:
    """Every pool that the cells of a population carry, passengers of passengers included."""
    return [part for part in parts if isinstance(part, Pool) and part.id.startswith(f"{population.id}.") and part.carrier]


def process_id(source: Population, target: Population) -> str:
    return f"{source.id}.driven_switching_{target.id}"


def driven_parts(
    book: Book, source: Population, target: Population, drives: Sequence[Reference], held: Sequence[Pool]
) -> list[Part]:
    """Cells of one population becoming cells of another, with all they hold.

    drives  0 to 1 each; they add. None: chance alone, which factors may still raise or lower
    """
    pair = f"cell_line:{source.cell_line}|cell_line:{target.cell_line}"
    subjects = (pair, f"cell_line:{source.cell_line}", "cell")
    key = process_id(source, target)
    terms = list(drives) or [book.plain("no_drive", 0.0, "dimensionless")]
    return [
        Sum(f"{key}.drive", terms),
        Process(
            key,
            source.cells,
            target.cells,
            signals.induced_switching,
            {
                "spontaneous": book.number(f"{key}.spontaneous", "switching_rate", "1/h", *subjects, use="switching"),
                "induced": book.number(f"{key}.induced", "induced_switching_rate", "1/h", *subjects, use="switching"),
                "drive": f"{key}.drive",
            },
            specific=True,
            fates={pool.id: (Route(target.id + pool.id.removeprefix(source.id)),) for pool in held},
            name="switching",
        ),
    ]
