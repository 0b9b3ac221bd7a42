"""Drugs that act by occupying a target: genotypes, competition, mutant targets that vesicles bring, bypasses.

A drug with inhibition constants (rows `inhibition_constant` of `drug:<id>|target:<variant>`) blocks the node of its target. What the
cell loses of that node's signal makes damage. Which variants a cell line has is told by rows `variant_share`; a line of which nothing
is told has the first variant of the node in the table `targets`.
"""

from __future__ import annotations

from collections.abc import Container

from exoresist.assembly.book import Book
from exoresist.assembly.detoxification import active
from exoresist.assembly.layout import Cargo, Layout, Population
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.laws import action, kinetics
from exoresist.network import Derived, Node, Sum
from exoresist.network.parts import Part, Reference

BYPASS = "bypass"  # what an edge's context says where its target opens because its origin is blocked


def variants(catalog: Catalog, drug: str) -> tuple[str, ...]:
    """The variants for which the drug has an inhibition constant, in the order of the table."""
    start = f"drug:{drug}|target:"
    return tuple(subject.removeprefix(start) for subject in catalog.subjects("inhibition_constant") if subject.startswith(start))


def occupied(catalog: Catalog, drugs: list[str]) -> dict[str, tuple[str, ...]]:
    """Node -> the drugs that occupy its molecules. Raises InputError for a drug with targets of two nodes."""
    result: dict[str, tuple[str, ...]] = {}
    for drug in drugs:
        nodes = {catalog.target(variant).node for variant in variants(catalog, drug)}
        if len(nodes) > 1:
            raise InputError(
                f"drug '{drug}' has inhibition constants of {', '.join(sorted(nodes))}",
                "variants of one target",
                "Leave one target",
            )
        for node in nodes:
            result[node] = (*result.get(node, ()), drug)
    return result


def node_of(layout: Layout, drug: str) -> str:
    """The node that a drug occupies; "" for a drug that acts otherwise."""
    return next((node for node, drugs in layout.targets.items() if drug in drugs), "")


def genotype(catalog: Catalog, cell_line: str, node: str) -> tuple[str, ...]:
    """The variants of a node that a cell line has."""
    all_variants = [target.id for target in catalog.records("targets") if target.node == node]
    own = tuple(
        variant for variant in all_variants if catalog.has_parameter("variant_share", f"cell_line:{cell_line}|target:{variant}")
    )
    return own or tuple(all_variants[:1])


def off_rate_parts(book: Book, population: Population, drug: str, node: str, on_rate: str) -> list[Part]:
    """The off rate that goes with the affinity for the cell's main variant: on rate times inhibition constant."""
    variant = genotype(book.catalog, population.cell_line, node)[0]
    constant = _constant(book, population, drug, variant)
    name = f"{population.id}.{drug}.target_off_rate"
    return [Derived(name, kinetics.product, {"first": on_rate, "second": constant})]


def _constant(book: Book, population: Population, drug: str, variant: str) -> str:
    subject = f"drug:{drug}|target:{variant}"
    return book.number(
        f"{population.id}.{drug}.constant_{variant}", "inhibition_constant", "nM", f"cell_line:{population.cell_line}|{subject}",
        subject, use="target_binding",
    )  # fmt: skip


def _carried(layout: Layout, catalog: Catalog, node: str) -> list[tuple[Cargo, str]]:
    """Cargo of the scenario that is itself a variant of the node's target."""
    found = []
    for cargo in layout.cargo:
        named = catalog.cargo(cargo.id).target if cargo.id in catalog.ids("cargo") else ()
        found += [(cargo, name) for name in named if name in catalog.ids("targets") and catalog.target(name).node == node]
    return found


def target_parts(layout: Layout, book: Book, population: Population, nodes: Container[str]) -> list[Part]:
    """Signal of every target that a drug of the scenario occupies, and what each drug takes of it, in one population.

    nodes  ids of the nodes that the chains hold: a target among them has the amount that its node says
    """
    parts: list[Part] = []
    for node in layout.targets:
        parts += _one_target(layout, book, population, node, nodes)
    for node, drugs in layout.targets.items():
        parts += _losses(layout, book, population, node, drugs, nodes)
    return parts


