"""What an answer rests on: its numbers, its equations, its references, and the versions it was made with."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version

from exoresist.assembly.build import Model
from exoresist.catalog import Catalog
from exoresist.studies.names import cargo_name

Row = dict[str, object]

BOOKKEEPING = frozenset("constant product ratio total difference remainder copies_as_amount".split())
"""Laws of plain arithmetic: how amounts are added up or converted, nothing that could be questioned."""

PLAIN_SUMMARIES = {
    "activation": "Effect of an activator on what it regulates, 1 at its normal level.",
    "repression": "Effect of a repressor on what it regulates, 1 at its normal level.",
    "relaxation": "How fast a regulated activity follows its regulators.",
    "power_effect": "Factor that a regulated activity puts on a rate, 1 at its normal level.",
    "received_effect": "Activity raised by cargo that was received, 1 without any.",
    "hill": "Response that rises with a level and saturates, between 0 and 1.",
    "safe_power": "A ratio raised to a power.",
    "mass_action": "Rate in proportion to both partners.",
    "first_order": "Loss in proportion to what is there.",
}
"""Summaries in plain words for laws whose own speak of the model's parts."""


def parameter_rows(models: Iterable[Model]) -> list[Row]:
    """Every catalogue row that any of the models uses, once, with what uses it."""
    rows: dict[tuple[str, str], Row] = {}
    for model in models:
        for identifier, parameter in model.book.parameters.items():
            quantity = parameter.quantity
            if quantity is None:
                continue
            key = (quantity.name, quantity.subject)
            row = rows.setdefault(
                key,
                {
                    "name": quantity.name,
                    "subject": quantity.subject,
                    "value": quantity.value,
                    "unit": quantity.unit,
                    "low": quantity.low,
                    "high": quantity.high,
                    "distribution": quantity.distribution,
                    "kind": quantity.kind,
                    "source": quantity.source,
                    "locator": quantity.locator,
                    "note": quantity.note,
                    "used_by": [],
                },
            )
            used = row["used_by"]
            assert isinstance(used, list)
            who = identifier.split(".", 1)[0]
            for use in model.book.used_by.get(identifier, []):
                text = f"{use} ({who})" if who in {population.id for population in model.layout.populations} else use
                if text not in used:
                    used.append(text)
    return [{**row, "used_by": ", ".join(row["used_by"])} for row in rows.values()]  # type: ignore[arg-type]


def idle_warnings(models: Iterable[Model], also: Collection[tuple[str, str]] = ()) -> list[str]:
    """What a scenario asks for and no arm uses: overrides of unused numbers, interventions that meet no process.

    also  (name, subject) of overrides that something beside the models uses
    """
    listed = list(models)
    used = set(also) | {
        (part.quantity.name, part.quantity.subject)
        for model in listed
        for part in model.book.parameters.values()
        if part.quantity is not None and part.quantity.source == "scenario"
    }
    found = []
    for model in listed:
        for override in model.scenario.parameters:
            if (override.name, override.subject) not in used:
                found.append(
                    f"The override of {override.name} ({override.subject}) changes nothing: no part of the model "
                    "reads that row. A more special row, such as one of the cell line or the drug, may stand before "
                    "it."
                )
    acting = {part.tag for model in listed for part in model.network.modulations}
    acting |= {
        f"intervention:{event.label.split()[0]}"
        for model in listed
        for event in model.fixed_events
        if event.set and event.label.endswith((" on", " off"))
    }
    idle = {
        model.catalog.intervention(entry.id).name
        for model in listed
        for entry in model.scenario.interventions
        if f"intervention:{entry.id}" not in acting
    }
    found += [f"{name} changes nothing: the process that it acts on is not in the model." for name in sorted(idle)]
    asked = {group for model in listed for group in model.scenario.signals}
    laid = {wire.group for model in listed for wires in model.wires.values() for wire in wires}
    found += [
        f"The signals '{group}' change nothing: no wire of the group has both its ends in the dish. Name the cells, factors and "
        "cargo that it needs."
        for group in sorted(asked - laid)
    ]
    return list(dict.fromkeys(found))


