"""One door for all files of a laboratory: what kind a file is, and its readings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exoresist.core.errors import InputError
from exoresist.exchange.particle_tables import ParticleTable, read_particle_sheet
from exoresist.exchange.plate_tables import hours_of_file, read_plate_sheet
from exoresist.exchange.sample_tables import read_calipers, read_counts, read_facs, read_qpcr
from exoresist.exchange.sheets import Sheet, read_sheets

Row = dict[str, Any]
KINDS = ("plate", "particles", "qpcr", "facs", "transwell", "calipers")
_SAMPLES: dict[str, Callable[[Sheet], Any]] = {
    "qpcr": read_qpcr, "facs": read_facs, "calipers": read_calipers, "transwell": read_counts,
}  # fmt: skip


@dataclass
class LabFile:
    """What was read from one file.

    kind        one of KINDS;  recognised  in words
    rows        readings of a plate or of samples;  particles  one table per sheet
    wells       96, 384 ... for a plate with positions
    """

    name: str
    kind: str
    recognised: str
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    particles: list[ParticleTable] = field(default_factory=list)
    wells: int | None = None


def read_lab_file(path: str | Path, kind: str | None = None) -> LabFile:
    """Read a file of any kind that is known, or of the kind that is said.

    raises  InputError where the file holds nothing that can be used
    """
    place = Path(path)
    sheets = read_sheets(place)
    kinds = (kind,) if kind else ("particles", "qpcr", "facs", "calipers", "transwell", "plate")
    for one in kinds:
        file = _read_as(one, place.name, sheets)
        if file is not None:
            for sheet in sheets:
                file.notes += [note for note in sheet.notes if note not in file.notes]
            own = [warning for sheet in sheets for warning in sheet.warnings]
            file.warnings = list(dict.fromkeys([*own, *file.warnings]))
            return file
    what = {"plate": "a plate", "particles": "a particle table"}.get(
        kind or "", f"a table of kind {kind}" if kind else "any table that is known here"
    )
    raise InputError(
        f"{place.name} could not be read as {what}",
        "plates (a grid A to H by 1 to 12, or a column Well), NanoSight or ZetaView tables, qPCR (Sample, Target, Ct), "
        "cytometry statistics, "
        "transwell counts, caliper tables",
        "Compare it with `exoresist analyse --template DIR`; docs/analyse.md shows every layout",
    )


def _read_as(kind: str, name: str, sheets: tuple[Sheet, ...]) -> LabFile | None:
    if kind == "plate":
        return _plates(name, sheets)
    if kind == "particles":
        tables = [table for sheet in sheets if (table := read_particle_sheet(sheet)) is not None]
        if not tables:
            return None
        warnings = [warning for table in tables for warning in table.warnings]
        return LabFile(name, kind, "; ".join(table.recognised for table in tables), warnings=warnings, particles=tables)
    found = [table for sheet in sheets if (table := _SAMPLES[kind](sheet)) is not None]
    if not found:
        return None
    return LabFile(
        name, kind, "; ".join(table.recognised for table in found),
        warnings=[warning for table in found for warning in table.warnings], rows=[row for table in found for row in table.rows],
    )  # fmt: skip


def _plates(name: str, sheets: tuple[Sheet, ...]) -> LabFile | None:
    """Every sheet that holds a plate; each further sheet is a further plate unless it names its own."""
    found = [(sheet, readings) for sheet in sheets if (readings := read_plate_sheet(sheet)) is not None]
    if not found:
        return None
    file = LabFile(name, "plate", "; ".join(readings.recognised for _, readings in found))
    hours = hours_of_file(name)
    tables: list[dict[Any, Any]] = []
    for sheet, readings in found:
        cells = {
            (row["plate"], row["hours"], row["channel"], row["well"], row.get("arm"), row.get("dose"), row["line"]): row["text"]
            for row in readings.rows
        }
        bare = {key[3:6]: text for key, text in cells.items()}
        if bare in tables:
            file.warnings.append(f"{sheet.source} repeats an earlier sheet number by number; it was left out.")
            continue
        tables.append(bare)
        title = sheet.source.rpartition("[")[2].rstrip("]") if "[" in sheet.source else ""
        for row in readings.rows:
            if row["hours"] is None:
                row["hours"] = hours
            row["plate"] = f"{title}:{row['plate']}" if title and len(found) > 1 else row["plate"]
            row["file"] = name
        file.rows += readings.rows
        file.warnings += readings.warnings
        file.wells = max(file.wells or 0, readings.wells or 0) or None
    if len(sheets) > len(found):
        others = [sheet.source for sheet in sheets if all(sheet is not one for one, _ in found)]
        file.warnings.append(f"No plate was found in {', '.join(others[:4])}; it was left out.")
    if len(tables) > 1:
        file.warnings.append(f"{name} holds {len(tables)} sheets with plates; each was taken as a plate of its own.")
    return file
