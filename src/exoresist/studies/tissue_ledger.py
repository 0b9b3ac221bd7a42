"""The net ledger of an arm of a tissue: one run with central numbers, and one for each draw that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from exoresist.assembly.ledger import Line
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError, SolverError
from exoresist.core.quantity import Quantity
from exoresist.studies.cell_books import PLACE, START
from exoresist.studies.ledger import bears_text, ledger_drug, told, trait_text
from exoresist.studies.ledger_result import Ledger
from exoresist.studies.tissue_answer import quantities
from exoresist.studies.tissue_arm import ArmCourse, run_arm
from exoresist.studies.tissue_books import EVENT, TissueBooks
from exoresist.studies.tissue_ensemble import uncertain_rows, with_draw

ROUNDING = 1e-14  # of ln C*


@dataclass(frozen=True)
class TissueLedger:
    """A ledger, the draws that its intervals are over, and what to know of it."""

    ledger: Ledger
    draws: int
    warnings: tuple[str, ...] = ()


def tissue_ledger(
    scenario: Scenario,
    catalog: Catalog,
    arm: str = "base",
    threads: int | None = None,
    progress: Callable[[ArmCourse], None] | None = None,
) -> TissueLedger:
    """The net ledger of one arm, as it stands in the resolved scenario of that arm, with intervals over `uncertainty.draws`.

    Raises InputError for a scenario without a drug, ModelError for one whose trait has no closed form.
    """
    drug, count = ledger_drug(scenario, catalog), scenario.uncertainty.draws
    course = run_arm(scenario, catalog, arm, "ledger", threads=threads, progress=progress, ledger=drug)
    kept, failed, warnings = [_books(course)], 0, list[str]()
    rows = uncertain_rows(_used(course)) if count else []
    for number in range(1, count + 1):
        try:
            one = with_draw(scenario, rows, number, count)
            kept.append(_books(run_arm(one, catalog, arm, "draw", threads=threads, progress=progress, ledger=drug)))
        except (SolverError, InputError):
            failed += 1
    if failed:
        warnings.append(f"{failed} of {count} draws of the ledger could not be run and are left out.")
    for books in kept[:1]:
        if books.extinct is not None:
            warnings.append(
                f"The last cell that the ledger follows died before {books.extinct:.3g} h: it stands still from then on."
            )
    model = next(iter(course.setup.models.values()))
    names = [course.tissue.types[index].id for index in course.setup.ledgers]
    bears = bears_text(drug in model.layout.antibodies)
    return TissueLedger(_told(trait_text(drug, bears, names), kept), len(kept) - 1, tuple(warnings))


def _books(course: ArmCourse) -> TissueBooks:
    assert course.books is not None
    return course.books


def _used(course: ArmCourse) -> list[Quantity]:
    models = course.setup.models.values()
    return [row for row, _ in course.setup.used] + [row for model in models for row in quantities(model)]


def _told(trait: str, kept: list[TissueBooks]) -> Ledger:
    keys = dict.fromkeys(key for books in kept for key in books.courses[-1] if key != START)
    courses = [
        (Line(*key, ""), np.array([[totals.get(key, 0.0) for totals in books.courses] for books in kept]).T) for key in keys
    ]
    # Differences of traits: what alike cells leave of them is rounding.
    courses = [
        (line, course)
        for line, course in courses
        if not (line.part == "selection" or line.channel in (EVENT, PLACE)) or np.abs(course).max() > ROUNDING
    ]
    begun = np.array([[totals.get(START, 0.0) for totals in books.courses] for books in kept]).T
    means = np.array([books.means for books in kept]).T - begun
    return told(f"{trait}, weighted by their size", np.array(kept[0].times), means - means[0], courses)


__all__ = ["TissueLedger", "tissue_ledger"]
