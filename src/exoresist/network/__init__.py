"""Networks of pools and processes: declared, checked, compiled, run and exported."""

from exoresist.network.network import Network
from exoresist.network.parts import (
    Amount,
    Derived,
    Event,
    Modulation,
    Node,
    Parameter,
    PerSize,
    Pool,
    Process,
    RateOf,
    Route,
    Sum,
)
from exoresist.network.run import Run, integrate

__all__ = [
    "Amount",
    "Derived",
    "Event",
    "Modulation",
    "Network",
    "Node",
    "Parameter",
    "PerSize",
    "Pool",
    "Process",
    "RateOf",
    "Route",
    "Run",
    "Sum",
    "integrate",
]
