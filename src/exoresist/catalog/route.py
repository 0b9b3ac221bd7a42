"""The way from a node to the cell: along stored edges to the nearest hub."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from exoresist.catalog.catalog import Catalog


class Link(NamedTuple):
    """One signed edge: +1 raises the target, -1 lowers it."""

    origin: str
    target: str
    sign: int


def route_to_hub(catalog: Catalog, node: str, contexts: Iterable[str] = ()) -> list[Link] | None:
    """Shortest chain of stored edges from a node to one that acts on the cell.

    [] when the node itself acts, None when no chain leads to one that does. Among equally short chains the one whose
    edges stand first in the table; in a context, its own edges stand before the others.
    """
    named = tuple(contexts)

    def acts(name: str) -> bool:
        hub = catalog.hub_in(name, named)
        return hub is not None and hub.process != "none"

    return _route(catalog, node, named, acts)


def route_between(catalog: Catalog, node: str, target: str, contexts: Iterable[str] = ()) -> list[Link] | None:
    """Shortest chain of stored edges from a node to another in the contexts that are given; None when there is none."""
    return _route(catalog, node, tuple(contexts), lambda name: name == target)


def _route(catalog: Catalog, node: str, contexts: tuple[str, ...], reached: Callable[[str], bool]) -> list[Link] | None:
    queue: deque[tuple[str, list[Link]]] = deque([(node, [])])
    seen = {node}
    while queue:
        name, route = queue.popleft()
        if reached(name):
            return route
        for target, sign in catalog.edges_in(name, contexts):
            if target not in seen:
                seen.add(target)
                queue.append((target, [*route, Link(name, target, sign)]))
    return None
