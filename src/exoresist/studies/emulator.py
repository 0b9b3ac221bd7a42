"""A fast stand-in for a model: readings of many worlds learned from some, with how far it is off where.

Readings Y (N, C) are centred and turned into principal components; each is a Gaussian process over the inputs with a straight mean:

    Y(x) = mean + V·(H(x)·β + k(x)),   k(x, x') = exp(−Σ_j ((x_j − x'_j)/ℓ_j)² / 2)

Lengths ℓ_j are long where an input hardly matters (from the straight fit); their common scale and the share of unexplained scatter are
chosen by the error of leaving one world out, which also tells how far predictions are off in different parts of the input space.

source  Rasmussen & Williams, Gaussian Processes for Machine Learning, 2006, ch. 2.7 and 5.4 (leave one out)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SLOPE_VARIANCE = 100.0  # of the straight mean's coefficients, in units of the process: as good as free
SCALES = (3.0, 8.0)  # common factors on the lengths that are tried
NUGGETS = (3e-3, 3e-2)  # shares of scatter that are tried
INPUTS = 26  # inputs that are kept, the most telling ones
BENT = 6  # the most telling inputs, whose products are part of the trend, too
COMPONENT = 0.15  # principal components with a smaller standard deviation are left out, unit of Y
NEIGHBOURS = 25.0  # worlds over which squared errors are averaged


@dataclass(frozen=True)
class Emulator:
    """Predicts readings at inputs. Made by `learn`.

    kept      inputs that are used; `error`: root mean square error of leaving one world out, unit of Y
    left_out  (N, C) what is predicted of each world that was learned from, when it is left out
    """

    kept: NDArray[np.intp]
    error: float
    left_out: Array
    _bent: NDArray[np.intp]
    _inputs: Array
    _lengths: Array
    _weights: Array
    _slopes: Array
    _mean: Array
    _components: Array
    _squares: Array
    _width: float

    def predict(self, x: Array) -> tuple[Array, Array]:
        """(M, C) readings and (M, C) variances of their error, at (M, inputs) points."""
        picked = x[:, self.kept]
        apart = _apart(picked / self._lengths, self._inputs / self._lengths)
        scores = np.exp(-0.5 * apart) @ self._weights + _trend(picked, self._bent) @ self._slopes
        near = np.exp(-0.5 * (apart - apart.min(axis=1, keepdims=True)) / self._width)
        variances = (near @ self._squares) / near.sum(axis=1, keepdims=True)
        return self._mean + scores @ self._components, variances


def learn(x: Array, y: Array, inputs: int = INPUTS, nuggets: Sequence[float] = NUGGETS) -> Emulator:
    """Learn readings `y` (N, C), scaled so that 1 is what matters, from inputs `x` (N, inputs) of about unit spread.

    inputs  how many of the most telling inputs are kept; `nuggets`: shares of unexplained scatter that are tried
    """
    count = len(x)
    mean = y.mean(axis=0)
    _, singular, components = np.linalg.svd(y - mean, full_matrices=False)
    used = max(1, int(np.sum(singular / np.sqrt(count) > COMPONENT)))
    components = components[:used]
    scores = (y - mean) @ components.T
    every = np.column_stack([np.ones(count), x])
    first = np.linalg.solve(every.T @ every + np.eye(every.shape[1]), every.T @ scores)[1:]
    telling = np.sqrt((first**2).sum(axis=1))
    kept = np.sort(np.argsort(-telling, kind="stable")[:inputs])
    picked = x[:, kept]
    bent = np.sort(np.argsort(-telling[kept], kind="stable")[:BENT])
    most = max(float(telling.max()), 1e-300)  # readings that never differ: every input tells as little
    lengths = np.sqrt(most / np.maximum(telling[kept], 1e-3 * most))
    apart = _apart(picked / lengths, picked / lengths)
    straight = _trend(picked, bent)
    flat = SLOPE_VARIANCE * straight @ straight.T
    best: tuple[float, float, Array, Array] | None = None
    for scale in SCALES:
        process = np.exp(-0.5 * apart / scale**2) + flat
        for nugget in nuggets:
            inverse = np.linalg.inv(process + nugget * np.eye(count))
            weights = inverse @ scores
            left_out = weights / np.diag(inverse)[:, None]
            # Cut: a few wild worlds must not decide how the many are smoothed.
            loss = float(np.sqrt(np.mean(np.clip(left_out, -5.0, 5.0) ** 2)))
            if best is None or loss < best[0]:
                best = (loss, scale, weights, left_out)
    assert best is not None
    _, scale, weights, left_out = best
    lengths = lengths * scale
    # What the left-out components hold counts as error, too.
    error = left_out @ components
    rest = (y - mean) - scores @ components
    squares = error**2 + rest**2
    return Emulator(
        kept,
        float(np.sqrt(np.mean(squares))),
        y - rest - error,
        bent,
        picked,
        lengths,
        weights,
        SLOPE_VARIANCE * straight.T @ weights,
        mean,
        components,
        squares,
        _width(apart / scale**2),
    )


def _trend(x: Array, bent: NDArray[np.intp]) -> Array:
    """(N, terms) one, every input, and all products of two of the most telling ones."""
    first, second = np.triu_indices(len(bent))
    return np.column_stack([np.ones(len(x)), x, x[:, bent[first]] * x[:, bent[second]]])


def _apart(first: Array, second: Array) -> Array:
    """(M, N) squared distances."""
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)[None] - 2.0 * first @ second.T
    return np.maximum(squares, 0.0)


def _width(apart: Array) -> float:
    """Squared width at which about NEIGHBOURS worlds count when errors are averaged."""
    low, high = 1e-3, 1e3
    for _ in range(40):
        middle = float(np.sqrt(low * high))
        weights = np.exp(-0.5 * apart / middle)
        effective = float(np.median(weights.sum(axis=1) ** 2 / (weights**2).sum(axis=1)))
        low, high = (middle, high) if effective < NEIGHBOURS else (low, middle)
    return float(np.sqrt(low * high))
