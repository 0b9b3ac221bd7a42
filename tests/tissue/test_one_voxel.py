"""One voxel is a well: the limit in which cells in space must become the stirred culture they are made of."""

from __future__ import annotations

import itertools
from statistics import NormalDist

import numpy as np
import pytest

from exoresist.assembly.build import build
from exoresist.assembly.reader import load_scenario
from exoresist.assembly.scenario import ParameterOverride
from exoresist.assembly.tissue_cell import cell_network
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.errors import InputError
from exoresist.numerics.grid import Grid
from exoresist.numerics.slabs import Slabs
from exoresist.tissue.cell_type import CellType
from exoresist.tissue.cells import Cells
from exoresist.tissue.contact import Meetings, meet
from exoresist.tissue.interior import Contents
from exoresist.tissue.run import balance, step
from exoresist.tissue.sharing import in_place
from exoresist.tissue.state import Pace, Tissue, place
from exoresist.tissue.steady_fields import SteadyFields
from exoresist.tissue.surroundings import Medium, SharedMedium

HOURS = 12.0
ABCB1 = "recipient.ABCB1"


@pytest.fixture(scope="module")
def catalog():
    return Catalog.load()


def immortal(populations: tuple[str, ...], count: int):
    """The bundled co-culture, seeded with some cells of some populations that do not die, in a well that fits them."""
    scenario = load_scenario("mcf7_doxorubicin")
    kept = tuple(
        one.model_copy(update={"side": None, "count": float(count)}) for one in scenario.populations if one.id in populations
    )
    cells = float(count * len(kept))
    overrides = tuple(
        ParameterOverride(name=name, subject="cell", value="0 1/h", reason="the well loses parts of cells, the tissue whole ones")
        for name in ("max_death_rate", "basal_death_rate")
    )
    arena = scenario.arena.model_copy(update={"volume": 1e-5 * cells, "capacity": 4.0 * cells})
    return scenario.model_copy(
        update={"populations": kept, "arms": (), "comparison": None, "arena": arena, "parameters": overrides}
    )


def one_voxel(scenario, catalog, network_step: float, relative: float, lanes: dict[str, np.ndarray] | None = None) -> Tissue:
    """A tissue of one voxel with the cells, the fluid and the dose of a well.

    lanes  population -> biomass of each of its cells; default: a growing culture's, scaled to the count of the scenario
    """
    networks = {one.id: cell_network(scenario, catalog, one.id)[0] for one in scenario.populations}
    volume = scenario.arena.volume
    side = (volume * 1e12) ** (1.0 / 3.0)
    grid = Grid((1, 1, 1), side)
    names = next(iter(networks.values())).medium
    types = [CellType(name, 2000.0, interior=network) for name, network in networks.items()]
    slabs = Slabs(1)
    tissue = Tissue(
        grid, types, Cells(), Pace(0.4, network_step, 1.0), 1, slabs, None, SteadyFields(grid, threads=1),
        SharedMedium(grid, names, {name: Medium(0.0) for name in names}, 1.0, 1),
        {index: Contents(network, slabs, relative, 1e-3 * relative) for index, network in enumerate(networks.values())},
        crowding=scenario.arena.capacity / volume,
    )  # fmt: skip
    for index, one in enumerate(scenario.populations):
        if lanes is not None:
            place(tissue, index, np.full((3, len(lanes[one.id])), 0.5 * side), lanes[one.id])
            continue
        count = int(one.count)
        place(tissue, index, np.full((3, count), 0.5 * side))
        contents = tissue.contents[index]
        scale = one.count / contents.row(contents.interior.cells).sum()
        contents.amounts[: len(contents.interior.network.pools), :count] *= scale
        tissue.cells.biomass[tissue.of_type(index)] *= scale
    for event in build(scenario, catalog).events():
        assert event.time == 0.0
        for pool, amount in event.add.items():
            tissue.medium.amounts[names.index(pool)] += float(amount)
    return tissue


