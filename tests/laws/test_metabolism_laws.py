"""Limits and signs of the laws of metabolism, of lipid peroxide and of ferroptosis."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.laws import ferroptosis, metabolism

RISING = np.linspace(0.0, 5.0, 51)


def test_use_of_a_nutrient_is_one_in_the_standard_medium() -> None:
    use = metabolism.relative_saturation(RISING, 0.7, 2.0)
    assert use[0] == 0.0 and metabolism.relative_saturation(2.0, 0.7, 2.0) == pytest.approx(1.0)
    assert np.all(np.diff(use) > 0.0)
    assert metabolism.relative_saturation(1e12, 0.7, 2.0) == pytest.approx(2.7 / 2.0)


def test_relative_stimulation_is_one_at_the_standard_and_without_a_receptor() -> None:
    assert metabolism.relative_stimulation(3.0, 1.0, 2.0, 3.0) == pytest.approx(1.0)
    assert np.all(metabolism.relative_stimulation(RISING, 1.0, 1.0, 3.0) == 1.0)
    assert np.all(np.diff(metabolism.relative_stimulation(RISING, 1.0, 2.0, 3.0)) > 0.0)


def test_dependence_leaves_what_does_not_depend() -> None:
    assert metabolism.dependence(0.0, 0.3) == pytest.approx(0.7)
    assert metabolism.dependence(1.0, 0.3) == 1.0
    assert np.all(metabolism.dependence(RISING, 0.0) == 1.0)


def test_a_blend_of_ones_is_one_and_each_part_counts_by_its_share() -> None:
    assert metabolism.blend(1.0, 1.0, 0.3) == pytest.approx(1.0)
    assert metabolism.blend(4.0, 2.0, 1.0) == 4.0 and metabolism.blend(4.0, 2.0, 0.0) == 2.0


def test_buffer_falls_with_acid_and_never_to_zero() -> None:
    acid = np.linspace(-10.0, 60.0, 71)
    left = metabolism.buffer_left(24.0, acid, 1.0)
    assert np.all(np.diff(left) < 0.0) and np.all(left > 0.0)
    assert metabolism.buffer_left(24.0, 0.0, 0.0) == pytest.approx(24.0)
    assert metabolism.buffer_left(24.0, 14.0, 1e-6) == pytest.approx(10.0)
    assert metabolism.buffer_left(24.0, 124.0, 1.0) == pytest.approx(1.0 / 100.0, rel=1e-3)


def test_ph_follows_henderson_and_hasselbalch() -> None:
    assert metabolism.medium_ph(1.2, 1.2, 6.1) == pytest.approx(6.1)
    assert metabolism.medium_ph(24.0, 1.2, 6.1) == pytest.approx(7.40, abs=0.005)
    assert metabolism.medium_ph(12.0, 1.2, 6.1) == pytest.approx(metabolism.medium_ph(24.0, 1.2, 6.1) - np.log10(2.0))


def test_acid_stress_runs_from_none_to_one() -> None:
    assert metabolism.acid_stress(24.0, 24.0, 3.0) == 0.0
    assert metabolism.acid_stress(6.0, 24.0, 3.0) == pytest.approx(0.5)  # three times the protons more
    assert metabolism.acid_stress(1e-9, 24.0, 3.0) == pytest.approx(1.0)
    assert metabolism.acid_stress(30.0, 24.0, 3.0) < 0.0


@pytest.mark.parametrize("imposed", [0.0, 0.4, 1.0])
def test_own_stress_joins_what_is_imposed(imposed: float) -> None:
    assert metabolism.own_stress(imposed, 1.0) == pytest.approx(imposed)
    assert metabolism.own_stress(imposed, 0.0) == 1.0
    assert np.all(np.diff(metabolism.own_stress(imposed, np.linspace(0.0, 1.0, 11))) <= 0.0)


def test_pufa_share_falls_as_other_lipid_competes() -> None:
    assert metabolism.membrane_share(1.0, 1.0, 0.25) == pytest.approx(1.0)
    assert metabolism.membrane_share(0.0, 1.0, 0.25) == 0.0
    assert np.all(np.diff(metabolism.membrane_share(1.0, RISING, 0.25)) < 0.0)
    assert metabolism.membrane_share(1.0, 0.0, 0.25) == pytest.approx(4.0)


@pytest.mark.parametrize("place", [1, 2, 3])
def test_peroxide_needs_iron_pufa_and_oxidants(place: int) -> None:
    values = [0.3, 1.0, 1.0, 1.0, 100.0]
    full = ferroptosis.peroxidation(*values)
    values[place] = 0.0
    assert ferroptosis.peroxidation(*values) == 0.0 < full
    values[place] = 2.0
    assert ferroptosis.peroxidation(*values) == pytest.approx(2.0 * full)


def test_gpx4_clears_nothing_without_glutathione_or_reductant() -> None:
    assert ferroptosis.glutathione_clearance(2.0, 1.0, 1.0) == 2.0
    assert ferroptosis.glutathione_clearance(2.0, 0.0, 1.0) == ferroptosis.glutathione_clearance(2.0, 1.0, 0.0) == 0.0


def test_ferroptosis_rises_from_nothing_to_its_bound() -> None:
    hazard = ferroptosis.ferroptotic_hazard(0.2, RISING, 1.0, 3.0)
    assert hazard[0] < 1e-30 and np.all(np.diff(hazard) > 0.0) and hazard[-1] < 0.2
    assert ferroptosis.ferroptotic_hazard(0.2, 1.0, 1.0, 3.0) == pytest.approx(0.1)
