"""PEtab problems of both versions against answers on paper."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("petab", reason="the PEtab library comes with the extra [petab]")
pytest.importorskip("roadrunner", reason="libroadrunner comes with the extra [petab]")
pytest.importorskip("antimony", reason="the tests write models in Antimony")


from exoresist.core.errors import InputError, SolverError
from exoresist.exchange.petab_in import PetabModel
from exoresist.exchange.petab_tables import is_petab

SPECIFICATION = importlib.util.spec_from_file_location("petab_files", Path(__file__).with_name("petab_files.py"))
files = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(files)
DECAY, version_1, version_2 = files.DECAY, files.version_1, files.version_2

PARAMETERS_1 = "parameterId parameterScale lowerBound upperBound nominalValue estimate\nk lin 0.01 10 0.5 1\n"
PARAMETERS_2 = "parameterId lowerBound upperBound nominalValue estimate\nk 0.01 10 0.5 true\n"
CLOSE = dict(rel=1e-7)


def normal(measured, predicted, deviation):
    return float(np.sum(-0.5 * ((measured - predicted) / deviation) ** 2 - np.log(deviation * math.sqrt(2 * math.pi))))


@pytest.mark.parametrize("scale", ["lin", "log", "log10"])
@pytest.mark.parametrize("distribution", ["normal", "laplace"])
def test_version_1_noise(tmp_path, scale, distribution):
    """A decay, read on each scale with each noise; the density is that of the reading itself."""
    path = version_1(
        tmp_path, DECAY, "conditionId\nc0",
        f"observableId observableFormula noiseFormula observableTransformation noiseDistribution\nobs 2*A 0.3 {scale} {distribution}",
        "observableId simulationConditionId time measurement\nobs c0 0 21\nobs c0 2 7\nobs c0 5 2", PARAMETERS_1,
    )  # fmt: skip
    found = PetabModel.read(path).simulate()
    measured, predicted = np.array([21.0, 7.0, 2.0]), 20.0 * np.exp(-0.5 * np.array([0.0, 2.0, 5.0]))
    inner, slope = {"lin": (lambda x: x, 1.0), "log": (np.log, measured), "log10": (np.log10, measured * math.log(10))}[scale]
    residual = (inner(measured) - inner(predicted)) / 0.3
    if distribution == "normal":
        expected = np.sum(-0.5 * residual**2 - np.log(0.3 * math.sqrt(2 * math.pi) * slope))
    else:
        expected = np.sum(-np.abs(residual) - np.log(2 * 0.3 * slope))
    assert found.log_likelihood == pytest.approx(float(expected), **CLOSE)
    assert found.chi2 == pytest.approx(float(np.sum(residual**2)), **CLOSE)
    assert found.simulated == pytest.approx(predicted, **CLOSE)


@pytest.mark.parametrize("text, slope", [("log-normal", True), ("log-laplace", True), ("laplace", False)])
def test_version_2_noise(tmp_path, text, slope):
    path = version_2(
        tmp_path, DECAY, f"observableId observableFormula noiseFormula noiseDistribution\nobs A 0.3 {text}",
        "observableId experimentId time measurement\nobs _ 2 3", PARAMETERS_2,
    )  # fmt: skip
    predicted = 10.0 * math.exp(-1.0)
    residual = (math.log(3.0 / predicted) if slope else 3.0 - predicted) / 0.3
    tail = 0.5 * residual**2 + 0.5 * math.log(2 * math.pi) if text.endswith("normal") else abs(residual) + math.log(2)
    expected = -tail - math.log(0.3 * (3.0 if slope else 1.0))
    assert PetabModel.read(path).simulate().log_likelihood == pytest.approx(expected, **CLOSE)


def test_placeholders_conditions_and_fixed_parameters(tmp_path):
    """Overrides by condition, numbers and names in the measurement table, and a parameter that is not estimated."""
    path = version_1(
        tmp_path, DECAY, "conditionId k a0\nslow 0.1 start\nfast 1 4",
        "observableId observableFormula noiseFormula\n"
        "obs observableParameter1_obs*A+observableParameter2_obs noiseParameter1_obs+0.5*scale",
        """
        observableId simulationConditionId time measurement observableParameters noiseParameters
        obs slow 1 20 2;shift 0.25
        obs fast 1 7 3;1 width
        """,
        """
        parameterId parameterScale lowerBound upperBound nominalValue estimate
        start log10 0.1 100 8 1
        shift lin -10 10 -1 1
        width log 0.01 10 0.75 1
        scale lin 0 10 2 0
        """,
    )  # fmt: skip
    model = PetabModel.read(path)
    predicted = np.array([2 * 8 * math.exp(-0.1) - 1, 3 * 4 * math.exp(-1.0) + 1])
    deviation = np.array([0.25 + 1.0, 0.75 + 1.0])
    assert model.simulate().simulated == pytest.approx(predicted, **CLOSE)
    assert model.simulate().log_likelihood == pytest.approx(normal(np.array([20.0, 7.0]), predicted, deviation), **CLOSE)
    moved = model.simulate({"start": 5.0, "width": 0.1})
    assert moved.simulated[0] == pytest.approx(2 * 5 * math.exp(-0.1) - 1, **CLOSE)
    assert moved.noise[1] == pytest.approx(1.1)
    assert [one.id for one in model.problem.estimated] == ["start", "shift", "width"]


def test_initial_assignments_follow_parameters_and_conditions(tmp_path):
    """k3 and A start from formulas of what a condition sets; a rule for k2 holds at all times."""
    model = "k1 = 1; k2 := 2*k1; k3 = k1 + k2; compartment c = 4; species A in c; A = 3*k3; substanceOnly species s in c; s = A*c; k1 = 1"
    path = version_1(
        tmp_path, model, "conditionId k1\nc0 free",
        "observableId observableFormula noiseFormula\noA A 1\nos s 1\nok k2 1",
        "observableId simulationConditionId time measurement\noA c0 0 1\nos c0 0 1\nok c0 1 1",
        "parameterId parameterScale lowerBound upperBound nominalValue estimate\nfree lin 0 10 5 1",
    )  # fmt: skip
    loaded = PetabModel.read(path)
    assert loaded.simulate().simulated == pytest.approx([45.0, 180.0, 10.0], **CLOSE)
    assert loaded.simulate({"free": 1.0}).simulated == pytest.approx([9.0, 36.0, 2.0], **CLOSE)


def test_equilibration_then_a_change(tmp_path):
    """Production over decay settles at p/k; then production stops."""
    model = "p = 3; k = 0.5; compartment c = 1; species A in c; A = 0; make: -> A; p; decay: A -> ; k * A;"
    path = version_2(
        tmp_path, model, "observableId observableFormula noiseFormula\nobs A 1\nflux decay 1",
        "observableId experimentId time measurement\nobs e 0 6\nobs e 4 1\nflux e 4 1\nobs rest inf 6", PARAMETERS_2,
        "conditionId targetId targetValue\non p 4\noff p 0\nadd A A+2",
        "experimentId time conditionId\ne -inf on\ne 0 off\ne 2 add\nrest 0 on",
    )  # fmt: skip
    late = (8 * math.exp(-1.0) + 2) * math.exp(-1.0)
    assert PetabModel.read(path).simulate().simulated == pytest.approx([8.0, late, 0.5 * late, 8.0], rel=1e-6)


def test_a_size_changes_with_its_content(tmp_path):
    """Amounts stay when a compartment grows; a concentration set at the same moment is meant in the new size."""
    model = "compartment c = 2; species A in c = 3; species B in c = 5; substanceOnly species s in c = 7; k = 0"
    path = version_2(
        tmp_path, model, "observableId observableFormula noiseFormula\noA A*c 1\noB B 1\nos s 1",
        "observableId experimentId time measurement\noA e 1 1\noB e 1 1\nos e 1 1\noB e 0 1", PARAMETERS_2,
        "conditionId targetId targetValue\ngrow c 2*c\ngrow A A+c", "experimentId time conditionId\ne 0 _\ne 1 grow",
    )  # fmt: skip
    assert PetabModel.read(path).simulate().simulated == pytest.approx([(3 + 2) * 4.0, 2.5, 7.0, 5.0], **CLOSE)


def test_events_follow_the_condition_of_the_same_moment(tmp_path):
    """An event by the clock and one that the condition sets off, the higher priority first; one at the start."""
    model = """
        q = 0; q' = 1; n = 0; m = 0; start = 0; k = 1
        at time >= 5, fromTrigger=false, priority=1: n = n + 10*m
        at q >= 100, fromTrigger=false, priority=2: m = m + 1
        at k > 0, t0=false, fromTrigger=false: start = start + k
    """
    path = version_2(
        tmp_path, model, "observableId observableFormula noiseFormula\non n 1\nom m 1\nostart start 1\noq q 1",
        "observableId experimentId time measurement\non e 5 1\nom e 5 1\nostart e 0 1\noq e 6 1\non e 6 1\nom e 4 1", PARAMETERS_2,
        "conditionId targetId targetValue\njump q q+200", "experimentId time conditionId\ne 0 _\ne 5 jump",
    )  # fmt: skip
    assert PetabModel.read(path).simulate({"k": 0.5}).simulated == pytest.approx([10.0, 1.0, 0.5, 206.0, 10.0, 0.0], rel=1e-6)


def test_rules_read_the_clock_of_the_experiment(tmp_path):
    """An input begins at time 5: seen at once by a reading at 0 after an equilibration, and where an experiment begins later."""
    path = version_2(
        tmp_path, "k = 0.5; d = 4; compartment c = 2; species A in c; A = 1; A -> ; c * k * A; u := piecewise(0, time < 5, d)",
        "observableId observableFormula noiseFormula\nobs u 1",
        "observableId experimentId time measurement\nobs rest 0 0\nobs rest 6 4\nobs late 7 4",
        "parameterId lowerBound upperBound nominalValue estimate\nk 0 9 0.5 true",
        "conditionId targetId targetValue\nplain d 4", "experimentId time conditionId\nrest -inf plain\nrest 0 plain\nlate 7 plain",
    )  # fmt: skip
    assert PetabModel.read(path).simulate().simulated == pytest.approx([0.0, 4.0, 4.0])


def test_the_draft_of_version_2_is_read_with_its_mapping(tmp_path):
    """It writes version 1 with models by language; the package petabtests has its cases so. Another language is refused by its name."""
    path = version_1(
        tmp_path, DECAY, "conditionId\nc0", "observableId observableFormula noiseFormula\nobs maps_to_A 1",
        "observableId simulationConditionId time measurement\nobs c0 0 3",
        "parameterId parameterScale lowerBound upperBound nominalValue estimate\nmaps_to_a0 lin 0 10 7 1",
    )  # fmt: skip
    (tmp_path / "mapping.tsv").write_text("petabEntityId\tmodelEntityId\nmaps_to_A\tA\nmaps_to_a0\ta0\n")
    draft = path.read_text().replace("format_version: 1", "format_version: 2.0.0")
    draft = draft.replace(
        "sbml_files: [model.xml]", "model_files: {m: {language: sbml, location: model.xml}}\n  mapping_files: [mapping.tsv]"
    )
    path.write_text(draft)
    assert PetabModel.read(path).simulate().simulated == pytest.approx([7.0])
    path.write_text(draft.replace("language: sbml", "language: pysb"))
    with pytest.raises(InputError, match="language pysb"):
        PetabModel.read(path)


def test_a_short_pulse_is_not_passed_over(tmp_path):
    """A hundredth of a unit of time long, in a model at rest: its area is all that the integrator can go by."""
    path = version_2(
        tmp_path, "compartment c = 2; species A in c; A = 0; w = 0.01; -> A; c * 100 * piecewise(1, time >= 10 && time < 10 + w, 0)",
        "observableId observableFormula noiseFormula\nobs A 1", "observableId experimentId time measurement\nobs _ 2000 1",
        "parameterId lowerBound upperBound nominalValue estimate\nw 0 9 0.01 true",
    )  # fmt: skip
    model = PetabModel.read(path)
    assert model.simulate().simulated == pytest.approx([1.0], rel=1e-6)
    assert model.simulate({"w": 0.03}).simulated == pytest.approx([3.0], rel=1e-6)


def test_stoichiometry_follows_its_parameter(tmp_path):
    path = version_2(
        tmp_path, "k = 0.1; p = 2; compartment c = 2; species A in c, B in c; A = 1; B = 0; J: A -> n B; c * k * A; n = p",
        "observableId observableFormula noiseFormula\nobs B 1", "observableId experimentId time measurement\nobs _ 1 1",
        "parameterId lowerBound upperBound nominalValue estimate\np 0 9 4 true",
    )  # fmt: skip
    assert PetabModel.read(path).simulate().simulated == pytest.approx([4 * (1 - math.exp(-0.1))], rel=1e-6)


def test_rare_functions_of_a_start(tmp_path):
    path = version_2(
        tmp_path, "n = 3; compartment c = 2; species A in c; A = factorial(n) + arcsinh(n) + arccot(n); A -> ; 0 * A",
        "observableId observableFormula noiseFormula\nobs A 1", "observableId experimentId time measurement\nobs _ 1 1",
        "parameterId lowerBound upperBound nominalValue estimate\nn 0 9 4 true",
    )  # fmt: skip
    expected = 24 + math.asinh(4) + math.atan(1 / 4)
    assert PetabModel.read(path).simulate().simulated == pytest.approx([expected], rel=1e-9)


def test_priors(tmp_path):
    path = version_1(
        tmp_path, DECAY, "conditionId\nc0", "observableId observableFormula noiseFormula\nobs A 1",
        "observableId simulationConditionId time measurement\nobs c0 0 10",
        """
        parameterId parameterScale lowerBound upperBound nominalValue estimate objectivePriorType objectivePriorParameters
        k lin -1000 1000 0.5 1 normal 1;2
        a0 log10 1e-9 1e9 10 1 parameterScaleNormal 2;0.5
        """,
    )  # fmt: skip
    model = PetabModel.read(path)
    first = -0.5 * (0.5 / 2) ** 2 - math.log(2 * math.sqrt(2 * math.pi))
    # the density is that of a0 itself: normal in log10(a0), so divided by a0 ln 10
    second = -0.5 * ((1 - 2) / 0.5) ** 2 - math.log(0.5 * math.sqrt(2 * math.pi) * 10 * math.log(10))
    assert model.log_prior() == pytest.approx(first + second, rel=1e-6)
    assert model.log_prior({"k": 5000.0}) == -math.inf
    second_version = version_2(
        tmp_path / "2", DECAY, "observableId observableFormula noiseFormula\nobs A 1",
        "observableId experimentId time measurement\nobs _ 0 10",
        "parameterId lowerBound upperBound nominalValue estimate priorDistribution priorParameters\nk 0 1e6 0.5 true log-normal 0;1",
    )  # fmt: skip
    expected = -0.5 * math.log(0.5) ** 2 - math.log(0.5 * math.sqrt(2 * math.pi))
    assert PetabModel.read(second_version).log_prior() == pytest.approx(expected, rel=1e-6)


def test_what_only_observables_read_can_be_set_by_condition(tmp_path):
    path = version_2(
        tmp_path, DECAY, "observableId observableFormula noiseFormula\nobs A+offset 1",
        "observableId experimentId time measurement\nobs e 0 1\nobs f 0 1",
        PARAMETERS_2 + "far 0 10 4 true\n", "conditionId targetId targetValue\nc offset far/2\nd offset 1",
        "experimentId time conditionId\ne 0 c\nf 0 d",
    )  # fmt: skip
    assert PetabModel.read(path).simulate().simulated == pytest.approx([12.0, 11.0], **CLOSE)


def test_is_petab(tmp_path):
    (tmp_path / "a.yaml").write_text("name: x\nformat_version_of: 3\n")
    (tmp_path / "b.yaml").write_text("problems: []\nformat_version: 1\n")
    assert is_petab(tmp_path / "b.yaml")
    assert not is_petab(tmp_path / "a.yaml")
    assert not is_petab(tmp_path / "none.yaml")


GOOD = dict(
    observables="observableId observableFormula noiseFormula\nobs A 1",
    measurements="observableId experimentId time measurement\nobs _ 2 3",
    parameters=PARAMETERS_2,
)  # fmt: skip


@pytest.mark.parametrize(
    "change, told",
    [
        ({"measurements": "observableId experimentId time measurement\nother _ 2 3"}, "other"),
        ({"measurements": "observableId experimentId time measurement\nobs nowhere 2 3"}, "nowhere"),
        ({"observables": "observableId observableFormula noiseFormula\nobs A*( 1"}, "cannot be read"),
        ({"observables": "observableId observableFormula noiseFormula\nobs __import__('os') 1"}, "problem.yaml"),
        ({"observables": "observableId observableFormula noiseFormula\nobs nothing*A 1"}, "nothing"),
        ({"parameters": "parameterId lowerBound upperBound nominalValue estimate\nk 10 0.01 0.5 true"}, "ound"),
        ({"parameters": "parameterId lowerBound upperBound nominalValue estimate\nk 0 1 x true"}, "cannot be read"),
    ],
)
def test_damaged_tables_are_refused(tmp_path, change, told):
    path = version_2(tmp_path, DECAY, **{**GOOD, **change})
    with pytest.raises(InputError, match=told):
        PetabModel.read(path)


@pytest.mark.parametrize(
    "text, told",
    [
        ("format_version: 3.0.0\n", "format_version 3"),
        ("format_version: [\n", "YAML"),
        ("format_version: 1\nparameter_file: p.tsv\nproblems: []\n", "several problems"),
        ("format_version: 2.0.0\nmodel_files: {a: {location: https://x.org/m.xml, language: sbml}}\n", "not a file here"),
        ("format_version: 2.0.0\nmodel_files: {a: {location: m.py, language: pysb}}\n", "not SBML"),
        ("format_version: 2.0.0\nextensions: {x: {version: 1.0.0, required: true}}\n"
         "model_files: {a: {location: m.xml, language: sbml}}\n", "extension x"),
        ("format_version: 2.0.0\nmodel_files: {a: {location: m.xml, language: sbml}}\nparameter_files: [none.tsv]\n"
         "observable_files: [none.tsv]\nmeasurement_files: [none.tsv]\n", "none.tsv"),
    ],
)  # fmt: skip
def test_damaged_heads_are_refused(tmp_path, text, told):
    path = tmp_path / "problem.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=told):
        PetabModel.read(path)


def test_damaged_models_are_refused(tmp_path):
    path = version_2(tmp_path, DECAY, **GOOD)
    text = (tmp_path / "model.xml").read_text()
    (tmp_path / "model.xml").write_text(text[: len(text) // 2])
    with pytest.raises(InputError, match=r"problem\.yaml|SBML"):
        PetabModel.read(path)


def test_no_rest_is_told(tmp_path):
    path = version_2(
        tmp_path, "k = 1; compartment c = 1; species A in c = 0; make: -> A; k;",
        GOOD["observables"], "observableId experimentId time measurement\nobs e inf 3", PARAMETERS_2,
        "conditionId targetId targetValue\nc A 1", "experimentId time conditionId\ne 0 c",
    )  # fmt: skip
    with pytest.raises(SolverError, match="A still change"):
        PetabModel.read(path).simulate()


def test_unknown_values_are_refused(tmp_path):
    model = PetabModel.read(version_2(tmp_path, DECAY, **GOOD))
    with pytest.raises(InputError, match="'x' is no parameter"):
        model.simulate({"x": 1.0})
