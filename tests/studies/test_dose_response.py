"""The logistic fit and GR metrics: known truths come back, limits hold, and nothing turns into NaN."""

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exoresist.core.errors import ExoresistError
from exoresist.studies.dose_curve import distinct_doses
from exoresist.studies.dose_response import (
    fit_dose_response,
    fit_growth_rate_metrics,
    growth_rate_inhibition,
    growth_rate_metrics,
    logistic_response,
)

DOSES = np.geomspace(1, 3000, 10)


def assert_finite(record):
    assert all(np.isfinite(value) for value in asdict(record).values() if not isinstance(value, str))


@settings(max_examples=60, deadline=None)
@given(
    ic50=st.floats(5, 800),
    hill=st.floats(0.7, 4),
    top=st.floats(0.8, 1.2),
    bottom=st.floats(0, 0.3),
)
def test_known_curve_comes_back(ic50, hill, top, bottom):
    fit = fit_dose_response(DOSES, logistic_response(DOSES, ic50, hill, top, bottom))
    assert fit.ic50 == pytest.approx(ic50, rel=1e-4)
    assert fit.hill == pytest.approx(hill, rel=1e-3)
    assert (fit.top, fit.bottom) == pytest.approx((top, bottom), abs=1e-4)
    assert fit.rmse < 1e-6
    assert fit.parameters == 4
    if fit.status == "inside":
        assert fit.predict(fit.ic50_absolute) == pytest.approx(0.5, abs=1e-6)
    fine = np.geomspace(DOSES[0], DOSES[-1], 4001)
    mean = np.trapezoid(logistic_response(fine, ic50, hill, top, bottom), np.log(fine)) / np.log(DOSES[-1] / DOSES[0])
    assert fit.auc == pytest.approx(mean, abs=1e-4)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_finite_curve_gives_finite_numbers(data):
    count = data.draw(st.integers(3, 12))
    dose = st.one_of(st.just(0.0), st.floats(1e-6, 1e6))
    doses = data.draw(st.lists(dose, min_size=count, max_size=count))
    responses = data.draw(st.lists(st.floats(-0.2, 3), min_size=count, max_size=count))
    if distinct_doses(np.array([value for value in doses if value > 0] or [0.0]))[0].size < 3:
        with pytest.raises(ExoresistError):
            fit_dose_response(doses, responses, control=1.0)
        return
    fit = fit_dose_response(doses, responses, control=1.0)
    assert_finite(fit)
    assert fit.bottom <= fit.top + 1e-9
    assert fit.status in ("inside", "above range", "below range")
    assert min(value for value in doses if value > 0) <= fit.ic50_absolute <= max(doses)


def test_order_and_repeats_do_not_matter():
    generator = np.random.default_rng(3)
    doses = np.repeat(DOSES, 3)
    responses = logistic_response(doses, 60, 1.3, 1, 0.1) + generator.normal(0, 0.03, doses.size)
    shuffled = generator.permutation(doses.size)
    one, two = fit_dose_response(doses, responses), fit_dose_response(doses[shuffled], responses[shuffled])
    assert one.ic50 == pytest.approx(two.ic50, rel=1e-6)
    assert one.ic50 == pytest.approx(60, rel=0.15)
    assert one.rmse == pytest.approx(0.03, rel=0.4)


def test_unit_of_dose_and_response_only_rescale():
    responses = logistic_response(DOSES, 60, 1.3, 1, 0.1)
    nano, micro = fit_dose_response(DOSES, responses), fit_dose_response(DOSES / 1000, responses * 5e4, control=5e4)
    assert micro.ic50_absolute == pytest.approx(nano.ic50_absolute / 1000, rel=1e-5)
    assert micro.auc == pytest.approx(nano.auc, rel=1e-5)


def test_zero_dose_is_the_control():
    doses = np.concatenate([[0, 0], DOSES])
    fit = fit_dose_response(doses, 800 * logistic_response(doses, 60, 1.3, 1, 0))
    assert fit.control == pytest.approx(800)
    assert fit.ic50_absolute == pytest.approx(60, rel=1e-4)


def test_weights_of_zero_remove_an_outlier():
    responses = logistic_response(DOSES, 60, 1.3, 1, 0.1)
    responses[2] = 0.0
    weights = np.ones(10)
    weights[2] = 0
    assert fit_dose_response(DOSES, responses, 1e200 * weights).ic50 == pytest.approx(60, rel=1e-4)
    assert fit_dose_response(DOSES, responses, weights).ic50 == pytest.approx(60, rel=1e-4)


@pytest.mark.parametrize(
    ("responses", "status", "bound"),
    [
        (np.ones(10), "above range", 3000),
        (np.zeros(10), "below range", 1),
        (np.linspace(0.7, 1.2, 10), "above range", 3000),  # a rise is no fall
        (1 + 0.02 * np.sin(np.arange(10)), "above range", 3000),
        (0.05 + 0.02 * np.sin(np.arange(10)), "below range", 1),
    ],
)
def test_flat_curves_have_a_bound(responses, status, bound):
    fit = fit_dose_response(DOSES, responses)
    assert_finite(fit)
    assert (fit.status, fit.ic50_absolute, fit.parameters) == (status, bound, 1)
    assert fit.hill == 0 and fit.top == fit.bottom


