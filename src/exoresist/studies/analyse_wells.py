"""From readings of wells to signals: which channel, which time, what was in the well, blanks and reference wavelength subtracted.

No well is dropped in silence: each keeps a row that says whether it was used, and why not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exoresist.core.errors import InputError, unknown_name
from exoresist.core.units import convert
from exoresist.studies.analyse_layout import BLANKS, NOTHING, STARTS, Content, Layout, excluded, layout_of
from exoresist.studies.analyse_meta import LabMeta

Row = dict[str, Any]
FLAGS = {
    "overflow": "beyond the instrument's range", "missing": "not read", "text": "text in place of a number",
    "date": "a date in place of a number",
    "below": "below the detection limit", "empty": "empty",
}  # fmt: skip
LARGEST = {"absorbance": 6.0, "confluence": 100.5}  # beyond what any instrument reads
MOST_IMPOSSIBLE = 0.1
_DATE_ADVICE = "A spreadsheet turned a number into a date. Set the column to text, enter the number again, and export again"


@dataclass
class PlateData:
    """Wells of all plates at the time that is analysed.

    wells    rows plate, well, kind, arm, dose, replicate, raw, signal, used, why (`signal`: blank and reference subtracted)
    courses  rows plate, arm, dose, hours, signal, wells: means over time, where the files hold several times
    hours    of the analysed reading;  blanks  plate -> mean of its blanks, None where there are none
    """

    wells: list[Row] = field(default_factory=list)
    courses: list[Row] = field(default_factory=list)
    hours: float | None = None
    channel: str = ""
    blanks: dict[str, float | None] = field(default_factory=dict)
    format: int | None = None
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def of(self, arm: str) -> list[Row]:
        """Used wells of an arm."""
        return [row for row in self.wells if row["arm"] == arm and row["kind"] == "cells" and row["used"]]


def plate_data(meta: LabMeta, readings: Sequence[Row], mapped: Mapping[str, str] | None, wells: int | None) -> PlateData:
    """Signals of every well.

    readings  rows of the exchange's plate readers;  mapped  well -> text of a plate map;  wells  format that the files show
    raises    InputError: plates of another format than said, no well in any arm, unknown arms, dates in wells, nothing above the blanks
    """
    data = PlateData(format=meta.plate.wells or wells)
    if meta.plate.wells and wells and wells != meta.plate.wells and not (wells == 96 and meta.plate.wells < 96):
        raise InputError(
            f"meta.yaml says {meta.plate.wells} wells, the file shows {wells}", "the same in both",
            "Correct plate.wells, or check that the right file was exported",
        )  # fmt: skip
    rows = _one_channel(meta, list(readings), data)
    layout = layout_of(meta, mapped)
    layout.check_plates(rows)
    out = excluded(meta)
    known = [{**row, "content": _content(meta, row, layout)} for row in rows]
    if not any(row["content"].kind == "cells" for row in known):
        raise InputError(
            "no well of the files belongs to an arm", "wells named in plate.layout, plate.map, or columns Arm and Dose in "
                "the table",
            "Say in meta.yaml which wells hold which arm and dose",
        )  # fmt: skip
    _tell_missing(layout, known, data)
    times = sorted({row["hours"] for row in known if row["hours"] is not None})
    data.hours = _analysed_time(meta, times, data)
    _courses(known, times, data, meta)
    for row in known:
        if (
            row["content"].kind == "start"
            or row["hours"] is None
            or data.hours is None
            or math.isclose(row["hours"], data.hours, abs_tol=1e-6)
        ):
            data.wells.append(_well(row, out))
        elif row["hours"] == 0.0 and len(times) > 1 and row["content"].kind == "cells":
            data.wells.append({**_well(row, out), "kind": "start"})
    _dates(data)
    _too_large(meta, data)
    _subtract(meta, data)
    _report_flags(data)
    return data


def _one_channel(meta: LabMeta, rows: list[Row], data: PlateData) -> list[Row]:
    """Readings of the signal channel, the reference wavelength subtracted well by well."""
    channels = list(dict.fromkeys(row["channel"] for row in rows if row["channel"] is not None))
    wanted, reference = meta.readout.signal, meta.readout.reference
    for name, what in ((reference, "reference"), (wanted, "signal")):
        if name is not None and len(channels) > 1 and name not in channels:
            raise unknown_name(f"readout.{what}: channel", name, channels)
    if len(channels) <= 1:
        data.channel = wanted or (channels[0] if channels else "")
        if reference is not None and reference not in channels:
            data.warnings.append(
                f"meta.yaml names {reference} as the reference wavelength, but the files hold no such reading; nothing was "
                "subtracted for it."
            )
        return rows
    signals = [name for name in channels if name != reference]
    data.channel = wanted or signals[0]
    if wanted is None and len(signals) > 1:
        data.warnings.append(
            f"The files hold several channels ({', '.join(channels[:6])}); {data.channel} was used. Say which in readout.signal."
        )
    if reference is None:
        if len(channels) == 2 and wanted is None:
            data.warnings.append(
                "A second wavelength was read; if it is the reference, name it in readout.reference so that it is subtracted."
            )
        return [row for row in rows if row["channel"] == data.channel]
    second = {
        (row["plate"], row["hours"], row["well"], row.get("arm"), row.get("dose"), row.get("replicate")): row
        for row in rows
        if row["channel"] == reference
    }
    found = []
    for row in rows:
        if row["channel"] != data.channel:
            continue
        other = second.get((row["plate"], row["hours"], row["well"], row.get("arm"), row.get("dose"), row.get("replicate")))
        if row["value"] is not None and other is not None and other["value"] is not None:
            row = {**row, "value": row["value"] - other["value"]}
        elif row["value"] is not None:
            row = {**row, "value": None, "flag": "missing"}
        found.append(row)
    data.notes.append(f"Readings at {reference} were subtracted from those at {data.channel} in every well.")
    return found


def _content(meta: LabMeta, row: Row, layout: Layout) -> Content:
    """What a reading is of: the table's own words, else the layout."""
    own = str(row.get("contains", "")).strip().lower().replace(" ", "_")
    if own in BLANKS or str(row.get("arm", "")).strip().lower().replace(" ", "_") in BLANKS:
        return Content("blank")
    if own in STARTS:
        return Content("start")
    if row.get("arm") and meta.arms:
        arm = meta.arm(str(row["arm"]))
        if arm is None:
            if str(row["arm"]).strip().lower() in NOTHING:
                return Content("empty")
            if row.get("well") is None:
                return Content("other")
            raise unknown_name("Arm", str(row["arm"]), [one.id for one in meta.arms])
        dose = float(row.get("dose") or 0.0)
        if dose < 0:
            raise InputError(f"line {row['line']}: a dose of {dose:g}", "zero or more", "Correct the sign")
        unit = str(row.get("dose_unit") or "")
        return Content("cells", arm.id, convert(dose, unit, meta.dose_unit) if unit and dose else dose)
    return layout.at(row)