def _one_target(layout: Layout, book: Book, population: Population, node: str, nodes: Container[str]) -> list[Part]:
    who, catalog, drugs = population.id, book.catalog, layout.targets[node]
    one = book.plain("target.one", 1.0, "dimensionless")
    parts: list[Part] = []
    own = genotype(catalog, population.cell_line, node)
    brought = _carried(layout, catalog, node)
    shares: list[Reference] = []
    left: list[Reference] = []
    blocked: dict[str, list[Reference]] = {drug: [] for drug in drugs}
    for variant in dict.fromkeys([*own, *(variant for _, variant in brought)]):
        key = f"{who}.{variant}"
        amounts = [_share(book, population, variant)] if variant in own else []
        for cargo, name in brought:
            if name == variant:
                copies = book.number(
                    f"{who}.{node}.copies", "target_copies", "copy/cell", f"signal:{node}", "target", use="target"
                )
                level = f"{who}.{cargo.id.replace('-', '_')}.per_cell"
                parts.append(Derived(f"{key}.from_{cargo.id}", kinetics.ratio, {"numerator": level, "denominator": copies}))
                amounts.append(f"{key}.from_{cargo.id}")
        parts.append(Sum(f"{key}.amount", amounts))
        shares.append(f"{key}.amount")
        terms: list[Reference] = [one]
        for drug in drugs:
            ratio = f"{key}.{drug}"
            inputs: dict[str, Reference] = {"numerator": seen(layout, population, drug, catalog), "denominator": ""}
            inputs["denominator"] = _constant(book, population, drug, variant)
            parts.append(Derived(ratio, kinetics.ratio, inputs))
            terms.append(ratio)
        parts += [
            Sum(f"{key}.load", terms),
            Derived(f"{key}.free", kinetics.ratio, {"numerator": f"{key}.amount", "denominator": f"{key}.load"}),
        ]
        left.append(f"{key}.free")
        for drug in drugs:
            parts.append(Derived(f"{key}.held_by_{drug}", kinetics.product, {"first": f"{key}.{drug}", "second": f"{key}.free"}))
            blocked[drug].append(f"{key}.held_by_{drug}")
    mine = f"{who}.{node}"
    amount: Reference = mine if mine in nodes else one
    parts += [
        Sum(f"{who}.amount_{node}", shares),
        Sum(f"{who}.free_{node}", left),
        Derived(f"{who}.signal_{node}", kinetics.product, {"first": f"{who}.free_{node}", "second": amount}),
    ]
    for drug in drugs:
        parts += [
            Sum(f"{who}.{drug}.held", blocked[drug]),
            Derived(
                f"{who}.{drug}.blocked",
                kinetics.ratio,
                {"numerator": f"{who}.{drug}.held", "denominator": f"{who}.amount_{node}"},
            ),
        ]
    return [*parts, Sum(f"{who}.blocked_{node}", [f"{who}.{drug}.blocked" for drug in drugs])]


def seen(layout: Layout, population: Population, drug: str, catalog: Catalog) -> str:
    """The concentration that a drug's target sees: outside for a ligand, else that of the acting form in the cell."""
    if catalog.drug(drug).mode == "ligand":
        return f"{population.side.id}.free_{drug}"
    return active(layout, population, drug)


def _share(book: Book, population: Population, variant: str) -> str:
    subject = f"cell_line:{population.cell_line}|target:{variant}"
    identifier = f"{population.id}.share_{variant}"
    if book.catalog.has_parameter("variant_share", subject):
        return book.number(identifier, "variant_share", "dimensionless", subject, use="target")
    return book.plain(identifier, 1.0, "dimensionless")


def _losses(
    layout: Layout, book: Book, population: Population, node: str, drugs: tuple[str, ...], nodes: Container[str]
) -> list[Part]:
    who, line = population.id, f"cell_line:{population.cell_line}"
    parts: list[Part] = []
    working: list[Reference] = [f"{who}.signal_{node}"]
    for other in bypasses(book.catalog, node):
        subject = f"{line}|signal:{other}"
        if not (book.catalog.has_parameter("bypass_strength", subject) or ("bypass_strength", subject) in book.overrides):
            continue
        strength = book.number(f"{who}.bypass_strength_{other}", "bypass_strength", "dimensionless", subject, use="bypass")
        time = book.number("protein_time", "protein_time", "h", "node", use="bypass")
        activity: Reference = f"{who}.{other}" if f"{who}.{other}" in nodes else book.plain("target.one", 1.0, "dimensionless")
        if other in layout.targets:
            activity = f"{who}.signal_{other}"
        gate = f"{who}.bypass_{node}_{other}"
        parts += [
            # Shut in the untreated cell; it opens with the share of the first target that drugs hold.
            Node(gate, time, [(kinetics.constant, {"rate": f"{who}.blocked_{node}"})], initial=0.0),
            Derived(f"{gate}.open", kinetics.product, {"first": gate, "second": strength}),
            Derived(f"{gate}.signal", kinetics.product, {"first": f"{gate}.open", "second": activity}),
        ]
        working.append(f"{gate}.signal")
    parts.append(Sum(f"{who}.working_{node}", working))
    dependence = book.number(
        f"{who}.dependence_{node}", "dependence", "dimensionless", f"{line}|signal:{node}", "target", use="damage"
    )
    for drug in drugs:
        key = f"{who}.{drug}"
        if book.catalog.drug(drug).mode == "ligand":
            # A ligand calls its receptor: what counts is how much receptor it holds, not what is left.
            receptor = f"{who}.{node}" if f"{who}.{node}" in nodes else book.plain("target.one", 1.0, "dimensionless")
            parts.append(Derived(f"{key}.signal_loss", kinetics.product, {"first": f"{key}.blocked", "second": receptor}))
        else:
            inputs: dict[str, Reference] = {
                "blocked": f"{key}.blocked",
                "blocked_by_all": f"{who}.blocked_{node}",
                "left": f"{who}.working_{node}",
            }
            parts.append(Derived(f"{key}.signal_loss", action.signal_loss, inputs))
        parts.append(Derived(f"{key}.loss", kinetics.product, {"first": f"{key}.signal_loss", "second": dependence}))
    return parts


def bypasses(catalog: Catalog, node: str) -> list[str]:
    """Nodes that open when this one is blocked: stored edges whose context says so."""
    return [row["target"] for row in catalog.rows("edges") if row["origin"] == node and row["context"].startswith(BYPASS)]
