"""Running a decoy claim: do vesicles with the antigen spare the cells, and how many does that take?

Clamped, so many vesicles are added that the antibody is used up; the dose gap is the number per recipient that gives half of that, over
what four donors per recipient secrete in the scenario's time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.build import Model
from exoresist.assembly.claim_decoy import OTHER_DRUG, PREPARATION, Decoy
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.studies.claim_controls import VANISHED, Control, turning, vanishing
from exoresist.studies.claim_delivery import DRAWS, available, half_way, rows_of, values_of
from exoresist.studies.claim_effects import SMALLEST_EFFECT, potency
from exoresist.studies.claim_result import ClaimResult, finite, limit_of
from exoresist.studies.estimates import estimate
from exoresist.studies.survival import survive

Array = NDArray[np.float64]

NUMBERS = np.concatenate([[0.0], np.geomspace(1e2, 1e8, 13)])  # vesicles per recipient at which the response is read
MORE_ANTIBODY = np.array([2.0, 4.0, 10.0, 30.0, 100.0])  # folds of the dose that the control "rescue" adds back
SEARCHED = np.geomspace(0.01, 1000.0, 12)  # nM, where the antibody's IC50 is looked for
RELATIVE = 1e-7


def run_decoy(decoy: Decoy, catalog: Catalog, draws: int = DRAWS) -> ClaimResult:
    """Run one decoy claim in the decoy scenario."""
    hours = float(decoy.model.scenario.duration)
    none = {PREPARATION: np.zeros(1)}
    dose = float(survive(decoy.model, decoy.drug, list(SEARCHED), {}, 1, np.array([0.0, hours]), per_cell=none).ic50[0])
    parameters = decoy.model.network.parameters
    rows = rows_of(parameters)
    names = list(rows) if draws else []
    values = values_of(parameters, rows, names, draws)
    sets = 1 + draws + 2 * len(names)
    effects = _effects(decoy.model, decoy.drug, dose, NUMBERS, values, sets)
    effect = float(effects[0, -1])
    needed = np.exp([half_way(np.log(NUMBERS[1:]), row[1:]) for row in effects])  # the response is a smooth step in the log
    at_hand = available(parameters, values, sets, decoy.recipients, hours)
    gaps = needed / at_hand
    own = estimate(gaps[: 1 + draws])
    controls = _controls(decoy, catalog, dose, effect, float(needed[0]))
    failed = [name for name, control in controls.items() if control.passed is False]
    direction = "none" if failed or abs(effect) <= SMALLEST_EFFECT else "resistance" if effect > 0.0 else "sensitivity"
    common: dict[str, Any] = {
        "claim": decoy.claim, "direction": direction, "effect": effect, "knock_down": controls["knock_down"].effect,
        "target_deleted": controls["target_deleted"].effect, "hub": decoy.hub, "surrogate": decoy.drug, "carried": True,
        "controls": {name: control.plain() for name, control in controls.items()},
        "action": f"{decoy.antigen} on vesicles takes antibody away from the cells", "action_sign": 1,
    }  # fmt: skip
    if failed:
        return ClaimResult(**common, limit=f"a control failed: {', '.join(failed)}")
    ends = gaps[1 + draws :].reshape(-1, 2)
    return ClaimResult(
        **common,
        delivered_effect=float(np.interp(at_hand[0], NUMBERS, effects[0])),
        needed=finite(float(needed[0])),
        dose_gap=own.value,
        dose_gap_low=own.low,
        dose_gap_high=own.high,
        gap_draws=[finite(gap) for gap in gaps[1 : 1 + draws]],
        priors={name: [finite(low), finite(high)] for name, (low, high) in zip(names, ends, strict=True)},
        limit=limit_of(own.value),
    )


def _controls(decoy: Decoy, catalog: Catalog, dose: float, effect: float, needed: float) -> dict[str, Control]:
    """Controls at the number of vesicles for half of the effect; `wrong_drug` compares vesicles with and without the antigen."""
    at = np.array([0.0, needed, 0.1 * needed])
    bare = {f"{PREPARATION}.{decoy.antigen}.copies": np.zeros(1)}
    plain = _effects(decoy.model, decoy.drug, dose, at, {}, 1)[0]
    without = _effects(decoy.model, decoy.drug, dose, at, bare, 1)[0]
    other_dose = potency(catalog, OTHER_DRUG)
    on_other = [_effects(decoy.other, OTHER_DRUG, other_dose, at[:2], values, 1)[0, 1] for values in ({}, bare)]
    # The outcome that is rescued is survival itself, against untreated cells without vesicles.
    left = [_effects(decoy.model, decoy.drug, dose * fold, at[:2], {}, 1, dose)[0, 1] for fold in MORE_ANTIBODY]
    gone = [index for index, value in enumerate(left) if value <= VANISHED * plain[1]]
    best = gone[0] if gone else len(left) - 1
    return {
        "knock_down": turning(float(plain[2] - plain[1]), float(plain[1])),
        "target_deleted": vanishing(float(without[1]), float(plain[1])),
        "wrong_drug": Control(
            float(on_other[0] - on_other[1]),
            float(plain[1]),
            vanishing(float(on_other[0] - on_other[1]), float(plain[1])).passed,
            f"on {OTHER_DRUG}",
        ),
        "secretion_off": Control(why="the vesicles are added, not secreted, in the decoy scenario"),
        "rescue": Control(
            float(left[best]),
            float(plain[1]),
            bool(gone),
            f"antibody added, {MORE_ANTIBODY[best]:g}-fold",
        ),
    }


def _effects(
    model: Model, drug: str, dose: float, numbers: Array, values: dict[str, Array], sets: int, against: float | None = None
) -> Array:
    """(sets, numbers) ln of treated over untreated survivors with these vesicles per recipient, against none.

    against  dose under which the cells without vesicles are, where it is not the same
    """
    count, hours = len(numbers), float(model.scenario.duration)
    given = {name: np.tile(np.repeat(np.broadcast_to(each, (sets,)), count), 2) for name, each in values.items()}
    per_cell = np.tile(np.tile(numbers, sets), 2)
    treated = np.full((sets, count), dose)
    treated[:, 0] = dose if against is None else against
    run = culture(
        model,
        np.array([0.0, hours]),
        values=given,
        doses={drug: np.concatenate([np.zeros(sets * count), treated.ravel()])},
        per_cell={PREPARATION: per_cell},
        relative=RELATIVE,
    )
    cells = np.log(np.maximum(run.amount(f"{model.recipients().id}.cells")[-1], 1e-300)).reshape(2, sets, count)
    height = cells[1] - cells[0]
    return np.asarray(height - height[:, :1])
