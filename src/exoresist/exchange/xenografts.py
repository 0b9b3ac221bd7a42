"""Tumours and plasma of dosed mice, in the long tables of population pharmacokinetics.

A folder holds `control_growth.csv` (comma-separated: `#ID`, `TIME in day`, `TUMOUR VOLUME in cm^3`, `BODY WEIGHT in g`), and any
number of tables `pk*.csv` (semicolon-separated, `.` for a missing value): `#ID`, `TIME` (days), `DOSE` (ug), `ADDL` and `II` (further
doses, days apart), `Y` with `YTYPE` (1: concentration in ng/mL, 2: volume in mm^3), `CENS` (1: below what the assay sees, `Y` is its
limit), `DOSE GROUP` (mg/kg), `DRUG` (1 erlotinib, 2 gefitinib), `BW` (g).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from exoresist.core.errors import InputError

CONTROL = "control_growth.csv"
DRUGS = {"1": "erlotinib", "2": "gefitinib"}
HOURS_PER_DAY, MM3_PER_CM3 = 24.0, 1000.0
_CONCENTRATION, _VOLUME = "1", "2"
_NEEDED = ("#ID", "TIME", "DOSE", "ADDL", "II", "Y", "YTYPE", "CENS", "DOSE GROUP", "DRUG", "BW")


@dataclass
class Animal:
    """One mouse.

    dose      group, mg/kg; `weight`: g, the first that was noted
    doses     (h, ug) by mouth; `volumes`: (h, mm^3); `plasma`: (h, ng/mL, whether only known to be below that)
    """

    id: str
    drug: str
    dose: float
    weight: float
    doses: list[tuple[float, float]] = field(default_factory=list)
    volumes: list[tuple[float, float]] = field(default_factory=list)
    plasma: list[tuple[float, float, bool]] = field(default_factory=list)


def read_xenografts(folder: str | Path, drug: str) -> list[Animal]:
    """Every animal of the untreated group and of one drug's groups, by dose and id.

    raises  InputError naming file, line and column: folder or tables missing, columns missing, no number where one is needed, negative
            volumes, doses or times, an animal in two groups, a drug that was not given
    source  made for the LXF A677 set of Eigenmann 2016, github DavAug/ErlotinibGefitinib (BSD-3)
    """
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"Folder '{place}' does not exist", f"a folder with {CONTROL} and pk*.csv", "Check the path")
    tables = sorted(path for path in place.glob("pk*.csv"))
    if not (place / CONTROL).is_file() or not tables:
        raise InputError(f"'{place}' lacks {CONTROL if tables else 'pk*.csv'}", f"{CONTROL} and pk*.csv", "Add it")
    animals = {one.id: one for one in _controls(place / CONTROL)}
    seen: set[str] = set()
    for path in tables:
        _add(path, drug, animals, seen)
    if drug not in seen:
        raise InputError(f"No animal of '{place}' was given '{drug}'", ", ".join(sorted(seen)) or "none was", "Name another drug")
    for one in animals.values():
        one.doses, one.volumes, one.plasma = sorted(set(one.doses)), sorted(set(one.volumes)), sorted(set(one.plasma))
    return sorted(animals.values(), key=lambda one: (one.dose, int(one.id) if one.id.isdigit() else 0, one.id))


def _rows(path: Path, mark: str) -> list[tuple[int, dict[str, str]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            reader = csv.DictReader(handle, delimiter=mark)
            listed = [(reader.line_num, dict(row)) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"'{path}' cannot be read as a table: {error}", f"text in UTF-8 with '{mark}' between cells") from error
    if not listed:
        raise InputError(f"'{path.name}' holds no rows", "a heading and one line per record")
    for line, row in listed:
        if None in row or None in row.values():
            raise InputError(
                f"Line {line} of '{path.name}' has other cells than the heading has columns", f"one cell per column, '{mark}' between",
                "Export the table again",
            )  # fmt: skip
    return [(line, {key.strip(): cell.strip() for key, cell in row.items()}) for line, row in listed]


def _controls(path: Path) -> list[Animal]:
    found: dict[str, Animal] = {}
    for line, row in _rows(path, ","):
        for column in ("#ID", "TIME in day", "TUMOUR VOLUME in cm^3", "BODY WEIGHT in g"):
            if column not in row:
                raise InputError(
                    f"'{path.name}' has no column '{column}'", ", ".join(key for key in row if key), "Rename or add it"
                )
        time = _number(path, line, "TIME in day", row) * HOURS_PER_DAY
        animal = found.setdefault(row["#ID"], Animal(row["#ID"], "", 0.0, _number(path, line, "BODY WEIGHT in g", row)))
        animal.volumes.append((time, _number(path, line, "TUMOUR VOLUME in cm^3", row) * MM3_PER_CM3))
    return list(found.values())


def _add(path: Path, drug: str, animals: dict[str, Animal], seen: set[str]) -> None:
    for line, row in _rows(path, ";"):
        missing = [column for column in _NEEDED if column not in row]
        if missing:
            raise InputError(f"'{path.name}' has no column '{missing[0]}'", ", ".join(_NEEDED), "Rename or add it")
        given = DRUGS.get(row["DRUG"], row["DRUG"])
        seen.add(given)
        group = _number(path, line, "DOSE GROUP", row)
        if given != drug or group == 0.0:  # the untreated have a file of their own
            continue
        animal = animals.setdefault(row["#ID"], Animal(row["#ID"], drug, group, _number(path, line, "BW", row)))
        if animal.dose != group:
            raise InputError(f"Animal {row['#ID']} is in two groups, line {line} of '{path.name}'", "one group for each animal")
        time = _number(path, line, "TIME", row) * HOURS_PER_DAY
        if row["DOSE"] not in ("", "."):
            amount = _number(path, line, "DOSE", row)
            further = 0 if row["ADDL"] in ("", ".") else int(_number(path, line, "ADDL", row))
            apart = _number(path, line, "II", row) * HOURS_PER_DAY if further else 0.0
            animal.doses += [(time + number * apart, amount) for number in range(further + 1)]
        if row["YTYPE"] == _VOLUME:
            animal.volumes.append((time, _number(path, line, "Y", row)))
        elif row["YTYPE"] == _CONCENTRATION:
            animal.plasma.append((time, _number(path, line, "Y", row), row["CENS"] == "1"))


def _number(path: Path, line: int, column: str, row: Mapping[str, str]) -> float:
    try:
        value = float(row[column])
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0.0:
        raise InputError(
            f"'{row[column]}' in column '{column}', line {line} of '{path.name}'", "a number of 0 or more, with a point"
        )
    return value
