"""The key numbers under the answer: what they are, in which unit, how sure, and what they mean in plain words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from exoresist.report import wording
from exoresist.report.amount_figures import kind_counts
from exoresist.report.wording import NULL, VISIBLE, finite
from exoresist.studies.answer import Answer, Estimate, Row

Tile = dict[str, str]


def tiles(answer: Answer) -> list[Tile]:
    """Label, value, interval and meaning of each number that this answer is about; others are left out."""
    made: list[Tile] = []
    if answer.ic50 or answer.ic50_shift is not None:
        made.append(shift_tile(answer))
    labels = wording.arm_labels(answer.arms)
    for row in answer.rises[:1]:
        made += rise_tiles(row, labels.get(str(row["arm"]), str(row["arm"])))
    if answer.dose_gap is not None or answer.vesicles_needed is not None:
        made.append(gap_tile(answer))
    if answer.donor_membrane_equivalents is not None:
        made.append(membrane_tile(answer.donor_membrane_equivalents))
    counts = kind_counts(answer.parameters)
    made.append(
        {
            "label": "Assumed numbers",
            "value": wording.percent_text(answer.assumed_share),
            "interval": f"{counts.get('assumed', 0)} of {sum(counts.values())} parameters" if counts else "",
            "meaning": "Share of the numbers used that rest on judgement, not on a measurement, a fit or a derivation.",
        }
    )
    return made


def shift_tile(answer: Answer) -> Tile:
    """IC50 shift; in words where no assay would see it."""
    shift = answer.ic50_shift
    made = tile(
        "IC50 shift", shift, "×", f"IC50 of {comparison(answer)}; 1 is no shift.", wording.ratio_text,
        wording.ratio_interval,
    )  # fmt: skip
    value, low, high = (finite(getattr(shift, name, None)) for name in ("value", "low", "high"))
    if value is None:
        return made
    farthest = max(abs(number - 1.0) for number in (value, low, high) if number is not None)
    if farthest < NULL:
        return {**made, "value": "no effect", "words": "yes", "interval": "ratio 1 in every draw"}
    if farthest < VISIBLE:
        between = f", {made['interval']}" if made["interval"] else ""
        return {
            **made,
            "value": "no visible effect",
            "words": "yes",
            "interval": f"{made['value']}{between}",
            "meaning": f"{made['meaning']} A plate assay sees 10\u00a0% at best.",
        }
    if abs(value - 1.0) < VISIBLE:
        made["meaning"] += " The central value is too small to see in a plate assay; the end of the interval is not."
    return made


def comparison(answer: Answer) -> str:
    """What the shift compares."""
    labels = wording.arm_labels(answer.arms)
    of, against = labels.get(answer.shift_of, answer.shift_of), labels.get(answer.shift_against, answer.shift_against)
    return f"“{of}” over that of “{against}”" if of and against else "the arm asked about over that of its comparison"


def rise_tiles(row: Row, label: str) -> list[Tile]:
    """When an add-back's cargo peaks, and how much of it is there after 4 h."""
    peak = Estimate(row.get("peak_h"), row.get("peak_h_low"), row.get("peak_h_high"), "h")
    share, low, high = (
        None if (number := finite(row.get(name))) is None else 100.0 * number
        for name in ("level_4h_over_max", "level_4h_over_max_low", "level_4h_over_max_high")
    )
    early = Estimate(share, low, high, "%")
    return [
        tile("Time of the peak", peak, "", f"When recipients carry most of what “{label}” brings.", unit="h"),
        tile(
            "Reached after 4 h",
            early,
            "",
            f"Gain after 4\u00a0h over the gain at the peak, “{label}”. A high share means cargo brought ready-made.",
            two_figures,
            lambda low, high: wording.interval_text(low, high, 2),
            unit="%",
        ),
    ]


def two_figures(value: Any) -> str:
    """A number with two figures."""
    return wording.number_text(value, 2)


def gap_tile(answer: Answer) -> Tile:
    """How many times the available vesicles half of the donors' effect would take."""
    gap = answer.dose_gap
    needed, available = answer.vesicles_needed, answer.vesicles_available
    counts = ""
    if needed and available and finite(needed.value) is not None and finite(available.value) is not None:
        counts = f": {wording.number_text(needed.value)} over {wording.number_text(available.value)} per recipient"
    value = finite(gap.value) if gap else None
    verdict = "" if value is None else " Above 1, supply falls short." if value > 1 else " Up to 1, supply suffices."
    return tile("Dose gap", gap, "×", f"Vesicles needed for half of the donors’ effect over vesicles secreted{counts}.{verdict}")


def membrane_tile(membrane: Estimate) -> Tile:
    """Membrane of the vesicles per recipient, in surfaces of a donor cell."""
    value, high = finite(membrane.value), finite(membrane.high)
    meaning = "Membrane of the vesicles that donors secrete per recipient, in surfaces of one donor cell."
    if value is not None and value > 1:
        meaning += " More than one donor has."
    elif high is not None and high > 1:
        meaning += " Above 1, as at the top of the interval, is more than one donor has."
    return tile("Donor membrane", membrane, "", meaning, unit="surfaces")


def tile(
    label: str,
    estimate: Estimate | None,
    suffix: str,
    meaning: str,
    number: Callable[[Any], str] = wording.number_text,
    between: Callable[[Any, Any], str] = wording.interval_text,
    unit: str = "",
) -> Tile:
    """One of the key numbers; `unit` follows the interval, `suffix` the value."""
    text = number(estimate.value if estimate else None)
    interval = between(estimate.low, estimate.high) if estimate else ""
    after = f" {unit}" if unit else ""
    return {
        "label": label,
        "value": text if text == wording.MISSING else text + suffix,
        "interval": f"90\u00a0% interval {interval}{after}" if "–" in interval else "",
        "meaning": meaning,
        "unit": unit if text != wording.MISSING and not suffix else "",
    }
