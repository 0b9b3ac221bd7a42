"""The whole state of a tissue, and what does not change while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError
from exoresist.numerics.grid import Grid
from exoresist.numerics.keyed import normal, purpose_word
from exoresist.numerics.slabs import Slabs
from exoresist.tissue.cell_type import MEAN_AT_BIRTH, CellType
from exoresist.tissue.cells import LIVING, Cells, check_cells
from exoresist.tissue.interior import Contents
from exoresist.tissue.mechanics import Contact, Mechanics
from exoresist.tissue.nutrition import Chemistry
from exoresist.tissue.steady_fields import SteadyFields
from exoresist.tissue.surroundings import SharedMedium
from exoresist.tissue.territory import Territory, room, territory

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
FULL = 1e30  # cells: a capacity that never limits


@dataclass(frozen=True)
class Pace:
    """Steps in time, h.

    life      cells grow, divide, die and turn; fast fields are solved
    network   the networks inside cells and their exchange with the medium; divides `life`
    spread    longest step of diffusion
    alert     the networks' step while a drug is about, see `Tissue.faint`; divides `life`; None: as always
    """

    life: float = 0.1
    network: float = 0.1
    spread: float = 0.1 / 60.0
    alert: float | None = None

    def __post_init__(self) -> None:
        for name in ("life", "network", "spread", "alert"):
            value = getattr(self, name)
            if value is None and name == "alert":
                continue
            if not (np.isfinite(value) and value > 0.0):
                raise InputError(f"the {name} step is {value} h", "a finite number above 0")
        for step in (self.network, self.alert or self.network):
            if round(self.life / step) < 1 or abs(self.life / step - round(self.life / step)) > 1e-6 * self.life / step:
                raise InputError(f"a network step of {step * 60:g} min does not divide the life step of {self.life * 60:g} min")

    @property
    def networks(self) -> int:
        return round(self.life / self.network)


@runtime_checkable
class Supplies(Protocol):
    """A part that says, as a life step begins, what fields exchange with it during the step.

    Rates over voxels go into `takes` (1/h) and `gives` (concentration/h) of fast fields, and to `medium.exchange` for fields in time.
    """

    def supply(self, tissue: Tissue, takes: dict[str, Array], gives: dict[str, Array]) -> None: ...


@runtime_checkable
class Keeps(Protocol):
    """A part with a state of its own, which checkpoints hold and the hash of the state covers."""

    def arrays(self) -> dict[str, NDArray[np.generic]]: ...

    def restore(self, arrays: Mapping[str, NDArray[np.generic]]) -> None: ...


class Books(Protocol):
    """Keeps account of what changes cells: told of each part once it has acted, and of cells (by cause) that are about to die."""

    def after(self, tissue: Tissue, part: Callable[[Tissue], None]) -> None: ...

    def dying(self, tissue: Tissue, cells: Mapping[str, Indices]) -> None: ...


@dataclass
class Tissue:
    """Cells, fields and clock.

    types     cell types by index; `contents` those with a network inside, by index
    interval  life steps done; `time` follows from it
    crowding  cells per mL at which growth stops as in a full well; infinite: only pressure stops it
    seed      of every random number
    founders  cells put in so far: each has its number, which names it for ever
    faint     pool of the medium -> amount per mL above which it is about: networks then take the `alert` step
    chemistry  what levels of glucose and lactate are to cells; None where neither is a field
    extra     further parts (vessels, plasma, killers, ...), called in this order once the cells have lived; see `Supplies` and `Keeps`
    books     account that is kept of a run; None: none
    """

    grid: Grid
    types: Sequence[CellType]
    cells: Cells
    pace: Pace
    seed: int
    slabs: Slabs
    mechanics: Mechanics | None
    steady: SteadyFields
    medium: SharedMedium
    contents: dict[int, Contents]
    crowding: float = np.inf
    flat: bool = False
    interval: int = 0
    removed: int = 0
    born: int = 0
    founders: int = 0
    words: dict[str, np.uint64] = field(default_factory=dict)
    extra: tuple[Callable[[Tissue], None], ...] = ()
    chemistry: Chemistry | None = None
    faint: Mapping[str, float] = field(default_factory=dict)
    books: Books | None = None

    @property
    def time(self) -> float:
        """h since the start."""
        return self.interval * self.pace.life

    def word(self, purpose: str) -> np.uint64:
        """Key of one use of random numbers."""
        if purpose not in self.words:
            self.words[purpose] = purpose_word(self.seed, purpose)
        return self.words[purpose]

    def keeping(self) -> dict[str, Keeps]:
        """Those of `extra` that have a state of their own, by a name."""
        parts: tuple[object, ...] = self.extra
        return {f"extra{index}": part for index, part in enumerate(parts) if isinstance(part, Keeps)}

    def of_type(self, index: int, state: int = LIVING) -> NDArray[np.intp]:
        """Cells of a type in a state."""
        return np.flatnonzero((self.cells.kind == index) & (self.cells.state == state))

    def voxels(self, index: NDArray[np.intp] | slice = slice(None)) -> NDArray[np.int64]:
        """Voxel of every chosen cell."""
        return self.grid.voxel_of(self.cells.position[:, index].T)

    def seen(self, values: Array, index: Indices) -> Array:
        """(chosen,) what chosen cells see of a field, (nz, ny, nx)."""
        rooms = self.rooms(index)
        return np.asarray(values.reshape(-1)[self.voxels(index)]) if rooms is None else rooms.seen(values)

    def laid(self, index: Indices, amounts: Array) -> Array:
        """(voxels,) sum in each voxel of what chosen cells have, (chosen,)."""
        rooms = self.rooms(index)
        if rooms is not None:
            return rooms.laid(amounts, self.grid.voxels)
        return np.asarray(np.bincount(self.voxels(index), weights=amounts, minlength=self.grid.voxels), dtype=np.float64)

    def rooms(self, index: Indices) -> Territory | None:
        """The voxels that chosen cells drink from; None where each has the one that its middle lies in."""
        edges = np.array([room(one.volume) for one in self.types])
        if not len(edges) or edges.max() <= self.grid.spacing:
            return None
        return territory(self.grid, self.cells.position[:, index], edges[self.cells.kind[index]])

    def numbers(self, name: str) -> Array:
        """(N,) a number of the cell's type."""
        return np.array([float(getattr(kind, name)) for kind in self.types])[self.cells.kind]

    def resize(self) -> None:
        """Radii follow volumes; neighbours must be found anew."""
        cells = self.cells
        cells.radius = np.cbrt(0.75 / np.pi * self.numbers("volume") * cells.biomass * cells.swelling)
        if self.mechanics is not None:
            self.mechanics.forget()


