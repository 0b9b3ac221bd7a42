"""Batches of a preparation: what isolation recovers, how pure it is, and how much what else is in it varies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.build import Model
from exoresist.assembly.preparations import impurity
from exoresist.assembly.start import preparation_load
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.core.random import stream

Array = NDArray[np.float64]
Loads = dict[str, dict[str, Array]]


@dataclass(frozen=True)
class Isolate:
    """What a method of isolation leaves of the vesicles that were there.

    vesicles  recovered; `others`: particles of another kind beside them
    """

    vesicles: float
    others: float

    @property
    def purity(self) -> float:
        """Vesicles over all particles."""
        return self.vesicles / (self.vesicles + self.others)


def isolate(catalog: Catalog, method: str, secreted: float) -> Isolate:
    """Vesicles recovered = yield · secreted; other particles so that the vesicles have the method's purity.

    method    ultracentrifugation, size_exclusion, precipitation: any subject `method:...` of `isolation_yield`
    secreted  vesicles before isolation (any count)

    Raises InputError for a negative count and for an unknown method.
    """
    if not secreted >= 0.0:
        raise InputError(f"{secreted:g} vesicles cannot be isolated", "0 or more")
    kept = catalog.parameter("isolation_yield", f"method:{method}").value * secreted
    purity = catalog.parameter("isolation_purity", f"method:{method}").value
    return Isolate(kept, kept * (1.0 - purity) / purity)


def batch_loads(model: Model, preparation: str, batches: int, seed: int) -> Loads:
    """Loads of a preparation's other particles in several batches: each batch has its own factor on all that they carry.

    load = load of the impurity's makers · exp(s·z − s²/2), z normal, s the spread between batches (mean 1)

    Returns impurity -> passenger kind -> (batches,) per particle, as `culture(loads=...)` takes it.
    Raises InputError for a preparation that is pure, or of fewer than two batches.
    """
    entry = next((entry for entry in model.scenario.vesicles if entry.id == preparation), None)
    group = next((one for one in model.layout.classes if entry is not None and one.id == impurity(entry)), None)
    if group is None:
        raise InputError(
            f"preparation '{preparation}' has no impurity", "a preparation with a purity below 1", "Give its `purity`"
        )
    if batches < 2:
        raise InputError(f"{batches} batches do not vary", "2 or more")
    spread = model.catalog.parameter("impurity_spread", "batch").value
    factor = np.exp(spread * stream(seed, "batches", preparation).standard_normal(batches) - 0.5 * spread * spread)
    values: dict[str, float | Array] = {key: part.value for key, part in model.network.parameters.items()}
    return {group.id: {kind: factor * each for kind, each in preparation_load(model.layout, group, values).items()}}
