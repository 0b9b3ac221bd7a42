"""Biomarkers of the mission table: what vesicles carry orders the response of a virtual cohort.

A patient is a dish: numbers in which tumours differ are drawn from the catalogue's ranges, the marker's expression is spread
widely. The marker is read in the vesicles of the untreated dish, the response as the survivors of the drug. Where the marker's
link to the cell is cut, the same patients must not be ordered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from exoresist.assembly.book import draws
from exoresist.core.random import stream

PATIENTS, SEED = 240, 3
DIFFER = ("growth_rate", "basal_death_rate", "cell_volume", "ilv_formation_rate", "secretion_rate", "lysosomal_degradation_rate")
CUT = {"edge.cargo_hub": 1.0, "edge.hub_process": 1.0}


class Marker(NamedTuple):
    mission: str
    cargo: str
    kind: str
    path: str
    drug: str
    claim: str = ""

    @property
    def hub(self) -> str:
        return self.path.split()[-1]


MARKERS = [
    Marker("B008", "GSTP1", "enzyme", "GSTP1 -> glutamine_metabolism", "doxorubicin", "gstp1_doxorubicin_seed003_13"),
    Marker("B009", "circ_0008928", "circRNA", "circ_0008928 -> glycolysis", "oxaliplatin", "circ0008928_cisplatin_seed003_25"),
    Marker("B010", "circ_0002130", "circRNA", "circ_0002130 -> glycolysis", "doxorubicin", "circ0002130_osimertinib_seed003_26"),
    Marker("B022", "HISLA", "lncRNA", "HISLA -> glycolysis", "doxorubicin", "hisla_docetaxel_seed003_21"),
    Marker("B026", "piRNA_17560", "piRNA", "piRNA_17560 -> FTO", "paclitaxel", "pirna17560_docetaxel_seed003_103"),
]


def cohort(one: Any, expression: dict[str, np.ndarray], fixed: dict[str, float] | None = None) -> Any:
    """All patients of a dish, treated and not: `expression` holds the fold of each marker in each patient."""
    found = draws(one.model.network.parameters, PATIENTS, SEED)
    numbers = {key: found[key][1:] for name in DIFFER if (key := f"recipient.{name}") in found}  # [0] is the centre
    columns = {**numbers, **expression}
    return one.read([{**{key: column[i] for key, column in columns.items()}, **(fixed or {})} for i in range(PATIENTS)])


def expressed(name: str) -> np.ndarray:
    """Fold over the least of the cohort, from about 1.05 to 100."""
    found: np.ndarray = 1.0 + 3.0 * np.exp(2.0 * stream(SEED, "expression", name).standard_normal(PATIENTS))
    return found


def in_vesicles(found: Any, cargo: str) -> np.ndarray:
    """Copies per vesicle that the untreated dish has secreted."""
    outside = "medium.vesicles_recipient"
    copies: np.ndarray = found.run.amount(f"{outside}.cargo_{cargo}")[-1, :PATIENTS] / found.run.amount(outside)[-1, :PATIENTS]
    return copies


def area_under_curve(marker: np.ndarray, resists: np.ndarray) -> float:
    """Chance that a resister has more of the marker than a responder."""
    pairs = marker[resists][:, None] - marker[~resists][None, :]
    return float(np.mean((pairs > 0.0) + 0.5 * (pairs == 0.0)))


def resisters(found: Any) -> np.ndarray:
    """Patients with more survivors than the median."""
    higher: np.ndarray = found.effect > np.median(found.effect)
    return higher


def dish_of(chain: Callable[..., Any], *markers: Marker) -> Any:
    return chain(
        *(marker.path for marker in markers), acting=list(dict.fromkeys(marker.hub for marker in markers)), drug=markers[0].drug,
        carried=[(marker.cargo, marker.kind) for marker in markers], claims=[marker.claim for marker in markers if marker.claim],
    )  # fmt: skip


@pytest.mark.parametrize("marker", MARKERS, ids=lambda marker: marker.mission)
def test_vesicular_marker_is_higher_in_those_who_do_not_respond(chain: Callable[..., Any], marker: Marker) -> None:
    """Higher mean (of logarithms) and an area under the curve above chance; neither when the link is cut."""
    one = dish_of(chain, marker)
    areas = []
    for fixed in ({}, CUT):
        found = cohort(one, {marker.cargo: expressed(marker.cargo)}, fixed)
        seen, resists = np.log(in_vesicles(found, marker.cargo)), resisters(found)
        areas.append(area_under_curve(seen, resists))
        if not fixed:
            assert seen[resists].mean() > seen[~resists].mean() + 0.1
            positive = seen > np.median(seen)
            assert found.effect[positive].mean() > found.effect[~positive].mean()
    assert areas[0] > 0.6
    assert areas[1] < 0.57 and areas[0] > areas[1] + 0.1


def test_a_panel_of_vesicular_markers_predicts(chain: Callable[..., Any]) -> None:
    """Two markers that vary by themselves: their sum predicts, and better than the weaker alone."""
    pair = (MARKERS[0], MARKERS[2])
    found = cohort(dish_of(chain, *pair), {marker.cargo: expressed(marker.cargo) for marker in pair})
    seen = [np.log(in_vesicles(found, marker.cargo)) for marker in pair]
    resists = resisters(found)
    single = [area_under_curve(each, resists) for each in seen]
    panel = area_under_curve(seen[0] + seen[1], resists)
    assert panel > 0.6 and panel > min(single)


def test_resistant_patients_release_more_vesicles(chain: Callable[..., Any]) -> None:
    """Vesicles per cell outside order the survivors, because release throws drug out; not with drug kept out of them."""
    one = chain()
    areas = []
    for partition in (200.0, 0.0):
        found = cohort(one, {}, {"doxorubicin.vesicle_partition": partition, "recipient.growth_rate": 0.028})
        number = found.run.amount("medium.vesicles_recipient")[-1, :PATIENTS] / found.run.amount("recipient.cells")[-1, :PATIENTS]
        areas.append(area_under_curve(number, resisters(found)))
    assert areas[0] > 0.6 and areas[0] > areas[1] + 0.1


def test_vesicular_p_glycoprotein_is_higher_in_those_who_do_not_respond(chain: Callable[..., Any]) -> None:
    one = chain(line="mcf7_resistant", drug="paclitaxel")
    pumps = 1e4 * np.exp(1.5 * stream(SEED, "pumps").standard_normal(PATIENTS))
    found = cohort(one, {"recipient.ABCB1.copies": pumps})
    seen, resists = np.log(in_vesicles(found, "ABCB1")), resisters(found)
    assert seen[resists].mean() > seen[~resists].mean()
    assert area_under_curve(seen, resists) > 0.7


@pytest.mark.parametrize(("node", "drug"), [("RAD51", "oxaliplatin"), ("MGMT", "doxorubicin"), ("XRCC4", "oxaliplatin")])
def test_repair_expression_goes_with_survival(chain: Callable[..., Any], node: str, drug: str) -> None:
    level = np.exp(0.7 * stream(SEED, "level", node).standard_normal(PATIENTS))
    found = cohort(chain(f"{node} -> DNA_repair", acting=["DNA_repair"], drug=drug), {node: level})
    assert area_under_curve(level, resisters(found)) > 0.6


@pytest.mark.parametrize("name", ["ABCB1", "GSTP1"])
def test_pump_and_enzyme_expression_go_with_less_active_drug(chain: Callable[..., Any], name: str) -> None:
    if name == "ABCB1":
        one = chain(line="mcf7_resistant", drug="paclitaxel")
        key, level, drug = "recipient.ABCB1.copies", 1e5 * np.exp(stream(SEED, "level").standard_normal(PATIENTS)), "paclitaxel"
    else:
        one = chain("GSTP1 -> drug_metabolism", acting=["drug_metabolism"], drug="oxaliplatin")
        key, level, drug = "GSTP1", np.exp(0.7 * stream(SEED, "level").standard_normal(PATIENTS)), "oxaliplatin"
    found = one.read([{key: value} for value in np.sort(level)])
    active = found.per_cell(f"cytosol_{drug}")
    assert np.all(np.diff(active) < 0.0)
    assert np.all(np.diff(found.effect) > -1e-9) and found.effect[-1] > found.effect[0]
