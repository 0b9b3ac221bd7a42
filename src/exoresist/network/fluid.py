"""What a network has to do with the fluid around it: molecules that bind to what floats there, and which values depend on its pools."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from exoresist.laws import cargo, kinetics
from exoresist.network.network import Network
from exoresist.network.parts import Amount, Derived, PerSize, Process, RateOf, Reference, Sum


@dataclass(frozen=True)
class Binding:
    """Molecules of one pool that bind reversibly to sites on what floats in the same medium.

    free       pool, pmol; `on_rate` (1/(nM h)) and `off_rate` (1/h): parameters
    bound      pools of bound molecules, pmol, one for each kind of site
    sites      for each of them the pools whose amounts are its sites, and the parameter that makes pmol of them
    processes  of the network that this stands for
    """

    free: str
    on_rate: str
    off_rate: str
    bound: tuple[str, ...]
    sites: tuple[tuple[tuple[str, ...], str], ...]
    processes: tuple[str, ...]


def bindings(network: Network, medium: Collection[str]) -> tuple[Binding, ...]:
    """Reversible binding between pools of a medium, all sites of the same molecules together.

    Binding whose rate something modulates, or whose sites are no mere sum of amounts, is not among them.
    """
    modulated = {factor.process for factor in network.modulations}
    found: dict[tuple[str, str, str], list[tuple[Process, tuple[str, ...], str]]] = {}
    for process in network.processes.values():
        if process.law is not kinetics.reversible_binding or process.id in modulated:
            continue
        free, on_rate, off_rate = (process.inputs[name] for name in ("concentration", "on_rate", "off_rate"))
        sites = _sites(network, process, medium)
        if sites is None or free != process.source or not {process.source, process.sink} <= set(medium):
            continue
        if process.inputs["bound"] != Amount(process.sink) or not {on_rate, off_rate} <= set(network.parameters):
            continue
        found.setdefault((process.source, str(on_rate), str(off_rate)), []).append((process, *sites))
    return tuple(
        Binding(
            *key,
            bound=tuple(process.sink for process, _, _ in listed),
            sites=tuple((pools, weight) for _, pools, weight in listed),
            processes=tuple(process.id for process, _, _ in listed),
        )
        for key, listed in found.items()
    )


def _sites(network: Network, process: Process, medium: Collection[str]) -> tuple[tuple[str, ...], str] | None:
    """Pools of the medium that a process's sites are a sum of, and what makes pmol of them; None where they are something else."""
    capacity = network.derived.get(str(process.inputs["capacity"]))
    if not isinstance(capacity, Derived) or capacity.law is not cargo.copies_as_amount:
        return None
    weight, copies = capacity.inputs["weight"], network.derived.get(str(capacity.inputs["copies"]))
    if weight not in network.parameters or not isinstance(copies, Sum):
        return None
    pools = tuple(part.pool for part in copies.terms if isinstance(part, Amount) and part.pool in medium)
    return (pools, str(weight)) if len(pools) == len(copies.terms) else None


def without(network: Network, processes: Collection[str]) -> Network:
    """The network with some processes left out."""
    return Network(network.name, [part for part in network.parts() if not (isinstance(part, Process) and part.id in processes)])


def pools_read(network: Network, name: str) -> set[str]:
    """Pools on whose amounts a value of the network depends at once: those that it, or a value it is made of, reads."""
    found: set[str] = set()
    open_: list[Reference] = [name]
    known: set[str] = set()
    while open_:
        one = open_.pop()
        if isinstance(one, RateOf):
            process = network.processes[one.process]
            open_ += process.inputs.values()
            open_ += [read for factor in network.modulations if factor.process == one.process for read in factor.inputs.values()]
            continue
        if isinstance(one, (Amount, PerSize)):
            found.add(one.pool)
            open_ += [one.size] if isinstance(one, PerSize) else []
            continue
        if one in known:
            continue
        known.add(one)
        if one in network.pools:
            found.add(one)
            open_ += [network.pools[one].size] if network.pools[one].size else []
        value = network.derived.get(one)
        if value is not None:
            open_ += value.terms if isinstance(value, Sum) else value.inputs.values()
    return found
