"""Plates written in every layout come back well by well."""

import csv
import io
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exoresist.core.errors import InputError
from exoresist.exchange.lab_files import read_lab_file
from exoresist.exchange.plate_map import read_plate_map

DATA = Path(__file__).parents[3] / "shared" / "data"
LETTERS = "ABCDEFGHIJKLMNOP"
SIZES = {96: (8, 12), 384: (16, 24)}


def readings(size: int, seed: int = 1) -> dict[str, float]:
    """A value for every well, three decimals, some above a thousand."""
    source = random.Random(seed)
    down, along = SIZES[size]
    return {
        f"{LETTERS[row]}{column + 1}": round(source.uniform(0.05, 4.0) * source.choice([1, 1, 1, 1000]), 3)
        for row in range(down)
        for column in range(along)
    }


def text_of(rows: list[list[str]], separator: str) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def grid(values: dict[str, float], decimal: str = ".", head: bool = True, letters: bool = True) -> list[list[str]]:
    down, along = SIZES[len(values)]
    rows = [["", *map(str, range(1, along + 1))]] if head else []
    for row in range(down):
        cells = [f"{values[f'{LETTERS[row]}{column + 1}']:.3f}".replace(".", decimal) for column in range(along)]
        rows.append([LETTERS[row], *cells] if letters else cells)
    return rows


def read(path: Path, content: bytes) -> dict[str, float]:
    path.write_bytes(content)
    file = read_lab_file(path)
    assert file.kind == "plate"
    return {row["well"]: row["value"] for row in file.rows}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.sampled_from([96, 384]), decimal=st.sampled_from(".,"), separator=st.sampled_from([";", "\t"]),
    seed=st.integers(0, 1000),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"]), ends=st.sampled_from(["\n", "\r\n"]),
    head=st.booleans(), letters=st.booleans(), above=st.booleans(),
)  # fmt: skip
def test_a_grid_comes_back_from_any_text(tmp_path, size, decimal, separator, seed, encoding, ends, head, letters, above):
    values = readings(size, seed)
    rows = grid(values, decimal, head and letters, letters)
    if above:
        rows = [["Méthode: CCK-8"], ["Date", "12.03.2025"], [""], *rows]
    content = text_of(rows, separator).replace("\n", ends).encode(encoding)
    assert read(tmp_path / "plate.txt", content) == pytest.approx(values)


@pytest.mark.parametrize("size", [96, 384])
def test_a_grid_separated_by_commas(tmp_path, size):
    values = readings(size)
    assert read(tmp_path / "plate.csv", text_of(grid(values), ",").encode()) == pytest.approx(values)


@pytest.mark.parametrize("kept", [[*range(1, 11), 12], list(range(2, 12)), list(range(12, 0, -1)), [1, 2, 5, 6, 7, 8]])
def test_columns_that_are_left_out_or_turned_go_where_the_heading_says(tmp_path, kept):
    values = readings(96)
    rows = [[row[0], *(row[column] for column in kept)] for row in grid(values)]
    path = tmp_path / "plate.csv"
    path.write_text(text_of(rows, ","))
    file = read_lab_file(path)
    found = {row["well"]: row["value"] for row in file.rows if row["value"] is not None}
    assert found == {well: value for well, value in values.items() if int(well[1:]) in kept}
    lost = sorted(set(range(1, max(kept) + 1)) - set(kept))
    assert any("column " + ", ".join(map(str, lost)) + " of the plate is missing" in one for one in file.warnings) == bool(lost)


@pytest.mark.parametrize("columns", [list(range(2, 12)), list(range(1, 13))])
def test_the_inner_wells_of_a_plate_keep_their_places(tmp_path, columns):
    """Sixty inner wells, the edge left out, as many laboratories export them: with the edge's columns and without."""
    values = readings(96)
    rows = [[row[0], *(row[column] for column in columns)] for row in grid(values)]
    path = tmp_path / "plate.csv"
    path.write_text(text_of([rows[0], *rows[2:8]], ","))
    file = read_lab_file(path)
    found = {row["well"]: row["value"] for row in file.rows if row["value"] is not None}
    assert found == {well: value for well, value in values.items() if well[0] in "BCDEFG" and int(well[1:]) in columns}
    assert any("row A of the plate is missing" in one for one in file.warnings)


