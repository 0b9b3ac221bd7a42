"""Plates over time: a line per time and a column per well, the reverse, or a column per condition; and bare lists of wells."""

from __future__ import annotations

import re

from exoresist.core.errors import InputError
from exoresist.exchange.lab_headings import Columns, dose_in, plain_heading
from exoresist.exchange.lab_numbers import number_of
from exoresist.exchange.plate_grids import format_of, well_name, well_place
from exoresist.exchange.plate_rows import BLANK_WORDS, OTHER, UNTREATED_WORDS, PlateReadings, reading_row, time_of
from exoresist.exchange.sheets import Sheet

_WELL_HEADING = re.compile(
    r"(?P<first>[A-Pa-p]\d{1,2})\s*[,;:_ ]\s*(?:image|site|field|img)\b.*|.*\((?P<last>[A-P]\d{1,2})\)", re.IGNORECASE
)
_SCATTER = re.compile(r"\bstd|\bstandard (?:err|dev)|\bs\.?[de]\.?m?\b|%?\bcv\b", re.IGNORECASE)
Place = tuple[int, int]
_CONDITION_HEADING = re.compile(
    r"(?P<name>[^\d\s].*?)[\s_@:]+(?P<dose>\d[\d.,]*(?:e[-+]?\d+)?)\s*(?P<unit>[pnuµμ]?M|[nuµμ]g/ml)?", re.IGNORECASE
)


def column_per_well(sheet: Sheet) -> PlateReadings | None:
    """A line per time, a column per well; several images of a well are averaged."""
    for index, cells in enumerate(sheet.rows[:300]):
        plain = sum(well_place(cell) is not None for cell in cells if cell)
        if plain >= 6:
            return _columns(sheet, index)
        named = sum(_WELL_HEADING.fullmatch(cell) is not None for cell in cells if cell)
        if named >= 2 and any(plain_heading(cell) in OTHER["time"] for cell in cells):
            return _columns(sheet, index)
    return None


def _named_well(heading: str) -> Place | None:
    """The well of `A1`, `A1, Image 2` or `MCF7 5K / well (A1)`."""
    place = well_place(heading)
    if place is None and (match := _WELL_HEADING.fullmatch(heading)):
        place = well_place(match["first"] or match["last"])
    return place


def _columns(sheet: Sheet, head: int) -> PlateReadings:
    texts = sheet.rows[head]
    columns_of: dict[Place, list[int]] = {}
    scatter = 0
    for column, text in enumerate(texts):
        bare = re.sub(r"\([^()]*\bstd[^()]*\)\s*$", "", text, flags=re.IGNORECASE).strip()
        if bare != text or (_SCATTER.search(text) and _named_well(text) is None):
            scatter += _named_well(bare) is not None
        elif place := _named_well(text):
            columns_of.setdefault(place, []).append(column)
    names = {place: well_name(*place) for place in columns_of}
    exact = [well_name(*place) for text in texts if (place := well_place(text))]
    if doubled := sorted({name for name in exact if exact.count(name) > 1}):
        raise InputError(
            f"{sheet.source}, line {sheet.line(head)}: well {doubled[0]} has two columns", "each well once", "Rename one"
        )
    taken = {column for columns in columns_of.values() for column in columns}
    clock = next(
        (column for column, text in enumerate(texts) if column not in taken and plain_heading(text) in OTHER["time"]), None
    )
    found = PlateReadings(wells=format_of(max(p[0] for p in columns_of) + 1, max(p[1] for p in columns_of) + 1))
    heading = Columns(head, {"time": clock or 0}, texts)
    several = max(map(len, columns_of.values()))
    for index in range(head + 1, len(sheet.rows)):
        cells = sheet.rows[index]
        read = {
            place: [(number_of(cells[column], sheet.style), cells[column]) for column in columns if column < len(cells)]
            for place, columns in columns_of.items()
        }
        if not any(one.value is not None for ones in read.values() for one, _ in ones):
            if any(cells) and found.rows:
                break
            continue
        text = cells[clock] if clock is not None and clock < len(cells) else ""
        time = time_of(sheet, heading, text) if clock is not None and texts[clock] else None
        for place, ones in read.items():
            values = [one.value for one, _ in ones if one.value is not None]
            if not ones:
                continue
            value = sum(values) / len(values) if values else None
            first = ones[0]
            flag = first[0].flag if value is None or several == 1 else ""
            found.rows.append(reading_row("1", time, None, names[place], value, flag, sheet.line(index), first[1]))
    if several > 1:
        found.warnings.append(f"{sheet.source} holds up to {several} images of a well; their mean was taken.")
    if scatter:
        found.warnings.append(f"{sheet.source}: {scatter} columns of standard errors were left out.")
    times = len({row["hours"] for row in found.rows})
    found.recognised = f"one column per well, {len(columns_of)} wells, {times} time{'s' if times != 1 else ''}"
    return found


