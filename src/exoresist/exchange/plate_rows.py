"""What all layouts of plates share: the names that columns go by, and the form of a reading.

Every reading is a plain row: `plate, hours, channel, well, value, flag, line`, and where the table itself says so `arm, dose, dose_unit,
contains, drug`. Nothing is left out: a cell without a number keeps its place, with the reason in `flag`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from exoresist.exchange.lab_headings import Columns, hours_in, unit_in
from exoresist.exchange.lab_numbers import number_of
from exoresist.exchange.sheets import Sheet

Row = dict[str, Any]

WELL = {
    "well": ("well", "wells", "position", "well id", "well position", "well name", "pos", "loc", "location"),
    "row": ("row", "well row", "zeile"),
    "column": ("col", "column", "well col", "well column", "spalte"),
}
CONDITION = {
    "arm": ("arm", "condition", "group", "treatment", "arms", "gruppe"),
    "dose": ("dose", "concentration", "conc", "dosis", "drug concentration", "drug conc", "conc dil"),
    "dose_unit": ("dose unit", "unit", "units", "conc unit", "concentration unit"),
    "contains": ("content", "contents", "contains", "type", "well type"),
    "drug": ("drug", "compound", "substance"),
    "replicate": ("replicate", "rep", "replicates", "repeat"),
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


@dataclass
class PlateReadings:
    """Readings of one sheet, what it was recognised as, and what to check."""

    rows: list[Row] = field(default_factory=list)
    wells: int | None = None
    recognised: str = ""
    warnings: list[str] = field(default_factory=list)


def reading_row(
    plate: str, hours: float | None, channel: str | None, well: str | None, value: float | None, flag: str, line: int, text: str
) -> Row:
    """One reading as every layout gives it."""
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


def time_of(sheet: Sheet, columns: Columns, text: str) -> float | None:
    """Hours of a cell in the column of times, whose heading may carry the unit."""
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
