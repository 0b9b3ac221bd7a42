"""One answer to one scenario: runs what its assay asks for and gathers what the report shows."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from exoresist.assembly.assay import AddBack, Confluence, TimeCourse
from exoresist.assembly.assay import Titration as TitrationAssay
from exoresist.assembly.build import Model
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.core.progress import Progress, Silent, Stages
from exoresist.studies import balance, drivers, provenance, wording
from exoresist.studies.answer import Answer, Estimate, Row
from exoresist.studies.arms import ArmResult, run_arms, time_course_dose
from exoresist.studies.courses import course_answer
from exoresist.studies.curves import curve_rows, ic50_rows, survivor_rows
from exoresist.studies.ensemble import Ensemble, reconciled
from exoresist.studies.estimates import estimate, missing_share
from exoresist.studies.plate import PLATE_96, PLATE_384, PlateDesign, ReadoutNoise, plate_rows
from exoresist.studies.survival import ABOVE, INSIDE, ratio
from exoresist.studies.titration import (
    Titration,
    membrane_equivalents,
    secreted_per_recipient,
    titrate,
)
from exoresist.studies.workload import TITRATION_DRAWS, stage_work


def answer_scenario(scenario: Scenario, catalog: Catalog | None = None, progress: Progress | None = None) -> Answer:
    """Answer a scenario: IC50s and their shift, curves, titration, dose gap, mass balance, drivers, provenance.

    Raises InputError for names that the catalogue does not hold, SolverError with advice when a solve fails.
    """
    began = time.perf_counter()
    catalog = catalog or Catalog.load()
    assay = scenario.assay
    if isinstance(assay, Confluence):
        raise InputError(
            f"scenario '{scenario.name}' asks for assay '{assay.kind}', which compares with measured data",
            "an assay such as dose_response, co_culture or time_course",
            "Answer this one with `exoresist ask fit SCENARIO --data FOLDER`",
        )
    report = Stages(progress or Silent(), stage_work(scenario))
    if isinstance(assay, (AddBack, TimeCourse)):
        answer = course_answer(scenario, catalog, report)
    elif isinstance(assay, TitrationAssay):
        answer = _titration_only(scenario, assay, catalog, report)
    else:
        answer = _arms_answer(scenario, catalog, report)
    report.finish()
    answer.timing_s["total"] = time.perf_counter() - began  # type: ignore[index, call-overload]
    return answer


def comparison(scenario: Scenario, results: Sequence[ArmResult]) -> tuple[ArmResult, ArmResult]:
    """The arms of the named comparison; absent: the first treated arm against the reference."""
    by_id = {result.arm.id: result for result in results}
    reference = reference_of(results)
    if scenario.comparison is not None:
        return by_id[scenario.comparison.of], by_id[scenario.comparison.against]
    treated = next((result for result in results if result.arm.role == "treated"), results[-1])
    return treated, reference


def reference_of(results: Sequence[ArmResult]) -> ArmResult:
    return next((result for result in results if result.arm.role == "reference"), results[0])


def _arms_answer(scenario: Scenario, catalog: Catalog, report: Stages) -> Answer:
    work = stage_work(scenario)
    report.begin("reconcile", work["reconcile"])
    timing: dict[str, float] = {}
    clock = time.perf_counter()
    ensemble = reconciled(scenario, catalog, report)
    timing["reconcile"] = time.perf_counter() - clock
    clock = time.perf_counter()
    report.begin("arms", work["arms"])
    results = run_arms(scenario, catalog, ensemble, report)
    timing["arms"] = time.perf_counter() - clock
    of, against = comparison(scenario, results)
    reference = reference_of(results)
    shift = estimate(ratio(of.survival, against.survival))
    dose = time_course_dose(scenario)
    answer = Answer(
        name=scenario.name,
        title=scenario.title or scenario.name,
        question=scenario.question,
        arms=[_arm_row(result) for result in results],
        ic50=[row for result in results for row in ic50_rows(result)],
        ic50_shift=shift,
        shift_of=of.arm.id,
        shift_against=against.arm.id,
        shifts=[_shift_row(result, reference) for result in results],
        curves=[row for result in results for row in curve_rows(result)],
        survivors=[row for result in results for row in survivor_rows(result, dose)],
        time_course_dose=dose,
        mass_balance=[
            row for result in results for row in balance.balance_rows(result, dose, (min(24.0, scenario.duration), scenario.duration))
        ],
        seed=scenario.seed,
    )
    drug, population = of.survival.drug, scenario.assay.population
    answer.sentences.append(wording.shift_sentence(shift, _label(of), _label(against), drug, population))
    clock = time.perf_counter()
    models = [result.model for result in results]
    report.begin("titration", work["titration"])
    _titration(scenario, results, catalog, ensemble.head(TITRATION_DRAWS), report, answer)
    timing["titration"] = time.perf_counter() - clock
    for result in results:
        if result is not of and result is not reference and result.arm.role != "reference":
            own = estimate(ratio(result.survival, reference.survival))
            answer.sentences.append(wording.control_sentence(_label(result), own, _label(reference)))
    clock = time.perf_counter()
    if of is not against:
        report.begin("drivers", drivers.expected_work(of, against))
        answer.drivers.extend(drivers.driver_rows(of, against, report))
    timing["drivers"] = time.perf_counter() - clock
    _finish(answer, catalog, models, timing)
    answer.plate.extend(_plate(scenario, results))
    for result in results:
        for element, error in result.survival.conservation.items():
            answer.conservation[element] = max(error, answer.conservation.get(element, 0.0))
    _range_warnings(answer, results)
    for line, share in ensemble.left.items():
        if share > 0.0:
            answer.warnings.append(
                f"{share:.0%} of the draws contradict the measured IC50 of {line}, whatever the damage rate or pump turnover, and are left out."
            )
    _load_warnings(answer, results)
    return answer


def _plate(scenario: Scenario, results: Sequence[ArmResult]) -> list[Row]:
    """Simulated wells in the layout of a plate reader: the arms' survivors with the assay's replicates and noise."""
    assay = scenario.assay
    survivors = {
        result.arm.id: {
            float(dose): float(cells) for dose, cells in zip(result.survival.doses, result.survival.cells[0, :, -1], strict=True)
        }
        for result in results
    }
    noise = ReadoutNoise(multiplicative=assay.noise)  # type: ignore[union-attr]
    conditions = sum(len(doses) for doses in survivors.values())
    groups = [survivors] if conditions <= len(PLATE_384.wells(edge=False)) else [{arm: survivors[arm]} for arm in survivors]
    rows: list[Row] = []
    for group in groups:
        size = sum(len(doses) for doses in group.values())
        shape = PLATE_96 if size <= len(PLATE_96.wells(edge=False)) else PLATE_384
        design = PlateDesign(plate_format=shape, replicates=assay.replicates, noise=noise)  # type: ignore[union-attr]
        label = "" if len(groups) == 1 else f"{next(iter(group))} "
        dealt = plate_rows(group, assay.drug, scenario.seed, time=scenario.duration, design=design)  # type: ignore[union-attr]
        rows += [{**row, "plate": f"{label}{row['plate']}"} for row in dealt]
    return rows


def _label(result: ArmResult) -> str:
    return result.arm.label or result.arm.id


def _arm_row(result: ArmResult) -> Row:
    arm = result.arm
    return {"id": arm.id, "label": _label(result), "description": arm.description, "role": arm.role}


def _shift_row(result: ArmResult, reference: ArmResult) -> Row:
    own = estimate(ratio(result.survival, reference.survival))
    return {"arm": result.arm.id, "value": own.value, "low": own.low, "high": own.high}


def _donor_arm(results: Sequence[ArmResult]) -> tuple[ArmResult, str] | None:
    """The first arm in which donors and recipients are together, and the donors' id."""
    for result in results:
        if result.arm.role == "reference":
            continue
        ids = [population.id for population in result.model.layout.populations]
        if result.scenario.assay.population in ids and len(ids) > 1:
            return result, next(name for name in ids if name != result.scenario.assay.population)
    return None


