"""Drug in plasma: the textbook's solutions, books that balance, rules that pause treatment."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from exoresist.core.errors import InputError
from exoresist.numerics.grid import Dirichlet, Faces
from exoresist.tissue.life import breathe
from exoresist.tissue.plasma import GIVEN, WITHHELD, Biomass, ByBurden, Dose, HeldFaces, Kinetics, Plasma, repeated
from exoresist.tissue.run import step
from exoresist.tissue.surroundings import Medium

ONE = Kinetics(volume=3.0, clearance=0.6, free=0.25)
TWO = Kinetics(volume=3.0, clearance=0.6, free=0.5, between=1.5, outer=9.0)
TIMES = [0.0, 0.3, 2.0, 7.5, 40.0]


@pytest.mark.parametrize("time", TIMES)
def test_bolus_in_one_compartment_falls_exponentially(time):
    assert Plasma(ONE, [Dose(0.0, 120.0)]).level(time) == pytest.approx(0.25 * 120.0 / 3.0 * np.exp(-0.2 * time), rel=1e-13)


@pytest.mark.parametrize("time", TIMES)
def test_bolus_in_two_compartments_is_the_sum_of_two_exponentials(time):
    away, out, back = 0.2, 0.5, 1.5 / 9.0
    total, product = away + out + back, away * back
    fast, slow = (0.5 * (total + sign * np.sqrt(total**2 - 4.0 * product)) for sign in (1, -1))
    share = (fast - back) / (fast - slow)
    expected = 0.5 * 90.0 / 3.0 * (share * np.exp(-fast * time) + (1.0 - share) * np.exp(-slow * time))
    assert Plasma(TWO, [Dose(0.0, 90.0)]).level(time) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("kinetics", [ONE, TWO])
def test_exposure_is_the_integral_of_the_level(kinetics):
    plasma = Plasma(kinetics, [Dose(0.5, 90.0), Dose(1.0, 40.0, 2.5), Dose(6.0, 10.0)])
    ends = [0.5, 1.0, 3.5, 6.0, 9.0]  # between them the level is smooth
    grid = [np.linspace(low, high, 4001) for low, high in pairwise(ends)]
    for times in grid:
        inner = 0.5 * (times[1:] + times[:-1])
        expected = np.mean([plasma.level(time) for time in inner[::8]]) * (times[-1] - times[0])
        assert plasma.exposure(times[-1]) - plasma.exposure(times[0]) == pytest.approx(expected, rel=2e-3)
    assert plasma.exposure(0.5) == plasma.exposure(0.0) == 0.0
    cleared = Plasma(kinetics, [Dose(0.0, 90.0)]).exposure(1e4)
    assert cleared == pytest.approx(kinetics.free * 90.0 / kinetics.clearance, rel=1e-9)  # dose over clearance


@pytest.mark.parametrize("dose", [Dose(0.9, 90.0), Dose(0.9, 90.0, 0.25)])
def test_means_of_steps_of_any_length_add_up_to_the_exposure(dose):
    plasma = Plasma(TWO, [dose])
    for span in (1.0, 0.5, 0.1):
        middles = np.arange(0.5 * span, 3.0, span)
        means = [plasma.mean_over(span)(middle) for middle in middles]
        assert span * np.sum(means) == pytest.approx(plasma.exposure(3.0), rel=1e-12)
        assert min(means) >= 0.0 and plasma.level(2.0) == pytest.approx(plasma.mean_over(1e-3)(2.0), rel=1e-6)


@pytest.mark.parametrize("time", [0.5, 4.0, 4.5, 30.0])
def test_infusion_rises_to_its_plateau_and_falls(time):
    rate = 120.0 / 4.0
    running = rate / 0.6 * (1.0 - np.exp(-0.2 * min(time, 4.0)))
    expected = 0.25 * running * np.exp(-0.2 * max(time - 4.0, 0.0))
    assert Plasma(ONE, [Dose(0.0, 120.0, 4.0)]).level(time) == pytest.approx(expected, rel=1e-12)


def test_doses_add_up_and_agree_with_a_general_solver():
    doses = [*repeated(1.0, 6.0, 3, 50.0), *repeated(2.0, 5.0, 2, 80.0, 1.5)]
    plasma = Plasma(TWO, doses)

    def slope(time, state):
        entering = sum(one.amount / one.duration for one in doses if one.duration and one.time <= time < one.time + one.duration)
        return TWO.matrix @ state + np.array([entering, 0.0, 0.0])

    edges = sorted({0.0, 20.0, *(one.time for one in doses), *(one.time + one.duration for one in doses)})
    state = np.zeros(3)
    for begin, end in pairwise(edges):
        state[0] += sum(one.amount for one in doses if one.duration == 0.0 and one.time == begin)
        # Within an open interval nothing switches.
        run = solve_ivp(lambda t, y, b=begin, e=end: slope(0.5 * (b + e), y), (begin, end), state, rtol=1e-11, atol=1e-12)
        state = run.y[:, -1]
    np.testing.assert_allclose(plasma.amounts(20.0), state, rtol=1e-8)


@pytest.mark.parametrize("time", [0.0, 3.0, 11.0, 300.0])
def test_what_was_given_is_somewhere(time):
    plasma = Plasma(TWO, [*repeated(0.0, 4.0, 3, 50.0), Dose(2.0, 70.0, 5.0)])
    assert plasma.amounts(time).sum() == pytest.approx(plasma.given(time), rel=1e-12)
    assert np.all(plasma.amounts(time) >= 0.0)


def test_limits_of_binding_clearance_and_exchange():
    dose = [Dose(0.0, 10.0)]
    assert Plasma(Kinetics(3.0, 0.6, free=0.0), dose).level(1.0) == 0.0
    assert Plasma(Kinetics(3.0, 0.0), dose).level(500.0) == pytest.approx(10.0 / 3.0)
    # A fast exchange with the outer compartment makes both one.
    assert Plasma(Kinetics(3.0, 0.0, between=1e6, outer=7.0), dose).level(1.0) == pytest.approx(1.0, rel=1e-6)
    assert Plasma(ONE, [Dose(5.0, 10.0)]).level(4.9) == 0.0
    assert Plasma(ONE, []).level(1.0) == 0.0


@pytest.fixture
def lone(make_tissue, free):
    """A tissue of which only the burden is asked."""
    return lambda: make_tissue(kinds=(free(),), count=20)


def test_treatment_stops_below_one_burden_and_resumes_above_another(lone):
    tissue = lone()
    shares = iter([1.0, 0.8, 0.45, 0.4, 0.7, 0.95, 1.05, 0.9])
    plasma = Plasma(ONE, repeated(0.05, 0.1, 9, 1.0), ByBurden(0.5, 1.0), lambda _: 40.0 * next(shares))
    for _ in range(8):
        plasma(tissue)
        tissue.interval += 1
    # The first is given without asking; the k-th share decides on dose k + 1.
    expected = [True, True, True, False, False, False, False, True, True]
    assert (plasma.decided == GIVEN).tolist() == expected
    assert (plasma.decided == WITHHELD).tolist() == [not one for one in expected]
    assert plasma.given(100.0) == pytest.approx(5.0)


def test_without_a_rule_every_dose_is_given(lone):
    tissue = lone()
    plasma = Plasma(ONE, repeated(0.0, 0.1, 12, 1.0), burden=Biomass((0,)))
    for _ in range(15):
        plasma(tissue)
        tissue.interval += 1
    assert np.all(plasma.decided == GIVEN)


def test_burden_at_the_start_is_that_when_treatment_begins(lone):
    tissue = lone()
    plasma = Plasma(ONE, [Dose(0.55, 1.0)], ByBurden(0.5, 1.0))
    for number in range(6):
        plasma(tissue)
        assert np.isnan(plasma.first) == (number < 4)
        tissue.interval += 1
        tissue.cells.biomass *= 1.5
    assert plasma.first == pytest.approx(tissue.cells.biomass.sum() / 1.5**2)


def test_decisions_survive_a_stop(lone):
    tissue = lone()
    plasma = Plasma(ONE, repeated(0.0, 0.1, 6, 1.0), ByBurden(0.5, 0.9))
    plasma(tissue)
    tissue.interval += 1
    tissue.cells.biomass *= 0.1
    plasma(tissue)
    other = Plasma(ONE, plasma.doses, ByBurden(0.5, 0.9))
    other.restore({name: values.copy() for name, values in plasma.arrays().items()})
    assert not other.on and other.first == plasma.first
    assert other.level(1.0) == plasma.level(1.0) > 0.0


def test_faces_follow_the_plasma(inhabited):
    plasma = Plasma(Kinetics(3.0, 3.0), [Dose(0.0, 3.0)])
    tissue = inhabited(extra=(plasma, HeldFaces({"medium.drug": plasma.level})))
    tissue.medium.spreads["medium.drug"] = Medium(4e5, Faces(*[Dirichlet(0.0)] * 6))
    for number in range(2):
        breathe(tissue)
        held = tissue.medium.spreads["medium.drug"].faces.x_minus.value
        assert held == pytest.approx(np.exp(-(number + 0.5) * 0.1))
        step(tissue)
    assert tissue.medium.entered[0] > 0.0


@pytest.mark.parametrize(
    "make",
    [
        lambda: Kinetics(0.0, 1.0), lambda: Kinetics(1.0, -1.0), lambda: Kinetics(1.0, 1.0, free=1.1), lambda: Kinetics(1.0, np.nan),
        lambda: Dose(-1.0, 1.0), lambda: Dose(0.0, np.inf), lambda: repeated(0.0, 0.0, 3, 1.0), lambda: ByBurden(0.9, 0.5),
    ],
)  # fmt: skip
def test_impossible_numbers_are_refused(make):
    with pytest.raises(InputError):
        make()


def test_nothing_to_treat_is_refused(lone):
    tissue = lone()
    tissue.cells.state[:] = 1
    with pytest.raises(InputError, match="no burden"):
        Plasma(ONE, [Dose(0.0, 1.0)], ByBurden(0.5, 1.0))(tissue)
