"""Derivatives of a value of a network, written as further values of the same network.

Reverse mode: from a value back through the laws it is made of to the states it depends on. What comes out are references, so that a
process may run on them: nothing is differentiated while a network runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from exoresist.laws import attribution, kinetics
from exoresist.laws.registry import Law
from exoresist.laws.slopes import slope
from exoresist.network.network import Network
from exoresist.network.parts import Amount, Derived, Parameter, Part, PerSize, RateOf, Reference, Sum

ONE, MINUS_ONE = "one", "minus_one"


@dataclass
class Values:
    """New values of a network under construction, each made once.

    network  what they are laid over
    prefix   first word of their ids
    """

    network: Network
    prefix: str
    made: dict[str, Derived | Sum] = field(default_factory=dict)
    _known: dict[tuple[object, ...], str] = field(default_factory=dict)

    def call(self, law: Law, **inputs: Reference) -> str:
        """Id of the value of a law."""
        key = (law.name, *(inputs[name] for name in law.arguments))
        if key not in self._known:
            name = self._name()
            self.made[name] = Derived(name, law, inputs)
            self._known[key] = name
        return self._known[key]

    def sum(self, terms: Iterable[Reference]) -> Reference:
        """The sum of like terms; a single one is itself."""
        listed = list(terms)
        if len(listed) == 1:
            return listed[0]
        key = ("sum", *listed)
        if key not in self._known:
            name = self._name()
            self.made[name] = Sum(name, listed)
            self._known[key] = name
        return self._known[key]

    def product(self, first: Reference | None, second: Reference | None) -> Reference | None:
        """first · second, where None stands for 1."""
        if first is None or second is None:
            return second if first is None else first
        return self.call(kinetics.product, first=first, second=second)

    def times(self, *factors: Reference) -> Reference:
        """The product of at least one factor."""
        result: Reference | None = None
        for factor in factors:
            result = self.product(result, factor)
        assert result is not None
        return result

    def opposite(self, value: Reference | None) -> Reference:
        return self.times(f"{self.prefix}.{MINUS_ONE}", *([] if value is None else [value]))

    def ratio(self, numerator: Reference | None, denominator: Reference) -> str:
        """numerator / denominator, where None stands for 1."""
        return self.call(kinetics.ratio, numerator=numerator or self.one, denominator=denominator)

    @property
    def one(self) -> str:
        return f"{self.prefix}.{ONE}"

    def rate(self, process: str) -> Reference:
        """The rate of a process with all its modulations, spelled out."""
        part = self.network.processes[process]
        factors = [self.call(each.law, **each.inputs) for each in self.network.modulations if each.process == process]
        return self.times(self.call(part.law, **part.inputs), *factors)

    def parts(self, wanted: Iterable[Reference] | None = None) -> list[Part]:
        """The values, and the numbers that they need.

        wanted  only those on which these depend; None: all
        """
        numbers = [Parameter(f"{self.prefix}.{name}", value, "dimensionless") for name, value in ((ONE, 1.0), (MINUS_ONE, -1.0))]
        if wanted is None:
            return [*numbers, *self.made.values()]
        waiting, kept = [name for name in wanted if isinstance(name, str)], set[str]()
        while waiting:
            name = waiting.pop()
            if name in kept or name not in self.made:
                continue
            kept.add(name)
            part = self.made[name]
            used = part.terms if isinstance(part, Sum) else part.inputs.values()
            waiting += [each for each in used if isinstance(each, str)]
        return [*numbers, *(part for name, part in self.made.items() if name in kept)]

    def _name(self) -> str:
        return f"{self.prefix}.value_{len(self.made)}"


@dataclass
class Gradient:
    """Derivatives by the states that a value depends on.

    whole  contents that count as one state: (pool, size) pairs read as amount per size, such as cargo per cell
    """

    values: Values
    whole: frozenset[tuple[str, str]] = frozenset()
    _moving: dict[Reference, bool] = field(default_factory=dict)

    def by_states(
        self, roots: Mapping[Reference, Reference | None], stop: Iterable[Reference] = ()
    ) -> dict[Reference, Reference]:
        """Derivative of Σ seed · root by every state below: amounts in pools, nodes, and contents that count as one.

        roots  value -> its seed, None for 1
        stop   values that are taken for states: nothing below them is looked at (those that no state moves are left out)
        """
        ends = set(stop)
        order: list[Reference] = []
        seen: set[Reference] = set()
        for root in roots:
            self._walk(root, ends, order, seen)
        found: dict[Reference, list[Reference | None]] = {}
        for root, seed in roots.items():
            found.setdefault(root, []).append(seed)
        result: dict[Reference, Reference] = {}
        for value in reversed(order):
            gathered = found.get(value)
            if not gathered:
                continue
            whole = gathered[0] if len(gathered) == 1 else self.values.sum([each or self.values.one for each in gathered])
            if value in ends or self._is_state(value):
                result[value] = whole or self.values.one
                continue
            for child, passed in self._passed(value, whole):
                found.setdefault(child, []).append(passed)
        return result

    def moving(self, value: Reference) -> bool:
        """Whether a value depends on any state."""
        if value not in self._moving:
            self._moving[value] = self._is_state(value) or any(self.moving(child) for child in self._children(value))
        return self._moving[value]

    def _walk(self, value: Reference, ends: set[Reference], order: list[Reference], seen: set[Reference]) -> None:
        if value in seen:
            return
        seen.add(value)
        if value not in ends and not self._is_state(value):
            for child in self._children(value):
                if self.moving(child):
                    self._walk(child, ends, order, seen)
        order.append(value)

    def _is_state(self, value: Reference) -> bool:
        if isinstance(value, Amount):
            return True
        if isinstance(value, PerSize):
            return (value.pool, value.size) in self.whole
        return isinstance(value, str) and value in self.values.network.nodes

    def _opened(self, value: Reference) -> Derived | Sum | None:
        """The value as a law of others; None for a number."""
        network = self.values.network
        name: Reference = value
        if isinstance(value, RateOf):
            name = self.values.rate(value.process)
            if not (isinstance(name, str) and name in self.values.made):
                return Sum("same", [name])
        elif isinstance(value, PerSize):
            name = self.values.ratio(Amount(value.pool), self._size(value.size))
        elif isinstance(value, str) and value in network.pools:
            size = network.pools[value].size
            if not size:
                return Sum("same", [Amount(value)])
            name = self.values.ratio(Amount(value), self._size(size))
        assert isinstance(name, str)
        return self.values.made.get(name) or network.derived.get(name)

    def _size(self, name: str) -> Reference:
        return Amount(name) if name in self.values.network.pools else name

    def _children(self, value: Reference) -> list[Reference]:
        part = self._opened(value)
        if part is None:
            return []
        if isinstance(part, Sum):
            return list(part.terms)
        ignored = part.law.ignored
        return [part.inputs[name] for place, name in enumerate(part.law.arguments) if place not in ignored]

    def _passed(self, value: Reference, seed: Reference | None) -> list[tuple[Reference, Reference | None]]:
        """(child, seed · slope of the value by it) for what moves; a child that stands in several places comes several times."""
        part = self._opened(value)
        if part is None:
            return []
        if isinstance(part, Sum):
            return [(term, seed) for term in part.terms if self.moving(term)]
        values, inputs = self.values, part.inputs
        moving = [
            name for place, name in enumerate(part.law.arguments) if place not in part.law.ignored and self.moving(inputs[name])
        ]
        if part.law in (kinetics.constant, kinetics.total):
            return [(inputs[name], seed) for name in moving]
        if part.law in (kinetics.difference, kinetics.remainder):
            return [(inputs[name], seed if name == "first" else values.opposite(seed)) for name in moving]
        if part.law in (kinetics.product, kinetics.mass_action):
            others = {name: [inputs[other] for other in part.law.arguments if other != name] for name in moving}
            return [(inputs[name], values.times(*others[name], *_given(seed))) for name in moving]
        if part.law is kinetics.ratio:
            under, passed = inputs["denominator"], list[tuple[Reference, Reference | None]]()
            if "numerator" in moving:
                passed.append((inputs["numerator"], values.ratio(seed, under)))
            if "denominator" in moving:
                passed.append((under, values.opposite(values.times(values.ratio(value, under), *_given(seed)))))
            return passed
        if part.law is attribution.log_fold and moving == ["value"]:
            return [(inputs["value"], values.ratio(seed, inputs["value"]))]
        return [(inputs[name], values.product(seed, values.call(slope(part.law, name), **inputs))) for name in moving]


def _given(seed: Reference | None) -> list[Reference]:
    return [] if seed is None else [seed]
