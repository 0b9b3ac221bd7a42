"""Drug in the medium, in cells and in vesicles; pumps, trapping, targets, damage."""

from __future__ import annotations

from exoresist.assembly import lesions, pulses, targets
from exoresist.assembly.book import Book
from exoresist.assembly.detoxification import active, enzyme_parts
from exoresist.assembly.layout import Cargo, Layout, Population, Side, VesicleClass, exchange_pools
from exoresist.laws import action, growth, kinetics, vesicles
from exoresist.laws import drug as drug_laws
from exoresist.network import Amount, Derived, Pool, Process, Sum
from exoresist.network.parts import Part, Reference


def exchanges(layout: Layout) -> list[Part]:
    parts: list[Part] = []
    for drug in layout.drugs:
        parts += exchange_pools(("metabolised", "removed"), f"drug:{drug}", "pmol", 1e-3)
    return parts


def medium_parts(layout: Layout, book: Book, side: Side, drug: str) -> list[Part]:
    """Drug in a medium and the free concentration that cells see."""
    pool = layout.medium(side, drug)
    free = book.number(
        f"{drug}.serum_free_fraction", "serum_free_fraction", "dimensionless", *drug_subjects(book, drug), use="drug_influx"
    )
    return [
        Pool(pool, "pmol", element=f"drug:{drug}", size=side.volume, scale=1e-3),
        Derived(f"{side.id}.free_{drug}", kinetics.product, {"first": free, "second": pool}),
    ]


def drug_subjects(book: Book, drug: str) -> tuple[str, ...]:
    """Subjects under which the catalogue may hold a number of this drug: its own, its mode of action's, any drug's."""
    return f"drug:{drug}", f"mode:{book.catalog.drug(drug).mode}", "drug"


def cell_parts(layout: Layout, book: Book, population: Population, drug: str) -> list[Part]:
    """Drug inside the cells of one population and the harm it does."""
    who, subject = population.id, f"drug:{drug}"
    line = f"cell_line:{population.cell_line}"
    subjects = (f"{line}|{subject}", *drug_subjects(book, drug))
    cells = Amount(population.cells)
    element = f"drug:{drug}"
    cytosol, lysosome, target = (layout.drug(population, place, drug) for place in ("cytosol", "lysosome", "target"))
    key = f"{who}.{drug}"

    def number(name: str, unit: str, use: str) -> str:
        return book.number(f"{key}.{name}", name, unit, *subjects, use=use)

    permeability = number("permeability_surface", "mL/h/cell", "drug_influx")
    capacity = number("target_capacity", "pmol/cell", "target_binding")
    on_rate = number("target_on_rate", "1/(nM*h)", "target_binding")
    node = targets.node_of(layout, drug)
    constants = targets.off_rate_parts(book, population, drug, node, on_rate) if node else []
    off_rate = f"{key}.target_off_rate" if node else number("target_off_rate", "1/h", "target_binding")
    outside = book.catalog.drug(drug).mode == "ligand"
    acting = layout.medium(population.side, drug) if outside else active(layout, population, drug)
    metabolism = number("metabolism_rate", "1/h", "metabolism")
    accumulation = number("lysosomal_accumulation", "dimensionless", "lysosomal_trapping")
    trapping = book.number(
        f"{who}.lysosomal_trapping_rate", "lysosomal_trapping_rate", "1/h", line, "cell", use="lysosomal_trapping"
    )
    lysosomes = book.number(
        f"{who}.lysosomal_volume_fraction", "lysosomal_volume_fraction", "dimensionless", line, "cell", use="lysosomal_trapping"
    )
    shared = {"element": element, "carrier": population.cells, "kind": f"inside:{drug}", "scale": 1e-6}
    return [
        Pool(cytosol, "pmol", size=f"{who}.volume", **shared),  # type: ignore[arg-type]
        Pool(lysosome, "pmol", **shared),  # type: ignore[arg-type]
        Pool(target, "pmol", **shared),  # type: ignore[arg-type]
        Derived(f"{key}.clearance", kinetics.product, {"first": permeability, "second": cells}),
        Derived(f"{key}.sites", kinetics.product, {"first": capacity, "second": cells}),
        Derived(f"{key}.lysosomal_volume", kinetics.product, {"first": lysosomes, "second": f"{who}.volume"}),
        Derived(f"{key}.occupancy", kinetics.ratio, {"numerator": Amount(target), "denominator": f"{key}.sites"}),
        Sum(f"{key}.total", [Amount(cytosol), Amount(lysosome), Amount(target)]),
        Derived(f"{key}.total_concentration", kinetics.ratio, {"numerator": f"{key}.total", "denominator": f"{who}.volume"}),
        Process(
            f"{who}.drug_influx_{drug}",
            layout.medium(population.side, drug),
            cytosol,
            kinetics.passive_exchange,
            {"clearance": f"{key}.clearance", "outside": f"{population.side.id}.free_{drug}", "inside": cytosol},
            name="drug_influx",
        ),
        *constants,
        Process(
            f"{who}.target_binding_{drug}",
            acting,
            target,
            kinetics.reversible_binding,
            {
                "on_rate": on_rate,
                "off_rate": off_rate,
                "concentration": targets.seen(layout, population, drug, book.catalog),
                "capacity": f"{key}.sites",
                "bound": Amount(target),
            },
            name="target_binding",
        ),
        Process(
            f"{who}.lysosomal_trapping_{drug}",
            cytosol,
            lysosome,
            drug_laws.lysosomal_trapping,
            {
                "rate": trapping,
                "accumulation": accumulation,
                "volume": f"{key}.lysosomal_volume",
                "free": cytosol,
                "trapped": Amount(lysosome),
            },
            name="lysosomal_trapping",
        ),
        Process(
            f"{who}.metabolism_{drug}",
            cytosol,
            f"metabolised.drug_{drug}",
            kinetics.constant,
            {"rate": metabolism},
            specific=True,
            name="metabolism",
        ),
        *enzyme_parts(layout, book, population, drug),
        *_harm(layout, book, population, drug, subjects, f"{key}.loss" if node else f"{key}.occupancy"),
    ]