def division_size(tissue: Tissue, kind: NDArray[np.int16], lineage: NDArray[np.uint64]) -> Array:
    """Biomass at which cells will divide: twice that at birth, with the type's spread, drawn once for each cell."""
    spread = np.array([one.cycle_spread for one in tissue.types])[kind]
    sigma = np.sqrt(np.log1p(spread**2))
    size = 2.0 * MEAN_AT_BIRTH * np.exp(sigma * normal(tissue.word("cycle"), lineage, 0) - 0.5 * sigma**2)
    return np.asarray(size, dtype=np.float64)


def place(tissue: Tissue, kind: int, position: Array, biomass: Array | None = None) -> None:
    """Put new living cells of a type into the tissue.

    position  (3, n) um
    biomass   (n,); default: sizes of a growing culture, drawn by the cell's name
    """
    from exoresist.numerics.keyed import mixed, uniform

    count, number = position.shape[1], tissue.founders
    first = len(tissue.cells)
    tissue.founders += count
    numbers = np.arange(number, number + count, dtype=np.uint64)
    lineage = mixed(mixed(numbers) ^ tissue.word("founders"))
    if biomass is None:
        # Ages in a growing culture are distributed as 2 ln 2 · 2^(−u), u the share of the cycle; sizes double over it.
        u = -np.log2(1.0 - 0.5 * uniform(tissue.word("first size"), lineage, 0))
        biomass = MEAN_AT_BIRTH * 2.0**u
    one = tissue.types[kind]
    fresh = Cells(
        position=np.array(position, dtype=np.float64),
        velocity=np.zeros((3, count)),
        crawl=np.zeros((3, count)),
        kind=np.full(count, kind, dtype=np.int16),
        state=np.full(count, LIVING, dtype=np.int8),
        biomass=np.array(biomass, dtype=np.float64),
        swelling=np.ones(count),
        radius=np.ones(count),
        divide_at=np.full(count, np.inf),
        age=np.zeros(count),
        lineage=lineage,
        clone=np.arange(number, number + count, dtype=np.int32),
        stick=np.full(count, np.sqrt(one.adhesion)),
        mobility=np.ones(count),
        pressure=np.zeros(count),
        lane=np.full(count, -1, dtype=np.int32),
    )
    # Cells as large as that divide at once; those that do not grow wait until they do.
    ready = fresh.biomass if _grows(tissue, kind) else np.nextafter(fresh.biomass, np.inf)
    fresh.divide_at = np.maximum(division_size(tissue, fresh.kind, lineage), ready)
    if kind in tissue.contents:
        fresh.lane = tissue.contents[kind].add(np.arange(first, first + count), fresh.biomass)
    tissue.cells = tissue.cells.joined(fresh)
    tissue.resize()
    low = np.array(tissue.grid.origin)
    check_cells(tissue.cells, low, low + np.array(tissue.grid.extent))


def _grows(tissue: Tissue, kind: int) -> bool:
    """Whether cells of a type grow where nothing holds them back."""
    if kind not in tissue.contents:
        return tissue.types[kind].growth_rate > 0.0
    inside, name = tissue.contents[kind], f"{tissue.types[kind].id}.growth_rate"
    place = inside.compiled.parameter_index.get(name)
    return place is None or bool(inside.base[place] > 0.0)


def mechanics_of(grid: Grid, contact: Contact, slabs: Slabs) -> Mechanics:
    """Mechanics in a grid's box; in two dimensions cells stay in the plane through the middle of the voxels."""
    low = np.array(grid.origin)
    high = low + np.array(grid.extent)
    if grid.shape[2] == 1:
        low[2] = high[2] = 0.5 * (low[2] + high[2])
    return Mechanics(contact, low, high, slabs)
