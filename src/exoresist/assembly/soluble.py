"""Soluble factors of the medium: made by cells, added, cleared, taken up; they cross a porous membrane like any molecule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from exoresist.assembly.book import Book
from exoresist.assembly.drugs import transwell_drug_parts
from exoresist.assembly.layout import Layout, Population, Side, exchange_pools
from exoresist.assembly.scenario import FactorEntry
from exoresist.laws import kinetics, signals
from exoresist.network import Amount, Event, Pool, Process
from exoresist.network.parts import Part

SCALE = 1e-6  # pmol: a picomolar in a well


def parts(layout: Layout, book: Book) -> list[Part]:
    """Pools and processes of every factor of the scenario; none without factors."""
    result: list[Part] = []
    for factor in layout.factors:
        book.plain(carried(factor), 0.0, "nM")
        result += exchange_pools(("made", "cleared", "removed"), _element(factor), "pmol", SCALE)
        for side in layout.sides:
            result += _medium_parts(layout, book, side, factor)
        for population in layout.populations:
            result += _cell_parts(layout, book, population, factor)
        if len(layout.sides) == 2:
            result += transwell_drug_parts(layout, book, f"factor_{factor}", *layout.sides)
    return result


def carried(factor: str) -> str:
    """Parameter with the concentration that the medium holds at time 0, because other cells conditioned it, nM."""
    return f"{factor}.carried"


def events(layout: Layout, values: Mapping[str, Any], entry: FactorEntry) -> list[Event]:
    """A factor that comes with conditioned medium, is added, and is washed out. values: of every parameter, single or over sets."""
    pools = {side.id: layout.factor(side, entry.id) for side in layout.sides}
    listed = []
    brought = values[carried(entry.id)]
    if np.any(brought):
        # Conditioned medium is given in a well: it has one side.
        first = layout.sides[0]
        listed.append(Event(0.0, add={pools[first.id]: brought * values[first.volume]}, label=f"{entry.id} brought"))
    if entry.dose > 0.0:
        added = {pools[side.id]: entry.dose * values[side.volume] for side in layout.sides}
        listed.append(Event(entry.at, add=added, label=f"{entry.id} added"))
    if entry.until is not None:
        listed.append(Event(entry.until, remove={pool: 1.0 for pool in pools.values()}, label=f"{entry.id} out"))
    return listed


def _element(factor: str) -> str:
    return f"factor:{factor}"


def _medium_parts(layout: Layout, book: Book, side: Side, factor: str) -> list[Part]:
    pool = layout.factor(side, factor)
    decay = book.number(
        f"{factor}.clearance_rate", "factor_clearance_rate", "1/h", f"factor:{factor}", "factor", use="factor_clearance"
    )
    return [
        Pool(pool, "pmol", element=_element(factor), size=side.volume, scale=SCALE),
        Process(
            f"{pool}.factor_clearance",
            pool,
            layout.exchange("cleared", _element(factor)),
            kinetics.constant,
            {"rate": decay},
            specific=True,
        ),
    ]


def _cell_parts(layout: Layout, book: Book, population: Population, factor: str) -> list[Part]:
    """Secretion and uptake by one population, where the catalogue gives its kind of cell any."""
    who, pool = population.id, layout.factor(population.side, factor)
    line, cells = f"cell_line:{population.cell_line}", Amount(population.cells)
    result: list[Part] = []
    subjects = (f"{line}|factor:{factor}", f"factor:{factor}", "factor")
    secretion = book.quantity("factor_secretion_rate", *subjects)
    if secretion.value > 0.0 or secretion.is_uncertain:
        rate = book.number(
            f"{who}.{factor}.secretion_rate", "factor_secretion_rate", "pmol/cell/h", *subjects, use="factor_secretion"
        )
        result.append(
            Process(
                f"{who}.factor_secretion_{factor}",
                layout.exchange("made", _element(factor)),
                pool,
                kinetics.product,
                {"first": rate, "second": cells},
                name="factor_secretion",
            )
        )
    taken = book.quantity("factor_uptake_clearance", *subjects)
    if taken.value > 0.0 or taken.is_uncertain:
        clearance = book.number(
            f"{who}.{factor}.uptake_clearance", "factor_uptake_clearance", "mL/h/cell", *subjects, use="factor_uptake"
        )
        result.append(
            Process(
                f"{who}.factor_uptake_{factor}",
                pool,
                layout.exchange("cleared", _element(factor)),
                signals.uptake_by_cells,
                {"clearance": clearance, "cells": cells, "volume": population.side.volume},
                specific=True,
                name="factor_uptake",
            )
        )
    return result