def _harm(layout: Layout, book: Book, population: Population, drug: str, subjects: tuple[str, ...], occupancy: str) -> list[Part]:
    """Damage by what is occupied (or, for a dye, by what is lit), and its repair."""
    who, key, cells = population.id, f"{population.id}.{drug}", Amount(population.cells)
    if book.catalog.drug(drug).mode == "photosensitiser":
        yielded = book.number(f"{key}.damage_rate", "photodynamic_yield", "1/(nM*h)", *subjects, use="damage")
        dye = layout.drug(population, "cytosol", drug)
        lit: dict[str, Reference] = {"cells": cells, "quantum_yield": yielded, "light": pulses.light(book), "dye": dye}
        return lesions.damage_parts(layout, book, population, drug, subjects, action.photodynamic_damage, lit, "quantum_yield")
    inputs: dict[str, Reference] = {
        "rate": book.number(f"{key}.damage_rate", "damage_rate", "1/h", *subjects, use="damage"),
        "occupancy": occupancy,
        "phase_specific": book.number(f"{key}.phase_specific", "phase_specific", "dimensionless", *subjects, use="damage"),
        "division": f"{who}.division",
        "cells": cells,
    }
    return lesions.damage_parts(layout, book, population, drug, subjects, growth.damage_formation, inputs, "rate")


def pump_parts(layout: Layout, book: Book, population: Population, drug: str, pump: Cargo) -> list[Part]:
    """One pump throwing one drug out."""
    who = population.id
    key = f"{who}.{drug}.{pump.id}"
    pair = f"drug:{drug}|pump:{pump.id}"
    cytosol = layout.drug(population, "cytosol", drug)
    return [
        Process(
            f"{who}.efflux_{pump.id}_{drug}",
            cytosol,
            layout.medium(population.side, drug),
            drug_laws.pump_efflux,
            {
                "turnover": book.number(f"{key}.kcat", "efflux_kcat", "pmol/copy/h", pair, use="efflux"),
                "pump": f"{who}.{pump.id}.total",
                "free": cytosol,
                "half": book.number(f"{key}.km", "efflux_km", "nM", pair, use="efflux"),
                "exponent": book.number(f"{key}.hill", "efflux_hill", "dimensionless", pair, use="efflux"),
            },
            name="efflux",
        )
    ]


