"""Organs that share plasma: vesicles, drug and naked cargo travel between them through vessel walls and are cleared from blood.

Plasma holds vesicles in two compartments (free, and held at walls and blood cells for a while), so that their number falls in the
two phases that are measured. Immunity clears foreign preparations besides.
"""

from __future__ import annotations

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Layout, Side, VesicleClass, organ_side
from exoresist.assembly.naked import dissolved
from exoresist.assembly.scenario import Arena, Scenario
from exoresist.laws import delivery, kinetics, vesicles
from exoresist.network import Derived, Pool, Process, Route
from exoresist.network.parts import Part

PLASMA = Side("plasma", "plasma.volume", blood=True)


def sides(arena: Arena) -> list[Side]:
    """Plasma first, then the organs in their order."""
    organs = arena.organs or ()
    return [PLASMA, *(Side(organ_side(organ.id), f"{organ_side(organ.id)}.volume") for organ in organs)]


def arena_numbers(arena: Arena, book: Book) -> None:
    """Register what the scenario says of plasma and organs."""
    book.plain(PLASMA.volume, arena.fluid, "mL")
    for organ in arena.organs or ():
        book.plain(f"{organ_side(organ.id)}.volume", organ.volume, "mL")
        book.plain(f"{organ_side(organ.id)}.exchange", organ.exchange, "mL/h")
        book.plain(f"{organ_side(organ.id)}.barrier", organ.barrier, "dimensionless")


def circulation_parts(scenario: Scenario, layout: Layout, book: Book) -> list[Part]:
    """Everything that crosses vessel walls, and what plasma loses."""
    if scenario.arena.kind != "circulation":
        return []
    organs = [side for side in layout.sides if side != PLASMA]
    immunogenicity = {entry.id: entry.immunogenicity or 0.0 for entry in scenario.vesicles}
    parts = _rates(book)
    for group in layout.classes:
        parts += _plasma_parts(layout, book, group)
        if immunogenicity.get(group.id.removesuffix("_impurity"), 0.0) > 0.0:
            parts += _immune_parts(layout, book, group, immunogenicity[group.id.removesuffix("_impurity")])
        parts += _vesicle_traffic(layout, book, group, organs)
    return parts + _molecule_parts(layout, book, organs)


def _molecule_parts(layout: Layout, book: Book, organs: list[Side]) -> list[Part]:
    """Drug, antibody and naked cargo: small enough for any wall, so that no barrier holds them."""
    free = book.plain("arena.molecule_passage", 1.0, "dimensionless")
    parts: list[Part] = []
    for drug in (*layout.drugs, *layout.antibodies):
        rate = book.number(
            f"{drug}.plasma_clearance", "drug_plasma_clearance_rate", "1/h", f"drug:{drug}", "drug", use="drug_clearance"
        )
        pool = layout.medium(PLASMA, drug)
        parts.append(
            Process(
                f"plasma.drug_clearance_{drug}", pool, layout.exchange("removed", f"drug:{drug}"), kinetics.constant,
                {"rate": rate}, specific=True, name="drug_clearance",
            )
        )  # fmt: skip
        for organ in organs:
            parts += _traffic(drug, organ, free, free, pool, layout.medium(organ, drug), {}, {})
    for cargo in dissolved(layout) if layout.naked else ():
        for organ in organs:
            ends = layout.naked_cargo(PLASMA, cargo), layout.naked_cargo(organ, cargo)
            parts += _traffic(f"naked_{cargo.id.replace('-', '_')}", organ, free, free, *ends, {}, {})
    return parts


def taken(layout: Layout) -> dict[str, tuple[Route, ...]]:
    """Fates when phagocytes of liver and spleen take vesicles out of the blood: all that they carry goes with them."""
    fates: dict[str, tuple[Route, ...]] = {}
    for kind, element in layout.vesicle_kinds():
        fates[kind] = (Route(layout.exchange("removed" if element.startswith("drug:") else "cleared", element)),)
    return fates


