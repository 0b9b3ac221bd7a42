"""The arms beside the named comparison, each with a sentence that says what it shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exoresist.studies.arms import ArmResult
from exoresist.studies.estimates import estimate
from exoresist.studies.names import arm_name, line_name
from exoresist.studies.survival import ratio
from exoresist.studies.wording import NULL, VISIBLE, control_sentence, interval, percent


def control_sentences(of: ArmResult, against: ArmResult, reference: ArmResult, results: Sequence[ArmResult]) -> list[str]:
    """A sentence for every arm that the named comparison leaves out.

    A further treatment of the same cultures is compared with the treated arm, every other arm with the reference.
    """
    found = []
    for result in results:
        if result is of or result is reference or result.arm.role == "reference":
            continue
        sibling = result.arm.role == "treated" and _cells(result) == _cells(of)
        other = of if sibling else reference
        values = ratio(result.survival, other.survival)
        why = _share_taken(result, of, against) if sibling else _why(result, reference)
        found.append(control_sentence(arm_name(result.arm), estimate(values), arm_name(other.arm), nowhere(values), why))
    return found


def nowhere(values: np.ndarray) -> bool:
    """Whether no draw is shifted by more than the solver's accuracy."""
    known = values[np.isfinite(values)]
    return bool(len(known)) and bool(np.all(np.abs(known - 1.0) <= NULL))


def delivery_off(result: ArmResult) -> bool:
    """Whether nothing that vesicles carry is delivered in an arm, in no draw."""
    parts = [part for part in result.model.network.parameters.values() if part.quantity is not None]
    shares = [part for part in parts if part.quantity is not None and part.quantity.name == "delivered_fraction"]
    return bool(shares) and all(
        part.value == 0.0 and part.quantity is not None and not part.quantity.is_uncertain for part in shares
    )


def _cells(result: ArmResult) -> set[tuple[str, str]]:
    return {(population.id, population.cell_line) for population in result.model.layout.populations}


def _why(result: ArmResult, reference: ArmResult) -> str:
    own, other = result.model.recipients().cell_line, reference.model.recipients().cell_line
    if own != other:
        lines = f"{line_name(result.model.catalog, own)} against {line_name(result.model.catalog, other)}"
        return f" These are other cells, {lines}: the most that transfer could reach."
    if len(_cells(result)) > len(_cells(reference)) and delivery_off(result):
        return (
            " With delivery off, donors still share the room and the drug (crowding, drug taken up): this is not an "
            "effect of what vesicles deliver."
        )
    return ""


def _share_taken(result: ArmResult, of: ArmResult, against: ArmResult) -> str:
    """How much of the treated arm's shift a further treatment takes away, where there is a shift to take away."""
    shift = ratio(of.survival, against.survival)
    if not np.isfinite(shift[0]) or abs(shift[0] - 1.0) < VISIBLE or result.arm.role != "treated":
        return ""
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.log(ratio(result.survival, against.survival)) / np.log(shift)
    taken = estimate(np.where(np.abs(shift - 1.0) > 0.01, 1.0 - left, np.nan))
    return "" if taken.value is None else f" It takes away {interval(taken, lambda share: percent(share or 0.0))} of the shift."
