"""Does the ledger close on every bundled dish, with metabolism, and with targets that vesicles bring? Prints the gap of each.

    python verification/ledgers.py [DRAWS]

The first run compiles the kernels of all laws with their slopes, which takes minutes. Exit code 1 if a gap is 1e-8 or more.

Last run: 2026-11-20, largest gap 4.5e-9 (docs/attribution.md).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.reader import bundled_scenarios, load_scenario, scenario_from_dict
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.ledger import ledger

CLOSE = 1e-8


def world(line: str, donor: str, **changes: Any) -> Scenario:
    """Recipients beside as many donors for two days."""
    return scenario_from_dict(
        {
            "schema": "exoresist/1",
            "name": "world",
            "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "60000 cell"},
            "populations": [
                {"id": "recipient", "cell_line": line, "count": "3000 cell"},
                {"id": "donor", "cell_line": donor, "count": "3000 cell"},
            ],
            "duration": "48 h",
            "assay": {"kind": "time_course", "population": "recipient"},
            **changes,
        }
    )


def scenarios() -> Iterator[tuple[str, Scenario]]:
    for name, path in bundled_scenarios().items():
        for arm, one in expand_arms(load_scenario(path)):
            if one.drugs and one.arena.kind in ("well", "transwell") and one.assay.kind != "cohort":
                yield f"{name} / {arm.id}", one
    doxorubicin = [{"id": "doxorubicin", "dose": "100 nM"}]
    fed = {"cargo": ["ABCB1"], "drugs": doxorubicin, "metabolism": {"glucose": "5 mM"}}
    yield "with metabolism", world("mcf7_sensitive", "mcf7_resistant", **fed)
    brought = {"cargo": ["EGFR_T790M_carried"], "drugs": [{"id": "gefitinib", "dose": "300 nM"}]}
    yield "bypass, and a target that vesicles bring", world("lung_egfr_met_bypass", "lung_egfr_t790m", **brought)


def main() -> int:
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    catalog, worst = Catalog.load(), 0.0
    for name, scenario in scenarios():
        began = time.perf_counter()
        found = ledger(scenario, catalog, Ensemble(draws, 3))
        worst = max(worst, found.gap)
        if name == "fibroblasts_paclitaxel / with_fibroblasts" and found.total(origin="induced") < 0.99 * found.total(
            part="trait"
        ):
            print(f"{name}: what fibroblasts do to the tumour's nodes is not told as induced")
            return 1
        print(f"{name:55s} gap {found.gap:.1e}  {len(found.rows):3d} lines  {time.perf_counter() - began:6.1f} s", flush=True)
    print(f"largest gap {worst:.1e}")
    return int(worst >= CLOSE)


if __name__ == "__main__":
    sys.exit(main())
