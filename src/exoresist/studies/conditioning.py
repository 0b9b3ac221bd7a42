"""Conditioned medium: donors alone in their own well, then their medium, with its vesicles, on recipients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly import soluble
from exoresist.assembly.assay import ConditionedMedium, TimeCourse
from exoresist.assembly.build import build
from exoresist.assembly.scenario import Scenario, VesicleEntry
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.progress import Progress
from exoresist.studies.ensemble import Ensemble

Array = NDArray[np.float64]
Loads = dict[str, dict[str, Array]]


def conditioned(
    scenario: Scenario, assay: ConditionedMedium, catalog: Catalog, ensemble: Ensemble, report: Progress
) -> tuple[Scenario, dict[str, Array], dict[str, Array], Loads]:
    """Condition the medium, and the scenario of the exposure that follows.

    Returns the exposure's scenario, the draws used (with the soluble factors that come along), vesicles per recipient, and
    the load of one vesicle (both over draws).
    Without donors the medium is fresh and no vesicles are added.
    """
    donors = [entry for entry in scenario.populations if entry.id == assay.donor and entry.count > 0.0]
    others = tuple(entry for entry in scenario.populations if entry.id != assay.donor)
    exposure = scenario.model_copy(update={"populations": others})
    if not donors:
        return exposure, {}, {}, {}
    reading = TimeCourse(kind="time_course", population=assay.donor)
    first = scenario.model_copy(
        update={
            "populations": tuple(donors),
            "drugs": (),
            "pulses": (),
            "responses": (),
            "vesicles": (),
            "medium_changes": (),
            "assay": reading,
        }
    )
    model = build(first, catalog)
    draws = dict(ensemble.values(model))
    run = culture(model, [0.0, assay.conditioning], values=draws, report=report)
    group = next(group for group in model.layout.classes if group.id == assay.donor)
    pool = model.layout.vesicles(model.layout.sides[0], group)
    vesicles = np.broadcast_to(run.amount(pool)[-1], (ensemble.sets,))
    recipients = next(entry for entry in others if entry.id == assay.population)
    loads: dict[str, Array] = {}
    for kind, _ in model.layout.vesicle_kinds():
        amount = np.broadcast_to(run.amount(model.layout.content(pool, kind))[-1], (ensemble.sets,))
        # Cargo per vesicle; a donor that secretes nothing leaves nothing to carry.
        loads[kind] = np.divide(amount, vesicles, out=np.zeros(ensemble.sets), where=vesicles > 0.0)
    # What the donors dissolved in the medium comes along.
    for factor in model.layout.factors:
        level = run.amount(model.layout.factor(model.layout.sides[0], factor))[-1] / scenario.arena.volume
        draws[soluble.carried(factor)] = assay.fraction * np.broadcast_to(level, (ensemble.sets,))
    entry = VesicleEntry(id=assay.donor, donor=donors[0].cell_line, per_cell="1 particle/cell", at="0 h")  # type: ignore[arg-type]
    exposure = exposure.model_copy(update={"vesicles": (*scenario.vesicles, entry)})
    return exposure, draws, {assay.donor: assay.fraction * vesicles / recipients.count}, {assay.donor: loads}
