"""Small-signal gain of every axis: what a small rise of the head does to the last node is the product of its edges' log gains."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.assembly.axes import is_mirna
from exoresist.assembly.claim import RECIPIENT, Runnable, wire
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.laws import kinetics
from exoresist.studies.claim_effects import raised
from exoresist.studies.claim_twins import signature

STEP = 1e-4


def key(name: str) -> str:
    return f"{RECIPIENT}.{name.replace('-', '_')}"


def occupancy(one: Runnable, name: str, level: float, sponge: str = "", sponge_level: float = 1.0) -> float:
    """Share of a miRNA's sites that hold it, from the law of binding alone: its own level and a sponge's as folds."""
    numbers = {identifier: part.value for identifier, part in one.model.network.parameters.items()}
    sites = numbers["mirna.background_sites"]
    for source in {source for source, target in one.chains.edges if target == name}:
        if f"{key(source)}.sites" in numbers:
            fold = sponge_level if source == sponge else 1.0
            sites += numbers[f"{key(source)}.sites"] * numbers[f"{key(source)}.copies"] * fold
    bound = kinetics.tight_binding(numbers[f"{key(name)}.copies"] * level, sites, numbers["mirna.site_affinity"])
    return float(bound) / sites


def edge_gain(one: Runnable, source: str, target: str, sign: int) -> float:
    """d ln(target) / d ln(source) of one edge at baseline; towards a miRNA: of its level, or of its occupancy for a carried sponge."""
    numbers = {identifier: part.value for identifier, part in one.model.network.parameters.items()}
    carried = {cargo.id for cargo in one.cargo}
    if is_mirna(source):
        most = numbers["mirna.max_repression"]
        most = most if sign < 0 else 1.0 / most
        base = occupancy(one, source, 1.0)
        slope = (occupancy(one, source, 1.0 + STEP) - occupancy(one, source, 1.0 - STEP)) / (2.0 * STEP)
        return -(most - 1.0) * slope / (1.0 + (most - 1.0) * base)
    if source in carried:
        most = numbers["edge.cargo_hub"]
        return (most if sign > 0 else 1.0 / most) - 1.0
    return sign * (1.0 - 1.0 / numbers["edge.hub_hub"])


def sponge_gain(one: Runnable, sponge: str, name: str, target: str, sign: int) -> float:
    """d ln(target of the miRNA) / d ln(sponge): the sponge's two edges in one, as it acts on the miRNA's occupancy."""
    most = one.model.network.parameters["mirna.max_repression"].value
    most = most if sign < 0 else 1.0 / most
    ends = [occupancy(one, name, 1.0, sponge, 1.0 + side * STEP) for side in (-1.0, 1.0)]
    return -(most - 1.0) * (ends[1] - ends[0]) / (2.0 * STEP) / (1.0 + (most - 1.0) * occupancy(one, name, 1.0))


def product_of_gains(one: Runnable) -> tuple[float, str]:
    """The product along the chain from the head, and the last node."""
    onward = {source: (target, sign) for (source, target), sign in one.chains.edges.items()}
    carried = {cargo.id for cargo in one.cargo}
    gain, node, seen = 1.0, one.head, {one.head}
    while node in onward:
        target, sign = onward[node]
        if target in seen:
            pytest.skip("a loop has no product")
        if is_mirna(target) and node in carried and target in onward:
            after, next_sign = onward[target]
            gain *= sponge_gain(one, node, target, after, next_sign)
            seen |= {target, after}
            node = after
            continue
        gain *= edge_gain(one, node, target, sign)
        seen.add(target)
        node = target
    return gain, node


def distinct() -> list[Runnable]:
    catalog = Catalog.load()
    found: dict[object, Runnable] = {}
    for claim in catalog.records("claims"):
        one = wire(claim, catalog)
        sources = [source for source, _ in one.chains.edges] if isinstance(one, Runnable) else []
        if isinstance(one, Runnable) and one.hub and sources and len(set(sources)) == len(sources):
            found.setdefault(signature(one, catalog), one)
    return list(found.values())


def test_gain_of_every_axis_is_the_product_of_its_edges():
    """One claim of each model that there is, through the network that the claim runs on, without drug."""
    axes = distinct()
    assert len(axes) > 60
    for one in axes:
        wanted, last = product_of_gains(one)
        values, initial = raised(one, np.exp(np.array([-STEP, 0.0, STEP])))
        run = culture(one.model, [0.0, 300.0], values=values, initial=initial, doses={one.surrogate: 0.0}, relative=1e-11)
        levels = np.log(run.amount(key(last))[-1])
        moved = 2.0 * STEP
        if one.carried:  # the head's own level, which vesicles that a cell takes back shift a little
            copies = np.log(run.value(f"{key(one.head)}.per_cell")[-1])
            moved = float(copies[2] - copies[0])
        assert (levels[2] - levels[0]) / moved == pytest.approx(wanted, rel=0.02), (one.claim.id, one.chains.edges)
