"""Antibodies in a tissue: they spread, bind to vesicles wherever these are and to cells, and kill; vesicles with the antigen shield."""

from __future__ import annotations

import copy
import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from exoresist.assembly.build import Model
from exoresist.assembly.reader import load_scenario, scenario_from_dict
from exoresist.assembly.resolve import resolved_dict
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.laws import kinetics
from exoresist.laws.drug import antibody_killing, complement_left
from exoresist.laws.kinetics import tight_binding
from exoresist.network import Modulation, Parameter, integrate
from exoresist.network.fluid import bindings, without
from exoresist.studies.tissue_events import happenings
from exoresist.studies.tissue_readings import readings
from exoresist.studies.tissue_setup import Setup, set_up
from exoresist.tissue.effectors import reached
from exoresist.tissue.fluid import NOBODY, Fluid
from exoresist.tissue.interior import SMALL_BLOCKS
from exoresist.tissue.killing import Checkpoint, Killing
from exoresist.tissue.run import balance, state_hash, step
from exoresist.tissue.sharing import hazards, in_place

FREE, VESICLES = "medium.rituximab", "medium.vesicles_decoy"
BOUND, ANTIGEN = f"{VESICLES}.antibody_rituximab", f"{VESICLES}.cargo_CD20"
pytestmark = pytest.mark.xdist_group("tissue_antibodies")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


def decoys(space: dict[str, Any] | None = None, count: int = 30, dose: str = "10 nM", per_cell: float = 1e4, **more: Any) -> Any:
    """The bundled scenario of decoys, put into a small tissue; `rates` of `more` override the catalogue's of cells and antibodies."""
    data = copy.deepcopy(resolved_dict(load_scenario("rituximab_decoy")))
    for name in ("arms", "comparison", "vesicle_titration", "uncertainty"):
        data.pop(name, None)
    data["arena"] = {"kind": "tissue", "space": {"size": "120 um", "edges": "closed", "spread_step": "6 min", **(space or {})}}
    data["populations"][0]["count"] = f"{count} cell"
    data["vesicles"][0]["per_cell"] = f"{per_cell} particle/cell"
    data["drugs"][0]["dose"] = dose
    data["assay"] = {"kind": "tumour", "population": "target"}
    data["duration"], data["every"] = "1 h", "1 h"
    data["parameters"] = [
        {"name": name, "subject": subject, "value": value, "reason": "test"}
        for (name, subject), value in more.pop("rates", {}).items()
    ]
    return scenario_from_dict(data | more)


def made(catalog: Catalog, *args: Any, threads: int = 1, **more: Any) -> Setup:
    """Set up, with all that happens at time 0."""
    scenario = decoys(*args, **more)
    setup = set_up(scenario, catalog, threads)
    for at, _, doing in happenings(scenario, setup):
        assert at == 0.0
        doing(setup.tissue, True)
    return setup


def amount(setup: Setup, name: str) -> np.ndarray:
    medium = setup.tissue.medium
    return medium.flat()[medium.names.index(name)]


# -- fluid without cells


def test_antibodies_spread_as_proteins_do(catalog: Catalog) -> None:
    medium = made(catalog).tissue.medium
    row = catalog.parameter("tissue_diffusivity", "antibody")
    assert medium.spreads[FREE].diffusivity == row.value < 0.5 * catalog.parameter("tissue_diffusivity", "drug").value
    assert medium.spreads[BOUND].diffusivity == medium.spreads[VESICLES].diffusivity


def test_fluid_without_cells_does_what_the_network_does(catalog: Catalog) -> None:
    """The exact step between two linear halves, against the network integrated as it stands; the split is of second order."""
    setup = made(catalog)
    contents, medium = setup.tissue.contents[0], setup.tissue.medium
    inside, voxels = contents.interior, 6
    rng = np.random.default_rng(4)
    start = np.zeros((len(medium.names), voxels))
    for name, most in {FREE: 3e-8, VESICLES: 2e3, BOUND: 1e-9, ANTIGEN: 4e3}.items():
        start[medium.names.index(name)] = most * rng.uniform(0.1, 1.0, voxels)
    begin: dict[str, Any] = {name: start[row] for row, name in enumerate(medium.names)}
    begin |= {name: NOBODY * inside.start[name] for name in inside.start if name in inside.network.pools and name not in begin}
    begin[inside.cells] = NOBODY
    span, clearance = 2.0, 0.5  # long, and vesicles that vanish fast: or the split would not be seen
    place = contents.compiled.parameter_index["decoy.clearance_rate"]
    contents.base[place] = clearance
    values = dict(zip(contents.compiled.parameters, map(float, contents.base), strict=True)) | {inside.volume: medium.voxel_ml}
    run = integrate(inside.network, [0.0, span], values=values, initial=begin, relative=1e-10, absolute=1e-13, in_blocks=True)
    exact = np.array([run.amount(name)[-1] for name in medium.names])
    errors = []
    for parts in (4, 8):
        fluid, now = Fluid(medium.names, medium.voxel_ml), start
        for _ in range(parts):
            now, _ = fluid.step(contents, now, span / parts)
        shown = [medium.names.index(name) for name in (FREE, BOUND)]
        errors.append(np.abs(now[shown] / exact[shown] - 1.0).max())
        linear = [medium.names.index(name) for name in (VESICLES, ANTIGEN)]
        np.testing.assert_allclose(now[linear], exact[linear], rtol=1e-6)
        whole = [medium.names.index(name) for name in (FREE, BOUND, "medium.vesicles_target.antibody_rituximab")]
        np.testing.assert_allclose(now[whole].sum(axis=0), start[whole].sum(axis=0), rtol=1e-11)  # the stand-in takes some up
    assert errors[1] < 2e-3 and errors[0] / errors[1] == pytest.approx(4.0, rel=0.25)


