"""Answers of whole scenarios: null, direction of effects, intervals, determinism, words, what a summary holds."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from exoresist.assembly.build import build
from exoresist.assembly.reader import bundled_scenarios, load_scenario, scenario_from_dict
from exoresist.assembly.resolve import resolved_dict
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.report import write_summary
from exoresist.studies import answer_scenario
from exoresist.studies.cautions import added_membrane
from exoresist.studies.ensemble import reconciled


def small(name: str, **changes: object):
    """A bundled scenario with few draws and doses."""
    data = resolved_dict(load_scenario(bundled_scenarios()[name]))
    data["uncertainty"] = {"draws": 3}
    if "doses" in data["assay"]:
        data["assay"]["doses"] = {"from": "3 nM", "to": "1000 nM", "points": 6}
    if data.get("vesicle_titration"):
        data["vesicle_titration"]["per_cell"] = {"from": "1e4 particle/cell", "to": "1e8 particle/cell", "points": 3}
    data.update(changes)
    return scenario_from_dict(data)


@pytest.fixture(scope="module")
def demo():
    return answer_scenario(small("mcf7_doxorubicin"))


def test_demo_answers_with_interval_and_words(demo):
    shift = demo.ic50_shift
    assert shift.low <= shift.value <= shift.high
    assert shift.value > 1.0
    assert "doxorubicin" in demo.sentences[0]
    assert {row["arm"] for row in demo.ic50} == {row["id"] for row in demo.arms}
    assert max(demo.conservation.values()) <= 1e-9
    assert {"cell", "vesicle", "cargo:ABCB1", "drug:doxorubicin"} <= set(demo.conservation)
    assert 0.0 < demo.assumed_share < 1.0
    assert demo.dose_gap.value > 1.0
    assert all(row["reasons"] for row in demo.bibliography)
    assert {row["law"] for row in demo.equations} >= {"pump_efflux", "death_hazard", "uptake"}


def test_lines_alone_have_their_measured_ic50(demo):
    rows = {row["arm"]: row for row in demo.ic50}
    assert rows["recipients_alone"]["value"] == pytest.approx(24.0, abs=3.0)
    assert rows["donors_alone"]["value"] == pytest.approx(121.0, abs=15.0)
    # Draws are reconciled with the same measurement, so the interval is narrow although most numbers are assumed.
    assert rows["donors_alone"]["high"] / rows["donors_alone"]["low"] < 1.2


def test_mass_balance_adds_up_to_the_dose(demo):
    dose = demo.time_course_dose * 0.1  # nM times mL
    for arm in {row["arm"] for row in demo.mass_balance}:
        for time in {row["time"] for row in demo.mass_balance}:
            total = sum(row["amount"] for row in demo.mass_balance if row["arm"] == arm and row["time"] == time)
            assert total == pytest.approx(dose, rel=1e-9)


def test_null_is_exactly_one_and_said_in_words():
    null = [{"name": "delivered_fraction", "subject": "cell", "value": "0 dimensionless", "reason": "null"}]
    answer = answer_scenario(small("mcf7_doxorubicin", parameters=null))
    assert abs(answer.ic50_shift.value - 1.0) <= 1e-6
    assert max(abs(answer.ic50_shift.low - 1.0), abs(answer.ic50_shift.high - 1.0)) <= 1e-6
    assert answer.sentences[0].startswith("No effect")


def test_bundled_null_scenario():
    answer = answer_scenario(small("null_delivery"))
    assert abs(answer.ic50_shift.value - 1.0) <= 1e-6
    assert answer.sentences[0].startswith("No effect")


def test_same_seed_same_bits_on_any_number_of_threads(monkeypatch):
    results = []
    for threads in ("1", "2", "4"):
        monkeypatch.setenv("EXORESIST_THREADS", threads)
        answer = answer_scenario(small("mcf7_doxorubicin", vesicle_titration=None))
        kept = {key: value for key, value in answer.to_dict().items() if key != "timing_s"}
        results.append(json.dumps(kept, sort_keys=True))
    assert results[0] == results[1] == results[2]


def test_another_seed_moves_the_draws_but_not_the_centre():
    first = answer_scenario(small("mcf7_doxorubicin", vesicle_titration=None))
    second = answer_scenario(small("mcf7_doxorubicin", vesicle_titration=None, seed=2))
    assert first.ic50_shift.value == pytest.approx(second.ic50_shift.value, rel=1e-6)
    assert first.ic50_shift.high != second.ic50_shift.high


def test_conditioned_medium_protects_less_when_release_is_blocked():
    answer = answer_scenario(small("conditioned_medium"))
    shift = {row["arm"]: row["value"] for row in answer.shifts}
    assert shift["conditioned"] > shift["release_blocked"] > 1.0


def test_add_back_peaks_and_washes_out():
    answer = answer_scenario(small("pgp_add_back"))
    rise = next(row for row in answer.rises if row["arm"] == "added")
    assert rise["level_4h_over_max"] >= 0.4
    assert 10.0 <= rise["peak_h"] <= 14.0
    levels = [row["copies_per_cell"] for row in answer.levels if row["arm"] == "added"]
    assert levels[-1] - levels[0] < 0.3 * (max(levels) - levels[0])
    control = [row["copies_per_cell"] for row in answer.levels if row["arm"] == "vehicle"]
    assert max(control) < 1.01 * control[0]


def test_add_back_says_what_was_done_and_what_was_gained():
    answer = answer_scenario(small("pgp_add_back"))
    assert [(row["time"], row["what"]) for row in answer.events if row["arm"] == "added"] == [
        (0.0, "vesicles added"), (24.0, "vesicles washed out"),
    ]  # fmt: skip
    assert not [row for row in answer.events if row["arm"] == "vehicle"]
    added = [row for row in answer.levels if row["arm"] == "added"]
    assert added[0]["gained"] == added[0]["gained_low"] == added[0]["gained_high"] == 0.0
    assert all(row["gained_low"] <= row["gained"] <= row["gained_high"] for row in answer.levels)
    assert max(row["gained"] for row in added) > 0.1 * added[0]["copies_per_cell"]
    said = {row["label"]: next(text for text in answer.sentences if f"'{row['label']}'" in text) for row in answer.arms}
    assert "P-glycoprotein" in said["Vesicles of resistant cells"]
    assert "practically no P-glycoprotein" in said["Vesicles of sensitive cells"]
    assert {row["arm"] for row in answer.rises} == {"added"}


def test_sentences_use_names_and_plain_numbers(demo):
    for text in [*demo.sentences, *demo.warnings]:
        assert "mcf7_" not in text and "e-0" not in text and "e+0" not in text
        assert not [word for word in text.split() if word.endswith("%") and len(word) > 1], text
    assert "times as many would be needed as there are" in demo.sentences[1]
    assert any("crowding" in text for text in demo.sentences)
    assert not {"constant", "product", "ratio", "total"} & {row["law"] for row in demo.equations}
    assert not [row for row in demo.equations if "$" in row["units"] or "ilv" in row["law"]]
    assert all(abs(row["low_effect"] - row["high_effect"]) > 1e-7 for row in demo.drivers)


def test_antibody_sits_on_cells():
    answer = answer_scenario(small("rituximab_decoy", vesicle_titration=None))
    places = {row["place"] for row in answer.mass_balance}
    assert {"medium", "on cells", "on vesicles outside"} <= places and "target" not in places
    dose = answer.time_course_dose * 0.1
    for arm in {row["arm"] for row in answer.mass_balance}:
        assert sum(row["amount"] for row in answer.mass_balance if row["arm"] == arm) == pytest.approx(dose, rel=1e-9)


def test_transwell_with_closed_pores_transfers_nothing():
    """What is left of the donors behind closed pores is nothing: no shift beyond what the empty insert gives."""
    answer = answer_scenario(small("transwell_doxorubicin"))
    shift = {row["arm"]: row["value"] for row in answer.shifts}
    assert abs(shift["closed_pores"] - 1.0) < abs(shift["donors_in_insert"] - 1.0)


def test_summary_file_is_strict_json_with_the_agreed_keys(demo, tmp_path):
    path = write_summary(demo, tmp_path)
    summary = json.loads(path.read_text(), parse_constant=lambda word: pytest.fail(f"{word} in summary"))
    wanted = {
        "ic50", "ic50_shift", "conservation", "assumed_share", "donor_membrane_equivalents", "dose_gap", "warnings",
        "timing_s", "versions", "seed",
    }  # fmt: skip
    assert wanted <= set(summary)
    assert {"value", "unit", "low", "high"} <= set(summary["ic50"]["co_culture"])
    assert {"value", "low", "high"} <= set(summary["dose_gap"])


def test_reconciled_draws_hold_the_measured_potency():
    scenario = small("mcf7_doxorubicin", uncertainty={"draws": 12})
    ensemble = reconciled(scenario, Catalog.load())
    assert ensemble.sets >= 8
    assert set(ensemble.factors) == {
        ("damage_rate", "drug:doxorubicin"), ("efflux_kcat", "drug:doxorubicin|pump:ABCB1"),
    }  # fmt: skip
    assert all(factor[0] == 1.0 for factor in ensemble.factors.values())
    assert np.std(np.log(ensemble.factors["damage_rate", "drug:doxorubicin"])) > 0.1


def test_unknown_names_are_refused_with_alternatives():
    with pytest.raises(InputError, match="doxorubicin"):
        answer_scenario(small("mcf7_doxorubicin", cargo=["ABCB2"], drugs=[{"id": "doxorubicine", "dose": "1 nM"}],
                              assay={"kind": "dose_response", "population": "recipient", "drug": "doxorubicine",
                                     "doses": {"from": "1 nM", "to": "10 nM", "points": 3}}))  # fmt: skip


def test_single_arm_tells_its_ic50_and_compares_nothing(tmp_path):
    answer = answer_scenario(small("mcf7_doxorubicin", arms=[], comparison=None, vesicle_titration=None))
    assert answer.ic50_shift is None
    assert "IC50" in answer.sentences[0] and "nothing is compared" in answer.sentences[0]
    summary = json.loads(write_summary(answer, tmp_path).read_text())
    assert summary["ic50_shift"]["value"] is None
    assert summary["ic50"]["base"]["value"] > 0.0


def test_more_membrane_than_donors_have_is_told():
    """A vesicle of 100 nm is some 2e-5 of a cell's surface: 1e8 of them are thousands of cells, 1e3 are a part of one."""
    preparations = [
        {"id": name, "donor": "mcf7_resistant", "per_cell": f"{dose} particle/cell"}
        for name, dose in (("few", "1e3"), ("heap", "1e8"))
    ]
    scenario = small("mcf7_doxorubicin", vesicles=preparations)
    central = SimpleNamespace(sets=1, values=lambda model: {})
    (told,) = added_membrane([SimpleNamespace(scenario=scenario, model=build(scenario))], central)
    assert "'heap'" in told
    assert "1 x 10^8 particles" in told


def test_other_pumps_travel_too():
    """MRP1 set high in the donors: vesicles protect a little, and delivery of nothing protects not at all."""
    path = Path(__file__).parents[2] / "examples" / "mrp1_vesicles.yaml"
    data = resolved_dict(load_scenario(path))
    data |= {"uncertainty": {"draws": 2}}
    data["assay"]["doses"] = {"from": "10 nM", "to": "10000 nM", "points": 5}
    found = answer_scenario(scenario_from_dict(data))
    assert 1.0 < found.ic50_shift.value < 1.1
    assert found.shift_of == "together"