def test_a_column_that_is_numbered_twice_is_refused(tmp_path):
    rows = grid(readings(96))
    rows[0][3] = "2"
    (tmp_path / "plate.csv").write_text(text_of(rows, ","))
    with pytest.raises(InputError, match="numbered 1, 2, 2, 4"):
        read_lab_file(tmp_path / "plate.csv")


def test_doses_above_the_columns_are_no_column_numbers(tmp_path):
    values = readings(96)
    rows = grid(values)
    rows[0] = ["", "1", "3", "10", "30", "100", "300", "1000", "3000", "0", "0", "0", "0"]
    assert read(tmp_path / "plate.csv", text_of(rows, ",").encode()) == values


@pytest.mark.parametrize("size", [96, 384])
def test_a_workbook(tmp_path, size):
    from openpyxl import Workbook

    values = readings(size)
    book = Workbook()
    for row in grid(values):
        book.active.append([float(cell) if cell and cell[0].isdigit() else cell for cell in row])
    book.save(tmp_path / "plate.xlsx")
    file = read_lab_file(tmp_path / "plate.xlsx")
    assert file.wells == size
    assert {row["well"]: row["value"] for row in file.rows} == pytest.approx(values)


@pytest.mark.parametrize(("decimal", "separator"), [(".", ","), (",", ";"), (",", "\t")])
def test_a_long_table(tmp_path, decimal, separator):
    values = readings(96)
    rows = [
        ["Well", "Content", "Absorbance"],
        *([well, "sample", f"{value:.3f}".replace(".", decimal)] for well, value in values.items()),
    ]
    assert read(tmp_path / "long.csv", text_of(rows, separator).encode()) == pytest.approx(values)


def test_a_long_table_with_row_and_column(tmp_path):
    values = readings(96)
    rows = [["Row", "Col", "Value"], *([well[0], well[1:], str(value)] for well, value in values.items())]
    assert read(tmp_path / "long.csv", text_of(rows, ",").encode()) == pytest.approx(values)


def test_several_times_and_wavelengths_in_one_file(tmp_path):
    one, two, three = readings(96, 1), readings(96, 2), readings(96, 3)
    parts = [
        [["Plate: 7"], ["450 nm"], ["Time 24 h"], *grid(one), [""]],
        [["450 nm"], ["Time 48 h"], *grid(two), [""]],
        [["650 nm"], ["Time 48 h"], *grid(three)],
    ]
    path = tmp_path / "kinetic.csv"
    path.write_text(text_of([row for part in parts for row in part], ","))
    file = read_lab_file(path)
    found = {(row["hours"], row["channel"]): {} for row in file.rows}
    for row in file.rows:
        found[row["hours"], row["channel"]][row["well"]] = row["value"]
    assert found[24.0, "450"] == pytest.approx(one)
    assert found[48.0, "450"] == pytest.approx(two)
    assert found[48.0, "650"] == pytest.approx(three)


def test_two_wavelengths_in_two_lines_of_each_row(tmp_path):
    one, two = readings(96, 1), readings(96, 2)
    rows = [["", *map(str, range(1, 13))]]
    for letter in "ABCDEFGH":
        rows.append([letter, *(str(one[f"{letter}{column}"]) for column in range(1, 13)), "450"])
        rows.append(["", *(str(two[f"{letter}{column}"]) for column in range(1, 13)), "630"])
    path = tmp_path / "reader.txt"
    path.write_text(text_of(rows, "\t"))
    file = read_lab_file(path)
    for channel, values in (("450", one), ("630", two)):
        assert {row["well"]: row["value"] for row in file.rows if row["channel"] == channel} == pytest.approx(values)


