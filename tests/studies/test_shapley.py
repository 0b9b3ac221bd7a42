"""Shapley values: efficiency, symmetry, null player, additivity; orders by brute force; redundant routes as interaction."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from exoresist.core.errors import InputError
from exoresist.studies.shapley import combinations, shares

Array = NDArray[np.float64]
FINITE = st.floats(-10.0, 10.0, allow_subnormal=False)


@st.composite
def tables(draw: st.DrawFn, least: int = 1, most: int = 5) -> Array:
    players = draw(st.integers(least, most))
    return draw(arrays(np.float64, (1 << players, 3), elements=FINITE))


@settings(deadline=None, max_examples=60)
@given(tables())
def test_the_values_add_up_to_the_whole_effect(table: Array) -> None:
    found = shares(table)
    assert np.allclose(found.values.sum(axis=0), found.effect, atol=1e-10)
    assert np.array_equal(found.effect, table[-1] - table[0])
    assert np.all(found.order_low <= found.values + 1e-12) and np.all(found.values <= found.order_high + 1e-12)


@settings(deadline=None, max_examples=40)
@given(tables(2), st.data())
def test_players_that_may_be_exchanged_have_equal_values(table: Array, data: st.DataObject) -> None:
    players = len(table).bit_length() - 1
    one, two = data.draw(st.permutations(range(players)))[:2]

    def exchanged(number: int) -> int:
        bits = [number >> player & 1 for player in range(players)]
        bits[one], bits[two] = bits[two], bits[one]
        return sum(bit << player for player, bit in enumerate(bits))

    symmetric = table + table[[exchanged(number) for number in range(len(table))]]
    found = shares(symmetric)
    assert np.allclose(found.values[one], found.values[two], atol=1e-10)


@settings(deadline=None, max_examples=40)
@given(tables(1, 4), st.integers(0, 4))
def test_a_player_that_changes_nothing_has_exactly_zero(table: Array, place: int) -> None:
    players = len(table).bit_length() - 1
    place = min(place, players)
    low_bits = (1 << place) - 1
    wider = np.array([table[(number & low_bits) | (number >> place + 1 << place)] for number in range(2 * len(table))])
    found = shares(wider)
    assert np.all(found.values[place] == 0.0)
    assert np.all(found.order_low[place] == 0.0) and np.all(found.order_high[place] == 0.0)
    assert np.all(found.interactions[place] == 0.0)
    others = [player for player in range(players + 1) if player != place]
    assert np.allclose(found.values[others], shares(table).values, atol=1e-10)


@settings(deadline=None, max_examples=40)
@given(st.data(), st.integers(1, 4), FINITE)
def test_values_of_a_sum_are_the_sum_of_the_values(data: st.DataObject, players: int, factor: float) -> None:
    first, second = (data.draw(arrays(np.float64, (1 << players,), elements=FINITE)) for _ in range(2))
    together = shares(first + factor * second)
    assert np.allclose(together.values, shares(first).values + factor * shares(second).values, atol=1e-9)


def test_values_and_ranges_are_those_of_all_orders() -> None:
    players = 4
    table = np.random.default_rng(3).normal(size=(1 << players, 2))
    steps: list[list[Array]] = [[] for _ in range(players)]
    for order in permutations(range(players)):
        number = 0
        for player in order:
            steps[player].append(table[number | 1 << player] - table[number])
            number |= 1 << player
    found = shares(table)
    for player in range(players):
        assert np.allclose(found.values[player], np.mean(steps[player], axis=0))
        assert np.allclose(found.order_low[player], np.min(steps[player], axis=0))
        assert np.allclose(found.order_high[player], np.max(steps[player], axis=0))


def test_redundant_routes_show_up_as_negative_interaction_and_needed_ones_as_positive() -> None:
    either = shares(np.array([float(a or b) for a, b in combinations(2)]))
    both = shares(np.array([float(a and b) for a, b in combinations(2)]))
    apart = shares(np.array([float(a) + 2.0 * b for a, b in combinations(2)]))
    assert either.interactions[0, 1] == -1.0 and np.allclose(either.values, 0.5)
    assert (either.order_low == 0.0).all() and (either.order_high == 1.0).all()
    assert both.interactions[0, 1] == 1.0 and np.allclose(both.values, 0.5)
    assert apart.interactions[0, 1] == 0.0 and np.allclose(apart.values, [1.0, 2.0])


def test_no_players_share_nothing_and_bad_tables_are_refused() -> None:
    assert shares(np.array([2.0])).values.shape == (0,)
    with pytest.raises(InputError, match="2\\^n"):
        shares(np.zeros(3))
    with pytest.raises(InputError, match="finite"):
        shares(np.array([0.0, np.nan]))
    with pytest.raises(InputError, match="at most 7"):
        shares(np.zeros(256))
