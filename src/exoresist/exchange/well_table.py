"""A long table of measurements: one row per reading, with the columns that all questions share.

    experiment, arm, time, dose, readout, value, replicate, unit

`arm`, `dose`, `readout` and `value` are needed. Dose in nM, time in h. `unit` is the value's; % is turned into a fraction. Comma, semicolon
or tab separated, told by the heading.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from exoresist.core.errors import InputError

COLUMNS = ("experiment", "arm", "time", "dose", "readout", "value", "replicate", "unit")
NEEDED = ("arm", "dose", "readout", "value")
MOST_BYTES = 50_000_000


@dataclass(frozen=True)
class Measurement:
    """One reading. time: h, None where the table gives none; `dose`: nM; `line`: of the file, the heading being 1."""

    experiment: str
    arm: str
    time: float | None
    dose: float
    readout: str
    value: float
    replicate: str
    line: int


def read_measurements(path: Path) -> list[Measurement]:
    """Every reading of a table.

    Raises InputError for a file that cannot be read, a missing column, a number that is none, a negative dose or time.
    """
    text = _text(path)
    heading = text.split("\n", 1)[0]
    separator = max("\t;,", key=heading.count)
    rows = csv.reader(text.splitlines(), delimiter=separator)
    try:
        names = [name.strip().lower().lstrip("\ufeff") for name in next(rows)]
    except StopIteration:
        raise InputError(f"{path} is empty", f"a table with the columns {', '.join(COLUMNS)}") from None
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise InputError(
            f"{path} has no column {', '.join(missing)}; its heading is: {', '.join(names)[:200]}", ", ".join(COLUMNS),
            "Name the columns so; dose in nM, time in h",
        )  # fmt: skip
    twice = sorted({name for name in names if name in COLUMNS and names.count(name) > 1})
    if twice:
        raise InputError(f"{path} has two columns named {', '.join(twice)}", "each column once")
    found = []
    for line, cells in enumerate(rows, 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            raise InputError(f"{path}, line {line}: {len(cells)} cells", f"{len(names)}, as in the heading")
        found.append(_measurement(dict(zip(names, (cell.strip() for cell in cells), strict=True)), path, line))
    if not found:
        raise InputError(f"{path} holds a heading and no readings", "at least one reading")
    return found


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path} has {path.stat().st_size / 1e6:.0f} MB", f"at most {MOST_BYTES / 1e6:.0f} MB")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "a table of readings") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not text in UTF-8", "a CSV or TSV table", "Export the sheet as CSV (UTF-8)") from None


def _measurement(row: dict[str, str], path: Path, line: int) -> Measurement:
    def number(name: str, negative: bool = False) -> float:
        try:
            value = float(row[name])
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or (value < 0.0 and not negative):
            raise InputError(
                f"{path}, line {line}: {name} is '{row[name]}'", "a finite number" + ("" if negative else " of 0 or more"),
                "Leave out wells that were not read; write decimals with a point",
            )  # fmt: skip
        return value

    if not row["arm"] or not row["readout"]:
        raise InputError(f"{path}, line {line}: no arm or no readout", "the id of an arm and what was read")
    unit = row.get("unit", "")
    value = number("value", negative=True) * (0.01 if unit in ("%", "percent") else 1.0)
    time = number("time") if row.get("time") else None
    return Measurement(
        row.get("experiment", ""), row["arm"], time, number("dose"), row["readout"].lower(), value, row.get("replicate", ""), line
    )
