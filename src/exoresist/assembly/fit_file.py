"""Fit files (`exoresist-fit/1`): which scenarios were measured, what was read, how it scatters, what may move, what is held out.

The file says it all; the readings are a table beside it (see `docs/fitting.md`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from exoresist.assembly.fields import (
    AnyQuantity,
    CatalogId,
    Concentration,
    FaultsError,
    FileName,
    Line,
    LocalId,
    Record,
    Subject,
    Text,
    Time,
)
from exoresist.assembly.fit_readouts import NoiseEntry, Prior, Reads

FIT_SCHEMA = "exoresist-fit/1"
DISTRIBUTION = Literal["lognormal", "loguniform", "normal", "uniform", "logitnormal"]


class ExperimentEntry(Record):
    """One experiment: a scenario as it was carried out. Its arms are the scenario's."""

    id: LocalId = Field(description="Name of the experiment, as the table's column `experiment` has it.")
    scenario: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="Scenario file, found from this file, or the name of a bundled one."
    )
    drug: CatalogId | None = Field(
        default=None, description="What the table's column `dose` is a dose of; absent: the assay's drug, or the only one."
    )


class Scale(Prior):
    """A number between what the model computes and what the machine shows, fitted with the rest."""

    local: bool = Field(default=False, strict=True, description="Whether each experiment has one of its own.")


class ReadoutEntry(Record):
    """What a machine shows: reading = scale * what the model computes + offset, with noise."""

    id: LocalId = Field(description="Name of the readout, as the table's column `readout` has it.")
    reads: Reads = Field(description="What of the model it reads.")
    unit: Annotated[str, Field(max_length=40)] = Field(
        default="", description="Unit of the readings, of `scale`, `offset` and the additive noise; absent: the readout's own."
    )
    scale: float | Scale | None = Field(
        default=None, description="Factor: a number, or {value, low, high} if it is fitted; absent: 1, units are converted."
    )
    offset: float | Scale | None = Field(default=None, description="Added after the scale (a background); absent: 0.")
    noise: NoiseEntry = Field(description="How readings scatter.")

    @model_validator(mode="after")
    def _check(self) -> ReadoutEntry:
        found: list[tuple[tuple[str | int, ...], str]] = []
        if isinstance(self.scale, (int, float)) and not self.scale > 0.0:
            found.append((("scale",), f"{self.scale:g} is not above 0"))
        if self.scale is not None and not self.unit:
            found.append((("unit",), "is missing. With a `scale`, say in which unit the readings are, e.g. '%' or 'au'"))
        limit = getattr(self.noise, "limit", None)
        if self.noise.kind == "lognormal" and limit is not None and not limit > 0.0:
            found.append((("noise", "limit"), "must be above 0: a log-normal reading is never below"))
        if found:
            raise FaultsError(found)
        return self


class Varies(Record):
    """How a number differs from experiment to experiment: about a middle that all share, by an amount of its own."""

    by: Literal["experiment"] = Field(description="Between what it differs.")
    spread: float | Prior = Field(
        description="Standard deviation between experiments of the number's logarithm (of a share: of its logit): a number, or "
        "{value, low, high} if it is fitted. 0: all experiments share the number."
    )

    @model_validator(mode="after")
    def _check(self) -> Varies:
        lowest = self.spread.low if isinstance(self.spread, Prior) else self.spread
        if lowest < 0.0 or (isinstance(self.spread, Prior) and lowest == 0.0):
            raise FaultsError([(("spread",), "must be above 0 (or 0, where it is not fitted)")])
        return self


class ParameterEntry(Record):
    """A number that the fit may move, and what is expected of it before the data are seen."""

    name: CatalogId = Field(description="Name in the catalogue; `seeding`; or the last word of a number of the network.")
    subject: Subject = Field(
        description="What it is a parameter of: cell, drug:doxorubicin; population:ID for `seeding`; or the network's first word."
    )
    value: AnyQuantity | None = Field(default=None, description="Expected value; absent: the catalogue's, with its range.")
    low: AnyQuantity | None = Field(default=None, description="5 % point of the expectation (its end, if uniform).")
    high: AnyQuantity | None = Field(default=None, description="95 % point of the expectation (its end, if uniform).")
    distribution: DISTRIBUTION | None = Field(
        default=None,
        description="Shape of the expectation, and with it the scale on which the number moves; absent: lognormal where `low` "
        "is above 0, else normal.",
    )
    bounds: tuple[AnyQuantity, AnyQuantity] | None = Field(
        default=None, description="Lowest and highest value that is tried at all; absent: what the number can be."
    )
    local: bool = Field(default=False, strict=True, description="Whether each experiment has a value of its own.")
    varies: Varies | None = Field(
        default=None, description="Experiments have values of their own about a shared middle; absent: all share one value."
    )
    experiments: tuple[LocalId, ...] = Field(default=(), max_length=64, description="Where it applies; empty: everywhere.")
    reason: Annotated[str, Field(max_length=1000)] = Field(
        default="", description="Why another range than the catalogue's is expected; needed with `low`."
    )

    @model_validator(mode="after")
    def _check(self) -> ParameterEntry:
        given = [part for part in (self.value, self.low, self.high) if part is not None]
        if given and len(given) < 3:
            raise FaultsError([((), "give `value`, `low` and `high` together, or none of them")])
        if len({part.unit for part in (*given, *(self.bounds or ()))}) > 1:
            raise FaultsError([((), "`value`, `low`, `high` and `bounds` need one unit")])
        if given and not given[1].number < given[0].number < given[2].number:
            raise FaultsError([((), "needs `low` < `value` < `high`")])
        if self.local and self.varies is not None:
            raise FaultsError(
                [(("varies",), "stands beside `local: true`: values are each their own, or scatter about a middle")]
            )
        if given and not self.reason.strip():
            raise FaultsError([(("reason",), "is missing. Say why another range than the catalogue's is expected")])
        if self.distribution and not given:
            raise FaultsError([(("distribution",), "needs `value`, `low` and `high`; the catalogue's range has its own")])
        if self.bounds and not self.bounds[0].number < self.bounds[1].number:
            raise FaultsError([(("bounds",), "the first must be below the second")])
        return self

    @property
    def shape(self) -> str:
        """The distribution that is meant."""
        return self.distribution or ("lognormal" if self.low is not None and self.low.number > 0.0 else "normal")


