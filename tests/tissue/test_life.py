"""Growth, division, death and decay: limits, signs, books that balance."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.core.errors import InputError
from exoresist.tissue.cell_type import MEAN_AT_BIRTH
from exoresist.tissue.cells import APOPTOTIC, LIVING
from exoresist.tissue.life import live
from exoresist.tissue.run import state_hash, step
from exoresist.tissue.state import place


def test_free_cells_grow_exponentially_in_total_biomass(make_tissue, free):
    tissue = make_tissue(kinds=(free(growth_rate=0.05),), count=300)
    tissue.mechanics = None
    before = tissue.cells.biomass.sum()
    for _ in range(100):
        live(tissue)
        tissue.interval += 1
    assert tissue.cells.biomass.sum() == pytest.approx(before * np.exp(0.05 * 10.0), rel=1e-12)
    assert tissue.born > 100


def test_biomass_of_a_growing_culture_is_one_per_cell(make_tissue, free):
    tissue = make_tissue(kinds=(free(growth_rate=0.05, cycle_spread=0.1),), count=2000, spacing=8.0)
    tissue.mechanics = None
    assert tissue.cells.biomass.mean() == pytest.approx(1.0, abs=0.02)
    for _ in range(300):
        live(tissue)
        tissue.interval += 1
    assert tissue.cells.biomass.mean() == pytest.approx(1.0, abs=0.03)
    assert tissue.cells.biomass.min() > 0.6 * MEAN_AT_BIRTH


def test_deaths_come_at_their_rate_and_bodies_vanish_after_their_time(make_tissue, free):
    tissue = make_tissue(kinds=(free(death_rate=0.1),), count=5000, spacing=8.0)
    tissue.mechanics = None
    for _ in range(15):
        live(tissue)
        tissue.interval += 1
    living = int((tissue.cells.state == LIVING).sum())
    expected = 5000 * np.exp(-0.15)
    assert abs(living - expected) < 4.0 * np.sqrt(expected * 0.15)
    assert (tissue.cells.state == APOPTOTIC).sum() + living + tissue.removed == 5000
    assert tissue.removed > 0  # those of the first intervals have had their hour


def test_division_shares_biomass_and_draws_new_names(make_tissue, free):
    tissue = make_tissue(kinds=(free(growth_rate=0.2),), count=100)
    tissue.mechanics = None
    names = set(tissue.cells.lineage.tolist())
    while tissue.born == 0:
        before = tissue.cells.biomass.sum()
        live(tissue)
        tissue.interval += 1
    grown = tissue.cells.biomass.sum()
    assert grown == pytest.approx(before * np.exp(0.02), rel=1e-12)
    fresh = set(tissue.cells.lineage.tolist()) - names
    assert len(fresh) == 2 * tissue.born
    assert len(set(tissue.cells.lineage.tolist())) == len(tissue.cells)


def test_no_oxygen_kills_by_necrosis_and_debris_swells_then_shrinks(make_tissue):
    tissue = make_tissue()
    tissue.steady.fields[0].values[:] = 0.0
    tissue.steady.solve = lambda *_: None  # held without oxygen
    seen = set()
    for _ in range(60):
        live(tissue)
        tissue.interval += 1
        seen |= set(tissue.cells.state.tolist())
        assert tissue.cells.swelling.max() <= 2.1
    assert {LIVING, 2, 3} <= seen
    assert (tissue.cells.state == LIVING).mean() < 0.8
    assert tissue.cells.biomass[tissue.cells.state == LIVING].max() < 2.1 * MEAN_AT_BIRTH * 1.5


def test_crowded_cells_stop_growing(make_tissue, free):
    tissue = make_tissue(kinds=(free(growth_rate=0.05, pressure_stop=1e-6),), count=200)
    step(tissue)
    before = tissue.cells.biomass.copy()
    pressed = tissue.cells.pressure > 1e-6
    live(tissue)
    assert pressed.sum() > 100
    np.testing.assert_array_equal(tissue.cells.biomass[pressed], before[pressed])


def test_cells_that_never_grow_never_divide_however_large_they_are_put_in(make_tissue, free):
    still = make_tissue(kinds=(free(growth_rate=0.0, cycle_spread=0.3),), count=100)
    growing = make_tissue(kinds=(free(growth_rate=0.05, cycle_spread=0.3),), count=100)
    for tissue in (still, growing):
        for _ in range(3):
            live(tissue)
    assert len(still.cells) == 100 and still.born == 0
    assert growing.born > 0  # some are as large as that when they are put in


@pytest.mark.parametrize("threads", [2, 4])
def test_same_seed_same_bits_on_any_number_of_threads(make_tissue, threads):
    hashes = []
    for count in (1, threads):
        tissue = make_tissue(threads=count, count=600)
        for _ in range(8):
            step(tissue)
        hashes.append(state_hash(tissue))
        tissue.slabs.close()
    assert hashes[0] == hashes[1]


def test_another_seed_gives_another_tissue(make_tissue):
    ends = []
    for seed in (5, 6):
        tissue = make_tissue(seed=seed)
        step(tissue)
        ends.append(state_hash(tissue))
    assert ends[0] != ends[1]


@pytest.mark.parametrize(
    ("position", "biomass", "message"),
    [
        (np.full((3, 1), 500.0), np.ones(1), "outside the domain"),
        (np.zeros((3, 1)), np.zeros(1), "no volume"),
        (np.zeros((3, 1)), -np.ones(1), "no volume"),
        (np.full((3, 1), np.nan), np.ones(1), "not finite"),
    ],
)
def test_impossible_cells_are_refused(make_tissue, position, biomass, message):
    tissue = make_tissue(count=10)
    with pytest.raises(InputError, match=message):
        place(tissue, 0, position, biomass)
