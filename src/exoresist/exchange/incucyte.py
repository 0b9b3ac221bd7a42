"""Confluence over time under drugs, from a live-cell imager's exported tables (IncuCyte, one file per channel).

A folder holds `confluence_phase.csv` (all cells), `confluence_green.csv` (Annexin V) and `confluence_red.csv` (YOYO-3),
in % of the image. Columns: clock time (not read), `Elapsed` (h), `Control`, `Blank`, then one per condition such as
`DOX 6.25` (drug code and dose in nM). Replicates stand below each other: the elapsed time starts again with each.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError, unknown_name

FloatArray = NDArray[np.float64]
Condition = tuple[str, float]

CHANNELS = ("phase", "green", "red")
DRUG_NAMES: Mapping[str, str] = MappingProxyType({"DOX": "doxorubicin", "NVB": "vinorelbine"})

_CLOCK, _ELAPSED, _CONTROL, _BLANK = "Date Time", "Elapsed", "Control", "Blank"
_CONDITION = re.compile(r"(?P<code>\S+)\s+(?P<dose>\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class ConfluenceData:
    """Confluence of every condition, the blank of the same replicate and time subtracted.

    times_h     hours since the first image, shape (n_times,)
    conditions  (drug, dose in nM) -> channel -> % of the image, shape (n_replicates, n_times)
    control     channel -> untreated, same shape
    blank       channel -> what was subtracted, same shape

    Subtraction may leave small negative numbers in empty wells; they are noise around zero and are kept.
    """

    times_h: FloatArray
    conditions: dict[Condition, dict[str, FloatArray]]
    control: dict[str, FloatArray]
    blank: dict[str, FloatArray]

    @property
    def drugs(self) -> list[str]:
        """Names of the drugs, in order."""
        return sorted({drug for drug, _ in self.conditions})

    def doses(self, drug: str) -> list[float]:
        """Doses of a drug in nM, rising, without the control; an unknown drug is an ExoresistError."""
        found = sorted(dose for name, dose in self.conditions if name == drug)
        if not found:
            raise unknown_name("Drug", drug, self.drugs)
        return found

    def series(self, drug: str, dose: float, channel: str) -> FloatArray:
        """Readings in % of the image, shape (n_replicates, n_times); dose 0 is the control of every drug.

        raises  ExoresistError for an unknown drug, dose or channel
        """
        if channel not in self.control:
            raise unknown_name("Channel", channel, self.control)
        doses = self.doses(drug)
        if dose == 0:
            return self.control[channel]
        for known in doses:
            if math.isclose(known, dose, rel_tol=1e-9):
                return self.conditions[drug, known][channel]
        raise unknown_name(f"Dose of {drug} in nM", f"{dose:g}", [f"{value:g}" for value in [0.0, *doses]])

    def by_dose(self, drug: str, channel: str) -> dict[float, FloatArray]:
        """Readings by dose in nM (0 = control), each of shape (n_replicates, n_times): what a fit takes."""
        return {dose: self.series(drug, dose, channel) for dose in [0.0, *self.doses(drug)]}

    def stained(self, drug: str, channels: Sequence[str]) -> dict[float, FloatArray]:
        """Mean over replicates of the larger of some channels, by dose in nM (0 = control), each of shape (n_times,).

        The larger, not the sum: dying cells take up several stains.
        """
        tables = [self.by_dose(drug, channel) for channel in channels]
        return {
            dose: np.asarray(np.max([table[dose].mean(axis=0) for table in tables], axis=0)) for dose in [0.0, *self.doses(drug)]
        }


@dataclass(frozen=True)
class _Table:
    """One file: times shape (n_times,), and for each column the readings, shape (n_replicates, n_times)."""

    path: Path
    times: FloatArray
    columns: dict[str, FloatArray]


def read_confluence(folder: str | Path, drug_names: Mapping[str, str] = DRUG_NAMES) -> ConfluenceData:
    """Read the three channel files of a folder.

    folder      holds confluence_phase.csv, confluence_green.csv and confluence_red.csv
    drug_names  code in the column headings -> name; a code that is not in it is kept as it is
    returns     ConfluenceData, blanks subtracted
    raises      ExoresistError naming file, line and column: folder or file missing, column missing or doubled, reading
                missing, not a number, with a decimal comma, negative or above 100 %, a time doubled, replicates of
                different times, files that do not match
    source      made for the H1299 set of github meyer-lab/ps-growth-model (MIT)
    """
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"Folder '{place}' does not exist", "a folder with confluence_*.csv files", "Check the path.")
    tables = {channel: _read_table(place / f"confluence_{channel}.csv") for channel in CHANNELS}
    first = tables[CHANNELS[0]]
    for table in tables.values():
        _check_match(first, table)
    blank = {channel: table.columns[_BLANK] for channel, table in tables.items()}
    conditions: dict[Condition, dict[str, FloatArray]] = {}
    for heading in first.columns:
        if heading in (_CONTROL, _BLANK):
            continue
        condition = _condition(first.path, heading, drug_names)
        if condition in conditions:
            raise InputError(f"{first.path.name} holds {condition[0]} {condition[1]:g} nM twice", "each once", "Rename one.")
        conditions[condition] = {name: table.columns[heading] - blank[name] for name, table in tables.items()}
    control = {name: table.columns[_CONTROL] - blank[name] for name, table in tables.items()}
    return ConfluenceData(first.times, conditions, control, blank)


def _condition(path: Path, heading: str, drug_names: Mapping[str, str]) -> Condition:
    """Drug and dose (nM) of a column heading."""
    match = _CONDITION.fullmatch(heading)
    if match is None or float(match["dose"]) <= 0:
        raise InputError(
            f"Column '{heading}' of {path.name}",
            f"'{_ELAPSED}', '{_CONTROL}', '{_BLANK}', or a drug and a dose in nM such as 'DOX 6.25'",
            "Rename or remove the column.",
        )
    return drug_names.get(match["code"], match["code"]), float(match["dose"])


def _check_match(first: _Table, other: _Table) -> None:
    """Refuse channels that were not read from the same wells at the same times."""
    different = sorted(set(first.columns) ^ set(other.columns))
    if different:
        came = f"{first.path.name} and {other.path.name} differ in column '{different[0]}'"
        raise InputError(came, "the same columns in every channel", "Export both again.")
    one, two = first.columns[_BLANK].shape, other.columns[_BLANK].shape
    if one != two or not np.allclose(first.times, other.times, atol=1e-6):
        came = f"{first.path.name} holds {one[0]} replicates x {one[1]} times, {other.path.name} {two[0]} x {two[1]}"
        raise InputError(f"{came}, or other times", "the same in every channel", "Export both again.")


def _read_table(path: Path) -> _Table:
    """One channel, checked and folded into replicates."""
    header, lines = _read_lines(path)
    columns: dict[str, list[float]] = {name: [] for name in header if name != _CLOCK}
    for number, cells in lines:
        if len(cells) != len(header):
            raise InputError(
                f"Line {number} of {path.name} has {len(cells)} cells, the heading {len(header)}",
                "one cell per column",
                "If numbers are written with a decimal comma, export them with a point.",
            )
        for name, text in zip(header, cells, strict=True):
            if name != _CLOCK:
                columns[name].append(_reading(text, name, number, path))
    elapsed = columns.pop(_ELAPSED)
    starts = _replicate_starts(elapsed, [number for number, _ in lines], path)
    blocks = [elapsed[start:end] for start, end in zip(starts, [*starts[1:], len(elapsed)], strict=True)]
    for count, block in enumerate(blocks, 1):
        if len(block) != len(blocks[0]) or not np.allclose(block, blocks[0], atol=1e-6):
            raise InputError(
                f"Replicate {count} of {path.name} has {len(block)} times, the first {len(blocks[0])}, or other ones",
                "the same times in every replicate",
                "Complete the file, or remove the replicate.",
            )
    shape = (len(blocks), len(blocks[0]))
    return _Table(path, np.array(blocks[0]), {name: np.array(values).reshape(shape) for name, values in columns.items()})


def _read_lines(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Column headings, and the numbered lines that are not empty."""
    if not path.is_file():
        raise InputError(f"File '{path}' does not exist", "one file per channel: " + ", ".join(CHANNELS), "Add it.")
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            reader = csv.reader(handle)
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row))]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise InputError(
            f"File '{path}' cannot be read as a table: {problem}", "comma-separated text", "Export it again."
        ) from problem
    if len(rows) < 2:
        raise InputError(f"{path.name} holds no readings", "a heading and one line per time", "Export it again.")
    header = rows[0][1]
    if len(header) == 1 and ";" in header[0]:
        raise InputError(f"{path.name} is separated by semicolons", "commas, and points in numbers", "Export it again.")
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise InputError(f"{path.name} holds column '{doubled[0]}' twice", "each column once", "Remove one.")
    missing = [name for name in (_ELAPSED, _CONTROL, _BLANK) if name not in header]
    if missing:
        raise InputError(f"{path.name} has no column '{missing[0]}'", "columns " + ", ".join(header), "Add or rename it.")
    if not set(header) - {_CLOCK, _ELAPSED, _CONTROL, _BLANK}:
        raise InputError(f"{path.name} holds no treated condition", "columns such as 'DOX 6.25'", "Add one.")
    return header, rows[1:]


