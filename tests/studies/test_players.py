"""Players: each is found where the scenario has it, and switching it off takes that route away and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.build import Model, build
from exoresist.assembly.reader import load_scenario, scenario_from_dict
from exoresist.assembly.resolve import resolved_dict
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.errors import InputError
from exoresist.network import Modulation, Process, Run
from exoresist.network.parts import Part
from exoresist.studies.attribution import ask, counterfactuals
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.players import ORDER, Grouping, Player, Scene, choose, find_players, switched
from exoresist.studies.shapley import combinations

Array = NDArray[np.float64]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


def arm(name: str, which: str, change: dict[str, Any] | None = None) -> Scenario:
    one = {arm.id: one for arm, one in expand_arms(load_scenario(name))}[which]
    if not change:
        return one
    data = resolved_dict(one)
    data.pop("provenance", None)
    return scenario_from_dict({**data, **change})


def scene(scenario: Scenario, catalog: Catalog) -> Scene:
    model = build(scenario, catalog)
    return Scene(model, (scenario.assay.population,))


def player(scene: Scene, name: str, apart: bool = False) -> Player:
    return next(one for one in find_players(scene, apart) if one.id == name)


def run(model: Model) -> Run:
    return culture(model, np.linspace(0.0, 24.0, 5))


def without(scenario: Scenario, catalog: Catalog, name: str) -> tuple[Run, Run, Model]:
    """The run with all on, that with one player off, and the model of the latter."""
    here = scene(scenario, catalog)
    off = switched(here.model, [player(here, name)])
    return run(here.model), run(off), off


def close(first: Array, second: Array) -> bool:
    return bool(np.allclose(first, second, rtol=2e-4, atol=1e-12))


def conserved(run_: Run) -> bool:
    return all(error < 1e-9 for error in run_.conservation().values())


def test_a_co_culture_has_the_routes_that_it_should(catalog: Catalog) -> None:
    found = [one.id for one in find_players(scene(arm("mcf7_doxorubicin", "co_culture"), catalog))]
    assert found == ["vesicle_transfer", "drug_carried", "drug_export", "drug_sink", "crowding", "selection"]
    alone = [one.id for one in find_players(scene(arm("mcf7_doxorubicin", "recipients_alone"), catalog))]
    assert alone == ["drug_export"]
    none = [one.id for one in find_players(scene(arm("null_delivery", "resistant_vesicles"), catalog))]
    assert "vesicle_transfer" not in none  # delivery is zero in every draw


def pieces(parts: list[Part]) -> dict[tuple[str, ...], object]:
    """Everything that a network says, piece by piece: ends, inputs, every passenger's fate, every factor."""
    found: dict[tuple[str, ...], object] = {}
    for part in parts:
        if isinstance(part, Process):
            found |= {(part.id, name): getattr(part, name) for name in ("source", "sink", "law", "inputs")}
            found |= {(part.id, "fate", kind): routes for kind, routes in part.fates.items()}
        elif isinstance(part, Modulation):
            found[part.process, part.tag] = part
        else:
            found[type(part).__name__, str(getattr(part, "id", part))] = part
    return found


@pytest.mark.parametrize(
    ("name", "which"),
    [("mcf7_doxorubicin", "co_culture"), ("fibroblasts_paclitaxel", "with_fibroblasts"), ("pdl1_vesicles", "with_pdl1")],
)
def test_players_are_disjoint(name: str, which: str, catalog: Catalog) -> None:
    """No end, passenger or reading is taken away by two of them."""
    here = scene(arm(name, which), catalog)
    plain = pieces(list(here.network.parts()))
    changed: dict[str, set[tuple[str, ...]]] = {}
    for one in find_players(here):
        assert one.operate is not None
        left = pieces(one.operate(list(here.network.parts())))
        changed[one.id] = {key for key, value in plain.items() if left.get(key) != value}
        assert changed[one.id], one.id
    for first in changed:
        for second in changed:
            if first < second:
                assert not changed[first] & changed[second], (first, second)


def test_order_of_switching_off_does_not_matter(catalog: Catalog) -> None:
    here = scene(arm("mcf7_doxorubicin", "co_culture"), catalog)
    players = find_players(here)
    one, _ = choose(here, [player.id for player in players])
    two, _ = choose(here, [player.id for player in players][::-1])
    assert [player.id for player in one] == [player.id for player in two]


def test_transfer_off_degrades_what_others_bring_and_keeps_the_rest(catalog: Catalog) -> None:
    # Without drug, for pumps change what the drug does, and that what the cells make.
    scenario = arm("uptake_inhibitors", "vesicles", {"drugs": [{"id": "paclitaxel", "dose": "0 nM"}]})
    on, off, _ = without(scenario, catalog, "vesicle_transfer")
    assert on.amount("recipient.ABCB1")[-1, 0] > 1.05 * off.amount("recipient.ABCB1")[-1, 0]
    for pool in ("recipient.ilv", "recipient.endosome_preparation", "medium.vesicles_preparation", "recipient.cells"):
        assert close(on.amount(pool), off.amount(pool)), pool
    inside = "recipient.endosome_preparation.cargo_ABCB1"
    assert close(on.amount(inside), off.amount(inside))
    assert conserved(off)


