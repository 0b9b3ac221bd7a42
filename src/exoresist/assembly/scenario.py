"""The scenario: all that a scenario file can say, validated, in canonical units (h, mL, nM, pmol, particle, cell).

Whether the named cell lines, drugs, cargo and axes exist is the catalogue's business, checked when it is wired.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from exoresist.assembly.assay import Assay, VesicleSeries
from exoresist.assembly.checks import scenario_problems
from exoresist.assembly.fields import (
    AnyQuantity,
    CatalogId,
    Cells,
    Concentration,
    Dose,
    Duration,
    FaultsError,
    FileName,
    Flow,
    Fraction,
    Line,
    LocalId,
    PositiveCells,
    PositiveFraction,
    Record,
    Subject,
    Text,
    Time,
    VesiclesPerCell,
    Volume,
)
from exoresist.assembly.plain_data import plain
from exoresist.assembly.space import Attraction, PlasmaEntry, Space, Varied
from exoresist.core.errors import ExoresistError, InputError

SCHEMA = "exoresist/1"


class Organ(Record):
    """A place that blood passes: its fluid, and how it exchanges with plasma."""

    id: LocalId = Field(description="Name of the organ within this scenario; populations sit in it by this name.")
    volume: Volume = Field(description="Fluid between the cells.")
    exchange: Flow = Field(description="Fluid exchanged with plasma each way.")
    barrier: Fraction = Field(
        default=1.0,
        description="Part of the vessel wall that is open to particles: 1 leaky, near 0 in the brain; molecules pass.",
    )


class Arena(Record):
    """The vessel, cells in space, or a body reduced to plasma and some organs."""

    kind: Literal["well", "transwell", "circulation", "tissue"] = Field(
        description="One well, a well with an insert behind a membrane, organs that share plasma, or cells in space."
    )
    volume: Volume | None = Field(
        default=None,
        description="Medium in the well (in a transwell: below the membrane; in a circulation: plasma); not in a tissue.",
    )
    capacity: PositiveCells | None = Field(
        default=None, description="Most cells that fit; in a transwell, on each side. A tissue has none."
    )
    mixing: Fraction = Field(default=1.0, description="How well the medium is stirred: 0 unstirred, 1 perfectly.")
    insert_volume: Volume | None = Field(default=None, description="Transwell only: medium in the insert.")
    pore_exchange: Flow | None = Field(default=None, description="Transwell only: medium that crosses the membrane each way.")
    organs: tuple[Organ, ...] | None = Field(
        default=None, min_length=1, max_length=16, description="Circulation only: the organs between which vesicles travel."
    )
    space: Space | None = Field(default=None, description="Tissue only: the box in which the cells live.")

    @property
    def fluid(self) -> float:
        """Medium or plasma, mL. Raises InputError for a tissue, which has none of its own."""
        return self._stirred("volume")

    @property
    def room(self) -> float:
        """Most cells that fit. Raises InputError for a tissue."""
        return self._stirred("capacity")

    def _stirred(self, name: str) -> float:
        value = getattr(self, name)
        if value is None:
            raise InputError(
                f"an arena of kind '{self.kind}' has no `{name}`",
                "well, transwell or circulation",
                "A tissue's cells are wired one by one",
            )
        return float(value)


class Environment(Record):
    """Stress of the surroundings, 0 none to 1 severe."""

    hypoxia: Fraction = Field(default=0.0, description="Lack of oxygen, 0 none to 1 severe.")
    acidity: Fraction = Field(default=0.0, description="Low pH, 0 none to 1 severe.")
    starvation: Fraction = Field(default=0.0, description="Lack of nutrients, 0 none to 1 severe.")


class Metabolism(Record):
    """Nutrients of the fresh medium; naming it switches metabolism on. What is absent is as in the catalogue's standard medium."""

    glucose: Concentration | None = Field(default=None, description="Glucose.")
    lactate: Concentration | None = Field(default=None, description="Lactate, added as a salt.")
    glutamine: Concentration | None = Field(default=None, description="Glutamine.")
    cystine: Concentration | None = Field(default=None, description="Cystine.")
    fatty_acid: Concentration | None = Field(default=None, description="Saturated and monounsaturated fatty acid, mostly oleate.")
    polyunsaturated: Concentration | None = Field(default=None, description="Polyunsaturated fatty acid.")
    oxygen: Concentration | None = Field(default=None, description="Dissolved oxygen, kept up from outside.")
    bicarbonate: Concentration | None = Field(default=None, description="Bicarbonate, the buffer.")
    methionine: Concentration | None = Field(default=None, description="Methionine; absent: never short, not modelled.")
    asparagine: Concentration | None = Field(default=None, description="Asparagine; absent: never short, not modelled.")
    cholesterol: Concentration | None = Field(default=None, description="Cholesterol; absent: never short, not modelled.")
    phospholipid: Concentration | None = Field(
        default=None, description="Oxidisable phospholipid that enters membranes by itself; absent: none."
    )
    prostaglandin: Concentration | None = Field(
        default=None, description="Prostaglandin E2; given, even as 0 nM: cells make it; absent: not modelled."
    )

    def concentrations(self) -> dict[str, float]:
        """What the scenario gives, nM."""
        return {name: value for name, value in self if value is not None}


