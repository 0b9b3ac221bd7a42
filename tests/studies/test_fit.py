"""The fit to confluence: it finds what made synthetic readings, keeps the split, and its set serves in a scenario."""

from __future__ import annotations

import csv
import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet

from exoresist.assembly.build import build
from exoresist.assembly.reader import scenario_from_dict
from exoresist.assembly.resolve import resolved_dict
from exoresist.catalog import load_parameter_file
from exoresist.core.errors import InputError
from exoresist.core.random import stream
from exoresist.exchange.incucyte import read_confluence
from exoresist.report.fit_page import fit_page
from exoresist.studies.fit import fit_scenario
from exoresist.studies.fit_problem import confluence_problem, replicate_noise
from exoresist.studies.fit_result import CURVE_COLUMNS, FitResult
from exoresist.studies.fit_search import minimise, weighted_quantiles

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data" / "h1299_incucyte"
TIMES = np.arange(0.0, 73.0, 9.0)
FITTED, HELD_OUT = (0.0, 12.5, 50.0, 200.0), (25.0, 100.0)
TRUTH = {"growth_rate": 0.033, "damage_rate": 2.0, "arrest_threshold": 0.4}
NOISE = 0.02
SPREADING = {"value": 0.4, "low": 0.1, "high": 1.6, "reason": "test"}


def scenario_data(**assay: Any) -> dict[str, Any]:
    prior = {"value": "3 1/h", "low": "0.3 1/h", "high": "30 1/h", "reason": "test"}
    return {
        "schema": "exoresist/1",
        "name": "synthetic",
        "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "300000 cell"},
        "populations": [{"id": "cells", "cell_line": "h1299", "count": "1500 cell"}],
        "drugs": [{"id": "doxorubicin", "dose": "50 nM"}],
        "duration": "72 h",
        "every": "9 h",
        "assay": {
            "kind": "confluence",
            "population": "cells",
            "drug": "doxorubicin",
            "source": "synthetic_wells",
            "fit_doses": [f"{dose} nM" for dose in FITTED],
            "predict_doses": [f"{dose} nM" for dose in HELD_OUT],
            "fit_parameters": [
                {"name": "growth_rate", "subject": "cell_line:h1299"},
                {"name": "damage_rate", "subject": "drug:doxorubicin", **prior},
                {"name": "arrest_threshold", "subject": "cell"},
            ],
            **assay,
        },
    }


@cache
def synthetic(spreading: float | None = None) -> dict[float, np.ndarray]:
    """Readings of the model itself at known parameters, three wells, each off by a factor and by a little each time."""
    extra = {} if spreading is None else {"spreading": SPREADING}
    model = build(scenario_from_dict(scenario_data(**extra)))
    stand_in = {dose: 10.0 + stream(1, dose).random((3, len(TIMES))) for dose in FITTED}
    problem = confluence_problem(model, TIMES, stand_in)
    observation = (7.0,) if spreading is None else (spreading, 7.0)
    point = np.array([math.log(value) for value in (*TRUTH.values(), *observation)])
    doses = (*FITTED, *HELD_OUT)
    curves = problem.predict(point, doses)[0]
    readings = {}
    for dose, curve in zip(doses, curves, strict=True):
        generator = stream(2, "wells", dose)
        wells = 1 + NOISE * generator.standard_normal((3, 1)) + 0.5 * NOISE * generator.standard_normal((3, len(TIMES)))
        readings[dose] = curve * wells
    return readings


@cache
def fitted() -> FitResult:
    return fit_scenario(scenario_from_dict(scenario_data()), TIMES, synthetic())


def test_recovers_what_made_the_readings():
    result = fitted()
    rows = {row["name"]: row for row in result.parameters}
    for name, true in TRUTH.items():
        # Twice the 90 % interval: three such intervals miss once in four data sets by chance alone.
        width = math.log(rows[name]["high"] / rows[name]["low"])
        assert abs(math.log(rows[name]["value"] / true)) <= width
        assert rows[name]["value"] == pytest.approx(true, rel=0.15)
        assert rows[name]["identified"]
    assert rows["start_cover"]["value"] == pytest.approx(7.0, rel=0.05)
    assert result.fit_error < 2.0 and result.prediction_error < 2.0
    assert result.prediction_error < result.baseline_prediction_error < result.nearest_dose_error
    assert result.search["agreeing"] > 1 and not result.warnings


