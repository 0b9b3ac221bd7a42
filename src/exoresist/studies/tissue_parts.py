"""What a scenario puts into a tissue besides cells and fields: vessels, plasma, matrix, killers, phagocytes; how cells differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.antibody import antibodies
from exoresist.assembly.immune import is_tumour
from exoresist.assembly.interventions import AT_WALLS
from exoresist.assembly.layout import kept_apart
from exoresist.assembly.scenario import DrugEntry, PopulationEntry, Scenario
from exoresist.assembly.space import Space
from exoresist.core.errors import InputError
from exoresist.laws import kinetics
from exoresist.numerics.grid import Grid
from exoresist.numerics.keyed import normal
from exoresist.studies.tissue_fields import SIGNAL, fresh_levels, outside, substances
from exoresist.studies.tissue_killers import killings
from exoresist.studies.tissue_numbers import Numbers
from exoresist.tissue.matrix import Hindered, Matrix
from exoresist.tissue.phagocytosis import Phagocytosis
from exoresist.tissue.plasma import Biomass, ByBurden, HeldFaces, Kinetics, Plasma, always, repeated
from exoresist.tissue.state import Tissue
from exoresist.tissue.vessels import Block, LeakyWhereSignalled, Passage, Signal, Sprouting, Vessels, tight

Array = NDArray[np.float64]
Part = Callable[[Tissue], None]
SURE = 1.0 - 1e-9
ON_VESICLES = "phosphatidylserine"  # stands on every vesicle


def parts(
    scenario: Scenario, space: Space, numbers: Numbers, tissue: Tissue, living: Sequence[PopulationEntry], reach: float
) -> tuple[Part, ...]:
    """All further parts of a tissue, in the order in which they act.

    living  populations by the index of their cell type; `reach`: um from the middle to the outermost cell of the first ball
    """
    found: list[Part] = []
    tumours = tuple(index for index, entry in enumerate(living) if is_tumour(numbers.catalog, entry.cell_line))
    plasmas = {f"medium.{drug.id}": _plasma(drug, numbers, tumours) for drug in scenario.drugs if drug.plasma is not None}
    found += plasmas.values()
    # The mean over a life step: doxorubicin has left the blood within minutes, and one moment would miss or double it.
    levels = {pool: plasma.mean_over(tissue.pace.life) for pool, plasma in plasmas.items()}
    _check_walls(scenario, space, numbers)
    if space.vessels is not None:
        found.append(_vessels(scenario, space, numbers, tissue, levels))
    elif levels:
        found.append(HeldFaces(levels))
    if space.matrix is not None:
        found.append(_matrix(space, numbers, tissue, living, reach))
    found += killings(scenario, numbers, tissue, living, tumours)
    found += _phagocytes(scenario, numbers, tissue, living)
    return tuple(found)


# -- blood


def _plasma(drug: DrugEntry, numbers: Numbers, tumours: tuple[int, ...]) -> Plasma:
    assert drug.plasma is not None
    subject, use = f"drug:{drug.id}", "plasma"
    if not numbers.has("distribution_volume", subject):
        raise InputError(
            f"how a body handles '{drug.id}' is not in the catalogue", "drugs with a distribution_volume and an elimination_rate",
            "Give both under `parameters`, with a reason",
        )  # fmt: skip
    whole = numbers("distribution_volume", "mL", subject, use=use)
    clearance = numbers("elimination_rate", "1/h", subject, use=use) * whole
    free = numbers("plasma_free_fraction", "dimensionless", subject, "drug", use=use)
    if numbers.has("plasma_distribution_rate", subject):
        centre = numbers("plasma_volume", "mL", subject, "patient", use=use)
        between = numbers("plasma_distribution_rate", "1/h", subject, use=use) * centre
        kinetics = Kinetics(centre, clearance, free, between, whole - centre)
    else:
        kinetics = Kinetics(whole, clearance, free)
    amount = drug.dose * kinetics.volume  # nM are pmol/mL
    doses = repeated(drug.at, drug.every or 1.0, drug.courses, amount, drug.plasma.lasting or 0.0) if amount > 0.0 else ()
    rule = drug.plasma.adaptive
    return Plasma(
        kinetics, doses, always if rule is None else ByBurden(rule.stop_below, rule.resume_above), Biomass(tumours or (0,))
    )


def _vessels(
    scenario: Scenario, space: Space, numbers: Numbers, tissue: Tissue, levels: Mapping[str, Callable[[float], float]]
) -> Vessels:
    """Straight vessels along z, one point of wall in each voxel that they cross."""
    use, grid = "vessels", tissue.grid
    position = vessel_points(space, grid)
    around = 2.0 * np.pi * numbers("vessel_radius", "um", "tissue", use=use)
    passages: dict[str, Passage] = {}
    sprouting = space.vessels is not None and space.vessels.sprout
    growth, leak = _sprouting(scenario, numbers, tissue, around * grid.spacing) if sprouting else (None, _all_tight)
    if space.oxygen is not None:
        blood = numbers("vessel_oxygen", "mmHg", "tissue", use=use)
        passages["oxygen"] = Passage(numbers("vessel_permeability", "um/h", "field:oxygen", use=use), lambda _: blood)
    for entry in substances(scenario):
        wall = numbers("vessel_permeability", "um/h", f"field:{entry.id}", "field", use=use)
        passages[entry.id] = Passage(wall, _steadily(outside(entry, numbers)))
    fresh = fresh_levels(scenario, next(iter(tissue.contents.values())).interior)
    for pool in tissue.medium.names:
        part = pool.split(".")[1]
        if pool in fresh:
            wall = numbers("vessel_permeability", "um/h", f"field:{part}", "field", use=use)
            passages[pool] = Passage(wall, _steadily(fresh[pool]))
        elif pool in levels:
            kind = "antibody" if part in antibodies(scenario, numbers.catalog) else "drug"
            wall = numbers("vessel_permeability", "um/h", f"drug:{part}", kind, use=use)
            passages[pool] = Passage(wall, levels[pool], leak(kind))
        elif part.startswith("vesicles_"):
            passages[pool] = Passage(numbers("vessel_permeability", "um/h", "vesicle", use=use), _nothing, leak("vesicle"))
        elif part.startswith("factor_"):
            factor = f"factor:{part.removeprefix('factor_')}"
            passages[pool] = Passage(numbers("vessel_permeability", "um/h", factor, "factor", use=use), _nothing, leak("factor"))
    return Vessels(position, np.full(position.shape[1], around * grid.depth), passages, growth)


def _sprouting(
    scenario: Scenario, numbers: Numbers, tissue: Tissue, surface: float
) -> tuple[Sprouting, Callable[[str], Callable[[Tissue, Vessels], Array]]]:
    """How vessels grow, and kind of species -> how they leak to it: by VEGF and the angiogenic cargo on all vesicles.

    surface  um^2 of wall of a voxel of sprout; the longer a piece of vessel, the more of its cells may put out a sprout
    """
    use = "sprouting"
    fast = tissue.steady.find(SIGNAL) is not None
    weights = {SIGNAL if fast else f"medium.factor_{SIGNAL}": 1.0}
    for cargo in scenario.cargo:
        if numbers.has("angiogenic_weight", f"cargo:{cargo}"):
            each = numbers("copy_weight", "pmol/copy", "physics", use=use)
            each *= numbers("angiogenic_weight", "dimensionless", f"cargo:{cargo}", use=use)
            end = f".cargo_{cargo.replace('-', '_')}"
            loads = [pool for pool in tissue.medium.names if pool.startswith("medium.vesicles_")]
            weights |= {pool: each for pool in loads if pool in kept_apart(pool.rpartition(".")[0] + end, loads)}
    half = numbers("signal_half_concentration", "nM", f"factor:{SIGNAL}", use=use)
    signal = Signal(weights, _blocks(scenario, numbers, weights))
    growth = Sprouting(
        signal,
        half,
        numbers("sprout_rate", "1/h", "tissue", use=use) * surface / numbers("endothelial_area", "um^2", "tissue", use=use),
        surface,
        numbers("sprout_speed", "um/h", "tissue", use=use),
        numbers("sprout_room", "um", "tissue", use=use),
    )

    def leak(kind: str) -> Callable[[Tissue, Vessels], Array]:
        return LeakyWhereSignalled(signal, half, numbers("vessel_leak_fold", "dimensionless", kind, use=use))

    return growth, leak


def _check_walls(scenario: Scenario, space: Space, numbers: Numbers) -> None:
    """Refuse what acts on walls that sprout where there are none, or as if it acted on cells."""
    for entry in scenario.interventions:
        if numbers.catalog.intervention(entry.id).target_process != AT_WALLS:
            continue
        if space.vessels is None or not space.vessels.sprout:
            raise InputError(
                f"intervention '{entry.id}' acts on walls of vessels that sprout", "`space.vessels` with `sprout: true`",
                "Let vessels sprout, or leave it out",
            )  # fmt: skip
        if entry.populations is not None:
            raise InputError(
                f"'{entry.id}' is given to {', '.join(entry.populations)}, but it acts on walls of vessels", "no `populations`"
            )


def _blocks(scenario: Scenario, numbers: Numbers, weights: Mapping[str, float]) -> tuple[Block, ...]:
    """What interventions keep from acting on walls: VEGF (target VEGFA), or what vesicles carry (target phosphatidylserine)."""
    found = []
    for entry in scenario.interventions:
        record = numbers.catalog.intervention(entry.id)
        if record.target_process != AT_WALLS:
            continue
        met = {name for name in weights if (ON_VESICLES if name.startswith("medium.vesicles_") else SIGNAL) in record.targets}
        subject = f"intervention:{entry.id}"
        most = numbers("max_effect", "dimensionless", subject, use=AT_WALLS)
        if entry.concentration is None:
            left = kinetics.knockdown(entry.strength or 0.0, most)
        else:
            half = numbers("half_effect_concentration", "nM", subject, use=AT_WALLS)
            left = kinetics.inhibition(entry.concentration, half, most)
        end = np.inf if entry.until is None else entry.until
        found.append(Block(frozenset(met), 1.0 - float(left), entry.at, end))
    return tuple(found)


def _all_tight(kind: str) -> Callable[[Tissue, Vessels], Array]:
    return tight


def _nothing(_: float) -> float:
    return 0.0


def _steadily(level: float) -> Callable[[float], float]:
    return lambda _: level


def vessel_points(space: Space, grid: Grid) -> Array:
    """(3, n) um: where vessels cross voxels. Raises InputError where none lies in the box."""
    assert space.vessels is not None
    if space.vessels.at is not None:
        places = np.array([[point.x, point.y] for point in space.vessels.at])
    else:
        spacing = float(space.vessels.spacing or 0.0)
        half = int(0.5 * grid.extent[0] / spacing)
        axis = spacing * (np.arange(-half, half + 1) if half else np.zeros(1))
        axis = axis[np.abs(axis) < 0.5 * grid.extent[0] * SURE]
        places = np.array([[x, y] for x in axis for y in axis])
    heights = grid.centres(2)
    inside = np.abs(places).max(axis=1) <= 0.5 * grid.extent[0]
    if not inside.all():
        raise InputError("a vessel lies outside the box", f"within {0.5 * grid.extent[0]:g} um of the middle")
    return np.array([[x, y, z] for x, y in places for z in heights]).T


# -- between cells


def _matrix(space: Space, numbers: Numbers, tissue: Tissue, living: Sequence[PopulationEntry], reach: float) -> Matrix:
    assert space.matrix is not None
    use, grid, entry = "matrix", tissue.grid, space.matrix
    most = numbers("matrix_most", "dimensionless", "tissue", use=use)
    if entry.density > most:
        raise InputError(f"a matrix of density {entry.density:g}", f"0 to {most:g} (matrix_most)")
    density = np.full(grid.array_shape, entry.density)
    if entry.where == "shell":
        z, y, x = np.meshgrid(*[grid.centres(axis) for axis in (2, 1, 0)], indexing="ij")
        away = np.sqrt(x**2 + y**2 + z**2)
        density = np.where((away >= reach) & (away <= reach + entry.width), entry.density, 0.0)
    radius = 0.5 * numbers("diameter_median", "um", "vesicle", use=use)
    hindered = {
        name: Hindered(tissue.medium.spreads[name].fastest, radius if name.split(".")[1].startswith("vesicles_") else 0.0)
        for name in tissue.medium.names
    }
    laid = {
        index: numbers("matrix_deposit", "1/h", f"cell_line:{one.cell_line}", use=use)
        for index, one in enumerate(living)
        if numbers.has("matrix_deposit", f"cell_line:{one.cell_line}")
    }
    return Matrix(
        density, most, numbers("matrix_half", "dimensionless", "tissue", use=use), numbers("matrix_fibre", "um", "tissue", use=use),
        hindered, laid,
    )  # fmt: skip


# -- cells that act on others


def _phagocytes(scenario: Scenario, numbers: Numbers, tissue: Tissue, living: Sequence[PopulationEntry]) -> list[Phagocytosis]:
    """Phagocytes; drug in what they eat comes into their cytosol, all else goes where it goes when a body vanishes."""
    found = []
    for index, entry in enumerate(living):
        line = f"cell_line:{entry.cell_line}"
        if not numbers.has("engulfing_rate", line):
            continue
        own = tissue.contents[index].interior.network.pools
        drugs = {f"drug:{drug.id}": f"{entry.id}.cytosol_{drug.id.replace('-', '_')}" for drug in scenario.drugs}
        contents = {
            kind: {
                pool: drugs[part.element]
                for pool, part in inside.interior.network.pools.items()
                if pool in inside.interior.remains and part.element in drugs and drugs[part.element] in own
            }
            for kind, inside in tissue.contents.items()
        }
        eater = Phagocytosis(index, numbers("engulfing_rate", "1/h", line, use="clearing of the dead"), contents)
        eater.check(tissue)
        found.append(eater)
    return found


# -- how cells differ


def differ(tissue: Tissue, living: Sequence[PopulationEntry]) -> None:
    """Draw, once for each first cell, the factors of the numbers in which its population varies; cargo begins in proportion."""
    for index, entry in enumerate(living):
        contents = tissue.contents[index]
        lineage = tissue.cells.lineage[contents.owner[: contents.count]]
        for one in entry.varied or ():
            sigma = np.sqrt(np.log1p(one.spread**2))
            draw = normal(tissue.word(f"spread of {entry.id} {one.number}"), lineage, 0)
            factor = np.exp(sigma * draw - 0.5 * sigma**2)
            contents.differ(f"{entry.id}.{one.number}", factor)
            cargo, _, what = one.number.rpartition(".")
            if what == "copies":
                for whole in (f"{entry.id}.{cargo}", f"{entry.id}.ilv.cargo_{cargo}"):
                    for name in kept_apart(whole, contents.states):
                        contents.row(name)[:] *= factor


def attraction(entry: PopulationEntry, scenario: Scenario) -> dict[str, float]:
    """Field -> weight, by the names of fields in the tissue."""
    factors = {factor.id for factor in scenario.factors}
    drugs = {drug.id for drug in scenario.drugs}
    populations = {one.id for one in scenario.populations}
    found = {}
    for one in entry.attracted or ():
        if one.to == "oxygen":
            name = "oxygen"
        elif one.to in drugs:
            name = f"medium.{one.to}"
        elif one.to in populations:
            name = f"medium.vesicles_{one.to}"
        else:
            name = f"medium.factor_{one.to}" if one.to in factors else one.to  # a fast field
        found[name] = one.weight
    return found
