"""Numbers as a reader wants them: three figures, a unit, an interval; and a plain word where there is none."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

from exoresist.studies.answer import Estimate, Row

MISSING = "not available"
VISIBLE = 0.1  # a plate assay sees a shift of about 10 % at best
NULL = 1e-6  # a shift this close to 1 is the solver's own accuracy
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
NO_BREAK = "\u00a0"
UNIT_TEXT = {"dimensionless": "", "1": "", "uM": "µM", "um": "µm", "particle/cell": "vesicles per cell"}


def finite(value: Any) -> float | None:
    """`value` as a float, or None when it is not a finite number."""
    if value is None or isinstance(value, (str, bool)):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def number_text(value: Any, figures: int = 3) -> str:
    """A number with `figures` significant figures: 0.00321, 24.1, 33,700, 3.2 x 10^6 (typeset), or `not available`.

    Whole numbers keep one figure more, so that 1,234 does not turn into 1,230.
    """
    number = finite(value)
    if number is None:
        return MISSING
    if number == 0:
        return "0"
    mantissa, _, power_of_ten = f"{number:.{figures - 1}e}".partition("e")
    exponent = int(power_of_ten)
    if exponent >= 6 or exponent < -3:
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        power = power_text(exponent)
        text = power if mantissa == "1" else f"{mantissa}{NO_BREAK}×{NO_BREAK}{power}"
    else:
        if exponent > figures:
            number = round(number, figures - 1 - exponent)
        decimals = max(0, figures - 1 - exponent)
        text = f"{number:,.{decimals}f}"
        if decimals and exponent < figures - 1 and "." in text:
            text = text.rstrip("0").rstrip(".")
    return text.replace("-", "−") if number < 0 else text


def power_text(exponent: int) -> str:
    """`10^6`, typeset."""
    return f"10{str(exponent).translate(SUPERSCRIPTS)}"


def ratio_text(value: Any) -> str:
    """A ratio with two decimals; closer to 1 with more, so that 1.003 is not printed as 1, nor 1 as 1.00."""
    number = finite(value)
    if number is None:
        return MISSING
    distance = abs(number - 1.0)
    if distance < NULL:
        return "1"
    if distance < 0.02:
        return f"{number:.{max(3, -math.floor(math.log10(distance)))}f}"
    return f"{number:.2f}" if 0.1 <= number < 10 else number_text(number)


def ratio_interval(low: Any, high: Any) -> str:
    """Interval of a ratio, both ends with the decimals that the wider end needs; empty when an end is missing.

    1.000002 to 1.19 reads 1.00-1.19, 1.0008 to 1.02 reads 1.00-1.02, and 0.9999 to 1.0003 keeps its four decimals.
    """
    first, last = finite(low), finite(high)
    if first is None or last is None:
        return ""
    distance = max(abs(first - 1.0), abs(last - 1.0))
    if distance < NULL:
        return "1"
    if last >= 10 or first < 0.1:
        texts = (ratio_text(first), ratio_text(last))
    else:
        decimals = max(2, -math.floor(math.log10(distance)))
        texts = (f"{first:.{decimals}f}", f"{last:.{decimals}f}")
    return texts[0] if texts[0] == texts[1] else "–".join(texts)


def change_text(ratio: Any) -> str:
    """A ratio near 1 as a change: 1.0004 reads `+0.04 %`."""
    number = finite(ratio)
    if number is None:
        return MISSING
    percent = float(f"{100.0 * (number - 1.0):.2g}")
    if abs(percent) < 1e-3:
        return f"0{NO_BREAK}%"
    return f"{'+' if percent > 0 else ''}{number_text(percent, 2)}{NO_BREAK}%"


def unit_text(unit: str) -> str:
    """A unit as printed; empty for ratios."""
    return UNIT_TEXT.get(unit, unit)


def with_unit(value: Any, unit: str, figures: int = 3) -> str:
    """A number and its unit, kept on one line."""
    text, shown = number_text(value, figures), unit_text(unit)
    return f"{text}{NO_BREAK}{shown}" if shown and text != MISSING else text


def interval_text(low: Any, high: Any, figures: int = 3) -> str:
    """`21–27`; empty when an end is missing."""
    if finite(low) is None or finite(high) is None:
        return ""
    first, last = number_text(low, figures), number_text(high, figures)
    return first if first == last else f"{first}–{last}"


def estimate_text(value: Any, low: Any, high: Any, unit: str, figures: int = 3) -> str:
    """`24 nM (21–27)`; without the interval where it is as narrow as the number itself."""
    interval = interval_text(low, high, figures)
    return with_unit(value, unit, figures) + (f" ({interval})" if "–" in interval else "")


def fold_text(estimate: Estimate | None) -> str:
    """A ratio as `5.04×`."""
    if estimate is None or finite(estimate.value) is None:
        return MISSING
    return f"{ratio_text(estimate.value)}×"


def percent_text(share: Any) -> str:
    """A fraction as per cent; small ones keep two figures."""
    number = finite(share)
    if number is None:
        return MISSING
    percent = 100.0 * number
    figures = 2 if percent < 99.5 else 3
    return f"{number_text(percent, figures)}{NO_BREAK}%"


def spoken(name: str) -> str:
    """An identifier as words: `delivered_fraction` reads `delivered fraction`."""
    return name.replace("_", " ").strip()


def subject_text(subject: str) -> str:
    """`cell_line:mcf7_resistant` as `mcf7 resistant`; several subjects are listed."""
    parts = [spoken(part.split(":", 1)[-1]) for part in subject.split("|") if part.strip()]
    return ", ".join(parts)


def arm_labels(arms: list[Row]) -> dict[str, str]:
    """Arm id -> label, the id itself where the label is empty."""
    return {str(row["id"]): str(row.get("label") or row["id"]) for row in arms}


def wrapped(text: str, width: int) -> list[str]:
    """`text` in lines of about `width` characters, broken between words."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line] if line else lines or [""]


def reason_text(reason: str) -> str:
    """`efflux_km of drug:doxorubicin|pump:ABCB1` as `efflux km of doxorubicin, ABCB1`."""
    return spoken(re.sub(r"\b[a-z_]+:(?=\w)", "", reason).replace("|", ", "))


def prose(text: str, labels: Iterable[str] = ()) -> str:
    """A sentence as it is printed: powers of ten typeset, arms in curly quotes, per cent signs off their number."""
    text = re.sub(r"(?<=\d) x 10\^(-?\d+)", lambda found: f"{NO_BREAK}×{NO_BREAK}{power_text(int(found[1]))}", text)
    text = re.sub(r"\b1e([-+]?\d+)\b", lambda found: power_text(int(found[1])), text)
    for label in sorted(set(labels), key=len, reverse=True):
        text = text.replace(f"'{label}'", f"“{label}”")
    return re.sub(r"(?<=\d) ?(?=%)|(?<=\d) (?=h\b)", NO_BREAK, text)


def listed(values: Any) -> str:
    """Several texts in one cell; a text stays as it is."""
    if values is None:
        return ""
    if isinstance(values, (list, tuple)):
        return "; ".join(str(value) for value in values)
    return str(values)
