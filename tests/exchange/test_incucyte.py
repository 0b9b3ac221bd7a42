"""The confluence reader: small made-up folders, each trap, and the real H1299 set where it is present."""

from pathlib import Path

import numpy as np
import pytest

from exoresist.core.errors import ExoresistError
from exoresist.exchange.incucyte import CHANNELS, read_confluence

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "h1299_incucyte"

TABLE = """Date Time,Elapsed,Control,Blank,DOX 6.25,XYZ 10
10/11/2017 12:30,0,8,0.5,7,6
10/11/2017 15:30,3,9,0.25,8,6.5
10/11/2017 12:30,0,8.5,0.5,7.5,6
10/11/2017 15:30,3,9.5,0.5,8.5,0.25
"""


def write(folder, text=TABLE, **other):
    for channel in CHANNELS:
        (folder / f"confluence_{channel}.csv").write_text(other.get(channel, text), encoding="utf-8")
    return folder


def test_blanks_are_subtracted_and_replicates_folded(tmp_path):
    data = read_confluence(write(tmp_path))
    assert data.times_h.tolist() == [0, 3]
    assert data.drugs == ["XYZ", "doxorubicin"]
    assert data.doses("doxorubicin") == [6.25]
    assert data.control["phase"].tolist() == [[7.5, 8.75], [8, 9]]
    assert data.conditions["doxorubicin", 6.25]["green"].tolist() == [[6.5, 7.75], [7, 8]]
    assert data.blank["red"].tolist() == [[0.5, 0.25], [0.5, 0.5]]
    # Below the blank is noise around zero, and kept.
    assert data.series("XYZ", 10, "phase")[1, 1] == -0.25
    assert data.series("XYZ", 0, "phase") is data.control["phase"]
    assert sorted(data.by_dose("doxorubicin", "red")) == [0, 6.25]


def test_channels_are_kept_apart_and_byte_order_mark_is_ignored(tmp_path):
    data = read_confluence(write(tmp_path, red="\ufeff" + TABLE.replace("9.5,0.5", "19.5,0.5").replace("\n", "\r\n")))
    assert data.control["red"][1, 1] == 19
    assert data.control["phase"][1, 1] == 9


def test_the_larger_of_two_stains_counts(tmp_path):
    data = read_confluence(write(tmp_path, red=TABLE.replace("9.5,0.5", "19.5,0.5")))
    larger = data.stained("doxorubicin", ("green", "red"))
    assert larger[0].tolist() == data.control["red"].mean(axis=0).tolist() == [7.75, 13.875]
    assert data.stained("doxorubicin", ("green",))[0].tolist() == [7.75, 8.875]


def test_drug_names_can_be_given(tmp_path):
    assert read_confluence(write(tmp_path), {"XYZ": "topotecan"}).drugs == ["DOX", "topotecan"]


def test_unknown_names_are_suggested(tmp_path):
    data = read_confluence(write(tmp_path))
    for wrong in (("doxorubicine", 6.25, "phase"), ("doxorubicin", 7, "phase"), ("doxorubicin", 6.25, "phas")):
        with pytest.raises(ExoresistError):
            data.series(*wrong)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Elapsed", "Hours", "no column 'Elapsed'"),
        ("Blank", "Empty", "no column 'Blank'"),
        ("Control", "DOX 0", "no column 'Control'"),
        ("XYZ 10", "DOX 6.25", "'DOX 6.25' twice"),
        ("XYZ 10", "DOX 6.250", "6.25 nM twice"),
        ("XYZ 10", "XYZ", "Column 'XYZ'"),
        ("XYZ 10", "XYZ 0", "Column 'XYZ 0'"),
        ("9,0.25,8", "9,0.25,x", "'x' in column 'DOX 6.25', line 3"),
        ("9,0.25,8", "9,0.25,", "Nothing in column 'DOX 6.25', line 3"),
        ("9,0.25,8", "9,0.25,nan", "'nan' in column"),
        ("9,0.25,8", "9,0.25,-8", "-8 in column"),
        ("9,0.25,8", "9,0.25,800", "800 in column"),
        ("9,0.25,8", '9,"0,25",8', "'0,25' in column 'Blank'"),
        ("9,0.25,8", "9,0,25,8", "decimal comma"),
        ("15:30,3,9,", "15:30,0,9,", "twice in a row"),
        ("15:30,3,9.5,", "15:30,4,9.5,", "Replicate 2"),
        ("12:30,0,8.5,", "12:30,2,8.5,", "after 3 h"),
        ("10/11/2017 15:30,3,9.5,0.5,8.5,0.25\n", "", "Replicate 2"),
        (",", ";", "semicolons"),
        ("DOX 6.25,XYZ 10", "Date Time,Elapsed", "twice"),
    ],
)
def test_each_trap_is_named(tmp_path, old, new, message):
    assert old in TABLE
    with pytest.raises(ExoresistError, match=message.replace("(", r"\(")):
        read_confluence(write(tmp_path, TABLE.replace(old, new)))


def test_missing_folder_file_or_readings(tmp_path):
    with pytest.raises(ExoresistError, match="does not exist"):
        read_confluence(tmp_path / "nowhere")
    write(tmp_path)
    (tmp_path / "confluence_red.csv").write_text(TABLE.splitlines()[0], encoding="utf-8")
    with pytest.raises(ExoresistError, match="no readings"):
        read_confluence(tmp_path)
    (tmp_path / "confluence_red.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ExoresistError, match="cannot be read"):
        read_confluence(tmp_path)
    (tmp_path / "confluence_red.csv").unlink()
    with pytest.raises(ExoresistError, match="confluence_red"):
        read_confluence(tmp_path)


def test_channels_must_match(tmp_path):
    lines = TABLE.splitlines(keepends=True)
    for other in (TABLE.replace("XYZ 10", "XYZ 20"), "".join(lines[:3]), TABLE.replace("15:30,3,", "15:30,4,")):
        with pytest.raises(ExoresistError):
            read_confluence(write(tmp_path, green=other))


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the H1299 confluence set is not at {REAL}")
def test_real_set():
    data = read_confluence(REAL)
    assert data.times_h.size == 25 and data.times_h[[0, -1]].tolist() == [0, 72]
    assert data.doses("doxorubicin") == [6.25, 12.5, 25, 50, 100, 200, 400]
    assert data.doses("vinorelbine") == [2.5, 5, 10, 20, 40, 80, 160]
    assert data.control["phase"].shape == (3, 25)
    assert data.control["phase"][0, 0] == pytest.approx(7.2652 - 0.2489)
    final = [float(data.series("doxorubicin", dose, "phase")[:, -1].mean()) for dose in (0, 50, 100, 400)]
    assert final == sorted(final, reverse=True)
    assert np.all(np.concatenate([series for by in data.conditions.values() for series in by.values()]) > 0)
