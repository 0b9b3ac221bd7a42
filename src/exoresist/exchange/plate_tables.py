"""Readings of wells from any layout of a plate reader or imager: grids, long tables, one column per well, one column per condition.

The form of a reading is told in `plate_rows.py`; kinetic reads are read in `plate_courses.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from exoresist.core.errors import InputError
from exoresist.exchange.lab_headings import Columns, dose_in, find_columns, hours_in, plain_heading, unit_in
from exoresist.exchange.lab_numbers import number_of, whole_of
from exoresist.exchange.plate_courses import column_per_condition, column_per_well, row_per_well
from exoresist.exchange.plate_grids import LETTERS, find_grids, format_of, labels_of, well_name, well_place
from exoresist.exchange.plate_rows import (
    BLANK_WORDS,
    CONDITION,
    NEVER_VALUES,
    OTHER,
    UNTREATED_WORDS,
    WELL,
    PlateReadings,
    Row,
    reading_row,
    time_of,
)
from exoresist.exchange.sheets import Sheet

_WORKED_OUT = re.compile(
    r"\b(?:corrected|average|mean of|based on (?:raw|blank)|std|standard dev\w*|normali[sz]ed|ratio)\b|%?\bcv\b", re.IGNORECASE
)
ONE_PASS = 0.5  # hours that a reader takes at most to go over a plate once


def read_plate_sheet(sheet: Sheet) -> PlateReadings | None:
    """The wells of a sheet; None where it holds no plate.

    raises  InputError where it plainly holds one that cannot be used (a well twice, 24 numbers under 12 headings)
    """
    grids = find_grids(sheet)
    if grids:
        return _from_grids(sheet, grids)
    for reader in (_long_table, column_per_well, row_per_well, column_per_condition):
        found = reader(sheet)
        if found is not None and found.rows:
            return found
    return None


def _from_grids(sheet: Sheet, grids: list[Any]) -> PlateReadings:
    named = [grid for grid in grids if not any(number_of(text, sheet.style).value is not None for text in grid.wells.values())]
    found = PlateReadings()
    if named and len(named) < len(grids):
        lines = ", ".join(str(sheet.line(grid.first_row)) for grid in named[:4])
        found.warnings.append(f"{sheet.source}: the grid at line {lines} holds names, no readings; it was left out.")
        grids = [grid for grid in grids if all(grid is not one for one in named)]
    found.wells = wells = max(format_of(grid.rows, grid.columns) for grid in grids)
    labels = [labels_of(grid) for grid in grids]
    seen: dict[tuple[Any, ...], dict[tuple[int, int], str]] = {}
    for count, (grid, label) in enumerate(zip(grids, labels, strict=True), 1):
        found.warnings += grid.warnings
        if any(cells == grid.wells for cells in seen.values()):
            found.warnings.append(
                f"{sheet.source}: the table at line {sheet.line(grid.first_row)} repeats an earlier one number by number; it was left out."
            )
            continue
        key = (label.plate or "1", label.hours, label.channel or grid.channel)
        if key in seen:
            # Nothing tells the tables apart: further plates, in the order of the file.
            key = (f"{label.plate or ''}#{count}".lstrip("#"), *key[1:])
            found.warnings.append(
                f"{sheet.source}: the table at line {sheet.line(grid.first_row)} carries no plate, time or wavelength of its own; "
                f"it was taken as plate {key[0]}."
            )
        for channel, layer in ((key[2], grid.wells), *grid.further):
            seen[*key[:2], channel] = dict(layer)
            for (row, column), text in layer.items():
                number = number_of(text, sheet.style)
                line = sheet.line(grid.first_row)
                found.rows.append(
                    reading_row(key[0], key[1], channel, well_name(row, column), number.value, number.flag, line, text)
                )
    kept = len(seen)
    found.recognised = f"{wells}-well plate, {kept} grid{'s' if kept > 1 else ''}"
    return found


def _long_table(sheet: Sheet) -> PlateReadings | None:
    """One reading a line: a column of wells (or row and column), or of conditions and doses, and one or more columns of values."""
    names = {**WELL, **CONDITION, **OTHER}
    columns = (
        _heading_of_wells(sheet, names)
        or find_columns(sheet, names, ("row", "column"))
        or find_columns(sheet, names, ("arm", "dose"))
    )
    if columns is None:
        return None
    values, left_out = _value_columns(sheet, columns)
    if not values:
        raise InputError(
            f"{sheet.source}: the table at line {sheet.line(columns.row)} has no column of readings",
            "a column named value, absorbance, OD, signal, confluence or the wavelength", "Rename the column of readings",
        )  # fmt: skip
    found = PlateReadings()
    dose_unit = unit_in(columns.texts[columns.at["dose"]]) if "dose" in columns.at else ""
    places: dict[tuple[Any, ...], int] = {}
    doubled: list[str] = []
    rows = columns_used = 0
    for index in range(columns.row + 1, len(sheet.rows)):
        cells = sheet.rows[index]
        if not any(cells):
            continue

        def cell(what: str, cells: tuple[str, ...] = cells) -> str:
            place = columns.at.get(what, -1)
            return cells[place] if 0 <= place < len(cells) else ""

        well = _well_of(cell("well"), cell("row"), cell("column"))
        if well is None and ("well" in columns.at or "row" in columns.at):
            if not cell("well") and not cell("row"):
                continue
            if [plain_heading(one) for one in cells] == [plain_heading(one) for one in columns.texts]:
                found.warnings.append(
                    f"{sheet.source}, line {sheet.line(index)}: the heading stands a second time; the line was left out."
                )
                continue
            raise InputError(
                f"{sheet.source}, line {sheet.line(index)}: '{(cell('well') or cell('row'))[:40]}' is no well", "A1 to P24",
                "If a spreadsheet turned wells into dates or numbers (E5 into 100000, 1-A into a date), type them as text",
            )  # fmt: skip
        if well is not None:
            place = well_place(well)
            rows, columns_used = max(rows, place[0] + 1 if place else 0), max(columns_used, place[1] + 1 if place else 0)
        extra = _extra(sheet, columns, cell, dose_unit, index)
        time = time_of(sheet, columns, cell("time"))
        for column, channel, hours in values:
            text = cells[column] if column < len(cells) else ""
            number = number_of(text, sheet.style)
            one = reading_row(
                cell("plate") or "1",
                time if hours is None else hours,
                cell("channel") or channel,
                well,
                number.value,
                number.flag,
                sheet.line(index),
                text,
            )
            key = (one["plate"], one["hours"], one["channel"], well)
            if well is not None and key in places:
                doubled.append(f"{well} (lines {places[key]} and {sheet.line(index)})")
                continue
            places[key] = sheet.line(index)
            found.rows.append({**one, **extra})
    if doubled:
        found.warnings.append(
            f"{sheet.source} names the same well of the same plate and time twice: {', '.join(doubled[:4])}"
            f"{f' and {len(doubled) - 4} more' if len(doubled) > 4 else ''}. The first was used."
        )
    _forget_moments(found)
    found.warnings += left_out
    found.wells = format_of(rows, columns_used) if rows else None
    kind = "wells" if found.wells else "conditions"
    found.recognised = f"long table of {kind}, {len(found.rows)} readings, line {sheet.line(columns.row)} on"
    return found if found.rows else None


def _heading_of_wells(sheet: Sheet, names: Mapping[str, Sequence[str]]) -> Columns | None:
    """The heading of a column of wells; a line `Well A1 A2 A3` heads a table of results, which is none."""
    start = 0
    while (columns := find_columns(sheet, names, ("well",), start)) is not None:
        others = [cell for place, cell in enumerate(columns.texts) if cell and place != columns.at["well"]]
        if not others or sum(well_place(cell) is not None for cell in others) < 0.5 * len(others):
            return columns
        start = columns.row + 1
    return None


def _well_of(well: str, row: str, column: str) -> str | None:
    """Imagers number the rows: 2 is B."""
    if not well and (number := whole_of(row)) is not None and 1 <= number <= 16:
        row = LETTERS[number - 1]
    place = well_place(well) if well else well_place(row + column.removesuffix(".0"))
    return None if place is None else well_name(*place)


def _forget_moments(found: PlateReadings) -> None:
    """The moment at which each well was read within one pass over the plate is no time of the experiment."""
    hours = [row["hours"] for row in found.rows]
    if any(one is None for one in hours) or len(set(hours)) < 3 or max(hours) - min(hours) > ONE_PASS:
        return
    once = {(row["plate"], row["channel"], row["well"]) for row in found.rows}
    if len(once) == len(found.rows):
        for row in found.rows:
            row["hours"] = None


def _extra(sheet: Sheet, columns: Columns, cell: Any, dose_unit: str, index: int) -> Row:
    extra: Row = {}
    for what in ("arm", "contains", "drug", "replicate"):
        if what in columns.at and cell(what):
            extra[what] = cell(what)
    if "dose" in columns.at and cell("dose"):
        number = number_of(cell("dose"), sheet.style)
        spelled = dose_in(cell("dose")) if number.value is None else None
        value = number.value if spelled is None else spelled[0]
        if value is None and plain_heading(cell("dose")).replace(" ", "_") in UNTREATED_WORDS:
            value = 0.0
        if value is None and plain_heading(cell("dose")).replace(" ", "_") not in BLANK_WORDS:
            raise InputError(
                f"{sheet.source}, line {sheet.line(index)}: '{cell('dose')[:40]}' is no dose", "a number, with or without a unit",
                "If a spreadsheet turned 1-10 into a date, type it as text",
            )  # fmt: skip
        if value is not None:
            extra["dose"] = value
            extra["dose_unit"] = (spelled[1] if spelled else "") or cell("dose_unit") or dose_unit
    return extra


def _value_columns(sheet: Sheet, columns: Columns) -> tuple[list[tuple[int, str | None, float | None]], list[str]]:
    """(column, channel, hours) of the columns that hold readings: mostly numbers, and no other meaning; and what to tell.

    Hours stand in the heading (`Raw Data (450) 2 - 30 min`) or in a line of times below it. Columns that the program worked out from
    others are left out.
    """
    taken = set(columns.at.values())
    body = sheet.rows[columns.row + 1 : columns.row + 400]
    clocks = _times_below(sheet, columns)
    found: list[tuple[int, str | None, float | None]] = []
    worked_out: list[tuple[int, str | None, float | None]] = []
    for column, text in enumerate(columns.texts):
        if column in taken or plain_heading(text) in NEVER_VALUES or not text:
            continue
        cells = [row[column] for row in body if column < len(row) and row[column]]
        numbers = [number_of(cell, sheet.style) for cell in cells]
        good = sum(1 for one in numbers if one.value is not None or one.flag in ("overflow", "missing", "below"))
        if cells and good >= 0.6 * len(cells) and any(one.value is not None for one in numbers):
            wavelength = re.search(r"(?<!\d)([2-9]\d{2})(?!\d)", text)
            hours = clocks.get(column, hours_in(text))
            one = (column, wavelength[1] if wavelength else plain_heading(text) or None, hours)
            (worked_out if _WORKED_OUT.search(text) else found).append(one)
    if not found:
        found, worked_out = worked_out, []
    if len({hours for *_, hours in found}) == len(found):  # one reading at each time: the headings differ in nothing else
        found = [(column, channel if re.fullmatch(r"\d{3}", channel or "") else None, hours) for column, channel, hours in found]
    names = ", ".join(columns.texts[column][:40] for column, *_ in worked_out[:3])
    told = f"{sheet.source}: columns that the reader's program worked out were left out ({names})." if worked_out else ""
    return found, [told] if told else []


def _times_below(sheet: Sheet, columns: Columns) -> dict[int, float]:
    """Times that stand in a line of their own under the heading: `Time | 0 h | 0 h 30 min`."""
    below = sheet.rows[columns.row + 1] if columns.row + 1 < len(sheet.rows) else ()
    label = next((cell for cell in below[:4] if plain_heading(cell) in ("time", "zeit", "elapsed time")), None)
    if label is None:
        return {}
    heading = Columns(columns.row + 1, {"time": 0}, (label,))
    times = {place: time_of(sheet, heading, cell) for place, cell in enumerate(below) if cell and cell != label}
    return {place: time for place, time in times.items() if time is not None}


def hours_of_file(name: str) -> float | None:
    """The time that a file's name tells (`plate_72h.csv`), or None."""
    stem = re.sub(r"[_-]+", " ", name.rsplit(".", 1)[0])
    return hours_in(stem) if re.search(r"\d\s*(?:h|hours?|d|days?)\b", stem) else None
