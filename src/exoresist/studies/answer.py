"""What a study returns and the report draws: plain data, nothing looked up, nothing simulated.

Every row is a dictionary with the columns named in `COLUMNS`; a number that could not be had is None, never NaN. Only
the standard library is used here, so that reading a stored answer costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

Row = dict[str, Any]

COLUMNS: dict[str, tuple[str, ...]] = {
    "arms": ("id", "label", "description", "role"),
    "ic50": (
        "arm", "population", "drug", "value", "low", "high", "unit", "hill", "top", "bottom", "auc", "gr50", "gr_max",
    ),
    "shifts": ("arm", "value", "low", "high"),
    "curves": ("arm", "dose", "survival", "low", "high"),
    "survivors": ("arm", "time", "population", "cells", "low", "high"),
    "diversity": ("arm", "time", "lineages", "shannon", "simpson", "effective"),
    "levels": (
        "arm", "time", "cargo", "copies_per_cell", "low", "high", "gained", "gained_low", "gained_high",
    ),
    "rises": (
        "arm", "peak_h", "peak_h_low", "peak_h_high", "level_4h_over_max", "level_4h_over_max_low",
        "level_4h_over_max_high", "added_h",
    ),
    "events": ("arm", "time", "what"),
    "titration": ("vesicles_per_cell", "fold", "low", "high"),
    "mass_balance": ("arm", "time", "place", "amount"),
    "plate": ("plate", "well", "arm", "drug", "dose", "dose_unit", "replicate", "time", "readout", "value"),
    "drivers": ("name", "subject", "low_effect", "high_effect"),
    "parameters": (
        "name", "subject", "value", "unit", "low", "high", "distribution", "kind", "source", "locator", "note",
        "used_by",
    ),
    "equations": ("law", "latex", "summary", "units", "source", "used_by"),
    "bibliography": ("id", "citation", "doi", "reasons"),
}  # fmt: skip
"""Columns of each table of an answer, in the order in which they are written."""


@dataclass(frozen=True)
class Estimate:
    """A number with its 90 % interval (5 % and 95 % points) over draws from the parameter ranges.

    value, low, high   in `unit`; None where the number does not exist (a curve that never crosses one half, say)
    unit               canonical unit; `dimensionless` for ratios
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    unit: str = "dimensionless"

    def to_dict(self) -> Row:
        """The estimate as a JSON-able dictionary; numbers that are not finite become None."""
        return {"value": plain(self.value), "low": plain(self.low), "high": plain(self.high), "unit": self.unit}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Estimate:
        """The inverse of `to_dict`."""
        return cls(data.get("value"), data.get("low"), data.get("high"), data.get("unit", "dimensionless"))


@dataclass
class Answer:
    """The answer of one study to one scenario. Units: nM, h, pmol, cell, particle/cell; ratios are dimensionless.

    sentences         the answer in words, most important first
    arms              `role` is reference, treated or control; all other tables name arms by `id`
    ic50_shift        IC50 of arm `shift_of` over that of arm `shift_against` (1: no shift)
    shifts            the same ratio for every arm against the reference arm
    curves            dose in nM; survival as a fraction of the untreated of the same arm
    survivors         cells per well over time at `time_course_dose` (nM)
    diversity         indices over the tumour's lineages, where an arm holds two or more; `effective`: exp(Shannon)
    levels, rises     an add-back's cargo per recipient cell over time (`gained`: above the first reading, with the
                      interval of the difference; may be absent); when it peaks and what share stands after 4 h
    events            what was done to an arm and when (h): vesicles added, vesicles washed out
    titration         IC50 fold of the recipients against vesicles added per recipient
    dose_gap          vesicles needed for half the effect over vesicles available
    mass_balance      amount of drug in pmol per well in each place
    plate             simulated wells as a plate reader's table would list them
    drivers           `low_effect`, `high_effect`: the IC50 shift with this parameter alone at either end of its range
    assumed_share     fraction (0 to 1) of the numbers used that are of kind assumed
    conservation      element -> largest relative error of its balance
    timing_s          wall time: one number, or stage -> number
    """

    name: str
    title: str = ""
    question: str = ""
    sentences: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    arms: list[Row] = field(default_factory=list)
    ic50: list[Row] = field(default_factory=list)
    ic50_shift: Estimate | None = None
    shift_of: str = ""
    shift_against: str = ""
    shifts: list[Row] = field(default_factory=list)
    curves: list[Row] = field(default_factory=list)
    survivors: list[Row] = field(default_factory=list)
    time_course_dose: float | None = None
    diversity: list[Row] = field(default_factory=list)
    levels: list[Row] = field(default_factory=list)
    rises: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    titration: list[Row] = field(default_factory=list)
    vesicles_available: Estimate | None = None
    vesicles_needed: Estimate | None = None
    mass_balance: list[Row] = field(default_factory=list)
    donor_membrane_equivalents: Estimate | None = None
    dose_gap: Estimate | None = None
    plate: list[Row] = field(default_factory=list)
    drivers: list[Row] = field(default_factory=list)
    parameters: list[Row] = field(default_factory=list)
    assumed_share: float | None = None
    equations: list[Row] = field(default_factory=list)
    bibliography: list[Row] = field(default_factory=list)
    conservation: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    seed: int | None = None
    timing_s: float | dict[str, float] | None = None
    catalog_hash: str = ""

    def to_dict(self) -> Row:
        """The whole answer as JSON-able data; NumPy numbers become Python's, those that are not finite become None."""
        return {
            item.name: value.to_dict() if isinstance(value := getattr(self, item.name), Estimate) else plain(value)
            for item in fields(self)
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Answer:
        """The inverse of `to_dict`. Raises ValueError for a key that no answer has."""
        known = {item.name for item in fields(cls)}
        if unknown := sorted(set(data) - known):
            raise ValueError(f"An answer has no field {', '.join(unknown)}; its fields are {', '.join(sorted(known))}.")
        estimates = ("ic50_shift", "vesicles_available", "vesicles_needed", "donor_membrane_equivalents", "dose_gap")
        values = dict(data)
        for name in estimates:
            if isinstance(values.get(name), Mapping):
                values[name] = Estimate.from_dict(values[name])
        return cls(**values)


def plain(value: Any) -> Any:
    """`value` with only dictionaries, lists, text, booleans, finite numbers and None in it."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy scalars and arrays, recognised without importing NumPy
        return plain(value.tolist())
    raise TypeError(f"An answer holds plain data only, not {type(value).__name__}.")
