"""The net ledger of an arm: what each flow did to the mean trait of its cells, over draws."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.assay import ConditionedMedium
from exoresist.assembly.build import build
from exoresist.assembly.layout import INDUCED, ORIGINS, Layout
from exoresist.assembly.ledger import Accounted, Line, with_ledger
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.errors import InputError
from exoresist.core.progress import Progress, Silent
from exoresist.network import Event, Run
from exoresist.network.run import value_at
from exoresist.studies.answer import Estimate
from exoresist.studies.arms import saved_times
from exoresist.studies.conditioning import conditioned
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.estimates import estimate
from exoresist.studies.ledger_result import Ledger, LedgerRow

Array = NDArray[np.float64]
RELATIVE, ABSOLUTE = 1e-11, 1e-13  # so that lines add up to what the states say to better than 1e-8 of the change
SMALL = 1e-6  # of ln C*, or of the gross flows: the gap of a smaller change is told against this


@dataclass
class _Jumps:
    """What events by themselves do to the mean of the trait, read before and after each of them."""

    accounted: Accounted
    first: Array | None = None
    found: dict[str, list[tuple[float, Array]]] = field(default_factory=dict)

    def __call__(self, event: Event, before: tuple[Array, Array], after: tuple[Array, Array]) -> None:
        if self.first is None:
            self.first = value_at(self.accounted.network.compile(), self.accounted.mean, before[0][None], before[1])[0]
        self.found.setdefault(event.label or "event", []).append((event.time, self.accounted.happened(before, after)))

    def courses(self, times: Array) -> dict[str, Array]:
        """Label -> (T, sets) running total."""
        return {
            label: np.sum([(times >= time)[:, None] * jump for time, jump in listed], axis=0)
            for label, listed in self.found.items()
        }


def ledger(scenario: Scenario, catalog: Catalog, ensemble: Ensemble | None = None, progress: Progress | None = None) -> Ledger:
    """The net ledger of one arm, as it stands in the resolved scenario of that arm.

    ensemble  parameter sets, the central one first; None: the central set alone
    progress  told of the hours that are solved, times sets

    Raises InputError for a scenario without a drug, or one that is no dish.
    """
    if scenario.arena.kind == "tissue":
        raise InputError("the ledger of a dish was asked of a tissue", "a well, a transwell or conditioned medium")
    drug = ledger_drug(scenario, catalog)
    ensemble = ensemble or Ensemble(0, scenario.seed)
    report = progress or Silent()
    exposure, brought, per_cell, loads = scenario, dict[str, Array](), None, None
    if isinstance(scenario.assay, ConditionedMedium):
        exposure, brought, per_cell, loads = conditioned(scenario, scenario.assay, catalog, ensemble, report)
    model = build(exposure, catalog, origin_tags=True, induced_tags=True)
    accounted = with_ledger(model, drug)
    draws = {**ensemble.values(model), **brought}
    given: dict[str, float | Array] = {key: value for key, value in draws.items() if key in model.network.parameters}
    given.update(accounted.borne(given))
    jumps = _Jumps(accounted)
    times = saved_times(exposure)
    run = culture(
        accounted,
        times,
        values=given,
        per_cell=per_cell,
        loads=None if loads is None else {group: _tagged(model.layout, load) for group, load in loads.items()},
        report=report,
        relative=RELATIVE,
        absolute=ABSOLUTE,
        watch=jumps,
    )
    return _told(accounted, run, jumps, ensemble.sets)


def ledger_drug(scenario: Scenario, catalog: Catalog) -> str:
    """The drug against which a ledger's trait is told: the assay's, else the first.

    Raises InputError where there is none, or where the scenario is of many patients.
    """
    if scenario.assay.kind == "cohort":
        raise InputError(
            "the ledger of a dish was asked of a cohort", "a scenario of one dish", "Patients are answered by `ask cohort`"
        )
    named = getattr(scenario.assay, "drug", None)
    listed = [named] if named else [entry.id for entry in scenario.drugs]
    able = [name for name in listed if catalog.drug(name).mode != "pulse"]
    if not able:
        came = f"'{listed[0]}' has no concentration" if listed else f"scenario '{scenario.name}' has no drug"
        raise InputError(came, "a drug", "A ledger tells how far cells bear a drug; name one under `drugs`")
    if all(entry.id != able[0] for entry in scenario.drugs):
        raise InputError(f"the assay's drug '{able[0]}' is not under `drugs`", "an entry of `drugs`")
    return str(able[0])


def _tagged(layout: Layout, load: dict[str, Array]) -> dict[str, Array]:
    """Loads of vesicles with their cargo told apart by origin: what their makers put in is native to them."""
    cargo = {item.element for item in layout.cargo}
    return {f"{kind}_{layout.origins[0]}" if kind in cargo else kind: amount for kind, amount in load.items()}


def _told(accounted: Accounted, run: Run, jumps: _Jumps, sets: int) -> Ledger:
    times = run.times
    mean = np.broadcast_to(run.value(accounted.mean), (len(times), max(sets, run.amounts.shape[2])))
    change = mean - (mean[0] if jumps.first is None else jumps.first)
    courses: list[tuple[Line, Array]] = [(line, run.amount(line.pool)) for line in accounted.lines]
    courses += [(Line("trait", label, "event", "", ""), course) for label, course in jumps.courses(times).items()]
    bears = bears_text(accounted.drug in accounted.model.layout.antibodies)
    return told(trait_text(accounted.drug, bears, accounted.traits), times, change, courses)


def told(trait: str, times: Array, change: Array, courses: Sequence[tuple[Line, Array]]) -> Ledger:
    """The ledger that running totals make.

    trait    what is accounted for, in words
    change   (T, sets) of the mean since the start, read from the states
    courses  line -> (T, sets) what it had done by then; one column stands for all sets
    """
    listed = [(line, np.broadcast_to(course, change.shape)) for line, course in courses]
    total = np.sum([course for _, course in listed], axis=0) if listed else np.zeros_like(change)
    gross = np.sum([np.abs(course) for _, course in listed], axis=0).max(axis=0) if listed else np.zeros(change.shape[1])
    scale = np.maximum(np.abs(change).max(axis=0), SMALL * np.maximum(gross, 1.0))
    apart = np.abs(total - change).max(axis=0)
    rows = [_row(line, course) for line, course in listed if np.any(course != 0.0)]
    rows.sort(key=lambda row: -abs(row.value))
    return Ledger(trait, times, estimate(change[-1]), tuple(rows), float(np.max(apart / scale)), _by_origin(listed))


def trait_text(drug: str, bears: str, lineages: Iterable[str]) -> str:
    """The trait in words."""
    named = " and ".join(f"'{name}'" for name in lineages)
    return f"ln of the {drug} concentration that {bears}, mean over the cells of {named}"


def bears_text(antibody: bool) -> str:
    """What the concentration in a trait does to a cell, which is not the same for antibodies."""
    return (
        "holds half of a cell's antigen" if antibody else "steadily brings a cell's damage to its threshold (or a set part of it)"
    )


def _row(line: Line, course: Array) -> LedgerRow:
    whole = estimate(course[-1])
    value, low, high = (float("nan") if each is None else float(each) for each in (whole.value, whole.low, whole.high))
    return LedgerRow(line.part, line.process, line.channel, line.origin, value, low, high, course[:, 0].copy())


def _by_origin(courses: Sequence[tuple[Line, Array]]) -> dict[str, Estimate]:
    """Origin -> its net part in the change within cells, over the sum of the sizes of all origins' parts (0 where nothing changed)."""
    found: dict[str, Array] = {}
    for line, course in courses:
        if line.part == "trait":
            found[line.origin] = found.get(line.origin, 0.0) + course[-1]
    sizes = np.sum([np.abs(each) for each in found.values()], axis=0)
    order = [*(name for name in (*ORIGINS, INDUCED) if name in found), *(name for name in found if name == "")]
    return {name: estimate(np.divide(found[name], sizes, out=np.zeros_like(sizes), where=sizes > 0.0)) for name in order}
