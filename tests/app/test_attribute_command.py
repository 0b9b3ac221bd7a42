"""`exoresist ask attribute`: what it writes, what it says, what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from exoresist.app.main import main

pytestmark = pytest.mark.xdist_group("ledger")  # on one worker: what they compile and prepare is made once


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["ask", "attribute", *arguments])
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("attribution")
    players = "vesicle_transfer,drug_sink,crowding"
    assert run("mcf7_doxorubicin", "--out", str(folder), "--draws", "4", "--seed", "3", "--players", players) == 0
    return folder


def test_the_command_writes_page_summary_and_tables(written: Path) -> None:
    page = (written / "report.html").read_text(encoding="utf-8")
    for text in (
        "What each route contributes",
        "From all routes off to all on",
        "Which routes lean on each other",
        "The net ledger over time",
    ):
        assert text in page
    assert "http://" not in page.split("<script")[0].replace("http://www.w3.org", "")
    summary = json.loads((written / "summary.json").read_text(encoding="utf-8"))
    assert list(summary["shapley"])[:3] == ["vesicle_transfer", "drug_sink", "crowding"]
    assert summary["seed"] == 3 and summary["answer"] and summary["ledger_gap"] < 1e-8
    assert any("on in every combination" in text for text in summary["warnings"])
    with open(written / "tables" / "combinations.csv", encoding="utf-8") as stream:
        assert len(list(csv.DictReader(stream))) == 8
    assert {path.suffix for path in (written / "tables").iterdir()} == {".csv", ".parquet"}


def test_the_resolved_scenario_gives_the_same_numbers(written: Path, tmp_path: Path) -> None:
    replay = json.loads((written / "summary.json").read_text(encoding="utf-8"))["replay"].split()[3:-2]
    assert run(str(written / "resolved.yaml"), *replay[1:], "--out", str(tmp_path)) == 0
    for name in ("players", "combinations", "ledger"):
        assert (tmp_path / "tables" / f"{name}.csv").read_bytes() == (written / "tables" / f"{name}.csv").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["pgp_add_back"], "nothing attacks"),
        (["breast_cohort"], "ask cohort"),
        (["mcf7_doxorubicin", "--players", "drug_snk"], "drug_sink"),
        (["mcf7_doxorubicin", "--players", ","], "names nobody"),
        (["mcf7_doxorubicin", "--players", "decoy"], "not in this scenario"),
        (["mcf7_doxorubicin", "--outcome", "life"], "log_survival"),
        (["mcf7_doxorubicin", "--dose", "50"], "50 nM"),
        (["mcf7_doxorubicin", "--dose", "many nM"], "50 nM"),
        (["mcf7_doxorubicin", "--dose", "-5 nM"], "above 0"),
        (["mcf7_doxorubicin", "--draws", "-1"], "draws"),
        (["mcf7_doxorubicin", "--posterior", "nowhere.csv"], "no file"),
        (["tumour_resistant_corner", "--outcome", "survival"], "log_survival"),
        (["tumour_spheroid"], "nothing attacks"),
    ],
)
def test_bad_input_is_told_with_exit_code_two(
    arguments: list[str], part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments, "--out", str(tmp_path / "out")) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("exoresist: error:") == 1 and part in told.err
    assert not any((tmp_path / "out").iterdir()) if (tmp_path / "out").exists() else True
