"""Files as the programs of instruments write them: each form made up here, with numbers of our own."""

from __future__ import annotations

import pytest

from exoresist.core.errors import InputError
from exoresist.exchange.lab_files import read_lab_file

LETTERS = "ABCDEFGH"
NUMBERS = [str(number) for number in range(1, 13)]


def value(row: int, column: int, shift: float = 0.0) -> float:
    return round(0.1 + 0.01 * column + 0.2 * row + shift, 3)


def grid(separator: str, letters: bool = True, shift: float = 0.0) -> str:
    return "\n".join(
        separator.join([*([LETTERS[row]] if letters else []), *(str(value(row, column, shift)) for column in range(12))])
        for row in range(8)
    )


def read(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return read_lab_file(path)


def wells(file, channel=None, hours=None):
    return {row["well"]: row["value"] for row in file.rows if row["channel"] == channel and row["hours"] == hours}


def plate(shift: float = 0.0) -> dict[str, float]:
    return {f"{LETTERS[row]}{column + 1}": value(row, column, shift) for row in range(8) for column in range(12)}


BMG = "User: USER,Path: C:\\Data,Test ID: 12\nTest Name: CCK8,Date: 03/05/2023,Time: 12:03:11\n\n"


def test_bmg_grids_are_told_apart_by_their_wavelength(tmp_path):
    head = f",{','.join(NUMBERS)}\n"
    file = read(tmp_path / "a.csv", f"{BMG}Raw Data (450)\n{head}{grid(',')}\n\nRaw Data (630)\n{head}{grid(',', shift=1.0)}\n")
    assert wells(file, "450") == plate()
    assert wells(file, "630") == plate(1.0)


def test_a_list_with_the_letters_in_a_column_of_their_own(tmp_path):
    """`A,1,Sample X1,0.1` begins like a row of a plate, and is none."""
    body = "\n".join(f"{LETTERS[r]},{c + 1},Sample X{c + 1},{value(r, c)}" for r in range(8) for c in range(12))
    file = read(tmp_path / "a.csv", f"{BMG}Well Row,Well Col,Content,Raw Data (450)\n{body}\n")
    assert wells(file, "450") == plate()


def test_times_in_headings_and_in_a_line_below_them(tmp_path):
    body = "\n".join(f"{LETTERS[r]}{c + 1:02d},X,{value(r, c)},{value(r, c, 1.0)}" for r in range(8) for c in range(12))
    for name, head in (
        ("a.csv", "Well,Content,Raw Data (570) 1 - 0 min,Raw Data (570) 2 - 1 h 30 min\n"),
        ("b.csv", "Well,Content,Raw Data (570),Raw Data (570)\n,Time,0 h,1 h 30 min\n"),
    ):
        file = read(tmp_path / name, BMG + head + body + "\n")
        assert wells(file, "570", 0.0) == plate(), name
        assert wells(file, "570", 1.5) == plate(1.0), name


def test_what_the_program_worked_out_is_no_second_reading(tmp_path):
    body = "\n".join(f"{LETTERS[r]}{c + 1},X,{value(r, c)},{value(r, c, -0.05)}" for r in range(8) for c in range(12))
    file = read(tmp_path / "a.csv", f"{BMG}Well,Content,Raw Data (450 1),Blank corrected based on Raw Data (450 1)\n{body}\n")
    assert wells(file, "450") == plate()
    assert any("worked out" in warning for warning in file.warnings)


def test_gen5_names_its_wells_before_it_reads_them(tmp_path):
    names = "\n".join("\t".join([letter, *(f"SPL{n}" for n in NUMBERS), "Well ID"]) + "\n\t" + "\t".join(["10"] * 12) + "\tConc/Dil"
                      for letter in LETTERS)  # fmt: skip
    readings = "\n".join(
        "\t".join([LETTERS[r], *(str(value(r, c)) for c in range(12)), "450"]) + "\n\t"
        + "\t".join([*(str(value(r, c, 1.0)) for c in range(12)), "630"]) for r in range(8)
    )  # fmt: skip
    head = "\t" + "\t".join(NUMBERS)
    text = f"Software Version\t3.08.01\nTime\t10:15:21 AM\n\nLayout\n{head}\n{names}\n\nResults\n{head}\n{readings}\n"
    file = read(tmp_path / "a.txt", text)
    assert wells(file, "450") == plate()
    assert wells(file, "630") == plate(1.0)
    assert {row["channel"] for row in file.rows} == {"450", "630"}


def test_a_wavelength_behind_a_colon_is_no_clock(tmp_path):
    file = read(tmp_path / "a.txt", "Read 1:450\n\t" + "\t".join(NUMBERS) + "\n" + grid("\t") + "\n")
    assert {row["hours"] for row in file.rows} == {None}


def test_softmax_puts_wavelengths_side_by_side(tmp_path):
    head = "\tTemperature(°C)\t" + "\t".join(NUMBERS) + "\t\t" + "\t".join(NUMBERS)
    body = "\n".join(
        "\t".join(
            [
                "",
                "25.00" if r == 0 else "",
                *(str(value(r, c)) for c in range(12)),
                "",
                *(str(value(r, c, 1.0)) for c in range(12)),
            ]
        )
        for r in range(8)
    )
    block = "Plate:\tP\t1.3\tPlateFormat\tEndpoint\tAbsorbance\tRaw\tFALSE\t1\t\t\t\t\t\t2\t450 630\t1\t12\t96\t1\t8\tNone"
    text = (
        f"##BLOCKS= 2\n{block}\n{head}\n{body}\n\n~End\nGroup: Unknowns\t1\nSample\tWells\tValues\tMean\n01\tA1\t0.4\t0.4\n~End\n"
    )
    file = read(tmp_path / "a.txt", text, "utf-16")
    assert file.kind == "plate"
    assert wells(file, "450") == plate()
    assert wells(file, "630") == plate(1.0)


def test_softmax_goes_on_over_time(tmp_path):
    blocks = "\n\n".join(
        "\n".join("\t".join([clock if r == 0 else "", "37.0" if r == 0 else "", *(str(value(r, c, shift)) for c in range(12))])
                  for r in range(8)) for clock, shift in (("00:00:00", 0.0), ("00:30:00", 1.0), ("01:00:00", 2.0))
    )  # fmt: skip
    head = "\tTemperature(°C)\t" + "\t".join(NUMBERS)
    file = read(tmp_path / "a.txt", f"Plate:\tP\t1.3\tPlateFormat\tKinetic\tAbsorbance\n{head}\n{blocks}\n\n~End\n")
    for hours in (0.0, 0.5, 1.0):
        assert wells(file, None, hours) == plate(2.0 * hours)


def test_tecan_measures_at_one_wavelength_and_refers_to_another(tmp_path):
    text = "Measurement Wavelength,,,450,nm\nReference Wavelength,,,620,nm\n<>," + ",".join(NUMBERS) + "\n" + grid(",") + "\n"
    assert wells(read(tmp_path / "a.csv", text), "450") == plate()


def test_a_line_per_well_and_a_column_per_time(tmp_path):
    body = "\n".join(
        f"{LETTERS[r]}{c + 1};{value(r, c)};{value(r, c, 1.0)}".replace(".", ",") for c in range(12) for r in range(8)
    )
    file = read(
        tmp_path / "a.csv",
        f"Interval Time;;00:30:00\nCycle Nr.;1;2\nTime [s];0;1800\nTemp. [°C];37,0;37,1\n{body}\n\nEnd Time:\n",
    )
    assert wells(file, None, 0.0) == plate()
    assert wells(file, None, 0.5) == plate(1.0)


def test_a_bare_list_of_wells(tmp_path):
    body = "\n".join(f"{LETTERS[r]}{c + 1}\t{value(r, c)}" for c in range(12) for r in range(8))
    assert wells(read(tmp_path / "a.asc", body + "\n")) == plate()


def test_the_moment_of_each_well_is_no_time_of_the_experiment(tmp_path):
    body = "\n".join(
        f"1,1,{LETTERS[r]}{c + 1:02d},M,00:00:{r * 6:02d}.{c:02d},{value(r, c)}" for r in range(8) for c in range(12)
    )
    assert wells(read(tmp_path / "a.csv", f"Plate,Repeat,Well,Type,Time,Luminescence (CPS)\n{body}\n")) == plate()


def test_imagers_number_the_rows(tmp_path):
    body = "\n".join(f"{r + 1},{c + 1},{round(1000 * value(r, c))}" for r in range(8) for c in range(12))
    found = wells(read(tmp_path / "a.csv", f"Row,Column,Nuclei - Number of Objects\n{body}\n"))
    assert found == {well: round(1000 * one) for well, one in plate().items()}


@pytest.mark.parametrize(
    ("headings", "told"),
    [(("A1, Image 1", "A1, Image 2", "A2, Image 1", "A2, Image 2"), "images"),
     (("MCF7 (1) 5K / well (A1)", "MCF7 (1) 5K / well (A1) (Std Err Img)", "MCF7, Dox (A2)", "MCF7, Dox (A2) (Std Err Img)"),
      "standard errors")],
)  # fmt: skip
def test_images_and_groups_of_an_imager(tmp_path, headings, told):
    text = "Vessel Name: x\nMetric: Phase Object Confluence (Percent)\n\nDate Time\tElapsed\t" + "\t".join(headings)
    file = read(tmp_path / "a.txt", f"{text}\n5/3/2023 1:00:00 PM\t0\t10\t12\t30\t32\n5/3/2023 3:00:00 PM\t2\t20\t22\t40\t42\n")
    alone = told == "standard errors"
    assert wells(file, None, 2.0) == ({"A1": 20.0, "A2": 40.0} if alone else {"A1": 21.0, "A2": 41.0})
    assert any(told in warning for warning in file.warnings)


@pytest.mark.parametrize(
    ("text", "expected", "adjusted"),
    [
        ("Particle Size (nm),Particle Concentration (E6 particles/ml)\n55,1.5\n65,3.5\n75,5.0\n", 1e7, None),
        ("Diameter (nm);Concentration (x10⁸ /mL)\n80;1,0\n100;3,0\n", 4e8, None),
        ("Bin Diameter (nm);Diff. Number;Number/mL\n50;10;1,0E7\n80;40;4,0E7\n", 5e7, None),
        (
            "Sample,Raw Concentration (particles/mL),Concentration (particles/mL),Mean Diameter (nm)\nEV,4.6e8,2.3e10,121\n",
            2.3e10,
            True,
        ),
        ("Sample Name,Original Concentration (Particles/mL),Dilution Factor,Median (X50)\nEV,6.3E+10,1000,121\n", 6.3e10, True),
        ("Name,Concentration (part./mL),Diameter median (nm),Dilution\nEV,3.1e8,101,100\n", 3.1e8, None),
    ],
)
def test_counters_of_other_makers(tmp_path, text, expected, adjusted):
    file = read(tmp_path / "a.csv", text)
    assert file.kind == "particles"
    assert file.particles[0].captures == pytest.approx([expected])
    assert file.particles[0].adjusted is adjusted


def test_a_count_without_its_power_of_ten_is_doubted(tmp_path):
    file = read(tmp_path / "a.csv", "Size (nm),Concentration\n80,1.5\n100,4.0\n")
    assert any("fewer than any instrument" in warning for warning in file.warnings)


QUANTSTUDIO = "* Block Type = 96-Well\n\n[Results]\nWell,Well Position,Omit,Sample Name,Target Name,Task,CT,Ct Mean\n"


def test_omitted_reactions_are_left_out(tmp_path):
    file = read(
        tmp_path / "a.csv", QUANTSTUDIO + "1,A1,FALSE,ctrl,ABCB1,UNKNOWN,28.1,28.1\n2,A2,TRUE,ctrl,ABCB1,UNKNOWN,35.1,28.1\n"
    )
    assert [row["ct"] for row in file.rows] == [28.1]
    assert any("omitted" in warning for warning in file.warnings)


def test_cycles_without_a_gene_are_refused(tmp_path):
    """LightCycler's table has positions and numbers like a plate's, and must not be taken for one."""
    with pytest.raises(InputError, match="Target"):
        read(
            tmp_path / "a.txt",
            "Experiment: x\nInclude\tColor\tPos\tName\tCp\tStandard\nTrue\t255\tA1\tctrl\t18.1\t0\nTrue\t255\tA2\tEV\t18.2\t0\n",
        )


def test_tubes_and_populations_of_a_cytometer(tmp_path):
    head = "Specimen Name,Tube Name,Population,#Events,%Parent,FITC-A Median\n"
    file = read(tmp_path / "a.csv", head + "S,ctrl,P1,10000,90.1,512\nS,EV,P1,10000,89.1,1512\n")
    assert {(row["sample"], row["statistic"]): row["value"] for row in file.rows} == {
        ("ctrl", "percent"): 90.1, ("ctrl", "median"): 512.0, ("EV", "percent"): 89.1, ("EV", "median"): 1512.0,
    }  # fmt: skip


def test_volumes_with_a_column_per_day(tmp_path):
    file = read(tmp_path / "a.csv", "Mouse,Group,Day 0,Day 4,Day 8\nM1,vehicle,101,180,322\nM2,dox,100,120,\n")
    assert file.kind == "calipers"
    assert [(row["sample"], row["day"], row["value"]) for row in file.rows if row["arm"] == "dox"] == [
        ("M2", 0.0, 100.0), ("M2", 4.0, 120.0), ("M2", 8.0, None),
    ]  # fmt: skip
