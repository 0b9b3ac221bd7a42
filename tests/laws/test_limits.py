"""The limits and signs that the laws' own documentation states."""

from __future__ import annotations

import math

import numpy as np
import pytest

from exoresist.laws import cargo, drug, growth, immune, kinetics, signalling, signals, vesicles

HUGE = 1e12
LEVELS = np.linspace(0.0, 20.0, 101)


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.7, 2.0, 4.0])
def test_hill_goes_from_nothing_over_a_half_to_one(exponent):
    assert kinetics.hill(0.0, 3.0, exponent) < 1e-14
    assert kinetics.hill(3.0, 3.0, exponent) == pytest.approx(0.5)
    assert kinetics.hill(3.0 * HUGE**2, 3.0, exponent) == pytest.approx(1.0)
    assert np.all(np.diff(kinetics.hill(LEVELS, 3.0, exponent)) > 0.0)


def test_safe_power_is_the_power_of_positive_ratios():
    base = np.geomspace(1e-12, 1e6, 40)
    for exponent in (-1.5, 0.5, 2.0, 3.3):
        np.testing.assert_allclose(kinetics.safe_power(base, exponent), base**exponent, rtol=1e-12)


def test_first_order_and_mass_action_stop_without_a_partner():
    assert kinetics.first_order(0.3, 0.0) == 0.0
    assert kinetics.mass_action(0.3, 0.0, 5.0) == kinetics.mass_action(0.3, 5.0, 0.0) == 0.0


def test_passive_exchange_follows_the_gradient():
    assert kinetics.passive_exchange(2.0, 5.0, 5.0) == 0.0
    assert kinetics.passive_exchange(2.0, 5.0, 1.0) == -kinetics.passive_exchange(2.0, 1.0, 5.0) > 0.0


def test_inhibition_and_stimulation_are_one_without_an_agent_and_bounded_in_excess():
    assert kinetics.inhibition(0.0, 2.0, 0.8) == kinetics.stimulation(0.0, 2.0, 3.0) == kinetics.fold(0.0, 4.0) == 1.0
    assert kinetics.inhibition(HUGE, 2.0, 0.8) == pytest.approx(0.2)
    assert kinetics.stimulation(HUGE, 2.0, 3.0) == pytest.approx(3.0)
    assert kinetics.inhibition(2.0, 2.0, 0.8) == pytest.approx(0.6)


def test_reversible_binding_rests_at_its_equilibrium():
    on, off, concentration, capacity = 0.2, 0.6, 4.0, 10.0
    bound = capacity * concentration / (off / on + concentration)
    assert kinetics.reversible_binding(on, off, concentration, capacity, bound) == pytest.approx(0.0, abs=1e-12)
    assert kinetics.reversible_binding(on, off, concentration, capacity, 0.0) > 0.0
    assert kinetics.reversible_binding(on, off, 0.0, capacity, 1.0) < 0.0


def test_tight_binding_solves_the_mass_action_balance_and_its_limits():
    generator = np.random.default_rng(2)
    first, second, affinity = generator.uniform(0.01, 10.0, (3, 50))
    bound = kinetics.tight_binding(first, second, affinity)
    np.testing.assert_allclose((first - bound) * (second - bound), affinity * bound, rtol=1e-9)
    assert kinetics.tight_binding(2.0, 5.0, 1e-12) == pytest.approx(2.0, rel=1e-6)
    assert kinetics.tight_binding(2.0, 5.0, 1e9) == pytest.approx(10.0 / 1e9, rel=1e-6)
    assert kinetics.tight_binding(0.0, 5.0, 1.0) == 0.0


def test_growth_stops_at_capacity_and_never_reverses():
    assert growth.logistic_growth(0.03, 0.0, 1e4) == 0.03
    assert growth.logistic_growth(0.03, 1e4, 1e4) == growth.logistic_growth(0.03, 5e4, 1e4) == 0.0
    assert np.all(np.diff(growth.logistic_growth(0.03, LEVELS * 1e3, 1e4)) <= 0.0)


