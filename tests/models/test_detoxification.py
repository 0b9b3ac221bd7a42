"""Enzymes per drug: inactivation, activation of prodrugs, the amount of a target, enzymes that vesicles bring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.axes import Chains
from exoresist.assembly.build import build
from exoresist.assembly.detoxification import process_of
from exoresist.assembly.layout import Cargo
from exoresist.catalog import Catalog
from exoresist.network import integrate

TIMES = (0.0, 72.0)
Maker = Callable[..., Any]
DOSE = {"gemcitabine": 30.0, "cytarabine": 500.0, "fluorouracil": 5000.0, "cisplatin": 5000.0, "cyclophosphamide": 1e4,
        "melphalan": 1e4, "irinotecan": 1e4, "olaparib": 2e4}  # fmt: skip


def alone(dish: Maker, drug: str, *interventions: str, **changes: Any) -> Any:
    assay = {"kind": "dose_response", "population": "recipient", "drug": drug, "doses": ["1 nM"]}
    given = {"drugs": [{"id": drug, "dose": "0 nM"}], "assay": assay, "cargo": [], "duration": "72 h", **changes}
    done = [{"id": name, "strength": 1.0} for name in interventions]
    return dish(
        populations=[{"id": "recipient", "cell_line": "generic_tumour", "count": "3000 cell"}], interventions=done, **given
    )


def left(one: Any, drug: str) -> float:
    cells = one.run(TIMES, doses={drug: np.array([0.0, DOSE[drug]])}).amount("recipient.cells")[-1]
    return float(cells[1] / cells[0])


PAIRS = [
    ("gstp1_overexpression", "cisplatin", "gemcitabine"), ("aldh1a1_overexpression", "cyclophosphamide", "melphalan"),
    ("dpyd_overexpression", "fluorouracil", "gemcitabine"), ("cda_overexpression", "gemcitabine", "fluorouracil"),
    ("dck_loss", "gemcitabine", "fluorouracil"), ("dck_loss", "cytarabine", "cisplatin"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "own", "other"), PAIRS)
def test_an_enzyme_protects_from_its_own_drugs_only(dish: Maker, change: str, own: str, other: str) -> None:
    assert left(alone(dish, own, change), own) > 1.02 * left(alone(dish, own), own)
    assert left(alone(dish, other, change), other) == pytest.approx(left(alone(dish, other), other), rel=1e-9)


@pytest.mark.parametrize("drug", ["gemcitabine", "fluorouracil", "irinotecan"])
def test_a_prodrug_does_nothing_until_it_is_activated_and_is_all_accounted_for(dish: Maker, drug: str) -> None:
    one = alone(dish, drug)
    names = [name for name in one.network.processes if name.startswith(f"recipient.activation_{drug}_by_")]
    assert len(names) == 1
    run = one.run(TIMES, doses={drug: DOSE[drug]}, values={f"factor.{names[0]}": np.array([0.0, 1.0])})
    damage = run.amount(f"recipient.damage_by_{drug}")[-1]
    assert abs(damage[0]) < 1e-9 and damage[1] > 1.0
    assert run.amount(f"recipient.active_{drug}")[-1, 1] > 0.0
    assert run.conservation()[f"drug:{drug}"] < 1e-9


def test_more_thymidylate_synthase_needs_more_fluorouracil(dish: Maker) -> None:
    chains = Chains(starts={"TYMS"}, outcomes={("TYMS", "fluorouracil"): 1})
    model = build(alone(dish, "fluorouracil").model.scenario, chains=chains)
    shares = []
    for amount in (0.3, 1.0, 4.0):
        events = model.events(doses={"fluorouracil": np.array([0.0, DOSE["fluorouracil"]])})
        ends = integrate(model.network, TIMES, initial={**model.start(), "recipient.TYMS": amount}, events=events)
        cells = ends.amount("recipient.cells")[-1]
        shares.append(float(cells[1] / cells[0]))
    assert shares[0] < shares[1] - 0.05 and shares[1] < shares[2] - 0.05


def test_enzymes_that_vesicles_bring_inactivate_their_drug(dish: Maker) -> None:
    """Vesicles full of CDA, as purified from donors, on recipients with gemcitabine."""
    preparation = [{"id": "preparation", "donor": "generic_tumour", "per_cell": "1e6 particle/cell", "at": "0 h"}]
    scenario = alone(dish, "gemcitabine", vesicles=preparation).model.scenario
    one = type(dish())(build(scenario, carried=[Cargo("CDA", "enzyme")]))
    values = {
        "recipient.delivered_fraction": np.array([0.0, 0.3]),
        "recipient.CDA.copies": 1e4,
        "preparation.CDA.copies_per_vesicle": 30.0,
    }
    run = one.run(TIMES, doses={"gemcitabine": 30.0}, values=values)
    level, active, cells = (
        run.value("recipient.CDA.on_gemcitabine")[-1],
        run.amount("recipient.active_gemcitabine")[-1],
        run.amount("recipient.cells")[-1],
    )
    assert level[0] == pytest.approx(1.0, rel=0.1) and level[1] > 1.2 * level[0]  # loading draws on so small a stock
    assert active[1] / cells[1] < active[0] / cells[0]
    assert cells[1] > cells[0]


def test_an_enzyme_has_a_process_for_its_substrates_only() -> None:
    catalog = Catalog.load()
    assert process_of(catalog, "GSTP1", "cisplatin") == "metabolism_cisplatin_by_GSTP1"
    assert process_of(catalog, "GSTP1", "gemcitabine") == ""
    assert process_of(catalog, "DCK", "gemcitabine") == "activation_gemcitabine_by_DCK"
    assert process_of(catalog, "GSTP1", "doxorubicin") == "metabolism_doxorubicin"  # no enzyme of it is known: its whole loss
