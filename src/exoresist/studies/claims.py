"""Running a claim twice: clamped (does raising its head move the drug response, and which way?) and delivered (are there vesicles enough?).

Clamped, the recipient holds the cargo at a fold of its own level, or a node at a fold of its baseline. Delivered, the physical path
brings it: copies per vesicle, uptake, unpacking, decay. The dose gap is the number of vesicles per recipient whose delivered copies
give half of the clamped effect, over the number that donors secrete per recipient. Controls and treatments run beside both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from exoresist.assembly.claim import Recorded, Runnable, wire
from exoresist.assembly.claim_bench import bench
from exoresist.assembly.claim_decoy import Decoy, wire_decoy
from exoresist.catalog import Catalog
from exoresist.catalog.knowledge import Claim
from exoresist.core.errors import ExoresistError
from exoresist.studies.claim_controls import Control, bench_controls, turning, vanishing, wrong_drug
from exoresist.studies.claim_decoy import run_decoy
from exoresist.studies.claim_delivery import DRAWS, Delivery, delivery
from exoresist.studies.claim_effects import KNOCK_DOWN, SMALLEST_EFFECT, clamped_effects, cut, fold_of, potency
from exoresist.studies.claim_interventions import ranked
from exoresist.studies.claim_result import ClaimResult, finite, limit_of
from exoresist.studies.estimates import estimate

Plain = dict[str, Any]


def run_claim(claim: Claim, catalog: Catalog, draws: int = DRAWS, contexts: Sequence[str] = ()) -> ClaimResult:
    """Run one claim; a claim that cannot run comes back with the reason. `contexts`: those in which signs of nodes differ."""
    wired = wire_decoy(claim, catalog) or wire(claim, catalog, contexts=contexts)
    return ClaimResult(claim, reason=wired.reason) if isinstance(wired, Recorded) else run_wired(wired, catalog, draws)


def run_wired(wired: Runnable | Decoy, catalog: Catalog, draws: int = DRAWS) -> ClaimResult:
    """Run a claim that is wired already."""
    try:
        return run_decoy(wired, catalog, draws) if isinstance(wired, Decoy) else _run(wired, catalog, draws)
    except ExoresistError as error:
        return ClaimResult(wired.claim, reason=f"could not be solved: {error}")


def _run(wired: Runnable, catalog: Catalog, draws: int) -> ClaimResult:
    dose = potency(catalog, wired.surrogate)
    folds = np.array([1.0, fold_of(wired), KNOCK_DOWN])
    central = clamped_effects(wired, dose, folds, {}, 1)[0]
    effect = float(central[1])
    deleted = float(clamped_effects(wired, dose, folds[:2], cut(wired), 1)[0, 1])
    controls = {"knock_down": turning(float(central[2]), effect), "target_deleted": vanishing(deleted, effect)}
    common: Plain = {
        "claim": wired.claim,
        "effect": effect,
        "knock_down": float(central[2]),
        "target_deleted": deleted,
        "hub": wired.hub,
        "surrogate": wired.surrogate,
        "circular": wired.circular,
        "assumed": wired.assumed,
        "carried": wired.carried,
        "action": wired.action,
        "action_sign": wired.action_sign,
    }
    if abs(effect) <= SMALLEST_EFFECT:
        return ClaimResult(**common, direction="none", limit="no effect even when clamped")
    controls["wrong_drug"] = wrong_drug(wired, catalog)
    brought = delivery(wired, dose, effect, draws) if wired.carried else None
    gaps = np.ones(1 + draws) if brought is None else brought.gaps
    own = estimate(gaps)
    interventions: list[Plain] = []
    if own.value is not None:
        at = bench(wired, catalog)
        controls |= bench_controls(at, dose, own.value)
        interventions = ranked(at, dose, gaps, effect)
    failed = [name for name, control in controls.items() if control.passed is False]
    direction = "none" if failed else "resistance" if effect > 0.0 else "sensitivity"
    common |= {"direction": direction, "controls": _plain(controls)}
    if failed:
        return ClaimResult(**common, limit=f"a control failed: {', '.join(failed)}")
    common["interventions"] = interventions
    if brought is None:
        return ClaimResult(**common, limit="not a cargo: the node itself is raised")
    return ClaimResult(
        **common,
        **_delivered(brought),
        dose_gap=own.value,
        dose_gap_low=own.low,
        dose_gap_high=own.high,
        limit=limit_of(own.value),
    )


def _plain(controls: Mapping[str, Control]) -> dict[str, Plain]:
    return {name: control.plain() for name, control in controls.items()}


def _delivered(brought: Delivery) -> Plain:
    return {
        "delivered_effect": brought.delivered,
        "needed": finite(brought.needed),
        "gap_draws": [finite(gap) for gap in brought.gaps[1:]],
        "priors": {name: [finite(low), finite(high)] for name, (low, high) in brought.priors.items()},
    }
