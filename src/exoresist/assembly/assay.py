"""What is measured, and how: one small model for each kind of assay."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from exoresist.assembly.fields import (
    CatalogId,
    Concentration,
    Duration,
    FaultsError,
    Fraction,
    LocalId,
    PositiveConcentration,
    PositiveFraction,
    PositiveVesiclesPerCell,
    Record,
    Time,
    log_spaced,
)

Points = Annotated[int, Field(strict=True, ge=2, le=64, description="How many values, both ends included (2 to 64).")]


def _check_ends(start: float, stop: float) -> None:
    if not stop > start:
        raise FaultsError([(("to",), "must be above `from`")])


class DoseSeries(Record):
    """Doses at equal ratios."""

    start: PositiveConcentration = Field(alias="from", description="Lowest dose above zero.")
    stop: PositiveConcentration = Field(alias="to", description="Highest dose.")
    points: Points
    include_zero: bool = Field(
        default=True, strict=True, description="Show the untreated control among the doses (it is always simulated)."
    )

    @model_validator(mode="after")
    def _check(self) -> DoseSeries:
        _check_ends(self.start, self.stop)
        return self


class VesicleSeries(Record):
    """Vesicles per recipient at equal ratios."""

    start: PositiveVesiclesPerCell = Field(alias="from", description="Fewest vesicles per recipient.")
    stop: PositiveVesiclesPerCell = Field(alias="to", description="Most vesicles per recipient.")
    points: Points

    @model_validator(mode="after")
    def _check(self) -> VesicleSeries:
        _check_ends(self.start, self.stop)
        return self

    def values(self) -> tuple[float, ...]:
        """The series, ascending, in particle/cell."""
        return log_spaced(self.start, self.stop, self.points)


def _ascending(doses: tuple[float, ...]) -> tuple[float, ...]:
    ordered = tuple(sorted(doses))
    twice = [dose for dose, following in pairwise(ordered) if dose == following]
    if twice:
        raise ValueError(f"the dose {twice[0]:g} nM is listed twice")
    if not any(ordered):
        raise ValueError("no dose above zero is listed")
    return ordered


DoseList = Annotated[tuple[Concentration, ...], Field(min_length=1, max_length=64), AfterValidator(_ascending)]


def _dose_form(value: Any) -> str:
    return "list" if isinstance(value, (list, tuple)) else "series"


Doses = Annotated[
    Annotated[DoseList, Tag("list")] | Annotated[DoseSeries, Tag("series")],
    Discriminator(_dose_form),
    Field(description='Doses: a list such as ["0 nM", "10 nM"], or {from, to, points, include_zero} at equal ratios.'),
]


def dose_values(doses: tuple[float, ...] | DoseSeries, control: bool = True) -> tuple[float, ...]:
    """Doses in nM, ascending. With `control` the untreated 0 always leads; without, only where it was asked for."""
    if isinstance(doses, DoseSeries):
        rising, zero = log_spaced(doses.start, doses.stop, doses.points), doses.include_zero
    else:
        rising, zero = tuple(dose for dose in doses if dose), 0.0 in doses
    return (0.0, *rising) if control or zero else rising


Population = Annotated[LocalId, Field(description="Id of the population whose survival is read (the recipients).")]
Donor = Annotated[LocalId, Field(description="Id of the population that makes the vesicles.")]
Drug = Annotated[CatalogId, Field(description="Id of the drug that is varied; one of `drugs`.")]
Replicates = Annotated[int, Field(strict=True, ge=1, le=1000, description="Wells per dose in simulated data.")]
Noise = Annotated[Fraction, Field(description="Standard deviation of the readout, as a fraction of the control.")]


class DoseResponse(Record):
    """Survival against dose, in the arena as described."""

    kind: Literal["dose_response"] = Field(description="Survival against dose.")
    population: Population
    drug: Drug
    doses: Doses
    replicates: Replicates = 3
    noise: Noise = 0.05


class AddBack(Record):
    """Purified vesicles are added; the cargo on or in the recipients is followed."""

    kind: Literal["add_back"] = Field(description="Cargo of the recipients after purified vesicles are added.")
    population: Population
    vesicles: LocalId = Field(description="Id of the preparation added; one of `vesicles`.")
    cargo: CatalogId = Field(description="Id of the cargo that is followed; one of `cargo`.")
    times: tuple[Time, ...] = Field(
        default=(), max_length=1000, description="Times of reading; empty: every saved time."
    )


class ConditionedMedium(Record):
    """Survival of recipients in medium that donors conditioned beforehand, alone, in an arena of the same kind."""

    kind: Literal["conditioned_medium"] = Field(description="Survival against dose in medium conditioned by donors.")
    population: Population
    donor: Donor
    conditioning: Duration = Field(description="How long the donors condition the medium before the scenario's time 0.")
    fraction: PositiveFraction = Field(
        default=1.0, description="Share of the recipients' medium that is conditioned medium."
    )
    drug: Drug
    doses: Doses
    replicates: Replicates = 3
    noise: Noise = 0.05


class CoCulture(Record):
    """Survival of recipients against dose beside donors in the same well."""

    kind: Literal["co_culture"] = Field(description="Survival against dose beside donors in the same well.")
    population: Population
    donor: Donor
    drug: Drug
    doses: Doses
    replicates: Replicates = 3
    noise: Noise = 0.05


class Transwell(Record):
    """Survival of recipients against dose with donors on the other side of a membrane."""

    kind: Literal["transwell"] = Field(description="Survival against dose with donors across a membrane.")
    population: Population
    donor: Donor
    drug: Drug
    doses: Doses
    replicates: Replicates = 3
    noise: Noise = 0.05


class Titration(Record):
    """Shift of the dose response against purified vesicles per recipient."""

    kind: Literal["titration"] = Field(description="IC50 against purified vesicles per recipient.")
    population: Population
    donor: CatalogId = Field(description="Id of the cell line whose vesicles are titrated.")
    per_cell: VesicleSeries = Field(description="Vesicles per recipient: {from, to, points}.")
    hours: Duration | None = Field(default=None, description="How long the vesicles stay; absent: until the end.")
    drug: Drug
    doses: Doses
    replicates: Replicates = 3
    noise: Noise = 0.05


class TimeCourse(Record):
    """Cells against time at the doses given under `drugs`."""

    kind: Literal["time_course"] = Field(description="Cells against time.")
    population: Population
    times: tuple[Time, ...] = Field(
        default=(), max_length=1000, description="Times of reading; empty: every saved time."
    )


Assay = Annotated[
    DoseResponse | AddBack | ConditionedMedium | CoCulture | Transwell | Titration | TimeCourse,
    Field(discriminator="kind"),
]
