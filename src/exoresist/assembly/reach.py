"""Which processes of a population a node or an intervention reaches: repair by kind of lesion, metabolism by enzyme."""

from __future__ import annotations

from exoresist.assembly.detoxification import handled, process_of
from exoresist.assembly.layout import Layout
from exoresist.assembly.lesions import repairs, repairs_kind
from exoresist.catalog import Catalog
from exoresist.catalog.records import Intervention
from exoresist.network import Process

# Of these processes there are several in a cell: an intervention acts on those that its targets name.
NAMED = ("efflux", "pump_synthesis", "loading", "factor_secretion", "factor_clearance", "rna_synthesis")
# What a hub's process stands for among the processes of a population; repair, damage and metabolism depend on drug and node.
SIMPLE = {
    "drug_influx": ("drug_influx_{drug}",),
    "drug_export": ("ilv_formation_escrt", "ilv_formation_ceramide"),
    "secretion": ("secretion",),
    "growth": ("growth",),
}


def processes(catalog: Catalog, layout: Layout, node: str, target: str, drug: str) -> list[str]:
    """Processes, without their population, that a hub multiplies for one drug.

    A repair enzyme works on its own kinds of lesion; an enzyme on the drugs that are its substrates.
    """
    if target == "repair":
        return [f"repair_{harm}" for harm in layout.harms_of(drug) if repairs(catalog, node, layout.harms[harm][1])]
    if target == "damage":
        return [f"damage_{harm}" for harm in layout.harms_of(drug)]
    if target == "metabolism":
        if node in catalog.ids("enzymes"):
            return [name for name in (process_of(catalog, node, drug),) if name]
        every = [process_of(catalog, enzyme, drug) for enzyme in catalog.ids("enzymes")] if handled(catalog, drug) else []
        return [f"metabolism_{drug}", *(name for name in every if name.startswith("metabolism_"))]
    return [pattern.format(drug=drug) for pattern in SIMPLE.get(target, ())]


def concerns(catalog: Catalog, layout: Layout, record: Intervention, process: Process) -> bool:
    """Whether an intervention on a process of this name means this very process: its pump, enzyme, lesion or receptor."""
    name = process.id.split(".", 1)[1]
    if record.target_process in NAMED:
        return not record.targets or any(target in process.id for target in record.targets)
    if record.target_process in ("metabolism", "activation"):
        return any(name.endswith(f"_by_{target}") for target in record.targets)
    if record.target_process in ("repair", "damage"):
        harm = name.split("_", 1)[1]
        agent, kind = layout.harms[harm]
        called = any(agent in layout.targets.get(target, ()) for target in record.targets)
        return called or any(repairs_kind(catalog, target, kind) for target in record.targets)
    return True
