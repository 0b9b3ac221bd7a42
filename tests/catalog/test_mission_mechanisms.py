"""Mechanisms of the mission table that the dish carries: making, sorting, uptake, transfer, drug, knowledge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.build import build
from exoresist.assembly.layout import Cargo
from exoresist.catalog import Catalog
from exoresist.catalog.path import net_direction, outcome, parse_path

LAST = (0.0, 24.0, 48.0)
ROUTES = ("clathrin", "caveolin", "macropinocytosis", "receptor", "fusion")
EXACT = {"relative": 1e-10, "absolute": 1e-13}


def alone(dish: Callable[..., Any], line: str, drug: str = "doxorubicin", **changes: Any) -> Any:
    assay = {"kind": "dose_response", "population": "recipient", "drug": drug, "doses": ["1 nM"]}
    given = {"drugs": [{"id": drug, "dose": "1 nM"}], "assay": assay, **changes}
    return dish(populations=[{"id": "recipient", "cell_line": line, "count": "3000 cell"}], **given)


def pump_of(run: Any, who: str = "recipient") -> np.ndarray:
    found: np.ndarray = run.amount(f"{who}.ABCB1")[-1] / run.amount(f"{who}.cells")[-1]
    return found


def secreted(run: Any, who: str = "donor") -> np.ndarray:
    found: np.ndarray = run.value(f"rate:{who}.secretion")[-1] * run.amount(f"{who}.ilv")[-1] / run.amount(f"{who}.cells")[-1]
    return found


def inside(run: Any, drug: str = "doxorubicin", who: str = "recipient") -> np.ndarray:
    held = run.amount(f"{who}.cytosol_{drug}")[-1] + run.amount(f"{who}.target_{drug}")[-1]
    found: np.ndarray = held / run.amount(f"{who}.cells")[-1]
    return found


# -- making


@pytest.mark.parametrize("step", ["ilv_formation", "secretion"])
def test_blocking_a_step_of_biogenesis_ends_secretion(dish: Callable[..., Any], step: str) -> None:
    """After the vesicles of before have drained; vesicles are all accounted for."""
    one = dish()
    names = [f"factor.{name}" for name in one.model.network.processes if name.startswith(f"donor.{step}")]
    assert names
    run = one.run([0.0, 150.0, 300.0], values={name: np.array([1.0, 0.0]) for name in names})
    out = run.value("rate:donor.secretion")[-1] * run.amount("donor.ilv")[-1]
    assert out[1] < 1e-9 * out[0]
    assert run.conservation()["vesicle"] < 1e-9


def test_gw4869_lowers_secretion_with_its_dose_down_to_the_escrt_share(dish: Callable[..., Any]) -> None:
    changes: dict[str, Any] = {"drugs": [], "cargo": [], "assay": {"kind": "time_course", "population": "recipient"}}
    grid = [0.0, 100.0, 200.0]
    plain = secreted(alone(dish, "mcf7_sensitive", **changes).run(grid), "recipient")[0]
    found = []
    for dose in ("0.1 uM", "1 uM", "10 uM", "1000 uM"):
        treated = alone(dish, "mcf7_sensitive", interventions=[{"id": "gw4869", "concentration": dose}], **changes)
        run = treated.run(grid, values={"intervention.gw4869.max_effect": 1.0})
        found.append(secreted(run, "recipient")[0] / plain)
    assert np.all(np.diff([1.0, *found]) < -0.01)
    assert found[-1] == pytest.approx(0.5, abs=0.01)  # the share of the other route


def test_acid_makes_proton_pump_inhibitors_matter_more(dish: Callable[..., Any]) -> None:
    """Vesicles held back per cell: more of them where acid drives release."""
    treated = dish(interventions=[{"id": "omeprazole", "concentration": "100 uM"}])
    acidity = {"environment.acidity": np.array([0.0, 0.5, 1.0])}
    before, after = (one.run(LAST, values=acidity).amount("medium.vesicles_donor")[-1] for one in (dish(), treated))
    assert np.all(after < 0.9 * before)
    assert np.all(np.diff(before - after) > 0.05 * (before - after)[0])


def test_stresses_together_are_not_less_than_the_largest_alone(dish: Callable[..., Any]) -> None:
    names = ("hypoxia", "acidity", "starvation")
    levels = np.vstack([np.zeros(3), np.eye(3), np.ones(3), 1.0 - np.eye(3)])
    values = {f"environment.{name}": levels[:, column] for column, name in enumerate(names)}
    found = secreted(dish().run(LAST, values=values))
    single, together = found[1:4], found[4:]
    assert np.all(single > 1.05 * found[0])
    assert together[0] >= single.max()
    for left_out, value in enumerate(together[1:]):
        assert value >= np.delete(single, left_out).max()


def test_acid_raises_secretion_and_resistance_and_a_proton_pump_inhibitor_turns_both_back(dish: Callable[..., Any]) -> None:
    line, doses = "escrt_dependent_line", {"doxorubicin": 30.0}
    acid = {"environment.acidity": np.array([0.0, 1.0])}
    treated = alone(dish, line, interventions=[{"id": "omeprazole", "concentration": "100 uM"}])
    before, after = alone(dish, line).run(LAST, values=acid, doses=doses), treated.run(LAST, values=acid, doses=doses)
    release, less = secreted(before, "recipient"), secreted(after, "recipient")
    assert release[1] > 1.05 * release[0] and less[1] < 0.95 * release[1]
    cells, fewer = before.amount("recipient.cells")[-1], after.amount("recipient.cells")[-1]
    assert cells[1] > (1.0 + 1e-5) * cells[0] and fewer[1] < (1.0 - 1e-5) * cells[1]


# -- uptake


@pytest.mark.parametrize(
    ("route", "name"),
    [("clathrin", "dynasore"), ("caveolin", "filipin"), ("macropinocytosis", "eipa"), ("receptor", "heparin")],
)
def test_an_uptake_inhibitor_takes_away_its_route_only(dish: Callable[..., Any], route: str, name: str) -> None:
    """And in the treated cells only."""
    treated = dish(interventions=[{"id": name, "concentration": "100 uM", "populations": ["recipient"]}])
    before, after = dish().run([0.0, 1.0]), treated.run([0.0, 1.0])
    for who in ("recipient", "donor"):
        for other in ROUTES:
            key = f"rate:{who}.uptake_{other}_donor"
            ratio = float((after.value(key)[0] / before.value(key)[0])[0])
            if (who, other) == ("recipient", route):
                assert ratio < 0.5
            else:
                assert ratio == pytest.approx(1.0, rel=1e-12)


def test_hypoxic_uptake_needs_proteoglycans(dish: Callable[..., Any]) -> None:
    one = dish()
    receptors = [name for name in one.model.network.processes if ".uptake_receptor_" in name]
    hypoxia, present = np.array([0.0, 1.0, 0.0, 1.0]), np.array([1.0, 1.0, 0.0, 0.0])
    run = one.run([0.0, 1.0], values={
        "environment.hypoxia": hypoxia, **{f"factor.{name}": present for name in receptors}})  # fmt: skip
    found = sum(run.value(f"rate:recipient.uptake_{route}_donor")[0] for route in ROUTES)
    assert found[1] > 1.01 * found[0]
    assert found[3] == pytest.approx(found[2], rel=1e-12)


# -- sorting, and donors other than tumour cells: what a donor puts into vesicles moves the recipients

STROMA = [
    ("M020", "miR_522", "miRNA", "miR_522 -| ALOX15 -> lipid_ROS -> ferroptosis", "ferroptosis", +1, "oxaliplatin",
     "mir_522_chemotherapy_zhang20"),
    ("M020b", "lncFERO", "lncRNA", "lncFERO -> SCD -| ferroptosis", "ferroptosis", +1, "oxaliplatin", ""),
    ("M021", "miR_130a", "miRNA", "miR_130a -| PTEN -| AKT", "AKT", +1, "oxaliplatin", ""),
    ("M023", "LOC606724", "lncRNA", "LOC606724 -| apoptosis", "apoptosis", +1, "doxorubicin", "loc606724_chemotherapy_wang22"),
    ("M023b", "SNHG1", "lncRNA", "SNHG1 -| apoptosis", "apoptosis", +1, "doxorubicin", "snhg1_chemotherapy_wang22"),
    ("M117", "miR_301b_3p", "miRNA", "miR_301b_3p -| TXNIP", "TXNIP", +1, "oxaliplatin", "mir_301b_3p_cisplatin_t1_seed001_51"),
    ("M117b", "siHSPA5", "siRNA", "siHSPA5 -| HSPA5", "HSPA5", -1, "doxorubicin", "sigrp78_sorafenib_seed001_1"),
    ("M118", "FAO_enzymes", "enzyme", "FAO_enzymes -> fatty_acid_oxidation", "fatty_acid_oxidation", +1, "doxorubicin", ""),
    ("T023", "HISLA", "lncRNA", "HISLA -> glycolysis", "glycolysis", +1, "paclitaxel", "hisla_docetaxel_seed003_21"),
    ("T027", "circCCT3", "circRNA", "circCCT3 -> HK2 -> glycolysis", "glycolysis", +1, "doxorubicin", "circcct3_glycolysis_seed003_111"),
]  # fmt: skip

# Donors that the drug leaves alone, so that only what they send can matter.
BYSTANDERS = {"donor.max_death_rate": 0.0, "donor.arrest_threshold": 1e3, "donor.secretion_fold_drug": 1.0}


@pytest.mark.parametrize("row", STROMA, ids=lambda row: row[0])
def test_donors_cargo_reaches_recipients_only_when_sorted_delivered_and_made(chain: Callable[..., Any], row: Any) -> None:
    """Forty donors per recipient, uptake and copies at the upper end. The sorter at 0: none in vesicles, as much in the donors."""
    _, cargo, kind, path, hub, direction, drug, claim = row
    one = chain(path, acting=[hub], carried=[(cargo, kind)], drug=drug, claims=[claim] if claim else [], donors=True)
    base = {**BYSTANDERS, "recipient.uptake_clearance": 5e-7, "recipient.delivered_fraction": 0.3, f"donor.{cargo}.clamp": 100.0,
            f"donor.{cargo}.copies_per_vesicle": 30.0 if kind == "enzyme" else 0.05}  # fmt: skip
    sets = [{**base, "recipient.delivered_fraction": 0.0}, base, {**base, f"donor.{cargo}.sorter": 0.0}]
    found = one.read([*sets, {**base, f"donor.{cargo}.clamp": 1.0}])  # the last: donors hold no more than anyone
    outside = found.run.amount(f"medium.vesicles_donor.cargo_{cargo}")[-1, found.sets :]
    held = found.run.amount(f"donor.{cargo}")[-1, found.sets :] / found.run.amount("donor.cells")[-1, found.sets :]
    assert outside[1] > 0.0 == outside[2]
    assert held[2] > 0.7 * held[1]
    node = one.signs(cargo)[hub]
    assert node * (found.node(hub)[1] - found.node(hub)[0]) > 1e-6
    assert direction * found.effect[1] > 1e-6
    for without, left in ((2, 0.2), (3, 0.7)):
        assert abs(found.effect[without]) < left * abs(found.effect[1])
        assert abs(found.node(hub)[without] - found.node(hub)[0]) < left * abs(found.node(hub)[1] - found.node(hub)[0])


# -- transfer


def test_transfer_needs_secretion_and_uptake_and_not_the_drug(dish: Callable[..., Any]) -> None:
    """Recipients gain pumps beside donors, with drug or without; not when donors secrete none or recipients take none up."""
    one = dish()
    stop_uptake = {f"factor.{name}": np.array([1.0, 1.0, 0.0]) for name in one.model.network.processes
                   if name.startswith("recipient.uptake_") and name.endswith("_donor")}  # fmt: skip
    values = {"factor.donor.secretion": np.array([1.0, 0.0, 1.0]), "recipient.uptake_clearance": 1e-7, **stop_uptake}
    for dose in (0.0, 30.0):
        run = one.run(LAST, values=values, doses={"doxorubicin": dose}, **EXACT)
        pumps = pump_of(run)
        assert pumps[0] > 1.5 * max(pumps[1], pumps[2])
    blocked = one.run(LAST, values=values, doses={"doxorubicin": 0.0}, **EXACT)
    assert pump_of(blocked)[2] == pytest.approx(1000.0, rel=0.05)  # the cells' own


def test_received_pumps_protect(dish: Callable[..., Any]) -> None:
    """At the same vesicles and drug in them, delivered pumps raise survival at every dose; without vesicles they cannot."""
    delivered = np.array([0.0, 0.3])
    for secretion, protects in ((0.1, True), (0.0, False)):
        values = {"recipient.delivered_fraction": delivered, "recipient.uptake_clearance": 1e-7,
                  "donor.secretion_rate": secretion, "recipient.secretion_rate": secretion}  # fmt: skip
        for dose in (10.0, 30.0, 100.0):
            cells = dish().run(LAST, values=values, doses={"doxorubicin": dose}, **EXACT).amount("recipient.cells")[-1]
            assert (cells[1] / cells[0] - 1.0 > 1e-6) == protects


def test_returned_cargo_raises_the_donors_beyond_their_own(dish: Callable[..., Any]) -> None:
    one = dish()
    back = [name for name in one.model.network.processes if name.startswith("donor.uptake_") and name.endswith("_recipient")]
    assert len(back) == 5
    values = {f"factor.{name}": np.array([0.0, 1.0]) for name in back}
    grid = [0.0, 12.0, 24.0, 48.0]
    run = one.run(grid, values={**values, "recipient.uptake_clearance": 5e-7, "donor.uptake_clearance": 5e-7},
                  doses={"doxorubicin": 0.0}, **EXACT)  # fmt: skip
    held = run.amount("donor.ABCB1") / run.amount("donor.cells")
    gain = held[:, 1] / held[:, 0] - 1.0
    assert np.all(np.diff(gain) > 1e-8)


def test_contact_goes_on_when_vesicles_are_blocked(dish: Callable[..., Any], scene: Callable[[str], Any]) -> None:
    blocked = {"factor.donor.secretion": 0.0, "factor.recipient.secretion": 0.0}
    touching, apart = (pump_of(one.run(LAST, values=blocked))[0] for one in (scene("contact"), dish()))
    assert touching > 5.0 * apart


def test_a_resistant_minority_takes_over_under_drug_and_slower_without(dish: Callable[..., Any]) -> None:
    populations = [
        {"id": "recipient", "cell_line": "mcf7_sensitive", "count": "2850 cell"},
        {"id": "donor", "cell_line": "mcf7_resistant", "count": "150 cell"},
    ]
    shares = []
    for until in ({}, {"until": "48 h"}):
        drugs = [{"id": "doxorubicin", "dose": "100 nM", **until}]
        run = dish(populations=populations, drugs=drugs, cargo=["ABCB1"]).run([0.0, 96.0, 192.0])
        resistant, sensitive = run.amount("donor.cells")[:, 0], run.amount("recipient.cells")[:, 0]
        shares.append(resistant / (resistant + sensitive))
    kept, washed = shares
    assert kept[0] == pytest.approx(0.05) and kept[-1] > 0.5
    assert washed[1] < kept[1] and washed[2] < kept[2]


# -- drug


def test_more_secretion_less_drug_inside_and_less_kill(dish: Callable[..., Any]) -> None:
    values = {"recipient.secretion_rate": np.array([0.0, 0.03, 0.1, 0.3])}
    run = alone(dish, "mcf7_sensitive", cargo=[]).run(LAST, values=values, doses={"doxorubicin": 30.0})
    assert np.all(np.diff(inside(run)) < -1e-6 * inside(run)[0])
    assert np.all(np.diff(run.amount("recipient.cells")[-1]) > 0.0)
    assert run.conservation()["drug:doxorubicin"] < 1e-9


def test_shedding_and_potency_go_together_over_a_panel(dish: Callable[..., Any]) -> None:
    """Forty lines that differ in shedding, pumps and repair: ranks of shedding and of survival go together."""
    random = np.random.default_rng(7)
    shedding, pumps, repair = (random.lognormal(0.0, spread, 40) for spread in (0.8, 0.3, 0.05))
    one = alone(dish, "mcf7_sensitive")
    values = {"recipient.ilv_formation_rate": 500.0 * shedding, "recipient.ABCB1.copies": 1000.0 * pumps,
              "recipient.doxorubicin.repair_rate": 0.05 * repair}  # fmt: skip
    plain, treated = (one.run(LAST, values=values, doses={"doxorubicin": dose}) for dose in (0.0, 24.0))
    share = treated.amount("recipient.cells")[-1] / plain.amount("recipient.cells")[-1]
    ranks = [np.argsort(np.argsort(each)) for each in (shedding, share)]
    assert np.corrcoef(*ranks)[0, 1] > 0.3


def test_vesicles_take_lipophilic_drug_and_pumps_the_rest(dish: Callable[..., Any]) -> None:
    """Share of vesicles in what leaves the cytosol: up with partition (which follows logP), down with concentration."""

    def share(partition: Any, dose: Any) -> np.ndarray:
        one = alone(dish, "mcf7_resistant")
        run = one.run([0.0, 12.0], values={"doxorubicin.vesicle_partition": partition}, doses={"doxorubicin": dose})
        vesicles = run.value("rate:recipient.drug_loading_doxorubicin")[-1]
        pumped = run.value("rate:recipient.efflux_ABCB1_doxorubicin")[-1]
        found: np.ndarray = vesicles / (vesicles + pumped)
        return found

    assert np.all(np.diff(share(np.array([5.0, 50.0, 200.0, 1000.0]), 30.0)) > 0.0)
    falling = share(200.0, np.array([1.0, 10.0, 100.0, 1000.0]))
    assert np.all(np.diff(falling) < -1e-3 * falling[0])


def test_pumps_arrive_and_work_without_new_synthesis(dish: Callable[..., Any]) -> None:
    """Vesicles of resistant cells, translation of the pump blocked: more pumps and less drug inside by 4 hours."""
    one = alone(dish, "mcf7_sensitive",
                vesicles=[{"id": "preparation", "donor": "mcf7_resistant", "per_cell": "1e6 particle/cell", "at": "0 h"}])  # fmt: skip
    blocked = {f"factor.{name}": 0.0 for name in one.named("pump_synthesis")}
    values = {**blocked, "recipient.delivered_fraction": np.array([0.0, 0.3])}
    run = one.run([0.0, 2.0, 4.0], values=values, doses={"doxorubicin": 30.0}, **EXACT)
    assert pump_of(run)[1] > 2.0 * pump_of(run)[0]
    assert inside(run)[1] < (1.0 - 1e-4) * inside(run)[0]


def test_vesicles_rich_in_one_pump_replace_another_as_the_main_one(dish: Callable[..., Any]) -> None:
    preparation = {"id": "preparation", "donor": "mcf7_resistant", "per_cell": "1e6 particle/cell", "at": "0 h"}
    scenario = alone(dish, "mcf7_sensitive", vesicles=[preparation]).model.scenario
    model = build(scenario, carried=[Cargo("ABCC1", "pump_protein")])
    one = type(dish())(model)
    run = one.run([0.0, 12.0], values={"recipient.ABCC1.copies": 5000.0, "recipient.ABCB1.copies": 500.0})
    ratio = run.amount("recipient.ABCB1")[:, 0] / run.amount("recipient.ABCC1")[:, 0]
    assert ratio[0] == pytest.approx(0.1, rel=1e-6)
    assert ratio[-1] > 1.0


def test_born_resistant_cells_survive_the_first_dose(dish: Callable[..., Any]) -> None:
    shares = []
    for line in ("mcf7_sensitive", "mcf7_resistant"):
        cells = alone(dish, line).run([0.0, 72.0], doses={"doxorubicin": np.array([0.0, 60.0])}).amount("recipient.cells")[-1]
        shares.append(cells[1] / cells[0])
    assert shares[0] < 0.3 and shares[1] > 0.6


def test_resting_cells_survive_phase_specific_drugs(dish: Callable[..., Any]) -> None:
    """Crowded cells hardly divide: paclitaxel does them little harm; what doxorubicin does to a cell does not need division."""
    harm = {}
    for drug, dose in (("paclitaxel", 3.0), ("doxorubicin", 30.0)):
        values = {
            "arena.capacity": np.array([6e5, 3.0e3]),
            f"recipient.{drug}.phase_specific": 1.0 if drug == "paclitaxel" else 0.0,
        }
        run = alone(dish, "mcf7_sensitive", drug).run([0.0, 6.0], values=values, doses={drug: dose})
        harm[drug] = run.amount(f"recipient.damage_by_{drug}")[-1] / run.amount("recipient.cells")[-1]
    assert harm["paclitaxel"][1] < 0.3 * harm["paclitaxel"][0]
    assert harm["doxorubicin"][1] > 0.9 * harm["doxorubicin"][0]


def test_an_efflux_antagonist_raises_drug_in_resistant_cells(dish: Callable[..., Any]) -> None:
    doses = {"doxorubicin": 100.0}
    treated = alone(dish, "mcf7_resistant", interventions=[{"id": "verapamil", "concentration": "10 uM"}])
    before, after = alone(dish, "mcf7_resistant").run(LAST, doses=doses), treated.run(LAST, doses=doses)
    assert inside(after)[0] > 1.2 * inside(before)[0]


# -- the engine of sponges, and the knowledge


def test_a_sponge_saturates(chain: Callable[..., Any]) -> None:
    one = chain("circ_0005963 -| miR_122 -| PKM2 -> glycolysis", acting=["glycolysis"], drug="oxaliplatin",
                carried=[("circ_0005963", "circRNA")], claims=["cirs_122_oxaliplatin_seed001_1"])  # fmt: skip
    found = one.read(
        [{}, *({"circ_0005963": fold} for fold in (1e2, 1e3, 1e4, 1e5, 1e6)), {"circ_0005963": 0.1}, {"miR_122": 100.0}]
    )
    free, effect = found.value("miR_122.occupancy_now"), found.effect
    assert np.all(np.diff(free[:6]) < 0.0) and np.all(np.diff(effect[:6]) > 0.0)
    assert effect[5] - effect[4] < 0.2 * (effect[4] - effect[3])  # all of the miRNA is bound
    assert effect[6] < 0.0 and effect[7] < 0.0  # knock-down of the sponge and a mimic of the miRNA: the same sign


def test_signs_along_every_chain_give_the_reported_direction(catalog: Catalog) -> None:
    """But for the rows that are flagged as conflicts."""
    seen = 0
    for claim in catalog.records("claims"):
        if claim.path in ("none", "not stated") or claim.reported_direction == "none":
            continue
        steps = parse_path(claim.path)
        if outcome(steps) is not None and not {"sign_conflict", "sign_slip"} & set(claim.flags):
            assert net_direction(steps) == claim.reported_direction, claim.id
            seen += 1
    assert seen > 250


def test_the_knowledge_keeps_duplicates_conflicts_and_retractions(catalog: Catalog) -> None:
    claims = catalog.records("claims")
    assert len(claims) >= 264
    assert sum(claim.linked != ("none",) for claim in claims) > 100
    assert sum(claim.conflicts not in ("none", "") for claim in claims) > 10
    retracted = [claim for claim in claims if "retracted" in claim.flags]
    assert retracted and all("128_3p" in claim.id or claim.note for claim in retracted)
    assert max(sum(kind in claim.cargo_type for claim in claims) for kind in ("miRNA", "circRNA", "lncRNA")) > 80


def test_one_drug_has_many_mechanisms_over_many_cancers(catalog: Catalog) -> None:
    named = [claim for claim in catalog.records("claims") if "cisplatin" in claim.drugs and claim.reported_direction != "none"]
    paths = defaultdict(set)
    for claim in named:
        paths[claim.path].add(claim.cancer)
    assert len(paths) >= 20
    assert len({claim.cancer for claim in named} - {"not stated"}) >= 8


def test_what_is_no_abc_pump_is_not_called_one(catalog: Catalog) -> None:
    assert not {"SCARB1", "CXCR4", "ACKR3"} & set(catalog.ids("pumps"))
    assert all(pump.startswith("ABC") for pump in catalog.ids("pumps"))
    for name, what in (("srb1", "lipid transporter"), ("cxcr4", "G protein"), ("cxcr7", "G protein")):
        note = catalog.claim(f"{name}_efflux_seed001_1").note
        assert "not an ABC pump" in note and what in note
