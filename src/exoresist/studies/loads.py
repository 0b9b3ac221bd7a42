"""Loads to be warned about: drug per vesicle mass, cargo drained from its makers."""

from __future__ import annotations

import numpy as np

from exoresist.compartments.well import culture
from exoresist.core.units import convert
from exoresist.laws import vesicles as vesicle_laws
from exoresist.studies.arms import ArmResult


def vesicle_drug_fraction(result: ArmResult, dose: float) -> float | None:
    """Largest mass fraction of drug in any vesicle class at the end, central values; None without molar mass.

    fraction = drug per vesicle · molar mass / (vesicle volume · vesicle density)
    """
    model, drug = result.model, result.survival.drug
    catalog = model.catalog
    if drug not in model.layout.drugs or not catalog.has_parameter("molar_mass", f"drug:{drug}"):
        return None
    mass = convert(catalog.parameter("molar_mass", f"drug:{drug}").value, "g/mol", "pg/pmol")
    density = catalog.parameter("vesicle_density", "vesicle").value  # pg/um^3
    run = culture(model, result.survival.times[[0, -1]], doses={drug: np.array([dose])})
    largest = 0.0
    for group in model.layout.classes:
        values = model.network.parameters
        volume = vesicle_laws.mean_vesicle_volume(
            values[f"{group.id}.diameter_median"].value, values[f"{group.id}.diameter_sigma"].value
        )
        for side in model.layout.sides:
            pool = model.layout.vesicles(side, group)
            count = float(run.amount(pool)[-1, 0])
            if count < 1.0:
                continue
            held = sum(
                float(run.amount(model.layout.content(pool, f"{kind}:{drug}"))[-1, 0]) for kind in ("exchangeable", "retained")
            )
            largest = max(largest, held / count * mass / (volume * 1e12 * density))
    return largest


def donor_loss(result: ArmResult) -> dict[tuple[str, str], float]:
    """(population, cargo) -> share of that membrane cargo's synthesis that baseline loading takes, central values."""
    model = result.model
    shares: dict[tuple[str, str], float] = {}
    for population in model.layout.populations:
        for cargo in model.layout.cargo:
            key = f"{population.id}.{cargo.id.replace('-', '_')}"
            if f"{key}.sorter" not in model.network.parameters:
                continue
            run = culture(model, [0.0, 1.0], doses={result.survival.drug: 0.0})
            loading = float(run.value(f"{key}.basal_loading")[0, 0])
            growth = float(run.value(f"rate:{population.id}.growth")[0, 0])
            turnover = model.network.parameters[f"{key}.turnover_rate"].value
            shares[population.id, cargo.id] = loading / (loading + growth + turnover)
    return shares
