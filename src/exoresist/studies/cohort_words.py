"""A cohort's answer in words, with its uncertainty and with permission to say that a marker tells nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from exoresist.studies.answer import Estimate, Row
from exoresist.studies.wording import MISSING, assumed_sentence, interval, percent, show

if TYPE_CHECKING:
    from exoresist.studies.cohort_answer import CohortAnswer

CHANCE = 0.5
NOTABLE = 0.6  # an area below which a marker is of no use, however sure its interval
SIGNIFICANT = 0.05
SMALL = 1.0  # days


def sentences(answer: CohortAnswer, names: Mapping[str, str]) -> list[str]:
    """The answer, most important first. `names`: marker -> its name in a sentence."""
    reference = answer.reference
    label = {str(row["id"]): str(row["label"]) for row in answer.arms}
    told = [_outcome_sentence(answer, reference, label[reference])]
    told += [_world_sentence(answer, reference, label)]
    told += [_gain_sentence(row, label[str(row["arm"])], label[reference]) for row in answer.comparisons]
    shown = [arm for arm in dict.fromkeys((reference, answer.compared)) if arm]
    told += [_clone_sentence(answer, arm, label[arm]) for arm in shown]
    told += [_marker_sentence(answer, "diagnostic", reference, label[reference], names)]
    told += [_marker_sentence(answer, "predictive", arm, label[arm], names) for arm in shown]
    told += [_marker_sentence(answer, "prognostic", shown[-1], label[shown[-1]], names)]
    told.append("Intervals hold 90 % of cohorts of this size, with the numbers that all patients share at their central values.")
    told.append(assumed_sentence(answer.assumed_share or 0.0, len(answer.parameters)))
    return [text for text in told if text]


def warnings(answer: CohortAnswer) -> list[str]:
    """What a reader must not overlook."""
    found = [
        "No number here was fitted to patients. Growth, elimination and the share of tumours with resistant cells are measured; "
        "the drug's effect is that on a cell line in a dish, and most of the rest is assumed.",
        "The arms treat the same patients with the same draws; the log-rank test takes them for independent groups, and so errs on "
        "the careful side.",
    ]
    if any(row["question"] == "diagnostic" for row in answer.markers):
        found.append(
            "How well captured vesicles tell patients from others rests on how few vesicles of normal cells come along, which is assumed "
            "(`capture_background`)."
        )
    few = [row for row in answer.markers if min(int(row["positive"]), int(row["negative"])) < 20]
    if few:
        found.append("In some questions a group has fewer than 20 members; their areas are loose.")
    return found


def _outcome_sentence(answer: CohortAnswer, arm: str, label: str) -> str:
    rate = next(row for row in answer.response_rates if row["arm"] == arm)
    median = next(row for row in answer.medians if row["arm"] == arm and row["event"] == "progression")
    patients = sum(int(row["patients"]) for row in answer.responses if row["arm"] == arm)
    share = interval(Estimate(rate["value"], rate["low"], rate["high"]), _percent)
    half = (
        f"half of them have progressed after {_span(median)}"
        if median["value"] is not None
        else "fewer than half of them progress while they are followed"
    )
    return f"Under '{label}', {share} of {patients} virtual patients respond, and {half}."


def _world_sentence(answer: CohortAnswer, reference: str, label: Mapping[str, str]) -> str:
    """How far the shared numbers carry: the range over worlds, of arms that seem to change nothing too."""
    if not answer.worlds_run:
        return ""
    rates, medians = (world_range(answer, reference, quantity) for quantity in ("response_rate", "median_progression"))
    parts = [
        f"{percent(rates[0] or 0.0)} to {percent(rates[1] or 0.0)} respond under '{label[reference]}'",
        f"the median to progression runs from {_day(medians[0])} to {_day(medians[1])}",
    ]
    for row in answer.comparisons:
        low, high = world_range(answer, str(row["arm"]), "gain")
        if float(row["low"]) <= 0.0 <= float(row["high"]) or max(abs(float(row["low"])), abs(float(row["high"]))) < SMALL:
            parts.append(f"'{label[str(row['arm'])]}' gains {show(low)} to {show(high)} days")
    left = f" ({answer.worlds_left_out} draws left out)" if answer.worlds_left_out else ""
    return (
        f"How unsure that is: in {answer.worlds_run} worlds{left}, each with its own draw of the numbers that all patients share, "
        f"{'; '.join(parts)}."
    )


def world_range(answer: CohortAnswer, arm: str, quantity: str) -> tuple[float | None, float | None]:
    """Least and greatest value over worlds; None stands for a median beyond the follow-up."""
    values = [row["value"] for row in answer.worlds if row["arm"] == arm and row["quantity"] == quantity]
    known = [float(value) for value in values if value is not None]
    if not known:
        return None, None
    return min(known), None if len(known) < len(values) else max(known)


def _day(value: float | None) -> str:
    return "beyond the follow-up" if value is None else f"{show(value)} days"


def _gain_sentence(row: Row, label: str, reference: str) -> str:
    low, high, gain = float(row["low"]), float(row["high"]), float(row["gain"])
    within = f"within {show(float(row['horizon']))} days, over the same patients (log-rank p {p_text(float(row['log_rank']))})"
    between = interval(Estimate(abs(gain), min(abs(low), abs(high)), max(abs(low), abs(high))))
    if max(abs(low), abs(high)) < SMALL:
        return f"'{label}' changes practically nothing against '{reference}': less than a day without progression {within}."
    if low < 0.0 < high:
        return f"'{label}' is not told from '{reference}': {show(gain)} days without progression ({show(low)} to {show(high)}) {within}."
    verb = "gives" if gain > 0.0 else "costs"
    return f"'{label}' {verb} {between} days without progression against '{reference}' {within}."


def _clone_sentence(answer: CohortAnswer, arm: str, label: str) -> str:
    rows = [row for row in answer.clones if row["arm"] == arm]
    if len(rows) != 2:
        return ""
    carrier, other = rows
    p = float(carrier["log_rank"])
    medians = f"median time to progression {_span(carrier)} against {_span(other)}, log-rank p {p_text(p)}"
    if p >= SIGNIFICANT:
        return f"Under '{label}', tumours with resistant cells at the start are not told from the others ({medians})."
    # The share that relapses tells which way, where a median is not reached.
    earlier = _order(carrier["median"]) < _order(other["median"]) or (
        carrier["median"] == other["median"] and carrier["relapsed"] / carrier["patients"] > other["relapsed"] / other["patients"]
    )
    return f"Under '{label}', tumours with resistant cells at the start progress {'earlier' if earlier else 'later'} ({medians})."


def _marker_sentence(answer: CohortAnswer, question: str, arm: str, label: str, names: Mapping[str, str]) -> str:
    """The best marker in the whole fluid, the best however it is read, and whether they tell anything."""
    found = [row for row in answer.markers if row["question"] == question and row["arm"] == arm]
    if not found:
        return ""
    subject = {
        "diagnostic": f"To tell patients from persons without a tumour in {answer.fluid.replace('_', ' ')}",
        "predictive": f"To foretell who does not respond under '{label}'",
        "prognostic": f"To foretell who progresses early under '{label}'",
    }[question]
    whole = str(found[0]["reading"])
    parts: list[str] = []
    for rows in ([row for row in found if row["reading"] == whole], [row for row in found if row["reading"] != whole]):
        if rows:
            best = max(rows, key=lambda row: abs(float(row["area"]) - CHANCE))
            area = interval(Estimate(best["area"], best["low"], best["high"]), _area, named=not parts)
            parts.append(f"{area} with {names[str(best['marker'])]} in {best['reading']}{_use(best)}")
    return f"{subject}, the area under the curve is at best {'; '.join(parts)}."


def _use(row: Row) -> str:
    """What an area is worth: no more than chance, little, or the wrong way round."""
    low, high, area = float(row["low"]), float(row["high"]), float(row["area"])
    if low <= CHANCE <= high:
        return ", no better than chance"
    if abs(area - CHANCE) < NOTABLE - CHANCE:
        return ", too little to be of use"
    return "" if area > CHANCE else ", lower in those looked for"


def _area(value: float | None) -> str:
    return MISSING if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return MISSING if value is None else percent(value)


def _order(value: object) -> float:
    return float("inf") if value is None else float(value)  # type: ignore[arg-type]


def _span(row: Row) -> str:
    """A median with its ends, any of which may lie beyond the follow-up."""
    middle = row.get("value", row.get("median"))
    if middle is None:
        return "beyond the follow-up"
    low, high = row["low"], row["high"]
    if low == high == middle:
        return f"{show(float(middle))} days"
    last = "beyond the follow-up" if high is None else show(float(high))
    return f"{show(float(middle))} days ({show(float(low))} to {last})"


def p_text(p: float) -> str:
    """A p value as printed: 0.32, 0.004, below 0.001."""
    if p < 0.001:
        return "below 0.001"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
