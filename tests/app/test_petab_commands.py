"""`ask fit` and `export` with PEtab problems, from the command line."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

pytest.importorskip("petab", reason="the PEtab library comes with the extra [petab]")
pytest.importorskip("roadrunner", reason="libroadrunner comes with the extra [petab]")
pytest.importorskip("antimony", reason="the tests write models in Antimony")


from exoresist.app.main import main

SPECIFICATION = importlib.util.spec_from_file_location("petab_files", Path(__file__).parents[1] / "exchange" / "petab_files.py")
files = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(files)
version_2 = files.version_2


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(one) for one in arguments])
    return stop.value.code


def problem(folder):
    """Readings of a straight level: the mean is the best point, σ/√n its standard deviation."""
    rows = "\n".join(f"obs _ {time} {value}" for time, value in enumerate((3.0, 5.0, 4.0, 4.0)))
    return version_2(
        folder, "p = 1; k = 0", "observableId observableFormula noiseFormula\nobs p 0.5",
        f"observableId experimentId time measurement\n{rows}",
        "parameterId lowerBound upperBound nominalValue estimate\np 0.1 100 1 true\n",
    )  # fmt: skip


def test_a_fit_finds_the_mean(tmp_path, capsys):
    path = problem(tmp_path / "in")
    assert run("ask", "fit", path, "--out", tmp_path / "out", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    (row,) = told["parameters"]
    assert row["value"] == pytest.approx(4.0, rel=1e-3)
    assert (row["low"], row["high"]) == pytest.approx((4.0 - 1.645 * 0.25, 4.0 + 1.645 * 0.25), rel=2e-2)
    assert told["chi2"] == pytest.approx(8.0, rel=1e-4)
    assert told["predictive"] == {}
    assert told["log_likelihood"] > told["nominal"]["log_likelihood"]
    assert told == json.loads((tmp_path / "out" / "summary.json").read_text())
    lines = (tmp_path / "out" / "simulations.tsv").read_text().splitlines()
    assert len(lines) == 5
    assert "Readings over time" in (tmp_path / "out" / "fit.html").read_text()


def test_damage_leaves_nothing_behind(tmp_path, capsys):
    path = problem(tmp_path / "in")
    (tmp_path / "in" / "observables.tsv").write_text("observableId\tobservableFormula\nobs\tp*(\n")
    assert run("ask", "fit", path, "--out", tmp_path / "out") == 2
    said = capsys.readouterr()
    assert "cannot be read as a PEtab problem" in said.err
    assert "Traceback" not in said.err
    assert not (tmp_path / "out").exists()


def test_missing_libraries_are_told_with_the_line_to_type(tmp_path, capsys, monkeypatch):
    import importlib.util

    known = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "roadrunner" else known(name, *more))
    assert run("ask", "fit", problem(tmp_path / "in"), "--out", tmp_path / "out") == 2
    assert "pip install 'exoresist[petab]'" in capsys.readouterr().err


def test_export_and_fit_of_a_table(tmp_path, capsys):
    data = tmp_path / "cells.csv"
    lines = [f"{arm},{time},cells,{2000.0 * 1.02**time:.1f},cell" for arm in ("added", "vehicle") for time in (12, 24, 36)]
    data.write_text("arm,time,readout,value,unit\n" + "\n".join(lines) + "\n")
    folder = tmp_path / "out"
    assert run("export", "pgp_add_back", "--petab", folder, "--data", data, "--estimate", "growth_rate") == 0
    assert "6 readings" in capsys.readouterr().out
    assert run("ask", "fit", folder / "problem.yaml", "--out", tmp_path / "fit", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["name"] for row in told["parameters"]} == {"growth_rate_of_cell_line_mcf7_sensitive", "noise_cells"}
    assert told["log_likelihood"] > told["nominal"]["log_likelihood"]


def test_version_1_by_option(tmp_path, capsys):
    """The same table in either version; a reading at the moment of a washout is refused in version 1 and leaves nothing."""
    data, found = tmp_path / "cells.csv", {}
    data.write_text("arm,time,readout,value\n" + "".join(f"{arm},12,cells,2500\n" for arm in ("added", "vehicle")))
    words = ("export", "pgp_add_back", "--data", data, "--petab-version")
    for version in (1, 2):
        assert run(*words, version, "--petab", tmp_path / str(version)) == 0
        assert run("ask", "fit", tmp_path / str(version) / "problem.yaml", "--out", tmp_path / "fit", "--json") == 0
        found[version] = json.loads(capsys.readouterr().out.partition("{")[2].join(("{", "")))
    assert found[1]["petab_version"] == "1" and found[2]["petab_version"] == "2.0.0"
    assert found[1]["nominal"]["log_likelihood"] == pytest.approx(found[2]["nominal"]["log_likelihood"], rel=2e-8)
    data.write_text("arm,time,readout,value\nadded,24,cells,2500\n")
    assert run(*words, 1, "--petab", tmp_path / "refused") == 2
    assert "Export version 2" in capsys.readouterr().err and not (tmp_path / "refused").exists()


@pytest.mark.parametrize(
    "text, told",
    [
        ("time,readout,value\n1,cells,x\n", "line 2"),
        ("time,readout\n1,cells\n", "value"),
        ("time,readout,value,color\n1,cells,2,red\n", "color"),
        ("time,readout,value,unit\n1,cells,2,nM\n", "nM"),
        ("time,readout,value\n", "no readings"),
    ],
)
def test_damaged_tables_of_readings(tmp_path, capsys, text, told):
    data = tmp_path / "cells.csv"
    data.write_text(text)
    assert run("export", "pgp_add_back", "--arm", "added", "--petab", tmp_path / "out", "--data", data) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out" / "problem.yaml").exists()