class HeldOut(Record):
    """Readings that the fit does not see; what is absent matches all. Fixed here, before the fit."""

    experiment: LocalId | None = Field(default=None, description="Only of this experiment.")
    arm: LocalId | None = Field(default=None, description="Only of this arm.")
    readout: LocalId | None = Field(default=None, description="Only of this readout.")
    doses: tuple[Concentration, ...] = Field(default=(), max_length=64, description="Only at these doses (any that varies).")
    after: Time | None = Field(default=None, description="Only later than this.")

    @model_validator(mode="after")
    def _check(self) -> HeldOut:
        if not (self.experiment or self.arm or self.readout or self.doses or self.after is not None):
            raise FaultsError([((), "holds out everything; name an experiment, arm, readout, doses or time")])
        return self


class Sampling(Record):
    """How long the posterior is sampled: two ensembles of `walkers`, until `independent` draws or `steps`."""

    walkers: Annotated[int, Field(strict=True, ge=8, le=1000)] = Field(default=32, description="Walkers of each ensemble.")
    steps: Annotated[int, Field(strict=True, ge=20, le=100_000)] = Field(default=600, description="Steps at most.")
    independent: Annotated[int, Field(strict=True, ge=10, le=100_000)] = Field(
        default=400, description="Independent draws after which it stops."
    )
    kept: Annotated[int, Field(strict=True, ge=10, le=100_000)] = Field(default=1000, description="Draws that are written.")


class FitFile(Record):
    """A fit: experiments, readouts, parameters, and what is held out."""

    schema_: Literal["exoresist-fit/1"] = Field(alias="schema", description="Version of this form.")
    name: FileName = Field(description="Short name, used for files.")
    title: Line = Field(default="", description="One line.")
    question: Line = Field(default="", description="What is asked.")
    scenario: Annotated[str, Field(max_length=500)] | None = Field(
        default=None,
        description="Scenario of a single experiment; absent where `experiments` are listed or the command names it.",
    )
    experiments: tuple[ExperimentEntry, ...] = Field(default=(), max_length=32, description="What was carried out.")
    data: Annotated[str, Field(max_length=500)] | None = Field(
        default=None, description="Table of readings (CSV or TSV), found from this file; absent: the command names it."
    )
    readouts: tuple[ReadoutEntry, ...] = Field(min_length=1, max_length=32, description="What was read.")
    parameters: tuple[ParameterEntry, ...] = Field(min_length=1, max_length=64, description="What the fit may move.")
    predict: tuple[HeldOut, ...] = Field(default=(), max_length=64, description="What is held out of the fit and predicted.")
    history: Text = Field(default="", description="How often, and with what, the held-out readings were looked at before.")
    starts: Annotated[int, Field(strict=True, ge=1, le=200)] = Field(default=8, description="Starts that are followed uphill.")
    sampling: Sampling = Field(default=Sampling(), description="How long the posterior is sampled.")
    seed: Annotated[int, Field(strict=True, ge=0, le=2**63 - 1)] = Field(default=1, description="Seed of all draws.")

    @model_validator(mode="after")
    def _check(self) -> FitFile:
        found: list[tuple[tuple[str | int, ...], str]] = []
        for key, named in (
            ("experiments", [entry.id for entry in self.experiments]),
            ("readouts", [entry.id for entry in self.readouts]),
            ("parameters", [f"{entry.name} of {entry.subject}" for entry in self.parameters if not entry.experiments]),
        ):
            for index, name in enumerate(named):
                if name in named[:index]:
                    found.append(((key, index), f"'{name}' stands twice"))
        if self.scenario and self.experiments:
            found.append((("scenario",), "stands beside `experiments`; each of these names its own"))
        known = {entry.id for entry in self.experiments}
        for index, entry in enumerate(self.parameters):
            for other in entry.experiments:
                if other not in known:
                    found.append((("parameters", index, "experiments"), f"there is no experiment '{other}'"))
        readouts = {entry.id for entry in self.readouts}
        for index, held in enumerate(self.predict):
            if held.readout and held.readout not in readouts:
                found.append((("predict", index, "readout"), f"there is no readout '{held.readout}'"))
            if held.experiment and known and held.experiment not in known:
                found.append((("predict", index, "experiment"), f"there is no experiment '{held.experiment}'"))
        if found:
            raise FaultsError(found)
        return self


def fit_json_schema() -> dict[str, Any]:
    """JSON Schema of fit files."""
    return FitFile.model_json_schema(by_alias=True)