def _titration(
    scenario: Scenario,
    results: Sequence[ArmResult],
    catalog: Catalog,
    ensemble: Ensemble,
    report: Progress,
    answer: Answer,
) -> None:
    wanted = scenario.vesicle_titration
    if wanted is None:
        return
    titration = titrate(scenario, wanted.donor, wanted.per_cell, wanted.hours, catalog, ensemble, report)
    _fill_titration(answer, titration)
    together = _donor_arm(results)
    if together is None:
        return
    result, donor = together
    available = secreted_per_recipient(result, donor, ensemble)
    _fill_gap(answer, titration, available)
    equivalents = membrane_equivalents(result.model, donor, available, ensemble)
    needed = membrane_equivalents(result.model, donor, titration.needed, ensemble)
    _fill_equivalents(answer, estimate(equivalents), estimate(needed))


def _fill_titration(answer: Answer, titration: Titration) -> None:
    for number, fold in zip(titration.per_cell, titration.fold, strict=True):
        own = estimate(fold)
        answer.titration.append({"vesicles_per_cell": float(number), "fold": own.value, "low": own.low, "high": own.high})
    answer.vesicles_needed = estimate(titration.needed, "particle/cell")


def _fill_gap(answer: Answer, titration: Titration, available: np.ndarray) -> None:
    gap = estimate(titration.needed / available)
    supply = estimate(available, "particle/cell")
    answer.vesicles_available = supply
    answer.dose_gap = gap
    needed = answer.vesicles_needed or Estimate(None)
    answer.sentences.append(wording.gap_sentence(gap, needed, supply, titration.beyond))


