"""Roots of rising functions by bracketed secant steps."""

from __future__ import annotations

import numpy as np

from exoresist.studies.secant import secant_step


def test_a_straight_line_is_solved_by_its_secant() -> None:
    low, high = np.full(2, -10.0), np.full(2, 10.0)
    first, second = np.array([0.0, 0.0]), np.array([1.0, 1.0])
    slope, root = np.array([3.0, 0.5]), np.array([2.0, -4.0])
    step = secant_step(second, slope * (second - root), low, high, (first, slope * (first - root)))
    assert np.allclose(step, root)


def test_a_step_that_leaves_the_bracket_goes_halfway() -> None:
    low, high = np.array([0.0, 0.0]), np.array([1.0, 1.0])
    step = secant_step(np.array([0.5, 0.5]), np.array([5.0, 0.2]), low, high, None)
    assert np.allclose(step, [0.5, 0.4])  # 0.5 - 5/2 lies outside, 0.5 - 0.2/2 inside


def test_a_flat_secant_is_not_followed() -> None:
    low, high, place = np.full(1, -10.0), np.full(1, 10.0), np.full(1, 1.0)
    step = secant_step(place, np.array([1.0]), low, high, (np.full(1, 0.0), np.array([0.99])))
    assert np.allclose(step, 0.5)
    assert np.isfinite(secant_step(place, np.array([1.0]), low, high, (place, np.array([1.0]))))
