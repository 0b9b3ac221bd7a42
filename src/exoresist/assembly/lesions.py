"""What drugs and rays do to cells: damage by kind of lesion, and the repair of each kind.

A drug whose lesions are of one kind, or of none that is told, has one damage; a drug with several has one for each, made in
the shares that the catalogue gives and repaired at the rates of their kinds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Layout, Population
from exoresist.catalog import Catalog
from exoresist.laws import kinetics
from exoresist.laws.registry import Law
from exoresist.network import Derived, Process
from exoresist.network.parts import Part, Reference


def kinds(catalog: Catalog, agent: str) -> tuple[str, ...]:
    """The kinds of lesion that a drug or ray makes, in the order of the table; empty where none is told."""
    start = f"drug:{agent}|lesion:"
    return tuple(subject.removeprefix(start) for subject in catalog.subjects("lesion_share") if subject.startswith(start))


def harms(catalog: Catalog, agents: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Every damage that is kept apart -> (agent, kind): named as its agent where that makes one kind only."""
    result: dict[str, tuple[str, str]] = {}
    for agent in agents:
        made = kinds(catalog, agent)
        if len(made) < 2:
            result[agent] = (agent, made[0] if made else "")
        else:
            result |= {f"{agent}_{kind}": (agent, kind) for kind in made}
    return result


def repairs(catalog: Catalog, node: str, kind: str) -> bool:
    """Whether a node that is known as a repairer works on this kind of lesion; a node that is none helps with all."""
    return repairs_kind(catalog, node, kind) or not any(node in lesion.repaired_by for lesion in catalog.records("lesions"))


def repairs_kind(catalog: Catalog, node: str, kind: str) -> bool:
    """Whether the catalogue lists the node among the repairers of this kind of lesion."""
    return kind != "" and node in catalog.lesion(kind).repaired_by


def damage_parts(
    layout: Layout,
    book: Book,
    population: Population,
    agent: str,
    subjects: tuple[str, ...],
    law: Law,
    inputs: Mapping[str, Reference],
    rate: str,
) -> list[Part]:
    """Damage and repair of one agent in one population.

    law, inputs  what makes the damage, cell/h; `rate` names the input that is shared out between the kinds of lesion
    subjects     under which the catalogue may hold the agent's numbers, the most special first
    """
    who, parts = population.id, list[Part]()
    ours = layout.harms_of(agent)
    for harm in ours:
        kind = layout.harms[harm][1]
        own, first = f"{who}.{agent}", dict(inputs)
        repair = f"{own}.repair_rate"
        special = subjects
        if len(ours) > 1:
            share = book.number(
                f"{own}.share_{kind}", "lesion_share", "dimensionless", f"drug:{agent}|lesion:{kind}", use="damage"
            )
            parts.append(Derived(f"{own}.rate_{kind}", kinetics.product, {"first": inputs[rate], "second": share}))
            first[rate] = f"{own}.rate_{kind}"
            repair = f"{own}.repair_rate_{kind}"
            special = (
                f"cell_line:{population.cell_line}|lesion:{kind}",
                f"drug:{agent}|lesion:{kind}",
                f"lesion:{kind}",
                *subjects,
            )
        removal = book.number(repair, "repair_rate", "1/h", *special, use="repair")
        pool = layout.damage(population, harm)
        parts += [
            Process(f"{who}.damage_{harm}", "", pool, law, first, name="damage"),
            Process(f"{who}.repair_{harm}", pool, "", kinetics.constant, {"rate": removal}, specific=True, name="repair"),
        ]
    return parts
