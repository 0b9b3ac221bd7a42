"""The cohort model: its equations against answers on paper, its fit against a cohort that it made itself."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from exoresist.assembly.xenograft_file import read_xenograft
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.laws.tissue import exponential_linear_growth, oral_concentration
from exoresist.studies import xenograft_answer
from exoresist.studies.mixed_effects import Cohort, Shared, fit_cohort
from exoresist.studies.xenograft import STEP, Dosing, at_times, fine_times, occupancy, tumour_course
from exoresist.studies.xenograft_answer import answer_xenografts, quantities_of

pytestmark = pytest.mark.xdist_group("xenografts")  # on one worker: what they compile and prepare is made once

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "lxf_erlotinib.yaml"


@dataclass
class Mouse:
    id: str
    dose: float
    weight: float = 25.0
    doses: list = field(default_factory=list)
    volumes: list = field(default_factory=list)
    plasma: list = field(default_factory=list)


def test_growth_turns_from_exponential_to_linear():
    assert exponential_linear_growth(0.01, 500.0, 1e-9) == pytest.approx(0.01)
    assert exponential_linear_growth(0.01, 500.0, 500.0) == pytest.approx(0.005)
    assert 1e7 * exponential_linear_growth(0.01, 500.0, 1e7) == pytest.approx(5.0, rel=1e-3)


def test_a_dose_by_mouth_has_the_area_of_its_clearance():
    """∫c dt = amount / (volume · elimination), whatever the absorption; nothing at the start; a bolus in the limit."""
    times = np.linspace(0.0, 400.0, 400_001)
    course = oral_concentration(700.0, 50.0, 2.0, 0.3, times)
    assert course[0] == 0.0
    assert np.trapezoid(course, times) == pytest.approx(700.0 / (50.0 * 0.3), rel=1e-5)
    assert oral_concentration(700.0, 50.0, 1e9, 0.3, 1.0) == pytest.approx(14.0 * math.exp(-0.3))


def test_doses_add_up_and_scale_with_weight():
    one = Dosing.of([[(0.0, 393.4)], [(0.0, 393.4)]], [25.0, 50.0], 393.4)
    two = Dosing.of([[(0.0, 393.4), (24.0, 393.4)], [(5.0, 393.4)]], [25.0, 25.0], 393.4)
    at = np.array([3.0, 30.0])
    numbers = (np.array([2.0, 2.0]), np.array([4000.0, 4000.0]), np.array([0.3, 0.3]))
    single, double = one.concentration(at, *numbers), two.concentration(at, *numbers)
    assert single[0, 0] == pytest.approx(2.0 * single[1, 0])  # pmol over twice the volume
    later = one.concentration(np.array([6.0]), *numbers)[0, 0]
    assert double[0] == pytest.approx([single[0, 0], single[0, 1] + later])
    assert two.concentration(np.array([5.0]), *numbers)[1, 0] == 0.0
    equal = one.concentration(at, np.array([0.3, 0.3]), *numbers[1:])
    assert equal[0, 0] == pytest.approx(1e6 / 100.0 * 0.3 * 3.0 * math.exp(-0.9), rel=1e-4)  # absorption as fast as elimination


def test_an_untreated_tumour_follows_the_exact_course():
    """V' = rV/(1 + rV/s) has ln V + rV/s = ln V0 + rV0/s + rt."""
    steps = 120
    free = np.exp(tumour_course(np.array([100.0]), 0.01, 1e12, 0.02, 0.02, np.zeros((1, steps))))[0]
    assert free == pytest.approx(100.0 * np.exp(0.01 * STEP * np.arange(steps + 1)), rel=1e-8)
    bound = np.exp(tumour_course(np.array([100.0]), 0.01, 5.0, 0.02, 0.02, np.zeros((1, steps))))[0]
    left = np.log(bound) + 0.01 * bound / 5.0
    assert left - left[0] == pytest.approx(0.01 * STEP * np.arange(steps + 1), rel=1e-3, abs=1e-3)


def test_killed_volume_stays_until_it_is_cleared():
    """No growth, full occupancy: P = exp(−kt), D = k (exp(−kt) − exp(−ct)) / (c − k)."""
    steps = 60
    volume = np.exp(tumour_course(np.array([100.0]), 1e-12, 5.0, 0.02, 0.05, np.ones((1, steps))))[0]
    times = STEP * np.arange(steps + 1)
    living = np.exp(-0.02 * times)
    expected = 100.0 * (living + 0.02 * (living - np.exp(-0.05 * times)) / 0.03)
    assert volume == pytest.approx(expected, rel=2e-3)
    none = tumour_course(np.array([100.0]), 0.01, 5.0, 0.0, 0.05, np.ones((1, steps)))
    assert none == pytest.approx(tumour_course(np.array([100.0]), 0.01, 5.0, 0.3, 0.05, np.zeros((1, steps))))


