"""Readings of wells from any layout of a plate reader or imager: grids, long tables, one column per well, one column per condition.

Every reading is a plain row: `plate, hours, channel, well, value, flag, line`, and where the table itself says so `arm, dose, dose_unit,
contains, drug`. Nothing is left out: a cell without a number keeps its place, with the reason in `flag`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from exoresist.core.errors import InputError
from exoresist.exchange.lab_headings import Columns, dose_in, find_columns, hours_in, plain_heading, unit_in
from exoresist.exchange.lab_numbers import number_of
from exoresist.exchange.plate_grids import find_grids, format_of, labels_of, well_name, well_place
from exoresist.exchange.sheets import Sheet

Row = dict[str, Any]

WELL = {
    "well": ("well", "wells", "position", "well id", "well position", "well name", "pos", "loc", "location"),
    "row": ("row", "well row", "zeile"),
    "column": ("col", "column", "well col", "well column", "spalte"),
}
CONDITION = {
    "arm": ("arm", "condition", "group", "treatment", "arms", "gruppe"),
    "dose": ("dose", "concentration", "conc", "dosis", "drug concentration", "drug conc"),
    "dose_unit": ("dose unit", "unit", "units", "conc unit", "concentration unit"),
    "contains": ("content", "contents", "contains", "type", "well type"),
    "drug": ("drug", "compound", "substance"),
    "replicate": ("replicate", "rep", "replicates"),
}
OTHER = {
    "plate": ("plate", "plate id", "plate name", "barcode", "platte"),
    "time": ("time", "hours", "elapsed", "elapsed time", "time point", "timepoint", "t", "h", "zeit"),
    "channel": ("wavelength", "channel", "read", "readout", "label", "measurement"),
}
NEVER_VALUES = (
    "sample",
    "sample name",
    "name",
    "date time",
    "date",
    "temperature",
    "temp",
    "comment",
    "notes",
    "cycle",
    "cycle nr",
    "time of day",
)
BLANK_WORDS = frozenset("blank blanks blk background medium_only leer blindwert no_cells empty_well".split())
UNTREATED_WORDS = frozenset("control ctrl untreated vehicle dmso kontrolle".split())
_CONDITION_HEADING = re.compile(
    r"(?P<name>[^\d\s].*?)[\s_@:]+(?P<dose>\d[\d.,]*(?:e[-+]?\d+)?)\s*(?P<unit>[pnuµμ]?M|[nuµμ]g/ml)?", re.IGNORECASE
)


@dataclass
class PlateReadings:
    """Readings of one sheet, what it was recognised as, and what to check."""

    rows: list[Row] = field(default_factory=list)
    wells: int | None = None
    recognised: str = ""
    warnings: list[str] = field(default_factory=list)


def read_plate_sheet(sheet: Sheet) -> PlateReadings | None:
    """The wells of a sheet; None where it holds no plate.

    raises  InputError where it plainly holds one that cannot be used (a well twice, 24 numbers under 12 headings)
    """
    grids = find_grids(sheet)
    if grids:
        return _from_grids(sheet, grids)
    for reader in (_long_table, _column_per_well, _column_per_condition):
        found = reader(sheet)
        if found is not None and found.rows:
            return found
    return None


def _from_grids(sheet: Sheet, grids: list[Any]) -> PlateReadings:
    wells = max(format_of(grid.rows, grid.columns) for grid in grids)
    found = PlateReadings(wells=wells)
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
                found.rows.append(_row(key[0], key[1], channel, well_name(row, column), number.value, number.flag, line, text))
    kept = len(seen)
    found.recognised = f"{wells}-well plate, {kept} grid{'s' if kept > 1 else ''}"
    return found


def _row(
    plate: str, hours: float | None, channel: str | None, well: str | None, value: float | None, flag: str, line: int, text: str
) -> Row:
    return {
        "plate": plate,
        "hours": hours,
        "channel": channel,
        "well": well,
        "value": value,
        "flag": flag,
        "line": line,
        "text": text[:40],
    }


def _long_table(sheet: Sheet) -> PlateReadings | None:
    """One reading a line: a column of wells (or row and column), or of conditions and doses, and one or more columns of values."""
    names = {**WELL, **CONDITION, **OTHER}
    columns = (
        find_columns(sheet, names, ("well",))
        or find_columns(sheet, names, ("row", "column"))
        or find_columns(sheet, names, ("arm", "dose"))
    )
    if columns is None:
        return None
    values = _value_columns(sheet, columns)
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
        time = _time_of(sheet, columns, cell("time"))
        for column, channel in values:
            text = cells[column] if column < len(cells) else ""
            number = number_of(text, sheet.style)
            one = _row(
                cell("plate") or "1", time, cell("channel") or channel, well, number.value, number.flag, sheet.line(index), text
            )
            key = (one["plate"], time, one["channel"], well)
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
    found.wells = format_of(rows, columns_used) if rows else None
    kind = "wells" if found.wells else "conditions"
    found.recognised = f"long table of {kind}, {len(found.rows)} readings, line {sheet.line(columns.row)} on"
    return found if found.rows else None


def _well_of(well: str, row: str, column: str) -> str | None:
    place = well_place(well) if well else well_place(row + column.removesuffix(".0"))
    return None if place is None else well_name(*place)


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


def _time_of(sheet: Sheet, columns: Columns, text: str) -> float | None:
    if not text:
        return None
    hours = hours_in(text)
    if hours is not None:
        return hours
    value = number_of(text, sheet.style).value
    if value is None:
        return None
    heading = columns.texts[columns.at["time"]].lower()
    unit = unit_in(heading) or heading
    return (
        value / 60.0
        if unit.startswith("min")
        else value / 3600.0
        if unit in ("s", "sec", "seconds")
        else value * 24.0
        if unit.startswith("day")
        else value
    )


def _value_columns(sheet: Sheet, columns: Columns) -> list[tuple[int, str | None]]:
    """(column, channel) of the columns that hold readings: mostly numbers, and no other meaning."""
    taken = set(columns.at.values())
    found = []
    body = sheet.rows[columns.row + 1 : columns.row + 400]
    for column, text in enumerate(columns.texts):
        if column in taken or plain_heading(text) in NEVER_VALUES or not text:
            continue
        cells = [row[column] for row in body if column < len(row) and row[column]]
        numbers = [number_of(cell, sheet.style) for cell in cells]
        good = sum(1 for one in numbers if one.value is not None or one.flag in ("overflow", "missing", "below"))
        if cells and good >= 0.6 * len(cells) and any(one.value is not None for one in numbers):
            wavelength = re.search(r"(?<!\d)([2-9]\d{2})(?!\d)", text)
            found.append((column, wavelength[1] if wavelength else plain_heading(text) or None))
    return [(found[0][0], found[0][1] if re.fullmatch(r"\d{3}", found[0][1] or "") else None)] if len(found) == 1 else found


def _column_per_well(sheet: Sheet) -> PlateReadings | None:
    """A line per time, a column per well (kinetic reads), or the reverse."""
    for index, cells in enumerate(sheet.rows[:300]):
        places = {column: well_place(cell) for column, cell in enumerate(cells) if cell and well_place(cell)}
        if len(places) >= 6:
            return _kinetic(sheet, index, {column: place for column, place in places.items() if place})
    return None


def _kinetic(sheet: Sheet, head: int, places: dict[int, tuple[int, int]]) -> PlateReadings:
    texts = sheet.rows[head]
    clock = next(
        (column for column, text in enumerate(texts) if column not in places and plain_heading(text) in OTHER["time"]), None
    )
    found = PlateReadings(wells=format_of(max(p[0] for p in places.values()) + 1, max(p[1] for p in places.values()) + 1))
    names = [well_name(*place) for place in places.values()]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(
            f"{sheet.source}, line {sheet.line(head)}: well {doubled[0]} has two columns", "each well once", "Rename one"
        )
    heading = texts[clock] if clock is not None else ""
    for index in range(head + 1, len(sheet.rows)):
        cells = sheet.rows[index]
        readings = {column: number_of(cells[column], sheet.style) for column in places if column < len(cells)}
        if not any(one.value is not None for one in readings.values()):
            if any(cells) and found.rows:
                break
            continue
        text = cells[clock] if clock is not None and clock < len(cells) else ""
        columns = Columns(head, {"time": clock or 0}, texts)
        time = _time_of(sheet, columns, text) if heading else None
        for column, number in readings.items():
            found.rows.append(
                _row("1", time, None, well_name(*places[column]), number.value, number.flag, sheet.line(index), cells[column])
            )
    times = len({row["hours"] for row in found.rows})
    found.recognised = f"one column per well, {len(places)} wells, {times} time{'s' if times != 1 else ''}"
    return found


def _column_per_condition(sheet: Sheet) -> PlateReadings | None:
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
        time = _time_of(sheet, columns, cells[clock]) if clock is not None and clock < len(cells) else None
        if time is not None and time < last:
            replicate += 1
        last = time if time is not None else last
        shared = {"replicate": str(replicate)}
        for column, cell in enumerate(cells):
            number = number_of(cell, sheet.style)
            row = _row("1", time, None, None, number.value, number.flag, sheet.line(index), cell)
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


def hours_of_file(name: str) -> float | None:
    """The time that a file's name tells (`plate_72h.csv`), or None."""
    stem = re.sub(r"[_-]+", " ", name.rsplit(".", 1)[0])
    return hours_in(stem) if re.search(r"\d\s*(?:h|hours?|d|days?)\b", stem) else None
