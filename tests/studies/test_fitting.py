"""The general fit: it finds what made synthetic readings of bundled scenarios, keeps the split, and its parts do what they say."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exoresist.assembly.fit_reader import FitPlan, fit_from_dict, fit_plan
from exoresist.assembly.readings import Reading
from exoresist.core.errors import SolverError
from exoresist.core.quantity import Quantity
from exoresist.core.random import stream
from exoresist.network.sensitivity import Direction, sensitivities
from exoresist.studies.fit_problem import replicate_noise
from exoresist.studies.fitting.baseline import GROWTH, HILL, NEAREST, baseline
from exoresist.studies.fitting.experiments import Group, Place
from exoresist.studies.fitting.fit import fit_readings, problem
from exoresist.studies.fitting.noise import ReadoutNoise, noise_of
from exoresist.studies.fitting.result import GeneralFit
from exoresist.studies.fitting.sampling import split_r_hat
from exoresist.studies.fitting.synthetic import simulated_readings
from exoresist.studies.fitting.unknowns import Unknown

pytestmark = pytest.mark.xdist_group("fitting")  # on one worker: what they compile and prepare is made once

Row = dict[str, Any]
SHORT = {"starts": 3, "sampling": {"walkers": 16, "steps": 150, "independent": 150, "kept": 300}}


def reading(arm: str, time: float, readout: str, dose: float | None = None, replicate: str = "1") -> Reading:
    doses = () if dose is None else (("", dose, "nM"),)
    return Reading("", arm, time, doses, readout, 1.0, "", replicate)


def plan_of(scenario: str, readouts: list[Row], parameters: list[Row], **more: Any) -> FitPlan:
    file = {
        "schema": "exoresist-fit/1",
        "name": scenario,
        "scenario": scenario,
        "readouts": readouts,
        "parameters": parameters,
        **SHORT,
    }
    return fit_plan(fit_from_dict({**file, **more}), Path("."))


def number(name: str, subject: str, **more: Any) -> Row:
    return {"name": name, "subject": subject, **more}


CELLS = {"id": "cells", "reads": {"kind": "cells", "populations": ["recipient"]},
         "noise": {"kind": "normal", "relative": {"value": 0.1, "low": 0.02, "high": 0.4}, "additive": 10}}  # fmt: skip
WORLDS: dict[str, tuple[list[Row], list[Row], list[Reading]]] = {
    "pgp_add_back": (
        [
            {"id": "pump", "reads": {"kind": "cargo", "cargo": "ABCB1", "population": "recipient"},
             "noise": {"kind": "lognormal", "spread": 0.1}},
            {"id": "counts", "reads": {"kind": "particles"}, "unit": "au", "scale": 1e-6,
             "noise": {"kind": "negative_binomial", "dispersion": 0.02}},
        ],
        [number("pump_copies", "cell_line:mcf7_sensitive|pump:ABCB1"), number("vesicle_clearance_rate", "vesicle")],
        [reading(arm, t, r, None, rep) for arm, t, r, rep in
         product(("added", "vehicle"), (2.0, 8.0, 24.0, 48.0), ("pump", "counts"), "12")],
    ),
    "mcf7_doxorubicin": (
        [CELLS],
        [number("growth_rate", "cell_line:mcf7_sensitive"), number("damage_rate", "drug:doxorubicin")],
        [reading("recipients_alone", t, "cells", d, rep) for t, d, rep in product((24.0, 48.0, 72.0), (0.0, 10.0, 30.0, 100.0), "12")],
    ),
}  # fmt: skip


@cache
def fitted(scenario: str, seed: int = 1) -> tuple[GeneralFit, dict[str, float]]:
    readouts, parameters, design = WORLDS[scenario]
    plan = plan_of(scenario, readouts, parameters, seed=seed)
    readings, truth = simulated_readings(plan, design, seed=seed)
    return fit_readings(plan, readings), truth


@pytest.mark.parametrize("scenario", WORLDS)
def test_recovers_what_made_the_readings(scenario):
    result, truth = fitted(scenario)
    for row, (label, true) in zip(result.parameters, truth.items(), strict=True):
        draws = np.log(result.draws[label])
        # Three posterior standard deviations: one in 400 such parameters would lie outside by chance.
        assert abs(np.log(true) - draws.mean()) < 3.0 * draws.std(), label
        assert row["narrowed"] > 0.2, label
        assert row["low"] <= row["value"] <= row["high"]
    for row in result.readouts:
        assert 0.01 < row["p_value"] < 0.99 and row["coverage"] > 0.7
    assert result.sampling["r_hat"] < 1.1 and result.search["gradient"] < 0.5


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    readouts, parameters, design = WORLDS["mcf7_doxorubicin"]
    short = {"starts": 2, "sampling": {"walkers": 8, "steps": 20, "kept": 50}}
    plan = plan_of("mcf7_doxorubicin", readouts, parameters, seed=1, **short)
    readings, _ = simulated_readings(plan, design, seed=1)
    first, again, other = (fit_readings(one, readings) for one in (plan, plan, plan.with_seed(2)))
    assert all(np.array_equal(first.draws[label], again.draws[label]) for label in first.draws)
    assert again.parameters == first.parameters and again.readouts == first.readouts
    assert not any(np.array_equal(other.draws[label], first.draws[label]) for label in first.draws)


def test_held_out_readings_do_not_touch_the_fit():
    readouts, parameters, design = WORLDS["mcf7_doxorubicin"]
    short = {"starts": 1, "sampling": {"walkers": 8, "steps": 20, "kept": 50}}
    plan = plan_of("mcf7_doxorubicin", readouts, parameters, predict=[{"doses": ["30 nM"]}, {"after": "60 h"}], **short)
    readings, _ = simulated_readings(plan, design, seed=3)
    changed = [replace(one, value=3.0 * one.value) if one.doses[0][1] == 30.0 or one.time > 60.0 else one for one in readings]
    first, second = fit_readings(plan, readings), fit_readings(plan, changed)
    assert first.parameters == second.parameters and first.fitted_errors == second.fitted_errors
    assert first.readings == 12 and first.held_out == 12
    assert max(row["error"] for row in second.predictive.values()) > 5 * max(row["error"] for row in first.predictive.values())


def test_local_numbers_are_one_per_experiment():
    scale = {"value": 2, "low": 0.5, "high": 8, "local": True}
    readouts = [{"id": "signal", "reads": {"kind": "cells", "populations": ["recipient"]}, "unit": "au", "scale": scale,
                 "noise": {"kind": "lognormal", "spread": 0.05}}]  # fmt: skip
    file = {
        "schema": "exoresist-fit/1", "name": "two", "readouts": readouts, **SHORT,
        "experiments": [{"id": name, "scenario": "transwell_doxorubicin"} for name in ("monday", "friday")],
        "parameters": [number("damage_rate", "drug:doxorubicin"), number("growth_rate", "cell_line:mcf7_sensitive", local=True)],
    }  # fmt: skip
    plan = fit_plan(fit_from_dict(file), Path("."))
    design = [replace(reading("empty_insert", t, "signal", d), experiment=name) for name, t, d in
              product(("monday", "friday"), (0.0, 48.0, 72.0), (0.0, 10.0, 60.0))]  # fmt: skip
    wanted = {"scale@readout:signal@monday": 1.0, "scale@readout:signal@friday": 4.0}
    readings, truth = simulated_readings(plan, design, wanted, seed=2)
    result = fit_readings(plan, readings)
    assert list(result.draws) == list(truth) and len(result.draws) == 5
    for label, true in truth.items():
        assert np.median(result.draws[label]) == pytest.approx(true, rel=0.25), label
    assert [row.name for row in result.fitted] == ["damage_rate"]


def test_slopes_of_the_fit_are_those_of_the_exact_sensitivities():
    readouts, parameters, design = WORLDS["pgp_add_back"]
    plan = plan_of("pgp_add_back", readouts, parameters)
    readings, _ = simulated_readings(plan, design, seed=1)
    posterior, _ = problem(plan, readings)
    point = np.array([0.3, -0.4])
    density, gradient, information = posterior.expansion(point[None])
    steps = 1e-3 * np.eye(2)
    ends = [posterior.log_density(point + sign * steps, 1e-9) for sign in (1.0, -1.0)]
    np.testing.assert_allclose(gradient[0], (ends[0] - ends[1]) / 2e-3, rtol=2e-3, atol=1e-3)
    assert density[0] == pytest.approx(posterior.log_density(point[None], 1e-9)[0], abs=1e-3)
    assert np.all(np.linalg.eigvalsh(information[0]) >= 1.0 - 1e-9)
    # One parameter by itself, through the network's own sensitivities: copies of the pump per cell.
    group = next(group for group in posterior.groups if group.key[1] == "added")
    unknown, z = posterior.unknowns[1], float(point[1])  # vesicle clearance, which leaves the start alone
    value = float(unknown.values(np.array(z)))
    slope = float(unknown.values(np.array(z + 1e-4)) - unknown.values(np.array(z - 1e-4))) / 2e-4
    names = [name for name, _ in unknown.places[group.key]]
    other = {name: float(posterior.unknowns[0].values(point[0])) for name, _ in posterior.unknowns[0].places[group.key]}
    given = {**dict.fromkeys(names, value), **other}
    start = {pool: float(np.ravel(amount)[0]) for pool, amount in group.model.start(given).items()}
    direction = Direction("z", dict.fromkeys(names, slope))
    found = sensitivities(
        group.model.network, [0.0, *group.times], [direction], given, start, group.model.events(given), relative=1e-7
    )
    cells, pump = found.amounts[1:, found.compiled.state_index["recipient.cells"]], found.of("recipient.ABCB1")[1:, 0]
    exact = (
        pump / cells
        - found.amounts[1:, found.compiled.state_index["recipient.ABCB1"]] * found.of("recipient.cells")[1:, 0] / cells**2
    )
    shifted = point + 0.01 * np.array([[0.0, 1.0], [0.0, -1.0]])
    ends_ = posterior.computed(shifted)
    for number_, place in enumerate(posterior.places):
        if place.key == group.key and posterior.file.readouts[place.readout].id == "pump":
            difference = (ends_[0, number_] - ends_[1, number_]) / 0.02
            assert difference == pytest.approx(exact[place.time], rel=1e-3, abs=1e-3)


SHAPES = [("lognormal", 2.0, 1.0, 9.0), ("loguniform", 2.0, 1.0, 9.0), ("normal", 1.0, -3.0, 2.0), ("uniform", 1.0, -3.0, 2.0),
          ("logitnormal", 0.3, 0.1, 0.4)]  # fmt: skip


@pytest.mark.parametrize(("shape", "value", "low", "high"), SHAPES)
@given(z=st.floats(-4.0, 4.0))
def test_an_unknown_is_its_catalogue_row_in_other_words(shape, value, low, high, z):
    from scipy.special import ndtr

    row = Quantity(value, "1/h", low, high, shape)
    found = float(Unknown(row).values(np.array(z)))
    assert found == pytest.approx(row.quantile(float(ndtr(z))), rel=1e-9)
    assert Unknown(row).position(found) == pytest.approx(z, abs=1e-6)


def test_split_r_hat_tells_ensembles_that_disagree():
    draws = stream(1, "r hat").standard_normal((2, 200, 20, 3))
    assert np.all(split_r_hat(draws) < 1.01)
    draws[1, :, :, 2] += 1.0
    found = split_r_hat(draws)
    assert np.all(found[:2] < 1.01) and found[2] > 1.1


def places(values: dict[tuple[float, float], list[float]]) -> tuple[list[Group], list[Place]]:
    """Readings by (dose, time) as places of one arm; the group needs no model here."""
    key = ("experiment", "base")
    conditions = sorted({(("d", dose),) for dose, _ in values})
    times = sorted({time for _, time in values})
    group = Group(key, None, tuple(conditions), tuple(times), (0,), tuple(range(len(conditions))))  # type: ignore[arg-type]
    found = [
        Place(
            key,
            conditions.index((("d", dose),)),
            times.index(time),
            0,
            value,
            Reading("", "", time, (("d", dose, "nM"),), "x", value, "", str(well)),
        )
        for (dose, time), wells in values.items()
        for well, value in enumerate(wells)
    ]
    return [group], found


def test_the_baseline_is_the_best_that_the_readings_allow():
    def hill(dose: float) -> float:
        return 1.0 - 0.8 * dose**2 / (30.0**2 + dose**2)

    groups, found = places({(dose, 72.0): [hill(dose)] for dose in (0.0, 5.0, 10.0, 30.0, 60.0, 100.0, 300.0)})
    out = [place for place in found if place.condition == 3]
    told = baseline(groups, [place for place in found if place not in out], out)
    assert told.kinds == (HILL,) and told.predicted[0] == pytest.approx(hill(30.0), abs=0.02)
    groups, found = places(
        {(dose, t): [7.0 * np.exp((0.03 - 1e-3 * dose) * t)] for dose in (0.0, 5.0, 10.0) for t in (0.0, 24.0, 48.0)}
    )
    out = [place for place in found if place.condition == 1]
    told = baseline(groups, [place for place in found if place not in out], out)
    assert set(told.kinds) == {GROWTH} and np.all(np.isfinite(told.predicted))
    groups, found = places({(0.0, 0.0): [1.0], (0.0, 10.0): [3.0], (5.0, 5.0): [9.0]})
    told = baseline(groups, found[:2], found[2:])
    assert told.kinds == (NEAREST,) and told.predicted[0] == pytest.approx(2.0)


def test_noise_from_replicates_is_that_of_the_confluence_fit():
    generator = stream(5, "replicates")
    tables = {
        dose: 20.0 * (1.0 + 0.1 * generator.standard_normal((3, 1)) + 0.03 * generator.standard_normal((3, 8)))
        for dose in (0.0, 10.0)
    }
    _, found = places({(dose, float(t)): list(table[:, t]) for dose, table in tables.items() for t in range(8)})
    plan = plan_of("pgp_add_back", [{**WORLDS["pgp_add_back"][0][0], "noise": {"kind": "replicates"}}], WORLDS["pgp_add_back"][1])
    noise, wanted = noise_of(plan.file.readouts[0], found), replicate_noise(tables)
    assert noise.varies == pytest.approx(wanted.relative) and noise.repeats == pytest.approx(wanted.repeats)
    draws = noise.at(np.full(16, 20.0)).draw(
        np.full((4000, 16), 20.0), {}, stream(6, "draws"), [well for well in "ab" for _ in range(8)]
    )
    errors = draws / 20.0 - 1.0
    assert errors.std() == pytest.approx(wanted.relative, rel=0.05)
    assert errors[:, :8].mean(axis=1).var() * 8 / errors.var() == pytest.approx(wanted.repeats, rel=0.15)
    assert abs(np.corrcoef(errors[:, :8].mean(axis=1), errors[:, 8:].mean(axis=1))[0, 1]) < 0.1


def test_a_reading_below_the_limit_says_only_that():
    noise = ReadoutNoise("lognormal", {"spread": 0.3}, limit=2.0)
    likelihood = noise.log_likelihood(np.array([2.0, 5.0]), np.array([[0.5, 5.0], [0.1, 5.0], [20.0, 5.0]]), {})
    assert likelihood[0, 0] == pytest.approx(0.0, abs=1e-5) and likelihood[1, 0] == pytest.approx(0.0, abs=1e-9)
    assert likelihood[2, 0] < -20.0
    weights = noise.information(np.array([2.0, 5.0]), np.array([0.5, 5.0]), {})
    assert weights[0] < 0.01 * weights[1]


def test_predictions_that_cannot_have_made_a_reading_are_impossible_not_an_error():
    for noise in (ReadoutNoise("lognormal", {"spread": 0.3}), ReadoutNoise("negative_binomial", {"dispersion": 0.1})):
        found = noise.log_likelihood(np.array([3.0]), np.array([[-1.0], [np.nan], [3.0]]), {})
        assert np.isneginf(found[:2]).all() and np.isfinite(found[2]).all()


def test_readings_that_no_start_can_have_made_are_told():
    # No drug is given, so the medium holds none; log-normal readings above 0 cannot come of that.
    readouts = [
        {
            "id": "drug",
            "reads": {"kind": "drug", "drug": "doxorubicin", "place": "medium"},
            "noise": {"kind": "lognormal", "spread": 0.1},
        }
    ]
    plan = plan_of("mcf7_doxorubicin", readouts, [number("growth_rate", "cell_line:mcf7_sensitive")])
    with pytest.raises(
        SolverError, match="1 of 1 readings are impossible, the first in line 7 of the readings: 3, where the model says"
    ):
        fit_readings(plan, [replace(reading("recipients_alone", 24.0, "drug", 0.0), value=3.0, line=7)])
