"""Readings as a table: one row per reading, comma- or tab-separated.

Columns: `time` (h), `readout`, `value`; and, where needed, `experiment`, `arm`, `dose` (nM), `replicate`, `unit`. Empty cells of the
last five: not said.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from exoresist.core.errors import InputError, suggestion

NEEDED, FURTHER = ("time", "readout", "value"), ("experiment", "arm", "dose", "replicate", "unit")
NUMBERS = ("time", "value", "dose")


def read_table(path: str | Path) -> list[dict[str, str | float | None]]:
    """Rows column -> text or number (None: empty).

    raises  InputError naming file, line and column: no such file, columns missing or unknown, cells missing, numbers that are none or
            not finite, negative times or doses
    """
    place = Path(path)
    try:
        text = place.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"'{place}' cannot be read: {getattr(error, 'strerror', None) or error}", "a table of readings"
        ) from None
    mark = "\t" if "\t" in text.split("\n", 1)[0] else ","
    lines = [(number, cells) for number, cells in enumerate(csv.reader(text.splitlines(), delimiter=mark), 1) if any(cells)]
    if len(lines) < 2:
        raise InputError(f"'{place}' holds no readings", "a heading and one line per reading")
    heading = [cell.strip() for cell in lines[0][1]]
    for name in heading:
        if name not in NEEDED and name not in FURTHER:
            near = suggestion(name, [*NEEDED, *FURTHER])
            raise InputError(f"'{place}' has a column '{name}'", ", ".join([*NEEDED, *FURTHER]), near or "Take it out")
    missing = [name for name in NEEDED if name not in heading]
    if missing or len(set(heading)) < len(heading):
        raise InputError(f"'{place}' lacks the column {', '.join(missing) or 'names, each once'}", ", ".join([*NEEDED, *FURTHER]))
    return [_row(place, number, heading, cells) for number, cells in lines[1:]]


def _row(place: Path, line: int, heading: Sequence[str], cells: Sequence[str]) -> dict[str, str | float | None]:
    if len(cells) != len(heading):
        raise InputError(
            f"Line {line} of '{place.name}' has {len(cells)} cells, the heading {len(heading)}", "one cell per column",
            "Write numbers with a decimal point",
        )  # fmt: skip
    row: dict[str, str | float | None] = {}
    for name, cell in zip(heading, (cell.strip() for cell in cells), strict=True):
        if not cell and name in NEEDED:
            raise InputError(f"Nothing in column '{name}', line {line} of '{place.name}'", "a value", "Leave the line out")
        row[name] = _number(place, line, name, cell) if name in NUMBERS and cell else cell or None
    return row


def _number(place: Path, line: int, name: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or (value < 0.0 and name in ("time", "dose")):
        raise InputError(
            f"'{cell}' in column '{name}', line {line} of '{place.name}'", "a finite number, not below 0 for time and dose"
        )
    return value
