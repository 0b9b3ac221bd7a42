"""Spheres that push and stick: signs, limits, and the same bits however the work is shared out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exoresist.core.errors import InputError
from exoresist.numerics.neighbours import NeighbourSearch
from exoresist.numerics.slabs import Slabs
from exoresist.tissue.mechanics import Contact, Mechanics

CONTACT = Contact(repulsion=600.0, reach=1.25, skin=2.0, step=0.1 / 60.0)
LOW, HIGH = np.full(3, -500.0), np.full(3, 500.0)


def pair(distance, repulsion=600.0, adhesion=0.0, radius=8.0):
    """Velocity of the right of two cells on the x axis."""
    position = np.array([[0.0, distance], [0.0, 0.0], [0.0, 0.0]])
    mechanics = Mechanics(Contact(repulsion, 1.25, 2.0, 0.1 / 60.0), LOW, HIGH, Slabs(1))
    velocity, pressure = np.zeros((3, 2)), np.zeros(2)
    ones = np.ones(2)
    mechanics.step(position, velocity, np.zeros((3, 2)), radius * ones, np.sqrt(adhesion) * ones, ones, pressure)
    return velocity[0, 1], pressure


def test_overlapping_cells_push_apart_by_the_law():
    speed, pressure = pair(12.0)
    assert speed == pytest.approx(600.0 * (1.0 - 12.0 / 16.0) ** 2)
    np.testing.assert_allclose(pressure, (1.0 - 12.0 / 16.0) ** 2)


def test_cells_that_just_parted_pull_together_and_far_ones_do_nothing():
    speed, pressure = pair(18.0, adhesion=24.0)
    assert speed == pytest.approx(-24.0 * (1.0 - 18.0 / 20.0) ** 2)
    assert np.all(pressure == 0.0)
    assert pair(20.5, adhesion=24.0)[0] == 0.0


def test_cells_on_one_point_stay_finite():
    assert np.isfinite(pair(0.0)[0])


def test_no_cell_leaves_the_domain():
    position = np.array([[499.9, 495.0], [0.0, 0.0], [0.0, 0.0]])
    mechanics = Mechanics(CONTACT, LOW, HIGH, Slabs(1))
    ones = np.ones(2)
    for _ in range(200):
        position = mechanics.step(position, np.zeros((3, 2)), np.zeros((3, 2)), 8.0 * ones, ones, ones, np.zeros(2))
    assert position[0].max() <= 500.0 and position[0, 1] < 495.0


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 300), st.integers(0, 2**32 - 1), st.floats(20.0, 200.0), st.booleans())
def test_list_holds_every_pair_that_is_near_enough(count, seed, size, flat):
    rng = np.random.default_rng(seed)
    x, y, z = rng.uniform(-size, size, (3, count))
    z = z * 0.0 if flat else z
    radius = rng.uniform(3.0, 12.0, count)
    rows = NeighbourSearch(Slabs(1)).build(x, y, z, radius, 1.25, 2.0)
    distance = np.sqrt((x[:, None] - x) ** 2 + (y[:, None] - y) ** 2 + (z[:, None] - z) ** 2)
    wanted = distance < 1.25 * (radius[:, None] + radius) + 1.9
    allowed = distance < 1.25 * (radius[:, None] + radius) + 2.1
    for i in range(count):
        found = rows.index[rows.begin[i] : rows.end[i]]
        assert len(set(found)) == len(found) and i not in found
        assert set(np.flatnonzero(wanted[i])) - {i} <= set(found) <= set(np.flatnonzero(allowed[i]))


def test_forces_cancel_in_every_pair():
    rng = np.random.default_rng(4)
    position = rng.uniform(-60.0, 60.0, (3, 400))
    mechanics = Mechanics(CONTACT, LOW, HIGH, Slabs(1))
    velocity, ones = np.zeros((3, 400)), np.ones(400)
    mechanics.step(position, velocity, np.zeros((3, 400)), rng.uniform(6.0, 9.0, 400), 4.0 * ones, ones, np.zeros(400))
    assert np.abs(velocity.sum(axis=1)).max() < 1e-10 * np.abs(velocity).sum()


def test_old_lists_serve_until_cells_have_moved_half_the_skin():
    rng = np.random.default_rng(4)
    start = rng.uniform(-150.0, 150.0, (3, 6000))
    ones = np.ones(6000)
    ends = []
    for skin in (0.5, 6.0):
        mechanics = Mechanics(Contact(600.0, 1.25, skin, 0.1 / 60.0), LOW, HIGH, Slabs(1))
        position, velocity = start.copy(), np.zeros((3, 6000))
        for _ in range(40):
            position = mechanics.step(position, velocity, np.zeros((3, 6000)), 8.0 * ones, 4.0 * ones, ones, np.zeros(6000))
        ends.append(position)
        assert mechanics.rebuilds > 1
    np.testing.assert_allclose(ends[0], ends[1], atol=1e-9)


def test_same_bits_on_any_number_of_threads():
    rng = np.random.default_rng(4)
    start = rng.uniform(-150.0, 150.0, (3, 9000))
    ones = np.ones(9000)
    ends = []
    for threads in (1, 2, 4):
        with Slabs(threads) as slabs:
            mechanics = Mechanics(CONTACT, LOW, HIGH, slabs)
            position, velocity = start.copy(), np.zeros((3, 9000))
            for _ in range(30):
                position = mechanics.step(position, velocity, np.zeros((3, 9000)), 8.0 * ones, 4.0 * ones, ones, np.zeros(9000))
            ends.append(position.tobytes() + velocity.tobytes())
    assert ends[0] == ends[1] == ends[2]


def test_a_step_that_would_throw_cells_is_refused():
    with pytest.raises(InputError, match="mechanics step of 6 min"):
        Contact(repulsion=600.0, reach=1.25, skin=2.0, step=0.1)
    with pytest.raises(InputError, match="skin"):
        Contact(repulsion=600.0, reach=1.25, skin=float("nan"), step=0.001)
