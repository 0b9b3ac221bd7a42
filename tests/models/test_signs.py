"""Treatments, stresses and cargo move the composed model in the direction that is reported for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.catalog import Catalog

LAST = (0.0, 24.0, 48.0)
EXACT = {"relative": 1e-10, "absolute": 1e-13}


def assay(drug: str) -> dict[str, Any]:
    return {"kind": "dose_response", "population": "recipient", "drug": drug, "doses": ["1 nM"]}


def alone(dish: Callable[..., Any], line: str, drug: str = "doxorubicin", **changes: Any) -> Any:
    """One population, `recipient`, with a drug and its own vesicles."""
    population = {"id": "recipient", "cell_line": line, "count": "3000 cell"}
    given: dict[str, Any] = {"cargo": [], "drugs": [{"id": drug, "dose": "1 nM"}], "assay": assay(drug), **changes}
    return dish(populations=[population], **given)


def held(run: Any, drug: str) -> dict[str, np.ndarray]:
    """Drug outside in vesicles (pmol), in cytosol and target per cell (pmol/cell), and living cells, at the end."""
    cells = run.amount("recipient.cells")[-1]
    outside = "medium.vesicles_recipient"
    vesicles = run.amount(f"{outside}.exchangeable_{drug}")[-1] + run.amount(f"{outside}.retained_{drug}")[-1]
    inside = run.amount(f"recipient.cytosol_{drug}")[-1] + run.amount(f"recipient.target_{drug}")[-1]
    return {"vesicles": vesicles, "inside": inside / cells, "cells": cells}


# -- release inhibitors

RELEASE: dict[str, tuple[dict[str, Any], set[str]]] = {
    "gw4869": ({"concentration": "10 uM"}, {"ilv_formation_ceramide"}),
    "omeprazole": ({"concentration": "100 uM"}, {"secretion"}),
    "lansoprazole": ({"concentration": "100 uM"}, {"secretion"}),
    "indomethacin": ({"concentration": "30 uM"}, {"ilv_formation_escrt", "ilv_formation_ceramide"}),
    "rab27a_knockdown": ({"strength": 0.9}, {"secretion"}),
    "hrs_knockdown": ({"strength": 0.9}, {"ilv_formation_escrt"}),
    "stam1_knockdown": ({"strength": 0.9}, {"ilv_formation_escrt"}),
}
DOSES = {"doxorubicin": 30.0, "paclitaxel": 3.0}  # near the IC50 of sensitive cells


@pytest.mark.parametrize("drug", DOSES)
@pytest.mark.parametrize("name", RELEASE)
def test_release_inhibitors_keep_drug_in_cells(dish: Callable[..., Any], name: str, drug: str) -> None:
    """Less drug outside in vesicles, more in cytosol and target of each cell, fewer survivors; nothing without drug.

    Judged after a day: secretion inhibitors first hold drug back in the vesicles inside.
    """
    how, targets = RELEASE[name]
    line = "escrt_dependent_line"
    plain, treated = alone(dish, line, drug), alone(dish, line, drug, interventions=[{"id": name, **how}])
    tagged = [part for part in treated.model.network.modulations if part.tag == f"intervention:{name}"]
    assert {treated.model.network.processes[part.process].name for part in tagged} == targets
    doses = {drug: np.array([0.0, 0.3, 1.0]) * DOSES[drug]}
    before, after = held(plain.run(LAST, doses=doses), drug), held(treated.run(LAST, doses=doses), drug)
    assert np.all(after["vesicles"][1:] < 0.97 * before["vesicles"][1:])
    assert np.all(after["inside"][1:] > 1.001 * before["inside"][1:])
    assert np.all(after["cells"][1:] < (1.0 - 1e-5) * before["cells"][1:])
    assert after["cells"][2] < 0.999 * before["cells"][2]
    assert after["cells"][0] == pytest.approx(before["cells"][0], rel=1e-8)


@pytest.mark.parametrize(("name", "share"), [("hrs_knockdown", 0.0), ("stam1_knockdown", 0.0), ("gw4869", 1.0)])
def test_a_route_that_is_not_used_cannot_be_blocked(dish: Callable[..., Any], name: str, share: float) -> None:
    plain = alone(dish, "escrt_dependent_line")
    treated = alone(dish, "escrt_dependent_line", interventions=[{"id": name, **RELEASE[name][0]}])
    for other, equal in ((share, True), (0.5, False)):
        values, doses = {"recipient.escrt_share": other}, {"doxorubicin": 30.0}
        before = held(plain.run(LAST, values=values, doses=doses), "doxorubicin")
        after = held(treated.run(LAST, values=values, doses=doses), "doxorubicin")
        for kind in before:
            assert (after[kind] == pytest.approx(before[kind], rel=1e-9)) == equal


def test_hrs_matters_more_the_more_vesicles_escrt_makes(dish: Callable[..., Any]) -> None:
    shares = np.array([0.0, 0.2, 0.5, 0.9])
    values, doses = {"recipient.escrt_share": shares}, {"doxorubicin": 30.0}
    line = "escrt_dependent_line"
    before = held(alone(dish, line).run(LAST, values=values, doses=doses), "doxorubicin")
    treated = alone(dish, line, interventions=[{"id": "hrs_knockdown", "strength": 0.9}])
    after = held(treated.run(LAST, values=values, doses=doses), "doxorubicin")
    assert np.all(np.diff(after["vesicles"] / before["vesicles"]) < -0.05)


# -- other treatments


@pytest.mark.parametrize("name", ["dynasore", "filipin", "eipa", "heparin"])
def test_uptake_inhibitors_keep_vesicles_out(dish: Callable[..., Any], name: str) -> None:
    treated = dish(interventions=[{"id": name, "concentration": "100 uM", "populations": ["recipient"]}])
    before, after = dish().run(LAST), treated.run(LAST)
    assert after.amount("recipient.ABCB1")[-1, 0] < 0.999 * before.amount("recipient.ABCB1")[-1, 0]
    assert after.amount("medium.vesicles_donor")[-1, 0] > (1.0 + 1e-6) * before.amount("medium.vesicles_donor")[-1, 0]


@pytest.mark.parametrize(
    ("name", "how"), [("verapamil", {"concentration": "10 uM"}), ("cargo_sirna_vesicles", {"strength": 1.0})]
)
def test_pump_inhibitors_resensitise_donors(dish: Callable[..., Any], name: str, how: dict[str, Any]) -> None:
    treated = dish(interventions=[{"id": name, **how, "populations": ["donor"]}])
    doses = {"doxorubicin": np.array([0.0, 100.0])}
    before, after = dish().run(LAST, doses=doses), treated.run(LAST, doses=doses)
    survivors = after.amount("donor.cells")[-1] / before.amount("donor.cells")[-1]
    assert survivors[1] < 0.95
    assert survivors[0] == pytest.approx(1.0, rel=1e-8)


# -- stress


def secreted(run: Any, who: str = "donor") -> np.ndarray:
    """Vesicles secreted per cell and hour at the end."""
    return run.value(f"rate:{who}.secretion")[-1] * run.amount(f"{who}.ilv")[-1] / run.amount(f"{who}.cells")[-1]


@pytest.mark.parametrize("stress", ["hypoxia", "acidity", "starvation"])
def test_stress_raises_secretion(dish: Callable[..., Any], stress: str) -> None:
    run = dish().run(LAST, values={f"environment.{stress}": np.array([0.0, 0.3, 1.0])})
    assert np.all(np.diff(secreted(run)) > 0.05 * secreted(run)[0])
    assert np.all(np.diff(run.amount("medium.vesicles_donor")[-1]) > 0.0)


def test_drug_raises_secretion(dish: Callable[..., Any]) -> None:
    run = dish().run(LAST, doses={"doxorubicin": np.array([0.0, 10.0, 30.0, 100.0])})
    for who in ("recipient", "donor"):
        assert np.all(np.diff(secreted(run, who)) > 1e-4 * secreted(run, who)[0])
    assert secreted(run, "recipient")[2] > 1.1 * secreted(run, "recipient")[0]


def test_hypoxia_makes_more_and_smaller_vesicles_and_more_uptake(dish: Callable[..., Any]) -> None:
    one = dish()
    run = one.run(LAST, values={"environment.hypoxia": np.array([0.0, 0.5, 1.0])})
    assert np.all(np.diff(secreted(run)) > 0.0)
    for size in ("diameter", "vesicle_area", "vesicle_volume"):
        assert np.all(np.diff(run.value(f"donor.{size}")[-1]) < 0.0)
    routes = ("clathrin", "caveolin", "macropinocytosis", "receptor", "fusion")
    cells = run.amount("recipient.cells")[-1]
    per_cell = sum(run.value(f"rate:recipient.uptake_{route}_donor")[-1] for route in routes) / cells
    assert np.all(np.diff(per_cell) > 0.01 * per_cell[0])


# -- drug in vesicles


def share_in_vesicles(one: Any, drug: str, values: dict[str, Any] | None = None) -> np.ndarray:
    """Drug outside in vesicles over that and all in cells, after a day at 10 nM."""
    run = one.run([0.0, 24.0], values=values, doses={drug: 10.0})
    outside = held(run, drug)["vesicles"]
    pools = [f"recipient.{place}_{drug}" for place in ("cytosol", "lysosome", "target")]
    carriers = ("recipient.ilv", "recipient.endosome_recipient")
    pools += [f"{carrier}.{kind}_{drug}" for carrier in carriers for kind in ("exchangeable", "retained")]
    inside = sum(run.amount(pool)[-1] for pool in pools)
    return outside / (outside + inside)


def test_share_in_vesicles_rises_with_logp(dish: Callable[..., Any]) -> None:
    catalog = Catalog.load()
    names = sorted(("doxorubicin", "oxaliplatin", "paclitaxel"), key=lambda name: catalog.drug(name).logp or 0.0)
    assert names == ["oxaliplatin", "doxorubicin", "paclitaxel"]
    shares = [float(share_in_vesicles(alone(dish, "mcf7_sensitive", name), name)[0]) for name in names]
    assert shares[1] > 1.5 * shares[0] > 0.0
    assert shares[2] > 1.5 * shares[1]


@pytest.mark.parametrize("drug", ["doxorubicin", "paclitaxel", "oxaliplatin"])
def test_share_in_vesicles_rises_with_partition(dish: Callable[..., Any], drug: str) -> None:
    partition = np.array([0.0, 5.0, 200.0, 1000.0])
    found = share_in_vesicles(alone(dish, "mcf7_sensitive", drug), drug, {f"{drug}.vesicle_partition": partition})
    assert found[0] == pytest.approx(0.0, abs=1e-15)
    assert np.all(np.diff(found) > 1e-5)


# -- decoys


def test_vesicles_with_cd20_shield_and_those_without_do_nothing(bundled: Callable[..., Any]) -> None:
    times = [0.0, 6.0, 24.0]
    number = {"decoy": np.array([1e4, 1e5, 1e6])}
    none = bundled("rituximab_decoy", "no_vesicles").run(times, **EXACT)
    decoy = bundled("rituximab_decoy", "decoy").run(times, per_cell=number, **EXACT)
    without = bundled("rituximab_decoy", "without_antigen").run(times, per_cell=number, **EXACT)
    kill = "rate:target.complement_killing_rituximab"
    assert decoy.amount("target.cells")[-1, 0] > 1.001 * none.amount("target.cells")[-1, 0]
    assert np.all(np.diff(decoy.amount("target.cells")[-1]) > 0.0)
    assert np.all(decoy.value(kill)[1] < (1.0 - 1e-5) * none.value(kill)[1])
    assert np.all(decoy.amount("medium.rituximab")[1] < none.amount("medium.rituximab")[1])
    assert without.amount("target.cells")[-1] == pytest.approx(none.amount("target.cells")[-1, 0], rel=1e-9)
    assert without.value(kill)[1] == pytest.approx(none.value(kill)[1, 0], rel=1e-9)


def test_excess_antibody_restores_killing(bundled: Callable[..., Any]) -> None:
    doses = {"rituximab": np.array([1.0, 10.0, 100.0, 1000.0])}
    number = {"decoy": 1e6}
    with_decoy = bundled("rituximab_decoy", "decoy").run([0.0, 6.0], doses=doses, per_cell=number)
    none = bundled("rituximab_decoy", "no_vesicles").run([0.0, 6.0], doses=doses)
    bound = {label: run.value("target.rituximab.occupancy")[-1] for label, run in (("decoy", with_decoy), ("none", none))}
    # the antibody that cells lack because of the decoy, as a share: gone when there is plenty
    assert np.all(np.diff(bound["decoy"] / bound["none"]) > 0.0)


# -- RNA cargo: at the catalogue's central values a preparation moves survival by less than 1e-6, so these tests take
# the upper end of the ranges: 1e6 vesicles per cell, uptake 5e-7 mL/h/cell, 3000 copies of the titrated miRNA.

STRONG = {"recipient.uptake_clearance": 5e-7}


def survivors_with_rna(dish: Callable[..., Any], cargo: str, axis: str, mirna: str, mimic: bool = False) -> dict[str, np.ndarray]:
    """Survivors and the last node with vesicles that deliver nothing (first) and 0.3 of their content (second)."""
    preparation = {"donor": "sw480_oxaliplatin_resistant", "per_cell": "1e6 particle/cell", "at": "0 h"}
    one = alone(
        dish, "sw480_sensitive", "oxaliplatin", cargo=[cargo], axes=[axis],
        vesicles=[{"id": "preparation", **preparation}],
        interventions=[{"id": "mirna_mimic", "strength": 0.8}] if mimic else [],
    )  # fmt: skip
    values = {**STRONG, f"recipient.{mirna}.copies": 3000.0, "recipient.delivered_fraction": np.array([0.0, 0.3])}
    run = one.run(LAST, values=values, doses={"oxaliplatin": 2e4}, **EXACT)
    return {"cells": run.amount("recipient.cells")[-1], "glycolysis": run.amount("recipient.glycolysis")[-1]}


CIRS122 = ("ciRS_122", "cirs122_oxaliplatin_wang20", "miR_122")


def test_cirs122_raises_resistance_and_the_mimic_undoes_it(dish: Callable[..., Any]) -> None:
    plain, mimic = (survivors_with_rna(dish, *CIRS122, mimic=given) for given in (False, True))
    effect = plain["cells"][1] / plain["cells"][0] - 1.0
    assert effect > 1e-6
    assert plain["glycolysis"][1] > plain["glycolysis"][0]
    # With all sites taken by the mimic, the sponge frees next to none; and the mimic itself sensitises.
    assert 0.0 < mimic["cells"][1] / mimic["cells"][0] - 1.0 < 0.2 * effect
    assert mimic["cells"][1] < 0.999 * plain["cells"][0]


def test_sensitising_cargo_sensitises(dish: Callable[..., Any]) -> None:
    found = survivors_with_rna(dish, "circ_0094343", "circ0094343_oxaliplatin_li22", "miR_766_5p")
    assert found["cells"][1] / found["cells"][0] - 1.0 < -1e-6
    assert found["glycolysis"][1] < found["glycolysis"][0]


@pytest.mark.parametrize("name", ["rab27a_knockdown", "gw4869", "omeprazole"])
def test_release_inhibition_on_a_sensitising_donor_raises_resistance(dish: Callable[..., Any], name: str) -> None:
    """Donors alone are treated; forty per recipient, each at the upper end of copies per cell and per vesicle."""

    def survivors(interventions: list[dict[str, Any]]) -> np.ndarray:
        one = dish(
            populations=[
                {"id": "recipient", "cell_line": "sw480_oxaliplatin_resistant", "count": "500 cell"},
                {"id": "donor", "cell_line": "sw480_sensitive", "count": "20000 cell"},
            ],
            drugs=[{"id": "oxaliplatin", "dose": "1 nM"}], cargo=["circ_0094343"],
            axes=["circ0094343_oxaliplatin_li22"], interventions=interventions, assay=assay("oxaliplatin"),
        )  # fmt: skip
        values = {
            **STRONG, "donor.circ_0094343.copies_per_vesicle": 0.3, "donor.circ_0094343.copies": 1000.0,
            "recipient.miR_766_5p.copies": 3000.0, "recipient.delivered_fraction": np.array([0.0, 0.3]),
        }  # fmt: skip
        run = one.run(LAST, values=values, doses={"oxaliplatin": 1e4}, **EXACT)
        found: np.ndarray = run.amount("recipient.cells")[-1]
        return found

    untreated, treated = survivors([]), survivors([{"id": name, **RELEASE[name][0], "populations": ["donor"]}])
    assert treated[1] > (1.0 + 1e-7) * untreated[1]
    harm = {"untreated": 1.0 - untreated[1] / untreated[0], "treated": 1.0 - treated[1] / treated[0]}
    assert harm["untreated"] > 1e-7
    assert 0.0 < harm["treated"] < 0.9 * harm["untreated"]


# -- pump cargo and the null


def recipients_given(dish: Callable[..., Any], donor: str, delivered: float, doses: np.ndarray) -> np.ndarray:
    """Survivors of sensitive cells that get 1e6 vesicles each of a line, 72 h."""
    one = alone(
        dish, "mcf7_sensitive", cargo=["ABCB1"],
        vesicles=[{"id": "preparation", "donor": donor, "per_cell": "1e6 particle/cell", "at": "0 h"}],
    )  # fmt: skip
    values = {"recipient.delivered_fraction": delivered}
    run = one.run([0.0, 72.0], values=values, doses={"doxorubicin": doses}, **EXACT)
    found: np.ndarray = run.amount("recipient.cells")[-1]
    return found


def half_dose(doses: np.ndarray, survivors: np.ndarray) -> float:
    share = survivors / survivors[0]
    return float(np.exp(np.interp(0.5, share[:0:-1], np.log(doses[:0:-1]))))


def test_delivery_of_zero_leaves_the_dose_response_alone(dish: Callable[..., Any]) -> None:
    """As many vesicles with and without the pump differ in nothing but cargo: undelivered, it may not matter at all."""
    doses = np.array([0.0, *np.geomspace(1.0, 300.0, 12)])
    rich, poor = (recipients_given(dish, line, 0.0, doses) for line in ("mcf7_resistant", "mcf7_sensitive"))
    assert rich == pytest.approx(poor, rel=1e-12)
    assert half_dose(doses, rich) / half_dose(doses, poor) == pytest.approx(1.0, abs=1e-6)
    rich, poor = (recipients_given(dish, line, 0.3, doses) for line in ("mcf7_resistant", "mcf7_sensitive"))
    assert np.all(rich[1:] > poor[1:])
    assert half_dose(doses, rich) / half_dose(doses, poor) > 1.01


def test_vesicles_that_carry_and_deliver_nothing_do_nothing(dish: Callable[..., Any]) -> None:
    """Co-culture with and without release, delivery off and no drug in vesicles: the recipients cannot tell.

    With drug in vesicles they can: release then exports drug, whatever becomes of cargo.
    """
    doses = {"doxorubicin": np.array([0.0, 3.0, 10.0, 30.0])}

    def recipients(secretion: float, partition: float) -> np.ndarray:
        values = {f"{who}.delivered_fraction": 0.0 for who in ("recipient", "donor")}
        values |= {f"{who}.secretion_rate": secretion for who in ("recipient", "donor")}
        values["doxorubicin.vesicle_partition"] = partition
        found: np.ndarray = dish().run([0.0, 72.0], values=values, doses=doses, **EXACT).amount("recipient.cells")[-1]
        return found

    assert recipients(0.1, 0.0) == pytest.approx(recipients(0.0, 0.0), rel=1e-9)
    assert np.all(recipients(0.1, 200.0)[1:] > (1.0 + 1e-5) * recipients(0.0, 200.0)[1:])


def test_routes_into_endosomes_are_alike_when_nothing_is_delivered(dish: Callable[..., Any]) -> None:
    """Clathrin or caveolin: the same endosome, so the same survivors."""
    shares = {"clathrin": np.array([0.5, 0.0]), "caveolin": np.array([0.0, 0.5])}
    values = {f"recipient.uptake_share_{route}": share for route, share in shares.items()}
    cells = dish().run(LAST, values={**values, "recipient.delivered_fraction": 0.0}, **EXACT).amount("recipient.cells")
    assert cells[-1, 0] == pytest.approx(cells[-1, 1], rel=1e-12)


def test_more_pump_from_vesicles_means_more_resistance(dish: Callable[..., Any]) -> None:
    """Delivered fraction, enrichment and number of vesicles each raise the recipients' pump and survival."""
    base = {"recipient.uptake_clearance": 1e-7}
    for name, levels in (
        ("recipient.delivered_fraction", [0.01, 0.3, 0.9]),
        ("donor.ABCB1.enrichment", [0.5, 2.0, 10.0]),
        ("donor.ilv_formation_rate", [50.0, 150.0, 500.0]),
    ):
        run = dish().run([0.0, 72.0], values={**base, name: np.array(levels)}, doses={"doxorubicin": 30.0})
        cells = run.amount("recipient.cells")[-1]
        assert np.all(np.diff(run.amount("recipient.ABCB1")[-1] / cells) > 1.0), name
        if name != "donor.ilv_formation_rate":  # more vesicles also take more drug out of the medium
            assert np.all(np.diff(cells) > 1e-4 * cells[0]), name


@pytest.mark.parametrize(
    ("cargo", "axis", "node", "direction"),
    [("PKM2", "pkm2_cisplatin_wang21", "glycolysis", +1), ("ACADM", "acadm_gemcitabine_yang23", "ferroptosis", -1)],
)
def test_received_proteins_move_their_hub(dish: Callable[..., Any], cargo: str, axis: str, node: str, direction: int) -> None:
    """A cargo that drives a hub raises it, one that holds it back lowers it; undelivered, it leaves it be."""
    one = alone(
        dish, "mcf7_sensitive", cargo=[cargo], axes=[axis],
        vesicles=[{"id": "preparation", "donor": "mcf7_resistant", "per_cell": "1e6 particle/cell", "at": "0 h"}],
    )  # fmt: skip
    delivered = np.array([0.0, 0.1, 0.3])
    values = {**STRONG, "recipient.ilv_formation_rate": 0.0, "recipient.delivered_fraction": delivered}
    level = one.run(LAST, values=values, **EXACT).amount(f"recipient.{node}")[-1]
    assert level[0] == pytest.approx(1.0, rel=1e-9)
    assert np.all(direction * np.diff(level) > 1e-6)
