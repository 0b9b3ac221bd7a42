"""From a file's bytes to tables of text, whatever a laboratory's computer made of it.

Encodings (UTF-8, UTF-16, Latin-1, with and without a mark), separators (comma, semicolon, tab, runs of blanks), the way numbers are
written, workbooks (.xlsx). Every decision is kept as a note; what cannot be a table is refused.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from exoresist.core.errors import InputError
from exoresist.exchange.lab_numbers import NumberStyle, style_of

MAX_BYTES = 20_000_000
MAX_UNPACKED = 200_000_000
MAX_CELLS = 3_000_000
ALLOWED = "a table as text (.csv, .tsv, .txt) or an Excel workbook (.xlsx)"

_FOREIGN = (
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file (.xls, .doc)", "Open it in Excel and save it as .xlsx or .csv"),
    (b"%PDF", "a PDF", "Export the numbers from the instrument's program as .csv, .txt or .xlsx"),
    (b"\x89PNG", "a picture", "Export the numbers, not a picture of them"),
    (b"\xff\xd8\xff", "a picture", "Export the numbers, not a picture of them"),
    (b"\x1f\x8b", "a compressed file (gzip)", "Unpack it first"),
    (b"Rar!", "a compressed file (RAR)", "Unpack it first"),
    (b"7z\xbc\xaf", "a compressed file (7z)", "Unpack it first"),
    (b"FCS2", "raw cytometer data (.fcs)", "Gate it in FlowJo or the like and export the table of statistics"),
    (b"FCS3", "raw cytometer data (.fcs)", "Gate it in FlowJo or the like and export the table of statistics"),
)
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class Sheet:
    """One table of texts.

    source    file name, with the sheet in brackets where a workbook has several
    rows      texts, stripped; rows may differ in length, empty rows are kept, so that row n stands in line n + 1
    style     how its numbers are written
    notes     what was recognised;  warnings  what a reader should check
    """

    source: str
    rows: tuple[tuple[str, ...], ...]
    style: NumberStyle
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    first_line: int = 1

    def line(self, row: int) -> int:
        """The line (or row of the workbook) of a row, as an editor counts."""
        return row + self.first_line


@dataclass
class _Told:
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_sheets(path: str | Path) -> tuple[Sheet, ...]:
    """All tables of a file that hold anything.

    raises  InputError for a file that is missing, empty, too large, of a foreign kind, or that cannot be text
    """
    place = Path(path)
    data = _bytes_of(place)
    for signature, what, advice in _FOREIGN:
        if data.startswith(signature):
            raise InputError(f"{place.name} is {what}", ALLOWED, advice)
    if data.startswith(_ZIP):
        return _workbook(place, data)
    if place.suffix.lower() in (".xlsx", ".xlsm"):
        told = _Told(warnings=[f"{place.name} is called .xlsx but is text; it was read as text."])
    else:
        told = _Told()
    return (_text_sheet(place.name, data, told),)


def _bytes_of(place: Path) -> bytes:
    try:
        if place.is_dir():
            raise InputError(f"'{place}' is a folder", ALLOWED, "Name the files in it")
        size = place.stat().st_size
        if size > MAX_BYTES:
            raise InputError(
                f"{place.name} has {size / 1e6:.0f} MB", f"at most {MAX_BYTES // 1_000_000} MB",
                "Export only the table of readings: no images, no raw tracks",
            )  # fmt: skip
        data = place.read_bytes()
    except FileNotFoundError:
        raise InputError(f"there is no file '{place}'", ALLOWED, "Check the path") from None
    except OSError as error:
        raise InputError(f"cannot read '{place}': {error.strerror or error}", ALLOWED, "Check the path") from None
    except ValueError as error:  # a path with a null character
        raise InputError(f"cannot read '{place}': {error}", ALLOWED, "Check the path") from None
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise InputError(
            f"{place.name} is empty ({len(data)} bytes)", ALLOWED, "Export it again: the program wrote nothing into it"
        )
    return data


def _text_sheet(name: str, data: bytes, told: _Told) -> Sheet:
    text = _decoded(name, data, told)
    lines = text.splitlines()
    first_line, separator = 1, ""
    if lines and lines[0].lower().startswith("sep=") and len(lines[0]) <= 6:
        separator, lines, first_line = lines[0][4:5], lines[1:], 2
    separator = separator or _separator(lines)
    if separator == "  ":
        rows = [[cell for cell in line.replace("\t", " ").split()] for line in lines]
        told.notes.append("columns separated by blanks")
    else:
        try:
            rows = list(csv.reader(lines, delimiter=separator))
        except csv.Error as error:
            raise InputError(f"{name} cannot be read as a table: {error}", ALLOWED, "Export it again") from None
        told.notes.append({"\t": "columns separated by tabs", ";": "by semicolons", ",": "by commas", "|": "by bars"}[separator])
    stripped = tuple(tuple(cell.strip() for cell in row) for row in rows)
    return _finished(name, stripped, separator, told, first_line)


def _finished(name: str, rows: tuple[tuple[str, ...], ...], separator: str, told: _Told, first_line: int = 1) -> Sheet:
    count = sum(map(len, rows))
    if count > MAX_CELLS:
        raise InputError(f"{name} holds {count:,} cells", f"at most {MAX_CELLS:,}", "Export fewer time points")
    style = style_of((cell for row in rows for cell in row), separator)
    if style.mixed:
        told.warnings.append(
            f"{name} writes some numbers with a decimal comma and some with a point. Each was read as it is written; check that none "
            "was changed by hand or by a spreadsheet."
        )
    elif style.doubtful:
        meaning = "a decimal comma (1,234 is 1.234)" if style.decimal == "," else "a thousands separator (1,234 is 1234)"
        told.warnings.append(f"{name} holds only numbers like 1,234, which can mean two things; the comma was read as {meaning}.")
    elif style.decimal == ",":
        told.notes.append("decimal comma")
    return Sheet(name, rows, style, tuple(told.notes), tuple(told.warnings), first_line)


def _decoded(name: str, data: bytes, told: _Told) -> str:
    """The text of a file; the encoding is told by a mark, by null bytes, or by whether UTF-8 fits."""
    encoding = ""
    if data.startswith(b"\xef\xbb\xbf"):
        encoding = "utf-8-sig"
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif data[:4000].count(0) > len(data[:4000]) // 4:
        even, odd = data[:4000:2].count(0), data[1:4000:2].count(0)
        if min(even, odd) * 4 < max(even, odd):  # half of the bytes are zero, all on one side: UTF-16 without its mark
            encoding = "utf-16-le" if odd > even else "utf-16-be"
    if encoding.startswith("utf-16") and len(data) % 2:
        data = data[:-1]
        told.warnings.append(f"{name} ends within a character: the end of the file may be missing.")
    if encoding:
        try:
            text = data.decode(encoding)
            told.notes.append("UTF-8 with a mark" if encoding == "utf-8-sig" else "UTF-16")
        except UnicodeDecodeError as error:
            raise InputError(f"{name} is damaged at byte {error.start} ({encoding})", ALLOWED, "Export it again") from None
    else:
        try:
            text = data.decode("utf-8")
            told.notes.append("UTF-8" if not data.isascii() else "plain text")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
            told.notes.append("Latin-1 (Windows)")
    sample = text[:200_000]
    strange = sum(
        1
        for letter in sample
        if (ord(letter) < 32 and letter not in "\t\r\n\f") or letter == "\ufffd" or 0x7F <= ord(letter) < 0xA0
    )
    if strange > max(2, len(sample) // 200):
        raise InputError(f"{name} is not text: it holds {strange} control characters", ALLOWED, "Export the readings as a table")
    return text.replace("\x00", "").replace("\r\r\n", "\n")


def _separator(lines: list[str]) -> str:
    """The sign that splits most lines into cells; a sign that only a few lines of remarks hold is none."""
    filled = [line for line in lines if line.strip()][:5000]
    best, most = "  ", 0
    for sign in ("\t", ";", ",", "|"):
        counts = Counter(line.count(sign) for line in filled if sign in line)
        if not counts:
            continue
        # Lines of a table agree in their number of separators, lines of remarks do not.
        score = max(lines_ * min(number, 3) for number, lines_ in counts.items())
        # Of signs that score alike the earlier in the list wins: a comma may be part of numbers, a tab hardly.
        if score > 1.3 * most and (sum(counts.values()) >= 2 or len(filled) == 1):
            best, most = sign, score
    if best == "  " and not any(len(line.split()) > 1 for line in filled):
        return ","
    return best


def _workbook(place: Path, data: bytes) -> tuple[Sheet, ...]:
    """The sheets of an .xlsx file that hold anything."""
    told = _Told()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            unpacked = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
        advice = "Copy or export it again: the end of the file is missing"
        raise InputError(f"{place.name} is a damaged workbook or ZIP file: {error}", ALLOWED, advice) from None
    if not any(name.startswith("xl/") for name in names):
        what = "an OpenDocument file" if "mimetype" in names else "a ZIP file"
        raise InputError(
            f"{place.name} is {what}, whatever its name says", ALLOWED, "Unpack it, or save the table as .csv or .xlsx"
        )
    if unpacked > MAX_UNPACKED:
        raise InputError(
            f"{place.name} unpacks to {unpacked / 1e6:.0f} MB", f"at most {MAX_UNPACKED // 1_000_000} MB", "Export less"
        )
    if place.suffix.lower() not in (".xlsx", ".xlsm"):
        told.warnings.append(f"{place.name} is an Excel workbook under another name; it was read as a workbook.")
    book = _opened(place.name, data)
    worksheets = [sheet for sheet in book.worksheets if sheet.max_row and sheet.max_column]
    sheets = []
    for sheet in worksheets:
        if (sheet.max_row or 0) * (sheet.max_column or 0) > MAX_CELLS:
            raise InputError(
                f"{place.name} [{sheet.title}] holds too many cells", f"at most {MAX_CELLS:,}", "Remove empty columns"
            )
        rows = tuple(tuple(_written(cell) for cell in row) for row in sheet.iter_rows(values_only=True))
        if not any(any(row) for row in rows):
            continue
        name = f"{place.name} [{sheet.title}]" if len(worksheets) > 1 else place.name
        own = _Told(["Excel workbook"], list(told.warnings))
        if sheet.merged_cells.ranges:
            ranges = ", ".join(str(merged) for merged in list(sheet.merged_cells.ranges)[:4])
            own.warnings.append(
                f"{name} has merged cells ({ranges}): only the first of each holds the text, the others are empty."
            )
        if getattr(sheet, "sheet_state", "visible") != "visible":
            own.warnings.append(f"{name} is a hidden sheet; it was read all the same.")
        sheets.append(_finished(name, rows, "", own))
    if not sheets:
        advice = "If it holds formulas, open it in Excel, save it, and try again: their values were never stored"
        raise InputError(f"{place.name} holds no values", ALLOWED, advice)
    return tuple(sheets)


def _opened(name: str, data: bytes) -> Any:
    from openpyxl import load_workbook

    try:
        return load_workbook(io.BytesIO(data), data_only=True)
    except Exception as error:  # openpyxl raises many types on damaged files; all mean the same to the user
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(
            f"{name} cannot be opened as a workbook: {reason}", ALLOWED, "Open and save it in Excel, or export .csv"
        ) from None


def _written(value: object) -> str:
    """A cell's value as text; dates in ISO form, so that they are recognised as dates and never as numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M:%S")
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return str(value).strip()