def _rates(book: Book) -> list[Part]:
    """Rates between the two compartments of plasma from the two half-lives."""
    inputs = {
        "fast": book.number("plasma.fast_half_life", "plasma_half_life_fast", "h", "vesicle", use="plasma_clearance"),
        "slow": book.number("plasma.slow_half_life", "plasma_half_life_slow", "h", "vesicle", use="plasma_clearance"),
        "slow_share": book.number("plasma.slow_share", "plasma_slow_share", "dimensionless", "vesicle", use="plasma_clearance"),
    }
    return [
        Derived("plasma.clearance_rate", delivery.plasma_clearance, inputs),
        Derived("plasma.binding_rate", delivery.plasma_binding, inputs),
        Derived("plasma.return_rate", delivery.plasma_return, inputs),
    ]


def _plasma_parts(layout: Layout, book: Book, group: VesicleClass) -> list[Part]:
    pool, held = layout.vesicles(PLASMA, group), held_vesicles(group)
    moves = (
        ("plasma_binding", pool, held, "plasma.binding_rate", layout.moved_along(held)),
        ("plasma_return", held, pool, "plasma.return_rate", layout.moved_along(pool)),
        ("plasma_clearance", pool, "cleared.vesicle", "plasma.clearance_rate", taken(layout)),
    )
    return [
        Pool(held, "particle", element="vesicle", scale=1e3),
        *layout.vesicle_pools(held),
        *(
            Process(f"{source}.{name}", source, sink, kinetics.constant, {"rate": rate}, specific=True, fates=fates, name=name)
            for name, source, sink, rate, fates in moves
        ),
    ]


def held_vesicles(group: VesicleClass) -> str:
    """Pool of a class's vesicles that are held outside free plasma."""
    return f"plasma.held_{group.id}"


def _immune_parts(layout: Layout, book: Book, group: VesicleClass, strength: float) -> list[Part]:
    """Foreign vesicles meet antibodies and phagocytes in blood; one's own do not."""
    pool = layout.vesicles(PLASMA, group)
    inputs = {
        "first": book.number("plasma.immune_clearance", "immune_clearance_rate", "1/h", "vesicle", use="immune_clearance"),
        "second": book.plain(f"{group.id}.immunogenicity", strength, "dimensionless"),
    }
    return [
        Process(
            f"{pool}.immune_clearance", pool, "cleared.vesicle", kinetics.product, inputs,
            specific=True, fates=taken(layout), name="immune_clearance",
        )
    ]  # fmt: skip


def _vesicle_traffic(layout: Layout, book: Book, group: VesicleClass, organs: list[Side]) -> list[Part]:
    parts: list[Part] = []
    for organ in organs:
        name = organ.id.removeprefix(organ_side(""))
        gap = book.number(f"{organ.id}.vessel_gap", "vessel_gap", "um", f"organ:{name}", "vessel", use="extravasation")
        share = f"{organ.id}.passage_{group.id}"
        parts.append(Derived(share, vesicles.pore_passage, {"diameter": f"{group.id}.diameter", "pore": gap}))
        pools = layout.vesicles(PLASMA, group), layout.vesicles(organ, group)
        barrier = f"{organ.id}.barrier"
        parts += _traffic(group.id, organ, share, barrier, *pools, *(layout.moved_along(pool) for pool in reversed(pools)))
    return parts


def _traffic(
    name: str,
    organ: Side,
    share: str,
    barrier: str,
    blood: str,
    tissue: str,
    outward: dict[str, tuple[Route, ...]],
    inward: dict[str, tuple[Route, ...]],
) -> list[Part]:
    """Both ways through an organ's vessel wall; `outward` are the fates of passengers that leave the blood."""
    shared = {"flow": f"{organ.id}.exchange", "barrier": barrier, "share": share}
    return [
        Process(
            f"{organ.id}.{which}_{name}", source, sink, delivery.vessel_exchange, {**shared, "volume": volume},
            specific=True, fates=fates, name=which,
        )
        for which, source, sink, volume, fates in (
            ("extravasation", blood, tissue, PLASMA.volume, outward),
            ("drainage", tissue, blood, organ.volume, inward),
        )
    ]  # fmt: skip
