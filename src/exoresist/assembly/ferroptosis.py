"""Redox and ferroptosis of a population: membrane lipid, glutathione, lipid peroxide, and the death that it brings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Layout, Population
from exoresist.laws import ferroptosis as laws
from exoresist.laws import kinetics, signalling
from exoresist.laws import metabolism as supply_laws
from exoresist.network import Amount, Derived, Modulation, Node, PerSize, Pool, Process, Sum
from exoresist.network.parts import Part, Reference

Array = NDArray[np.float64]
Values = Mapping[str, "float | Array"]


def start(population: Population, values: Values) -> dict[str, float | Array]:
    """Lipid peroxide of a population in the standard medium: made over cleared."""
    who = population.id
    cleared = np.asarray(values[f"{who}.gpx4_clearance_rate"]) + values[f"{who}.fsp1_clearance_rate"]
    made = np.asarray(values[f"{who}.peroxidation_rate"]) * values[f"{who}.labile_iron"]
    return {f"{who}.lipid_peroxide": population.count * made / (cleared + values[f"{who}.growth_rate"])}


def lipid_parts(book: Book, population: Population, extra_pufa: bool = False) -> list[Part]:
    """Membrane lipid: PUFA against saturated and monounsaturated lipid, made or taken up.

    extra_pufa  oxidisable phospholipid of the medium enters membranes by itself (no ACSL4)
    """
    who = population.id
    saturated, made, turned, share = (
        book.number(f"metabolism.{name}", name, "dimensionless", "metabolism", use="membrane lipid")
        for name in ("saturated_share", "made_lipid_share", "lipid_turnover_share", "pufa_share")
    )
    time = book.number("metabolism.lipid_time", "lipid_time", "h", "metabolism", use="membrane lipid")
    pufa: list[Reference] = [f"{who}.pufa_incorporation_level"]
    if extra_pufa:
        pufa.append(f"{who}.phospholipid_uptake_level")
    return [
        Derived(
            f"{who}.lipid_made",
            supply_laws.blend,
            {
                "first": f"{who}.lipogenesis_saturated_level",
                "second": f"{who}.lipogenesis_unsaturated_level",
                "share": saturated,
            },
        ),
        Derived(
            f"{who}.lipid_supply",
            supply_laws.blend,
            {"first": f"{who}.lipid_made", "second": f"{who}.lipid_uptake_level", "share": made},
        ),
        Derived(f"{who}.other_lipid", supply_laws.dependence, {"level": f"{who}.lipid_supply", "share": turned}),
        Sum(f"{who}.pufa_supply", pufa),
        Node(
            f"{who}.pufa",
            time,
            [
                (
                    supply_laws.membrane_share,
                    {"pufa": f"{who}.pufa_supply", "other": f"{who}.other_lipid", "share": share},
                )
            ],
        ),
    ]


def peroxide_parts(layout: Layout, book: Book, population: Population) -> list[Part]:
    """Glutathione, reductant, lipid peroxide, its making and its two ways of clearance, and ferroptosis."""
    who, subjects = population.id, (f"cell_line:{population.cell_line}", "ferroptosis")
    cells = Amount(population.cells)
    pool = f"{who}.lipid_peroxide"

    def number(name: str, unit: str, use: str) -> str:
        return book.number(f"{who}.{name}", name, unit, *subjects, use=use)

    cystine, glutamate, sugar, fat, breath = (
        book.number(f"metabolism.{name}", name, "dimensionless", "metabolism", use="glutathione")
        for name in (
            "cystine_share",
            "glutamate_share",
            "reductant_glucose_share",
            "reductant_lipid_share",
            "respiratory_oxidant_share",
        )
    )
    time = book.number("metabolism.glutathione_time", "glutathione_time", "h", "metabolism", use="glutathione")
    rate = number("peroxidation_rate", "1/h", "peroxidation")
    iron = number("labile_iron", "dimensionless", "peroxidation")
    gpx4 = number("gpx4_clearance_rate", "1/h", "gpx4_clearance")
    fsp1 = number("fsp1_clearance_rate", "1/h", "fsp1_clearance")
    most = number("max_ferroptosis_rate", "1/h", "ferroptosis")
    threshold = number("ferroptosis_threshold", "dimensionless", "ferroptosis")
    steep = number("ferroptosis_hill", "dimensionless", "ferroptosis")
    fold = number("peroxidation_fold_drug", "dimensionless", "peroxidation")
    return [
        Node(
            f"{who}.glutathione",
            time,
            [
                (supply_laws.dependence, {"level": f"{who}.cystine_uptake_level", "share": cystine}),
                (supply_laws.dependence, {"level": f"{who}.glutamine_oxidation_level", "share": glutamate}),
            ],
        ),
        # From glucose by the pentose phosphate shunt, from pyruvate of either fuel by malic enzyme.
        Derived(f"{who}.reductant_glucose", supply_laws.dependence, {"level": f"{who}.lactate_inside", "share": sugar}),
        Derived(f"{who}.reductant_lipid", supply_laws.dependence, {"level": f"{who}.fatty_acid_oxidation_level", "share": fat}),
        Derived(f"{who}.reductant", kinetics.product, {"first": f"{who}.reductant_glucose", "second": f"{who}.reductant_lipid"}),
        Derived(f"{who}.oxidants", supply_laws.dependence, {"level": f"{who}.respiration", "share": breath}),
        Pool(pool, "cell", carrier=population.cells, kind="damage", scale=population.count * 1e-3),
        Sum(f"{who}.peroxide_per_cell", [PerSize(pool, population.cells)]),
        Process(
            f"{who}.peroxidation",
            "",
            pool,
            laws.peroxidation,
            {"rate": rate, "iron": iron, "pufa": f"{who}.pufa", "oxidants": f"{who}.oxidants", "cells": cells},
        ),
        Modulation(
            f"{who}.peroxidation",
            kinetics.stimulation,
            {"concentration": f"{who}.damage_per_cell", "half": f"{who}.damage_threshold", "most": fold},
            tag="stress:drug",
        ),
        Process(
            f"{who}.gpx4_clearance",
            pool,
            "",
            laws.glutathione_clearance,
            {"rate": gpx4, "glutathione": f"{who}.glutathione", "reductant": f"{who}.reductant"},
            specific=True,
        ),
        Process(
            f"{who}.fsp1_clearance",
            pool,
            "",
            kinetics.product,
            {"first": fsp1, "second": f"{who}.reductant"},
            specific=True,
        ),
        Process(
            f"{who}.ferroptosis",
            population.cells,
            "dead.cell",
            laws.ferroptotic_hazard,
            {"most": most, "peroxide": f"{who}.peroxide_per_cell", "threshold": threshold, "exponent": steep},
            specific=True,
            fates=layout.death_fates(population),
        ),
    ]


def couplings(book: Book, population: Population, processes: list[Process]) -> list[Part]:
    """Glutathione shields from a drug's harm."""
    most = book.number("metabolism.glutathione_protection", "glutathione_protection", "dimensionless", "metabolism", use="damage")
    inputs: dict[str, Reference] = {
        "level": f"{population.id}.glutathione",
        "most": most,
        "exponent": book.plain("edge.exponent", 1.0, "dimensionless"),
    }
    return [
        Modulation(process.id, signalling.repression, inputs, tag="metabolism:glutathione")
        for process in processes
        if process.name == "damage"
    ]
