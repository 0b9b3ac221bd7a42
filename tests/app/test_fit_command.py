"""`ask fit` with fit files: what comes out, and one clear message for every mistake."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow.parquet
import pytest

from exoresist.app.main import main

FIT = """\
schema: exoresist-fit/1
name: counts
scenario: mcf7_doxorubicin
data: t.csv
readouts:
  - id: cells
    reads: {kind: cells, populations: [recipient]}
    noise: {kind: negative_binomial, dispersion: 0.01}
parameters:
  - {name: growth_rate, subject: "cell_line:mcf7_sensitive"}
starts: 1
sampling: {walkers: 8, steps: 20, kept: 50}
"""
HEAD = "arm,time,dose,readout,value\n"
FEW = "recipients_alone,24,10,cells,2500\nrecipients_alone,48,10,cells,3600\nrecipients_alone,48,30,cells,2000\n"
NOISE = "{kind: negative_binomial, dispersion: 0.01}"
NAME = '{name: growth_rate, subject: "cell_line:mcf7_sensitive"}'


def prior(text: str) -> tuple[str, str]:
    return NAME, NAME[:-1] + ", " + text + ", reason: x}"


def run(folder: Path, table: str | None, change: tuple[str, str] | None, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    assert change is None or change[0] in FIT
    (folder / "fit.yaml").write_text(FIT if change is None else FIT.replace(*change, 1))
    if table is not None:
        (folder / "t.csv").write_text(table)
    with pytest.raises(SystemExit) as stop:
        main(["ask", "fit", str(folder / "fit.yaml"), "--out", str(folder / "out")])
    return int(stop.value.code or 0), capsys.readouterr().err


@pytest.mark.parametrize(
    ("table", "change", "told"),
    [
        ("", None, "empty"),
        (HEAD, None, "no readings"),
        (HEAD + "recipients_alone,24,10,cells,NA\n", None, "no readings"),
        ("arm,time,dosis,readout,value\n" + FEW, None, "Did you mean 'dose'"),
        ("arm,time,readout\na,1,cells\n", None, "no column 'value'"),
        (HEAD + "nobody,24,10,cells,3000\n", None, "'nobody' is not known"),
        ("time,readout,value\n24,cells,3000\n", None, "no arm is named"),
        ("experiment," + HEAD + "x," + FEW.split("\n")[0], None, "Experiment 'x'"),
        (HEAD + "recipients_alone,24,10,cell,3000\n", None, "Readout 'cell'"),
        (HEAD + "recipients_alone,24,10,cells,-3\n", None, "a count of -3"),
        (HEAD + "recipients_alone,24,10,cells,3.5\n", None, "a count of 3.5"),
        (HEAD + "recipients_alone,24,10,cells,nan\n", None, "a finite number"),
        (HEAD + "recipients_alone,24,10,cells,inf\n", None, "a finite number"),
        (HEAD + "recipients_alone,24,10,cells,many\n", None, "value 'many'"),
        (HEAD + "recipients_alone,24,10,cells,<5\n", None, "detection limit"),
        (HEAD.replace(",", ";") + "recipients_alone;24;10;cells;3,5\n", None, "decimal point"),
        (HEAD + "recipients_alone,100,10,cells,3\n", None, "after the end"),
        (HEAD + "recipients_alone,-1,10,cells,3\n", None, "time -1"),
        (HEAD + "recipients_alone,1,-10,cells,3\n", None, "dose -10"),
        (HEAD + "recipients_alone,24,10,cells\n", None, "4 cells, the heading 5"),
        ("unit," + HEAD + "nM,recipients_alone,24,10,cells,3000\n", None, "readout 'cells' in 'nM'"),
        ("unit," + HEAD + "bananas,recipients_alone,24,10,cells,3000\n", None, "'bananas'"),
        ("dose_unit," + HEAD + "h,recipients_alone,24,10,cells,3000\n", None, "a dose of doxorubicin in 'h'"),
        ("drug," + HEAD + "aspirin,recipients_alone,24,10,cells,3000\n", None, "'aspirin' is not known"),
        (HEAD + FEW, ("growth_rate", "groth_rate"), "Did you mean 'growth_rate"),
        (HEAD + FEW, prior('bounds: ["1 1/h", "2 1/h"]'), "within its bounds"),
        (HEAD + FEW, prior('value: "1 nM", low: "0.5 nM", high: "2 nM"'), "unit 'nM' does not fit"),
        (HEAD + FEW, prior('value: "1 1/h", low: "2 1/h", high: "3 1/h"'), "needs `low` < `value` < `high`"),
        (HEAD + FEW, ("starts: 1", "stars: 1"), "Did you mean 'starts'"),
        (HEAD + FEW, ("kind: cells", "kind: sells"), "unknown kind 'sells'"),
        (HEAD + FEW, (NOISE, "{kind: normal}"), "above 0"),
        (HEAD + FEW, (NOISE, "{kind: replicates}"), "replicates do not tell"),
        (HEAD + "recipients_alone,24,10,cells,0\n", (NOISE, "{kind: lognormal, spread: 0.1}"), "log-normal"),
        (HEAD + "recipients_alone,24,10,cells,0\n", (NOISE, "{kind: normal, relative: 0.1}"), "relative only"),
        (HEAD + FEW, ("[recipient]", "[recipients]"), "Did you mean 'recipient'"),
        (HEAD + FEW, ("starts: 1", "predict: [{readout: cells}]"), "all readings are held out"),
        (HEAD + FEW, ("starts: 1", 'predict: [{doses: ["33 nM"]}]'), "no reading is at 33 nM"),
        (HEAD + FEW, ("starts: 1", "predict: [{arm: x}]"), "no reading is of arm 'x'"),
        (HEAD + FEW, ("mcf7_doxorubicin", "tumour_spheroid"), "is a tissue"),
        (HEAD + FEW, ("mcf7_doxorubicin", "breast_cohort"), "is a cohort"),
        (HEAD + FEW, ("exoresist-fit/1", "exoresist-fit/2"), "'exoresist-fit/1'"),
        (HEAD + FEW, ("    noise", "    scale: 2\n    noise"), "With a `scale`"),
        (HEAD + FEW, (NAME, '{name: molar_mass, subject: "drug:doxorubicin"}'), "is not known"),
        (HEAD + FEW, ("parameters:\n", f"parameters:\n  - {NAME}\n"), "stands twice"),
        (None, None, "there is no file"),
    ],
)  # fmt: skip
def test_every_mistake_is_one_clear_message(tmp_path, capsys, table, change, told):
    code, text = run(tmp_path, table, change, capsys)
    assert code == 2
    assert told in text and "Traceback" not in text and "problems" not in text
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_writes_what_programs_read(tmp_path, capsys):
    code, _ = run(tmp_path, HEAD + FEW, ("starts: 1", 'starts: 1\npredict: [{doses: ["30 nM"]}]'), capsys)
    assert code == 0
    out = tmp_path / "out"
    assert {path.name for path in out.iterdir()} == {"summary.json", "posterior.parquet", "curves.csv", "fitted.yaml", "fit.html"}
    summary = json.loads((out / "summary.json").read_text())
    assert set(summary) >= {"parameters", "log_likelihood", "predictive", "warnings", "sentences", "sampling"}
    ((name, held_out),) = summary["predictive"].items()
    assert name == "recipients_alone 30 nM doxorubicin" and held_out["error"] >= 0.0 and held_out["baseline"] is not None
    draws = pyarrow.parquet.read_table(out / "posterior.parquet")
    assert draws.column_names == ["growth_rate@cell_line:mcf7_sensitive"] and draws.num_rows == 50
    page = (out / "fit.html").read_text()
    assert not re.search(r'(src=|@import|url\()"?https?:', page) and "Prior and posterior" in page


def test_the_scenario_may_come_first_and_the_fit_file_as_data(tmp_path, capsys):
    (tmp_path / "fit.yaml").write_text(FIT.replace("scenario: mcf7_doxorubicin\n", ""))
    (tmp_path / "t.csv").write_text(HEAD + FEW)
    arguments = ["ask", "fit", "mcf7_doxorubicin", "--data", str(tmp_path / "fit.yaml"), "--out", str(tmp_path / "out"), "--json"]
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert not stop.value.code
    assert json.loads(capsys.readouterr().out)["name"] == "counts"


def test_a_scenario_alone_needs_a_fit_file(tmp_path, capsys):
    (tmp_path / "t.csv").write_text(HEAD + FEW)
    for more, told in (
        ([], "no data came"),
        (["--data", str(tmp_path / "t.csv")], "nothing says what may move"),
        (["--data", str(tmp_path)], "names no fit file"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(["ask", "fit", "mcf7_doxorubicin", *more, "--out", str(tmp_path / "out")])
        assert stop.value.code == 2 and told in capsys.readouterr().err
