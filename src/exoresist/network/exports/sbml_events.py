"""Events of a network as assignments that all read the state before the event, which is how SBML executes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from exoresist.core.errors import ModelError
from exoresist.network.exports.formula import writable
from exoresist.network.parts import Event
from exoresist.network.wiring import carried, element_id

if TYPE_CHECKING:
    from exoresist.network.network import Network


def linear_changes(network: Network, event: Event) -> dict[str, tuple[dict[str, float], float]]:
    """Pool -> (weights of the pools before the event, constant): removals in order, then additions, as one step.

    Raises ModelError for amounts that differ between parameter sets: an SBML model is one set.
    """
    now: dict[str, tuple[dict[str, float], float]] = {}

    def state(pool: str) -> tuple[dict[str, float], float]:
        return now.get(pool, ({pool: 1.0}, 0.0))

    for name, fraction in event.remove.items():
        for pool in [network.pools[name], *carried(network, name)]:
            weights, constant = state(pool.id)
            now[pool.id] = (
                {key: weight * (1.0 - fraction) for key, weight in weights.items()},
                constant * (1.0 - fraction),
            )
            if pool.element:
                exchange = f"removed.{element_id(pool.element)}"
                into, held = state(exchange)
                merged = dict(into)
                for key, weight in weights.items():
                    merged[key] = merged.get(key, 0.0) + weight * fraction
                now[exchange] = (merged, held + constant * fraction)
    for name, amount in event.add.items():
        weights, constant = state(name)
        now[name] = (weights, constant + single(amount, event))
    return now


def single(value: object, event: Event) -> float:
    """A number of an event, refused where it is an array over parameter sets."""
    if np.ndim(value):  # type: ignore[arg-type]
        raise ModelError(
            f"Event '{event.label or event.time}' holds amounts for several parameter sets. Export one set: give plain numbers."
        )
    return writable(float(value))  # type: ignore[arg-type]


def change_formula(weights: dict[str, float], constant: float, symbols: dict[str, str], unit: str) -> str:
    """Infix text of a weighted sum; the constant carries its unit."""
    terms = [
        symbols[pool] if weight == 1.0 else f"{writable(weight)!r} dimensionless * {symbols[pool]}"
        for pool, weight in weights.items()
        if weight
    ]
    constant = writable(constant)
    if constant or not terms:
        terms.append(f"{constant!r} {unit}" if unit else repr(constant))
    return " + ".join(terms)
