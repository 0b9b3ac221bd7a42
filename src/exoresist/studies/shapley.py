"""Shares of an outcome by Shapley: from the outcome under every on/off combination of a few players. Pure arithmetic.

Combinations are numbered by bits: player i is on in combination m where m >> i & 1. A table of outcomes is (2^n, ...): any further
axes, such as draws of the parameters, are carried along.

source  Shapley, Contributions to the Theory of Games II (1953) 307; Grabisch and Roubens, Int J Game Theory 1999;28:547 (interaction)
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError

Array = NDArray[np.float64]
MOST_PLAYERS = 7


@dataclass(frozen=True)
class Shares:
    """What each of n players contributes to v(all on) − v(all off).

    values         (n, ...) Shapley values: the mean marginal contribution over all orders in which players are switched on
    order_low      (n, ...) least marginal contribution over all orders; `order_high` the greatest
    interactions   (n, n, ...) pairwise Shapley interaction indices, symmetric, 0 on the diagonal: below 0 where two players stand in
                   for each other (redundant routes), above 0 where one needs the other
    effect         (...) v(all on) − v(all off), which the values add up to
    """

    values: Array
    order_low: Array
    order_high: Array
    interactions: Array
    effect: Array


def combinations(players: int) -> list[tuple[bool, ...]]:
    """Which players are on in each of the 2^n combinations, in the order of the table.

    Raises InputError beyond MOST_PLAYERS: the number of combinations doubles with each.
    """
    if not 0 <= players <= MOST_PLAYERS:
        raise InputError(f"{players} players", f"at most {MOST_PLAYERS}", "Name fewer, or group some of them")
    return [tuple(bool(number >> player & 1) for player in range(players)) for number in range(1 << players)]


def marginals(outcomes: Array, player: int) -> Array:
    """(2^(n−1), ...) v(T with the player) − v(T) for every combination T of the others, in the order of the table."""
    without = [number for number in range(len(outcomes)) if not number >> player & 1]
    result: Array = outcomes[[number | 1 << player for number in without]] - outcomes[without]
    return result


def shares(outcomes: Array) -> Shares:
    """Shapley values, ranges over orders and interactions of a table of outcomes (2^n, ...).

    value(i)           = sum over T without i of |T|! (n − |T| − 1)! / n! · [v(T + i) − v(T)]
    interaction(i, j)  = sum over T without i, j of |T|! (n − |T| − 2)! / (n − 1)! · [v(T + i + j) − v(T + i) − v(T + j) + v(T)]

    A combination T comes before i in some order of the players whatever T is, so the range over orders is the range over T.
    Raises InputError for a table whose length is no power of two or that holds numbers that are not finite.
    """
    table = np.asarray(outcomes, dtype=float)
    players = len(table).bit_length() - 1
    if len(table) != 1 << players:
        raise InputError(f"a table of {len(table)} outcomes", "2^n: one for every combination of n players")
    combinations(players)
    if not np.all(np.isfinite(table)):
        raise InputError("the table holds outcomes that are not finite", "finite outcomes of every combination")
    rest = table.shape[1:]
    values, low, high = (np.zeros((players, *rest)) for _ in range(3))
    for player in range(players):
        steps = marginals(table, player)
        sizes = [number.bit_count() for number in range(len(table)) if not number >> player & 1]
        weights = np.array([factorial(size) * factorial(players - size - 1) / factorial(players) for size in sizes])
        values[player] = np.tensordot(weights, steps, axes=1)
        low[player], high[player] = steps.min(axis=0), steps.max(axis=0)
    return Shares(values, low, high, _interactions(table, players), table[-1] - table[0])


def _interactions(table: Array, players: int) -> Array:
    result = np.zeros((players, players, *table.shape[1:]))
    for first in range(players):
        for second in range(first + 1, players):
            one, two = 1 << first, 1 << second
            without = [number for number in range(len(table)) if not number & (one | two)]
            both, single, other, none = (table[[number | bits for number in without]] for bits in (one | two, one, two, 0))
            weights = np.array(
                [
                    factorial(number.bit_count()) * factorial(players - number.bit_count() - 2) / factorial(players - 1)
                    for number in without
                ]
            )
            result[first, second] = result[second, first] = np.tensordot(weights, (both - single) - (other - none), axes=1)
    return result
