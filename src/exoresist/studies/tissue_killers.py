"""Killers of a tissue: who kills whom, what holds them back, and the antibodies that take that away."""

from __future__ import annotations

from collections.abc import Sequence

from exoresist.assembly.antibody import antibodies
from exoresist.assembly.layout import kept_apart
from exoresist.assembly.scenario import PopulationEntry, Scenario
from exoresist.catalog import Catalog
from exoresist.network.wiring import element_id
from exoresist.studies.tissue_numbers import Numbers
from exoresist.tissue.killing import Checkpoint, Killing, unsuppressed
from exoresist.tissue.state import Tissue

CHECKPOINT = "checkpoint"  # the catalogue's group of signals by which ligands hold killers back


def killings(
    scenario: Scenario, numbers: Numbers, tissue: Tissue, living: Sequence[PopulationEntry], tumours: tuple[int, ...]
) -> list[Killing]:
    """One for each population that kills.

    living  populations by the index of their cell type; `tumours`: those that are killed
    """
    found = []
    for index, entry in enumerate(living):
        line = f"cell_line:{entry.cell_line}"
        if not numbers.has("killing_rate", line) or index in tumours or not tumours:
            continue
        found.append(
            Killing(
                (index,), tumours, numbers("killing_rate", "1/h", line, use="killing"),
                _checkpoint(scenario, numbers, tissue, living, index, tumours) or unsuppressed,
                numbers("killing_exhaustion", "1/h", line, "cell", use="killing"),
            )
        )  # fmt: skip
    return found


def _checkpoint(
    scenario: Scenario,
    numbers: Numbers,
    tissue: Tissue,
    living: Sequence[PopulationEntry],
    killer: int,
    tumours: tuple[int, ...],
) -> Checkpoint | None:
    """Ligands of the scenario's cargo that hold this kind of killer back, on vesicles of all classes and on the targets.

    Antibodies of the scenario cover the ligand, or block the receptor on the killer.
    """
    carriers: dict[str, float] = {}
    covered: dict[str, float] = {}
    own: dict[int, str] = {}
    own_covered: dict[int, tuple[tuple[str, ...], float]] = {}
    blockers: dict[str, None] = {}
    fold, half, use = 1.0, 1.0, "killing held back"
    weight = numbers("copy_weight", "pmol/copy", "physics", use=use)
    for wire in numbers.catalog.signals(CHECKPOINT):
        where, _, ligand = wire.origin.partition(":")
        if ligand not in scenario.cargo or living[killer].cell_line not in wire.cells:
            continue
        fold = max(fold, numbers("signal_fold", "dimensionless", f"wire:{wire.id}", "signal", use=use))
        name, on_ligand = ligand.replace("-", "_"), _against(scenario, numbers.catalog, ligand)
        on_receptor = (f"{living[killer].id}.{one}.occupancy" for one in _against(scenario, numbers.catalog, wire.receptor))
        blockers |= {one: None for one in on_receptor if one in tissue.contents[killer].compiled.slot_of}
        if where == "on_vesicles":
            dissolved = numbers("signal_half_concentration", "nM", f"cargo:{ligand}", "signal", use=use)
            classes = [f"medium.vesicles_{one}" for one in (*(e.id for e in living), *(e.id for e in scenario.vesicles))]
            for pool in (f"{one}.cargo_{name}" for one in classes):
                carriers |= dict.fromkeys(kept_apart(pool, tissue.medium.names) or [pool], dissolved / weight)
            covered |= {f"{pool}.{element_id(f'antibody:{one}')}": dissolved for pool in classes for one in on_ligand}
        else:
            type_ = numbers.catalog.cargo(ligand).type
            half = numbers("signal_half_copies", "copy/cell", f"cargo:{ligand}", f"cargo_type:{type_}", "signal", use=use)
            own = {index: f"{living[index].id}.{name}.total" for index in tumours}
            for index in tumours:
                surface = [f"{living[index].id}.surface_{one}" for one in on_ligand]
                pools = tuple(pool for pool in surface if pool in tissue.contents[index].states)
                own_covered |= {index: (pools, weight)} if pools else {}
    if not (carriers or own):
        return None
    blocked = {killer: tuple(blockers)} if blockers else {}
    return Checkpoint(carriers, own, half, 1.0 - 1.0 / fold, covered, own_covered, blocked)


def _against(scenario: Scenario, catalog: Catalog, cargo: str) -> list[str]:
    """Antibodies of the scenario that bind a kind of cargo that it has."""
    if cargo not in scenario.cargo:
        return []
    return [one for one in antibodies(scenario, catalog) if catalog.drug(one).target == catalog.cargo(cargo).antigen]
