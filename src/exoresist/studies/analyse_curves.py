"""Curves, IC50s and their shift from measured wells, and how good the plates are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import ExoresistError, InputError
from exoresist.studies.analyse_fit import ArmFit, Fits, Readings, f_threshold, fit_arms, ic50_interval, noise_of, shift_interval
from exoresist.studies.analyse_meta import LabMeta
from exoresist.studies.analyse_wells import PlateData
from exoresist.studies.dose_curve import area_under_curve, distinct_doses
from exoresist.studies.dose_response import growth_rate_metrics
from exoresist.studies.likelihood import Normal

Row = dict[str, Any]
Array = NDArray[np.float64]

NEAR = 3.0  # an IC50 up to this many times outside the doses is told as extrapolated, a farther one only as a bound
OUTLIER = 4.0  # standard deviations from the curve
GROWTH = 0.15  # a difference of untreated wells worth telling
FEWEST_REPEATS = 3  # plates from which the spread between repeats is known


@dataclass
class Potencies:
    """What the dose series say.

    ic50     rows arm, label, value, low, high, unit, status, hill, bottom, auc, wells, doses, gr50, gr_max, gr50_status
    shifts   rows arm, value, low, high, status: IC50 over that of the reference
    shift    that of the named comparison, `of` and `against`; None where no two arms can be compared
    points   rows plate, well, arm, dose, viability, outlier;  lines  rows arm, dose, viability (the fitted curves)
    outliers rows plate, well, arm, dose, viability, expected, deviations
    """

    ic50: list[Row] = field(default_factory=list)
    shifts: list[Row] = field(default_factory=list)
    shift: Row | None = None
    repeats: list[Row] = field(default_factory=list)
    points: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    outliers: list[Row] = field(default_factory=list)
    noise: Row = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def potencies(meta: LabMeta, data: PlateData) -> Potencies:
    """Fit every arm and compare them."""
    found = Potencies()
    readings = {arm.id: _readings(data, arm.id) for arm in meta.arms if data.of(arm.id)}
    usable = {}
    for arm, one in readings.items():
        count = int((distinct_doses(one.dose)[0] > 0).sum())
        if count >= 3:
            usable[arm] = one
        else:
            found.warnings.append(
                f"Arm '{arm}' has {count} dose{'s' if count != 1 else ''} above zero; an IC50 needs three or more."
            )
        if not np.any(one.dose == 0):
            found.warnings.append(
                f"Arm '{arm}' has no untreated well (dose 0); the top of its curve comes from the lowest doses."
            )
    _points(data, usable or readings, found)
    if not usable:
        return found
    noise = noise_of([one.signal[(one.dose == dose) & (one.plate == plate)] for one in usable.values() for dose in np.unique(one.dose)
                      for plate in np.unique(one.plate)])  # fmt: skip
    found.noise = {"additive": float(np.asarray(noise.additive)), "relative": float(np.asarray(noise.relative))}
    fits = fit_arms(usable, noise)
    _rows(meta, data, fits, found)
    _shifts(meta, data, fits, found)
    if found.shift is not None:
        _untreated(data, found)
        _repeats(meta, data, noise, found)
    _outliers(data, fits.arms, noise, found)
    if found.outliers and found.shift is not None:
        _without_outliers(usable, noise, found)
    return found


def _plate_scales(data: PlateData) -> dict[str, float]:
    """Plate -> mean untreated signal where there are several plates: plates differ in brightness, curves should not."""
    plates = list(dict.fromkeys(row["plate"] for row in data.wells))
    if len(plates) < 2:
        return dict.fromkeys(plates, 1.0)
    scales = {}
    for plate in plates:
        untreated = [
            row["signal"]
            for row in data.wells
            if row["plate"] == plate and row["kind"] == "cells" and row["used"] and row["dose"] == 0
        ]
        scales[plate] = math.fsum(untreated) / len(untreated) if untreated else 1.0
    return scales


def _readings(data: PlateData, arm: str) -> Readings:
    scales = _plate_scales(data)
    plates = list(scales)
    rows = sorted(data.of(arm), key=lambda row: row["dose"])
    return Readings(
        np.array([row["dose"] for row in rows]), np.array([row["signal"] / scales[row["plate"]] for row in rows]),
        np.array([plates.index(row["plate"]) for row in rows], dtype=np.intp),
    )  # fmt: skip


def _status(log_x: float, fit: ArmFit) -> str:
    if fit.flat:
        return "no response within the doses"
    if log_x > math.log(fit.readings.highest):
        return "above range"
    return "below range" if log_x < math.log(fit.readings.lowest) else "inside"


def _rows(meta: LabMeta, data: PlateData, fits: Fits, found: Potencies) -> None:
    for arm in meta.arms:
        fit = fits.arms.get(arm.id)
        if fit is None:
            continue
        interval = ic50_interval(fit, fits.scale, fits.freedom)
        status = _status(interval.value, fit)
        value = _told(interval.value, fit, status)
        row: Row = {
            "arm": arm.id, "label": arm.label or arm.id, "value": value, "low": _power(interval.low),
            "high": _power(interval.high),
            "unit": meta.dose_unit, "status": status, "hill": 0.0 if fit.flat else float(np.exp(fit.log_hill)),
            "bottom": fit.bottom, "top": fit.top,
            "auc": _area(fit), "wells": fit.count, "doses": int(distinct_doses(fit.readings.dose)[0].size),
        }  # fmt: skip
        row.update(_growth_rate(data, arm.id, found))
        found.ic50.append(row)
        if status != "inside":
            edge = fit.readings.highest if status != "below range" else fit.readings.lowest
            side = (
                "above the highest"
                if status == "above range"
                else "below the lowest"
                if status == "below range"
                else "not within reach of the highest"
            )
            found.warnings.append(
                f"The IC50 of '{row['label']}' lies {side} dose ({edge:g} {meta.dose_unit}): only a bound is known."
            )
        doses = np.geomspace(fit.readings.lowest / 2.0, fit.readings.highest * 1.5, 80)
        found.lines += [
            {"arm": arm.id, "dose": float(dose), "viability": float(share)}
            for dose, share in zip(doses, fit.at(doses), strict=True)
        ]


def _told(log_x: float, fit: ArmFit, status: str) -> float | None:
    """The IC50 where it lies within the doses or close to them."""
    near = fit.readings.lowest / NEAR <= math.exp(log_x) <= fit.readings.highest * NEAR
    return math.exp(log_x) if near and status != "no response within the doses" else None


def _power(value: float | None) -> float | None:
    return None if value is None else math.exp(value)


def _area(fit: ArmFit) -> float | None:
    try:
        return float(area_under_curve(fit.readings.dose, np.asarray(fit.readings.signal / fit.top), 1.0))
    except InputError:
        return None


def _growth_rate(data: PlateData, arm: str, found: Potencies) -> Row:
    """GR50 and GRmax where cells were read when the drug was added."""
    nothing: Row = {"gr50": None, "gr_max": None, "gr50_status": ""}
    start = [row["signal"] for row in data.wells if row["kind"] == "start" and row["used"] and row["arm"] in ("", arm)]
    rows = data.of(arm)
    untreated = [row["signal"] for row in rows if row["dose"] == 0]
    if not start or not untreated:
        return nothing
    treated = [row for row in rows if row["dose"] > 0]
    try:
        metrics = growth_rate_metrics(
            [row["dose"] for row in treated], [max(row["signal"], 0.0) for row in treated], float(np.mean(untreated)),
            float(np.mean(start)),
        )  # fmt: skip
    except ExoresistError as error:
        found.notes.append(f"No GR metrics for '{arm}': {error}")
        return nothing
    return {"gr50": metrics.gr50, "gr_max": metrics.gr_max, "gr50_status": metrics.gr50_status}


def compared(meta: LabMeta, arms: Sequence[str]) -> tuple[str, str] | None:
    """The arms of the named comparison; absent: the first treated arm against the reference."""
    if meta.comparison is not None:
        pair = meta.comparison["of"], meta.comparison["against"]
        return pair if all(one in arms for one in pair) else None
    reference = next((arm.id for arm in meta.arms if arm.role == "reference" and arm.id in arms), None)
    treated = next((arm.id for arm in meta.arms if arm.role == "treated" and arm.id in arms), None)
    return None if reference is None or treated is None else (treated, reference)


def _shifts(meta: LabMeta, data: PlateData, fits: Fits, found: Potencies) -> None:
    pair = compared(meta, list(fits.arms))
    reference = pair[1] if pair else next((arm.id for arm in meta.arms if arm.role == "reference" and arm.id in fits.arms), None)
    if reference is None:
        found.warnings.append("No arm with the role `reference` has a dose series: there is nothing to compare with.")
        return
    for arm in meta.arms:
        if arm.id in fits.arms and arm.id != reference:
            found.shifts.append({"arm": arm.id, "label": arm.label or arm.id, **_shift(fits, arm.id, reference)})
    _tell_apart(data, fits, reference, found)
    if pair is None:
        found.warnings.append("No arm with the role `treated` has a dose series: there is no shift to report.")
        return
    row = next(row for row in found.shifts if row["arm"] == pair[0])
    found.shift = {
        **{key: row[key] for key in ("value", "low", "high", "status")},
        "of": pair[0],
        "against": pair[1],
        "level": 0.95,
    }


def _tell_apart(data: PlateData, fits: Fits, reference: str, found: Potencies) -> None:
    """Arms that never stand on one plate with the reference are compared across plates, which is told."""
    plates = {arm: {row["plate"] for row in data.of(arm)} for arm in fits.arms}
    apart = [arm for arm in fits.arms if not plates[arm] & plates[reference]]
    if apart:
        found.warnings.append(
            f"Arms {', '.join(apart)} share no plate with '{reference}'; plates were brought to the same untreated signal, "
            "but what "
            "differs between plates is in the shift."
        )


def _shift(fits: Fits, of: str, against: str) -> Row:
    treated, reference = fits.arms[of], fits.arms[against]
    interval = shift_interval(treated, reference, fits.scale, fits.freedom)
    states = [_status(fit.log_x, fit) for fit in (treated, reference)]
    told = [_told(fit.log_x, fit, state) for fit, state in zip((treated, reference), states, strict=True)]
    value = None if None in told else math.exp(interval.value)
    if states == ["inside", "inside"]:
        status = "inside"
    elif value is not None:
        status = "extrapolated"
    else:
        status = (
            "at least"
            if interval.low is not None and interval.high is None
            else "at most"
            if interval.high is not None and interval.low is None
            else "not known"
        )
    return {"value": value, "low": _power(interval.low), "high": _power(interval.high), "status": status}


def _repeats(meta: LabMeta, data: PlateData, noise: Normal, found: Potencies) -> None:
    """The shift of every plate that holds both arms; from three plates on, the spread between them goes into the interval."""
    assert found.shift is not None
    of, against = found.shift["of"], found.shift["against"]
    plates = [plate for plate in dict.fromkeys(row["plate"] for row in data.wells)]
    logs = []
    for plate in plates if len(plates) > 1 else []:
        part = replace(data, wells=[row for row in data.wells if row["plate"] == plate])
        try:
            both = {arm: _readings(part, arm) for arm in (of, against)}
            scale = _plate_scales(data)[plate]
            local = Normal(np.asarray(noise.additive) * scale, noise.relative)
            row = _shift(fit_arms(both, local), of, against)
        except (InputError, ValueError):  # a plate without one of the arms, or with too few doses of it
            continue
        found.repeats.append({"plate": plate, **row})
        if row["value"] is not None:
            logs.append(math.log(row["value"]))
    if len(logs) >= FEWEST_REPEATS:
        middle, spread = float(np.mean(logs)), float(np.std(logs, ddof=1) / math.sqrt(len(logs)))
        reach = math.sqrt(f_threshold(len(logs) - 1)) * spread
        if (
            found.shift["low"] is not None
            and found.shift["high"] is not None
            and 2 * reach > math.log(found.shift["high"] / found.shift["low"])
        ):
            found.shift.update(value=math.exp(middle), low=math.exp(middle - reach), high=math.exp(middle + reach))
            found.notes.append(
                f"The interval of the shift is that between {len(logs)} plates (Student's t on log ratios), which is the "
                "wider one."
            )
            for row in found.shifts:
                if row["arm"] == of:
                    row.update({key: found.shift[key] for key in ("value", "low", "high")})


def _untreated(data: PlateData, found: Potencies) -> None:
    """Whether the treatment alone changes the untreated wells: then cells grow differently, which moves an IC50 by itself."""
    assert found.shift is not None
    scales = _plate_scales(data)
    both = [
        np.array([row["signal"] / scales[row["plate"]] for row in data.of(found.shift[key]) if row["dose"] == 0])
        for key in ("of", "against")
    ]
    if any(one.size < 2 or one.mean() <= 0 for one in both):
        return
    ratio = float(both[0].mean() / both[1].mean())
    error = ratio * math.hypot(*(float(one.std(ddof=1)) / math.sqrt(one.size) / float(one.mean()) for one in both))
    if abs(ratio - 1.0) > max(GROWTH, 3.0 * error):
        found.warnings.append(
            f"Without drug, the treated arm reads {100 * (ratio - 1.0):+.0f} % against its reference: the treatment changes "
            "the cells' growth, "
            "which moves an IC50 without any change of resistance. Read some wells when the drug is added (`contains: "
            "start`) and compare GR50."
        )


def _points(data: PlateData, arms: dict[str, Readings], found: Potencies) -> None:
    scales = _plate_scales(data)
    for row in data.wells:
        if row["arm"] in arms and row["kind"] == "cells" and row["used"]:
            found.points.append(
                {
                    **{key: row[key] for key in ("plate", "well", "arm", "dose")},
                    "viability": row["signal"] / scales[row["plate"]],
                    "outlier": False,
                }
            )
    tops = {}
    for arm in arms:
        mine = [row["viability"] for row in found.points if row["arm"] == arm and row["dose"] == 0] or [
            row["viability"] for row in found.points if row["arm"] == arm
        ]
        tops[arm] = float(np.mean(mine)) or 1.0
    for row in found.points:
        row["viability"] /= tops[row["arm"]]


def _outliers(data: PlateData, fits: dict[str, ArmFit], noise: Normal, found: Potencies) -> None:
    """Wells far from their curve and from their neighbours; they are told and stay in."""
    scales = _plate_scales(data)
    standard = []
    for row in data.wells:
        fit = fits.get(row["arm"])
        if fit is None or row["kind"] != "cells" or not row["used"]:
            continue
        expected = fit.top * float(fit.at(np.array([row["dose"]]))[0])
        group = [one["signal"] / scales[one["plate"]] for one in data.of(row["arm"]) if one["dose"] == row["dose"]]
        signal = row["signal"] / scales[row["plate"]]
        deviation = float(noise.deviation(np.array([max(expected, 0.0)]))[0])
        standard.append((row, signal, expected, (signal - expected) / deviation, (signal - float(np.median(group))) / deviation))
    if not standard:
        return
    spread = max(1.4826 * float(np.median(np.abs([one[3] for one in standard]))), 0.25)
    for row, signal, expected, away, apart in standard:
        if min(abs(away), abs(apart)) > OUTLIER * spread:
            top = fits[row["arm"]].top
            found.outliers.append({
                "plate": row["plate"], "well": row["well"], "arm": row["arm"], "dose": row["dose"], "viability": signal / top,
                "expected": expected / top,
                "deviations": away / spread,
            })  # fmt: skip
    marked = {(row["plate"], row["well"], row["arm"], row["dose"], round(row["viability"], 6)) for row in found.outliers}
    named = {(row["plate"], row["well"]) for row in found.outliers if row["well"]}
    for point in found.points:
        point["outlier"] = (point["plate"], point["well"]) in named if point["well"] else (
            point["plate"], "", point["arm"], point["dose"], round(point["viability"], 6)) in marked  # fmt: skip


def _without_outliers(usable: dict[str, Readings], noise: Normal, found: Potencies) -> None:
    """How the shift would read without the flagged wells: said, never applied."""
    assert found.shift is not None
    kept = {}
    for arm in (found.shift["of"], found.shift["against"]):
        one = usable[arm]
        flagged = [row for row in found.outliers if row["arm"] == arm]
        keep = np.ones(one.signal.size, dtype=bool)
        for row in flagged:
            same = np.flatnonzero(np.isclose(one.dose, row["dose"]) & keep)
            if same.size:
                middle = np.median(one.signal[same])
                keep[same[int(np.argmax(np.abs(one.signal[same] - middle)))]] = False
        kept[arm] = Readings(one.dose[keep], one.signal[keep], one.plate[keep])
    try:
        fits = fit_arms(kept, noise).arms
    except InputError:
        return
    of, against = found.shift["of"], found.shift["against"]
    names = ", ".join(f"{row['well'] or row['arm']}" for row in found.outliers[:6])
    found.shift["without_outliers"] = math.exp(fits[of].log_x - fits[against].log_x)
    found.warnings.append(
        f"{len(found.outliers)} well{'s' if len(found.outliers) > 1 else ''} lie{'s' if len(found.outliers) == 1 else ''} "
        f"far from the curve ({names}). "
        f"They were kept; without them the shift would be {found.shift['without_outliers']:.2f}."
    )
