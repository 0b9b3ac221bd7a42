"""A network: all parts, checked before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from exoresist.core.errors import ModelError, suggestion
from exoresist.network.parts import (
    Derived,
    Event,
    Modulation,
    Node,
    Parameter,
    Part,
    Pool,
    Process,
    Sum,
)

if TYPE_CHECKING:
    from exoresist.network.compiled import CompiledNetwork

Kind = TypeVar("Kind")


class Network:
    """Pools, processes, passengers, modulations, nodes and events of one model.

    parts  any order. Everything is checked here: every input provided, every unit fits, every modulation has its process and stands once,
           every passenger has its fate in every process that moves its carrier, elements are never changed into one another.

    Raises ModelError with what came, what was allowed and what to do.
    """

    def __init__(self, name: str, parts: Iterable[Part]) -> None:
        from exoresist.network.wiring import check

        self.name = name
        listed = list(parts)
        self.parameters = self._collect(listed, Parameter)
        self.pools = self._collect(listed, Pool)
        self.processes = self._collect(listed, Process)
        self.nodes = self._collect(listed, Node)
        self.derived: dict[str, Derived | Sum] = {
            **self._collect(listed, Derived),
            **self._collect(listed, Sum),
        }
        self.modulations = [part for part in listed if isinstance(part, Modulation)]
        self.events = sorted((part for part in listed if isinstance(part, Event)), key=lambda event: event.time)
        self._compiled: CompiledNetwork | None = None
        check(self)

    @staticmethod
    def _collect(parts: list[Part], kind: type[Kind]) -> dict[str, Kind]:
        found: dict[str, Kind] = {}
        for part in parts:
            if isinstance(part, kind):
                identifier: str = part.id  # type: ignore[union-attr]
                if identifier in found:
                    raise ModelError(f"{kind.__name__} '{identifier}' is declared twice. Remove one of them.")
                found[identifier] = part
        return found

    def parts(self) -> Iterator[Part]:
        """Every part, in the order of kinds."""
        yield from self.parameters.values()
        yield from self.pools.values()
        yield from self.derived.values()
        yield from self.nodes.values()
        yield from self.processes.values()
        yield from self.modulations
        yield from self.events

    def with_parts(self, *parts: Part) -> Network:
        """A new network with parts added; a part with a known id (or a modulation with a known tag) replaces the old one."""
        ids = {(type(part), getattr(part, "id", None)) for part in parts if not isinstance(part, (Modulation, Event))}
        tags = {(part.process, part.tag) for part in parts if isinstance(part, Modulation)}
        kept = [
            part
            for part in self.parts()
            if (type(part), getattr(part, "id", None)) not in ids or isinstance(part, (Modulation, Event))
            if not (isinstance(part, Modulation) and (part.process, part.tag) in tags)
        ]
        return Network(self.name, [*kept, *parts])

    def with_values(self, **values: float) -> Network:
        """A new network with other parameter values; dots in ids are written as double underscores."""
        changed = []
        for key, value in values.items():
            identifier = key.replace("__", ".")
            if identifier not in self.parameters:
                raise ModelError(
                    f"Network '{self.name}' has no parameter '{identifier}'. {suggestion(identifier, self.parameters)}"
                )
            changed.append(replace(self.parameters[identifier], value=value))
        return self.with_parts(*changed)

    def passengers_of(self, carrier: str) -> list[Pool]:
        """Pools that ride directly on a carrier pool."""
        return [pool for pool in self.pools.values() if pool.carrier == carrier]

    def compile(self) -> CompiledNetwork:
        """The index and parameter arrays that the kernels run on (made once)."""
        if self._compiled is None:
            from exoresist.network.compiled import compile_network

            self._compiled = compile_network(self)
        return self._compiled

    def simulate(self, times: Iterable[float], **options: float) -> object:
        """Integrate over the given times (h); see `network.run.integrate`."""
        from exoresist.network.run import integrate

        return integrate(self, times, **options)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        return (
            f"<Network {self.name}: {len(self.pools)} pools, {len(self.processes)} processes, "
            f"{len(self.modulations)} modulations, {len(self.nodes)} nodes, {len(self.parameters)} parameters>"
        )
