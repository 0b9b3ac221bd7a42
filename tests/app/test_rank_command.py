"""`exoresist ask rank`: what it writes, what it says, what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from exoresist.app.main import main

pytestmark = pytest.mark.xdist_group("rank")  # on one worker: what they compile and prepare is made once

SMALL = ["--draws", "4", "--trials", "3"]


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["ask", "rank", *arguments])
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rank")
    assert run("mcf7_doxorubicin", *SMALL, "--out", str(folder), "--results", str(folder / "kept")) == 0
    return folder


def told(folder: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return data


def test_the_command_writes_page_summary_and_tables(written: Path) -> None:
    page = (written / "report.html").read_text(encoding="utf-8")
    for part in ("How likely each choice is to be best", "Loewe", "Each number alone", "The search for a schedule"):
        assert part in page
    assert "http://" not in page.split("<script")[0].replace("http://www.w3.org", "")
    summary = told(written)
    assert sum(row["p_best"] for row in summary["interventions"].values()) == pytest.approx(1.0)
    for row in summary["interventions"].values():
        assert row["regret"] >= 0.0 and row["interval"][0] <= row["effect"] <= row["interval"][1]
    assert {"none", "gw4869", "verapamil", "schedule_fixed", "schedule_adaptive"} <= set(summary["interventions"])
    assert all(row["excess"] <= 1e-9 for row in summary["schedules"].values())
    assert summary["answer"] and summary["verdict"] in ("best", "probably_best", "cannot_tell", "nothing_helps")
    with open(written / "tables" / "draws.csv", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    names = {*summary["interventions"], *(name for name, row in summary["combinations"].items() if len(row["parts"]) > 1)}
    assert {row["name"] for row in rows} == names and float(rows[0]["value"]) > 0.0
    for name in ("interventions", "maps", "morris", "sobol", "tornado", "trials", "schedules"):
        assert (written / "tables" / f"{name}.parquet").stat().st_size > 0


def test_what_is_kept_is_not_run_again_and_gives_the_same_numbers(written: Path, tmp_path: Path) -> None:
    lines = (written / "kept" / "rank.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 20
    # A run that was stopped half-way, in the middle of a line.
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "rank.jsonl").write_text("\n".join([*lines[: len(lines) // 2], lines[-1][:40]]), encoding="utf-8")
    assert run("mcf7_doxorubicin", *SMALL, "--out", str(tmp_path / "out"), "--results", str(kept)) == 0
    first, again = told(written), told(tmp_path / "out")
    for one in (first, again):
        one.pop("timing_s")
    assert first == again
    after = (kept / "rank.jsonl").read_text(encoding="utf-8").splitlines()
    assert sum(1 for line in after if line in lines) == len(lines)


def test_patients_are_ranked_by_time_without_progression(tmp_path: Path) -> None:
    arguments = ["--patients", "24", "--draws", "2", "--trials", "2", "--workers", "1"]
    assert run("breast_cohort", *arguments, "--out", str(tmp_path)) == 0
    summary = told(tmp_path)
    assert set(summary["interventions"]) == {
        "none", "no_release", "double_dose", "double_no_release", "schedule_fixed", "schedule_adaptive",
    }  # fmt: skip
    assert summary["interventions"]["double_dose"]["effect"] > 0.0 and summary["outcome"]["name"] == "progression"
    assert summary["cohort"]["at_risk"] and summary["cohort"]["markers"]
    assert sum(row["share"] for row in summary["patients"]) == pytest.approx(1.0)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Kaplan-Meier" in page and "At risk" in page and "Receiver operating" in page


def test_without_worlds_patients_are_resampled(tmp_path: Path) -> None:
    arguments = ["--patients", "60", "--draws", "0", "--trials", "0", "--interventions", "gw4869", "--workers", "1"]
    assert run("breast_cohort", *arguments, "--out", str(tmp_path)) == 0
    summary = told(tmp_path)
    assert summary["judged_over"] == "resamplings" and set(summary["interventions"]) == {"none", "gw4869"}
    # As many patients tell what their time hangs on, without a further run: a tumour that grows faster is back earlier.
    told_of = {row["name"]: row for row in summary["patient_numbers"] if row["outcome"] == "time"}
    assert told_of["growth_rate"]["rank_high"] < 0.0 and told_of["growth_rate"]["low_mean"] > told_of["growth_rate"]["high_mean"]
    assert {"burden_at_diagnosis", "resistant_share", "expression", "damage_rate"} <= set(told_of)
    assert "Which numbers of a patient decide" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["no_such_file.yaml"], "no_such_file"),
        (["tumour_spheroid", "--trials", "4"], "--trials"),
        (["tumour_spheroid", "--max-dose", "1 uM"], "--max-dose"),
        (["tumour_spheroid", "--outcome", "shift"], "volume"),
        (["tumour_spheroid", "--patients", "20"], "--patients"),
        (["tumour_spheroid", "--interventions", "gw486"], "gw4869"),
        (["tumour_resistant_corner", "--within", "soon"], "--within"),
        (["mcf7_doxorubicin", "--within", "1 h"], "tissue"),
        (["mcf7_doxorubicin", "--arm", "nobody"], "nobody"),
        (["mcf7_doxorubicin", "--outcome", "cargo"], "cargo"),
        (["mcf7_doxorubicin", "--interventions", "gw486"], "gw4869"),
        (["mcf7_doxorubicin", "--interventions", "mirna_mimic"], "axis"),
        (["mcf7_doxorubicin", "--draws", "-1"], "draws"),
        (["mcf7_doxorubicin", "--max-dose", "200"], "--max-dose"),
        (["mcf7_doxorubicin", "--max-dose", "0 nM"], "limit"),
        (["mcf7_doxorubicin", "--min-interval", "3 nM"], "--min-interval"),
        (["mcf7_doxorubicin", "--memory", "much"], "--memory"),
        (["mcf7_doxorubicin", "--memory", "1 MB"], "--memory"),
        (["mcf7_doxorubicin", "--workers", "0"], "workers"),
        (["mcf7_doxorubicin", "--posterior", "none.parquet"], "none.parquet"),
        (["breast_cohort", "--posterior", "none.parquet"], "--posterior"),
        (["breast_cohort", "--outcome", "survivors"], "survivors"),
        (["breast_cohort", "--patients", "1"], "patients"),
        (["uptake_inhibitors", "--patients", "20"], "--patients"),
        (["mcf7_doxorubicin", "--seed", "-1"], "seed"),
    ],
)
def test_bad_input_is_told_with_exit_code_two(
    arguments: list[str], part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(*arguments, "--out", str(out)) == 2
    message = capsys.readouterr().err
    assert part in message and "Traceback" not in message
    assert not out.exists() or list(out.iterdir()) == []
