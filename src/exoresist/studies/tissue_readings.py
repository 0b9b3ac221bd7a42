"""What is read from a tissue as it stands: one row of numbers, the level of a pump in every cell, means by distance from the middle."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from exoresist.studies.tissue_setup import Setup
from exoresist.tissue.cells import APOPTOTIC, LIVING
from exoresist.tissue.interior import Contents
from exoresist.tissue.killing import Killing
from exoresist.tissue.phagocytosis import Phagocytosis
from exoresist.tissue.plasma import GIVEN, Plasma
from exoresist.tissue.sharing import in_place
from exoresist.tissue.state import Tissue
from exoresist.tissue.vessels import Signal, Vessels

Array = NDArray[np.float64]
Row = dict[str, float | str]
RINGS = 16  # of the radial profiles
UM_IN_NM = 1000.0


def readings(setup: Setup) -> Row:
    """Numbers of a tissue at its time: cells by type and state, size, fields, vesicles, what killers and phagocytes did."""
    tissue = setup.tissue
    cells = tissue.cells
    row: Row = {"time_h": tissue.time}
    living = cells.state == LIVING
    for index, one in enumerate(tissue.types):
        own = cells.kind == index
        row[f"{one.id}_living"] = int((own & living).sum())
        row[f"{one.id}_apoptotic"] = int((own & (cells.state == APOPTOTIC)).sum())
        row[f"{one.id}_necrotic"] = int((own & (cells.state > APOPTOTIC)).sum())
        row[f"{one.id}_biomass"] = float(cells.biomass[own & living].sum())
    row["living"] = int(living.sum())
    row["dead"] = int((~living).sum())
    if living.any():
        centre = cells.position[:, living].mean(axis=1, keepdims=True)
        away = np.sqrt(((cells.position[:, living] - centre) ** 2).sum(axis=0))
        row["radius_um"] = float(np.quantile(away, 0.95))
    for field in tissue.steady.fields:
        row[f"{field.name}_lowest"] = float(field.values.min())
    lactate = tissue.steady.find("lactate")
    if lactate is not None and tissue.chemistry is not None:
        row["ph_lowest"] = float(tissue.chemistry.ph(lactate).min())
    for part in tissue.extra:
        if isinstance(part, Vessels) and part.growth is not None:
            row |= _to_vessels(tissue, part, part.growth.signal)
    if tissue.steady.find("oxygen") is not None:
        row["hypoxic"] = int(_hypoxic(tissue).sum())
    for index, name in enumerate(tissue.medium.names):
        if name.count(".") == 1:
            row[f"{name}_mean"] = float(tissue.medium.amounts[index].mean() / tissue.medium.voxel_ml)
    for antibody, pools in _on_vesicles(tissue).items():
        row[f"medium.{antibody}_on_vesicles_mean"] = float(
            tissue.medium.amounts[pools].sum(axis=0).mean() / tissue.medium.voxel_ml
        )
    for name, values in _of_cells(tissue):
        row[name] = float(values.mean()) if len(values) else 0.0
    row |= _of_parts(setup)
    descended, converted = resistant(setup)
    if descended is not None and converted is not None:
        row["resistant_descended"], row["resistant_converted"] = int(descended.sum()), int(converted.sum())
    return row


def _on_vesicles(tissue: Tissue) -> dict[str, list[int]]:
    """Antibody -> rows of the medium with what vesicles of all makers hold of it."""
    found: dict[str, list[int]] = {}
    for index, name in enumerate(tissue.medium.names):
        _, _, antibody = name.partition(".antibody_")
        if antibody:
            found.setdefault(antibody, []).append(index)
    return found


def _to_vessels(tissue: Tissue, vessels: Vessels, signal: Signal) -> Row:
    """Points of wall, the mean signal to sprout at them, and what of it vesicles bring: nM of VEGF, or of what acts like so much."""
    of_vesicles = {name: weight for name, weight in signal.weights.items() if name.startswith("medium.vesicles_")}
    brought = Signal(of_vesicles, signal.blocks)
    at = vessels.voxels(tissue)
    levels = [float(one(tissue).reshape(-1)[at].mean()) for one in (signal, brought)]
    return {"vessel_points": len(vessels), "wall_signal": levels[0], "wall_signal_of_vesicles": levels[1]}


def _hypoxic(tissue: Tissue) -> NDArray[np.bool_]:
    """(cells,) living ones with less oxygen than that at which hypoxic stress begins."""
    oxygen = tissue.steady.find("oxygen")
    result = np.zeros(len(tissue.cells), dtype=bool)
    for index, one in enumerate(tissue.types):
        if oxygen is not None and one.oxygenation is not None:
            own = tissue.of_type(index)
            result[own] = oxygen.reshape(-1)[tissue.voxels(own)] < one.oxygenation.hypoxic
    return result


def _of_cells(tissue: Tissue) -> Iterator[tuple[str, Array]]:
    """(name, one value for each living cell of a type): vesicles released, their diameter, vesicles of others and drug held."""
    for index, contents in tissue.contents.items():
        who = tissue.types[index].id
        released, diameter = _released(contents, who)
        yield f"{who}_release_per_h", released
        yield f"{who}_diameter_nm", diameter
        for other in tissue.types:
            pool = f"{who}.endosome_{other.id}"
            if pool in contents.states:
                yield f"{who}_holds_of_{other.id}", contents.row(pool) / contents.row(contents.interior.cells)
        drugs = {part.element for part in contents.interior.network.pools.values() if part.element.startswith("drug:")}
        for drug in sorted(drugs):
            held = [pool for pool in contents.interior.remains if contents.interior.network.pools[pool].element == drug]
            total = sum((contents.row(pool) for pool in held), np.zeros(contents.count))
            yield f"{who}_{drug.removeprefix('drug:')}_pmol", total
    yield from _antibodies(tissue)


def _antibodies(tissue: Tissue) -> Iterator[tuple[str, Array]]:
    """(name, one value for each living cell of a type): share of the antigen that an antibody holds, complement left for it."""
    antibodies = list(_on_vesicles(tissue))
    if not antibodies:
        return
    with in_place(tissue):
        for index, contents in tissue.contents.items():
            who = tissue.types[index].id
            for antibody in antibodies:
                if f"{who}.surface_{antibody}" in contents.states:
                    read = contents.read([f"{who}.{antibody}.occupancy", f"medium.complement_{antibody}"])
                    yield f"{who}_{antibody}_occupancy", read[0]
                    yield f"{who}_{antibody}_complement", read[1]


def _released(contents: Contents, who: str) -> tuple[Array, Array]:
    """Vesicles per biomass and hour, and their median diameter in nm, of every living cell of a type."""
    slots = contents.compiled.slot_of
    released, diameter = np.zeros(contents.count), np.zeros(contents.count)
    if f"rate:{who}.secretion" in slots:
        released = (
            contents.read([f"rate:{who}.secretion"])[0] * contents.row(f"{who}.ilv") / contents.row(contents.interior.cells)
        )
    if f"{who}.diameter" in slots:
        diameter = UM_IN_NM * contents.read([f"{who}.diameter"])[0]
    return released, diameter


def _of_parts(setup: Setup) -> Row:
    row: Row = {}
    tissue = setup.tissue
    for part in tissue.extra:
        if isinstance(part, Killing):
            row["killed"] = float(row.get("killed", 0)) + part.killed
        elif isinstance(part, Phagocytosis):
            row["engulfed"] = float(row.get("engulfed", 0)) + part.engulfed
    for name, part in setup.plasmas.items():
        assert isinstance(part, Plasma)
        row[f"plasma_{name}"] = part.level(tissue.time)
        row[f"doses_{name}"] = int((part.decided == GIVEN).sum())
    return row


def pump_level(setup: Setup) -> tuple[str, Array, float] | None:
    """(cargo, copies per biomass of every cell, level that parts resistant from sensitive) of the first pump, or None.

    The level is the geometric mean of the lowest and the highest start level of the populations. Dead cells have NaN.
    """
    tissue = setup.tissue
    for cargo in next(iter(setup.models.values())).layout.cargo:
        if cargo.type != "pump_protein":
            continue
        level = np.full(len(tissue.cells), np.nan)
        starts = []
        for index, contents in tissue.contents.items():
            pool = f"{tissue.types[index].id}.{cargo.id.replace('-', '_')}"
            if pool not in contents.states:
                return None  # kept apart by origin
            owner = contents.owner[: contents.count]
            level[owner] = contents.row(pool) / contents.row(contents.interior.cells)
            starts.append(float(contents.interior.start.get(pool, 0.0)))
        if len(starts) > 1 and min(starts) > 0.0 and max(starts) > 1.5 * min(starts):
            return cargo.id, level, float(np.sqrt(min(starts) * max(starts)))
    return None


def resistant(setup: Setup) -> tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None]:
    """(resistant by descent, by conversion) of every cell: its pump level above the mark, its lineage's start level above or below."""
    found = pump_level(setup)
    if found is None:
        return None, None
    cargo, level, mark = found
    tissue = setup.tissue
    born = np.zeros(len(tissue.types), dtype=bool)
    for index, contents in tissue.contents.items():
        born[index] = contents.interior.start.get(f"{tissue.types[index].id}.{cargo.replace('-', '_')}", 0.0) > mark
    above = np.nan_to_num(level, nan=0.0) > mark
    return above & born[tissue.cells.kind], above & ~born[tissue.cells.kind]


