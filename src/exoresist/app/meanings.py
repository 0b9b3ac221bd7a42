"""What the pools and nodes of a network are, by the catalogue's identifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exoresist.assembly.scenario import Scenario
    from exoresist.catalog import Catalog
    from exoresist.network.network import Network

# Where a name of the catalogue stands at the end of a pool's name: a drug in the cytosol is still that drug.
PLACES = ("cytosol_", "lysosome_", "target_", "surface_", "exchangeable_", "retained_", "antibody_", "cargo_", "drug_")


def meanings(network: Network, scenario: Scenario, catalog: Catalog) -> dict[str, tuple[str, bool]]:
    """Pool or node -> (identifier, whether it is of that very thing); what has no public identifier is left out.

    Cells are those of their population's cell line; every other pool is what its last word names.
    """
    lines = {f"{population.id}.cells": population.cell_line for population in scenario.populations}
    found: dict[str, tuple[str, bool]] = {}
    for name in (*network.pools, *network.nodes):
        meant = _meant(lines.get(name) or _thing(name), catalog)
        if meant is not None:
            found[name] = meant
    return found


def _thing(name: str) -> str:
    last = name.rpartition(".")[2]
    return next((last.removeprefix(place) for place in PLACES if last.startswith(place)), last)


def _meant(name: str, catalog: Catalog) -> tuple[str, bool] | None:
    if name not in catalog.ids("identifiers") and catalog.canonical(name) not in catalog.ids("identifiers"):
        return None
    record = catalog.identifier(name)
    if not record.identifier or record.namespace.startswith("exoresist"):
        return None
    return record.identifier, record.match == "exact"
