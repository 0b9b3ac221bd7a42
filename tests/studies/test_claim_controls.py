"""Controls of a claim: each passes on a sound claim and fails on one that is broken in the way that it looks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from exoresist.assembly.claim import DISHES, Recorded, Runnable, wire
from exoresist.assembly.claim_bench import DONOR, bench
from exoresist.assembly.claim_decoy import wire_decoy
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.studies import claim_controls
from exoresist.studies.claim_bench_runs import Arm, survivors
from exoresist.studies.claim_controls import CONTROLS, bench_controls, turning, vanishing, wrong_drug
from exoresist.studies.claim_effects import clamped_effects, cut, fold_of, potency
from exoresist.studies.claim_twins import run_once, signature
from exoresist.studies.claims import run_claim

SPONGE = "circ0005963_oxaliplatin_seed003_77"
PUMP = "abcb1_doxorubicin_t2_seed001_1"
NODE = "cargo_detoxification_seed001_1"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture(scope="module")
def pump(catalog):
    return run_claim(catalog.claim(PUMP), catalog, draws=4)


def wired(catalog, name) -> Runnable:
    found = wire(catalog.claim(name), catalog)
    assert isinstance(found, Runnable)
    return found


def test_all_controls_of_a_sound_claim_pass(pump):
    assert set(pump.controls) == set(CONTROLS)
    assert all(control["passed"] is True for control in pump.controls.values()), pump.controls
    assert pump.direction == "resistance"


def test_vanishing_and_turning_can_fail():
    assert vanishing(1e-4, 1e-2).passed and not vanishing(5e-3, 1e-2).passed
    assert turning(-1e-4, 1e-2).passed and not turning(1e-4, 1e-2).passed


def test_a_chain_that_does_not_end_fails_its_deletion(catalog):
    """Cutting all but the first link leaves the effect where the head acts by itself: the control sees it."""
    one = wired(catalog, SPONGE)
    dose, folds = potency(catalog, one.surrogate), np.array([1.0, fold_of(one)])
    whole = float(clamped_effects(one, dose, folds, {}, 1)[0, 1])
    values = cut(one)
    assert vanishing(float(clamped_effects(one, dose, folds, values, 1)[0, 1]), whole).passed
    half_cut = {name: value for name, value in values.items() if name == "edge.cargo_hub"}
    assert not vanishing(float(clamped_effects(one, dose, folds, half_cut, 1)[0, 1]), whole).passed


def test_the_wrong_drug_is_one_that_no_pump_carries(catalog):
    found = wrong_drug(wired(catalog, PUMP), catalog)
    assert found.passed and found.why == "on oxaliplatin" and found.effect == 0.0 and found.of > 0.0
    none = wrong_drug(wired(catalog, SPONGE), catalog)
    assert none.passed is None and "every modelled drug meets repair" in none.why


def test_the_wrong_drug_control_fails_where_the_pump_carries_it_after_all(catalog, monkeypatch):
    monkeypatch.setattr(claim_controls, "_touches", lambda other, _: other.surrogate != "paclitaxel")
    found = wrong_drug(wired(catalog, PUMP), catalog)
    assert found.why == "on paclitaxel" and found.passed is False


@pytest.mark.parametrize("name", [SPONGE, PUMP])
def test_the_delivered_effect_vanishes_with_secretion_off(catalog, name):
    one = wired(catalog, name)
    at, dose = bench(one, catalog), potency(catalog, one.surrogate)
    controls = bench_controls(at, dose, 3e4)
    assert controls["secretion_off"].passed and controls["secretion_off"].of > 1e-5
    assert abs(controls["secretion_off"].effect) < 1e-3 * controls["secretion_off"].of


def test_secretion_that_is_only_slowed_fails_the_control(catalog):
    one = wired(catalog, PUMP)
    at, dose = bench(one, catalog), potency(catalog, one.surrogate)
    slowed = Arm(values={f"{DONOR}.secretion_rate": 0.5 * at.model.network.parameters[f"{DONOR}.secretion_rate"].value})
    height = survivors(at, [Arm(), slowed], dose, np.array([3e4]), 0)[:, :, 0]
    effect = height[1] - height[0]
    assert not vanishing(float(effect[1]), float(effect[0])).passed


def test_rescue_moves_the_second_node_back(catalog):
    one = wired(catalog, SPONGE)
    found = bench_controls(bench(one, catalog), potency(catalog, one.surrogate), 6e4)["rescue"]
    assert found.passed and found.effect < 0.1 * found.of and "second node raised" in found.why


def test_rescue_fails_where_nothing_moves_back(catalog, monkeypatch):
    one = wired(catalog, SPONGE)
    monkeypatch.setattr(claim_controls, "RESCUES", np.array([1.0, 1.0001]))
    assert bench_controls(bench(one, catalog), potency(catalog, one.surrogate), 6e4)["rescue"].passed is False


def test_a_failed_control_takes_the_direction_away(catalog):
    """More MYC makes this cell divide: raised and lowered it moves survival the same way, so there is no direction."""
    found = run_claim(catalog.claim("h19_csc_seed001_1"), catalog, draws=2)
    assert found.controls["knock_down"]["passed"] is False
    assert found.direction == "none" and "knock_down" in found.limit and found.dose_gap is None


def test_a_node_that_nothing_carries_has_no_secretion_control(catalog):
    found = run_claim(catalog.claim(NODE), catalog, draws=2)
    assert found.controls["secretion_off"]["passed"] is None and found.dose_gap is None


def test_no_claim_fails_to_be_wired_or_built(catalog):
    for claim in catalog.records("claims")[::7]:
        one = wire(claim, catalog)
        if isinstance(one, Runnable):
            assert bench(one, catalog).model.network.parameters


def test_pumps_made_in_the_recipient_act_by_their_messenger(catalog):
    """The mRNA of a pump is no pump: it is counted as RNA, and what it does is efflux of substrates."""
    messenger = wired(catalog, "abcb1_mrna_contact_seed001_1")
    assert messenger.head == "ABCB1_mRNA" and messenger.hub == "drug_efflux" and messenger.carried
    for name in ("abcb1_mrna_contact_seed001_1", "circ_sore_sorafenib_t1_seed001_10", "clic1_vincristine_zhao19"):
        one = wired(catalog, name)
        effect = clamped_effects(one, potency(catalog, one.surrogate), np.array([1.0, fold_of(one)]), {}, 1)[0, 1]
        assert effect > 1e-5, name
    platinum = wired(catalog, "linc00355_cisplatin_t1_seed001_76")
    effect = clamped_effects(platinum, potency(catalog, "oxaliplatin"), np.array([1.0, fold_of(platinum)]), {}, 1)[0, 1]
    assert effect == 0.0  # no pump of the catalogue carries platinum


def test_decoy_claims_run_in_the_decoy_scenario(catalog):
    names = [claim.id for claim in catalog.records("claims") if wire_decoy(claim, catalog)]
    assert set(names) == {"antibody_export_seed000_1", "cd20_anti_cd20_aung11", "antigen_decoy_breast_battke11"}
    found = run_claim(catalog.claim("cd20_anti_cd20_aung11"), catalog, draws=2)
    assert found.direction == "resistance" and found.dose_gap > 1.0
    passed = {name: control["passed"] for name, control in found.controls.items()}
    assert passed == {"knock_down": True, "target_deleted": True, "wrong_drug": True, "secretion_off": None, "rescue": True}
    other = catalog.claim("gls1_trastuzumab_seed003_14")  # an antibody, but no antigen on a vesicle
    assert wire_decoy(other, catalog) is None and isinstance(wire(other, catalog), Recorded)


def test_a_process_without_a_dish_is_assumed_and_a_dish_is_one_entry(catalog, monkeypatch):
    claim = catalog.claim(SPONGE)
    dishes = {process: dish for process, dish in DISHES.items() if process != "repair"}
    monkeypatch.setattr("exoresist.assembly.claim.DISHES", dishes)
    found = wire(claim, catalog)
    assert isinstance(found, Runnable) and found.assumed and found.hub.startswith("action_of_")
    more = replace(DISHES["repair"], more={"environment": {"hypoxia": 0.5}})
    monkeypatch.setattr("exoresist.assembly.claim.DISHES", {**dishes, "repair": more})
    found = wire(claim, catalog)
    assert isinstance(found, Runnable) and not found.assumed
    assert found.model.network.parameters["environment.hypoxia"].value == 0.5


def test_twins_have_one_result_and_others_do_not(catalog):
    """Claims of one signature differ in names only: run apart they give the same numbers to the last bit."""
    groups: dict[object, list[Runnable]] = {}
    for claim in catalog.records("claims"):
        one = wire(claim, catalog)
        if isinstance(one, Runnable):
            groups.setdefault(signature(one, catalog), []).append(one)
    assert 50 < len(groups) < sum(map(len, groups.values()))
    pairs = [group for group in groups.values() if len(group) > 1 and group[0].carried]
    first, second = pairs[0][0], pairs[0][-1]
    assert first.claim.path != second.claim.path
    apart = [run_claim(one.claim, catalog, draws=2) for one in (first, second)]
    assert apart[0].effect == apart[1].effect and apart[0].dose_gap == apart[1].dose_gap
    assert apart[0].interventions == apart[1].interventions and apart[0].priors == apart[1].priors
    assert run_once(second.claim, catalog, draws=2) == apart[1]
    assert len({group[0].surrogate for group in groups.values()}) > 1


def test_a_drug_that_kills_at_no_dose_is_refused(catalog):
    harmless = replace(
        catalog.parameter("damage_rate", "drug:doxorubicin"), value=1e-12, low=1e-12, high=1e-12, distribution="fixed"
    )
    with pytest.raises(InputError, match="does not halve"):
        potency(catalog.with_parameters([harmless]), "doxorubicin")
