"""Cells of a population: birth, death, damage, contact, switching."""

from __future__ import annotations

from collections.abc import Iterable

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Layout, Population, exchange_pools, next_origin
from exoresist.laws import growth, kinetics, vesicles
from exoresist.network import Amount, Derived, Modulation, PerSize, Pool, Process, Route, Sum
from exoresist.network.parts import Part

LEAST_RATE = 1e-100  # 1/h: below any rate, and square and reciprocal are still numbers


def exchanges() -> list[Part]:
    return [*exchange_pools(("born", "dead", "removed"), "cell", "cell")]


def census(layout: Layout) -> list[Part]:
    """Living cells on each side."""
    return [
        Sum(
            f"{side.id}.population",
            [Amount(population.cells) for population in layout.populations if population.side == side],
        )
        for side in layout.sides
        if any(population.side == side for population in layout.populations)
    ]


def population_parts(layout: Layout, book: Book, population: Population) -> list[Part]:
    """Pools and processes of growth, damage and death of one population."""
    who, subjects = population.id, population.subjects()
    rate = book.number(f"{who}.growth_rate", "growth_rate", "1/h", *subjects, use="growth")
    basal = book.number(f"{who}.basal_death_rate", "basal_death_rate", "1/h", *subjects, use="death")
    most = book.number(f"{who}.max_death_rate", "max_death_rate", "1/h", *subjects, use="death")
    steepness = book.number(f"{who}.kill_hill", "kill_hill", "dimensionless", *subjects, use="death")
    book.number(f"{who}.damage_threshold", "damage_threshold", "dimensionless", *subjects, use="death")
    arrest = book.number(f"{who}.arrest_threshold", "arrest_threshold", "dimensionless", *subjects, use="growth")
    arrest_hill = book.number(f"{who}.arrest_hill", "arrest_hill", "dimensionless", *subjects, use="growth")
    volume = book.number(f"{who}.cell_volume", "cell_volume", "mL/cell", *subjects, use="drug in the cell")
    cells = Amount(population.cells)
    parts: list[Part] = [
        Pool(population.cells, "cell", element="cell", initial=population.count, scale=population.count * 1e-3),
        *_damage(layout, book, population),
        Derived(f"{who}.volume", kinetics.product, {"first": volume, "second": cells}),
        Derived(
            f"{who}.arrest",
            growth.arrest,
            {
                "damage": f"{who}.damage_per_cell",
                "threshold": arrest,
                "exponent": arrest_hill,
            },
        ),
        Process(
            f"{who}.growth",
            "born.cell",
            population.cells,
            growth.logistic_growth,
            {"rate": rate, "population": f"{population.side.id}.population", "capacity": "arena.capacity"},
            birth=True,
        ),
        # Damaged cells stop dividing long before they die.
        Modulation(f"{who}.growth", kinetics.constant, {"rate": f"{who}.arrest"}, tag="damage:arrest"),
        Process(
            f"{who}.death",
            population.cells,
            "dead.cell",
            growth.death_hazard,
            {
                "most": most,
                "damage": f"{who}.damage_per_cell",
                "threshold": f"{who}.tolerance",
                "exponent": steepness,
                "basal": basal,
            },
            specific=True,
            fates=layout.death_fates(population),
        ),
        # Share of cells that cycle: crowding lowers it. Arrest by the drug's own damage does not, because cells held in
        # mitosis go on being harmed.
        Derived(
            f"{who}.cycling_rate",
            growth.logistic_growth,
            {"rate": rate, "population": f"{population.side.id}.population", "capacity": "arena.capacity"},
        ),
        # Of cells that never divide none cycle: their rate of 0 is kept from dividing 0, and any other is what it was, to the bit.
        Derived(
            f"{who}.rate_of_division", kinetics.total, {"first": rate, "second": book.plain("least_rate", LEAST_RATE, "1/h")}
        ),
        Derived(
            f"{who}.division", kinetics.ratio, {"numerator": f"{who}.cycling_rate", "denominator": f"{who}.rate_of_division"}
        ),
    ]
    return parts


def _damage(layout: Layout, book: Book, population: Population) -> list[Part]:
    """Damage, a pool for each drug and kind because each kind of lesion is repaired by itself, and their sum per cell."""
    who = population.id
    pools = [
        Pool(layout.damage(population, harm), "cell", carrier=population.cells, kind="damage", scale=population.count * 1e-3)
        for harm in layout.harms
    ]
    terms = [PerSize(pool.id, population.cells) for pool in pools]
    return [*pools, Sum(f"{who}.damage_per_cell", terms or [book.plain("no_damage", 0.0, "dimensionless")])]


def contact_parts(layout: Layout, book: Book, donor: Population, recipient: Population) -> list[Part]:
    """Transfer of membrane cargo through contacts and nanotubes, from one population to another in the same medium."""
    rate = book.number(
        f"{recipient.id}.contact_from_{donor.id}", "contact_transfer_rate", "1/h", *donor.subjects(), use="contact_transfer"
    )
    parts: list[Part] = []
    for cargo in layout.cargo:
        if cargo.place == "dissolved":
            continue
        for origin in layout.origins:
            source = layout.cell_cargo(donor, cargo, origin)
            parts.append(
                Process(
                    f"{recipient.id}.contact_transfer_{source.replace('.', '_')}",
                    source,
                    layout.cell_cargo(recipient, cargo, next_origin(origin)),
                    vesicles.contact_transfer,
                    {"rate": rate, "donors": Amount(donor.cells), "recipients": Amount(recipient.cells)},
                    specific=True,
                    name="contact_transfer",
                )
            )
    return parts


def switching_parts(book: Book, source: Population, target: Population, carried: Iterable[Pool]) -> list[Part]:
    """Heritable switching of cells from one population to another: they keep all they hold.

    carried  every pool that the source's cells hold, passengers of passengers included
    """
    rate = book.number(f"{source.id}.switching_to_{target.id}", "switching_rate", "1/h", *source.subjects(), use="switching")
    same = {pool.id: (Route(target.id + pool.id.removeprefix(source.id)),) for pool in carried}
    return [
        Process(
            f"{source.id}.switching_{target.id}",
            source.cells,
            target.cells,
            kinetics.constant,
            {"rate": rate},
            specific=True,
            fates=same,
            name="switching",
        )
    ]
