"""The answer in words, with its uncertainty and with permission to say that there is no effect."""

from __future__ import annotations

import math
from collections.abc import Callable

from exoresist.studies.answer import Estimate

VISIBLE = 0.1  # a plate assay sees a shift of about 10 % at best
NULL = 1e-6  # a shift this close to one is no shift: the solver's own accuracy


def show(value: float | None) -> str:
    """A number with three figures."""
    if value is None or not math.isfinite(value):
        return "not available"
    if value == 0.0:
        return "0"
    if 0.001 <= abs(value) < 1e5:
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa} x 10^{int(exponent)}"


def show_ratio(value: float | None) -> str:
    """A ratio, with the digits that tell it from one: 1.0004, 1.03, 5.04."""
    if value is None or not math.isfinite(value) or abs(value - 1.0) >= 0.1:
        return show(value)
    off = abs(value - 1.0)
    if off < NULL:
        return "1"
    return f"{value:.{min(7, max(2, 1 - math.floor(math.log10(off))))}f}"


def interval(estimate: Estimate, text: Callable[[float | None], str] = show) -> str:
    """`value (low to high)`."""
    if estimate.value is None:
        return "not available"
    if estimate.low is None or estimate.high is None or estimate.low == estimate.high:
        return text(estimate.value)
    return f"{text(estimate.value)} ({text(estimate.low)} to {text(estimate.high)})"


def shift_sentence(shift: Estimate, of: str, against: str, drug: str, population: str) -> str:
    """One sentence on the named comparison."""
    if shift.value is None:
        return (
            f"The IC50 shift of {population} between '{of}' and '{against}' could not be had: at least one curve does not cross "
            "one half within the doses tested."
        )
    if abs(shift.value - 1.0) <= NULL and shift.low is not None and shift.high is not None:
        if abs(shift.low - 1.0) <= NULL and abs(shift.high - 1.0) <= NULL:
            return (
                f"No effect: '{of}' and '{against}' give the {population} population the same {drug} IC50 "
                f"(ratio 1 to within {NULL:g}), in every draw of the parameters."
            )
    change = "raises" if shift.value > 1.0 else "lowers"
    percent = abs(shift.value - 1.0) * 100.0
    size = f"{show(shift.value)}-fold" if shift.value >= 1.5 else f"by {percent:.2g} %"
    sure = ""
    if shift.low is not None and shift.high is not None:
        if max(abs(shift.low - 1.0), abs(shift.high - 1.0)) < VISIBLE:
            sure = " An effect of this size would not be seen in a plate assay: for practical purposes there is none."
        elif shift.low > 1.0 or shift.high < 1.0:
            sure = " The interval excludes no effect."
        else:
            sure = " The interval includes no effect, so the direction is not settled by what is known."
    return (
        f"'{of}' {change} the {drug} IC50 of the {population} population {size} against '{against}': "
        f"ratio {interval(shift, show_ratio)}, 90 % of the draws.{sure}"
    )


def gap_sentence(gap: Estimate, needed: Estimate, available: Estimate, beyond: float) -> str:
    """One sentence on whether the vesicles suffice."""
    if gap.value is None:
        return "No number of vesicles tested gives half of the donors' effect, so there is no dose gap to state."
    verdict = (
        "so the vesicles suffice"
        if gap.value <= 1.0
        else f"so {show(gap.value)} times more would be needed than there are"
    )
    text = (
        f"Half of the donors' resistance takes {interval(needed)} vesicles per recipient; the donors of this culture secrete "
        f"{interval(available)}: a dose gap of {interval(gap)}, {verdict}."
    )
    if beyond > 0.0:
        text += f" In {beyond:.0%} of the draws the need lies above the tested numbers and was extrapolated in proportion."
    return text


def control_sentence(label: str, shift: Estimate, reference: str) -> str:
    """What a control arm does by itself."""
    return f"Against '{reference}', '{label}' has an IC50 ratio of {interval(shift, show_ratio)}."


def assumed_sentence(share: float, count: int) -> str:
    return (
        f"{share:.0%} of the {count} numbers behind this answer are assumed, not measured: the interval says how far they carry, "
        "the parameter table which they are."
    )
