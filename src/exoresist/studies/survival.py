"""Survival of a population over doses and parameter draws: the run behind every dose-response study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.build import Model
from exoresist.compartments.well import culture
from exoresist.core.errors import InputError
from exoresist.core.progress import Progress
from exoresist.network import Run
from exoresist.studies.dose_curve import ABOVE, BELOW, INSIDE, ic50_by_interpolation

Array = NDArray[np.float64]
EXTINCT = 1e-9  # of the cells at the start: below it, what the solver tells is its own tolerance


@dataclass(frozen=True)
class Survival:
    """Survivors of one population.

    doses     (D,) nM, ascending, the first 0
    times     (T,) h
    cells     (S, D, T); S parameter sets, the first with central values
    ic50      (S,) nM, dose that halves the survivors at the end; `status` tells whether it lies inside the doses
    """

    model: Model
    drug: str
    doses: Array
    times: Array
    cells: Array
    ic50: Array
    status: NDArray[np.str_]
    conservation: Mapping[str, float]

    @property
    def share(self) -> Array:
        """(S, D) survivors at the end over the untreated of the same set."""
        result: Array = share_left(self.cells, self.model)
        return result


def share_left(cells: Array, model: Model) -> Array:
    """(S, D) survivors at the end over the untreated (first dose) of the same set, from (S, D, T) cells.

    Raises InputError where the untreated have died out, too: there is nothing to compare with.
    """
    last, start = cells[:, :, -1], model.recipients().count
    gone = last[:, 0] <= EXTINCT * start
    if np.any(gone):
        who = f"without drug, {model.recipients().id} dies out"
        sets = "" if gone[0] else f" in {int(gone.sum())} of {len(gone)} draws"
        raise InputError(
            f"{who}{sets}: {float(last[gone][0, 0]):.2g} of {start:g} cells are left at the end",
            "conditions under which untreated cells survive",
            "Check the death and growth rates, shorten the duration, or narrow the ranges",
        )
    result: Array = last / last[:, :1]
    return result


def survive(
    model: Model,
    drug: str,
    doses: Sequence[float],
    draws: Mapping[str, Array],
    sets: int,
    times: Array,
    report: Progress | None = None,
    per_cell: Mapping[str, Array] | None = None,
    loads: Mapping[str, Mapping[str, Array]] | None = None,
) -> Survival:
    """Run every dose for every parameter set, then place further doses around each set's crossing so that its IC50 is sharp.

    draws     parameter -> (S,) values; parameters that are missing keep their central value
    per_cell  preparation -> (S,) vesicles per recipient, in place of the scenario's
    loads     preparation -> passenger kind -> (S,) amount per vesicle, in place of what its donor line would load
    """
    grid = np.asarray(sorted({0.0, *doses}), dtype=float)
    coarse, run = _cells(model, drug, np.tile(grid, (sets, 1)), draws, sets, times, report, per_cell, loads)
    share = share_left(coarse, model)
    first = ic50_by_interpolation(grid, share)
    ic50, status = first.ic50.copy(), first.status.copy()
    inside = np.flatnonzero(status == INSIDE)
    if len(inside):
        fine = _fine_doses(grid, ic50[inside])
        picks = {key: value[inside] for key, value in draws.items()}
        vesicles = None if per_cell is None else {key: value[inside] for key, value in per_cell.items()}
        cargo = (
            None
            if loads is None
            else {
                name: {kind: np.broadcast_to(value, (sets,))[inside] for kind, value in load.items()}
                for name, load in loads.items()
            }
        )
        cells, _ = _cells(model, drug, fine, picks, len(inside), times[[0, -1]], report, vesicles, cargo)
        ic50[inside] = _crossings(fine, cells[:, :, -1], coarse[inside, 0, -1])
    return Survival(model, drug, grid, times, coarse, ic50, status, run.conservation())


def _fine_doses(grid: Array, ic50: Array) -> Array:
    """(S, 6) doses from the grid dose below each crossing to the one above."""
    positive = grid[grid > 0.0]
    if len(positive) == 1:
        return np.tile(positive * np.geomspace(0.25, 4.0, 6), (len(ic50), 1))
    upper = np.clip(np.searchsorted(positive, ic50, side="left"), 1, len(positive) - 1)
    low, high = positive[upper - 1], positive[upper]
    steps = np.linspace(0.0, 1.0, 6)
    result: Array = np.exp(np.log(low)[:, None] + steps * (np.log(high) - np.log(low))[:, None])
    return result


def _crossings(doses: Array, cells: Array, control: Array) -> Array:
    """Crossing of one half on a fine grid, by a local cubic in log dose through logit of the share."""
    share = np.clip(cells / control[:, None], 1e-9, 1.0 - 1e-9)
    height = np.log(share / (1.0 - share))
    log_dose = np.log(doses)
    result = np.empty(len(doses))
    for index in range(len(doses)):
        order = np.argsort(height[index], kind="stable")
        rising = np.maximum.accumulate(height[index][order])
        rising = rising + np.arange(len(rising)) * 1e-12
        from scipy.interpolate import PchipInterpolator

        if rising[0] > 0.0 or rising[-1] < 0.0:
            result[index] = doses[index, np.argmin(np.abs(height[index]))]
            continue
        result[index] = np.exp(float(PchipInterpolator(rising, log_dose[index][order])(0.0)))
    return result


def _cells(
    model: Model,
    drug: str,
    doses: Array,
    draws: Mapping[str, Array],
    sets: int,
    times: Array,
    report: Progress | None,
    per_cell: Mapping[str, Array] | None,
    loads: Mapping[str, Mapping[str, Array]] | None,
) -> tuple[Array, Run]:
    # Dose by dose, all sets of one dose together: sets that advance in one block share their step size, and it is the dose
    # that makes a problem stiff.
    count = doses.shape[1]
    values = {key: np.tile(value, count) for key, value in draws.items() if key in model.network.parameters}
    run = culture(
        model,
        times,
        values=values,
        doses={drug: doses.T.ravel()},
        per_cell=None if per_cell is None else {key: np.tile(value, count) for key, value in per_cell.items()},
        loads=None
        if loads is None
        else {
            name: {kind: np.tile(np.broadcast_to(each, (sets,)), count) for kind, each in load.items()}
            for name, load in loads.items()
        },
        report=report,
    )
    cells = np.maximum(run.amount(model.recipients().cells), 0.0)  # the solver may end a hair below
    if cells.shape[1] == 1:
        cells = np.repeat(cells, sets * count, axis=1)
    return np.ascontiguousarray(cells.T.reshape(count, sets, len(times)).swapaxes(0, 1)), run


def ratio(of: Survival, against: Survival) -> Array:
    """(S,) IC50 of one arm over that of another, set by set; NaN where either lies outside its doses."""
    known = (of.status == INSIDE) & (against.status == INSIDE)
    result = np.full(len(of.ic50), np.nan)
    result[known] = of.ic50[known] / against.ic50[known]
    return result


__all__ = ["ABOVE", "BELOW", "INSIDE", "Survival", "ratio", "survive"]
