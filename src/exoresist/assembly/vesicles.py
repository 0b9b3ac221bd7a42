"""Vesicles: formed, loaded, secreted or degraded, cleared, taken up by five routes, unpacked, recycled."""

from __future__ import annotations

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Cargo, Layout, Population, Side, VesicleClass, exchange_pools
from exoresist.laws import cargo as cargo_laws
from exoresist.laws import kinetics, vesicles
from exoresist.network import Amount, Derived, Modulation, Pool, Process, RateOf, Sum
from exoresist.network.parts import Part

ENDOCYTIC = ("clathrin", "caveolin", "macropinocytosis", "receptor")
ROUTES = (*ENDOCYTIC, "fusion")


def exchanges(layout: Layout) -> list[Part]:
    parts: list[Part] = [
        *exchange_pools(("formed", "degraded", "unpacked", "cleared", "debris", "removed"), "vesicle", "particle", 1e3)
    ]
    for cargo in layout.cargo:
        parts += exchange_pools(("made", "degraded", "debris", "cleared", "removed"), cargo.element, "copy", 1e3)
    return parts


def class_parts(layout: Layout, book: Book, group: VesicleClass) -> list[Part]:
    """Vesicles of one class in every medium, their size and their loss."""
    subjects = (f"cell_line:{group.cell_line}", "vesicle")
    diameter = book.number(f"{group.id}.diameter_median", "diameter_median", "um", *subjects, use="loading")
    sigma = book.number(f"{group.id}.diameter_sigma", "diameter_sigma", "dimensionless", *subjects, use="loading")
    shrink = book.number(
        f"{group.id}.diameter_fold_hypoxia", "diameter_fold_hypoxia", "dimensionless", "stress", use="vesicle size"
    )
    size = {"diameter": f"{group.id}.diameter", "sigma": sigma}
    parts: list[Part] = [
        Derived(f"{group.id}.size_factor", vesicles.stress_factor, {"stress": "environment.hypoxia", "most": shrink}),
        Derived(f"{group.id}.diameter", kinetics.product, {"first": diameter, "second": f"{group.id}.size_factor"}),
        Derived(f"{group.id}.vesicle_area", vesicles.mean_vesicle_area, size),
        Derived(f"{group.id}.vesicle_volume", vesicles.mean_vesicle_volume, size),
    ]
    clearance = book.number(f"{group.id}.clearance_rate", "vesicle_clearance_rate", "1/h", *subjects, use="vesicle_clearance")
    if not group.maker:
        _preparation_numbers(layout, book, group)
    for side in layout.sides:
        pool = layout.vesicles(side, group)
        parts.append(Pool(pool, "particle", element="vesicle", scale=1e3))
        parts += layout.vesicle_pools(pool)
        if side.blood:
            continue
        parts.append(
            Process(
                f"{pool}.vesicle_clearance",
                pool,
                "cleared.vesicle",
                kinetics.constant,
                {"rate": clearance},
                specific=True,
                fates=layout.lost(side, "cleared"),
            )
        )
    return parts


def _preparation_numbers(layout: Layout, book: Book, group: VesicleClass) -> None:
    """Numbers of the line that made a preparation, from which its load per vesicle follows."""
    for cargo in layout.cargo:
        key = f"{group.id}.{cargo.id.replace('-', '_')}"
        subjects = cargo_subjects(cargo, group.cell_line)
        if cargo.place == "dissolved":
            book.number(f"{key}.copies_per_vesicle", "copies_per_vesicle", "copy/particle", *subjects, use="loading")
            continue
        book.number(f"{group.id}.cell_area", "cell_area", "um^2/cell", f"cell_line:{group.cell_line}", "cell", use="loading")
        book.number(f"{key}.enrichment", "loading_enrichment", "dimensionless", *subjects, use="loading")
        if cargo.place == "antigen":
            if cargo.type == "surface_ligand" or group.cell_line in _bearers(book, cargo):
                book.number(f"{key}.copies", "antigen_copies_per_cell", "copy/cell", *subjects, "antibody", use="loading")
            else:
                book.plain(f"{key}.copies", 0.0, "copy/cell")
        else:
            book.number(f"{key}.copies", "pump_copies", "copy/cell", *subjects, use="loading")


