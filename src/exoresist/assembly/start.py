"""How a culture starts: cells at their steady content, in fresh medium without vesicles or drug."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.layout import Cargo, Layout, Population, VesicleClass
from exoresist.assembly.packaging import room_at_start
from exoresist.laws import cargo as cargo_laws
from exoresist.laws import vesicles

Array = NDArray[np.float64]
Values = Mapping[str, "float | Array"]


def start_amounts(layout: Layout, values: Values) -> dict[str, float | Array]:
    """Amounts at time 0: cells as counted, cargo at its baseline, vesicles inside at their steady number.

    ILVs per cell = formation / (secretion + degradation + growth); their cargo likewise, loading at the baseline.
    """
    result: dict[str, float | Array] = {}
    for population in layout.populations:
        who = population.id
        result[population.cells] = population.count
        leaving = (
            np.asarray(values[f"{who}.secretion_rate"])
            + values[f"{who}.lysosomal_degradation_rate"]
            + values[f"{who}.growth_rate"]
        )
        formation = np.asarray(values[f"{who}.ilv_formation_rate"])
        ilv = layout.ilv(population)
        result[ilv] = population.count * formation / leaving
        for cargo in layout.cargo:
            key = f"{who}.{cargo.id.replace('-', '_')}"
            copies = np.asarray(values[f"{key}.copies"]) * values[f"{key}.clamp"]
            origin = layout.origins[0]
            result[layout.cell_cargo(population, cargo, origin)] = population.count * copies
            loading = _loading(layout, population, cargo, values, formation) * room_at_start(layout, population, cargo, values)
            inside = layout.content(ilv, cargo.element + (f"_{origin}" if origin else ""))
            result[inside] = population.count * copies * loading / leaving
    return result


def _loading(layout: Layout, population: Population, cargo: Cargo, values: Values, formation: Array) -> float | Array:
    """Specific loss of a cargo into vesicles, 1/h: the same laws that the network runs on."""
    who, key = population.id, f"{population.id}.{cargo.id.replace('-', '_')}"
    if f"{key}.sorter" not in values:
        return 0.0
    if cargo.place == "dissolved":
        result: float | Array = cargo_laws.counted_loading(
            values[f"{key}.copies_per_vesicle"], values[f"{key}.copies"], values[f"{key}.sorter"], formation
        )
        return result
    area = vesicle_area(population.id, values)
    result = vesicles.surface_loading(
        values[f"{key}.enrichment"], values[f"{key}.sorter"], area, values[f"{who}.cell_area"], formation
    )
    return result


def vesicle_area(group: str, values: Values) -> float | Array:
    """Mean membrane area of a class, um^2, its size adapted to hypoxia."""
    factor = vesicles.stress_factor(values["environment.hypoxia"], values[f"{group}.diameter_fold_hypoxia"])
    area: float | Array = vesicles.mean_vesicle_area(
        np.asarray(values[f"{group}.diameter_median"]) * factor, values[f"{group}.diameter_sigma"]
    )
    return area


def preparation_load(layout: Layout, group: VesicleClass, values: Values) -> dict[str, float | Array]:
    """Copies of each cargo per vesicle of a preparation, by passenger kind: what its donor line would load."""
    load: dict[str, float | Array] = {}
    origin = layout.origins[0]
    for cargo in layout.cargo:
        key = f"{group.id}.{cargo.id.replace('-', '_')}"
        kind = cargo.element + (f"_{origin}" if origin else "")
        if cargo.place == "dissolved":
            load[kind] = np.asarray(values[f"{key}.copies_per_vesicle"])
        else:
            density = np.asarray(values[f"{key}.copies"]) / values[f"{group.id}.cell_area"]
            load[kind] = density * vesicle_area(group.id, values) * values[f"{key}.enrichment"]
    return load
