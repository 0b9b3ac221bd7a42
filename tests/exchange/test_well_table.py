"""Long tables of measured wells: what is read, and what is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from exoresist.core.errors import InputError
from exoresist.exchange.well_table import read_measurements
from exoresist.studies.identify_data import doses_and_times, grouped

HEAD = "experiment,arm,time,dose,readout,value,replicate,unit\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "wells.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_wells_are_read_whatever_the_separator(tmp_path: Path) -> None:
    text = HEAD + "e1,alone,72,10,viability,55,1,%\n\ne1,alone,,0,cells,1200,2,cell\n"
    for separator in (",", ";", "\t"):
        first, second = read_measurements(write(tmp_path, "\ufeff" + text.replace(",", separator)))
        assert (first.arm, first.time, first.dose, first.readout, first.value) == ("alone", 72.0, 10.0, "viability", 0.55)
        assert second.time is None and second.value == 1200.0 and second.line == 4


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty|no column"),
        (HEAD, "no readings"),
        ("arm,dose,value\na,1,2\n", "readout"),
        ("arm,arm,dose,readout,value\na,a,1,cells,2\n", "two columns"),
        (HEAD + "e,a,1,-2,cells,3,1,\n", "line 2: dose"),
        (HEAD + "e,a,1,2,cells,x,1,\n", "line 2: value"),
        (HEAD + "e,a,1,2,cells,nan,1,\n", "line 2: value"),
        (HEAD + "e,a,1,2,cells\n", "line 2: 5 cells"),
        (HEAD + "e,,1,2,cells,3,1,\n", "no arm"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(InputError, match=word):
        read_measurements(write(tmp_path, text))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_measurements(tmp_path / "none.csv")


def test_wells_treated_alike_are_grouped(tmp_path: Path) -> None:
    wells = read_measurements(write(tmp_path, HEAD + "e,a,72,10,survival,0.5,1,\ne,a,,10,viability,0.6,2,\n"))
    groups = grouped(wells, 72.0)
    assert groups == {("a", 10.0, 72.0, "viability"): [0.5, 0.6]}
    assert doses_and_times(groups) == ((0.0, 10.0), (72.0,))


@pytest.mark.parametrize(("row", "word"), [("e,a,80,1,cells,2,1,", "time 80"), ("e,a,1,1,absorbance,2,1,", "absorbance")])
def test_readings_that_no_world_predicts_are_refused(tmp_path: Path, row: str, word: str) -> None:
    with pytest.raises(InputError, match=word):
        grouped(read_measurements(write(tmp_path, HEAD + row + "\n")), 72.0)
