"""What cells eat and give off in fast fields (glucose, lactate, VEGF), and what these do to them: growth, necrosis, acid and hunger.

A field that cells take up by a saturating law is linear for a given level, so it is solved again and again with the uptake of the level
before until it no longer changes; what cells take is uptake times level of the same solution, and what they make of it (lactate of
glucose) is in proportion: both fields debit the same flux.

source  form of uptake: Michaelis-Menten; pH: Henderson-Hasselbalch, as in a well (`laws/metabolism.py`)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError, SolverError
from exoresist.laws.metabolism import acid_stress, blend, buffer_left, medium_ph, own_stress, relative_saturation
from exoresist.laws.tissue import hypoxic_stress, rate_in_hypoxia, saturating_uptake, supply_share, want_hazard

if TYPE_CHECKING:
    from exoresist.tissue.state import Tissue

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
PH = "ph"  # a need that is met by the pH instead of a field
SETTLED = 1e-6  # largest change between two solutions, over the highest level, at which a saturating field is taken as solved
MOST_ROUNDS = 200


@dataclass(frozen=True)
class Uptake:
    """How cells take up a fast field.

    field    its name; `half`: nM at which uptake is half
    most     pmol/h by a cell of biomass 1 in excess, with oxygen; `hypoxic`: likewise in severe hypoxia
    makes    field -> amount given off for each amount taken
    """

    field: str
    most: float
    half: float
    hypoxic: float
    makes: Mapping[str, float] = default(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("most", "hypoxic"):
            _refuse_negative(f"uptake of {self.field}: {name}", getattr(self, name))
        if not (np.isfinite(self.half) and self.half > 0.0):
            raise InputError(f"uptake of {self.field} is half at {self.half} nM", "a finite number above 0")


@dataclass(frozen=True)
class Release:
    """What cells give off by themselves: pmol/h by a cell of biomass 1 with oxygen (`basal`) and in severe hypoxia (`hypoxic`)."""

    field: str
    basal: float
    hypoxic: float

    def __post_init__(self) -> None:
        for name in ("basal", "hypoxic"):
            _refuse_negative(f"release of {self.field}: {name}", getattr(self, name))


@dataclass(frozen=True)
class Need:
    """What a type of cell needs of a field, or of the pH (field `ph`).

    stop, full       growth ends at or below `stop` and is free from `full`
    necrotic, empty  necrosis begins below `necrotic` and has its full rate (1/h) at `empty`
    """

    field: str
    stop: float
    full: float
    necrotic: float
    empty: float
    rate: float

    def __post_init__(self) -> None:
        if not (self.stop < self.full and self.empty < self.necrotic):
            raise InputError(
                f"need of {self.field}: growth from {self.stop:g} to {self.full:g}, necrosis from {self.necrotic:g} to {self.empty:g}",
                "growth_stop below growth_full, and the level of full necrosis below that at which it begins",
            )


@dataclass(frozen=True)
class Chemistry:
    """What levels of lactate and glucose are to cells, by the laws of a well.

    buffer, salt, minor, dissolved  nM of bicarbonate, of lactate that came as a salt, of weaker buffers, of dissolved carbon dioxide
    pka, half                       of carbonic acid; excess of protons at which acid stress is half
    glucose_half, glucose_standard  nM; `share` of glucose in what a cell reads as hunger
    """

    buffer: float
    salt: float
    minor: float
    dissolved: float
    pka: float
    half: float
    glucose_half: float
    glucose_standard: float
    share: float

    def ph(self, lactate: Array) -> Array:
        """pH where lactate stands at a level, nM."""
        return np.asarray(medium_ph(buffer_left(self.buffer, lactate - self.salt, self.minor), self.dissolved, self.pka))

    def acidity(self, lactate: Array, imposed: float) -> Array:
        """Acid stress there, the scenario's included."""
        left, fresh = (buffer_left(self.buffer, acid, self.minor) for acid in (lactate - self.salt, 0.0))
        return np.asarray(own_stress(imposed, 1.0 - acid_stress(left, fresh, self.half)))

    def hunger(self, glucose: Array, imposed: float) -> Array:
        """Stress of starvation there, the scenario's included; glutamine is as in the standard medium."""
        use = relative_saturation(glucose, self.glucose_half, self.glucose_standard)
        return np.asarray(own_stress(imposed, blend(use, 1.0, self.share)))


# -- fields


