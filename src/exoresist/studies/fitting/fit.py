"""`ask fit` for any scenario: from a plan and its readings to the answer."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.fit_file import HeldOut
from exoresist.assembly.fit_reader import FitPlan
from exoresist.assembly.readings import Reading
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.core.progress import Progress, Silent, Stages
from exoresist.studies.fitting.baseline import Baseline, baseline
from exoresist.studies.fitting.checks import DRAWS, Predictive, checks, predictive
from exoresist.studies.fitting.climb import Summit, climb
from exoresist.studies.fitting.experiments import Group, Place, built, located
from exoresist.studies.fitting.posterior import Posterior, posterior_of
from exoresist.studies.fitting.result import GeneralFit, assembled
from exoresist.studies.fitting.sampling import Posteriors, sample
from exoresist.studies.fitting.unknowns import unknowns_of

Array = NDArray[np.float64]


def fit_readings(
    plan: FitPlan, readings: Sequence[Reading], catalog: Catalog | None = None, progress: Progress | None = None
) -> GeneralFit:
    """Fit what is not held out, sample the posterior, check it, and predict the rest, once.

    Raises InputError for readings and files that do not fit each other, SolverError where nothing can be simulated.
    """
    began = time.monotonic()
    stages = Stages(progress or Silent(), {"climb": 0.25, "sample": 0.65, "check": 0.1})
    posterior, held_out = problem(plan, readings, catalog)
    stages.begin("climb", 30.0)
    summit = climb(posterior, plan.file.seed, plan.file.starts, stages)
    stages.begin("sample")
    draws = sample(posterior, summit, plan.file.seed, stages)
    stages.begin("check")
    result = judged(plan, posterior, held_out, summit, draws)
    stages.finish()
    return result.with_timing(round(time.monotonic() - began, 2))


def problem(plan: FitPlan, readings: Sequence[Reading], catalog: Catalog | None = None) -> tuple[Posterior, tuple[Place, ...]]:
    """The posterior over the fitted readings, and the readings that are held out."""
    catalog = catalog or Catalog.load()
    if not readings:
        raise InputError("there are no readings", "one or more", "Check the table")
    wanted = {readout.id for readout in plan.file.readouts}
    used = [reading for reading in readings if reading.readout in wanted or reading.line]
    if not used:
        present = ", ".join(sorted({reading.readout for reading in readings}))
        raise InputError(f"the data hold none of the readouts {', '.join(sorted(wanted))}", present, "Rename the readouts")
    _check_held_out(plan, used)
    models = built(plan, used, catalog)
    groups, places = located(plan, used, models)
    unknowns = unknowns_of(plan.file, models)
    flags = [_held(plan, groups, place) for place in places]
    fitted = [place for place, out in zip(places, flags, strict=True) if not out]
    held_out = tuple(place for place, out in zip(places, flags, strict=True) if out)
    if not fitted:
        raise InputError("all readings are held out", "some to fit", "Shorten `predict`")
    if plan.file.predict and not held_out:
        raise InputError("`predict` holds out none of the readings", "experiments, arms, doses and times of the table")
    return posterior_of(plan.file, unknowns, groups, fitted, catalog), held_out


def judged(plan: FitPlan, posterior: Posterior, held_out: tuple[Place, ...], summit: Summit, draws: Posteriors) -> GeneralFit:
    """Everything that follows from the posterior. Here, and only here, held-out readings are looked at."""
    pick = np.linspace(0, len(draws.draws) - 1, min(DRAWS, len(draws.draws))).astype(int)
    picked = draws.draws[pick]
    seed = plan.file.seed
    seen = predictive(posterior, summit.point, picked, posterior.places, seed, "fitted")
    unseen: Predictive | None = None
    plain: Baseline | None = None
    if held_out:
        unseen = predictive(posterior, summit.point, picked, held_out, seed, "held out")
        plain = baseline(posterior.groups, posterior.places, held_out)
    return assembled(plan, posterior, summit, draws, seen, checks(posterior, picked, seen), unseen, plain)


def _check_held_out(plan: FitPlan, readings: Sequence[Reading]) -> None:
    """Every entry of `predict` must hold out something: a misspelt arm would quietly hand held-out readings to the fit."""
    for number, entry in enumerate(plan.file.predict):
        names = {reading.experiment for reading in readings}, {reading.arm for reading in readings}
        if entry.experiment and entry.experiment not in names[0] and "" not in names[0]:
            raise InputError(f"predict[{number}]: no reading is of experiment '{entry.experiment}'", ", ".join(sorted(names[0])))
        if entry.arm and entry.arm not in names[1]:
            raise InputError(f"predict[{number}]: no reading is of arm '{entry.arm}'", ", ".join(sorted(names[1])) or "no arms")
        measured = {number for reading in readings for _, number, _ in reading.doses}
        for dose in entry.doses:
            if not any(abs(dose - other) <= 1e-9 * max(dose, 1e-12) for other in _nanomolar(readings)):
                raise InputError(
                    f"predict[{number}]: no reading is at {dose:g} nM",
                    ", ".join(f"{other:g}" for other in sorted(measured)) or "no doses",
                )


def _nanomolar(readings: Sequence[Reading]) -> set[float]:
    from exoresist.core.units import convert, same_dimension

    return {
        convert(number, unit or "nM", "nM")
        for reading in readings
        for _, number, unit in reading.doses
        if same_dimension(unit or "nM", "nM")
    }


def _held(plan: FitPlan, groups: Sequence[Group], place: Place) -> bool:
    return any(_matches(entry, plan, groups, place) for entry in plan.file.predict)


def _matches(entry: HeldOut, plan: FitPlan, groups: Sequence[Group], place: Place) -> bool:
    if entry.experiment and entry.experiment != place.key[0]:
        return False
    if entry.arm and entry.arm != place.key[1]:
        return False
    if entry.readout and entry.readout != plan.file.readouts[place.readout].id:
        return False
    if entry.after is not None and not place.reading.time > entry.after:
        return False
    if entry.doses:
        group = next(group for group in groups if group.key == place.key)
        amounts = [amount for _, amount in group.conditions[place.condition]]
        if not any(abs(dose - amount) <= 1e-9 * max(dose, 1e-12) for dose in entry.doses for amount in amounts):
            return False
    return True
