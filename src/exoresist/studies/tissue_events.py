"""What happens in a tissue at set times: doses, factors, preparations of vesicles, fresh medium, changes of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from exoresist.assembly.scenario import Scenario
from exoresist.studies.tissue_setup import Setup
from exoresist.tissue.state import Tissue

Doing = Callable[[Tissue, bool], None]


def happenings(scenario: Scenario, setup: Setup) -> list[tuple[float, str, Doing]]:
    """(time, label, doing) in order; `doing(tissue, fresh)` sets what lasts, and adds or takes amounts only when `fresh`."""
    found: list[tuple[float, str, Doing]] = []
    for drug in scenario.drugs:
        if drug.plasma is not None:
            continue  # comes with blood
        for start in (drug.at + course * (drug.every or 0.0) for course in range(drug.courses)):
            found.append((start, f"{drug.id} added", _dose(f"medium.{drug.id}", drug.dose)))
            if drug.until is not None:
                found.append((start + drug.until - drug.at, f"{drug.id} out", _wash(f"medium.{drug.id}")))
    for factor in scenario.factors:
        if factor.dose > 0.0:
            found.append((factor.at, f"{factor.id} added", _dose(f"medium.factor_{factor.id}", factor.dose)))
        if factor.until is not None:
            found.append((factor.until, f"{factor.id} out", _wash(f"medium.factor_{factor.id}")))
    found += _preparations(scenario, setup)
    for event in next(iter(setup.models.values())).fixed_events:
        for pool, fraction in event.remove.items():
            found.append((event.time, event.label, _take(pool, fraction)))
        for pool, amount in event.add.items():  # fresh medium of the well that the cell's network is taken from
            inside = next(iter(setup.tissue.contents.values())).interior
            volume = inside.network.parameters[inside.volume].value
            found.append((event.time, event.label, _refill(pool, float(np.ravel(amount)[0]) / volume)))
    changes: dict[tuple[float, str], list[tuple[str, Mapping[str, float]]]] = {}
    for name, model in setup.models.items():
        for event in model.fixed_events:
            if event.set:
                changes.setdefault((event.time, event.label), []).append((name, event.set))
    found += [(at, label, _set(listed)) for (at, label), listed in changes.items()]
    return sorted(found, key=lambda one: one[0])


def _preparations(scenario: Scenario, setup: Setup) -> list[tuple[float, str, Doing]]:
    """Vesicles that are injected: so many for each cell of the assay's population at the start, spread evenly over all fluid."""
    if not scenario.vesicles:
        return []
    found = []
    who = scenario.assay.population
    count = next(round(entry.count) for entry in scenario.populations if entry.id == who)
    labels = {f"{entry.id} {what}" for entry in scenario.vesicles for what in ("added", "washed out")}
    for event in setup.models[who].events():  # of the network of one cell
        if event.label not in labels:
            continue
        for pool, amount in event.add.items():
            found.append((event.time, event.label, _inject(pool, count * float(np.ravel(amount)[0]))))
        for pool, fraction in event.remove.items():
            found.append((event.time, event.label, _take(pool, fraction)))
    return found


def _inject(pool: str, amount: float) -> Doing:
    def doing(tissue: Tissue, fresh: bool) -> None:
        if fresh:
            tissue.medium.amounts[tissue.medium.names.index(pool)] += amount / tissue.grid.voxels

    return doing


def _dose(pool: str, concentration: float) -> Doing:
    def doing(tissue: Tissue, fresh: bool) -> None:
        row = tissue.medium.names.index(pool)
        tissue.medium.hold(pool, concentration)
        if fresh:
            tissue.medium.amounts[row] += concentration * tissue.medium.voxel_ml

    return doing


def _wash(pool: str) -> Doing:
    def doing(tissue: Tissue, fresh: bool) -> None:
        tissue.medium.hold(pool, 0.0)
        if fresh:
            tissue.medium.amounts[tissue.medium.names.index(pool)] = 0.0

    return doing


def _take(pool: str, fraction: float) -> Doing:
    """A share of a pool is taken out of all fluid, with the same share of what it carries."""

    def doing(tissue: Tissue, fresh: bool) -> None:
        if fresh:
            for row, name in enumerate(tissue.medium.names):
                if name == pool or name.startswith(f"{pool}."):
                    tissue.medium.amounts[row] *= 1.0 - fraction

    return doing


def _refill(pool: str, concentration: float) -> Doing:
    def doing(tissue: Tissue, fresh: bool) -> None:
        if fresh:
            tissue.medium.amounts[tissue.medium.names.index(pool)] += concentration * tissue.medium.voxel_ml

    return doing


def _set(listed: list[tuple[str, Mapping[str, float]]]) -> Doing:
    def doing(tissue: Tissue, fresh: bool) -> None:
        by_name = {one.id: index for index, one in enumerate(tissue.types)}
        for name, values in listed:
            contents = tissue.contents[by_name[name]]
            for parameter, value in values.items():
                contents.change(parameter, value, fresh)

    return doing
