"""Cells move: pushed and held by their neighbours, and by themselves."""

from __future__ import annotations

import numpy as np

from exoresist.numerics.keyed import directions, uniform
from exoresist.tissue.cells import LIVING
from exoresist.tissue.state import Tissue


def move(tissue: Tissue) -> None:
    """One life step of motion, in mechanics steps."""
    mechanics, cells = tissue.mechanics, tissue.cells
    if mechanics is None or len(cells) == 0:
        return
    for _ in range(max(1, round(tissue.pace.life / mechanics.contact.step))):
        cells.position = mechanics.step(
            cells.position, cells.velocity, cells.crawl, cells.radius, cells.stick, cells.mobility, cells.pressure
        )


def turn(tissue: Tissue) -> None:
    """Crawling cells take a new direction now and then: random, drawn towards the gradients that attract their type."""
    cells = tissue.cells
    for index, one in enumerate(tissue.types):
        if one.speed == 0.0:
            continue
        chosen = tissue.of_type(index, LIVING)
        again = uniform(tissue.word("turn"), cells.lineage[chosen], tissue.interval) < -np.expm1(
            -tissue.pace.life / one.persistence
        )
        again |= ~np.any(cells.crawl[:, chosen] != 0.0, axis=0)
        chosen = chosen[again]
        way = directions(tissue.word("way"), cells.lineage[chosen], tissue.interval, tissue.flat)
        for name, weight in one.attraction.items():
            way = (1.0 - abs(weight)) * way + weight * _uphill(tissue, name, chosen)
        length = np.sqrt((way**2).sum(axis=0))
        cells.crawl[:, chosen] = one.speed * np.divide(way, length, out=np.zeros_like(way), where=length > 0.0)


def _uphill(tissue: Tissue, name: str, chosen: np.ndarray) -> np.ndarray:
    """Unit vectors up the gradient of a field at each cell; zero where it is level."""
    values = tissue.steady.find(name)
    if values is None:
        values = tissue.medium.amounts[tissue.medium.names.index(name)]
    slope = [
        np.gradient(values, tissue.grid.spacing, axis=axis) if values.shape[axis] > 1 else np.zeros_like(values)
        for axis in (2, 1, 0)
    ]
    here = np.stack([part.reshape(-1)[tissue.voxels(chosen)] for part in slope])
    length = np.sqrt((here**2).sum(axis=0))
    return np.asarray(np.divide(here, length, out=np.zeros_like(here), where=length > 0.0))
