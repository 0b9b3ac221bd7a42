"""Baselines without mechanism: closed form, recovery of known parameters, the choice of the nearest dose."""

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from exoresist.core.errors import ExoresistError
from exoresist.exchange.incucyte import read_confluence
from exoresist.studies.baselines import (
    GrowthKill,
    SearchLimits,
    compare_baselines,
    fit_delayed_growth_kill,
    fit_growth_kill,
    nearest_dose,
    nearest_dose_prediction,
    root_mean_square_error,
)

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "h1299_incucyte"
TIMES = np.linspace(0, 72, 25)
TRUTH = GrowthKill(growth=0.035, capacity=110, start=8, kill_max=0.06, ec50=60, hill=2)


@pytest.mark.parametrize("delay", [0.0, 17.0])
@pytest.mark.parametrize("dose", [0.0, 20.0, 60 * (0.035 / 0.025) ** 0.5, 500.0])
def test_closed_form_solves_the_equation(dose, delay):
    # The third dose kills as fast as the cells grow, where the closed form is 0/0.
    model = GrowthKill(0.035, 110, 8, 0.06, 60, 2, delay)

    def change(now, level):
        kill = float(model.kill(dose)) if now >= delay else 0.0
        return 0.035 * level * (1 - level / 110) - kill * level

    solution = solve_ivp(change, (0, 72), [8], t_eval=TIMES, rtol=1e-10, atol=1e-12, max_step=0.5)
    assert model.predict(dose, TIMES) == pytest.approx(solution.y[0], rel=2e-3 if delay else 1e-7)


def test_limits():
    assert TRUTH.predict(0, [0, 1e4]) == pytest.approx([8, 110])
    assert TRUTH.predict(1e9, [1e4]) == pytest.approx([0], abs=1e-6)
    assert TRUTH.kill([0, 60, 1e12]) == pytest.approx([0, 0.03, 0.06])


def test_known_parameters_come_back_and_predict_other_doses():
    observed = {dose: TRUTH.predict(dose, TIMES) for dose in (0.0, 10.0, 30.0, 60.0, 120.0, 400.0)}
    fit = fit_growth_kill(TIMES, observed)
    assert fit.rmse < 1e-4
    assert (fit.growth, fit.capacity, fit.start) == pytest.approx((0.035, 110, 8), rel=1e-2)
    assert (fit.kill_max, fit.ec50, fit.hill) == pytest.approx((0.06, 60, 2), rel=2e-2)
    assert root_mean_square_error(fit.predict(45, TIMES), TRUTH.predict(45, TIMES)) < 1e-3


def test_a_delay_is_found():
    late = GrowthKill(0.035, 110, 8, 0.06, 60, 2, delay=15.0)
    observed = {dose: late.predict(dose, TIMES) for dose in (0.0, 20.0, 60.0, 120.0, 400.0)}
    plain, delayed = fit_growth_kill(TIMES, observed), fit_delayed_growth_kill(TIMES, observed)
    assert delayed.delay == pytest.approx(15, abs=0.3)
    assert delayed.rmse < 0.05 < plain.rmse
    assert plain.delay == 0


def test_nearest_dose():
    fitted = [200.0, 0.0, 12.5, 50.0]
    asked = {6.25: 12.5, 1e-9: 12.5, 25.0: 12.5, 100.0: 50.0, 400.0: 200.0, 0.0: 0.0, 30.0: 50.0}
    assert {dose: nearest_dose(fitted, dose) for dose in asked} == asked
    assert nearest_dose([0.0], 5.0) == 0
    assert nearest_dose([3.0, 1.0], 0.0) == 1
    for wrong, dose in (([], 1.0), ([-1.0], 1.0), ([1.0], -1.0), ([1.0], float("nan"))):
        with pytest.raises(ExoresistError):
            nearest_dose(wrong, dose)


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=6), st.floats(1e-3, 1e3))
def test_no_fitted_dose_is_nearer(fitted, dose):
    chosen = nearest_dose(fitted, dose)
    distance = abs(np.log(chosen / dose))
    assert chosen in fitted
    assert distance <= min(abs(np.log(value / dose)) for value in fitted) + 1e-8


def test_nearest_dose_prediction_is_the_mean_over_replicates():
    observed = {10.0: [[1.0, 2.0], [3.0, 4.0]], 100.0: [[9.0, 9.0]]}
    assert nearest_dose_prediction(observed, 20).tolist() == [2, 3]


def test_comparison():
    generator = np.random.default_rng(0)
    doses = (0.0, 6.25, 12.5, 25.0, 50.0, 100.0, 200.0, 400.0)
    observed = {dose: TRUTH.predict(dose, TIMES) + generator.normal(0, 0.5, (3, 25)) for dose in doses}
    result = compare_baselines(TIMES, observed, [0.0, 12.5, 50.0, 200.0])
    assert [row["dose"] for row in result.by_dose] == [6.25, 25, 100, 400]
    assert [row["nearest_dose"] for row in result.by_dose] == [12.5, 12.5, 50, 200]
    assert result.growth_kill < 1.0 < result.nearest
    assert result.by_dose[0]["replicate_error"] == pytest.approx(0.5 / 3**0.5, rel=0.2)
    with pytest.raises(ExoresistError):
        compare_baselines(TIMES, observed, list(doses))
    with pytest.raises(ExoresistError):
        compare_baselines(TIMES, observed, [0.0, 13.0])


@pytest.mark.parametrize(
    ("times", "observed", "limits"),
    [
        ([0, 1], {0.0: [1, 1], 5.0: [1, 1]}, SearchLimits()),
        ([0, 2, 1], {0.0: [1, 1, 1], 5.0: [1, 1, 1]}, SearchLimits()),
        ([0, 1, 2], {0.0: [1, 1, 1]}, SearchLimits()),
        ([0, 1, 2], {5.0: [1, 1, 1]}, SearchLimits()),
        ([0, 1, 2], {0.0: [1, 1, 1], 5.0: [1, 1]}, SearchLimits()),
        ([0, 1, 2], {0.0: [1, 1, 1], 5.0: [1, 1, float("nan")]}, SearchLimits()),
        ([0, 1, 2], {0.0: [0, 0, 0], 5.0: [0, 0, 0]}, SearchLimits()),
        ([0, 1, 2], {0.0: [1, 2, 4], 5.0: [1, 1, 1]}, SearchLimits(capacity=3)),
        ([0, 1, 2], {0.0: [1, 2, "x"], 5.0: [1, 1, 1]}, SearchLimits()),
        ([0, 1, 2], {0.0: [1, 2, 4], -5.0: [1, 1, 1], 5.0: [1, 1, 1]}, SearchLimits()),
    ],
)
def test_unusable_input_is_refused(times, observed, limits):
    with pytest.raises(ExoresistError):
        fit_growth_kill(times, observed, limits)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the H1299 confluence set is not at {REAL}")
def test_doxorubicin_on_h1299():
    # What a mechanistic model has to beat, in % confluence.
    data = read_confluence(REAL)
    begin = time.perf_counter()
    result = compare_baselines(data.times_h, data.by_dose("doxorubicin", "phase"), [0, 12.5, 50, 200])
    assert time.perf_counter() - begin < 5
    assert result.fit.rmse == pytest.approx(1.63, abs=0.05)
    assert result.growth_kill == pytest.approx(1.94, abs=0.1)
    assert result.delayed_error == pytest.approx(1.84, abs=0.1)
    assert result.nearest == pytest.approx(5.38, abs=0.01)
