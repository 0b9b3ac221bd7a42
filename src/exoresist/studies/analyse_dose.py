"""How many vesicles a recipient got: from particle tables, volumes and cells, with what that means in donor cells.

per recipient   = concentration * volume added / recipients
per donor       = concentration * volume of the preparation / donors
membrane        = vesicles * pi <d^2> / surface of a donor cell   (donor-membrane equivalents per recipient)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.core.quantity import Quantity
from exoresist.studies.analyse_meta import LabMeta, Preparation

Row = dict[str, Any]
Z95, Z90 = 1.959964, 1.644854
NM_PER_UM = 1000.0


@dataclass
class Doses:
    """What was counted and what follows.

    preparations  rows id, file, captures, per_ml, low, high, mean_nm, mode_nm, d10_nm, d50_nm, d90_nm, size_from, per_donor (low, high),
                  per_donor_hour
    arms          rows arm, per_cell, low, high, membrane, membrane_low, membrane_high, donors (donors' output per recipient)
    sizes         rows preparation, diameter (nm), share (of all per nm)
    """

    preparations: list[Row] = field(default_factory=list)
    arms: list[Row] = field(default_factory=list)
    sizes: list[Row] = field(default_factory=list)
    used: list[tuple[Quantity, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def doses(meta: LabMeta, tables: Sequence[Mapping[str, Any]], catalog: Catalog, donor_line: str | None) -> Doses:
    """Counts and doses of every preparation and arm.

    tables      particle tables as plain mappings (`file` and the fields of the exchange's ParticleTable)
    donor_line  the donors' line in the catalogue, None if it knows none
    raises      InputError where a preparation names a file that was not given
    """
    found = Doses()
    given = {table["file"] for table in tables}
    named = {name for preparation in meta.vesicles for name in preparation.particles}
    preparations = list(meta.vesicles)
    if not preparations and tables:
        preparations = [Preparation(id="preparation")]
        found.notes.append("meta.yaml describes no preparation (key `vesicles`); particles are reported without a dose.")
    for preparation in preparations:
        lost = [name for name in preparation.particles if name not in given]
        if lost:
            raise InputError(
                f"preparation '{preparation.id}' names {lost[0]}, which was not given",
                f"files given: {', '.join(sorted(given)) or 'none'}",
                "Add it",
            )
        mine = [table for table in tables if table["file"] in preparation.particles]
        if not preparation.particles and len(preparations) == 1:
            mine = [table for table in tables if table["file"] not in named]
        row = _preparation(preparation, mine, catalog, donor_line, found)
        if row is not None:
            found.preparations.append(row)
    _arms(meta, found, catalog, donor_line)
    return found


def _preparation(
    preparation: Preparation, tables: Sequence[Mapping[str, Any]], catalog: Catalog, donor: str | None, found: Doses
) -> Row | None:
    values = [value * _dilution(preparation, table, found) for table in tables for value in table["captures"]]
    error = catalog.parameter("particle_count_spread", "vesicle")
    found.used.append((error, "interval of particle counts"))
    if not values and preparation.concentration is not None:
        values = [preparation.concentration]
    if not values:
        if preparation.id != "preparation":
            found.warnings.append(
                f"Preparation '{preparation.id}' has neither a particle table nor a concentration: its dose is unknown."
            )
        return None
    mean = math.fsum(values) / len(values)
    spread = math.hypot(error.value, _relative_error(values))
    per_ml = (mean, mean * math.exp(-Z95 * spread), mean * math.exp(Z95 * spread))
    size = _size(preparation, tables, catalog, found)
    row: Row = {
        "id": preparation.id, "file": ", ".join(dict.fromkeys(table["file"] for table in tables)), "captures": len(values),
        "per_ml": per_ml[0],
        "low": per_ml[1], "high": per_ml[2], "spread": spread, "isolation": preparation.isolation, "donor": preparation.donor,
        **size,
        "per_donor": None, "per_donor_low": None, "per_donor_high": None, "per_donor_hour": None,
    }  # fmt: skip
    if preparation.donor_cells and preparation.resuspended:
        factor = preparation.resuspended / preparation.donor_cells
        row.update(per_donor=per_ml[0] * factor, per_donor_low=per_ml[1] * factor, per_donor_high=per_ml[2] * factor)
        if preparation.conditioned:
            row["per_donor_hour"] = row["per_donor"] / preparation.conditioned
            reported = catalog.parameter("secretion_reported", "cell")
            found.used.append((reported, "what lines are reported to release"))
            if not reported.low <= row["per_donor_hour"] <= reported.high:
                side = "more" if row["per_donor_hour"] > reported.high else "less"
                found.warnings.append(
                    f"Preparation '{preparation.id}' holds {row['per_donor_hour']:.3g} particles per donor and hour, {side} "
                    "than cells are reported to "
                    f"release ({reported.low:g} to {reported.high:g}, blood cells). Protein aggregates and lipoproteins of "
                    "serum count as particles; so does dust in the buffer."
                )
    return row


def _dilution(preparation: Preparation, table: Mapping[str, Any], found: Doses) -> float:
    """What the printed concentrations are to be multiplied with."""
    printed, own = table["dilution"], preparation.dilution
    applied = preparation.dilution_applied if preparation.dilution_applied is not None else table["adjusted"]
    if own is not None and printed is not None and not math.isclose(own, printed, rel_tol=1e-6):
        found.warnings.append(
            f"{table['file']} states a dilution of {printed:g}, meta.yaml one of {own:g}; that of meta.yaml was used."
        )
    factor = own if own is not None else printed
    if applied:
        return 1.0
    if factor is None:
        found.warnings.append(
            f"No dilution is known for {table['file']}: its particles were taken as those of the undiluted sample. If it was "
            "diluted for counting, "
            "give `dilution` in meta.yaml; every dose is low by that factor."
        )
        return 1.0
    if preparation.dilution_applied is None and factor > 1:
        why = (
            "ZetaView's text file holds those of the diluted sample"
            if table["instrument"] == "ZetaView"
            else "the file does not say"
        )
        found.warnings.append(
            f"The concentrations of {table['file']} were multiplied with the dilution of {factor:g} ({why}). If the program "
            "had done so already, write "
            "`dilution_applied: true` in meta.yaml: every dose is then lower by that factor; if not, write "
            "`dilution_applied: false`."
        )
    return float(factor)


def _relative_error(values: Sequence[float]) -> float:
    if len(values) < 2:
        return 0.0
    mean = math.fsum(values) / len(values)
    variance = math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
    return math.sqrt(variance / len(values)) / mean


def _size(preparation: Preparation, tables: Sequence[Mapping[str, Any]], catalog: Catalog, found: Doses) -> Row:
    """Moments and percentiles of the diameter, from the bins, the printed figures, or the catalogue, in that order."""
    binned = next((table for table in tables if table["diameters"]), None)
    if binned is not None and sum(binned["density"]) > 0:
        return _from_bins(preparation.id, binned["diameters"], binned["density"], found)
    stated = {key: value for table in tables for key, value in table["stated"].items()}
    if "mean" in stated or "d50" in stated:
        centre = stated.get("mean", stated.get("d50", 0.0))
        square = centre**2 + stated.get("sd", 0.0) ** 2
        return {
            "mean_nm": centre,
            "square_nm2": square,
            "mode_nm": stated.get("mode"),
            "d10_nm": stated.get("d10"),
            "d50_nm": stated.get("d50"),
            "d90_nm": stated.get("d90"),
            "size_from": "figures of the instrument",
        }
    median, sigma = catalog.parameter("diameter_median", "vesicle"), catalog.parameter("diameter_sigma", "vesicle")
    found.used += [(median, "size of vesicles that nobody measured"), (sigma, "size of vesicles that nobody measured")]
    nm = NM_PER_UM * median.value
    return {
        "mean_nm": nm * math.exp(0.5 * sigma.value**2), "square_nm2": nm**2 * math.exp(2.0 * sigma.value**2), "mode_nm": None,
        "d10_nm": None,
        "d50_nm": nm, "d90_nm": None, "size_from": "catalogue (assumed)",
    }  # fmt: skip


def _from_bins(name: str, diameters: Sequence[float], density: Sequence[float], found: Doses) -> Row:
    total = math.fsum(density)
    running, percentiles = 0.0, {}
    for size, amount in zip(diameters, density, strict=True):
        before, running = running, running + amount / total
        for mark in (0.1, 0.5, 0.9):
            if before < mark <= running:
                percentiles[mark] = size
    widths = [b - a for a, b in itertools.pairwise(diameters)] or [1.0]
    widths.append(widths[-1])
    # Bins may be of any width: what is drawn is the share per nm.
    found.sizes += [
        {"preparation": name, "diameter": size, "share": amount / total / max(width, 1e-9)}
        for size, amount, width in zip(diameters, density, widths, strict=True)
    ]
    per_nm = [amount / max(width, 1e-9) for amount, width in zip(density, widths, strict=True)]
    return {
        "mean_nm": math.fsum(size * amount for size, amount in zip(diameters, density, strict=True)) / total,
        "square_nm2": math.fsum(size**2 * amount for size, amount in zip(diameters, density, strict=True)) / total,
        "mode_nm": diameters[per_nm.index(max(per_nm))], "d10_nm": percentiles.get(0.1), "d50_nm": percentiles.get(0.5),
        "d90_nm": percentiles.get(0.9),
        "size_from": "size distribution",
    }  # fmt: skip


def _arms(meta: LabMeta, found: Doses, catalog: Catalog, donor: str | None) -> None:
    by_id = {row["id"]: row for row in found.preparations}
    area = catalog.parameter("cell_area", *([f"cell_line:{donor}"] if donor else []), "cell")
    for arm in meta.arms:
        row = by_id.get(arm.vesicles or "")
        if arm.per_cell is not None:
            spread, number = (row["spread"] if row else 0.0), arm.per_cell
        elif row is not None and arm.added is not None and meta.cells_per_well:
            spread, number = row["spread"], row["per_ml"] * arm.added / meta.cells_per_well
        else:
            if arm.vesicles is not None:
                lacks = [
                    what
                    for what, there in (
                        ("its particles", row),
                        ("added (volume per well)", arm.added),
                        ("cells_per_well", meta.cells_per_well),
                    )
                    if not there
                ]
                found.warnings.append(f"The dose of arm '{arm.id}' is unknown: {', '.join(lacks)} missing.")
            continue
        square = (row or _size(Preparation(id="none"), [], catalog, found))["square_nm2"] / NM_PER_UM**2
        wide = math.hypot(spread, math.log(area.high / area.low) / (2.0 * Z90))
        membrane = number * math.pi * square / area.value
        found.used.append((area, "surface of a donor cell, for donor-membrane equivalents"))
        entry = {
            "arm": arm.id, "label": arm.label or arm.id, "preparation": arm.vesicles or "", "per_cell": number,
            "low": number * math.exp(-Z95 * spread),
            "high": number * math.exp(Z95 * spread), "membrane": membrane, "membrane_low": membrane * math.exp(-Z95 * wide),
            "membrane_high": membrane * math.exp(Z95 * wide),
            "donors": number / row["per_donor"] if row and row["per_donor"] else None,
            "volume_share": arm.added / meta.volume if arm.added and meta.volume else None, "square_um2": square,
        }  # fmt: skip
        found.arms.append(entry)
        if membrane > 1.0:
            found.warnings.append(
                f"Arm '{arm.label or arm.id}' gets {membrane:.2g} donor cells' worth of membrane per recipient. Donors "
                "beside recipients cannot give that much; "
                "an effect at this dose says little about the dish or the tumour."
            )
        if entry["volume_share"] is not None and entry["volume_share"] > 0.2:
            found.warnings.append(
                f"The preparation makes up {100 * entry['volume_share']:.0f} % of the medium in arm '{arm.id}': its buffer "
                "alone may act."
            )
