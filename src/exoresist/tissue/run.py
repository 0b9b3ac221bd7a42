"""Advancing a tissue: the order of the steps stands here, and nowhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from exoresist.core.errors import SolverError
from exoresist.tissue.exchange import run_networks
from exoresist.tissue.life import breathe, live
from exoresist.tissue.motion import move, turn
from exoresist.tissue.state import Tissue

ORDER: tuple[Callable[[Tissue], None], ...] = (breathe, run_networks, turn, move, live)


def step(tissue: Tissue) -> None:
    """One life step; what a tissue has besides (`extra`) comes last."""
    for part in (*ORDER, *tissue.extra):
        part(tissue)
        if tissue.books is not None:
            tissue.books.after(tissue, part)
    tissue.interval += 1
    _check(tissue)


def _check(tissue: Tissue) -> None:
    """No NaN travels on in silence."""
    cells = tissue.cells
    if not (np.all(np.isfinite(cells.position)) and np.all(np.isfinite(cells.biomass))):
        raise SolverError(f"cells have positions or sizes that are not finite at {tissue.time:g} h; a mechanics step is too long")
    if not np.all(np.isfinite(tissue.medium.amounts)):
        raise SolverError(f"fields have amounts that are not finite at {tissue.time:g} h; a step of diffusion is too long")


def state_hash(tissue: Tissue) -> str:
    """A word that tells two states apart: every column, content and field, bit by bit."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(str(tissue.interval).encode())
    for name in tissue.cells.columns():
        digest.update(np.ascontiguousarray(getattr(tissue.cells, name)).tobytes())
    for index in sorted(tissue.contents):
        contents = tissue.contents[index]
        for part in (contents.amounts[:, : contents.count], contents.dead, contents.gone):
            digest.update(np.ascontiguousarray(part).tobytes())
    digest.update(tissue.medium.amounts.tobytes())
    for one in tissue.steady.fields:
        digest.update(one.values.tobytes())
    for kept in tissue.keeping().values():
        for array in kept.arrays().values():
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def balance(tissue: Tissue) -> dict[str, float]:
    """Element -> amount in cells, bodies, fields and exchanges, less what came in through the faces and from vessels."""
    result: dict[str, float] = {}
    elements: dict[str, str] = {}
    for contents in tissue.contents.values():
        pools = contents.interior.network.pools
        elements |= {
            name: pools[name].element for name in (*contents.interior.medium, *(p.id for p in pools.values() if p.exchange))
        }
        for element, amount in contents.totals().items():
            result[element] = result.get(element, 0.0) + amount
    flat = tissue.medium.flat()
    for index, name in enumerate(tissue.medium.names):
        element = elements[name]
        result[element] = result.get(element, 0.0) + float(flat[index].sum()) - float(tissue.medium.entered[index])
    for name, amount in tissue.medium.vanished.items():
        result[elements[name]] = result.get(elements[name], 0.0) + amount
    return result
