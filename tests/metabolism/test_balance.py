"""Metabolism as a part of the model: absent unless named, neutral in the standard medium, conserving, and in step with the files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given as given_strategy
from hypothesis import settings, strategies

from exoresist.assembly.book import draws
from exoresist.assembly.build import build
from exoresist.assembly.reader import scenario_from_dict
from exoresist.assembly.resolve import resolved_dict
from exoresist.catalog import Catalog
from exoresist.core.errors import ExoresistError
from exoresist.network import integrate
from exoresist.network.exports import to_sbml

GRID = tuple(np.linspace(0.0, 72.0, 7))
FUELS = ("glucose", "glutamine", "fatty_acid", "polyunsaturated", "cystine", "oxygen")


def test_without_its_field_no_part_of_it_exists(fed: Callable[..., Any]) -> None:
    plain, with_it = fed(metabolism=None).model.network, fed().model.network
    for word in ("atp", "glutathione", "lipid_peroxide", "glycolysis", "autophagy_doxorubicin", "ferroptosis"):
        name = f"recipient.{word}"
        assert name not in {**plain.pools, **plain.nodes, **plain.processes}
        assert name in {**with_it.pools, **with_it.nodes, **with_it.processes}
    assert not [tag for tag in plain.modulations if tag.tag.startswith("metabolism")]
    assert set(plain.pools) < set(with_it.pools)


def test_few_states_are_added_to_each_cell(fed: Callable[..., Any]) -> None:
    """The tissue runs the same network in every cell."""
    plain, with_it = fed(metabolism=None).model.network, fed().model.network
    more = (set(with_it.pools) | set(with_it.nodes)) - (set(plain.pools) | set(plain.nodes))
    assert {name for name in more if name.startswith("recipient.")} == {
        "recipient.atp", "recipient.glutathione", "recipient.pufa", "recipient.lipid_peroxide", "recipient.droplets",
    }  # fmt: skip


@pytest.mark.parametrize("drug", ["doxorubicin", "paclitaxel", "oxaliplatin"])
def test_the_standard_medium_changes_little(fed: Callable[..., Any], drug: str) -> None:
    """But for what lipid peroxide kills besides: at its baseline next to nothing, under a drug somewhat more."""
    quiet = {"recipient.max_ferroptosis_rate": 0.0}
    plain, with_it = fed(metabolism=None, drug=drug).read(), fed(drug=drug).read(values=quiet)
    assert with_it.cells()[0] == pytest.approx(plain.cells()[0], rel=0.01)
    assert with_it.effect[0] == pytest.approx(plain.effect[0], abs=0.02)
    assert fed(drug=drug).read().cells()[0] == pytest.approx(plain.cells()[0], rel=0.05)


def test_every_factor_is_one_at_the_start(fed: Callable[..., Any]) -> None:
    one = fed(metabolism={"methionine": "101 uM", "asparagine": "378 uM", "cholesterol": "80 uM", "prostaglandin": "0 nM"})
    plain, found = fed(metabolism=None).read(times=(0.0, 1e-6)), one.read(times=(0.0, 1e-6))
    for name in (
        "growth",
        "secretion",
        "repair_doxorubicin",
        "damage_doxorubicin",
        "efflux_ABCB1_doxorubicin",
        "ilv_formation_escrt",
    ):
        factor = 0.8 if name.startswith("repair") else 1.0  # the rest of the clearing is autophagy's
        # ATP and respiration need a moment to settle on the droplets' share; a few thousandths are left.
        assert found.rate(name, True)[0] == pytest.approx(factor * plain.rate(name, True)[0], rel=5e-3), name
    for name in ("tolerance_by_rafts", "tolerance_by_prostaglandin", "atp_supply", "reductant", "oxidants", "lactate_inside"):
        assert found.value(name)[0] == pytest.approx(1.0, abs=1e-4), name
    assert found.value("ph", who="medium")[0] == pytest.approx(7.4, abs=0.05)
    for stress in ("acidity", "starvation"):
        assert found.value(stress, who="medium")[0] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_carbon_and_cystine_are_all_accounted_for(fed: Callable[..., Any], share: float) -> None:
    """Through crowding, death, and medium changes."""
    one = fed(
        arena={"kind": "well", "volume": "0.1 mL", "capacity": "60000 cell"},
        populations=[{"id": "recipient", "cell_line": "generic_tumour", "count": "40000 cell"}],
        medium_changes=[{"at": "30 h", "fraction": share}] if share else [],
        metabolism={
            "methionine": "50 uM",
            "cholesterol": "20 uM",
            "asparagine": "100 uM",
            "prostaglandin": "0 nM",
            "glucose": "3 mM",
        },
    )
    found = one.read(times=GRID)
    for element in ("carbon", "cystine", "methionine", "cholesterol", "asparagine", "cell", "vesicle", "drug:doxorubicin"):
        assert found.run.conservation()[element] < 1e-9, element
    glucose = found.run.amount("medium.glucose")
    assert np.all(glucose >= -1e-6)


def test_lactate_made_is_glucose_used(fed: Callable[..., Any]) -> None:
    """Two lactates for each glucose that is not burnt or built into lipid."""
    one = fed(arena={"kind": "well", "volume": "0.1 mL", "capacity": "60000 cell"})
    found = one.read(times=GRID, values={"recipient.lactate_oxidation_rate": 0.0})
    known = one.model.network.parameters
    uses = ("glycolysis", "glucose_oxidation", "lipogenesis_saturated", "lipogenesis_unsaturated")
    rates = {name: known[f"recipient.{name}_rate"].value for name in uses}
    glucose = found.run.value("medium.glucose_level")[:, 0]
    made = 2.0 * (glucose[0] - glucose[-1]) * rates["glycolysis"] / sum(rates.values())
    assert found.run.value("medium.lactate_level")[-1, 0] == pytest.approx(made, rel=0.02)


def test_lactate_makes_acid_and_acid_drives_release(fed: Callable[..., Any]) -> None:
    """Lactic acid that cells make, not the salt that is added; more buffer, less acid."""
    small = {"kind": "well", "volume": "0.05 mL", "capacity": "200000 cell"}
    many = [{"id": "recipient", "cell_line": "generic_tumour", "count": "60000 cell"}]
    grown = fed(arena=small, populations=many).read()
    buffered = fed(arena=small, populations=many, metabolism={"bicarbonate": "80 mM"}).read()
    salt = fed(metabolism={"lactate": "20 mM"}).read(times=(0.0, 1.0))
    assert grown.value("ph", who="medium")[0] < 7.0
    assert grown.value("acidity", who="medium")[0] > 0.2 > salt.value("acidity", who="medium")[0] + 0.15
    assert buffered.value("acidity", who="medium")[0] < 0.5 * grown.value("acidity", who="medium")[0]
    held = build(scenario_from_dict({**_scenario(), "metabolism": {}}))
    rewired = [part for part in held.network.modulations if part.tag == "stress:acidity"]
    assert rewired and all(part.inputs["stress"] == "medium.acidity" for part in rewired)


def test_imposed_and_own_stress_join_without_passing_one(fed: Callable[..., Any]) -> None:
    hungry = fed(metabolism={"glucose": "0 mM", "glutamine": "0 mM"}, environment={"starvation": 0.5}).read(times=(0.0, 1.0))
    assert hungry.value("starvation", who="medium")[0] == pytest.approx(1.0, abs=1e-6)
    imposed = fed(environment={"starvation": 0.5}).read(times=(0.0, 1.0))
    assert imposed.value("starvation", who="medium")[0] == pytest.approx(0.5, abs=1e-3)


def test_hypoxia_takes_oxygen_away(fed: Callable[..., Any]) -> None:
    """And glycolysis rises: the Pasteur effect."""
    found = fed().read(values={"environment.hypoxia": np.array([0.0, 0.99, 1.0])})
    respiration, glycolysis = found.value("respiration"), found.value("glycolysis_level")
    assert respiration[0] > 1.05 * respiration[1] > 1.1 * respiration[2] and respiration[2] == pytest.approx(0.0, abs=1e-12)
    assert np.all(np.diff(glycolysis) > 0.01)


def test_fresh_medium_brings_nutrients_back(fed: Callable[..., Any]) -> None:
    small = {"kind": "well", "volume": "0.05 mL", "capacity": "60000 cell"}
    many = [{"id": "recipient", "cell_line": "generic_tumour", "count": "50000 cell"}]
    times = (0.0, 23.9, 24.1, 48.0)
    changed = fed(arena=small, populations=many, medium_changes=[{"at": "24 h", "fraction": 0.5}]).read(times=times)
    glucose = changed.run.value("medium.glucose_level")[:, 0]
    assert glucose[1] < 0.9 * glucose[0]
    assert glucose[2] == pytest.approx(0.5 * (glucose[0] + glucose[1]), rel=0.02)


def test_draws_start_in_their_own_medium(fed: Callable[..., Any]) -> None:
    """Whatever the numbers drawn, nothing is short at the start."""
    one = fed()
    values = draws(one.model.network.parameters, 8, 1)
    found = one.read(values=values, times=(0.0, 1e-6))
    assert np.all(np.isfinite(found.value("atp_supply")))
    np.testing.assert_allclose(found.value("atp_supply"), 1.0, atol=1e-3)
    whole = one.read(values=values)
    assert np.all(np.isfinite(whole.effect)) and np.all(whole.effect < 0.0)


def test_two_sides_have_media_of_their_own(fed: Callable[..., Any]) -> None:
    populations = [
        {"id": "recipient", "cell_line": "generic_tumour", "count": "1000 cell", "side": "well"},
        {"id": "donor", "cell_line": "generic_tumour", "count": "20000 cell", "side": "insert"},
    ]
    arena = {"kind": "transwell", "volume": "1 mL", "insert_volume": "0.1 mL", "pore_exchange": "0 mL/h", "capacity": "1e6 cell"}
    found = fed(populations=populations, arena=arena).read()
    assert found.run.value("insert.ph")[-1, 0] < found.run.value("medium.ph")[-1, 0] - 0.05
    assert found.run.conservation()["carbon"] < 1e-9


# -- files


def _scenario(**changes: Any) -> dict[str, Any]:
    return {
        "schema": "exoresist/1", "name": "medium", "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "60000 cell"},
        "populations": [{"id": "recipient", "cell_line": "mcf7_sensitive", "count": "1000 cell"}], "duration": "24 h",
        "assay": {"kind": "time_course", "population": "recipient"}, **changes,
    }  # fmt: skip


def test_a_resolved_scenario_reads_back() -> None:
    absent = scenario_from_dict(_scenario())
    assert absent.metabolism is None and "metabolism" not in resolved_dict(absent)
    named = scenario_from_dict(_scenario(metabolism={"glucose": "5 mM"}, contexts=["autophagic_death"]))
    assert named.metabolism is not None and named.metabolism.concentrations() == {"glucose": 5e6}
    again = scenario_from_dict(resolved_dict(named))
    assert again == named


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"metabolism": {"glucose": 5}}, "no unit"),
        ({"metabolism": {"glucose": "-5 mM"}}, "too small"),
        ({"metabolism": {"sugar": "5 mM"}}, "unknown key"),
        ({"contexts": ["autophagic_deaths"]}, "autophagic_death"),
        ({"contexts": ["autophagic_death", "autophagic_death"]}, "each may be listed once"),
    ],
)
def test_wrong_media_are_refused(changes: dict[str, Any], part: str) -> None:
    with pytest.raises(ExoresistError, match=part):
        build(scenario_from_dict(_scenario(**changes)))


def test_a_hub_acts_through_metabolism_or_as_before_never_both(fed: Callable[..., Any], catalog: Catalog) -> None:
    for hub in ("glycolysis", "GPX4", "SLC7A11", "autophagy", "fatty_acid_synthesis"):
        driven = catalog.metabolic_hub(hub)
        assert driven is not None
        for metabolism in (None, {}):
            network = fed(acting=[hub], metabolism=metabolism).model.network
            touched = {network.processes[part.process].name for part in network.modulations if part.tag == f"hub:{hub}"}
            lumped = f"recipient.tolerance_{hub}" in network.derived or bool(touched & {"repair", "damage"})
            assert (touched == set(driven.processes)) == (metabolism is not None)
            assert lumped == (metabolism is None)


def test_an_independent_engine_gives_the_same_curves(fed: Callable[..., Any]) -> None:
    """Libroadrunner on the exported SBML, with a medium change and erastin: 1e-6 of each species' largest amount."""
    roadrunner = pytest.importorskip("roadrunner", reason="libroadrunner comes with the extra [test]")
    one = fed(
        arena={"kind": "well", "volume": "0.1 mL", "capacity": "60000 cell"},
        populations=[{"id": "recipient", "cell_line": "generic_tumour", "count": "5000 cell"}],
        drugs=[{"id": "doxorubicin", "dose": "30 nM"}],
        metabolism={"glucose": "3 mM", "methionine": "50 uM", "cholesterol": "20 uM", "prostaglandin": "0 nM"},
        medium_changes=[{"at": "24 h", "fraction": 0.5}],
        interventions=[{"id": "erastin", "concentration": "300 nM", "at": "10 h"}],
    )
    network = one.model.frozen()
    run = integrate(network, GRID, relative=1e-10, absolute=1e-13)
    engine = roadrunner.RoadRunner(to_sbml(network))
    species = list(engine.model.getFloatingSpeciesIds())
    engine.timeCourseSelections = species
    engine.getIntegrator().relative_tolerance = 1e-9
    engine.getIntegrator().absolute_tolerance = 1e-12
    found = np.array(engine.simulate(0.0, GRID[-1], len(GRID)))
    names = {name.replace(".", "_"): name for name in network.pools}
    assert "recipient_lipid_peroxide" in species
    for column, identifier in enumerate(species):
        if identifier in names:
            own = run.amount(names[identifier])[:, 0]
            largest = np.abs(own).max()
            assert np.abs(found[:, column] - own).max() <= 1e-6 * largest + 1e-12, identifier