def test_fluid_without_cells_ends_at_the_quadratic_equilibrium(catalog: Catalog) -> None:
    setup = made(catalog, rates={("vesicle_clearance_rate", "vesicle"): "0 1/h"})
    medium, contents = setup.tissue.medium, setup.tissue.contents[0]
    nobody = np.zeros(setup.tissue.grid.voxels, dtype=bool)
    rng = np.random.default_rng(1)
    free, sites = (most * rng.uniform(0.0, 1.0, len(nobody)) for most in (3e-8, 5e3))
    weight, on, off = (
        contents.base[contents.compiled.parameter_index[name]]
        for name in ("copy_weight", "antibody.on_rate", "antibody.off_rate")
    )
    amount(setup, FREE)[:], amount(setup, ANTIGEN)[:], amount(setup, VESICLES)[:] = free, sites, 10.0
    medium.rest(contents, 100.0, nobody)
    expected = tight_binding(free, weight * sites, off / on * medium.voxel_ml)
    np.testing.assert_allclose(amount(setup, BOUND), expected, rtol=1e-8)  # the stand-in takes a few vesicles up


def test_what_modulates_binding_in_fluid_is_still_refused(catalog: Catalog) -> None:
    setup = made(catalog)
    contents, medium = setup.tissue.contents[0], setup.tissue.medium
    found = bindings(contents.interior.network, medium.names)
    assert [one.free for one in found] == [FREE] and BOUND in found[0].bound
    factor = Modulation(found[0].processes[0], kinetics.constant, {"rate": "half"}, tag="test")
    network = contents.interior.network.with_parts(Parameter("half", 0.5, "dimensionless"), factor)
    contents.interior = replace(contents.interior, network=network)
    contents.compiled = network.compile()
    contents.base = contents.compiled.values.copy()
    with pytest.raises(InputError, match="not linear"):
        Fluid(medium.names, medium.voxel_ml).step(contents, np.ones((len(medium.names), 2)), 0.1)


def test_a_counterfactual_without_decoys_has_none_in_fluid_either(catalog: Catalog) -> None:
    """What attribution takes out of the cells' network is taken out of the fluid without cells as well."""
    scenario = decoys()

    def change(model: Model) -> Model:
        outside = [
            one.id for one in model.network.processes.values() if one.id.startswith("medium.") and one.name == "antibody_binding"
        ]
        assert outside
        return replace(model, network=without(model.network, outside))

    tissue = set_up(scenario, catalog, 1, change).tissue
    assert bindings(tissue.contents[0].interior.network, tissue.medium.names) == ()
    tissue.medium.amounts[:] = 1e-9
    row = tissue.medium.names.index(BOUND)
    nobody = np.zeros(tissue.grid.voxels, dtype=bool)
    tissue.medium.rest(tissue.contents[0], 1.0, nobody)
    assert tissue.medium.amounts[row].max() < 1e-9  # it leaves with the vesicles that are cleared, and none comes
    tissue.slabs.close()


