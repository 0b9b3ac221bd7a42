"""`exoresist ask cohort`: what it writes, what it says, what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from exoresist.app.main import main
from exoresist.assembly.reader import load_scenario
from exoresist.assembly.resolve import write_resolved
from exoresist.assembly.scenario import Uncertainty


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["ask", "cohort", *arguments])
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort")
    scenario = load_scenario("breast_cohort")
    fewer = {"arms": (scenario.arms[0], scenario.arms[1], scenario.arms[4]), "uncertainty": Uncertainty(draws=1)}
    write_resolved(scenario.model_copy(update=fewer), folder / "small.yaml")
    assert run(str(folder / "small.yaml"), "--out", str(folder), "--patients", "40", "--seed", "5") == 0
    return folder


def test_the_command_writes_page_summary_and_tables(written: Path) -> None:
    page = (written / "report.html").read_text(encoding="utf-8")
    assert "Kaplan-Meier" in page and "At risk" in page and "Receiver operating" in page
    assert "http://" not in page.split("<script")[0].replace("http://www.w3.org", "")
    summary = json.loads((written / "summary.json").read_text(encoding="utf-8"))
    assert summary["seed"] == 5 and summary["answer"] and summary["markers"] and summary["at_risk"]
    with open(written / "tables" / "patients.csv", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 3 * 40 and {row["best"] for row in rows} <= {"complete", "partial", "stable", "progressive"}
    assert (written / "tables" / "patients.parquet").exists()


def test_the_resolved_scenario_gives_the_same_numbers(written: Path, tmp_path: Path) -> None:
    assert run(str(written / "resolved.yaml"), "--out", str(tmp_path)) == 0
    for name in ("patients", "curves", "markers"):
        assert (tmp_path / "tables" / f"{name}.csv").read_bytes() == (written / "tables" / f"{name}.csv").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["null_delivery"], "cohort"),
        (["breast_cohort", "--patients", "2"], "patients"),
        (["breast_cohort", "--seed", "-1"], "seed"),
    ],
)
def test_bad_input_is_told_with_exit_code_two(
    arguments: list[str], part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments, "--out", str(tmp_path / "out")) == 2
    message = capsys.readouterr().err
    assert part in message and "Traceback" not in message