def radial_profile(setup: Setup) -> list[Row]:
    """Means over living cells by distance from their middle: fields, pump level, vesicles released, and the share of every type."""
    tissue = setup.tissue
    cells = tissue.cells
    living = np.flatnonzero(cells.state == LIVING)
    if len(living) < 2:
        return []
    centre = cells.position[:, living].mean(axis=1, keepdims=True)
    away = np.sqrt(((cells.position[:, living] - centre) ** 2).sum(axis=0))
    edges = np.linspace(0.0, float(away.max()) + 1e-9, RINGS + 1)
    ring = np.clip(np.searchsorted(edges, away, side="right") - 1, 0, RINGS - 1)
    values = _by_cell(setup, living)
    rows: list[Row] = []
    for index in range(RINGS):
        own = ring == index
        if own.any():
            means = {name: float(value[own].mean()) for name, value in values.items()}
            rows.append({"distance_um": float(0.5 * (edges[index] + edges[index + 1])), "cells": int(own.sum()), **means})
    return rows


def _by_cell(setup: Setup, living: NDArray[np.intp]) -> dict[str, Array]:
    tissue = setup.tissue
    voxel = tissue.voxels(living)
    values = {one.name: one.values.reshape(-1)[voxel] for one in tissue.steady.fields}
    if tissue.chemistry is not None and "lactate" in values:
        values["ph"] = tissue.chemistry.ph(values["lactate"])
    for name, amounts in zip(tissue.medium.names, tissue.medium.flat(), strict=True):
        if name.count(".") == 1:
            values[name.removeprefix("medium.")] = amounts[voxel] / tissue.medium.voxel_ml
    released, diameter = np.zeros(len(tissue.cells)), np.zeros(len(tissue.cells))
    for index, contents in tissue.contents.items():
        owner = contents.owner[: contents.count]
        released[owner], diameter[owner] = _released(contents, tissue.types[index].id)
        if len(tissue.types) > 1:
            values[f"share_of_{tissue.types[index].id}"] = (tissue.cells.kind[living] == index).astype(float)
    values["release_per_h"], values["diameter_nm"] = released[living], diameter[living]
    found = pump_level(setup)
    if found is not None:
        values["resistant_share"] = (found[1][living] > found[2]).astype(float)
        values["pump_level"] = found[1][living]
    return values
