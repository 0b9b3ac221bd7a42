"""Drugs that occupy targets: genotypes, competition, receptors that vesicles bring, bypasses, death ligands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.axes import Chains
from exoresist.assembly.build import build
from exoresist.network import integrate

TIMES = (0.0, 72.0)
Maker = Callable[..., Any]


def alone(dish: Maker, line: str, *drugs: str, **changes: Any) -> Any:
    """Cells of one line with drugs, the first the one that is read."""
    assay = {"kind": "dose_response", "population": "recipient", "drug": drugs[0], "doses": ["1 nM"]}
    given = {
        "drugs": [{"id": drug, "dose": "0 nM"} for drug in drugs],
        "assay": assay,
        "cargo": [],
        "duration": "72 h",
        **changes,
    }
    return dish(populations=[{"id": "recipient", "cell_line": line, "count": "3000 cell"}], **given)


def left(one: Any, doses: dict[str, Any], values: dict[str, Any] | None = None) -> np.ndarray:
    """Survivors over the first set's."""
    run = one.run(TIMES, doses=doses, values=values)
    cells = run.amount("recipient.cells")[-1]
    found: np.ndarray = cells / cells[0]
    return found


def ic50(dish: Maker, line: str, drug: str, changes: dict[str, Any] | None = None) -> float:
    """nM that halves the survivors; infinite where no dose does."""
    doses = np.concatenate([[0.0], np.geomspace(1e-2, 1e6, 97)])
    share = left(alone(dish, line, drug, **(changes or {})), {drug: doses})[1:]
    if share[-1] > 0.5:
        return float("inf")
    return float(np.exp(np.interp(-0.5, -share, np.log(doses[1:]))))


def test_the_drug_of_a_sensitive_line_halves_it_at_its_constant(dish: Maker) -> None:
    """The rate of all target drugs is settled so: the apparent constant is the IC50."""
    found = [ic50(dish, "cml_bcr_abl", drug) for drug in ("imatinib", "dasatinib", "ponatinib")]
    assert found == pytest.approx([527.0, 1.83, 0.5], rel=0.25)


def test_t315i_resists_all_but_ponatinib(dish: Maker) -> None:
    """IC50 over native: only ponatinib stays below a concentration that blood can hold, about 100 nM; the seed names all four."""
    shifts = {}
    for drug in ("imatinib", "nilotinib", "dasatinib", "bosutinib", "ponatinib"):
        native, mutant = (ic50(dish, line, drug) for line in ("cml_bcr_abl", "cml_bcr_abl_t315i"))
        assert mutant > 5.0 * native
        shifts[drug] = mutant
    assert shifts.pop("ponatinib") < 30.0
    assert min(shifts.values()) > 100.0


def test_t790m_resists_gefitinib_and_erlotinib_and_not_osimertinib(dish: Maker) -> None:
    first = {drug: ic50(dish, "lung_egfr_ex19del", drug) for drug in ("gefitinib", "erlotinib", "osimertinib")}
    second = {drug: ic50(dish, "lung_egfr_t790m", drug) for drug in first}
    assert second["gefitinib"] > 50.0 * first["gefitinib"] and second["erlotinib"] > 50.0 * first["erlotinib"]
    assert second["osimertinib"] < 2.0 * first["osimertinib"]
    assert second["osimertinib"] < 0.01 * second["gefitinib"]


def test_osimertinib_spares_wild_type(dish: Maker) -> None:
    assert ic50(dish, "lung_egfr_wild_type", "osimertinib") > 10.0 * ic50(dish, "lung_egfr_t790m", "osimertinib")


def test_two_drugs_of_one_target_compete(dish: Maker) -> None:
    """At full occupancy a second inhibitor adds nothing; together they never take more than the whole signal."""
    one = alone(dish, "lung_egfr_ex19del", "gefitinib", "osimertinib")
    run = one.run(TIMES, doses={"gefitinib": np.array([1e5, 1e5]), "osimertinib": np.array([0.0, 1e4])})
    both = run.value("recipient.blocked_EGFR")[-1]
    assert np.all(both <= 1.0) and both[1] > both[0] > 0.95
    assert run.value("recipient.gefitinib.blocked")[-1, 1] < run.value("recipient.gefitinib.blocked")[-1, 0]


def test_more_target_needs_more_drug_and_what_it_drives_falls_with_it(dish: Maker) -> None:
    chains = Chains(starts={"EGFR"})
    chains.add("EGFR", "AKT", 1)
    scenario = alone(dish, "lung_egfr_ex19del", "gefitinib").model.scenario
    one = type(dish())(build(scenario, chains=chains))
    run = one.run(TIMES, doses={"gefitinib": np.array([0.0, 20.0, 2000.0])})
    node = run.amount("recipient.AKT")[-1]
    assert node[0] == pytest.approx(1.0, abs=1e-6) and np.all(np.diff(node) < -0.02)
    network = one.network
    cells = []
    for amount in (1.0, 4.0):
        start = {**one.model.start(), "recipient.EGFR": amount}
        events = one.model.events(doses={"gefitinib": np.array([0.0, 40.0])})
        ends = integrate(network, TIMES, initial=start, events=events).amount("recipient.cells")[-1]
        cells.append(ends[1] / ends[0])
    assert cells[1] > cells[0] + 0.1