def row_per_well(sheet: Sheet) -> PlateReadings | None:
    """A line per well and a column per time (Tecan), or a bare list of wells with one number each."""
    places = [well_place(row[0]) if row and row[0] else None for row in sheet.rows]
    first = next((index for index, place in enumerate(places) if place is not None), None)
    if first is None or sum(place is not None for place in places[first : first + 4]) < 4:
        return None
    width = max(
        (column for column, cell in enumerate(sheet.rows[first]) if number_of(cell, sheet.style).value is not None), default=0
    )
    if width == 0:
        return None
    hours = _times_above(sheet, first, width) if width > 1 else [None]
    if hours is None:
        return None
    found = PlateReadings()
    seen: set[Place] = set()
    for index in range(first, len(sheet.rows)):
        place = places[index]
        if place is None:
            if any(sheet.rows[index]):
                break
            continue
        if place in seen:
            found.warnings.append(
                f"{sheet.source}, line {sheet.line(index)}: well {well_name(*place)} stands a second time; what follows was left out."
            )
            break
        seen.add(place)
        for column, time in enumerate(hours, 1):
            text = sheet.rows[index][column] if column < len(sheet.rows[index]) else ""
            one = number_of(text, sheet.style)
            found.rows.append(reading_row("1", time, None, well_name(*place), one.value, one.flag, sheet.line(index), text))
    found.wells = format_of(max(p[0] for p in seen) + 1, max(p[1] for p in seen) + 1)
    found.recognised = f"one line per well, {len(seen)} wells, {len(hours)} time{'s' if len(hours) != 1 else ''}"
    return found


def _times_above(sheet: Sheet, first: int, width: int) -> list[float | None] | None:
    """Hours of the columns 1 to `width`, from the nearest line above that begins with `Time`."""
    for index in range(first - 1, max(-1, first - 8), -1):
        cells = sheet.rows[index]
        if not cells or not plain_heading(cells[0]).startswith(("time", "zeit", "elapsed", "hours")):
            continue
        heading = Columns(index, {"time": 0}, cells)
        times = [time_of(sheet, heading, cell) for cell in cells[1 : width + 1]]
        if len(times) == width and all(time is not None for time in times):
            return times
    return None


def column_per_condition(sheet: Sheet) -> PlateReadings | None:
    """A line per time, a column per condition such as `DOX 6.25`, with `Control` and `Blank`; replicates below each other."""
    for index, cells in enumerate(sheet.rows[:100]):
        conditions = {
            column: match for column, cell in enumerate(cells) if cell and (match := _CONDITION_HEADING.fullmatch(cell))
        }
        plain = {column: plain_heading(cell).replace(" ", "_") for column, cell in enumerate(cells)}
        if len(conditions) < 3 or not any(name in UNTREATED_WORDS for name in plain.values()):
            continue
        clock = next(
            (column for column, name in plain.items() if name.replace("_", " ") in ("elapsed", "elapsed time", "time", "hours")),
            None,
        )
        return _conditions(sheet, index, conditions, plain, clock)
    return None


def _conditions(
    sheet: Sheet, head: int, conditions: dict[int, re.Match[str]], plain: dict[int, str], clock: int | None
) -> PlateReadings:
    arms = list(dict.fromkeys(match["name"].strip() for match in conditions.values()))
    found = PlateReadings()
    columns = Columns(head, {"time": clock if clock is not None else 0}, sheet.rows[head])
    replicate, last = 1, -1.0
    for index in range(head + 1, len(sheet.rows)):
        cells = sheet.rows[index]
        if not any(cells):
            continue
        time = time_of(sheet, columns, cells[clock]) if clock is not None and clock < len(cells) else None
        if time is not None and time < last:
            replicate += 1
        last = time if time is not None else last
        shared = {"replicate": str(replicate)}
        for column, cell in enumerate(cells):
            number = number_of(cell, sheet.style)
            row = reading_row("1", time, None, None, number.value, number.flag, sheet.line(index), cell)
            if column in conditions:
                dose = dose_in(conditions[column]["dose"])
                if dose is not None:
                    found.rows.append(
                        {
                            **row,
                            **shared,
                            "arm": conditions[column]["name"].strip(),
                            "dose": dose[0],
                            "dose_unit": conditions[column]["unit"] or "",
                        }
                    )
            elif plain.get(column) in UNTREATED_WORDS:
                found.rows += [{**row, **shared, "arm": arm, "dose": 0.0, "dose_unit": ""} for arm in arms]
            elif plain.get(column) in BLANK_WORDS:
                found.rows.append({**row, **shared, "contains": "blank"})
    found.recognised = f"one column per condition ({', '.join(arms[:4])}), {replicate} replicate{'s' if replicate > 1 else ''}"
    return found