def _bearers(book: Book, cargo: Cargo) -> list[str]:
    """Cell lines whose record lists the antigen."""
    antigen = book.catalog.cargo(cargo.id).antigen
    return [line.id for line in book.catalog.records("cell_lines") if antigen in line.antigens]


def maker_parts(layout: Layout, book: Book, population: Population, group: VesicleClass) -> list[Part]:
    """Formation, stress, secretion and lysosomal loss of a population's own vesicles."""
    who, subjects = population.id, population.subjects()
    cells = Amount(population.cells)
    ilv = layout.ilv(population)
    basal = book.number(f"{who}.ilv_formation_rate", "ilv_formation_rate", "particle/cell/h", *subjects, use="ilv_formation")
    escrt = book.number(f"{who}.escrt_share", "escrt_share", "dimensionless", *subjects, use="ilv_formation")
    secretion = book.number(f"{who}.secretion_rate", "secretion_rate", "1/h", *subjects, use="secretion")
    book.number(f"{who}.cell_area", "cell_area", "um^2/cell", *subjects, use="donor-membrane equivalents")
    degradation = book.number(
        f"{who}.lysosomal_degradation_rate", "lysosomal_degradation_rate", "1/h", *subjects, use="lysosomal_degradation"
    )
    parts: list[Part] = [
        Pool(ilv, "particle", element="vesicle", carrier=population.cells, kind="vesicles inside", scale=1e3),
        *layout.vesicle_pools(ilv),
        Derived(f"{who}.ceramide_share", kinetics.remainder, {"fraction": escrt}),
        Process(
            f"{who}.secretion",
            ilv,
            layout.vesicles(population.side, group),
            kinetics.constant,
            {"rate": secretion},
            specific=True,
            fates=layout.moved_along(layout.vesicles(population.side, group)),
        ),
        Process(
            f"{who}.lysosomal_degradation",
            ilv,
            "degraded.vesicle",
            kinetics.constant,
            {"rate": degradation},
            specific=True,
            fates=layout.released(population),
        ),
        Sum(f"{who}.ilv_formed", [RateOf(f"{who}.ilv_formation_escrt"), RateOf(f"{who}.ilv_formation_ceramide")]),
        Derived(f"{who}.ilv_formed_per_cell", kinetics.ratio, {"numerator": f"{who}.ilv_formed", "denominator": cells}),
    ]
    drug_fold = book.number(f"{who}.secretion_fold_drug", "secretion_fold_drug", "dimensionless", "stress", use="ilv_formation")
    for route, share in (("escrt", escrt), ("ceramide", f"{who}.ceramide_share")):
        process = f"{who}.ilv_formation_{route}"
        parts.append(
            Process(
                process,
                "formed.vesicle",
                ilv,
                vesicles.ilv_formation,
                {"basal": basal, "share": share, "cells": cells},
            )
        )
        for stress in ("hypoxia", "acidity", "starvation"):
            fold = book.number(
                f"{who}.secretion_fold_{stress}", f"secretion_fold_{stress}", "dimensionless", "stress", use="ilv_formation"
            )
            parts.append(
                Modulation(
                    process, vesicles.stress_factor, {"stress": f"environment.{stress}", "most": fold}, tag=f"stress:{stress}"
                )
            )
        parts.append(
            Modulation(
                process,
                kinetics.stimulation,
                {
                    "concentration": f"{who}.damage_per_cell",
                    "half": f"{who}.damage_threshold",
                    "most": drug_fold,
                },
                tag="stress:drug",
            )
        )
    return parts


def cargo_subjects(cargo: Cargo, cell_line: str) -> tuple[str, ...]:
    """Subjects under which the catalogue may hold a number of this cargo, the most special first."""
    line = f"cell_line:{cell_line}"
    return (
        f"{line}|cargo:{cargo.id}",
        f"{line}|pump:{cargo.id}",
        f"cargo:{cargo.id}",
        f"pump:{cargo.id}",
        f"cargo_type:{cargo.type}",
        line,
        "cell",
        "cargo",
    )


