"""Numbers as laboratories write them: decimal comma or point, thousands separators, words that instruments print instead of a number.

One cell is never read alone where it could mean two things: `style_of` looks at every cell of a table first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from exoresist.core.errors import InputError

Flag = Literal["", "empty", "overflow", "missing", "text", "date", "below", "starred"]

_GAPS = "\u00a0\u202f\u2009' ’"  # thousands separators that are no decimal sign in any country
_SIGNS = str.maketrans({"−": "-", "–": "-"})
_PLAIN = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", re.IGNORECASE)
_COMMA = re.compile(r"[-+]?(?:\d+,\d*|,\d+)(?:e[-+]?\d+)?", re.IGNORECASE)
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*(?:([.,])\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)
_OVERFLOW = re.compile(
    r"ovrflw|over(?:flow|range)?|ovfl|out of range|sat(?:urated)?|>\s*max|\*{2,}|#{2,}|> ?\d[\d.,]*", re.IGNORECASE
)
_MISSING = re.compile(
    r"#?n/?a!?|n\.?a\.?|nan|null|none|n\.?d\.?|#(?:div/0!?|value!?|ref!?|name\?|num!?|null!?)|-+|\.|\?"
    r"|missing|failed|undetermined|undet\.?|no ct|masked",
    re.IGNORECASE,
)
_MONTH = "jan|feb|mar|apr|may|mai|jun|jul|aug|sep|sept|oct|okt|nov|dec|dez"
_DATE = re.compile(
    rf"\d{{1,2}}[-. ](?:{_MONTH})[a-z]*\.?(?:[-. ]\d{{2,4}})?|(?:{_MONTH})[a-z]*[-. ]\d{{1,4}}|\d{{4}}-\d{{2}}-\d{{2}}(?:[ t].*)?"
    r"|\d{1,2}[./]\d{1,2}[./]\d{2,4}(?: .*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class NumberStyle:
    """How a table writes numbers.

    decimal  `,` or `.`;  mixed: cells of both kinds were found, so that each plain one is read by itself
    doubtful: no cell said which, and the other reading would be a thousand times larger
    """

    decimal: str = "."
    mixed: bool = False
    doubtful: bool = False


@dataclass(frozen=True)
class Number:
    """What a cell holds: a value, or none and the reason (`flag`)."""

    value: float | None
    flag: Flag = ""


def style_of(cells: Iterable[str], separator: str) -> NumberStyle:
    """The style of a table, from all of its cells.

    separator  what stands between cells (`,`, `;` or a tab; empty for a workbook): between two readings of `1,234` it decides
    """
    comma = point = grouped_comma = grouped_point = 0
    for cell in cells:
        text = _bare(cell)
        if not text or not any(sign in text for sign in ",."):
            continue
        if _COMMA.fullmatch(text):
            if _ambiguous(text, ","):
                grouped_comma += 1
            else:
                comma += 1
        elif _PLAIN.fullmatch(text):
            if _ambiguous(text, "."):
                grouped_point += 1
            else:
                point += 1
        elif match := _GROUPED.fullmatch(text):
            first, last = match[1], match[2]
            if last and last != first:
                comma, point = comma + (last == ","), point + (last == ".")
            elif first == ",":  # 1,234,567
                point += 1
            else:
                comma += 1
    if comma and point:
        return NumberStyle("," if comma > point else ".", mixed=True)
    if comma:
        return NumberStyle(",")
    if point or (grouped_point and not grouped_comma):
        return NumberStyle(".")
    if grouped_comma:
        # Only numbers such as 1,234: in a comma-separated file they were quoted, hence thousands; elsewhere a decimal comma.
        return NumberStyle("." if separator in (",", "") else ",", doubtful=True)
    return NumberStyle("." if separator != ";" else ",")


def number_of(cell: str, style: NumberStyle) -> Number:
    """The number in a cell, or the reason why there is none. A cell is never guessed into a number."""
    text = _bare(cell)
    if not text:
        return Number(None, "empty")
    if _DATE.fullmatch(text):
        return Number(None, "date")
    if _OVERFLOW.fullmatch(text):
        return Number(None, "overflow")
    if _MISSING.fullmatch(text):
        return Number(None, "missing")
    if text.startswith(("<", "≤")):
        return Number(None, "below")
    flag: Flag = ""
    if text.endswith("*"):
        text, flag = text.rstrip("* "), "starred"
    value = _value(text.removesuffix("%").strip(), style)
    if value is None:
        return Number(None, "text")
    if not math.isfinite(value):
        return Number(None, "overflow")
    return Number(value, flag)


def whole_of(cell: str) -> int | None:
    """A small whole number without any sign or separator, as plate columns are numbered; else None."""
    text = cell.strip()
    text = text[:-2] if text.endswith(".0") else text
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None


def needed(cell: str, style: NumberStyle, where: str, allowed: str = "a number") -> float:
    """The number of a cell that has to hold one; InputError naming the place where it does not."""
    found = number_of(cell, style)
    if found.value is None:
        what = {"date": "a date (Excel turns 1-1 or MARCH1 into one)", "empty": "nothing", "overflow": "an overflow"}.get(
            found.flag
        )
        raise InputError(f"{where} holds {what or repr(cell.strip()[:40])}", allowed, "Correct the cell and export again")
    return found.value


def _bare(cell: str) -> str:
    text = cell.strip().translate(_SIGNS)
    if len(text) > 40:
        return text
    if any(gap in text for gap in _GAPS) and re.fullmatch(
        rf"[-+]?\d{{1,3}}(?:[{_GAPS}]\d{{3}})+(?:[.,]\d+)?(?:e[-+]?\d+)?", text, re.I
    ):
        text = re.sub(f"[{_GAPS}]", "", text)
    return text


def _ambiguous(text: str, sign: str) -> bool:
    """`1,234`: one separator with three digits behind and one to three before, the first of which is not 0."""
    return bool(re.fullmatch(rf"[-+]?[1-9]\d{{0,2}}{re.escape(sign)}\d{{3}}", text))


def _value(text: str, style: NumberStyle) -> float | None:
    other = "." if style.decimal == "," else ","
    if len(text) > 40 or not text:
        return None
    if match := _GROUPED.fullmatch(text):
        first, last = match[1], match[2]
        if last and last != first:
            return float(text.replace(first, "").replace(last, "."))
        if last and last == first:
            return None
        if first == other or text.count(first) > 1:
            if style.mixed and text.count(first) == 1:
                return float(text.replace(first, "."))
            return float(text.replace(first, ""))
        return float(text.replace(first, "."))
    if _PLAIN.fullmatch(text):
        return float(text)
    if _COMMA.fullmatch(text):
        return float(text.replace(",", "."))
    return None
