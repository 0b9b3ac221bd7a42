"""A synthetic answer with realistic numbers, for the tests of the report. Nothing here is data."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from exoresist.studies.answer import Answer, Estimate

ARMS = [
    (
        "alone",
        "Sensitive recipients alone",
        "reference",
        "MCF-7-like sensitive cells without donors or vesicles.",
        24.0,
    ),
    (
        "resistant",
        "Resistant donors alone",
        "control",
        "The donors' own resistance: the most that transfer could give.",
        121.0,
    ),
    (
        "coculture",
        "Sensitive recipients with resistant donors, four donors for each recipient",
        "treated",
        "Vesicles pass freely from donors to recipients for the whole of the assay.",
        26.1,
    ),
    (
        "gw4869",
        "Sensitive recipients with resistant donors, vesicle release blocked by GW4869",
        "treated",
        "As above, with 10 µM GW4869 from the start; ceramide-dependent budding falls by about two thirds.",
        24.6,
    ),
    (
        "verapamil",
        "Sensitive recipients with resistant donors and verapamil",
        "treated",
        "P-glycoprotein inhibited in all cells.",
        None,
    ),
]
EQUATIONS = [
    (
        "efflux",
        r"v = \frac{k_{cat} \, P \, F^{n}}{K_m^{n} + F^{n}}",
        "Drug pumped out of a cell by one kind of pump.",
        "pmol/h",
    ),
    ("hazard", r"h = h_{max} \frac{D^{n}}{\theta^{n} + D^{n}}", "Death rate from accumulated damage.", "1/h"),
    ("influx", r"v = PS \left( C - F \right)", "Passive entry through the membrane.", "pmol/h"),
    (
        "vesicle_uptake",
        r"v = \kappa \, N_{cells} \, \frac{V}{V_{medium}} \left(1 + \sum_{r} w_r\right)",
        "Vesicles taken up.",
        "particle/h",
    ),
    (
        "transfer_fold",
        r"\frac{IC_{50}}{IC_{50,0}} = 1 + (R - 1) \frac{p}{p_R}",
        "IC50 fold from transferred pump.",
        "1",
    ),
    ("broken", r"\unknowncommand{x <", "An equation that cannot be converted is shown as its source.", "1"),
]
PLACES = {
    "medium": 78.0, "serum": 9.5, "cytosol": 3.1, "lysosome": 5.2, "target": 1.9, "vesicles inside": 0.021,
    "vesicles outside": 0.0043, "removed": 2.3,
}  # fmt: skip


def survival(dose: float, ic50: float, slope: float = 1.4) -> float:
    return 0.02 + 0.98 / (1 + (dose / ic50) ** slope)


def curves() -> list[dict[str, Any]]:
    doses = [10 ** (number * 0.35) for number in range(11)]
    rows: list[dict[str, Any]] = [{"arm": "alone", "dose": 0.0, "survival": 1.0, "low": 1.0, "high": 1.0}]
    for arm, _, _, _, ic50 in ARMS:
        for dose in doses:
            middle = survival(dose, ic50) if ic50 else 0.55 + 0.45 * survival(dose, 20)
            rows.append(
                {
                    "arm": arm,
                    "dose": dose,
                    "survival": middle,
                    "low": middle * 0.86,
                    "high": min(1.04, middle * 1.12 + 0.01),
                }
            )
    return rows


def survivors() -> list[dict[str, Any]]:
    rows = []
    rates = {"alone": -0.022, "resistant": 0.015, "coculture": -0.018, "gw4869": -0.0214, "verapamil": -0.03}
    for arm, _, role, _, _ in ARMS:
        for population in ("recipient", "donor"):
            if (population == "donor") == (arm == "alone") and role in ("reference", "control"):
                continue
            if arm == "resistant" and population == "recipient":
                continue
            rate = rates[arm] if population == "recipient" else 0.016 if arm != "verapamil" else -0.01
            start = 1500.0 if population == "recipient" else 6000.0
            for hour in range(73):
                cells = start * math.exp(rate * hour * (1 - math.exp(-hour / 14)))
                spread = 1 + 0.004 * hour
                rows.append(
                    {
                        "arm": arm,
                        "time": float(hour),
                        "population": population,
                        "cells": cells,
                        "low": cells / spread,
                        "high": cells * spread,
                    }
                )
    return rows


def mass_balance() -> list[dict[str, Any]]:
    rows = []
    for place_in_list, (arm, *_rest) in enumerate(ARMS):
        for hour in (0.0, 24.0, 72.0):
            for place, share in PLACES.items():
                amount = 10.0 * share / 100 * (1 + 0.3 * place_in_list if place in ("cytosol", "target") else 1)
                if place.startswith("vesicles"):
                    amount *= {"alone": 0.0, "gw4869": 0.3}.get(arm, 1.0)
                rows.append(
                    {
                        "arm": arm,
                        "time": hour,
                        "place": place,
                        "amount": amount if hour else (10.0 if place == "medium" else 0.0),
                    }
                )
    return rows


def parameters(count: int) -> list[dict[str, Any]]:
    kinds = ("measured", "assumed", "fitted", "measured", "derived", "assumed", "assumed")
    names = (
        "delivered_fraction",
        "secretion_rate",
        "uptake_clearance",
        "pump_catalytic_rate",
        "lysosomal_trapping_ratio",
        "vesicle_clearance_rate",
    )
    subjects = ("cell", "cell_line:mcf7_sensitive", "drug:doxorubicin", "pump:ABCB1|drug:doxorubicin")
    rows = []
    for number in range(count):
        value = 0.013 * 3.7 ** (number % 11)
        rows.append(
            {
                "name": names[number % len(names)] + (f"_{number}" if number >= len(names) else ""),
                "subject": subjects[number % len(subjects)],
                "value": value,
                "unit": ("1/h", "dimensionless", "mL/h/cell", "copy/cell", "nM")[number % 5],
                "low": value / 3,
                "high": value * 2.5,
                "distribution": "lognormal",
                "kind": kinds[number % len(kinds)],
                "source": ("munoz2023", "gong2012", "")[number % 3],
                "locator": ("Fig. 3b", "Table 2", "")[number % 3],
                "note": "Read from the initial slope; converted with the assay's cells per mL." if number % 4 == 0 else "",
                "used_by": ["vesicle_uptake", "secretion"],
            }
        )
    return rows


def build_answer(parameter_count: int = 60, **changes: Any) -> Answer:
    """The answer of the demo as it might be; one arm has no IC50."""
    ic50 = [
        {
            "arm": arm, "population": "donor" if arm == "resistant" else "recipient", "drug": "doxorubicin",
            "value": value, "low": value and value * 0.87, "high": value and value * 1.16, "unit": "nM",
            "hill": 1.4, "top": 1.0, "bottom": 0.02, "auc": 0.5,
            "gr50": value and value * 0.9, "gr_max": -0.3,
        }
        for arm, _, _, _, value in ARMS
    ]  # fmt: skip
    values: dict[str, Any] = {
        "name": "mcf7_doxorubicin",
        "title": "Does vesicle-borne P-glycoprotein protect sensitive cells from doxorubicin?",
        "question": "How much of the recipients' resistance travels in vesicles, how sure are we, what would stop it?",
        "sentences": [
            "Very little of it: with four resistant donors per recipient, vesicles raise the recipients' IC50 of "
            "doxorubicin 1.09-fold (90 % interval 1.01–1.6), against 5.0-fold in the donors themselves.",
            "Reaching half of the donors' resistance would take 190 times the vesicles that donors supply (60–700).",
            "Blocking release with GW4869 removes most of this shift, and raises the drug on its target.",
            "The interval is wide because delivery and enrichment are assumed, not measured in these cells.",
        ],
        "warnings": [
            "arm verapamil: no dose tested leaves less than half of the cells, so there is no IC50.",
            "Donor-membrane equivalents exceed 1 in 3 of 64 draws: those draws ask for more membrane than a donor has.",
            "The label of this warning holds <script>alert('x')</script> & must be shown as text.",
        ],
        "arms": [{"id": arm, "label": label, "description": text, "role": role} for arm, label, role, text, _ in ARMS],
        "ic50": ic50,
        "ic50_shift": Estimate(1.0875, 1.012, 1.61),
        "shift_of": "coculture",
        "shift_against": "alone",
        "shifts": [
            {"arm": arm, "value": ic and ic / 24, "low": ic and ic / 26, "high": ic and ic / 22} for arm, *_, ic in ARMS
        ],
        "curves": curves(),
        "survivors": survivors(),
        "time_course_dose": 100.0,
        "titration": [
            {"vesicles_per_cell": count, "fold": 1 + rise, "low": 1 + rise * 0.45, "high": 1 + rise * 1.7}
            for count in [10 ** (1 + 0.5 * number) for number in range(11)]
            for rise in [4 * count / (count + 42000)]
        ],
        "vesicles_available": Estimate(220.0, 60.0, 800.0, "particle/cell"),
        "vesicles_needed": Estimate(42000.0, 15000.0, 160000.0, "particle/cell"),
        "mass_balance": mass_balance(),
        "donor_membrane_equivalents": Estimate(0.0131, 0.002, 0.31),
        "dose_gap": Estimate(190.9, 60.0, 700.0),
        "drivers": [
            {"name": "delivered_fraction", "subject": "cell", "low_effect": 1.003, "high_effect": 1.52},
            {"name": "pump_enrichment", "subject": "cell_line:mcf7_resistant", "low_effect": 1.02, "high_effect": 1.41},
            {"name": "secretion_rate", "subject": "cell_line:mcf7_resistant", "low_effect": 1.03, "high_effect": 1.29},
            {"name": "pump_degradation_rate", "subject": "cell", "low_effect": 1.17, "high_effect": 1.05},
            {"name": "vesicle_clearance_rate", "subject": "medium", "low_effect": 1.12, "high_effect": 1.05},
            {"name": "growth_rate", "subject": "cell_line:mcf7_sensitive", "low_effect": 1.10, "high_effect": 1.08},
        ],
        "parameters": parameters(parameter_count),
        "assumed_share": 0.43,
        "equations": [
            {"law": law, "latex": latex, "summary": text, "units": units, "source": "munoz2023", "used_by": ["efflux"]}
            for law, latex, text, units in EQUATIONS
        ],
        "bibliography": [
            {
                "id": "munoz2023",
                "citation": "Synthetic A, Example B (2023). Vesicles per hour in a made-up line. Examples 12, 3.",
                "doi": "10.1234/example.2023.001",
                "reasons": ["secretion rate", "uptake clearance <b>per cell</b>"],
            },
            {"id": "gong2012", "citation": "Synthetic C (2012). Pumps.", "doi": "", "reasons": ["P-gp course"]},
        ],
        "conservation": {"drug": 3.1e-13, "vesicles": 8.0e-14, "P-glycoprotein": 2.2e-12},
        "versions": {"exoresist": "0.1.0", "numpy": "2.4.6", "python": "3.11.7"},
        "seed": 1,
        "timing_s": 8.31,
        "catalog_hash": "4f1c9a0d" * 8,
    }  # fmt: skip
    return Answer(**{**values, **changes})


@pytest.fixture(scope="session")
def example_answer() -> Callable[..., Answer]:
    """The function that builds the answer; keywords replace fields."""
    return build_answer