@given_strategy(
    glucose=strategies.floats(0.0, 50.0), lactate=strategies.floats(0.0, 40.0), cystine=strategies.floats(0.0, 1000.0),
    oxygen=strategies.floats(0.0, 300.0), dose=strategies.floats(0.0, 300.0),
)  # fmt: skip
@settings(max_examples=15)
def test_any_medium_conserves_and_stays_within_bounds(
    fed: Callable[..., Any], glucose: float, lactate: float, cystine: float, oxygen: float, dose: float
) -> None:
    """ATP and PUFA within what their laws allow, no NaN, nothing below zero, carbon kept."""
    one = fed()
    start = {"medium.glucose": [6e6 * glucose], "medium.lactate": [3e6 * lactate], "medium.cystine": [1e3 * cystine]}
    found = one.read(start, values={"standard.oxygen": 1.81e5, "environment.hypoxia": 1.0 - oxygen / 300.0}, dose=dose)
    for treated in (False, True):
        assert 0.0 <= found.node("atp", treated)[0] <= 1.2 + 1e-9
        assert 0.0 <= found.node("pufa", treated)[0] <= 4.0
        assert -1e-9 <= found.value("peroxide_per_cell", treated)[0] < 50.0
        assert np.isfinite(found.cells(treated)[0]) and found.cells(treated)[0] > 0.0
    for name in ("glucose", "lactate", "cystine", "glutamine", "fatty_acid"):
        assert np.all(found.run.amount(f"medium.{name}")[-1] > -1e-6)
    assert found.run.conservation()["carbon"] < 1e-9