def _tell_missing(layout: Layout, known: Sequence[Row], data: PlateData) -> None:
    if any(row["content"].kind == "other" for row in known):
        data.notes.append("Conditions of the table that meta.yaml does not name were left out.")
    there = {row["well"] for row in known}
    lost = [well for well, content in layout.wells().items() if content.kind == "cells" and well not in there]
    if lost and any(row["well"] for row in known):
        data.warnings.append(
            f"{len(lost)} wells of the layout are not in the files: {', '.join(lost[:8])}{' ...' if len(lost) > 8 else ''}. "
            "Was the file cut off?"
        )
    spare = [row for row in known if row["content"].kind == "empty" and row["value"] is not None and row["well"]]
    if spare and layout.wells():
        names = list(dict.fromkeys(str(row["well"]) for row in spare))
        data.notes.append(
            f"{len(names)} wells with readings belong to no arm and were left out "
            f"({', '.join(names[:6])}{' ...' if len(names) > 6 else ''})."
        )


def _analysed_time(meta: LabMeta, times: Sequence[float], data: PlateData) -> float | None:
    if not times:
        return None
    if meta.timing.read is not None and len(times) > 1:
        nearest = min(times, key=lambda hours: abs(hours - float(meta.timing.read or 0.0)))
        if abs(nearest - meta.timing.read) > 0.25 * meta.timing.read:
            data.warnings.append(
                f"meta.yaml says that plates were read after {meta.timing.read:g} h; the nearest reading is of {nearest:g} h."
            )
        return nearest
    if len(times) > 1:
        data.notes.append(f"Of {len(times)} times, the last ({times[-1]:g} h) is analysed; timing.read chooses another.")
    return times[-1]


def _courses(known: Sequence[Row], times: Sequence[float], data: PlateData, meta: LabMeta) -> None:
    """Mean signal over time, blanks of the same time subtracted."""
    if len(times) < 2:
        return
    groups: dict[tuple[Any, ...], list[float]] = {}
    blanks: dict[tuple[Any, ...], list[float]] = {}
    for row in known:
        if row["value"] is None:
            continue
        if row["content"].kind == "blank":
            blanks.setdefault((row["plate"], row["hours"]), []).append(row["value"])
        elif row["content"].kind == "cells":
            groups.setdefault((row["plate"], row["content"].arm, row["content"].dose, row["hours"]), []).append(row["value"])
    for (plate, arm, dose, hours), values in sorted(
        groups.items(), key=lambda item: (*tuple(map(str, item[0][:2])), item[0][2], item[0][3] or 0.0)
    ):
        blank = blanks.get((plate, hours), [0.0]) if not meta.readout.blank_subtracted else [0.0]
        data.courses.append({
            "plate": plate, "arm": arm, "dose": dose, "hours": hours, "signal": _mean(values) - _mean(blank),
            "wells": len(values),
        })  # fmt: skip


