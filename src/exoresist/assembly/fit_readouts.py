"""What a fit file says of its readouts: what of the model is read, and how readings scatter."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from exoresist.assembly.fields import CatalogId, FaultsError, LocalId, Record

Populations = Annotated[
    tuple[LocalId, ...], Field(min_length=1, max_length=32, description="Populations that are counted together.")
]


class Prior(Record):
    """A number without a row in the catalogue that the fit may move: log-normal where `low` is above 0, else normal."""

    value: float = Field(description="Expected value.")
    low: float = Field(description="5 % point of the expectation.")
    high: float = Field(description="95 % point of the expectation.")
    reason: Annotated[str, Field(max_length=1000)] = Field(default="", description="Why this range is expected.")

    @model_validator(mode="after")
    def _check(self) -> Prior:
        if not self.low < self.value < self.high:
            raise FaultsError([((), "needs `low` < `value` < `high`")])
        return self


class Cells(Record):
    """Living cells."""

    kind: Literal["cells"] = Field(description="Living cells of some populations, cell.")
    populations: Populations


class Survival(Record):
    """Living cells over those of the untreated."""

    kind: Literal["survival"] = Field(
        description="Living cells over those of the same arm and time at dose 0 of all that varies, dimensionless."
    )
    populations: Populations


class Cover(Record):
    """Area covered, as cells over the cells at the start: living and dead ones, arrested ones wider if that is asked for."""

    kind: Literal["confluence"] = Field(
        description="Cells, dead ones included, over those at the start; `scale`: % at the start."
    )
    populations: Populations
    dead: bool = Field(default=True, strict=True, description="Whether dead cells cover the floor, too.")
    spreading: Prior | None = Field(default=None, description="Arrested cells cover 1 + spreading times as much.")


class Particles(Record):
    """Vesicles in a medium."""

    kind: Literal["particles"] = Field(description="Vesicles in a medium, particle/mL.")
    of: tuple[LocalId, ...] = Field(default=(), max_length=32, description="Makers or preparations; empty: all.")
    side: LocalId | None = Field(default=None, description="Insert, or an organ; absent: the (first) medium.")


class DrugIn(Record):
    """Drug in a place."""

    kind: Literal["drug"] = Field(description="Drug in a place: nM in the medium, else pmol/cell.")
    drug: CatalogId = Field(description="Id of the drug.")
    place: Literal["medium", "cell", "cytosol", "lysosome", "target", "vesicles"] = Field(
        description="medium: free and bound there; cell: all that a lysate holds; vesicles: outside, per cell."
    )
    population: LocalId | None = Field(default=None, description="Whose; not needed in the medium.")
    side: LocalId | None = Field(default=None, description="Insert, or an organ; absent: the (first) medium.")

    @model_validator(mode="after")
    def _check(self) -> DrugIn:
        if self.place != "medium" and self.population is None:
            raise FaultsError([(("population",), "is missing; per whose cells?")])
        return self


class CargoOf(Record):
    """Copies of a cargo per cell."""

    kind: Literal["cargo"] = Field(description="Copies of a cargo per cell of a population, of any origin, copy/cell.")
    cargo: CatalogId = Field(description="Id of the cargo.")
    population: LocalId = Field(description="Whose.")


class Share(Record):
    """Share of some populations among others, as a cytometer counts them."""

    kind: Literal["fraction"] = Field(description="Living cells of some populations over those of others, dimensionless.")
    populations: Populations
    among: Populations


class Named(Record):
    """Anything that the network computes."""

    kind: Literal["value"] = Field(description="Anything the network computes, by its name there, in its unit there.")
    of: Annotated[str, Field(max_length=200)] = Field(description="Name, as `exoresist export --table` prints it.")


Reads = Annotated[
    Cells | Survival | Cover | Particles | DrugIn | CargoOf | Share | Named,
    Field(discriminator="kind", description="What is read."),
]

Size = Annotated[float, Field(ge=0.0, le=1e15)] | Prior
Repeats = Annotated[float, Field(ge=1.0, le=1e6)]
REPEATS = "Readings of one well that count as one, because wells deviate as a whole (1: each for itself)."
LIMIT = "Detection limit, unit of the readings: a reading at or below it counts as `below the limit`; absent: none."


class NormalNoise(Record):
    """Standard deviation sqrt(additive^2 + (relative * prediction)^2)."""

    kind: Literal["normal"] = Field(description="Normal, additive and relative part.")
    additive: Size = Field(default=0.0, description="Standard deviation, unit of the readings; {value, low, high}: fitted.")
    relative: Size = Field(default=0.0, description="Coefficient of variation; {value, low, high}: fitted.")
    limit: float | None = Field(default=None, description=LIMIT)
    repeats: Repeats = Field(default=1.0, description=REPEATS)

    @model_validator(mode="after")
    def _check(self) -> NormalNoise:
        if self.additive == 0.0 and self.relative == 0.0:
            raise FaultsError([((), "needs `additive` or `relative` above 0")])
        return self


class LogNormalNoise(Record):
    """Standard deviation of the logarithm."""

    kind: Literal["lognormal"] = Field(description="Log-normal about the prediction.")
    spread: Annotated[float, Field(gt=0.0, le=10.0)] | Prior = Field(description="Standard deviation of ln; or fitted.")
    limit: float | None = Field(default=None, description=LIMIT)
    repeats: Repeats = Field(default=1.0, description=REPEATS)


class CountNoise(Record):
    """Counts: variance mean + dispersion * mean^2."""

    kind: Literal["negative_binomial"] = Field(description="Counts, overdispersed.")
    dispersion: Size = Field(default=0.0, description="0: Poisson; {value, low, high}: fitted.")
    repeats: Repeats = Field(default=1.0, description=REPEATS)


class Replicates(Record):
    """Normal, as far apart as the replicates lie."""

    kind: Literal["replicates"] = Field(
        description="Normal; coefficient of variation and repeats from the spread of the replicates of the fitted readings."
    )


NoiseEntry = Annotated[NormalNoise | LogNormalNoise | CountNoise | Replicates, Field(discriminator="kind", description="Noise.")]
