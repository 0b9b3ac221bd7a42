"""The answer in words, with its uncertainty and with permission to say that there is no effect."""

from __future__ import annotations

import math
from collections.abc import Callable

from exoresist.studies.answer import Estimate, Row

VISIBLE = 0.1  # a plate assay sees a shift of about 10 % at best
SETTLED = 0.01  # an interval that stays this far from one tells the direction
NULL = 1e-6  # a shift this close to one is no shift: the solver's own accuracy
FAR = 10.0  # an extrapolation further than this gives an order of magnitude at best
MISSING = "not available"

NONE, PRACTICALLY_NONE, DIRECTED, AT_THE_END, FROM_NONE, OPEN = (
    "none", "practically none", "directed", "at the end", "from none", "open",
)  # fmt: skip


def show(value: float | None, figures: int = 3) -> str:
    """A number as printed: 0.0042, 24.1, 33,700, 3.2 x 10^8; powers of ten carry two figures."""
    if value is None or not math.isfinite(value):
        return MISSING
    if value == 0.0:
        return "0"
    exponent = math.floor(math.log10(abs(float(f"{value:.{figures - 1}e}"))))
    if exponent >= 6 or exponent < -3:
        mantissa, power = f"{value:.1e}".split("e")
        return f"{mantissa.removesuffix('.0')} x 10^{int(power)}"
    if exponent >= figures:
        value = round(value, figures - 1 - exponent)
    decimals = max(0, figures - 1 - exponent)
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def show_ratio(value: float | None) -> str:
    """A ratio with two decimals, nearer to one with as many as tell it from one: 5.04, 1.12, 1.003, 1.0004."""
    if value is None or not math.isfinite(value) or not 0.1 <= value < 9.995:
        return show(value)
    off = abs(value - 1.0)
    if off < NULL:
        return "1"
    return f"{value:.{2 if off >= 0.02 else max(3, -math.floor(math.log10(off)))}f}"


def ratio_ends(low: float, high: float) -> tuple[str, str]:
    """Ends of a ratio's interval, both with the decimals that the farther one needs: 1.00 and 1.03."""
    off = max(abs(low - 1.0), abs(high - 1.0))
    if off < NULL:
        return "1", "1"
    decimals = max(2, -math.floor(math.log10(off)))
    first, last = (f"{end:.{decimals}f}" if 0.1 <= end < 9.995 else show(end) for end in (low, high))
    return first, last


def percent(share: float) -> str:
    """A share of one as per cent: 89 %, 0.04 %; only the whole is 100 %."""
    number = 100.0 * share
    if number == 0.0 or abs(number) >= 0.001:
        return f"{number:.1f} %" if 99.5 <= abs(number) < 100.0 else f"{show(number, 2)} %"
    return "less than 0.001 %"


def interval(estimate: Estimate, text: Callable[[float | None], str] = show, named: bool = True) -> str:
    """`value (90 % interval low to high)`; without the interval where both of its ends print alike.

    named  whether to say what the interval is; False from the second one of a sentence on
    """
    if estimate.value is None:
        return MISSING
    if estimate.low is None or estimate.high is None:
        return text(estimate.value)
    if text is show_ratio:
        low, high = ratio_ends(estimate.low, estimate.high)
    else:
        low, high = text(estimate.low), text(estimate.high)
    if low == high:
        return text(estimate.value)
    if low.endswith(" %") and high.endswith(" %"):
        low = low.removesuffix(" %")
    return f"{text(estimate.value)} ({'90 % interval ' if named else ''}{low} to {high})"


def verdict(shift: Estimate, nowhere: bool = False) -> str:
    """Which of the six things can be said of a shift.

    nowhere  no draw at all shifts by more than the solver's accuracy
    """
    if shift.value is None:
        return OPEN
    low = shift.value if shift.low is None else shift.low
    high = shift.value if shift.high is None else shift.high
    if nowhere and max(abs(low - 1.0), abs(high - 1.0)) <= NULL:
        return NONE
    if max(abs(low - 1.0), abs(high - 1.0)) < VISIBLE:
        return PRACTICALLY_NONE
    if low > 1.0 + SETTLED or high < 1.0 - SETTLED:
        return DIRECTED
    if low < 1.0 - SETTLED and high > 1.0 + SETTLED:
        return OPEN
    return AT_THE_END if abs(shift.value - 1.0) < VISIBLE else FROM_NONE


