"""Arms on a claim's bench: what the head's arrival changes in survival under each treatment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.book import draws as parameter_draws
from exoresist.assembly.claim import RECIPIENT
from exoresist.assembly.claim_bench import DONOR, Bench
from exoresist.compartments.well import culture
from exoresist.studies.claim_delivery import SEED
from exoresist.studies.claim_effects import ENDS, FOLD_NODE, TOLERANCE

Array = NDArray[np.float64]

STANDING = 1e-6  # 1/h, growth of donors that do not divide: none to speak of, and not a division by zero


@dataclass(frozen=True)
class Arm:
    """One treatment: parameter values, and amounts at the start, laid over those of the draw."""

    values: Mapping[str, float] = field(default_factory=dict)
    initial: Mapping[str, float] = field(default_factory=dict)


def survivors(bench: Bench, arms: Sequence[Arm], dose: float, loads: Array, draws: int, relative: float = TOLERANCE) -> Array:
    """(2, arms, sets) ln of treated over untreated survivors, without (0) and with (1) what the claim says arrives.

    loads  (sets,) how many times their usual content of the cargo the donors hold, and with it every vesicle; sets <= 1 + draws, the
           first being the central one. A claim about a node that nothing carries has its node raised in the recipients instead.

    Donors do not divide, the drug does not enter them and their pumps stand still, so that what they hold is told by vesicles only.
    """
    count, sets, pairs = len(arms), len(loads), 2
    shape = (2, pairs, count, sets)  # dose, without and with, arm, draw
    drawn = parameter_draws(bench.model.network.parameters, draws, SEED)
    values = {name: np.broadcast_to(each[:sets], shape).copy() for name, each in drawn.items()}
    initial: dict[str, Array] = {}

    def place(into: dict[str, Array], name: str, default: float) -> Array:
        return into.setdefault(name, np.full(shape, default))

    key, parameters = bench.key(RECIPIENT), bench.model.network.parameters
    shut = f"{DONOR}.{bench.wired.surrogate}."
    for name in parameters:
        if name == f"{shut}permeability_surface" or (name.startswith(shut) and name.endswith(".kcat")):
            values[name] = np.zeros(shape)
    values[f"{DONOR}.growth_rate"] = np.full(shape, STANDING)
    if bench.wired.carried:
        place(values, f"{bench.key(DONOR)}.clamp", 0.0)[:, 1] = loads
    elif f"{key}.mimic_fold" in parameters:
        place(values, f"{key}.mimic_fold", 1.0)[:, 1] = FOLD_NODE
    else:
        place(initial, key, 1.0)[:, 1] = FOLD_NODE
    for index, arm in enumerate(arms):
        for name, value in arm.values.items():
            held = place(values, name, parameters[name].value)
            # On a miRNA that the claim itself raises, the treatment is a factor.
            held[:, :, index] = held[:, :, index] * value if name == f"{key}.mimic_fold" else value
        for name, value in arm.initial.items():
            place(initial, name, 1.0)[:, :, index] = value
    doses = np.zeros(shape)
    doses[1] = dose
    run = culture(
        bench.model,
        ENDS,
        values={name: each.ravel() for name, each in values.items()},
        doses={bench.wired.surrogate: doses.ravel()},
        initial={name: each.ravel() for name, each in initial.items()},
        relative=relative,
    )
    cells = np.log(np.maximum(run.amount(f"{RECIPIENT}.cells")[-1], 1e-300)).reshape(shape)
    return np.asarray(cells[1] - cells[0])
