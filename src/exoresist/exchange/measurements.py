"""Readings in long form: one line per reading, comma or tab separated.

Columns: `time`, `readout`, `value`; and where needed `experiment`, `arm`, `dose`, `drug`, `replicate`, `unit`, `time_unit`
(h if absent), `dose_unit` (nM if absent), and `dose:NAME` for further drugs (nM) or preparations (particle/cell). Other columns
are refused, except those that begin with `note`. An empty dose leaves the scenario's; an empty value is no reading; an empty
time is the end, for questions that know one.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from exoresist.assembly.readings import Reading
from exoresist.core.errors import InputError, suggestion
from exoresist.core.units import convert, same_dimension
from exoresist.exchange.incucyte import CHANNELS, ConfluenceData, read_confluence

NEEDED = ("time", "readout", "value")
OPTIONAL = ("experiment", "arm", "dose", "drug", "replicate", "unit", "time_unit", "dose_unit")
LARGEST_FILE = 50_000_000
MISSING = ("", "NA", "N/A", "na", "n/a")


def read_measurements(path: str | Path, end: float | None = None) -> list[Reading]:
    """Readings of a table, or of a folder that holds a live-cell imager's confluence.

    end     time of readings whose line gives none, h; None: every reading needs a time
    raises  InputError naming file, line and column: not found, empty, columns missing or unknown, numbers that are none, not
            finite, with a decimal comma, negative times or doses, units of another kind
    """
    place = Path(path)
    if place.is_dir():
        return confluence_readings(read_confluence(place))
    header, lines = _lines(place, NEEDED if end is None else NEEDED[1:])
    rows = ((number, dict(zip(header, cells, strict=True))) for number, cells in lines)
    readings = [reading for number, cells in rows if (reading := _reading(place, number, cells, end))]
    if not readings:
        raise InputError(f"'{place.name}' holds no readings", "one line per reading below the heading", "Check the file")
    return readings


def confluence_readings(data: ConfluenceData) -> list[Reading]:
    """Every channel of an imager's tables: experiments are named after the drugs, readouts after the channels."""
    readings = []
    for drug in data.drugs:
        for dose in [0.0, *data.doses(drug)]:
            for channel in CHANNELS:
                for well, values in enumerate(data.series(drug, dose, channel), 1):
                    for time, value in zip(data.times_h, values, strict=True):
                        doses = (("", dose, "nM"),)
                        readings.append(Reading(drug, "", float(time), doses, channel, float(value), "%", str(well)))
    return readings


def _lines(path: Path, needed: Sequence[str]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Column headings, and the numbered lines that are not empty."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"'{path}' is larger than {LARGEST_FILE // 1_000_000} MB", "a table of readings")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"there is no file '{path}'", "a table of readings, CSV or TSV", "Check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"'{path}' cannot be read as text: {error}", "CSV or TSV in UTF-8", "Export it again") from None
    lines = ["" if line.startswith("#") else line for line in text.splitlines()]  # line numbers stay those of the file
    first = next((line for line in lines if line.strip()), "")
    mark = "\t" if "\t" in first else ";" if first.count(";") > first.count(",") else ","
    try:
        reader = csv.reader(lines, delimiter=mark)
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise InputError(f"'{path.name}' is no table: {error}", "CSV or TSV", "Export it again") from None
    if not rows:
        raise InputError(f"'{path.name}' is empty", f"a heading with {', '.join(needed)} and one line per reading")
    header = rows[0][1]
    _check_header(path, header, needed)
    for number, cells in rows[1:]:
        if len(cells) != len(header):
            raise InputError(
                f"line {number} of '{path.name}' has {len(cells)} cells, the heading {len(header)}",
                "one cell per column", "If numbers are written with a decimal comma, write them with a point",
            )  # fmt: skip
    return header, rows[1:]


def _check_header(path: Path, header: list[str], needed: Sequence[str]) -> None:
    known = (*NEEDED, *OPTIONAL)
    for name in header:
        if name not in known and not name.startswith(("dose:", "note")):
            near = suggestion(name, known)
            raise InputError(
                f"column '{name}' of '{path.name}' is unknown", ", ".join((*known, "dose:NAME")), near or "Remove it"
            )
        if header.count(name) > 1:
            raise InputError(f"column '{name}' stands twice in '{path.name}'", "each column once", "Remove one")
    missing = [name for name in needed if name not in header]
    if missing:
        raise InputError(f"'{path.name}' has no column '{missing[0]}'", ", ".join(needed), "Add it")


def _reading(path: Path, line: int, cells: Mapping[str, str], end: float | None) -> Reading | None:
    """One line; None where nothing was read."""
    where = f"line {line} of '{path.name}'"
    if cells["value"] in MISSING:
        return None
    told = cells.get("time", "")
    unit = cells.get("time_unit") or "h"
    if not same_dimension(unit, "h"):
        raise InputError(f"{where}: time_unit '{unit}'", "h, min or day")
    # 90 min and 1.5 h are one time
    time = end if end is not None and not told else float(f"{convert(_number(told, 'time', where), unit, 'h'):.12g}")
    doses = []
    for column, text in cells.items():
        if column == "dose" or column.startswith("dose:"):
            if text in MISSING:
                continue
            what = cells.get("drug", "") if column == "dose" else column.removeprefix("dose:")
            given = (cells.get("dose_unit") or "nM") if column == "dose" else ""
            doses.append((what, _number(text, column, where), given))
    if not cells["readout"]:
        raise InputError(f"{where}: no readout", "the id of one of the file's readouts")
    return Reading(
        experiment=cells.get("experiment", ""),
        arm=cells.get("arm", ""),
        time=time,
        doses=tuple(doses),
        readout=cells["readout"],
        value=_number(cells["value"], "value", where, least=None),
        unit=cells.get("unit", ""),
        replicate=cells.get("replicate", "") or "1",
        line=line,
    )


def _number(text: str, column: str, where: str, least: float | None = 0.0) -> float:
    if "," in text:
        raise InputError(f"{where}: {column} '{text}'", "numbers with a decimal point", "Export with a point, not a comma")
    if text.startswith("<"):
        raise InputError(
            f"{where}: {column} '{text}'", "a number", "Write the detection limit itself, and give it as the noise's `limit`"
        )
    try:
        value = float(text)
    except ValueError:
        raise InputError(f"{where}: {column} '{text[:40]}'", "a number", "Correct the cell") from None
    if not math.isfinite(value):
        raise InputError(f"{where}: {column} '{text}'", "a finite number", "Leave the cell empty if nothing was read")
    if least is not None and value < least:
        raise InputError(f"{where}: {column} {value:g}", f"{least:g} or more", "Correct the cell")
    return value
