"""Killers: rates, what holds them back, bodies that keep what they held."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.core.errors import InputError
from exoresist.tissue.cells import APOPTOTIC, LIVING
from exoresist.tissue.checkpoint import load, save
from exoresist.tissue.killing import Checkpoint, Killing
from exoresist.tissue.run import balance, state_hash, step
from exoresist.tissue.touching import touching


def test_touching_finds_exactly_the_pairs_in_reach(inhabited):
    tissue = inhabited()
    cells = tissue.cells
    one, other = touching(tissue, cells.kind == 1, cells.kind == 0)
    apart = np.sqrt(((cells.position[:, :, None] - cells.position[:, None, :]) ** 2).sum(axis=0))
    near = apart <= 1.25 * (cells.radius[:, None] + cells.radius)
    expected = np.argwhere(near & (cells.kind == 1)[:, None] & (cells.kind == 0)[None, :])
    assert sorted(zip(one.tolist(), other.tolist(), strict=True)) == [tuple(pair) for pair in expected.tolist()]
    assert len(one) > 20
    none, _ = touching(tissue, np.zeros(60, dtype=bool), cells.kind == 0)
    assert len(none) == 0


def test_each_killer_has_its_rate_to_share_out(inhabited):
    tissue = inhabited()
    killing = Killing((1,), (0,), 0.5)
    hazard = killing.hazards(tissue)
    busy = np.unique(touching(tissue, tissue.cells.kind == 1, tissue.cells.kind == 0)[0])
    assert hazard.sum() == pytest.approx(0.5 * len(busy), rel=1e-12)
    assert np.all(hazard[tissue.cells.kind == 1] == 0.0)


def test_deaths_come_at_the_hazard_and_only_to_targets_in_reach(inhabited):
    killed, expected, spread = 0, 0.0, 0.0
    for number in range(60):
        tissue = inhabited()
        tissue.interval = number
        killing = Killing((1,), (0,), 2.0)
        hazard = killing.hazards(tissue)
        killing(tissue)
        chance = 1.0 - np.exp(-0.1 * hazard)
        dead = tissue.cells.state == APOPTOTIC
        assert np.all(hazard[dead] > 0.0) and killing.killed == dead.sum()
        killed, expected, spread = killed + killing.killed, expected + chance.sum(), spread + (chance * (1.0 - chance)).sum()
    assert abs(killed - expected) < 4.0 * np.sqrt(spread)


def test_nobody_kills_without_rate_contact_or_vigour(inhabited):
    tissue = inhabited()
    assert Killing((1,), (0,), 0.0).hazards(tissue).max() == 0.0
    young = Killing((1,), (0,), 1.0, exhaustion=0.5).hazards(tissue)
    tissue.cells.age[:] = 4.0
    old = Killing((1,), (0,), 1.0, exhaustion=0.5).hazards(tissue)
    np.testing.assert_allclose(old, np.exp(-2.0) * young)
    tissue.cells.position[:, tissue.cells.kind == 1] = -59.0
    tissue.cells.position[0, tissue.cells.kind == 0] += 10.0
    tissue.resize()
    assert Killing((1,), (0,), 1.0).hazards(tissue).max() == 0.0


def test_vesicles_around_the_killer_hold_it_back(inhabited):
    tissue = inhabited()
    free = Killing((1,), (0,), 1.0).hazards(tissue)
    for level, left in ((0.0, 1.0), (1e6, 0.6), (1e14, 0.2)):
        tissue.medium.amounts[1] = level * tissue.medium.voxel_ml
        held = Killing((1,), (0,), 1.0, Checkpoint({"medium.vesicles": 1e6}, most=0.8)).hazards(tissue)
        np.testing.assert_allclose(held, left * free, rtol=1e-6)
    # One of them only, where vesicles are in its voxel only.
    tissue.medium.amounts[1] = 0.0
    killer = np.flatnonzero(tissue.cells.kind == 1)[0]
    tissue.medium.flat()[1, tissue.voxels()[killer]] = 1e30
    held = Killing((1,), (0,), 1.0, Checkpoint({"medium.vesicles": 1e6})).hazards(tissue)
    assert 0.0 < held.sum() < free.sum()


def test_a_target_with_ligand_is_spared_more(inhabited):
    tissue = inhabited()
    eaten = tissue.contents[0].row("one.eaten")
    marked = np.arange(len(eaten)) % 2 == 0
    eaten[marked] = 3.0
    free = Killing((1,), (0,), 1.0).hazards(tissue)
    held = Killing((1,), (0,), 1.0, Checkpoint({}, {0: "one.eaten"}, own_half=1.0)).hazards(tissue)
    owner = tissue.contents[0].owner[: len(eaten)]
    np.testing.assert_allclose(held[owner[marked]], 0.25 * free[owner[marked]])
    np.testing.assert_allclose(held[owner[~marked]], free[owner[~marked]])


def make(inhabited, threads=1):
    return inhabited(
        threads=threads, extra=(Killing((1,), (0,), 3.0, Checkpoint({"medium.vesicles": 1e12}), exhaustion=0.1),)
    )  # fmt: skip


def test_contents_of_the_killed_are_conserved(inhabited):
    tissue = make(inhabited)
    tissue.medium.amounts[0] = 20.0 * tissue.medium.voxel_ml
    tissue.contents[0].row("one.eaten")[:] = 7.0
    before = balance(tissue)
    held = 0.0
    for _ in range(14):
        step(tissue)
        held = max(held, tissue.contents[0].dead[tissue.contents[0].states["one.drug"]].sum())
    after = balance(tissue)
    for element in ("cell", "drug", "vesicle"):
        assert after[element] == pytest.approx(before[element], rel=1e-9), element
    assert tissue.extra[0].killed > 10 and held > 0.0 and tissue.removed > 0
    living = (tissue.cells.kind == 0) & (tissue.cells.state == LIVING)
    assert living.sum() == tissue.contents[0].count < 40


def test_same_bits_on_any_number_of_threads_and_after_a_stop(inhabited, tmp_path):
    hashes = []
    for threads in (1, 2, 4):
        tissue = make(inhabited, threads)
        for number in range(6):
            if number == 3 and threads == 1:
                save(tissue, tmp_path, "model")
            step(tissue)
        hashes.append(state_hash(tissue))
        tissue.slabs.close()
    assert len(set(hashes)) == 1
    again = make(inhabited)
    load(again, tmp_path, "model")
    for _ in range(3):
        step(again)
    assert state_hash(again) == hashes[0] and again.extra[0].killed == tissue.extra[0].killed > 0


def test_impossible_killing_is_refused(inhabited):
    for wrong in (
        lambda: Killing((1,), (0,), -1.0), lambda: Killing((1,), (0, 1), 1.0), lambda: Checkpoint({"medium.vesicles": 0.0}),
        lambda: Checkpoint({}, most=1.5), lambda: Killing((1,), (0,), 1.0, exhaustion=np.nan),
    ):  # fmt: skip
        with pytest.raises(InputError):
            wrong()
    tissue = inhabited()
    with pytest.raises(InputError, match=r"medium\.vesicle"):
        Killing((1,), (0,), 1.0, Checkpoint({"medium.vesicle": 1.0})).hazards(tissue)
    tissue.mechanics = None
    with pytest.raises(InputError, match="without mechanics"):
        Killing((1,), (0,), 1.0).hazards(tissue)
