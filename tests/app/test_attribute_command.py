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


# -- a fit, and what its posterior is used for

FIT = """\
schema: exoresist-fit/1
name: counts
scenario: mcf7_doxorubicin
data: t.csv
readouts:
  - id: cells
    reads: {kind: cells, populations: [recipient]}
    noise: {kind: negative_binomial, dispersion: {value: 0.01, low: 0.005, high: 0.05, reason: x}}
parameters:
  - {name: growth_rate, subject: "cell_line:mcf7_sensitive"}
  - {name: delivered_fraction, subject: cell}
starts: 1
sampling: {walkers: 8, steps: 20, kept: 40}
"""
READINGS = [("recipients_alone", 24, 10, 2500), ("recipients_alone", 48, 30, 2000), ("co_culture", 24, 10, 2600)]
GROUPS = """\
schema: exoresist-players/1
players: {carried: [vesicle_transfer], cells: [drug_sink, crowding]}
left_on: [selection, drug_carried, drug_export]
"""


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `ask fit` leaves of a few readings."""
    folder = tmp_path_factory.mktemp("fitted")
    (folder / "fit.yaml").write_text(FIT)
    lines = [f"{arm},{time},{dose},cells,{value}" for arm, time, dose, value in READINGS]
    (folder / "t.csv").write_text("\n".join(["arm,time,dose,readout,value", *lines]) + "\n")
    with pytest.raises(SystemExit) as stop:
        main(["ask", "fit", str(folder / "fit.yaml"), "--out", str(folder / "out")])
    assert not stop.value.code
    return folder / "out" / "posterior.parquet"


def test_the_posterior_of_a_fit_is_read_as_it_was_left(fitted: Path, tmp_path: Path) -> None:
    """With groups of routes: shares before and after the data, the central set that of the medians, the groups kept beside the answer."""
    (tmp_path / "groups.yaml").write_text(GROUPS)
    out = tmp_path / "out"
    given = ["--posterior", str(fitted), "--players", str(tmp_path / "groups.yaml"), "--draws", "4"]
    assert run("mcf7_doxorubicin", *given, "--out", str(out)) == 0
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert list(summary["shapley"])[:2] == ["carried", "cells"] and summary["draws"] == 4
    assert [row["routes"] for row in summary["players"]] == [["vesicle_transfer"], ["drug_sink", "crowding"]]
    assert {"prior", "posterior"} <= set(summary["transfer_share"]) and summary["verdict"] != "not_asked" and not summary["mixed"]
    assert any("dispersion@readout:cells" in text for text in summary["warnings"])
    assert any("before the data" in text for text in summary["answer"])
    effect, shares = summary["outcome"]["effect"]["value"], summary["shapley"]
    assert sum(row["value"] for row in shares.values()) == pytest.approx(effect, rel=1e-9)
    assert (out / "players.yaml").read_text() == GROUPS
    assert "--players players.yaml" in summary["replay"] and "--posterior posterior.parquet" in summary["replay"]


def test_a_group_that_mixes_tells_no_share_of_what_travels(tmp_path: Path) -> None:
    (tmp_path / "groups.yaml").write_text(GROUPS.replace("carried: [vesicle_transfer]", "carried: [vesicle_transfer, drug_export]").replace(
        "drug_carried, drug_export", "drug_carried"))  # fmt: skip
    out = tmp_path / "out"
    assert run("mcf7_doxorubicin", "--players", str(tmp_path / "groups.yaml"), "--draws", "2", "--out", str(out)) == 0
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["verdict"] == "not_asked" and summary["mixed"] == ["carried"]
    assert summary["transfer_share"]["prior"]["value"] is None and summary["vesicle_share"]["prior"]["value"] is not None
    assert "together with other routes" in summary["answer"][0]
    assert "not asked" in (out / "report.html").read_text(encoding="utf-8")


def test_rank_reads_the_same_posterior(fitted: Path, tmp_path: Path) -> None:
    words = [
        "ask",
        "rank",
        "mcf7_doxorubicin",
        "--posterior",
        str(fitted),
        "--draws",
        "3",
        "--trials",
        "0",
        "--interventions",
        "gw4869",
    ]
    with pytest.raises(SystemExit) as stop:
        main([*words, "--out", str(tmp_path)])
    assert not stop.value.code
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert set(summary["interventions"]) == {"none", "gw4869"}
    assert any("dispersion@readout:cells" in text for text in summary["warnings"])


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["pgp_add_back"], "nothing attacks"),
        (["breast_cohort"], "ask cohort"),
        (["mcf7_doxorubicin", "--players", "drug_snk"], "drug_sink"),
        (["mcf7_doxorubicin", "--players", ","], "names nobody"),
        (["mcf7_doxorubicin", "--players", "decoy"], "not in this scenario"),
        (["mcf7_doxorubicin", "--players", "groups.yaml"], "is no file"),
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


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("players: {a: [drug_sink]}\n", "schema"),
        ("schema: exoresist-players/1\nplayrs: {a: [drug_sink]}\n", "Did you mean 'players'"),
        ("schema: exoresist-players/1\nplayers: {a: []}\n", "at least 1"),
        ("schema: exoresist-players/1\nplayers: {a: [drug_snk]}\n", "Did you mean 'drug_sink'"),
        ("schema: exoresist-players/1\nplayers: {a: [drug_sink], b: [drug_sink]}\n", "named twice"),
        ("schema: exoresist-players/1\nplayers: {a: [drug_sink], a: [crowding]}\n", "stands twice"),
        ("schema: exoresist-players/1\nplayers: {'a b': [drug_sink]}\n", "a b"),
        ("- a\n", "holds no keys"),
    ],
)
def test_files_of_groups_that_cannot_be(text: str, part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "groups.yaml").write_text(text)
    assert run("mcf7_doxorubicin", "--players", str(tmp_path / "groups.yaml"), "--out", str(tmp_path / "out")) == 2
    told = capsys.readouterr().err
    assert part in told and "Traceback" not in told
    assert not (tmp_path / "out").exists()