def test_the_same_seed_gives_the_same_numbers_whatever_the_held_out_readings():
    changed = {dose: table * (3.0 if dose in HELD_OUT else 1.0) for dose, table in synthetic().items()}
    result = fit_scenario(scenario_from_dict(scenario_data()), TIMES, changed)
    assert result.parameters == fitted().parameters
    assert result.fit_error == fitted().fit_error
    assert result.cross_validation_error == fitted().cross_validation_error
    assert result.prediction_error > 5 * fitted().prediction_error
    assert {row["dose"]: row["left_out"] for row in result.by_dose} == {row["dose"]: row["left_out"] for row in fitted().by_dose}
    kept = {dose: [row["predicted"] for row in fitted().curves if row["dose"] == dose] for dose in FITTED}
    assert kept == {dose: [row["predicted"] for row in result.curves if row["dose"] == dose] for dose in FITTED}


def test_stains_bound_the_dead_from_above_only():
    scenario = scenario_from_dict(scenario_data(dead_channels=["red"]))
    model = build(scenario)
    point = np.array([math.log(value) for value in (*TRUTH.values(), 7.0)])
    free = confluence_problem(model, TIMES, synthetic())
    rows = len(FITTED) * len(TIMES)
    for area, excess in ((50.0, False), (0.0, True)):
        stains = {dose: np.full(len(TIMES), area) for dose in FITTED}
        bounded = confluence_problem(model, TIMES, synthetic(), stains)
        residuals, without = bounded.residuals(point)[0], free.residuals(point)[0]
        assert len(residuals) == len(without) + rows
        assert np.all(residuals[rows : 2 * rows] >= 0)
        assert bool(np.any(residuals[rows : 2 * rows] > 0)) is excess
        assert np.array_equal(np.delete(residuals, np.s_[rows : 2 * rows]), without)
    with pytest.raises(InputError, match="stained areas"):
        fit_scenario(scenario, TIMES, synthetic())


def test_recovers_how_much_wider_arrested_cells_lie():
    # Twice the expected value and its half, so that the expectation cannot have done it.
    for true in (0.2, 0.8):
        readings = synthetic(true)
        model = build(scenario_from_dict(scenario_data(spreading=SPREADING)))
        problem = confluence_problem(model, TIMES, {dose: readings[dose] for dose in FITTED})
        assert [unknown.name for unknown in problem.unknowns] == [*TRUTH, "spreading", "start_cover"]
        found = minimise(problem, 1, followed=2)
        assert math.exp(found.point[-2]) == pytest.approx(true, abs=0.1)
        for place, value in enumerate(TRUTH.values()):
            assert math.exp(found.point[place]) == pytest.approx(value, rel=0.2)


def test_spreading_widens_arrested_cells_only():
    point = np.array([math.log(value) for value in (*TRUTH.values(), 7.0)])
    alike = confluence_problem(build(scenario_from_dict(scenario_data())), TIMES, synthetic())
    wide = confluence_problem(build(scenario_from_dict(scenario_data(spreading=SPREADING))), TIMES, synthetic())
    wider = np.insert(point, -1, math.log(0.5))
    (living, dead), (spread, still) = (problem.covers(at, FITTED) for problem, at in ((alike, point), (wide, wider)))
    ratio = spread[0] / living[0]
    assert np.array_equal(dead, still)
    assert ratio[0] == pytest.approx(np.ones(len(TIMES)), rel=1e-9) and ratio[:, 0] == pytest.approx(np.ones(4), rel=1e-9)
    assert np.all(np.diff(ratio[:, -1]) > 0) and 1.4 < ratio[-1, -1] < 1.5
    several = wide.covers(np.stack([wider, wider + 0.1]), FITTED)[0]  # each set has its own spreading
    assert np.allclose(several[0], spread[0], rtol=1e-5)
    assert np.allclose(several[1], wide.covers(wider + 0.1, FITTED)[0][0], rtol=1e-5)


def test_spreading_is_reported_but_is_no_number_of_the_network(tmp_path: Path):
    few = [{"name": "growth_rate", "subject": "cell_line:h1299"}]
    scenario = scenario_from_dict(scenario_data(fit_parameters=few, spreading=SPREADING))
    assert scenario_from_dict(resolved_dict(scenario)) == scenario
    result = fit_scenario(scenario, TIMES, synthetic(0.8))
    row = next(row for row in result.parameters if row["name"] == "spreading")
    assert (row["unit"], row["subject"]) == ("dimensionless", "cell_line:h1299")
    assert (row["prior_low"], row["prior_high"]) == pytest.approx((0.1, 1.6))
    assert any(f"{1 + row['value']:.2f} times" in sentence for sentence in result.sentences)
    assert [row.name for row in load_parameter_file(result.write(tmp_path / "new"))] == ["growth_rate"]


def test_a_parameter_without_effect_is_left_open_and_said_so():
    idle = [{"name": "growth_rate", "subject": "cell_line:h1299"}, {"name": "uptake_fold_hypoxia", "subject": "stress"}]
    result = fit_scenario(scenario_from_dict(scenario_data(fit_parameters=idle)), TIMES, synthetic())
    row = next(row for row in result.parameters if row["name"] == "uptake_fold_hypoxia")
    assert not row["identified"]
    assert row["low"] == pytest.approx(row["prior_low"], rel=0.3)
    assert any("no effect" in warning for warning in result.warnings)
    assert any("leave open uptake fold hypoxia" in sentence for sentence in result.sentences)