def test_occupancy_is_a_mean_and_interpolation_straight():
    steps = 4
    level = np.broadcast_to(np.where(fine_times(steps) < STEP, 3.0, 0.0), (1, len(fine_times(steps))))
    assert occupancy(level, np.array([[3.0]]))[0][0] == pytest.approx([0.5, 0.0, 0.0, 0.0])
    assert at_times(np.array([[0.0, 1.0, 4.0]]), np.array([[0.5 * STEP, 2.0 * STEP, np.nan]]))[0, :2] == pytest.approx([0.5, 4.0])


def test_laplace_is_exact_where_everything_is_normal():
    """ln y = μ + z ω + σ ε: each animal's readings are jointly normal, with variance σ² on and ω² off the diagonal beside it."""
    random = np.random.default_rng(3)
    observed = np.exp(1.5 + 0.6 * random.standard_normal((40, 1)) + 0.2 * random.standard_normal((40, 5)))
    cohort = Cohort(
        [Shared("mean", 3.0, 2.0), Shared("spread", 0.5, 1.0), Shared("noise", 0.3, 1.0)],
        lambda points, effects: np.broadcast_to(points[:, [0]] + effects[..., 0], effects.shape[:-1])[..., None] * np.ones(5),
        observed, np.full(observed.shape, 1e-9), (1,), 2,
    )  # fmt: skip
    point = np.log([4.0, 0.5, 0.25])
    covariance = 0.25**2 * np.eye(5) + 0.5**2
    away = np.log(observed) - point[0]
    exact = -0.5 * np.einsum("ai,ij,aj->", away, np.linalg.inv(covariance), away)
    exact -= 0.5 * 40 * (np.linalg.slogdet(covariance)[1] + 5 * math.log(2 * math.pi)) + np.log(observed).sum()
    assert cohort.marginal(point[None])[0][0] == pytest.approx(exact, rel=1e-5)
    fit = fit_cohort(cohort)
    assert fit.number("spread") == pytest.approx(0.6, rel=0.25)
    assert fit.number("noise") == pytest.approx(0.2, rel=0.1)
    assert fit.interval("mean")[0] < math.exp(1.5) < fit.interval("mean")[1]
    assert fit.converged


def test_wrong_cohorts_are_refused():
    empty = np.full((2, 2), np.nan)
    with pytest.raises(InputError, match="no readings"):
        fit_cohort(Cohort([Shared("noise", 0.3, 1.0)], lambda points, effects: effects, empty, empty, (0,), 0))
    with pytest.raises(InputError, match="below 0"):
        Cohort([Shared("noise", 0.3, 1.0)], lambda points, effects: effects, np.array([[-1.0]]), np.array([[1e-9]]), (0,), 0)


TRUTH = {"start": 110.0, "growth": 0.009, "slope": 4.0, "kill": 0.02, "half_effect": 1500.0, "clearance": 0.025}


def cohort(seed, doses=(0.0, 6.25, 25.0), each=8):
    """Mice that follow the model: plasma, growth and response differ between them, readings scatter."""
    random = np.random.default_rng(seed)
    mice = []
    for dose in doses:
        for place in range(each):
            weight = 25.0 * math.exp(0.08 * random.standard_normal())
            given = [(24.0 * day, dose * weight) for day in range(3, 17)] if dose else []
            dosing = Dosing.of([given], [weight], 393.4)
            numbers = (np.array([2.5]), np.array([4000.0 * math.exp(0.2 * random.standard_normal())]),
                       np.array([0.33 * math.exp(0.2 * random.standard_normal())]))  # fmt: skip
            occupied = occupancy(dosing.concentration(fine_times(120), *numbers), np.array([TRUTH["half_effect"]]))
            course = tumour_course(
                np.array([TRUTH["start"] * math.exp(0.3 * random.standard_normal())]),
                TRUTH["growth"] * math.exp(0.4 * random.standard_normal()), TRUTH["slope"],
                TRUTH["kill"] * math.exp(0.3 * random.standard_normal()), TRUTH["clearance"], occupied,
            )[0]  # fmt: skip
            mouse = Mouse(f"{dose:g}-{place}", dose, weight, given)
            for day in range(0, 30, 2):
                level = math.exp(float(course[int(day * 24 / STEP)]) + 0.12 * random.standard_normal())
                mouse.volumes.append((24.0 * day, level))
            for time in (241.0, 245.0, 394.0) if dose else ():
                level = (
                    float(dosing.concentration(np.array([time]), *numbers)[0, 0])
                    * 0.3934
                    * math.exp(0.3 * random.standard_normal())
                )
                mouse.plasma.append((time, max(level, 1.0), level <= 1.0))
            mice.append(mouse)
    return mice