def test_transfer_off_leaves_the_uptake_of_own_vesicles(catalog: Catalog) -> None:
    here = scene(arm("mcf7_doxorubicin", "co_culture"), catalog)
    off = switched(here.model, [player(here, "vesicle_transfer")])
    for group in ("recipient", "donor"):
        same = off.network.processes[f"recipient.unpacking_{group}"] == here.network.processes[f"recipient.unpacking_{group}"]
        assert same == (group == "recipient")


def test_each_cargo_may_be_a_player(catalog: Catalog) -> None:
    scenario = arm("mcf7_doxorubicin", "co_culture", {"cargo": ["ABCB1", "miR_21"]})
    here = scene(scenario, catalog)
    chosen, left = choose(here, ["vesicle_transfer_ABCB1", "vesicle_transfer_miR_21"])
    assert [one.id for one in chosen] == ["vesicle_transfer_ABCB1", "vesicle_transfer_miR_21"]
    assert "vesicle_transfer" not in [one.id for one in left]
    only = switched(here.model, [chosen[0]]).network.processes["recipient.unpacking_donor"]
    assert only.fates["cargo:miR_21"] == here.network.processes["recipient.unpacking_donor"].fates["cargo:miR_21"]
    assert only.fates["cargo:ABCB1"] != here.network.processes["recipient.unpacking_donor"].fates["cargo:ABCB1"]
    with pytest.raises(InputError, match="disjoint"):
        choose(here, ["vesicle_transfer", "vesicle_transfer_miR_21"])


def test_drug_carried_off_keeps_drug_of_vesicles_outside(catalog: Catalog) -> None:
    on, off, _ = without(arm("mcf7_doxorubicin", "co_culture"), catalog, "drug_carried")
    inside = "recipient.endosome_donor.retained_doxorubicin"
    assert on.amount(inside)[-1, 0] > 0.0 and off.amount(inside)[-1, 0] == 0.0
    assert close(on.amount("recipient.endosome_donor"), off.amount("recipient.endosome_donor"))
    assert off.amount("recipient.endosome_recipient.retained_doxorubicin")[-1, 0] > 0.0
    assert conserved(off)


def test_drug_export_off_leaves_vesicles_without_drug(catalog: Catalog) -> None:
    on, off, model = without(arm("mcf7_doxorubicin", "recipients_alone"), catalog, "drug_export")
    assert on.amount("recipient.ilv.retained_doxorubicin")[-1, 0] > 0.0
    assert off.amount("recipient.ilv.retained_doxorubicin")[-1, 0] == 0.0
    before, after = (set(one.processes) for one in (on.network, model.network))
    assert before - after == {"recipient.drug_loading_doxorubicin", "recipient.drug_exchange_doxorubicin"} and not after - before
    assert off.amount("recipient.cells")[-1, 0] <= on.amount("recipient.cells")[-1, 0]  # export protects
    assert conserved(off)


def test_drug_sink_off_spares_the_medium_and_not_the_donors(catalog: Catalog) -> None:
    on, off, model = without(arm("fibroblasts_paclitaxel", "with_fibroblasts"), catalog, "drug_sink")
    assert off.amount("medium.paclitaxel")[-1, 0] > 1.05 * on.amount("medium.paclitaxel")[-1, 0]
    held = "fibroblasts.target_paclitaxel"
    assert off.amount(held)[1, 0] >= on.amount(held)[1, 0] > 0.0  # they go on taking it up
    assert off.amount("elsewhere_given.drug_paclitaxel")[-1, 0] < 0.0  # from elsewhere
    assert conserved(off)
    touched = {"medium.paclitaxel"}
    own = [part for part in model.network.processes.values() if part.id.startswith("fibroblasts.")]
    assert not any({part.source, part.sink} & touched for part in own)


def test_decoy_off_binds_nothing_on_vesicles(catalog: Catalog) -> None:
    on, off, _ = without(arm("rituximab_decoy", "decoy"), catalog, "decoy")
    bound = "medium.vesicles_decoy.antibody_rituximab"
    assert on.amount(bound)[-1, 0] > 0.0 and off.amount(bound)[-1, 0] == 0.0
    assert off.amount("target.cells")[-1, 0] <= on.amount("target.cells")[-1, 0]
    assert conserved(off)


