"""Virtual patients: the same numbers from the same seed, amounts that balance, outcomes that follow from burdens, right curves."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exoresist.assembly.build import build
from exoresist.assembly.patient import SHARE, patient
from exoresist.assembly.reader import load_scenario, scenario_from_dict
from exoresist.assembly.resolve import resolved_dict
from exoresist.compartments.well import culture
from exoresist.core.errors import InputError
from exoresist.studies.answers import answer_scenario
from exoresist.studies.cohort import CohortResult, run_cohort, with_patients
from exoresist.studies.cohort_answer import tell
from exoresist.studies.discrimination import discriminate
from exoresist.studies.event_times import Observed, at_risk, kaplan_meier, log_rank, observe, restricted_mean_gain
from exoresist.studies.response import Rules, alive, assess, diameter

FEW = 60


@pytest.fixture(scope="module")
def bundled() -> Any:
    return with_patients(load_scenario("breast_cohort"), FEW)


@pytest.fixture(scope="module")
def found(bundled: Any) -> CohortResult:
    return run_cohort(bundled)


def test_every_patient_has_an_outcome(found: CohortResult) -> None:
    for arm in found.arms:
        assert arm.burden.shape == (len(arm.times), FEW) and np.all(np.isfinite(arm.burden)) and np.all(arm.burden >= 0.0)
        assert set(arm.outcome.best) <= {"complete", "partial", "stable", "progressive"}
        assert np.all(arm.outcome.death >= arm.outcome.progression)
        assert np.all(arm.progression.times <= found.scenario.duration)
        assert all(error < 1e-9 for error in arm.conservation.values()), arm.conservation


def test_treatment_shrinks_tumours_and_a_higher_dose_more(found: CohortResult) -> None:
    end = {arm.arm.id: np.median(arm.burden[-1]) for arm in found.arms}
    assert end["double_dose"] < end["doxorubicin"] < end["untreated"]
    rates = {arm.arm.id: arm.outcome.responded.mean() for arm in found.arms}
    assert rates["untreated"] < rates["doxorubicin"] < rates["double_dose"]


def test_half_of_the_tumours_hold_resistant_cells_and_these_grow_in_share(found: CohortResult) -> None:
    assert found.patients.carries.mean() == pytest.approx(0.5, abs=0.02)
    arm = next(arm for arm in found.arms if arm.arm.id == "double_dose")
    carries = found.patients.carries
    share = arm.cells["resistant"] / np.maximum(arm.burden, 1.0)
    assert np.all(share[:, ~carries] == 0.0)
    left = carries & (arm.burden[20] > 0.0)
    assert np.median(share[20, left]) > np.median(share[0, left])


def test_arms_share_patients_and_the_same_seed_gives_the_same_numbers(
    bundled: Any, found: CohortResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXORESIST_THREADS", "1")
    one = run_cohort(bundled)
    monkeypatch.setenv("EXORESIST_THREADS", "2")
    two = run_cohort(bundled)
    for first, second, earlier in zip(one.arms, two.arms, found.arms, strict=True):
        assert np.array_equal(first.burden, second.burden) and np.array_equal(first.burden, earlier.burden)
        assert np.array_equal(first.markers["ABCB1"].whole, second.markers["ABCB1"].whole)
        assert np.allclose(first.burden[0], one.reference.burden[0], rtol=1e-6)
    other = run_cohort(bundled.model_copy(update={"seed": 2, "arms": ()}))
    assert not np.allclose(other.reference.burden[-1], one.reference.burden[-1])


def test_a_transfer_of_nothing_changes_nothing_but_what_vesicles_brought(found: CohortResult) -> None:
    """With nothing delivered, sensitive cells cannot gain: the pump that vesicles bring is the only difference of that arm."""
    arms = {arm.arm.id: arm for arm in found.arms}
    alone = ~found.patients.carries
    with_, without = arms["doxorubicin"].cells["sensitive"], arms["no_delivery"].cells["sensitive"]
    assert np.allclose(with_[:, alone], without[:, alone], rtol=0.02)
    assert np.all(with_[-1] >= without[-1] * (1.0 - 1e-3))


def test_a_patient_balances_and_drug_leaves_with_its_half_life(bundled: Any) -> None:
    one = patient(build(bundled), "plasma", ((0.0, "doxorubicin"),))
    run = culture(one, [0.0, 1.0, 24.0, 48.0], values={SHARE: np.array([1.0, 2e-4])}, relative=1e-8)
    assert all(error < 1e-9 for error in run.conservation().values())
    rate = one.network.parameters["doxorubicin.elimination_rate"].value
    blood = run.amount("blood.doxorubicin")
    # The larger the sample's share, the smaller the tumour: what it takes up then matters less for the blood.
    assert blood[3, 0] / blood[2, 0] == pytest.approx(np.exp(-24.0 * rate), rel=0.02)
    assert blood[0, 1] == pytest.approx(110.0 * one.network.parameters["doxorubicin.distribution_volume"].value * 2e-4)
    assert np.all(run.amount("fluid.vesicles_sensitive")[-1] > 0.0)


def test_vesicles_reach_the_fluid_only_if_they_escape(bundled: Any) -> None:
    one = patient(build(bundled), "plasma", ())
    escape = np.array([0.0, 0.05, 0.1])
    run = culture(one, [0.0, 240.0], values={"patient.vesicle_escape": escape})
    there = run.amount("fluid.vesicles_sensitive")[-1]
    assert there[0] == 0.0 and 0.0 < there[1] < there[2]


def test_response_follows_the_diameter() -> None:
    times = np.arange(0.0, 6.0) * 1000.0
    start = 1e10
    sizes = {  # diameter over that at the start
        "partial": [1.0, 0.6, 0.6, 0.6, 0.9, 1.2],
        "stable": [1.0, 0.9, 0.9, 0.9, 0.9, 0.9],
        "progressive": [1.0, 1.3, 1.3, 1.3, 1.3, 1.3],
        "complete": [1.0, 0.5, 0.0, 0.0, 0.0, 0.5],
    }
    cells = start * np.array(list(sizes.values())).T ** 3
    volume, scans = np.full(4, 3e-9), np.arange(6)
    found = assess(times, cells, scans, volume, np.full(4, 1e7), np.full(4, 2e10), Rules(0.3, 0.2, 5000.0))
    assert list(found.best) == list(sizes)
    # The third has died before the first scan: that is no time spent without progression.
    assert found.progression.tolist() == [4000.0, np.inf, found.death[2], 5000.0]
    assert found.best_change == pytest.approx([-0.4, -0.1, 0.3, -1.0])
    assert found.relapse.tolist() == [True, False, False, True]
    assert np.isinf(found.death[1]) and 0.0 < found.death[2] <= 1000.0
    assert diameter(np.array([0.0, 8.0]), np.array([1e-9, 1e-9]))[1] == pytest.approx(
        2.0 * diameter(np.ones(1), np.full(1, 1e-9))[0]
    )


def test_a_clone_that_fell_below_one_cell_does_not_return() -> None:
    assert alive(np.array([[5.0], [0.5], [7.0]])).ravel().tolist() == [5.0, 0.0, 0.0]


def test_kaplan_meier_agrees_with_the_product_by_hand() -> None:
    observed = Observed(np.array([1.0, 2.0, 2.0, 3.0, 4.0]), np.array([True, True, False, True, False]))
    curve = kaplan_meier(observed)
    assert curve.times.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert curve.share == pytest.approx([1.0, 4 / 5, 4 / 5 * 3 / 4, 4 / 5 * 3 / 4 * 1 / 2])
    assert np.all(curve.low <= curve.share) and np.all(curve.share <= curve.high)
    assert curve.median.value == 3.0
    assert at_risk(observed, [0.0, 2.0, 3.5]) == [5, 4, 1]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 50), st.booleans()), min_size=2, max_size=40))
def test_kaplan_meier_only_falls_and_uncensored_is_the_share_left(rows: list[tuple[int, bool]]) -> None:
    times, seen = np.array([float(time) for time, _ in rows]), np.array([mark for _, mark in rows])
    curve = kaplan_meier(Observed(times, seen))
    assert np.all(np.diff(curve.share) <= 0.0) and curve.share[0] == 1.0
    whole = kaplan_meier(Observed(times, np.ones(len(times), bool)))
    assert whole.share[1:] == pytest.approx([np.mean(times > time) for time in whole.times[1:]])
    assert log_rank(Observed(times, seen), Observed(times, seen)) == pytest.approx(1.0)


def test_observation_ends_with_follow_up() -> None:
    seen = observe(np.array([5.0, np.inf, 20.0]), np.array([10.0, 10.0, 10.0]))
    assert seen.times.tolist() == [5.0, 10.0, 10.0] and seen.seen.tolist() == [True, False, False]
    gain = restricted_mean_gain(np.array([6.0, np.inf, 20.0]), np.array([5.0, 9.0, 20.0]), 10.0)
    assert gain.value == pytest.approx(2.0 / 3.0)
    with pytest.raises(InputError):
        Observed(np.array([np.nan]), np.array([True]))


def test_the_area_under_the_curve_counts_pairs() -> None:
    marker, positive = np.array([1.0, 2.0, 2.0, 3.0, 0.5]), np.array([False, True, False, True, False])
    found = discriminate(marker, positive)
    assert found.area.value == pytest.approx(5.5 / 6.0)
    assert (found.area.low or 0.0) < (found.area.value or 0.0) < (found.area.high or 0.0)
    area = np.trapezoid(found.true_positive, found.false_positive)
    assert area == pytest.approx(found.area.value)
    assert discriminate(-marker, positive).area.value == pytest.approx(1.0 - 5.5 / 6.0)
    with pytest.raises(InputError):
        discriminate(marker, np.array([True, False, False, False, False]))


def test_the_interval_of_the_area_holds_the_truth_nine_times_in_ten() -> None:
    """Normal markers one standard deviation apart: the true area is Φ(1/√2)."""
    from statistics import NormalDist

    truth, rng = NormalDist().cdf(2.0**-0.5), np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        marker = np.concatenate([rng.standard_normal(60) + 1.0, rng.standard_normal(80)])
        area = discriminate(marker, np.repeat([True, False], [60, 80])).area
        hits += (area.low or 0.0) <= truth <= (area.high or 0.0)
    assert 0.86 < hits / 400 < 0.94


def test_the_answer_says_when_nothing_is_seen(found: CohortResult) -> None:
    from exoresist.catalog import Catalog

    answer = tell(found, Catalog.load())
    text = " ".join(answer.sentences)
    assert "virtual patients" in answer.sentences[0] and "practically nothing" in text
    assert "no better than chance" in text or "too little to be of use" in text
    assert any("fitted to patients" in warning for warning in answer.warnings)
    assert sum(row["patients"] for row in answer.responses if row["arm"] == "doxorubicin") == FEW
    risk = [row["patients"] for row in answer.at_risk if row["arm"] == "untreated" and row["event"] == "progression"]
    assert risk[0] == FEW and all(a >= b for a, b in pairwise(risk))


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"assay": {"fluid": "tears"}}, "tears"),
        ({"assay": {"resistant": "nobody"}}, "nobody"),
        ({"assay": {"cycles": 60}}, "longer than"),
        ({"assay": {"accrual": "730 day"}}, "accrual"),
        ({"assay": {"resistant_by": ["CD20"]}}, "CD20"),
        ({"medium_changes": [{"at": "1 h"}]}, "belong to a dish"),
        ({"drugs": [{"id": "doxorubicin", "dose": "1 nM", "until": "3 h"}]}, "elimination"),
        ({"arena": {"kind": "transwell", "insert_volume": "1 mL", "pore_exchange": "1 mL/h"}}, "kind: well"),
    ],
)
def test_what_makes_no_cohort_is_told(bundled: Any, change: dict[str, Any], part: str) -> None:
    data = resolved_dict(bundled)
    data["arms"] = []
    data.pop("comparison")
    for key, value in change.items():
        data[key] = {**data[key], **value} if isinstance(value, dict) else value
    with pytest.raises(InputError, match=part):
        run_cohort(scenario_from_dict(data))


def test_a_dish_is_no_cohort_and_a_cohort_no_dish(bundled: Any) -> None:
    with pytest.raises(InputError, match="ask cohort"):
        answer_scenario(bundled)
    with pytest.raises(InputError, match="cohort"):
        run_cohort(load_scenario("null_delivery"))


def test_worlds_draw_what_patients_share_and_keep_the_measured_potency(bundled: Any) -> None:
    from exoresist.catalog import Catalog
    from exoresist.studies.cohort_worlds import run_worlds
    from exoresist.studies.workers import Workers

    alone = with_patients(bundled, 24).model_copy(update={"arms": (), "comparison": None})
    small = alone.model_copy(update={"uncertainty": bundled.uncertainty.model_copy(update={"draws": 2})})
    first, again = (run_worlds(small, Catalog.load(), workers=Workers(count)) for count in (1, 2))
    assert first.rows == again.rows and first.count + first.left_out == 2 and first.count >= 1
    assert {row["quantity"] for row in first.rows} == {"response_rate", "median_progression", "gain"}
    assert all(0.0 <= row["value"] <= 1.0 for row in first.rows if row["quantity"] == "response_rate")
    none = run_worlds(
        alone.model_copy(update={"uncertainty": bundled.uncertainty.model_copy(update={"draws": 0})}), Catalog.load()
    )
    assert none.rows == [] and none.count == 0


def test_a_world_fixes_shared_numbers_and_moves_the_middle_of_those_that_differ(bundled: Any) -> None:
    from exoresist.catalog import Catalog
    from exoresist.studies.cohort_worlds import worlds_of

    catalog = Catalog.load()
    small = bundled.model_copy(
        update={"arms": (), "comparison": None, "uncertainty": bundled.uncertainty.model_copy(update={"draws": 3})}
    )
    facts, left_out = worlds_of(small, catalog)
    assert len(facts) + left_out == 3
    for one in facts:
        shared, own = one.parameter("target_on_rate", "drug:doxorubicin"), one.parameter("damage_rate", "drug:doxorubicin")
        assert not shared.is_uncertain and shared.value != catalog.parameter("target_on_rate", "drug:doxorubicin").value
        before = catalog.parameter("damage_rate", "drug:doxorubicin")
        assert own.is_uncertain and own.high / own.value == pytest.approx(before.high / before.value)
        assert one.parameter("growth_rate", "cell_line:patient_tumour") == catalog.parameter(
            "growth_rate", "cell_line:patient_tumour"
        )