def cargo_parts(layout: Layout, book: Book, population: Population, cargo: Cargo) -> list[Part]:
    """A cargo in the cells of one population: its pools, upkeep and loss."""
    who = population.id
    subjects = cargo_subjects(cargo, population.cell_line)
    key = f"{who}.{cargo.id.replace('-', '_')}"
    membrane = cargo.place != "dissolved"
    amount, decay = ("pump_copies", "pump_turnover_rate") if membrane else ("endogenous_copies", "decay_rate")
    if cargo.place == "antigen":
        amount, decay, subjects = "antigen_copies_per_cell", "decay_rate", (*subjects, "antibody")
    synthesis, loss = ("pump_synthesis", "pump_turnover") if membrane else ("rna_synthesis", "rna_decay")
    copies = book.number(f"{key}.copies", amount, "copy/cell", *subjects, use=synthesis)
    turnover = book.number(f"{key}.turnover_rate", decay, "1/h", *subjects, use=loss)
    pools = [layout.cell_cargo(population, cargo, origin) for origin in layout.origins]
    parts: list[Part] = [
        *(
            Pool(pool, "copy", element=cargo.element, carrier=population.cells, kind=f"own:{cargo.id}", scale=1e3)
            for pool in pools
        ),
        Sum(f"{key}.total", [Amount(pool) for pool in pools]),
        # The clamp holds a cargo at another level than the cell's own (over-expression, knock-down); 1 leaves it alone.
        Derived(
            f"{key}.held",
            kinetics.product,
            {"first": copies, "second": book.plain(f"{key}.clamp", 1.0, "dimensionless")},
        ),
        Process(
            f"{key}.{synthesis}",
            layout.exchange("made", cargo.element),
            pools[0],
            cargo_laws.balanced_synthesis,
            {
                "copies": f"{key}.held",
                "cells": Amount(population.cells),
                "turnover": turnover,
                "growth": RateOf(f"{who}.growth"),
                "loading": f"{key}.basal_loading",
            },
        ),
    ]
    for pool in pools:
        suffix = "" if pool == pools[0] else "_" + pool.rsplit("_", 1)[-1]
        parts.append(
            Process(
                f"{key}.{loss}{suffix}",
                pool,
                layout.exchange("degraded", cargo.element),
                kinetics.constant,
                {"rate": turnover},
                specific=True,
                name=loss,
            )
        )
    return parts


def loading_parts(layout: Layout, book: Book, population: Population, cargo: Cargo, group: VesicleClass | None) -> list[Part]:
    """Sorting of a cargo into the population's own new vesicles; without vesicles there is nothing to sort into."""
    who = population.id
    line = f"cell_line:{population.cell_line}"
    key = f"{who}.{cargo.id.replace('-', '_')}"
    nothing_to_sort = cargo.place == "dissolved" and book.parameters[f"{key}.copies"].value == 0.0
    if group is None or nothing_to_sort:
        return [Derived(f"{key}.basal_loading", kinetics.constant, {"rate": book.plain("no_loading", 0.0, "1/h")})]
    sorter = book.plain(f"{key}.sorter", 1.0, "dimensionless")
    subjects = cargo_subjects(cargo, population.cell_line)
    if cargo.place != "dissolved":
        law = vesicles.surface_loading
        area = book.number(f"{who}.cell_area", "cell_area", "um^2/cell", line, "cell", use="loading")
        enrichment = book.number(f"{key}.enrichment", "loading_enrichment", "dimensionless", *subjects, use="loading")
        shared = {"enrichment": enrichment, "sorter": sorter, "vesicle_area": f"{group.id}.vesicle_area", "cell_area": area}
    else:
        law = cargo_laws.counted_loading
        load = book.number(f"{key}.copies_per_vesicle", "copies_per_vesicle", "copy/particle", *subjects, use="loading")
        shared = {"per_vesicle": load, "copies": f"{key}.copies", "sorter": sorter}
    parts: list[Part] = [
        Derived(f"{key}.basal_loading", law, {**shared, "formation": f"{who}.ilv_formation_rate"}),
    ]
    for origin in layout.origins:
        suffix = f"_{origin}" if origin else ""
        parts.append(
            Process(
                f"{key}.loading{suffix}",
                layout.cell_cargo(population, cargo, origin),
                layout.content(layout.ilv(population), cargo.element + suffix),
                law,
                {**shared, "formation": f"{who}.ilv_formed_per_cell"},
                specific=True,
                name="loading",
            )
        )
    return parts


