"""What the headings of lab tables mean: which column holds what, and times, doses and units written into them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from exoresist.exchange.lab_numbers import NumberStyle, number_of, style_of
from exoresist.exchange.sheets import Sheet

_NUMBER = r"[-+]?\d[\d ]*(?:[.,]\d+)?(?:[eE][-+]?\d+)?"
_CLOCK = re.compile(
    r"(?P<days>\d+)d\s*(?P<h>\d+)h\s*(?P<m>\d+)m|(?<![\d:.])(?P<hours>\d{1,4}):(?P<minutes>\d{2})(?::(?P<seconds>\d{2})(?:\.\d+)?)?(?![\d:])"
    r"|(?<![A-Za-z\d.,])(?P<whole>\d+)\s*h(?:ours?)?\s*(?P<part>\d{1,2})\s*min"
)
_TIME = re.compile(
    rf"(?<![A-Za-z\d.,])(?P<value>{_NUMBER})\s*(?P<unit>hours?|hrs?|h|min(?:utes?)?|days?|d|s(?:ec(?:onds?)?)?)(?![A-Za-z/])",
    re.IGNORECASE,
)
_DAY = re.compile(rf"\b(?:day|tag)\s*(?P<value>{_NUMBER})", re.IGNORECASE)
_UNIT = re.compile(
    r"[(\[]\s*([^)\]]+?)\s*[)\]]|\bin\s+([a-zA-Zµμ]{1,4}(?:\^?[23])?)\s*$|/\s*([A-Za-zµμ%³^0-9/]+)\s*$|,\s*([A-Za-zµμ%]+)\s*$"
)
_DOSE = re.compile(rf"(?P<dose>{_NUMBER})\s*(?P<unit>[pnuµμm]?M|[pnuµμm]?mol/l|[pnuµμm]?g/m?l)?", re.IGNORECASE)


@dataclass(frozen=True)
class Columns:
    """A heading row that was found.

    row  index of the heading;  at  what -> index of the first column that holds it;  texts  the headings as printed
    """

    row: int
    at: Mapping[str, int]
    texts: tuple[str, ...]


def plain_heading(text: str) -> str:
    """A heading in small letters without unit, punctuation and case: `Conc. [nM]` reads `conc`, `VOLUME in cm^3` reads `volume`."""
    # ABI's programs write Ct with a Cyrillic letter, which looks the same.
    latin = text.lower().replace("с", "c").replace("т", "t")
    bare = re.sub(r"[(\[].*?[)\]]", " ", re.sub(r"\bin (?:[a-zµ]{1,4}(?:\^?[23])?|days?|hours?)\s*$", " ", latin))
    return " ".join(re.sub(r"[^a-z0-9%µ]+", " ", bare).split())


def unit_in(text: str) -> str:
    """The unit in brackets or behind a slash of a heading; empty where there is none."""
    match = _UNIT.search(text)
    return next((group for group in match.groups() if group), "").strip() if match else ""


def find_columns(
    sheet: Sheet,
    names: Mapping[str, Sequence[str]],
    needed: Iterable[str],
    start: int = 0,
    forms: Mapping[str, re.Pattern[str]] | None = None,
) -> Columns | None:
    """The first row whose cells name every column of `needed`; None where there is no such row.

    names  what -> headings it may have, in small letters; a heading fits if it equals one of them without its unit
    forms  what -> form of a whole heading in small letters, unit and all, for what no name was found for
    """
    wanted = tuple(needed)
    for index in range(start, min(len(sheet.rows), start + 400)):
        at: dict[str, int] = {}
        for column, cell in enumerate(sheet.rows[index]):
            if not cell or len(cell) > 120:
                continue
            plain = plain_heading(cell)
            for what, headings in names.items():
                if what not in at and plain in headings:
                    at[what] = column
                    break
        for what, form in (forms or {}).items():
            free = [
                column
                for column, cell in enumerate(sheet.rows[index])
                if cell and len(cell) <= 120 and column not in at.values() and form.search(cell.lower())
            ]
            if what not in at and free:
                at[what] = free[0]
        if all(what in at for what in wanted):
            return Columns(index, at, sheet.rows[index])
    return None


def hours_in(text: str) -> float | None:
    """A time in hours read out of a text such as `24 h`, `0:30:00`, `Day 3`, `1d6h0m`, `90 min`; None where it holds none."""
    if match := _CLOCK.search(text):
        if match["days"] is not None:
            return 24.0 * int(match["days"]) + int(match["h"]) + int(match["m"]) / 60.0
        if match["whole"] is not None:
            return int(match["whole"]) + int(match["part"]) / 60.0
        return int(match["hours"]) + int(match["minutes"]) / 60.0 + int(match["seconds"] or 0) / 3600.0
    if match := _TIME.search(text):
        unit = match["unit"].lower()
        factor = (
            1.0 if unit.startswith("h") else 24.0 if unit.startswith("d") else 1 / 60.0 if unit.startswith("m") else 1 / 3600.0
        )
        value = _loose(match["value"])
        return None if value is None else value * factor
    if match := _DAY.search(text):
        value = _loose(match["value"])
        return None if value is None else 24.0 * value
    return None


def dose_in(text: str) -> tuple[float, str] | None:
    """Dose and unit (empty if none is written) of `100 nM`, `6.25`, `0`; None for anything else."""
    match = _DOSE.fullmatch(text.strip())
    if match is None:
        return None
    value = _loose(match["dose"])
    return None if value is None else (value, match["unit"] or "")


def _loose(text: str) -> float | None:
    """A number standing alone: `0,5` and `0.5` are the same, as nobody doses 1,234 nM with a separator and a unit."""
    compact = text.replace(" ", "")
    style = style_of([compact], ";") if "," in compact else NumberStyle()
    return number_of(compact, style).value
