from pathlib import Path
from statistics import median

import pytest

from exoresist.core.errors import InputError
from exoresist.exchange.lab_files import read_lab_file
from exoresist.exchange.lab_numbers import number_of
from exoresist.exchange.sheets import read_sheets

ATLAS = Path(__file__).parents[3] / "shared" / "data" / "vesicle_atlas"
XENOGRAFTS = Path(__file__).parents[3] / "shared" / "data" / "lxf_xenograft"


def read(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return read_lab_file(path)


@pytest.mark.parametrize(("decimal", "separator"), [(".", ","), (",", ";"), (",", "\t")])
def test_qpcr(tmp_path, decimal, separator):
    rows = [["Block Type", "96well"], ["Experiment", "EV"], [""], ["Well", "Sample Name", "Target Name", "Task", "CT"],
        ["1", "alone 1", "ABCB1", "UNKNOWN", "31.25"],
            ["2", "alone 1", "GAPDH", "UNKNOWN", "18.5"], ["3", "vesicles 1", "ABCB1", "UNKNOWN", "Undetermined"]]  # fmt: skip
    file = read(tmp_path / "q.csv", "\n".join(separator.join(cell.replace(".", decimal) for cell in row) for row in rows))
    assert file.kind == "qpcr"
    assert [(row["sample"], row["target"], row["ct"]) for row in file.rows] == [
        ("alone 1", "ABCB1", 31.25),
        ("alone 1", "GAPDH", 18.5),
        ("vesicles 1", "ABCB1", None),
    ]
    assert any("no Ct" in warning for warning in file.warnings)


def test_a_cycle_that_cannot_be(tmp_path):
    with pytest.raises(InputError, match="Ct"):
        read(tmp_path / "q.csv", "Sample,Target,Cq\na,ABCB1,3125\n")


def test_flowjo(tmp_path):
    heading = ",Singlets/Live | Freq. of Parent (%),Singlets/Live/Pgp+ | Median (APC-A)\n"
    text = heading + "alone_1.fcs,91.2,812\nvesicles_1.fcs,90.1,1422\nMean,90.7,1117\nSD,0.6,300\n"
    file = read(tmp_path / "f.csv", text)
    assert file.kind == "facs"
    assert {(row["sample"], row["statistic"], row["value"]) for row in file.rows} == {
        ("alone_1.fcs", "percent", 91.2), ("alone_1.fcs", "median", 812.0), ("vesicles_1.fcs", "percent", 90.1),
        ("vesicles_1.fcs", "median", 1422.0)}  # fmt: skip
    assert any("own line" in warning for warning in file.warnings)


def test_more_than_all_positive(tmp_path):
    with pytest.raises(InputError, match="per cent"):
        read(tmp_path / "f.csv", "Sample,% positive\na,912\n")


def test_transwell(tmp_path):
    file = read(tmp_path / "t.csv", "Arm,Insert,Field,Count\nalone,1,1,34\nalone,1,2,41\nvesicles,1,1,66\n")
    assert file.kind == "transwell"
    assert [row["value"] for row in file.rows] == [34, 41, 66]
    with pytest.raises(InputError, match="cells"):
        read(tmp_path / "t.csv", "Arm,Field,Count\nalone,1,-3\n")


@pytest.mark.parametrize(("heading", "factor"), [("Length (mm),Width (mm)", 1.0), ("Length (cm),Width (cm)", 0.1)])
def test_calipers(tmp_path, heading, factor):
    file = read(
        tmp_path / "c.csv",
        f"Mouse,Group,Day,{heading}\n1,alone,3,{8 * factor},{6 * factor}\n1,alone,7,{6 * factor},{9 * factor}\n",
    )
    assert file.kind == "calipers"
    assert [row["value"] for row in file.rows] == pytest.approx([0.5 * 8 * 36, 0.5 * 9 * 36])
    assert any("longer side" in warning for warning in file.warnings)


@pytest.mark.parametrize("row", ["1,alone,3,-8,6", "1,alone,3,8,1-Jun", "1,alone,01.02.2025,8,6"])
def test_calipers_that_cannot_be(tmp_path, row):
    with pytest.raises(InputError):
        read(tmp_path / "c.csv", f"Mouse,Group,Day,Length,Width\n{row}\n")


@pytest.mark.skipif(not ATLAS.is_dir(), reason="the vesicle atlas is not here")
def test_the_vesicle_atlas_through_the_same_reader():
    sheet = read_sheets(ATLAS / "Fig3e_siRNA_DoseResponse.csv")[0]
    column = sheet.rows[0].index("Max_Effect_Pct")
    effects = [
        found for row in sheet.rows[1:] if len(row) > column and (found := number_of(row[column], sheet.style).value) is not None
    ]
    assert median(effects) == pytest.approx(55, abs=3)  # as recomputed before, of a table with commas and quotes in its texts
    sheet = read_sheets(ATLAS / "Fig3bc_Loading_Capacity.csv")[0]
    places = {name: sheet.rows[0].index(name) for name in ("Drug", "Loading_Capacity_Pct")}
    for drug, known in (("DOX", 8.7), ("PTX", 1.2)):
        values = [
            number_of(row[places["Loading_Capacity_Pct"]], sheet.style).value
            for row in sheet.rows[1:]
            if len(row) > 6 and row[places["Drug"]] == drug
        ]
        assert median(value for value in values if value is not None) == pytest.approx(known, rel=0.15)


@pytest.mark.skipif(not XENOGRAFTS.is_dir(), reason="the xenograft data are not here")
def test_xenografts_through_the_same_reader():
    file = read_lab_file(XENOGRAFTS / "control_growth.csv")
    assert file.kind == "calipers"
    assert len({row["sample"] for row in file.rows}) == 8
    first = next(row for row in file.rows if row["sample"] == "40" and row["day"] == 0)
    assert first["value"] == pytest.approx(191.808)
