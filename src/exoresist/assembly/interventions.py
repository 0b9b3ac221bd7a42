"""Interventions as factors on named processes, switched on and off by events."""

from __future__ import annotations

from collections.abc import Iterable

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Layout
from exoresist.assembly.reach import concerns
from exoresist.assembly.scenario import InterventionEntry
from exoresist.core.errors import InputError
from exoresist.laws import kinetics
from exoresist.network import Event, Modulation, Process
from exoresist.network.parts import Part, Reference

AT_WALLS = "sprouting"  # acts on walls of vessels in a tissue, on nothing in cells
# A compound or knock-down that lowers "ilv_formation" lowers both of its routes; likewise for other processes that are several.
ROUTES_OF = {
    "ilv_formation": ("ilv_formation_escrt", "ilv_formation_ceramide"),
    "lipogenesis": ("lipogenesis_saturated", "lipogenesis_unsaturated"),
    "glucose_use": ("glycolysis", "glucose_oxidation"),
    "respiration": ("glucose_oxidation", "glutamine_oxidation", "lactate_oxidation", "scavenging", "fatty_acid_oxidation"),
    "methionine_supply": ("methionine_uptake", "methionine_synthesis"),
    "lipid_supply": ("lipid_uptake", "cholesterol_uptake"),
}


def intervention_parts(
    layout: Layout, book: Book, entry: InterventionEntry, processes: Iterable[Process]
) -> tuple[list[Part], list[Event]]:
    """Modulations of one intervention on every process that it names, in the populations that are treated, and its events."""
    record = book.catalog.intervention(entry.id)
    if record.target_process == AT_WALLS and not layout.one_cell:
        raise InputError(f"intervention '{entry.id}' acts on walls of vessels", "a tissue with vessels that sprout")
    key = f"intervention.{entry.id}"
    level = f"{key}.concentration" if entry.concentration is not None else f"{key}.strength"
    if entry.concentration is not None:
        book.plain(level, 0.0, "nM")
        amount = entry.concentration
        if not book.catalog.has_parameter("half_effect_concentration", f"intervention:{entry.id}"):
            raise InputError(
                f"intervention '{entry.id}' has no potency in the catalogue, so a concentration means nothing",
                "strength: 0 to 1",
                f"Write {{id: {entry.id}, strength: 0.8}}",
            )
    else:
        book.plain(level, 0.0, "dimensionless")
        amount = entry.strength or 0.0
    on = [Event(entry.at, set={level: amount}, label=f"{entry.id} on")]
    off = [Event(entry.until, set={level: 0.0}, label=f"{entry.id} off")] if entry.until is not None else []
    if record.target_process == "mimic":
        return _mimic(layout, book, entry, record.targets, on, off)
    names = ROUTES_OF.get(record.target_process, (record.target_process,))
    # What happens in a medium is treated together with all populations.
    everywhere = (*(population.id for population in layout.populations), *(side.id for side in layout.sides))
    treated = entry.populations or everywhere
    matching = [
        process
        for process in processes
        if process.name in names and process.id.split(".", 1)[0] in treated and concerns(book.catalog, layout, record, process)
    ]
    most = book.number(f"{key}.max_effect", "max_effect", "dimensionless", f"intervention:{entry.id}", use=record.target_process)
    inputs: dict[str, Reference] = {"most": most}
    if entry.concentration is not None:
        half = book.number(
            f"{key}.half_effect", "half_effect_concentration", "nM", f"intervention:{entry.id}", use=record.target_process
        )
        inputs |= {"concentration": level, "half": half}
        law = kinetics.inhibition if record.effect == "lower" else kinetics.stimulation
    else:
        inputs |= {"strength": level}
        law = kinetics.knockdown if record.effect == "lower" else kinetics.fold
        if record.effect != "lower":
            inputs = {"most": most, "level": level}
    return [Modulation(process.id, law, inputs, tag=f"intervention:{entry.id}") for process in matching], on + off


def _mimic(
    layout: Layout, book: Book, entry: InterventionEntry, targets: tuple[str, ...], on: list[Event], off: list[Event]
) -> tuple[list[Part], list[Event]]:
    """A miRNA mimic raises the miRNA that the axis titrates, an anti-miRNA lowers it: events set its fold in the treated populations."""
    if book.catalog.intervention(entry.id).effect == "lower":
        full = 1.0 - book.quantity("max_effect", f"intervention:{entry.id}").value
    else:
        full = book.quantity("mimic_fold", "mirna").value
    treated = entry.populations or tuple(population.id for population in layout.populations)
    strength = entry.strength or 0.0
    keys = [
        f"{who}.{name.replace('-', '_')}.mimic_fold"
        for who in treated
        for name in targets
        if f"{who}.{name.replace('-', '_')}.mimic_fold" in book.parameters
    ]
    if not keys and layout.one_cell:
        return [], []  # the cells of another type may hold the axis
    if not keys:
        raise InputError(
            f"intervention '{entry.id}' acts on {', '.join(targets)}, which no axis of the scenario holds",
            "an axis with that miRNA",
            "Add the axis under `axes`, or leave the intervention out",
        )
    fold = 1.0 + (full - 1.0) * strength
    raised = [Event(event.time, set={key: fold for key in keys}, label=event.label) for event in on]
    back = [Event(event.time, set={key: 1.0 for key in keys}, label=event.label) for event in off]
    return [], raised + back
