"""Unit check of laws: placeholders are bound by what feeds them, everything else must agree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from exoresist.core.errors import ModelError
from exoresist.core.units import dimension
from exoresist.laws.registry import Law

Dimension = dict[str, float]


@lru_cache(maxsize=1024)
def _tokens(unit: str) -> tuple[tuple[str, int], ...]:
    """Split a law's unit into (token, +1 or -1); parentheses hold no placeholders."""
    if "$" not in unit:
        return ((unit, 1),)
    found = re.findall(r"([*/]?)\s*([^*/]+)", unit)
    return tuple((token.strip(), -1 if sign == "/" else 1) for sign, token in found)


def _combined(unit: str, bound: Mapping[str, Dimension]) -> tuple[Dimension, list[tuple[str, int]]]:
    """Dimension of the known part, and the placeholders still open with their power."""
    known: Dimension = {}
    open_tokens: list[tuple[str, int]] = []
    for token, sign in _tokens(unit):
        if token.startswith("$") and token not in bound:
            open_tokens.append((token, sign))
            continue
        part = bound[token] if token.startswith("$") else dict(dimension(token))
        for base, power in part.items():
            known[base] = known.get(base, 0.0) + sign * power
    return {base: power for base, power in known.items() if power}, open_tokens


def text(value: Mapping[str, float]) -> str:
    return " ".join(f"{base.strip('[]')}^{power:g}" for base, power in sorted(value.items())) or "dimensionless"


def check_law(law: Law, given: Mapping[str, Dimension], where: str) -> Dimension:
    """Dimension of the law's result for inputs of the given dimensions.

    Raises ModelError naming the argument whose unit does not fit.
    """
    bound: dict[str, Dimension] = {}
    waiting = list(law.arguments)
    while waiting:
        left = []
        for argument in waiting:
            known, open_tokens = _combined(law.units[argument], bound)
            if not open_tokens:
                if known != given[argument]:
                    raise ModelError(
                        f"{where}: argument '{argument}' of law '{law.name}' is measured in {law.units[argument]} "
                        f"({text(known)}) but is fed with {text(given[argument])}. Check the unit of what feeds it."
                    )
            elif len(open_tokens) == 1:
                token, sign = open_tokens[0]
                rest = dict(given[argument])
                for base, power in known.items():
                    rest[base] = rest.get(base, 0.0) - power
                bound[token] = {base: sign * power for base, power in rest.items() if power}
            else:
                left.append(argument)
        if len(left) == len(waiting):
            raise ModelError(f"{where}: the units of law '{law.name}' cannot be resolved. Give plainer units.")
        waiting = left
    result, open_tokens = _combined(law.returns, bound)
    if open_tokens:
        raise ModelError(f"{where}: law '{law.name}' returns an open unit {law.returns}.")
    return result
