"""How drugs and rays act: limits and signs of the laws of action."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exoresist.laws import action


def test_loss_of_signal_is_the_occupancy_of_one_target_of_normal_amount():
    occupancy = np.linspace(0.0, 1.0, 11)
    np.testing.assert_allclose(action.signal_loss(occupancy, occupancy, 1.0 - occupancy), occupancy)
    assert action.signal_loss(0.0, 0.0, 1.0) == 0.0


def test_more_target_or_a_bypass_takes_less_of_the_signal():
    left = np.array([0.1, 0.2, 1.0, 5.0])
    assert np.all(np.diff(action.signal_loss(0.9, 0.9, left)) < 0.0)


def test_two_drugs_share_the_loss_as_they_share_the_target():
    first, second, left = 0.3, 0.5, 0.2
    both = action.signal_loss(first, 0.8, left) + action.signal_loss(second, 0.8, left)
    assert both == pytest.approx(action.signal_loss(0.8, 0.8, left))


def test_lesions_grow_with_the_square_of_the_dose_at_last():
    def whole(dose):
        return action.linear_quadratic(1.0, dose / 0.05, dose, 0.3, 0.03, 1.0) * 0.05

    assert whole(2.0) == pytest.approx(0.3 * 2.0 + 0.03 * 4.0)
    assert 2.0 * whole(1.0) < whole(2.0)
    assert action.linear_quadratic(1.0, 0.0, 2.0, 0.3, 0.03, 1.0) == 0.0


def test_light_needs_a_dye_and_a_dye_needs_light():
    assert action.photodynamic_damage(5.0, 0.1, 0.0, 3.0) == action.photodynamic_damage(5.0, 0.1, 1.0, 0.0) == 0.0
    assert action.photodynamic_damage(5.0, 0.1, 1.0, 3.0) == pytest.approx(1.5)


@given(
    blocked=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=4),
    amount=st.floats(0.05, 20.0),
    bypass=st.floats(0.0, 10.0),
)
def test_drugs_together_never_take_more_than_the_signal(blocked, amount, bypass):
    """Competing drugs hold at most the whole target: the losses are shares, and sum to no more than one."""
    whole = sum(blocked)
    held = [each / max(whole, 1.0) for each in blocked]
    left = amount * (1.0 - sum(held)) + bypass + 1e-9
    losses = [action.signal_loss(each, sum(held), left) for each in held]
    assert all(0.0 <= loss <= 1.0 for loss in losses)
    assert sum(losses) <= 1.0 + 1e-9
