"""Tasks on processes of this machine: each worker takes the next task when it is ready, within a memory of its own."""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any

from exoresist.studies.kept import Plain, code_hash
from exoresist.studies.workers import BROKEN, EXCEEDED, Outcome, Task, attempt, environment

PATIENCE = 5.0  # s that a worker has to end by itself


@dataclass
class _Worker:
    process: Any
    pipe: Connection
    task: Task | None = None


# A worker's start costs seconds (Python, the compiled kernels), so those of one call serve the next; kind -> workers that wait.
_IDLE: dict[tuple[object, ...], list[_Worker]] = {}


def on_processes(
    function: Callable[..., Plain], tasks: Sequence[Task], count: int, memory: float | None
) -> Iterator[tuple[Task, Outcome]]:
    """Each task with its outcome, as they are finished.

    count   workers
    memory  bytes that each of them may take for data; None: no limit
    """
    waiting = list(reversed(tasks))
    variables = environment(count)
    kind = (count, memory, *variables.items(), *sys.path)  # a worker finds functions where it was born to look for them
    workers = [worker for worker in _IDLE.pop(kind, []) if worker.process.is_alive()]
    whole = False
    try:
        with _settings(variables):
            while len(workers) < min(count, len(tasks)):
                workers.append(_start(memory))
        for worker in workers:
            _hand(worker, function, waiting)
        while busy := [worker for worker in workers if worker.task is not None]:
            for pipe in wait([worker.pipe for worker in busy]):
                worker = next(each for each in busy if each.pipe is pipe)
                task, outcome = worker.task, _answer(worker)
                assert task is not None
                worker.task = None
                if worker.process.exitcode is None:
                    _hand(worker, function, waiting)
                yield task, outcome
        whole = True
    finally:
        if whole:
            _IDLE[kind] = workers
        else:
            _end(workers)


def end_idle() -> None:
    """End the workers that wait for the next tasks; they end by themselves when the program does."""
    while _IDLE:
        _end(_IDLE.popitem()[1])


def _start(memory: float | None) -> _Worker:
    context = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, memory), daemon=True)
    process.start()
    there.close()
    return _Worker(process, here)


def _hand(worker: _Worker, function: Callable[..., Plain], waiting: list[Task]) -> None:
    if waiting:
        worker.task = waiting.pop()
        with contextlib.suppress(BrokenPipeError):  # it has ended: reading from it tells how
            worker.pipe.send((function, worker.task.arguments, code_hash()))


def _answer(worker: _Worker) -> Outcome:
    try:
        kind, told = worker.pipe.recv()
        return kind, told
    except (EOFError, ConnectionResetError):
        worker.process.join(PATIENCE)
        code = worker.process.exitcode
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return EXCEEDED, f"Its process ended ({how}), which is how a system stops programs for which memory is too short. "


def _end(workers: Sequence[_Worker]) -> None:
    """Idle workers leave when their pipe is closed; those that still compute are stopped."""
    for worker in workers:
        worker.pipe.close()
        if worker.task is not None:
            worker.process.terminate()
    for worker in workers:
        worker.process.join(PATIENCE)
        if worker.process.exitcode is None:
            worker.process.kill()
            worker.process.join()


def _serve(pipe: Connection, memory: float | None) -> None:
    """A worker: does what comes through the pipe until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if memory is not None:
        _limit(memory)
    while True:
        try:
            asked = pipe.recv()
        except (EOFError, ConnectionResetError):
            return
        except Exception:  # a function that this process cannot import
            asked = None
            outcome: Outcome = BROKEN, traceback.format_exc()
        if asked is not None:
            outcome = attempt(*asked)
        try:
            pipe.send(outcome)
        except (BrokenPipeError, ConnectionResetError):
            return


def _limit(memory: float) -> None:
    """Refuse this process more than so many bytes of data; where the system knows no such limit, nothing is limited."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = int(memory) if most == resource.RLIM_INFINITY else min(int(memory), most)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))


@contextlib.contextmanager
def _settings(variables: Mapping[str, str]) -> Iterator[None]:
    """The environment that workers are born with; Ctrl-C goes to every process of a terminal, but only this one answers it."""
    before = {name: os.environ.get(name) for name in variables}
    resource_tracker.ensure_running()  # its start lifts the mask that is set next
    masked = hasattr(signal, "pthread_sigmask")
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masked else set()
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if masked:
            signal.pthread_sigmask(signal.SIG_SETMASK, previous)


atexit.register(end_idle)
