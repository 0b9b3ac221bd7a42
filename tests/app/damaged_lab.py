"""Deliberately damaged files of a laboratory: each case takes the bundled example and breaks it in one way that happens in practice.

A case says what has to come of it: an answer with a warning that holds a certain text, or a refusal that does.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import NamedTuple

ANSWER, REFUSAL = "answer", "refusal"


class Case(NamedTuple):
    """name; what has to come (ANSWER or REFUSAL); text that its warning or message must hold; how the example is broken."""

    name: str
    outcome: str
    text: str
    damage: Callable[[Path], None]


def example(folder: Path) -> None:
    """Write the bundled example into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    source = resources.files("exoresist.app").joinpath("lab_template")
    for name in ("meta.yaml", "plate.csv", "nta.csv"):
        (folder / name).write_bytes(source.joinpath(name).read_bytes())


def _edit(name: str, change: Callable[[str], str], encoding: str = "utf-8") -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        path = folder / name
        path.write_bytes(change(path.read_text(encoding="utf-8")).encode(encoding))

    return act


def _bytes(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content) and None


def _grid(change: Callable[[list[list[str]]], list[list[str]]], separator: str = ",") -> Callable[[Path], None]:
    """Change the plate cell by cell; the first four lines are remarks, the fifth is the heading, eight rows follow."""

    def act(folder: Path) -> None:
        path = folder / "plate.csv"
        rows = [line.split(",") for line in path.read_text().splitlines()]
        path.write_text("\n".join(separator.join(row) for row in change(rows)) + "\n")

    return act


def _set(*cells: tuple[str, str]) -> Callable[[Path], None]:
    """Put texts into wells."""

    def change(rows: list[list[str]]) -> list[list[str]]:
        for well, text in cells:
            line = rows[5 + "ABCDEFGH".index(well[0])]
            line.extend([""] * (13 - len(line)))
            line[int(well[1:])] = text
        return rows

    return _grid(change)


def _workbook(
    sheets: dict[str, str], merge: str = "", name: str = "plate.xlsx", formulas: bool = False
) -> Callable[[Path], None]:
    """The plate (or another content) as an Excel workbook with these sheets: title -> plate | notes | twice."""

    def act(folder: Path) -> None:
        from openpyxl import Workbook

        rows = [line.split(",") for line in (folder / "plate.csv").read_text().splitlines()]
        book = Workbook()
        book.remove(book.active)
        for title, content in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows if content == "plate" else [["nothing to see here"], ["written by hand"]]:
                sheet.append([float(cell) if re.fullmatch(r"-?\d+(\.\d+)?", cell) else cell or None for cell in row])
            if merge and content == "plate":
                sheet.merge_cells(merge)
            if formulas:
                for row in sheet.iter_rows():
                    for cell in row:
                        cell.value = "=1+1"
        stream = io.BytesIO()
        book.save(stream)
        (folder / "plate.csv").unlink()
        (folder / name).write_bytes(stream.getvalue())

    return act


