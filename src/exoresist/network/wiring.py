"""The wiring check: everything a network refers to exists, fits and has its fate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from exoresist.core.errors import ModelError, suggestion
from exoresist.core.units import canonical, dimension, factor
from exoresist.laws.registry import Law
from exoresist.network.dimensions import Dimension, check_law, text
from exoresist.network.parts import Amount, Derived, Event, PerSize, Pool, Process, RateOf, Reference, Route, Sum

if TYPE_CHECKING:
    from exoresist.network.network import Network

HOUR: Dimension = {"[time]": 1.0}


def minus(first: Mapping[str, float], second: Mapping[str, float]) -> Dimension:
    result = dict(first)
    for base, power in second.items():
        result[base] = result.get(base, 0.0) - power
    return {base: power for base, power in result.items() if power}


def element_id(element: str) -> str:
    """An element as part of an identifier: drug:doxorubicin -> drug_doxorubicin."""
    return "".join(character if character.isalnum() else "_" for character in element)


class Dimensions:
    """Dimension of every reference of a network; derived values are resolved as they are met."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._known: dict[str, Dimension] = {}
        self._open: list[str] = []

    def of(self, reference: Reference, where: str) -> Dimension:
        network = self._network
        if isinstance(reference, Amount):
            return dict(dimension(self._pool(reference.pool, where).unit))
        if isinstance(reference, PerSize):
            return minus(dict(dimension(self._pool(reference.pool, where).unit)), self.size(reference.size, where))
        if isinstance(reference, RateOf):
            return self._rate(reference.process, where)
        if reference in network.parameters:
            return dict(dimension(network.parameters[reference].unit))
        if reference in network.nodes:
            return {}
        if reference in network.pools:
            pool = network.pools[reference]
            whole = dict(dimension(pool.unit))
            return minus(whole, self.size(pool.size, where)) if pool.size else whole
        if reference in network.derived:
            return self._derived(reference)
        known = [*network.parameters, *network.nodes, *network.pools, *network.derived]
        raise ModelError(
            f"{where} reads '{reference}', which nothing provides. {suggestion(str(reference), known)} "
            "Add a pool, node, parameter or derived value of that name."
        )

    def size(self, name: str, where: str) -> Dimension:
        """Dimension of a size: the amount of a pool, a parameter or a derived value."""
        if name in self._network.pools:
            return dict(dimension(self._network.pools[name].unit))
        return self.of(name, where)

    def _pool(self, name: str, where: str) -> Pool:
        if name not in self._network.pools:
            raise ModelError(f"{where} reads pool '{name}', which nothing provides. {suggestion(name, self._network.pools)}")
        return self._network.pools[name]

    def _rate(self, name: str, where: str) -> Dimension:
        """Dimension of a process's rate; also walks its modulations, so that a circle of rates is found."""
        process = self._network.processes.get(name)
        if process is None:
            raise ModelError(
                f"{where} reads the rate of '{name}', which is no process. {suggestion(name, self._network.processes)}"
            )
        key = f"rate of {name}"
        if key not in self._known:
            self._enter(key)
            result = self.law(process.law, process.inputs, f"Process '{name}'")
            for modulation in self._network.modulations:
                if modulation.process == name:
                    self.law(modulation.law, modulation.inputs, f"Modulation '{modulation.tag}' of process '{name}'")
            self._open.pop()
            self._known[key] = result
        return self._known[key]

    def _enter(self, name: str) -> None:
        if name in self._open:
            raise ModelError(
                f"Derived values depend on each other in a circle: {' -> '.join([*self._open, name])}. "
                "Put a node with a time scale in between."
            )
        self._open.append(name)

    def _derived(self, name: str) -> Dimension:
        if name in self._known:
            return self._known[name]
        self._enter(name)
        part = self._network.derived[name]
        where = f"Derived value '{name}'"
        if isinstance(part, Sum):
            found = [self.of(term, where) for term in part.terms]
            for term, each in zip(part.terms, found, strict=True):
                if each != found[0]:
                    raise ModelError(f"{where} adds {text(found[0])} and {text(each)} (term {term}). Add like to like.")
            result = found[0]
        else:
            result = self.law(part.law, part.inputs, where)
        self._open.pop()
        self._known[name] = result
        return result

    def law(self, law: Law, inputs: Mapping[str, Reference], where: str) -> Dimension:
        missing = [argument for argument in law.arguments if argument not in inputs]
        extra = [argument for argument in inputs if argument not in law.arguments]
        if missing or extra:
            raise ModelError(
                f"{where}: law '{law.name}' takes {', '.join(law.arguments)}; missing: {', '.join(missing) or 'none'}; "
                f"not known: {', '.join(extra) or 'none'}."
            )
        return check_law(law, {argument: self.of(inputs[argument], where) for argument in law.arguments}, where)


