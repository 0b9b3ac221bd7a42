"""Reversible binding in many volumes: exact, conservative, never below nothing, and the same however time is cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from exoresist.laws.kinetics import reversible_binding, tight_binding
from exoresist.numerics.binding import bind

VOLUME = 2e-9


def stepped(free, bound, sites, on, off, span, parts: int = 1):
    """(free, bound) after `span` in equal parts; nothing given is changed."""
    free, bound = np.array(free, dtype=float), np.array(bound, dtype=float)
    for _ in range(parts):
        bind(free, bound, np.array(sites, dtype=float), on, off, VOLUME, span / parts)
    return free, bound


def test_one_kind_ends_at_the_quadratic_equilibrium():
    free = np.array([1e-8, 1e-7, 1e-6, 0.0])
    sites = np.array([[1e-7, 1e-7, 1e-7, 1e-7]])
    bound = np.array([[0.0, 2e-8, 9e-8, 1e-7]])
    on, off = 0.36, 1.8
    after, held = stepped(free, bound, sites, on, off, 500.0)
    whole = free + bound[0]
    np.testing.assert_allclose(held[0], tight_binding(whole, sites[0], off / on * VOLUME), rtol=1e-12)
    np.testing.assert_allclose(after + held[0], whole, rtol=1e-15)


def test_several_kinds_follow_the_law_of_the_network():
    on, off, span = 0.36, 1.8, 0.05
    free, bound, sites = 3e-8, np.array([1e-8, 0.0, 3e-9]), np.array([4e-8, 2e-8, 1e-9])

    def rates(_, y):
        flux = reversible_binding(on, off, y[0] / VOLUME, sites, y[1:])
        return np.concatenate([[-flux.sum()], flux])

    for time in (1e-4, 0.01, span, 2.0):
        exact = solve_ivp(rates, (0.0, time), [free, *bound], method="LSODA", rtol=1e-11, atol=1e-20).y[:, -1]
        after, held = stepped([free], bound[:, None], sites[:, None], on, off, time)
        np.testing.assert_allclose([after[0], *held[:, 0]], exact, rtol=1e-7)


def test_without_binding_all_let_go_and_without_letting_go_sites_fill():
    after, held = stepped([0.0], [[1e-8]], [[2e-8]], 0.0, 1.8, 0.5)
    assert held[0, 0] == pytest.approx(1e-8 * np.exp(-0.9), rel=1e-13) and after[0] + held[0, 0] == pytest.approx(1e-8, rel=1e-15)
    after, held = stepped([5e-8], [[0.0]], [[2e-8]], 0.36, 0.0, 100.0)
    assert held[0, 0] == pytest.approx(2e-8, rel=1e-12) and after[0] == pytest.approx(3e-8, rel=1e-12)
    # Equal amounts that never let go: the roots meet, and what is free falls as 1/t.
    on, time = 0.36, 0.2
    after, _ = stepped([2e-8], [[0.0]], [[2e-8]], on, 0.0, time)
    assert after[0] == pytest.approx(2e-8 / (1.0 + on / VOLUME * 2e-8 * time), rel=1e-9)


def test_nothing_happens_where_there_is_nothing():
    after, held = stepped([1e-8, 0.0, -1e-20], [[0.0, 0.0, 0.0]], [[0.0, 1e-8, 1e-8]], 0.36, 1.8, 1.0)
    assert after.tolist() == [1e-8, 0.0, -1e-20] and not held.any()


amount = st.one_of(st.just(0.0), st.floats(1e-16, 1e-5))


@given(
    free=amount, bound=st.lists(amount, min_size=3, max_size=3), sites=st.lists(amount, min_size=3, max_size=3),
    on=st.floats(1e-3, 1e2), off=st.floats(1e-6, 1e2), span=st.floats(1e-5, 10.0), parts=st.integers(2, 5),
)  # fmt: skip
def test_amounts_stay_and_time_may_be_cut(free, bound, sites, on, off, span, parts):
    whole = free + sum(bound)
    columns = np.array(bound)[:, None], np.array(sites)[:, None]
    after, held = stepped([free], *columns, on, off, span)
    assert after[0] >= 0.0 and (held >= 0.0).all() and np.isfinite(held).all()
    assert abs(after[0] + held.sum() - whole) <= 1e-14 * whole
    again, cut = stepped([free], *columns, on, off, span, parts)
    assert abs(again[0] - after[0]) <= 1e-9 * whole and (np.abs(cut - held) <= 1e-9 * whole).all()
    # The bound ones go towards their equilibrium and not past it.
    both = whole + sum(sites) + off / on * VOLUME
    end = 2.0 * whole * sum(sites) / (both + np.sqrt(max(both**2 - 4.0 * whole * sum(sites), 0.0))) if both > 0.0 else 0.0
    low, high = sorted((sum(bound), end))
    assert low - 1e-9 * whole <= held.sum() <= high + 1e-9 * whole
