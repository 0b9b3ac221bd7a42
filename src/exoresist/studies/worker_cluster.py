"""Tasks on a Dask cluster: one made on this machine, or one whose scheduler has an address."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from exoresist.core.errors import InputError
from exoresist.numerics.slabs import threads
from exoresist.studies.kept import Plain, code_hash
from exoresist.studies.workers import EXCEEDED, Outcome, Task, Workers, attempt, environment

LOCAL = "local"
_CLIENTS: dict[tuple[object, ...], tuple[Any, ExitStack]] = {}
_CALLS = 0  # a key of Dask stands for one result for ever; every call has keys of its own
PATIENCE = 20.0  # s until a scheduler must have answered


def on_cluster(function: Callable[..., Plain], tasks: Sequence[Task], workers: Workers) -> Iterator[tuple[Task, Outcome]]:
    """Each task with its outcome, as they are finished.

    Raises InputError where Dask is not installed or no scheduler answers at the address.
    """
    try:
        from distributed import KilledWorker, as_completed
    except ImportError:
        raise InputError(
            f"--cluster {workers.cluster} needs Dask, which is not installed",
            "an installation with the extra [hpc]",
            "Run: python -m pip install 'exoresist[hpc]'",
        ) from None
    client = _client(workers, len(tasks))
    variables = environment(workers.processes(len(tasks))) if workers.cluster == LOCAL else {}
    futures: dict[Any, Task] = {}
    global _CALLS
    _CALLS += 1
    for task in tasks:
        name = f"exoresist-{os.getpid()}-{_CALLS}-{task.key}"
        futures[client.submit(_work, function, task.arguments, code_hash(), variables, key=name, pure=False)] = task
    try:
        for future in as_completed(list(futures)):
            error = future.exception()
            if error is None:
                outcome: Outcome = tuple(future.result())
            elif isinstance(error, KilledWorker | MemoryError):
                outcome = EXCEEDED, "Its worker was stopped by the cluster. "
            else:
                raise InputError(
                    f"the cluster could not run '{futures[future].key}': {type(error).__name__}: {error}",
                    "workers with the same exoresist and its libraries",
                    "Look at the logs of the workers",
                )
            yield futures[future], outcome
    finally:
        client.cancel(list(futures), force=True)


def _work(function: Callable[..., Plain], arguments: tuple[Any, ...], code: str, variables: dict[str, str]) -> Outcome:
    os.environ.update(variables)
    return attempt(function, arguments, code)


def _client(workers: Workers, tasks: int) -> Any:
    """A connection to the cluster, made once and used again until the program ends."""
    kind = (workers.cluster, workers.count, workers.memory, *sys.path)
    if kind not in _CLIENTS or _CLIENTS[kind][0].status != "running":
        stack = ExitStack()
        _CLIENTS[kind] = _connected(workers, tasks, stack), stack
    return _CLIENTS[kind][0]


def close_clients() -> None:
    """End every connection, and the clusters of this machine."""
    while _CLIENTS:
        _CLIENTS.popitem()[1][1].close()


def _connected(workers: Workers, tasks: int, stack: ExitStack) -> Any:
    import dask
    from distributed import Client, LocalCluster

    stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": 0, "distributed.worker.daemon": True}))
    if workers.cluster == LOCAL:
        count = workers.processes(max(tasks, workers.count or threads()))
        limit: Any = 0 if workers.memory is None else int(workers.memory / count)
        cluster = stack.enter_context(
            LocalCluster(
                n_workers=count, threads_per_worker=1, processes=True, memory_limit=limit, dashboard_address=None,
                silence_logs=logging.CRITICAL, env=environment(count),
            )
        )  # fmt: skip
        return stack.enter_context(Client(cluster))
    try:
        return stack.enter_context(Client(workers.cluster, timeout=PATIENCE, set_as_default=False))
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"no Dask scheduler answers at '{workers.cluster}' ({type(error).__name__})",
            "local, or the address of a running scheduler such as tcp://10.0.0.1:8786",
            "Start one with `dask scheduler`, or see docs/ensembles.md",
        ) from None


atexit.register(close_clients)
