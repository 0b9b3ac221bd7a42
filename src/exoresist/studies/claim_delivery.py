"""Are there vesicles enough? The dose gap of a claim, for central numbers, for draws, and with one prior at a time at its ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.book import draws as parameter_draws
from exoresist.assembly.claim import PREPARATION, RECIPIENT, Runnable
from exoresist.assembly.claim_bench import DONORS_PER_RECIPIENT
from exoresist.compartments.well import culture
from exoresist.core.units import convert
from exoresist.network import Parameter
from exoresist.studies.claim_effects import clamped_effects, fold_of, head_key, tolerance_for

Array = NDArray[np.float64]

PROBE = 1e4  # vesicles per recipient of the delivery run: far below saturation, so that copies are proportional
HOURS = 72.0
DRAWS = 32
SEED = 1
ENDS_OF_RANGE = (0.05, 0.95)
STEPS = np.array([1e-4, 1e-3, 1e-2, 0.1, 0.3, 1.0])  # of the clamped excess, at which the response is read


@dataclass(frozen=True)
class Delivery:
    """The dose gap of one claim.

    gaps       (1 + draws,) vesicles needed for half of the clamped effect over those available; NaN where no number helps
    needed     vesicles per recipient, at central numbers
    delivered  ln of the fold in survivors that the available vesicles give, at central numbers
    priors     "name (subject)" -> gap with that prior alone at the 5 % and at the 95 % point of its range
    """

    gaps: Array
    needed: float
    delivered: float
    priors: Mapping[str, tuple[float, float]]


def delivery(wired: Runnable, dose: float, effect: float, draws: int = DRAWS) -> Delivery:
    """The head's level for half of the clamped effect, read from the clamped response, over what vesicles bring.

    The copies that one vesicle brings are a mean over the delivery run. `dose` in nM; `effect`: the clamped
    one, which sets how finely it must be solved.
    """
    model, key = wired.model, head_key(wired)
    rows = rows_of(model.network.parameters)
    names = list(rows) if draws else []
    values = values_of(model.network.parameters, rows, names, draws)
    sets = 1 + draws + 2 * len(names)
    excess = np.concatenate([[0.0], (fold_of(wired) - 1.0) * STEPS])
    effects = clamped_effects(wired, dose, 1.0 + excess, values, sets, tolerance_for(effect))
    own = np.broadcast_to(values.get(f"{key}.copies", np.array(model.network.parameters[f"{key}.copies"].value)), (sets,))
    times, without = np.linspace(0.0, HOURS, 25), {wired.surrogate: 0.0}

    def brought(number: float) -> Array:
        run = culture(model, times, values=values, doses=without, per_cell={PREPARATION: number})
        return np.asarray(np.broadcast_to(run.value(f"{key}.excess").mean(axis=0), (sets,)))

    per_vesicle = np.maximum(brought(PROBE) - brought(0.0), 0.0) / PROBE
    half = np.array([half_way(excess, row) for row in effects]) * own
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.where(per_vesicle > 0.0, half / per_vesicle, np.nan)
    at_hand = available(model.network.parameters, values, sets, RECIPIENT, HOURS)
    delivered = float(np.interp(at_hand[0] * per_vesicle[0] / own[0], excess, effects[0]))
    gaps = needed / at_hand
    ends = gaps[1 + draws :].reshape(-1, 2)
    priors = {name: (float(low), float(high)) for name, (low, high) in zip(names, ends, strict=True)}
    return Delivery(gaps[: 1 + draws], float(needed[0]), delivered, priors)


def half_way(excess: Array, effect: Array) -> float:
    """Excess (in units of the own level) at which half of the largest effect is reached, in its direction."""
    share = effect / effect[-1] if effect[-1] != 0.0 else np.full_like(effect, np.nan)
    if not np.all(np.isfinite(share)):
        return float("nan")
    rising = np.maximum.accumulate(share)
    return float(np.interp(0.5, rising + np.arange(len(rising)) * 1e-15, excess))


def rows_of(parameters: Mapping[str, Parameter]) -> dict[str, list[str]]:
    """Catalogue row "name (subject)" -> the network's parameters that stand on it; uncertain rows only."""
    rows: dict[str, list[str]] = {}
    for identifier, parameter in parameters.items():
        quantity = parameter.quantity
        if quantity is not None and quantity.is_uncertain:
            rows.setdefault(f"{quantity.name} ({quantity.subject})", []).append(identifier)
    return rows


def values_of(
    parameters: Mapping[str, Parameter], rows: Mapping[str, list[str]], names: list[str], draws: int
) -> dict[str, Array]:
    """Central values and draws, then two sets for each row with that row alone at its ends."""
    drawn = parameter_draws(parameters, draws, SEED)
    values = {}
    for identifiers in rows.values():
        for identifier in identifiers:
            central = parameters[identifier].value
            values[identifier] = np.concatenate([drawn.get(identifier, [central]), np.full(2 * len(names), central)])
    for place, name in enumerate(names):
        for identifier in rows[name]:
            quantity = parameters[identifier].quantity
            assert quantity is not None
            scale = convert(1.0, quantity.unit, parameters[identifier].unit)
            for side, point in enumerate(ENDS_OF_RANGE):
                values[identifier][1 + draws + 2 * place + side] = quantity.quantile(point) * scale
    return values


def available(parameters: Mapping[str, Parameter], values: Mapping[str, Array], sets: int, who: str, hours: float) -> Array:
    """(sets,) vesicles secreted per recipient by the usual number of donors like population `who`, at steady secretion."""

    def of(name: str) -> Array:
        return np.broadcast_to(values.get(f"{who}.{name}", np.array(parameters[f"{who}.{name}"].value)), (sets,))

    leaving = of("secretion_rate") + of("lysosomal_degradation_rate") + of("growth_rate")
    rate = of("ilv_formation_rate") * of("secretion_rate") / leaving
    return np.asarray(DONORS_PER_RECIPIENT * hours * rate)
