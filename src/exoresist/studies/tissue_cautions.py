"""What a reader should know before trusting an arm of a tissue: walls, steps that are too long, books that do not close."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from exoresist.assembly.scenario import Scenario
from exoresist.studies.tissue_left_out import left_out
from exoresist.tissue.territory import PACKING

if TYPE_CHECKING:
    from exoresist.studies.tissue_arm import ArmCourse

ML_PER_UM3 = 1e-12


def cautions(course: ArmCourse, scenario: Scenario) -> list[str]:
    tissue = course.tissue
    warnings = []
    # Cells that crawl by themselves come to the walls and turn; a tumour that has grown that far has no room.
    still = np.array([one.speed == 0.0 for one in tissue.types])[tissue.cells.kind]
    wide = tissue.cells.position[: 2 if tissue.flat else 3, still]
    reach = np.abs(wide).max(initial=0.0)
    walled = scenario.arena.space is not None and scenario.arena.space.edges == "closed"  # a piece of a larger tumour
    if not walled and reach > 0.5 * tissue.grid.extent[0] - tissue.grid.spacing:
        warnings.append("Cells have reached the edge of the box: from there on its walls hold them. Make `space.size` larger.")
    for drug, minutes in sorted(_emptied(course).items()):
        step = min(tissue.pace.network, tissue.pace.alert or tissue.pace.network)
        if 60.0 * step > minutes:
            warnings.append(
                f"Cells empty their share of fluid of {drug} in {minutes:.2g} min, less than a network step of "
                f"{60.0 * step:g} min: they take up too little while it is given. Shorten `space.network_step` or `space.drug_step`."
            )
    warnings += left_out(scenario, course.setup.models)
    for element, gap in course.conservation.items():
        if gap > 1e-9:
            warnings.append(f"The balance of {element} is off by {gap:.1e}.")
    return warnings


def _emptied(course: ArmCourse) -> dict[str, float]:
    """Drug -> min in which the fastest cells clear the fluid that is theirs in packed tissue, into themselves or onto their antigen."""
    found: dict[str, float] = {}
    tissue = course.tissue
    drugs = [drug.id for drug in next(iter(course.setup.models.values())).scenario.drugs if drug.dose > 0.0]
    for index, contents in tissue.contents.items():
        who, fluid = tissue.types[index].id, tissue.types[index].volume * ML_PER_UM3 * tissue.medium.fluid / PACKING
        places = contents.compiled.parameter_index
        for drug in drugs:
            cleared = 0.0
            if f"{who}.{drug}.permeability_surface" in places:
                cleared = float(contents.base[places[f"{who}.{drug}.permeability_surface"]])
            elif f"{who}.surface_{drug}" in contents.states and contents.count:
                antigen = float(contents.read([f"{who}.{drug}.antigen"])[0].max())
                cleared = float(contents.base[places["antibody.on_rate"]]) * antigen  # 1/(nM h) times pmol are mL/h
            if cleared > 0.0:
                found[drug] = min(found.get(drug, np.inf), 60.0 * fluid / cleared)
    return found
