"""Rows of an arm's dose-response curve, its fit, and its survivors over time."""

from __future__ import annotations

import numpy as np

from exoresist.compartments.well import culture
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


def survivor_rows(result: ArmResult, dose: float) -> list[Row]:
    """Cells of every lineage over time at one dose."""
    model, survival = result.model, result.survival
    wanted = result.scenario.assay.population
    rows: list[Row] = []
    index = int(np.argmin(np.abs(survival.doses - dose)))
    others = [population for population in model.layout.populations if population.id != wanted]
    series = {wanted: survival.cells[:, index, :]}
    if others:
        values = result.ensemble.head(32).values(model)
        run = culture(model, survival.times, values=values, doses={survival.drug: dose})
        for population in others:
            series[population.id] = np.maximum(run.amount(population.cells).T, 0.0)
    for name, cells in series.items():
        central, low, high = band(np.asarray(cells))
        rows += [
            {
                "arm": result.arm.id,
                "time": float(time),
                "population": name,
                "cells": float(mid),
                "low": float(bottom),
                "high": float(top),
            }
            for time, mid, bottom, top in zip(survival.times, central, low, high, strict=True)
        ]
    return rows
