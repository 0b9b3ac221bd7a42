"""How often the simulated direction of a claim is the reported one: balanced over resisting and sensitising claims."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from exoresist.catalog.knowledge import Claim
from exoresist.catalog.path import outcome, parse_path
from exoresist.core.random import stream
from exoresist.studies.claim_result import ClaimResult

PERMUTATIONS = 2000
FLOORS = (1e-6, 1e-3, 1e-2)  # the solver's noise; a tenth of a per cent; one per cent


@dataclass(frozen=True)
class Score:
    """The score over all claims that count.

    balanced_accuracy       mean of the shares of resisting and of sensitising claims that come out as reported
    constant                the same for an answer that always says resistance
    permuted_mean, _sd      the same with the reported directions dealt out at random
    left_out                reason -> number of claims that do not count
    by_floor                smallest effect that counts (ln of survivors at the IC50) -> balanced accuracy with it
    disagreements           rows id, cargo, path, reported, simulated, effect, why
    """

    balanced_accuracy: float
    constant: float
    permuted_mean: float
    permuted_sd: float
    resisting_accuracy: float
    sensitising_accuracy: float
    scored: int
    left_out: dict[str, int] = field(default_factory=dict)
    by_floor: dict[str, float] = field(default_factory=dict)
    disagreements: list[dict[str, object]] = field(default_factory=list)


def why_left_out(result: ClaimResult) -> str:
    """Why a claim does not count, or "" when it does."""
    claim = result.claim
    if not result.ran:
        return "recorded only"
    if claim.assumed_link == "yes" or result.assumed:
        return "its last link is assumed"
    if result.circular:
        return "the documents themselves are the only source of its link to a hub"
    if "retracted" in claim.flags:
        return "its source is retracted"
    if {"sign_slip", "sign_conflict"} & set(claim.flags):
        return "its document contradicts itself on the sign"
    return ""


def score(results: Iterable[ClaimResult], seed: int = 1) -> Score:
    """Score results of `run_claim`. A claim without an effect counts as wrong."""
    left_out: dict[str, int] = {}
    counted: list[ClaimResult] = []
    for result in results:
        reason = why_left_out(result)
        if reason:
            left_out[reason] = left_out.get(reason, 0) + 1
        else:
            counted.append(result)
    reported = np.array([result.claim.reported_direction == "resistance" for result in counted])
    simulated = np.array([result.direction for result in counted])
    generator = stream(seed, "claim score", "permutations")
    dealt = [_balanced(generator.permutation(reported), simulated)[0] for _ in range(PERMUTATIONS)] if counted else [0.5]
    balanced, resisting, sensitising = _balanced(reported, simulated)
    return Score(
        balanced_accuracy=balanced,
        constant=_balanced(reported, np.full(len(counted), "resistance"))[0],
        permuted_mean=float(np.mean(dealt)),
        permuted_sd=float(np.std(dealt)),
        resisting_accuracy=resisting,
        sensitising_accuracy=sensitising,
        scored=len(counted),
        by_floor={f"{floor:g}": _balanced(reported, _floored(counted, floor))[0] for floor in FLOORS},
        left_out=dict(sorted(left_out.items(), key=lambda item: -item[1])),
        disagreements=[_disagreement(result) for result in counted if result.direction != result.claim.reported_direction],
    )


def _floored(results: list[ClaimResult], floor: float) -> np.ndarray:
    """Directions with effects below the floor taken for none."""
    return np.array([result.direction if abs(result.effect or 0.0) >= floor else "none" for result in results])


def _balanced(reported: np.ndarray, simulated: np.ndarray) -> tuple[float, float, float]:
    """(balanced accuracy, share of resisting right, share of sensitising right); a class that is empty counts as 1/2."""
    resisting = simulated[reported] == "resistance"
    sensitising = simulated[~reported] == "sensitivity"
    shares = [float(np.mean(part)) if len(part) else 0.5 for part in (resisting, sensitising)]
    return (shares[0] + shares[1]) / 2.0, shares[0], shares[1]


def _disagreement(result: ClaimResult) -> dict[str, object]:
    claim = result.claim
    return {
        "id": claim.id,
        "cargo": claim.cargo,
        "path": claim.path,
        "reported": claim.reported_direction,
        "simulated": result.direction,
        "effect": result.effect,
        "why": likely_reason(result),
    }


def likely_reason(result: ClaimResult) -> str:
    """Why a claim does not come out as reported, from what the document says of its chain's end and what the catalogue says of it."""
    claim = result.claim
    doubts = ["the claim was read with low confidence"] if claim.confidence == "low" else []
    if claim.conflicts != "none":
        doubts.append(f"the documents conflict: {claim.conflicts}")
    return "; ".join([_reason_in_the_model(result), *doubts])


def _reason_in_the_model(result: ClaimResult) -> str:
    failed = [name for name, control in result.controls.items() if control["passed"] is False]
    if failed == ["knock_down"]:
        return f"{result.action}, raised and lowered it moves survival the same way (the control knock down failed)"
    if failed:
        return f"a control failed: {', '.join(failed).replace('_', ' ')}"
    if result.direction == "none":
        return f"no effect: {result.action or result.claim.cargo}, which does nothing for {result.surrogate}"
    reported = _reported_action(result.claim)
    if result.action_sign == 0:
        return f"{result.action}, which may go either way"
    if reported == result.action_sign:
        return f"{result.action} as reported, but the response of this cell is not one-sided"
    word = "against" if reported > 0 else "for"
    return f"reported to act {'for' if reported > 0 else 'against'} resistance, but in the catalogue {result.action}: {word} it"


def _reported_action(claim: Claim) -> int:
    """+1 where the document has the end of the chain make for resistance, -1 for sensitivity."""
    last = parse_path(claim.path)[-1]
    end = outcome([last]) if last is not None else None
    assert end is not None
    return last.sign * (1 if end.direction == "resistance" else -1)
