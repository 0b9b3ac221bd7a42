"""Tasks on workers: the same numbers wherever they run, nothing done is lost, and faults say what happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from exoresist.core.errors import ExoresistError, InputError
from exoresist.core.memory import parse_memory
from exoresist.studies.kept import Kept
from exoresist.studies.worker_processes import end_idle
from exoresist.studies.workers import LEAST, Task, Workers, run_tasks

# A module of its own: workers import it by its name.
PIECES = """
import os, time
from pathlib import Path
import numpy as np
from exoresist.core.errors import InputError
from exoresist.core.random import stream

def drawn(seed):
    return {"numbers": stream(seed, "piece").standard_normal(5), "missing": float("nan"), "process": os.getpid()}

def counted(folder, number):
    (Path(folder) / f"{number}-{os.getpid()}").touch()
    if number == 3:
        raise InputError("the third piece", "others")
    return {"number": number}

def slow(number):
    time.sleep(0.4)
    return {"number": number}

def large(gigabytes):
    return {"sum": float(np.ones(int(gigabytes * 1.25e8)).sum())}

def gone(number):
    os._exit(7)

def broken(number):
    return {"number": 1 / number}

def threads_seen(number):
    from exoresist.numerics.slabs import threads
    return {"threads": threads()}
"""


@pytest.fixture
def pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    (tmp_path / "exoresist_test_pieces.py").write_text(PIECES, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("exoresist_test_pieces", None)
    import importlib

    return importlib.import_module("exoresist_test_pieces")


def tasks(count: int) -> list[Task]:
    return [Task(f"piece {number}", (number,)) for number in range(count)]


def numbers(results: dict[str, dict[str, object]]) -> dict[str, object]:
    return {key: result["numbers"] for key, result in results.items()}


def test_processes_and_cluster_give_the_same_bits_as_this_process(pieces: ModuleType) -> None:
    here = run_tasks(pieces.drawn, tasks(5), Workers(1))
    there = run_tasks(pieces.drawn, tasks(5), Workers(2))
    cluster = run_tasks(pieces.drawn, tasks(5), Workers(2, cluster="local"))
    assert numbers(here) == numbers(there) == numbers(cluster)
    assert {result["process"] for result in here.values()} == {os.getpid()}
    assert os.getpid() not in {result["process"] for result in (*there.values(), *cluster.values())}
    assert len({result["process"] for result in there.values()}) == 2
    assert here["piece 0"]["missing"] is None  # JSON knows no NaN; a kept result and a new one must not differ


def test_kept_results_are_not_made_again_and_failures_lose_nothing(pieces: ModuleType, tmp_path: Path) -> None:
    kept, marks = Kept(tmp_path / "results" / "pieces.jsonl", "now"), tmp_path / "marks"
    marks.mkdir()
    wanted = [Task(f"piece {number}", (str(marks), number)) for number in range(6)]
    with pytest.raises(ExoresistError, match="third piece"):
        run_tasks(pieces.counted, wanted, Workers(1), kept)
    assert sorted(kept.read()) == ["piece 0", "piece 1", "piece 2"]
    rest = [task for task in wanted if task.key != "piece 3"]
    found = run_tasks(pieces.counted, rest, Workers(2), kept)
    assert [result["number"] for result in found.values()] == [0, 1, 2, 4, 5]
    assert len(list(marks.glob("0-*"))) == len(list(marks.glob("5-*"))) == 1


def test_half_a_line_and_results_made_otherwise_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    Kept(path, "before").keep("a", {"value": 1})
    kept = Kept(path, "now")
    kept.keep("b", {"value": 0.1})
    with open(path, "a", encoding="utf-8") as file:
        file.write('{"id": "c", "made_with": "now", "val')
    assert kept.read() == {"b": {"value": 0.1}}
    kept.keep("d", {"value": 2})
    assert sorted(kept.read()) == ["b", "d"]
    assert all(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.endswith("}"))
    with pytest.raises(ValueError, match="JSON"):
        kept.keep("e", {"value": float("nan")})


def test_a_task_beyond_its_memory_fails_with_a_clear_message(pieces: ModuleType) -> None:
    with pytest.raises(ExoresistError, match=r"'too much' needs more memory than it may take.*1\.5 GB.*--workers") as told:
        run_tasks(pieces.large, [Task("small", (0.01,)), Task("too much", (4.0,))], Workers(1, memory=1.5e9))
    assert "Traceback" not in str(told.value)


def test_memory_decides_how_many_run_at_a_time() -> None:
    assert Workers(8, memory=3.2 * LEAST).processes(100) == 3
    assert Workers(8).processes(2) == 2
    with pytest.raises(InputError, match=r"--memory 0\.1 GB"):
        Workers(memory=1e8).check()
    with pytest.raises(InputError, match="are free"):
        Workers(memory=1e15).check()


def test_a_worker_that_dies_is_told(pieces: ModuleType) -> None:
    with pytest.raises(ExoresistError, match=r"'piece \d'.*process ended \(exit code 7\)"):
        run_tasks(pieces.gone, tasks(2), Workers(2))


def test_a_fault_of_the_program_is_no_fault_of_the_input(pieces: ModuleType) -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        run_tasks(pieces.broken, tasks(2), Workers(2))


def test_workers_wait_for_the_next_tasks_but_not_under_another_path(pieces: ModuleType, tmp_path: Path) -> None:
    first = run_tasks(pieces.drawn, tasks(2), Workers(2))
    again = run_tasks(pieces.drawn, tasks(2), Workers(2))
    assert {one["process"] for one in first.values()} == {one["process"] for one in again.values()}
    sys.path.append(str(tmp_path / "elsewhere"))
    try:
        other = run_tasks(pieces.drawn, tasks(2), Workers(2))
    finally:
        sys.path.pop()
    assert {one["process"] for one in first.values()}.isdisjoint({one["process"] for one in other.values()})
    end_idle()


def test_a_function_that_workers_cannot_import_is_told(pieces: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [place for place in sys.path if "test_a_function_that_workers" not in place])
    with pytest.raises(RuntimeError, match="ModuleNotFoundError"):
        run_tasks(pieces.drawn, tasks(2), Workers(2))


def test_workers_share_the_threads(pieces: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXORESIST_THREADS", "4")
    assert {result["threads"] for result in run_tasks(pieces.threads_seen, tasks(3), Workers(2)).values()} == {2}
    assert os.environ["EXORESIST_THREADS"] == "4"


def test_an_address_where_nobody_answers_is_refused(pieces: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exoresist.studies.worker_cluster.PATIENCE", 0.5)
    for address in ("tcp://127.0.0.1:9", "no address"):
        with pytest.raises(InputError, match="no Dask scheduler answers"):
            run_tasks(pieces.slow, tasks(1), Workers(cluster=address))


def test_without_dask_the_message_names_the_extra(pieces: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'exoresist\[hpc\]'"):
        run_tasks(pieces.slow, tasks(1), Workers(cluster="local"))


def test_control_c_ends_the_workers_and_keeps_what_is_done(pieces: ModuleType, tmp_path: Path) -> None:
    script = tmp_path / "long_run.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "import exoresist_test_pieces as pieces\n"
        "from exoresist.studies.kept import Kept\n"
        "from exoresist.studies.workers import Task, Workers, run_tasks\n"
        "if __name__ == '__main__':\n"
        "    kept = Kept(Path(sys.argv[1]), 'now')\n"
        "    run_tasks(pieces.slow, [Task(str(number), (number,)) for number in range(200)], Workers(2), kept)\n",
        encoding="utf-8",
    )
    path = tmp_path / "kept.jsonl"
    run = subprocess.Popen(
        [sys.executable, str(script), str(path)], stderr=subprocess.PIPE, text=True, start_new_session=True,
        # A shell that started the tests in its background has made them deaf to Ctrl-C, and what they start as well.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    began = time.monotonic()
    while (not path.exists() or len(path.read_text().splitlines()) < 3) and time.monotonic() - began < 60.0:
        time.sleep(0.1)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to the whole group
    _, errors = run.communicate(timeout=90)  # a busy machine is slow to end processes
    assert run.returncode != 0 and errors.count("KeyboardInterrupt") == 1
    with pytest.raises(ProcessLookupError):  # nobody of the group is left
        for _ in range(50):  # Python's own resource tracker takes a moment to see that it is alone
            os.killpg(run.pid, 0)
            time.sleep(0.1)
    assert 3 <= len(Kept(path, "now").read()) < 200


@pytest.mark.parametrize(("text", "bytes_"), [("8 GB", 8e9), ("512MiB", 2.0**29), ("1.5 tb", 1.5e12)])
def test_memory_is_read_with_its_unit(text: str, bytes_: float) -> None:
    assert parse_memory(text, "--memory") == bytes_


@pytest.mark.parametrize("text", ["8", "much", "-1 GB", "8 GHz", ""])
def test_memory_without_a_unit_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--memory"):
        parse_memory(text, "--memory")
