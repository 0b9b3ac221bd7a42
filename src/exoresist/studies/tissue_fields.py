"""Fields of a tissue: which there are, how they spread, what holds at the edges, and what cells eat, give off and need of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.antibody import antibodies
from exoresist.assembly.metabolism import FLOWS, nutrients
from exoresist.assembly.scenario import PopulationEntry, Scenario
from exoresist.assembly.space import FieldEntry, Space
from exoresist.core.errors import InputError
from exoresist.network.cell import CellNetwork
from exoresist.numerics.grid import Condition, Dirichlet, Faces, Field, Grid, NoFlux, Robin
from exoresist.studies.tissue_numbers import Numbers
from exoresist.tissue.nutrition import PH, Chemistry, Need, Release, Uptake
from exoresist.tissue.steady_fields import SteadyField, SteadyFields
from exoresist.tissue.surroundings import Medium, SharedMedium

Array = NDArray[np.float64]
SECONDS_PER_HOUR = 3600.0
LACTATE_PER_GLUCOSE = 2.0  # stoichiometry of glycolysis
SIDES = {"left": 0, "right": 1, "bottom": 2, "top": 3, "back": 4, "front": 5}
FIRST = ("glucose", "lactate")  # lactate is made of glucose, which is solved before it
SIGNAL = "VEGFA"


def substances(scenario: Scenario) -> list[FieldEntry]:
    """Fast fields besides oxygen, in the order in which they are solved."""
    space = scenario.arena.space
    assert space is not None
    there = {"oxygen", *(one.id for one in scenario.drugs), *(one.id for one in scenario.factors)}
    there |= {one.id for one in scenario.populations}
    entries = [one for one in space.fields or () if one.id not in there]
    if space.vessels is not None and space.vessels.sprout and SIGNAL not in {one.id for one in entries} | there:
        entries.append(FieldEntry(id=SIGNAL))
    return sorted(entries, key=lambda one: FIRST.index(one.id) if one.id in FIRST else len(FIRST))


def outside(entry: FieldEntry, numbers: Numbers) -> float:
    """Level of a fast field beyond the edges, in blood and at the start, nM."""
    if entry.outside is not None:
        return entry.outside
    if numbers.has("medium_concentration", f"nutrient:{entry.id}"):
        return numbers("medium_concentration", "nM", f"nutrient:{entry.id}", use="fields")
    return 0.0


# -- at steady state


def steady_fields(grid: Grid, numbers: Numbers, scenario: Scenario, threads: int) -> SteadyFields:
    """Oxygen, where the scenario gives it, and all further fast fields."""
    space = scenario.arena.space
    assert space is not None
    fields = []
    if space.oxygen is not None:
        spread = Field(
            numbers("oxygen_diffusivity", "um^2/h", "field:oxygen", use="oxygen"),
            numbers("oxygen_decay", "1/h", "field:oxygen", use="oxygen"),
            _faces(space, _entry(space, "oxygen"), space.oxygen, _fed_by_blood(space)),
        )
        fields.append(SteadyField("oxygen", spread, np.full(grid.array_shape, space.oxygen)))
    for entry in substances(scenario):
        level, subject = outside(entry, numbers), f"field:{entry.id}"
        spread = Field(
            numbers("field_diffusivity", "um^2/h", subject, use="fields"),
            numbers("field_decay", "1/h", subject, use="fields"),
            _faces(space, entry, level, _fed_by_blood(space)),
        )
        fields.append(SteadyField(entry.id, spread, np.full(grid.array_shape, level)))
    return SteadyFields(grid, fields, threads=threads)


def _fed_by_blood(space: Space) -> bool:
    """Whether edges of fast fields are closed unless said otherwise: a piece of a larger tumour with vessels of its own."""
    return space.vessels is not None and space.edges == "closed"


def _entry(space: Space, name: str) -> FieldEntry | None:
    return next((one for one in space.fields or () if one.id == name), None)


def _faces(space: Space, entry: FieldEntry | None, level: float, closed: bool) -> Faces:
    """What holds at the edges: by faces, else by field, else `closed` or held at the level outside."""
    usual: Condition = NoFlux() if closed else Dirichlet(level)
    if entry is not None and entry.edges is not None:
        usual = _condition(entry.edges, entry.transfer, level)
    held = [usual] * 4 + [NoFlux() if space.dimensions == 2 else usual] * 2
    for one in (entry.faces or ()) if entry is not None else ():
        held[SIDES[one.at]] = _condition(one.edges, one.transfer, level)
    return Faces(*held)


def _condition(edges: str, transfer: float | None, level: float) -> Condition:
    if edges == "closed":
        return NoFlux()
    return Dirichlet(level) if edges == "open" else Robin(transfer or 0.0, level)


# -- in time


def spread_of_pools(scenario: Scenario, numbers: Numbers, inside: CellNetwork) -> dict[str, Medium]:
    """How every pool of the medium spreads: drugs, factors and nutrients by themselves, what vesicles carry with its vesicles."""
    space = scenario.arena.space
    assert space is not None
    fresh, bind = fresh_levels(scenario, inside), antibodies(scenario, numbers.catalog)
    result = {}
    for name in inside.medium:
        part = name.split(".")[1]
        owner = part.removeprefix("vesicles_").removeprefix("factor_")
        if part.startswith("vesicles_"):
            water = numbers("diffusion_coefficient", "um^2/s", "vesicle", use="spread of vesicles") * SECONDS_PER_HOUR
            speed = water * numbers("tissue_hindrance", "dimensionless", "vesicle", use="spread of vesicles")
        else:
            subjects = (f"drug:{part}", "antibody" if part in bind else "drug")
            if part.startswith("factor_"):
                subjects = (f"factor:{owner}", "factor")
            elif name in fresh:
                subjects = (f"nutrient:{part}", "nutrient")
            speed = numbers("tissue_diffusivity", "um^2/h", *subjects, use="spread of drugs and factors")
        # Open edges begin with nothing outside, but for nutrients; a dose changes that for its drug.
        entry = _entry(space, owner)
        level = fresh.get(name, (entry.outside or 0.0) if entry is not None else 0.0)
        result[name] = Medium(speed, _faces(space, entry, level, space.edges == "closed"))
    return result


def fresh_levels(scenario: Scenario, inside: CellNetwork) -> dict[str, float]:
    """Pool of the medium -> amount per mL in fresh medium, of the nutrients of `metabolism`."""
    volume = inside.network.parameters[inside.volume].value
    own = [name for name in inside.medium if name.split(".", 1)[1] in nutrients(scenario)]
    return {name: inside.start.get(name, 0.0) / volume for name in own}


def fill(medium: SharedMedium, fresh: Mapping[str, float]) -> None:
    """Fresh medium in all voxels."""
    for name, level in fresh.items():
        medium.amounts[medium.names.index(name)] = level * medium.voxel_ml


# -- cells


def chemistry(scenario: Scenario, numbers: Numbers) -> Chemistry | None:
    """What levels of glucose and lactate are to cells; None where neither is a fast field."""
    entries = {one.id: one for one in substances(scenario)}
    if not {"glucose", "lactate"} & set(entries):
        return None

    def level(name: str) -> float:
        return numbers("medium_concentration", "nM", f"nutrient:{name}", use="pH")

    return Chemistry(
        level("bicarbonate"), outside(entries["lactate"], numbers) if "lactate" in entries else 0.0,
        numbers("minor_buffer", "nM", "medium", use="pH"), numbers("dissolved_co2", "nM", "medium", use="pH"),
        numbers("carbonic_pka", "dimensionless", "medium", use="pH"), numbers("acid_half_excess", "dimensionless", "medium", use="pH"),
        numbers("half_saturation", "nM", "nutrient:glucose", use="hunger"), level("glucose"),
        numbers("glucose_hunger_share", "dimensionless", "medium", use="hunger"),
    )  # fmt: skip


def uptakes(scenario: Scenario, numbers: Numbers, entry: PopulationEntry) -> tuple[Uptake, ...]:
    """What cells of a population take up of the fast fields."""
    line, found = f"cell_line:{entry.cell_line}", []
    names = [one.id for one in substances(scenario)]

    def flux(process: str) -> float:
        return numbers("metabolic_flux", "pmol/cell/h", f"{line}|process:{process}", f"process:{process}", use="fields")

    for name in names:
        if name == "glucose":
            half = numbers("half_saturation", "nM", "nutrient:glucose", use="fields")
            standard = numbers("medium_concentration", "nM", "nutrient:glucose", use="fields")
            total = sum(flux(one.process) for one in FLOWS if one.nutrient == "glucose")
            most = total * (half + standard) / standard  # the rates are those in the standard medium
            fold = numbers("glucose_fold_hypoxia", "dimensionless", line, "cell", use="fields")
            made = {"lactate": LACTATE_PER_GLUCOSE * flux("glycolysis") / total} if "lactate" in names else {}
            found.append(Uptake(name, most, half, fold * most, made))
        elif name == "lactate":
            # Burnt with oxygen only.
            found.append(
                Uptake(name, flux("lactate_oxidation"), numbers("half_saturation", "nM", "nutrient:lactate", use="fields"), 0.0)
            )
        elif any(numbers.has("field_uptake", subject) for subject in (f"{line}|field:{name}", f"field:{name}")):
            rate = numbers("field_uptake", "pmol/cell/h", f"{line}|field:{name}", f"field:{name}", use="fields")
            half = numbers("field_half", "nM", f"{line}|field:{name}", f"field:{name}", use="fields")
            found.append(Uptake(name, rate, half, rate))
    return tuple(found)


def releases(scenario: Scenario, numbers: Numbers, entry: PopulationEntry) -> tuple[Release, ...]:
    """What cells of a population give off into the fast fields, with oxygen and in severe hypoxia."""
    line, found = f"cell_line:{entry.cell_line}", []
    for one in substances(scenario):
        subjects = (f"{line}|field:{one.id}", f"field:{one.id}")
        there = [any(numbers.has(name, subject) for subject in subjects) for name in ("field_release", "field_release_hypoxic")]
        if any(there):
            basal = numbers("field_release", "pmol/cell/h", *subjects, use="fields") if there[0] else 0.0
            hypoxic = numbers("field_release_hypoxic", "pmol/cell/h", *subjects, use="fields") if there[1] else basal
            found.append(Release(one.id, basal, hypoxic))
    return tuple(found)


def needs(scenario: Scenario, numbers: Numbers, entry: PopulationEntry) -> tuple[Need, ...]:
    """What cells of a population need to grow and to live, besides oxygen."""
    names, subjects = {one.id for one in substances(scenario)}, (f"cell_line:{entry.cell_line}", "cell")
    found = []
    for field, name, unit in (("glucose", "glucose", "nM"), ("lactate", PH, "dimensionless")):
        if field in names:
            stop, full, necrotic, lethal = (
                numbers(f"{name}_{what}", unit, *subjects, use="growth and necrosis")
                for what in ("growth_stop", "growth_full", "necrotic", "lethal")
            )
            rate = numbers("necrosis_rate", "1/h", *subjects, use="necrosis")
            found.append(Need(name, stop, full, necrotic, lethal, rate))
    return tuple(found)


def check_made(scenario: Scenario, numbers: Numbers) -> None:
    """Refuse fast fields of which nothing is known."""
    for one in substances(scenario):
        if not numbers.has("field_diffusivity", f"field:{one.id}"):
            raise InputError(
                f"nothing is known of a field '{one.id}'", "glucose, lactate, VEGFA",
                f"Give field_diffusivity and field_decay of field:{one.id} under `parameters`, and what cells take up and give off",
            )  # fmt: skip
