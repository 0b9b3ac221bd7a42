"""Interventions of the mission table in the dish: release, uptake, pumps, cargo, and pairs of them against each alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

LAST = (0.0, 24.0, 48.0)
EXACT = {"relative": 1e-10, "absolute": 1e-13}
RELEASE = {
    "gw4869": {"id": "gw4869", "concentration": "10 uM", "populations": ["donor"]},
    "omeprazole": {"id": "omeprazole", "concentration": "100 uM", "populations": ["donor"]},
    "lansoprazole": {"id": "lansoprazole", "concentration": "100 uM", "populations": ["donor"]},
    "indomethacin": {"id": "indomethacin", "concentration": "30 uM", "populations": ["donor"]},
    "rab27a_knockdown": {"id": "rab27a_knockdown", "strength": 1.0, "populations": ["donor"]},
    "hrs_knockdown": {"id": "hrs_knockdown", "strength": 1.0, "populations": ["donor"]},
}
UPTAKE = {"id": "dynasore", "concentration": "100 uM", "populations": ["recipient"]}
CARGO = {"id": "cargo_sirna_vesicles", "strength": 1.0, "populations": ["donor"]}
TAKEN_UP = {"recipient.uptake_clearance": 1e-7}


def alone(dish: Callable[..., Any], line: str, drug: str = "doxorubicin", **changes: Any) -> Any:
    assay = {"kind": "dose_response", "population": "recipient", "drug": drug, "doses": ["1 nM"]}
    given = {"drugs": [{"id": drug, "dose": "1 nM"}], "assay": assay, **changes}
    return dish(populations=[{"id": "recipient", "cell_line": line, "count": "3000 cell"}], **given)


def gained(one: Any, values: dict[str, Any] | None = None, dose: float = 30.0) -> tuple[float, float]:
    """Pumps per recipient beyond its own, and ln survivors that delivery adds (delivered against not, the same vesicles)."""
    given = {**TAKEN_UP, **(values or {}), "recipient.delivered_fraction": np.array([0.0, 0.3])}
    run = one.run(LAST, values=given, doses={"doxorubicin": dose}, **EXACT)
    cells = run.amount("recipient.cells")[-1]
    pumps = run.amount("recipient.ABCB1")[-1] / cells
    return float(pumps[1] - pumps[0]), float(np.log(cells[1] / cells[0]))


def inside(run: Any) -> np.ndarray:
    held = run.amount("recipient.cytosol_doxorubicin")[-1] + run.amount("recipient.target_doxorubicin")[-1]
    found: np.ndarray = held / run.amount("recipient.cells")[-1]
    return found


@pytest.mark.parametrize("name", RELEASE)
def test_release_inhibitors_lower_the_transfer_of_resistance(dish: Callable[..., Any], name: str) -> None:
    pumps, protection = gained(dish())
    fewer, less = gained(dish(interventions=[RELEASE[name]]))
    assert 0.0 < fewer < 0.9 * pumps
    assert 0.0 < less < 0.9 * protection


PAIRS = {
    "release and uptake": [RELEASE["gw4869"], UPTAKE],
    "two steps of release": [RELEASE["gw4869"], RELEASE["rab27a_knockdown"]],
    "release and cargo": [RELEASE["gw4869"], CARGO],
    "release, cargo and uptake": [RELEASE["gw4869"], CARGO, UPTAKE],
}


@pytest.mark.parametrize("name", PAIRS)
def test_interventions_together_lower_transfer_more_than_each(dish: Callable[..., Any], name: str) -> None:
    entries = PAIRS[name]
    none = gained(dish())
    each = [gained(dish(interventions=[entry])) for entry in entries]
    together = gained(dish(interventions=entries))
    for reading in (0, 1):
        assert all(one[reading] < 0.95 * none[reading] for one in each)
        assert 0.0 < together[reading] < 0.9 * min(one[reading] for one in each)


def test_vesicles_without_the_cargo_do_not_protect(dish: Callable[..., Any]) -> None:
    """As many vesicles with no pump in them, and none with drug: survivors are those of cells without vesicles."""
    vesicles = [{"id": "preparation", "donor": "mcf7_resistant", "per_cell": "1e6 particle/cell", "at": "0 h"}]
    one = alone(dish, "mcf7_sensitive", vesicles=vesicles)
    values = {"doxorubicin.vesicle_partition": 0.0, "preparation.ABCB1.copies": np.array([0.0, 0.0, 1e6])}
    run = one.run(LAST, values=values, doses={"doxorubicin": 30.0}, per_cell={"preparation": np.array([0.0, 1e6, 1e6])}, **EXACT)
    cells = run.amount("recipient.cells")[-1]
    assert cells[1] == pytest.approx(cells[0], rel=1e-7)
    assert cells[2] > 1.01 * cells[0]


def test_verapamil_raises_drug_only_where_there_is_p_glycoprotein(dish: Callable[..., Any]) -> None:
    values = {"recipient.ABCB1.copies": np.array([0.0, 1e5, 1e6])}
    treated = alone(dish, "mcf7_resistant", interventions=[{"id": "verapamil", "concentration": "10 uM"}])
    before, after = (one.run(LAST, values=values, doses={"doxorubicin": 100.0}, **EXACT)
                     for one in (alone(dish, "mcf7_resistant"), treated))  # fmt: skip
    raised = inside(after) / inside(before)
    assert raised[0] == pytest.approx(1.0, rel=1e-9)
    assert raised[1] > 1.02 and raised[2] > raised[1]


def test_efflux_antagonism_restores_in_part(dish: Callable[..., Any]) -> None:
    """Between resistant cells and the same cells without pumps."""
    treated = alone(dish, "mcf7_resistant", interventions=[{"id": "verapamil", "concentration": "2 uM"}])
    doses = {"doxorubicin": 100.0}
    run = alone(dish, "mcf7_resistant").run(LAST, values={"recipient.ABCB1.copies": np.array([1e6, 0.0])}, doses=doses)
    resistant, bare = run.amount("recipient.cells")[-1]
    with_antagonist = treated.run(LAST, doses=doses).amount("recipient.cells")[-1, 0]
    assert 1.05 * bare < with_antagonist < 0.95 * resistant


def test_a_release_inhibitor_and_a_drug_together_leave_fewer_than_either(dish: Callable[..., Any]) -> None:
    doses = {"doxorubicin": np.array([0.0, 30.0])}
    treated = dish(interventions=[{"id": "gw4869", "concentration": "10 uM"}])
    plain, both = (one.run(LAST, values=TAKEN_UP, doses=doses).amount("recipient.cells")[-1] for one in (dish(), treated))
    assert both[1] < (1.0 - 1e-4) * plain[1]  # fewer than with the drug alone
    assert both[1] < 0.9 * both[0]  # and than with the inhibitor alone


def test_release_brought_back_to_normal_brings_transfer_back_to_normal(dish: Callable[..., Any]) -> None:
    """Acid doubles the donors' release; indomethacin halves it: transfer as before the stress, and not none."""
    no_drug: dict[str, Any] = {"dose": 0.0}
    calm = gained(dish(), **no_drug)[0]
    stressed = gained(dish(), {"environment.acidity": 1.0}, **no_drug)[0]
    entry = {"id": "indomethacin", "concentration": "1000 uM", "populations": ["donor"]}
    normal = gained(dish(interventions=[entry]), {"environment.acidity": 1.0}, **no_drug)[0]
    assert stressed > 1.2 * calm
    assert normal == pytest.approx(calm, rel=0.1)


