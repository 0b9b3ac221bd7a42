"""Cells that meet hand over part of what one has more of: the transfer of surface pumps through contacts.

Pairs of cells of one voxel meet at a rate; in a meeting the share f of the difference moves. For many stirred cells the mean stays and the
variance falls as Var(t) = Var(0) · exp(−4 τ f (1 − f) t), τ meetings per cell (pairs per cell counted once) and time.

source  Hinow, Le Foll, Magal, Webb 2009, SIAM J Appl Math (the transfer operator); Pasquier 2011, Biol Direct 6:5
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exoresist.core.errors import InputError
from exoresist.laws.tissue import chance
from exoresist.numerics.keyed import uniform
from exoresist.tissue.state import Tissue


@dataclass(frozen=True)
class Meetings:
    """Meetings between cells of one type.

    kind      index of the cell type
    pool      what is handed over, a pool of its network
    rate      pairs per cell and hour; `fraction` of the difference that moves
    """

    kind: int
    pool: str
    rate: float
    fraction: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.rate) and self.rate >= 0.0):
            raise InputError(f"meetings happen at {self.rate} per hour", "a finite number, 0 or more")
        if not 0.0 <= self.fraction <= 1.0:
            raise InputError(f"{self.fraction} of the difference moves in a meeting", "0 to 1")


def meet(tissue: Tissue, meetings: Meetings) -> int:
    """One life step of meetings; gives how many there were.

    Within each voxel cells are put in random order and neighbours in that order are the pairs: every cell is in one pair at most.
    """
    contents = tissue.contents[meetings.kind]
    owner = contents.owner[: contents.count]
    names = tissue.cells.lineage[owner]
    voxel = tissue.voxels(owner)
    order = np.lexsort((uniform(tissue.word("order of meetings"), names, tissue.interval), voxel))
    first, second = order[:-1], order[1:]
    # Every other place of each voxel begins a pair.
    begins = np.r_[0, np.flatnonzero(voxel[first] != voxel[second]) + 1]
    place = np.arange(len(order)) - np.repeat(begins, np.diff(np.r_[begins, len(order)]))
    pairs = (voxel[first] == voxel[second]) & (place[:-1] % 2 == 0)
    first, second = first[pairs], second[pairs]
    # A cell is in a pair once per step, and a pair counts once for both: it meets at twice the rate per cell.
    draw = uniform(tissue.word("meeting"), names[first], tissue.interval)
    met = draw < chance(2.0 * meetings.rate, tissue.pace.life)
    first, second = first[met], second[met]
    amount = contents.row(meetings.pool)
    moved = meetings.fraction * (amount[first] - amount[second])
    amount[first] -= moved
    amount[second] += moved
    return len(first)
