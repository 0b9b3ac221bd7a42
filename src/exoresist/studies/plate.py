"""A plate as a laboratory would see it: simulated survivors dealt into wells and read with noise, and the way back.

`plate_rows` makes the table, `viability_from_plate` turns such a table (simulated or measured) into viabilities.
Physics is swapped by passing another layout function or another `ReadoutNoise`, not by an option word.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exoresist.core.errors import InputError
from exoresist.core.random import stream

if TYPE_CHECKING:
    import numpy as np

    Layout = Callable[[Sequence[str], np.random.Generator], list[str]]

Row = dict[str, Any]

COLUMNS = ("plate", "well", "arm", "drug", "dose", "dose_unit", "replicate", "time", "readout", "value")
BLANK = "blank"  # the arm of wells without cells


@dataclass(frozen=True)
class PlateFormat:
    """A rectangular plate: rows are letters from A, columns are numbers from 1."""

    rows: int
    columns: int

    def __post_init__(self) -> None:
        if not (1 <= self.rows <= len(string.ascii_uppercase) and self.columns >= 1):
            came = f"A plate of {self.rows} x {self.columns} wells"
            raise InputError(came, "1 to 26 rows and at least one column", "Use PLATE_96 or PLATE_384.")

    def wells(self, edge: bool = True) -> list[str]:
        """Names row by row, A1 first; without the outer ring where `edge` is False (edge wells evaporate faster)."""
        inset = 0 if edge else 1
        return [
            f"{string.ascii_uppercase[row]}{column + 1}"
            for row in range(inset, self.rows - inset)
            for column in range(inset, self.columns - inset)
        ]


PLATE_96 = PlateFormat(8, 12)
PLATE_384 = PlateFormat(16, 24)


def ordered_layout(wells: Sequence[str], generator: np.random.Generator) -> list[str]:
    """Wells in reading order: easy to pipette, and confounded with position."""
    return list(wells)


def randomised_layout(wells: Sequence[str], generator: np.random.Generator) -> list[str]:
    """Wells in random order, another one on every plate."""
    return [wells[int(place)] for place in generator.permutation(len(wells))]


@dataclass(frozen=True)
class ReadoutNoise:
    """How a reader sees a well.

    value = signal * plate_factor * well_factor + background + additive * z

    multiplicative  standard deviation of the natural log of well_factor (log-normal, mean 1), dimensionless
    between_plates  the same for plate_factor, shared by all wells of a plate
    additive        standard deviation of the reader's noise, unit of the readout (may make a value negative)
    background      signal of a well without cells, unit of the readout
    """

    multiplicative: float = 0.05
    additive: float = 0.0
    between_plates: float = 0.0
    background: float = 0.0

    def __post_init__(self) -> None:
        values = (self.multiplicative, self.additive, self.between_plates, self.background)
        if not all(math.isfinite(value) and value >= 0 for value in values):
            raise InputError(f"Readout noise {values}", "finite numbers of zero or more", "Correct the noise.")


@dataclass(frozen=True)
class PlateDesign:
    """How wells are used.

    plate_format  PLATE_96, PLATE_384 or another PlateFormat
    layout        ordered_layout, randomised_layout or another function
    replicates    wells per arm and dose;  blanks  wells without cells per plate
    edge_wells    True uses the outer ring as well
    noise         ReadoutNoise
    """

    plate_format: PlateFormat = PLATE_96
    layout: Layout = randomised_layout
    replicates: int = 3
    blanks: int = 0
    edge_wells: bool = False
    noise: ReadoutNoise = field(default_factory=ReadoutNoise)


_DEFAULT_DESIGN = PlateDesign()


def plate_rows(
    survivors: Mapping[str, Mapping[float, float]],
    drug: str,
    seed: int,
    *,
    time: float,
    dose_unit: str = "nM",
    readout: str = "cells",
    design: PlateDesign = _DEFAULT_DESIGN,
) -> list[Row]:
    """Deal every arm and dose into wells and read them.

    survivors  arm -> dose -> signal of one well (cells or any readout), finite and >= 0; include dose 0, the untreated
    drug       name written into every row;  dose_unit  unit of the doses
    time       h, when the plate is read;  readout  name of the signal
    returns    rows with `COLUMNS`, in the order of plates and wells. One plate if all replicates fit, else as many
               whole replicates per plate as fit, so that every plate holds its own untreated wells
    limits     without noise and background every value is the survivor count itself
    random     layout keyed (seed, 'plate layout', plate); well noise keyed (seed, 'plate noise', arm, dose, replicate):
               a well keeps its noise when arms are added or the layout changes
    raises     InputError for unusable input, or when one replicate does not fit a plate
    """
    conditions = _checked_conditions(survivors)
    wells = design.plate_format.wells(design.edge_wells)
    if design.replicates < 1 or design.blanks < 0:
        came = f"{design.replicates} replicates, {design.blanks} blanks"
        raise InputError(came, "at least one replicate, no negative number", "Correct the design.")
    per_plate = (len(wells) - design.blanks) // len(conditions)
    if per_plate < 1:
        raise InputError(
            f"{len(conditions)} conditions and {design.blanks} blanks for {len(wells)} wells",
            "one well for each on every plate",
            "Use PLATE_384, edge wells, or fewer doses.",
        )
    rows: list[Row] = []
    for plate, first in enumerate(range(1, design.replicates + 1, per_plate), 1):
        content = [
            (arm, dose, signal, replicate)
            for replicate in range(first, min(first + per_plate, design.replicates + 1))
            for arm, dose, signal in conditions
        ]
        content += [(BLANK, 0.0, 0.0, blank) for blank in range(1, design.blanks + 1)]
        order = design.layout(wells, stream(seed, "plate layout", plate))
        if sorted(order) != sorted(wells):
            raise InputError("A layout that loses or repeats wells", "the same wells in another order", "Correct it.")
        factor = _log_normal(design.noise.between_plates, stream(seed, "plate factor", plate))
        read = [
            {
                "plate": plate,
                "well": well,
                "arm": arm,
                "drug": drug,
                "dose": dose,
                "dose_unit": dose_unit,
                "replicate": replicate,
                "time": float(time),
                "readout": readout,
                "value": _reading(signal * factor, design.noise, _noise_stream(seed, plate, arm, dose, replicate)),
            }
            for well, (arm, dose, signal, replicate) in zip(order, content, strict=False)
        ]
        position = {well: place for place, well in enumerate(wells)}
        rows += sorted(read, key=lambda row: position[row["well"]])
    return rows


def viability_from_plate(rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Viability of every arm and dose: the inverse of `plate_rows`.

    viability of a well = (value - blank) / (untreated - blank)

    blank and untreated are means over the same plate, time and readout; untreated over the same arm and drug at dose 0.

    rows     mappings with `COLUMNS` (further ones are ignored), for instance `frame.to_dict("records")` of a table
    returns  rows arm, drug, dose, dose_unit, time, readout, viability, standard_deviation (between wells; 0 for one),
             replicates; in order of arm (first seen), drug, readout, time and dose
    limits   1 at dose 0 on average; without noise exactly the survivors over the untreated survivors
    raises   InputError for a missing column, values that are no finite numbers, or a plate without usable untreated
             wells
    """
    table = [_checked_row(number, row) for number, row in enumerate(rows, 1)]
    if not any(row["arm"] != BLANK for row in table):
        raise InputError("A plate table without wells that hold cells", "at least one", "Check the file.")
    blanks: dict[tuple[Any, ...], list[float]] = {}
    untreated: dict[tuple[Any, ...], list[float]] = {}
    for row in table:
        if row["arm"] == BLANK:
            blanks.setdefault(_plate_key(row), []).append(row["value"])
        elif row["dose"] == 0:
            untreated.setdefault(_control_key(row), []).append(row["value"])
    groups: dict[tuple[Any, ...], list[float]] = {}
    for row in table:
        if row["arm"] == BLANK:
            continue
        blank = _mean(blanks.get(_plate_key(row), [0.0]))
        where = f"arm '{row['arm']}', plate {row['plate']}, {row['time']:g} h"
        if _control_key(row) not in untreated:
            raise InputError(f"No untreated well for {where}", "wells of dose 0 on every plate", "Add them.")
        full = _mean(untreated[_control_key(row)]) - blank
        if full <= 0:
            came = f"Untreated wells of {where} that read {full:g} above the blank"
            raise InputError(came, "more than the blank", "Check the blanks and the control.")
        key = tuple(row[name] for name in ("arm", "drug", "readout", "time", "dose", "dose_unit"))
        groups.setdefault(key, []).append((row["value"] - blank) / full)
    arms = {arm: place for place, arm in enumerate(dict.fromkeys(row["arm"] for row in table))}
    ordered = sorted(groups, key=lambda key: (arms[key[0]], *key[1:]))
    return [_summary(key, groups[key]) for key in ordered]


