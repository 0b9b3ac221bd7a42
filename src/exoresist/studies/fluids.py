"""Samples of a body fluid: what is in a millilitre of plasma, or of the fluid of an organ, at each saved time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.build import Model
from exoresist.assembly.layout import organ_side
from exoresist.core.errors import unknown_name
from exoresist.network import Run

Array = NDArray[np.float64]


def fluids(model: Model) -> dict[str, str]:
    """Name of every fluid that can be sampled -> id of its side: plasma and the organs of a circulation, else the media."""
    return {side.id.removeprefix(organ_side("")): side.id for side in model.layout.sides}


def fluid_sample(model: Model, run: Run, fluid: str) -> Mapping[str, Array]:
    """What one millilitre holds, (times, sets) each: `vesicles:<class>` (particle/mL), and for every cargo `enclosed:<cargo>`
    (copies/mL in vesicles of all classes) and, where the scenario asks for it, `naked:<cargo>`.

    Raises an error for a fluid that the model does not hold.
    """
    known = fluids(model)
    if fluid not in known:
        raise unknown_name("Fluid", fluid, known)
    layout = model.layout
    side = layout.side(known[fluid])
    volume = run.network.parameters[side.volume].value
    pools = {group.id: layout.vesicles(side, group) for group in layout.classes}
    sample = {f"vesicles:{name}": run.amount(pool) / volume for name, pool in pools.items()}
    for cargo in layout.cargo:
        kinds = [cargo.element + (f"_{origin}" if origin else "") for origin in layout.origins]
        inside = [run.amount(layout.content(pool, kind)) for pool in pools.values() for kind in kinds]
        sample[f"enclosed:{cargo.id}"] = np.sum(inside, axis=0) / volume
        if layout.naked and cargo.place == "dissolved":
            sample[f"naked:{cargo.id}"] = run.amount(layout.naked_cargo(side, cargo)) / volume
    return sample
