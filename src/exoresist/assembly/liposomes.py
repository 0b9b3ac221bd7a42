"""Drug in liposomes: taken up whole, then from the endosome to the cytosol, or with vesicles that form inside back out again.

Such a drug has a row `liposome_uptake`. None of it is free in the medium; what leaves cells again is diluted so far that its return does
not count.
"""

from __future__ import annotations

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Layout, Population
from exoresist.catalog import Catalog
from exoresist.laws import kinetics
from exoresist.network import Amount, Derived, Pool, Process, Sum
from exoresist.network.parts import Part


def held(catalog: Catalog, drug: str) -> bool:
    """Whether the drug comes in liposomes."""
    return catalog.has_parameter("liposome_uptake", f"drug:{drug}")


def liposome_parts(layout: Layout, book: Book, population: Population, drug: str) -> list[Part]:
    """From the medium through the endosome of one population.

    The share that goes into intraluminal vesicles is that at the usual rate of their formation, and follows that rate.
    """
    who, subject = population.id, f"drug:{drug}"
    key = f"{who}.{drug}"
    line = f"cell_line:{population.cell_line}"
    endosome = layout.drug(population, "endosome", drug)
    clearance = book.number(f"{key}.liposome_uptake", "liposome_uptake", "mL/h/cell", f"{line}|{subject}", subject, use="uptake")
    leaving = book.number(f"{key}.liposome_exit_rate", "liposome_exit_rate", "1/h", subject, use="unpacking")
    share = book.number(f"{key}.multivesicular_share", "multivesicular_share", "dimensionless", subject, use="drug_loading")
    return [
        Pool(endosome, "pmol", element=subject, carrier=population.cells, kind=f"inside:{drug}", scale=1e-6),
        Derived(f"{key}.liposome_clearance", kinetics.product, {"first": clearance, "second": Amount(population.cells)}),
        Process(
            f"{who}.liposome_uptake_{drug}",
            layout.medium(population.side, drug),
            endosome,
            kinetics.product,
            {"first": f"{key}.liposome_clearance", "second": layout.medium(population.side, drug)},
            name="liposome_uptake",
        ),
        Derived(
            f"{key}.formation",
            kinetics.ratio,
            {"numerator": f"{who}.ilv_formed_per_cell", "denominator": f"{who}.ilv_formation_rate"},
        ),
        # The two ways out compete: when fewer vesicles form, more of the drug goes to the cytosol.
        Derived(f"{key}.pull_of_vesicles", kinetics.product, {"first": share, "second": f"{key}.formation"}),
        Derived(f"{key}.pull_of_cytosol", kinetics.remainder, {"fraction": share}),
        Sum(f"{key}.pulls", [f"{key}.pull_of_vesicles", f"{key}.pull_of_cytosol"]),
        Derived(f"{key}.into_vesicles", kinetics.ratio, {"numerator": f"{key}.pull_of_vesicles", "denominator": f"{key}.pulls"}),
        Derived(f"{key}.to_cytosol", kinetics.remainder, {"fraction": f"{key}.into_vesicles"}),
        Process(
            f"{who}.liposome_release_{drug}",
            endosome,
            layout.drug(population, "cytosol", drug),
            kinetics.product,
            {"first": leaving, "second": f"{key}.to_cytosol"},
            specific=True,
            name="liposome_release",
        ),
        Process(
            f"{who}.drug_loading_liposome_{drug}",
            endosome,
            layout.content(layout.ilv(population), f"retained:{drug}"),
            kinetics.product,
            {"first": leaving, "second": f"{key}.into_vesicles"},
            specific=True,
            name="drug_loading",
        ),
    ]