def run(tissue: Tissue, hours: float = HOURS) -> dict[str, float]:
    """Advance; gives the amount of every pool in all cells, the medium and on the exchanges."""
    before = balance(tissue)
    for _ in range(round(hours / tissue.pace.life)):
        step(tissue)
    for element, amount in balance(tissue).items():
        assert abs(amount - before[element]) <= 1e-12 * max(abs(before[element]), 1.0), element
    found: dict[str, float] = {}
    for contents in tissue.contents.values():
        for pool in contents.interior.network.pools.values():
            if pool.id not in tissue.medium.names:
                found[pool.id] = found.get(pool.id, 0.0) + float(contents.row(pool.id).sum())
    for name, amounts in zip(tissue.medium.names, tissue.medium.amounts, strict=True):
        found[name] = float(amounts.sum())
    return found


def differences(found: dict[str, float], expected: dict[str, float]) -> dict[str, float]:
    return {name: abs(found[name] - amount) / abs(amount) for name, amount in expected.items() if amount != 0.0}


def wells_amounts(scenario, catalog) -> dict[str, float]:
    model = build(scenario, catalog)
    end = culture(model, [0.0, HOURS], relative=1e-10)
    return {name: float(end.amount(name)[-1, 0]) for name in model.network.pools}


def test_one_population_in_one_voxel_is_the_well(catalog):
    scenario = immortal(("recipient",), 40)
    expected = wells_amounts(scenario, catalog)
    tissue = one_voxel(scenario, catalog, 0.1, 1e-6)
    found = run(tissue)
    assert tissue.born > 3  # divisions share everything and change no total
    assert set(expected) <= set(found)
    off = differences(found, expected)
    assert len(off) > 15
    assert max(off.values()) < 1e-6, max(off, key=off.get)
    assert all(found[name] == 0.0 for name, amount in expected.items() if amount == 0.0)


def test_antibodies_and_decoys_in_one_voxel_are_the_well(catalog):
    """The bundled decoys with cells that bear the antibody alive; complement is what its share of a well's would be."""
    scenario, count = load_scenario("rituximab_decoy"), 40
    arena = scenario.arena.model_copy(update={"volume": 5e-6 * count, "capacity": 4.0 * count})
    immortal_ = {
        "complement_death_rate": ("antibody", "0 1/h"), "basal_death_rate": ("cell", "0 1/h"),
        "max_death_rate": ("cell", "0 1/h"),
        "complement_volume": ("antibody", f"{5e-6 * count} mL"),  # the well that complement_capacity is now of
    }  # fmt: skip
    overrides = tuple(
        ParameterOverride(name=name, subject=subject, value=value, reason="as above")
        for name, (subject, value) in immortal_.items()
    )
    populations = tuple(one.model_copy(update={"count": float(count)}) for one in scenario.populations)
    changed = {"populations": populations, "arms": (), "comparison": None, "arena": arena, "parameters": overrides}
    scenario = scenario.model_copy(update=changed)
    model = build(scenario, catalog)
    end = culture(model, [0.0, HOURS], relative=1e-10)
    expected = {name: float(end.amount(name)[-1, 0]) for name in model.network.pools}
    tissue = one_voxel(scenario, catalog, 0.1, 1e-6)
    found = run(tissue)
    off = differences(found, expected)
    assert {"target.surface_rituximab", "medium.vesicles_decoy.antibody_rituximab", "degraded.drug_rituximab"} <= set(off)
    assert max(off.values()) < 1e-6, max(off, key=off.get)
    # Complement of the place: that of the well, with what vesicles use of it.
    used = sum(amount for name, amount in expected.items() if name.startswith("medium.") and name.endswith(".antibody_rituximab"))
    with in_place(tissue):
        left = tissue.contents[0].read(["medium.complement_rituximab"])[0]
    assert left == pytest.approx(2.0 / (2.0 + used), rel=1e-6) and left.max() < 1.0


def test_two_populations_meet_the_well_as_the_network_step_shrinks(catalog):
    scenario = immortal(("recipient", "donor"), 20)
    expected = wells_amounts(scenario, catalog)
    ends = [run(one_voxel(scenario, catalog, step_, 1e-7)) for step_ in (0.1, 0.05, 0.025)]
    scale = {name: amount for name, amount in expected.items() if amount != 0.0}
    errors = [max(differences(end, expected).values()) for end in ends]
    assert errors[0] > 1e-6  # cells of two types feel each other's changes only after a network step
    for coarse, fine in itertools.pairwise(errors):
        assert coarse / fine == pytest.approx(2.0, rel=0.15)
    for name, amount in scale.items():
        first, second, third = (end[name] for end in ends)
        limit = (first - 6.0 * second + 8.0 * third) / 3.0  # takes away the terms of first and second order
        assert abs(limit - amount) < 1e-6 * abs(amount), name


