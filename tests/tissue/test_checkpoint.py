"""Stop and go on: the same bits as without a stop, and no way to go on from what is damaged or belongs elsewhere."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from exoresist.assembly.reader import load_scenario
from exoresist.assembly.scenario import ParameterOverride
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.core.stopping import StoppedError
from exoresist.studies import tissue_arm
from exoresist.studies.tissue_arm import run_arm
from exoresist.studies.tissue_setup import set_up
from exoresist.tissue.checkpoint import BEFORE, NAME, PART, load, save
from exoresist.tissue.life import remove
from exoresist.tissue.run import state_hash, step
from exoresist.tissue.state import Tissue, place


@pytest.fixture(scope="module")
def catalog():
    return Catalog.load()


def tumour(seed: int = 7, at: float = 0.25, duration: float = 1.0):
    """A small tumour in which cells divide and die, and a dose that falls between two steps."""
    scenario = load_scenario("tumour_resistant_corner")
    space = scenario.arena.space.model_copy(update={"size": 160.0, "oxygen": 20.0, "motion_step": 0.01, "network_step": 0.05})
    populations = tuple(
        one.model_copy(update={"count": count}) for one, count in zip(scenario.populations, (80.0, 40.0), strict=True)
    )
    fast = {"basal_death_rate": "0.2 1/h", "apoptosis_time": "0.3 h"}
    return scenario.model_copy(
        update={
            "arena": scenario.arena.model_copy(update={"space": space}), "populations": populations, "arms": (), "seed": seed,
            "parameters": tuple(ParameterOverride(name=k, subject="cell", value=v, reason="soon") for k, v in fast.items()),
            "drugs": tuple(one.model_copy(update={"at": at, "until": at + 0.4}) for one in scenario.drugs),
            "duration": duration, "every": 0.5,
        }
    )  # fmt: skip


def made(catalog, steps: int = 0, seed: int = 7) -> Tissue:
    tissue = set_up(tumour(seed), catalog, threads=1).tissue
    tissue.medium.amounts[0] += 200.0 * tissue.medium.voxel_ml
    for _ in range(steps):
        step(tissue)
    return tissue


def test_a_tissue_goes_on_from_disk_with_the_same_bits(catalog, tmp_path):
    whole = made(catalog, 6)
    save(whole, tmp_path, "this", "a note")
    again = made(catalog)
    assert load(again, tmp_path, "this") == ("a note", [])
    assert again.time == whole.time and again.born == whole.born and again.removed == whole.removed
    for _ in range(6):
        step(whole)
        step(again)
        assert state_hash(again) == state_hash(whole)
    assert whole.removed > 0 and whole.born > 0
    np.testing.assert_array_equal(again.cells.position, whole.cells.position)
    assert again.medium.vanished == whole.medium.vanished
    np.testing.assert_array_equal(again.medium.entered, whole.medium.entered)


def test_loading_is_seen_by_the_hash(catalog):
    one, other = made(catalog, 1), made(catalog, 1)
    assert state_hash(one) == state_hash(other)
    other.contents[0].amounts[3, 0] *= 1.0 + 1e-15
    assert state_hash(one) != state_hash(other)


@pytest.mark.parametrize("fault", ["flipped", "cut", "empty"])
def test_a_damaged_checkpoint_is_told_and_the_one_before_is_taken(catalog, tmp_path, fault):
    tissue = made(catalog, 2)
    save(tissue, tmp_path, "this", "first")
    good = state_hash(tissue)
    step(tissue)
    save(tissue, tmp_path, "this", "second")
    spoil(tmp_path / NAME, fault)
    again = made(catalog)
    note, warnings = load(again, tmp_path, "this")
    assert note == "first" and state_hash(again) == good and again.interval == 2
    assert len(warnings) == 1 and "damaged" in warnings[0]
    spoil(tmp_path / BEFORE, fault)
    with pytest.raises(InputError, match="damaged"):
        load(again, tmp_path, "this")


def spoil(path: Path, fault: str) -> None:
    data = bytearray(path.read_bytes())
    if fault == "flipped":
        data[len(data) // 2] ^= 1
    path.write_bytes({"flipped": bytes(data), "cut": bytes(data[: len(data) // 2]), "empty": b""}[fault])


def test_a_checkpoint_of_another_scenario_is_refused(catalog, tmp_path):
    tissue = made(catalog, 1)
    save(tissue, tmp_path, "this")
    before = state_hash(tissue)
    with pytest.raises(InputError, match="another scenario"):
        load(tissue, tmp_path, "that")
    assert state_hash(tissue) == before
    with pytest.raises(InputError, match="no checkpoint"):
        load(tissue, tmp_path / "elsewhere", "this")


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_last_checkpoint(catalog, tmp_path, monkeypatch, call):
    tissue = made(catalog, 1)
    save(tissue, tmp_path, "this", "first")
    good, data = state_hash(tissue), (tmp_path / NAME).read_bytes()
    step(tissue)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(InputError, match="No space left"):
            save(tissue, tmp_path, "this", "second")
    assert (tmp_path / NAME).read_bytes() == data
    assert not list(tmp_path.glob("*.part"))
    again = made(catalog)
    assert load(again, tmp_path, "this") == ("first", [])
    assert state_hash(again) == good


def test_a_move_that_fails_half_way_leaves_a_checkpoint_to_go_on_from(catalog, tmp_path, monkeypatch):
    tissue = made(catalog, 1)
    save(tissue, tmp_path, "this", "first")
    good = state_hash(tissue)
    step(tissue)
    replace, calls = os.replace, []

    def second_fails(source, target) -> None:
        calls.append(target)
        if len(calls) == 2:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", second_fails)
        with pytest.raises(InputError, match="cannot write the checkpoint"):
            save(tissue, tmp_path, "this", "second")
    again = made(catalog)
    assert load(again, tmp_path, "this")[0] == "first"
    assert state_hash(again) == good
    save(tissue, tmp_path, "this", "third")
    assert load(again, tmp_path, "this")[0] == "third"
    assert (tmp_path / BEFORE).exists()


def test_what_a_killed_process_left_half_written_is_written_over(catalog, tmp_path):
    tissue = made(catalog)
    (tmp_path / PART).write_bytes(b"half")
    save(tissue, tmp_path, "this")
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert load(tissue, tmp_path, "this") == ("", [])


def test_a_folder_that_is_none_is_refused(catalog, tmp_path):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(InputError, match="cannot write the checkpoint"):
        save(made(catalog), tmp_path / "file", "this")


def end_of(catalog, scenario, folder=None, **options):
    return run_arm(scenario, catalog, "base", "this", folder, threads=1, **options)


@pytest.mark.parametrize("at", [0.2, 0.25, 0.27])  # 0.27 h lies between two steps and is given at 0.3 h
def test_an_arm_stopped_by_a_signal_ends_as_if_it_had_not_been(catalog, tmp_path, at):
    scenario = tumour(at=at)
    whole = end_of(catalog, scenario)
    handlers = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)]
    for stop_after, which in ((3, signal.SIGTERM), (1, signal.SIGINT), (3, signal.SIGTERM)):
        seen = []

        def count(_: object, seen=seen, stop_after=stop_after, which=which) -> None:
            seen.append(1)
            if len(seen) == stop_after:
                os.kill(os.getpid(), which)

        with pytest.raises(StoppedError, match="--resume") as stopped:
            end_of(catalog, scenario, tmp_path, resume=True, progress=count)
        assert stopped.value.signal == which
        assert len(seen) == stop_after
        assert [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)] == handlers
    last = end_of(catalog, scenario, tmp_path, resume=True)
    assert last.hash == whole.hash
    assert last.rows == whole.rows
    assert last.simulated_h == pytest.approx(0.3)
    assert max(last.conservation.values()) < 1e-9 and max(whole.conservation.values()) < 1e-9
    # At its end there is nothing left to do, and the answer is the same.
    assert end_of(catalog, scenario, tmp_path, resume=True).hash == whole.hash


def test_an_arm_that_broke_off_goes_on_from_its_last_checkpoint(catalog, tmp_path, monkeypatch):
    scenario = tumour()
    whole = end_of(catalog, scenario)
    monkeypatch.setattr(tissue_arm, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    seen = []

    def crash(_: float) -> None:
        seen.append(1)
        if len(seen) == 5:
            raise RuntimeError("the power failed")

    with pytest.raises(RuntimeError, match="power"):
        end_of(catalog, scenario, tmp_path, progress=crash)
    assert (tmp_path / NAME).exists() and (tmp_path / BEFORE).exists()
    spoil(tmp_path / NAME, "flipped")
    last = end_of(catalog, scenario, tmp_path, resume=True)
    assert last.hash == whole.hash and last.rows == whole.rows
    assert last.simulated_h == pytest.approx(0.7)  # from the third step, the one before the damaged one
    assert any("damaged" in warning for warning in last.warnings)


def test_an_arm_does_not_go_on_from_another_arms_checkpoint(catalog, tmp_path):
    scenario = tumour(duration=0.2)
    end_of(catalog, scenario, tmp_path)
    with pytest.raises(InputError, match="another scenario"):
        run_arm(scenario, catalog, "base", "another", tmp_path, resume=True, threads=1)


def test_founders_have_names_that_never_come_again(catalog):
    tissue = made(catalog)
    first = set(tissue.cells.lineage.tolist())
    remove(tissue, np.ones(len(tissue.cells), dtype=bool))
    place(tissue, 0, np.zeros((3, 1)))
    assert tissue.founders == len(first) + 1
    assert not first & set(tissue.cells.lineage.tolist()) and tissue.cells.clone[0] == len(first)


def test_a_second_interrupt_ends_at_once(catalog):
    def impatient(_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        end_of(catalog, tumour(), progress=impatient)


def test_the_folder_is_synced_after_the_move(catalog, tmp_path, monkeypatch):
    done = []
    whole, moved = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda number: (done.append("sync"), whole(number)))
    monkeypatch.setattr(os, "replace", lambda *names: (done.append("move"), moved(*names)))
    save(made(catalog), tmp_path, "this")
    assert done == ["sync", "move", "sync"]
