"""Phagocytes: rates, what moves with a body, books that balance."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.core.errors import InputError
from exoresist.tissue.cells import APOPTOTIC, LYSED, NECROTIC
from exoresist.tissue.checkpoint import load, save
from exoresist.tissue.killing import Checkpoint, Killing
from exoresist.tissue.life import bury
from exoresist.tissue.matrix import Hindered, Matrix
from exoresist.tissue.phagocytosis import Phagocytosis
from exoresist.tissue.plasma import Dose, Kinetics, Plasma
from exoresist.tissue.run import balance, state_hash, step
from exoresist.tissue.vessels import LeakyWhenYoung, Passage, Signal, Sprouting, Vessels

MOVES = {0: {"one.drug": "eater.drug", "one.eaten": "eater.eaten"}}


def with_bodies(inhabited, every=2, state=APOPTOTIC):
    """A tissue in which every second cell of type 0 is a body that holds drug and vesicles."""
    tissue = inhabited()
    tissue.contents[0].row("one.drug")[:] = 1e-7
    tissue.contents[0].row("one.eaten")[:] = 50.0
    dying = np.flatnonzero(tissue.cells.kind == 0)[::every]
    bury(tissue, dying, np.full(len(dying), state))
    return tissue


def test_without_a_rate_nothing_happens(inhabited):
    tissue = with_bodies(inhabited)
    before = state_hash(tissue)
    Phagocytosis(1, 0.0, MOVES)(tissue)
    assert state_hash(tissue) == before


def test_contents_move_to_those_who_ate_and_nothing_is_lost(inhabited):
    tissue = with_bodies(inhabited)
    before, cells = balance(tissue), len(tissue.cells)
    part = Phagocytosis(1, 1e9, MOVES)
    part(tissue)
    eaters = tissue.contents[1]
    assert 5 < part.engulfed <= 20
    assert tissue.removed == part.engulfed == cells - len(tissue.cells)
    assert np.count_nonzero(eaters.row("eater.drug")) == part.engulfed  # one body each
    assert eaters.row("eater.drug").sum() == pytest.approx(part.engulfed * 1e-7, rel=1e-12)
    assert eaters.row("eater.eaten").sum() == pytest.approx(part.engulfed * 50.0, rel=1e-12)
    assert np.all(tissue.medium.amounts == 0.0)
    after = balance(tissue)
    for element, amount in before.items():
        assert after[element] == pytest.approx(amount, rel=1e-12), element
    # Lanes and cells still know each other.
    for kind, contents in tissue.contents.items():
        living = np.flatnonzero((tissue.cells.kind == kind) & tissue.cells.living())
        np.testing.assert_array_equal(contents.owner[tissue.cells.lane[living]], living)
        np.testing.assert_array_equal(tissue.cells.lane[contents.dead_owner], np.arange(len(contents.dead_owner)))


def test_what_is_not_named_goes_where_the_body_sends_it(inhabited):
    tissue = with_bodies(inhabited)
    before = balance(tissue)
    part = Phagocytosis(1, 1e9, {0: {"one.drug": "eater.drug"}})
    part(tissue)
    assert tissue.medium.amounts[1].sum() == pytest.approx(50.0 * part.engulfed, rel=1e-12)
    assert tissue.medium.amounts[0].sum() == 0.0
    for element, amount in balance(tissue).items():
        assert amount == pytest.approx(before[element], rel=1e-12), element


def test_bodies_are_engulfed_at_the_rate(inhabited):
    eaten = []
    busy = Phagocytosis(1, 1e9)
    busy(with_bodies(inhabited, every=1))
    for number in range(40):
        tissue = with_bodies(inhabited, every=1)
        tissue.interval = number
        part = Phagocytosis(1, 2.0, MOVES)
        part(tissue)
        eaten.append(part.engulfed)
    # There are more bodies than eaters, but some eaters touch none or find theirs taken.
    expected = busy.engulfed * (1.0 - np.exp(-0.2))
    assert abs(np.mean(eaten) - expected) < 4.0 * np.sqrt(expected / 40.0)


def test_only_bodies_of_the_named_states_and_in_reach(inhabited):
    tissue = with_bodies(inhabited, state=NECROTIC)
    part = Phagocytosis(1, 1e9)
    part(tissue)
    assert part.engulfed == 0
    far = with_bodies(inhabited)
    far.cells.position[:, far.cells.kind == 1] = -59.0
    far.cells.position[0, far.cells.kind == 0] += 10.0
    far.resize()
    part(far)
    assert part.engulfed == 0


def test_burst_bodies_are_cleared_without_contents(inhabited):
    tissue = with_bodies(inhabited, state=NECROTIC)
    tissue.cells.swelling[tissue.cells.state == NECROTIC] = 2.0
    step(tissue)  # they burst
    assert np.any(tissue.cells.state == LYSED)
    before, part = balance(tissue), Phagocytosis(1, 1e9, MOVES)
    held = tissue.contents[1].row("eater.eaten").copy()
    part(tissue)
    assert part.engulfed > 0
    np.testing.assert_array_equal(tissue.contents[1].row("eater.eaten"), held)
    for element, amount in balance(tissue).items():
        assert amount == pytest.approx(before[element], rel=1e-12), element


def test_a_phagocyte_without_a_network_clears(make_tissue, free):
    tissue = make_tissue(kinds=(free(), free()), count=60)
    tissue.cells.kind[::3] = 1
    bury(tissue, np.flatnonzero(tissue.cells.kind == 0), np.full(40, APOPTOTIC))
    part = Phagocytosis(1, 1e9)
    part(tissue)
    assert part.engulfed == tissue.removed > 10


def test_books_balance_over_a_run_and_bits_are_the_same_on_any_threads_and_after_a_stop(inhabited, tmp_path):
    def make(threads):
        tissue = inhabited(threads=threads, death_rate=1.0, extra=(Phagocytosis(1, 3.0, MOVES),))
        tissue.medium.amounts[0] = 20.0 * tissue.medium.voxel_ml
        return tissue

    hashes = []
    for threads in (1, 2, 4):
        tissue = make(threads)
        before = balance(tissue)
        for number in range(8):
            if number == 4 and threads == 1:
                save(tissue, tmp_path, "model")
            step(tissue)
        hashes.append(state_hash(tissue))
        for element, amount in balance(tissue).items():
            stands = max(before[element], tissue.medium.amounts[1].sum())
            assert amount == pytest.approx(before[element], abs=1e-9 * stands), element
        tissue.slabs.close()
    assert len(set(hashes)) == 1 and tissue.extra[0].engulfed > 3
    again = make(1)
    load(again, tmp_path, "model")
    for _ in range(4):
        step(again)
    assert state_hash(again) == hashes[0] and again.extra[0].engulfed == tissue.extra[0].engulfed


def everything():
    """All parts at once: a dose through leaky vessels, matrix, killers that also clear up."""
    plasma = Plasma(Kinetics(3.0, 3.0, free=0.5, between=1.0, outer=5.0), [Dose(0.0, 300.0), Dose(0.35, 300.0, 0.2)])
    vessels = Vessels(
        np.array([[1.0, -30.0], [1.0, 5.0], [1.0, 40.0]]), 300.0, {"medium.drug": Passage(500.0, plasma.level, LeakyWhenYoung(4.0, 1.0))},
        Sprouting(Signal({"medium.vesicles": 1.0}), 1e6, 5.0, 100.0),
    )  # fmt: skip
    matrix = Matrix(
        np.full((6, 6, 6), 0.05),
        0.3,
        0.1,
        0.02,
        {"medium.vesicles": Hindered(2e4, 0.05)},
        {1: 0.2},
        {},
        {"medium.vesicles": 1e-12},
    )
    killing = Killing((1,), (0,), 2.0, Checkpoint({"medium.vesicles": 1e11}))
    return (plasma, vessels, matrix, killing, Phagocytosis(1, 3.0, MOVES))


def test_all_parts_together_keep_the_books_and_the_bits(inhabited, tmp_path):
    hashes = []
    for threads in (1, 2):
        tissue = inhabited(threads=threads, death_rate=0.1, extra=everything())
        before = balance(tissue)
        for number in range(14):
            if number == 7 and threads == 1:
                save(tissue, tmp_path, "model")
            step(tissue)
        hashes.append(state_hash(tissue))
        after = balance(tissue)
        assert after["drug"] == pytest.approx(before["drug"], abs=1e-9 * tissue.medium.supplied[0])
        assert after["vesicle"] == pytest.approx(before["vesicle"], abs=1e-9 * tissue.medium.amounts[1].sum())
        assert after["cell"] == pytest.approx(before["cell"], rel=1e-9)
        tissue.slabs.close()
    again = inhabited(extra=everything(), death_rate=0.1)
    load(again, tmp_path, "model")
    for _ in range(7):
        step(again)
    assert hashes[0] == hashes[1] == state_hash(again)
    _, vessels, matrix, killing, eating = tissue.extra
    assert len(vessels) > 2 and matrix.deposited > 0.0 and killing.killed > 3 and eating.engulfed > 1


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ({0: {"one.drugs": "eater.drug"}}, "Did you mean 'one.drug'"),
        ({0: {"one.drug": "eater.eaten"}}, "same element"),
        ({0: {"one.drug": "medium.drug"}}, "pool of the medium"),
        ({3: {"one.drug": "eater.drug"}}, "no network"),
    ],
)
def test_contents_that_cannot_move_are_refused(inhabited, contents, message):
    with pytest.raises(InputError, match=message):
        Phagocytosis(1, 1.0, contents)(inhabited())


def test_a_negative_rate_is_refused():
    with pytest.raises(InputError):
        Phagocytosis(1, -1.0)