def settle(tissue: Tissue, takes: dict[str, Array], gives: dict[str, Array]) -> None:
    """Bring all fast fields to their steady state, in their order: what cells make of one is there for those that follow.

    takes, gives  field -> (voxels,) 1/h and concentration/h from all else; added to
    """
    for place, one in enumerate(tissue.steady.fields):
        for index, kind in enumerate(tissue.types):
            for release in kind.releases:
                if release.field == one.name:  # by the oxygen that has just been solved
                    made = _by_cells(tissue, index, release.basal, release.hypoxic)
                    gives[one.name] = gives.get(one.name, np.zeros(tissue.grid.voxels)) + made
        eaters = [
            (uptake, _by_cells(tissue, index, uptake.most, uptake.hypoxic))
            for index, kind in enumerate(tissue.types)
            for uptake in kind.uptakes
            if uptake.field == one.name
        ]
        if not eaters:
            tissue.steady.solve_one(place, takes.get(one.name), gives.get(one.name))
            continue
        _settle_one(tissue, place, eaters, takes, gives)
        level = one.values.reshape(-1)
        for uptake, most in eaters:
            taken = saturating_uptake(level, most, uptake.half) * level
            for product, share in uptake.makes.items():
                gives[product] = gives.get(product, np.zeros(tissue.grid.voxels)) + share * taken


def _settle_one(
    tissue: Tissue, place: int, eaters: list[tuple[Uptake, Array]], takes: dict[str, Array], gives: dict[str, Array]
) -> None:
    one = tissue.steady.fields[place]
    other = takes.get(one.name, np.zeros(tissue.grid.voxels))
    for _ in range(MOST_ROUNDS):
        before = one.values.reshape(-1).copy()
        # A residual of the solver may leave a level a trifle below 0.
        level = np.maximum(before, 0.0)
        rate = other + sum(saturating_uptake(level, most, uptake.half) for uptake, most in eaters)
        tissue.steady.solve_one(place, rate, gives.get(one.name))
        highest = float(np.abs(one.values).max())
        if float(np.abs(one.values.reshape(-1) - before).max()) <= SETTLED * max(highest, 1e-300):
            return
    raise SolverError(
        f"the field '{one.name}' does not settle in {MOST_ROUNDS} rounds: cells take up far more than can reach them. Check its uptake"
    )


def _by_cells(tissue: Tissue, index: int, basal: float, hypoxic: float) -> Array:
    """(voxels,) a rate of living cells of a type, pmol/cell/h, as nM/h in the tissue of each voxel."""
    cells = tissue.of_type(index)
    rate = basal * np.ones(len(cells))
    if hypoxic != basal:
        stress = hypoxia(tissue, index, cells)
        rate = np.asarray(rate_in_hypoxia(basal, hypoxic, 0.0 if stress is None else stress)) * np.ones(len(cells))
    return tissue.laid(cells, rate * tissue.cells.biomass[cells]) / tissue.grid.voxel_ml


# -- what they do to cells


def hypoxia(tissue: Tissue, index: int, cells: Indices) -> Array | None:
    """Hypoxic stress of cells of a type, or None where oxygen is left out."""
    oxygen, air = tissue.steady.find("oxygen"), tissue.types[index].oxygenation
    if oxygen is None or air is None:
        return None
    return np.asarray(hypoxic_stress(tissue.seen(oxygen, cells), air.hypoxic, air.severe))


def fed(tissue: Tissue, index: int, cells: Indices) -> Array | None:
    """Share of their growth that cells of a type have by what they need besides oxygen; None if they need nothing."""
    share = None
    for need in tissue.types[index].needs:
        level = _level(tissue, need.field, cells)
        if level is not None:
            own = np.asarray(supply_share(level, need.stop, need.full))
            share = own if share is None else share * own
    return share


def starving(tissue: Tissue, index: int, cells: Indices) -> Array | None:
    """Hazard (1/h) of necrosis of cells of a type for want of what they need besides oxygen; None if they need nothing."""
    hazard = None
    for need in tissue.types[index].needs:
        level = _level(tissue, need.field, cells)
        if level is not None:
            own = np.asarray(want_hazard(level, need.necrotic, need.empty, need.rate))
            hazard = own if hazard is None else hazard + own
    return hazard


def stresses(tissue: Tissue, cells: Indices, imposed: Mapping[str, float]) -> dict[str, Array]:
    """Stress -> that of each cell, for the stresses that fast fields make; `imposed`: what the scenario says of each."""
    chemistry = tissue.chemistry
    if chemistry is None:
        return {}
    found = {}
    for name, stress, field_ in (("acidity", chemistry.acidity, "lactate"), ("starvation", chemistry.hunger, "glucose")):
        values = tissue.steady.find(field_)
        if values is not None and name in imposed:
            found[name] = stress(tissue.seen(values, cells), imposed[name])
    return found


def _level(tissue: Tissue, name: str, cells: Indices) -> Array | None:
    if name == PH:
        lactate = tissue.steady.find("lactate")
        return None if lactate is None or tissue.chemistry is None else tissue.chemistry.ph(tissue.seen(lactate, cells))
    values = tissue.steady.find(name)
    return None if values is None else tissue.seen(values, cells)


def _refuse_negative(what: str, value: float) -> None:
    if not (np.isfinite(value) and value >= 0.0):
        raise InputError(f"{what} is {value}", "a finite number, 0 or more")
