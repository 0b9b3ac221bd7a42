"""Which shares readings leave, whatever the prior holds to be likely: worlds of every share are asked how often they give such readings.

A weight over the prior's worlds covers the truth on average over the prior, and misses most of the worlds that the prior holds to be
rare (strong transfer). Here every share is tested by itself. Summaries t of the readings of worlds with a share near s have mean m(s) and
covariance C(s); how much better than s the best share explains them is

    λ(s, t) = ln N(t; m(s), C(s)) − max over s' of ln N(t; m(s'), C(s'))

s stays in unless λ(s, t) is among the lowest tenth of what the worlds near s give themselves. A share that is true is therefore kept in
nine of ten cases, whatever it is, on average over all else that differs between worlds; and so within each group of worlds that is
named (worlds of one rival), so that a rival that looks like the share does not pass for it. Where N is wrong intervals get longer, not
less covering. The interval reaches from the lowest share that stays to the highest.

source  Feldman & Cousins, Phys Rev D 1998;57:3873 (order by likelihood ratio)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEP = 0.01  # of the shares that are tested
WORLDS_NEAR, NEAR_AT_LEAST = 60, 0.1  # worlds that stand for a share: so many at least, and all within this of it
RIDGE = 1e-6  # of the covariance, summaries having about unit spread
MISSED = 0.1  # of the worlds with a share, how many may lose it
FEWEST = 25  # worlds of a group near a share, below which it is not asked by itself


@dataclass(frozen=True)
class Tested:
    """Shares that are tested, and what the summaries of their worlds are like. Made by `tested`.

    shares   (G,) ascending; `middle` (G, S), `inverse` (G, S, S), `size` (G,): of N(t; m, C), size being ln det C
    least    (G,) λ below which a share is out
    """

    shares: Array
    middle: Array
    inverse: Array
    size: Array
    least: Array

    def worse(self, told: Array) -> Array:
        """(M, G) λ of (M, S) summaries: 0 at the likeliest share, negative elsewhere."""
        value = np.empty((len(told), len(self.shares)))
        for place, (middle, inverse) in enumerate(zip(self.middle, self.inverse, strict=True)):
            apart = told - middle
            value[:, place] = -0.5 * ((apart @ inverse) * apart).sum(axis=1) - 0.5 * self.size[place]
        return np.asarray(value - value.max(axis=1, keepdims=True))

    def intervals(self, told: Array) -> Array:
        """(M, 2) lowest and highest share that (M, S) summaries leave."""
        stays = self.worse(told) >= self.least
        low, high = np.argmax(stays, axis=1), len(self.shares) - 1 - np.argmax(stays[:, ::-1], axis=1)
        # Half a step out: a share between two that were tested is like the nearer one.
        ends = np.column_stack([self.shares[low] - 0.5 * STEP, self.shares[high] + 0.5 * STEP])
        ends = np.clip(ends, self.shares[0], self.shares[-1])
        return np.asarray(np.where(np.abs(ends) <= 0.5 * STEP + 1e-9, [0.0, 0.5 * STEP], ends))

    def likeliest(self, told: Array) -> Array:
        """(M,) share that explains (M, S) summaries best."""
        return np.asarray(self.shares[np.argmax(self.worse(told), axis=1)])


def tested(told: Array, share: Array, groups: Sequence[NDArray[np.bool_]] = ()) -> Tested:
    """Learn from (N, S) summaries, each made without its own world, of worlds with (N,) shares.

    Shares from the 1 % point (0, if that is higher) to the highest of the worlds are tested.
    groups: (N,) masks of worlds, each of which must keep its share as often as all worlds together.
    """
    low, high = min(0.0, float(np.quantile(share, 0.01))), max(0.0, float(share.max()))
    # Within a step of none is none.
    shares = STEP * np.arange(np.ceil(low / STEP), np.ceil(high / STEP) + 1.0)
    weights = np.stack([_near(share, one) for one in shares])
    middle = weights @ told
    inverse, size = np.empty((len(shares), told.shape[1], told.shape[1])), np.empty(len(shares))
    for place, weight in enumerate(weights):
        apart = told - middle[place]
        spread = (apart * weight[:, None]).T @ apart + RIDGE * np.eye(told.shape[1])
        inverse[place], size[place] = np.linalg.inv(spread), np.linalg.slogdet(spread)[1]
    first = Tested(shares, middle, inverse, size, np.full(len(shares), -np.inf))
    worse = first.worse(told)
    least = np.array([_low_end(worse[:, place], weight) for place, weight in enumerate(weights)])
    for group in groups:
        for place, one in enumerate(shares):
            here = group & (np.abs(share - one) <= NEAR_AT_LEAST)
            if np.count_nonzero(here) >= FEWEST:
                least[place] = min(least[place], float(np.quantile(worse[here, place], MISSED)))
    return Tested(shares, middle, inverse, size, least)


def _near(share: Array, one: float) -> Array:
    """(N,) weights of the worlds that stand for a share; they sum to 1."""
    apart = np.abs(share - one)
    count = min(WORLDS_NEAR, max(1, len(share) // 4))
    reach = max(NEAR_AT_LEAST, 1.001 * float(np.partition(apart, count)[count]))
    weight = np.maximum(1.0 - (apart / reach) ** 2, 0.0)
    return np.asarray(weight / weight.sum())


def _low_end(values: Array, weights: Array) -> float:
    """The value below which worlds of weight MISSED lie."""
    order = np.argsort(values, kind="stable")
    return float(values[order][np.searchsorted(np.cumsum(weights[order]), MISSED)])
