"""Readings in long form: what is read, converted and left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from exoresist.core.errors import InputError
from exoresist.exchange.incucyte import read_confluence
from exoresist.exchange.measurements import confluence_readings, read_measurements

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "h1299_incucyte"


def written(folder: Path, text: str, name: str = "t.csv") -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_tabs_units_notes_and_missing_values(tmp_path):
    text = (
        "# exported on Monday\n"
        "experiment\tarm\ttime\ttime_unit\tdose\tdose_unit\tdose:preparation\treadout\treplicate\tvalue\tunit\tnote_1\n"
        "a\tb\t90\tmin\t0.1\tuM\t1000\tcells\tw1\t12\tcell\tx\n"
        "a\tb\t2\tday\t\t\t\tcells\t\tNA\tcell\t\n"
        "a\tb\t2\tday\t\t\t\tcells\t\t7\t\t\n"
    )
    first, second = read_measurements(written(tmp_path, text))
    assert (first.experiment, first.arm, first.time, first.replicate, first.value, first.unit) == (
        "a",
        "b",
        1.5,
        "w1",
        12.0,
        "cell",
    )
    assert first.doses == (("", 0.1, "uM"), ("preparation", 1000.0, "")) and first.line == 3
    assert second.time == 48.0 and second.doses == () and second.replicate == "1" and second.unit == ""


def test_semicolons_do_unless_commas_stand_in_numbers(tmp_path):
    good = written(tmp_path, "time;readout;value\n1;x;-2.5\n")
    assert [one.value for one in read_measurements(good)] == [-2.5]  # a blank-corrected signal may be negative
    with pytest.raises(InputError, match="decimal point"):
        read_measurements(written(tmp_path, "time;readout;value\n1,5;x;2\n"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("time,readout,value,value\n1,x,2,3\n", "twice"),
        ("time,readout,value,time_unit\n1,x,2,nM\n", "time_unit 'nM'"),
        ("time,readout,value\n1,,2\n", "no readout"),
        ("time,readout,value\n1,x,1e999\n", "finite"),
        ("time,readout,value\n1,x,nan\n", "line 2 .*value 'nan'"),
        ("time,readout,value\n1,x,two\n", "line 2 .*value 'two'"),
        ("time,readout,value\n\n1,x,2\n1,x\n", "line 4 .* has 2 cells, the heading 3"),
        ("time,readout,value,dose\n1,x,2,-3\n", "line 2 .*dose -3"),
        ("time,readout,value\n-1,x,2\n", "line 2 .*time -1"),
        ("time,readout,value\n,x,2\n", "line 2 .*time ''"),
        ("readout,value\nx,2\n", "no column 'time'.* time, readout, value"),
        ("time,readout\n1,x\n", "no column 'value'"),
        ("time,readout,value,color\n1,x,2,red\n", "'color'"),
        ("time,readout,value\n", "no readings"),
        ("time,readout,value\n1,x,NA\n", "no readings"),
        ("", "empty"),
    ],
)
def test_refuses(tmp_path, text, told):
    with pytest.raises(InputError, match=told):
        read_measurements(written(tmp_path, text))
    with pytest.raises(InputError, match="no file"):
        read_measurements(tmp_path / "none.csv")


def test_a_reading_without_a_time_is_of_the_end_where_there_is_one(tmp_path):
    table = written(tmp_path, "time,time_unit,readout,value\n,h,x,1\n90,min,x,2\n")
    assert [one.time for one in read_measurements(table, end=72.0)] == [72.0, 1.5]
    bare = written(tmp_path, "readout,value\nx,1\n")
    assert [one.time for one in read_measurements(bare, end=24.0)] == [24.0]
    with pytest.raises(InputError, match=r"no column 'value'.* readout, value"):
        read_measurements(written(tmp_path, "readout\nx\n"), end=24.0)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_any_mark_separates_and_a_byte_order_mark_is_no_name(tmp_path, mark):
    text = "\ufefftime,readout,value\n1,x,2\n".replace(",", mark)
    assert [(one.time, one.value) for one in read_measurements(written(tmp_path, text))] == [(1.0, 2.0)]


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the H1299 confluence set is not at {REAL}")
def test_an_imager_s_folder_is_a_table():
    data = read_confluence(REAL)
    readings = read_measurements(REAL)
    assert readings == confluence_readings(data)
    assert {one.experiment for one in readings} == {"doxorubicin", "vinorelbine"}
    assert {one.readout for one in readings} == {"phase", "green", "red"}
    wanted = ("vinorelbine", (("", 20.0, "nM"),), "phase", 3.0)
    one = next(row for row in readings if (row.experiment, row.doses, row.readout, row.time) == wanted)
    assert one.value == pytest.approx(data.series("vinorelbine", 20.0, "phase")[0, 1]) and one.unit == "%"
