"""A spheroid in radial symmetry, and its fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from exoresist.core.errors import InputError
from exoresist.studies.spheroid import SHELLS, SpheroidNumbers, _State, oxygen_profile, spheroid_radii
from exoresist.studies.spheroid_fit import Free, batches, between, errors, fit_gompertz, fit_spheroids

BASE = SpheroidNumbers(
    start_volume=5000.0, growth_rate=0.02, diffusivity=6e6, loss=0.0, uptake=600.0, edge=100.0, reach=np.inf, stop=20.0, full=40.0,
    necrotic=20.0, anoxic=10.0, necrosis_rate=0.1, swelling=0.1, debris_loss=0.02, packing=0.75, inhibited=0.2,
)  # fmt: skip
TIMES = np.array([0.0, 48.0, 96.0, 192.0, 288.0])


def test_oxygen_follows_the_analytic_profile():
    radius, length = np.array([150.0]), 100.0
    uptake = np.full((1, SHELLS), 6e6 / length**2)
    oxygen = oxygen_profile(radius, uptake, BASE)[0]
    r = (np.arange(SHELLS) + 0.5) / SHELLS * 150.0
    surface = 100.0 / (1.0 + (1.5 / np.tanh(1.5) - 1.0))  # medium without end, as diffusive as the spheroid
    exact = surface * 150.0 * np.sinh(r / length) / (r * np.sinh(1.5))
    assert np.abs(oxygen / exact - 1.0).max() < 2e-3


def test_oxygen_without_uptake_is_that_of_the_edge_and_nearer_edges_feed_better():
    radius = np.array([150.0])
    assert np.allclose(oxygen_profile(radius, np.zeros((1, SHELLS)), BASE), 100.0)
    far, near = (oxygen_profile(radius, np.full((1, SHELLS), 500.0), replace(BASE, reach=reach)) for reach in (1e9, 200.0))
    assert np.all(near > far)


def test_a_small_spheroid_in_plenty_grows_exponentially():
    radii = spheroid_radii(replace(BASE, uptake=1e-6), [100.0], 0.0, TIMES)[0]
    first = np.cbrt(0.75 / np.pi * 5000.0 * 100.0)
    assert np.allclose(radii[:, 0], first * np.exp(0.02 * TIMES / 3.0), rtol=1e-9)
    assert np.all(radii[:, 1:] == 0.0)


def test_a_lag_holds_growth_back_by_its_integral():
    lag = 100.0
    late = spheroid_radii(replace(BASE, uptake=1e-6, lag=lag), [100.0], 0.0, TIMES)[0, :, 0]
    grown = 0.02 * (TIMES - lag * (1.0 - np.exp(-TIMES / lag)))
    assert np.allclose(late, late[0] * np.exp(grown / 3.0), rtol=1e-4)


def test_regions_are_nested_and_begin_in_large_spheroids():
    radii = spheroid_radii(BASE, [300.0, 3000.0, 30000.0], 0.0, TIMES)
    assert np.all(radii[:, :, 0] > radii[:, :, 1]) and np.all(radii[:, :, 1] >= radii[:, :, 2])
    assert radii[0, 1, 2] == 0.0 < radii[2, 1, 2]
    assert np.all(np.diff(radii[:, :, 0], axis=0) > 0.0)


@pytest.mark.parametrize(("name", "factor", "kind", "sign"), [
    ("growth_rate", 1.5, 0, 1.0), ("uptake", 1.5, 2, 1.0), ("necrotic", 1.3, 2, 1.0), ("necrosis_rate", 2.0, 2, 1.0),
    ("edge", 1.3, 2, -1.0), ("debris_loss", 3.0, 0, -1.0), ("lag", None, 0, -1.0), ("stop", 1.3, 1, 1.0),
])  # fmt: skip
def test_signs(name, factor, kind, sign):
    changed = replace(BASE, **{name: 50.0 if factor is None else getattr(BASE, name) * factor})
    before, after = (spheroid_radii(one, [5000.0], 0.0, TIMES[:3])[0, -1, kind] for one in (BASE, changed))
    assert sign * (after - before) > 0.0


def test_cutting_shells_anew_keeps_every_volume():
    state = _State(BASE, np.array([20000.0, 500.0]))
    state.step(1.0, 2.0)
    state.volumes *= np.random.default_rng(1).uniform(0.95, 1.05, state.volumes.shape)
    before = state.volumes.sum(axis=2)
    state._cut()
    assert np.allclose(state.volumes.sum(axis=2), before, rtol=1e-12)
    assert np.all(state.volumes >= 0.0)
    shells = state.volumes.sum(axis=0)
    assert np.allclose(shells / shells.sum(axis=1, keepdims=True), np.diff(state.faces), rtol=1e-9)


def test_without_growth_the_dead_swell_and_vanish():
    # Anoxic throughout: what dies doubles its volume at most and then is lost.
    numbers = replace(BASE, growth_rate=0.0, edge=1.0, necrosis_rate=0.5, debris_loss=0.05)
    state = _State(numbers, np.array([1000.0]))
    first, course = state.volumes.sum(), []
    for index in range(100):
        state.step(2.0 * index + 1.0, 2.0)
        course.append(state.volumes.sum())
    assert first < max(course) < 2.0 * first
    assert course[-1] < 0.01 * first


def test_halving_the_step_changes_little(monkeypatch):
    whole = spheroid_radii(BASE, [10000.0], 0.0, TIMES)
    monkeypatch.setattr("exoresist.studies.spheroid.STEP", 1.0)
    half = spheroid_radii(BASE, [10000.0], 0.0, TIMES)
    assert np.all(np.abs(half - whole) <= 0.006 * whole[..., :1])


@pytest.mark.parametrize("change", [{"edge": 0.0}, {"stop": 50.0}, {"anoxic": 30.0}, {"uptake": np.nan}, {"growth_rate": -1.0}])
def test_numbers_out_of_range_are_refused(change):
    with pytest.raises(InputError):
        replace(BASE, **change)


def test_times_and_seedings_out_of_range_are_refused():
    for seeded, start, times in (([0.0], 0.0, TIMES), ([10.0], 50.0, TIMES), ([10.0], 0.0, [3.0, 2.0]), ([10.0], 0.0, [])):
        with pytest.raises(InputError):
            spheroid_radii(BASE, seeded, start, times)


def made_readings(seedings: tuple[float, ...], noise: float, seed: int = 1) -> dict:
    random = np.random.default_rng(seed)
    truth = spheroid_radii(BASE, seedings, 0.0, TIMES)
    return {
        one: {time: np.maximum(truth[i, j] + random.normal(0.0, noise, (12, 3)), 0.0) for j, time in enumerate(TIMES)}
        for i, one in enumerate(seedings)
    }


def test_a_fit_finds_the_numbers_that_made_the_readings_and_predicts_between_them():
    readings = made_readings((2000.0, 12000.0), noise=3.0)
    data = batches(readings, (2000.0, 12000.0))
    free = (Free("growth_rate", 0.005, 0.1, 0.03), Free("uptake", 100.0, 3000.0, 900.0), Free("start_volume", 1e3, 2e4, 8e3))
    found = fit_spheroids(data, BASE, free, 0.0, descents=2)
    assert found.value == pytest.approx([0.02, 600.0, 5000.0], rel=0.05)
    assert np.all((found.low < [0.02, 600.0, 5000.0]) & (found.high > [0.02, 600.0, 5000.0]))
    hidden = spheroid_radii(BASE, [5000.0], 0.0, TIMES)
    assert errors(found.predict([5000.0], TIMES), hidden).max() < 4.0
    low, high = found.interval([5000.0], TIMES, seed=1)
    assert np.mean((hidden >= low - 1e-9) & (hidden <= high + 1e-9)) > 0.8
    # The mechanism must be worth more than a curve through the outer radius.
    plain = fit_gompertz(data, 0.0).radius([5000.0], TIMES)[..., None]
    assert errors(plain, hidden[..., :1]).max() > errors(found.predict([5000.0], TIMES), hidden)[0, 0]


def test_a_threshold_may_be_moved_over_another():
    data = batches(made_readings((2000.0, 12000.0), noise=1.0), (2000.0, 12000.0))
    free = (Free("stop", 5.0, 80.0, 30.0), Free("full", 1.1, 5.0, 1.5, over="stop"))
    found = fit_spheroids(data, BASE, free, 0.0, descents=1)
    assert found.numbers.stop == pytest.approx(20.0, rel=0.15) and found.numbers.full == pytest.approx(40.0, rel=0.15)


def test_gompertz_is_found_again_and_interpolation_is_the_geometric_middle():
    from exoresist.studies.spheroid_fit import Batches, Gompertz

    truth = Gompertz(5000.0, 3e8, 0.005, 0.0)
    seeded = np.array([1000.0, 4000.0])
    mean = np.repeat(truth.radius(seeded, TIMES)[..., None], 3, axis=2)
    data = Batches(seeded, TIMES, mean, np.ones_like(mean), np.full(mean.shape[:2], 5))
    found = fit_gompertz(data, 0.0)
    assert [found.start_volume, found.most, found.slowing] == pytest.approx([5000.0, 3e8, 0.005], rel=1e-3)
    assert np.allclose(between(data, 2000.0), mean.mean(axis=0))
    with pytest.raises(InputError):
        between(data, 5000.0)


def test_readings_that_cannot_be_used_are_refused():
    readings = made_readings((2000.0, 12000.0), noise=1.0)
    with pytest.raises(InputError, match="seedings"):
        batches(readings, (5000.0,))
    with pytest.raises(InputError, match="other times"):
        batches({**readings, 12000.0: {0.0: readings[12000.0][0.0]}}, (2000.0, 12000.0))
    with pytest.raises(InputError, match="shape"):
        batches({2000.0: {0.0: [[1.0, 0.0, 0.0]]}}, (2000.0,))
    with pytest.raises(InputError, match="low"):
        Free("uptake", 3.0, 2.0, 2.5)
    with pytest.raises(InputError, match="unknown"):
        fit_spheroids(batches(readings, (2000.0,)), BASE, (Free("colour", 1.0, 3.0, 2.0),), 0.0)