def _checked_conditions(survivors: Mapping[str, Mapping[float, float]]) -> list[tuple[str, float, float]]:
    """Arm, dose and signal of every condition, doses rising within an arm."""
    conditions = []
    for arm, by_dose in survivors.items():
        if arm == BLANK:
            raise InputError(f"An arm named '{BLANK}'", "any other name", "Wells without cells are asked for by `blanks`.")
        for dose, signal in sorted(by_dose.items()):
            for value, what in ((dose, "dose"), (signal, "signal")):
                if not _is_number(value) or value < 0:
                    raise InputError(f"A {what} of {value!r} in arm '{arm}'", "finite, zero or more", "Correct it.")
            conditions.append((arm, float(dose), float(signal)))
    if not conditions:
        raise InputError("No survivors to put on a plate", "at least one arm and dose", "Run the simulation first.")
    return conditions


def _is_number(value: object) -> bool:
    try:
        return math.isfinite(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False


def _noise_stream(seed: int, plate: int, arm: str, dose: float, replicate: int) -> Iterator[float]:
    """Standard normal draws of one well. Blanks come again on every plate, other replicates only once."""
    where = plate if arm == BLANK else ""
    generator = stream(seed, "plate noise", where, arm, repr(float(dose)), replicate)
    while True:
        yield float(generator.standard_normal())


def _reading(signal: float, noise: ReadoutNoise, draws: Iterator[float]) -> float:
    spread = noise.multiplicative
    factor = math.exp(spread * next(draws) - 0.5 * spread**2)
    return signal * factor + noise.background + noise.additive * next(draws)


def _log_normal(spread: float, generator: np.random.Generator) -> float:
    """One log-normal draw of mean 1."""
    return math.exp(spread * float(generator.standard_normal()) - 0.5 * spread**2)


def _checked_row(number: int, row: Mapping[str, Any]) -> Row:
    missing = [name for name in COLUMNS if name not in row]
    if missing:
        allowed = "columns " + ", ".join(COLUMNS)
        raise InputError(f"Row {number} of the plate has no '{missing[0]}'", allowed, "Add the column.")
    checked = dict(row)
    for name in ("dose", "time", "value"):
        if not _is_number(row[name]) or (name == "dose" and float(row[name]) < 0):
            came = f"{name} {row[name]!r} in row {number} of the plate (well {row['well']})"
            raise InputError(came, "a finite number, doses of zero or more", "Correct or leave out the well.")
        checked[name] = float(row[name])
    return checked


def _plate_key(row: Row) -> tuple[Any, ...]:
    return row["plate"], row["time"], row["readout"]


def _control_key(row: Row) -> tuple[Any, ...]:
    return *_plate_key(row), row["arm"], row["drug"]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _summary(key: tuple[Any, ...], values: list[float]) -> Row:
    arm, drug, readout, time, dose, dose_unit = key
    mean, count = _mean(values), len(values)
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1) if count > 1 else 0.0
    return {
        "arm": arm,
        "drug": drug,
        "dose": dose,
        "dose_unit": dose_unit,
        "time": time,
        "readout": readout,
        "viability": mean,
        "standard_deviation": math.sqrt(variance),
        "replicates": count,
    }