def assumed_share(rows: Iterable[Row]) -> float:
    """Share of the numbers that are assumed."""
    kinds = [row["kind"] for row in rows]
    return sum(kind == "assumed" for kind in kinds) / len(kinds) if kinds else 0.0


def equation_rows(models: Iterable[Model]) -> list[Row]:
    """Every law in use with its equation, made from the law itself; plain arithmetic (`BOOKKEEPING`) is left out."""
    from exoresist.network.exports import law_latex

    used: dict[str, set[str]] = {}
    laws = {}
    for model in models:
        for process in model.network.processes.values():
            used.setdefault(process.law.name, set()).add(process.name)
            laws[process.law.name] = process.law
        for modulation in model.network.modulations:
            laws[modulation.law.name] = modulation.law
            used.setdefault(modulation.law.name, set()).add(f"factor on {model.network.processes[modulation.process].name}")
    return [
        {
            "law": _spelled(name),
            "latex": law_latex(law),
            "summary": PLAIN_SUMMARIES.get(name, law.summary),
            "units": law_units(law.units, law.returns),
            "source": law.origin,
            "used_by": ", ".join(sorted({_spelled(use) for use in used[name]})),
        }
        for name, law in sorted(laws.items())
        if name not in BOOKKEEPING
    ]


def law_units(units: Mapping[str, str], returns: str) -> str:
    """Units of a law's arguments and result; `$a` stands for any unit, the same wherever it stands."""

    def words(unit: str) -> str:
        if re.fullmatch(r"\$\w", unit):
            return f"any unit {unit[1:]}"
        return re.sub(r"\$(\w)", r"unit \1", unit).replace("*", " times ")

    return ", ".join(f"{argument}: {words(unit)}" for argument, unit in units.items()) + f"; result: {words(returns)}"


def _spelled(name: str) -> str:
    """Abbreviations of the model's own names written out."""
    return re.sub(r"(?<![a-z])ilv(?![a-z])", "intraluminal_vesicle", name)


def bibliography_rows(catalog: Catalog, models: Iterable[Model], numbers: Iterable[Row]) -> list[Row]:
    """Sources of every number and record in use, each with the reasons for which it is cited."""
    reasons: dict[str, list[str]] = {}

    def cite(source: str, reason: str) -> None:
        if source and source != "scenario":
            listed = reasons.setdefault(source, [])
            if reason not in listed:
                listed.append(reason)

    for row in numbers:
        cite(str(row["source"]), f"{row['name']} of {row['subject']}")
    for model in models:
        scenario = model.scenario
        for population in model.layout.populations:
            line = catalog.cell_line(population.cell_line)
            cite(line.source, f"cell line {line.name}")
        for drug in scenario.drugs:
            cite(catalog.drug(drug.id).source, f"drug {catalog.drug(drug.id).name}")
        for cargo in model.layout.cargo:
            cite(catalog.cargo(cargo.id).source, f"cargo {cargo_name(catalog, cargo.id)}")
        for entry in scenario.interventions:
            treatment = catalog.intervention(entry.id)
            cite(treatment.source, f"intervention {treatment.name}")
        for axis in scenario.axes:
            cite(catalog.axis(axis).source, f"axis {axis}")
    rows: list[Row] = []
    for identifier, why in reasons.items():
        source = catalog.source(identifier)
        note = " (retracted)" if source.retracted == "yes" else ""
        rows.append({"id": identifier, "citation": source.citation + note, "doi": source.doi, "reasons": why})
    return sorted(rows, key=lambda row: (not row["doi"], str(row["citation"])))


def versions() -> dict[str, str]:
    """Versions that decide the numbers."""
    found = {"python": ".".join(map(str, sys.version_info[:3])), "platform": platform.machine()}
    for package in ("exoresist", "numpy", "scipy", "numba", "sympy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
