"""What a scenario says of parameters: files of rows laid over the catalogue, and single values in place of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from exoresist.assembly.bounds import check_rows, check_value
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog, load_parameter_file
from exoresist.core.errors import InputError, unknown_name
from exoresist.core.quantity import Quantity
from exoresist.core.units import convert


def with_sets(catalog: Catalog, scenario: Scenario) -> Catalog:
    """The catalogue with the scenario's parameter files laid over it, in their order.

    Raises InputError for rows that do not fit the catalogue or cannot be.
    """
    for path in scenario.parameter_sets:
        rows = load_parameter_file(path)
        check_rows(catalog, rows, path)
        catalog = catalog.with_parameters(rows)
    return catalog


def overrides(scenario: Scenario, catalog: Catalog) -> dict[tuple[str, str], Quantity]:
    """(name, subject) -> the fixed quantity that the scenario uses in place of the catalogue's, in the catalogue's unit.

    Raises InputError for unknown names and subjects, units of another kind, and values that the parameter cannot have.
    """
    result = {}
    for override in scenario.parameters:
        known = _known_row(catalog, override.name, override.subject)
        number, unit = override.value
        try:
            value = convert(number, unit, known.unit)
        except InputError as error:
            here = f"parameter '{override.name}' ({override.subject}): '{number:g} {unit}'"
            raise InputError(f"{here}: {error.came}", error.allowed, error.advice) from None
        check_value(catalog, override.name, override.subject, value, known.unit)
        result[override.name, override.subject] = replace(
            known, value=value, low=value, high=value, distribution="fixed", kind="assumed",
            source="scenario", locator="", note=override.reason, subject=override.subject,
        )  # fmt: skip
    return result


def _known_row(catalog: Catalog, name: str, subject: str) -> Quantity:
    """The row that an override replaces, or, for a subject without one, the parameter's first row (its unit).

    Raises InputError when the parameter, or anything that the subject names, is not known.
    """
    if catalog.has_parameter(name, subject):
        return catalog.parameter(name, subject)
    lookups: dict[str, Callable[[str], object]] = {
        "cell_line": catalog.cell_line, "drug": catalog.drug, "pump": catalog.pump, "cargo": catalog.cargo,
        "intervention": catalog.intervention, "ligand": catalog.ligand, "receptor": partial(_receptor, catalog), "organ": str,
        "target": catalog.target, "lesion": catalog.lesion, "enzyme": catalog.enzyme, "signal": catalog.signal,
        "factor": catalog.factor, "wire": catalog.wire, "field": str,
    }  # fmt: skip
    for part in subject.split("|"):
        kind, _, identifier = part.partition(":")
        if kind not in lookups or not identifier:
            return catalog.parameter(name, subject)  # its error lists the subjects that there are
        lookups[kind](identifier)
    return catalog.parameter(name)


def _receptor(catalog: Catalog, name: str) -> str:
    """A receptor that some ligand of the catalogue binds."""
    known = {catalog.ligand(ligand).receptor for ligand in catalog.ids("ligands")}
    if name not in known:
        raise unknown_name("Receptor", name, known)
    return name
