"""Plates as readers print them: a grid of numbers with letters down the side and 1, 2, 3 ... along the top, or parts of that."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from exoresist.core.errors import InputError
from exoresist.exchange.lab_headings import hours_in
from exoresist.exchange.lab_numbers import Number, number_of, whole_of
from exoresist.exchange.sheets import Sheet

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LEFT_OUT = 4  # outer rows that a file may leave out
FORMATS = {6: (2, 3), 12: (3, 4), 24: (4, 6), 48: (6, 8), 96: (8, 12), 384: (16, 24)}
_PLATE = re.compile(r"\bplate\s*(?:id|name|no\.?|number|#)?\s*[:=#]?\s*(?P<name>[A-Za-z0-9][\w.-]*)", re.IGNORECASE)
_WAVELENGTH = re.compile(r"(?<!\d)(?P<value>[2-9]\d{2})\s*(?:nm|\b)", re.IGNORECASE)
_NO_TIME = re.compile(
    r"temperature|integration|shak|delay|settl|interval|exposure|wait|\b(?:date|started|printed|start time|time of day|am|pm)\b"
)
_CLOCK_ALONE = 20  # letters: a longer line with a clock in it tells when something was done, not how long it grew
_OF_WAVELENGTH = ("nm", "wavelength", "raw data", "abs", "od", "filter", "λ", "reference", "measurement", "label", "read")


@dataclass(frozen=True)
class Grid:
    """A block of wells.

    wells     (row, column), both from 0, -> text of the cell
    rows, columns  extent of the plate;  first_row, last_row  its place in the sheet
    context   the lines above it, since the grid before
    channel   wavelength that stands at the end of its rows;  further  (wavelength, wells) of readings in a second line of each row
    """

    wells: dict[tuple[int, int], str]
    rows: int
    columns: int
    first_row: int
    last_row: int
    context: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    channel: str | None = None
    further: tuple[tuple[str, dict[tuple[int, int], str]], ...] = ()


@dataclass(frozen=True)
class GridLabels:
    """What the lines above a grid say of it: plate, hours, wavelength; None where they say nothing."""

    plate: str | None
    hours: float | None
    channel: str | None


def well_name(row: int, column: int) -> str:
    """A1 for (0, 0)."""
    return f"{LETTERS[row]}{column + 1}"


def well_place(text: str) -> tuple[int, int] | None:
    """(row, column) from 0 of `A1`, `a01`, `P24`; None for anything else."""
    match = re.fullmatch(r"([A-Pa-p])[\s:_-]?0?(\d{1,2})", text.strip())
    if match is None or not 1 <= int(match[2]) <= 24:
        return None
    return LETTERS.index(match[1].upper()), int(match[2]) - 1


def format_of(rows: int, columns: int) -> int:
    """The smallest usual plate that holds so many rows and columns."""
    return next((wells for wells, (down, along) in FORMATS.items() if wells >= 96 and rows <= down and columns <= along), 384)


def find_grids(sheet: Sheet) -> list[Grid]:
    """Every grid of a sheet, from top to bottom."""
    grids: list[Grid] = []
    row, above = 0, 0
    while row < len(sheet.rows):
        grid = (
            (_going_on(sheet, grids[-1], row) if grids else None)
            or _headed(sheet, row, above)
            or _lettered(sheet, row, above)
            or _bare(sheet, row, above)
        )
        if grid is None:
            row += 1
            continue
        grids.append(grid)
        row = above = grid.last_row + 1
    return grids


def labels_of(grid: Grid) -> GridLabels:
    """Plate, time and wavelength from the lines above a grid; the nearest line that says something counts."""
    plate = hours = channel = reference = None
    for line in reversed(grid.context):
        lower = line.lower()
        if (
            plate is None
            and (match := _PLATE.search(line))
            and match["name"].lower() not in ("type", "layout", "reader", "format", "map")
        ):
            plate = match["name"]
        if hours is None and not _NO_TIME.search(lower) and (":" not in line or len(line) <= _CLOCK_ALONE or "time" in lower):
            hours = hours_in(line)
        if channel is None and any(word in lower for word in _OF_WAVELENGTH) and (match := _WAVELENGTH.search(line)):
            if "reference" in lower and "measurement" not in lower:
                reference = reference or match["value"]
            else:
                channel = match["value"]
    channel = channel or reference
    return GridLabels(plate, hours, channel)


def _headed(sheet: Sheet, row: int, above: int) -> Grid | None:
    """A grid under a row of column numbers."""
    cells = sheet.rows[row]
    start = next((place for place, cell in enumerate(cells[:60]) if whole_of(cell) == 1), None)
    if start is None:
        return None
    count = 0
    while start + count < len(cells) and whole_of(cells[start + count]) == count + 1:
        count += 1
    if count < 3 or count > 24 or (any(cells[start + count : start + count + 1]) and whole_of(cells[start + count]) is not None):
        return None
    body = row + 1
    while body < len(sheet.rows) and not any(sheet.rows[body]):
        body += 1
    if body >= len(sheet.rows):
        return None
    warnings: list[str] = []
    side = start - 1
    if not _begins(sheet, body, side):
        if _begins(sheet, body, start):
            side = start
            warnings.append(
                f"{sheet.source}, line {sheet.line(row)}: the column numbers stand one place to the left of the readings (a "
                "cell of the "
                "heading is missing); the letters A, B, C were taken as the guide."
            )
        elif _begins(sheet, body, side - 1):
            side -= 1
        else:
            return _unlettered(sheet, row, body, start, count, above)
    return _body(sheet, body, side, count, above, row, warnings)


def _lettered(sheet: Sheet, row: int, above: int) -> Grid | None:
    """A grid with letters and without column numbers."""
    side = next((place for place in range(min(4, len(sheet.rows[row]))) if _begins(sheet, row, place)), None)
    if side is None or _letter(sheet, row + 1, side) != _letter(sheet, row, side) + 1:  # type: ignore[operator]
        return None
    width = _filled(sheet.rows[row][side + 1 :])
    if width < 3 or width > 24:
        return None
    below = row + 1
    while _letter(sheet, below, side) == _letter(sheet, below - 1, side) + 1:  # type: ignore[operator]
        below += 1
    if (row and _letter(sheet, row - 1, side) is not None) or _letter(sheet, below, side) == _letter(sheet, below - 1, side):
        return None  # a list of wells, its letters in a column of their own
    return _by_heading(sheet, _body(sheet, row, side, width, above, row, []), side, width)


def _by_heading(sheet: Sheet, grid: Grid, side: int, width: int) -> Grid:
    """The grid with its readings in the columns that the line above it numbers, where that line leaves some out or counts otherwise."""
    head = grid.first_row - 1
    while head > 0 and not any(sheet.rows[head]):
        head -= 1
    cells = [cell for cell in sheet.rows[head][side + 1 : side + 1 + width] if cell] if head >= 0 else []
    found = [whole_of(cell) for cell in cells]
    numbers = [one for one in found if one is not None and 1 <= one <= 24]
    # Doses along the top are no column numbers: those go up or down by one nearly everywhere.
    steps = sum(abs(right - left) == 1 for left, right in pairwise(numbers))
    if len(numbers) < max(3, len(found)) or 2 * steps < len(numbers):
        return grid
    where = f"{sheet.source}, line {sheet.line(head)}"
    if len(numbers) != width or len(set(numbers)) < width:
        raise InputError(
            f"{where}: the columns are numbered {', '.join(map(str, numbers))} over {width} readings",
            "one number over each column, each once",
            "Correct the heading, or export the whole plate again",
        )
    lost = sorted(set(range(1, max(numbers) + 1)) - set(numbers))
    extent = max(numbers)

    def placed(wells: dict[tuple[int, int], str]) -> dict[tuple[int, int], str]:
        blank = {(row, column - 1): "" for row in range(grid.rows) for column in lost}
        return blank | {(row, numbers[column] - 1): cell for (row, column), cell in wells.items()}

    told = f"column {', '.join(map(str, lost))} of the plate is missing; its wells were taken as not read."
    return replace(
        grid,
        wells=placed(grid.wells),
        columns=extent,
        further=tuple((name, placed(wells)) for name, wells in grid.further),
        warnings=(*grid.warnings, f"{where}: {told}") if lost else grid.warnings,
    )


def _bare(sheet: Sheet, row: int, above: int) -> Grid | None:
    """A block of 8 x 12 or 16 x 24 numbers with nothing around it."""
    for down, along in ((16, 24), (8, 12)):
        block = sheet.rows[row : row + down]
        if len(block) < down or any(_filled(line) != along for line in block):
            continue
        after = sheet.rows[row + down] if row + down < len(sheet.rows) else ()
        if _filled(after) == along and _mostly_readings(sheet, after):
            continue
        if sum(_mostly_readings(sheet, line) for line in block) >= down - 1:
            wells = {(i, j): cell for i, line in enumerate(block) for j, cell in enumerate(line[:along])}
            note = f"{sheet.source}: a block of {down} x {along} numbers without letters was read as a plate, A1 first."
            return Grid(wells, down, along, row, row + down - 1, _context(sheet, above, row), (note,))
    return None


def _body(sheet: Sheet, body: int, side: int, count: int, above: int, head: int, warnings: list[str]) -> Grid:
    wells: dict[tuple[int, int], str] = {}
    layers: dict[str, dict[tuple[int, int], str]] = {}
    channel: str | None = None
    letter, row = -1, body
    while row < len(sheet.rows):
        cells = sheet.rows[row][side + 1 :]
        which = _letter(sheet, row, side)
        if which is not None and letter < which < 16:
            lost = [LETTERS[one] for one in range(letter + 1, which)]
            if lost:
                where = f"{sheet.source}, line {sheet.line(row)}"
                warnings.append(f"{where}: row {', '.join(lost)} of the plate is missing; its wells were taken as not read.")
                wells.update({(LETTERS.index(one), column): "" for one in lost for column in range(count)})
            letter, layer = which, wells
            channel = channel or _label(cells[count:], ())
        elif (
            which is None
            and letter >= 0
            and cells
            and not sheet.rows[row][side].strip()
            and any(cells[:count])
            and (second := _label(cells[count:], (channel,)))
        ):
            layer = layers.setdefault(second, {})
        else:
            break
        _check_width(sheet, row, letter, cells, count)
        layer.update({(letter, column): cells[column] if column < len(cells) else "" for column in range(count)})
        row += 1
    rows = letter + 1
    expected = FORMATS[format_of(rows, count)]
    if rows < expected[0] and count == expected[1]:
        warnings.append(f"{sheet.source}: the plate ends with row {LETTERS[letter]}; the file may have been cut off.")
    context = _context(sheet, above, head)
    return Grid(wells, rows, count, head, row - 1, context, tuple(warnings), channel if layers else None, tuple(layers.items()))


def _check_width(sheet: Sheet, row: int, letter: int, cells: tuple[str, ...], count: int) -> None:
    """Refuse a row with twice as many numbers as columns: decimal commas that were taken for separators."""
    beyond = [cell for cell in cells[count:] if number_of(cell, sheet.style).value is not None]
    if len(beyond) >= count - 1:
        raise InputError(
            f"{sheet.source}, line {sheet.line(row)}: row {LETTERS[letter]} holds {_filled(cells)} numbers under {count} "
            "headings",
            "as many numbers as columns",
            "If numbers have a decimal comma, do not separate them by commas: export with semicolons or tabs, or with a point",
        )


def _label(cells: tuple[str, ...], taken: tuple[str | None, ...]) -> str | None:
    """What some readers print behind a row of wells: a wavelength, or words such as `Blank 450` and `Well ID` where that is taken."""
    text = next((cell for cell in cells if cell), "")
    if not text or len(text) > 24:
        return None
    match = re.search(r"(?<!\d)([2-9]\d{2})(?!\d)", text)
    if match and match[1] not in taken:
        return match[1]
    return text.lower() if re.search(r"[A-Za-z]{2}", text) and text.lower() not in taken else None


def _unlettered(sheet: Sheet, head: int, body: int, start: int, count: int, above: int) -> Grid | None:
    """A whole plate under column numbers whose rows carry no letters (SoftMax); other columns may hold a temperature or the time."""
    down = {12: 8, 24: 16}.get(count)
    wells = _block(sheet, body, start, count, down) if down is not None else None
    if down is None or wells is None:
        return _bare(sheet, body, above)
    context = _context(sheet, above, head)
    told = [f"{sheet.source}, line {sheet.line(head)}: the rows of the plate carry no letters; the first was taken as A."]
    further, channel = _beside(sheet, head, body, start, count, down, context, told)
    return Grid(
        wells, down, count, head, body + down - 1, (*context, *_clock_before(sheet, body, start)), tuple(told), channel, further
    )


def _block(sheet: Sheet, body: int, start: int, count: int, down: int) -> dict[tuple[int, int], str] | None:
    lines = [line[start : start + count] for line in sheet.rows[body : body + down]]
    if len(lines) < down or sum(_mostly_readings(sheet, line) for line in lines) < down - 1:
        return None
    return {(i, j): line[j] if j < len(line) else "" for i, line in enumerate(lines) for j in range(count)}


def _beside(
    sheet: Sheet, head: int, body: int, start: int, count: int, down: int, context: tuple[str, ...], told: list[str]
) -> tuple[tuple[tuple[str, dict[tuple[int, int], str]], ...], str | None]:
    """Further wavelengths to the right, each under column numbers of its own; the line above names them in their order (`450 630`)."""
    cells = sheet.rows[head]
    starts = [
        place
        for place in range(start + count, len(cells) - count + 1)
        if all(whole_of(cells[place + step]) == step + 1 for step in range(count))
    ]
    blocks = [wells for place in starts if (wells := _block(sheet, body, place, count, down)) is not None]
    if not blocks:
        return (), None
    form = re.compile(r"(?<!\d)[2-9]\d{2}(?:\s+[2-9]\d{2}){" + str(len(blocks)) + r"}(?!\d)")
    named = next((match[0].split() for line in reversed(context) if (match := form.search(line))), None)
    if named is None or len(set(named)) < len(named):
        named = [f"read {place + 1}" for place in range(len(blocks) + 1)]
        told.append(
            f"{sheet.source}, line {sheet.line(head)}: {len(named)} tables stand side by side; they were named {', '.join(named)}."
        )
    return tuple(zip(named[1:], blocks, strict=True)), named[0]


def _clock_before(sheet: Sheet, row: int, start: int) -> tuple[str, ...]:
    """The time of a kinetic read, which stands before its first row of wells."""
    return tuple(cell for cell in sheet.rows[row][:start] if re.fullmatch(r"\d{1,3}:\d{2}(?::\d{2})?", cell))


def _going_on(sheet: Sheet, last: Grid, row: int) -> Grid | None:
    """The next time of a kinetic read whose rows carry no letters: a block like the one before, with a clock in front."""
    head = sheet.rows[last.first_row]
    start = next((place for place, cell in enumerate(head) if whole_of(cell) == 1), None)
    if start is None or not (clock := _clock_before(sheet, row, start)):
        return None
    down = last.rows
    wells = _block(sheet, row, start, last.columns, down)
    if wells is None:
        return None
    further, _ = _beside(sheet, last.first_row, row, start, last.columns, down, last.context, [])
    named = tuple((name, block) for (name, _), (_, block) in zip(last.further, further, strict=False))
    kept = tuple(line for line in last.context if not re.fullmatch(r"\d{1,3}:\d{2}(?::\d{2})?", line))
    return Grid(wells, down, last.columns, last.first_row, row + down - 1, (*kept, *clock), (), last.channel, named)


def _context(sheet: Sheet, above: int, row: int) -> tuple[str, ...]:
    return tuple(" ".join(cell for cell in line if cell)[:300] for line in sheet.rows[max(above, row - 30) : row] if any(line))


def _letter(sheet: Sheet, row: int, column: int) -> int | None:
    """0 for A, 1 for B ...; None where the cell holds no single letter."""
    if not 0 <= row < len(sheet.rows) or not 0 <= column < len(sheet.rows[row]):
        return None
    text = sheet.rows[row][column].strip(" :.").upper()
    return LETTERS.index(text) if len(text) == 1 and text in LETTERS else None


def _begins(sheet: Sheet, row: int, column: int) -> bool:
    """Whether the rows of a plate begin here: with A, or, where outer rows were left out, with one of the next few and its follower."""
    first = _letter(sheet, row, column)
    return first is not None and (first == 0 or (first < LEFT_OUT and _letter(sheet, row + 1, column) == first + 1))


def _filled(cells: tuple[str, ...]) -> int:
    """Cells up to the last that is not empty."""
    return max((place + 1 for place, cell in enumerate(cells) if cell), default=0)


def _mostly_readings(sheet: Sheet, cells: tuple[str, ...]) -> bool:
    found = [number_of(cell, sheet.style) for cell in cells if cell]
    good = sum(1 for one in found if one.value is not None or one.flag in ("overflow", "missing"))
    return bool(found) and good >= 0.7 * len(found)


def reading(sheet: Sheet, text: str) -> Number:
    """The number of a well."""
    return number_of(text, sheet.style)
