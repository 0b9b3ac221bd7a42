"""Known IC50s come back from synthetic wells, with intervals that are open where the doses tell nothing."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exoresist.core.errors import InputError
from exoresist.studies.analyse_fit import Readings, fit_arms, ic50_interval, noise_of, shift_interval
from exoresist.studies.dose_curve import logistic_response
from exoresist.studies.plate import PlateDesign, ReadoutNoise, plate_rows

DOSES = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)


def curve(ic50: float, hill: float = 1.4, bottom: float = 0.0) -> dict[float, float]:
    return {dose: float(logistic_response(dose, ic50, hill, 1.0, bottom)) for dose in DOSES}


def plate(ic50s: dict[str, float], seed: int, noise: float = 0.06, replicates: int = 3) -> dict[str, Readings]:
    rows = plate_rows({arm: curve(ic50) for arm, ic50 in ic50s.items()}, "drug", seed, time=72.0,
                      design=PlateDesign(replicates=replicates,
                          noise=ReadoutNoise(multiplicative=noise, additive=min(0.005, noise))))  # fmt: skip
    found = {}
    for arm in ic50s:
        mine = [row for row in rows if row["arm"] == arm]
        found[arm] = Readings(
            np.array([row["dose"] for row in mine]), np.array([row["value"] for row in mine]), np.zeros(len(mine), dtype=np.intp)
        )
    return found


def groups(readings: dict[str, Readings]) -> list[np.ndarray]:
    return [one.signal[one.dose == dose] for one in readings.values() for dose in DOSES]


@settings(max_examples=15, deadline=None)
@given(ic50=st.floats(5.0, 600.0), shift=st.floats(0.4, 4.0), seed=st.integers(0, 10_000))
def test_a_known_shift_comes_back(ic50, shift, seed):
    readings = plate({"alone": ic50, "treated": ic50 * shift}, seed)
    fits = fit_arms(readings, noise_of(groups(readings)))
    found = shift_interval(fits.arms["treated"], fits.arms["alone"], fits.scale, fits.freedom)
    assert math.exp(found.value) == pytest.approx(shift, rel=0.45)
    assert found.low is not None and found.high is not None
    assert found.low < found.value < found.high
    single = ic50_interval(fits.arms["alone"], fits.scale, fits.freedom)
    assert math.exp(single.value) == pytest.approx(ic50, rel=0.35)


def test_without_noise_the_ic50_is_exact():
    readings = plate({"alone": 40.0, "treated": 90.0}, 1, noise=1e-6)
    fits = fit_arms(readings, noise_of([]))
    assert math.exp(fits.arms["alone"].log_x) == pytest.approx(40.0, rel=0.01)
    assert math.exp(fits.arms["treated"].log_x - fits.arms["alone"].log_x) == pytest.approx(2.25, rel=0.01)


def test_an_arm_that_no_dose_kills_leaves_the_shift_open_above():
    readings = plate({"alone": 30.0, "treated": 3e6}, 3)
    fits = fit_arms(readings, noise_of(groups(readings)))
    found = shift_interval(fits.arms["treated"], fits.arms["alone"], fits.scale, fits.freedom)
    assert found.high is None
    assert found.low is not None and math.exp(found.low) > 20.0
    assert ic50_interval(fits.arms["treated"], fits.scale, fits.freedom).high is None


def test_more_noise_widens_the_interval():
    widths = []
    for noise in (0.03, 0.15):
        readings = plate({"alone": 30.0, "treated": 60.0}, 5, noise=noise)
        fits = fit_arms(readings, noise_of(groups(readings)))
        found = shift_interval(fits.arms["treated"], fits.arms["alone"], fits.scale, fits.freedom)
        widths.append(found.high - found.low)
    assert widths[1] > 2.0 * widths[0]


def test_noise_of_replicates_is_recovered():
    generator = np.random.default_rng(2)
    made = [
        mean * (1 + 0.08 * generator.standard_normal(200)) + 0.02 * generator.standard_normal(200)
        for mean in np.linspace(0.02, 1.0, 12)
    ]
    noise = noise_of(made)
    assert float(np.asarray(noise.relative)) == pytest.approx(0.08, rel=0.15)
    assert float(np.asarray(noise.additive)) == pytest.approx(0.02, rel=0.2)


def test_one_odd_well_does_not_set_the_noise_of_all_others():
    readings = plate({"alone": 30.0, "treated": 60.0}, 7)
    usual = noise_of(groups(readings))
    readings["alone"].signal[4] *= 8.0
    assert float(np.asarray(noise_of(groups(readings)).relative)) < 2.0 * float(np.asarray(usual.relative)) + 0.02


def test_groups_without_a_reading_say_nothing(recwarn):
    made = [np.array([1.0, 1.1, 0.9]), np.array([]), np.array([0.5, 0.52])]
    noise = noise_of(made)
    assert np.isfinite(float(np.asarray(noise.relative)))
    assert not recwarn.list


def test_too_few_doses_are_refused():
    short = Readings(np.array([0.0, 1.0, 10.0]), np.array([1.0, 0.9, 0.2]), np.zeros(3, dtype=np.intp))
    with pytest.raises(InputError, match="three"):
        fit_arms({"alone": short}, noise_of([]))
