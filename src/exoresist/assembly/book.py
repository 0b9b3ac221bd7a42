"""The parameter book: every number a model uses, fetched from the catalogue once, with what it is used for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

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
        if quantity is not None and quantity.is_uncertain and count > 0:
            result[identifier] = _drawn(quantity, count, seed) * convert(1.0, quantity.unit, parameter.unit)
    return result


@lru_cache(maxsize=4096)
def _drawn(quantity: Quantity, count: int, seed: int) -> Array:
    """The central value of a row and its draws, in the row's unit: made once, whatever number of models ask."""
    generator = stream(seed, "draw", quantity.name, quantity.subject)
    places = (generator.permutation(count) + generator.random(count)) / count
    return np.array([quantity.value, *(quantity.quantile(float(u)) for u in places)])
