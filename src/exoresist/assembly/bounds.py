"""What a parameter may be: physical limits, and how far from everything the catalogue knows a number may lie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.core.quantity import Quantity
from exoresist.core.units import convert

FARTHEST = 1e6  # times the highest, or below the lowest, number known: wide enough for any limit one wants to try
TAIL = 1e-6  # probability beyond which no draw is taken
EXPONENTS = (0.1, 20.0)  # beyond, a Hill curve is a constant or a step
SPREAD_OF_LOGS = (0.0, 2.0)

# Numbers of these units are divided by, so zero is none of their values.
SIZES = ("nM", "h", "um", "um^2/cell", "mL/cell", "pmol", "pmol/cell", "g/mol", "pg/um^3", "um^2/s")
DIVISORS = ("arrest_threshold", "damage_threshold", "site_affinity")
# Folds that are inverted or taken the logarithm of.
FOLDS = (
    "max_repression",
    "mimic_fold",
    "mirna_target",
    "sponge_mirna",
    "cargo_hub",
    "hub_hub",
    "hub_process",
    "diameter_fold_hypoxia",
)
SHARES = ("phase_specific", "external_loading_observed")


@dataclass(frozen=True)
class Bounds:
    """Lowest and highest usable value, in `unit`; `zero` may be used whatever the lowest."""

    low: float
    high: float
    unit: str
    zero: bool = False

    def hold(self, value: float) -> bool:
        return self.low <= value <= self.high or (self.zero and value == 0.0)

    def reach(self, value: float) -> bool:
        """Whether a rare draw may go so far: the tails of a skewed range lie well outside it."""
        return min(self.low, 0.0) <= value <= (self.high if self.high == 1.0 else FARTHEST * self.high)

    def __str__(self) -> str:
        return f"{'0, or ' if self.zero else ''}{self.low:g} to {self.high:g} {self.unit}"


def bounds_of(catalog: Catalog, name: str) -> Bounds:
    """What the parameter may be, in the unit of its first row in the shipped catalogue."""
    named = [row for row in catalog.parameters() if row.name == name]
    rows = [row for row in named if row not in catalog.overlay] or named  # all rows of a name may be laid over
    unit = rows[0].unit
    if name.endswith("_hill"):
        return Bounds(*EXPONENTS, unit)
    if name == "diameter_sigma":
        return Bounds(*SPREAD_OF_LOGS, unit)
    if unit == "dimensionless" and _is_share(name, rows):
        return Bounds(0.0, 1.0, unit)
    ends = [convert(end, row.unit, unit) for row in rows for end in (row.low, row.value, row.high)]
    if min(ends) < 0.0:
        reach = 10.0 * max(abs(end) for end in ends)
        return Bounds(-reach, reach, unit)
    above_zero = [end for end in ends if end > 0.0]
    zero = unit not in SIZES and name not in (*DIVISORS, *FOLDS)
    return Bounds(min(above_zero) / FARTHEST, max(above_zero) * FARTHEST, unit, zero)


def _is_share(name: str, rows: Iterable[Quantity]) -> bool:
    return (
        name in SHARES or name.endswith("_fraction") or "_share" in name or any(row.distribution == "logitnormal" for row in rows)
    )


def check_value(catalog: Catalog, name: str, subject: str, value: float, unit: str) -> None:
    """Refuse a number that its parameter cannot be."""
    bounds = bounds_of(catalog, name)
    if not bounds.hold(convert(value, unit, bounds.unit)):
        raise InputError(f"parameter '{name}' ({subject}) is {value:g} {unit}", str(bounds), "Check the number and its unit")


def check_rows(catalog: Catalog, rows: Iterable[Quantity], file: str) -> None:
    """Refuse rows of a parameter file that do not fit the catalogue's unit, or that cannot be, draws included."""
    for row in rows:
        if not any(known.name == row.name for known in catalog.parameters()):
            raise _unknown(catalog, row, file)
        for source in (word.strip() for word in row.source.split(";")):
            if source in catalog.ids("sources") and catalog.source(source).retracted == "yes":
                came = f"{file}: {row.name} ({row.subject}) rests on '{source}', which is retracted"
                raise InputError(came, "sources that stand", "Take another source")
        bounds = bounds_of(catalog, row.name)
        try:
            factor = convert(1.0, row.unit, bounds.unit)
        except InputError as error:
            raise InputError(f"{file}: {row.name} ({row.subject}): {error.came}", error.allowed, error.advice) from None
        ends = [end for end in (row.value, row.low, row.high) if not bounds.hold(end * factor)]
        ends += [end for end in _tails(row) if not bounds.reach(end * factor)]
        if ends:
            raise InputError(
                f"{file}: {row.name} ({row.subject}) is {row.value:g} {row.unit} ({row.distribution}, {row.low:g} to "
                f"{row.high:g}), which reaches {ends[0]:g}",
                str(bounds),
                "Check the numbers and their unit",
            )


def _tails(row: Quantity) -> tuple[float, ...]:
    try:
        return row.quantile(TAIL), row.quantile(1.0 - TAIL)
    except (OverflowError, ValueError):
        return (float("inf"),)


def _unknown(catalog: Catalog, row: Quantity, file: str) -> InputError:
    from exoresist.core.errors import unknown_name

    error = unknown_name("Parameter", row.name, {known.name for known in catalog.parameters()})
    return InputError(f"{file}: {error.came}", error.allowed, error.advice)