def test_a_mutant_receptor_that_vesicles_bring_protects(dish: Maker) -> None:
    """Vesicles of a T790M line on an exon-19 line: against gefitinib, not against osimertinib, and not when nothing is delivered."""
    preparation = [{"id": "preparation", "donor": "lung_egfr_t790m", "per_cell": "1e6 particle/cell", "at": "0 h"}]
    gain = {}
    for drug, dose in (("gefitinib", 60.0), ("osimertinib", 60.0)):
        one = alone(dish, "lung_egfr_ex19del", drug, cargo=["EGFR_T790M_carried"], vesicles=preparation)
        values = {"recipient.delivered_fraction": np.array([0.0, 0.3])}
        run = one.run(TIMES, doses={drug: dose}, values=values)
        cells = run.amount("recipient.cells")[-1]
        gain[drug] = float(np.log(cells[1] / cells[0]))
        assert run.conservation()["cargo:EGFR_T790M_carried"] < 1e-9
    assert gain["gefitinib"] > 1e-3
    assert abs(gain["osimertinib"]) < 0.2 * gain["gefitinib"]


def _pair(dish: Maker, line: str, first: str, second: str, doses: Sequence[float], **changes: Any) -> np.ndarray:
    """Survivors with neither, the first, the second and both."""
    one = alone(dish, line, first, second, **changes)
    return left(one, {first: doses[0] * np.array([0.0, 1.0, 0.0, 1.0]), second: doses[1] * np.array([0.0, 0.0, 1.0, 1.0])})


def test_a_met_inhibitor_helps_osimertinib_where_the_bypass_is_open(dish: Maker) -> None:
    _, osimertinib, crizotinib, both = _pair(dish, "lung_egfr_met_bypass", "osimertinib", "crizotinib", (100.0, 200.0))
    assert both < 0.75 * min(osimertinib, crizotinib)
    shut = [{"name": "bypass_strength", "subject": "cell_line:lung_egfr_met_bypass|signal:MET", "value": "0 dimensionless",
             "reason": "no bypass"}]  # fmt: skip
    _, without, _, pair = _pair(dish, "lung_egfr_met_bypass", "osimertinib", "crizotinib", (100.0, 200.0), parameters=shut)
    assert without < 0.75 * osimertinib
    assert pair / without > 2.0 * both / osimertinib  # what is left is MET's own small part


def test_a_bypass_is_shut_until_the_first_target_is_blocked(dish: Maker) -> None:
    one = alone(dish, "lung_egfr_met_bypass", "osimertinib")
    gate = one.run((0.0, 48.0, 72.0), doses={"osimertinib": np.array([0.0, 100.0])}).amount("recipient.bypass_EGFR_MET")
    assert gate[-1, 0] == 0.0
    assert 0.3 < gate[-1, 1] < 1.0


def test_a_pi3k_bypass_opens_too(dish: Maker) -> None:
    """PI3K running by itself once EGFR is blocked: a line that is given it needs a PI3K inhibitor beside osimertinib."""
    given = [
        {
            "name": "bypass_strength",
            "subject": "cell_line:lung_egfr_ex19del|signal:PI3K",
            "value": "3 dimensionless",
            "reason": "on",
        },
        {
            "name": "dependence",
            "subject": "cell_line:lung_egfr_ex19del|signal:PI3K",
            "value": "0.1 dimensionless",
            "reason": "on",
        },
    ]
    _, first, second, both = _pair(dish, "lung_egfr_ex19del", "osimertinib", "alpelisib", (100.0, 3000.0), parameters=given)
    assert both < 0.75 * min(first, second)


def test_clones_die_of_the_inhibitor_of_their_own_circuit(dish: Maker) -> None:
    """Two clones in one dish: either drug leaves the other clone; only both drugs hold both."""
    lines = {"positive": "breast_her2_positive_clone", "negative": "breast_her2_negative_clone"}
    populations = [{"id": who, "cell_line": line, "count": "2000 cell"} for who, line in lines.items()]
    one = alone(dish, "breast_her2_positive_clone", "trametinib", "alpelisib")
    scenario = one.model.scenario.model_dump(by_alias=True, mode="json", exclude_none=True)
    scenario["assay"]["population"] = "positive"
    two = dish(**{**scenario, "populations": populations})
    mek, pi3k = 30.0 * np.array([0.0, 1.0, 0.0, 1.0]), 3000.0 * np.array([0.0, 0.0, 1.0, 1.0])
    run = two.run(TIMES, doses={"trametinib": mek, "alpelisib": pi3k})
    share = {who: run.amount(f"{who}.cells")[-1] / run.amount(f"{who}.cells")[-1, 0] for who in lines}
    assert share["positive"][1] < 0.5 < share["positive"][2]
    assert share["negative"][2] < 0.5 < share["negative"][1]
    assert max(share["positive"][3], share["negative"][3]) < 0.5


def test_fas_lost_lowers_death_by_its_ligand_only(dish: Maker) -> None:
    knocked = {"interventions": [{"id": "fas_knockdown", "strength": 1.0}]}
    gain = {}
    for drug, dose in (("fas_ligand", 3.0), ("trail", 3.0), ("doxorubicin", 30.0)):
        doses = {drug: np.array([0.0, dose])}
        plain, less = (left(alone(dish, "generic_tumour", drug, **changes), doses)[1] for changes in ({}, knocked))
        gain[drug] = less / plain
    assert gain["fas_ligand"] > 1.1
    assert gain["trail"] == pytest.approx(1.0, abs=1e-9) == gain["doxorubicin"]


def test_a_ligand_stays_outside_until_its_receptor_holds_it(dish: Maker) -> None:
    run = alone(dish, "generic_tumour", "fas_ligand").run(TIMES, doses={"fas_ligand": 3.0})
    assert run.amount("recipient.target_fas_ligand")[-1, 0] > 0.0
    assert run.conservation()["drug:fas_ligand"] < 1e-9
