"""Kill a tissue run at random moments, go on from its checkpoints, and compare its end with that of a run nobody touched.

Each kill is a SIGKILL to a process that runs `studies.tissue_arm.run_arm` with `resume=True` and saves after every life step: it falls into
imports, steps, or the writing of a checkpoint, wherever the clock says. A run that reaches its end between two kills is compared and begun
anew in an empty folder. Whatever the kills, no run may refuse its folder, and every end must have the hash of the untouched run.

Run it:  python verification/kills.py --kills 20

Last result (2026-11-20, evening, seed 1, with cells' rooms and steps of diffusion as they are now): 20 kills, 6 before the first
checkpoint, 1 while a checkpoint was written; 6 ends, all with the hash of the untouched run; 175 s at load 8 (45 s of processor time).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def child(folder: Path, slow: float) -> None:
    """One run, from the start or from where the last one was killed; prints its hash."""
    from exoresist.assembly.reader import load_scenario
    from exoresist.catalog import Catalog
    from exoresist.studies import tissue_arm

    tissue_arm.SECONDS_BETWEEN_CHECKPOINTS = 0.0
    scenario = load_scenario("tumour_resistant_corner")
    space = scenario.arena.space.model_copy(update={"size": 200.0})
    populations = tuple(one.model_copy(update={"count": n}) for one, n in zip(scenario.populations, (150.0, 60.0), strict=True))
    drugs = tuple(one.model_copy(update={"at": 0.53, "until": 1.27}) for one in scenario.drugs)  # between two steps
    scenario = scenario.model_copy(
        update={
            "arena": scenario.arena.model_copy(update={"space": space}), "populations": populations, "drugs": drugs, "arms": (),
            "duration": 3.0, "every": 0.5,
        }
    )  # fmt: skip
    course = tissue_arm.run_arm(
        scenario, Catalog.load(), "base", "kills", folder, resume=True, threads=1, progress=lambda _: time.sleep(slow)
    )
    print("END", course.hash, len(course.rows), ";".join(course.warnings), flush=True)


def start(folder: Path, slow: float) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--child", str(folder), "--slow", str(slow)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> list[str]:
    """Words of a run's last line. Raises RuntimeError when it failed."""
    out, err = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"a run failed with {process.returncode}:\n{err[-2000:]}")
    return out.splitlines()[-1].split(" ", 3)[1:]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--slow", type=float, default=0.1, help="s slept after each step, so that kills fall into more of them")
    options.add_argument("--child", type=Path)
    asked = options.parse_args()
    if asked.child:
        child(asked.child, asked.slow)
        return 0
    rng = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as place:
        for name in ("cold", "whole"):  # the first may have to compile
            began = time.monotonic()
            whole = ended(start(Path(place) / name, asked.slow))
            wall = time.monotonic() - began
        print(f"untouched: {whole[0]}, {wall:.1f} s")
        folder, kills, ends, early, parts = Path(place) / "killed", 0, 0, 0, 0
        while kills < asked.kills or ends == 0:
            process = start(folder, asked.slow)
            try:
                process.wait(timeout=rng.uniform(0.0, wall) if kills < asked.kills else None)
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                process.communicate()
                kills += 1
                early += not (folder / "checkpoint.npz").exists()
                parts += len(list(folder.glob("*.part"))) if folder.exists() else 0
                continue
            end = ended(process)
            if end != whole:
                print(f"DIFFERS after {kills} kills: {end} instead of {whole}")
                return 1
            ends += 1
            shutil.rmtree(folder)
        print(f"{kills} kills, {early} before the first checkpoint, {parts} half-written files left; {ends} ends, all {whole[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
