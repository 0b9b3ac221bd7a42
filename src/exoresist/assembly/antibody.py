"""Surface antibodies: binding to cells and to vesicles that carry the antigen (decoys), complement and killing."""

from __future__ import annotations

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Cargo, Layout, Population, Side, VesicleClass, exchange_pools
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.laws import cargo as cargo_laws
from exoresist.laws import drug as drug_laws
from exoresist.laws import kinetics
from exoresist.network import Amount, Derived, Pool, Process, Sum
from exoresist.network.parts import Part


def antibodies(scenario: Scenario, catalog: Catalog) -> list[str]:
    """Drugs of a scenario that bind to antigens on surfaces."""
    return [drug.id for drug in scenario.drugs if catalog.drug(drug.id).mode == "surface_antibody"]


def exchanges(layout: Layout) -> list[Part]:
    parts: list[Part] = []
    for antibody in layout.antibodies:
        parts += exchange_pools(("degraded", "removed"), f"drug:{antibody}", "pmol", 1e-3)
    return parts


def antigens(layout: Layout, catalog: Catalog, antibody: str) -> list[Cargo]:
    """Cargo of the scenario that displays what an antibody binds."""
    target = catalog.drug(antibody).target
    return [cargo for cargo in layout.cargo if cargo.place == "antigen" and catalog.cargo(cargo.id).antigen == target]


def bears(book: Book, population: Population, antigen: Cargo) -> bool:
    """Whether the cells of a population make the antigen themselves."""
    return book.parameters[f"{population.id}.{antigen.id.replace('-', '_')}.copies"].value > 0.0


def medium_parts(layout: Layout, book: Book, side: Side, antibody: str) -> list[Part]:
    """Free antibody in a medium, and how much of the complement vesicles have used."""
    capacity = book.number("antibody.complement_capacity", "complement_capacity", "pmol", "antibody", use="complement_killing")
    parts: list[Part] = []
    scale = 1e-3
    if layout.one_cell:  # of the complement that serum brings to a well, its share of the fluid has a share
        whole = book.number("antibody.complement_volume", "complement_volume", "mL", "antibody", use="complement_killing")
        share, own = f"{side.id}.complement_share_{antibody}", f"{side.id}.complement_capacity_{antibody}"
        parts = [
            Derived(share, kinetics.ratio, {"numerator": side.volume, "denominator": whole}),
            Derived(own, kinetics.product, {"first": capacity, "second": share}),
        ]
        capacity, scale = own, 1e-6
    bound = [Amount(layout.content(layout.vesicles(side, group), f"antibody:{antibody}")) for group in layout.classes]
    return [
        *parts,
        Pool(layout.medium(side, antibody), "pmol", element=f"drug:{antibody}", size=side.volume, scale=scale),
        Sum(f"{side.id}.decoyed_{antibody}", bound),
        Derived(
            f"{side.id}.complement_{antibody}",
            drug_laws.complement_left,
            {"used": f"{side.id}.decoyed_{antibody}", "capacity": capacity},
        ),
    ]


def _rates(book: Book) -> dict[str, str]:
    return {
        "on_rate": book.number("antibody.on_rate", "antibody_on_rate", "1/(nM*h)", "antibody", use="antibody_binding"),
        "off_rate": book.number("antibody.off_rate", "antibody_off_rate", "1/h", "antibody", use="antibody_binding"),
    }


def _weight(book: Book) -> str:
    return book.number("copy_weight", "copy_weight", "pmol/copy", "physics", use="antibody_binding")


def _killing_rate(book: Book, who: str, antibody: str) -> str:
    """Hazard at full occupancy; an antibody whose row says so (one without an active tail) has its own."""
    own = book.catalog.has_parameter("complement_death_rate", f"drug:{antibody}")
    key = f"{who}.{antibody}.complement_death_rate" if own else f"{who}.complement_death_rate"
    subjects = (f"drug:{antibody}", "antibody")
    return book.number(key, "complement_death_rate", "1/h", *subjects, use="complement_killing")


def vesicle_parts(layout: Layout, book: Book, side: Side, group: VesicleClass, antibody: str, antigen: Cargo) -> list[Part]:
    """Antibody on the antigen of free vesicles: the decoy."""
    pool = layout.vesicles(side, group)
    bound = layout.content(pool, f"antibody:{antibody}")
    copies = [Amount(layout.content(pool, antigen.element + (f"_{origin}" if origin else ""))) for origin in layout.origins]
    return [
        Sum(f"{pool}.antigen_copies_{antibody}", copies),
        Derived(
            f"{pool}.antigen_{antibody}",
            cargo_laws.copies_as_amount,
            {"copies": f"{pool}.antigen_copies_{antibody}", "weight": _weight(book)},
        ),
        Process(
            f"{pool}.antibody_binding_{antibody}",
            layout.medium(side, antibody),
            bound,
            kinetics.reversible_binding,
            {
                **_rates(book),
                "concentration": layout.medium(side, antibody),
                "capacity": f"{pool}.antigen_{antibody}",
                "bound": Amount(bound),
            },
            name="antibody_binding",
        ),
    ]


def cell_parts(
    layout: Layout, book: Book, population: Population, antibody: str, antigen: Cargo, effectors: str = ""
) -> list[Part]:
    """Antibody on cells, and the cells it kills through complement and through effector cells.

    effectors  share of the cells that effector cells reach; empty: none in this dish. Cells without the antigen bind nothing
    """
    if not bears(book, population, antigen):
        return []
    who = population.id
    key = f"{who}.{antibody}"
    bound = layout.drug(population, "surface", antibody)
    most = _killing_rate(book, who, antibody)
    effectors = effectors or book.plain("environment.effector_cells", 0.0, "dimensionless")
    return [
        Pool(
            bound,
            "pmol",
            element=f"drug:{antibody}",
            carrier=population.cells,
            kind=f"inside:{antibody}",
            scale=1e-6,
        ),
        Derived(
            f"{key}.antigen",
            cargo_laws.copies_as_amount,
            {"copies": f"{who}.{antigen.id}.total", "weight": _weight(book)},
        ),
        Derived(f"{key}.occupancy", kinetics.ratio, {"numerator": Amount(bound), "denominator": f"{key}.antigen"}),
        Process(
            f"{who}.antibody_binding_{antibody}",
            layout.medium(population.side, antibody),
            bound,
            kinetics.reversible_binding,
            {
                **_rates(book),
                "concentration": layout.medium(population.side, antibody),
                "capacity": f"{key}.antigen",
                "bound": Amount(bound),
            },
            name="antibody_binding",
        ),
        Process(
            f"{who}.complement_killing_{antibody}",
            population.cells,
            "dead.cell",
            drug_laws.antibody_killing,
            {
                "most": most,
                "occupancy": f"{key}.occupancy",
                "complement": f"{population.side.id}.complement_{antibody}",
                "effectors": effectors,
            },
            specific=True,
            fates=layout.death_fates(population),
            name="complement_killing",
        ),
    ]