def _zip(folder: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("readings/plate.csv", (folder / "plate.csv").read_text())
    (folder / "plate.csv").write_bytes(stream.getvalue())


def _as_384(rows: list[list[str]]) -> list[list[str]]:
    """The same numbers on a plate with 16 rows and 24 columns."""
    head = ["", *map(str, range(1, 25))]
    body = [
        [letter, *(rows[5 + index % 8][1 + column % 11] or "0.1" for column in range(24))]
        for index, letter in enumerate("ABCDEFGHIJKLMNOP")
    ]
    return [*rows[:4], head, *body]


def _twice(folder: Path) -> None:
    path = folder / "plate.csv"
    path.write_text(path.read_text() + "\n" + path.read_text())


def _many_megabytes(folder: Path) -> None:
    with (folder / "plate.csv").open("a") as stream:
        stream.write("1.234,2.345,3.456,4.567\n" * 1_000_000)


def _long_table(folder: Path, heading: str = "Well,Arm,Dose (uM),OD450", factor: float = 1e-3, broken: str = "") -> None:
    """The plate as a long table, doses in uM."""
    rows = [line.split(",") for line in (folder / "plate.csv").read_text().splitlines()][5:]
    doses = [0, 1, 3, 10, 30, 100, 300, 1000, 3000]
    lines = [heading]
    for row in rows:
        arm = "buffer" if row[0] in "AH" else "alone" if row[0] in "BCD" else "vesicles"
        lines += [f"{row[0]}{column + 2},{arm},{dose * factor:g},{row[column + 2]}" for column, dose in enumerate(doses)]
        lines.append(f"{row[0]}12,blank,,{row[12]}")
    if broken:
        lines[10] = broken
    (folder / "plate.csv").write_text("\n".join(lines) + "\n")


def _calipers(folder: Path) -> None:
    (folder / "tumours.csv").write_text(
        "Mouse,Group,Day,Length (mm),Width (mm)\n1,alone,3,6.1,5.0\n1,alone,7,-8.2,6.9\n2,vesicles,3,6.0,5.2\n"
    )


def _zetaview(folder: Path) -> None:
    lines = [
        "ZetaView",
        "Sample:\tMCF-7 EV",
        "Dilution Factor:\t1000",
        "Number of Traces:\t1500",
        "Size Distribution",
        "Size / nm\tNumber\tConcentration / cm-3\tVolume / nm^3\tArea / nm^2",
    ]
    table = [
        f"{size},0\t{count}\t{count}e3\t1\t1".replace(".", ",") for size, count in ((75, 300), (105, 900), (135, 500), (165, 200))
    ]
    lines += [*table, "-1,000E+0\t-1,000E+0\t-1,000E+0\t-1,000E+0\t-1,000E+0", *table]
    (folder / "nta.csv").write_bytes("\n".join(lines).encode("latin-1"))


CASES = (
    Case("cut off after row E", ANSWER, "cut off", _edit("plate.csv", lambda text: "\n".join(text.splitlines()[:10]))),
    Case("cut off within a number", ANSWER, "could not be used", _edit("plate.csv", lambda text: text[:-30])),
    Case("cut off before the plate", REFUSAL, "could not be read",
        _edit("plate.csv", lambda text: "\n".join(text.splitlines()[:4]))),
    Case("Latin-1 with a micro sign", ANSWER, "", _edit("plate.csv", lambda text: text.replace("CCK-8 viability", "Absorbanz "
        "in µM, Nährmedium"), "latin-1")),
    Case("UTF-16 with its mark", ANSWER, "", _edit("plate.csv", lambda text: text, "utf-16")),
    Case("UTF-16 without its mark, one byte lost", ANSWER, "end of the file",
        lambda folder: _bytes("plate.csv", (folder / "plate.csv").read_text().encode("utf-16-le")[:-1])(folder)),
    Case("decimal commas within commas", REFUSAL, "decimal comma", _edit("plate.csv", lambda text: text.replace(".", ","))),
    Case("decimal commas and semicolons", ANSWER, "", _edit("plate.csv", lambda text: text.replace(",", ";").replace(".", ","))),
    Case("some commas, some points", ANSWER, "decimal comma and some with a point",
        _edit("plate.csv",
            lambda text: re.sub(r"(?m)^([BCD];.*)$", lambda row: row[1].replace(".", ","), text.replace(",", ";")))),
    Case("the table printed twice", ANSWER, "repeats an earlier one", _twice),
    Case("merged cells in the workbook", ANSWER, "merged cells", _workbook({"Plate": "plate"}, merge="B6:C6")),
    Case("empty wells", ANSWER, ": empty", _set(("B4", ""), ("E7", ""))),
    Case("words in wells", ANSWER, "text in place of a number", _set(("C5", "bubble"), ("F6", "see notes"))),
    Case("OVRFLW", ANSWER, "beyond the instrument's range", _set(("B2", "OVRFLW"), ("E2", "OVRFLW"))),
    Case("stars", ANSWER, "beyond the instrument's range", _set(("B3", "*****"))),
    Case("#N/A and #DIV/0!", ANSWER, "not read", _set(("D4", "#N/A"), ("G5", "#DIV/0!"))),
    Case("no blanks", ANSWER, "no blank wells", _edit("meta.yaml", lambda text: re.sub(r'(?m)^.*"A12:H12".*$', "", text))),
    Case("doses in other units in the table", ANSWER, "not in the files", _long_table),
    Case("a dose unit that is none", REFUSAL, "no unit of a dose",
        _edit("meta.yaml", lambda text: text.replace("dose_unit: nM", "dose_unit: bananas"))),
    Case("doses a million times too large", ANSWER, "Check the unit of the doses",
        _edit("meta.yaml", lambda text: text.replace("dose_unit: nM", "dose_unit: mM"))),
    Case("a date in a well (1-Jan)", REFUSAL, "date", _set(("E5", "1-Jan"))),
    Case("a dose turned into a date", REFUSAL, "no dose", lambda folder: _long_table(folder, broken="B3,alone,1-Oct,1.53")),
    Case("the heading shifted by a cell", ANSWER, "one place to the left",
        _grid(lambda rows: [*rows[:4], rows[4][1:], *rows[5:]])),
    Case("a 384-well plate told to be one of 96", REFUSAL, "384", _grid(_as_384)),
    Case("a negative volume of a tumour", REFUSAL, "length of -8.2", _calipers),
    Case("a workbook with several sheets", ANSWER, "No plate was found in", _workbook({"Notes": "notes", "Plate": "plate"})),
    Case("a workbook with the plate twice", ANSWER, "repeats an earlier sheet", _workbook({"Plate": "plate", "Copy": "plate"})),
    Case("a workbook called .csv", ANSWER, "Excel workbook under another name", _workbook({"Plate": "plate"}, name="plate.csv")),
    Case("a workbook of formulas that were never computed", REFUSAL, "formulas", _workbook({"Plate": "plate"}, formulas=True)),
    Case("a ZIP file called .csv", REFUSAL, "ZIP", _zip),
    Case("no bytes at all", REFUSAL, "empty", _bytes("plate.csv", b"")),
    Case("blank lines only", REFUSAL, "empty", _bytes("plate.csv", b"\r\n \r\n\t\r\n")),
    Case("a file of 24 MB", REFUSAL, "MB", _many_megabytes),
    Case("random bytes", REFUSAL, "not text",
        _bytes("plate.csv", bytes((index * 97 + index // 7) % 256 for index in range(5000)))),
    Case("a PDF", REFUSAL, "PDF", _bytes("plate.csv", b"%PDF-1.7\n1 0 obj\n")),
    Case("an old Excel file", REFUSAL, ".xls", _bytes("plate.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500))),
    Case("a damaged workbook", REFUSAL, "damaged", _bytes("plate.csv", b"PK\x03\x04" + bytes(300))),
    Case("the particle table twice, on two axes", ANSWER, "prints the particles twice", _zetaview),
    Case("a particle table without any particle", REFUSAL, "no particle",
        _edit("nta.csv",
            lambda text: re.sub(r"(?m)^(Concentration \(Part.*?),.*$", r"\1,0,0,0,0,0",
                re.sub(r"(?m)^([\d.]+),.*$", r"\1,0,0,0,0,0", text)))),
    Case("negative particle counts", REFUSAL, "concentration of -",
        _edit("nta.csv", lambda text: re.sub(r"(?m)^(Concentration \(Part[^,]*),", r"\1,-", text))),
    Case("a well named twice in a long table", ANSWER, "twice", lambda folder: _long_table(folder, broken="B2,alone,0,1.4")),
    Case("untreated wells that read as the blanks", REFUSAL, "untreated wells",
        _set(*((f"{row}{column}", "0.100") for row in "ABCDEFGH" for column in (2, 11)))),
    Case("an arm that meta.yaml does not know", REFUSAL, "not known",
        lambda folder: _long_table(folder, broken="B3,exosomes,0.001,1.53")),
    Case("a key of meta.yaml misspelt", REFUSAL, "Did you mean",
        _edit("meta.yaml", lambda text: text.replace("cells_per_well", "cell_per_well"))),
    Case("meta.yaml without units", REFUSAL, "no unit", _edit("meta.yaml", lambda text: text.replace('"100 uL"', "100"))),
    Case("a decimal sign lost in one well", ANSWER, "decimal sign", _set(("C4", "1532"))),
    Case("a decimal sign swapped in one well", ANSWER, "far from the curve", _set(("F6", "0.093"), ("F5", "0.125"))),
    Case("a row of the plate missing", ANSWER, "of the plate is missing", _grid(lambda rows: [*rows[:7], *rows[8:]])),
)  # fmt: skip
