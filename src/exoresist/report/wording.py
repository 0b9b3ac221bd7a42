"""Numbers as a reader wants them: three figures, a unit, an interval; and a plain word where there is none."""

from __future__ import annotations

import math
from typing import Any

from exoresist.studies.answer import Estimate, Row

MISSING = "not available"
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
    """A number with `figures` significant figures: 0.00321, 24.1, 1,250, 3.2 x 10^6 (typeset), or `not available`."""
    number = finite(value)
    if number is None:
        return MISSING
    if number == 0:
        return "0"
    exponent = math.floor(math.log10(abs(float(f"{number:.{figures - 1}e}"))))
    if exponent >= 6 or exponent < -3:
        mantissa = f"{number / 10.0**exponent:.{figures - 1}f}"
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        power = power_text(exponent)
        text = power if mantissa == "1" else f"{mantissa}{NO_BREAK}×{NO_BREAK}{power}"
    else:
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
    if distance < 1e-6:
        return "1"
    if distance < 0.02:
        return f"{number:.{max(3, -math.floor(math.log10(distance)))}f}"
    return f"{number:.2f}" if 0.1 <= number < 10 else number_text(number)


def ratio_interval(low: Any, high: Any) -> str:
    """Interval of a ratio; empty when an end is missing."""
    if finite(low) is None or finite(high) is None:
        return ""
    first, last = ratio_text(low), ratio_text(high)
    return first if first == last else f"{first}–{last}"


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
    """`24 nM (21–27)`."""
    interval = interval_text(low, high, figures)
    return with_unit(value, unit, figures) + (f" ({interval})" if interval else "")


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


def listed(values: Any) -> str:
    """Several texts in one cell; a text stays as it is."""
    if values is None:
        return ""
    if isinstance(values, (list, tuple)):
        return "; ".join(str(value) for value in values)
    return str(values)
