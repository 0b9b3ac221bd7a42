"""Units at the edge: text in, canonical floats inside.

Canonical units, used by every number inside the package: time h, length um, volume mL, amount of substance pmol, concentration nM
(= pmol/mL), counts particle, cell, copy. Counts are dimensions of their own, so that copies per cell cannot be taken for particles.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any

from exoresist.core.errors import InputError

_NUMBER = re.compile(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*$")
_LARGEST = 1e30
_SMALLEST = 1e-60  # products of a few such numbers are still numbers


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry(autoconvert_offset_to_baseunit=False)
    # Counts are dimensions here, so that mistakes show. pint's own `particle` is a molecule and cannot be redefined, so ours
    # goes by another name inside (see _clean).
    registry.define("counted_particle = [particle]")
    registry.define("counted_cell = [cell]")
    registry.define("counted_copy = [copy]")
    return registry


_COUNTS = {
    "particle": "counted_particle",
    "particles": "counted_particle",
    "vesicle": "counted_particle",
    "vesicles": "counted_particle",
    "cell": "counted_cell",
    "cells": "counted_cell",
    "copy": "counted_copy",
    "copies": "counted_copy",
}


def _clean(unit: str) -> str:
    text = unit.strip().replace("µ", "u").replace("μ", "u").replace("·", "*").replace("^", "**")
    text = text.replace("%", "percent")
    text = re.sub(r"[A-Za-z_]+", lambda word: _COUNTS.get(word.group(), word.group()), text)
    return text if text not in ("", "1") else "dimensionless"


@lru_cache(maxsize=4096)
def _parsed(unit: str) -> Any:
    text = _clean(unit)
    if len(text) > 160 or not re.fullmatch(r"[A-Za-z0-9_ */().+\-]+", text):
        raise InputError(f"'{unit[:60]}' is not a unit", "for example nM, uM, h, 1/h, mL, particle/cell, pmol/cell")
    if re.search(r"\*\*\s*-?\d{2,}", text) or re.search(r"\d{4,}", text):
        raise InputError(f"'{unit[:60]}' is not a unit", "small whole powers only, for example um^2")
    if text.count("**") > 6 or re.search(r"\*\*[^*/]*\*\*|\)\s*\*\*|\*\*\s*\(", text):
        raise InputError(f"'{unit[:60]}' is not a unit", "small whole powers only, for example um^2")
    try:
        return _registry().parse_units(text)
    except Exception:  # pint raises many types for malformed text: all mean the same to the user
        pass
    try:
        quantity = _registry().parse_expression(text)
        if hasattr(quantity, "units") and quantity.magnitude == 1:
            return quantity.units
    except Exception:
        pass
    raise InputError(f"'{unit[:60]}' is not a unit", "for example nM, uM, h, 1/h, mL, particle/cell, pmol/cell")


@lru_cache(maxsize=4096)
def factor(from_unit: str, to_unit: str) -> float:
    """Multiplier that takes a value in `from_unit` to `to_unit`; InputError when the dimensions differ."""
    source, target = _parsed(from_unit), _parsed(to_unit)
    try:
        # 15 digits: "100 uM" is exactly 100000 nM, not one bit less.
        return float(f"{_registry().Quantity(1.0, source).to(target).magnitude:.15g}")
    except Exception as error:
        raise InputError(
            f"unit '{from_unit}' does not fit", f"a unit of the same kind as '{to_unit}'", "Check the unit"
        ) from error


def convert(value: float, from_unit: str, to_unit: str) -> float:
    """`value` in `from_unit`, expressed in `to_unit`."""
    return value * factor(from_unit, to_unit)


def same_dimension(first: str, second: str) -> bool:
    """Whether two unit texts measure the same kind of thing."""
    return bool(_parsed(first).dimensionality == _parsed(second).dimensionality)


@lru_cache(maxsize=4096)
def dimension(unit: str) -> tuple[tuple[str, float], ...]:
    """The unit's dimension as sorted (base dimension, power) pairs; empty for dimensionless."""
    return tuple(sorted((str(key), float(power)) for key, power in _parsed(unit).dimensionality.items() if power))


def canonical(unit: str) -> str:
    """The unit in which the package holds numbers of this kind; composite units are kept as written if already canonical."""
    for target in ("dimensionless", "h", "um", "mL", "pmol", "nM", "particle", "cell", "copy", "1/h", "mL/h"):
        if same_dimension(unit, target):
            return target
    return unit


def check_number(value: float, where: str) -> float:
    """`value` if it is a finite number of usable size, else InputError."""
    if not math.isfinite(value):
        raise InputError(f"{where}: '{value}' is not a finite number", "a finite number with a unit")
    if abs(value) > _LARGEST:
        raise InputError(f"{where}: {value:g} is too large to mean anything", f"at most {_LARGEST:g}")
    if 0.0 < abs(value) < _SMALLEST:
        raise InputError(f"{where}: {value:g} is too small to mean anything", f"0, or at least {_SMALLEST:g}")
    return value


def parse_quantity(text: object, unit: str, where: str = "value") -> float:
    """The number written as text with a unit, in `unit`.

    text   e.g. "100 nM", "2.5e-9 mL", "3 particle/cell"; a bare number is accepted only where `unit` is dimensionless
    unit   unit of the returned value
    where  what the number is for, named in the error
    """
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        raise InputError(f"{where}: '{text}' is not a quantity", f"a number with a unit, for example '1 {unit}'")
    bare = _parsed(unit).dimensionless
    if isinstance(text, (int, float)):
        if bare:
            return check_number(float(text), where)
        raise InputError(f"{where}: {text} has no unit", f"a unit like '{unit}'", f"Write for example '{text} {unit}'")
    match = _NUMBER.match(text)
    if not match:
        raise InputError(f"{where}: '{text[:60]}' is not a quantity", f"a number with a unit, for example '1 {unit}'")
    number, given = float(match.group(1)), match.group(2)
    if not given and not bare:
        raise InputError(f"{where}: '{text}' has no unit", f"a unit like '{unit}'", f"Write for example '{number:g} {unit}'")
    try:
        check_number(number, "value")
        return check_number(convert(number, given or "dimensionless", unit), "value")
    except InputError as error:
        came = error.came.removeprefix("value: ")
        raise InputError(f"{where}: '{text[:60]}': {came}", error.allowed, error.advice) from None
