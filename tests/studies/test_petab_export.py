"""Scenarios as PEtab problems: another engine and another reader must find the likelihood that our own solver finds."""

from __future__ import annotations

import pytest

pytest.importorskip("petab", reason="the PEtab library comes with the extra [petab]")
pytest.importorskip("roadrunner", reason="libroadrunner comes with the extra [petab]")

from exoresist.app.export_petab import _write
from exoresist.assembly.reader import load_scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.exchange.petab_in import PetabModel
from exoresist.studies.petab_export import Measured, export_problems


@pytest.fixture(scope="module")
def catalog():
    return Catalog.load()


@pytest.mark.parametrize(
    "name, estimate",
    [
        ("pgp_add_back", ["growth_rate", "pump_copies", "loading_enrichment"]),
        ("sensitising_cargo", ["damage_rate"]),
        ("null_delivery", []),
    ],
)
def test_round_trip(tmp_path, catalog, name, estimate):
    """At nominal values and away from them, where starts depend on what is estimated: 1e-6 relative (asked: 1e-4)."""
    scenario = load_scenario(name)
    problems = export_problems(scenario, catalog, None, estimate)
    assert {arm for problem in problems for arm in problem.arms} == {arm.id for arm in scenario.arms}
    for problem in problems:
        assert problem.synthetic
        assert problem.remarks
        _write(problem, tmp_path / problem.name, catalog, scenario)
        model = PetabModel.read(tmp_path / problem.name / "problem.yaml")
        for factor in (1.0, 1.12):
            values = {one.id: one.nominal * factor for one in problem.numbers}
            assert model.simulate(values).log_likelihood == pytest.approx(problem.log_likelihood(values), rel=1e-6)


def test_readings_across_events_and_arms(tmp_path, catalog):
    """Vesicles in the medium before and after they are washed out; arms that give one number two values keep both."""
    scenario = load_scenario("pgp_add_back")
    rows = [Measured(arm, time, None, "medium.vesicles_preparation", value)
            for arm in ("added", "sensitive_vesicles") for time, value in ((2.0, 4e7), (20.0, 3e7), (30.0, 0.0))]  # fmt: skip
    (problem,) = export_problems(scenario, catalog, rows, ["pump_copies"])
    assert not problem.synthetic
    _write(problem, tmp_path, catalog, scenario)
    model = PetabModel.read(tmp_path / "problem.yaml")
    values = {one.id: one.nominal * 1.3 for one in problem.numbers}
    assert model.simulate(values).log_likelihood == pytest.approx(problem.log_likelihood(values), rel=1e-6)
    before, after = model.simulate(values).simulated[1:3]
    assert after < 1e-3 * before


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
        ("mcf7_doxorubicin", None, ["diameter_sigma"], "more than arithmetic"),
    ],
)
def test_what_cannot_be_written_is_told(catalog, name, rows, estimate, told):
    with pytest.raises(InputError, match=told):
        export_problems(load_scenario(name), catalog, rows, estimate)
