"""Which well holds what: rectangles of meta.yaml, a map of texts, or the readings' own columns, brought to one form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from exoresist.core.errors import InputError, unknown_name
from exoresist.core.units import convert
from exoresist.studies.analyse_meta import LabMeta, Wells

LETTERS = "ABCDEFGHIJKLMNOP"
SIZES = {6: (2, 3), 12: (3, 4), 24: (4, 6), 48: (6, 8), 96: (8, 12), 384: (16, 24)}
BLANKS = frozenset("blank blanks blk background medium medium_only nocells no_cells leer".split())
STARTS = frozenset("start t0 time0 day0 time_zero".split())
NOTHING = frozenset("empty none unused - x . pbs water".split())
_WELL = re.compile(r"([A-Pa-p])0?(\d{1,2})")
_MAPPED = re.compile(
    r"(?P<arm>.*?\S)(?:\s*[:@|;=/]\s*|\s+)(?P<dose>[\d.,]+(?:e[-+]?\d+)?)\s*(?P<unit>[pnuµμm]?M|[pnuµμm]?g/m?l|Gy)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Content:
    """What a well holds. kind: cells, blank, start, empty;  dose in the experiment's unit."""

    kind: str
    arm: str = ""
    dose: float = 0.0


def dose_value(text: str | float, unit: str, where: str) -> float:
    """A dose in `unit` from a bare number (already in it) or a text with a unit of its own."""
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        value = float(text)
    else:
        match = re.fullmatch(r"\s*([-+]?[\d.,]+(?:e[-+]?\d+)?)\s*([^\d\s].*)?", str(text), re.IGNORECASE)
        if match is None:
            raise InputError(f"{where}: '{str(text)[:40]}' is no dose", f"a number, or a number with a unit such as '100 {unit}'")
        value = float(match[1].replace(",", "."))
        value = convert(value, match[2], unit) if match[2] else value
    if not 0.0 <= value < 1e15:
        raise InputError(f"{where}: a dose of {value:g}", "zero or more", "Correct the sign")
    return value


@dataclass
class Layout:
    """What each well holds: on every plate, and on plates that have entries of their own (by plate, file or its stem, in small letters)."""

    shared: dict[str, Content] = field(default_factory=dict)
    own: dict[str, dict[str, Content]] = field(default_factory=dict)

    def at(self, row: Mapping[str, object]) -> Content:
        """Content of the well of a reading."""
        well = str(row.get("well"))
        for name in _plate_names(row):
            if well in self.own.get(name, {}):
                return self.own[name][well]
        return self.shared.get(well, Content("empty"))

    def wells(self) -> dict[str, Content]:
        """All wells of the plan, whatever the plate."""
        return {**{well: content for wells in self.own.values() for well, content in wells.items()}, **self.shared}

    def check_plates(self, rows: Sequence[Mapping[str, object]]) -> None:
        """InputError where an entry names a plate that the files do not hold."""
        known = {name for row in rows for name in _plate_names(row)}
        for name in self.own:
            if name not in known:
                raise unknown_name("meta.yaml, plate.layout: plate", name, known)


def _plate_names(row: Mapping[str, object]) -> tuple[str, ...]:
    """A plate's own name, the sheet it stands on, its file, and the file without its ending."""
    plate, file = str(row.get("plate", "")).lower(), str(row.get("file", "")).lower()
    return tuple(name for name in (plate, plate.rpartition(":")[0], file, file.rsplit(".", 1)[0]) if name)


def layout_of(meta: LabMeta, mapped: Mapping[str, str] | None) -> Layout:
    """The plan of the wells, from the map's texts first and the rectangles laid over them.

    raises  InputError for unknown arms, wells beyond the plate, and doses that do not fit their rectangle
    """
    layout = Layout()
    for well, text in (mapped or {}).items():
        content = _of_text(meta, well, text)
        if content is not None:
            layout.shared[well] = content
    for number, entry in enumerate(meta.plate.layout):
        where = f"meta.yaml, plate.layout[{number}]"
        contents = layout.shared if entry.plate is None else layout.own.setdefault(entry.plate.lower(), {})
        for rectangle in entry.wells:
            contents.update(_rectangle(meta, entry, rectangle, where))
    return layout


