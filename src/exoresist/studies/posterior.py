"""Draws of parameters from a file: a posterior that a fit has left, in place of draws from the catalogue's ranges.

One row per draw, one column per catalogue row, named `name@subject` (`damage_rate@drug:doxorubicin`), in the unit of that row.
Numbers without a column stay at their central values, as they were in the fit: intervals hold given those.
"""

from __future__ import annotations

import csv
import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.bounds import check_value
from exoresist.assembly.build import Model
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError, suggestion
from exoresist.core.units import convert
from exoresist.studies.ensemble import Ensemble

Array = NDArray[np.float64]
Row = tuple[str, str]
LEAST_DRAWS = 2
KINDS = "a .parquet or .csv file with columns name@subject, one row per draw"


@dataclass(frozen=True)
class Posterior(Ensemble):
    """Draws from a file: position 0 holds the medians, as the central set.

    given  catalogue row (name, subject) -> (count + 1,) values in the row's unit
    units  catalogue row -> that unit
    other  columns of parameters that the catalogue does not know: of a read-out, of noise, of one experiment
    """

    given: Mapping[Row, Array] = field(default_factory=dict)
    units: Mapping[Row, str] = field(default_factory=dict)
    other: tuple[str, ...] = ()

    def values(self, model: Model) -> dict[str, Array]:
        """Parameter -> (sets,) values of every number of a model that the file holds."""
        result: dict[str, Array] = {}
        for identifier, parameter in model.network.parameters.items():
            quantity = parameter.quantity
            if quantity is None:
                continue
            row = quantity.name, quantity.subject
            if row in self.given:
                result[identifier] = self.given[row][self._picked] * convert(1.0, self.units[row], parameter.unit)
        return result

    def unused(self, models: Iterable[Model], also: Iterable[Row] = ()) -> list[str]:
        """Columns that no number of the models reads. Raises InputError where none is read: the draws would all be the centre.

        also  (name, subject) of numbers that are read outside the networks, as a tissue's own are
        """
        read = {
            (part.quantity.name, part.quantity.subject)
            for model in models
            for part in model.network.parameters.values()
            if part.quantity
        } | set(also)
        left = [f"{name}@{subject}" for name, subject in self.given if (name, subject) not in read]
        if len(left) == len(self.given):
            near = suggestion(left[0], [f"{name}@{subject}" for name, subject in read])
            raise InputError(
                f"no column of the posterior is a number of this scenario: {', '.join(left[:5])}", "columns that it reads", near
            )
        return [*left, *self.other]


def read_posterior(path: Path, catalog: Catalog, seed: int, most: int | None = None) -> Posterior:
    """The draws of a file, at most the first `most` (evenly taken).

    A subject need not have a row of its own (a scenario may give it one); what is no parameter of the catalogue is kept as `other`.
    Raises InputError for a file that cannot be read or holds no parameter, and for values that are missing or cannot be.
    """
    columns = _columns(path)
    given: dict[Row, Array] = {}
    units: dict[Row, str] = {}
    names = {row.name for row in catalog.parameters()}
    other: list[str] = []
    for title, values in columns.items():
        name, at, subject = title.partition("@")
        if not at:
            continue  # a chain's number, a log probability: nothing of the model
        if name not in names or "@" in subject:  # name@subject@experiment: of one experiment of the fit, not of another scenario
            other.append(title)
            continue
        if not np.all(np.isfinite(values)):
            raise InputError(f"{path}: column '{title}' holds values that are missing or not finite", "a number in every row")
        row = catalog.parameter(name, subject) if catalog.has_parameter(name, subject) else catalog.parameter(name)
        for end in (float(values.min()), float(values.max())):
            check_value(catalog, name, subject, end, row.unit)
        given[name, subject], units[name, subject] = values, row.unit
    if not given:
        near = suggestion(other[0].partition("@")[0], names) if other and other[0].partition("@")[0] not in names else ""
        raise InputError(f"{path} has no column of parameters", "columns name@subject such as damage_rate@drug:doxorubicin", near)
    count = len(next(iter(given.values())))
    if count < LEAST_DRAWS:
        raise InputError(f"{path} holds {count} draws", f"{LEAST_DRAWS} or more")
    picked = np.arange(count)
    if most is not None and most < count:
        picked = np.unique(np.linspace(0, count - 1, most).round().astype(int))
    # The medians of all draws, not of those taken, are the central set.
    laid = {row: np.array([np.median(values), *values[picked]]) for row, values in given.items()}
    return Posterior(len(picked), seed, given=laid, units=units, other=tuple(other))


def _columns(path: Path) -> dict[str, Array]:
    if not path.is_file():
        raise InputError(f"--posterior '{path}' is no file", KINDS)
    if path.suffix == ".parquet":
        return _parquet(path)
    if path.suffix != ".csv":
        raise InputError(f"--posterior '{path}' ends in '{path.suffix}'", KINDS)
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            table = list(csv.reader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"--posterior '{path}' cannot be read: {error}", KINDS) from None
    if len(table) < 2 or any(len(line) != len(table[0]) for line in table):
        raise InputError(f"--posterior '{path}' is no table with a header and rows of one length", KINDS)
    if len(set(table[0])) != len(table[0]):
        raise InputError(f"--posterior '{path}' names a column twice", "each once")
    return {title: _numbers([line[place] for line in table[1:]]) for place, title in enumerate(table[0])}


def _parquet(path: Path) -> dict[str, Array]:
    parquet = importlib.import_module("pyarrow.parquet")  # has no type stubs
    arrow = importlib.import_module("pyarrow")
    try:
        table = parquet.read_table(path)
    except (OSError, arrow.ArrowException) as error:
        raise InputError(f"--posterior '{path}' cannot be read: {str(error).splitlines()[0]}", KINDS) from None
    return {str(title): _numbers(table.column(place).to_pylist()) for place, title in enumerate(table.column_names)}


def _numbers(cells: list[object]) -> Array:
    """Cells as numbers; what is none becomes NaN, which is refused where the column is one of parameters."""

    def number(cell: object) -> float:
        try:
            return float(cell)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return float("nan")

    return np.array([number(cell) for cell in cells], dtype=float)