def test_factors_off_are_made_but_not_felt(catalog: Catalog) -> None:
    on, off, _ = without(arm("fibroblasts_paclitaxel", "with_fibroblasts"), catalog, "soluble_factors")
    assert off.amount("medium.factor_IL6")[1, 0] > 0.0
    drives = [name for name in off.network.derived if ".drive_IL6" in name and not name.endswith("_unheard")]
    assert drives and all(np.all(off.value(name) == 0.0) for name in drives)
    assert any(np.any(on.value(name) > 0.0) for name in drives)
    assert conserved(off)


def test_ligands_on_vesicles_and_on_cells_are_two_players(catalog: Catalog) -> None:
    scenario = arm("pdl1_vesicles", "with_pdl1")
    on, no_vesicles, _ = without(scenario, catalog, "vesicle_ligands")
    _, no_cells, _ = without(scenario, catalog, "cell_signals")
    cells = [one.amount("tumour.cells")[-1, 0] for one in (on, no_vesicles, no_cells)]
    assert cells[0] > cells[1] and cells[0] > cells[2]  # both blunt the killers
    assert np.all(no_vesicles.value("medium.ligand_CD274") == 0.0)
    assert np.any(no_cells.value("medium.ligand_CD274") > 0.0)


def test_crowding_off_lets_recipients_grow_as_if_alone(catalog: Catalog) -> None:
    scenario = arm("mcf7_doxorubicin", "co_culture", {"drugs": [{"id": "doxorubicin", "dose": "0 nM"}]})
    alone = arm("mcf7_doxorubicin", "recipients_alone", {"drugs": [{"id": "doxorubicin", "dose": "0 nM"}]})
    _, off, _ = without(scenario, catalog, "crowding")
    assert close(off.amount("recipient.cells"), run(build(alone, catalog)).amount("recipient.cells"))


def test_selection_off_gives_all_lineages_the_same_rates(catalog: Catalog) -> None:
    on, off, model = without(arm("mcf7_doxorubicin", "co_culture"), catalog, "selection")
    shares = [one.amount("recipient.cells") / (one.amount("recipient.cells") + one.amount("donor.cells")) for one in (on, off)]
    assert np.ptp(shares[0]) > 1e-3
    assert np.ptp(shares[1]) < 1e-6  # exactly in the equations, to the solver's accuracy in a run
    assert conserved(off)
    assert model.network.processes["donor.death"].fates == on.network.processes["donor.death"].fates


def test_contact_and_switching_and_stress(catalog: Catalog) -> None:
    more = {
        "parameters": [
            {"name": "contact_transfer_rate", "subject": "cell", "value": "0.001 1/h", "reason": "a test"},
            {"name": "switching_rate", "subject": "cell", "value": "0.002 1/h", "reason": "a test"},
        ],
        "environment": {"hypoxia": 0.5},
    }
    scenario = arm("mcf7_doxorubicin", "co_culture", more)
    here = scene(scenario, catalog)
    found = [one.id for one in find_players(here)]
    assert {"contact_transfer", "switching", "stress"} <= set(found)
    for name in ("contact_transfer", "switching"):
        _, off, model = without(scenario, catalog, name)
        assert not any(process.name == name for process in model.network.processes.values())
        assert conserved(off)
    calm = player(here, "stress").scene
    assert calm is not None and calm(scenario).environment.hypoxia == 0.0
    assert calm(scenario).model_copy(update={"environment": scenario.environment}) == scenario
    chosen, left = choose(here, None)
    assert len(chosen) == 7 and len(chosen) + len(left) == len(found)


def test_spent_medium_off_leaves_nutrients_to_the_recipients(catalog: Catalog) -> None:
    scenario = arm("mcf7_doxorubicin", "co_culture", {"metabolism": {}})
    on, off, _ = without(scenario, catalog, "spent_medium")
    assert off.amount("medium.glucose")[-1, 0] > on.amount("medium.glucose")[-1, 0]
    assert conserved(off)


def test_nothing_off_is_the_model_itself(catalog: Catalog) -> None:
    here = scene(arm("mcf7_doxorubicin", "co_culture"), catalog)
    assert switched(here.model, []) is here.model


@pytest.mark.parametrize(
    ("names", "part"),
    [
        (["decoy"], "not in this scenario"),
        (["decoi"], "is not known"),
        (["drug_sink", "drug_sink"], "twice"),
        ([f"p{place}" for place in range(8)], "is not known"),
    ],
)
def test_players_that_cannot_be_are_refused(names: list[str], part: str, catalog: Catalog) -> None:
    with pytest.raises(InputError, match=part):
        choose(scene(arm("mcf7_doxorubicin", "co_culture"), catalog), names)


# -- groups


def test_the_order_is_that_in_which_routes_are_found(catalog: Catalog) -> None:
    for name, which in (("mcf7_doxorubicin", "co_culture"), ("fibroblasts_paclitaxel", "with_fibroblasts")):
        found = [one.id for one in find_players(scene(arm(name, which), catalog))]
        assert found == sorted(found, key=ORDER.index)


