"""What a drug or ray makes cells do: stored edges from it to nodes and cargo, wired in where a scenario asks for `responses`.

The drug's own level drives them: its free concentration in the cell, half of the most at `response_concentration`; for radiation,
the damage it leaves, half of the most at the threshold of a naive cell.
"""

from __future__ import annotations

from exoresist.assembly.axes import Chains
from exoresist.assembly.layout import Layout
from exoresist.catalog import Catalog
from exoresist.catalog.route import route_to_hub
from exoresist.core.errors import InputError


def chains(catalog: Catalog, layout: Layout, wanted: tuple[str, ...]) -> Chains:
    """The stored edges that leave each wanted agent, on to cargo of the scenario or to the nearest hub that acts on the cell.

    Raises InputError for an agent that the scenario does not hold, or from which the catalogue stores no edge.
    """
    result = Chains()
    carried = {cargo.id for cargo in layout.cargo}
    for agent in wanted:
        held = (*layout.drugs, *layout.rays)
        if agent not in held:
            raise InputError(f"`responses` names '{agent}', which the scenario does not hold", ", ".join(held) or "a drug")
        edges = catalog.edges_from(agent)
        if not edges:
            known = sorted({row["origin"] for row in catalog.rows("edges")} & set(catalog.ids("drugs")))
            raise InputError(f"no edge is known from '{agent}' to a node", ", ".join(known))
        result.inputs.add(agent)
        for target, sign in edges:
            result.add(agent, target, sign)
            _follow(catalog, result, target, carried, agent)
    return result


def _follow(catalog: Catalog, result: Chains, node: str, carried: set[str], agent: str) -> None:
    """On from a node: to the nearest hub that acts on the cell, and to cargo that a node on the way drives."""
    if node in carried:
        return
    route = route_to_hub(catalog, node) or []
    for origin, target, sign in route:
        result.add(origin, target, sign)
    for name in (node, *(link.target for link in route)):
        for target, sign in catalog.edges_from(name):
            if target in carried:
                result.add(name, target, sign)
    hub = catalog.find_hub(route[-1].target if route else node)
    if hub is not None:
        result.outcomes[hub.id, agent] = int(hub.sign)
