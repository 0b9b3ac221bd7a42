"""Dosing by rules: a fixed rule is the scenario's own schedule, limits hold for any rule, and an adaptive one looks at the burden."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exoresist.assembly.build import build
from exoresist.assembly.reader import load_scenario, scenario_from_dict
from exoresist.assembly.resolve import resolved_dict
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.errors import InputError
from exoresist.studies.cohort import Course, run_cohort, with_patients
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.rank_candidates import base_of
from exoresist.studies.rank_schedule import limits_of, optimise, own_course, rule_text
from exoresist.studies.steered import Limits, Rule, steered

CATALOG = Catalog.load()
TIMES = [0.0, 12.0, 24.0, 36.0, 48.0, 72.0]


def dish(**drug: Any):
    data = resolved_dict(base_of(load_scenario("mcf7_doxorubicin"))[1])
    data["drugs"] = [{"id": "doxorubicin", "dose": "50 nM", **drug}]
    return scenario_from_dict(data)


def advanced(scenario: Any, rule: Rule, limits: Limits, draws: int = 3):
    model = build(scenario, CATALOG)
    values = Ensemble(draws, 1).values(model)
    return model, values, steered(model, TIMES, "doxorubicin", rule, limits, ["recipient.cells"], values)


@pytest.mark.parametrize(
    "drug",
    [
        {},
        {"at": "12 h"},
        {"at": "6 h", "until": "30 h"},
        {"every": "24 h", "courses": 3, "until": "12 h"},
    ],
)
def test_a_rule_that_always_gives_is_the_scenarios_own_schedule(drug: dict[str, Any]) -> None:
    scenario = dish(**drug)
    own = own_course(scenario)
    assert own is not None
    model, values, (run, given_) = advanced(scenario, own.rule, Limits(1e9, 1e9, 1.0))
    usual = culture(model, TIMES, values=values)
    assert np.allclose(run.amounts, usual.amounts, rtol=2e-4, atol=1e-6 * np.abs(usual.amounts).max())
    cells = run.amount("recipient.cells")
    assert np.allclose(cells, usual.amount("recipient.cells"), rtol=1e-5)
    assert max(run.conservation().values()) < 1e-9
    assert given_.doses.sum(axis=0) == pytest.approx(own.total)


@settings(max_examples=25)
@given(
    st.builds(
        Rule, dose=st.floats(0.1, 500.0), interval=st.floats(0.5, 60.0), visits=st.integers(1, 12), first=st.floats(0.0, 30.0),
        stop=st.sampled_from([0.0, 0.3, 0.8, 1.2]), resume=st.sampled_from([0.5, 1.0, 1.5]),
    ),
    st.builds(Limits, dose=st.floats(1.0, 300.0), total=st.floats(1.0, 600.0), interval=st.floats(4.0, 40.0)),
)  # fmt: skip
def test_no_rule_exceeds_its_limits(rule: Rule, limits: Limits) -> None:
    _, _, (run, given_) = advanced(dish(), rule, limits, draws=1)
    assert given_.excess(limits) <= 1e-9
    assert np.all(np.isfinite(run.amounts)) and np.all(given_.doses >= 0.0)


@settings(max_examples=40)
@given(
    st.builds(Limits, dose=st.floats(1.0, 300.0), total=st.floats(1.0, 600.0), interval=st.floats(1.0, 100.0)),
    st.booleans(),
    st.integers(0, 2**31),
    st.floats(24.0, 500.0),
)
def test_the_search_proposes_nothing_beyond_the_limits(limits: Limits, adapts: bool, seed: int, hours: float) -> None:
    seen: list[Rule] = []

    def value(rule: Rule) -> float:
        seen.append(rule)
        return rule.dose

    found = optimise(value, Rule(1000.0, 1.0, 5), limits, hours, adapts, 6, seed, 1.0)
    assert found["value"] == min(rule.dose for rule in seen)
    for rule in seen:
        assert 0.0 < rule.dose <= min(limits.dose, limits.total) and rule.interval >= limits.interval and rule.visits >= 1
        assert rule.first >= 0.0 and (rule.adapts or rule.dose * (rule.visits - 1) < limits.total * (1 + 1e-9))
        assert rule_text(rule)
    again = optimise(lambda rule: rule.dose, Rule(1000.0, 1.0, 5), limits, hours, adapts, 6, seed, 1.0)
    assert [trial["value"] for trial in again["trials"]] == [trial["value"] for trial in found["trials"]]


def test_a_rule_that_looks_pauses_where_the_burden_is_low_and_goes_on_where_it_is_high() -> None:
    limits = Limits(100.0, 1e6, 6.0)
    rule = Rule(100.0, 6.0, 12, stop=0.7, resume=0.9)
    _, _, (run, given_) = advanced(dish(), rule, limits, draws=6)
    share = run.amount("recipient.cells") / run.amount("recipient.cells")[0]
    fell = share.min(axis=0) < 0.6
    assert fell.any() and np.all((given_.doses[:, fell] == 0.0).any(axis=0))
    _, _, (_, always) = advanced(dish(), Rule(100.0, 6.0, 12), limits, draws=6)
    assert np.all(always.doses == 100.0) and np.all(given_.doses.sum(axis=0) <= always.doses.sum(axis=0))


def test_limits_follow_the_scenario_unless_they_are_given() -> None:
    scenario = dish(every="24 h", courses=2, until="12 h")
    own = own_course(scenario)
    assert own is not None
    assert limits_of(scenario, own, None, None, None) == Limits(100.0, 100.0, 24.0)
    assert limits_of(scenario, own, 10.0, 30.0, 20.0) == Limits(10.0, 30.0, 20.0)
    with pytest.raises(InputError, match="min-interval"):
        limits_of(scenario, own, None, None, 6.0)
    for wrong in (0.0, -1.0, float("nan")):
        with pytest.raises(InputError, match="limit"):
            limits_of(scenario, own, wrong, None, None)


def test_patients_under_the_own_schedule_as_a_rule_fare_as_under_the_schedule() -> None:
    scenario = with_patients(load_scenario("breast_cohort"), 12).model_copy(update={"arms": (), "comparison": None})
    own = own_course(scenario)
    assert own is not None
    from exoresist.assembly.scenario import Arm

    course = Course(Arm(id="rule", role="treated"), own.drug, own.rule, Limits(1e6, 1e6, 1.0))
    result = run_cohort(scenario, CATALOG, courses=[course])
    usual, ruled = result.arms
    assert np.allclose(usual.burden, ruled.burden, rtol=5e-3, atol=1e3)
    assert np.mean(usual.outcome.progression == ruled.outcome.progression) > 0.9
    assert asdict(own.rule)["visits"] == 6