def test_rows_without_letters_under_a_heading_with_a_temperature(tmp_path):
    values = readings(96)
    rows = [["", "Temperature(C)", *map(str, range(1, 13))]]
    for place, letter in enumerate("ABCDEFGH"):
        rows.append(["", "37.0" if place == 0 else "", *(str(values[f"{letter}{column}"]) for column in range(1, 13))])
    path = tmp_path / "softmax.txt"
    path.write_bytes(text_of(rows, "\t").encode("utf-16"))
    file = read_lab_file(path)
    assert {row["well"]: row["value"] for row in file.rows} == pytest.approx(values)
    assert any("no letters" in warning for warning in file.warnings)


def test_one_column_per_well(tmp_path):
    values = readings(96)
    rows = [
        ["Time", "Temp", *values],
        ["0:00:00", "37.0", *map(str, values.values())],
        ["1:30:00", "37.1", *(str(2 * value) for value in values.values())],
    ]
    path = tmp_path / "kinetic.csv"
    path.write_text(text_of(rows, ","))
    file = read_lab_file(path)
    assert {row["well"]: row["value"] for row in file.rows if row["hours"] == 0.0} == pytest.approx(values)
    assert {row["well"]: row["value"] / 2 for row in file.rows if row["hours"] == 1.5} == pytest.approx(values)


def test_a_file_name_may_tell_the_time(tmp_path):
    path = tmp_path / "plate_72h.csv"
    path.write_text(text_of(grid(readings(96)), ","))
    assert {row["hours"] for row in read_lab_file(path).rows} == {72.0}


def test_a_map_as_grid_and_as_table(tmp_path):
    rows = grid(readings(96))
    rows[1][1], rows[2][3] = "blank", "alone 100"
    (tmp_path / "map.csv").write_text(text_of(rows, ","))
    found = read_plate_map(tmp_path / "map.csv")
    assert found["A1"] == "blank"
    assert found["B3"] == "alone 100"
    (tmp_path / "map.tsv").write_text("Well\tArm\tDose\nA1\tblank\t\nB3\talone\t100\n")
    assert read_plate_map(tmp_path / "map.tsv") == {"A1": "blank", "B3": "alone 100"}


def test_a_table_with_two_plates_that_nothing_tells_apart_says_so(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text(text_of([*grid(readings(96, 1)), [""], *grid(readings(96, 2))], ","))
    file = read_lab_file(path)
    assert len({row["plate"] for row in file.rows}) == 2
    assert any("taken as plate" in warning for warning in file.warnings)


@pytest.mark.parametrize("text", ["Well,Value\nQ1,2\n", "Well,Value\nA1,1\nB99,2\n"])
def test_wells_that_are_none(tmp_path, text):
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(InputError, match="no well"):
        read_lab_file(tmp_path / "bad.csv")


def test_a_missing_file_and_a_folder(tmp_path):
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(InputError):
            read_lab_file(path)


@pytest.mark.skipif(not (DATA / "h1299_incucyte").is_dir(), reason="the H1299 data are not here")
def test_confluence_of_h1299_through_the_same_reader():
    from exoresist.exchange.incucyte import read_confluence

    known = read_confluence(DATA / "h1299_incucyte")
    file = read_lab_file(DATA / "h1299_incucyte" / "confluence_phase.csv")
    blanks = {(row["replicate"], row["hours"]): row["value"] for row in file.rows if row.get("contains") == "blank"}
    for code, drug in (("DOX", "doxorubicin"), ("NVB", "vinorelbine")):
        for dose in (0.0, *known.doses(drug)):
            mine = [row for row in file.rows if row.get("arm") == code and row["dose"] == dose]
            series = known.series(drug, dose, "phase")
            assert sorted(row["value"] - blanks[row["replicate"], row["hours"]] for row in mine) == pytest.approx(
                sorted(series.ravel())
            )
