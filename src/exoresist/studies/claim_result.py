"""What came of a claim, as one record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from exoresist.catalog.knowledge import Claim

Plain = dict[str, Any]


@dataclass(frozen=True)
class ClaimResult:
    """What came of running a claim.

    direction         resistance, sensitivity or none, from survival; "" for a claim that is only recorded
    effect            ln of the fold in survivors at the drug's IC50, clamped; `knock_down`, `target_deleted`: under the controls
    delivered_effect  the same with the vesicles that donors secrete
    dose_gap          vesicles needed over vesicles available with its 90 % interval; None where vesicles carry nothing or nothing helps
    controls          control -> effect, of, passed (None: does not apply), why; as in `claim_controls`
    interventions     what would take the effect away, best first; rows as in `claim_interventions.ranked`
    gap_draws         dose gap of each draw, None where no number of vesicles helps; the same draws for every claim
    priors            "name (subject)" -> dose gap with that prior alone at the two ends of its 90 % range
    action            how the end of the chain acts in the catalogue, in words; `action_sign`: +1 towards resistance, -1 away, 0 either
    limit             what limits the claim, in words
    """

    claim: Claim
    direction: str = ""
    effect: float | None = None
    knock_down: float | None = None
    target_deleted: float | None = None
    delivered_effect: float | None = None
    needed: float | None = None
    dose_gap: float | None = None
    dose_gap_low: float | None = None
    dose_gap_high: float | None = None
    hub: str = ""
    surrogate: str = ""
    limit: str = ""
    circular: bool = False
    assumed: bool = False
    reason: str = ""
    carried: bool = False
    action: str = ""
    action_sign: int = 0
    controls: Mapping[str, Plain] = field(default_factory=dict)
    interventions: list[Plain] = field(default_factory=list)
    gap_draws: list[float | None] = field(default_factory=list)
    priors: Mapping[str, list[float | None]] = field(default_factory=dict)

    @property
    def ran(self) -> bool:
        return self.reason == ""


def finite(value: float) -> float | None:
    """The number to five figures, None where it is none."""
    return float(f"{value:.5g}") if np.isfinite(value) else None


def limit_of(gap: float | None) -> str:
    """What a dose gap means, in words."""
    if gap is None:
        return "no number of vesicles brings enough"
    if gap <= 1.0:
        return "the vesicles suffice"
    return f"vesicles bring {1.0 / gap:.2g} of what half of the effect takes"
