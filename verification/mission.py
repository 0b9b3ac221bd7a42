"""How many of the mission's mechanisms, interventions and biomarkers are executable, and the tests that show them.

Run by hand: python verification/mission.py
Last result (2026-11-20): mechanisms 157 of 161, therapies 69 of 79, biomarkers 30 of 33 executable; 397 node ids of 209 tests,
573 cases passed in 149 s on two busy cores (`-n 2`).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from exoresist.catalog import Catalog

TABLES = ("mechanisms", "therapies", "biomarkers")


def main() -> int:
    catalog = Catalog.load()
    tests: dict[str, None] = {}
    for table in TABLES:
        rows = catalog.records(table)
        able = [row for row in rows if row.status == "executable"]
        print(f"{table}: {len(able)} of {len(rows)} executable")
        tests |= dict.fromkeys(test for row in able for test in row.shown_by)
    functions = {test.split("[")[0] for test in tests}
    print(f"{len(tests)} node ids of {len(functions)} tests show them; running these", flush=True)
    root = Path(__file__).parents[1]
    return subprocess.run([sys.executable, "-m", "pytest", "-q", *sys.argv[1:], *tests], cwd=root, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
