"""Reading several values of a network at once, from arrays of any shape, with the laws themselves: nothing is compiled for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from exoresist.network.compiled import CompiledNetwork

Array = NDArray[np.float64]


class Reading:
    """Some values of a compiled network as functions of what they depend on.

    names  ids of what is read: pools as amounts, parameters, derived values, `rate:process`
    needs  ids of the states and parameters that these depend on
    """

    def __init__(self, compiled: CompiledNetwork, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._slots = [compiled.slot_of[name] for name in names]
        wanted, calls = set(self._slots), []
        for law, inputs, out in reversed(compiled.calls):
            if out in wanted:
                wanted.update(inputs)
                calls.append((compiled.laws[law], inputs, out))
        self._calls = calls[::-1]
        listed = (*compiled.states, *compiled.parameters)
        self._given = {listed[slot]: slot for slot in sorted(wanted) if slot < len(listed)}
        self.needs = tuple(self._given)

    def __call__(self, given: Mapping[str, Array | float]) -> list[Array]:
        """The values, in the order of `names`; `given` holds everything in `needs`, of shapes that go together."""
        slots: dict[int, Array | float] = {slot: given[name] for name, slot in self._given.items()}
        for law, inputs, out in self._calls:
            slots[out] = law(*(slots[slot] for slot in inputs))
        return [np.asarray(slots[slot], dtype=np.float64) for slot in self._slots]