def test_cells_that_differ_need_as_many_bins_as_their_spread_asks_for(catalog):
    """Cells whose pump content varies, against bins that stand for their mean: one bin is the well (see above), many are the cells.

    The drug that pumps keep out is not linear in their number, so that the mean cell is not the mean of the cells.
    """
    scenario = immortal(("recipient",), 64)
    pumps = np.exp(1.2 * np.array([NormalDist().inv_cdf((number + 0.5) / 64) for number in range(64)]))
    ends = {}
    for bins in (64, 1, 2, 4, 8, 16):
        tissue = one_voxel(scenario, catalog, 0.1, 1e-6, {"recipient": np.full(bins, 64.0 / bins)})
        tissue.cells.divide_at[:] = np.inf
        tissue.contents[0].row(ABCB1)[:] *= 40.0 * pumps.reshape(bins, -1).mean(axis=1)
        ends[bins] = run(tissue, 4.0)["recipient.cytosol_doxorubicin"]
    exact = ends.pop(64)
    errors = [abs(end - exact) / exact for end in ends.values()]
    assert errors[0] > 1e-3
    assert all(later < 0.7 * before for before, later in itertools.pairwise(errors)), errors
    assert errors[-1] < 0.1 * errors[0], errors


def crowd(catalog, count: int, life: float) -> Tissue:
    """Thousands of cells in one voxel, each with another amount of pumps."""
    scenario = immortal(("recipient",), count)
    tissue = one_voxel(scenario, catalog, life, 1e-3, {"recipient": np.ones(count)})
    tissue.pace = Pace(life, life, 1.0)
    rng = np.random.default_rng(8)
    tissue.contents[0].row(ABCB1)[:] = rng.lognormal(np.log(1e4), 0.5, count)
    return tissue


def test_meetings_keep_the_mean_and_bring_the_variance_down_as_the_moments_say(catalog):
    tissue = crowd(catalog, 40_000, 0.02)
    meetings = Meetings(0, ABCB1, rate=0.5, fraction=0.3)
    amount = tissue.contents[0].row(ABCB1)
    mean, variance = amount.mean(), amount.var()
    count = 0
    for _ in range(100):
        count += meet(tissue, meetings)
        tissue.interval += 1
    assert amount.mean() == pytest.approx(mean, rel=1e-12)
    # exp(-4 tau f (1 - f) t) with tau 0.5, f 0.3, t 2
    assert amount.var() / variance == pytest.approx(0.4317, rel=0.01)
    assert count == pytest.approx(0.5 * 40_000 * 2.0, rel=0.03)  # pairs per cell and time


def test_meetings_stay_within_their_voxel_and_nothing_moves_without_a_rate(catalog):
    tissue = crowd(catalog, 500, 0.1)
    amount = tissue.contents[0].row(ABCB1)
    before = amount.copy()
    assert meet(tissue, Meetings(0, ABCB1, rate=0.0, fraction=0.3)) == 0
    np.testing.assert_array_equal(amount, before)
    side = tissue.grid.spacing
    tissue.grid = Grid((2, 1, 1), side)
    tissue.cells.position[0, :200] = 1.5 * side
    left, right = amount[:200].sum(), amount[200:].sum()
    assert meet(tissue, Meetings(0, ABCB1, rate=20.0, fraction=1.0)) > 100
    assert amount[:200].sum() == pytest.approx(left, rel=1e-12)
    assert amount[200:].sum() == pytest.approx(right, rel=1e-12)
    assert not np.array_equal(amount, before)
    np.testing.assert_allclose(np.sort(amount), np.sort(before), rtol=1e-9)  # with f = 1 cells swap


@pytest.mark.parametrize(("rate", "fraction"), [(-1.0, 0.3), (float("nan"), 0.3), (0.5, 1.2), (0.5, float("nan"))])
def test_impossible_meetings_are_refused(rate, fraction):
    with pytest.raises(InputError):
        Meetings(0, ABCB1, rate=rate, fraction=fraction)
