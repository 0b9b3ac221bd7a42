"""The account of a tissue: what each flow, each division, each death and each change of surroundings does to the mean trait of its cells.

The mean over living cells of the lineages is weighted by biomass, which is what a dish counts as cells: m = Σ b·z / B. Over a life step's
networks, with overlines for means of before and after,

    Δm = Σ w̄·Δz  +  ½(1/B₀ + 1/B₁) · Σ (z̄ − m̄)·Δb,        w = b/B,  m̄ = Σ b̄·z̄ / Σ b̄,

exactly; Δz of a cell is split as in `cell_books`, Δb by what makes biomass. Cells that die take b·(z − m)/B' of the mean with them. What
else changes cells (division, phagocytes, events) is read before and after. Nothing is told as a remainder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.cell_ledger import CellLedger, usual_share
from exoresist.assembly.changes import PREFIX
from exoresist.assembly.trait import borne_share
from exoresist.network.reading import Reading
from exoresist.studies.cell_books import CellBooks, Key
from exoresist.studies.tissue_setup import Setup
from exoresist.tissue.exchange import run_networks
from exoresist.tissue.life import live
from exoresist.tissue.state import Tissue

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
SELECTION, EVENT = "growth", "event"  # channels


@dataclass
class TissueBooks:
    """Running totals of a tissue's ledger.

    cells    index of a lineage's cell type -> its account
    totals   line -> what it has done to the mean so far
    times    h at which it was saved; `means`, `courses`: the mean and all totals then
    extinct  h at which the last cell died, None while some live; `last`: the mean just before, which stays
    """

    tissue: Tissue
    cells: Mapping[int, CellBooks]
    totals: dict[Key, float] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    means: list[float] = field(default_factory=list)
    courses: list[dict[Key, float]] = field(default_factory=list)
    extinct: float | None = None
    last: float = 0.0

    def save(self) -> None:
        """Note where everything stands."""
        self.times.append(self.tissue.time)
        self.means.append(self._mean() if self.extinct is None else self.last)
        self.courses.append(dict(self.totals))

    # -- what the tissue tells

    def after(self, tissue: Tissue, part: Callable[[Tissue], None]) -> None:
        if part is run_networks:
            self._settle()
        else:
            self.happened("division" if part is live else getattr(part, "__name__", type(part).__name__.lower()))

    def happened(self, label: str) -> None:
        """Something by itself has changed cells or their numbers: what that did to them is read now."""
        found = [(each.biomass(), each.changed()) for each in self.cells.values() if each.contents.count]
        whole = sum(float(biomass.sum()) for biomass, _ in found)
        if any(np.any(change) for _, change in found):
            self._add(("trait", label, EVENT, ""), sum(float(biomass @ change) for biomass, change in found) / whole)

    def dying(self, tissue: Tissue, cells: Mapping[str, Indices]) -> None:
        """Cells take their traits with them."""
        lost: dict[str, list[tuple[Array, Array]]] = {}
        left: list[Array] = []
        for index, each in self.cells.items():
            stays = np.ones(each.contents.count, dtype=bool)
            for cause, chosen in cells.items():
                lanes = tissue.cells.lane[chosen[tissue.cells.kind[chosen] == index]].astype(np.intp)
                stays[lanes] = False
                if len(lanes):
                    lost.setdefault(cause, []).append((each.biomass()[lanes], each.trait()[lanes]))
            left.append(each.biomass()[stays])
        if not lost:
            return
        if not any(len(biomass) for biomass in left):
            self.last, self.extinct = self._mean(), tissue.time
            return
        mean, whole = self._mean(), sum(float(biomass.sum()) for biomass in left)
        for cause, groups in lost.items():
            done = -sum(float(biomass @ (z - mean)) for biomass, z in groups) / whole
            if done != 0.0:
                self._add(("selection", cause, SELECTION, ""), done)

    # -- sums

    def _settle(self) -> None:
        """Networks have run for a life step."""
        ran = [each for each in self.cells.values() if each.begun]
        if not ran:
            return
        for each in ran:
            each.close()
        before, now = (
            sum(float(b.sum()) for b in column) for column in zip(*((e.first_biomass, e.biomass()) for e in ran), strict=True)
        )
        middle = [0.5 * (each.first_trait + each.trait()) for each in ran]
        size = [0.5 * (each.first_biomass + each.biomass()) for each in ran]
        mean = _mean(size, middle)
        reach = 0.5 * (1.0 / before + 1.0 / now)
        for each, z in zip(ran, middle, strict=True):
            weight = 0.5 * (each.first_biomass / before + each.biomass() / now)
            for key, change in each.lines():
                self._add(key, float(weight @ change))
            for process, made in each.grown():
                done = reach * float((z - mean) @ made)
                if done != 0.0:
                    self._add(("selection", process, SELECTION, ""), done)
            each.begun = False

    def _mean(self) -> float:
        held = [(each.biomass(), each.trait()) for each in self.cells.values() if each.contents.count]
        return _mean([biomass for biomass, _ in held], [z for _, z in held])

    def _add(self, key: Key, value: float) -> None:
        self.totals[key] = self.totals.get(key, 0.0) + value


def _mean(biomass: list[Array], traits: list[Array]) -> float:
    """Σ b·z / Σ b, exactly z where all are alike."""
    first = float(next(z for z in traits if len(z))[0])
    whole = sum(float(b.sum()) for b in biomass)
    return first + sum(float(b @ (z - first)) for b, z in zip(biomass, traits, strict=True)) / whole


def open_books(setup: Setup) -> TissueBooks:
    """Books of a tissue at its start; the trait is told at a part of the threshold that suits a naive cell of the assay's population."""
    tissue, ledgers = setup.tissue, setup.ledgers
    scenario = next(iter(setup.models.values())).scenario
    named = {tissue.types[index].id: index for index in ledgers}
    first = named.get(scenario.assay.population, min(ledgers))
    numbers = {borne_share(PREFIX): _borne(ledgers[first])}
    return TissueBooks(tissue, {index: CellBooks(one, tissue.contents[index], numbers) for index, one in ledgers.items()})


def _borne(ledger: CellLedger) -> float:
    if not ledger.asked:
        return 1.0
    compiled, inside = ledger.reader.compile(), ledger.inside
    start = dict(zip(compiled.states, map(float, compiled.initial), strict=True)) | dict(inside.start)
    start |= dict(zip(compiled.parameters, map(float, compiled.values), strict=True))
    return usual_share(float(Reading(compiled, [ledger.asked])(start)[0]))