def check(network: Network) -> None:
    """Raise ModelError at the first thing that does not fit."""
    seen: dict[str, str] = {}
    for kind, ids in (
        ("parameter", network.parameters),
        ("pool", network.pools),
        ("node", network.nodes),
        ("derived value", network.derived),
    ):
        for identifier in ids:
            if identifier in seen:
                raise ModelError(f"'{identifier}' is both a {seen[identifier]} and a {kind}. Rename one.")
            seen[identifier] = kind
    for parameter in network.parameters.values():
        _check_unit(parameter.unit, f"Parameter '{parameter.id}'")
    dimensions = Dimensions(network)
    for pool in network.pools.values():
        _check_pool(network, dimensions, pool)
    for part in network.derived.values():
        dimensions.of(part.id, f"Derived value '{part.id}'")
        if isinstance(part, Derived):
            dimensions.law(part.law, part.inputs, f"Derived value '{part.id}'")
    for node in network.nodes.values():
        if dimensions.of(node.time, f"Node '{node.id}'") != HOUR:
            raise ModelError(f"Node '{node.id}': its time scale '{node.time}' is not a time. Give it in h.")
        for law, inputs in node.regulators:
            _dimensionless(dimensions.law(law, inputs, f"Node '{node.id}'"), f"Node '{node.id}', law '{law.name}'")
    for process in network.processes.values():
        _check_process(network, dimensions, process)
    _check_modulations(network, dimensions)
    check_events(network, network.events)


def _check_unit(unit: str, where: str) -> None:
    """Refuse a unit of the right kind but another size (uM for nM): numbers inside a network are never converted."""
    dimension(unit)
    for word in re.findall(r"[^\W\d_]+|%", unit):
        if factor(word, canonical(word)) != 1.0:
            raise ModelError(
                f"{where} is given in {unit}, but a network holds '{word}' in {canonical(word)}. Convert the number."
            )


def _dimensionless(found: Mapping[str, float], where: str) -> None:
    if found:
        raise ModelError(f"{where} must give a plain factor but gives {text(found)}.")


def _check_pool(network: Network, dimensions: Dimensions, pool: Pool) -> None:
    where = f"Pool '{pool.id}'"
    _check_unit(pool.unit, where)
    if pool.size:
        dimensions.size(pool.size, where)
    if pool.carrier:
        if pool.carrier not in network.pools:
            raise ModelError(f"{where} rides on '{pool.carrier}', which is no pool. {suggestion(pool.carrier, network.pools)}")
        chain, step = [pool.id], pool.carrier
        while step:
            if step in chain:
                raise ModelError(f"{where} carries itself: {' -> '.join([*chain, step])}.")
            chain.append(step)
            step = network.pools[step].carrier


def _end(network: Network, process: Process, which: str) -> Pool | None:
    name = process.source if which == "source" else process.sink
    if not name:
        return None
    if name not in network.pools:
        raise ModelError(
            f"Process '{process.id}' has {which} '{name}', which is no pool. {suggestion(name, network.pools)} "
            "Add the pool, or declare an exchange (a pool with exchange=True)."
        )
    return network.pools[name]


def _check_process(network: Network, dimensions: Dimensions, process: Process) -> None:
    where = f"Process '{process.id}'"
    source, sink = _end(network, process, "source"), _end(network, process, "sink")
    for one, other in ((source, sink), (sink, source)):
        if one is None and (other is None or other.element):
            raise ModelError(
                f"{where} moves '{other.element if other else 'nothing'}' from or to nowhere. "
                "Name an exchange pool of that element as the other end."
            )
    if source and sink and source.element != sink.element:
        raise ModelError(
            f"{where} would turn '{source.element or source.id}' into '{sink.element or sink.id}'. "
            "Both ends must hold the same element."
        )
    if source and sink and dimension(source.unit) != dimension(sink.unit):
        raise ModelError(f"{where} moves {source.unit} into a pool of {sink.unit}. Both ends must have the same unit.")
    found = dimensions.of(RateOf(process.id), where)
    moved = sink if process.birth else source or sink
    assert moved is not None
    expected = minus({}, HOUR)
    if not (process.specific or process.birth):
        expected = minus(dict(dimension(moved.unit)), HOUR)
    if found != expected:
        kind = "specific rate" if process.specific or process.birth else f"flux of {moved.unit}"
        raise ModelError(f"{where}: its law gives {text(found)}, but a {kind} is {text(expected)}.")
    if process.specific and source is None:
        raise ModelError(f"{where} has a specific rate but no source to multiply it with.")
    if source is None or process.birth:
        return
    passengers = carried(network, source.id)
    if passengers and not process.specific:
        raise ModelError(
            f"{where} moves the carrier '{source.id}' but gives a flux. Give a specific rate (1/h) and set specific=True: "
            "flux over carrier is 0/0 for an empty carrier."
        )
    for passenger in passengers:
        routes = process.fate(passenger)
        if routes is None:
            raise ModelError(
                f"{where} moves '{source.id}' but does not say where its passenger '{passenger.kind}' goes. "
                f"Add fates={{'{passenger.kind}': (Route(...),)}}."
            )
        _check_routes(network, dimensions, passenger, routes, where)


