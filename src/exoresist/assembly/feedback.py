"""The loop through release: what cells let go changes their surroundings, and that changes what they let go.

Absent unless a scenario sets `release_loop_gain`. One node per medium: its remodelling, 1 in an undisturbed culture.
"""

from __future__ import annotations

from collections.abc import Collection

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Layout
from exoresist.laws import delivery, kinetics
from exoresist.network import Amount, Derived, Modulation, Node, RateOf, Sum
from exoresist.network.parts import Part, Reference


def feedback_parts(layout: Layout, book: Book, asked: Collection[str]) -> list[Part]:
    """More release than expected raises the stress of the medium within its time; the stress raises vesicle formation."""
    if "release_loop_gain" not in asked:
        return []
    gain = book.number("loop.gain", "release_loop_gain", "dimensionless", "medium", use="ilv_formation")
    most = book.number("loop.most", "remodelling_most", "dimensionless", "medium", use="ilv_formation")
    time = book.number("loop.time", "remodelling_time", "h", "medium", use="ilv_formation")
    parts: list[Part] = []
    for side in layout.sides:
        here = [population for population in layout.populations if population.side == side]
        if not here:
            continue
        for population in here:
            who = population.id
            inputs: dict[str, Reference] = {
                "formation": f"{who}.ilv_formation_rate",
                "secretion": f"{who}.secretion_rate",
                "degradation": f"{who}.lysosomal_degradation_rate",
                "growth": RateOf(f"{who}.growth"),
                "cells": Amount(population.cells),
            }
            parts.append(Derived(f"{who}.expected_release", delivery.expected_release, inputs))
            parts.append(Derived(f"{who}.release", kinetics.first_order, {
                "rate": RateOf(f"{who}.secretion"), "amount": Amount(layout.ilv(population)),
            }))  # fmt: skip
            for route in ("escrt", "ceramide"):
                process = f"{who}.ilv_formation_{route}"
                parts.append(Modulation(process, kinetics.constant, {"rate": f"{side.id}.remodelling"}, tag="stress:remodelling"))
        regulator: dict[str, Reference] = {
            "released": f"{side.id}.release",
            "expected": f"{side.id}.expected_release",
            "gain": gain,
            "most": most,
        }
        parts += [
            Sum(f"{side.id}.release", [f"{population.id}.release" for population in here]),
            Sum(f"{side.id}.expected_release", [f"{population.id}.expected_release" for population in here]),
            Node(f"{side.id}.remodelling", time, [(delivery.remodelling, regulator)]),
        ]
    return parts
