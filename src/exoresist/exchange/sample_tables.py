"""Tables with one line per sample: qPCR cycles, cytometry statistics, transwell counts, caliper measurements of tumours.

Rows come out plain, each with `sample`, `arm` (as the table says, may be empty) and `line`; who belongs to which arm is settled later.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exoresist.core.errors import InputError
from exoresist.exchange.lab_headings import Columns, find_columns, hours_in, plain_heading, unit_in
from exoresist.exchange.lab_numbers import Number, number_of
from exoresist.exchange.sheets import Sheet

Row = dict[str, Any]

ARM = ("arm", "condition", "group", "treatment", "treatment group", "cohort", "gruppe")
SAMPLE = ("sample", "sample name", "name", "sample id", "file", "filename", "tube", "tube name", "specimen", "specimen name")
QPCR: Mapping[str, Sequence[str]] = {
    "ct": ("ct", "cq", "cp", "c t", "ct value", "cq value", "ct mean value"),
    "target": ("target", "target name", "gene", "gene name", "detector", "detector name", "assay", "primer"),
    "sample": SAMPLE, "arm": ARM, "task": ("task", "content", "sample type"), "well": ("well", "well position", "pos"),
    "omit": ("omit", "omitted", "exclude", "excluded"),
}  # fmt: skip
COUNTS: Mapping[str, Sequence[str]] = {
    "count": ("count", "counts", "cells", "migrated", "invaded", "migrated cells", "invaded cells", "cells per field",
        "cell count", "number"),
    "field": ("field", "image", "field of view", "picture", "view"),
    "insert": ("insert", "transwell", "replicate", "well", "chamber"), "arm": ARM, "sample": SAMPLE,
}  # fmt: skip
CALIPERS: Mapping[str, Sequence[str]] = {
    "animal": ("animal", "mouse", "animal id", "mouse id", "id", "maus", "tier", "tag"),
    "day": ("day", "days", "time", "study day", "day post implantation", "days after implantation", "tag der messung"),
    "length": ("length", "tumor length", "tumour length", "long", "long axis", "l", "a", "d1", "laenge", "länge"),
    "width": ("width", "tumor width", "tumour width", "short", "short axis", "w", "b", "d2", "breite"),
    "volume": ("volume", "tumor volume", "tumour volume", "tv", "vol"), "arm": ARM,
}  # fmt: skip
_STATISTIC = re.compile(
    r"freq\.?\s*of|%\s*(?:of\s+)?(?:positive|parent|total|gated|grandparent|vis|live|all)|percent|\bmedian\b|\bmfi\b|\bmean\b|\bgeom",
    re.IGNORECASE,
)
_STATISTIC_ALONE = ("mean", "median", "percent", "geomean")  # any table may have such a column


@dataclass
class SampleTable:
    """Rows of a table, what it was recognised as, and what to check."""

    kind: str
    rows: list[Row] = field(default_factory=list)
    recognised: str = ""
    warnings: list[str] = field(default_factory=list)


def _cell(row: Sequence[str], columns: Columns, what: str) -> str:
    place = columns.at.get(what, -1)
    return row[place] if 0 <= place < len(row) else ""


def _body(sheet: Sheet, columns: Columns) -> list[tuple[int, tuple[str, ...]]]:
    """Lines below a heading that are not empty and do not repeat it."""
    heading = [plain_heading(text) for text in columns.texts]
    return [
        (sheet.line(index), row)
        for index, row in enumerate(sheet.rows[columns.row + 1 :], columns.row + 1)
        if any(row) and [plain_heading(cell) for cell in row] != heading
    ]


def read_qpcr(sheet: Sheet) -> SampleTable | None:
    """Cycles per sample and target; `Undetermined` stays a row without a value."""
    columns = find_columns(sheet, QPCR, ("ct", "target"))
    if columns is None:
        bare = find_columns(sheet, QPCR, ("ct", "sample"))
        if bare is None:
            return None
        raise InputError(
            f"{sheet.source}, line {sheet.line(bare.row)}: cycles without the gene that they are of",
            "a column Target beside Sample and Ct",
            "This program exports one gene at a time: add a column Target and put the genes below each other",
        )
    if "sample" not in columns.at and "arm" not in columns.at:
        raise InputError(
            f"{sheet.source} has cycles without samples",
            "a column Sample Name",
            "Name the samples in the plate setup and export again",
        )
    table, omitted = SampleTable("qpcr"), 0
    for line, row in _body(sheet, columns):
        target = _cell(row, columns, "target")
        if not target:
            continue
        if _cell(row, columns, "omit").lower() in ("true", "yes", "1", "x"):
            omitted += 1
            continue
        found = number_of(_cell(row, columns, "ct"), sheet.style)
        if found.value is not None and not 0 < found.value < 60:
            raise InputError(
                f"{sheet.source}, line {line}: a Ct of {found.value:g}", "between 0 and 60 cycles", "Check the decimal sign"
            )
        table.rows.append({
            "sample": _cell(row, columns, "sample") or _cell(row, columns, "arm"), "arm": _cell(row, columns, "arm"),
            "target": target,
            "task": _cell(row, columns, "task").lower(), "ct": found.value, "flag": found.flag, "line": line,
        })  # fmt: skip
    if omitted:
        table.warnings.append(
            f"{sheet.source}: {omitted} reactions that the instrument's program marks as omitted were left out."
        )
    missing = sum(row["ct"] is None for row in table.rows)
    if missing:
        table.warnings.append(f"{sheet.source}: {missing} of {len(table.rows)} reactions have no Ct (undetermined or missing).")
    targets = list(dict.fromkeys(row["target"] for row in table.rows))
    table.recognised = f"qPCR cycles, {len(targets)} target{'s' if len(targets) != 1 else ''} ({', '.join(targets[:4])})"
    return table if table.rows else None


def read_facs(sheet: Sheet) -> SampleTable | None:
    """Statistics of cytometry, one line per sample: `Singlets/Live | Freq. of Parent (%)`, `Median (APC-A)`, `% positive`, `MFI`."""
    for index, cells in enumerate(sheet.rows[:60]):  # noqa: B007 (used after the loop)
        columns = [place for place, cell in enumerate(cells) if place and _STATISTIC.search(cell)]
        telling = any(plain_heading(cells[place]) not in _STATISTIC_ALONE for place in columns)
        if telling and (not cells[0] or plain_heading(cells[0]) in (*SAMPLE, *ARM, "depth", "")):
            break
    else:
        return None
    # DIVA repeats the specimen in every line; its samples are the tubes.
    tubes = ("tube", "tube name")
    known = tubes if any(plain_heading(cell) in tubes for cell in cells) else SAMPLE
    found = find_columns(sheet, {"sample": known, "arm": ARM, "population": ("population", "gate")}, (), index)
    own = found if found is not None and found.row == index else Columns(index, {}, cells)
    table = SampleTable("facs")
    for line, row in _body(sheet, own):
        sample = _cell(row, own, "sample") or (row[0] if row else "")
        if not sample or plain_heading(sample) in ("mean", "sd", "std", "average", "median", "cv"):
            if sample:
                table.warnings.append(f"{sheet.source}, line {line}: the program's own line '{sample}' was left out.")
            continue
        for place in columns:
            number = number_of(row[place], sheet.style) if place < len(row) else Number(None, "empty")
            heading = cells[place]
            statistic = _statistic(heading)
            gate = _cell(row, own, "population")  # of tables with a line per sample and population
            population = f"{gate} {heading}" if gate else heading.partition("|")[0].strip() or heading
            if number.value is not None and statistic == "percent" and not 0 <= number.value <= 100:
                raise InputError(
                    f"{sheet.source}, line {line}: {number.value:g} per cent positive", "0 to 100", "Check the decimal sign"
                )
            table.rows.append({
                "sample": sample, "arm": _cell(row, own, "arm"), "population": population,
                "statistic": statistic, "value": number.value, "flag": number.flag, "line": line,
            })  # fmt: skip
    table.recognised = f"cytometry table, {len({row['sample'] for row in table.rows})} samples, {len(columns)} statistics"
    return table if table.rows else None


def _statistic(heading: str) -> str:
    lower = heading.lower()
    if "freq" in lower or "percent" in lower or "% pos" in lower or "%" in lower:
        return "percent"
    return "median" if "median" in lower or "mfi" in lower else "mean"


def read_counts(sheet: Sheet) -> SampleTable | None:
    """Cells counted under a membrane, one line per field or insert."""
    columns = find_columns(sheet, COUNTS, ("count",))
    if columns is None or not set(columns.at) & {"field", "insert"} or not set(columns.at) & {"arm", "sample"}:
        return None
    table = SampleTable("transwell")
    for line, row in _body(sheet, columns):
        number = number_of(_cell(row, columns, "count"), sheet.style)
        if number.value is not None and number.value < 0:
            raise InputError(f"{sheet.source}, line {line}: {number.value:g} cells", "zero or more", "Correct the count")
        if number.value is not None and number.value != round(number.value):
            table.warnings.append(
                f"{sheet.source}, line {line}: {number.value:g} cells is no whole number; a mean was probably entered."
            )
        table.rows.append({
            "sample": _cell(row, columns, "sample") or _cell(row, columns, "arm"), "arm": _cell(row, columns, "arm"),
            "insert": _cell(row, columns, "insert") or "1", "value": number.value, "flag": number.flag, "line": line,
        })  # fmt: skip
    table.recognised = f"transwell counts, {len(table.rows)} fields"
    return table if table.rows else None


def read_calipers(sheet: Sheet) -> SampleTable | None:
    """Tumours measured by caliper, one line per animal and day; volume = length x width^2 / 2 in mm^3 where none is given."""
    columns = find_columns(sheet, CALIPERS, ("animal", "day", "length", "width")) or find_columns(
        sheet, CALIPERS, ("animal", "day", "volume")
    )
    if columns is None:
        return _wide_calipers(sheet)
    table = SampleTable("calipers")
    factor = {
        what: _to_mm(columns.texts[columns.at[what]]) ** (3 if what == "volume" else 1)
        for what in ("length", "width", "volume")
        if what in columns.at
    }
    swapped = 0
    seen: set[tuple[str, float]] = set()
    for line, row in _body(sheet, columns):
        day = _day(sheet, columns, _cell(row, columns, "day"), line)
        animal = _cell(row, columns, "animal")
        if (animal, day) in seen:
            table.warnings.append(
                f"{sheet.source}, line {line}: animal {animal} is measured twice on day {day:g}; the first was used."
            )
            continue
        seen.add((animal, day))
        sides = {}
        for what in ("length", "width", "volume"):
            number = number_of(_cell(row, columns, what), sheet.style) if what in columns.at else Number(None, "empty")
            if number.value is not None and number.value < 0:
                raise InputError(f"{sheet.source}, line {line}: a {what} of {number.value:g}", "zero or more", "Correct the sign")
            if number.flag == "date":
                raise InputError(
                    f"{sheet.source}, line {line}: the {what} is a date",
                    "a number in mm",
                    "Excel turned it into a date: type it as text",
                )
            sides[what] = None if number.value is None else number.value * factor.get(what, 1.0)
        length, width = sides["length"], sides["width"]
        if length is not None and width is not None and width > length:
            length, width, swapped = width, length, swapped + 1
        volume = sides["volume"]
        if length is not None and width is not None:
            own = 0.5 * length * width**2
            if volume is not None and own > 0 and not 0.8 < volume / own < 1.25:
                table.warnings.append(
                    f"{sheet.source}, line {line}: the volume given ({volume:g}) is not length x width^2 / 2 ({own:.4g} "
                    "mm^3); the sides were used."
                )
            volume = own
        table.rows.append({"sample": animal, "arm": _cell(row, columns, "arm"), "day": day, "value": volume, "line": line})
    if swapped:
        table.warnings.append(
            f"{sheet.source}: the width exceeds the length in {swapped} lines; the longer side was taken as the length."
        )
    table.recognised = (
        f"caliper table, {len({row['sample'] for row in table.rows})} animals, {len({row['day'] for row in table.rows})} days"
    )
    return table if table.rows else None


_DAY_HEADING = re.compile(r"(?:day|d|tag)[\s_]*(?P<first>\d+(?:\.\d+)?)|(?P<last>\d+(?:\.\d+)?)\s*(?:days?|d|dpi)", re.IGNORECASE)


def _wide_calipers(sheet: Sheet) -> SampleTable | None:
    """Volumes with a line per animal and a column per day: `Mouse, Group, Day 0, Day 4 ...`."""
    columns = find_columns(sheet, {"animal": CALIPERS["animal"], "arm": ARM}, ("animal",))
    if columns is None:
        return None
    days = {
        place: float(match["first"] or match["last"])
        for place, text in enumerate(columns.texts)
        if place not in columns.at.values() and (match := _DAY_HEADING.fullmatch(text.strip()))
    }
    if len(days) < 2:
        return None
    table = SampleTable("calipers")
    for line, row in _body(sheet, columns):
        for place, day in days.items():
            number = number_of(row[place], sheet.style) if place < len(row) else Number(None, "empty")
            if number.value is not None and number.value < 0:
                raise InputError(f"{sheet.source}, line {line}: a volume of {number.value:g}", "zero or more", "Correct the sign")
            table.rows.append({
                "sample": _cell(row, columns, "animal"), "arm": _cell(row, columns, "arm"), "day": day, "value": number.value, "line": line,
            })  # fmt: skip
    if not any(row["value"] is not None for row in table.rows):
        return None
    table.warnings.append(f"{sheet.source}: the columns of days were taken as volumes in mm^3.")
    table.recognised = f"caliper table, {len({row['sample'] for row in table.rows})} animals, {len(days)} days, a column per day"
    return table


def _to_mm(heading: str) -> float:
    return 10.0 if unit_in(heading).lower().startswith("cm") else 1.0


def _day(sheet: Sheet, columns: Columns, text: str, line: int) -> float:
    number = number_of(text, sheet.style)
    if number.value is not None:
        return number.value
    hours = hours_in(text)
    if hours is None or number.flag == "date":
        came = f"{sheet.source}, line {line}: '{text[:30]}' is no day"
        raise InputError(came, "days from the start, such as 14", "Give days, not calendar dates") from None
    return hours / 24.0
