"""Parameter files of users and fitted sets: the catalogue's columns, as a tab-separated table or a YAML list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from exoresist.catalog.loader import Row, parse_table
from exoresist.catalog.records import PARAMETER_COLUMNS
from exoresist.core.errors import InputError, suggestion
from exoresist.core.quantity import DISTRIBUTIONS, KINDS, Quantity
from exoresist.core.units import check_number, dimension

LARGEST_FILE = 5_000_000
NUMBERS = ("value", "low", "high")
REQUIRED = ("name", "subject", "value", "unit", "low", "high", "distribution", "kind", "source")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SUBJECT = re.compile(r"[a-z_]+(:[A-Za-z0-9_]+)?(\|[a-z_]+:[A-Za-z0-9_]+)*")
_SHOWN = 8


def row_faults(row: Mapping[str, str], with_unit: bool = True) -> list[tuple[str, str]]:
    """What is wrong with one parameter row by itself, as (column, message); parsing its unit loads a unit library."""
    faults = [(column, "is empty") for column in REQUIRED if not row[column]]
    if row["name"] and not _NAME.fullmatch(row["name"]):
        faults.append(("name", f"'{row['name']}' is not a name in lower case with underscores"))
    if row["subject"] and not _SUBJECT.fullmatch(row["subject"]):
        faults.append(("subject", f"'{row['subject']}' is not of the form kind, kind:id or kind:id|kind:id"))
    numbers: dict[str, float] = {}
    for column in NUMBERS:
        try:
            number = float(row[column] or "0")
        except ValueError:
            faults.append((column, f"'{row[column]}' is not a number"))
            continue
        try:
            numbers[column] = check_number(number, "here")
        except InputError as error:
            faults.append((column, error.came.removeprefix("here: ")))
    if row["unit"] and with_unit:
        try:
            dimension(row["unit"])
        except InputError as error:
            faults.append(("unit", str(error)))
    if row["distribution"] and row["distribution"] not in DISTRIBUTIONS:
        faults.append(("distribution", f"'{row['distribution']}' is not one of {', '.join(DISTRIBUTIONS)}"))
    if row["kind"] and row["kind"] not in KINDS:
        faults.append(("kind", f"'{row['kind']}' is not one of {', '.join(KINDS)}"))
    if len(numbers) == 3 and row["low"] and row["high"] and row["value"]:
        faults += _range_faults(row, numbers["value"], numbers["low"], numbers["high"])
    return faults


def _range_faults(row: Mapping[str, str], value: float, low: float, high: float) -> list[tuple[str, str]]:
    if not low <= value <= high:
        return [("value", f"{value:g} is outside its range {low:g} to {high:g}")]
    distribution, faults = row["distribution"], []
    if low == high:
        if row["kind"] == "assumed":
            faults.append(("low", "an assumed number needs a range: low and high are equal"))
        elif distribution != "fixed":
            faults.append(("distribution", f"'{distribution}' needs a range, but low and high are equal"))
        elif not row["note"]:
            faults.append(("note", "a number without a range needs a note that says why"))
    elif distribution in ("loguniform", "lognormal") and low <= 0.0:
        faults.append(("low", f"a {distribution} range must be positive, but begins at {low:g}"))
    elif distribution == "logitnormal" and not 0.0 < low < high < 1.0:
        faults.append(("low", f"a logitnormal range must lie inside (0, 1), but is {low:g} to {high:g}"))
    return faults


def quantity_of(row: Mapping[str, str], where: str, with_unit: bool = True) -> Quantity:
    """The quantity written in a row; one InputError that names the place and the first faults."""
    faults = row_faults(row, with_unit)
    if faults:
        raise InputError(f"{where}: " + "; ".join(f"{column}: {message}" for column, message in faults[:_SHOWN]))
    return Quantity(
        value=float(row["value"]),
        low=float(row["low"]),
        high=float(row["high"]),
        **{column: row[column] for column in PARAMETER_COLUMNS if column not in NUMBERS},
    )


def row_of(quantity: Quantity) -> Row:
    """The cells of a quantity; numbers are written so that they read back exactly."""
    cells = {field.name: getattr(quantity, field.name) for field in fields(Quantity)}
    return {column: repr(float(cells[column])) if column in NUMBERS else cells[column] for column in PARAMETER_COLUMNS}


def load_parameter_file(path: str | Path) -> tuple[Quantity, ...]:
    """The rows of a `.tsv` table or of a YAML list; one error that lists what is wrong with the file."""
    path = Path(path)
    rows = _tsv_rows(path) if path.suffix.lower() in (".tsv", ".txt") else _yaml_rows(path)
    if not rows:
        raise InputError(f"Parameter file '{path}' holds no rows", f"rows with {', '.join(PARAMETER_COLUMNS)}")
    problems: list[str] = []
    seen: dict[tuple[str, str], str] = {}
    for place, row in rows:
        problems += [f"{place}, {column}: {message}" for column, message in row_faults(row)]
        key = (row["name"], row["subject"])
        if key in seen:
            problems.append(f"{place}: {row['name']} ({row['subject']}) stands already in {seen[key]}")
        seen.setdefault(key, place)
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise InputError(
            f"Parameter file '{path}' cannot be used: " + "; ".join(problems[:_SHOWN]) + more,
            "every number with unit, range, distribution, kind and source",
        )
    return tuple(quantity_of(row, f"{path}, {place}") for place, row in rows)


def write_parameter_file(path: str | Path, rows: Iterable[Quantity]) -> None:
    """Writes rows as a YAML list that `load_parameter_file` reads back unchanged; nothing if a row is not valid."""
    quantities = list(rows)
    listed: list[dict[str, Any]] = []
    for quantity in quantities:
        faults = row_faults(row_of(quantity))
        if faults:
            column, message = faults[0]
            raise InputError(f"{quantity.name or 'A row'} ({quantity.subject}) cannot be written: {column}: {message}")
        listed.append({column: getattr(quantity, column) for column in PARAMETER_COLUMNS})
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # ruamel annotates it as None
    try:
        with Path(path).open("w", encoding="utf-8") as stream:
            yaml.dump(listed, stream)
    except OSError as error:
        raise InputError(f"Parameter file '{path}' cannot be written ({error.strerror or error})") from error


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"Parameter file '{path}' is larger than {LARGEST_FILE // 1_000_000} MB", "a smaller file")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Parameter file '{path}' cannot be read ({error})", "a .tsv or .yaml file in UTF-8") from error


def _tsv_rows(path: Path) -> list[tuple[str, Row]]:
    try:
        table = parse_table("parameters", _text(path))
    except InputError as error:
        raise InputError(f"Parameter file '{path}': {error.came}", error.allowed, error.advice) from error
    if table.faults:
        line, message = table.faults[0]
        raise InputError(f"Parameter file '{path}', line {line} {message}", "one cell per column, separated by tabs")
    return [(f"row {number}", row) for number, row in enumerate(table.rows, start=1)]


def _yaml_rows(path: Path) -> list[tuple[str, Row]]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    text = _text(path)
    try:
        listed = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        detail = " ".join(str(error).split())[:200]
        raise InputError(f"Parameter file '{path}' is not valid YAML ({detail})", "a list of rows") from error
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        raise InputError(
            f"Parameter file '{path}' is not a list of rows", f"a list of mappings with {', '.join(PARAMETER_COLUMNS)}"
        )
    return [(f"row {number}", _yaml_row(path, number, row)) for number, row in enumerate(listed, start=1)]


def _yaml_row(path: Path, number: int, row: dict[Any, Any]) -> Row:
    cells = dict.fromkeys(PARAMETER_COLUMNS, "")
    for column, value in row.items():
        if column not in cells:
            raise InputError(
                f"Parameter file '{path}', row {number} has the unknown key '{column}'",
                ", ".join(PARAMETER_COLUMNS),
                suggestion(str(column), PARAMETER_COLUMNS),
            )
        numeric = column in NUMBERS
        allowed: tuple[type, ...] = (str, int, float) if numeric else (str,)
        if value is not None and (isinstance(value, bool) or not isinstance(value, allowed)):
            raise InputError(
                f"Parameter file '{path}', row {number}: {column} is {str(value)[:60]!r}",
                "a number" if numeric else "text",
            )
        try:
            cells[column] = "" if value is None else repr(value) if isinstance(value, (int, float)) else str(value).strip()
        except ValueError as error:  # an integer of thousands of digits cannot be written out
            raise InputError(f"Parameter file '{path}', row {number}: {column} is too long a number") from error
    return cells