def test_groups_are_players_and_the_rest_stays_as_it_is(catalog: Catalog) -> None:
    here = scene(arm("mcf7_doxorubicin", "co_culture"), catalog)
    groups = Grouping({"other_cells": ["crowding", "drug_sink"], "vesicles": ["drug_export", "vesicle_transfer"]}, ["selection"])
    chosen, left = choose(here, groups)
    assert [one.id for one in chosen] == ["vesicles", "drug_carried", "other_cells"]  # by their first route
    assert [one.id for one in left] == ["selection"]
    vesicles, alone, cells = chosen
    assert [one.id for one in vesicles.routes] == ["vesicle_transfer", "drug_export"] and not alone.members
    assert vesicles.vesicles and not vesicles.travels and vesicles.mixed  # transfer is in it, and more
    assert not cells.vesicles and not cells.mixed
    same, _ = choose(here, Grouping({"drug_sink": ["drug_sink"]}))
    assert [one.id for one in same] == [one.id for one in choose(here, None)[0]]  # a group of one is that route


def test_few_players_leave_groups_first(catalog: Catalog) -> None:
    here = scene(arm("mcf7_doxorubicin", "co_culture"), catalog)
    chosen, left = choose(here, Grouping({"cells": ["crowding", "drug_sink"]}), most=2)
    assert [one.id for one in chosen] == ["vesicle_transfer", "cells"]
    assert {one.id for one in left} == {"drug_carried", "drug_export", "selection"}


def test_a_group_is_its_routes_switched_together(catalog: Catalog) -> None:
    """Every combination of groups is one of the routes, to the bit; so shares of groups obey efficiency, and one group has the whole."""
    scenario = load_scenario("mcf7_doxorubicin")
    routes = ["vesicle_transfer", "drug_export", "drug_sink", "crowding"]
    none = Ensemble(0, scenario.seed)
    single = ask(scenario, catalog, players=routes, dose=40.0)
    table = counterfactuals(single, catalog, none).outcomes
    ids = [one.id for one in single.players]
    by_routes = {frozenset(name for name, on in zip(ids, each, strict=True) if on): row
                 for each, row in zip(combinations(len(ids)), table, strict=True)}  # fmt: skip
    others = [name for name in ("drug_carried", "selection")]
    crossed = {"crossed": ["crowding", "vesicle_transfer"], "rest": routes[1:3]}
    for groups in ({"vesicles": routes[:2][::-1], "cells": routes[:1:-1]}, crossed, {"all": routes}):
        question = ask(scenario, catalog, players=Grouping(groups, others), dose=40.0)
        assert {one.id for one in question.players} == set(groups)
        made = counterfactuals(question, catalog, none)
        for on, row in zip(combinations(len(question.players)), made.outcomes, strict=True):
            inside = [route.id for player, here in zip(question.players, on, strict=True) if here for route in player.routes]
            assert np.array_equal(row, by_routes[frozenset(inside)])
        assert made.shares.values.sum(axis=0) == pytest.approx(table[-1] - table[0], rel=1e-12)
    assert made.shares.values[0] == pytest.approx(table[-1] - table[0], rel=1e-12)


def test_what_is_said_of_a_scene_is_switched_in_a_group_too(catalog: Catalog) -> None:
    scenario = arm("mcf7_doxorubicin", "co_culture", {"environment": {"hypoxia": 0.5}})
    here = scene(scenario, catalog)
    (one,) = [player for player in choose(here, Grouping({"both": ["stress", "drug_sink"]}))[0] if player.id == "both"]
    assert one.scene is not None and one.scene(scenario).environment.hypoxia == 0.0
    off = switched(here.model, [one])
    assert "elsewhere_given.drug_doxorubicin" in off.network.pools


@pytest.mark.parametrize(
    ("groups", "left", "part"),
    [
        ({"a": ["drug_sinc"]}, [], "Did you mean 'drug_sink'"),
        ({"a": ["drug_sink"], "b": ["drug_sink"]}, [], "'drug_sink' is named twice"),
        ({"a": ["drug_sink"]}, ["drug_sink"], "'drug_sink' is named twice"),
        ({"a": ["decoy"]}, [], "not in this scenario"),
        ({"a": ["vesicle_transfer"], "b": ["vesicle_transfer_ABCB1"]}, [], "disjoint"),
        ({"crowding": ["drug_sink"]}, [], "called as a route"),
    ],
)
def test_groups_that_cannot_be_are_refused(groups: dict[str, list[str]], left: list[str], part: str, catalog: Catalog) -> None:
    with pytest.raises(InputError, match=part):
        choose(scene(arm("mcf7_doxorubicin", "co_culture"), catalog), Grouping(groups, left))