class PopulationEntry(Record):
    """Cells of one origin."""

    id: LocalId = Field(description="Name of the population within this scenario.")
    cell_line: CatalogId = Field(description="Id of the cell line in the catalogue.")
    count: Cells = Field(description="Cells at time 0; 0 leaves the population out.")
    side: LocalId | None = Field(
        default=None, description="Where the cells sit: insert or well in a transwell, an organ in a circulation."
    )
    where: Literal["mixed", "core", "shell", "side", "around"] | None = Field(
        default=None,
        description="Tissue only: where in the first ball of cells these lie (around: strewn outside of it); absent: mixed.",
    )
    attracted: tuple[Attraction, ...] | None = Field(
        default=None, max_length=8, description="Tissue only: fields towards which cells of a motile kind move."
    )
    varied: tuple[Varied, ...] | None = Field(
        default=None, max_length=16, description="Tissue only: numbers in which the first cells differ."
    )


class DrugEntry(Record):
    """A drug in the medium."""

    id: CatalogId = Field(description="Id of the drug in the catalogue.")
    dose: Concentration = Field(description="Concentration when added; the dose of the time courses.")
    at: Time = Field(default=0.0, description="When it is added.")
    until: Time | None = Field(default=None, description="When it is washed out; absent: it stays.")
    every: Duration | None = Field(default=None, description="Time from one course to the next; only with several courses.")
    courses: int = Field(
        default=1, strict=True, ge=1, le=100, description="How often it is given, from `at` to `until` each time."
    )
    plasma: PlasmaEntry | None = Field(
        default=None,
        description="Tissue only: it comes with blood, through vessels or else the open edges; absent: in the medium.",
    )


class FactorEntry(Record):
    """A soluble factor of the medium: made by cells that secrete it, or added."""

    id: CatalogId = Field(description="Id of the soluble factor in the catalogue.")
    dose: Concentration = Field(default=0.0, description="Concentration added at `at`; 0: only what cells make.")
    at: Time = Field(default=0.0, description="When it is added.")
    until: Time | None = Field(default=None, description="When it is washed out; absent: it stays.")


class PulseEntry(Record):
    """Radiation (`dose`) or light (`lasting`) at a time."""

    id: CatalogId = Field(description="Id of the radiation or light in the catalogue's table of drugs.")
    dose: Dose | None = Field(default=None, description="Absorbed dose of radiation.")
    lasting: Duration | None = Field(default=None, description="How long light shines.")
    at: Time = Field(default=0.0, description="When it begins.")


class Load(Record):
    """Something that each vesicle of a preparation carries, whatever its makers hold."""

    id: CatalogId = Field(description="Id of a cargo or a drug of the scenario.")
    per_vesicle: AnyQuantity = Field(description="How much, e.g. '50 copy/particle' or '1e-9 pmol/particle'.")


