"""What is measured, and how: one small model for each kind of assay."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from exoresist.assembly.cohort import Cohort
from exoresist.assembly.fields import (
    AnyQuantity,
    CatalogId,
    Concentration,
    Duration,
    FaultsError,
    Fraction,
    In,
    LocalId,
    PositiveConcentration,
    PositiveFraction,
    PositiveVesiclesPerCell,
    Record,
    Subject,
    Text,
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
    times: tuple[Time, ...] = Field(default=(), max_length=1000, description="Times of reading; empty: every saved time.")


class ConditionedMedium(Record):
    """Survival of recipients in medium that donors conditioned beforehand, alone, in an arena of the same kind."""

    kind: Literal["conditioned_medium"] = Field(description="Survival against dose in medium conditioned by donors.")
    population: Population
    donor: Donor
    conditioning: Duration = Field(description="How long the donors condition the medium before the scenario's time 0.")
    fraction: PositiveFraction = Field(default=1.0, description="Share of the recipients' medium that is conditioned medium.")
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
    times: tuple[Time, ...] = Field(default=(), max_length=1000, description="Times of reading; empty: every saved time.")


class FitParameter(Record):
    """A catalogue number that the fit may move, and the range in which it is expected before the data are seen."""

    name: CatalogId = Field(description="Name of the parameter in the catalogue.")
    subject: Subject = Field(description="What it is a parameter of, e.g. cell or drug:doxorubicin.")
    value: AnyQuantity | None = Field(default=None, description="Expected value; absent: the catalogue's.")
    low: AnyQuantity | None = Field(default=None, description="5 % point of the expectation; absent: the catalogue's.")
    high: AnyQuantity | None = Field(default=None, description="95 % point of the expectation.")
    reason: Annotated[str, Field(max_length=1000)] = Field(
        default="", description="Why another range than the catalogue's is expected; needed with `low`."
    )

    @model_validator(mode="after")
    def _check(self) -> FitParameter:
        given = [part for part in (self.value, self.low, self.high) if part is not None]
        if given and len(given) < 3:
            raise FaultsError([((), "give `value`, `low` and `high` together, or none of them")])
        if len({part.unit for part in given}) > 1:
            raise FaultsError([((), "`value`, `low` and `high` need one unit")])
        if given and not 0.0 < given[1].number < given[0].number < given[2].number:
            raise FaultsError([((), "needs 0 < `low` < `value` < `high`")])
        if given and not self.reason.strip():
            raise FaultsError([(("reason",), "is missing. Say why another range than the catalogue's is expected")])
        return self


ExtraCover = Annotated[float, In("dimensionless", above=True, high=100.0)]


class Tumour(Record):
    """Cells in space over time: how many of each lineage live, and how resistant they are."""

    kind: Literal["tumour"] = Field(description="A tissue over time; needs an arena of kind tissue.")
    population: Population


class Spreading(Record):
    """How much wider a cell lies that damage has arrested: it covers 1 + spreading times what a dividing one covers."""

    value: ExtraCover = Field(description="Expected value, e.g. 0.4: two fifths more.")
    low: ExtraCover = Field(description="5 % point of the expectation.")
    high: ExtraCover = Field(description="95 % point of the expectation.")
    reason: Annotated[str, Field(max_length=1000)] = Field(default="", description="Why this range is expected; needed.")

    @model_validator(mode="after")
    def _check(self) -> Spreading:
        if not self.low < self.value < self.high:
            raise FaultsError([((), "needs `low` < `value` < `high`")])
        if not self.reason.strip():
            raise FaultsError([(("reason",), "is missing. Say why this range is expected")])
        return self


class Confluence(Record):
    """Area covered by cells over time at measured doses: some are fitted, the others predicted."""

    kind: Literal["confluence"] = Field(description="Measured confluence: fitted at some doses, predicted at others.")
    population: Population
    drug: Drug
    channel: Literal["phase"] = Field(
        default="phase", description="Channel that is read: phase, all that covers the floor, dead cells included."
    )
    dead_channels: tuple[Literal["green", "red"], ...] = Field(
        default=(),
        max_length=2,
        description="Channels that stain dead cells: the larger area bounds the dead from above. Empty: no bound.",
    )
    spreading: Spreading | None = Field(
        default=None, description="Cells that damage arrested cover more, by a share that is fitted. Absent: all cover alike."
    )
    source: CatalogId = Field(description="Id of the data set among the catalogue's sources, or a name of your own.")
    fit_doses: DoseList = Field(description="Doses that are fitted.")
    predict_doses: DoseList = Field(description="Doses that are held out: predicted once, never looked at.")
    history: Text = Field(
        default="",
        description="How often, and with what, the held-out doses were looked at before. The result repeats it.",
    )
    fit_parameters: tuple[FitParameter, ...] = Field(min_length=1, max_length=32, description="What the fit may move.")

    @model_validator(mode="after")
    def _check(self) -> Confluence:
        found: list[tuple[tuple[str | int, ...], str]] = []
        for index, dose in enumerate(self.predict_doses):
            if dose in self.fit_doses:
                found.append((("predict_doses", index), f"{dose:g} nM is also fitted; a dose is one or the other"))
        names = [(entry.name, entry.subject) for entry in self.fit_parameters]
        for index, name in enumerate(names):
            if name in names[:index]:
                found.append((("fit_parameters", index), f"'{name[0]}' of {name[1]} is listed twice"))
        if len(self.fit_doses) < 2:
            found.append((("fit_doses",), "needs two doses or more; one of them may be 0"))
        if found:
            raise FaultsError(found)
        return self


Assay = Annotated[
    DoseResponse | AddBack | ConditionedMedium | CoCulture | Transwell | Titration | TimeCourse | Confluence | Cohort | Tumour,
    Field(discriminator="kind"),
]