def _check_routes(network: Network, dimensions: Dimensions, passenger: Pool, routes: object, where: str) -> None:
    listed = [route for route in routes if isinstance(route, Route)]  # type: ignore[attr-defined]
    if sum(route.fraction is None for route in listed) != 1:
        raise ModelError(
            f"{where}: the fates of '{passenger.kind}' do not sum to one. Give exactly one route without a fraction: "
            "it takes the rest."
        )
    for route in listed:
        if route.to == "":
            if passenger.element:
                raise ModelError(f"{where} sends '{passenger.kind}' nowhere. Name a pool or an exchange.")
            continue
        if route.to not in network.pools:
            raise ModelError(
                f"{where} sends '{passenger.kind}' to '{route.to}', which is no pool. {suggestion(route.to, network.pools)}"
            )
        if network.pools[route.to].element != passenger.element:
            raise ModelError(
                f"{where} would turn '{passenger.element}' into '{network.pools[route.to].element}' in '{route.to}'."
            )
        if dimension(network.pools[route.to].unit) != dimension(passenger.unit):
            raise ModelError(
                f"{where} sends '{passenger.kind}' ({passenger.unit}) to '{route.to}' ({network.pools[route.to].unit}). "
                "Both must have the same unit."
            )
        if route.fraction is not None:
            _dimensionless(dimensions.of(route.fraction, where), f"{where}: fraction '{route.fraction}'")
            parameter = network.parameters.get(route.fraction)
            if parameter is not None and not 0.0 <= parameter.value <= 1.0:
                raise ModelError(f"{where}: fraction '{route.fraction}' is {parameter.value:g}. It must be 0 to 1.")


def carried(network: Network, carrier: str) -> list[Pool]:
    """Everything a carrier holds, passengers of passengers included."""
    found: list[Pool] = []
    for pool in network.passengers_of(carrier):
        found.append(pool)
        found.extend(carried(network, pool.id))
    return found


def _check_modulations(network: Network, dimensions: Dimensions) -> None:
    tags: set[tuple[str, str]] = set()
    for modulation in network.modulations:
        where = f"Modulation '{modulation.tag}' of process '{modulation.process}'"
        if modulation.process not in network.processes:
            raise ModelError(f"{where}: there is no such process. {suggestion(modulation.process, network.processes)}")
        if (modulation.process, modulation.tag) in tags:
            raise ModelError(
                f"{where} stands twice: the mechanism would be counted twice. Keep one, or give another mechanism its own tag."
            )
        tags.add((modulation.process, modulation.tag))
        _dimensionless(dimensions.law(modulation.law, modulation.inputs, where), where)


def check_events(network: Network, events: Iterable[Event]) -> None:
    """Raise ModelError at the first event that does not fit; amounts and values may be arrays over sets."""
    for event in events:
        where = f"Event '{event.label or event.time}'"
        if not np.isfinite(event.time):
            raise ModelError(f"{where} has no finite time. Give it in h.")
        for name in [*event.add, *event.remove]:
            if name not in network.pools:
                raise ModelError(f"{where} changes '{name}', which is no pool. {suggestion(name, network.pools)}")
        for name in event.set:
            if name not in network.parameters:
                raise ModelError(f"{where} sets '{name}', which is no parameter. {suggestion(name, network.parameters)}")
        for name, amount in [*event.add.items(), *event.set.items()]:
            if not np.all(np.isfinite(amount)):
                raise ModelError(f"{where} gives '{name}' a number that is not finite.")
        for name, fraction in event.remove.items():
            if not 0.0 <= fraction <= 1.0:
                raise ModelError(f"{where} removes a fraction {fraction:g} of '{name}'. It must be 0 to 1.")
            for pool in [network.pools[name], *carried(network, name)]:
                exchange = f"removed.{element_id(pool.element)}"
                if pool.element and exchange not in network.pools:
                    raise ModelError(f"{where} removes '{pool.element}', which has no exchange '{exchange}'. Add that pool.")