def route_parts(book: Book, population: Population) -> list[Part]:
    """The five routes' parts of a population's uptake: catalogue shares, scaled so that any draw of them sums to one."""
    who = population.id
    shares = [
        book.number(f"{who}.uptake_share_{route}", f"uptake_share_{route}", "dimensionless", *population.subjects(), use="uptake")
        for route in ROUTES
    ]
    return [
        Sum(f"{who}.uptake_shares", shares),
        *(
            Derived(f"{who}.uptake_part_{route}", kinetics.ratio, {"numerator": share, "denominator": f"{who}.uptake_shares"})
            for route, share in zip(ROUTES, shares, strict=True)
        ),
    ]


def uptake_parts(layout: Layout, book: Book, population: Population, group: VesicleClass) -> list[Part]:
    """Uptake of one vesicle class by one population, its endosome, and what comes of it."""
    who, subjects = population.id, population.subjects()
    outside = layout.vesicles(population.side, group)
    endosome = layout.endosome(population, group)
    clearance = book.number(f"{who}.uptake_clearance", "uptake_clearance", "mL/h/cell", *subjects, use="uptake")
    delivered = book.number(f"{who}.delivered_fraction", "delivered_fraction", "dimensionless", *subjects, use="unpacking")
    rates = {
        name: book.number(f"{who}.endosome_{name}_rate", f"endosome_{name}_rate", "1/h", *subjects, use=name)
        for name in ("unpacking", "recycling", "degradation")
    }
    parts: list[Part] = [
        Derived(f"{who}.fusion_delivery_{group.id}", vesicles.fusion_delivery, {"delivered": delivered}),
        Pool(endosome, "particle", element="vesicle", carrier=population.cells, kind="vesicles inside", scale=1e3),
        *layout.vesicle_pools(endosome),
    ]
    for route in ROUTES:
        share = f"{who}.uptake_part_{route}"
        fusion = route == "fusion"
        process = f"{who}.uptake_{route}_{group.id}"
        parts.append(
            Process(
                process,
                outside,
                "unpacked.vesicle" if fusion else endosome,
                vesicles.uptake,
                {
                    "clearance": clearance,
                    "share": share,
                    "cells": Amount(population.cells),
                    "volume": population.side.volume,
                    "mixing": "arena.mixing",
                },
                specific=True,
                fates=layout.released(population, "deliver", f"{who}.fusion_delivery_{group.id}", group)
                if fusion
                else layout.moved_along(endosome),
                name=f"uptake_{route}",
            )
        )
    fold = book.number(f"{who}.uptake_fold_hypoxia", "uptake_fold_hypoxia", "dimensionless", "stress", use="uptake")
    parts.append(
        Modulation(
            f"{who}.uptake_receptor_{group.id}",
            vesicles.stress_factor,
            {"stress": "environment.hypoxia", "most": fold},
            tag="stress:hypoxia",
        )
    )
    ends = {
        "unpacking": ("unpacked.vesicle", layout.released(population, "deliver", delivered, group)),
        "recycling": (outside, layout.moved_along(outside)),
        "degradation": ("degraded.vesicle", layout.released(population)),
    }
    for name, (sink, fates) in ends.items():
        parts.append(
            Process(
                f"{who}.{name}_{group.id}",
                endosome,
                sink,
                kinetics.constant,
                {"rate": rates[name]},
                specific=True,
                fates=fates,
                name=name,
            )
        )
    return parts


def transwell_parts(layout: Layout, book: Book, group: VesicleClass, first: Side, second: Side) -> list[Part]:
    """Vesicles crossing a porous membrane both ways."""
    pore = book.number("arena.pore_diameter", "pore_diameter", "um", "well", use="pore_exchange")
    parts: list[Part] = [
        Derived(f"{group.id}.pore_passage", vesicles.pore_passage, {"diameter": f"{group.id}.diameter", "pore": pore})
    ]
    for source, target in ((first, second), (second, first)):
        parts.append(
            Process(
                f"{source.id}.pore_exchange_{group.id}",
                layout.vesicles(source, group),
                layout.vesicles(target, group),
                vesicles.pore_exchange,
                {"flow": "arena.pore_flow", "share": f"{group.id}.pore_passage", "volume": source.volume},
                specific=True,
                fates=layout.moved_along(layout.vesicles(target, group)),
                name="pore_exchange",
            )
        )
    return parts