class VesicleEntry(Record):
    """Purified vesicles added to the recipients' medium (in a circulation: to plasma)."""

    id: LocalId = Field(description="Name of the preparation within this scenario.")
    donor: CatalogId = Field(description="Id of the cell line that made the vesicles.")
    per_cell: VesiclesPerCell = Field(description="Vesicles added for each recipient (cell of the assay's population).")
    at: Time = Field(default=0.0, description="When they are added.")
    until: Time | None = Field(default=None, description="When they are washed out; absent: they stay.")
    into: LocalId | None = Field(default=None, description="Circulation only: the organ they are put into; absent: plasma.")
    ligand: CatalogId | None = Field(default=None, description="Id of a targeting ligand of the catalogue on their surface.")
    loads: tuple[Load, ...] | None = Field(
        default=None, min_length=1, max_length=16, description="What was put into them, in place of what their makers load."
    )
    immunogenicity: Fraction | None = Field(
        default=None, description="Circulation only: how strongly immunity clears them, 0 as one's own to 1 as foreign."
    )
    purity: PositiveFraction | None = Field(
        default=None, description="Share of the particles that are these vesicles; absent: all of them."
    )
    impurity: CatalogId | None = Field(
        default=None, description="Id of the cell line that made the other particles; absent: the donor, without ligand or loads."
    )


class InterventionEntry(Record):
    """Something done against the transfer: a compound (`concentration`) or a genetic or cargo change (`strength`)."""

    id: CatalogId = Field(description="Id of the intervention in the catalogue.")
    concentration: Concentration | None = Field(default=None, description="Concentration of a compound.")
    strength: Fraction | None = Field(default=None, description="Strength of a genetic or cargo change, 0 none to 1.")
    populations: tuple[LocalId, ...] | None = Field(
        default=None, min_length=1, max_length=64, description="Populations that are treated; absent: all."
    )
    at: Time = Field(default=0.0, description="When it begins.")
    until: Time | None = Field(default=None, description="When it ends; absent: it lasts.")


class MediumChange(Record):
    """Medium taken away and replaced by fresh medium."""

    at: Time = Field(description="When.")
    fraction: PositiveFraction = Field(default=1.0, description="Share of the medium that is replaced.")


class ParameterOverride(Record):
    """A value used instead of the catalogue's, fixed in all draws."""

    name: CatalogId = Field(description="Name of the parameter in the catalogue.")
    subject: Subject = Field(description="What it is a parameter of, e.g. cell or drug:doxorubicin.")
    value: AnyQuantity = Field(description="The value with its unit, e.g. '0.03 1/h'.")
    reason: Annotated[str, Field(min_length=1, max_length=1000)] = Field(description="Why this value is used.")


class VesicleTitration(Record):
    """Asks for the titration page: the shift against purified vesicles per recipient."""

    donor: CatalogId = Field(description="Id of the cell line whose vesicles are titrated.")
    per_cell: VesicleSeries = Field(description="Vesicles per recipient: {from, to, points}.")
    hours: Duration | None = Field(default=None, description="How long the vesicles stay, e.g. '24 h'; absent: until the end.")


def _plain_change(change: dict[str, Any]) -> dict[str, Any]:
    try:
        result: dict[str, Any] = plain(change, "change")
        return result
    except ExoresistError as error:
        raise ValueError(str(error)) from None


class Arm(Record):
    """A difference against the base scenario; all arms share the seed and every draw."""

    id: LocalId = Field(description="Name of the arm.")
    label: Line = Field(default="", description="Name for tables and figures; the id if empty.")
    description: Text = Field(default="", description="What the arm shows.")
    role: Literal["reference", "treated", "control"] = Field(default="treated", description="What the arm is compared as.")
    change: Annotated[dict[str, Any], AfterValidator(_plain_change)] = Field(
        default_factory=dict, description="Parts of a scenario laid over the base; `remove: true` drops an entry."
    )


class Comparison(Record):
    """The named comparison: the shift of one arm against another."""

    of: LocalId = Field(description="Id of the arm whose shift is the answer.")
    against: LocalId = Field(description="Id of the arm it is compared with.")


