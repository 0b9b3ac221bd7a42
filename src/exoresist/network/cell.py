"""A network that lives inside a cell: what whoever holds the cells must know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from exoresist.core.errors import ModelError
from exoresist.network.network import Network


@dataclass(frozen=True)
class CellNetwork:
    """The network of one cell and of the cell's share of the medium around it.

    network     checked; its amounts are those of one cell and of the cell's share of the medium around it
    cells       the pool that counts the cell itself: its biomass
    medium      pools of the shared medium, the same names and order in all types of a tissue
    volume      parameter: the cell's share of medium, mL; `capacity`: parameter that limits its growth as a full well would, cell
    stress      what the surroundings tell (`hypoxia`, `acidity`, `starvation`) -> parameter
    hazard      derived value: rate at which the cell dies, 1/h
    start       pool or node -> amount in a cell of biomass 1
    remains     pool of the cell -> pool that receives its content when the dead cell has gone: of the medium, or an exchange
    counters    pools that only count what flows: they have no say in the size of the steps
    marks       parameters that nothing in the network reads: notes on single cells, which daughters inherit
    """

    network: Network
    cells: str
    medium: tuple[str, ...]
    volume: str
    capacity: str
    stress: Mapping[str, str]
    hazard: str
    start: Mapping[str, float]
    remains: Mapping[str, str] = field(default_factory=dict)
    counters: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ModelError when a name is nothing of the network, or when a content of the cell has no place to go after death."""
        pools, parameters = self.network.pools, self.network.parameters
        for name in (self.cells, *self.medium, *self.remains, *self.remains.values(), *self.counters):
            if name not in pools:
                raise ModelError(f"'{name}' is no pool of network '{self.network.name}'")
        for name in (self.volume, self.capacity, *self.stress.values(), *self.marks):
            if name not in parameters:
                raise ModelError(f"'{name}' is no parameter of network '{self.network.name}'")
        inside = [pool.id for pool in pools.values() if pool.element and not pool.exchange and pool.id not in self.medium]
        lost = [name for name in inside if name not in self.remains]
        if lost:
            raise ModelError(f"network '{self.network.name}' does not say what becomes of '{lost[0]}' when its cell has died")
