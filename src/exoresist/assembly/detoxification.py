"""Enzymes that inactivate drugs or activate prodrugs: one process per drug and enzyme, in proportion to the enzyme's amount."""

from __future__ import annotations

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Layout, Population
from exoresist.catalog import Catalog
from exoresist.laws import kinetics
from exoresist.network import Derived, Modulation, Pool, Process
from exoresist.network.parts import Part


def activated(catalog: Catalog, drugs: list[str]) -> frozenset[str]:
    """Those of the drugs that act only once an enzyme has activated them."""
    return frozenset(drug for drug in drugs if any(drug in enzyme.activates for enzyme in catalog.records("enzymes")))


def handled(catalog: Catalog, drug: str) -> bool:
    """Whether the catalogue knows any enzyme that works on this drug."""
    return any(drug in enzyme.inactivates or drug in enzyme.activates for enzyme in catalog.records("enzymes"))


def process_of(catalog: Catalog, enzyme: str, drug: str) -> str:
    """The process of an enzyme on a drug, without its population; "" where it has none.

    A drug of which no enzyme is known is inactivated as a whole, and an enzyme speeds that up.
    """
    if enzyme in catalog.ids("enzymes"):
        record = catalog.enzyme(enzyme)
        if drug in record.activates:
            return f"activation_{drug}_by_{enzyme}"
        if drug in record.inactivates:
            return f"metabolism_{drug}_by_{enzyme}"
        if handled(catalog, drug):
            return ""
    return f"metabolism_{drug}"


def active(layout: Layout, population: Population, drug: str) -> str:
    """The pool of the form that acts inside the cell."""
    return layout.drug(population, "active" if drug in layout.activated else "cytosol", drug)


def enzyme_parts(layout: Layout, book: Book, population: Population, drug: str) -> list[Part]:
    """Inactivation and activation of one drug in one population, and the active form where there is one."""
    who, parts = population.id, list[Part]()
    cytosol, gone = layout.drug(population, "cytosol", drug), f"metabolised.drug_{drug}"
    subject = f"drug:{drug}"
    if drug in layout.activated:
        pool = active(layout, population, drug)
        loss = book.number(f"{who}.{drug}.active_loss_rate", "active_loss_rate", "1/h", subject, "drug", use="metabolism")
        parts += [
            Pool(
                pool,
                "pmol",
                element=subject,
                carrier=population.cells,
                kind=f"inside:{drug}",
                scale=1e-6,
                size=f"{who}.volume",
            ),
            Process(
                f"{who}.metabolism_active_{drug}", pool, gone, kinetics.constant, {"rate": loss}, specific=True, name="metabolism"
            ),
        ]
    for enzyme in book.catalog.records("enzymes"):
        if drug not in (*enzyme.inactivates, *enzyme.activates):
            continue
        process = process_of(book.catalog, enzyme.id, drug)
        activates = drug in enzyme.activates
        pair = f"{subject}|enzyme:{enzyme.id}"
        rate = book.number(
            f"{who}.{drug}.{enzyme.id}.rate", "enzyme_rate", "1/h", f"cell_line:{population.cell_line}|{pair}", pair,
            use="activation" if activates else "metabolism",
        )  # fmt: skip
        parts.append(
            Process(
                f"{who}.{process}",
                cytosol,
                active(layout, population, drug) if activates else gone,
                kinetics.constant,
                {"rate": rate},
                specific=True,
                name="activation" if activates else "metabolism",
            )
        )
        if any(cargo.id == enzyme.id for cargo in layout.cargo):
            key = f"{who}.{enzyme.id}"
            level = f"{key}.on_{drug}"
            parts += [
                Derived(level, kinetics.ratio, {"numerator": f"{key}.per_cell", "denominator": f"{key}.copies"}),
                Modulation(f"{who}.{process}", kinetics.constant, {"rate": level}, tag=f"cargo:{enzyme.id}"),
            ]
    return parts
