"""A plate map: a grid of texts that say what each well holds."""

from __future__ import annotations

from pathlib import Path

from exoresist.core.errors import InputError
from exoresist.exchange.lab_headings import find_columns
from exoresist.exchange.plate_grids import find_grids, well_name, well_place
from exoresist.exchange.plate_rows import WELL
from exoresist.exchange.sheets import Sheet, read_sheets

_NAMES = {
    **WELL,
    "contains": ("contains", "content", "contents", "arm", "sample", "condition", "treatment"),
    "dose": ("dose", "concentration", "conc"),
}


def read_plate_map(path: str | Path) -> dict[str, str]:
    """Well -> text, from a grid (A to H by 1 to 12) or a table with the columns Well and Contains (and Dose).

    raises  InputError where the file holds neither, or more than one grid
    """
    for sheet in read_sheets(path):
        found = _grid(sheet) or _table(sheet)
        if found:
            return found
    raise InputError(
        f"{Path(path).name} holds no plate map", "a grid with letters down the side and numbers along the top, or columns "
            "Well and Contains",
        "See docs/analyse.md",
    )  # fmt: skip


def _grid(sheet: Sheet) -> dict[str, str]:
    grids = find_grids(sheet)
    if len(grids) > 1:
        raise InputError(f"{sheet.source} holds {len(grids)} grids", "one", "Keep one map in the file: cells such as `alone 100`")
    return {well_name(*place): text for place, text in grids[0].wells.items()} if grids else {}


def _table(sheet: Sheet) -> dict[str, str]:
    columns = find_columns(sheet, _NAMES, ("well", "contains"))
    if columns is None:
        return {}
    found: dict[str, str] = {}
    for row in sheet.rows[columns.row + 1 :]:
        texts = {what: row[place] if place < len(row) else "" for what, place in columns.at.items()}
        place = well_place(texts["well"])
        if place is None:
            continue
        name = well_name(*place)
        if name in found:
            raise InputError(f"{sheet.source} names well {name} twice", "each well once", "Remove one of the lines")
        found[name] = " ".join(part for part in (texts["contains"], texts.get("dose", "")) if part)
    return found
