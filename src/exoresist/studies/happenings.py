"""What is done to a culture, and when: rows for the figures of time courses."""

from __future__ import annotations

from exoresist.assembly.scenario import Arm, Scenario
from exoresist.catalog import Catalog
from exoresist.studies.answer import Row
from exoresist.studies.wording import percent


def event_rows(arm: Arm, scenario: Scenario, catalog: Catalog) -> list[Row]:
    """Vesicles, drugs, treatments and medium changes of an arm, in order of time (h)."""
    found: list[tuple[float, str]] = []

    def add(start: float, end: float | None, came: str, went: str) -> None:
        found.append((start, came))
        if end is not None and end < scenario.duration:
            found.append((end, went))

    for vesicles in scenario.vesicles:
        if vesicles.per_cell > 0.0:
            add(vesicles.at, vesicles.until, "vesicles added", "vesicles washed out")
    for entry in scenario.drugs:
        if entry.dose > 0.0:
            name = catalog.drug(entry.id).name
            for start in (entry.at + course * (entry.every or 0.0) for course in range(entry.courses)):
                end = None if entry.until is None else start + entry.until - entry.at
                add(start, end, f"{name} added", f"{name} washed out")
    for factor in scenario.factors:
        if factor.dose > 0.0:
            name = catalog.factor(factor.id).name
            add(factor.at, factor.until, f"{name} added", f"{name} washed out")
    for treatment in scenario.interventions:
        name = catalog.intervention(treatment.id).name
        add(treatment.at, treatment.until, f"{name} begins", f"{name} ends")
    for change in scenario.medium_changes:
        share = "" if change.fraction >= 1.0 else f" ({percent(change.fraction)})"
        found.append((change.at, f"medium changed{share}"))
    return [{"arm": arm.id, "time": time, "what": what} for time, what in sorted(found, key=lambda item: item[0])]
