"""A dish turned into virtual patients: the same cells as clones of a tumour, the same drug in cycles."""

from __future__ import annotations

from typing import Any

from exoresist.assembly.reader import scenario_from_dict
from exoresist.assembly.resolve import resolved_dict
from exoresist.assembly.scenario import Scenario
from exoresist.core.errors import InputError

SAMPLE = 1_000_000  # cells of the sample, in the fluid that the bundled cohort has: 1e-9 mL for each
FLUID, ROOM = "0.001 mL", "1e9 cell"
FOLLOWED, CYCLES = "365 day", 6


def as_cohort(scenario: Scenario, patients: int) -> Scenario:
    """The scenario's dish as a cohort: its read population is the bulk of the tumour, another tumour line a resistant hundredth.

    The dose is that of the dish, over the drug's volume of distribution, in six cycles of three weeks, followed for a year; half of
    the draws, twelve at most, are worlds. Raises InputError for what no patient has: a tissue, a transwell, other cells, added vesicles.
    """
    drug = getattr(scenario.assay, "drug", None)
    if scenario.arena.kind != "well" or drug is None:
        raise InputError(
            f"--patients with a scenario whose arena is a {scenario.arena.kind} and whose assay is '{scenario.assay.kind}'",
            "a cohort, or a well with one drug that the assay names",
            "Describe the patients under `assay: {kind: cohort, ...}`, see docs/cohorts.md",
        )
    data = resolved_dict(scenario)
    data.pop("provenance", None)
    bulk = scenario.assay.population
    others = [entry for entry in scenario.populations if entry.id != bulk and entry.count > 0.0]
    if len(others) > 1 or scenario.vesicles or scenario.factors or scenario.signals:
        raise InputError(
            f"--patients with scenario '{scenario.name}', which holds more than a tumour of two clones",
            "one population that is read and at most one other, without added vesicles, factors or signals",
            "Describe the patients under `assay: {kind: cohort, ...}`, see docs/cohorts.md",
        )
    lines = {entry.id: entry.cell_line for entry in scenario.populations}
    populations: list[dict[str, Any]] = [{"id": bulk, "cell_line": lines[bulk], "count": f"{0.99 * SAMPLE:g} cell"}]
    assay: dict[str, Any] = {
        "kind": "cohort", "population": bulk, "drug": drug, "patients": patients, "healthy": max(2, patients), "cycles": CYCLES,
        "interval": "21 day", "scan_every": "42 day", "calibrate": sorted({lines[bulk]})[:2],
    }  # fmt: skip
    if others:
        populations.append({"id": others[0].id, "cell_line": lines[others[0].id], "count": f"{0.01 * SAMPLE:g} cell"})
        assay |= {"resistant": others[0].id}
    for entry in data["drugs"]:
        for name in ("until", "every", "courses", "plasma"):
            entry.pop(name, None)
    data |= {
        "arena": {"kind": "well", "volume": FLUID, "capacity": ROOM}, "populations": populations, "assay": assay, "arms": [],
        "duration": FOLLOWED, "every": "42 day", "medium_changes": [], "pulses": [], "interventions": [],
        "uncertainty": {"draws": min(12, scenario.uncertainty.draws // 2)},
    }  # fmt: skip
    for name in ("comparison", "vesicle_titration", "environment"):
        data.pop(name, None)
    return scenario_from_dict(data, f"{scenario.name} as a cohort")
