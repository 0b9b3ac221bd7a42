"""What sample tables say: qPCR folds, cytometry, transwell counts and tumour growth, each arm against its reference.

Folds are compared on the log scale between samples (Welch's t), the technical replicates of a sample averaged first.
Delta-delta Ct: Livak & Schmittgen 2001, Methods 25:402 (recalled): fold = 2^-[(Ct_target - Ct_reference) - the same in the calibrator].
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from exoresist.core.errors import unknown_name
from exoresist.studies.analyse_meta import LabMeta

Row = dict[str, Any]
USUAL_GENES = (
    "GAPDH",
    "ACTB",
    "18S",
    "RNA18S",
    "B2M",
    "HPRT1",
    "TBP",
    "U6",
    "RNU6B",
    "RNU6",
    "RNU48",
    "SNORD44",
    "UBC",
    "PPIA",
    "CEL_MIR_39",
    "CEL-MIR-39",
)


@dataclass
class Effects:
    """rows: what, kind, arm, against, value, low, high, unit, samples, note; courses of tumours: rows arm, animal, day, volume."""

    rows: list[Row] = field(default_factory=list)
    tumours: list[Row] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def effects(meta: LabMeta, tables: Sequence[Mapping[str, Any]]) -> Effects:
    """Every sample table against the reference arm.

    tables  mappings with `file`, `kind` and `rows` as the exchange's readers give them
    """
    found = Effects()
    readers = {"qpcr": _qpcr, "facs": _facs, "transwell": _transwell, "calipers": _calipers}
    for table in tables:
        rows = _with_arms(meta, table, found)
        if rows:
            readers[table["kind"]](meta, rows, table["file"], found)
    return found


def _with_arms(meta: LabMeta, table: Mapping[str, Any], found: Effects) -> list[Row]:
    """Rows that belong to an arm, which is told by the table, by `samples`, or by a sample's name beginning with the arm's."""
    rows, lost = [], set()
    for row in table["rows"]:
        name = _arm_of(meta, row)
        if name is None:
            lost.add(str(row.get("sample") or row.get("arm")))
        else:
            rows.append({**row, "arm": name})
    if lost:
        shown = ", ".join(sorted(lost)[:6])
        found.warnings.append(
            f"{table['file']}: {len(lost)} sample{'s' if len(lost) > 1 else ''} belong to no arm and were left out "
            f"({shown}); name them under `samples`."
        )
    return rows


def _arm_of(meta: LabMeta, row: Mapping[str, Any]) -> str | None:
    for text in (str(row.get("arm") or ""), meta.samples.get(str(row.get("sample"))) or ""):
        arm = meta.arm(text) if text else None
        if arm is not None:
            return arm.id
    sample = "".join(letter for letter in str(row.get("sample") or "").lower() if letter.isalnum())
    names = [
        ("".join(letter for letter in text.lower() if letter.isalnum()), arm.id)
        for arm in meta.arms
        for text in (arm.id, arm.label, *arm.names)
        if text
    ]
    fitting = sorted(((name, arm) for name, arm in names if name and sample.startswith(name)), key=lambda pair: -len(pair[0]))
    return fitting[0][1] if fitting else None


def _reference(meta: LabMeta, arms: Sequence[str]) -> str | None:
    named = meta.comparison["against"] if meta.comparison else None
    return next(
        (arm.id for arm in meta.arms if arm.id in arms and (arm.id == named or (named is None and arm.role == "reference"))), None
    )


def welch(treated: Sequence[float], reference: Sequence[float]) -> tuple[float, float | None, float | None]:
    """Difference of means with its 95 % interval; no interval where a group has fewer than two values."""
    from scipy.stats import t

    a, b = np.asarray(treated, dtype=float), np.asarray(reference, dtype=float)
    difference = float(a.mean() - b.mean())
    if a.size < 2 or b.size < 2:
        return difference, None, None
    parts = a.var(ddof=1) / a.size, b.var(ddof=1) / b.size
    error = math.sqrt(parts[0] + parts[1])
    if error == 0:
        return difference, difference, difference
    freedom = (parts[0] + parts[1]) ** 2 / (parts[0] ** 2 / (a.size - 1) + parts[1] ** 2 / (b.size - 1))
    reach = float(t.ppf(0.975, freedom)) * error
    return difference, difference - reach, difference + reach


def _compare(
    groups: Mapping[str, Sequence[float]],
    reference: str,
    what: str,
    kind: str,
    unit: str,
    log: bool,
    found: Effects,
    note: str = "",
) -> None:
    for arm, values in groups.items():
        if arm == reference or not values or not groups.get(reference):
            continue
        ends = welch(values, groups[reference])
        value, low, high = (None if end is None else math.exp(end) if log else end for end in ends)
        found.rows.append({
            "what": what, "kind": kind, "arm": arm, "against": reference, "value": value, "low": low, "high": high, "unit": unit,
            "samples": f"{len(values)} and {len(groups[reference])}", "note": note,
        })  # fmt: skip


def _no_reference(file: str, found: Effects) -> None:
    found.warnings.append(f"{file}: no sample belongs to the reference arm; nothing could be compared.")


def _qpcr(meta: LabMeta, rows: list[Row], file: str, found: Effects) -> None:
    targets = list(dict.fromkeys(row["target"] for row in rows))
    genes = [target for target in targets if target.upper() in {name.upper() for name in meta.qpcr.reference_genes}]
    if meta.qpcr.reference_genes and not genes:
        raise unknown_name("qpcr.reference_genes: gene", meta.qpcr.reference_genes[0], targets)
    if not genes:
        genes = [target for target in targets if target.upper().replace(" ", "_") in USUAL_GENES]
        if not genes:
            found.warnings.append(
                f"{file}: no reference gene is named (qpcr.reference_genes) and none of {', '.join(targets[:5])} is a usual "
                "one; no folds."
            )
            return
        found.notes.append(f"{file}: {', '.join(genes)} was taken as the reference gene.")
    kept = [row for row in rows if row.get("task", "") not in ("ntc", "no template control", "standard", "blank")]
    cycles: dict[tuple[str, str, str], list[float]] = {}
    silent: dict[tuple[str, str], int] = {}
    for row in kept:
        if row["ct"] is None:
            silent[row["arm"], row["target"]] = silent.get((row["arm"], row["target"]), 0) + 1
        else:
            cycles.setdefault((row["arm"], row["sample"], row["target"]), []).append(row["ct"])
    arms = list(dict.fromkeys(row["arm"] for row in kept))
    calibrator = meta.arm(meta.qpcr.calibrator) if meta.qpcr.calibrator else None
    reference = calibrator.id if calibrator is not None else _reference(meta, arms)
    if reference is None or reference not in arms:
        _no_reference(file, found)
        return
    for target in (one for one in targets if one not in genes):
        groups: dict[str, list[float]] = {}
        for arm, sample in dict.fromkeys((row["arm"], row["sample"]) for row in kept):
            own = cycles.get((arm, sample, target))
            base = [float(np.mean(cycles[arm, sample, gene])) for gene in genes if (arm, sample, gene) in cycles]
            if own and len(base) == len(genes):
                groups.setdefault(arm, []).append(-math.log(2.0) * (float(np.mean(own)) - float(np.mean(base))))
        none = [arm for arm in arms if silent.get((arm, target)) and not groups.get(arm)]
        if reference in none:
            found.warnings.append(
                f"{file}: {target} was detected in no sample of '{reference}'; a fold against nothing does not exist."
            )
        for arm in none:
            if arm != reference:
                found.warnings.append(f"{file}: {target} was not detected in arm '{arm}'.")
        _compare(groups, reference, target, "qPCR, fold", "fold", True, found, f"against {', '.join(genes)}")
    spreads = [max(values) - min(values) for values in cycles.values() if len(values) > 1]
    if spreads and max(spreads) > 1.0:
        found.warnings.append(
            f"{file}: technical replicates of one sample differ by up to {max(spreads):.1f} cycles (half a cycle is usual)."
        )


def _facs(meta: LabMeta, rows: list[Row], file: str, found: Effects) -> None:
    arms = list(dict.fromkeys(row["arm"] for row in rows))
    reference = _reference(meta, arms)
    if reference is None:
        _no_reference(file, found)
        return
    for population, statistic in dict.fromkeys((row["population"], row["statistic"]) for row in rows):
        mine = [
            row for row in rows if (row["population"], row["statistic"]) == (population, statistic) and row["value"] is not None
        ]
        log = statistic != "percent"
        if log and any(row["value"] <= 0 for row in mine):
            found.warnings.append(
                f"{file}: {population} has intensities of zero or less (compensation); a ratio cannot be formed."
            )
            continue
        groups: dict[str, list[float]] = {
            arm: [math.log(row["value"]) if log else row["value"] for row in mine if row["arm"] == arm] for arm in arms
        }
        unit = "ratio" if log else "percentage points"
        _compare(groups, reference, population, f"cytometry, {'intensity' if log else 'positive cells'}", unit, log, found)


def _transwell(meta: LabMeta, rows: list[Row], file: str, found: Effects) -> None:
    arms = list(dict.fromkeys(row["arm"] for row in rows))
    reference = _reference(meta, arms)
    if reference is None:
        _no_reference(file, found)
        return
    inserts: dict[tuple[str, str, str], list[float]] = {}
    for row in rows:
        if row["value"] is not None:
            inserts.setdefault((row["arm"], row["sample"], row["insert"]), []).append(row["value"])
    groups: dict[str, list[float]] = {arm: [] for arm in arms}
    for (arm, _, _), values in inserts.items():
        # Half a cell is added so that an insert without any still has a logarithm.
        groups[arm].append(math.log((sum(values) + 0.5) / len(values)))
    _compare(
        groups, reference, "cells through the membrane", "transwell", "ratio", True, found, "mean per field, inserts compared"
    )


def _calipers(meta: LabMeta, rows: list[Row], file: str, found: Effects) -> None:
    """Growth rates of single animals (slope of log volume), doubling times, and volumes at the last common day."""
    arms = list(dict.fromkeys(row["arm"] for row in rows))
    found.tumours += [
        {"arm": row["arm"], "animal": row["sample"], "day": row["day"], "volume": row["value"]}
        for row in rows
        if row["value"] is not None
    ]
    rates: dict[str, list[float]] = {arm: [] for arm in arms}
    gone = 0
    for arm, animal in dict.fromkeys((row["arm"], row["sample"]) for row in rows):
        points = [
            (row["day"], row["value"])
            for row in rows
            if (row["arm"], row["sample"]) == (arm, animal) and row["value"] is not None
        ]
        gone += sum(value == 0 for _, value in points)
        seen = [(day, math.log(value)) for day, value in points if value > 0]
        if len(seen) >= 2 and len({day for day, _ in seen}) >= 2:
            rates[arm].append(float(np.polyfit([day for day, _ in seen], [value for _, value in seen], 1)[0]))
    if gone:
        found.warnings.append(
            f"{file}: {gone} volumes of 0 (no tumour to be felt) have no logarithm and are not in the growth rates."
        )
    reference = _reference(meta, arms)
    for arm in arms:
        if rates[arm]:
            mean = float(np.mean(rates[arm]))
            found.rows.append({
                "what": "tumour growth rate", "kind": "calipers", "arm": arm, "against": "", "value": mean, "low": None,
                "high": None, "unit": "1/day",
                "samples": str(len(rates[arm])),
                "note": f"doubles in {math.log(2) / mean:.3g} days" if mean > 0 else "does not grow",
            })  # fmt: skip
    if reference is None:
        _no_reference(file, found)
        return
    _compare(rates, reference, "tumour growth rate, difference", "calipers", "1/day", False, found)
    last = [max((row["day"] for row in rows if row["arm"] == arm), default=0.0) for arm in arms]
    common = min(last)
    groups = {
        arm: [math.log(row["value"]) for row in rows if row["arm"] == arm and row["day"] == common and row["value"]]
        for arm in arms
    }
    _compare(groups, reference, f"tumour volume on day {common:g}", "calipers", "ratio", True, found)
