"""Shares that readings leave: covered whatever is true, narrow where readings tell, everything where they do not."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.studies.identify_interval import STEP
from exoresist.studies.identify_interval import tested as learned

pytestmark = pytest.mark.xdist_group("identify")  # on one worker: what they compile and prepare is made once


def worlds(count: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Shares of which most are small, and two summaries that tell of them with noise."""
    generator = np.random.default_rng(seed)
    share = generator.beta(0.4, 2.0, count)
    told = np.column_stack([share / 0.3, np.arcsinh(share / 0.1)])
    return told + noise * generator.standard_normal(told.shape), share


def covered(intervals: np.ndarray, share: np.ndarray) -> np.ndarray:
    return np.asarray((intervals[:, 0] <= share) & (share <= intervals[:, 1]))


@pytest.mark.parametrize("noise", [0.3, 1.0, 3.0])
def test_a_share_is_covered_whatever_it_is(noise: float) -> None:
    told, share = worlds(900, noise, 1)
    fresh, truth = worlds(4000, noise, 2)
    inside = covered(learned(told, share).intervals(fresh), truth)
    for low, high in ((0.0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 0.85)):
        here = (truth >= low) & (truth < high)
        assert inside[here].mean() > 0.8, (noise, low)
    assert 0.85 < inside.mean() < 0.97


def test_readings_that_tell_leave_little_and_those_that_do_not_leave_all() -> None:
    widths = []
    for noise in (0.1, 1.0, 30.0):
        told, share = worlds(900, noise, 3)
        left = learned(told, share).intervals(told)
        widths.append(float(np.median(left[:, 1] - left[:, 0])))
    assert widths[0] < 0.25 < widths[1] < widths[2] and widths[2] > 0.8


def test_the_likeliest_share_stays_and_is_near_the_truth() -> None:
    told, share = worlds(900, 0.1, 4)
    found = learned(told, share)
    likeliest, left = found.likeliest(told), found.intervals(told)
    assert np.all((left[:, 0] <= likeliest + STEP) & (likeliest <= left[:, 1] + STEP))
    assert np.corrcoef(likeliest, share)[0, 1] > 0.9
    assert np.max(found.worse(told)) == 0.0


def test_worlds_that_all_have_no_share_leave_none() -> None:
    told = np.random.default_rng(5).standard_normal((200, 3))
    assert learned(told, np.zeros(200)).intervals(told) == pytest.approx(np.tile([0.0, 0.5 * STEP], (200, 1)))


def test_shares_that_sensitise_are_tested_too() -> None:
    generator = np.random.default_rng(6)
    share = generator.uniform(-0.5, 0.5, 800)
    told = (share / 0.3)[:, None] + 0.05 * generator.standard_normal((800, 1))
    left = learned(told, share).intervals(told)
    assert np.all(left[share < -0.3, 1] < 0.0) and np.all(left[share > 0.3, 0] > 0.0)
    assert covered(left, share).mean() > 0.85


def test_a_group_that_looks_like_the_share_keeps_its_own() -> None:
    """Worlds of a look-alike: no share, readings as of a share of a half. Asked by themselves, they keep their share, too."""
    told, share = worlds(1500, 0.5, 7)
    alike = (share < 0.1) & (np.arange(len(share)) % 10 == 0)
    told[alike] += 0.5 / 0.3
    alone, asked = learned(told, share), learned(told, share, [alike])
    assert covered(alone.intervals(told), share)[alike].mean() < 0.7
    assert covered(asked.intervals(told), share)[alike].mean() > 0.85
    # What stays without the group stays with it.
    assert np.all(asked.least <= alone.least)
