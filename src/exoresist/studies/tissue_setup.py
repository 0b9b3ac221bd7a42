"""From a scenario to a tissue: numbers out of the catalogue, cells in a ball, fields around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.antibody import antibodies
from exoresist.assembly.build import Model
from exoresist.assembly.cell_ledger import CellLedger, with_cell_ledger
from exoresist.assembly.immune import is_tumour
from exoresist.assembly.layout import INDUCED
from exoresist.assembly.scenario import PopulationEntry, Scenario
from exoresist.assembly.tissue_cell import cell_network
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.core.memory import free_memory
from exoresist.core.quantity import Quantity
from exoresist.network.cell import CellNetwork
from exoresist.numerics.grid import Grid
from exoresist.numerics.keyed import directions, uniform
from exoresist.numerics.slabs import Slabs
from exoresist.studies.tissue_drug_steps import fitting_step, usual_step
from exoresist.studies.tissue_fields import (
    check_made,
    chemistry,
    fill,
    fresh_levels,
    needs,
    releases,
    spread_of_pools,
    steady_fields,
    uptakes,
)
from exoresist.studies.tissue_numbers import Numbers
from exoresist.studies.tissue_parts import attraction, differ, parts
from exoresist.tissue.cell_type import CellType, Decay, Oxygenation
from exoresist.tissue.cells import Cells
from exoresist.tissue.interior import Contents
from exoresist.tissue.mechanics import Contact
from exoresist.tissue.plasma import Plasma
from exoresist.tissue.state import Pace, Tissue, mechanics_of, place
from exoresist.tissue.surroundings import SharedMedium
from exoresist.tissue.territory import PACKING

Array = NDArray[np.float64]
FAINT = 0.001  # of the dose
BYTES_PER_CELL = 1200.0  # columns, neighbours and room to grow, without what the network holds
STREWN = 10.0  # times the volume of cells strewn around the ball is the room they are given


@dataclass
class Setup:
    """A tissue, the models its cells are taken from, and every number that was used.

    plasmas  drug -> its course in blood, for drugs that come with blood
    tumours  names of the cell types that are a tumour's
    ledgers  index of a cell type -> what a ledger of its cells needs, where one is kept
    chosen   whether the step of the networks while a drug is about was not named by the scenario, but follows from its uptake
    overridden  (name, subject) of the scenario's own numbers that the tissue itself uses
    """

    tissue: Tissue
    models: dict[str, Model]
    used: list[tuple[Quantity, str]]
    plasmas: dict[str, Plasma] = field(default_factory=dict)
    tumours: tuple[str, ...] = ()
    ledgers: dict[int, CellLedger] = field(default_factory=dict)
    overridden: frozenset[tuple[str, str]] = frozenset()
    chosen: bool = False


def set_up(
    scenario: Scenario,
    catalog: Catalog,
    threads: int | None = None,
    change: Callable[[Model], Model] | None = None,
    ledger: str = "",
) -> Setup:
    """The tissue of a scenario at time 0, its drugs not yet given; `change` may alter the network inside each type of cell.

    ledger  drug against which the cells' trait is accounted for; "": none

    Raises InputError for a scenario without a tissue arena, cells that do not fit into the box, a box that does not fit in memory.
    """
    arena, space = scenario.arena, scenario.arena.space
    if arena.kind != "tissue" or space is None:
        raise InputError(f"scenario '{scenario.name}' has an arena of kind '{arena.kind}'", "tissue")
    numbers = Numbers(scenario, catalog)
    side = round(space.size / space.voxel)
    low = -0.5 * side * space.voxel
    flat = space.dimensions == 2
    deep = (space.voxel if space.thickness is None else space.thickness) if flat else None
    grid = Grid((side, side, 1 if flat else side), space.voxel, (low, low, low if deep is None else -0.5 * deep), space.thickness)
    living = [entry for entry in scenario.populations if entry.count > 0.0]
    networks, models = {}, {}
    ledgers = {}
    for index, entry in enumerate(living):
        networks[entry.id], models[entry.id] = cell_network(scenario, catalog, entry.id, change, tagged=bool(ledger))
        if ledger and (entry.id == scenario.assay.population or is_tumour(catalog, entry.cell_line)):
            ledgers[index] = with_cell_ledger(models[entry.id], networks[entry.id], ledger)
            networks[entry.id] = ledgers[index].inside
    first = next(iter(networks.values()))
    names = first.medium
    check_made(scenario, numbers)
    _refuse_beyond_memory(
        grid, len(names), sum(entry.count for entry in living), max(len(net.network.pools) for net in networks.values())
    )
    slabs = Slabs(threads)
    types = [_cell_type(numbers, entry, scenario, networks[entry.id]) for entry in living]
    fluid = numbers("extracellular_fraction", "dimensionless", "tissue", use="fluid of a voxel")
    medium = SharedMedium(grid, names, spread_of_pools(scenario, numbers, first), fluid, slabs.threads)
    medium.signed = frozenset(name for name in names if name.endswith(f"_{INDUCED}"))
    fill(medium, fresh_levels(scenario, first))
    contact = Contact(
        numbers("mechanics_repulsion", "um/h", "tissue", use="motion"),
        numbers("mechanics_reach", "dimensionless", "tissue", use="motion"),
        numbers("mechanics_skin", "um", "tissue", use="motion"),
        space.motion_step,
    )
    tissue = Tissue(
        grid, types, Cells(), Pace(space.life_step, usual_step(space), space.spread_step, space.drug_step), scenario.seed, slabs,
        mechanics_of(grid, contact, slabs), steady_fields(grid, numbers, scenario, slabs.threads), medium,
        {index: Contents(networks[entry.id], slabs, differing=_differing(entry)) for index, entry in enumerate(living)}, flat=flat,
        chemistry=chemistry(scenario, numbers),
    )  # fmt: skip
    medium.check_steps(tissue.pace.network, tissue.pace.spread)
    reach = _seed(tissue, living, flat)
    differ(tissue, living)
    tissue.extra = parts(scenario, space, numbers, tissue, living, reach)
    chosen = None
    if space.network_step is None and space.drug_step is None:
        chosen = fitting_step(tissue, [drug.id for drug in scenario.drugs if drug.dose > 0.0])
        tissue.pace = replace(tissue.pace, alert=chosen)
    tissue.faint = _faint(scenario, numbers) if tissue.pace.alert is not None else {}
    bloody = [drug.id for drug in scenario.drugs if drug.plasma is not None]
    plasmas = dict(zip(bloody, (part for part in tissue.extra if isinstance(part, Plasma)), strict=True))
    tumours = tuple(entry.id for entry in living if is_tumour(catalog, entry.cell_line))
    return Setup(tissue, models, numbers.used, plasmas, tumours, ledgers, frozenset(numbers.overridden), chosen is not None)


def _faint(scenario: Scenario, numbers: Numbers) -> dict[str, float]:
    """Pool of each drug -> level (nM) below which it hardly matters how fast cells take it up: a small share of its dose."""
    found = {}
    for drug in scenario.drugs:
        if drug.dose == 0.0:
            continue
        free = numbers("plasma_free_fraction", "dimensionless", f"drug:{drug.id}", "drug", use="plasma") if drug.plasma else 1.0
        found[f"medium.{drug.id}"] = FAINT * drug.dose * free
    return found


def _differing(entry: PopulationEntry) -> list[str]:
    return [f"{entry.id}.{one.number}" for one in entry.varied or ()]


def needed_memory(grid: Grid, fields: int, cells: float, states: int) -> float:
    """Bytes of a tissue: fields with their work arrays, cells with neighbours and contents."""
    return 8.0 * grid.voxels * (2.0 * fields + 8.0) + cells * (BYTES_PER_CELL + 16.0 * states)


def _refuse_beyond_memory(grid: Grid, fields: int, cells: float, states: int) -> None:
    needed = needed_memory(grid, fields, cells, states)
    free = free_memory()
    if free is not None and needed > free:
        raise InputError(
            f"{cells:,.0f} cells and {fields} field{'s' if fields != 1 else ''} on {grid.voxels:,} voxels need {needed / 2**30:.1f} GiB",
            f"what is free: {free / 2**30:.1f} GiB",
            "Use a smaller box, larger voxels or fewer cells",
        )


def _cell_type(numbers: Numbers, entry: PopulationEntry, scenario: Scenario, inside: CellNetwork) -> CellType:
    subjects = (f"cell_line:{entry.cell_line}", "cell")
    breathes = scenario.arena.space is not None and scenario.arena.space.oxygen is not None
    motile = numbers.has("motility_speed", subjects[0])
    calls = bool(antibodies(scenario, numbers.catalog)) and numbers.has("adcc_strength", subjects[0])
    if entry.attracted and not motile:
        raise InputError(
            f"cells of '{entry.id}' do not move by themselves", "a cell line with a motility_speed", "Give it under `parameters`"
        )

    def number(name: str, unit: str, use: str) -> float:
        return numbers(name, unit, *subjects, use=use)

    air = Oxygenation(
        number("oxygen_growth_stop", "mmHg", "growth"), number("oxygen_growth_full", "mmHg", "growth"),
        number("oxygen_hypoxic", "mmHg", "hypoxia"), number("oxygen_severe", "mmHg", "hypoxia"),
        number("oxygen_necrotic", "mmHg", "necrosis"), number("oxygen_anoxic", "mmHg", "necrosis"),
        number("necrosis_rate", "1/h", "necrosis"),
    ) if breathes else None  # fmt: skip
    end = Decay(
        number("apoptosis_time", "h", "decay of the dead"), number("apoptosis_shrinking", "1/h", "decay of the dead"),
        number("necrosis_swelling", "1/h", "decay of the dead"), number("debris_loss", "1/h", "decay of the dead"),
    )  # fmt: skip
    return CellType(
        entry.id,
        volume=number("cell_volume", "mL/cell", "size") * 1e12,
        cycle_spread=number("cycle_spread", "dimensionless", "cell cycle"),
        pressure_stop=number("pressure_stop", "dimensionless", "growth"),
        adhesion=number("mechanics_adhesion", "um/h", "motion"),
        takes={"oxygen": number("oxygen_uptake", "1/h", "oxygen")} if breathes else {},
        uptakes=uptakes(scenario, numbers, entry),
        releases=releases(scenario, numbers, entry),
        needs=needs(scenario, numbers, entry),
        oxygenation=air,
        decay=end,
        interior=inside,
        speed=numbers("motility_speed", "um/h", subjects[0], use="motion") if motile else 0.0,
        persistence=number("motility_persistence", "h", "motion") if motile else 1.0,
        attraction=attraction(entry, scenario),
        adcc=numbers("adcc_strength", "dimensionless", subjects[0], use="complement_killing") if calls else 0.0,
    )


def _seed(tissue: Tissue, living: list[PopulationEntry], flat: bool) -> float:
    """A ball (or disc) of cells in the middle, packed as spheres pack, each population where its entry says; gives its radius, um."""
    ball = [entry for entry in living if entry.where != "around"]
    total = int(sum(round(entry.count) for entry in ball))
    volume = max(one.volume for one in tissue.types)
    radius = float(np.cbrt(0.75 / np.pi * volume))
    spots = _lattice(total, radius, flat)
    reach = radius + (float(np.sqrt((spots**2).sum(axis=0)).max()) if total else 0.0)
    half = 0.5 * min(tissue.grid.extent[:2])
    if reach > half:
        raise InputError(
            f"{total:,} cells make a ball of {2.0 * reach:.0f} um", f"a box of {2.0 * half:.0f} um", _larger(tissue, reach),
        )  # fmt: skip
    free = np.ones(total, dtype=bool)
    order = {"core": 0, "shell": 1, "side": 2, "mixed": 3, "around": 4}
    draw = uniform(tissue.word("seeding"), np.arange(total, dtype=np.uint64), 0)
    distance = np.sqrt((spots**2).sum(axis=0))
    for index in sorted(range(len(living)), key=lambda k: (order[living[k].where or "mixed"], k)):
        entry = living[index]
        if entry.where == "around":
            place(tissue, index, _around(tissue, round(entry.count), tissue.types[index].volume, reach, half, flat, entry.id))
            continue
        score = {"core": distance, "shell": -distance, "side": -spots[0], "mixed": draw}[entry.where or "mixed"]
        candidates = np.flatnonzero(free)
        chosen = candidates[np.argsort(score[candidates], kind="stable")[: round(entry.count)]]
        free[chosen] = False
        place(tissue, index, spots[:, np.sort(chosen)])
    return reach


def _larger(tissue: Tissue, reach: float) -> str:
    voxel = tissue.grid.spacing
    return f"Write `space: {{size: {np.ceil(2.0 * reach / voxel) * voxel:g} um}}` or more (cells grow), or seed fewer cells"


def _around(tissue: Tissue, count: int, volume: float, inner: float, half: float, flat: bool, who: str) -> Array:
    """(3, count) random spots outside of the ball, in a layer of which the cells fill a tenth."""
    radius, power = np.cbrt(0.75 / np.pi * volume), 2 if flat else 3
    room = count * radius**power * STREWN  # circles fill a plane as spheres fill space
    outer = float((inner**power + room) ** (1.0 / power))
    if outer + radius > half:
        raise InputError(
            f"{count:,} cells of '{who}' need a layer out to {2.0 * (outer + radius):.0f} um", f"a box of {2.0 * half:.0f} um",
            _larger(tissue, outer + radius),
        )  # fmt: skip
    names = np.arange(count, dtype=np.uint64)
    share = uniform(tissue.word(f"distance of {who}"), names, 0)
    away = (inner**power + share * (outer**power - inner**power)) ** (1.0 / power)
    return np.asarray(away * directions(tissue.word(f"way to {who}"), names, 0, flat))


def _lattice(count: int, radius: float, flat: bool) -> Array:
    """(3, count) spots for spheres, nearest to the middle first: close packing, widened to the room of random packing."""
    spacing = 2.0 * radius * (np.pi / (3.0 * np.sqrt(2.0)) / PACKING) ** (1.0 / 3.0)
    half = int(np.ceil(count**0.5 if flat else count ** (1.0 / 3.0))) + 2
    i, j, k = np.meshgrid(
        *[np.arange(-half, half + 1)] * 2, np.zeros(1, int) if flat else np.arange(-half, half + 1), indexing="ij"
    )
    x = spacing * (i + 0.5 * ((j + k) % 2))
    y = spacing * np.sqrt(3.0) / 2.0 * (j + (k % 2) / 3.0)
    z = spacing * np.sqrt(6.0) / 3.0 * k
    spots = np.stack([x.ravel(), y.ravel(), z.ravel()]).astype(np.float64)
    return spots[:, np.argsort((spots**2).sum(axis=0), kind="stable")[:count]]
