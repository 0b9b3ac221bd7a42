"""Cargo that a cell makes beyond its baseline because nodes, drugs or the medium drive its synthesis, told apart from the rest."""

from __future__ import annotations

from exoresist.assembly.book import Book
from exoresist.assembly.layout import INDUCED, Layout
from exoresist.laws import kinetics
from exoresist.network import Derived, Modulation, Process, RateOf
from exoresist.network.parts import Part, Reference

SYNTHESIS = ("pump_synthesis", "rna_synthesis")


def split(layout: Layout, book: Book, parts: list[Part]) -> list[Part]:
    """The same parts, where every driven synthesis makes native cargo at its baseline and induced cargo with what it makes beyond.

    What lowers synthesis takes from what is induced, whose amount then is negative: the sum of both is what there is. Interventions act
    on both.
    """
    result = list(parts)
    for population in layout.populations:
        for cargo in layout.cargo:
            native, induced = (layout.cell_cargo(population, cargo, origin) for origin in (layout.origins[0], INDUCED))
            for process in [part for part in parts if isinstance(part, Process) and part.sink == native]:
                if process.name in SYNTHESIS:
                    result = _split(result, book, process, induced)
    return result


def _split(parts: list[Part], book: Book, process: Process, sink: str) -> list[Part]:
    driven = [
        part for part in parts
        if isinstance(part, Modulation) and part.process == process.id and not part.tag.startswith("intervention")
    ]  # fmt: skip
    if not driven:
        return parts
    one = book.plain("edge.one", 1.0, "dimensionless")
    made: list[Part] = []
    whole: Reference = one
    for number, each in enumerate(driven):
        factor, step = f"{process.id}.driven_{number}", f"{process.id}.driven_to_{number}"
        made += [
            Derived(factor, each.law, each.inputs),
            Derived(step, kinetics.product, {"first": whole, "second": factor}),
        ]
        whole = step
    beyond = f"{process.id}.beyond"
    made += [
        Derived(beyond, kinetics.difference, {"first": whole, "second": one}),
        Process(
            f"{process.id}_{INDUCED}", process.source, sink, kinetics.product, {"first": RateOf(process.id), "second": beyond},
            name=process.name,
        ),
    ]  # fmt: skip
    gone = {id(part) for part in driven}
    return [*(part for part in parts if id(part) not in gone), *made]
