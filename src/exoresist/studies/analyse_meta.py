"""What a laboratory says about its experiment: the file `meta.yaml`, schema exoresist-lab/1.

Units go with every number ("100 uL"); names are those of the laboratory, found in the catalogue where it knows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from exoresist.assembly.fields import (
    Duration,
    FaultsError,
    In,
    Line,
    LocalId,
    PositiveCells,
    Record,
    Text,
    VesiclesPerCell,
    Volume,
)
from exoresist.assembly.reader import plain_tree
from exoresist.assembly.validation import record_of
from exoresist.core.errors import InputError
from exoresist.core.units import same_dimension

SCHEMA = "exoresist-lab/1"

Control = Literal[
    "vesicle_depleted_medium", "inhibitor_alone", "rnase_or_proteinase", "soluble_fraction", "donor_free_medium", "lysed_vesicles",
    "particle_free_buffer",
]  # fmt: skip
Design = Literal["added_vesicles", "conditioned_medium", "co_culture", "transwell"]
Kind = Literal["plate", "particles", "qpcr", "facs", "transwell", "calipers"]
ParticleConcentration = Annotated[float, In("particle/mL", low=1.0, high=1e16)]


def _texts(value: object) -> object:
    """One text or several: `nta.csv` is `[nta.csv]`."""
    return [value] if isinstance(value, str) else value


def _word(value: object) -> object:
    """YAML 1.2 reads `yes` as text and a bare 12 as a number; both are welcome as names."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _cells(value: object) -> object:
    """A bare number of cells can only be cells: 3000 is `3000 cell`."""
    return f"{value!r} cell" if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _dose_unit(unit: str) -> str:
    try:
        usable = any(same_dimension(unit, one) for one in ("nM", "g/mL", "Gy"))
    except InputError:
        usable = False
    if not usable:
        raise ValueError(f"'{unit[:40]}' is no unit of a dose; write e.g. nM, uM, ug/mL or Gy")
    return unit


ONE: dict[str, Any] = {"type": ["string", "number"]}
Name = Annotated[str, BeforeValidator(_word), Field(max_length=120), WithJsonSchema(ONE)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_texts), WithJsonSchema({"anyOf": [ONE, {"type": "array", "items": ONE}]})]
Count = Annotated[PositiveCells, BeforeValidator(_cells), WithJsonSchema(ONE)]
DoseUnit = Annotated[str, AfterValidator(_dose_unit)]


class Arm(Record):
    """One treatment: wells that differ in the drug's dose only."""

    id: LocalId = Field(description="Short name of the arm; plate maps and tables use it.")
    label: Line = Field(default="", description="How figures call it.")
    role: Literal["reference", "treated", "control", "donor"] = Field(
        default="treated",
        description="reference: recipients without vesicles; treated: with; control: what should do nothing; donor: donor cells.",
    )
    control: Control | None = Field(default=None, description="Which control this arm is.")
    names: Names = Field(default=(), description="Other names that files use for it.")
    vesicles: LocalId | None = Field(default=None, description="Id of the preparation that was added.")
    added: Volume | None = Field(default=None, description="Volume of the preparation added to each well.")
    per_cell: VesiclesPerCell | None = Field(default=None, description="Vesicles added per recipient, where no volume is told.")
    inhibitor: Line = Field(default="", description="Inhibitor of release or uptake in this arm, if any.")


class Preparation(Record):
    """Vesicles that were isolated and counted."""

    id: LocalId = Field(description="Name of the preparation; arms name it.")
    donor: Line = Field(default="", description="Cells that released them.")
    donor_cells: Count | None = Field(default=None, description="Donor cells that conditioned the medium.")
    conditioned: Duration | None = Field(default=None, description="How long they did.")
    isolation: Line = Field(default="", description="How vesicles were isolated.")
    resuspended: Volume | None = Field(default=None, description="Volume that the preparation was taken up in.")
    particles: Names = Field(default=(), description="Files with its particle tables.")
    dilution: Annotated[float, Field(ge=1.0, le=1e8)] | None = Field(
        default=None, description="How often it was diluted for counting."
    )
    dilution_applied: bool | None = Field(
        default=None, description="true if the file's concentrations already are those of the undiluted sample."
    )
    concentration: ParticleConcentration | None = Field(default=None, description="Particles per mL, where no file tells.")