@pytest.fixture(scope="module")
def answer():
    file = read_xenograft(EXAMPLE).model_copy(update={"predict": ("6.25 mg/kg",)})
    return answer_xenografts(file, cohort(5), Catalog.load())


def test_a_cohort_of_its_own_is_recovered(answer):
    """Every number that the readings settle lies within its interval, and is near; what they do not settle is said so."""
    rows = {row["name"]: row for row in answer.parameters}
    for name, truth in (*TRUTH.items(), ("growth_spread", 0.4), ("noise", 0.12), ("elimination", 0.33), ("volume", 4000.0)):
        assert rows[name]["low"] * 0.8 < truth < rows[name]["high"] * 1.25, name
    assert rows["growth"]["value"] == pytest.approx(0.009, rel=0.35)
    assert rows["noise"]["value"] == pytest.approx(0.12, rel=0.1)
    assert rows["growth"]["identified"]
    assert not rows["half_effect"]["identified"]


def test_the_held_out_group_is_foretold_within_its_band(answer):
    row = answer.predictive["6.25 mg/kg"]
    assert row["coverage_90"] > 0.8
    assert row["error"] < 0.7
    assert row["readings"] == 8 * 14
    assert answer.summary()["log_likelihood"] == pytest.approx(
        answer.fit.plasma.log_likelihood + answer.fit.tumour.log_likelihood
    )


def test_held_out_volumes_do_not_reach_the_fit(answer, monkeypatch):
    """What is fitted is made of the fitted groups' volumes and of plasma; other held-out volumes change nothing but the error."""
    given = []

    def told(plasma, fitted, *_):
        given.append([(one.id, one.plasma) for one in plasma])
        given.append([(one.id, one.volumes) for one in fitted])
        return answer.fit

    monkeypatch.setattr(xenograft_answer, "fit_xenografts", told)
    found = []
    for fold in (1.0, 3.0):
        mice = cohort(5)
        for one in mice:
            if one.dose == 6.25:
                one.volumes = [one.volumes[0], *((time, fold * volume) for time, volume in one.volumes[1:])]
        found.append(answer_xenografts(answer.file, mice, Catalog.load()))
    assert given[:2] == given[2:] and not any(name.startswith("6.25") for name, _ in given[1])
    assert found[0].predictive == answer.predictive
    assert found[1].predictive["6.25 mg/kg"]["error"] != answer.predictive["6.25 mg/kg"]["error"]


@pytest.mark.parametrize(
    "change, told",
    [
        ('predict: ["25 mg/kg"]', "is also fitted"),
        ('predict: ["6.25"]', "has no unit"),
        ("predict: []", "predict"),
        ("drg: erlotinib", "drg"),
    ],
)
def test_wrong_files_are_told(tmp_path, change, told):
    text = EXAMPLE.read_text()
    key = change.split(":")[0]
    kept = [line for line in text.splitlines() if not line.startswith(f"{key}:")]
    (tmp_path / "file.yaml").write_text("\n".join([*kept, change]) + "\n")
    with pytest.raises(InputError, match=told):
        read_xenograft(tmp_path / "file.yaml")


def test_groups_and_drugs_that_are_not_there():
    file = read_xenograft(EXAMPLE)
    with pytest.raises(InputError, match="100 mg/kg"):
        answer_xenografts(file, cohort(1, each=1), Catalog.load())
    with pytest.raises(InputError, match="molar_mass"):
        quantities_of(Catalog.load(), "osimertinib")


def test_without_plasma_the_expected_course_is_taken_and_told():
    file = read_xenograft(EXAMPLE).model_copy(update={"predict": ("6.25 mg/kg",)})
    mice = cohort(6, each=3)
    for one in mice:
        one.plasma = []
    answer = answer_xenografts(file, mice, Catalog.load())
    rows = {row["name"]: row for row in answer.parameters}
    assert rows["elimination"]["value"] == pytest.approx(0.35)
    assert not rows["elimination"]["identified"]
    assert any("No plasma was measured" in text for text in answer.warnings)
