"""A scenario's words become a tissue: where cells lie, what blood brings, who kills, who differs; refusals where it cannot be."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.json_schema import scenario_json_schema
from exoresist.assembly.reader import bundled_scenarios, load_scenario, scenario_from_dict
from exoresist.assembly.resolve import resolved_dict
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.studies.tissue_accuracy import variants
from exoresist.studies.tissue_arm import run_arm
from exoresist.studies.tissue_readings import readings
from exoresist.studies.tissue_setup import Setup, set_up
from exoresist.studies.tissue_words import sentences
from exoresist.tissue.cells import APOPTOTIC
from exoresist.tissue.killing import Checkpoint, Killing, unsuppressed
from exoresist.tissue.life import bury
from exoresist.tissue.matrix import Matrix
from exoresist.tissue.phagocytosis import Phagocytosis
from exoresist.tissue.plasma import GIVEN, HeldFaces, Plasma
from exoresist.tissue.run import balance, state_hash, step
from exoresist.tissue.vessels import Vessels

TUMOURS = sorted(name for name in bundled_scenarios() if name.startswith("tumour_"))
BASE: dict[str, Any] = {
    "schema": "exoresist/1",
    "name": "small",
    "arena": {"kind": "tissue", "space": {"size": "160 um", "network_step": "6 min", "spread_step": "6 min"}},
    "populations": [{"id": "tumour", "cell_line": "generic_tumour", "count": "30 cell"}],
    "duration": "1 h",
    "every": "1 h",
    "assay": {"kind": "tumour", "population": "tumour"},
    "seed": 2,
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


def small(space: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    data = copy.deepcopy(BASE) | changes
    data["arena"]["space"] |= space or {}
    return data


def made(catalog: Catalog, space: dict[str, Any] | None = None, **changes: Any) -> Setup:
    return set_up(scenario_from_dict(small(space, **changes)), catalog, 1)


def only(setup: Setup, kind: type) -> Any:
    found = [part for part in setup.tissue.extra if isinstance(part, kind)]
    assert len(found) == 1, f"{len(found)} of {kind.__name__}"
    return found[0]


def test_a_plain_tissue_has_nothing_besides(catalog: Catalog) -> None:
    tissue = made(catalog).tissue
    assert tissue.extra == () and all(one.speed == 0.0 for one in tissue.types)


@pytest.mark.parametrize("name", TUMOURS)
def test_bundled_tumours_survive_their_resolved_form(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.question and len(scenario.arms) >= 3
    assert scenario_from_dict(resolved_dict(scenario)) == scenario


def test_the_schema_knows_the_parts_of_a_tissue() -> None:
    known = scenario_json_schema()["$defs"]
    assert {"vessels", "matrix"} <= set(known["Space"]["properties"])
    assert {"where", "attracted", "varied"} <= set(known["PopulationEntry"]["properties"])
    assert "plasma" in known["DrugEntry"]["properties"] and {"stop_below", "resume_above"} <= set(known["Adaptive"]["properties"])


# -- places


def test_populations_lie_where_the_scenario_says(catalog: Catalog) -> None:
    line = "generic_tumour"
    where = {"core": 20, "shell": 20, "around": 10}
    tissue = made(
        catalog, populations=[{"id": name, "cell_line": line, "count": f"{n} cell", "where": name} for name, n in where.items()],
        assay={"kind": "tumour", "population": "core"},
    ).tissue  # fmt: skip
    away = np.sqrt((tissue.cells.position**2).sum(axis=0))
    core, shell, around = (away[tissue.cells.kind == index] for index in range(3))
    assert core.max() <= shell.min() and shell.max() < around.min()
    assert [len(core), len(shell), len(around)] == list(where.values())


def test_cells_around_are_strewn_in_the_plane_of_a_slice(catalog: Catalog) -> None:
    around = {"id": "t_cells", "cell_line": "cd8_t_cell", "count": "10 cell", "where": "around"}
    tissue = made(catalog, {"dimensions": 2}, populations=[*BASE["populations"], around]).tissue
    assert np.all(tissue.cells.position[2] == tissue.cells.position[2, 0])


def test_a_slice_keeps_its_thickness_when_its_voxels_are_halved(catalog: Catalog) -> None:
    slice_ = {"dimensions": 2, "size": "200 um", "vessels": {"at": [{"x": "-30 um", "y": "10 um"}]}, "oxygen": "38 mmHg"}
    whole = scenario_from_dict(small(slice_))
    halved = variants(whole)["voxel_halved"]
    assert (whole.arena.space.thickness, halved.arena.space.thickness) == (None, 20.0)
    coarse, fine = (set_up(one, catalog, 1) for one in (whole, halved))
    assert fine.tissue.grid.shape == (20, 20, 1) and fine.tissue.grid.extent == coarse.tissue.grid.extent
    assert fine.tissue.medium.voxel_ml * fine.tissue.grid.voxels == pytest.approx(coarse.tissue.medium.voxel_ml * 100, rel=1e-12)
    walls = [only(one, Vessels) for one in (coarse, fine)]
    assert walls[0].surface.sum() == pytest.approx(walls[1].surface.sum(), rel=1e-12)
    filled = [
        one.tissue.laid(np.arange(30), one.tissue.cells.biomass).sum() / one.tissue.grid.extent[2] for one in (coarse, fine)
    ]
    assert filled[0] == pytest.approx(filled[1], rel=1e-12)
    thick = set_up(scenario_from_dict(small({**slice_, "thickness": "40 um"})), catalog, 1).tissue
    assert thick.grid.voxel_um3 == 2.0 * coarse.tissue.grid.voxel_um3 and np.all(thick.cells.position[2] == 0.0)
    for tissue in (coarse.tissue, fine.tissue, thick):
        before = balance(tissue)
        step(tissue)
        after = balance(tissue)
        assert all(abs(after[name] - before[name]) <= 1e-9 * max(abs(before[name]), 1.0) for name in before)


def test_a_cube_has_no_thickness() -> None:
    with pytest.raises(InputError, match="belongs to a slice"):
        scenario_from_dict(small({"thickness": "20 um"}))


# -- blood


def test_vessels_stand_on_a_grid_and_give_what_blood_brings(catalog: Catalog) -> None:
    setup = made(
        catalog, {"edges": "closed", "oxygen": "38 mmHg", "vessels": {"spacing": "60 um"}},
        drugs=[{"id": "doxorubicin", "dose": "10 uM", "plasma": {}}],
    )  # fmt: skip
    tissue, vessels = setup.tissue, only(setup, Vessels)
    assert len(np.unique(vessels.position[:2], axis=1).T) == 9 and len(vessels) == 9 * tissue.grid.shape[2]
    assert {"oxygen", "medium.doxorubicin", "medium.vesicles_tumour"} <= set(vessels.passages)
    # A dose at once is gone within minutes: a step of six has its mean, and not the level of a moment.
    plasma, length = setup.plasmas["doxorubicin"], tissue.pace.life
    mean = vessels.passages["medium.doxorubicin"].plasma(0.5 * length)
    assert mean == pytest.approx(plasma.exposure(length) / length, rel=1e-12) and mean > 1.02 * plasma.level(0.5 * length)
    before = balance(tissue)
    for _ in range(3):
        step(tissue)
    row = tissue.medium.names.index("medium.doxorubicin")
    assert tissue.medium.supplied[row] > 0.0
    after = balance(tissue)
    assert abs(after["drug:doxorubicin"] - before["drug:doxorubicin"]) <= 1e-9 * tissue.medium.supplied[row]
    oxygen = tissue.steady.fields[0].values
    assert 0.0 < oxygen.min() < oxygen.max() <= vessels.passages["oxygen"].plasma(0.0) * (1.0 + 1e-5)


def test_listed_vessels_stand_where_they_are_listed(catalog: Catalog) -> None:
    vessels = only(made(catalog, {"vessels": {"at": [{"x": "-30 um", "y": "10 um"}]}}), Vessels)
    assert set(vessels.position[0]) == {-30.0} and set(vessels.position[1]) == {10.0}


def test_blood_feeds_open_edges_where_there_are_no_vessels(catalog: Catalog) -> None:
    setup = made(catalog, drugs=[{"id": "doxorubicin", "dose": "10 uM", "plasma": {}}])
    assert only(setup, HeldFaces)
    step(setup.tissue)
    row = setup.tissue.medium.names.index("medium.doxorubicin")
    assert setup.tissue.medium.entered[row] > 0.0


def test_plasma_follows_the_catalogue_in_one_and_two_compartments(catalog: Catalog) -> None:
    def plasma(drug: str) -> Plasma:
        return only(made(catalog, drugs=[{"id": drug, "dose": "100 nM", "plasma": {}}]), Plasma)

    def number(name: str, drug: str) -> float:
        return catalog.parameter(name, f"drug:{drug}").value

    two, free = plasma("doxorubicin"), number("plasma_free_fraction", "doxorubicin")
    centre, whole = number("plasma_volume", "doxorubicin"), number("distribution_volume", "doxorubicin")
    assert two.level(0.0) == pytest.approx(100.0 * free, rel=1e-12)
    falls = number("plasma_distribution_rate", "doxorubicin") + number("elimination_rate", "doxorubicin") * whole / centre
    assert np.log(two.level(0.0) / two.level(1e-5)) / 1e-5 == pytest.approx(falls, rel=1e-3)
    assert two.amounts(50.0).sum() == pytest.approx(100.0 * centre, rel=1e-9)
    one = plasma("paclitaxel")
    assert one.level(10.0) == pytest.approx(one.level(0.0) * np.exp(-10.0 * number("elimination_rate", "paclitaxel")), rel=1e-9)


def test_adaptive_doses_wait_while_the_tumour_is_small(catalog: Catalog) -> None:
    rule = {"stop_below": 0.9, "resume_above": 1.5}
    drug = {"id": "doxorubicin", "dose": "1 nM", "every": "0.3 h", "courses": 4, "plasma": {"adaptive": rule}}
    setup = made(catalog, drugs=[drug])
    tissue, plasma = setup.tissue, only(setup, Plasma)
    for number in range(10):
        if number == 4:
            bury(tissue, np.arange(10), np.full(10, APOPTOTIC))
        step(tissue)
    assert list(plasma.decided == GIVEN) == [True, True, False, False]
    assert readings(setup)["doses_doxorubicin"] == 2


def test_a_drug_that_no_row_tells_of_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InputError, match="how a body handles 'cisplatin'"):
        made(catalog, drugs=[{"id": "cisplatin", "dose": "10 nM", "plasma": {}}])


def test_doses_in_the_medium_come_as_often_as_the_scenario_says(catalog: Catalog) -> None:
    drug = {"id": "doxorubicin", "dose": "100 nM", "at": "0 h", "until": "0.2 h", "every": "0.5 h", "courses": 2}
    seen: list[float] = []

    def watch(course: Any) -> None:
        seen.append(float(course.rows[-1]["medium.doxorubicin_mean"]))

    run_arm(scenario_from_dict(small(drugs=[drug], every="0.1 h", duration="0.8 h")), catalog, "a", "x", threads=1, watch=watch)
    given = np.array(seen) > 20.0
    assert list(given) == [False, True, True, False, False, False, True, True, False], seen


# -- between cells


def test_a_shell_of_matrix_lies_around_the_cells_and_holds_vesicles_back(catalog: Catalog) -> None:
    setup = made(catalog, {"matrix": {"density": 0.1, "where": "shell", "width": "30 um"}})
    tissue, matrix = setup.tissue, only(setup, Matrix)
    step(tissue)
    middle = tuple(number // 2 for number in tissue.grid.array_shape)
    assert matrix.density[middle] == 0.0 and matrix.density.max() == 0.1
    spread = np.asarray(tissue.medium.spreads["medium.vesicles_tumour"].diffusivity)
    assert spread[matrix.density > 0.0].max() < 0.5 * spread[middle]


# -- cells that act on others


def killers(cargo: tuple[str, ...]) -> dict[str, Any]:
    around = {"id": "t_cells", "cell_line": "cd8_t_cell", "count": "40 cell", "where": "around"}
    return {
        "populations": [*BASE["populations"], {**around, "attracted": [{"to": "tumour", "weight": 0.5}]}],
        "cargo": list(cargo),
    }


def test_t_cells_move_and_kill_and_ligand_holds_them_back(catalog: Catalog) -> None:
    free, held = made(catalog, **killers(())), made(catalog, **killers(("CD274",)))
    assert free.tissue.types[1].speed > 0.0 == free.tissue.types[0].speed
    assert free.tissue.types[1].attraction == {"medium.vesicles_tumour": 0.5}
    assert not isinstance(only(free, Killing).held_back, Checkpoint)
    ligand = only(held, Killing).held_back
    assert isinstance(ligand, Checkpoint) and 0.0 < ligand.most < 1.0
    assert set(ligand.carriers) == {"medium.vesicles_tumour.cargo_CD274", "medium.vesicles_t_cells.cargo_CD274"}
    for _ in range(2):
        step(held.tissue)
    killing = only(held, Killing)
    spared = killing.hazards(held.tissue).sum()
    killing.held_back = unsuppressed
    assert 0.0 < spared < killing.hazards(held.tissue).sum()


def test_phagocytes_take_the_drug_of_the_dead(catalog: Catalog) -> None:
    eaters = {"id": "eaters", "cell_line": "m2_macrophage", "count": "20 cell"}
    fast = {"name": "engulfing_rate", "subject": "cell_line:m2_macrophage", "value": "100 1/h", "reason": "at once"}
    setup = made(
        catalog, populations=[*BASE["populations"], eaters], drugs=[{"id": "doxorubicin", "dose": "10 nM"}], parameters=[fast],
    )  # fmt: skip
    tissue, eating = setup.tissue, only(setup, Phagocytosis)
    tissue.contents[0].row("tumour.cytosol_doxorubicin")[:] = 1e-6
    step(tissue)
    before = balance(tissue)
    bury(tissue, np.arange(10), np.full(10, APOPTOTIC))
    held = tissue.contents[1].row("eaters.cytosol_doxorubicin").sum()
    eating(tissue)
    assert eating.engulfed > 0 and tissue.contents[1].row("eaters.cytosol_doxorubicin").sum() > held + 1e-7
    assert balance(tissue)["drug:doxorubicin"] == pytest.approx(before["drug:doxorubicin"], rel=1e-12)


# -- how cells differ


def test_cells_differ_as_stated_and_daughters_inherit_it(catalog: Catalog) -> None:
    varied = [{"number": "growth_rate", "spread": 0.3}, {"number": "ABCB1.copies", "spread": 0.5}]
    many = [{"id": "tumour", "cell_line": "generic_tumour", "count": "2000 cell", "varied": varied}]
    tissue = made(catalog, {"size": "400 um"}, populations=many, cargo=["ABCB1"]).tissue
    contents = tissue.contents[0]
    for name, spread in (("tumour.growth_rate", 0.3), ("tumour.ABCB1.copies", 0.5)):
        values = contents.varying[contents.varied.index(name), : contents.count]
        assert values.std() / values.mean() == pytest.approx(spread, rel=0.15)
        assert values.mean() == pytest.approx(contents.base_of(contents.varied.index(name)), rel=0.05)
    per_cell = contents.row("tumour.ABCB1") / contents.row("tumour.cells")
    copies = contents.varying[contents.varied.index("tumour.ABCB1.copies"), : contents.count]
    assert np.allclose(per_cell, copies, rtol=1e-12)
    lanes = contents.divide(np.array([5]), np.array([0]))
    own = contents.varied.index("tumour.growth_rate")
    assert contents.varying[own, lanes[0]] == contents.varying[own, 5] != contents.base_of(own)


def test_a_change_keeps_what_makes_cells_differ(catalog: Catalog) -> None:
    varied = [{"number": "growth_rate", "spread": 0.3}]
    contents = made(catalog, populations=[{**BASE["populations"][0], "varied": varied}]).tissue.contents[0]
    row = contents.varied.index("tumour.growth_rate")
    before, base = contents.varying[row, : contents.count].copy(), contents.base_of(row)
    contents.change("tumour.growth_rate", 0.5 * base, fresh=True)
    assert np.allclose(contents.varying[row, : contents.count], 0.5 * before, rtol=1e-12)
    contents.change("tumour.growth_rate", base, fresh=False)
    assert np.allclose(contents.varying[row, : contents.count], 0.5 * before, rtol=1e-12)


@pytest.mark.parametrize("number", ["no_such_number", "medium"])
def test_a_number_that_is_not_there_cannot_differ(catalog: Catalog, number: str) -> None:
    with pytest.raises(InputError, match=number):
        made(catalog, populations=[{**BASE["populations"][0], "varied": [{"number": number, "spread": 0.3}]}])


# -- injections


def test_injected_vesicles_are_in_all_fluid_and_in_the_books(catalog: Catalog) -> None:
    entry = {"id": "shot", "donor": "mcf7_resistant", "per_cell": "1000 particle/cell", "at": "0.5 h"}
    scenario = scenario_from_dict(small({"edges": "closed"}, vesicles=[entry], cargo=["ABCB1"]))
    course = run_arm(scenario, catalog, "a", "x", threads=1)
    assert float(course.rows[0]["medium.vesicles_shot_mean"]) == 0.0 < float(course.rows[-1]["medium.vesicles_shot_mean"])
    assert max(course.conservation.values()) <= 1e-9 and not course.warnings
    tissue = course.tissue
    left = tissue.medium.amounts[tissue.medium.names.index("medium.vesicles_shot")].sum()
    assert 0.5 * 30 * 1000 < left < 30 * 1000


def test_all_parts_together_give_the_same_bits_on_one_and_two_threads(catalog: Catalog) -> None:
    data = small(
        {"oxygen": "38 mmHg", "vessels": {"spacing": "60 um"}, "matrix": {"density": 0.05}}, **killers(("CD274",)),
        drugs=[{"id": "doxorubicin", "dose": "1 uM", "plasma": {"lasting": "15 min"}}],
    )  # fmt: skip
    hashes = set()
    for threads in (1, 2):
        tissue = set_up(scenario_from_dict(data), catalog, threads).tissue
        for _ in range(3):
            step(tissue)
        hashes.add(state_hash(tissue))
        tissue.slabs.close()
    assert len(hashes) == 1


def test_a_tissue_can_be_read_when_its_threads_are_closed(catalog: Catalog) -> None:
    many = [{**BASE["populations"][0], "count": "600 cell"}]
    tissue = set_up(scenario_from_dict(small({"size": "300 um"}, populations=many)), catalog, 2).tissue
    step(tissue)
    open_ = tissue.contents[0].read(["tumour.diameter"])
    tissue.slabs.close()
    assert len(open_[0]) >= 600 and np.array_equal(tissue.contents[0].read(["tumour.diameter"]), open_)


# -- refusals

REFUSED = [
    ({"vessels": {}}, {}, "give either `spacing`"),
    ({"vessels": {"spacing": "5 um"}}, {}, "not between a voxel"),
    ({"vessels": {"at": [{"x": "500 um", "y": "0 um"}]}}, {}, "outside the box"),
    ({"edges": "closed"}, {"drugs": [{"id": "doxorubicin", "dose": "1 nM", "plasma": {}}]}, "reaches nothing"),
    ({}, {"drugs": [{"id": "doxorubicin", "dose": "1 nM", "until": "0.5 h", "plasma": {}}]}, "blood is not washed"),
    ({}, {"populations": [{**BASE["populations"][0], "attracted": [{"to": "oxigen", "weight": 1}]}]}, "no field 'oxigen'"),
    ({"matrix": {"density": 0.9}}, {}, "matrix of density"),
    ({}, {"populations": [{**BASE["populations"][0], "attracted": [{"to": "tumour", "weight": 1}]}]}, "do not move"),
]


@pytest.mark.parametrize(("space", "changes", "text"), REFUSED, ids=[text for _, _, text in REFUSED])
def test_what_cannot_be_is_refused(catalog: Catalog, space: dict[str, Any], changes: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=text):
        made(catalog, space, **changes)


@pytest.mark.parametrize(
    ("place", "value"),
    [("where", "core"), ("attracted", [{"to": "oxygen", "weight": 1}]), ("varied", [{"number": "growth_rate", "spread": 1}])],
)
def test_parts_of_a_tissue_do_not_belong_in_a_well(place: str, value: Any) -> None:
    data = small(populations=[{**BASE["populations"][0], place: value}], assay={"kind": "time_course", "population": "tumour"})
    data["arena"] = {"kind": "well", "volume": "0.1 mL", "capacity": "1000 cell"}
    with pytest.raises(InputError, match="belongs to a tissue only"):
        scenario_from_dict(data)


# -- words


def test_sentences_name_the_comparison_and_what_did_not_matter() -> None:
    from exoresist.studies.tissue_answer import ArmAnswer, TissueAnswer

    def arm(name: str, role: str, cells: int) -> ArmAnswer:
        rows: list[dict[str, float | str]] = [{"time_h": 0.0, "tumour_living": 100}, {"time_h": 24.0, "tumour_living": cells}]
        return ArmAnswer(name, name, role, rows=rows)

    answer = TissueAnswer("n", "t", "q", 1, types=["tumour"], tumours=["tumour"])
    answer.arms = [arm("plain", "reference", 200), arm("fed", "treated", 300), arm("null", "control", 201)]
    told = sentences(answer)
    assert told[0] == "'plain': 100 tumour cells become 200 in 24 h."
    assert told[1] == "'fed': 300 tumour cells at the end, 50.0% more than with 'plain'."
    assert told[2].startswith("'null' ends within 3% of 'plain'") and "not matter" in told[2]
    assert len(told) == 4, "nothing is said of pumps, oxygen or killers where there are none"


def test_arms_that_begin_with_other_cells_are_told_apart() -> None:
    from exoresist.studies.tissue_answer import ArmAnswer, TissueAnswer

    def arm(name: str, role: str, a: int, b: int, held: float, resistant: bool) -> ArmAnswer:
        first: dict[str, float | str] = {"time_h": 0.0, "a_living": a, "b_living": b, "b_drug_pmol": 0.0}
        last: dict[str, float | str] = {**first, "time_h": 24.0, "b_drug_pmol": held}
        if resistant:
            last |= {"resistant_descended": 10, "resistant_converted": 0}
        return ArmAnswer(name, name, role, rows=[first, last])

    answer = TissueAnswer("n", "t", "q", 1, types=["a", "b"], tumours=["a", "b"], cargo="ABCB1", mark=5.0)
    answer.arms = [arm("alone", "reference", 30, 0, 0.0, False), arm("both", "treated", 30, 10, 2e-6, True)]
    told = sentences(answer)
    assert "'both': 40 tumour cells become 40." in told, "that it has more than 'alone' is how it was begun"
    assert "Share of 'b' in the tumour at the start and at the end: 0%, 0% in 'alone'; 25%, 25% in 'both'." in told
    assert "Most drug in one cell of 'b' on average, in 1e-6 pmol: 2 in 'both'." in told
    assert "Resistant by descent at the end (more than 5 copies of ABCB1 per cell): 10 in 'both'." in told


def test_arms_whose_networks_take_other_steps_are_named() -> None:
    from exoresist.studies.tissue_cautions import unlike_steps

    told = unlike_steps({0.1: ["plain"], 20.0 / 3600.0: ["drug", "both"]})
    assert "(20 s in drug, both; 360 s in plain)" in told
    assert told.endswith("`space.network_step: 20 s` makes them alike.")


def test_sentences_say_who_is_left_and_what_killed() -> None:
    from exoresist.studies.tissue_answer import ArmAnswer, TissueAnswer

    first: dict[str, float | str] = {"time_h": 0.0, "a_living": 90, "b_living": 10}

    def arm(name: str, role: str, **last: float) -> ArmAnswer:
        return ArmAnswer(name, name, role, rows=[first, {"time_h": 24.0, **last}])

    answer = TissueAnswer("n", "t", "q", 1, types=["a", "b", "t"], tumours=["a", "b"])
    answer.arms = [
        arm("plain", "reference", a_living=90, b_living=10, killed=0),
        arm("drug", "treated", a_living=0, b_living=100, killed=7),
    ]
    told = sentences(answer)
    assert "'b', 10% of the tumour at the start, is at the end: 10% in 'plain'; 100% in 'drug'." in told
    assert "Killed by immune cells: 0 in 'plain'; 7 in 'drug'." in told
