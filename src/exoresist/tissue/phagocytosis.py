"""Phagocytes (macrophages) engulf the dead bodies that they touch, and what these hold goes on in them.

A phagocyte that touches bodies engulfs one at its rate. Each pool of the body's network that `contents` names moves to the pool named of
the phagocyte's network (a drug to its cytosol, vesicles and cargo to its own debris or exchange); what it does not name goes where the
body's network sends it when a body vanishes. A body that was burst before holds nothing any more and is only cleared away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError, unknown_name
from exoresist.laws.tissue import chance
from exoresist.numerics.keyed import uniform
from exoresist.tissue.cells import APOPTOTIC, LYSED
from exoresist.tissue.life import empty, remove
from exoresist.tissue.state import Tissue
from exoresist.tissue.touching import touching

Indices = NDArray[np.intp]


@dataclass
class Phagocytosis:
    """What one type of phagocyte does.

    phagocyte  index of its cell type
    rate       1/h, bodies of one phagocyte that touches any
    contents   index of a body's cell type -> pool of its network -> pool of the phagocyte's network
    states     of the bodies that it takes
    engulfed   bodies so far
    """

    phagocyte: int
    rate: float
    contents: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    states: tuple[int, ...] = (APOPTOTIC, LYSED)
    engulfed: int = 0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.rate) and self.rate >= 0.0):
            raise InputError(f"phagocytes engulf {self.rate} bodies per hour", "a finite number, 0 or more")

    def check(self, tissue: Tissue) -> None:
        """Raises InputError where contents would go from or to a pool that is not there, or become something else."""
        for kind, pairs in self.contents.items():
            for index in (kind, self.phagocyte):
                if pairs and index not in tissue.contents:
                    raise InputError(f"cell type {index} has no network", "contents that move between types with networks")
            for source, to in pairs.items():
                theirs, own = (tissue.contents[index].interior for index in (kind, self.phagocyte))
                for name, inside in ((source, theirs), (to, own)):
                    if name not in inside.network.pools:
                        raise unknown_name("pool", name, inside.network.pools)
                    if name in inside.medium:
                        raise InputError(f"'{name}' is a pool of the medium", "pools of the body and of the phagocyte")
                if theirs.network.pools[source].element != own.network.pools[to].element:
                    raise InputError(
                        f"'{source}' is {theirs.network.pools[source].element}, '{to}' is {own.network.pools[to].element}",
                        "two pools of the same element",
                    )

    def __call__(self, tissue: Tissue) -> None:
        self.check(tissue)
        eater, body = self._meals(tissue)
        if not len(body):
            return
        for kind in tissue.contents:
            own = (tissue.cells.kind[body] == kind) & (tissue.cells.lane[body] >= 0)
            if own.any():
                self._hand_over(tissue, kind, eater[own], body[own])
                empty(tissue, kind, body[own])
        self.engulfed += len(body)
        gone = np.zeros(len(tissue.cells), dtype=bool)
        gone[body] = True
        remove(tissue, gone)
        tissue.resize()

    def _meals(self, tissue: Tissue) -> tuple[Indices, Indices]:
        """Who engulfs whom: each phagocyte one body at most, each body once."""
        cells = tissue.cells
        bodies = np.isin(cells.state, self.states) & ~cells.living()
        eater, body = touching(tissue, cells.living() & (cells.kind == self.phagocyte), bodies)
        word = tissue.word(f"engulfing by {self.phagocyte}")
        hungry = uniform(word, cells.lineage[eater], tissue.interval) < chance(self.rate, tissue.pace.life)
        eater, body = eater[hungry], body[hungry]
        if not len(body):
            return eater, body
        # In a random order of pairs, which depends on the names of both only, each takes the first that is free.
        order = np.argsort(uniform(tissue.word("choice of bodies"), cells.lineage[eater] ^ cells.lineage[body], 0), kind="stable")
        full, taken, kept = set(), set(), []
        for pair in order.tolist():
            one, other = int(eater[pair]), int(body[pair])
            if one not in full and other not in taken:
                full.add(one)
                taken.add(other)
                kept.append(pair)
        kept.sort()
        return eater[kept], body[kept]

    def _hand_over(self, tissue: Tissue, kind: int, eater: Indices, body: Indices) -> None:
        """Named contents move from bodies to those who ate them."""
        theirs, cells = tissue.contents[kind], tissue.cells
        for source, to in self.contents.get(kind, {}).items():
            own = tissue.contents[self.phagocyte]
            row = theirs.dead[theirs.states[source]]
            own.row(to)[cells.lane[eater]] += row[cells.lane[body]]
            row[cells.lane[body]] = 0.0

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {"engulfed": np.array([self.engulfed])}

    def restore(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        self.engulfed = int(arrays["engulfed"][0])