# -- books


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)  # fmt: skip
@given(
    seed=st.integers(0, 2**31 - 1), dose=st.floats(0.1, 300.0), edges=st.sampled_from(["open", "closed"]),
    per_cell=st.floats(1e2, 1e7), step_=st.sampled_from(["6 min", "1 min"]),
)  # fmt: skip
def test_antibodies_are_conserved(catalog: Catalog, seed: int, dose: float, edges: str, per_cell: float, step_: str) -> None:
    """Free, on vesicles outside and inside cells, on cells and bodies, degraded with vesicles, and through the edges."""
    grown = ("growth_rate", "cell_line:cd20_b_cell_lymphoma")
    rates = {("complement_death_rate", "antibody"): "3 1/h", ("apoptosis_time", "cell"): "0.3 h", grown: "0.2 1/h"}
    rates |= {("basal_death_rate", "cell"): "0.3 1/h"}
    setup = made(catalog, {"edges": edges, "network_step": step_}, 40, f"{dose} nM", per_cell, rates=rates, seed=seed)
    tissue, name = setup.tissue, "drug:rituximab"
    before = balance(tissue)
    for _ in range(9):
        step(tissue)
    after = balance(tissue)
    tissue.slabs.close()
    assert abs(after[name] - before[name]) <= 1e-9 * abs(before[name])
    assert amount(setup, BOUND).sum() > 0.0 and amount(setup, FREE).min() >= -0.02 * amount(setup, FREE).max()
    contents = tissue.contents[0]
    degraded = contents.exchange.tolist().index(contents.states["degraded.drug_rituximab"])
    assert contents.gone[degraded] + contents.amounts[contents.states["degraded.drug_rituximab"]].sum() > 0.0
    assert np.any(tissue.cells.state != 0) or tissue.removed > 0


# -- the same on any number of threads


def test_same_bits_on_one_two_and_four_threads(catalog: Catalog) -> None:
    def ended(threads: int) -> str:
        setup = made(catalog, {"size": "240 um", "motion_step": "0.5 min"}, 600, threads=threads)
        for _ in range(2):
            step(setup.tissue)
        setup.tissue.slabs.close()
        assert setup.tissue.contents[0].count > 64 * SMALL_BLOCKS
        return state_hash(setup.tissue)

    first = ended(1)
    assert ended(2) == first and ended(4) == first


# -- what vesicles do


def test_more_vesicles_with_the_antigen_leave_less_antibody_on_cells_and_less_killing(catalog: Catalog) -> None:
    occupied, hazard, complement = [], [], []
    for per_cell in (0.0, 1e5, 1e6, 1e7):
        setup = made(catalog, count=20, dose="3 nM", per_cell=per_cell, rates={("complement_death_rate", "antibody"): "1e-6 1/h"})
        for _ in range(8):
            step(setup.tissue)
        contents = setup.tissue.contents[0]
        with in_place(setup.tissue):
            occupancy, left = contents.read(["target.rituximab.occupancy", "medium.complement_rituximab"])
        rate = hazards(setup.tissue)[contents.owner[: contents.count]]
        occupied.append(float(occupancy.mean()))
        hazard.append(float((rate - contents.base[contents.compiled.parameter_index["target.basal_death_rate"]]).mean()))
        complement.append(float(left.mean()))
        shown = readings(setup)
        assert float(shown["target_rituximab_occupancy"]) == pytest.approx(occupied[-1], rel=1e-12)
        setup.tissue.slabs.close()
    assert all(later < 0.97 * before for before, later in itertools.pairwise(occupied)), occupied
    assert all(later < 0.95 * before for before, later in itertools.pairwise(hazard)), hazard
    assert all(later <= before for before, later in itertools.pairwise(complement)) and complement[-1] < 0.96


def test_vesicles_without_the_antigen_do_nothing(catalog: Catalog) -> None:
    found = []
    for vesicles in ([], [{"id": "decoy", "donor": "mcf7_sensitive", "per_cell": "1e6 particle/cell", "at": "0 h"}]):
        setup = made(catalog, count=20, vesicles=vesicles)
        for _ in range(3):
            step(setup.tissue)
        found.append(float(setup.tissue.contents[0].read(["target.rituximab.occupancy"])[0].mean()))
        setup.tissue.slabs.close()
    assert found[1] == pytest.approx(found[0], rel=1e-3)  # steps of the solver inside cells


# -- killing


def test_killing_by_complement_is_a_hazard_and_reads_the_place(catalog: Catalog) -> None:
    setup = made(catalog, dose="100 nM", per_cell=1e8)
    tissue, contents = setup.tissue, setup.tissue.contents[0]
    for _ in range(3):
        step(tissue)
    count, medium = contents.count, tissue.medium
    voxel = tissue.voxels(contents.owner[:count])
    used = sum(amount(setup, name) for name in medium.names if name.endswith(".antibody_rituximab")) / medium.voxel_ml
    capacity = 2.0 / 0.1  # nM: the well's complement, at the same concentration
    left = complement_left(used[voxel], capacity)
    assert left.max() < 0.99 and left.std() > 0.0
    most = contents.base[contents.compiled.parameter_index["target.complement_death_rate"]]
    occupancy, basal = contents.read(["target.rituximab.occupancy", "target.hazard_of_death"])
    expected = basal + antibody_killing(most, occupancy, left, 0.0)
    np.testing.assert_allclose(hazards(tissue)[contents.owner[:count]], expected, rtol=1e-12)
    assert not contents.amounts[contents.medium, :count].any()  # the look has taken nothing
    # Cells die whole: no flow of dying cells is left in the network, and those that live have not shrunk.
    assert not any("complement_killing" in one for one in contents.compiled.slot_of if one.startswith("rate:"))
    assert contents.row("target.cells").min() > 0.6
    tissue.slabs.close()