class Wells(Record):
    """Some wells and what they hold."""

    wells: Names = Field(description="Wells or rectangles: A1, B2:D10.")
    contains: Literal["cells", "blank", "start", "empty"] = Field(
        default="cells",
        description="cells; blank: medium and reagent without cells; start: cells read when the drug was added; empty.",
    )
    arm: Name | None = Field(default=None, description="Id of the arm.")
    plate: Name | None = Field(default=None, description="Only on this plate (its name, or its file's); absent: on every plate.")
    dose: Annotated[str | float, Field()] | None = Field(default=None, description="Dose of all these wells.")
    doses: tuple[str | float, ...] = Field(default=(), description="Doses from left to right (or from top to bottom).")
    along: Literal["columns", "rows"] = Field(default="columns", description="columns: each column has its dose; rows: each row.")

    @model_validator(mode="after")
    def _complete(self) -> Wells:
        if self.contains == "cells" and self.arm is None:
            raise FaultsError([(("arm",), "is missing. Wells with cells belong to an arm")])
        if self.contains == "cells" and (self.dose is None) == (not self.doses):
            raise FaultsError([(("dose",), "give either `dose` or `doses` for wells with cells (0 for untreated)")])
        return self


class Plate(Record):
    """Where everything is."""

    wells: Literal[6, 12, 24, 48, 96, 384] | None = Field(
        default=None, description="Wells of the plate, checked against the file."
    )
    layout: tuple[Wells, ...] = Field(default=(), description="Rectangles of wells; a later entry replaces an earlier one.")
    map: Name | None = Field(default=None, description="File with a grid of texts such as `alone 100`, `blank`.")
    exclude: Names = Field(default=(), description="Wells to leave out, with your reason under `notes`.")


class Readout(Record):
    """What the instrument measured."""

    kind: Literal["absorbance", "fluorescence", "luminescence", "confluence", "counts"] = Field(
        default="absorbance", description="Signal."
    )
    method: Line = Field(default="", description="CCK-8, MTT, resazurin, ATP ...")
    signal: Name | None = Field(
        default=None, description="Wavelength (450) or channel (phase) that tells viability, where the file has several."
    )
    reference: Name | None = Field(default=None, description="Wavelength to subtract in every well (650).")
    blank_subtracted: bool = Field(default=False, description="true if blanks were subtracted before.")
    recipients_only: bool = Field(
        default=False,
        description="In a co-culture: true if only the recipients are read (a label, sorted cells), not donors with them.",
    )


class Timing(Record):
    """When what happened."""

    read: Duration | None = Field(default=None, description="From drug to reading.")
    vesicles_before_drug: Annotated[float, In("h", high=1e4)] | None = Field(
        default=None, description="How long vesicles were on before the drug."
    )
    washed_before_drug: bool | None = Field(default=None, description="Whether vesicles were washed away before the drug came.")


class Qpcr(Record):
    """How cycles become folds."""

    reference_genes: Names = Field(default=(), description="Genes that do not change (GAPDH, U6).")
    calibrator: Name | None = Field(default=None, description="Arm or sample that is 1; absent: the reference arm.")


class LabFileEntry(Record):
    """A file whose kind is said, not guessed."""

    name: Name = Field(description="File name.")
    kind: Kind = Field(description="What it holds.")
    hours: Annotated[float, In("h", high=1e5)] | None = Field(default=None, description="When a plate was read.")
    plate: Name | None = Field(
        default=None, description="Name of the plate: two files of one plate share it, repeats have their own."
    )


