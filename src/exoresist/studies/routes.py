"""The routes by which resistance may come about: each found in a scene, or None, with the way it is switched off.

Routes are disjoint: no two take the same end of a process, passenger or reading away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from exoresist.assembly.layout import Cargo, Population, VesicleClass
from exoresist.assembly.scenario import Environment
from exoresist.assembly.vesicles import ROUTES
from exoresist.network import Amount, Derived, Route, Sum
from exoresist.studies import surgery
from exoresist.studies.names import cargo_name, lineages, listed
from exoresist.studies.scene import Player, Scene
from exoresist.studies.surgery import Parts

TRANSFER = "vesicle_transfer"


# -- what vesicles carry


def _foreign(scene: Scene, population: Population) -> list[VesicleClass]:
    """Vesicles that a population did not make itself and that something brings into the dish."""
    never = {group.id for group in scene.layout.classes if group.maker and scene.never(f"{group.maker}.secretion_rate")}
    return [group for group in scene.layout.classes if group.maker != population.id and group.id not in never]


def _receivers(scene: Scene) -> list[tuple[Population, VesicleClass]]:
    return [
        (population, group)
        for population in scene.layout.populations
        if not scene.never(f"{population.id}.delivered_fraction") and not scene.never(f"{population.id}.uptake_clearance")
        for group in _foreign(scene, population)
    ]


def transfer(scene: Scene) -> Player | None:
    cargo = scene.layout.cargo
    if not cargo or not _receivers(scene):
        return None
    names = listed([cargo_name(scene.model.catalog, one.id) for one in cargo])
    return _delivery(scene, TRANSFER, f"Vesicle transfer of {names}", cargo)


def transfers(scene: Scene) -> list[Player]:
    if not _receivers(scene):
        return []
    return [
        _delivery(scene, f"{TRANSFER}_{one.id}", f"Vesicle transfer of {cargo_name(scene.model.catalog, one.id)}", [one])
        for one in scene.layout.cargo
    ]


def _delivery(scene: Scene, identifier: str, label: str, cargo: Sequence[Cargo]) -> Player:
    degraded = {kind: (Route(scene.layout.exchange("degraded", one.element)),) for one in cargo for kind in scene.kinds([one])}
    ends = [
        f"{population.id}.{end}_{group.id}" for population, group in _receivers(scene) for end in ("unpacking", "uptake_fusion")
    ]

    def operate(parts: Parts) -> Parts:
        for process in ends:
            parts = surgery.rerouted(parts, process, degraded)
        return parts

    off = (
        "Vesicles of others are made, taken up and unpacked as before, but what they carry of it is degraded instead of delivered"
    )
    return Player(identifier, label, off, travels=True, vesicles=True, operate=operate)


def ligands(scene: Scene) -> Player | None:
    heads = tuple(f"{side.id}.ligand_" for side in scene.layout.sides)
    levels = [name for name in scene.network.derived if name.startswith(heads) and not name.endswith("_amount")]
    if not levels:
        return None
    return Player(
        "vesicle_ligands", "Ligands on vesicles", "No cell feels the ligands on vesicles; vesicles and ligands stay as they are",
        travels=True, vesicles=True, operate=lambda parts: surgery.silenced(parts, levels),
    )  # fmt: skip


def carried_drug(scene: Scene) -> Player | None:
    layout = scene.layout
    pairs = [
        (population, group)
        for population in scene.read
        if not scene.never(f"{population.id}.uptake_clearance")
        for group in _foreign(scene, population)
    ]
    if not scene.drugs or not pairs:
        return None

    def operate(parts: Parts) -> Parts:
        for population, group in pairs:
            free = {
                f"{form}:{drug}": (Route(layout.medium(population.side, drug)),)
                for drug in layout.drugs
                for form in ("exchangeable", "retained")
            }
            for route in ROUTES:
                parts = surgery.rerouted(parts, f"{population.id}.uptake_{route}_{group.id}", free)
        return parts

    off = "Drug in vesicles of others stays in the medium when these cells take the vesicles up"
    return Player("drug_carried", "Drug carried in by vesicles", off, vesicles=True, operate=operate)


def drug_export(scene: Scene) -> Player | None:
    processes = scene.named("drug_loading")
    if not processes or not scene.drugs:
        return None
    off = "No drug enters vesicles inside cells; vesicles are made and secreted as before"
    return Player(
        "drug_export", "Drug export in vesicles", off, vesicles=True,
        operate=lambda parts: surgery.without_processes(parts, processes),
    )  # fmt: skip


def decoy(scene: Scene) -> Player | None:
    outside = {scene.layout.vesicles(side, group) for side in scene.layout.sides for group in scene.layout.classes}
    processes = [
        process.id
        for process in scene.network.processes.values()
        if process.name == "antibody_binding" and process.id.rpartition(".")[0] in outside
    ]
    if not processes or not any(name in scene.layout.antibodies for name in scene.substances):
        return None
    off = "No antibody binds to vesicles, so that they use up neither antibody nor complement"
    return Player(
        "decoy", "Vesicles as decoys for the antibody", off, vesicles=True,
        operate=lambda parts: surgery.without_processes(parts, processes),
    )  # fmt: skip


# -- what goes another way


def contact(scene: Scene) -> Player | None:
    processes = scene.named("contact_transfer")
    if not processes or all(scene.never(f"{one.id}.contact_from_{two.id}") for one in scene.layout.populations
                            for two in scene.layout.populations if one is not two):  # fmt: skip
        return None
    return Player(
        "contact_transfer", "Transfer by contact", "No cargo passes through contacts and nanotubes",
        operate=lambda parts: surgery.without_processes(parts, processes),
    )  # fmt: skip


def soluble(scene: Scene) -> Player | None:
    pools = {scene.layout.factor(side, factor) for side in scene.layout.sides for factor in scene.layout.factors}
    drives = _drives(scene, pools)
    if not drives:
        return None
    off = "Cells are deaf to dissolved factors, which are made, used up and cleared as before"
    return Player("soluble_factors", "Soluble factors", off, operate=lambda parts: surgery.silenced(parts, drives))


def _drives(scene: Scene, levels: set[str]) -> list[str]:
    return [
        part.id
        for part in scene.network.derived.values()
        if isinstance(part, Derived) and ".drive_" in part.id and part.inputs.get("level") in levels
    ]


def neighbours(scene: Scene) -> Player | None:
    heads = tuple(f"{population.id}.{word}" for population in scene.layout.populations for word in ("around_", "touched_"))
    levels = {name for name in scene.network.derived if name.startswith(heads)}
    drives = _drives(scene, levels)
    if not drives:
        return None
    off = "Cells do not feel other cells around them, nor the ligands on these"
    return Player("cell_signals", "Signals of other cells", off, operate=lambda parts: surgery.silenced(parts, drives))


def sink(scene: Scene) -> Player | None:
    substances, others = scene.substances, scene.others if scene.read or scene.inside else []
    if not substances or not others:
        return None

    def operate(parts: Parts) -> Parts:
        for other in others:
            shared = [scene.layout.medium(side, name) for side in scene.layout.sides for name in substances]
            parts = surgery.detached(parts, other.id, shared)
        return parts

    who = _cells(other.id for other in others)
    off = f"Drug that {who} take up and give back comes from and goes to an outside: they bear it as before, the medium keeps its own"
    return Player("drug_sink", f"Drug taken up by {who}", off, operate=operate)


def spent(scene: Scene) -> Player | None:
    if not scene.layout.nutrients or not scene.others or not (scene.read or scene.inside):
        return None
    shared = [f"{side.id}.{nutrient}" for side in scene.layout.sides for nutrient in scene.layout.nutrients]

    def operate(parts: Parts) -> Parts:
        for other in scene.others:
            parts = surgery.detached(parts, other.id, shared)
        return parts

    off = "What the other cells use of the medium, and their lactate, comes from and goes to an outside"
    return Player("spent_medium", "Medium spent by other cells", off, operate=operate)


def crowding(scene: Scene) -> Player | None:
    crowded = [population for population in scene.read if any(other.side == population.side for other in scene.others)]
    if not crowded or any(f"{one.side.id}.population" not in scene.network.derived for one in crowded):
        return None

    def operate(parts: Parts) -> Parts:
        for side in {population.side.id: population.side for population in crowded}.values():
            mine = [population for population in crowded if population.side == side]
            own = f"{side.id}.population_counted"
            parts = [*parts, Sum(own, [Amount(population.cells) for population in mine])]
            for population in mine:
                parts = surgery.reading(parts, population.id, f"{side.id}.population", own)
        return parts

    who = _cells(other.id for other in scene.others)
    off = f"The growth of these cells does not notice the room that {who} take"
    return Player("crowding", f"Room taken by {who}", off, operate=operate)


def stress(scene: Scene) -> Player | None:
    environment = scene.model.scenario.environment
    named = [name for name in ("hypoxia", "acidity", "starvation") if getattr(environment, name) > 0.0]
    if not named:
        return None
    return Player(
        "stress", f"Stress: {listed(named)}", f"The dish is without {listed(named)} from the start",
        scene=lambda scenario: scenario.model_copy(update={"environment": Environment()}),
    )  # fmt: skip


def switching(scene: Scene) -> Player | None:
    processes = scene.named("switching")
    if not processes:
        return None
    return Player(
        "switching", "Switching of lineage", "No cell becomes one of another lineage",
        operate=lambda parts: surgery.without_processes(parts, processes),
    )  # fmt: skip


def selection(scene: Scene) -> Player | None:
    tumour = lineages([scene.model])
    first = scene.model.scenario.assay.population
    followers = [name for name in tumour if name != first]
    if first not in {population.id for population in scene.layout.populations} or not followers:
        return None

    def operate(parts: Parts) -> Parts:
        for follower in followers:
            parts = surgery.mirrored(parts, follower, first)
        return parts

    off = f"{_cells(followers)[0].upper()}{_cells(followers)[1:]} divide and die at the rates per cell of {_cells([first])}"
    return Player("selection", "Selection between lineages", off, operate=operate)


def _cells(names: Iterable[str]) -> str:
    """`donor cells`, `donor and caf cells`, `t cells`."""
    told = listed([name.replace("_", " ") for name in names])
    return told if told.endswith("cells") else f"{told} cells"
