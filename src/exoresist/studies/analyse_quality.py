"""How far a plate can be trusted: Z', spread of replicates, edges, drift across the plate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from exoresist.studies.analyse_curves import Potencies
from exoresist.studies.analyse_layout import LETTERS, SIZES
from exoresist.studies.analyse_wells import PlateData

Row = dict[str, Any]

GOOD_Z, USABLE_Z = 0.5, 0.0  # Zhang, Chung & Oldenburg 1999 call 0.5 and above excellent, 0 and below useless (recalled)
WIDE_CV = 0.2
EDGE = 0.1  # a difference between edge and inner wells worth telling
SURE = 3.0  # standard errors


def quality(data: PlateData, found: Potencies) -> tuple[list[Row], list[str]]:
    """One row per plate: z_prime, cv, edge, edge_error, drift, untreated, blank, wells, used; and warnings."""
    rows, warnings = [], []
    for plate in dict.fromkeys(row["plate"] for row in data.wells):
        mine = [row for row in data.wells if row["plate"] == plate and row["kind"] not in ("empty", "other")]
        row = _plate(plate, mine, data)
        rows.append(row)
        warnings += _words(row)
    return rows, warnings


def _plate(plate: str, wells: Sequence[Row], data: PlateData) -> Row:
    used = [row for row in wells if row["used"]]
    untreated = [row["signal"] for row in used if row["kind"] == "cells" and row["dose"] == 0]
    blanks = [row["raw"] for row in used if row["kind"] == "blank"]
    highest = max((row["dose"] for row in used if row["kind"] == "cells"), default=0.0)
    dead = [row["signal"] for row in used if row["kind"] == "cells" and row["dose"] == highest and highest > 0]
    base = data.blanks.get(plate) or 0.0
    low = [value - base for value in blanks] if len(blanks) > 1 else dead
    edge, error, drift = _positions(used, data.format)
    return {
        "plate": plate, "z_prime": _z_prime(untreated, low), "z_prime_against": "blanks" if len(blanks) > 1 else "the highest dose",
        "cv": _spread(used), "edge": edge, "edge_error": error, "drift": drift, "untreated": _mean(untreated),
        "blank": _mean(blanks),
        "wells": len(wells), "used": len(used),
    }  # fmt: skip


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _z_prime(high: Sequence[float], low: Sequence[float]) -> float | None:
    """Z' = 1 - 3 (sd_high + sd_low) / |mean_high - mean_low|."""
    if len(high) < 2 or len(low) < 2:
        return None
    distance = abs(float(np.mean(high)) - float(np.mean(low)))
    return None if distance == 0 else 1.0 - 3.0 * float(np.std(high, ddof=1) + np.std(low, ddof=1)) / distance


def _groups(wells: Sequence[Row]) -> dict[tuple[str, float], list[Row]]:
    groups: dict[tuple[str, float], list[Row]] = {}
    for row in wells:
        if row["kind"] == "cells":
            groups.setdefault((row["arm"], row["dose"]), []).append(row)
    return groups


def _spread(wells: Sequence[Row]) -> float | None:
    """Median coefficient of variation of replicates that are at least a fifth of the brightest group."""
    groups = [np.array([row["signal"] for row in rows]) for rows in _groups(wells).values() if len(rows) > 1]
    if not groups:
        return None
    top = max(float(group.mean()) for group in groups)
    values = [float(group.std(ddof=1) / group.mean()) for group in groups if group.mean() > 0.2 * top]
    return float(np.median(values)) if values else None


def _positions(wells: Sequence[Row], plate: int | None) -> tuple[float | None, float | None, float | None]:
    """Edge wells over inner wells of the same arm and dose less 1, its standard error, and the change across the columns."""
    if plate not in SIZES or any(not row["well"] for row in wells):
        return None, None, None
    down, along = SIZES[plate]
    edges: list[float] = []
    inner: list[float] = []
    columns: list[float] = []
    ratios: list[float] = []
    groups = list(_groups(wells).values())
    brightest = max((float(np.mean([row["signal"] for row in rows])) for rows in groups), default=0.0)
    for rows in groups:
        mean = float(np.mean([row["signal"] for row in rows]))
        if len(rows) < 2 or mean < 0.2 * brightest:
            continue
        outer = [_outer(row["well"], down, along) for row in rows]
        for row, out in zip(rows, outer, strict=True):
            if len(set(outer)) == 2:  # a treatment that lies on the edge only says nothing of edges
                (edges if out else inner).append(row["signal"] / mean)
            columns.append((int(row["well"][1:]) - 1) / (along - 1))
            ratios.append(row["signal"] / mean)
    drift = None
    if len(set(columns)) > 2 and np.std(columns) > 0:
        drift = float(np.polyfit(columns, ratios, 1)[0])
    if len(edges) < 3 or len(inner) < 3:
        return None, None, drift
    error = math.hypot(float(np.std(edges, ddof=1)) / math.sqrt(len(edges)), float(np.std(inner, ddof=1)) / math.sqrt(len(inner)))
    return float(np.mean(edges) / np.mean(inner) - 1.0), error, drift


def _outer(well: str, down: int, along: int) -> bool:
    return LETTERS.index(well[0]) in (0, down - 1) or int(well[1:]) - 1 in (0, along - 1)


def _words(row: Row) -> list[str]:
    plate, told = row["plate"], []
    if row["z_prime"] is not None and row["z_prime"] < GOOD_Z:
        word = "cannot tell live from dead wells" if row["z_prime"] <= USABLE_Z else "tells live from dead wells poorly"
        told.append(f"Plate {plate} {word}: Z' = {row['z_prime']:.2f} against {row['z_prime_against']} (0.5 or more is wanted).")
    if row["cv"] is not None and row["cv"] > WIDE_CV:
        told.append(f"Replicates of plate {plate} scatter by {100 * row['cv']:.0f} % (median CV); below 20 % is usual.")
    if row["edge"] is not None and abs(row["edge"]) > max(EDGE, SURE * (row["edge_error"] or 0.0)):
        told.append(
            f"Edge wells of plate {plate} read {100 * row['edge']:+.0f} % against inner wells of the same treatment "
            "(evaporation or temperature)."
        )
    if row["cv"] is None:
        told.append(f"Plate {plate} has no replicates: the scatter of wells is assumed (5 %), and so are the intervals.")
    return told
