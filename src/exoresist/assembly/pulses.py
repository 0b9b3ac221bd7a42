"""Radiation and light: pulses that put lesions into cells, or light up a dye that they hold."""

from __future__ import annotations

from exoresist.assembly import lesions
from exoresist.assembly.book import Book
from exoresist.assembly.layout import Layout, Population
from exoresist.assembly.scenario import Scenario
from exoresist.core.errors import InputError
from exoresist.laws import action
from exoresist.network import Amount, Event
from exoresist.network.parts import Part, Reference

LIGHT = "pulse.light.on"


def light(book: Book) -> str:
    """The parameter that is 1 while the light is on; 0, dark, unless a pulse sets it."""
    return book.plain(LIGHT, 0.0, "dimensionless")


def rays(scenario: Scenario, book: Book) -> list[str]:
    """The kinds of pulses that make lesions by themselves. Raises InputError for a pulse that the catalogue knows as something else."""
    found = []
    for pulse in scenario.pulses:
        record = book.catalog.drug(pulse.id)
        if record.mode != "pulse":
            known = [other.id for other in book.catalog.records("drugs") if other.mode == "pulse"]
            raise InputError(f"'{pulse.id}' is no pulse but a drug", ", ".join(known), "List it under `drugs`")
        if (pulse.dose is None) == (pulse.lasting is None):
            raise InputError(
                f"the pulse of {pulse.id} at {pulse.at:g} h needs one measure", "`dose` (radiation) or `lasting` (light)"
            )
        if pulse.dose is not None and pulse.id not in found:
            found.append(pulse.id)
    return found


def ray_parts(layout: Layout, book: Book, population: Population, ray: str) -> list[Part]:
    """Lesions by the linear-quadratic law in one population, and their repair."""
    line, subject = f"cell_line:{population.cell_line}", f"drug:{ray}"
    subjects = (f"{line}|{subject}", subject)
    key = f"{population.id}.{ray}"
    inputs: dict[str, Reference] = {
        "cells": Amount(population.cells),
        "dose_rate": book.plain(f"pulse.{ray}.dose_rate", 0.0, "Gy/h"),
        "dose": book.plain(f"pulse.{ray}.dose", 0.0, "Gy"),
        "alpha": book.number(f"{key}.alpha", "radiation_alpha", "1/Gy", *subjects, use="damage"),
        "beta": book.number(f"{key}.beta", "radiation_beta", "1/Gy^2", *subjects, use="damage"),
        "yielded": book.number(f"{key}.damage_yield", "damage_yield", "dimensionless", *subjects, use="damage"),
    }
    return lesions.damage_parts(layout, book, population, ray, (*subjects, "drug"), action.linear_quadratic, inputs, "yielded")


def events(scenario: Scenario, book: Book) -> list[Event]:
    """Every pulse switched on and off. Raises InputError where two pulses of one kind overlap."""
    listed: list[Event] = []
    until: dict[str, float] = {}
    for pulse in sorted(scenario.pulses, key=lambda pulse: pulse.at):
        length = pulse.lasting or book.quantity("pulse_length", f"drug:{pulse.id}").value
        if pulse.at < until.get(pulse.id, 0.0):
            raise InputError(f"two pulses of {pulse.id} overlap at {pulse.at:g} h", f"pulses at least {length:g} h apart")
        until[pulse.id] = pulse.at + length
        if pulse.dose is None:
            on, off = {LIGHT: 1.0}, {LIGHT: 0.0}
        else:
            on = {f"pulse.{pulse.id}.dose_rate": pulse.dose / length, f"pulse.{pulse.id}.dose": pulse.dose}
            off = {f"pulse.{pulse.id}.dose_rate": 0.0}
        if LIGHT in on and LIGHT not in book.parameters:
            raise InputError(f"the pulse of {pulse.id} lights nothing up", "a drug of the scenario that is a photosensitiser")
        listed += [Event(pulse.at, set=on, label=f"{pulse.id} on"), Event(until[pulse.id], set=off, label=f"{pulse.id} off")]
    return listed
