"""Every named process of the cell and vesicle model: it is there, it scales, and more of it does what it should."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from exoresist.network import integrate

SCENES = ("coculture", "contact", "switching", "rna", "antibody", "transwell")

# Processes whose rate other processes follow by design: a flow that is stopped stops these too.
FOLLOWERS = {
    "growth": {"pump_synthesis", "rna_synthesis"},  # content is kept up
    "ilv_formation_escrt": {"loading", "drug_loading"},
    "ilv_formation_ceramide": {"loading", "drug_loading"},
}

ROUTES = [f"uptake_{route}" for route in ("clathrin", "caveolin", "macropinocytosis", "receptor")]
NAMES = [
    "ilv_formation_escrt", "ilv_formation_ceramide", "loading", "drug_loading", "drug_leak", "secretion",
    "lysosomal_degradation", "vesicle_clearance", *ROUTES, "uptake_fusion", "unpacking", "recycling", "degradation",
    "pump_synthesis", "pump_turnover", "rna_synthesis", "rna_decay", "drug_influx", "efflux", "lysosomal_trapping",
    "target_binding", "metabolism", "damage", "repair", "growth", "death", "contact_transfer", "switching",
    "antibody_binding", "complement_killing", "pore_exchange",
]  # fmt: skip


class Sign(NamedTuple):
    """More of a process moves an amount (per another, if named) up or down at an hour."""

    process: str
    scene: str
    who: str
    watched: str
    direction: int
    hour: float = 48.0
    per: str = ""


def sign(process: str, scene: str, who: str, watched: str, direction: int, hour: float = 48.0, per: str = "") -> Sign:
    return Sign(process, scene, who, watched, direction, hour, per)


OUT, DRUG_OUT = "medium.vesicles_donor", "medium.vesicles_donor.exchangeable_doxorubicin"
SIGNS = [
    *(
        found
        for route in ("escrt", "ceramide")
        for found in (
            sign(f"ilv_formation_{route}", "coculture", "donor", OUT, +1),
            sign(f"ilv_formation_{route}", "coculture", "donor", "donor.ABCB1", -1, per="donor.cells"),
            sign(f"ilv_formation_{route}", "coculture", "donor", "recipient.ABCB1", +1, per="recipient.cells"),
        )
    ),
    sign("loading", "coculture", "donor", "medium.vesicles_donor.cargo_ABCB1", +1),
    sign("loading", "coculture", "donor", "donor.ABCB1", -1, per="donor.cells"),
    sign("loading", "coculture", "donor", "recipient.ABCB1", +1, per="recipient.cells"),
    sign("loading", "rna", "donor", "medium.vesicles_donor.cargo_ciRS_122", +1),
    sign("drug_loading", "coculture", "donor", "medium.vesicles_donor.retained_doxorubicin", +1),
    sign("drug_loading", "coculture", "donor", "donor.ilv.exchangeable_doxorubicin", +1),
    sign("drug_loading", "coculture", "recipient", "recipient.target_doxorubicin", -1, per="recipient.cells"),
    # Vesicles leave cells richer in drug than the medium makes them, so a faster leak empties them.
    sign("drug_leak", "coculture", "medium", DRUG_OUT, -1),
    sign("secretion", "coculture", "donor", OUT, +1),
    sign("secretion", "coculture", "donor", "donor.ilv", -1),
    sign("secretion", "coculture", "donor", "recipient.ABCB1", +1, per="recipient.cells"),
    sign("lysosomal_degradation", "coculture", "donor", OUT, -1),
    sign("lysosomal_degradation", "coculture", "donor", "donor.ilv", -1),
    sign("vesicle_clearance", "coculture", "medium", OUT, -1),
    sign("vesicle_clearance", "coculture", "medium", "recipient.ABCB1", -1, per="recipient.cells"),
    *(
        found
        for route in ROUTES
        for found in (
            sign(route, "coculture", "recipient", "recipient.endosome_donor", +1),
            sign(route, "coculture", "recipient", OUT, -1),
            sign(route, "coculture", "recipient", "recipient.ABCB1", +1, per="recipient.cells"),
        )
    ),
    sign("uptake_fusion", "coculture", "recipient", "recipient.ABCB1", +1, per="recipient.cells"),
    sign("uptake_fusion", "coculture", "recipient", OUT, -1),
    sign("unpacking", "coculture", "recipient", "recipient.endosome_donor", -1),
    sign("unpacking", "coculture", "recipient", "recipient.ABCB1", +1, per="recipient.cells"),
    sign("recycling", "coculture", "recipient", "recipient.endosome_donor", -1),
    sign("recycling", "coculture", "recipient", OUT, +1),
    sign("recycling", "coculture", "recipient", "recipient.ABCB1", -1, per="recipient.cells"),
    sign("degradation", "coculture", "recipient", "recipient.endosome_donor", -1),
    sign("degradation", "coculture", "recipient", "recipient.ABCB1", -1, per="recipient.cells"),
    sign("pump_synthesis", "coculture", "donor", "donor.ABCB1", +1, per="donor.cells"),
    sign("pump_synthesis", "coculture", "donor", "donor.cells", +1),
    sign("pump_turnover", "coculture", "donor", "donor.ABCB1", -1, per="donor.cells"),
    sign("pump_turnover", "coculture", "donor", "donor.cells", -1),
    sign("rna_synthesis", "rna", "donor", "donor.ciRS_122", +1, per="donor.cells"),
    sign("rna_synthesis", "rna", "donor", "medium.vesicles_donor.cargo_ciRS_122", +1),
    sign("rna_decay", "rna", "donor", "donor.ciRS_122", -1, per="donor.cells"),
    sign("drug_influx", "coculture", "recipient", "recipient.target_doxorubicin", +1, 1.0, "recipient.cells"),
    sign("drug_influx", "coculture", "donor", "donor.cells", -1),
    sign("efflux", "coculture", "donor", "donor.cytosol_doxorubicin", -1, per="donor.cells"),
    sign("efflux", "coculture", "donor", "donor.cells", +1),
    sign("efflux", "coculture", "donor", "medium.doxorubicin", +1, 6.0),
    sign("lysosomal_trapping", "coculture", "recipient", "recipient.lysosome_doxorubicin", +1, 0.2),
    sign("lysosomal_trapping", "coculture", "recipient", "recipient.cytosol_doxorubicin", -1, 0.2),
    sign("target_binding", "coculture", "recipient", "recipient.target_doxorubicin", +1, 0.02),
    sign("target_binding", "coculture", "recipient", "recipient.cytosol_doxorubicin", -1, 0.02),
    sign("metabolism", "coculture", "recipient", "metabolised.drug_doxorubicin", +1),
    sign("metabolism", "coculture", "recipient", "recipient.target_doxorubicin", -1, per="recipient.cells"),
    sign("metabolism", "coculture", "recipient", "recipient.cells", +1),
    sign("damage", "coculture", "recipient", "recipient.damage_by_doxorubicin", +1, per="recipient.cells"),
    sign("damage", "coculture", "recipient", "recipient.cells", -1),
    sign("repair", "coculture", "recipient", "recipient.damage_by_doxorubicin", -1, per="recipient.cells"),
    sign("repair", "coculture", "recipient", "recipient.cells", +1),
    sign("growth", "coculture", "recipient", "recipient.cells", +1),
    sign("death", "coculture", "recipient", "recipient.cells", -1),
    sign("death", "coculture", "recipient", "dead.cell", +1),
    sign("contact_transfer", "contact", "recipient", "recipient.ABCB1", +1, per="recipient.cells"),
    sign("contact_transfer", "contact", "recipient", "donor.ABCB1", -1, per="donor.cells"),
    sign("switching", "switching", "recipient", "recipient.cells", -1),
    sign("switching", "switching", "recipient", "donor.cells", +1),
    sign("switching", "switching", "donor", "recipient.ABCB1", +1, 12.0, "recipient.cells"),
    sign("antibody_binding", "antibody", "recipient", "recipient.surface_rituximab", +1, 0.05, "recipient.cells"),
    sign("antibody_binding", "antibody", "recipient", "recipient.cells", -1, 0.5),
    sign("antibody_binding", "antibody", "medium.vesicles_decoy", "medium.rituximab", -1, 0.2),
    sign("antibody_binding", "antibody", "medium.vesicles_decoy", "recipient.cells", +1, 0.5),
    sign("complement_killing", "antibody", "recipient", "recipient.cells", -1),
    sign("pore_exchange", "transwell", "insert", OUT, +1),
    sign("pore_exchange", "transwell", "insert", "recipient.ABCB1", +1, per="recipient.cells"),
]  # fmt: skip


def test_every_named_process_stands_in_some_scene(scene: Callable[[str], Any]) -> None:
    found = {process.name for name in SCENES for process in scene(name).model.network.processes.values()}
    assert found == set(NAMES)
    assert {each.process for each in SIGNS} == set(NAMES)


@pytest.mark.parametrize("case", SIGNS, ids=lambda case: f"{case.process}-{case.watched}")
def test_more_of_a_process_has_its_sign(scene: Callable[[str], Any], case: Sign) -> None:
    dish = scene(case.scene)
    processes = dish.named(case.process, case.who)
    assert processes
    run = dish.factors(processes, [0.0, 0.5, 1.0, 2.0], times=[0.0, case.hour], relative=1e-9)
    watched = run.amount(case.watched)[-1] / (run.amount(case.per)[-1] if case.per else 1.0)
    steps = np.diff(watched) / np.abs(watched).max()
    # The solver's own error is near 1e-9 here; an effect must stand well clear of it at every step.
    assert np.all(case.direction * steps > 1e-7), steps


def _scaled(dish: Any, factor: float) -> tuple[dict[str, np.ndarray], list[str]]:
    """Rates of all processes at one state of the dish in full swing: set k scales process k, the last set none."""
    network, processes = dish.network, list(dish.model.network.processes)
    middle = dish.run(times=[0.0, 12.0])
    state = {name: float(middle.amount(name)[-1, 0]) for name in middle.compiled.states}
    factors = {f"factor.{name}": np.ones(len(processes) + 1) for name in processes}
    for index, name in enumerate(processes):
        factors[f"factor.{name}"][index] = factor
    run = integrate(network, [0.0, 1e-6], values=factors, initial=state, events=[])
    return {name: run.value(f"rate:{name}")[0] for name in processes}, processes


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("factor", [0.0, 0.5, 2.0])
def test_a_factor_scales_exactly_its_own_flow(scene: Callable[[str], Any], name: str, factor: float) -> None:
    dish = scene(name)
    rates, processes = _scaled(dish, factor)
    kinds = dish.model.network.processes
    for index, scaled in enumerate(processes):
        followers = FOLLOWERS.get(kinds[scaled].name, set())
        for other in processes:
            before, after = rates[other][-1], rates[other][index]
            if other == scaled:
                assert before != 0.0, f"{scaled} does not run here, so its factor is not tested"
                assert after == pytest.approx(factor * before, rel=1e-12, abs=0.0)
            elif kinds[other].name in followers and other.split(".")[0] == scaled.split(".")[0]:
                continue
            else:
                assert after == before, f"a factor on {scaled} changes {other}"


@pytest.mark.parametrize("name", SCENES)
def test_a_stopped_flow_stays_stopped(scene: Callable[[str], Any], name: str) -> None:
    """Over the whole run, not only at its start; the other processes still run."""
    dish = scene(name)
    processes = list(dish.model.network.processes)
    others = 1.0 - np.eye(len(processes))
    factors = {f"factor.{each}": others[index] for index, each in enumerate(processes)}
    run = dish.run(times=[0.0, 6.0, 48.0], values=factors, relative=1e-6)
    slots = {each: run.value(f"rate:{each}") for each in processes[:: max(1, len(processes) // 12)]}
    for index, each in enumerate(processes):
        if each in slots:
            assert np.all(slots[each][:, index] == 0.0)
            assert np.any(slots[each][:, (index + 1) % len(processes)] != 0.0)
    assert max(run.conservation().values()) < 1e-9


@pytest.mark.parametrize("followed", ["growth", "ilv_formation_escrt"])
def test_followers_follow(scene: Callable[[str], Any], followed: str) -> None:
    """What is exempt above does change: upkeep with growth, loading with formation."""
    dish = scene("coculture")
    rates, processes = _scaled(dish, 0.0)
    index = processes.index(f"donor.{followed}")
    after = {"growth": "donor.ABCB1.pump_synthesis", "ilv_formation_escrt": "donor.ABCB1.loading"}[followed]
    assert 0.0 < rates[after][index] < 0.99 * rates[after][-1]
