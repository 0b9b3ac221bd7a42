"""One answer to one scenario: runs what its assay asks for and gathers what the report shows."""

from __future__ import annotations

import time
from collections.abc import Sequence

from exoresist.assembly.assay import AddBack, Confluence, TimeCourse
from exoresist.assembly.assay import Titration as TitrationAssay
from exoresist.assembly.build import Model
from exoresist.assembly.cohort import Cohort
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.core.progress import Progress, Silent, Stages
from exoresist.studies import balance, drivers, provenance, wording
from exoresist.studies.answer import Answer, Estimate, Row
from exoresist.studies.arms import ArmResult, run_arms, time_course_dose
from exoresist.studies.cautions import add_cautions
from exoresist.studies.controls import control_sentences, delivery_off, nowhere
from exoresist.studies.courses import course_answer
from exoresist.studies.curves import curve_rows, ic50_rows, survivor_rows
from exoresist.studies.ensemble import reconciled
from exoresist.studies.estimates import estimate
from exoresist.studies.names import arm_name, cells_name
from exoresist.studies.plate import PLATE_96, PLATE_384, PlateDesign, ReadoutNoise, plate_rows
from exoresist.studies.signal_words import signal_sentence
from exoresist.studies.survival import ratio
from exoresist.studies.titration import titrate
from exoresist.studies.titration_part import add_titration, bound_sentences, fill_rows, titration_sentence
from exoresist.studies.workload import TITRATION_DRAWS, stage_work

ANTIBODY_PLACES = {
    "target": "on cells",
    "vesicles outside": "on vesicles outside",
    "vesicles inside": "in cells on vesicles",
}


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
    if isinstance(assay, Cohort):
        raise InputError(
            f"scenario '{scenario.name}' asks for assay '{assay.kind}', whose answer is about patients",
            "an assay such as dose_response, co_culture or time_course",
            "Answer this one with `exoresist ask cohort SCENARIO`",
        )
    report = Stages(progress or Silent(), stage_work(scenario))
    if isinstance(assay, (AddBack, TimeCourse)):
        answer = course_answer(scenario, catalog, report)
    elif isinstance(assay, TitrationAssay):
        answer = _titration_only(scenario, assay, catalog, report)
    else:
        answer = _arms_answer(scenario, catalog, report)
    report.finish()
    answer.timing_s["total"] = time.perf_counter() - began  # type: ignore[index]
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
    values = ratio(of.survival, against.survival)
    compared = of is not against
    shift = estimate(values) if compared else None
    dose = time_course_dose(scenario)
    answer = Answer(
        name=scenario.name,
        title=scenario.title or scenario.name,
        question=scenario.question,
        arms=[_arm_row(result) for result in results],
        ic50=[row for result in results for row in ic50_rows(result)],
        ic50_shift=shift,
        shift_of=of.arm.id if compared else "",
        shift_against=against.arm.id if compared else "",
        shifts=[_shift_row(result, reference) for result in results],
        curves=[row for result in results for row in curve_rows(result)],
        survivors=[row for result in results for row in survivor_rows(result)],
        time_course_dose=dose,
        mass_balance=[row for result in results for row in _balance_rows(result, dose, scenario.duration)],
        seed=scenario.seed,
    )
    drug = catalog.drug(of.survival.drug).name
    cells = cells_name(of.model, of.scenario.assay.population)
    off = all(delivery_off(result) for result in results)
    answer.sentences.append(
        wording.potency_sentence(answer.ic50[0], drug, cells)
        if shift is None
        else wording.shift_sentence(shift, arm_name(of.arm), arm_name(against.arm), drug, cells, nowhere(values), off)
    )
    clock = time.perf_counter()
    models = [result.model for result in results]
    report.begin("titration", work["titration"])
    add_titration(scenario, results, catalog, ensemble.head(TITRATION_DRAWS), report, answer)
    timing["titration"] = time.perf_counter() - clock
    answer.sentences += control_sentences(of, against, reference, results)
    clock = time.perf_counter()
    if compared:
        report.begin("drivers", drivers.expected_work(of, against))
        answer.drivers.extend(drivers.driver_rows(of, against, report))
    timing["drivers"] = time.perf_counter() - clock
    _finish(answer, catalog, models, timing)
    answer.plate.extend(_plate(scenario, results))
    for result in results:
        for element, error in result.survival.conservation.items():
            answer.conservation[element] = max(error, answer.conservation.get(element, 0.0))
    add_cautions(answer, results, ensemble)
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


def _arm_row(result: ArmResult) -> Row:
    arm = result.arm
    return {"id": arm.id, "label": arm_name(result.arm), "description": arm.description, "role": arm.role}


def _shift_row(result: ArmResult, reference: ArmResult) -> Row:
    own = estimate(ratio(result.survival, reference.survival))
    return {"arm": result.arm.id, "value": own.value, "low": own.low, "high": own.high}


def _balance_rows(result: ArmResult, dose: float, duration: float) -> list[Row]:
    """Where the drug is after a day and at the end; an antibody's places are named for what it sits on."""
    rows: list[Row] = balance.balance_rows(result, dose, (min(24.0, duration), duration))
    if result.survival.drug not in result.model.layout.antibodies:
        return rows
    # An antibody enters no cytosol or lysosome of the model, and binds no serum protein: these places do not exist.
    return [
        {**row, "place": ANTIBODY_PLACES.get(row["place"], row["place"])}
        for row in rows
        if row["amount"] or row["place"] not in ("cytosol", "lysosome", "serum")
    ]


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
    fill_rows(answer, titration)
    needed = answer.vesicles_needed or Estimate(None)
    answer.sentences.append(titration_sentence(titration, needed, results[0].model, assay.donor))
    answer.sentences += bound_sentences(titration, answer)
    for result in results:
        for element, error in result.survival.conservation.items():
            answer.conservation[element] = max(error, answer.conservation.get(element, 0.0))
    _finish(answer, catalog, [result.model for result in results], {})
    add_cautions(answer, results, ensemble)
    return answer


def _finish(answer: Answer, catalog: Catalog, models: list[Model], timing: dict[str, float]) -> None:
    """Provenance, common to every answer."""
    laid_over = models[0].catalog if models else catalog
    answer.sentences += [text for text in (signal_sentence(models),) if text]
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
