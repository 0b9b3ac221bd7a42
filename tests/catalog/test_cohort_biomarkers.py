"""Biomarkers of the mission table in virtual patients: read in a body fluid before treatment, judged by what follows.

Tumours differ in growth, release and the marker's level; nobody tells the marker which way to go. A diagnostic marker must be higher in
patients than in other persons, and no longer once no vesicle leaves the tumour; a predictive or prognostic one must order the outcome,
and no longer once its link to the cell is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.stats import spearmanr

from exoresist.assembly.axes import Chains
from exoresist.assembly.layout import Cargo
from exoresist.assembly.reader import scenario_from_dict
from exoresist.catalog import Catalog
from exoresist.core.random import stream
from exoresist.studies.cohort import CohortResult, run_cohort, with_patients
from exoresist.studies.discrimination import discriminate
from exoresist.studies.event_times import log_rank

PATIENTS, MANY, SEED = 160, 600, 3
NO_ESCAPE = {"name": "vesicle_escape_rate", "subject": "patient", "value": "0 1/h", "reason": "no vesicle leaves the tumour"}
NO_EFFECT = [
    {"name": name, "subject": "edge_class", "value": "1 dimensionless", "reason": "the link is cut"}
    for name in ("cargo_hub", "hub_process")
]
DOSES = {"doxorubicin": "110 nM", "oxaliplatin": "18000 nM"}


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


LIPIDS = [
    (name, "membrane_lipid") for name in ("sphingosine", "diacylglycerol", "lysophosphatidic_acid", "acyl_hydroxy_fatty_acid")
]
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
    found = run_cohort(with_patients(scene(dose="0 nM", days=1500), MANY), carried=cargo)
    cut = run_cohort(with_patients(scene(dose="0 nM", days=1500, parameters=[NO_ESCAPE]), MANY), carried=cargo)
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


class Ordering(NamedTuple):
    """A marker and what it acts through. `kind` is the type of a cargo in vesicles; empty: the activity of a node in the tumour."""

    name: str
    path: str
    kind: str = ""
    claim: str = ""
    drug: str = "doxorubicin"
    hypoxia: float = 0.0
    patients: int = MANY
    sign: int = 1  # of the marker with not responding, from the chain and its hub; not from what a document reports


def wired(catalog: Catalog, signed_chains: Callable[..., Chains], one: Ordering) -> Chains:
    hub = one.path.split()[-1]
    if "->" in one.path:
        return signed_chains(catalog, [one.path], [hub], [], one.drug, [one.claim] if one.claim else [])
    record = catalog.find_hub(hub)
    assert record is not None
    return Chains(outcomes={(hub, one.drug): int(record.sign)}, starts={hub})


def ordered(catalog: Catalog, signed_chains: Callable[..., Chains], one: Ordering, cut: bool) -> tuple[np.ndarray, CohortResult]:
    """The marker in each patient, ln, and the cohort."""
    scenario = with_patients(scene(one.drug, parameters=NO_EFFECT if cut else [], hypoxia=one.hypoxia), one.patients)
    if one.drug == "oxaliplatin":  # the range of its effect, a hundredfold, is what nobody knows, and not how tumours differ
        kept = tuple(name for name in scenario.assay.differ if name != "damage_rate")
        scenario = scenario.model_copy(update={"assay": scenario.assay.model_copy(update={"differ": kept})})
    level = np.exp(0.7 * stream(SEED, "level", one.name).standard_normal(one.patients))
    found = run_cohort(
        scenario, catalog, chains=wired(catalog, signed_chains, one), carried=[Cargo(one.name, one.kind)] if one.kind else [],
        levels=None if one.kind else {one.name: level},
    )  # fmt: skip
    return np.log(found.reference.markers[one.name].per_vesicle if one.kind else level), found


PREDICTIVE = {
    "B008": Ordering("GSTP1", "GSTP1 -> glutamine_metabolism", "enzyme", "gstp1_doxorubicin_seed003_13"),
    "B011": Ordering("YAP1_received", "YAP1_received -> YAP1", "protein"),
    "B022": Ordering("HISLA", "HISLA -> glycolysis", "lncRNA", "hisla_docetaxel_seed003_21"),
    "B025": Ordering("ACSL4", "ACSL4", sign=-1),
    "B028": Ordering("glutamine_metabolism", "glutamine_metabolism"),
}


@pytest.mark.parametrize("mission", PREDICTIVE)
def test_marker_orders_who_does_not_respond(catalog: Catalog, signed_chains: Callable[..., Chains], mission: str) -> None:
    """The area under the curve is away from chance in the direction of the chain, and back at it when the chain is cut."""
    one, areas = PREDICTIVE[mission], []
    for cut in (False, True):
        seen, found = ordered(catalog, signed_chains, one, cut)
        area = discriminate(one.sign * seen, ~found.reference.outcome.responded).area
        areas.append(area.value or 0.0)
        if not cut:
            assert area.low is not None and area.low > 0.5
    assert areas[0] > 0.55 and abs(areas[1] - 0.5) < 0.06 and areas[0] > areas[1] + 0.05


PROGNOSTIC = {
    "B023": Ordering("PKM2", "PKM2 -> glycolysis", "enzyme", drug="oxaliplatin", hypoxia=0.5, patients=1000),
    "B025": PREDICTIVE["B025"],
    "B028": PREDICTIVE["B028"],
}


@pytest.mark.parametrize("mission", PROGNOSTIC)
def test_marker_orders_time_to_progression(catalog: Catalog, signed_chains: Callable[..., Chains], mission: str) -> None:
    """Patients above the median of the marker progress earlier (later, where it harms the tumour); not when the link is cut."""
    one = PROGNOSTIC[mission]
    times = {}
    for cut in (False, True):
        seen, found = ordered(catalog, signed_chains, one, cut)
        high = one.sign * seen > np.median(one.sign * seen)
        arm = found.reference
        p = log_rank(arm.progression.pick(high), arm.progression.pick(~high))
        end = found.scenario.duration
        means = [float(np.minimum(arm.outcome.progression, end)[which].mean()) for which in (high, ~high)]
        times[cut] = means[1] - means[0]
        if not cut:
            assert p < 0.05 and means[0] < means[1]
    assert times[False] > 2.0 * abs(times[True])


def test_diversity_of_clones_raises_relapse(catalog: Catalog) -> None:
    """B033: Gini-Simpson diversity of the clones at the start orders relapse; not when the second clone resists no better."""
    scenario = with_patients(scene(dose="220 nM", days=730, resistant=True), MANY)
    fold = catalog.parameter("clone_fold", "cargo_type:pump_protein")
    same = catalog.with_parameters([replace(fold, value=1.0, low=1.0, high=1.0, distribution="fixed")])
    areas = []
    for facts in (catalog, same):
        found = run_cohort(scenario, facts)
        share = np.where(found.patients.carries, found.patients.resistant_share, 0.0)
        diversity = 1.0 - share**2 - (1.0 - share) ** 2
        arm, carries = found.reference, found.patients.carries
        areas.append(discriminate(diversity, arm.outcome.relapse).area.value or 0.0)
        p = log_rank(arm.progression.pick(carries), arm.progression.pick(~carries))
        assert (p < 0.001) == (facts is catalog)
        if facts is catalog:
            assert arm.outcome.relapse[carries].mean() > arm.outcome.relapse[~carries].mean() + 0.1
    assert areas[0] > 0.6 and areas[0] > areas[1] + 0.08
