"""Many independent tasks: in this process, on several, or on a cluster. The numbers are the same bits wherever they are made.

A task is a function at the top of a module, called with plain arguments; what it returns is made of what JSON knows (numbers that are not
finite become None), so that a result that was kept and one that was just made cannot differ.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from exoresist.core.errors import ExoresistError, InputError
from exoresist.core.memory import free_memory
from exoresist.core.progress import Progress, Silent
from exoresist.numerics.slabs import threads
from exoresist.studies.answer import plain
from exoresist.studies.kept import Kept, Plain, code_hash

LEAST = 0.6e9  # bytes that a process needs before it computes anything: Python, the compiled kernels, the catalogue
LOOK, WORTH = 2.0, 15.0  # s after which the rest is judged, and s that the rest must take here for processes to pay
Outcome = tuple[str, Any]
DONE, REFUSED, EXCEEDED, BROKEN = "done", "refused", "exceeded", "broken"


@dataclass(frozen=True)
class Task:
    """One piece of work: its name among all tasks, what the function is called with, and how much of the whole it is."""

    key: str
    arguments: tuple[Any, ...]
    work: float = 1.0


@dataclass(frozen=True)
class Workers:
    """Where tasks run; never what they give.

    count    processes at a time; None: one for each processor where the work is long enough to pay for their start
    memory   bytes that all of them may take together; None: no limit
    cluster  "": this machine; "local": a Dask cluster on this machine; else the address of a Dask scheduler
    """

    count: int | None = None
    memory: float | None = None
    cluster: str = ""

    def processes(self, tasks: int) -> int:
        """How many at a time: as asked, never more than tasks, and fewer where memory is short."""
        wanted = max(1, min(self.count or threads(), max(1, tasks)))
        return wanted if self.memory is None else max(1, min(wanted, int(self.memory // LEAST)))

    def check(self) -> None:
        """Raises InputError for a number of workers or a memory with which nothing could run."""
        if self.count is not None and self.count < 1:
            raise InputError(f"--workers {self.count}", "1 or more")
        if self.memory is not None and self.memory < LEAST:
            came = f"--memory {self.memory / 1e9:.3g} GB"
            raise InputError(came, f"{LEAST / 1e9:g} GB or more", "One worker needs that much before it computes anything")
        free = free_memory()
        if not self.cluster and self.memory is not None and free is not None and self.memory > free + LEAST:
            came = f"--memory {self.memory / 1e9:.3g} GB, of which {free / 1e9:.3g} GB are free"
            raise InputError(came, "what this machine has free", "Ask for less")


def run_tasks(
    function: Callable[..., Plain],
    tasks: Sequence[Task],
    workers: Workers | None = None,
    kept: Kept | None = None,
    report: Progress | None = None,
) -> dict[str, Plain]:
    """key -> result of every task, in the order of the tasks.

    kept    results that are there already are not made again; new ones are added as they come, so that nothing done is lost

    Raises ExoresistError, with the name of the task, for one that is refused, exceeds its memory or ends its process; what was done by
    then is kept. Ctrl-C ends all workers and is passed on.
    """
    workers, silent = workers or Workers(), report or Silent()
    workers.check()
    if len({task.key for task in tasks}) != len(tasks):
        raise ValueError("two tasks have one name")
    found = {} if kept is None else kept.read()
    left = [task for task in tasks if task.key not in found]
    silent.advance(sum(task.work for task in tasks) - sum(task.work for task in left))
    for task, outcome in _outcomes(function, left, workers):
        found[task.key] = _result(task, outcome, workers)
        if kept is not None:
            kept.keep(task.key, found[task.key])
        silent.advance(task.work)
    return {task.key: found[task.key] for task in tasks}


def _outcomes(function: Callable[..., Plain], tasks: Sequence[Task], workers: Workers) -> Iterator[tuple[Task, Outcome]]:
    if not tasks:
        return
    if workers.cluster:
        from exoresist.studies.worker_cluster import on_cluster

        yield from on_cluster(function, tasks, workers)
        return
    if workers.memory is None:
        # Here at first: processes of their own cost their start, which short runs never earn.
        began, done = time.monotonic(), 0.0
        while tasks and (
            workers.processes(len(tasks)) == 1 or not _worth_processes(time.monotonic() - began, done, tasks, workers)
        ):
            task, tasks = tasks[0], tasks[1:]
            yield task, (DONE, plain(function(*task.arguments)))
            done += task.work
        if not tasks:
            return
    count = workers.processes(len(tasks))
    from exoresist.studies.worker_processes import on_processes

    yield from on_processes(function, tasks, count, None if workers.memory is None else workers.memory / count)


def _worth_processes(elapsed: float, done: float, left: Sequence[Task], workers: Workers) -> bool:
    """Whether what is left will take so long that processes pay: asked for by number, or seen from what is done so far."""
    if workers.count is not None:
        return True
    return elapsed > LOOK and done > 0.0 and elapsed / done * sum(task.work for task in left) > WORTH


def attempt(function: Callable[..., Plain], arguments: tuple[Any, ...], code: str) -> Outcome:
    """What a worker elsewhere does with a task; faults travel as text, which every machine can read.

    code  hash of the program that asks: another version would give other numbers under the same name
    """
    if code != code_hash():
        return REFUSED, "the worker runs another version of exoresist. Install the same one on all machines."
    try:
        return DONE, plain(function(*arguments))
    except MemoryError:
        return EXCEEDED, ""
    except ExoresistError as error:
        return REFUSED, str(error)
    except Exception:
        import traceback

        return BROKEN, traceback.format_exc()


def _result(task: Task, outcome: Outcome, workers: Workers) -> Plain:
    kind, told = outcome
    if kind == DONE:
        return dict(told)
    if kind == REFUSED:
        raise ExoresistError(f"'{task.key}': {told}")
    if kind == EXCEEDED:
        limit = "" if workers.memory is None else f", {workers.memory / 1e9:.3g} GB for all workers"
        raise ExoresistError(
            f"'{task.key}' needs more memory than it may take{limit}. {told}Use fewer --workers, more --memory, or fewer draws. "
            "What is done is kept where --results was given."
        )
    raise RuntimeError(f"'{task.key}' failed in a worker:\n{told}")


def share_of_threads(count: int) -> int:
    """Threads of each of several workers on this machine."""
    return max(1, threads() // count)


def environment(count: int) -> dict[str, str]:
    """Variables of a worker among `count`: its share of the threads, for this package and for the libraries beneath."""
    share = str(share_of_threads(count))
    names = ("EXORESIST_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    cache = os.environ.get("EXORESIST_CACHE")
    return dict.fromkeys(names, share) | ({} if cache is None else {"EXORESIST_CACHE": cache})
