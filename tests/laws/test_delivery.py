"""Limits and signs of the laws of delivery: size, receptors, profiles, room, blood and the loop through release."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.laws import delivery

SIZES = np.linspace(0.03, 0.16, 40)
HUGE = 1e12


def test_smaller_vesicles_are_preferred_and_an_exponent_of_zero_prefers_none():
    factor = delivery.size_preference(SIZES, 0.1, 1.5)
    assert np.all(np.diff(factor) < 0.0)
    assert delivery.size_preference(0.1, 0.1, 1.5) == pytest.approx(1.0)
    np.testing.assert_allclose(delivery.size_preference(SIZES, 0.1, 0.0), 1.0)


def test_uptake_through_receptors_is_linear_at_first_and_bounded_by_the_sites():
    sites, entry = 500.0, 4.0
    offer = np.geomspace(1e-3, 1e9, 60)
    taken = offer * delivery.free_sites(offer, sites, entry)
    assert taken[0] == pytest.approx(offer[0], rel=1e-6)
    assert np.all(np.diff(taken) > 0.0) and taken[-1] < sites * entry
    assert taken[-1] == pytest.approx(sites * entry, rel=1e-4)
    assert delivery.free_sites(sites * entry, sites, entry) == pytest.approx(0.5)


def test_an_ordinary_profile_or_an_indifferent_cell_changes_nothing():
    assert delivery.profile_preference(0.0, 3.0) == delivery.profile_preference(2.0, 0.0) == 1.0
    assert delivery.profile_preference(1.0, 1.0) * delivery.profile_preference(1.0, -1.0) == pytest.approx(1.0)
    assert delivery.shifted_profile(0.3, 0.5, 0.0) == 0.3 < delivery.shifted_profile(0.3, 0.5, 1.0)


def test_what_is_loaded_never_exceeds_the_room():
    demand = np.geomspace(1e-6, 1e9, 60)
    loaded = demand * delivery.room_left(demand, 2.0)
    assert np.all(loaded < 2.0) and np.all(np.diff(loaded) > 0.0)
    assert loaded[0] == pytest.approx(demand[0], rel=1e-5)


def test_loads_per_vesicle_follow_the_content_of_the_cell():
    assert delivery.surface_load(2.0, 1.0, 0.04, 800.0, 1e5) == pytest.approx(2.0 * 1e5 * 0.04 / 800.0)
    assert delivery.counted_load(0.01, 100.0, 1.0, 300.0) == pytest.approx(0.03)
    assert delivery.surface_load(2.0, 1.0, 0.04, 800.0, 0.0) == delivery.counted_load(0.01, 100.0, 1.0, 0.0) == 0.0


@pytest.mark.parametrize("gain", [0.3, 1.0, 3.0])
def test_the_loop_rests_at_the_expected_release_with_the_gain_as_its_slope(gain):
    step = 1e-7
    at = [delivery.remodelling(1.0 + shift, 1.0, gain, 4.0) for shift in (-step, 0.0, step)]
    assert at[1] == 1.0
    assert (at[2] - at[1]) / step == pytest.approx(gain, rel=1e-5) == pytest.approx((at[1] - at[0]) / step, rel=1e-5)
    wide = delivery.remodelling(np.geomspace(1e-9, HUGE, 80), 1.0, gain, 4.0)
    assert np.all(np.diff(wide) > 0.0) and np.all(wide > 0.0) and np.all(wide < 4.0)


def test_expected_release_is_all_that_is_formed_when_nothing_else_takes_it():
    assert delivery.expected_release(30.0, 0.1, 0.0, 0.0, 10.0) == pytest.approx(300.0)
    assert delivery.expected_release(30.0, 0.0, 0.2, 0.03, 10.0) == 0.0


def test_a_closed_wall_lets_nothing_through():
    assert delivery.vessel_exchange(0.1, 0.0, 1.0, 2.0) == 0.0
    assert delivery.vessel_exchange(0.1, 1.0, 1.0, 2.0) == pytest.approx(0.05)


@pytest.mark.parametrize("share", [0.03, 0.2, 0.7])
def test_two_compartments_give_the_two_half_lives_back(share):
    """Eigenvalues of the two-compartment matrix are ln 2 over the half-lives; the slow one starts with its share."""
    fast, slow = 0.13, 5.7
    out, hold, back = (
        law(fast, slow, share) for law in (delivery.plasma_clearance, delivery.plasma_binding, delivery.plasma_return)
    )
    assert min(out, hold, back) > 0.0
    matrix = np.array([[-(out + hold), back], [hold, -back]])
    values, vectors = np.linalg.eig(matrix)
    order = np.argsort(-values)
    np.testing.assert_allclose(np.log(2.0) / -values[order], [slow, fast], rtol=1e-9)
    parts = np.linalg.solve(vectors, [1.0, 0.0]) * vectors[0]
    assert parts[order][0] == pytest.approx(share, rel=1e-9)
    assert delivery.plasma_binding(fast, slow, 0.0) == pytest.approx(0.0, abs=1e-12)
