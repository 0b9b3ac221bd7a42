"""Which vesicles a cell prefers: by their size, their ligand, their surface profile, and while its binding sites are free.

All of it is absent unless a scenario asks for it: a ligand by the preparation's `ligand`, the rest by its parameter.
"""

from __future__ import annotations

from collections.abc import Collection

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Layout, Population, VesicleClass
from exoresist.assembly.vesicles import ROUTES
from exoresist.laws import delivery, kinetics, vesicles
from exoresist.network import Amount, Derived, Modulation, Sum
from exoresist.network.parts import Part, Reference

PROFILES = ("glycan", "integrin")


def uptake_parts(layout: Layout, book: Book, asked: Collection[str]) -> list[Part]:
    """Factors on the uptake of every class by every population.

    asked  names of the parameters that the scenario sets; `uptake_size_exponent`, `glycan_preference`, `integrin_preference`
           and `receptor_sites` each bring their mechanism in
    """
    profiles = [name for name in PROFILES if f"{name}_preference" in asked]
    parts: list[Part] = []
    for group in layout.classes:
        for name in profiles:
            parts += _profile(book, group, name)
    for population in layout.populations:
        offers: list[Reference] = []
        for group in layout.classes:
            factors: dict[str, str] = {}
            if "uptake_size_exponent" in asked:
                factors["size"] = _size(book, population, group, parts)
            if group.ligand:
                factors[f"ligand:{group.ligand}"] = _ligand(book, population, group, parts)
            for name in profiles:
                factors[f"profile:{name}"] = _preference(book, population, group, name, parts)
            for tag, factor in factors.items():
                for route in ROUTES if tag == "size" else ("receptor",):
                    parts.append(
                        Modulation(f"{population.id}.uptake_{route}_{group.id}", kinetics.constant, {"rate": factor}, tag=tag)
                    )
            if "receptor_sites" in asked:
                offers.append(_offer(book, population, group, [*factors.values()], parts))
        if offers:
            parts += _sites(layout, book, population, offers)
    return parts


def _size(book: Book, population: Population, group: VesicleClass, parts: list[Part]) -> str:
    exponent = book.number(
        f"{population.id}.uptake_size_exponent", "uptake_size_exponent", "dimensionless", *population.subjects(), use="uptake"
    )
    reference = book.number("uptake.reference_diameter", "uptake_reference_diameter", "um", "vesicle", use="uptake")
    name = f"{population.id}.size_factor_{group.id}"
    inputs: dict[str, Reference] = {"size": f"{group.id}.diameter", "reference": reference, "exponent": exponent}
    parts.append(Derived(name, delivery.size_preference, inputs))
    return name


def _ligand(book: Book, population: Population, group: VesicleClass, parts: list[Part]) -> str:
    """Uptake through the receptor that a preparation's ligand binds: 1 without receptors, saturating with their number."""
    receptor = book.catalog.ligand(group.ligand).receptor
    who, subjects = population.id, (f"ligand:{group.ligand}", "ligand")
    copies = book.number(
        f"{who}.receptor_{receptor}", "receptor_copies", "copy/cell",
        f"cell_line:{population.cell_line}|receptor:{receptor}", f"receptor:{receptor}", "receptor", use="uptake",
    )  # fmt: skip
    name = f"{who}.ligand_factor_{group.id}"
    inputs: dict[str, Reference] = {
        "concentration": copies,
        "half": book.number(f"{group.id}.ligand_half", "ligand_half_receptors", "copy/cell", *subjects, use="uptake"),
        "most": book.number(f"{group.id}.ligand_fold", "ligand_uptake_fold", "dimensionless", *subjects, use="uptake"),
    }
    parts.append(Derived(name, kinetics.stimulation, inputs))
    return name


def _profile(book: Book, group: VesicleClass, name: str) -> list[Part]:
    """A class's surface profile, remodelled by hypoxia."""
    line = f"cell_line:{group.cell_line}"
    inputs: dict[str, Reference] = {
        "base": book.number(f"{group.id}.{name}_base", f"{name}_profile", "dimensionless", line, "vesicle", use="uptake"),
        "shift": book.number(f"{name}.shift_hypoxia", f"{name}_shift_hypoxia", "dimensionless", "stress", use="uptake"),
        "stress": "environment.hypoxia",
    }
    return [Derived(f"{group.id}.{name}_profile", delivery.shifted_profile, inputs)]


def _preference(book: Book, population: Population, group: VesicleClass, name: str, parts: list[Part]) -> str:
    preference = book.number(
        f"{population.id}.{name}_preference", f"{name}_preference", "dimensionless", *population.subjects(), use="uptake"
    )
    factor = f"{population.id}.{name}_factor_{group.id}"
    inputs: dict[str, Reference] = {"profile": f"{group.id}.{name}_profile", "preference": preference}
    parts.append(Derived(factor, delivery.profile_preference, inputs))
    return factor


def _offer(book: Book, population: Population, group: VesicleClass, factors: list[str], parts: list[Part]) -> str:
    """What this class offers to the population's receptors, mixing and all its factors included; inhibitors are not."""
    who = population.id
    gain = f"{who}.receptor_stress"
    if not any(isinstance(part, Derived) and part.id == gain for part in parts):
        stress: dict[str, Reference] = {"stress": "environment.hypoxia", "most": f"{who}.uptake_fold_hypoxia"}
        parts.append(Derived(gain, vesicles.stress_factor, stress))
    for index, factor in enumerate(["arena.mixing", *factors]):
        step = f"{who}.receptor_gain_{group.id}_{index}"
        parts.append(Derived(step, kinetics.product, {"first": gain, "second": factor}))
        gain = step
    name = f"{who}.receptor_offer_{group.id}"
    inputs: dict[str, Reference] = {
        "clearance": f"{who}.uptake_clearance",
        "share": f"{who}.uptake_part_receptor",
        "gain": gain,
        "vesicles": Amount(f"{population.side.id}.vesicles_{group.id}"),
        "volume": population.side.volume,
    }
    parts.append(Derived(name, delivery.receptor_offer, inputs))
    return name


def _sites(layout: Layout, book: Book, population: Population, offers: list[Reference]) -> list[Part]:
    """Sites that all classes share: what one class holds, another cannot bind."""
    who, subjects = population.id, population.subjects()
    sites: dict[str, Reference] = {
        "offer": f"{who}.receptor_offer",
        "sites": book.number(f"{who}.receptor_sites", "receptor_sites", "particle/cell", *subjects, use="uptake"),
        "entry_rate": book.number(f"{who}.receptor_entry_rate", "receptor_entry_rate", "1/h", *subjects, use="uptake"),
    }
    return [
        Sum(f"{who}.receptor_offer", offers),
        Derived(f"{who}.free_sites", delivery.free_sites, sites),
        *(
            Modulation(
                f"{who}.uptake_receptor_{group.id}", kinetics.constant, {"rate": f"{who}.free_sites"}, tag="receptor:sites"
            )
            for group in layout.classes
        ),
    ]