def test_arrest_and_death_pass_the_middle_at_the_threshold():
    assert growth.arrest(0.0, 1.0, 2.0) == pytest.approx(1.0)
    assert growth.arrest(1.0, 1.0, 2.0) == pytest.approx(0.5)
    assert growth.death_hazard(0.1, 0.0, 1.0, 3.0, 0.002) == pytest.approx(0.002)
    assert growth.death_hazard(0.1, 1.0, 1.0, 3.0, 0.002) == pytest.approx(0.052)
    assert growth.death_hazard(0.1, HUGE, 1.0, 3.0, 0.002) == pytest.approx(0.102)


def test_confluence_is_linear_while_sparse():
    assert growth.confluence(0.0, 1e4, 1.0) == 0.0
    assert growth.confluence(1.0, 1e4, 1.0) == pytest.approx(1e-4, rel=1e-3)
    assert growth.confluence(HUGE, 1e4, 1.0) == pytest.approx(1.0)


def test_pumps_need_pump_and_drug_and_saturate():
    assert drug.pump_efflux(2.0, 0.0, 5.0, 3.0, 2.0) == 0.0
    assert drug.pump_efflux(2.0, 7.0, 0.0, 3.0, 2.0) < 1e-50
    assert drug.pump_efflux(2.0, 7.0, HUGE, 3.0, 2.0) == pytest.approx(14.0)
    assert drug.pump_efflux(2.0, 14.0, 4.0, 3.0, 2.0) == pytest.approx(2.0 * drug.pump_efflux(2.0, 7.0, 4.0, 3.0, 2.0))


def test_trapping_returns_drug_when_the_accumulation_fails():
    held = 100.0 * 2.0 * 3.0
    assert drug.lysosomal_trapping(0.5, 100.0, 2.0, 3.0, held) == 0.0
    assert drug.lysosomal_trapping(0.5, 1.0, 2.0, 3.0, held) < 0.0


def test_antibody_killing_needs_antibody_and_an_effector():
    assert drug.antibody_killing(1.0, 0.0, 1.0, 1.0) == drug.antibody_killing(1.0, 0.9, 0.0, 0.0) == 0.0
    assert drug.antibody_occupancy(0.0, 2.0) == 0.0
    assert drug.antibody_occupancy(2.0, 2.0) == 0.5


@pytest.mark.parametrize("exponent", [0.7, 1.0, 2.0])
def test_regulators_are_one_at_their_baseline(exponent):
    assert signalling.activation(1.0, 3.0, exponent) == pytest.approx(1.0)
    assert signalling.repression(1.0, 3.0, exponent) == pytest.approx(1.0)
    assert signalling.activation(HUGE**2, 3.0, exponent) == pytest.approx(3.0)
    assert signalling.repression(0.0, 3.0, exponent) == pytest.approx(3.0)
    assert signalling.power_effect(1.0, exponent) == 1.0
    assert signalling.power_effect(7.0, 0.0) == 1.0
    assert np.all(np.diff(signalling.activation(LEVELS, 3.0, exponent)) > 0.0)
    assert np.all(np.diff(signalling.repression(LEVELS, 3.0, exponent)) < 0.0)


def test_mirna_represses_modestly():
    assert signalling.mirna_repression(0.2, 0.2, 4.0) == 1.0
    assert signalling.mirna_repression(1.0, 0.0, 4.0) == pytest.approx(0.25)
    assert np.all(np.diff(signalling.mirna_repression(np.linspace(0.0, 1.0, 11), 0.1, 4.0)) < 0.0)


def test_nodes_rest_where_they_are_asked_to_be():
    assert signalling.relaxation(2.0, 2.0, 5.0) == 0.0
    assert signalling.relaxation(3.0, 2.0, 5.0) == pytest.approx(0.2)


def test_pores_pass_points_and_stop_what_is_too_wide():
    assert vesicles.pore_passage(0.0, 0.4) == 1.0
    assert vesicles.pore_passage(0.4, 0.4) == vesicles.pore_passage(0.9, 0.4) == 0.0
    assert vesicles.pore_passage(0.1, 0.4) == pytest.approx(0.5625)


