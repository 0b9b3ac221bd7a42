"""Nothing is made or lost: vesicles, what they carry and drugs over cells, bodies, fields, exchanges and the faces of the box."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from exoresist.assembly.reader import load_scenario
from exoresist.assembly.scenario import ParameterOverride
from exoresist.catalog import Catalog
from exoresist.core.errors import SolverError
from exoresist.numerics.grid import Dirichlet, Faces, Grid
from exoresist.studies.tissue_setup import set_up
from exoresist.tissue import surroundings
from exoresist.tissue.run import balance, step
from exoresist.tissue.state import Tissue
from exoresist.tissue.surroundings import Medium, SharedMedium

ELEMENTS = {"cell", "vesicle", "cargo:ABCB1", "drug:doxorubicin"}


@pytest.fixture(scope="module")
def catalog():
    return Catalog.load()


def small(catalog, seed: int = 7, edges: str = "open", oxygen: float = 12.0, **rates: str) -> Tissue:
    """A small tumour of two clones in a box of 6 x 6 x 6 voxels; `rates` override the catalogue."""
    scenario = load_scenario("tumour_resistant_corner")
    hastened = {
        "growth_rate": "0.15 1/h", "max_death_rate": "0.6 1/h", "basal_death_rate": "0.05 1/h", "damage_threshold": "0.02 dimensionless",
        "apoptosis_time": "0.4 h", "necrosis_rate": "0.5 1/h", "necrosis_swelling": "4 1/h", "debris_loss": "5 1/h",
        "oxygen_uptake": "40000 1/h", **rates,
    }  # fmt: skip
    lines = ("mcf7_sensitive", "mcf7_resistant")
    overrides = []
    for name, value in hastened.items():
        own = [f"cell_line:{line}" for line in lines if catalog.has_parameter(name, f"cell_line:{line}")]
        overrides += [ParameterOverride(name=name, subject=subject, value=value, reason="fast") for subject in (*own, "cell")]
    changed = {"size": 120.0, "voxel": 20.0, "edges": edges, "oxygen": oxygen, "motion_step": 0.01, "network_step": 0.05}
    arena = scenario.arena.model_copy(update={"space": scenario.arena.space.model_copy(update=changed)})
    populations = tuple(
        one.model_copy(update={"count": count}) for one, count in zip(scenario.populations, (90.0, 40.0), strict=True)
    )
    return set_up(
        scenario.model_copy(update={"arena": arena, "populations": populations, "arms": (), "parameters": tuple(overrides), "seed": seed}),
        catalog, threads=1,
    ).tissue  # fmt: skip


def give(tissue: Tissue, dose: float) -> None:
    tissue.medium.hold("medium.doxorubicin", dose)
    tissue.medium.amounts[tissue.medium.names.index("medium.doxorubicin")] += dose * tissue.medium.voxel_ml


def turnover(tissue: Tissue) -> dict[str, float]:
    """Element -> largest amount that stands anywhere: what a difference is judged against."""
    found: dict[str, float] = {}
    for contents in tissue.contents.values():
        for pool in contents.interior.network.pools.values():
            if not pool.element:
                continue
            state = contents.states[pool.id]
            amount = np.abs(contents.amounts[state, : contents.count]).sum() + np.abs(contents.dead[state]).sum()
            if pool.id in tissue.medium.names:
                amount = np.abs(tissue.medium.amounts[tissue.medium.names.index(pool.id)]).sum()
            found[pool.element] = max(found.get(pool.element, 0.0), float(amount))
    return found


# A failing example is told as it was found: shrinking runs tissues for minutes.
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)  # fmt: skip
@given(
    seed=st.integers(0, 2**31 - 1), dose=st.floats(1.0, 2000.0), edges=st.sampled_from(["open", "closed"]),
    oxygen=st.floats(6.0, 40.0), hours=st.integers(8, 15),
)  # fmt: skip
def test_all_elements_are_conserved(catalog, seed, dose, edges, oxygen, hours):
    tissue = small(catalog, seed, edges, oxygen)
    give(tissue, dose)
    before = balance(tissue)
    assert set(before) >= ELEMENTS
    for _ in range(hours):
        step(tissue)
    after, size = balance(tissue), turnover(tissue)
    tissue.slabs.close()
    for element in ELEMENTS:
        assert abs(after[element] - before[element]) <= 1e-9 * max(size[element], abs(before[element])), element
    # Amounts stay amounts.
    for contents in tissue.contents.values():
        pools = contents.interior.network.pools
        for name, pool in pools.items():
            if pool.element and not pool.exchange and name not in tissue.medium.names:
                row = contents.row(name)
                assert row.min(initial=0.0) >= -1e-6 * max(row.max(initial=0.0), 1e-30), name


@pytest.mark.parametrize("edges", ["open", "closed"])
def test_all_elements_are_conserved_through_divisions_deaths_and_bursts(catalog, edges):
    tissue = small(catalog, edges=edges, oxygen=16.0)
    give(tissue, 500.0)
    before, seen = balance(tissue), set()
    for _ in range(25):
        step(tissue)
        seen |= set(tissue.cells.state.tolist())
    after, size = balance(tissue), turnover(tissue)
    for element in ELEMENTS:
        assert abs(after[element] - before[element]) <= 1e-9 * max(size[element], abs(before[element])), element
    assert seen == {0, 1, 2, 3} and tissue.born > 5 and tissue.removed > 10
    drug = tissue.medium.names.index("medium.doxorubicin")  # bodies that burst have left peaks in its field
    if edges == "open":
        assert tissue.medium.entered[drug] > 0.0  # cells take the drug up, more comes in
    else:
        assert np.all(tissue.medium.entered == 0.0)
    # Vesicles have left their makers, and some have gone where there are no cells.
    shed = tissue.medium.names.index("medium.vesicles_resistant")
    assert tissue.medium.amounts[shed].sum() > 0.0
    assert any(amount > 0.0 for amount in tissue.medium.vanished.values())
    tissue.slabs.close()


def test_a_peak_left_by_a_burst_body_spreads_without_ringing(monkeypatch):
    def peak() -> SharedMedium:
        grid = Grid((7, 7, 7), 20.0)
        medium = SharedMedium(grid, ("drug",), {"drug": Medium(3.6e5, Faces(*[Dirichlet(0.0)] * 6))}, 0.3, 1)
        medium.amounts[0] = 1e-9
        medium.amounts[0, 3, 3, 3] = 1e-6
        return medium

    medium = peak()
    before = medium.amounts.sum()
    medium.spread(0.002, 0.01)
    assert medium.amounts.min() > -0.02 * medium.amounts.max()
    assert medium.amounts.sum() - medium.entered[0] == pytest.approx(before, rel=1e-12)  # steps that were given up are not booked
    # The same in steps of the first length is refused.
    monkeypatch.setattr(surroundings, "FINER", (1,))
    medium = peak()
    with pytest.raises(SolverError, match="spread_step"):
        medium.spread(0.002, 0.01)
    assert medium.entered[0] == 0.0 and medium.amounts.sum() == before


def test_a_loss_would_be_seen(catalog):
    tissue = small(catalog)
    give(tissue, 100.0)
    before = balance(tissue)
    tissue.medium.amounts[tissue.medium.names.index("medium.doxorubicin")] *= 1.0 - 1e-6
    after = balance(tissue)
    assert abs(after["drug:doxorubicin"] / before["drug:doxorubicin"] - 1.0) > 1e-9
    tissue.slabs.close()


def test_fluid_without_cells_follows_what_events_set(catalog):
    tissue = small(catalog)
    contents, medium = tissue.contents[0], tissue.medium
    pool = medium.names.index("medium.vesicles_resistant")
    clearance = contents.compiled.parameter_index["resistant.clearance_rate"]
    nobody = np.zeros(tissue.grid.voxels, dtype=bool)
    lasting = []
    for rate in (0.3, 0.0, 0.3):
        contents.base[clearance] = rate
        medium.amounts[pool] = 10.0
        medium.rest(contents, 2.0, nobody)
        lasting.append(float(medium.amounts[pool].mean()))
    assert lasting == pytest.approx([10.0 * np.exp(-0.6), 10.0, 10.0 * np.exp(-0.6)], rel=1e-6)
