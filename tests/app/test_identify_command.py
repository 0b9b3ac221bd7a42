"""`exoresist ask identify` and `ask design`: what they write, and what they refuse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from exoresist.app.main import main

pytestmark = pytest.mark.xdist_group("identify")  # on one worker: what they compile and prepare is made once

SMALL = """
schema: exoresist/1
extends: mcf7_doxorubicin.yaml
name: small
assay: {doses: ["0 nM", "10 nM", "30 nM", "100 nM"]}
arms:
  - {id: donors_alone, remove: true}
  - {id: no_delivery, remove: true}
  - {id: recipients_gw4869, remove: true}
comparison: {of: co_culture, against: recipients_alone}
vesicle_titration: null
"""


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["ask", *arguments])
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from exoresist.assembly.reader import bundled_scenarios

    path = tmp_path_factory.mktemp("identify") / "small.yaml"
    shutil.copy(bundled_scenarios()["mcf7_doxorubicin"], path.with_name("mcf7_doxorubicin.yaml"))
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def wells(scenario: Path) -> Path:
    rows = ["experiment,arm,time,dose,readout,value,replicate,unit"]
    level = {0: 1.0, 10: 0.9, 30: 0.4, 100: 0.05}
    for arm, top in (("recipients_alone", 9000.0), ("co_culture", 5000.0)):
        for dose, share in level.items():
            rows += [
                f"e,{arm},72,{dose},cells,{top * share * factor:.1f},{index},cell"
                for index, factor in enumerate((0.96, 1.0, 1.05))
            ]
    path = scenario.with_name("wells.csv")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_identify_answers_measured_wells(scenario: Path, wells: Path) -> None:
    folder = scenario.with_name("identify")
    assert run("identify", str(scenario), "--data", str(wells), "--out", str(folder), "--draws", "200") == 0
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["verdict"] in ("identified", "bounded", "cannot_tell")
    low, high = summary["interval"]
    assert -1.0 <= low <= high <= 1.0 and isinstance(summary["confounders"], list) and not summary["simulated"]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Prior beside posterior" in page and "what we cannot know" in page
    assert (folder / "tables" / "profile.csv").exists() and (folder / "resolved.yaml").exists()


def test_design_recommends_within_the_budget(scenario: Path) -> None:
    folder = scenario.with_name("design")
    assert run("design", str(scenario), "--out", str(folder), "--draws", "200", "--budget", "24") == 0
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["recommended"]["wells"] <= 24 and summary["recommended"]["reason"]
    assert summary["expected_information"] >= summary["random_arm_information"] >= 0.0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("identify", "pgp_add_back"), "add_back"),
        (("identify", "breast_cohort"), "cohort"),
        (("identify", "nonsense"), "nonsense"),
        (("identify", "SMALL", "--data", "MISSING"), "there is no file"),
        (("identify", "SMALL", "--data", "WRONG_ARM"), "arm 'elsewhere'"),
        (("identify", "SMALL", "--draws", "3"), "200"),
        (("design", "SMALL", "--budget", "3", "--draws", "200"), "budget of 3 wells"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], word: str
) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("arm,dose,readout,value\nelsewhere,1,cells,2\n", encoding="utf-8")
    places = {"SMALL": str(scenario), "MISSING": str(tmp_path / "none.csv"), "WRONG_ARM": str(wrong)}
    assert run(*(places.get(each, each) for each in arguments), "--out", str(tmp_path / "out")) == 2
    assert word in " ".join(capsys.readouterr().err.split())
    assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True
