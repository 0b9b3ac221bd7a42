"""Rows of an arm's dose-response curve, its fit, and its survivors over time."""

from __future__ import annotations

import numpy as np

from exoresist.core.errors import ExoresistError
from exoresist.studies.answer import Row
from exoresist.studies.arms import ArmResult
from exoresist.studies.dose_response import fit_dose_response, growth_rate_metrics
from exoresist.studies.estimates import band, estimate
from exoresist.studies.survival import INSIDE

FEWEST_DOSES = 3  # above zero, for a curve that can be fitted


def ic50_rows(result: ArmResult) -> list[Row]:
    """IC50 (dose that halves the survivors) with its interval, and the metrics of the central curve."""
    survival = result.survival
    values = np.where(survival.status == INSIDE, survival.ic50, np.nan)
    own = estimate(values, "nM")
    doses, central = survival.doses, survival.cells[0]
    row: Row = {
        "arm": result.arm.id,
        "population": result.scenario.assay.population,
        "drug": survival.drug,
        "value": own.value,
        "low": own.low,
        "high": own.high,
        "unit": "nM",
        **dict.fromkeys(("hill", "top", "bottom", "auc", "gr50", "gr_max")),
    }
    if np.count_nonzero(doses) < FEWEST_DOSES:
        return [row]
    fit = fit_dose_response(doses, survival.share[0])
    row |= {"hill": fit.hill, "top": fit.top, "bottom": fit.bottom, "auc": fit.auc}
    try:
        metrics = growth_rate_metrics(doses[1:], central[1:, -1], central[0, -1], central[0, 0])
    except ExoresistError:
        return [row]  # a control that does not grow has no growth rate to compare with
    row["gr50"], row["gr_max"] = metrics.gr50, metrics.gr_max
    return [row]


def curve_rows(result: ArmResult) -> list[Row]:
    """Survival against dose, as a fraction of the arm's own untreated."""
    survival = result.survival
    central, low, high = band(survival.share)
    return [
        {"arm": result.arm.id, "dose": float(dose), "survival": float(mid), "low": float(bottom), "high": float(top)}
        for dose, mid, bottom, top in zip(survival.doses, central, low, high, strict=True)
    ]


def survivor_rows(result: ArmResult) -> list[Row]:
    """Cells of every lineage over time at the dose of the time courses; the population that is read comes first."""
    course = result.course
    wanted = result.scenario.assay.population
    populations = sorted(result.model.layout.populations, key=lambda population: population.id != wanted)
    rows: list[Row] = []
    for population in populations:
        central, low, high = band(np.maximum(course.amount(population.cells).T, 0.0))
        rows += [
            {
                "arm": result.arm.id,
                "time": float(time),
                "population": population.id,
                "cells": float(mid),
                "low": float(bottom),
                "high": float(top),
            }
            for time, mid, bottom, top in zip(course.times, central, low, high, strict=True)
        ]
    return rows