class Uncertainty(Record):
    """How the ranges of the parameters are sampled."""

    draws: int = Field(
        default=64,
        strict=True,
        ge=0,
        le=10_000,
        description="Draws of the parameters; 0: central values only, as a tissue without this.",
    )


class Scenario(Record):
    """A complete scenario."""

    schema_version: Literal["exoresist/1"] = Field(alias="schema", description="Version of the file format.")
    name: FileName = Field(description="Short name; names files and folders.")
    title: Line = Field(default="", description="One line for the head of the report.")
    question: Text = Field(default="", description="The question in words.")
    arena: Arena = Field(description="The vessel.")
    environment: Environment = Field(default_factory=lambda: Environment(), description="Stress of the surroundings.")
    metabolism: Metabolism | None = Field(
        default=None,
        description="Nutrients, ATP, acid, lipids and ferroptosis; absent: not modelled, {}: in the standard medium.",
    )
    contexts: tuple[CatalogId, ...] = Field(
        default=(), max_length=64, description="Contexts of the catalogue in which the signs of some nodes differ."
    )
    populations: tuple[PopulationEntry, ...] = Field(min_length=1, max_length=64, description="The cells.")
    drugs: tuple[DrugEntry, ...] = Field(default=(), max_length=32, description="Drugs in the medium.")
    pulses: tuple[PulseEntry, ...] = Field(default=(), max_length=128, description="Radiation and light.")
    responses: tuple[CatalogId, ...] = Field(
        default=(),
        max_length=32,
        description="Drugs and rays that also drive nodes and cargo, by the catalogue's edges from them.",
    )
    cargo: tuple[CatalogId, ...] = Field(default=(), max_length=64, description="Cargo that vesicles carry physically.")
    axes: tuple[CatalogId, ...] = Field(default=(), max_length=256, description="Catalogue axes wired in as signed chains.")
    vesicles: tuple[VesicleEntry, ...] = Field(default=(), max_length=32, description="Purified vesicles that are added.")
    factors: tuple[FactorEntry, ...] = Field(default=(), max_length=32, description="Soluble factors of the medium.")
    signals: tuple[CatalogId, ...] = Field(
        default=(),
        max_length=64,
        description="Groups of signals between cells that are wired in, by their names in the catalogue.",
    )
    interventions: tuple[InterventionEntry, ...] = Field(default=(), max_length=64, description="What is done against transfer.")
    medium_changes: tuple[MediumChange, ...] = Field(default=(), max_length=256, description="Changes of the medium.")
    parameters: tuple[ParameterOverride, ...] = Field(
        default=(), max_length=1000, description="Values used instead of the catalogue's."
    )
    parameter_sets: tuple[Line, ...] = Field(default=(), max_length=32, description="Files with fitted parameter rows.")
    duration: Duration = Field(description="How long is simulated.")
    every: Duration = Field(default=1.0, description="Spacing of the saved times.")
    assay: Assay = Field(description="What is measured.")
    vesicle_titration: VesicleTitration | None = Field(default=None, description="Asks for the titration page.")
    arms: tuple[Arm, ...] = Field(default=(), max_length=64, description="Differences against the base, sharing seeds.")
    comparison: Comparison | None = Field(
        default=None, description="The named comparison; absent: the first treated arm against the reference."
    )
    uncertainty: Uncertainty = Field(default_factory=lambda: Uncertainty(), description="How parameter ranges are sampled.")
    seed: int = Field(default=1, strict=True, ge=0, le=2**63 - 1, description="Seed of every random stream.")

    @model_validator(mode="before")
    @classmethod
    def _few_draws_of_tissues(cls, data: Any) -> Any:
        """A tissue runs for minutes: its ranges are sampled only when asked for."""
        arena = data.get("arena") if isinstance(data, Mapping) else None
        if isinstance(arena, Mapping) and arena.get("kind") == "tissue" and "uncertainty" not in data:
            return {**data, "uncertainty": {"draws": 0}}
        return data

    @model_validator(mode="after")
    def _check(self) -> Scenario:
        found = scenario_problems(self)
        if found:
            raise FaultsError(found)
        return self
