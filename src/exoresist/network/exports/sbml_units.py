"""Units of a network as SBML unit definitions, built from dimensions so that like units share one definition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from exoresist.core.errors import InputError
from exoresist.core.units import dimension, factor

# base dimension -> (canonical unit, SBML kind, scale, multiplier); length stands apart because volumes are held in mL
_BASES: dict[str, tuple[str, str, int, float]] = {
    "[substance]": ("pmol", "mole", -12, 1.0),
    "[particle]": ("particle", "item", 0, 1.0),
    "[cell]": ("cell", "item", 0, 1.0),
    "[copy]": ("copy", "item", 0, 1.0),
    "[mass]": ("g", "gram", 0, 1.0),
    "[temperature]": ("K", "kelvin", 0, 1.0),
    "[current]": ("A", "ampere", 0, 1.0),
    "[time]": ("h", "second", 0, 3600.0),
}
_VOLUME = ("mL", "litre", -3, 1.0)
_LENGTH = ("um", "metre", -6, 1.0)
Factor = tuple[str, str, int, float, float]  # canonical unit, SBML kind, scale, multiplier, power


def factors(dimensions: Mapping[str, float]) -> list[Factor] | None:
    """Canonical units and powers of a dimension; None for a dimension that SBML knows no unit of."""
    found: list[Factor] = []
    for base in [*_BASES, "[length]"]:
        power = dimensions.get(base, 0.0)
        if not power:
            continue
        if base == "[length]" and power % 3 == 0:
            found.append((*_VOLUME, power / 3))
        else:
            found.append((*(_LENGTH if base == "[length]" else _BASES[base]), power))
    return found if set(dimensions) <= {*_BASES, "[length]"} else None


def is_item(dimensions: Mapping[str, float]) -> bool:
    """Whether an amount counts things (particles, cells, copies), the model's unit of extent."""
    counts = sum(dimensions.get(base, 0.0) for base in ("[particle]", "[cell]", "[copy]"))
    return counts == 1 and set(dimensions) <= {"[particle]", "[cell]", "[copy]"}


class UnitTable:
    """Unit definitions of one SBML model, written when first needed."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._known: dict[tuple[object, ...], str] = {}
        self._taken: set[str] = set()

    def of(self, unit: str) -> str:
        """Identifier of the definition of a unit given as text; empty where SBML has none."""
        dimensions = dict(dimension(unit))
        parts = factors(dimensions)
        if parts is None:
            return ""
        canonical = "*".join(f"{name}**{power:g}" for name, _, _, _, power in parts) or "dimensionless"
        try:
            return self._define(parts, factor(unit, canonical), unit)
        except InputError:  # an offset scale such as degC: a number without a unit is better than a wrong unit
            return ""

    def of_dimension(self, dimensions: Mapping[str, float]) -> str:
        """Identifier of the definition of a canonical unit with the given dimension."""
        parts = factors(dimensions)
        return "" if parts is None else self._define(parts, 1.0, "")

    def _define(self, parts: list[Factor], multiplier: float, text: str) -> str:
        if not parts and multiplier == 1.0:
            return "dimensionless"
        key = (tuple(parts), multiplier)
        if key in self._known:
            return self._known[key]
        name = _name(parts) if multiplier == 1.0 else re.sub(r"[^A-Za-z0-9]+", "_", f"unit_{text}").strip("_")
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        self._known[key] = name
        definition = self._model.createUnitDefinition()
        definition.setId(name)
        if multiplier != 1.0:
            self._add(definition, "dimensionless", 0, multiplier, 1.0)
        for _, kind, scale, times, power in parts:
            self._add(definition, kind, scale, times, power)
        return name

    @staticmethod
    def _add(definition: Any, kind: str, scale: int, multiplier: float, power: float) -> None:
        import libsbml

        unit = definition.createUnit()
        unit.setKind(libsbml.UnitKind_forName(kind))
        unit.setScale(scale)
        unit.setMultiplier(multiplier)
        unit.setExponent(power)


def _name(parts: list[Factor]) -> str:
    powers = {name: power for name, _, _, _, power in parts}
    if powers == {"pmol": 1.0, "mL": -1.0}:
        return "nM"

    def word(name: str, power: float) -> str:
        shown = f"{power:g}".replace(".", "_")
        return name if power == 1 else f"{name}{shown}"

    above = [word(name, power) for name, power in powers.items() if power > 0]
    below = [f"per_{word(name, -power)}" for name, power in powers.items() if power < 0]
    return "_".join([*above, *below])
