"""Numbers of a tissue: read from the scenario's overrides, then the catalogue, and remembered for the report."""

from __future__ import annotations

from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.core.quantity import Quantity
from exoresist.core.units import convert


class Numbers:
    """Reads the catalogue and remembers what was read.

    used        (row, what it is used for)
    overridden  (name, subject) of overrides that were used
    """

    def __init__(self, scenario: Scenario, catalog: Catalog) -> None:
        self.catalog = catalog
        self.used: list[tuple[Quantity, str]] = []
        self.overridden: set[tuple[str, str]] = set()
        self._overrides = {(entry.name, entry.subject): entry for entry in scenario.parameters}

    def has(self, name: str, subject: str) -> bool:
        """Whether the scenario or the catalogue has a row of exactly this subject."""
        return (name, subject) in self._overrides or self.catalog.has_parameter(name, subject)

    def __call__(self, name: str, unit: str, *subjects: str, use: str) -> float:
        """The number of the first subject that has one, in a unit. Raises InputError where none has."""
        for subject in subjects:
            override = self._overrides.get((name, subject))
            if override is not None:
                self.overridden.add((name, subject))
                number, given = override.value
                return convert(number, given, unit)
            if self.catalog.has_parameter(name, subject):
                row = self.catalog.parameter(name, subject)
                self.used.append((row, use))
                return convert(row.value, row.unit, unit)
        raise InputError(
            f"the catalogue has no '{name}' of {' or '.join(subjects)}", "a row of parameters.tsv", "Give it under `parameters`"
        )
