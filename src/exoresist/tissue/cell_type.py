"""What a type of cell is in a tissue: numbers that its own processes use, and the network inside it, if it has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from exoresist.core.errors import InputError
from exoresist.network.cell import CellNetwork
from exoresist.tissue.nutrition import Need, Release, Uptake

MEAN_AT_BIRTH = 1.0 / (2.0 * np.log(2.0))  # biomass of a newborn cell if the mean over a growing culture is to be 1


@dataclass(frozen=True)
class Oxygenation:
    """What oxygen does to a type of cell; mmHg, 1/h.

    stop, full            growth ends at or below `stop` and is free from `full`
    hypoxic, severe       hypoxic stress begins at `hypoxic` and is complete at `severe`
    necrotic, anoxic      necrosis begins below `necrotic` and has its full rate, `necrosis_rate`, at `anoxic`
    """

    stop: float
    full: float
    hypoxic: float
    severe: float
    necrotic: float
    anoxic: float
    necrosis_rate: float


@dataclass(frozen=True)
class Decay:
    """What becomes of the dead.

    clearance_time   h until an apoptotic body is gone; `shrinking`: 1/h at which it loses volume
    swelling         1/h at which a necrotic cell approaches twice its volume, at which it bursts
    debris_loss      1/h at which a burst cell loses volume; it has gone at a tenth
    """

    clearance_time: float
    shrinking: float
    swelling: float
    debris_loss: float


@dataclass(frozen=True)
class CellType:
    """A type of cell.

    volume         um^3 of a cell of biomass 1
    growth_rate    1/h of a free cell without a network inside
    death_rate     1/h, likewise
    cycle_spread   coefficient of variation of the biomass at which cells divide
    pressure_stop  pressure at which growth stops
    adhesion       um/h, see `mechanics`
    speed          um/h of its own motion; `persistence`: h between turns; `attraction`: field -> weight of its gradient, -1 to 1
    adcc           how strongly it kills antibody-bearing cells that it touches, against complement in excess
    takes, gives   fast field -> rate of uptake, 1/h in a voxel full of such cells; amount of source, concentration/h likewise
    uptakes        fast fields that cells take up by a saturating law; `releases`: what they give off; `needs`: besides oxygen
    """

    id: str
    volume: float
    growth_rate: float = 0.0
    death_rate: float = 0.0
    cycle_spread: float = 0.0
    pressure_stop: float = 1e9
    adhesion: float = 0.0
    speed: float = 0.0
    persistence: float = 1.0
    adcc: float = 0.0
    attraction: Mapping[str, float] = field(default_factory=dict)
    takes: Mapping[str, float] = field(default_factory=dict)
    gives: Mapping[str, float] = field(default_factory=dict)
    uptakes: tuple[Uptake, ...] = ()
    releases: tuple[Release, ...] = ()
    needs: tuple[Need, ...] = ()
    oxygenation: Oxygenation | None = None
    decay: Decay | None = None
    interior: CellNetwork | None = None

    def __post_init__(self) -> None:
        for name in ("growth_rate", "death_rate", "cycle_spread", "adhesion", "speed", "adcc"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0.0):
                raise InputError(f"cell type '{self.id}': {name} is {value}", "a finite number, 0 or more")
        for name in ("volume", "pressure_stop", "persistence"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0.0):
                raise InputError(f"cell type '{self.id}': {name} is {value}", "a finite number above 0")