def _far_end(shift: Estimate) -> tuple[str, float]:
    """The end of the interval that is further from one, and its value."""
    assert shift.low is not None and shift.high is not None
    if abs(math.log(shift.high)) >= abs(math.log(shift.low)):
        return "top", shift.high
    return "bottom", shift.low


def reading(shift: Estimate, which: str) -> str:
    """What the interval of a shift allows to say, as a sentence of its own; empty where it has been said."""
    if which == DIRECTED:
        low, high = float(shift.low or 0.0), float(shift.high or 0.0)
        near = min(abs(low - 1.0), abs(high - 1.0))
        side = "above" if low > 1.0 else "below"
        weak = ", though a plate assay would not see its near end" if near < VISIBLE else ""
        return f" The direction is settled: the whole interval lies {side} 1{weak}."
    if which == AT_THE_END:
        end, value = _far_end(shift)
        return f" That is too small to see in a plate assay except at the {end} of the range ({show_ratio(value)})."
    if which == FROM_NONE:
        end, value = _far_end(shift)
        return f" The range reaches from practically no effect to {show_ratio(value)}, so its size is not settled."
    if which == OPEN:
        return " The direction is not settled: the range holds effects of either sign."
    return ""


def shift_sentence(
    shift: Estimate, of: str, against: str, drug: str, cells: str, nowhere: bool = False, delivery_off: bool = False
) -> str:
    """One sentence or two on the named comparison.

    of, against   labels of the arms; cells: whose response it is
    nowhere       no draw shifts by more than the solver's accuracy
    delivery_off  nothing is delivered in any arm
    """
    if shift.value is None:
        return (
            f"The IC50 shift of the {cells} between '{of}' and '{against}' could not be had: at least one curve does "
            "not cross one half within the doses tested."
        )
    which = verdict(shift, nowhere)
    if which == NONE:
        why = " Delivery is switched off in every arm, so this is how it must be." if delivery_off else ""
        return (
            f"No effect: '{of}' and '{against}' give the {cells} the same {drug} IC50, to within one part in a "
            f"million in every draw of the parameters.{why}"
        )
    off = abs(shift.value - 1.0)
    change = "raises" if shift.value > 1.0 else "lowers"
    size = f"{show_ratio(shift.value)}-fold" if shift.value >= 1.5 else f"by {percent(off)}"
    what = f"'{of}' {change} the {drug} IC50 of the {cells} {size} against '{against}'"
    if off <= NULL:
        what = f"'{of}' leaves the {drug} IC50 of the {cells} as it is with '{against}'"
    text = f"{what}: ratio {interval(shift, show_ratio)}."
    if which == PRACTICALLY_NONE:
        return f"Practically no effect: {text} A plate assay, which sees about 10 % at best, would not show it."
    return text + reading(shift, which)


def control_sentence(label: str, shift: Estimate, against: str, nowhere: bool = False, why: str = "") -> str:
    """What an arm beside the named comparison does; `why` says how to take it."""
    which = verdict(shift, nowhere)
    if shift.value is None:
        return f"Against '{against}', the IC50 ratio of '{label}' is not available.{why}"
    if which == NONE:
        return f"'{label}' makes no difference against '{against}', in any draw.{why}"
    ratio = interval(shift, show_ratio)
    if which == PRACTICALLY_NONE:
        return f"'{label}' makes practically no difference against '{against}': IC50 ratio {ratio}.{why}"
    read = "" if which == DIRECTED else reading(shift, which)  # a ratio with such an interval speaks for itself
    return f"Against '{against}', '{label}' has an IC50 ratio of {ratio}.{read}{why}"


def assumed_sentence(share: float, count: int) -> str:
    return (
        f"{percent(share)} of the {count} numbers behind this answer are assumed, not measured: the intervals say "
        "how far they carry, the parameter table which they are."
    )


def potency_sentence(row: Row, drug: str, cells: str) -> str:
    """One sentence on a single arm, which is compared with nothing: its IC50.

    row  the arm's row of the IC50 table
    """
    own = Estimate(row["value"], row["low"], row["high"], "nM")
    if own.value is None:
        return f"The {drug} IC50 of the {cells} lies outside the doses tested. Widen `assay.doses`."
    return f"The {drug} IC50 of the {cells} is {interval(own)} nM. The scenario has one arm, so nothing is compared."
