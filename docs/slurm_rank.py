"""Run one exoresist command on workers that SLURM starts.

    python docs/slurm_rank.py --partition short --jobs 8 -- ask rank mcf7_doxorubicin --results kept --out rank

Needs `pip install 'exoresist[slurm]'`. With `--local` the workers are processes of this machine, to try it out.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any


def cluster(options: argparse.Namespace) -> Any:
    """The workers: one process with one thread each."""
    if options.local:
        from distributed import LocalCluster

        return LocalCluster(n_workers=options.jobs, threads_per_worker=1, dashboard_address=None)
    from dask_jobqueue import SLURMCluster

    found = SLURMCluster(
        queue=options.partition,
        account=options.account,
        cores=1,
        processes=1,
        memory=options.memory,
        walltime=options.time,
        job_script_prologue=["export EXORESIST_THREADS=1"],
    )
    found.scale(jobs=options.jobs)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partition", help="SLURM partition")
    parser.add_argument("--account", help="SLURM account")
    parser.add_argument("--jobs", type=int, default=2, help="workers")
    parser.add_argument("--memory", default="4 GB", help="memory of each worker")
    parser.add_argument("--time", default="01:00:00", help="wall time of each worker")
    parser.add_argument("--local", action="store_true", help="processes of this machine in place of SLURM's")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="-- and the command, without `exoresist`")
    options = parser.parse_args()
    command = [word for word in options.command if word != "--"]
    if not command:
        parser.error("give a command after --, such as: -- ask rank mcf7_doxorubicin --out rank")

    from exoresist.app.main import main as exoresist

    with cluster(options) as workers:
        try:
            exoresist([*command, "--cluster", workers.scheduler_address])
        except SystemExit as stop:
            code = stop.code
    sys.exit(code)


if __name__ == "__main__":
    main()
