"""Rows of the mission tables that need a drug of their own: markers, pairs and export, each with the drug that the document names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.axes import Chains
from exoresist.assembly.build import build
from exoresist.assembly.layout import Cargo
from exoresist.catalog import Catalog
from exoresist.core.random import stream
from exoresist.network import integrate

PATIENTS = 48


def alone(dish: Callable[..., Any], drug: str, **changes: Any) -> Any:
    assay = {"kind": "dose_response", "population": "recipient", "drug": drug, "doses": ["1 nM"]}
    given = {"drugs": [{"id": drug, "dose": "1 nM"}], "assay": assay, "cargo": [], "duration": "72 h", **changes}
    return dish(populations=[{"id": "recipient", "cell_line": "generic_tumour", "count": "3000 cell"}], **given)


def test_anthracyclines_leave_in_vesicles_more_than_a_drug_of_equal_logp(dish: Callable[..., Any], catalog: Catalog) -> None:
    """Share of the cells' drug that is in vesicles outside, far below saturation."""
    shares, logp = {}, {}
    for drug in ("doxorubicin", "etoposide"):
        run = alone(dish, drug).run((0.0, 24.0), doses={drug: 0.1})
        outside = sum(run.amount(f"medium.vesicles_recipient.{kind}_{drug}")[-1, 0] for kind in ("retained", "exchangeable"))
        inside = sum(run.amount(f"recipient.{place}_{drug}")[-1, 0] for place in ("cytosol", "lysosome", "target"))
        shares[drug] = outside / (outside + inside)
        logp[drug] = catalog.parameter("logp", f"drug:{drug}").value
    assert abs(logp["doxorubicin"] - logp["etoposide"]) < 0.5
    assert shares["doxorubicin"] > 2.0 * shares["etoposide"] > 0.0


def test_tk1_in_vesicles_goes_with_resistance_to_palbociclib(dish: Callable[..., Any]) -> None:
    """Patients differ in CDK4/6: it drives TK1 and it is the target, so the marker goes with the IC50 without causing it."""
    chains = Chains(starts={"CDK4_6"})
    chains.add("CDK4_6", "TK1", 1)
    model = build(alone(dish, "palbociclib").model.scenario, chains=chains, carried=[Cargo("TK1", "mRNA")])
    amount = np.exp(0.7 * stream(11, "CDK4_6").standard_normal(PATIENTS))
    doses = np.concatenate([[0.0], np.geomspace(10.0, 1e5, 25)])
    start = {**model.start(), "recipient.CDK4_6": np.repeat(amount, len(doses))}
    run = integrate(
        model.network,
        (0.0, 72.0),
        initial=start,
        events=model.events(doses={"palbociclib": np.tile(doses, PATIENTS)}),
        in_blocks=True,
    )
    cells = run.amount("recipient.cells")[-1].reshape(PATIENTS, len(doses))
    ic50 = np.array([np.exp(np.interp(-0.5, -row[1:] / row[0], np.log(doses[1:]))) for row in cells])
    outside = run.amount("medium.vesicles_recipient.cargo_TK1")[-1] / run.amount("medium.vesicles_recipient")[-1]
    marker = outside.reshape(PATIENTS, len(doses))[:, 0]
    positive = marker > np.median(marker)
    assert np.median(ic50[positive]) > 1.3 * np.median(ic50[~positive])
    ranks = [np.argsort(np.argsort(each)) for each in (marker, ic50)]
    assert np.corrcoef(*ranks)[0, 1] > 0.8


def test_acyp1_blocked_makes_lenvatinib_kill_more(chain: Callable[..., Any]) -> None:
    one = chain("ACYP1 -> HSP90 -> MYC -> LDHA -> glycolysis", acting=["glycolysis"], agents=["block_ACYP1"], drug="lenvatinib")
    read = one.read([{}, {"block_ACYP1": 4.0}], dose=2e4)
    assert read.effect[1] < -1e-4
    assert read.node("LDHA")[1] < read.node("LDHA")[0]


def test_scd_blocked_makes_gefitinib_kill_more_and_oleic_acid_undoes_it(chain: Callable[..., Any]) -> None:
    one = chain(
        "SCD -> oleic_acid -| ferroptosis", acting=["ferroptosis"], agents=["block_SCD", "restore_oleic_acid"], drug="gefitinib"
    )
    plain, blocked, fed = one.read([{}, {"block_SCD": 4.0}, {"block_SCD": 4.0, "restore_oleic_acid": 4.0}], dose=30.0).effect
    assert blocked < plain - 1e-3
    assert fed > plain - 0.2 * (plain - blocked)


@pytest.mark.parametrize(
    ("node", "drug", "dose"), [("MGMT", "temozolomide", 3e5), ("MPG", "temozolomide", 3e5), ("XRCC4", "etoposide", 2e3)]
)
def test_repair_of_its_own_lesions_goes_with_survival(chain: Callable[..., Any], node: str, drug: str, dose: float) -> None:
    """The enzyme as the catalogue's own hub, with a drug whose lesions it mends."""
    level = np.exp(0.7 * stream(3, "level", node).standard_normal(PATIENTS))
    found = chain(f"{node} -> DNA_repair", acting=[node], drug=drug).read([{node: value} for value in np.sort(level)], dose=dose)
    assert np.all(np.diff(found.effect) > -1e-9) and found.effect[-1] > found.effect[0] + 1e-3
