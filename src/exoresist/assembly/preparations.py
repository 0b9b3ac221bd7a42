"""Preparations of vesicles: what each vesicle carries, what else is among them, where and when they are added."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.layout import Layout, Side, VesicleClass
from exoresist.assembly.scenario import Load, VesicleEntry
from exoresist.assembly.start import preparation_load
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.core.units import convert

Array = NDArray[np.float64]
Values = Mapping[str, "float | Array"]
Loads = Mapping[str, Mapping[str, "float | Array"]]


def classes(entry: VesicleEntry, catalog: Catalog) -> list[VesicleClass]:
    """The preparation's vesicles and, where it is not pure, the other particles in it."""
    donor = catalog.cell_line(entry.donor).id
    ligand = catalog.ligand(entry.ligand).id if entry.ligand is not None else ""
    found = [VesicleClass(entry.id, donor, ligand=ligand)]
    if entry.purity is not None and entry.purity < 1.0:
        found.append(VesicleClass(impurity(entry), catalog.cell_line(entry.impurity or donor).id))
    return found


def impurity(entry: VesicleEntry) -> str:
    """Id of the class of the particles that are not the vesicles asked for."""
    return f"{entry.id}_impurity"


def added(
    entry: VesicleEntry, layout: Layout, side: Side, count: float | Array, values: Values, loads: Loads
) -> dict[str, float | Array]:
    """Amounts that come with a preparation of `count` particles: vesicles, the other particles, and what all of them carry.

    loads  preparation or impurity -> passenger kind -> amount per vesicle, in place of what their makers load
    """
    result: dict[str, float | Array] = {}
    purity = 1.0 if entry.purity is None else entry.purity
    for group in layout.classes:
        if group.id not in (entry.id, impurity(entry)):
            continue
        part = count if purity == 1.0 else count * (purity if group.id == entry.id else 1.0 - purity)
        pool = layout.vesicles(side, group)
        load = dict(loads.get(group.id) or preparation_load(layout, group, values))
        if group.id == entry.id:
            for item in entry.loads or ():
                load |= _put_in(item, layout, values)
        result[pool] = part
        result |= {layout.content(pool, kind): part * each for kind, each in load.items()}
    return result


def _put_in(item: Load, layout: Layout, values: Values) -> dict[str, float | Array]:
    """Passenger kinds and amounts of one load: copies of a cargo, or a drug shared into its exchangeable and retained parts."""
    number, unit = item.per_vesicle
    if number < 0.0:
        raise InputError(f"a vesicle cannot carry {number:g} {unit} of '{item.id}'", "0 or more", "Check the number")
    if item.id in layout.drugs:
        held = convert(number, unit, "pmol/particle")
        kept = values[f"{item.id}.vesicle_retained_fraction"]
        return {f"exchangeable:{item.id}": held * (1.0 - np.asarray(kept)), f"retained:{item.id}": held * np.asarray(kept)}
    cargo = next((cargo for cargo in layout.cargo if cargo.id == item.id), None)
    if cargo is None:
        raise InputError(
            f"'{item.id}' cannot be put into vesicles", "a cargo or a small drug of the scenario", "Name one of them"
        )
    origin = layout.origins[0]
    return {cargo.element + (f"_{origin}" if origin else ""): convert(number, unit, "copy/particle")}


def added_to(entry: VesicleEntry, layout: Layout, own: Side) -> Side:
    """Where a preparation goes: the organ named, plasma in a circulation, else the recipients' medium."""
    if entry.into is not None:
        return layout.side(entry.into)
    return next((side for side in layout.sides if side.blood), own)


def dosed(layout: Layout) -> list[Side]:
    """Where a drug is given: into the blood where there is some, else into every medium."""
    return [side for side in layout.sides if side.blood] or layout.sides
