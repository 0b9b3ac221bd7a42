"""Which cells touch: pairs out of the neighbour rows that the mechanics holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError
from exoresist.tissue.state import Tissue

Indices = NDArray[np.intp]


def touching(tissue: Tissue, who: NDArray[np.bool_], whom: NDArray[np.bool_]) -> tuple[Indices, Indices]:
    """Pairs of one of `who` and one of `whom` no farther apart than adhesion reaches, by the first, then in the order of its row.

    who, whom  (cells,) chosen cells
    errors     InputError for a tissue without mechanics
    """
    nothing = np.zeros(0, dtype=np.intp)
    if not (who.any() and whom.any()):
        return nothing, nothing
    if tissue.mechanics is None:
        raise InputError("a tissue without mechanics does not know which cells touch", "a tissue with mechanics")
    cells = tissue.cells
    rows = tissue.mechanics.neighbours(cells.position, cells.radius)
    first = np.flatnonzero(who)
    lengths = (rows.end - rows.begin)[first].astype(np.intp)
    one = np.repeat(first, lengths)
    # Places of all these rows in the list, one row after the other.
    starts = np.repeat(rows.begin[first].astype(np.intp) - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    other = rows.index[starts + np.arange(len(one))].astype(np.intp)
    kept = whom[other] & (one != other)
    one, other = one[kept], other[kept]
    apart = ((cells.position[:, one] - cells.position[:, other]) ** 2).sum(axis=0)
    near = apart <= (tissue.mechanics.contact.reach * (cells.radius[one] + cells.radius[other])) ** 2
    return one[near], other[near]
