"""Where the drug is: the mass balance of an arm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exoresist.compartments.well import culture
from exoresist.network import Run
from exoresist.studies.arms import ArmResult

PLACES = ("medium", "serum", "cytosol", "lysosome", "target", "vesicles inside", "vesicles outside", "removed")

# Surface receptors are targets, active forms are in the cytosol, and endosomes with liposomes are vesicles inside.
ELSEWHERE = {"surface": "target", "active": "cytosol", "endosome": "vesicles inside"}


def places(result: ArmResult, drug: str) -> dict[str, list[str]]:
    """Pools of a drug by place; medium and serum share theirs and are told apart by the free fraction."""
    network = result.model.network
    found: dict[str, list[str]] = {place: [] for place in PLACES}
    sides = result.model.layout.sides
    mediums = {result.model.layout.medium(side, drug) for side in sides}
    outside = tuple(f"{side.id}." for side in sides)
    for pool in network.pools.values():
        if pool.element != f"drug:{drug}":
            continue
        if pool.id in mediums:
            found["medium"].append(pool.id)
        elif pool.exchange:
            found["removed"].append(pool.id)
        elif pool.carrier.startswith(outside):
            found["vesicles outside"].append(pool.id)
        elif ".ilv" in pool.carrier or ".endosome" in pool.carrier:
            found["vesicles inside"].append(pool.id)
        else:
            place = pool.id.split(".", 1)[1].split("_", 1)[0]
            found[ELSEWHERE.get(place, place)].append(pool.id)
    return found


def balance_rows(result: ArmResult, dose: float, times: Sequence[float]) -> list[dict[str, object]]:
    """Amounts (pmol per well) by place at the given times, central values, at one dose."""
    drug = result.survival.drug
    grid = sorted({0.0, *times})
    if len(grid) < 2:
        return []
    run = culture(result.model, grid, doses={drug: np.array([dose])})
    found = places(result, drug)
    free = _free_fraction(result, drug)
    rows: list[dict[str, object]] = []
    for index, time in enumerate(grid):
        if time == 0.0:
            continue
        amounts = {place: _sum(run, pools, index) for place, pools in found.items()}
        whole = amounts["medium"]
        amounts["medium"], amounts["serum"] = free * whole, (1.0 - free) * whole
        rows += [{"arm": result.arm.id, "time": time, "place": place, "amount": amounts[place]} for place in PLACES]
    return rows


def _sum(run: Run, pools: list[str], index: int) -> float:
    return float(sum(run.amount(pool)[index, 0] for pool in pools))


def _free_fraction(result: ArmResult, drug: str) -> float:
    parameter = result.model.network.parameters.get(f"{drug}.serum_free_fraction")
    return parameter.value if parameter is not None else 1.0
