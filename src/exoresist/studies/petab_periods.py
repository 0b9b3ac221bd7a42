"""A scenario's arm as other programs can carry it out: a network without events, and what is changed in it at which time.

What the scenario starts from and adds may depend on numbers that are to be fitted (a steady content on a growth rate). So starts
and events are worked out once with symbols in place of those numbers, and what comes out is written as a formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from exoresist.assembly.build import Model
from exoresist.core.errors import InputError
from exoresist.network import Event, Network, Parameter, Pool
from exoresist.network.wiring import carried, element_id
from exoresist.studies.symbolic import Symbolic, expression_of

Expression = Any  # sympy.Expr


@dataclass(frozen=True)
class Extras:
    """What an assay brings beside the model: values of parameters, vesicles per recipient, and what each of them carries."""

    values: Mapping[str, Any]
    per_cell: Mapping[str, Any] | None = None
    loads: Mapping[str, Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Step:
    """At `time` (h) pools and parameters take new values: name -> expression in names of pools and of fitted numbers."""

    time: float
    changes: Mapping[str, Expression]


def bare_network(model: Model, extras: Extras) -> Network:
    """The network with start amounts, parameter values and no events."""
    network = model.frozen(extras.values, per_cell=extras.per_cell, loads=extras.loads)
    return Network(network.name, [part for part in network.parts() if not isinstance(part, Event)])


def steps(
    model: Model, base: Network, extras: Extras, unknown: Mapping[str, Expression], doses: Mapping[str, float]
) -> list[Step]:
    """Everything that makes this arm, at these doses, differ from a bare network: first at time 0, then at the times of its events.

    base     the network that is written as a file; of the same structure as the model's
    unknown  parameter of the network -> expression in the fitted numbers
    raises   InputError where a start or an addition depends on a fitted number by a choice: what is larger, whether it is zero
    """
    import sympy

    values = {**extras.values, **{name: Symbolic(one) for name, one in unknown.items()}}
    try:
        start = {name: expression_of(amount) for name, amount in model.start(values).items()}
        listed = model.events(values, doses, extras.per_cell, extras.loads)
    except (TypeError, AttributeError) as error:
        names = ", ".join(sorted({symbol.name for one in unknown.values() for symbol in one.free_symbols}))
        raise InputError(
            f"What '{model.scenario.name}' starts from cannot be written as a formula of {names} ({error})",
            "numbers on which starts depend by arithmetic, exp, log and roots", "Leave out the number that the bracket names",
        ) from error  # fmt: skip
    network = model.network
    now: dict[str, Expression] = {name: start.get(name, sympy.Float(pool.initial)) for name, pool in network.pools.items()}
    settings: dict[str, Expression] = {
        name: expression_of(values[name]) if name in values else sympy.Float(part.value)
        for name, part in network.parameters.items()
    }
    for event in listed:
        if event.time <= 0.0:
            _apply(network, event, now, lambda name: now[name])
            settings |= {name: expression_of(value) for name, value in event.set.items()}
    first: dict[str, Expression] = {}
    for part in base.parts():
        if isinstance(part, (Pool, Parameter)):
            found = now[part.id] if isinstance(part, Pool) else settings[part.id]
            given = part.initial if isinstance(part, Pool) else part.value
            if not found.is_number or float(found) != given:
                first[part.id] = found
    result = [Step(0.0, first)]
    for time in sorted({event.time for event in listed if event.time > 0.0}):
        here: dict[str, Expression] = {}
        for event in listed:
            if event.time == time:
                _apply(network, event, here, real_symbol)
                here |= {name: expression_of(value) for name, value in event.set.items()}
        result.append(Step(time, {name: found for name, found in here.items() if found != real_symbol(name)}))
    return result


def real_symbol(name: str) -> Expression:
    """A name as the library's parser has it: a real number."""
    import sympy

    return sympy.Symbol(name, real=True)


def _apply(network: Network, event: Event, now: dict[str, Expression], unchanged: Callable[[str], Expression]) -> None:
    """What is removed goes, with its passengers, to the exchange of its element; then additions."""

    def state(name: str) -> Expression:
        return now[name] if name in now else unchanged(name)

    for name, fraction in event.remove.items():
        for pool in [network.pools[name], *carried(network, name)]:
            held, share = state(pool.id), expression_of(fraction)
            now[pool.id] = held * (1 - share)
            if pool.element:
                exchange = f"removed.{element_id(pool.element)}"
                now[exchange] = state(exchange) + held * share
    for name, amount in event.add.items():
        now[name] = state(name) + expression_of(amount)


def structure(network: Network) -> tuple[str, ...]:
    """What two networks must share to be one file: all parts but their numbers."""
    listed = []
    for part in network.parts():
        if isinstance(part, Pool):
            part = replace(part, initial=0.0)
        elif isinstance(part, Parameter):
            listed.append(f"{part.id} {part.unit}")
            continue
        listed.append(repr(part))
    return tuple(listed)
