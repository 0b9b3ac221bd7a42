"""Numbers of a network that a fit elsewhere may move: their bounds and what is expected of them, in the forms that PEtab knows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from exoresist.assembly.assay import FitParameter
from exoresist.assembly.build import Model
from exoresist.core.errors import InputError, unknown_name
from exoresist.core.quantity import Quantity
from exoresist.core.units import convert
from exoresist.network import Network

_Z95 = 1.6448536269514722
WIDER = 2.0  # bounds lie this many times as far from the middle as the 5 % and 95 % points


@dataclass(frozen=True)
class SharedNumber:
    """One number of the problem.

    id           as the parameter table has it
    quantity     the catalogue's row; None: only readings depend on it
    prior        name of the distribution and its numbers; empty: none
    """

    id: str
    quantity: Quantity | None
    nominal: float
    low: float
    high: float
    unit: str
    estimate: bool = True
    prior: str = ""
    prior_numbers: tuple[float, ...] = ()

    def places(self, network: Network) -> dict[str, float]:
        """Parameters of a network that take factor · value: identifier -> factor. An arm that sets one to its own value keeps it."""
        if self.quantity is None:
            return {}
        return {
            identifier: convert(1.0, self.quantity.unit, part.unit)
            for identifier, part in network.parameters.items()
            if part.quantity == self.quantity
        }


def shared_numbers(models: Iterable[Model], wanted: Iterable[str], entries: Iterable[FitParameter] = ()) -> list[SharedNumber]:
    """Numbers with a range, each standing for every parameter of the networks that takes it.

    wanted   what is to be estimated: `name`, or `name subject` where several things have a number of that name
    entries  what a scenario fits, some with ranges of their own
    raises  InputError for a name that no network holds, or that is fixed
    """
    rows: dict[tuple[str, str], Quantity] = {}
    for model in models:
        for part in model.network.parameters.values():
            quantity = part.quantity
            if quantity is not None and quantity.name:
                known = rows.get((quantity.name, quantity.subject))
                if known is None or not known.is_uncertain:
                    rows[quantity.name, quantity.subject] = quantity
    held = dict(rows)
    chosen: list[tuple[str, str]] = []
    wanted = [*wanted, *(f"{entry.name} {entry.subject}" for entry in entries)]
    for entry in entries:
        key = (entry.name, entry.subject)
        if key in rows and entry.value is not None and entry.low is not None and entry.high is not None:
            low, value, high = (convert(part.number, part.unit, rows[key].unit) for part in (entry.low, entry.value, entry.high))
            rows[key] = replace(rows[key], value=value, low=low, high=high, distribution="lognormal" if low > 0.0 else "normal")
    for text in wanted:
        name, _, subject = text.strip().partition(" ")
        found = [key for key in rows if key[0] == name and subject in ("", key[1])]
        if not found:
            raise unknown_name("Number of this scenario", text, [" ".join(key) for key in rows])
        chosen += [key for key in found if key not in chosen]
    numbers = []
    for key in chosen:
        quantity = rows[key]
        if not quantity.is_uncertain:
            raise InputError(f"'{' '.join(key)}' has no range in the catalogue", "numbers with a range", "Leave it out")
        numbers.append(replace(_of_quantity(quantity), quantity=held[key]))
    return distinct(numbers)


def _of_quantity(quantity: Quantity) -> SharedNumber:
    low, value, high = quantity.low, quantity.value, quantity.high
    name = plain_id(quantity.name, quantity.subject)
    given = SharedNumber(name, quantity, value, low, high, quantity.unit)
    if quantity.distribution in ("uniform", "loguniform"):
        return replace(
            given, prior={"uniform": "uniform", "loguniform": "log-uniform"}[quantity.distribution], prior_numbers=(low, high)
        )
    if quantity.distribution == "lognormal":
        middle, ends = math.log(value), (math.log(low), math.log(high))
        bounds = [math.exp(middle + WIDER * (end - middle)) for end in ends]
        width = (ends[1] - ends[0]) / (2.0 * _Z95)
        return replace(given, low=bounds[0], high=bounds[1], prior="log-normal", prior_numbers=(middle, width))
    width = (high - low) / (2.0 * _Z95)
    below, above = value + WIDER * (low - value), value + WIDER * (high - value)
    if quantity.distribution == "logitnormal":  # PEtab has none: a normal one, cut to shares
        below, above = max(below, 0.0), min(above, 1.0)
    elif low >= 0.0:
        below = max(below, 0.0)
    return replace(given, low=below, high=above, prior="normal", prior_numbers=(value, width))


def plain_id(*words: str) -> str:
    """Letters, digits and underscores, as PEtab wants identifiers."""
    text = re.sub(r"[^A-Za-z0-9]+", "_", "_of_".join(word for word in words if word)).strip("_")
    return text if re.match(r"[A-Za-z]", text) else f"n_{text}"


def distinct(numbers: list[SharedNumber]) -> list[SharedNumber]:
    """Names that would be alike get a number."""
    taken: dict[str, int] = {}
    result = []
    for one in numbers:
        taken[one.id] = taken.get(one.id, 0) + 1
        result.append(one if taken[one.id] == 1 else replace(one, id=f"{one.id}_{taken[one.id]}"))
    return result
