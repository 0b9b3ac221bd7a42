"""The way from a node to the cell: along stored edges to the nearest hub."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from exoresist.catalog.catalog import Catalog


class Link(NamedTuple):
    """One signed edge: +1 raises the target, -1 lowers it."""

    origin: str
    target: str
    sign: int


def route_to_hub(catalog: Catalog, node: str) -> list[Link] | None:
    """Shortest chain of stored edges from a node to one that acts on the cell.

    [] when the node itself acts, None when no chain leads to one that does. Among equally short chains the one whose
    edges stand first in the table.
    """
    queue: deque[tuple[str, list[Link]]] = deque([(node, [])])
    seen = {node}
    while queue:
        name, route = queue.popleft()
        hub = catalog.find_hub(name)
        if hub is not None and hub.process != "none":
            return route
        for target, sign in catalog.edges_from(name):
            if target not in seen:
                seen.add(target)
                queue.append((target, [*route, Link(name, target, sign)]))
    return None