def test_written_files_and_the_fitted_set_in_a_scenario(tmp_path: Path):
    result = fitted()
    path = result.write(tmp_path / "new")
    assert path.name == "fitted.yaml"
    rows = load_parameter_file(path)
    assert rows == result.fitted
    assert {row.kind for row in rows} == {"fitted"} and {row.source for row in rows} == {"synthetic_wells"}
    assert {row.subject for row in rows} == {"cell_line:h1299", "cell_line:h1299|drug:doxorubicin"}
    with_set = scenario_from_dict({**scenario_data(), "parameter_sets": [str(path)]})
    parameters = build(with_set).network.parameters
    values = {row["name"]: row["value"] for row in result.parameters}
    for name in ("growth_rate", "arrest_threshold"):
        assert parameters[f"cells.{name}"].value == values[name]
    assert parameters["cells.doxorubicin.damage_rate"].value == values["damage_rate"]
    other = scenario_data()
    other["populations"] = [{"id": "cells", "cell_line": "mcf7_sensitive", "count": "1500 cell"}]
    plain = build(scenario_from_dict(other)).network.parameters["cells.doxorubicin.damage_rate"].value
    overlaid = build(scenario_from_dict({**other, "parameter_sets": [str(path)]})).network.parameters
    assert overlaid["cells.doxorubicin.damage_rate"].value == plain  # one line's fit leaves another line alone
    with (tmp_path / "new" / "curves.csv").open(newline="") as handle:
        lines = list(csv.DictReader(handle))
    assert tuple(lines[0]) == CURVE_COLUMNS and len(lines) == len(TIMES) * (len(FITTED) + len(HELD_OUT))
    summary = json.loads((tmp_path / "new" / "fit.json").read_text())
    asked = ["fit_error", "prediction_error", "baseline_prediction_error", "nearest_dose_error", "parameters"]
    assert list(summary)[:5] == asked
    assert summary == result.to_dict() == json.loads((tmp_path / "new" / "summary.json").read_text())
    assert set(summary["predictive"]) == {f"{dose:g} nM" for dose in HELD_OUT}
    draws = parquet.read_table(tmp_path / "new" / "posterior.parquet").to_pydict()
    rows = {row["name"]: row for row in result.parameters}
    label = "damage_rate@drug:doxorubicin"
    assert label in draws and len(draws[label]) == 640
    assert np.quantile(draws[label], [0.05, 0.95]) == pytest.approx(
        [rows["damage_rate"]["low"], rows["damage_rate"]["high"]], rel=0.02
    )


def test_the_result_repeats_earlier_looks_at_the_held_out_doses():
    few = [{"name": "growth_rate", "subject": "cell_line:h1299"}]
    result = fit_scenario(scenario_from_dict(scenario_data(fit_parameters=few, history="Looked at\n twice.")), TIMES, synthetic())
    assert "Looked at twice." in result.sentences
    assert result.to_dict()["history"] == "Looked at twice."
    assert all(fitted().sentences)


def test_curves_agree_with_the_errors():
    result = fitted()
    for role, error in (("fitted", result.fit_error), ("predicted", result.prediction_error)):
        rows = [row for row in result.curves if row["role"] == role]
        assert math.sqrt(np.mean([(row["predicted"] - row["observed"]) ** 2 for row in rows])) == pytest.approx(error)
        assert all(row["low"] <= row["high"] for row in rows)


def test_the_page_is_self_contained():
    page = fit_page(fitted())
    assert fitted().sentences[0].split(",")[0] in page
    assert 'src="http' not in page and page.count("fit-1") >= 1 and page.count("fit-2") >= 1


def test_noise_of_replicates():
    generator = stream(3, "noise")
    mean = 20.0 + np.arange(25.0)
    steady = {dose: mean * (1 + 0.1 * generator.standard_normal((4, 1)) * np.ones(25)) for dose in range(60)}
    found = replicate_noise(steady)
    assert found.relative == pytest.approx(0.1, rel=0.15) and found.repeats == pytest.approx(25.0, rel=0.01)
    jumpy = {dose: mean * (1 + 0.1 * generator.standard_normal((4, 25))) for dose in range(60)}
    assert replicate_noise(jumpy).repeats == pytest.approx(1.0, abs=0.35)
    for bad in ({0.0: mean[None]}, {0.0: np.stack([mean, mean])}, {0.0: np.zeros((3, 25))}):
        with pytest.raises(InputError):
            replicate_noise(bad)