def _well(row: Row, out: set[str]) -> Row:
    content: Content = row["content"]
    why = ""
    if row["well"] in out:
        why = "left out by meta.yaml"
    elif row["value"] is None:
        why = FLAGS.get(row["flag"], "has no number")
    return {
        "plate": str(row["plate"]), "well": row["well"] or "", "kind": content.kind, "arm": content.arm, "dose": content.dose,
        "hours": row["hours"],
        "replicate": row.get("replicate", ""), "raw": row["value"], "signal": None, "used": not why and content.kind != "empty",
        "why": why,
        "flag": row["flag"], "text": row.get("text", ""), "line": row["line"],
    }  # fmt: skip


def _dates(data: PlateData) -> None:
    dates = [row for row in data.wells if row["flag"] == "date" and row["kind"] not in ("empty", "other")]
    if dates:
        first = dates[0]
        raise InputError(
            f"well {first['well'] or first['line']} holds the date '{first['text']}'"
            + (f" and {len(dates) - 1} more do" if len(dates) > 1 else ""),
            "numbers", _DATE_ADVICE,
        )  # fmt: skip


def _subtract(meta: LabMeta, data: PlateData) -> None:
    """Signal = raw less the plate's mean blank."""
    for plate in dict.fromkeys(row["plate"] for row in data.wells):
        mine = [row for row in data.wells if row["plate"] == plate]
        blanks = [row["raw"] for row in mine if row["kind"] == "blank" and row["used"]]
        blank = None if meta.readout.blank_subtracted or not blanks else _mean(blanks)
        data.blanks[plate] = blank
        for row in mine:
            if row["raw"] is not None:
                row["signal"] = row["raw"] - (blank or 0.0)
        untreated = [row["signal"] for row in mine if row["kind"] == "cells" and row["dose"] == 0 and row["used"]]
        if untreated and _mean(untreated) <= 0:
            raise InputError(
                f"untreated wells of plate {plate} read {_mean(untreated) + (blank or 0.0):.4g} on average, the blanks "
                f"{blank or 0.0:.4g}",
                "untreated wells above the blanks", "Check which wells are blanks, and whether blanks were subtracted before",
            )  # fmt: skip
        if (
            blank is None
            and not meta.readout.blank_subtracted
            and meta.readout.kind in ("absorbance", "fluorescence", "luminescence")
        ):
            data.warnings.append(
                f"Plate {plate} has no blank wells: the background was not subtracted, so that dead wells look alive and the "
                "IC50 comes out too high."
            )


def _report_flags(data: PlateData) -> None:
    wells = [row for row in data.wells if row["kind"] not in ("empty", "other")]
    for flag, text in FLAGS.items():
        found = [row for row in wells if row["flag"] == flag]
        if found:
            names = ", ".join(dict.fromkeys(str(row["well"] or f"line {row['line']}") for row in found[:8]))
            more = " They were high readings: leaving them out makes the rest look lower." if flag == "overflow" else ""
            data.warnings.append(
                f"{len(found)} well{'s' if len(found) > 1 else ''} could not be used "
                f"({names}{' ...' if len(found) > 8 else ''}): {text}.{more}"
            )
    if not any(row["used"] and row["kind"] == "cells" for row in wells):
        raise InputError("no well with cells holds a number", "readings", "Export the plate again")
    negative = [row for row in wells if row["used"] and row["kind"] == "cells" and row["raw"] is not None and row["raw"] < 0]
    if negative and data.channel.lower() not in ("phase", "green", "red"):
        data.warnings.append(
            f"{len(negative)} wells read below zero before anything was subtracted; check the decimal sign and the reference "
            "wavelength."
        )


def _too_large(meta: LabMeta, data: PlateData) -> None:
    """Readings that no instrument gives: a lost decimal sign in single wells, or a readout of another kind where there are many."""
    limit = LARGEST.get(meta.readout.kind)
    read = [row for row in data.wells if row["raw"] is not None and row["kind"] not in ("empty", "other")]
    high = [row for row in read if limit is not None and row["raw"] > limit]
    if not high:
        return
    worst = max(high, key=lambda row: float(row["raw"]))
    where = f"{worst['well'] or 'line ' + str(worst['line'])}: {worst['raw']:g}"
    told = f"{len(high)} well{'s' if len(high) > 1 else ''} above {limit:g}, which no {meta.readout.kind} reads ({where})"
    if len(high) > MOST_IMPOSSIBLE * len(read):
        data.warnings.append(
            f"{told}. Is readout.kind another, or is the decimal sign lost in the whole file? They were used as they are."
        )
        return
    for row in high:
        row.update(used=False, why="above what the instrument can read")
    data.warnings.append(f"{told}: a decimal sign was probably lost. They could not be used; correct them in the file.")


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
