"""Fast fields that cells eat and make: laws, profiles, books, and what they do to growth, death and stress."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from exoresist.core.errors import InputError, SolverError
from exoresist.laws import tissue as laws
from exoresist.numerics.grid import Dirichlet, Faces, Field, NoFlux, Robin
from exoresist.tissue import nutrition
from exoresist.tissue.life import breathe, room_to_grow
from exoresist.tissue.nutrition import PH, Chemistry, Need, Release, Uptake
from exoresist.tissue.run import state_hash, step
from exoresist.tissue.steady_fields import SteadyField, SteadyFields

EDGE = 5e6
CHEMISTRY = Chemistry(23.8e6, 1e6, 1e6, 1.2e6, 6.1, 3.0, 1e6, 11.1e6, 0.7)


def test_limits_of_the_laws():
    assert laws.supply_share(2.0, 2.0, 5.0) == laws.supply_share(-1.0, 2.0, 5.0) == 0.0
    assert laws.supply_share(5.0, 2.0, 5.0) == laws.supply_share(9.0, 2.0, 5.0) == 1.0
    assert laws.want_hazard(3.0, 3.0, 1.0, 0.2) == 0.0 and laws.want_hazard(0.5, 3.0, 1.0, 0.2) == pytest.approx(0.2)
    assert laws.saturating_uptake(0.0, 6.0, 2.0) == 3.0
    assert laws.saturating_uptake(1e9, 6.0, 2.0) * 1e9 == pytest.approx(6.0, rel=1e-6)
    assert laws.rate_in_hypoxia(1.0, 4.0, 0.0) == 1.0 and laws.rate_in_hypoxia(1.0, 4.0, 1.0) == 4.0


def fed_tissue(make_tissue, threads=1, uptake=0.3, faces=None, oxygen=True, count=200, kinds=(), **numbers):
    """The small tissue in glucose, lactate and VEGF."""
    tissue = make_tissue(threads, count=count)
    eats = Uptake("glucose", uptake, 1e6, 1.4 * uptake, {"lactate": 1.8})
    one = replace(
        tissue.types[0], uptakes=(eats,), releases=(Release("VEGFA", 1e-10, 1e-9),),
        needs=(Need("glucose", 5e4, 8e5, 1e5, 1e4, 0.2), Need(PH, 6.6, 7.25, 6.5, 6.0, 0.2)), **numbers,
    )  # fmt: skip
    tissue.types = (one,)
    shape = tissue.grid.array_shape
    held = faces or (lambda level: Faces(*[Dirichlet(level)] * 6))
    fields = [
        *([tissue.steady.fields[0]] if oxygen else []),
        SteadyField("glucose", Field(4e5, 0.0, held(EDGE)), np.full(shape, EDGE)),
        SteadyField("lactate", Field(5e5, 0.0, held(1e6)), np.full(shape, 1e6)),
        SteadyField("VEGFA", Field(3.6e4, 0.65, held(0.0)), np.zeros(shape)),
    ]
    tissue.steady = SteadyFields(tissue.grid, fields, threads=threads)
    tissue.chemistry = CHEMISTRY
    return tissue


def test_glucose_falls_lactate_rises_and_the_books_of_both_close(make_tissue):
    tissue = fed_tissue(make_tissue)
    breathe(tissue)
    glucose, lactate, signal = (tissue.steady.find(name) for name in ("glucose", "lactate", "VEGFA"))
    middle = (5, 5, 5)
    assert 0.0 < glucose[middle] < glucose[0, 0, 0] < EDGE
    assert lactate[middle] > lactate[0, 0, 0] > 1e6 and signal[middle] > signal[0, 0, 0] > 0.0
    eaten, made, vegf = (one.balance for one in tissue.steady.fields[1:])
    assert max(eaten.residual, made.residual, vegf.residual) <= 1e-6
    # What is made is in proportion to what is taken of the same solution.
    assert made.given == pytest.approx(1.8 * eaten.taken, rel=1e-5)
    assert eaten.entered.sum() == pytest.approx(eaten.taken, rel=1e-5)
    assert -made.entered.sum() == pytest.approx(made.given, rel=1e-5)


def test_uptake_is_that_of_the_law_at_the_level_that_is_left(make_tissue):
    tissue = fed_tissue(make_tissue, oxygen=False)
    breathe(tissue)
    level = tissue.steady.find("glucose").reshape(-1)[tissue.voxels()]
    each = 0.3 * level / (1e6 + level) * tissue.cells.biomass  # pmol/h
    assert tissue.steady.fields[0].balance.taken * 1e-12 == pytest.approx(each.sum(), rel=1e-5)


def test_without_uptake_nothing_changes(make_tissue):
    tissue = fed_tissue(make_tissue, uptake=0.0)
    breathe(tissue)
    np.testing.assert_allclose(tissue.steady.find("glucose"), EDGE, rtol=1e-9)
    np.testing.assert_allclose(tissue.steady.find("lactate"), 1e6, rtol=1e-9)


def test_more_hungry_cells_leave_less(make_tissue):
    lowest = []
    for uptake in (0.1, 1.0, 10.0, 100.0):
        tissue = fed_tissue(make_tissue, uptake=uptake)
        breathe(tissue)
        lowest.append(float(tissue.steady.find("glucose").min()))
    assert lowest[0] > lowest[1] > lowest[2] > lowest[3] > 0.0


@pytest.mark.parametrize("kind", ["closed on one side", "permeable"])
def test_faces_hold_what_they_are_told(make_tissue, kind):
    def faces(level):
        held = [Dirichlet(level)] * 6
        held[0] = NoFlux() if kind == "closed on one side" else Robin(2000.0, level)
        return Faces(*held)

    tissue = fed_tissue(make_tissue, faces=faces)
    breathe(tissue)
    glucose = tissue.steady.find("glucose")
    assert glucose[5, 5, 0] < glucose[5, 5, -1]
    entered = tissue.steady.fields[1].balance.entered
    assert entered[0] == 0.0 if kind == "closed on one side" else 0.0 < entered[0] < entered[1]


def test_hunger_and_acid_slow_growth_kill_and_stress(make_tissue):
    tissue = fed_tissue(make_tissue, uptake=200.0)
    breathe(tissue)
    cells = np.arange(len(tissue.cells))
    alone = fed_tissue(make_tissue, uptake=0.0)
    breathe(alone)
    assert np.all(room_to_grow(tissue, 0, cells) <= room_to_grow(alone, 0, cells) + 1e-12)
    assert room_to_grow(tissue, 0, cells).min() < 0.5 * room_to_grow(alone, 0, cells).min()
    ph = tissue.chemistry.ph(tissue.steady.find("lactate"))
    fresh = alone.chemistry.ph(alone.steady.find("lactate"))
    assert fresh.max() == pytest.approx(fresh.min()) == pytest.approx(7.4, abs=0.02) and 6.5 < ph.min() < fresh.min() - 0.1
    found = nutrition.stresses(tissue, cells, {"acidity": 0.0, "starvation": 0.0, "hypoxia": 0.0})
    assert set(found) == {"acidity", "starvation"}
    assert found["acidity"].max() > 0.1 and np.all((found["starvation"] > 0.0) & (found["starvation"] < 1.0))
    imposed = nutrition.stresses(alone, cells, {"acidity": 0.4, "starvation": 0.0})
    np.testing.assert_allclose(imposed["acidity"], 0.4, atol=1e-6)
    assert nutrition.starving(tissue, 0, cells).max() > 0.0
    assert nutrition.starving(alone, 0, cells).max() == 0.0


def test_starved_cells_die_necrotic(make_tissue):
    tissue = fed_tissue(make_tissue, uptake=100.0, oxygen=False)
    for _ in range(30):
        step(tissue)
    assert tissue.removed + (tissue.cells.state >= 2).sum() > 5
    assert tissue.cells.biomass[tissue.cells.state == 0].size < 200


def test_hypoxic_cells_make_more_of_the_signal(make_tissue):
    rich, poor = fed_tissue(make_tissue), fed_tissue(make_tissue)
    poor.types = (replace(poor.types[0], takes={"oxygen": 1e5}),)
    for tissue in (rich, poor):
        breathe(tissue)
    assert poor.steady.find("VEGFA").max() > 2.0 * rich.steady.find("VEGFA").max() > 0.0


def test_threads_change_no_bit(make_tissue):
    hashes = set()
    for threads in (1, 2, 4):
        tissue = fed_tissue(make_tissue, threads=threads)
        for _ in range(3):
            step(tissue)
        hashes.add(state_hash(tissue))
    assert len(hashes) == 1


def test_a_field_that_does_not_settle_is_told(make_tissue, monkeypatch):
    monkeypatch.setattr(nutrition, "MOST_ROUNDS", 1)
    with pytest.raises(SolverError, match="does not settle"):
        breathe(fed_tissue(make_tissue, uptake=50.0))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Uptake("x", -1.0, 1.0, 1.0), lambda: Uptake("x", 1.0, 0.0, 1.0), lambda: Release("x", np.nan, 1.0),
        lambda: Need("x", 2.0, 1.0, 1.0, 0.5, 0.1), lambda: Need("x", 1.0, 2.0, 0.5, 1.0, 0.1),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(make):
    with pytest.raises(InputError):
        make()
