"""A network as a graph: pools, nodes and processes, and who moves, reads and carries whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from exoresist.network.parts import Amount, PerSize, RateOf, Reference, Sum

if TYPE_CHECKING:
    from exoresist.network.network import Network

_SHAPES = {"pool": "ellipse", "exchange": "ellipse", "process": "box", "node": "diamond"}
_STYLES = {"flow": "solid", "passenger": "dashed", "reads": "dotted", "modulates": "dotted", "rides": "dashed"}


def graph(network: Network) -> Any:
    """A networkx.MultiDiGraph.

    Vertices have `kind` (pool, exchange, node, process) and `label`; process vertices are `process:id`. Edges
    have `role`: flow (source to process to sink), passenger (where passengers go), reads (an input), modulates, rides
    (a passenger on its carrier).
    """
    import networkx

    drawn = networkx.MultiDiGraph(name=network.name)
    for pool in network.pools.values():
        drawn.add_node(pool.id, kind="exchange" if pool.exchange else "pool", label=pool.id, unit=pool.unit)
        if pool.carrier:
            drawn.add_edge(pool.id, pool.carrier, role="rides")
    for node in network.nodes.values():
        drawn.add_node(node.id, kind="node", label=node.id, unit="dimensionless")
        for law, inputs in node.regulators:
            for origin in sorted(_read(network, inputs.values())):
                drawn.add_edge(origin, node.id, role="reads", law=law.name)
    for process in network.processes.values():
        name = f"process:{process.id}"
        drawn.add_node(name, kind="process", label=process.id, law=process.law.name)
        if process.source:
            drawn.add_edge(process.source, name, role="flow")
        if process.sink:
            drawn.add_edge(name, process.sink, role="flow")
        for kind, routes in process.fates.items():
            for route in routes:
                if route.to:
                    drawn.add_edge(name, route.to, role="passenger", passenger=kind, fraction=route.fraction or "rest")
        for origin in sorted(_read(network, process.inputs.values()) - {process.source}):
            drawn.add_edge(origin, name, role="reads", law=process.law.name)
    for modulation in network.modulations:
        for origin in sorted(_read(network, modulation.inputs.values())):
            drawn.add_edge(origin, f"process:{modulation.process}", role="modulates", law=modulation.law.name, tag=modulation.tag)
    return drawn


def _read(network: Network, references: Iterable[Reference]) -> set[str]:
    """Pools and nodes that references depend on, through derived values."""
    found: set[str] = set()
    for reference in references:
        if isinstance(reference, Amount):
            found.add(reference.pool)
        elif isinstance(reference, PerSize):
            found |= {reference.pool} | _read(network, [reference.size])
        elif isinstance(reference, RateOf):
            found.add(f"process:{reference.process}")
        elif reference in network.pools:
            found.add(reference)
            size = network.pools[reference].size
            if size:
                found |= {size} if size in network.pools else _read(network, [size])
        elif reference in network.nodes:
            found.add(reference)
        elif reference in network.derived:
            part = network.derived[reference]
            found |= _read(network, part.terms if isinstance(part, Sum) else part.inputs.values())
    return found


def to_graphml(network: Network) -> str:
    """GraphML text of the network's graph."""
    import networkx

    return "\n".join(networkx.generate_graphml(graph(network))) + "\n"


def to_dot(network: Network) -> str:
    """Graphviz text of the network's graph."""
    drawn = graph(network)
    lines = [f"digraph {_quoted(network.name)} {{", "  rankdir=LR;"]
    for name, data in drawn.nodes(data=True):
        border = ", style=dashed" if data["kind"] == "exchange" else ""
        lines.append(f"  {_quoted(name)} [label={_quoted(data['label'])}, shape={_SHAPES[data['kind']]}{border}];")
    for start, end, data in drawn.edges(data=True):
        lines.append(f"  {_quoted(start)} -> {_quoted(end)} [style={_STYLES[data['role']]}, class={data['role']}];")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
