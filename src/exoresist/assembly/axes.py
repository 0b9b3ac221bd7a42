"""Catalogue axes as running chains: cargo, titrated miRNAs, nodes, and a factor on a process at the end.

A miRNA on a chain acts by the share of its target sites that it occupies; a sponge adds sites. Everything else is a node with
baseline 1. The reported direction is never an input: it must come out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from exoresist.assembly import drug_levels, reach
from exoresist.assembly.book import Book
from exoresist.assembly.layout import Cargo, Layout, Population
from exoresist.catalog import Catalog
from exoresist.catalog.path import Outcome, outcome, parse_path
from exoresist.core.errors import InputError
from exoresist.laws import cargo as cargo_laws
from exoresist.laws import kinetics, signalling, vesicles
from exoresist.laws.registry import Law
from exoresist.network import Derived, Modulation, Node, PerSize, Sum
from exoresist.network.parts import Part, Reference

# Nodes of the surroundings, and the stress that the medium has.
SENSED = {"starvation": "starvation", "acidosis": "acidity"}
Regulator = tuple[Law, dict[str, Reference]]
Outside = Mapping[tuple[str, str], Regulator]


@dataclass
class Chains:
    """The signed edges of all axes of a scenario, each once."""

    edges: dict[tuple[str, str], int] = field(default_factory=dict)
    outcomes: dict[tuple[str, str], int] = field(default_factory=dict)
    starts: set[str] = field(default_factory=set)
    inputs: set[str] = field(default_factory=set)  # drugs and rays whose own level drives their nodes

    @property
    def nodes(self) -> list[str]:
        """Every node of an edge, and single nodes that act by themselves."""
        alone = [name for name, _ in self.outcomes]
        return list(dict.fromkeys([*(name for edge in self.edges for name in edge), *alone]))

    def joined(self, other: Chains | None) -> Chains:
        """Both sets of chains as one. Raises InputError when they give an edge opposite signs."""
        if other is None:
            return self
        outcomes = {**self.outcomes, **other.outcomes}
        result = Chains(dict(self.edges), outcomes, self.starts | other.starts, self.inputs | other.inputs)
        for edge, sign in other.edges.items():
            result.add(*edge, sign)
        return result

    def in_contexts(self, catalog: Catalog, contexts: Sequence[str]) -> Chains:
        """The same chains with the signs that edges have in the contexts that are given."""
        own = {edge: catalog.context_edges(edge[0], contexts).get(edge[1], sign) for edge, sign in self.edges.items()}
        return replace(self, edges=own)

    def add(self, source: str, target: str, sign: int) -> None:
        """Put in an edge; an edge that is there already must have the same sign."""
        if self.edges.setdefault((source, target), sign) != sign:
            raise InputError(f"the edge {source} to {target} is given opposite signs", "axes that agree", "Leave one of them out")


def read_chains(catalog: Catalog, axes: Iterable[str]) -> Chains:
    """Edges of the named axes; axes that share edges share nodes. Raises InputError when two axes disagree on a sign."""
    chains = Chains()
    for name in axes:
        axis = catalog.axis(name)
        steps = parse_path(axis.path)
        end = outcome(steps)
        inner = steps[:-1] if end else steps
        chains.starts.add(inner[0].node)
        for before, step in itertools.pairwise(inner):
            chains.add(before.node, step.node, step.sign)
        if end is not None:
            _close(chains, inner[-1].node, steps[-1].sign, end)
    return chains


def _close(chains: Chains, node: str, sign: int, end: Outcome) -> None:
    chains.outcomes[node, end.drug] = sign if end.direction == "resistance" else -sign


def _is_efflux(process: str, who: str, drug: str) -> bool:
    return process.startswith(f"{who}.efflux_") and process.endswith(f"_{drug}")


def is_mirna(name: str) -> bool:
    return name.lower().startswith(("mir_", "mir-", "let_"))


def axis_parts(
    layout: Layout, book: Book, population: Population, chains: Chains, processes: Iterable[str], outside: Outside | None = None
) -> tuple[list[Part], list[Reference]]:
    """Nodes and modulations of one population, and the factors on its tolerance (damage threshold).

    outside  regulators of nodes that come from outside the cell, by edge
    """
    builder = _Chain(layout, book, population, chains, outside or {})
    return builder.parts(set(processes))


@dataclass
class _Chain:
    layout: Layout
    book: Book
    population: Population
    chains: Chains
    outside: Outside = field(default_factory=dict)

    @property
    def who(self) -> str:
        return self.population.id

    def cargo(self, name: str) -> Cargo | None:
        return next((cargo for cargo in self.layout.cargo if cargo.id == name), None)

    def key(self, name: str) -> str:
        return f"{self.who}.{name.replace('-', '_')}"

    def parts(self, processes: set[str]) -> tuple[list[Part], list[Reference]]:
        parts: list[Part] = []
        for name in self.chains.nodes:
            cargo = self.cargo(name)
            if name in self.chains.inputs:
                continue
            if is_mirna(name):
                parts += self.mirna(name, cargo)
            elif cargo is None and self.regulators(name):
                parts.append(Node(self.key(name), self.time(name), self.regulators(name)))
            elif cargo is None and name in self.chains.starts:
                parts.append(Node(self.key(name), self.time(name), self.sensed(name)))
        more, tolerance = self.ends(processes)
        return parts + self.synthesis(processes) + more, tolerance

    def sensed(self, name: str) -> list[Regulator]:
        """What a chain that begins with a stress reads of the medium, where metabolism makes that stress."""
        if not self.layout.nutrients or name not in SENSED:
            return []
        stress: Reference = f"{self.population.side.id}.{SENSED[name]}"
        return [(vesicles.stress_factor, {"stress": stress, "most": self.fold("hub_hub")})]

    def time(self, name: str) -> str:
        """Time scale: a protein when a miRNA sets its level, signalling otherwise; a node's own where the catalogue gives one."""
        if self.book.catalog.has_parameter("node_time", f"node:{name}"):
            return self.book.number(f"node_time.{name}", "node_time", "h", f"node:{name}", use="nodes")
        slow = any(is_mirna(source) for source, target in self.chains.edges if target == name)
        which = "protein_time" if slow else "signalling_time"
        return self.book.number(which, which, "h", "node", use="nodes")

    def fold(self, kind: str) -> str:
        return self.book.number(f"edge.{kind}", kind, "dimensionless", "edge_class", use="nodes")

    def per_cell(self, cargo: Cargo) -> Reference:
        return f"{self.key(cargo.id)}.per_cell"

    def mirna(self, name: str, cargo: Cargo | None) -> list[Part]:
        """Occupancy of a miRNA's sites, with and without what vesicles brought."""
        key, line = self.key(name), f"cell_line:{self.population.cell_line}"
        own = self.book.number(
            f"{key}.copies",
            "endogenous_copies",
            "copy/cell",
            f"{line}|cargo:{name}",
            f"cargo:{name}",
            "cargo_type:miRNA",
            use="titration",
        )
        background = self.book.number("mirna.background_sites", "background_sites", "copy/cell", "mirna", use="titration")
        affinity = self.book.number("mirna.site_affinity", "site_affinity", "copy/cell", "mirna", use="titration")
        parts: list[Part] = []
        now: list[Reference] = [background]
        before: list[Reference] = [background]
        for source, target in self.chains.edges:
            sponge = self.cargo(source)
            if target != name or sponge is None:
                continue
            sites = self.book.number(
                f"{self.key(source)}.sites",
                "sites_per_copy",
                "dimensionless",
                f"cargo:{source}",
                f"cargo_type:{sponge.type}",
                "cargo",
                use="titration",
            )
            for tag, level, gathered in (
                ("now", self.per_cell(sponge), now),
                ("before", f"{self.key(source)}.copies", before),
            ):
                parts.append(Derived(f"{key}.sponge_{source}_{tag}", kinetics.product, {"first": sites, "second": level}))
                gathered.append(f"{key}.sponge_{source}_{tag}")
        amount: Reference = self.per_cell(cargo) if cargo is not None else own
        for source, sign in self.node_regulators(name):
            law, inputs = self.regulated(source, sign)
            factor = f"{key}.by_{source}"
            parts += [
                Derived(factor, law, inputs),
                Derived(f"{key}.after_{source}", kinetics.product, {"first": amount, "second": factor}),
            ]
            amount = f"{key}.after_{source}"
        raised = f"{key}.mimic_fold"
        for tag, level, gathered in (("now", amount, now), ("before", own, before)):
            if tag == "now":
                parts.append(
                    Derived(
                        f"{key}.level",
                        kinetics.product,
                        {"first": level, "second": self.book.plain(raised, 1.0, "dimensionless")},
                    )
                )
                level = f"{key}.level"
            parts += [
                Sum(f"{key}.sites_{tag}", gathered),
                Derived(
                    f"{key}.bound_{tag}",
                    kinetics.tight_binding,
                    {"first": level, "second": f"{key}.sites_{tag}", "affinity": affinity},
                ),
                Derived(
                    f"{key}.occupancy_{tag}",
                    kinetics.ratio,
                    {"numerator": f"{key}.bound_{tag}", "denominator": f"{key}.sites_{tag}"},
                ),
            ]
        return parts

    def node_regulators(self, name: str) -> list[tuple[str, int]]:
        """(source, sign) of the edges into a miRNA that come from nodes; sponges that are carried titrate it instead.

        A miRNA that is carried is made faster or slower by its nodes (`synthesis`), so that its vesicles tell of them.
        """
        if self.cargo(name) is not None:
            return []
        return [
            (source, sign)
            for (source, target), sign in self.chains.edges.items()
            if target == name and self.cargo(source) is None and not is_mirna(source)
        ]

    def regulators(self, name: str) -> list[Regulator]:
        found: list[Regulator] = []
        for (source, target), sign in self.chains.edges.items():
            if target != name:
                continue
            cargo = self.cargo(source)
            if (source, target) in self.outside:
                found.append(self.outside[source, target])
            elif is_mirna(source):
                most = self.book.number("mirna.max_repression", "max_repression", "dimensionless", "mirna", use="nodes")
                key = self.key(source)
                # A miRNA lowers its targets; a chain may also hold its net effect on something further on, which may rise.
                found.append(
                    (
                        signalling.mirna_repression,
                        {
                            "occupancy": f"{key}.occupancy_now",
                            "reference": f"{key}.occupancy_before",
                            "most": most if sign < 0 else self.inverse(most),
                        },
                    )
                )
            elif cargo is not None:
                most = self.fold("cargo_hub")
                fold = most if sign > 0 else self.inverse(most)
                found.append(
                    (
                        cargo_laws.received_effect,
                        {
                            "level": f"{self.key(source)}.excess",
                            "half": f"{self.key(source)}.copies",
                            "most": fold,
                        },
                    )
                )
            else:
                found.append(self.regulated(source, sign))
        return found

    def regulated(self, source: str, sign: int) -> Regulator:
        """The term of a node, or of a drug's own level, on what it regulates."""
        if source in self.chains.inputs:
            return drug_levels.regulator(self.book, self.population, source, sign)
        return self.edge(self.level(source), sign, self.fold("hub_hub"))

    def level(self, name: str) -> str:
        """What a node passes on: its activity, or the signal that drugs leave of it."""
        return f"{self.who}.signal_{name}" if name in self.layout.targets else self.key(name)

    def synthesis(self, processes: set[str]) -> list[Part]:
        """Nodes and drugs that drive the making of carried cargo."""
        parts: list[Part] = []
        for (source, target), sign in self.chains.edges.items():
            made = [f"{self.key(target)}.{kind}" for kind in ("rna_synthesis", "pump_synthesis")]
            if self.cargo(target) is None or self.cargo(source) is not None or is_mirna(source):
                continue
            law, inputs = self.regulated(source, sign)
            parts += [Modulation(name, law, inputs, tag=f"node:{source}") for name in made if name in processes]
        return parts

    def edge(self, source: str, sign: int, most: str) -> Regulator:
        law = signalling.activation if sign > 0 else signalling.repression
        return law, {
            "level": source,
            "most": most,
            "exponent": self.book.plain("edge.exponent", 1.0, "dimensionless"),
        }

    def inverse(self, most: str) -> str:
        return f"{most}.inverse"

    def ends(self, processes: set[str]) -> tuple[list[Part], list[Reference]]:
        """The last nodes act as the catalogue's hubs say; a node that is no hub acts on tolerance, as its chain says.

        A hub's sign is its own, or the context's: the last link that a document reports is not used where a hub is known.
        Where metabolism is modelled, nodes that drive its processes act through them and in no other way.
        """
        parts: list[Part] = []
        tolerance: list[Reference] = []
        driving: dict[tuple[str, str], Modulation] = {}
        for (name, drug), reported in self.chains.outcomes.items():
            if name not in self.acting() or drug not in (*self.layout.drugs, *self.layout.rays):
                continue  # a cargo that acts physically (a pump), not through a node; or another drug than those here
            if drug in self.layout.targets.get(name, ()):
                continue  # the drug's own target: its amount decides what the drug takes, which is counted there
            driven = self.book.catalog.metabolic_hub(name) if self.layout.nutrients else None
            if driven is not None:
                law, inputs = self.edge(self.level(name), int(driven.sign), self.fold("hub_process"))
                for word in driven.processes:
                    # Autophagy clears each kind of lesion of each drug by a process of its own.
                    whole, each = f"{self.who}.{word}", f"{self.who}.{word}_{drug}"
                    for process in sorted(name for name in processes if name in (whole, each) or name.startswith(f"{each}_")):
                        driving[process, name] = Modulation(process, law, inputs, tag=f"hub:{name}")
                continue
            hub = self.book.catalog.hub_in(name, self.layout.contexts)
            sign = reported if hub is None else int(hub.sign)
            target = "tolerance" if hub is None else hub.process
            law, inputs = self.edge(self.level(name), sign, self.fold("hub_process"))
            if target == "tolerance":
                identifier = f"{self.who}.tolerance_{name}"
                parts.append(Derived(identifier, law, inputs))
                tolerance.append(identifier)
                continue
            wanted = {f"{self.who}.{process}" for process in reach.processes(self.book.catalog, self.layout, name, target, drug)}
            for process in sorted(processes):
                killing = target == "immune" and process.startswith(f"{self.who}.immune_killing_")
                if process in wanted or killing or (target == "efflux" and _is_efflux(process, self.who, drug)):
                    parts.append(Modulation(process, law, inputs, tag=f"hub:{name}"))
        return [*parts, *driving.values()], tolerance

    def acting(self) -> list[str]:
        """Names that become nodes in this population."""
        silent = self.chains.inputs
        return [name for name in self.chains.nodes if not is_mirna(name) and self.cargo(name) is None and name not in silent]


def shared_parts(book: Book) -> list[Part]:
    """Derived values that all populations' chains share, for those edge classes that were used."""
    one = "edge.one"
    return [
        Derived(f"{fold}.inverse", kinetics.ratio, {"numerator": book.plain(one, 1.0, "dimensionless"), "denominator": fold})
        for fold in ("edge.cargo_hub", "mirna.max_repression", "edge.drug_node")
        if fold in book.parameters
    ]


def level_parts(layout: Layout, population: Population, cargo: Cargo) -> list[Part]:
    """Copies per cell of a cargo, and the excess over the cell's own."""
    key = f"{population.id}.{cargo.id.replace('-', '_')}"
    if len(layout.origins) == 1:
        per_cell: Reference = PerSize(layout.cell_cargo(population, cargo), population.cells)
        first = Sum(f"{key}.per_cell", [per_cell])
    else:
        first = Sum(
            f"{key}.per_cell",
            [PerSize(layout.cell_cargo(population, cargo, origin), population.cells) for origin in layout.origins],
        )
    return [first, Derived(f"{key}.excess", kinetics.difference, {"first": f"{key}.per_cell", "second": f"{key}.copies"})]