def _fill_equivalents(answer: Answer, available: Estimate, needed: Estimate) -> None:
    answer.donor_membrane_equivalents = available
    if needed.value is not None:
        answer.sentences.append(
            f"The vesicles secreted per recipient hold {wording.interval(available)} donor cell surfaces of membrane; half of the "
            f"effect would take {wording.interval(needed)}."
        )
    for estimate_, what in ((available, "secreted per recipient"), (needed, "needed for half of the effect")):
        if estimate_.value is not None and estimate_.value > 1.0:
            answer.warnings.append(
                f"The vesicles {what} hold {wording.show(estimate_.value)} donor surfaces of membrane per recipient: more than one "
                "donor cell has. Check secretion, enrichment and the number of donors."
            )


def _titration_only(scenario: Scenario, assay: TitrationAssay, catalog: Catalog, report: Stages) -> Answer:
    work = stage_work(scenario)
    report.begin("reconcile", work["reconcile"])
    ensemble = reconciled(scenario, catalog, report)
    report.begin("arms", work["arms"])
    results = run_arms(scenario, catalog, ensemble, report)
    report.begin("titration", work["titration"])
    titration = titrate(scenario, assay.donor, assay.per_cell, assay.hours, catalog, ensemble.head(TITRATION_DRAWS), report)
    shift = estimate(titration.fold[-1])
    answer = Answer(
        name=scenario.name,
        title=scenario.title or scenario.name,
        question=scenario.question,
        arms=[_arm_row(result) for result in results],
        ic50=[row for result in results for row in ic50_rows(result)],
        ic50_shift=shift,
        shift_of=results[-1].arm.id,
        shift_against=results[0].arm.id,
        curves=[row for result in results for row in curve_rows(result)],
        seed=scenario.seed,
    )
    _fill_titration(answer, titration)
    needed = answer.vesicles_needed or Estimate(None)
    answer.sentences.append(
        f"{wording.show(float(titration.per_cell[-1]))} vesicles per recipient give an IC50 ratio of {wording.interval(shift)}; half of "
        f"the donors' effect takes {wording.interval(needed)} vesicles per recipient."
    )
    for result in results:
        for element, error in result.survival.conservation.items():
            answer.conservation[element] = max(error, answer.conservation.get(element, 0.0))
    _finish(answer, catalog, [result.model for result in results], {})
    return answer


def _finish(answer: Answer, catalog: Catalog, models: list[Model], timing: dict[str, float]) -> None:
    """Provenance, common to every answer."""
    laid_over = models[0].catalog if models else catalog
    numbers = provenance.parameter_rows(models)
    answer.parameters.extend(numbers)
    share = provenance.assumed_share(numbers)
    answer.assumed_share = share
    answer.sentences.append(wording.assumed_sentence(share, len(numbers)))
    answer.equations.extend(provenance.equation_rows(models))
    answer.bibliography.extend(provenance.bibliography_rows(laid_over, models, numbers))
    answer.warnings.extend(provenance.idle_warnings(models))
    answer.versions.update(provenance.versions())
    answer.timing_s = timing
    answer.catalog_hash = laid_over.hash


def _range_warnings(answer: Answer, results: Sequence[ArmResult]) -> None:
    for result in results:
        status = result.survival.status
        if status[0] != INSIDE:
            side = "above" if status[0] == ABOVE else "below"
            answer.warnings.append(
                f"The IC50 of '{_label(result)}' lies {side} the doses tested; its row gives the bound. Widen `assay.doses`."
            )
        share = missing_share(ratio(result.survival, result.survival))
        if 0.0 < share and status[0] == INSIDE:
            answer.warnings.append(
                f"In {share:.0%} of the draws the IC50 of '{_label(result)}' lies outside the doses tested; those draws are left out."
            )


def _load_warnings(answer: Answer, results: Sequence[ArmResult]) -> None:
    """Loads that no vesicle or donor could bear."""
    from exoresist.studies.loads import donor_loss, vesicle_drug_fraction

    for result in results:
        fraction = vesicle_drug_fraction(result, answer.time_course_dose or 0.0)
        if fraction is not None and fraction > 0.1:
            answer.warnings.append(
                f"In '{_label(result)}' the drug makes up {fraction:.0%} of the vesicles' mass at {wording.show(answer.time_course_dose)} nM: "
                "more than the 10 % that loading reaches. Lower `vesicle_partition` or the dose."
            )
        for population, share in donor_loss(result).items():
            if share > 0.5:
                answer.warnings.append(
                    f"In '{_label(result)}' loading takes {share:.0%} of the cargo that '{population}' makes: vesicles would empty the "
                    "cell. Check `loading_enrichment` and `ilv_formation_rate`."
                )
