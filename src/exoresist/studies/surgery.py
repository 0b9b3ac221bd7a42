"""Cuts into a network: a process taken out, a passenger sent elsewhere, a pool of the outside in place of a shared one.

Each takes the parts of a network and gives parts of which nothing else has changed, so that a counterfactual differs in one route only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from exoresist.laws import kinetics
from exoresist.network import Derived, Modulation, Network, Parameter, Pool, Process, RateOf, Route, Sum
from exoresist.network.parts import Part, Reference
from exoresist.network.wiring import element_id

Parts = list[Part]
OFF = "counterfactual.off"  # parameter that is 0
GIVEN, TAKEN = "elsewhere_given", "elsewhere_taken"  # exchanges with a world that the medium does not notice


def cut(network: Network, operate: Callable[[Parts], Parts]) -> Network:
    """The network after an operation on its parts, checked anew."""
    return Network(network.name, operate(list(network.parts())))


def without_processes(parts: Parts, identifiers: Collection[str]) -> Parts:
    """Processes taken out, with what modulates them; a rate that others read of them becomes 0."""
    gone = set(identifiers)
    read = {reference.process for part in parts for reference in _references(part) if isinstance(reference, RateOf)}
    kept: Parts = []
    for part in parts:
        if isinstance(part, Modulation) and part.process in gone:
            continue
        if isinstance(part, Process) and part.id in gone:
            if part.id not in read:
                continue
            # A rate that is read must stand: it is multiplied with nothing.
            kept += [part, Modulation(part.id, kinetics.constant, {"rate": OFF}, tag="counterfactual")]
            continue
        kept.append(part)
    return [*kept, *_off_switch(kept)]


def rerouted(parts: Parts, process: str, fates: Mapping[str, tuple[Route, ...]]) -> Parts:
    """One process with other fates for the named kinds of passengers."""
    return [
        replace(part, fates={**part.fates, **fates}) if isinstance(part, Process) and part.id == process else part
        for part in parts
    ]


def detached(parts: Parts, owner: str, pools: Collection[str]) -> Parts:
    """What `owner` takes from the shared pools, or gives into them, comes from and goes to exchanges instead.

    The laws go on reading the shared pools, so the owner lives as before; the others no longer notice.
    """
    known = {part.id: part for part in parts if isinstance(part, Pool)}
    elements = {name: known[name] for name in pools if name in known}
    used: set[tuple[str, str]] = set()

    def other(label: str, pool: str) -> str:
        element = elements[pool].element
        used.add((label, element))
        return f"{label}.{element_id(element)}"

    result: Parts = []
    for part in parts:
        if isinstance(part, Process) and part.id.startswith(f"{owner}."):
            source = other(GIVEN, part.source) if part.source in elements else part.source
            sink = other(TAKEN, part.sink) if part.sink in elements else part.sink
            fates = {
                kind: tuple(replace(route, to=other(TAKEN, route.to)) if route.to in elements else route for route in routes)
                for kind, routes in part.fates.items()
            }
            part = replace(part, source=source, sink=sink, fates=fates)
        result.append(part)
    for label, element in sorted(used):
        name = f"{label}.{element_id(element)}"
        if name not in known:
            like = next(pool for pool in elements.values() if pool.element == element)
            result.append(Pool(name, like.unit, element=element, exchange=True, scale=like.scale))
    return result


def silenced(parts: Parts, derived: Collection[str]) -> Parts:
    """Derived values that are 0 for all who read them; what they would be stays readable under `<id>_unheard`."""
    result: Parts = []
    for part in parts:
        if isinstance(part, (Derived, Sum)) and part.id in derived:
            result.append(replace(part, id=f"{part.id}_unheard"))
            result.append(Derived(part.id, kinetics.product, {"first": f"{part.id}_unheard", "second": OFF}))
        else:
            result.append(part)
    return [*result, *_off_switch(result)]


def reading(parts: Parts, owner: str, old: str, new: str) -> Parts:
    """The owner's processes, factors and derived values read `new` where they read `old`."""
    result: Parts = []
    for part in parts:
        mine = part.process if isinstance(part, Modulation) else getattr(part, "id", "")
        if isinstance(part, (Process, Modulation, Derived)) and mine.startswith(f"{owner}."):
            part = replace(part, inputs={key: new if value == old else value for key, value in part.inputs.items()})
        result.append(part)
    return result


def mirrored(parts: Parts, owner: str, model: str) -> Parts:
    """`owner` is born and dies at the rates per cell of `model`: copies of the model's processes in place of its own.

    The contents of its dead go where they went before.
    """
    own = {part.id: part for part in parts if isinstance(part, Process) and _lives(part, owner)}
    death = own[f"{owner}.death"]
    result = [
        part
        for part in parts
        if not (isinstance(part, Process) and part.id in own) and not (isinstance(part, Modulation) and part.process in own)
    ]
    for part in parts:
        if isinstance(part, Process) and _lives(part, model):
            copy = replace(part, id=owner + part.id.removeprefix(model), name=part.name)
            if part.birth:
                result.append(replace(copy, sink=f"{owner}.cells"))
            else:
                result.append(replace(copy, source=death.source, fates=death.fates))
        if isinstance(part, Modulation) and part.process.startswith(f"{model}."):
            acts_on = next(other for other in parts if isinstance(other, Process) and other.id == part.process)
            if _lives(acts_on, model):
                result.append(replace(part, process=owner + part.process.removeprefix(model)))
    return result


def _lives(process: Process, population: str) -> bool:
    """Whether a process makes or ends cells of a population."""
    cells = f"{population}.cells"
    return (process.birth and process.sink == cells) or (process.source == cells and process.sink == "dead.cell")


def _off_switch(parts: Iterable[Part]) -> Parts:
    listed = list(parts)
    if any(isinstance(part, Parameter) and part.id == OFF for part in listed):
        return []
    needed = any(OFF in part.inputs.values() for part in listed if isinstance(part, (Derived, Modulation)))
    return [Parameter(OFF, 0.0, "dimensionless")] if needed else []


def _references(part: Part) -> list[Reference]:
    if isinstance(part, (Process, Modulation, Derived)):
        return list(part.inputs.values())
    if isinstance(part, Sum):
        return list(part.terms)
    return [reference for _, inputs in getattr(part, "regulators", ()) for reference in inputs.values()]
