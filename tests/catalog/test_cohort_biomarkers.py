"""Biomarkers of the mission table in virtual patients: read in a body fluid before treatment, judged by what follows.

Tumours differ in growth, release and the marker's level; nobody tells the marker which way to go. A diagnostic marker must be higher in
patients than in other persons, and no longer once no vesicle leaves the tumour; a predictive or prognostic one must order the outcome,
and no longer once its link to the cell is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from exoresist.assembly.axes import Chains
from exoresist.assembly.layout import Cargo
from exoresist.assembly.reader import scenario_from_dict
from exoresist.catalog import Catalog
from exoresist.core.random import stream
from exoresist.studies.cohort import CohortResult, run_cohort
from exoresist.studies.discrimination import discriminate
from exoresist.studies.event_times import log_rank

PATIENTS, SEED = 160, 3
NO_ESCAPE = {"name": "vesicle_escape_rate", "subject": "patient", "value": "0 1/h", "reason": "no vesicle leaves the tumour"}
NO_EFFECT = [
    {"name": name, "subject": "edge_class", "value": "1 dimensionless", "reason": "the link is cut"}
    for name in ("cargo_hub", "hub_process")
]
DOSES = {"doxorubicin": "110 nM", "oxaliplatin": "20000 nM", "paclitaxel": "20 nM"}


def scene(drug: str = "doxorubicin", dose: str = "", fluid: str = "plasma", days: int = 420, parameters: Sequence[Any] = (),
          resistant: bool = False, hypoxia: float = 0.0) -> Any:  # fmt: skip
    """A cohort without arms."""
    populations = [{"id": "tumour", "cell_line": "patient_tumour", "count": "990000 cell"}]
    clone: dict[str, Any] = {}
    if resistant:
        populations.append({"id": "clone", "cell_line": "patient_tumour", "count": "10000 cell"})
        clone = {"resistant": "clone", "resistant_by": ["ABCB1"]}
    bound = {"name": "serum_free_fraction", "subject": "drug:doxorubicin", "value": "0.25 dimensionless", "reason": "plasma"}
    return scenario_from_dict({
        "schema": "exoresist/1", "name": "cohort", "arena": {"kind": "well", "volume": "0.001 mL", "capacity": "1e9 cell"},
        "environment": {"hypoxia": hypoxia}, "populations": populations, "drugs": [{"id": drug, "dose": dose or DOSES[drug]}],
        "cargo": ["ABCB1"] if resistant else [], "parameters": [*([bound] if drug == "doxorubicin" else []), *parameters],
        "duration": f"{days} day", "every": "42 day", "seed": SEED,
        "assay": {"kind": "cohort", "population": "tumour", **clone, "drug": drug, "patients": PATIENTS, "healthy": PATIENTS,
                  "fluid": fluid, "cycles": 6, "interval": "21 day", "scan_every": "42 day"},
    })  # fmt: skip


def diagnosed(cargo: Sequence[tuple[str, str]], fluid: str = "plasma", cut: bool = False) -> CohortResult:
    """Patients before treatment, and persons without a tumour."""
    return run_cohort(
        scene(dose="0 nM", fluid=fluid, days=126, parameters=[NO_ESCAPE] if cut else []),
        carried=[Cargo(name, kind) for name, kind in cargo],
    )


def area_of(found: CohortResult, name: str, reading: str) -> float:
    patients, persons = getattr(found.reference.markers[name], reading), getattr(found.healthy[name], reading)
    groups = np.repeat([True, False], [len(patients), len(persons)])
    return float(discriminate(np.concatenate([patients, persons]), groups).area.value or 0.0)


LIPIDS = [(name, "membrane_lipid") for name in ("sphingosine", "diacylglycerol", "lysophosphatidic_acid", "acyl_hydroxy_fatty_acid")]
ENZYMES = [(name, "enzyme") for name in ("ALDOA", "GAPDH", "LDHA", "LDHB", "PGK1", "PKM1", "PKM2")]
PANCREAS = [(f"lipid_{number}", "membrane_lipid") for number in range(1, 21)]
DIAGNOSTIC = {
    "B003": ("cerebrospinal_fluid", [("LGALS9", "protein")]),
    "B012": ("plasma", [("circ_ARHGAP10", "circRNA")]),
    "B013": ("saliva", ENZYMES),
    "B014": ("plasma", [("PKM2", "enzyme")]),
    "B015": ("plasma", [("circPDK1", "circRNA")]),
    "B016": ("plasma", LIPIDS),
    "B018": ("plasma", PANCREAS),
}


@pytest.mark.parametrize("mission", DIAGNOSTIC)
def test_marker_is_higher_in_patients_than_in_other_persons(mission: str) -> None:
    """By number: the tumour adds vesicles that carry it. Vesicles of normal cells hide most of that where none are captured."""
    fluid, cargo = DIAGNOSTIC[mission]
    found, cut = diagnosed(cargo, fluid), diagnosed(cargo, fluid, cut=True)
    for name, _ in cargo:
        patients, persons = found.reference.markers[name], found.healthy[name]
        assert np.log(patients.captured).mean() > np.log(persons.captured).mean() + 0.5, name
        assert area_of(found, name, "captured") > 0.65
        # The same persons with their tumours' vesicles, and without: more in everybody's whole fluid.
        assert np.all(patients.whole > cut.reference.markers[name].whole)
        assert abs(area_of(cut, name, "captured") - 0.5) < 0.1
        assert area_of(found, name, "whole") < area_of(found, name, "captured")


@pytest.mark.parametrize(
    "fluid", ["plasma", "urine", "pleural_effusion", "saliva", "cerebrospinal_fluid", "nasal_fluid", "amniotic_fluid"]
)
def test_every_body_fluid_has_a_compartment(fluid: str) -> None:
    """B007: the tumour's vesicles reach it, and are read there beside a background of its own."""
    found, cut = diagnosed([], fluid), diagnosed([], fluid, cut=True)
    assert np.all(found.reference.markers["vesicles"].whole > cut.reference.markers["vesicles"].whole)
    assert area_of(found, "vesicles", "captured") > area_of(cut, "vesicles", "captured") + 0.1


def test_a_membrane_lipid_in_plasma_goes_with_stage_and_survival() -> None:
    """B019, B020: more tumour releases more vesicles; patients with more of the lipid have larger tumours and die earlier."""
    cargo = [Cargo("PE_16_0_18_1", "membrane_lipid")]
    found = run_cohort(scene(dose="0 nM", days=1500), carried=cargo)
    cut = run_cohort(scene(dose="0 nM", days=1500, parameters=[NO_ESCAPE]), carried=cargo)
    for one, holds in ((found, True), (cut, False)):
        seen = one.reference.markers["PE_16_0_18_1"].captured
        stage = float(spearmanr(seen, one.patients.burden).statistic)
        high = seen > np.median(seen)
        p = log_rank(one.reference.death.pick(high), one.reference.death.pick(~high))
        assert (stage > 0.3) == holds
        assert (p < 0.05) == holds
        if holds:
            died = one.reference.death.seen
            assert died[high].mean() > died[~high].mean()
