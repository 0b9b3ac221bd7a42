"""Every flow of a network between two pools, as a value: what a process moves of each pool, passengers included."""

from __future__ import annotations

from dataclasses import dataclass

from exoresist.laws import kinetics
from exoresist.network.gradient import Values
from exoresist.network.parts import Amount, Process, RateOf, Reference, Route


@dataclass(frozen=True)
class Flow:
    """Amount per hour out of `source` into `sink` ("" for nowhere).

    with_cells  the pool whose members leave and take this amount along: the content per member stays as it is
    """

    process: Process
    source: str
    sink: str
    rate: Reference
    with_cells: str = ""


def flows(values: Values) -> list[Flow]:
    """All flows of the network under `values`, in the order of its processes."""
    return [flow for process in values.network.processes.values() for flow in _of_process(values, process)]


def _of_process(values: Values, process: Process) -> list[Flow]:
    rate = RateOf(process.id)
    if process.birth:
        made = values.times(rate, Amount(process.sink))
        return [Flow(process, process.source, process.sink, made), *_inherited(values, process, process.sink)]
    if process.specific:
        moved = values.times(rate, Amount(process.source))
        return [Flow(process, process.source, process.sink, moved), *_riding(values, process, process.source, process.source)]
    return [Flow(process, process.source, process.sink, rate)]


def _inherited(values: Values, process: Process, carrier: str) -> list[Flow]:
    found: list[Flow] = []
    for pool in values.network.passengers_of(carrier):
        change = values.times(RateOf(process.id), Amount(pool.id))
        if pool.inherit == "copy":
            found.append(Flow(process, "", pool.id, change))
        elif pool.inherit == "reset":
            found.append(Flow(process, pool.id, "", change))
        found += _inherited(values, process, pool.id)
    return found


def _riding(values: Values, process: Process, carrier: str, first: str) -> list[Flow]:
    found: list[Flow] = []
    for pool in values.network.passengers_of(carrier):
        left: Reference = values.times(RateOf(process.id), Amount(pool.id))
        rest: Route | None = None
        for route in process.fate(pool) or ():
            if route.fraction is None:
                rest = route
                continue
            part = values.times(route.fraction, RateOf(process.id), Amount(pool.id))
            found.append(Flow(process, pool.id, route.to, part, first))
            left = values.call(kinetics.difference, first=left, second=part)
        assert rest is not None
        found.append(Flow(process, pool.id, rest.to, left, first))
        found += _riding(values, process, pool.id, first)
    return found
