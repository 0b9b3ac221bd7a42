"""Matrix: slows cells, hinders by size, is laid down and degraded by the book."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.core.errors import InputError
from exoresist.numerics.grid import Dirichlet, Faces, Grid
from exoresist.tissue.checkpoint import load, save
from exoresist.tissue.life import breathe
from exoresist.tissue.matrix import Hindered, Matrix
from exoresist.tissue.motion import move
from exoresist.tissue.run import balance, state_hash, step
from exoresist.tissue.surroundings import Medium, SharedMedium

SHAPE = (6, 6, 6)


def matrix(density=0.0, **numbers):
    return Matrix(np.broadcast_to(density, SHAPE), **{"most": 0.3, "half": 0.05, "fibre": 0.02, **numbers})


def test_without_matrix_nothing_changes(inhabited):
    hashes = []
    for extra in ((), (matrix(),)):
        tissue = inhabited(extra=extra)
        for _ in range(2):
            step(tissue)
        tissue.extra = ()
        hashes.append(state_hash(tissue))
    assert hashes[0] == hashes[1]


def test_cells_move_in_proportion_to_their_mobility(inhabited):
    moved = []
    for density in (0.0, 0.05, 0.3):
        tissue = inhabited(extra=(matrix(density),))
        tissue.cells.position *= 0.8
        tissue.cells.crawl[0] = 30.0
        before = tissue.cells.position.copy()
        breathe(tissue)
        move(tissue)
        moved.append(np.abs(tissue.cells.position - before).mean())
    assert moved[0] > 1.2 * moved[1] > 1.44 * moved[2] > 0.0
    np.testing.assert_allclose(tissue.cells.mobility, 1.0 / 7.0)


def test_mobility_is_that_of_the_cells_own_voxel(inhabited):
    density = np.zeros(SHAPE)
    density[:, :, 3:] = 0.05
    tissue = inhabited(extra=(matrix(density),))
    breathe(tissue)
    np.testing.assert_allclose(tissue.cells.mobility, np.where(tissue.cells.position[0] >= 0.0, 0.5, 1.0))


def test_a_map_of_one_value_spreads_as_the_number(inhabited):
    """The same equations by the other solver."""
    ends = []
    for speed in (4e5, np.full((6, 6, 6), 4e5)):
        medium = SharedMedium(Grid((6, 6, 6), 20.0), ("a",), {"a": Medium(speed, Faces(x_minus=Dirichlet(3.0)))}, 0.3, 1)
        medium.amounts[0, 2, 3, 1] = 5.0
        medium.spread(0.01, 0.001)
        ends.append((medium.amounts.copy(), medium.entered.copy()))
        assert medium.amounts.sum() == pytest.approx(5.0 + medium.entered[0], rel=1e-12)
    np.testing.assert_allclose(ends[0][0], ends[1][0], rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(ends[0][1], ends[1][1], rtol=1e-10)


def test_pools_of_one_map_are_stepped_together_and_a_wall_holds(inhabited):
    speed = np.full((6, 6, 6), 4e3)
    speed[:, :, 3] = 0.0
    medium = SharedMedium(
        Grid((6, 6, 6), 20.0), ("a", "b", "c"), {"a": Medium(speed), "b": Medium(4e5), "c": Medium(speed)}, 0.3, 1
    )
    assert [group.rows for group in medium._groups] == [[0, 2], [1]]
    medium.amounts[:, :, :, 0] = 1.0
    medium.spread(1.0, 0.01)
    assert np.all(medium.amounts[0, :, :, 4:] == 0.0) and np.all(medium.amounts[1, :, :, 4:] > 0.0)
    np.testing.assert_allclose(medium.amounts.sum(axis=(1, 2, 3)), 36.0, rtol=1e-12)


def test_larger_vesicles_and_denser_matrix_hinder_more(inhabited):
    left = {}
    for density in (0.0, 0.02, 0.1):
        for radius in (0.0, 0.05, 0.1):
            tissue = inhabited(extra=(matrix(density, hindered={"medium.vesicles": Hindered(2e4, radius)}),))
            tissue.medium.amounts[1, 3, 3, 3] = 1.0
            breathe(tissue)
            tissue.medium.spread(0.02, 0.005)
            left[density, radius] = tissue.medium.amounts[1, 3, 3, 3]
            assert tissue.medium.amounts[1].sum() == pytest.approx(1.0, rel=1e-12)
    assert left[0.0, 0.0] == left[0.0, 0.1] < left[0.02, 0.0] < left[0.02, 0.05] < left[0.02, 0.1] < left[0.1, 0.1] < 1.0


def test_deposition_fills_up_and_degradation_empties_exactly(inhabited):
    tissue = inhabited(count=1, eaters=0)
    voxel, filled = tissue.voxels()[0], 2000.0 * tissue.cells.biomass[0] / 8000.0
    laying = matrix(0.1, deposit={0: 0.6}, degrade={0: 1.5})
    for _ in range(20):
        laying(tissue)
    both = (0.6 / 0.3 + 1.5) * filled
    rest = 0.6 * filled / both
    assert laying.density.reshape(-1)[voxel] == pytest.approx(rest + (0.1 - rest) * np.exp(-2.0 * both), rel=1e-12)
    others = np.delete(laying.density.reshape(-1), voxel)
    np.testing.assert_array_equal(others, 0.1)
    for _ in range(600):
        laying(tissue)
    assert laying.density.reshape(-1)[voxel] == pytest.approx(rest, rel=1e-9)
    never_more = matrix(0.1, deposit={0: 1e3})
    for _ in range(30):
        never_more(tissue)
    assert never_more.density.max() == pytest.approx(0.3, rel=1e-9)


def test_fibres_are_booked(inhabited):
    tissue = inhabited()
    tissue.medium.amounts[1] = 100.0
    part = matrix(0.1, deposit={1: 0.4}, degrade={0: 0.3}, proteases={"medium.vesicles": 1e-9})
    before = part.total(tissue)
    for _ in range(25):
        part(tissue)
    assert part.deposited > 0.0 and part.degraded > 0.0
    assert part.total(tissue) - before == pytest.approx(part.deposited - part.degraded, abs=1e-9 * before)
    assert np.all((part.density >= 0.0) & (part.density <= 0.3))


def test_vesicles_degrade_where_they_are(inhabited):
    tissue = inhabited()
    tissue.medium.amounts[1, 0, 0, 0] = 2.0 * tissue.medium.voxel_ml
    part = matrix(0.2, proteases={"medium.vesicles": 1.5})
    part(tissue)
    assert part.density[0, 0, 0] == pytest.approx(0.2 * np.exp(-0.3), rel=1e-12)
    assert np.all(part.density.reshape(-1)[1:] == 0.2)


def test_same_bits_on_any_number_of_threads_and_after_a_stop(inhabited, tmp_path):
    def make(threads):
        part = matrix(0.02, deposit={1: 0.4}, degrade={0: 0.3}, hindered={"medium.vesicles": Hindered(2e4, 0.05)})
        return inhabited(threads=threads, extra=(part,))

    hashes = []
    for threads in (1, 2, 4):
        tissue = make(threads)
        before = balance(tissue)
        for number in range(6):
            if number == 3 and threads == 1:
                save(tissue, tmp_path, "model")
            step(tissue)
        hashes.append(state_hash(tissue))
        assert balance(tissue)["vesicle"] == pytest.approx(before["vesicle"], abs=1e-9 * tissue.medium.amounts[1].sum())
        tissue.slabs.close()
    assert len(set(hashes)) == 1
    again = make(1)
    load(again, tmp_path, "model")
    for _ in range(3):
        step(again)
    assert state_hash(again) == hashes[0] and again.extra[0].deposited == tissue.extra[0].deposited > 0.0


@pytest.mark.parametrize(
    "make",
    [
        lambda: matrix(0.4), lambda: matrix(-0.1), lambda: matrix(most=1.0), lambda: matrix(half=0.0), lambda: matrix(fibre=0.0),
        lambda: matrix(deposit={0: -1.0}), lambda: matrix(np.nan), lambda: Hindered(-1.0, 0.1), lambda: Hindered(1.0, np.inf),
    ],
)  # fmt: skip
def test_impossible_matrix_is_refused(make):
    with pytest.raises(InputError):
        make()


def test_matrix_of_another_grid_and_unknown_pools_are_refused(inhabited):
    part = Matrix(np.zeros((2, 2, 2)), 0.3, 0.1, 0.02)
    with pytest.raises(InputError, match="shape"):
        part.supply(inhabited(), {}, {})
    with pytest.raises(InputError, match=r"medium\.vesicles"):
        matrix(proteases={"medium.vesicle": 1.0})(inhabited())
    with pytest.raises(InputError, match=r"medium\.vesicles"):
        matrix(hindered={"medium.vesicle": Hindered(1.0, 0.1)}).supply(inhabited(), {}, {})