def test_adipocytes_knocked_out_for_their_cargo_matter_only_where_they_are(chain: Callable[..., Any]) -> None:
    """LOC606724 and SNHG1 down in the donors to what any cell holds: fewer survivors; with secretion off, no difference."""
    for cargo, claim in (("LOC606724", "loc606724_chemotherapy_wang22"), ("SNHG1", "snhg1_chemotherapy_wang22")):
        one = chain(f"{cargo} -| apoptosis", acting=["apoptosis"], carried=[(cargo, "lncRNA")], claims=[claim], donors=True)
        base = {"donor.max_death_rate": 0.0, "donor.arrest_threshold": 1e3, "donor.secretion_fold_drug": 1.0,
                "recipient.uptake_clearance": 5e-7, "recipient.delivered_fraction": 0.3,
                f"donor.{cargo}.copies_per_vesicle": 0.05, f"donor.{cargo}.clamp": 100.0}  # fmt: skip
        absent = {**base, "donor.secretion_rate": 0.0}
        down = {f"donor.{cargo}.clamp": 1.0}
        found = one.read([base, {**base, **down}, absent, {**absent, **down}])
        assert found.effect[1] < -1e-3
        assert found.effect[3] == pytest.approx(found.effect[2], abs=1e-7)


def test_replacing_and_inhibiting_mirnas_both_sensitise(chain: Callable[..., Any]) -> None:
    """let-7a, which holds KRAS down, given; miR-155, which holds FOXO3 down, taken away."""
    suppressor = chain("let_7a -| KRAS", acting=["KRAS"]).read([{}, {"let_7a": 100.0}])
    onco = chain("miR_155 -| FOXO3", acting=["FOXO3"]).read([{}, {"miR_155": 0.1}])
    assert suppressor.node("KRAS")[1] < 0.99 and suppressor.effect[1] < -1e-3
    assert onco.node("FOXO3")[1] > 1.001 and onco.effect[1] < -1e-4


def test_glycolytic_enzymes_that_do_not_arrive_do_nothing(chain: Callable[..., Any]) -> None:
    """PKM2 of donors raises the recipients' glycolysis; with uptake or release blocked it stays at its baseline."""
    one = chain("PKM2 -> glycolysis", acting=["glycolysis"], carried=[("PKM2", "enzyme")], drug="oxaliplatin", donors=True)
    base = {"donor.PKM2.copies_per_vesicle": 30.0, "donor.PKM2.clamp": 10.0, "recipient.uptake_clearance": 5e-7}
    found = one.read([{**base, "recipient.delivered_fraction": 0.0}, base, {**base, "donor.secretion_rate": 0.0},
                      {**base, "recipient.uptake_clearance": 0.0}])  # fmt: skip
    level = found.node("glycolysis")
    assert level[1] > 1.001
    assert abs(level[2] - 1.0) < 0.05 * (level[1] - 1.0) and abs(level[3] - 1.0) < 0.05 * (level[1] - 1.0)
    assert found.effect[1] > 1e-3
