"""Scenarios as PEtab problems: another engine and another reader must find the likelihood that our own solver finds."""

from __future__ import annotations

import pytest

pytest.importorskip("petab", reason="the PEtab library comes with the extra [petab]")
pytest.importorskip("roadrunner", reason="libroadrunner comes with the extra [petab]")

from exoresist.app.export_petab import WRITERS, _write
from exoresist.assembly.reader import load_scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.exchange.petab_in import PetabModel
from exoresist.studies.petab_export import Measured, export_problems
from exoresist.studies.symbolic import Symbolic, expression_of


@pytest.fixture(scope="module")
def catalog():
    return Catalog.load()


@pytest.mark.parametrize(
    "name, estimate",
    [
        ("pgp_add_back", ["growth_rate", "pump_copies", "loading_enrichment"]),
        ("pgp_add_back", ["diameter_median", "diameter_sigma"]),
        ("sensitising_cargo", ["damage_rate"]),
        ("null_delivery", []),
    ],
)
def test_round_trip(tmp_path, catalog, name, estimate):
    """In both versions, at nominal values and away from them, where starts depend on what is estimated: 2e-8 relative (asked: 1e-4)."""
    scenario = load_scenario(name)
    problems = export_problems(scenario, catalog, None, estimate)
    assert {arm for problem in problems for arm in problem.arms} == {arm.id for arm in scenario.arms}
    for problem in problems:
        assert problem.synthetic
        assert problem.remarks
        models = []
        for version, writer in WRITERS.items():
            folder = tmp_path / str(version) / problem.name
            _write(problem, folder, catalog, scenario, writer)
            models.append(PetabModel.read(folder / "problem.yaml"))
            assert models[-1].problem.version.startswith(str(version))
        for factor in (1.0, 1.12):
            values = {one.id: one.nominal * factor for one in problem.numbers}
            own = problem.log_likelihood(values)
            for model in models:
                assert model.simulate(values).log_likelihood == pytest.approx(own, rel=2e-8)
            assert models[0].log_prior(values) == pytest.approx(models[1].log_prior(values), rel=1e-9)
        assert [(one.id, one.low, one.high) for one in models[0].problem.estimated] == [
            (one.id, one.low, one.high) for one in models[1].problem.estimated
        ]


@pytest.mark.parametrize("version", WRITERS)
def test_readings_across_events_and_arms(tmp_path, catalog, version):
    """Vesicles in the medium before and after they are washed out; arms that give one number two values keep both."""
    scenario = load_scenario("pgp_add_back")
    rows = [Measured(arm, time, None, "medium.vesicles_preparation", value)
            for arm in ("added", "sensitive_vesicles") for time, value in ((2.0, 4e7), (20.0, 3e7), (30.0, 0.0))]  # fmt: skip
    (problem,) = export_problems(scenario, catalog, rows, ["pump_copies"])
    assert not problem.synthetic
    _write(problem, tmp_path, catalog, scenario, WRITERS[version])
    model = PetabModel.read(tmp_path / "problem.yaml")
    values = {one.id: one.nominal * 1.3 for one in problem.numbers}
    assert model.simulate(values).log_likelihood == pytest.approx(problem.log_likelihood(values), rel=1e-6)
    before, after = model.simulate(values).simulated[1:3]
    assert after < 1e-3 * before


def test_version_1_holds_washes_as_events_and_starts_as_assignments(tmp_path, catalog):
    """Conditions hold plain numbers and names only; arms that do the same later share an event, others have a switch."""
    import libsbml
    import petab.v1

    scenario = load_scenario("pgp_add_back")
    rows = [Measured(arm.id, 5.0, None, "cells", 3000.0) for arm in scenario.arms]
    (problem,) = export_problems(scenario, catalog, rows, ["diameter_sigma"])
    _write(problem, tmp_path, catalog, scenario, WRITERS[1])
    assert not petab.v1.lint_problem(petab.v1.Problem.from_yaml(str(tmp_path / "problem.yaml")))
    model = libsbml.readSBMLFromFile(str(tmp_path / "model.xml")).getModel()
    washed = [one for one in problem.experiments.values() if len(one.steps) > 1]
    assert washed
    assert 1 <= model.getNumEvents() <= len(washed)
    assert any("exp" in libsbml.formulaToL3String(one.getMath()) for one in model.getListOfInitialAssignments())
    head, *lines = [line.split("\t") for line in (tmp_path / "conditions.tsv").read_text().splitlines()]
    assert len(lines) == len(problem.experiments)
    for line in lines:
        for title, cell in zip(head[1:], line[1:], strict=True):
            assert cell == "diameter_sigma_of_vesicle" or float(cell) >= 0.0, title


