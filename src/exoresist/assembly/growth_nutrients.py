"""Nutrients and lipid signals that are modelled only when a scenario gives their concentration.

Methionine, asparagine and cholesterol are needed for growth and are partly made by the cell; prostaglandin is made from PUFA and
protects the cells around; oxidisable phospholipid enters membranes from outside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Population, Side, exchange_pools
from exoresist.assembly.nutrients import flux, medium_pool, relative
from exoresist.laws import kinetics, signalling
from exoresist.laws import metabolism as laws
from exoresist.network import Amount, Derived, Modulation, Process, RateOf, Sum
from exoresist.network.parts import Part, Reference

NEEDED = ("methionine", "asparagine", "cholesterol")
ELEMENTS = {name: name for name in NEEDED} | {"phospholipid": "carbon", "prostaglandin": "carbon"}


def exchanges(chosen: Mapping[str, float]) -> list[Part]:
    return [part for name in NEEDED if name in chosen for part in exchange_pools(("made", "used", "removed"), name, "pmol")]


def medium_parts(book: Book, side: Side, chosen: Mapping[str, float]) -> list[Part]:
    """Pools of a medium, and what happens in it without cells."""
    parts: list[Part] = []
    for name, element in ELEMENTS.items():
        if name in chosen:
            parts += medium_pool(book, side, name, element, chosen[name])
    if "asparagine" in chosen:
        # Slow by itself; asparaginase raises it.
        rate = book.number(
            "medium.asparagine_breakdown_rate", "asparagine_breakdown_rate", "1/h", "medium", use="asparagine_breakdown"
        )
        parts.append(_decay(side, "asparagine", "used.asparagine", "asparagine_breakdown", rate))
    if "prostaglandin" in chosen:
        rate = book.number(
            "medium.prostaglandin_decay_rate", "prostaglandin_decay_rate", "1/h", "medium", use="prostaglandin_decay"
        )
        parts.append(_decay(side, "prostaglandin", "respired.carbon", "prostaglandin_decay", rate))
    return parts


def _decay(side: Side, nutrient: str, sink: str, name: str, rate: str) -> Process:
    return Process(
        f"{side.id}.{name}", f"{side.id}.{nutrient}", sink, kinetics.constant, {"rate": rate}, specific=True, name=name
    )


def cell_parts(book: Book, population: Population, chosen: Mapping[str, float]) -> list[Part]:
    """Uptake and own making of each nutrient that is given, and what the cell has of its need."""
    who, side = population.id, population.side.id
    cells = Amount(population.cells)
    parts: list[Part] = []
    for name in NEEDED:
        if name not in chosen:
            continue
        line = f"cell_line:{population.cell_line}|nutrient:{name}"
        key = f"{who}.{name}"
        need = book.number(f"{key}_need", "nutrient_need", "pmol/cell/h", line, f"nutrient:{name}", use=f"{name}_uptake")
        share = book.number(
            f"{key}_synthesis_share", "synthesis_share", "dimensionless", line, f"nutrient:{name}", use=f"{name}_synthesis"
        )
        parts += [
            Derived(f"{key}_needed", kinetics.product, {"first": need, "second": cells}),
            Derived(f"{key}_bought_share", kinetics.remainder, {"fraction": share}),
            Derived(f"{key}_bought", kinetics.product, {"first": need, "second": f"{key}_bought_share"}),
            Process(
                f"{key}_uptake", f"{side}.{name}", f"used.{name}", kinetics.mass_action,
                {"rate": f"{key}_bought", "first": f"{side}.{name}_use", "second": cells},
            ),
            Process(
                f"{key}_synthesis", f"made.{name}", f"used.{name}", kinetics.product,
                {"first": f"{key}_needed", "second": share},
            ),
            Sum(f"{key}_gained", [RateOf(f"{key}_uptake"), RateOf(f"{key}_synthesis")]),
            Derived(f"{key}_supply", kinetics.ratio, {"numerator": f"{key}_gained", "denominator": f"{key}_needed"}),
        ]  # fmt: skip
    if "phospholipid" in chosen:
        parts += _flow(book, population, "phospholipid_uptake", "phospholipid", "incorporated.carbon")
        parts.append(relative(who, "phospholipid_uptake"))
    if "prostaglandin" in chosen:
        parts += _flow(book, population, "prostaglandin_synthesis", "polyunsaturated", f"{side}.prostaglandin")
    return parts


def _flow(book: Book, population: Population, process: str, nutrient: str, sink: str) -> list[Part]:
    who, side = population.id, population.side.id
    inputs: dict[str, Reference] = {
        "rate": f"{who}.{process}_carbon", "first": f"{side}.{nutrient}_use", "second": Amount(population.cells),
    }  # fmt: skip
    return [
        *flux(book, population, process, nutrient),
        Process(f"{who}.{process}", f"{side}.{nutrient}", sink, kinetics.mass_action, inputs),
    ]


def couplings(book: Book, population: Population, processes: Sequence[Process], chosen: Mapping[str, float]) -> list[Part]:
    """Growth needs each of them; methionine also feeds the making of nucleotides, which repair uses."""
    who = population.id
    parts: list[Part] = []
    for name in NEEDED:
        if name not in chosen:
            continue
        surplus = book.number("metabolism.nutrient_surplus", "nutrient_surplus", "dimensionless", "metabolism", use="growth")
        inputs: dict[str, Reference] = {
            "level": f"{who}.{name}_supply", "most": surplus, "exponent": book.plain("edge.exponent", 1.0, "dimensionless"),
        }  # fmt: skip
        parts.append(Modulation(f"{who}.growth", signalling.activation, inputs, tag=f"metabolism:{name}"))
        if name == "methionine":
            share = book.number(
                "metabolism.methionine_repair_share", "methionine_repair_share", "dimensionless", "metabolism", use="repair"
            )
            parts += [
                Modulation(
                    process.id,
                    laws.dependence,
                    {"level": f"{who}.methionine_supply", "share": share},
                    tag="metabolism:methionine",
                )
                for process in processes
                if process.name == "repair"
            ]
    return parts


def tolerance_parts(book: Book, population: Population, nutrients: Sequence[str]) -> tuple[list[Part], list[Reference]]:
    """Rafts of cholesterol and prostaglandin from outside keep survival signals up: factors on the damage that a cell bears."""
    who, side = population.id, population.side.id
    parts: list[Part] = []
    factors: list[Reference] = []
    if "cholesterol" in nutrients:
        share = book.number("metabolism.raft_share", "raft_share", "dimensionless", "metabolism", use="death")
        inputs: dict[str, Reference] = {"level": f"{who}.cholesterol_supply", "share": share}
        parts.append(Derived(f"{who}.tolerance_by_rafts", laws.dependence, inputs))
        factors.append(f"{who}.tolerance_by_rafts")
    if "prostaglandin" in nutrients:
        most = book.number("metabolism.prostaglandin_fold", "prostaglandin_fold", "dimensionless", "metabolism", use="death")
        half = book.number("metabolism.prostaglandin_half", "prostaglandin_half", "nM", "metabolism", use="death")
        signal: dict[str, Reference] = {"concentration": f"{side}.prostaglandin_level", "half": half, "most": most}
        parts.append(Derived(f"{who}.tolerance_by_prostaglandin", kinetics.stimulation, signal))
        factors.append(f"{who}.tolerance_by_prostaglandin")
    return parts, factors
