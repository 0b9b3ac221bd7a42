"""Factors of I - h A along one axis of a grid, from one end or from both."""

from __future__ import annotations

import numpy as np

from exoresist.numerics.grid import Floats


def two_ended(n: int, h: float, inner: float, wall_minus: float, wall_plus: float) -> Floats:
    """LU of I - h A from both ends to the middle n // 2: rows multiplier of the row before, inverse pivot, multiplier of the row behind.

    Rows below the middle are eliminated upwards, the others downwards: "before" is the row further out, "behind" that further in.
    """
    upwards = factored(n, h, inner, wall_minus, wall_plus)
    downwards = factored(n, h, inner, wall_plus, wall_minus)[:, ::-1]
    return np.ascontiguousarray(np.concatenate([upwards[:, : n // 2], downwards[:, n // 2 :]], axis=1))


def factored(n: int, h: float, inner: float, wall_minus: float, wall_plus: float) -> Floats:
    """LU of I - h A along one axis: rows lower multiplier, inverse pivot, upper multiplier."""
    diagonal = np.full(n, 1.0 + 2.0 * h * inner)
    diagonal[0] += h * (wall_minus - inner)
    diagonal[-1] += h * (wall_plus - inner)
    result = np.zeros((3, n))
    pivot = diagonal[0]
    for i in range(n):
        if i:
            result[0, i] = h * inner / pivot
            pivot = diagonal[i] - h * inner * result[0, i]
        result[1, i] = 1.0 / pivot
        result[2, i] = h * inner / pivot if i < n - 1 else 0.0
    return result
