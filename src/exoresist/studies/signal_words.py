"""The signals between cells of an answer, in words."""

from __future__ import annotations

from collections.abc import Iterable

from exoresist.assembly.build import Model
from exoresist.catalog import Catalog
from exoresist.catalog.knowledge import Signal
from exoresist.studies.names import cargo_name, line_name


def signal_sentence(models: Iterable[Model]) -> str:
    """What is wired between the cells of the models, with the sign of each wire; empty where nothing is."""
    told: dict[str, None] = {}
    for model in models:
        lines = {population.id: population.cell_line for population in model.layout.populations}
        for who, wires in model.wires.items():
            for wire in wires:
                if wire.target != "hub":
                    told[_words(model.catalog, wire, lines[who])] = None
    if not told:
        return ""
    return f"Signals between the cells, as the catalogue has them with their references: {'; '.join(told)}."


def _words(catalog: Catalog, wire: Signal, line: str) -> str:
    verb = "raises" if wire.sign == "1" else "lowers"
    return f"{_origin(catalog, wire.origin)} {verb} {_target(catalog, wire.target)} in {line_name(catalog, line)}"


def _origin(catalog: Catalog, origin: str) -> str:
    place, _, ligand = origin.partition(":")
    if ligand:
        return f"{cargo_name(catalog, ligand)} {place.replace('_', ' ')}"
    line, _, node = origin.partition(".")
    if node:
        return f"{_plain(node)} of {line_name(catalog, line)}"
    if origin in catalog.ids("cell_lines"):
        return line_name(catalog, origin)
    if origin in catalog.ids("factors"):
        return catalog.factor(origin).name
    if origin == "tumour":
        return "contact with tumour cells"
    return cargo_name(catalog, origin) if origin in catalog.ids("cargo") else _plain(origin)


def _target(catalog: Catalog, target: str) -> str:
    process, _, argument = target.removesuffix(")").partition("(")
    if process == "switching":
        return f"the switch to {line_name(catalog, argument)}"
    if process == "factor_secretion":
        return f"secretion of {catalog.factor(argument).name}"
    if process in ("rna_synthesis", "antigen_synthesis"):
        return f"synthesis of {cargo_name(catalog, argument)}"
    return _plain(target)


def _plain(word: str) -> str:
    return word.replace("_", " ")
