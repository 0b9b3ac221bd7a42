"""What fits into a vesicle, and what stress changes about sorting. Absent unless a scenario asks for it by its parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Cargo, Layout, Population
from exoresist.laws import delivery, kinetics, vesicles
from exoresist.network import Derived, Modulation, Sum
from exoresist.network.parts import Part, Reference

Array = NDArray[np.float64]
Values = Mapping[str, "float | Array"]

# The part of a new vesicle for which cargoes of one kind compete, and what one copy takes of it.
ROOMS = {"lumen": ("volume_per_copy", "mL/copy", "vesicle_volume"), "membrane": ("area_per_copy", "um^2/copy", "vesicle_area")}


def packaging_parts(layout: Layout, book: Book, asked: Collection[str]) -> list[Part]:
    """Sorting under hypoxia (asked for by `sorting_fold_hypoxia`) and room in new vesicles (`vesicle_room_share`)."""
    parts: list[Part] = []
    for population in layout.populations:
        loaded = [cargo for cargo in layout.cargo if f"{_key(population, cargo)}.sorter" in book.parameters]
        if "sorting_fold_hypoxia" in asked:
            for cargo in loaded:
                parts += _sorting(layout, book, population, cargo)
        if "vesicle_room_share" in asked:
            for place in ROOMS:
                inside = [cargo for cargo in loaded if _place(cargo) == place]
                if inside:
                    parts += _room(layout, book, population, place, inside, "sorting_fold_hypoxia" in asked)
    return parts


def _key(population: Population, cargo: Cargo) -> str:
    return f"{population.id}.{cargo.id.replace('-', '_')}"


def _place(cargo: Cargo) -> str:
    return "lumen" if cargo.place == "dissolved" else "membrane"


def _loading(layout: Layout, population: Population, cargo: Cargo, factor: str, tag: str) -> list[Part]:
    """A factor on the loading of a cargo, whatever its origin."""
    suffixes = [f"_{origin}" if origin else "" for origin in layout.origins]
    return [
        Modulation(f"{_key(population, cargo)}.loading{suffix}", kinetics.constant, {"rate": factor}, tag=tag)
        for suffix in suffixes
    ]


def _sorting(layout: Layout, book: Book, population: Population, cargo: Cargo) -> list[Part]:
    """Hypoxia raises or lowers a cargo's sorting: ubiquitin for proteins, SUMOylation of RNA-binding proteins for some RNA."""
    key = _key(population, cargo)
    subjects = (f"cargo:{cargo.id}", f"cargo_type:{cargo.type}", "cargo")
    most = book.number(f"{key}.sorting_fold", "sorting_fold_hypoxia", "dimensionless", *subjects, use="loading")
    inputs: dict[str, Reference] = {"stress": "environment.hypoxia", "most": most}
    return [
        Derived(f"{key}.sorting", vesicles.stress_factor, inputs),
        *_loading(layout, population, cargo, f"{key}.sorting", "sorting:hypoxia"),
    ]


def _room(
    layout: Layout, book: Book, population: Population, place: str, inside: Sequence[Cargo], sorted_by_stress: bool
) -> list[Part]:
    """Cargoes of one place compete for its room; what is loaded of all of them together stays below the room there is."""
    who = population.id
    each_name, unit, size = ROOMS[place]
    share = book.number(f"{who}.{place}_room_share", "vesicle_room_share", "dimensionless", place, use="loading")
    parts: list[Part] = [Derived(f"{who}.{place}_room", kinetics.product, {"first": share, "second": f"{who}.{size}"})]
    demands: list[Reference] = []
    for cargo in inside:
        key = _key(population, cargo)
        each = book.number(
            f"{key}.{each_name}", each_name, unit, f"cargo:{cargo.id}", f"cargo_type:{cargo.type}", "cargo", use="loading"
        )
        sorter = f"{key}.sorter"
        if sorted_by_stress:
            parts.append(Derived(f"{key}.sorter_now", kinetics.product, {"first": sorter, "second": f"{key}.sorting"}))
            sorter = f"{key}.sorter_now"
        if place == "lumen":
            law = delivery.counted_load
            inputs: dict[str, Reference] = {"per_vesicle": f"{key}.copies_per_vesicle", "copies": f"{key}.copies"}
        else:
            law = delivery.surface_load
            inputs = {"enrichment": f"{key}.enrichment", "vesicle_area": f"{who}.vesicle_area", "cell_area": f"{who}.cell_area"}
        parts += [
            Derived(f"{key}.wanted_per_vesicle", law, {**inputs, "sorter": sorter, "content": f"{key}.per_cell"}),
            Derived(f"{key}.room_wanted", kinetics.product, {"first": f"{key}.wanted_per_vesicle", "second": each}),
        ]
        demands.append(f"{key}.room_wanted")
    left: dict[str, Reference] = {"demand": f"{who}.{place}_room_wanted", "capacity": f"{who}.{place}_room"}
    parts += [Sum(f"{who}.{place}_room_wanted", demands), Derived(f"{who}.{place}_room_left", delivery.room_left, left)]
    for cargo in inside:
        parts += _loading(layout, population, cargo, f"{who}.{place}_room_left", "room")
    return parts


def room_at_start(layout: Layout, population: Population, cargo: Cargo, values: Values) -> float | Array:
    """Share of a cargo's load that finds room in the vesicles that a culture holds at time 0; 1 without competition."""
    who, place = population.id, _place(cargo)
    if f"{who}.{place}_room_share" not in values:
        return 1.0
    each_name = ROOMS[place][0]
    diameter = np.asarray(values[f"{who}.diameter_median"]) * vesicles.stress_factor(
        values["environment.hypoxia"], values[f"{who}.diameter_fold_hypoxia"]
    )
    mean = vesicles.mean_vesicle_volume if place == "lumen" else vesicles.mean_vesicle_area
    whole = mean(diameter, values[f"{who}.diameter_sigma"])
    demand: float | Array = 0.0
    for other in layout.cargo:
        key = _key(population, other)
        if _place(other) != place or f"{key}.sorter" not in values:
            continue
        content = np.asarray(values[f"{key}.copies"]) * values[f"{key}.clamp"]
        if place == "lumen":
            load = delivery.counted_load(
                values[f"{key}.copies_per_vesicle"], values[f"{key}.copies"], values[f"{key}.sorter"], content
            )
        else:
            load = delivery.surface_load(
                values[f"{key}.enrichment"], values[f"{key}.sorter"], whole, values[f"{who}.cell_area"], content
            )
        demand = demand + load * values[f"{key}.{each_name}"]
    result: float | Array = delivery.room_left(demand, np.asarray(values[f"{who}.{place}_room_share"]) * whole)
    return result
