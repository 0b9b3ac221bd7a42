"""How fast cells empty the fluid that is theirs of a drug, and the step of their networks that follows where a scenario names none."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from exoresist.assembly.space import Space
from exoresist.tissue.state import Tissue
from exoresist.tissue.territory import PACKING

ML_PER_UM3 = 1e-12
USUAL = 0.1  # h
PER_EMPTYING = 2.0  # steps in the time in which the fastest cells empty their fluid


def usual_step(space: Space) -> float:
    """h: step of the networks that a scenario names, or the longest of at most 6 min that divides the life step."""
    if space.network_step is not None:
        return space.network_step
    return space.life_step / float(np.ceil(space.life_step / USUAL - 1e-9))


def emptied(tissue: Tissue, drugs: Iterable[str]) -> dict[str, float]:
    """Drug -> h in which the fastest cells clear the fluid that is theirs in packed tissue, into themselves or onto their antigen."""
    found: dict[str, float] = {}
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
                found[drug] = min(found.get(drug, np.inf), fluid / cleared)
    return found


def fitting_step(tissue: Tissue, drugs: Iterable[str]) -> float | None:
    """h: the longest step that divides the life step and of which several fit into every emptying; None where the usual step does."""
    times = emptied(tissue, drugs)
    if not times:
        return None
    longest, life = min(times.values()) / PER_EMPTYING, tissue.pace.life
    return None if tissue.pace.network <= longest else life / float(np.ceil(life / longest - 1e-9))
