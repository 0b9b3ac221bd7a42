"""Bad input: one message that says what came, what was allowed and what to do; exit code 2; nothing half-written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Change = Callable[[dict[str, Any]], object]


def override(name: str, subject: str, value: str) -> Change:
    entry = {"name": name, "subject": subject, "value": value, "reason": "a test"}
    return lambda s: s.update(parameters=[entry])


def put(*path: str | int, value: object) -> Change:
    """Set the value at a path of keys and places."""

    def change(scenario: dict[str, Any]) -> None:
        at: Any = scenario
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


def intervention(**entry: object) -> Change:
    return lambda s: s.update(interventions=[entry])


# case -> (change of the small scenario, parts that the message must hold)
REFUSED: dict[str, tuple[Change, tuple[str, ...]]] = {
    "unknown drug": (
        lambda s: (put("drugs", 0, "id", value="doxorubicine")(s), put("assay", "drug", value="doxorubicine")(s)),
        ("Drug 'doxorubicine' is not known", "Did you mean 'doxorubicin'?"),
    ),
    "drug of the assay not added": (put("assay", "drug", value="paclitaxel"), ("no drug 'paclitaxel'", "doxorubicin")),
    "drug that is named but not modelled": (
        lambda s: (put("drugs", 0, "id", value="trastuzumab")(s), put("assay", "drug", value="trastuzumab")(s)),
        ("'trastuzumab' is named in the catalogue but has no parameters yet", "doxorubicin"),
    ),
    "two drugs with one id": (
        lambda s: s["drugs"].append({"id": "doxorubicin", "dose": "5 nM"}),
        ("drugs[1]", "'doxorubicin' is already entry 0"),
    ),
    "unknown cell line": (
        put("populations", 0, "cell_line", value="mcf7_sensitve"),
        ("Cell line 'mcf7_sensitve' is not known", "Did you mean 'mcf7_sensitive'?"),
    ),
    "unknown cell line in an empty population": (
        lambda s: s["populations"].append({"id": "none", "cell_line": "mcf8", "count": "0 cell"}),
        ("Cell line 'mcf8' is not known", "Allowed: ", "`cell_line:<the one you took>`"),
    ),
    "unknown cargo": (put("cargo", value=["ABCB9"]), ("Cargo 'ABCB9' is not known", "Did you mean 'ABC")),
    "unknown axis": (put("axes", value=["cirs_122"]), ("Axis 'cirs_122' is not known", "Allowed:")),
    "unknown intervention": (intervention(id="gw486", concentration="10 uM"), ("'gw486' is not known", "'gw4869'")),
    "intervention without dose": (intervention(id="gw4869"), ("interventions[0]", "`concentration`", "`strength`")),
    "intervention in an unknown population": (
        intervention(id="rab27a_knockdown", strength=0.8, populations=["donr"]),
        ("no population 'donr'", "Did you mean 'donor'?"),
    ),
    "unknown parameter": (
        override("kil_hill", "cell", "3 dimensionless"),
        ("Parameter 'kil_hill' is not known", "Did you mean 'kill_hill'?"),
    ),
    "unknown subject": (
        override("growth_rate", "cell_line:mcf7_sensitiv", "0.03 1/h"),
        ("'mcf7_sensitiv' is not known", "mcf7_sensitive"),
    ),
    "subject of no kind": (override("growth_rate", "cells", "0.03 1/h"), ("no value for 'cells'", "cell")),
    "unit that does not fit a dose": (put("drugs", 0, "dose", value="100 h"), ("drugs[0].dose", "'100 h'", "nM")),
    "unit that does not fit a parameter": (
        override("growth_rate", "cell", "0.03 nM"),
        ("parameter 'growth_rate' (cell)", "'0.03 nM'", "1/h"),
    ),
    "no unit at all": (put("drugs", 0, "dose", value="100 parsec/fortnight^2"), ("drugs[0].dose", "nM")),
    "bare number": (put("drugs", 0, "dose", value=100), ("drugs[0].dose", "has no unit", "'100 nM'")),
    "bare number as text": (put("duration", value="24"), ("duration", "has no unit", "'24 h'")),
    "negative dose": (put("drugs", 0, "dose", value="-1 nM"), ("drugs[0].dose", "too small", "at least 0 nM")),
    "a time before the start": (
        lambda s: s.update(vesicles=[{"id": "early", "donor": "mcf7_resistant", "per_cell": "10 particle/cell", "at": "-24 h"}]),
        ("vesicles[0].at", "at least 0 h", "count from the start of the run"),
    ),
    "a donor taken out of an arm that reads it": (
        lambda s: s.update(
            assay={**s["assay"], "kind": "co_culture", "donor": "donor"},
            arms=[
                {"id": "alone", "role": "reference", "change": {"populations": [{"id": "donor", "remove": True}]}},
                {"id": "together", "role": "treated"},
            ],
            comparison=None,
        ),
        ("assay.donor", "no population 'donor'", '"0 cell"'),
    ),
    "negative count": (put("populations", 0, "count", value="-5 cell"), ("populations[0].count", "at least 0 cell")),
    "not a number": (put("drugs", 0, "dose", value="nan nM"), ("drugs[0].dose", "'nan nM'")),
    "infinite": (put("duration", value="inf h"), ("duration", "'inf h'")),
    "1e300 nM": (put("drugs", 0, "dose", value="1e300 nM"), ("drugs[0].dose", "'1e300 nM'", "at most")),
    "a number next to nothing": (put("arena", "mixing", value=5e-324), ("arena.mixing", "too small to mean anything")),
    "a parameter next to nothing": (
        override("diameter_sigma", "vesicle", "5e-324"),
        ("parameters[0].value", "too small to mean anything"),
    ),
    "1e400 nM": (put("drugs", 0, "dose", value="1e400 nM"), ("drugs[0].dose", "'1e400 nM'", "not a finite number")),
    "1e15 cells": (put("populations", 0, "count", value="1e15 cell"), ("populations[0].count", "at most 1e+09 cell")),
    "more cells than fit": (put("populations", 0, "count", value="1e8 cell"), ("capacity", "only 60000 fit")),
    "1e9 draws": (put("uncertainty", "draws", value=1_000_000_000), ("uncertainty.draws", "10000")),
    "draws as text": (put("uncertainty", "draws", value="many"), ("uncertainty.draws", "whole number", "'many'")),
    "too many saved times": (put("duration", value="1e6 h"), ("every", "would save more than")),
    "longer than allowed": (put("duration", value="1e7 h"), ("duration", "at most 1e+06 h")),
    "no time at all": (put("duration", value="0 h"), ("duration", "above 0 h")),
    "thousands of doses": (
        put("assay", "doses", value=[f"{dose} nM" for dose in range(1, 3001)]),
        ("assay.doses", "64"),
    ),
    "thousands of points": (
        put("assay", "doses", value={"from": "1 nM", "to": "10 nM", "points": 5000}),
        ("assay.doses.points", "64"),
    ),
    "no doses": (put("assay", "doses", value=[]), ("assay.doses", "at least 1 entries")),
    "only the control": (put("assay", "doses", value=["0 nM"]), ("assay.doses", "no dose above zero")),
    "no populations": (put("populations", value=[]), ("populations", "at least 1")),
    "no cells anywhere": (
        lambda s: [entry.update(count="0 cell") for entry in s["populations"]],
        ("there are no cells", "count above 0"),
    ),
    "no cells to be read": (
        put("populations", 0, "count", value="0 cell"),
        ("population 'recipient' has no cells", "count above 0"),
    ),
    "unknown key": (lambda s: s.update(populatons=[]), ("unknown key", "Did you mean 'populations'?")),
    "unknown kind of assay": (put("assay", "kind", value="dose_respons"), ("dose_respons", "dose_response")),
    "missing key": (lambda s: s.pop("arena"), ("arena", "is missing", "The vessel")),
    "rate of one drug in one line below zero": (
        override("efflux_kcat", "drug:doxorubicin|pump:ABCB1", "-1 pmol/copy/h"),
        ("'efflux_kcat' (drug:doxorubicin|pump:ABCB1) is -1", "Allowed: 0, or"),
    ),
    "rate below zero": (
        override("growth_rate", "cell", "-1 1/h"),
        ("'growth_rate' (cell) is -1 1/h", "Allowed: 0, or"),
    ),
    "share above one": (
        override("delivered_fraction", "cell", "1.5"),
        ("'delivered_fraction' (cell) is 1.5", "Allowed: 0 to 1"),
    ),
    "exponent of a step": (override("kill_hill", "cell", "1e6"), ("'kill_hill' (cell) is 1e+06", "0.1 to 20")),
    "size of nothing": (
        override("cell_volume", "cell", "0 mL/cell"),
        ("'cell_volume' (cell) is 0 mL/cell", "Allowed:"),
    ),
    "rate beyond all": (
        override("target_on_rate", "drug:doxorubicin", "1e12 1/(nM*h)"),
        ("'target_on_rate' (drug:doxorubicin) is 1e+12", "Check the number and its unit"),
    ),
    "permeability beyond all": (
        override("permeability_surface", "drug:doxorubicin", "1e6 mL/h/cell"),
        ("'permeability_surface' (drug:doxorubicin) is 1e+06", "Allowed:"),
    ),
    "override twice": (
        lambda s: s.update(parameters=[{"name": "kill_hill", "subject": "cell", "value": "3", "reason": "x"}] * 2),
        ("parameters[1]", "already entry 0"),
    ),
    "missing parameter set": (put("parameter_sets", value=["nowhere.yaml"]), ("nowhere.yaml", "cannot be read")),
    "arm that names nothing": (
        lambda s: s.update(arms=[{"id": "one", "change": {"drugs": [{"id": "x", "remove": True}]}}]),
        ("arms[0]", "no 'x' to remove"),
    ),
    "arm without reference": (lambda s: s.update(arms=[{"id": "one"}, {"id": "two"}]), ("role: reference",)),
    "comparison of nothing": (
        lambda s: s.update(arms=[{"id": "one"}], comparison={"of": "two", "against": "one"}),
        ("comparison.of", "no arm 'two'", "one"),
    ),
    "assay for measured data": (
        lambda s: s.update(
            assay={
                "kind": "confluence",
                "population": "recipient",
                "drug": "doxorubicin",
                "source": "mine",
                "fit_doses": ["0 nM", "10 nM"],
                "predict_doses": ["20 nM"],
                "fit_parameters": [{"name": "growth_rate", "subject": "cell"}],
            }
        ),
        ("confluence", "exoresist ask fit"),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_one_message(case: str, small, run):
    change, parts = REFUSED[case]
    change(small)
    done = run(small)
    assert done.is_refusal, done
    assert done.files == ()
    for part in parts:
        assert part in done.err, done.err


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ("holds nothing",)),
        ("- a\n- b\n", ("holds a list",)),
        ("schema: exoresist/1\nname: a\nname: b\n", ("line 3", "'name' stands twice", "line 2")),
        ("schema: exoresist/1\nname: [a\n", ("is not YAML",)),
        ("schema: exoresist/9\nname: a\n", ("'exoresist/9'", "'exoresist/1'")),
        ("name: a\n", ("schema: the key is missing",)),
        ("schema: exoresist/1\nname: 2026-01-01\n", ("reads as a date", "quotes")),
        ("schema: exoresist/1\nextends: nowhere.yaml\n", ("nowhere.yaml", "there is no file")),
        ("schema: exoresist/1\nextends: scenario.yaml\n", ("circle",)),
        ("a: &a [*a]\n", ()),
        ("\x00", ()),
    ],
)
def test_files_that_are_no_scenario(text: str, parts: tuple[str, ...], run):
    done = run(text)
    assert done.is_refusal, done
    assert all(part in done.err for part in parts), done.err


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_json_changes_nothing_about_a_refusal(options: tuple[str, ...], small, run):
    small["drugs"][0]["dose"] = "1 mL"
    assert run(small, *options).is_refusal


# Extreme, but within what a number may be: an answer in finite numbers, or one message.
EXTREME: dict[str, Change] = {
    "cells that divide a thousand times an hour": override("growth_rate", "cell_line:mcf7_sensitive", "1e3 1/h"),
    "a target that binds at once": override("target_on_rate", "drug:doxorubicin", "1e6 1/(nM*h)"),
    "cells that hold nothing back": override("permeability_surface", "drug:doxorubicin", "1 mL/h/cell"),
    "the steepest kill": override("kill_hill", "cell", "20"),
    "no growth": override("growth_rate", "cell_line:mcf7_sensitive", "0 1/h"),
    "death at once": override("basal_death_rate", "cell", "1e3 1/h"),
    "vesicles by the billion": override("ilv_formation_rate", "cell", "1e9 particle/cell/h"),
    "no vesicles": override("ilv_formation_rate", "cell", "0 particle/cell/h"),
    "the highest dose": put("drugs", 0, "dose", value="1e9 nM"),
    "the lowest doses": put("assay", "doses", value=["1e-12 nM", "1e-9 nM"]),
    "one cell": lambda s: [entry.update(count="1e-6 cell") for entry in s["populations"]],
    "as many cells as fit": lambda s: (
        put("populations", 0, "count", value="6e4 cell")(s),
        s["populations"].pop(),
    ),
    "a drop of medium": put("arena", "volume", value="1e-9 mL"),
    "a lake of medium": put("arena", "volume", value="1e9 mL"),
    "a hundred years": lambda s: s.update(duration="1e6 h", every="1e6 h"),
    "a second": lambda s: s.update(duration="1 s", every="1 s"),
}


@pytest.mark.parametrize("case", EXTREME)
def test_extremes_give_finite_numbers_or_one_message(case: str, small, run, strict_json):
    EXTREME[case](small)
    done = run(small, "--json")
    if done.code == 2:
        assert done.is_refusal, done
        assert done.files == ()
        assert "Usual causes" in done.err or "Check" in done.err
        return
    assert (done.code, done.err) == (0, ""), done
    assert strict_json(done.out)["conservation"]["drug:doxorubicin"] < 1e-6


def test_a_result_is_whole_or_not_there(small, run, monkeypatch):
    import exoresist.report as report
    from exoresist.core.errors import ExoresistError

    def broken(answer: object, folder: Path) -> None:
        (folder / "summary.json").write_text("{}")
        raise ExoresistError("the disk is full. Free some.")

    monkeypatch.setattr(report, "write_all", broken)
    done = run(small)
    assert done.is_refusal
    assert done.files == ()


def test_a_failed_run_leaves_the_former_result_as_it_was(small, run):
    before = run(small)
    assert before.code == 0, before
    small["drugs"][0]["id"] = "doxorubicine"
    after = run(small)
    assert after.code == 2
    assert after.files == before.files


def test_folder_that_is_a_file(small, tmp_path, command):
    (tmp_path / "s.yaml").write_text(json.dumps(small))
    (tmp_path / "taken").write_text("mine")
    for out in (tmp_path / "taken", tmp_path / "taken" / "below", Path("/proc/nowhere")):
        done = command("run", tmp_path / "s.yaml", "--out", out)
        assert done.is_refusal, done
        assert "--out" in done.err and "Choose another" in done.err
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_folder_that_cannot_be_written(small, tmp_path, command):
    (tmp_path / "s.yaml").write_text(json.dumps(small))
    (tmp_path / "closed").mkdir(mode=0o555)
    done = command("run", tmp_path / "s.yaml", "--out", tmp_path / "closed")
    assert done.is_refusal
    assert "Permission denied" in done.err


def test_place_that_a_folder_takes(small, run, tmp_path):
    (tmp_path / "results" / "summary.json").mkdir(parents=True)
    done = run(small)
    assert done.is_refusal
    assert done.files == ("summary.json",)


HEAD = "name\tsubject\tvalue\tunit\tlow\thigh\tdistribution\tkind\tsource\tlocator\tnote\n"
ROW = "growth_rate\tcell\t{value}\t{unit}\t{low}\t{high}\t{distribution}\tfitted\tmine\t\t\n"


def row(value="0.03", unit="1/h", low="0.02", high="0.04", distribution="lognormal") -> str:
    return HEAD + ROW.format(value=value, unit=unit, low=low, high=high, distribution=distribution)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (row(value="nan"), "nan"),
        (row(value="1e400"), "inf"),
        (row(value="-0.03", low="-0.04", distribution="uniform"), "Allowed: 0, or"),
        (row(value="0.5", low="0.01", high="1", distribution="normal"), "reaches -"),
        (row(unit="nM"), "'nM'"),
        (row(value="0.05"), "outside its range"),
        (row(distribution="gamma"), "'gamma'"),
        (row().replace("growth_rate\t", "grwth_rate\t"), "Did you mean 'growth_rate'?"),
        (row().replace("\tmine\t", "\tliu_2019\t"), "'liu_2019', which is retracted"),
        (row() + ROW.format(value="1", unit="1/h", low="1", high="2", distribution="uniform"), "stands already"),
        (HEAD, "holds no rows"),
        ("\x89PNG\xff", "cannot be read"),
    ],
)
def test_parameter_sets_that_cannot_be_used(text: str, part: str, small, run, tmp_path):
    (tmp_path / "fit.tsv").write_bytes(text.encode("latin-1"))
    small["parameter_sets"] = ["fit.tsv"]
    done = run(small)
    assert done.is_refusal, done
    assert "fit.tsv" in done.err and part in done.err, done.err


def test_parameter_set_that_is_a_folder(small, run, tmp_path):
    small["parameter_sets"] = ["."]
    assert run(small).is_refusal


def test_good_parameter_set_is_used(small, run, tmp_path, strict_json):
    (tmp_path / "fit.tsv").write_text(row())
    small["parameter_sets"] = ["fit.tsv"]
    small["parameters"] = [{"name": "growth_rate", "subject": "cell", "value": "0.03 1/h", "reason": "x"}]
    done = run(small, "--json")
    assert done.code == 0, done
    # Neither line uses the row of cells in general: both have one of their own, and the user should know.
    assert any("growth_rate (cell)" in text for text in strict_json(done.out)["warnings"])


def test_more_than_memory_holds(small, run, monkeypatch):
    from exoresist.network import run as network_run

    monkeypatch.setattr(network_run, "free_memory", lambda: 1000)
    done = run(small)
    assert done.is_refusal
    assert "GiB of memory" in done.err and "Lower the draws" in done.err


@pytest.mark.parametrize("module", ["exoresist", "exoresist.app.main"])
def test_in_a_process_of_its_own(module: str, tmp_path, small):
    small["drugs"][0]["dose"] = "-1 nM"
    (tmp_path / "s.yaml").write_text(json.dumps(small))
    done = subprocess.run(
        [sys.executable, "-m", module, "run", "s.yaml"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("exoresist: error: s.yaml, line 1: drugs[0].dose: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.yaml"]
