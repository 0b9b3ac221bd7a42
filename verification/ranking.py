"""The figures of `ask rank`: time, 500 patients by 6 arms, a small tissue, the same bits from one process, two, and a Dask cluster.

python verification/ranking.py            all of it, some ten minutes on two cores
python verification/ranking.py --quick    few draws and patients
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TISSUE = """\
schema: exoresist/1
name: little_corner
arena:
  kind: tissue
  space: {size: 160 um, oxygen: 38 mmHg, network_step: 1 min, spread_step: 6 min}
populations:
  - {id: sensitive, cell_line: mcf7_sensitive, count: 60 cell}
  - {id: resistant, cell_line: mcf7_resistant, count: 25 cell, where: side}
cargo: [ABCB1]
drugs:
  - {id: doxorubicin, dose: 2 uM, at: 0.1 h}
duration: 16 h
every: 1 h
assay: {kind: tumour, population: sensitive}
seed: 3
"""
SIX_ARMS = ["--interventions", "gw4869,rab27a_knockdown,verapamil,hrs_knockdown,dynasore", "--trials", "0"]


def ask(folder: Path, *arguments: str) -> tuple[str, dict[str, object]]:
    """Seconds, of processors as well, and summary of one `ask rank` in a process of its own."""
    command = [sys.executable, "-m", "exoresist", "ask", "rank", *arguments, "--out", str(folder)]
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    told: dict[str, object] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    told.pop("timing_s")
    return f"{seconds:.0f} s, {spent:.0f} s of processors at load {os.getloadavg()[0]:.1f}", told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    small = ["--draws", "4", "--trials", "3"] if quick else ["--draws", "16", "--trials", "10"]
    failed = False
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        print(f"load {os.getloadavg()[0]:.1f}")
        seconds, told = ask(root / "normal", "mcf7_doxorubicin", *(small if quick else []))
        print(
            f"ask rank mcf7_doxorubicin: {seconds} (at most 120 asked), {len(told['interventions'])} choices, {told['verdict']}"
        )  # type: ignore[arg-type]
        patients = "40" if quick else "500"
        seconds, told = ask(root / "patients", "breast_cohort", "--patients", patients, *SIX_ARMS)
        print(f"ask rank breast_cohort, {patients} patients x {len(told['interventions'])} arms: {seconds} (at most 300 asked)")  # type: ignore[arg-type]
        (root / "tissue.yaml").write_text(TISSUE, encoding="utf-8")
        draws = "1" if quick else "3"
        named = ["--interventions", "verapamil,gw4869"] if quick else []
        seconds, told = ask(root / "tissue", str(root / "tissue.yaml"), "--draws", draws, *named)
        print(f"ask rank of a tissue of 85 cells for 16 h: {seconds}, {told['best']}, {told['verdict']}")
        found = {}
        for name, how in {
            "one process": ["--workers", "1"], "two processes": ["--workers", "2"], "Dask": ["--workers", "2", "--cluster", "local"],
        }.items():  # fmt: skip
            seconds, found[name] = ask(root / name, "mcf7_doxorubicin", *small, *how)
            draws = (root / name / "tables" / "draws.csv").read_bytes()
            same = found[name] == found["one process"] and draws == (root / "one process" / "tables" / "draws.csv").read_bytes()
            failed |= not same
            print(f"{name}: {seconds}, {'same numbers, bit for bit' if same else 'OTHER NUMBERS'}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