def partition_parts(layout: Layout, book: Book, drug: str) -> list[Part]:
    """How a drug shares itself out between vesicles and what surrounds them."""
    subjects = drug_subjects(book, drug)
    partition = book.number(f"{drug}.vesicle_partition", "vesicle_partition", "dimensionless", *subjects, use="drug_loading")
    retained = book.number(
        f"{drug}.vesicle_retained_fraction", "vesicle_retained_fraction", "dimensionless", *subjects, use="drug_loading"
    )
    book.number(f"{drug}.vesicle_leak_rate", "vesicle_leak_rate", "1/h", *subjects, use="drug_leak")
    return [
        Derived(f"{drug}.exchangeable", kinetics.remainder, {"fraction": retained}),
        Derived(f"{drug}.exchangeable_partition", kinetics.product, {"first": partition, "second": f"{drug}.exchangeable"}),
    ]


def ilv_drug_parts(layout: Layout, population: Population, group: VesicleClass, drug: str) -> list[Part]:
    """Drug entering the population's own vesicles before they are secreted."""
    who = population.id
    ilv, cytosol = layout.ilv(population), layout.drug(population, "cytosol", drug)
    exchangeable, retained = (layout.content(ilv, f"{kind}:{drug}") for kind in ("exchangeable", "retained"))
    surroundings = f"{who}.{drug}.total_concentration"
    return [
        Process(
            f"{who}.drug_loading_{drug}",
            cytosol,
            retained,
            vesicles.vesicle_drug_capture,
            {
                "partition": f"{drug}.vesicle_partition",
                "retained": f"{drug}.vesicle_retained_fraction",
                "vesicle_volume": f"{group.id}.vesicle_volume",
                "formed": f"{who}.ilv_formed",
                "cell_drug": surroundings,
            },
            name="drug_loading",
        ),
        Process(
            f"{who}.drug_exchange_{drug}",
            cytosol,
            exchangeable,
            vesicles.vesicle_drug_exchange,
            {
                "leak": f"{drug}.vesicle_leak_rate",
                "partition": f"{drug}.exchangeable_partition",
                "vesicle_volume": f"{group.id}.vesicle_volume",
                "vesicles": Amount(ilv),
                "cell_drug": surroundings,
                "vesicle_drug": Amount(exchangeable),
            },
            name="drug_loading",
        ),
    ]


def medium_drug_parts(layout: Layout, side: Side, group: VesicleClass, drug: str) -> list[Part]:
    """Drug leaking from secreted vesicles to the medium, or entering them."""
    pool = layout.vesicles(side, group)
    exchangeable = layout.content(pool, f"exchangeable:{drug}")
    return [
        Process(
            f"{pool}.drug_leak_{drug}",
            layout.medium(side, drug),
            exchangeable,
            vesicles.vesicle_drug_exchange,
            {
                "leak": f"{drug}.vesicle_leak_rate",
                "partition": f"{drug}.exchangeable_partition",
                "vesicle_volume": f"{group.id}.vesicle_volume",
                "vesicles": Amount(pool),
                "cell_drug": f"{side.id}.free_{drug}",
                "vesicle_drug": Amount(exchangeable),
            },
            name="drug_leak",
        )
    ]


def transwell_drug_parts(layout: Layout, book: Book, drug: str, first: Side, second: Side) -> list[Part]:
    """Dissolved drug crossing the porous membrane both ways."""
    whole = book.plain("arena.molecule_passage", 1.0, "dimensionless")
    return [
        Process(
            f"{source.id}.pore_exchange_{drug}",
            layout.medium(source, drug),
            layout.medium(target, drug),
            vesicles.pore_exchange,
            {"flow": "arena.pore_flow", "share": whole, "volume": source.volume},
            specific=True,
            name="pore_exchange",
        )
        for source, target in ((first, second), (second, first))
    ]
