"""Autophagy: the share of a cell's clearing of damage that it carries, or, where the context says so, a way to die."""

from __future__ import annotations

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Layout, Population
from exoresist.laws import kinetics, vesicles
from exoresist.network import Amount, Derived, Modulation, Process
from exoresist.network.parts import Part, Reference


def autophagy_parts(layout: Layout, book: Book, population: Population, processes: list[Process]) -> list[Part]:
    """Autophagy of one population, one process for each kind of lesion that is repaired.

    It takes over a share of the basal repair, so that nothing changes while it stays at its baseline; hunger raises it. In a context
    in which autophagy kills (`contexts.tsv`) it adds to the damage instead, and repair is the more for it at the baseline.
    """
    who, side = population.id, population.side.id
    share = book.number(f"{who}.autophagy_share", "autophagy_share", "dimensionless", *population.subjects(), use="autophagy")
    fold = book.number(
        "metabolism.autophagy_fold_starvation", "autophagy_fold_starvation", "dimensionless", "stress", use="autophagy"
    )
    hub = book.catalog.hub_in("autophagy", layout.contexts)
    deadly = hub is not None and hub.sign == "-1"
    parts: list[Part] = []
    if deadly:
        one = book.plain("edge.one", 1.0, "dimensionless")
        parts.append(Derived(f"{who}.repair_share", kinetics.total, {"first": one, "second": share}))
    else:
        parts.append(Derived(f"{who}.repair_share", kinetics.remainder, {"fraction": share}))
    for process in processes:
        if process.name != "repair" or "rate" not in process.inputs or process.law is not kinetics.constant:
            continue
        lesion = process.id.rsplit(".", 1)[-1].removeprefix("repair_")
        rate, clearing = f"{who}.autophagy_rate_{lesion}", f"{who}.autophagy_{lesion}"
        parts.append(Derived(rate, kinetics.product, {"first": process.inputs["rate"], "second": share}))
        parts.append(Modulation(process.id, kinetics.constant, {"rate": f"{who}.repair_share"}, tag="autophagy:share"))
        if deadly:
            amount: dict[str, Reference] = {"rate": rate, "amount": Amount(process.source)}
            parts.append(Process(clearing, "", process.source, kinetics.first_order, amount, name="autophagy"))
        else:
            parts.append(
                Process(clearing, process.source, "", kinetics.constant, {"rate": rate}, specific=True, name="autophagy")
            )
        parts.append(
            Modulation(clearing, vesicles.stress_factor, {"stress": f"{side}.starvation", "most": fold}, tag="stress:starvation")
        )
    return parts