def test_version_1_refuses_a_reading_at_the_moment_of_a_change(tmp_path, catalog):
    """Its tables cannot say whether before or after; version 2 can. Nothing is written."""
    scenario = load_scenario("pgp_add_back")
    moment = next(entry.until for entry in scenario.vesicles)
    (problem,) = export_problems(scenario, catalog, [Measured("added", moment, None, "cells", 3000.0)])
    with pytest.raises(InputError, match="Export version 2"):
        _write(problem, tmp_path / "one", catalog, scenario, WRITERS[1])
    assert not (tmp_path / "one").exists()
    _write(problem, tmp_path / "two", catalog, scenario, WRITERS[2])


def test_conditioned_medium_says_what_is_not_estimated(catalog):
    scenario = load_scenario("conditioned_medium")
    arm = next(arm.id for arm in scenario.arms)
    row = [Measured(arm, 5.0, None, "cells", 3000.0)]
    (told,) = export_problems(scenario, catalog, row, ["growth_rate"], arm)[0].remarks
    assert "worked out once" in told
    assert not export_problems(scenario, catalog, row, [], arm)[0].remarks


def test_numbers_that_remember_what_was_done_to_them():
    """Through NumPy and back; a choice that hangs on one is refused."""
    import numpy as np
    import sympy

    x = sympy.Symbol("x", real=True)
    one = Symbolic(x)
    made = np.float64(2.0) * np.exp(np.asarray(one) ** 2.0) + np.log(one) / 3.0 - np.sqrt(4.0 * one) * (1.0 - one) / one
    wanted = 2.0 * sympy.exp(x**2.0) + sympy.log(x) / 3.0 - sympy.sqrt(4.0 * x) * (1.0 - x) / x
    for value in (0.3, 1.7):
        assert float(expression_of(made).subs(x, value)) == pytest.approx(float(wanted.subs(x, value)), rel=1e-12)
    assert float(expression_of(np.array([one, 2.0]) * 3.0).subs(x, 2.0)) == 6.0
    assert expression_of(2.5) == 2.5
    for choice in (lambda: np.maximum(one, 0.0), lambda: float(one), lambda: one > 1.0, lambda: bool(one)):
        with pytest.raises(TypeError):
            choice()


def test_a_start_that_hangs_on_a_choice_is_refused(catalog, monkeypatch):
    import numpy as np

    from exoresist.assembly.build import Model

    start = Model.start
    monkeypatch.setattr(Model, "start", lambda self, values=None: start(self, values) | {
        "recipient.cells": np.maximum((values or {}).get("recipient.growth_rate", 1.0), 0.5)})  # fmt: skip
    with pytest.raises(InputError, match="cannot be written as a formula of growth_rate"):
        export_problems(load_scenario("pgp_add_back"), catalog, [Measured("added", 5.0, None, "cells", 1.0)], ["growth_rate"])


@pytest.mark.parametrize(
    "name, rows, estimate, told",
    [
        ("tumour_spheroid", None, [], "tissue"),
        ("breast_cohort", None, [], "cohort"),
        ("pgp_add_back", None, ["nothing"], "nothing"),
        ("pgp_add_back", [Measured("added", 5.0, None, "cels", 1.0)], [], "cels"),
        ("pgp_add_back", [Measured("none", 5.0, None, "cells", 1.0)], [], "none"),
        ("pgp_add_back", [Measured("added", 5e3, None, "cells", 1.0)], [], "after the scenario's end"),
        ("pgp_add_back", [Measured("", 5.0, None, "cells", 1.0)], [], "names no arm"),
    ],
)
def test_what_cannot_be_written_is_told(catalog, name, rows, estimate, told):
    with pytest.raises(InputError, match=told):
        export_problems(load_scenario(name), catalog, rows, estimate)
