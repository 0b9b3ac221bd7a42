"""Numbers that differ between experiments about a shared middle: what a fit finds is what a formula says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.fit_reader import FitPlan, fit_from_dict, fit_plan
from exoresist.assembly.readings import Reading
from exoresist.core.errors import InputError
from exoresist.studies.fitting.fit import fit_readings, problem
from exoresist.studies.fitting.unknowns import position_of, values_of

pytestmark = pytest.mark.xdist_group("fitting")  # on one worker: what they compile and prepare is made once

PLATES = ("p1", "p2", "p3", "p4", "p5")
WIDE = {"value": 0.3, "low": 0.05, "high": 1.0}


def plates(varies: Any, **more: Any) -> FitPlan:
    """Cells counted when they are seeded: what a plate shows is its seeding, so that all that a fit should say is known by formula."""
    seeding = {
        "name": "seeding", "subject": "population:recipient", "value": "1 dimensionless", "low": "0.4 dimensionless",
        "high": "2.5 dimensionless", "reason": "counted by hand",
    }  # fmt: skip
    file = {
        "schema": "exoresist-fit/1", "name": "plates", "starts": 2,
        "sampling": {"walkers": 16, "steps": 200, "independent": 150, "kept": 400},
        "readouts": [{
            "id": "cells", "reads": {"kind": "cells", "populations": ["recipient"]}, "noise": {"kind": "lognormal", "spread": 0.1},
        }],
        "experiments": [{"id": name, "scenario": "mcf7_doxorubicin"} for name in PLATES],
        "parameters": [{**seeding, **({} if varies is None else {"varies": {"by": "experiment", "spread": varies}}), **more}],
    }  # fmt: skip
    return fit_plan(fit_from_dict(file), Path("."))


def counted(logs: Any) -> list[Reading]:
    """Two counts in each plate, by their logarithm against 1500 cells."""
    return [
        Reading(name, "recipients_alone", 0.0, (("", 0.0, "nM"),), "cells", 1500.0 * float(np.exp(log + off)), "", rep)
        for name, log in zip(PLATES, logs, strict=True)
        for rep, off in (("1", -0.05), ("2", 0.05))
    ]


def marginal(logs: Any) -> tuple[Any, Any]:
    """ln spread on a grid with its posterior by formula: plates scatter about a middle with spread² + noise²/2, the middle integrated."""
    s, m = np.meshgrid(np.linspace(np.log(0.005), np.log(3.0), 500), np.linspace(-1.5, 1.5, 601), indexing="ij")
    z95 = 1.6448536269514722
    ends = np.log([WIDE["low"], WIDE["value"], WIDE["high"]])
    inner = np.where(s < ends[1], (s - ends[1]) / (ends[1] - ends[0]), (s - ends[1]) / (ends[2] - ends[1])) * z95
    half = np.where(m < 0.0, -np.log(0.4), np.log(2.5))
    width = np.where(s < ends[1], ends[1] - ends[0], ends[2] - ends[1])
    density = -0.5 * inner**2 - 0.5 * (m / half * z95) ** 2 - np.log(width) - np.log(half)
    variance = np.exp(2.0 * s) + 0.1**2 / 2.0
    for log in logs:
        density += -0.5 * (log - m) ** 2 / variance - 0.5 * np.log(variance)
    weight = np.exp(density - density.max()).sum(axis=1)
    return s[:, 0], np.cumsum(weight) / weight.sum()


@pytest.mark.parametrize("spread", [0.5, 0.0])
def test_a_known_spread_between_plates_is_recovered_as_the_formula_says(spread: float) -> None:
    logs = 0.1 + spread * np.array([-1.2, 0.9, 0.1, -0.8, 1.0])
    result = fit_readings(plates(WIDE), counted(logs))
    found = {(row["name"], row["experiment"]): row for row in result.parameters}
    assert list(found) == [("seeding", ""), ("seeding_spread", ""), *(("seeding", name) for name in PLATES)]
    grid, share = marginal(logs)
    drawn = np.log(result.draws["seeding_spread@population:recipient"])
    exact = np.interp([0.05, 0.5, 0.95], share, grid)
    assert np.quantile(drawn, [0.05, 0.5, 0.95]) == pytest.approx(exact, abs=0.35)
    row = found["seeding_spread", ""]
    assert row["low"] < spread < row["high"] if spread else row["high"] < 0.3
    assert row["value"] == row["median"]  # not the likeliest point of all numbers together, which lies far too high
    for name, log in zip(PLATES, logs, strict=True):
        own = found["seeding", name]
        assert own["low"] < np.exp(log) < own["high"] and own["narrowed"] > 0.5
    assert any("differs between the 5 experiments by a factor" in text for text in result.sentences)


def test_no_spread_is_one_number_and_a_wide_one_is_local_numbers() -> None:
    logs = np.array([-0.3, 0.2, 0.1, -0.1, 0.3])
    pooled, none = (problem(plates(varies), counted(logs))[0] for varies in (None, 0))
    assert len(pooled.unknowns) == 1 and none.unknowns == pooled.unknowns
    assert np.array_equal(none.log_density(np.array([[0.3]])), pooled.log_density(np.array([[0.3]])))
    posterior, _ = problem(plates(0.7), counted(logs))
    points = np.random.default_rng(1).normal(0.0, 0.7, (6, 1 + len(PLATES)))
    values = values_of(posterior.unknowns, points)
    assert values[:, 1:] == pytest.approx(values[:, :1] * np.exp(0.7 * points[:, 1:]))
    # The density by formula: log-normal noise about each plate's own value.
    observed = np.log(posterior.observed / 1500.0).reshape(len(PLATES), 2)
    expected = -0.5 * (points**2).sum(axis=1)
    expected -= 0.5 * (((observed - np.log(values[:, 1:])[:, :, None]) / 0.1) ** 2).sum(axis=(1, 2))
    difference = posterior.log_density(points) - expected
    assert difference == pytest.approx(np.full(6, difference[0]), abs=1e-6)
    assert position_of(posterior.unknowns, points[0], 3, float(values[0, 3])) == pytest.approx(points[0, 3], abs=1e-9)


def test_what_cannot_vary_is_refused() -> None:
    readings = counted(np.zeros(5))
    with pytest.raises(InputError, match="about a middle"):
        plates(WIDE, local=True)
    for spread in (-0.1, {"value": 0.3, "low": 0.0, "high": 1.0}):
        with pytest.raises(InputError, match="above 0"):
            plates(spread)
    with pytest.raises(InputError, match="by factors"):
        problem(plates(WIDE, distribution="normal"), readings)
    with pytest.raises(InputError, match="two or more"):
        problem(plates(WIDE, experiments=["p1"]), readings)