def test_vesicle_sizes_are_spheres_without_spread():
    assert vesicles.mean_vesicle_area(0.1, 0.0) == pytest.approx(math.pi * 0.01)
    assert vesicles.mean_vesicle_volume(0.1, 0.0) == pytest.approx(math.pi / 6.0 * 1e-3 * 1e-12)
    diameters = np.exp(np.random.default_rng(5).normal(math.log(0.1), 0.36, 400_000))
    assert vesicles.mean_vesicle_area(0.1, 0.36) == pytest.approx(np.mean(math.pi * diameters**2), rel=0.01)
    volumes = math.pi / 6.0 * diameters**3 * 1e-12
    assert vesicles.mean_vesicle_volume(0.1, 0.36) == pytest.approx(np.mean(volumes), rel=0.02)


def test_stress_and_received_cargo_are_one_without_any():
    assert vesicles.stress_factor(0.0, 2.5) == cargo.received_effect(0.0, 3.0, 2.5) == 1.0
    assert vesicles.stress_factor(1.0, 2.5) == 2.5
    assert cargo.received_effect(HUGE, 3.0, 2.5) == pytest.approx(2.5)


def test_the_null_of_delivery_holds_for_fusion_too():
    np.testing.assert_array_equal(vesicles.fusion_delivery(np.array([0.0, 1e-9, 0.3])), [0.0, 1.0, 1.0])


def test_vesicle_drug_rests_at_partition_equilibrium():
    held = 50.0 * 4.0 * 1e-15 * 1e6
    assert vesicles.vesicle_drug_exchange(0.3, 50.0, 1e-15, 1e6, 4.0, held) == pytest.approx(0.0, abs=1e-20)
    assert vesicles.vesicle_drug_exchange(0.3, 50.0, 1e-15, 0.0, 4.0, 0.0) == 0.0


def test_receptors_fill_with_ligand_and_blockers_take_their_share():
    assert signals.receptor_occupancy(0.0, 2.0) == 0.0
    assert signals.receptor_occupancy(2.0, 2.0) == 0.5
    assert signals.receptor_occupancy(HUGE, 2.0) == pytest.approx(1.0)
    assert np.all(np.diff(signals.receptor_occupancy(LEVELS, 2.0)) > 0.0)
    assert signals.unblocked(0.4, 0.0) == 0.4 and signals.unblocked(0.4, 1.0) == 0.0


def test_induction_is_by_what_lies_above_the_baseline_only():
    assert signals.induction(-5.0, 2.0) == signals.induction(0.0, 2.0) == 0.0
    assert signals.induction(2.0, 2.0) == 0.5 and signals.induction(HUGE, 2.0) == pytest.approx(1.0)


def test_switching_is_by_chance_without_a_driver_and_bounded_with_one():
    assert signals.induced_switching(0.001, 0.02, 0.0) == 0.001
    assert signals.induced_switching(0.001, 0.02, 1.0) == pytest.approx(0.021)
    assert signals.induced_switching(0.0, 0.02, 0.0) == 0.0


def test_cells_take_up_in_proportion_to_their_number_and_the_room():
    assert signals.uptake_by_cells(1e-8, 0.0, 0.1) == 0.0
    assert (
        signals.uptake_by_cells(1e-8, 2e4, 0.1)
        == 2.0 * signals.uptake_by_cells(1e-8, 1e4, 0.1)
        == 4.0 * (signals.uptake_by_cells(1e-8, 1e4, 0.2))
    )


def test_contact_killing_saturates_in_killers_and_in_targets():
    killers, targets = np.geomspace(1.0, 1e9, 40), np.geomspace(1.0, 1e9, 40)
    hazard = immune.contact_killing(0.1, killers, 1e3, 1e4)
    assert np.all(np.diff(hazard) > 0.0) and hazard[-1] == pytest.approx(0.1, rel=1e-4)
    kills = immune.contact_killing(0.1, 1e3, targets, 1e4) * targets
    assert np.all(np.diff(kills) > 0.0) and kills[-1] == pytest.approx(0.1 * 1e3, rel=1e-4)
    assert immune.contact_killing(0.1, 0.0, 1e3, 1e4) == 0.0
    assert immune.contact_killing(0.1, 10.0, 0.0, 1e6) == pytest.approx(0.1 * 10.0 / 1e6, rel=1e-4)