def test_low_dose_stimulation_leaves_the_crossing():
    responses = np.array([1, 1, 1.1, 1.25, 1.3, 1.1, 0.6, 0.3, 0.1, 0.05])
    assert DOSES[6] < fit_dose_response(DOSES, responses).ic50_absolute < DOSES[7]


def test_few_doses_or_no_plateau_fall_back_to_three_parameters():
    few = np.array([10.0, 50, 250, 1250])
    fit = fit_dose_response(few, logistic_response(few, 100, 1.5, 1, 0))
    assert (fit.parameters, fit.bottom) == (3, 0)
    assert fit.ic50 == pytest.approx(100, rel=1e-3)
    beyond = fit_dose_response(DOSES, logistic_response(DOSES, 9000, 1.2, 1, 0))
    assert (beyond.parameters, beyond.status, beyond.ic50_absolute) == (3, "above range", 3000)


@pytest.mark.parametrize(
    ("doses", "responses", "extra"),
    [
        ([1, 2, 3], [1, 0.5], {}),
        ([1, 2, np.nan], [1, 0.5, 0.1], {}),
        ([1, 2, 3], [1, np.inf, 0.1], {}),
        ([1, 2, -3], [1, 0.5, 0.1], {}),
        ([0, 0, 0], [1, 1, 1], {}),
        ([1, 2], [1, 0.5], {}),
        ([], [], {}),
        ([1, 2, "x"], [1, 0.5, 0.1], {}),
        ([[1, 2, 3]], [[1, 0.5, 0.1]], {}),
        ([1, 2, 3], [[1, 0.5, 0.1]] * 2, {}),
        ([1, 2, 3], [1, 0.5, 0.1], {"weights": [1, -1, 1]}),
        ([1, 2, 3], [1, 0.5, 0.1], {"weights": [0, 0, 1]}),
        ([1, 2, 3], [1, 0.5, 0.1], {"weights": [0, 0, 0]}),
        ([0, 1, 2, 3], [900, 800, 500, 100], {"weights": [0, 1, 1, 1]}),
        ([1, 2, 3], [1, 0.5, 0.1], {"control": 0.0}),
        ([1, 2, 3], [1e200, 0.5, 0.1], {}),
    ],
)
def test_unusable_input_is_refused(doses, responses, extra):
    with pytest.raises(ExoresistError):
        fit_dose_response(doses, responses, **extra)


def test_growth_rate_inhibition_limits():
    assert growth_rate_inhibition([8000, 1000, 0, 500], 8000, 1000) == pytest.approx([1, 0, -1, 2 ** (np.log2(0.5) / 3) - 1])
    # The worked example of the published script (datarail/gr_metrics): 1710 of 1766 cells after 492.8.
    assert float(growth_rate_inhibition(1710, 1766.0, 492.8)) == pytest.approx(0.965305500206)


@pytest.mark.parametrize(("count", "control", "start"), [(1, 5, 5), (1, 4, 5), (-1, 9, 5), (1, 9, 0), ([1, 2], [9] * 3, 5)])
def test_growth_rate_inhibition_refuses(count, control, start):
    with pytest.raises(ExoresistError):
        growth_rate_inhibition(count, control, start)


@settings(max_examples=40, deadline=None)
@given(gec50=st.floats(10, 500), hill=st.floats(0.8, 3), gr_inf=st.floats(-0.8, 0.3), doublings=st.floats(0.5, 6))
def test_growth_rate_metrics_do_not_depend_on_division(gec50, hill, gr_inf, doublings):
    gr_values = logistic_response(DOSES, gec50, hill, 1, gr_inf)
    counts = 1000 * (1 + gr_values) ** doublings
    metrics = growth_rate_metrics(DOSES, counts, 1000 * 2**doublings, 1000)
    assert (metrics.gec50, metrics.h_gr) == pytest.approx((gec50, hill), rel=1e-3)
    assert metrics.gr_inf == pytest.approx(gr_inf, abs=1e-3)
    assert metrics.gr50 == pytest.approx(gec50 * ((1 - gr_inf) / (0.5 - gr_inf) - 1) ** (1 / hill), rel=1e-3)
    assert metrics.gr_max == pytest.approx(gr_values[-1], abs=1e-6)
    assert metrics.gr_aoc == pytest.approx(np.trapezoid(1 - gr_values, np.log(DOSES)) / np.log(3000), abs=1e-6)


def test_growth_rate_metrics_of_flat_curves():
    none, full = fit_growth_rate_metrics(DOSES, np.ones(10)), fit_growth_rate_metrics(DOSES, -np.ones(10))
    assert (none.gr50_status, none.gr50, none.gr_aoc, none.h_gr) == ("above range", 3000, 0, 0)
    assert (full.gr50_status, full.gr50, full.gr_aoc, full.gr_max) == ("below range", 1, 2, -1)
    assert_finite(none)
    with pytest.raises(ExoresistError):
        fit_growth_rate_metrics(DOSES, -2 * np.ones(10))
