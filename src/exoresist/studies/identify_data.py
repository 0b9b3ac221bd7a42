"""From single wells to the readings of an experiment, held against the scenario that they are of."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.assay import TimeCourse
from exoresist.assembly.readings import Reading
from exoresist.assembly.scenario import Scenario
from exoresist.core.errors import InputError, suggestion
from exoresist.studies.identify_bench import Bench, check_assay
from exoresist.studies.identify_readings import CELLS, VIABILITY, Condition, Readings, background

NAMES = {"cells": CELLS, "cell_count": CELLS, "viability": VIABILITY, "survival": VIABILITY}
LEAST_NOISE, FEWEST_PAIRS = 0.02, 4  # no plate is read better; sets of wells from which a scatter is estimated, at least


Key = tuple[str, float, float, str]


def grouped(wells: Sequence[Reading], scenario: Scenario) -> dict[Key, list[float]]:
    """(arm, dose nM, time h, readout) -> values of its wells, cells or shares; of a time course the dose is 0, doses are the arms'.

    Raises InputError for an assay that counts no cells, a well without arm or dose, a readout that no world predicts, another unit, and
    a time after the end.
    """
    check_assay(scenario)
    groups: dict[Key, list[float]] = {}
    for well in wells:
        name = NAMES.get(well.readout.lower())
        if name is None:
            raise InputError(
                f"{well.where}: readout '{well.readout}'", "cells (living cells counted), viability (cells over untreated cells)",
                "Turn absorbance or light into viability first: over the untreated wells of the same arm",
            )  # fmt: skip
        if not well.arm:
            raise InputError(f"{well.where}: no arm is named", "the id of an arm of the scenario", "Fill the column `arm`")
        if not 0.0 < well.time <= scenario.duration * (1.0 + 1e-9):
            raise InputError(
                f"{well.where}: time {well.time:g} h", f"above 0, at most the scenario's duration of {scenario.duration:g} h"
            )
        key = well.arm, _dose(well, scenario), min(well.time, scenario.duration), name
        groups.setdefault(key, []).append(well.value_in("cell" if name == CELLS else ""))
    return groups


def _dose(well: Reading, scenario: Scenario) -> float:
    """nM, of the drug that the assay varies; 0 where it varies none: doses are then those of the arms."""
    if isinstance(scenario.assay, TimeCourse):
        _as_the_arm_says(well, scenario)
        return 0.0
    dose = well.dose_of(scenario.assay.drug)  # type: ignore[union-attr]
    if dose is None:
        raise InputError(f"{well.where}: no dose", "nM; 0: untreated", "Fill the column `dose`")
    return dose


def _as_the_arm_says(well: Reading, scenario: Scenario) -> None:
    for arm, changed in expand_arms(scenario):
        if arm.id == well.arm and well.doses:
            given = {entry.id: entry.dose for entry in changed.drugs}
            own = next(iter(given), "") if len(given) == 1 else ""
            dose = well.dose_of(own)
            if dose is not None and not np.isclose(dose, given[own]):
                raise InputError(
                    f"{well.where}: {dose:g} nM of {own}", f"{given[own]:g} nM, as arm '{well.arm}' of the time course has it",
                    "Empty the dose, or give another dose an arm of its own",
                )  # fmt: skip


def doses_and_times(groups: dict[Key, list[float]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Doses (0 first, always there) and times of the data, ascending."""
    return tuple(sorted({0.0, *(key[1] for key in groups)})), tuple(sorted({key[2] for key in groups}))


def readings(made: Bench, groups: dict[Key, list[float]]) -> tuple[Readings, list[str]]:
    """Readings of the arms that the bench has, with their noise, and remarks.

    Raises InputError for an arm that the scenario does not have, and where the compared arms were not read.
    """
    remarks = []
    known = {*made.arms, *made.left_out}
    for arm in dict.fromkeys(key[0] for key in groups):
        if arm not in known:
            raise InputError(f"arm '{arm}' of the data", ", ".join(made.arms), suggestion(arm, made.arms))
        if arm in made.left_out:
            remarks.append(
                f"readings of arm '{arm}' are left aside: it reads other cells, or is a thought that no laboratory can do"
            )
    used = {key: values for key, values in groups.items() if key[0] in made.arms and not (key[3] == VIABILITY and key[1] == 0.0)}
    for arm in (made.of, made.against):
        if not any(key[0] == arm for key in used):
            raise InputError(f"the data hold no readings of arm '{arm}'", f"readings of '{made.of}' and '{made.against}'",
                             "The protection is the difference of these two")  # fmt: skip
    relative, told = _scatter(used, float(getattr(made.scenario.assay, "noise", 0.05)))
    remarks.append(told)
    order = sorted(used, key=lambda key: (list(made.arms).index(key[0]), key[3], key[2], key[1]))
    conditions = tuple(
        Condition(arm, dose, time, readout, len(used[arm, dose, time, readout])) for arm, dose, time, readout in order
    )
    observed = np.array([float(np.mean(used[key])) for key in order])
    return Readings(conditions, background(made, conditions, relative), relative, observed), remarks


def _scatter(groups: dict[Key, list[float]], fallback: float) -> tuple[float, str]:
    """Coefficient of variation between wells that are treated alike, pooled over those that read well above the background."""
    squares, freedom, sets = 0.0, 0, 0
    for key, values in groups.items():
        top = max(float(np.mean(other)) for name, other in groups.items() if name[3] == key[3])
        mean = float(np.mean(values))
        if len(values) > 1 and mean > 0.2 * top:
            squares += float(np.sum((np.asarray(values) / mean - 1.0) ** 2))
            freedom += len(values) - 1
            sets += 1
    if sets < FEWEST_PAIRS:
        return max(fallback, LEAST_NOISE), f"scatter between wells taken from the scenario ({max(fallback, LEAST_NOISE):.0%})"
    value = max(float(np.sqrt(squares / freedom)), LEAST_NOISE)
    return value, f"scatter between wells of the data: {value:.1%}"


def dose_half(made: Bench, read: Readings) -> float | None:
    """Dose at which the reference arm is half killed by its own readings, between doses on ln dose; None where it never is."""
    assert read.observed is not None
    rows = [
        (one.dose, value, one.readout)
        for one, value in zip(read.conditions, read.observed, strict=True)
        if one.arm == made.against and one.time == max(other.time for other in read.conditions if other.arm == made.against)
    ]
    whole = next((value for dose, value, readout in rows if dose == 0.0 and readout == CELLS), None)
    curve = sorted(
        (dose, value if readout == VIABILITY else value / whole) for dose, value, readout in rows
        if dose > 0.0 and (readout == VIABILITY or whole)
    )  # fmt: skip
    for (low, before), (high, after) in itertools.pairwise(curve):
        if before >= 0.5 > after:
            part = (before - 0.5) / (before - after)
            return float(np.exp(np.log(low) + part * (np.log(high) - np.log(low))))
    return None
