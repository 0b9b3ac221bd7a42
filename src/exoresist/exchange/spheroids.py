"""Radii of spheroids measured in sections, one spheroid a line.

The file has the columns `CellLine`, `InitialCondition` (cells seeded), `Day` (from seeding), `R` (outer radius, um), then the radius of the
inhibited and of the necrotic region as shares of R, in columns named `ϕ` and `η` (or `phi` and `eta`). A share of 0: no such region yet.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError, unknown_name

Array = NDArray[np.float64]

FILE = "confocal.csv"
HOURS_PER_DAY = 24.0
_LINE, _SEEDED, _DAY, _RADIUS = "CellLine", "InitialCondition", "Day", "R"
_INHIBITED, _NECROTIC = ("ϕ", "φ", "phi"), ("η", "eta")


@dataclass(frozen=True)
class SpheroidData:
    """Every spheroid is measured once.

    radii  cell line -> cells seeded -> h from seeding -> (spheroids, 3): outer, inhibited, necrotic radius, um
    """

    radii: dict[str, dict[float, dict[float, Array]]]

    @property
    def cell_lines(self) -> list[str]:
        """Names of the cell lines, in order."""
        return sorted(self.radii)

    def of(self, cell_line: str) -> dict[float, dict[float, Array]]:
        """Cells seeded -> h -> radii; an unknown line is an ExoresistError."""
        if cell_line not in self.radii:
            raise unknown_name("Cell line", cell_line, self.cell_lines)
        return self.radii[cell_line]


def read_spheroids(folder: str | Path) -> SpheroidData:
    """Read `confocal.csv` of a folder.

    raises  InputError naming file, line and column: folder or file missing, column missing, cell missing, not a number, radius not
            above 0, share outside 0 to 1. A necrotic region beyond the inhibited one is kept: images err, and means need both signs
    source  made for the WM793b set of Browning 2021, 10.7554/eLife.73020 (CC-BY 4.0)
    """
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"Folder '{place}' does not exist", f"a folder with {FILE}", "Check the path.")
    path = place / FILE
    if not path.is_file():
        raise InputError(f"File '{path}' does not exist", f"a table {FILE}", "Add it.")
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            reader = csv.reader(handle)
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row))]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise InputError(f"File '{path}' cannot be read as a table: {problem}", "comma-separated text in UTF-8") from problem
    if len(rows) < 2:
        raise InputError(f"{path.name} holds no readings", "a heading and one line per spheroid", "Export it again.")
    header = rows[0][1]
    columns = [_place(header, names, path) for names in ((_LINE,), (_SEEDED,), (_DAY,), (_RADIUS,), _INHIBITED, _NECROTIC)]
    found: dict[str, dict[float, dict[float, list[list[float]]]]] = {}
    for line, cells in rows[1:]:
        if len(cells) != len(header):
            raise InputError(
                f"Line {line} of {path.name} has {len(cells)} cells, the heading {len(header)}", "one cell per column",
                "If numbers are written with a decimal comma, export them with a point.",
            )  # fmt: skip
        name = cells[columns[0]]
        seeded, day, radius, inhibited, necrotic = (_number(cells[column], header[column], line, path) for column in columns[1:])
        if not name:
            raise InputError(f"Nothing in column '{_LINE}', line {line} of {path.name}", "the name of a cell line")
        if seeded <= 0.0 or radius <= 0.0 or day < 0.0:
            raise InputError(f"{seeded:g} cells on day {day:g}, radius {radius:g}, line {line} of {path.name}", "numbers above 0")
        for share, column in ((inhibited, columns[4]), (necrotic, columns[5])):
            if not 0.0 <= share <= 1.0:
                raise InputError(
                    f"{share:g} in column '{header[column]}', line {line} of {path.name}", "a share of the outer radius, 0 to 1",
                    "Divide radii by the outer radius.",
                )  # fmt: skip
        times = found.setdefault(name, {}).setdefault(seeded, {})
        times.setdefault(day * HOURS_PER_DAY, []).append([radius, inhibited * radius, necrotic * radius])
    return SpheroidData(
        {
            name: {seeded: {time: np.array(times[time]) for time in sorted(times)} for seeded, times in sorted(by_seed.items())}
            for name, by_seed in found.items()
        }
    )


def _place(header: list[str], names: tuple[str, ...], path: Path) -> int:
    """Index of the one column that has one of these names."""
    places = [index for index, name in enumerate(header) if name in names]
    if len(places) != 1:
        came = f"{path.name} has {'no column' if not places else 'two columns'} '{names[0]}'"
        raise InputError(came, f"one, beside {', '.join(header)}", "Add or rename it.")
    return places[0]


def _number(text: str, column: str, line: int, path: Path) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"'{text}' in column '{column}', line {line} of {path.name}", "a finite number with a decimal point")
    return value
