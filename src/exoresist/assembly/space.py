"""What a scenario says of a tissue only: its box, vessels and matrix, how a drug reaches it by blood, how cells move and differ."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from exoresist.assembly.fields import CatalogId, Concentration, Duration, Fraction, In, Length, Pressure, Record

Place = Annotated[float, In("um", low=-1e6, high=1e6)]
Weight = Annotated[float, In("dimensionless", low=-1.0, high=1.0)]
Spread = Annotated[float, In("dimensionless", high=3.0, above=True)]
Share = Annotated[float, In("dimensionless", high=1e3)]
Transfer = Annotated[float, In("um/h", high=1e9, above=True)]
Edge = Literal["open", "closed", "permeable"]


class Point(Record):
    """Where a vessel crosses the plane z = 0; the middle of the box is 0."""

    x: Place = Field(description="From the middle to the right.")
    y: Place = Field(description="From the middle upwards.")


class VesselLines(Record):
    """Straight vessels along z, on a square grid (`spacing`) or where they are listed (`at`)."""

    spacing: Length | None = Field(default=None, description="From one vessel of a square grid to the next.")
    at: tuple[Point, ...] | None = Field(
        default=None, min_length=1, max_length=1000, description="Where each vessel stands, in place of a grid."
    )
    sprout: bool = Field(
        default=False, description="They grow towards VEGF, which hypoxic cells make, and angiogenic cargo; both make them leak."
    )


class MatrixEntry(Record):
    """Extracellular matrix at the start."""

    density: Fraction = Field(description="Share of the volume that is fibre.")
    where: Literal["everywhere", "shell"] = Field(
        default="everywhere", description="All of the box, or a shell around the first ball of cells."
    )
    width: Length = Field(default=40.0, description="Width of the shell.")


class FaceEntry(Record):
    """What holds at one face of the box."""

    at: Literal["left", "right", "bottom", "top", "back", "front"] = Field(
        description="Left and right are low and high x, bottom and top y, back and front z."
    )
    edges: Edge = Field(description="As of a field.")
    transfer: Transfer | None = Field(default=None, description="Permeable only: flux over the difference across the face.")


class FieldEntry(Record):
    """A fast field that cells eat or make, or what holds for any other field (oxygen, a drug, factor or population) at the edges."""

    id: CatalogId = Field(
        description="glucose, lactate (with pH), VEGFA, or any substance with a field_diffusivity; else a field that is there."
    )
    outside: Concentration | None = Field(
        default=None, description="Level beyond the edges, in blood and at the start; absent: the catalogue's medium, or none."
    )
    edges: Edge | None = Field(
        default=None,
        description="Open: held at the level outside; closed: nothing crosses; permeable: flux = transfer x difference; "
        "absent: as `space.edges` for fields in time, open for fast ones (closed where vessels feed a box with closed edges).",
    )
    transfer: Transfer | None = Field(default=None, description="Permeable edges only: flux over the difference across them.")
    faces: tuple[FaceEntry, ...] | None = Field(
        default=None, min_length=1, max_length=6, description="Faces that differ from the others."
    )


class Space(Record):
    """The box of a tissue, and the steps in which time goes on in it."""

    size: Length = Field(description="Edge of the square or cube in which the cells live.")
    voxel: Length = Field(default=20.0, description="Edge of a voxel of the fields.")
    dimensions: Literal[2, 3] = Field(default=3, description="A slice of one layer of voxels, or a cube.")
    thickness: Length | None = Field(default=None, description="Of a slice; absent: that of a voxel.")
    edges: Literal["open", "closed"] = Field(
        default="open", description="Open edges hold drugs at their dose and let vesicles go; nothing crosses closed ones."
    )
    oxygen: Pressure | None = Field(
        default=None,
        description="Oxygen at the edges (with vessels and closed edges: only at the start); absent: oxygen is left out.",
    )
    fields: tuple[FieldEntry, ...] | None = Field(
        default=None, min_length=1, max_length=32, description="Further fast fields, and what holds for fields at the edges."
    )
    vessels: VesselLines | None = Field(default=None, description="Vessels that bring oxygen and drugs, and take vesicles away.")
    matrix: MatrixEntry | None = Field(default=None, description="Extracellular matrix that holds cells and vesicles back.")
    grow: Duration | None = Field(
        default=None, description="Arms share one tumour, grown for so long as the base says; each goes on from there."
    )
    network_step: Duration | None = Field(
        default=None,
        description="Step of the networks inside cells; divides the life step; absent: 6 min or the life step, and while a drug is "
        "about as short as the fastest cells need.",
    )
    drug_step: Duration | None = Field(
        default=None,
        description="Step of the networks while a drug is about: cells empty their fluid of it within seconds to a minute; divides "
        "the life step; absent: as `network_step` says.",
    )
    life_step: Duration = Field(default=0.1, description="Step of growth, division and death.")
    motion_step: Duration = Field(default=0.1 / 60.0, description="Step of cells that push and stick; divides the life step.")
    spread_step: Duration = Field(default=0.5 / 60.0, description="Longest step of diffusion.")


class Adaptive(Record):
    """Doses wait while the tumour is small. Both shares are of the tumour's biomass at the first dose."""

    stop_below: Fraction = Field(description="Doses stop once the tumour is smaller than this share.")
    resume_above: Share = Field(description="They go on once it is larger than this share.")


class PlasmaEntry(Record):
    """A drug that comes with blood: `dose` is the amount over the drug's central volume; it is cleared from there."""

    lasting: Duration | None = Field(default=None, description="How long each dose is infused; absent: at once.")
    adaptive: Adaptive | None = Field(default=None, description="When doses pause; absent: all are given.")


class Attraction(Record):
    """A field towards which cells move."""

    to: CatalogId = Field(description="oxygen, the id of a drug or factor, or of a population whose vesicles attract.")
    weight: Weight = Field(description="1 straight up its gradient, 0 at random, -1 straight down.")


class Varied(Record):
    """A number in which the first cells differ, lognormally; daughters inherit it."""

    number: CatalogId = Field(description="A number of the cells' network, e.g. growth_rate, or of a cargo, e.g. ABCB1.copies.")
    spread: Spread = Field(description="Coefficient of variation between cells; the mean is as without.")