class LabMeta(Record):
    """A whole experiment."""

    schema_: Literal["exoresist-lab/1"] = Field(alias="schema", description="exoresist-lab/1")
    title: Line = Field(description="What was asked, in a line.")
    design: Design = Field(default="added_vesicles", description="How vesicles reached the recipients.")
    drug: Line = Field(default="", description="Drug on the plate.")
    dose_unit: DoseUnit = Field(default="nM", description="Unit of the doses.")
    recipient: Line = Field(default="", description="Cells that receive.")
    donor: Line = Field(default="", description="Cells that release.")
    cells_per_well: Count | None = Field(default=None, description="Recipients per well when vesicles were added.")
    donors_per_well: Count | None = Field(default=None, description="Donors per well, in a co-culture.")
    volume: Volume | None = Field(default=None, description="Medium per well.")
    repeats: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1, description="How often the whole was done, with fresh vesicles and cells."
    )
    readout: Readout = Field(default_factory=Readout, description="The signal.")
    timing: Timing = Field(default_factory=Timing, description="The times.")
    arms: tuple[Arm, ...] = Field(default=(), description="The arms.")
    plate: Plate = Field(default_factory=Plate, description="What is in which well.")
    vesicles: tuple[Preparation, ...] = Field(default=(), description="The preparations.")
    controls: dict[str, bool | str] = Field(default={}, description="Controls done elsewhere: name: yes, or no.")
    qpcr: Qpcr = Field(default_factory=Qpcr, description="For Ct tables.")
    samples: dict[str, str] = Field(default={}, description="Sample names in files -> arm ids.")
    files: tuple[LabFileEntry, ...] = Field(default=(), description="Kinds of files, where they should not be guessed.")
    comparison: dict[Literal["of", "against"], str] | None = Field(default=None, description="Arms whose IC50s are compared.")
    seed: int = Field(default=1, description="Seed of the draws.")
    notes: Text = Field(default="", description="Anything else; printed in the report.")

    @model_validator(mode="after")
    def _names_fit(self) -> LabMeta:
        faults: list[tuple[tuple[str | int, ...], str]] = []
        ids = [arm.id for arm in self.arms]
        preparations = [one.id for one in self.vesicles]
        for kind, names in (("arms", ids), ("vesicles", preparations)):
            faults += [((kind,), f"'{name}' stands twice") for name in sorted({name for name in names if names.count(name) > 1})]
        if sum(arm.role == "reference" for arm in self.arms) > 1:
            faults.append((("arms",), "more than one arm has the role reference"))
        for index, arm in enumerate(self.arms):
            if arm.vesicles is not None and arm.vesicles not in preparations:
                faults.append(
                    (
                        ("arms", index, "vesicles"),
                        f"'{arm.vesicles}' is no preparation; known: {', '.join(preparations) or 'none'}",
                    )
                )
        for name in self.controls:
            if name not in CONTROLS:
                faults.append((("controls", name), f"unknown control; known: {', '.join(CONTROLS)}"))
            elif not isinstance(self.controls[name], bool) and str(self.controls[name]).lower() not in (*YES, *NO, *ids):
                faults.append((("controls", name), "write yes, no, or the id of an arm"))
        for key, name in (self.comparison or {}).items():
            if name not in ids:
                faults.append((("comparison", key), f"'{name}' is no arm; known: {', '.join(ids) or 'none'}"))
        if self.comparison is not None and set(self.comparison) != {"of", "against"}:
            faults.append((("comparison",), "needs both `of` and `against`"))
        if faults:
            raise FaultsError(faults)
        return self

    def arm(self, name: str) -> Arm | None:
        """The arm that a text names: id, label or other name, in any case; None for none."""
        wanted = _loose(name)
        return next((arm for arm in self.arms if wanted in {_loose(one) for one in (arm.id, arm.label, *arm.names) if one}), None)

    def says(self, control: str) -> bool | None:
        """Whether `controls` says that a control was done; None where it is silent."""
        value = self.controls.get(control)
        return None if value is None else value is True or (value is not False and str(value).lower() not in NO)


CONTROLS = tuple(str(name) for name in Control.__args__)  # type: ignore[attr-defined]
YES, NO = ("yes", "y", "true", "done"), ("no", "n", "false", "none", "not done")


def _loose(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum() or letter in "+-")


def load_meta(path: str | Path) -> LabMeta:
    """The experiment that a file describes.

    raises  InputError naming file, line and key for anything unknown, missing or impossible
    """
    data = plain_tree(path)
    where = str(path)
    if not isinstance(data, Mapping):
        raise InputError(
            f"{where}: holds no mapping",
            "keys such as schema, title, arms and plate",
            "Start from `exoresist analyse --template DIR`",
        )
    if data.get("schema") != SCHEMA:
        came = f"came '{data['schema']}'" if "schema" in data else "the key is missing"
        raise InputError(
            f"{where}: schema: {came}",
            f"'{SCHEMA}'",
            f"Write `schema: {SCHEMA}` at the top; a scenario is run by `exoresist run`",
        )
    return record_of(LabMeta, data, where)


def meta_schema() -> dict[str, Any]:
    """The JSON Schema of meta.yaml."""
    return LabMeta.model_json_schema()
