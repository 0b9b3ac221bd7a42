"""Names as a reader knows them: cell lines, drugs, cargo and arms by their labels instead of their identifiers."""

from __future__ import annotations

from collections.abc import Sequence

from exoresist.assembly.build import Model
from exoresist.assembly.immune import is_tumour
from exoresist.assembly.scenario import Arm
from exoresist.catalog import Catalog


def arm_name(arm: Arm) -> str:
    return arm.label or arm.id


def cells_name(model: Model, population: str) -> str:
    """`recipient cells (MCF-7)`: the population of the scenario with its cell line."""
    line = next(entry.cell_line for entry in model.layout.populations if entry.id == population)
    return f"{with_cells(population.replace('_', ' '))} ({model.catalog.cell_line(line).name})"


def with_cells(called: str) -> str:
    """`recipient cells`; a population that is called `T cells` stays so."""
    return called if called.endswith("cells") else f"{called} cells"


def lineages(models: Sequence[Model]) -> list[str]:
    """Populations of tumour cells of any of the models, each once."""
    found = [
        population.id
        for model in models
        for population in model.layout.populations
        if is_tumour(model.catalog, population.cell_line)
    ]
    return list(dict.fromkeys(found))


def line_name(catalog: Catalog, line: str) -> str:
    return catalog.cell_line(line).name


def cargo_name(catalog: Catalog, cargo: str) -> str:
    """A surface protein by itself (`P-glycoprotein`), any other cargo by its full name."""
    record = catalog.cargo(cargo)
    return record.antigen or record.name


def listed(texts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def quoted(labels: Sequence[str]) -> str:
    """Labels of arms, in quotes, as a list in words."""
    return listed([f"'{label}'" for label in labels])