def test_effector_cells_act_on_the_cells_that_they_touch(catalog: Catalog) -> None:
    populations = [
        {"id": "target", "cell_line": "cd20_b_cell_lymphoma", "count": "20 cell", "where": "core"},
        {"id": "nk", "cell_line": "nk_cell", "count": "6 cell", "where": "shell"},
    ]
    setup = made(catalog, {"size": "160 um"}, populations=populations)
    tissue, contents = setup.tissue, setup.tissue.contents[0]
    step(tissue)
    touched = reached(tissue, contents.owner[: contents.count])
    strength = catalog.parameter("adcc_strength", "cell_line:nk_cell").value
    assert set(touched.tolist()) == {0.0, strength}
    row = contents.interior.stress
    assert "effector_cells" in row
    before = contents.read([contents.interior.hazard])[0]
    place = contents.varied.index("environment.effector_cells")
    heard = contents.varying[place, : contents.count].copy()
    assert heard.any()
    contents.varying[place, : contents.count] = 0.0
    without = contents.read([contents.interior.hazard])[0]
    assert np.all(before[heard > 0.0] > without[heard > 0.0]) and np.array_equal(before[heard == 0.0], without[heard == 0.0])
    tissue.slabs.close()


def test_a_tissue_without_antibodies_hears_of_no_effector_cells(catalog: Catalog) -> None:
    data = resolved_dict(load_scenario("tumour_killing_pdl1"))
    contents = set_up(scenario_from_dict(data), catalog, 1).tissue.contents
    assert all("effector_cells" not in one.interior.stress for one in contents.values())


def test_antibodies_take_what_holds_killers_back(catalog: Catalog) -> None:
    """On the ligand they cover it, on cells and on vesicles; on the killers' receptor they block it."""
    scenario = scenario_from_dict({
        "schema": "exoresist/1", "name": "checkpoint", "duration": "1 h", "every": "1 h", "cargo": ["CD274", "PDCD1"],
        "arena": {"kind": "tissue", "space": {"size": "120 um", "network_step": "6 min"}},
        "populations": [
            {"id": "tumour", "cell_line": "generic_tumour", "count": "10 cell"},
            {"id": "t_cells", "cell_line": "cd8_t_cell", "count": "10 cell"},
        ],
        "drugs": [{"id": "anti_pd_1", "dose": "20 nM"}, {"id": "anti_pd_l1", "dose": "20 nM"}],
        "assay": {"kind": "tumour", "population": "tumour"},
    })  # fmt: skip
    tissue = set_up(scenario, catalog, 1).tissue
    (part,) = (one for one in tissue.extra if isinstance(one, Killing))
    checkpoint = part.held_back
    assert isinstance(checkpoint, Checkpoint)
    killer, target = (tissue.of_type(index)[:3] for index in (1, 0))
    weight = tissue.contents[0].base[tissue.contents[0].compiled.parameter_index["copy_weight"]]

    def load() -> np.ndarray:
        spared = checkpoint(tissue, killer, target) / checkpoint.most
        return spared / (1.0 - spared)

    before = load()
    assert np.all(before > 0.0)
    copies = tissue.contents[0].row("tumour.CD274")
    tissue.contents[0].row("tumour.surface_anti_pd_l1")[:] = 0.75 * weight * copies
    np.testing.assert_allclose(load(), 0.25 * before, rtol=1e-9)
    tissue.contents[0].row("tumour.surface_anti_pd_l1")[:] = weight * copies
    medium = tissue.medium
    ligand, antibody = (medium.names.index(f"medium.vesicles_tumour.{what}") for what in ("cargo_CD274", "antibody_anti_pd_l1"))
    medium.amounts[ligand] = 1e4
    on_vesicles = load()
    medium.amounts[antibody] = 0.5 * weight * 1e4
    np.testing.assert_allclose(load(), 0.5 * on_vesicles, rtol=1e-6)
    spared = checkpoint(tissue, killer, target)
    contents = tissue.contents[1]
    capacity = contents.read(["t_cells.anti_pd_1.antigen"])[0]
    contents.row("t_cells.surface_anti_pd_1")[:] = 0.4 * capacity
    np.testing.assert_allclose(checkpoint(tissue, killer, target), 0.6 * spared, rtol=1e-9)
    tissue.slabs.close()
