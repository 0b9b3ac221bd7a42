"""How much an answer will compute, for progress: culture hours times parameter sets.

An upper bound where it depends on what comes out.
"""

from __future__ import annotations

from exoresist.assembly.assay import AddBack, ConditionedMedium, TimeCourse, Titration, dose_values
from exoresist.assembly.scenario import Scenario

TITRATION_DRAWS = 16  # enough for a 90 % band of a curve; the arms use all draws
FINE_DOSES = 6  # placed around each crossing, see `survival`
RECONCILING_RUNS = 24.0  # of two doses each, as found on the bundled scenarios
UNCERTAIN_ROWS = 60.0  # catalogue rows with a range in a typical model
WRITING = 0.08  # share of the whole that drawing and writing take


def doses_of(scenario: Scenario) -> int:
    """Doses per set of an arm: the assay's, the control, the time courses', and those around the crossing."""
    return len(dose_values(scenario.assay.doses)) + 1 + FINE_DOSES  # type: ignore[union-attr]


def stage_work(scenario: Scenario) -> dict[str, float]:
    """Stage -> culture hours times sets, in the order in which they are run."""
    assay, hours = scenario.assay, scenario.duration
    sets, arms = scenario.uncertainty.draws + 1.0, float(max(1, len(scenario.arms)))
    if isinstance(assay, (AddBack, TimeCourse)):
        return {"arms": arms * sets * hours}
    if not hasattr(assay, "doses"):
        return {"arms": 1.0}
    doses = doses_of(scenario)
    series = assay.per_cell if isinstance(assay, Titration) else None
    if series is None and scenario.vesicle_titration is not None:
        series = scenario.vesicle_titration.per_cell
    work = {
        "reconcile": RECONCILING_RUNS * 2.0 * sets * hours if sets > 1.0 else 0.0,
        "arms": arms * sets * (doses * hours + (assay.conditioning if isinstance(assay, ConditionedMedium) else 0.0)),
        "titration": 0.0,
        "drivers": 0.0,
    }
    if series is not None:
        work["titration"] = (series.points + 2.0) * min(sets, TITRATION_DRAWS + 1.0) * doses * hours
    if arms > 1.0 and not isinstance(assay, Titration):
        work["drivers"] = 2.0 * (1.0 + 2.0 * UNCERTAIN_ROWS) * doses * hours
    return work
