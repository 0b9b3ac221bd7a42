"""Reading radii of spheroids."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from exoresist.core.errors import ExoresistError, InputError
from exoresist.exchange.spheroids import read_spheroids

GOOD = "CellLine,InitialCondition,Day,R,ϕ,η\nmade,100,4,200,0.5,0.25\nmade,100,4,220,0.5,0\nmade,50,2,100,0,0\n"
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "spheroid_radii_wm793b"


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    (folder / "confocal.csv").write_bytes(text.encode(encoding))
    return folder


def test_shares_become_radii_and_days_become_hours(tmp_path):
    data = read_spheroids(written(tmp_path, GOOD))
    assert data.cell_lines == ["made"]
    radii = data.of("made")
    assert list(radii) == [50.0, 100.0]
    assert np.array_equal(radii[100.0][96.0], [[200.0, 100.0, 50.0], [220.0, 110.0, 0.0]])
    assert np.array_equal(radii[50.0][48.0], [[100.0, 0.0, 0.0]])


def test_names_of_shares_in_latin_letters_and_columns_in_any_order(tmp_path):
    lines = "Day,phi,eta,R,CellLine,InitialCondition\n1,0.5,0.1,10,made,100\n"
    assert np.allclose(read_spheroids(written(tmp_path, lines)).of("made")[100.0][24.0], [[10.0, 5.0, 1.0]])


def test_a_necrotic_region_beyond_the_inhibited_one_is_kept(tmp_path):
    radii = read_spheroids(written(tmp_path, GOOD.replace("0.5,0.25", "0.2,0.25"))).of("made")[100.0][96.0]
    assert radii[0, 2] > radii[0, 1]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("100,4,200", "100,4,abc", "line 2"),
        ("100,4,200", "100,4,", "line 2"),
        ("100,4,200", "100,4,inf", "line 2"),
        ("100,4,200", "100,4,-200", "above 0"),
        ("100,4,200", "0,4,200", "above 0"),
        ("0.5,0.25", "1.5,0.25", "0 to 1"),
        ("0.5,0.25", "0.5,-0.1", "0 to 1"),
        ("0.5,0.25", "0.5", "one cell per column"),
        ("made,100,4,200", ",100,4,200", "CellLine"),
        ("ϕ", "x", "ϕ"),
        ("Day,R", "R,R", "Day"),
    ],
)
def test_bad_files_are_refused_with_the_place(tmp_path, old, new, told):
    with pytest.raises(InputError, match=told):
        read_spheroids(written(tmp_path, GOOD.replace(old, new, 1)))


def test_missing_folder_file_readings_and_line(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_spheroids(tmp_path / "nowhere")
    with pytest.raises(InputError, match="confocal"):
        read_spheroids(tmp_path)
    with pytest.raises(InputError, match="no readings"):
        read_spheroids(written(tmp_path, GOOD.splitlines()[0]))
    with pytest.raises(InputError, match="cannot be read"):
        read_spheroids(written(tmp_path, GOOD, "utf-16"))
    with pytest.raises(ExoresistError, match="made"):
        read_spheroids(written(tmp_path, GOOD)).of("mode")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the measured spheroids are not at hand")
def test_the_measured_set_is_whole():
    radii = read_spheroids(SHARED).of("793b")
    assert list(radii) == [2500.0, 5000.0, 10000.0]
    assert sum(len(table) for one in radii.values() for table in one.values()) == 538
    assert all(sorted(one) == sorted(radii[2500.0]) and len(one) == 10 for one in radii.values())
