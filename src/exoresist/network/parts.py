"""What a network is made of: pools, processes, passengers, modulations, nodes and events. Plain declarations; nothing runs here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from exoresist.core.errors import ModelError
from exoresist.core.quantity import Quantity
from exoresist.laws.registry import Law

_IDENTIFIER = re.compile(r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*$")


def check_identifier(name: str, kind: str) -> None:
    if not isinstance(name, str) or not _IDENTIFIER.match(name):
        raise ModelError(f"{kind} id '{name}' is not an identifier. Use letters, digits, _ and dots between words.")


@dataclass(frozen=True)
class Amount:
    """Reference to the amount in a pool, where a law would otherwise read its concentration."""

    pool: str


@dataclass(frozen=True)
class PerSize:
    """Reference to an amount divided by a named size (a parameter, a derived value, or the amount in a pool)."""

    pool: str
    size: str


@dataclass(frozen=True)
class RateOf:
    """Reference to the rate of a process with all its modulations: what its law gives, times every factor."""

    process: str


# A plain text names a parameter, a node, a derived value, or a pool (read as a concentration when the pool has a size).
Reference = str | Amount | PerSize | RateOf


@dataclass(frozen=True)
class Parameter:
    """A number of the network, with where it is from."""

    id: str
    value: float
    unit: str
    quantity: Quantity | None = None

    def __post_init__(self) -> None:
        check_identifier(self.id, "Parameter")


@dataclass(frozen=True)
class Pool:
    """An amount in a compartment.

    unit      of the amount: pmol, particle, copy, cell, or a mark such as dimensionless*cell
    element   what is conserved: vesicle, drug:doxorubicin, cargo:ABCB1, cell, or a mark (not conserved)
    size      what the amount is divided by when a law reads the pool: a parameter, derived value or pool id
    carrier   the pool whose members carry this amount; then this pool is a passenger and moves with them
    kind      passenger kind, the key of the fates that processes declare
    inherit   at division: `share` (amounts are shared out), `copy` (each daughter has the mother's mark), `reset`
    initial   amount at the start
    exchange  a declared exchange with the outside: counts what has left (or, negative, has come in)
    """

    id: str
    unit: str
    element: str = ""
    size: str = ""
    carrier: str = ""
    kind: str = ""
    inherit: Literal["share", "copy", "reset"] = "share"
    initial: float = 0.0
    scale: float = 1.0
    exchange: bool = False

    def __post_init__(self) -> None:
        check_identifier(self.id, "Pool")
        if self.carrier and not self.kind:
            raise ModelError(f"Pool '{self.id}' rides on '{self.carrier}' but has no passenger kind. Name its kind.")


@dataclass(frozen=True)
class Route:
    """A share of a passenger's flow: to a pool, with a fraction named by a parameter or derived value (None: the rest)."""

    to: str
    fraction: str | None = None


@dataclass(frozen=True)
class Process:
    """A flux from one pool to another, amount/h.

    source, sink  pool ids; an exchange is a pool with exchange=True
    law, inputs   rate law and what feeds each of its arguments
    specific      True when the law gives a rate per amount of the source (1/h): the flux is rate times the source. Required of every
                  process that moves a carrier, because flux/carrier is 0/0 for an empty one
    fates         passenger kind (or the id of one passenger pool) -> routes; every passenger of the source needs one
    birth         True for a process that makes cells out of cells: rate per member of the sink; inheritance applies
    name          public process name that interventions and axes modulate (`uptake_clathrin`); default: the id's last word
    """

    id: str
    source: str
    sink: str
    law: Law
    inputs: Mapping[str, Reference]
    specific: bool = False
    fates: Mapping[str, Sequence[Route]] = field(default_factory=dict)
    birth: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        check_identifier(self.id, "Process")
        if not self.name:
            object.__setattr__(self, "name", self.id.rsplit(".", 1)[-1])

    def fate(self, passenger: Pool) -> Sequence[Route] | None:
        """Where a passenger goes: what is said of this very pool, else of its kind."""
        return self.fates.get(passenger.id, self.fates.get(passenger.kind))


@dataclass(frozen=True)
class Modulation:
    """A factor on the rate of a process.

    tag  the mechanism; the pair (process, tag) may stand only once, so that nothing is counted twice
    """

    process: str
    law: Law
    inputs: Mapping[str, Reference]
    tag: str


@dataclass(frozen=True)
class Node:
    """An activity with baseline 1 and a time scale: tau·dn/dt = f − n, f the product of its regulators' normalised terms.

    regulators  (law, inputs) pairs, each a normalised term that is 1 at baseline
    time        parameter with the time scale, h
    """

    id: str
    time: str
    regulators: Sequence[tuple[Law, Mapping[str, Reference]]] = ()
    initial: float = 1.0

    def __post_init__(self) -> None:
        check_identifier(self.id, "Node")


@dataclass(frozen=True)
class Derived:
    """A value computed from others at every instant: a sum, a share, a total."""

    id: str
    law: Law
    inputs: Mapping[str, Reference]

    def __post_init__(self) -> None:
        check_identifier(self.id, "Derived value")


@dataclass(frozen=True)
class Sum:
    """A derived value that adds up pools (amounts), parameters or derived values of one unit, each with a sign or weight."""

    id: str
    terms: Sequence[Reference]

    def __post_init__(self) -> None:
        check_identifier(self.id, "Sum")
        if not self.terms:
            raise ModelError(f"Sum '{self.id}' adds nothing. Give at least one term.")


@dataclass(frozen=True)
class Event:
    """A change at a time: amounts added to pools, pools partly emptied into an exchange, parameters set.

    add      pool -> amount
    remove   pool -> fraction taken out (passengers go too), booked on `into`, an exchange pool per element
    set      parameter -> value from now on
    """

    time: float
    add: Mapping[str, float] = field(default_factory=dict)
    remove: Mapping[str, float] = field(default_factory=dict)
    set: Mapping[str, float] = field(default_factory=dict)
    label: str = ""


Part = Parameter | Pool | Process | Modulation | Node | Derived | Sum | Event
