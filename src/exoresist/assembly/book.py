"""The parameter book: every number a model uses, fetched from the catalogue once, with what it is used for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exoresist.catalog import Catalog
from exoresist.core.quantity import Quantity
from exoresist.core.random import stream
from exoresist.core.units import convert
from exoresist.network import Parameter

Array = NDArray[np.float64]


@dataclass
class Book:
    """Parameters of one network under construction.

    catalog    where numbers come from
    overrides  (name, subject) -> Quantity, from the scenario
    """

    catalog: Catalog
    overrides: Mapping[tuple[str, str], Quantity] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    used_by: dict[str, list[str]] = field(default_factory=dict)

    def quantity(self, name: str, *subjects: str) -> Quantity:
        """The row for the most special subject; an override of a row stands in its place."""
        for subject in subjects:
            if (name, subject) in self.overrides:
                return self.overrides[name, subject]
            if self.catalog.has_parameter(name, subject):
                return self.catalog.parameter(name, subject)
        return self.catalog.parameter(name, *subjects)

    def number(self, identifier: str, name: str, unit: str, *subjects: str, use: str = "") -> str:
        """Register a catalogue number as network parameter `identifier`, in `unit`; returns the identifier."""
        if identifier not in self.parameters:
            quantity = self.quantity(name, *subjects)
            value = convert(quantity.value, quantity.unit, unit)
            self.parameters[identifier] = Parameter(identifier, value, unit, quantity)
            self.used_by[identifier] = []
        if use and use not in self.used_by[identifier]:
            self.used_by[identifier].append(use)
        return identifier

    def plain(self, identifier: str, value: float, unit: str) -> str:
        """Register a number that the scenario sets (a volume, a stress): no provenance but the scenario."""
        if identifier not in self.parameters:
            self.parameters[identifier] = Parameter(identifier, float(value), unit)
        return identifier


def draws(parameters: Mapping[str, Parameter], count: int, seed: int) -> dict[str, Array]:
    """Values of every uncertain parameter: column 0 the central values, then `count` draws from the ranges.

    A catalogue row is drawn once, whatever the number of populations or arms that use it (Latin hypercube, keyed by row and seed).
    """
    result: dict[str, Array] = {}
    for identifier, parameter in parameters.items():
        quantity = parameter.quantity
        if quantity is None or not quantity.is_uncertain or count == 0:
            continue
        generator = stream(seed, "draw", quantity.name, quantity.subject)
        places = (generator.permutation(count) + generator.random(count)) / count
        values = [quantity.value, *(quantity.quantile(float(u)) for u in places)]
        factor = convert(1.0, quantity.unit, parameter.unit)
        result[identifier] = np.array(values) * factor
    return result
