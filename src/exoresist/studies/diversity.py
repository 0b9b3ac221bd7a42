"""Diversity of the tumour's lineages: how many there are, and how evenly the cells share themselves out among them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exoresist.core.errors import InputError
from exoresist.studies.answer import Answer, Row
from exoresist.studies.wording import show

Array = NDArray[np.float64]
PRESENT = 1.0  # cell: a lineage with less than one cell is gone


def lineage_shares(cells: ArrayLike) -> Array:
    """Share of each lineage in all cells.

    cells    cell, shape (lineages, ...), zero or more
    returns  same shape, summing to 1 over lineages; all 0 where no cell is left

    Raises InputError for negative or missing numbers.
    """
    counts = np.asarray(cells, dtype=float)
    if counts.ndim == 0 or np.any(~np.isfinite(counts)) or np.any(counts < 0.0):
        raise InputError("cells that are negative or missing", "numbers of zero or more, one row per lineage")
    total = counts.sum(axis=0)
    result: Array = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0.0)
    return result


def shannon(cells: ArrayLike) -> Array:
    """Shannon index H = − Σ p·ln p (nats), p the lineages' shares: 0 for one lineage, ln n for n equal ones.

    source  Shannon 1948
    """
    shares = lineage_shares(cells)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0.0)
    result: Array = -(shares * logs).sum(axis=0) + 0.0
    return result


def simpson(cells: ArrayLike) -> Array:
    """Simpson (Gini-Simpson) index 1 − Σ p²: the chance that two cells drawn at random are of different lineages.

    limits  0 for one lineage; 1 − 1/n for n equal ones
    source  Simpson 1949
    """
    shares = lineage_shares(cells)
    alive = shares.sum(axis=0) > 0.0
    result: Array = np.where(alive, 1.0 - (shares**2).sum(axis=0), 0.0)
    return result


def effective_lineages(cells: ArrayLike) -> Array:
    """exp(H): as many equal lineages as would be just as diverse; 1 for one lineage."""
    result: Array = np.exp(shannon(cells))
    return result


def diversity_rows(survivors: Sequence[Row], lineages: Sequence[str]) -> list[Row]:
    """Indices over time of every arm with two or more of the lineages, from rows of cells over time."""
    counts: dict[tuple[str, float], dict[str, float]] = {}
    for row in survivors:
        if row["population"] in lineages:
            counts.setdefault((str(row["arm"]), float(row["time"])), {})[str(row["population"])] = max(float(row["cells"]), 0.0)
    rows = []
    for (arm, time), cells in counts.items():
        if len(cells) < 2:
            continue
        found = np.array(list(cells.values()))
        rows.append({
            "arm": arm, "time": time, "lineages": int(np.count_nonzero(found >= PRESENT)), "shannon": float(shannon(found)),
            "simpson": float(simpson(found)), "effective": float(effective_lineages(found)),
        })  # fmt: skip
    return rows


def add_diversity(answer: Answer, lineages: Sequence[str]) -> None:
    """Put the diversity of the tumour's lineages into an answer, with a sentence for each arm that has any."""
    answer.diversity.extend(diversity_rows(answer.survivors, lineages))
    labels = {str(row["id"]): str(row["label"]) for row in answer.arms}
    by_arm: dict[str, list[Row]] = {}
    for row in answer.diversity:
        by_arm.setdefault(str(row["arm"]), []).append(row)
    for arm, rows in by_arm.items():
        first, last = rows[0], rows[-1]
        answer.sentences.append(
            f"In '{labels[arm]}' the tumour's lineages go from a Shannon index of {show(first['shannon'])} (Simpson "
            f"{show(first['simpson'])}) to {show(last['shannon'])} ({show(last['simpson'])}) in {show(last['time'])} h: "
            f"as diverse as {show(first['effective'])} and then {show(last['effective'])} equal lineages."
        )