def test_weighted_quantiles():
    values = np.array([[3.0], [1.0], [2.0]])
    assert weighted_quantiles(values, np.array([0.2, 0.7, 0.1]), 0.5) == pytest.approx([1.0])
    assert weighted_quantiles(values, np.array([0.5, 0.1, 0.4]), 0.45) == pytest.approx([2.0])


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"predict_doses": ["50 nM"]}, "also fitted"),
        ({"fit_doses": ["50 nM"]}, "two doses"),
        ({"fit_parameters": []}, "fit_parameters"),
        ({"fit_parameters": [{"name": "a", "subject": "cell"}, {"name": "a", "subject": "cell"}]}, "listed twice"),
        ({"fit_parameters": [{"name": "a", "subject": "cell", "value": "1 1/h"}]}, "together"),
        ({"channel": "green"}, "phase"),
        ({"drug": "paclitaxel"}, "paclitaxel"),
        ({"colour": "green"}, "unknown key"),
        ({"spreading": {**SPREADING, "low": 0.5}}, "`low` < `value`"),
        ({"spreading": {**SPREADING, "low": 0}}, "above 0"),
        ({"spreading": {**SPREADING, "reason": " "}}, "Say why"),
        ({"spreading": 0.4}, "spreading"),
    ],
)
def test_scenarios_that_cannot_be_fitted_are_refused(change: dict[str, Any], part: str):
    with pytest.raises(InputError, match=part):
        scenario_from_dict(scenario_data(**change))


@pytest.mark.parametrize(
    ("low", "high", "reason", "part"),
    [("0.3 1/h", "30 nM", "x", "one unit"), ("5 1/h", "30 1/h", "x", "0 <"), ("0.3 1/h", "30 1/h", "", "Say why")],
)
def test_ranges_that_cannot_be_used_are_refused(low: str, high: str, reason: str, part: str):
    entry = {"name": "damage_rate", "subject": "drug:doxorubicin", "value": "3 1/h", "low": low, "high": high}
    with pytest.raises(InputError, match=part):
        scenario_from_dict(scenario_data(fit_parameters=[{**entry, "reason": reason}]))


def test_readings_that_cannot_be_fitted_are_refused():
    scenario = scenario_from_dict(scenario_data())
    readings = synthetic()
    with pytest.raises(InputError, match="100 nM of doxorubicin was not measured"):
        fit_scenario(scenario, TIMES, {dose: table for dose, table in readings.items() if dose != 100.0})
    with pytest.raises(InputError, match="One replicate"):
        fit_scenario(scenario, TIMES, {dose: table[:1] for dose, table in readings.items()})
    with pytest.raises(InputError, match="duration"):
        fit_scenario(scenario, TIMES * 2, readings)
    with pytest.raises(InputError, match="Did you mean"):
        wrong = [{"name": "grwth_rate", "subject": "cell_line:h1299"}]
        fit_scenario(scenario_from_dict(scenario_data(fit_parameters=wrong)), TIMES, readings)
    with pytest.raises(InputError, match="range"):
        fixed = [{"name": "phase_specific", "subject": "drug:doxorubicin"}]
        fit_scenario(scenario_from_dict(scenario_data(fit_parameters=fixed)), TIMES, readings)
    data = scenario_data()
    data["assay"] = {"kind": "time_course", "population": "cells"}
    with pytest.raises(InputError, match="confluence"):
        fit_scenario(scenario_from_dict(data), TIMES, readings)


def test_a_confluence_scenario_resolves_and_reads_back():
    scenario = scenario_from_dict(scenario_data())
    assert scenario_from_dict(resolved_dict(scenario)) == scenario


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the measurements are not at {REAL}")
def test_real_data_stay_as_reported():
    from exoresist.assembly.reader import load_scenario

    scenario = load_scenario(ROOT / "examples" / "h1299_doxorubicin.yaml")
    assert scenario.assay.fit_doses == (0.0, 12.5, 50.0, 200.0)
    assert scenario.assay.predict_doses == (6.25, 25.0, 100.0, 400.0)
    data = read_confluence(REAL)
    stains = data.stained("doxorubicin", scenario.assay.dead_channels)
    result = fit_scenario(scenario, data.times_h, data.by_dose("doxorubicin", "phase"), stains)
    # Wide enough for another machine's last digits and for a recalibrated catalogue, narrow enough to notice a fault.
    assert result.baseline_fit_error == pytest.approx(1.63, abs=0.02)
    assert result.baseline_prediction_error == pytest.approx(1.94, abs=0.03)
    assert result.nearest_dose_error == pytest.approx(5.38, abs=0.01)
    assert result.fit_error < 2.5
    for row in result.by_dose:
        if row["role"] == "fitted":
            assert row["dead"] < 11 * row["stained"]
    assert result.prediction_error < result.nearest_dose_error
