"""What a scenario says of a virtual cohort: how many patients, how they are treated, seen and read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from exoresist.assembly.fields import CatalogId, Duration, LocalId, Record, Time

if TYPE_CHECKING:
    from exoresist.assembly.scenario import Scenario

MOST_CYCLES = 60

# Numbers in which patients and their tumours differ; the ranges of the catalogue are taken as the spread between patients.
DIFFER = (
    "growth_rate",
    "cell_volume",
    "ilv_formation_rate",
    "secretion_rate",
    "lysosomal_degradation_rate",
    "damage_rate",
    "elimination_rate",
    "distribution_volume",
    "vesicle_escape_rate",
    "fluid_clearance_rate",
)


class Cohort(Record):
    """Patients under a schedule of treatment: burden, response, time to progression and to death, markers in a body fluid.

    The populations of the scenario are the clones of a tumour; together they stand for the tumour of one patient.
    """

    kind: Literal["cohort"] = Field(description="Virtual patients under treatment, with outcomes and markers.")
    population: LocalId = Field(description="Id of the population that makes up most of the tumour.")
    resistant: LocalId | None = Field(default=None, description="Id of the resistant clone, which some tumours hold.")
    resistant_by: tuple[CatalogId, ...] = Field(
        default=(), max_length=16, description="Cargo of which the resistant clone holds more (`clone_fold`)."
    )
    drug: CatalogId = Field(description="Id of the drug that is given in cycles; one of `drugs`.")
    patients: int = Field(default=500, strict=True, ge=4, le=100_000, description="Virtual patients in each arm.")
    healthy: int = Field(default=500, strict=True, ge=2, le=100_000, description="Persons without a tumour to compare with.")
    fluid: CatalogId = Field(default="plasma", description="Body fluid in which markers are read.")
    cycles: Annotated[int, Field(strict=True, ge=1, le=MOST_CYCLES)] = Field(default=6, description="Doses of each drug.")
    interval: Duration = Field(default=504.0, description="From one dose to the next.")
    scan_every: Duration = Field(default=1008.0, description="From one scan to the next; the first is before treatment.")
    accrual: Time = Field(default=0.0, description="Patients enter over this time, so that later ones are followed less long.")
    calibrate: tuple[CatalogId, ...] = Field(
        default=(), max_length=2, description="Cell lines whose measured IC50s in a dish the drawn worlds must keep."
    )
    differ: tuple[CatalogId, ...] = Field(
        default=DIFFER, max_length=100, description="Catalogue numbers that are drawn for each patient from their ranges."
    )


def cohort_problems(scenario: Scenario) -> list[tuple[tuple[str | int, ...], str]]:
    """Faults between a cohort and the rest of its scenario; empty for other assays."""
    assay = scenario.assay
    if not isinstance(assay, Cohort):
        return []
    found: list[tuple[tuple[str | int, ...], str]] = []
    known = [population.id for population in scenario.populations]
    if assay.resistant is not None and assay.resistant not in known:
        found.append((("assay", "resistant"), f"there is no population '{assay.resistant}'. Known: {', '.join(known)}"))
    if assay.resistant == assay.population:
        found.append((("assay", "resistant"), f"'{assay.resistant}' is also the population that makes up most of the tumour"))
    extra = [name for name in known if name not in (assay.population, assay.resistant)]
    if extra:
        found.append((("populations",), f"a tumour has one clone and a resistant one; '{extra[0]}' is neither"))
    for index, name in enumerate(assay.resistant_by):
        if assay.resistant is None:
            found.append((("assay", "resistant_by"), "names what a resistant clone holds, but `resistant` names no clone"))
            break
        if name not in scenario.cargo:
            found.append((("assay", "resistant_by", index), f"'{name}' is not listed under `cargo`"))
    if scenario.arena.kind != "well":
        found.append(
            (
                ("arena", "kind"),
                "a patient's tumour is `kind: well`, its volume the fluid, which grows with it; for one tumour in "
                "space write another assay, `{kind: tumour, population: ...}`",
            )
        )
    for where in ("vesicles", "medium_changes"):
        if getattr(scenario, where):
            found.append(((where,), "belong to a dish; a cohort has none"))
    for index, drug in enumerate(scenario.drugs):
        if drug.until is not None:
            found.append((("drugs", index, "until"), "a patient's drug leaves by elimination; remove it"))
        if drug.at >= assay.interval:
            found.append((("drugs", index, "at"), "is the time within a cycle and must be before the next cycle"))
    if assay.cycles * assay.interval > scenario.duration:
        found.append((("assay", "cycles"), "last longer than the scenario's duration, the time of follow-up"))
    if assay.scan_every > scenario.duration:
        found.append((("assay", "scan_every"), "is longer than the scenario's duration, the time of follow-up"))
    if assay.accrual >= scenario.duration:
        found.append((("assay", "accrual"), "must be shorter than the scenario's duration"))
    return found
