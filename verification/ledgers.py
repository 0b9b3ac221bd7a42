"""Does the ledger close on every bundled dish and tumour, with metabolism, nodes, and targets that vesicles bring? Prints the gap of each.

    python verification/ledgers.py [DRAWS] [--dishes | --tissues] [--whole]

Bundled tumours are run for their first hours (the drug is about by then), with `--whole` to their ends. The first run of a dish compiles
the kernels of all laws with their slopes, which takes minutes; a tissue needs no kernel of its own. Exit code 1 if a gap is 1e-8 or more.

Last run: 2026-11-20, dishes: largest gap 4.5e-9 (docs/attribution.md). Tissues, same day:

    little: pumps                              7.9e-13    tumour_resistant_corner / no_delivery       6.4e-14   (8 h)
    little: a drug that drives its pump        5.2e-15    tumour_resistant_corner / vesicles          7.8e-14
    little: thin air                           2.4e-13    tumour_resistant_corner / release_blocked   3.0e-14
    little: an inhibitor sets in               1.4e-13    tumour_vascularised / untreated             2.5e-14   (26 h)
    little: metabolism                         9.6e-14    tumour_vascularised / every_three_weeks     2.4e-14
    little: a sponge, a miRNA and repair       6.7e-13    tumour_vascularised / adaptive              2.1e-14
    little: soluble factors and nodes          4.3e-16    tumour_fibroblast_shell, three arms         0         (6 h; no lines: no cargo)
    little: a target that vesicles bring       7.2e-16
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.reader import bundled_scenarios, load_scenario, scenario_from_dict
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.ledger import ledger
from exoresist.studies.ledger_result import Ledger
from exoresist.studies.tissue_ledger import tissue_ledger

CLOSE = 1e-8
HOURS = {"tumour_resistant_corner": 8.0, "tumour_vascularised": 26.0, "tumour_fibroblast_shell": 6.0}  # of those with a drug


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


def little(*populations: tuple[str, str, int], space: dict[str, Any] | None = None, **changes: Any) -> Scenario:
    """A small ball of cells of some lines for three hours."""
    return scenario_from_dict(
        {
            "schema": "exoresist/1",
            "name": "little",
            "arena": {
                "kind": "tissue",
                "space": {"size": "120 um", "network_step": "1 min", "spread_step": "6 min", **(space or {})},
            },
            "populations": [{"id": name, "cell_line": line, "count": f"{count} cell"} for name, line, count in populations],
            "duration": "3 h",
            "every": "1 h",
            "assay": {"kind": "tumour", "population": populations[0][0]},
            "seed": 3,
            **changes,
        }
    )


def tissues(whole: bool) -> Iterator[tuple[str, Scenario]]:
    pumps = (("recipient", "mcf7_sensitive", 20), ("donor", "mcf7_resistant", 10))
    alone = pumps[:1]
    fed: dict[str, Any] = {"cargo": ["ABCB1"], "drugs": [{"id": "doxorubicin", "dose": "1000 nM"}]}
    yield "little: pumps", little(*pumps, **fed)
    yield "little: a drug that drives its pump", little(*alone, **fed, responses=["doxorubicin"])
    yield "little: thin air", little(*pumps, **fed, space={"oxygen": "8 mmHg"})
    yield (
        "little: an inhibitor sets in",
        little(*pumps, **fed, interventions=[{"id": "gw4869", "concentration": "10 uM", "at": "1 h"}]),
    )
    hungry = {"network_step": "15 s"}
    yield "little: metabolism", little(*pumps, **fed, space=hungry, metabolism={"glucose": "5 mM"}, duration="1 h")
    sponge = {"cargo": ["ciRS_122"], "axes": ["cirs122_oxaliplatin_wang20"], "drugs": [{"id": "oxaliplatin", "dose": "5 uM"}]}
    yield (
        "little: a sponge, a miRNA and repair",
        little(("recipient", "sw480_sensitive", 15), ("donor", "sw480_oxaliplatin_resistant", 15), **sponge),
    )
    factors = {
        "cargo": ["miR_21"], "axes": ["mir21_paclitaxel_auyeung16"], "factors": [{"id": "IL6"}, {"id": "HGF"}],
        "signals": ["il6_stat3", "hgf_met"], "drugs": [{"id": "paclitaxel", "dose": "3 nM"}],
    }  # fmt: skip
    yield (
        "little: soluble factors and nodes",
        little(("tumour", "ovarian_cancer_line", 15), ("fibroblasts", "caf", 15), **factors),
    )
    brought = {"cargo": ["EGFR_T790M_carried"], "drugs": [{"id": "gefitinib", "dose": "300 nM"}]}
    yield (
        "little: a target that vesicles bring",
        little(("recipient", "lung_egfr_met_bypass", 15), ("donor", "lung_egfr_t790m", 15), **brought),
    )
    for name, hours in HOURS.items():
        for arm, one in expand_arms(load_scenario(bundled_scenarios()[name])):
            cut = {} if whole else {"duration": hours, "every": min(one.every, hours)}
            yield f"{name} / {arm.id}", one.model_copy(update=cut)


def main() -> int:
    asked = argparse.ArgumentParser()
    asked.add_argument("draws", nargs="?", type=int, default=6)
    for name in ("dishes", "tissues", "whole"):
        asked.add_argument(f"--{name}", action="store_true")
    chosen = asked.parse_args()
    catalog, worst = Catalog.load(), 0.0
    both = chosen.dishes == chosen.tissues

    def told(name: str, account: Callable[[], Ledger]) -> float:
        began = time.perf_counter()
        found = account()
        if name == "fibroblasts_paclitaxel / with_fibroblasts" and found.total(origin="induced") < 0.99 * found.total(
            part="trait"
        ):
            raise SystemExit(f"{name}: what fibroblasts do to the tumour's nodes is not told as induced")
        print(f"{name:55s} gap {found.gap:.1e}  {len(found.rows):3d} lines  {time.perf_counter() - began:6.1f} s", flush=True)
        return found.gap

    if both or chosen.dishes:
        for name, scenario in scenarios():
            worst = max(worst, told(name, partial(ledger, scenario, catalog, Ensemble(chosen.draws, 3))))
    if both or chosen.tissues:
        for name, scenario in tissues(chosen.whole):
            worst = max(worst, told(name, lambda one=scenario: tissue_ledger(one, catalog).ledger))
    print(f"largest gap {worst:.1e}")
    return int(worst >= CLOSE)


if __name__ == "__main__":
    sys.exit(main())
