"""What a reader should know before trusting an arm of a tissue: walls, steps that are too long, books that do not close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from exoresist.assembly.scenario import Scenario
from exoresist.studies.tissue_drug_steps import PER_EMPTYING, emptied
from exoresist.studies.tissue_left_out import left_out

if TYPE_CHECKING:
    from exoresist.studies.tissue_arm import ArmCourse


def unlike_steps(steps: Mapping[float, Sequence[str]]) -> str:
    """What is to be said of arms whose networks take other steps.

    steps  shortest network step, h -> labels of its arms
    """
    told = "; ".join(f"{3600.0 * step:.3g} s in {', '.join(who)}" for step, who in sorted(steps.items()))
    return (
        f"Arms take other steps of the networks ({told}): what a cell gets of the vesicles of others depends on that step (up to twofold), "
        f"so in this they differ by their steps, too. `space.network_step: {3600.0 * min(steps):.3g} s` makes them alike."
    )


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
    step = min(tissue.pace.network, tissue.pace.alert or tissue.pace.network)
    drugs = [drug.id for drug in next(iter(course.setup.models.values())).scenario.drugs if drug.dose > 0.0]
    for drug, hours in sorted(emptied(tissue, drugs).items()):
        if step > hours:
            resolving = tissue.pace.life / np.ceil(PER_EMPTYING * tissue.pace.life / hours)
            warnings.append(
                f"Cells empty their share of fluid of {drug} in {60.0 * hours:.2g} min, less than a network step of "
                f"{60.0 * step:.3g} min: they take up too little while it is given. Shorten `space.network_step` or `space.drug_step`: "
                f"{3600.0 * resolving:.2g} s would do, at {step / resolving:,.0f} times as many steps of the networks."
            )
    if course.setup.chosen:
        warnings.append(
            f"While a drug is about the networks take steps of {3600.0 * step:.2g} s, since the scenario names none: cells empty their "
            "fluid of it in about twice that time. In the first hours they take up some percent too little; half the step "
            "(`space.drug_step`) halves that, and `--check-accuracy` measures it."
        )
    warnings += left_out(scenario, course.setup.models)
    for element, gap in course.conservation.items():
        if gap > 1e-9:
            warnings.append(f"The balance of {element} is off by {gap:.1e}.")
    return warnings
