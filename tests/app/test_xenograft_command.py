"""`ask fit` with a file that states a cohort fit."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from exoresist.app.main import main

pytestmark = pytest.mark.xdist_group("xenografts")  # on one worker: what they compile and prepare is made once

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "lxf_erlotinib.yaml"


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(one) for one in arguments])
    return stop.value.code


def write(folder, each=3):
    """A few mice with exponential tumours that grow more slowly under drug; any numbers do for the command."""
    random = np.random.default_rng(2)
    folder.mkdir()
    control = ["#ID,TIME in day,TUMOUR VOLUME in cm^3,BODY WEIGHT in g"]
    table = ["#ID;TIME;DOSE;ADDL;II;Y;YTYPE;CENS;DOSE GROUP;DRUG;BW"]
    number = 0
    for dose, rate in ((0.0, 0.12), (6.25, 0.11), (25.0, 0.08), (100.0, 0.03)):
        for _ in range(each):
            number += 1
            slope = rate * math.exp(0.2 * random.standard_normal())
            for day in range(0, 22, 3):
                volume = 100.0 * math.exp(slope * day + 0.1 * random.standard_normal())
                control.append(f"{number},{day},{volume / 1000.0:.5f},25") if not dose else table.append(
                    f"{number};{day};.;.;.;{volume:.2f};2;.;{dose:g};1;25"
                )
            if dose:
                table.append(f"{number};3;{25 * dose:g};13;1;.;.;.;{dose:g};1;25")
                table.append(f"{number};10.1;.;.;.;{100.0 * dose:g};1;.;{dose:g};1;25")
                table.append(f"{number};12.4;.;.;.;{10.0 * dose:g};1;.;{dose:g};1;25")
    (folder / "control_growth.csv").write_text("\n".join(control) + "\n")
    (folder / "pk.csv").write_text("\n".join(table) + "\n")
    return folder


def test_the_command_writes_what_it_says(tmp_path, capsys):
    folder = tmp_path / "out"
    assert run("ask", "fit", EXAMPLE, "--data", write(tmp_path / "data"), "--out", folder, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((folder / "summary.json").read_text())
    assert set(told["predictive"]) == {"6.25 mg/kg", "100 mg/kg"}
    for row in told["predictive"].values():
        assert row["error"] > 0.0
        assert row["baseline"] > 0.0
    assert {"growth", "kill", "half_effect", "volume"} <= {row["name"] for row in told["parameters"]}
    assert math.isfinite(told["log_likelihood"])
    with (folder / "predictions.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 12 * 8
    assert {row["role"] for row in rows} == {"fitted", "held out"}
    page = (folder / "fit.html").read_text()
    assert "Every fitted animal" in page
    assert "100 mg/kg, held out" in page


@pytest.mark.parametrize(
    "break_it, told",
    [
        (lambda data: (data / "pk.csv").unlink(), "lacks"),
        (lambda data: (data / "control_growth.csv").write_text("a,b\n1,2\n"), "#ID"),
        (lambda data: (data / "pk.csv").write_text((data / "pk.csv").read_text().replace(";100;1;25", ";50;1;25")), "100 mg/kg"),
    ],
)
def test_damage_leaves_nothing_behind(tmp_path, capsys, break_it, told):
    data = write(tmp_path / "data")
    break_it(data)
    assert run("ask", "fit", EXAMPLE, "--data", data, "--out", tmp_path / "out") == 2
    said = capsys.readouterr()
    assert told in said.err
    assert "Traceback" not in said.err
    assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True


def test_data_must_be_named(tmp_path, capsys):
    assert run("ask", "fit", EXAMPLE, "--out", tmp_path / "out") == 2
    assert "--data" in capsys.readouterr().err
