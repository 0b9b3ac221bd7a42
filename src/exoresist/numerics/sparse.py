"""Static sparse LU: the pattern is factorised once, the numbers many times.

Pivots are taken on the diagonal in an order that keeps fill-in low (Markowitz). That is safe for matrices I/(h·gamma) - J of
integrators with step control: a step that makes a pivot too small is rejected and shortened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Factorisation:
    """Where the numbers of a factorised matrix stand, and the multiply-adds that make them.

    position  (row, column) -> index of the stored entry
    diagonal  index of the diagonal entry of each row
    pivots    order of elimination; columns: row, first and last of `lower`, first and last of `upper`, diagonal entry
    lower     rows (row, entry, first, last) below each pivot; first and last point into `updates`
    updates   rows (target, upper entry): target -= lower entry * upper entry
    upper     rows (column, entry) right of each pivot
    """

    n: int
    n_entries: int
    position: dict[tuple[int, int], int]
    diagonal: Ints
    pivots: Ints
    lower: Ints
    updates: Ints
    upper: Ints


def symbolic_factorisation(n: int, pattern: Iterable[tuple[int, int]]) -> Factorisation:
    """Order of elimination and fill-in for an n by n matrix with the given nonzero entries (the diagonal is always one)."""
    rows: list[set[int]] = [{index} for index in range(n)]
    columns: list[set[int]] = [{index} for index in range(n)]
    for row, column in pattern:
        rows[row].add(column)
        columns[column].add(row)
    full_rows = [set(row) for row in rows]
    remaining = set(range(n))
    order: list[int] = []
    while remaining:
        pivot = min(remaining, key=lambda k: ((len(rows[k]) - 1) * (len(columns[k]) - 1), len(rows[k]), k))
        order.append(pivot)
        remaining.discard(pivot)
        below = sorted(columns[pivot] - {pivot})
        right = sorted(rows[pivot] - {pivot})
        for row in below:
            for column in right:
                rows[row].add(column)
                columns[column].add(row)
                full_rows[row].add(column)
        for row in below:
            rows[row].discard(pivot)
        for column in right:
            columns[column].discard(pivot)
    entries = sorted((row, column) for row in range(n) for column in full_rows[row])
    position = {entry: index for index, entry in enumerate(entries)}
    rank = {row: index for index, row in enumerate(order)}
    pivots: list[tuple[int, ...]] = []
    lower: list[tuple[int, ...]] = []
    updates: list[tuple[int, ...]] = []
    upper: list[tuple[int, ...]] = []
    by_column: list[list[int]] = [[] for _ in range(n)]
    for row, column in entries:
        by_column[column].append(row)
    for pivot in order:
        below = sorted((row for row in by_column[pivot] if rank[row] > rank[pivot]), key=rank.__getitem__)
        right = sorted((c for c in full_rows[pivot] if rank[c] > rank[pivot]), key=rank.__getitem__)
        first_lower, first_upper = len(lower), len(upper)
        upper.extend((column, position[pivot, column]) for column in right)
        for row in below:
            first = len(updates)
            updates.extend((position[row, column], position[pivot, column]) for column in right)
            lower.append((row, position[row, pivot], first, len(updates)))
        pivots.append((pivot, first_lower, len(lower), first_upper, len(upper), position[pivot, pivot]))
    return Factorisation(
        n=n,
        n_entries=len(entries),
        position=position,
        diagonal=np.array([position[index, index] for index in range(n)], dtype=np.int32),
        pivots=np.array(pivots, dtype=np.int32).reshape(-1, 6),
        lower=np.array(lower, dtype=np.int32).reshape(-1, 4),
        updates=np.array(updates, dtype=np.int32).reshape(-1, 2),
        upper=np.array(upper, dtype=np.int32).reshape(-1, 2),
    )
