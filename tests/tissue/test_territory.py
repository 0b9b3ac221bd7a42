"""Rooms that cells drink from where voxels are smaller than cells: shares, books, no mixing, no dependence on the voxel."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exoresist.numerics.grid import Grid
from exoresist.tissue.run import balance, state_hash, step
from exoresist.tissue.surroundings import Lent, Medium, SharedMedium, _returned
from exoresist.tissue.territory import room, territory

FINE = Grid((12, 12, 12), 10.0, (-60.0, -60.0, -60.0))


@given(
    st.lists(st.tuples(*[st.floats(-60.0, 60.0)] * 3), min_size=1, max_size=20), st.floats(10.1, 40.0), st.sampled_from([1, 12])
)  # fmt: skip
def test_shares_add_up_and_lie_around_the_cell(places, edge, depth):
    grid = Grid((12, 12, depth), 10.0, (-60.0, -60.0, -60.0))
    position = np.array(places).T
    if depth == 1:
        position[2] = -55.0
    found = territory(grid, position, np.full(len(places), edge))
    np.testing.assert_allclose(found.weight.sum(axis=0), 1.0, rtol=1e-12)
    assert np.all(found.weight >= 0.0) and found.voxel.min() >= 0 and found.voxel.max() < grid.voxels
    centre = np.stack([found.voxel % 12, found.voxel // 12 % 12, found.voxel // 144]) * 10.0 - 55.0
    away = np.abs(centre - position[:, None]).max(axis=0)
    assert np.all(away[found.weight > 0.0] <= 0.5 * edge + 5.0 + 1e-9)
    inside = np.all(np.abs(position[: 2 + (depth > 1)]) < 60.0 - 0.5 * edge, axis=0)
    middle = (found.weight * centre).sum(axis=1)[0]
    if depth > 1:  # the mean place of whole rooms is within a voxel of the cell
        assert np.all(np.abs(middle - position[0])[inside] <= 5.0 + 1e-9)


def test_larger_voxels_hold_the_whole_cell():
    assert territory(Grid((6, 6, 6), 20.0), np.ones((3, 4)), np.full(4, room(2000.0))) is None
    mixed = territory(FINE, np.full((3, 2), 1.0), np.array([5.0, 15.0]))
    assert sorted(mixed.weight[:, 0])[-1] == 1.0 and (mixed.weight[:, 1] > 0.0).sum() == 8


def test_what_goes_back_is_what_is_left():
    rng = np.random.default_rng(1)
    portions, share = rng.random((5, 7)), rng.random((5, 7))
    left = portions.sum(axis=0) * rng.uniform(0.0, 2.0, 7)
    back = _returned(portions, share, left)
    np.testing.assert_allclose(back.sum(axis=0), left, rtol=1e-13)
    assert np.all(back >= 0.0)
    np.testing.assert_allclose(_returned(portions, share, portions.sum(axis=0)), portions, rtol=1e-15)


def test_nothing_is_mixed_where_nothing_is_taken():
    medium = SharedMedium(FINE, ("medium.drug",), {"medium.drug": Medium(0.0)}, 0.25, 1)
    medium.amounts[0] = np.random.default_rng(2).random(FINE.array_shape)
    before = medium.amounts.copy()
    rooms = territory(FINE, np.array([[0.0, 3.0], [0.0, 4.0], [0.0, -2.0]]), np.full(2, 15.0))
    total = rooms.laid(np.ones(2), FINE.voxels)
    share = np.divide(rooms.weight, total[rooms.voxel], out=np.zeros_like(rooms.weight), where=total[rooms.voxel] > 0.0)
    contents = SimpleNamespace(medium=np.array([0]), amounts=np.zeros((1, 2)), varying=np.zeros((1, 2)), count=2)
    lent = [Lent(contents, rooms.voxel, share)]
    medium.lend(lent[0])
    # All fluid of the voxels that they reach is theirs, and no more.
    assert contents.varying[0].sum() == pytest.approx(medium.voxel_ml * (total > 0.0).sum())
    assert contents.amounts.sum() == pytest.approx(before.reshape(-1)[total > 0.0].sum())
    medium.take_back(lent, total > 0.0)
    np.testing.assert_allclose(medium.amounts, before, rtol=1e-13)


def fine(inhabited, threads=1):
    """The small inhabited tissue on voxels smaller than its cells."""
    tissue = inhabited(threads=threads)
    names = tissue.medium.names
    tissue.grid = FINE
    tissue.medium = SharedMedium(FINE, names, {"medium.drug": Medium(4e5), "medium.vesicles": Medium(2e3)}, 0.3, threads)
    tissue.medium.amounts[0] = 1e-9
    return tissue


def test_books_close_and_threads_change_no_bit(inhabited):
    hashes = set()
    for threads in (1, 2, 4):
        tissue = fine(inhabited, threads)
        before = balance(tissue)
        for _ in range(3):
            step(tissue)
        after = balance(tissue)
        for element, amount in after.items():
            assert amount == pytest.approx(before[element], rel=1e-10, abs=1e-12)
        hashes.add(state_hash(tissue))
    assert len(hashes) == 1


def test_uptake_hardly_depends_on_voxels_smaller_than_cells(inhabited):
    held = []
    for coarse in (True, False):
        tissue = fine(inhabited)
        if coarse:
            tissue = inhabited()
            tissue.medium.amounts[0] = 8e-9
        step(tissue)
        held.append(
            sum(one.row(f"{name}.drug").sum() for one, name in zip(tissue.contents.values(), ("one", "eater"), strict=True))
        )
    assert held[1] == pytest.approx(held[0], rel=0.15)
    alone = fine(inhabited)
    alone.types = tuple(type(one)(**{**vars(one), "volume": 300.0}) for one in alone.types)  # each drinks from one voxel
    step(alone)
    one = sum(each.row(f"{name}.drug").sum() for each, name in zip(alone.contents.values(), ("one", "eater"), strict=True))
    assert one < 0.8 * held[1]