def _reading(text: str, column: str, line: int, path: Path) -> float:
    """One number of a table: a time (h, >= 0) or a confluence (0 to 100 %)."""
    where = f"column '{column}', line {line} of {path.name}"
    if not text:
        raise InputError(f"Nothing in {where}", "a number in every cell", "Remove the whole line if it was not measured.")
    if "," in text:
        raise InputError(f"'{text}' in {where}", "numbers with a decimal point", "Export with a point, not a comma.")
    try:
        value = float(text)
    except ValueError as problem:
        raise InputError(f"'{text}' in {where}", "a number", "Correct the cell.") from problem
    if not math.isfinite(value):
        raise InputError(f"'{text}' in {where}", "a finite number", "Remove the whole line if it was not measured.")
    if value < 0:
        raise InputError(f"{value:g} in {where}", "zero or more", "Use raw readings: the blank is subtracted here.")
    if column != _ELAPSED and value > 100:
        raise InputError(f"{value:g} in {where}", "confluence in %, at most 100", "Check the unit: no counts or areas.")
    return value


def _replicate_starts(elapsed: list[float], lines: list[int], path: Path) -> list[int]:
    """Places where the elapsed time starts again; a time that repeats or only steps back is refused."""
    starts = [0]
    for place in range(1, len(elapsed)):
        now, last = elapsed[place], elapsed[place - 1]
        if now > last:
            continue
        if now == last or now != elapsed[0]:
            word = "twice in a row" if now == last else f"after {last:g} h"
            raise InputError(
                f"{now:g} h comes {word} in line {lines[place]} of {path.name}",
                f"rising times; a new replicate starts again at {elapsed[0]:g} h",
                "Remove the doubled line, or put replicates below each other.",
            )
        starts.append(place)
    return starts