def excluded(meta: LabMeta) -> set[str]:
    """Wells that the laboratory leaves out."""
    return {well for text in meta.plate.exclude for well, _, _ in _places(text, "meta.yaml, plate.exclude", meta.plate.wells)}


def _places(text: str, where: str, plate: int | None) -> Iterator[tuple[str, int, int]]:
    """(well, row, column within the rectangle) of `B2` or `B2:D10`."""
    ends = [_WELL.fullmatch(part.strip()) for part in re.split(r"[:–]|(?<=\d)\s*-\s*(?=[A-Pa-p])", text)]
    if not 1 <= len(ends) <= 2 or not all(ends):
        raise InputError(f"{where}: '{text[:40]}' names no wells", "a well (B2) or a rectangle (B2:D10)")
    corners = [(LETTERS.index(end[1].upper()), int(end[2]) - 1) for end in ends if end]
    (top, left), (bottom, right) = corners[0], corners[-1]
    down, along = SIZES[plate or 384]
    if bottom < top or right < left or bottom >= down or right >= along or left < 0:
        raise InputError(
            f"{where}: '{text}' does not lie on a {plate or 384}-well plate",
            f"A1 to {LETTERS[down - 1]}{along}, top left corner first",
        )
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            yield f"{LETTERS[row]}{column + 1}", row - top, column - left


def _rectangle(meta: LabMeta, entry: Wells, rectangle: str, where: str) -> dict[str, Content]:
    places = list(_places(rectangle, where, meta.plate.wells))
    if entry.contains in ("blank", "empty"):
        return {well: Content(entry.contains) for well, _, _ in places}
    arm = ""
    if entry.arm is not None:
        found = meta.arm(entry.arm)
        if found is None:
            raise unknown_name(f"{where}: arm", entry.arm, [one.id for one in meta.arms])
        arm = found.id
    if entry.contains == "start":
        return {well: Content("start", arm) for well, _, _ in places}
    if entry.dose is not None:
        return {well: Content("cells", arm, dose_value(entry.dose, meta.dose_unit, where)) for well, _, _ in places}
    steps = 1 + max((column if entry.along == "columns" else row) for _, row, column in places)
    if len(entry.doses) != steps:
        raise InputError(
            f"{where}: {len(entry.doses)} doses for {steps} {entry.along} of {rectangle}", "one dose for each, in order",
            "Check `wells`, `doses` and `along`",
        )  # fmt: skip
    doses = [dose_value(dose, meta.dose_unit, where) for dose in entry.doses]
    return {well: Content("cells", arm, doses[column if entry.along == "columns" else row]) for well, row, column in places}


def _of_text(meta: LabMeta, well: str, text: str) -> Content | None:
    """What a cell of a map means."""
    word = text.strip().lower().replace(" ", "_")
    if not word or word in NOTHING:
        return None
    if word in BLANKS:
        return Content("blank")
    if word in STARTS:
        return Content("start")
    match = _MAPPED.fullmatch(text.strip())
    arm = meta.arm(match["arm"]) if match else None
    if match is not None and arm is not None:
        spelled = match["dose"] + (f" {match['unit']}" if match["unit"] else "")
        return Content("cells", arm.id, dose_value(spelled, meta.dose_unit, f"plate map, well {well}"))
    whole = meta.arm(text)
    if whole is not None:
        return Content("cells", whole.id, 0.0)
    raise InputError(
        f"plate map, well {well}: '{text[:40]}' is not understood",
        "an arm and a dose such as `alone 100`, an arm alone (untreated), `blank` or nothing",
        f"Arms of meta.yaml: {', '.join(one.id for one in meta.arms) or 'none'}",
    )  # fmt: skip


def arm_names(meta: LabMeta) -> Sequence[str]:
    """Ids of the arms."""
    return [arm.id for arm in meta.arms]
