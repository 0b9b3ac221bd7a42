"""Effector cells (NK cells) and the antibodies on the cells that they touch: how far they stand in for complement there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exoresist.tissue.state import Tissue
from exoresist.tissue.touching import touching

Array = NDArray[np.float64]
EFFECTORS = "effector_cells"  # what the networks of antibody-bearing cells are told, see `CellNetwork.stress`


def reached(tissue: Tissue, owner: NDArray[np.intp]) -> Array:
    """(owners,) strength of each kind of living effector cell that touches a cell, added up; 0 where none does.

    In a well the share of cells that effector cells reach follows their density; here a cell is touched or not, and one touch is enough.
    """
    cells, found = tissue.cells, np.zeros(len(tissue.cells))
    whom = np.zeros(len(cells), dtype=bool)
    whom[owner] = True
    for index, one in enumerate(tissue.types):
        if one.adcc > 0.0:
            _, target = touching(tissue, cells.living() & (cells.kind == index), whom)
            found[np.unique(target)] += one.adcc
    return found[owner]
