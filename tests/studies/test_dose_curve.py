"""Interpolated IC50 and areas: exact cases, limits, and thousands of curves at once."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from exoresist.core.errors import ExoresistError
from exoresist.studies.dose_curve import area_under_curve, falling_curve, ic50_by_interpolation, logistic_response

DOSES = np.geomspace(1, 3000, 10)


def test_logistic_limits():
    assert logistic_response([0, 100, 1e300], 100, 3, 1, 0.2) == pytest.approx([1, 0.6, 0.2])
    assert logistic_response(50, 100, 0, 1, 0.2).shape == ()


@pytest.mark.parametrize(("hill", "tolerance"), [(0.7, 0.01), (1, 0.01), (2, 0.03), (4, 0.09)])
def test_interpolation_is_close_to_the_true_crossing(hill, tolerance):
    for ic50 in np.geomspace(3, 1000, 40):
        found = ic50_by_interpolation(DOSES, logistic_response(DOSES, ic50, hill, 1, 0))
        assert found.status == "inside"
        assert float(found.ic50) == pytest.approx(ic50, rel=tolerance)


def test_interpolation_agrees_with_scipy():
    responses = np.array([1, 0.97, 0.96, 0.9, 0.71, 0.44, 0.2, 0.12, 0.05, 0.04])
    crossing = PchipInterpolator(np.log(DOSES), responses).solve(0.5, extrapolate=False)
    assert float(ic50_by_interpolation(DOSES, responses).ic50) == pytest.approx(float(np.exp(crossing[0])), rel=1e-9)


def test_thousands_of_curves_equal_one_by_one_and_are_fast():
    generator = np.random.default_rng(1)
    midpoints = np.exp(generator.uniform(-2, 10, (50, 100)))
    curves = 1 / (1 + (DOSES / midpoints[..., None])) + generator.normal(0, 0.1, (50, 100, 10))
    begin = time.perf_counter()
    many = ic50_by_interpolation(DOSES, curves)
    assert time.perf_counter() - begin < 2
    assert many.ic50.shape == many.status.shape == (50, 100)
    for place in [(0, 0), (7, 31), (49, 99)]:
        one = ic50_by_interpolation(DOSES, curves[place])
        assert one.ic50 == pytest.approx(many.ic50[place], rel=1e-12)
        assert one.status == many.status[place]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_every_curve_gets_a_number_and_a_status(data):
    count = data.draw(st.integers(1, 9))
    dose = st.one_of(st.just(0.0), st.floats(1e-9, 1e9))
    doses = np.array(data.draw(st.lists(dose, min_size=count, max_size=count)))
    responses = data.draw(st.lists(st.floats(-1, 5), min_size=count, max_size=count))
    if not np.any(doses > 0):
        return
    found = ic50_by_interpolation(doses, responses, control=1.0)
    assert doses[doses > 0].min() <= found.ic50 <= doses.max()
    assert found.status in ("inside", "above range", "below range")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-10, 10), min_size=1, max_size=9), st.data())
def test_isotonic_regression(values, data):
    weights = np.array(data.draw(st.lists(st.integers(1, 4), min_size=len(values), max_size=len(values))), dtype=float)
    responses = np.array(values)
    fitted = falling_curve(responses, weights)
    assert np.all(np.diff(fitted) <= 0)
    assert np.sum(weights * fitted) == pytest.approx(np.sum(weights * responses), abs=1e-9)
    # Optimality: the residuals are orthogonal to the fit.
    assert np.sum(weights * (responses - fitted) * fitted) == pytest.approx(0, abs=1e-8)


def test_limits():
    shape = np.ones((3, 10)) * np.array([1.0, 0.0, 0.5])[:, None]
    found = ic50_by_interpolation(DOSES, shape)
    assert found.status.tolist() == ["above range", "below range", "inside"]
    assert found.ic50.tolist() == [3000, 1, 1]
    hormesis = [1, 1, 1.1, 1.3, 1.4, 1.1, 0.6, 0.3, 0.1, 0]
    assert DOSES[6] < ic50_by_interpolation(DOSES, hormesis).ic50 < DOSES[7]
    single = ic50_by_interpolation([5], [0.2])
    assert (float(single.ic50), str(single.status)) == (5, "below range")


def test_exactly_half_on_a_dose_is_that_dose():
    assert float(ic50_by_interpolation([1, 10, 100], [1, 0.5, 0]).ic50) == pytest.approx(10)
    assert str(ic50_by_interpolation([1, 10, 100], [0.5, 0.2, 0]).status) == "inside"
    assert float(ic50_by_interpolation([1, 10, 100], [1, 0.8, 0.5]).ic50) == pytest.approx(100)


def test_unsorted_repeats_and_zero_dose():
    doses = [100, 0, 1, 10, 10, 0]
    responses = [10, 190, 200, 90, 110, 210]
    assert float(ic50_by_interpolation(doses, responses).ic50) == pytest.approx(10)
    assert float(ic50_by_interpolation(doses, responses, control=400).ic50) == pytest.approx(1)


def test_doses_that_differ_by_rounding_are_replicates():
    assert float(ic50_by_interpolation([0.1 * 3, 0.3, 3.0], [0.8, 1.0, 0.1]).ic50) == pytest.approx(
        float(ic50_by_interpolation([0.3, 0.3, 3.0], [0.8, 1.0, 0.1]).ic50)
    )
    assert float(ic50_by_interpolation([1e-9, 1.0000000000000003e-9], [0, 0]).ic50) == 1e-9


def test_area():
    assert area_under_curve(DOSES, np.ones((4, 10))).tolist() == pytest.approx([1] * 4)
    assert float(area_under_curve([1, 10, 100], [1, 0.5, 0])) == pytest.approx(0.5)
    assert float(area_under_curve([0, 1, 100], [50, 50, 0])) == pytest.approx(0.5)
    with pytest.raises(ExoresistError):
        area_under_curve([0, 1], [1, 1])


@pytest.mark.parametrize(
    ("doses", "responses", "control"),
    [
        ([0, 1, 10], [0, 0, 0], None),
        ([1, 10], [1, np.nan], None),
        ([1, 10], [1, 0.5, 0.2], None),
        ([1, 10], [[1, 0.5]] * 2, [1, 1, 1]),
        ([-1, 10], [1, 0.5], None),
        (5, 0.5, None),
    ],
)
def test_unusable_input_is_refused(doses, responses, control):
    with pytest.raises(ExoresistError):
        ic50_by_interpolation(doses, responses, control)
