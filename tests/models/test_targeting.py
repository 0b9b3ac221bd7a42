"""Which vesicles cells take up: ligands and receptors, binding sites, glycans; preparations with loads of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.axes import Chains
from exoresist.assembly.build import build
from exoresist.core.errors import InputError
from exoresist.studies.combination import combine

LINE = "generic_tumour"
ALONE = [{"id": "recipient", "cell_line": LINE, "count": "3000 cell"}]
PLAIN = {"id": "plain", "donor": LINE, "per_cell": "1000 particle/cell"}
TARGETED = {**PLAIN, "id": "targeted", "ligand": "ge11"}
EXACT = {"relative": 1e-9, "absolute": 1e-12}
RECEPTORS = np.array([0.0, 1e4, 1e5, 1e6])


def asked(name: str, value: str, subject: str = "cell") -> dict[str, str]:
    return {"name": name, "subject": subject, "value": value, "reason": "absent unless asked for"}


def rate(run: Any, process: str) -> np.ndarray:
    return run.value(f"rate:{process}")[0]


def test_nothing_of_it_is_there_unless_asked_for(dish: Callable[..., Any]) -> None:
    network = dish().model.network
    tags = {modulation.tag.split(":")[0] for modulation in network.modulations}
    assert not tags & {"size", "ligand", "profile", "receptor", "room", "sorting"}
    assert not any("naked" in pool or "remodelling" in pool for pool in [*network.pools, *network.nodes])


def test_uptake_by_ligand_follows_the_receptors_and_spares_cells_without(dish: Callable[..., Any]) -> None:
    one = dish(populations=ALONE, vesicles=[PLAIN, TARGETED])
    run = one.run([0.0, 1.0], values={"recipient.receptor_EGFR": RECEPTORS})
    plain, targeted = (rate(run, f"recipient.uptake_receptor_{name}") for name in ("plain", "targeted"))
    np.testing.assert_allclose(targeted[0], plain[0], rtol=1e-12)
    assert np.all(np.diff(targeted) > 0.0) and np.all(targeted < 10.0 * plain)
    for route in ("clathrin", "fusion"):
        a, b = (rate(run, f"recipient.uptake_{route}_{name}") for name in ("plain", "targeted"))
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_receptor_uptake_saturates_with_dose_and_classes_compete_for_sites(dish: Callable[..., Any]) -> None:
    sites, entry = 200.0, 4.0
    one = dish(populations=ALONE, vesicles=[PLAIN, TARGETED],
               parameters=[asked("receptor_sites", "200 particle/cell"), asked("receptor_entry_rate", "4 1/h")])  # fmt: skip
    doses = np.geomspace(1e2, 1e9, 8)
    run = one.run([0.0, 1e-6], per_cell={"plain": doses, "targeted": 0.0})
    cells = run.amount("recipient.cells")[0]
    classes = ("plain", "recipient")
    taken = (
        sum(rate(run, f"recipient.uptake_receptor_{name}") * run.amount(f"medium.vesicles_{name}")[0] for name in classes) / cells
    )
    assert np.all(np.diff(taken) > 0.0) and np.all(taken < sites * entry)
    assert taken[-1] > 0.9 * sites * entry
    assert taken[1] / taken[0] == pytest.approx(doses[1] / doses[0], rel=0.05)
    # in a still well as many sites are held by as many vesicles that reach the cells
    still = one.run([0.0, 1e-6], per_cell={"plain": 4.0 * doses, "targeted": 0.0}, values={"arena.mixing": 0.25})
    np.testing.assert_allclose(still.value("recipient.free_sites")[0], run.value("recipient.free_sites")[0], rtol=1e-6)
    both = one.run([0.0, 1e-6], per_cell={"plain": 1e5, "targeted": np.array([0.0, 1e5, 1e6])})
    assert np.all(np.diff(rate(both, "recipient.uptake_receptor_plain")) < 0.0)
    # an hour of it: the share of a dose that is taken up falls as the dose rises
    late = one.run([0.0, 1.0], per_cell={"plain": doses, "targeted": 0.0}, **EXACT)
    left = late.amount("medium.vesicles_plain")[-1] / (doses * 3000.0)
    assert np.all(np.diff(left) > 0.0)
    assert max(late.conservation().values()) <= 1e-9


def test_glycans_share_out_what_is_released_and_do_not_change_how_much(dish: Callable[..., Any]) -> None:
    """And hypoxia remodels them."""
    one = dish(drugs=[{"id": "doxorubicin", "dose": "0 nM"}], parameters=[asked("glycan_preference", "0 dimensionless")],
               populations=[{"id": "recipient", "cell_line": LINE, "count": "2000 cell"},
                            {"id": "others", "cell_line": LINE, "count": "2000 cell"},
                            {"id": "donor", "cell_line": "mcf7_resistant", "count": "4000 cell"}])  # fmt: skip
    values = {
        "donor.glycan_base": np.array([0.0, 0.5, 1.0]),
        "recipient.glycan_preference": 1.5,
        "others.glycan_preference": -1.5,
    }
    run = one.run(values=values, **EXACT)
    got = [run.amount(f"{who}.endosome_donor")[-1] for who in ("recipient", "others")]
    share = got[0] / (got[0] + got[1])
    assert share[0] == pytest.approx(0.5, rel=1e-6) and np.all(np.diff(share) > 0.02)
    released = run.value("rate:donor.secretion") * run.amount("donor.ilv")
    np.testing.assert_allclose(released, released[:, :1] * np.ones(3), rtol=1e-6)
    hypoxic = one.run(values={**values, "donor.glycan_base": 0.0, "environment.hypoxia": np.array([0.0, 1.0])})
    held = [hypoxic.amount(f"{who}.endosome_donor")[-1] for who in ("recipient", "others")]
    assert held[0][1] / held[1][1] > 1.05 * held[0][0] / held[1][0]


# -- preparations with loads, ligands and impurities


def sensitised(dish: Callable[..., Any], cargo: str, edges: tuple[tuple[str, str, int], ...], hub: str, **changes: Any) -> Any:
    """Cells that a delivered cargo sensitises to doxorubicin through stored edges, and preparations that carry it."""
    plain = dish(populations=ALONE, cargo=["ABCB1", cargo], **changes)
    chains = Chains(starts={edges[0][0]})
    for source, target, sign in edges:
        chains.add(source, target, sign)
    chains.outcomes[hub, "doxorubicin"] = 1  # a hub acts as its own row says, whatever stands here
    return type(plain)(build(plain.model.scenario, chains=chains))


LET_7A = ("let_7a", (("let_7a", "KRAS", -1),), "KRAS")
ANTI = ("anti_miR_21", (("anti_miR_21", "miR_21", -1), ("miR_21", "PTEN", -1)), "PTEN")
KILLING = {"doxorubicin": 100.0}
EAGER = {"recipient.uptake_clearance": 2.5e-7, "recipient.miR_21.copies": 5e4}  # cells that take much up and hold much miR-21


def test_let_7a_on_ge11_vesicles_sensitises_cells_with_egfr(dish: Callable[..., Any]) -> None:
    """The gain over vesicles without the peptide grows with EGFR, and there is none without EGFR."""
    loads = [{"id": "let_7a", "per_vesicle": "50 copy/particle"}]
    one = sensitised(dish, *LET_7A, vesicles=[{**PLAIN, "loads": loads}, {**TARGETED, "loads": loads}])
    values = {"recipient.receptor_EGFR": RECEPTORS, "recipient.uptake_clearance": 2.5e-7}
    survivors, brought = {}, {}
    for name, other in (("plain", "targeted"), ("targeted", "plain")):
        run = one.run([0.0, 24.0, 72.0], values=values, doses=KILLING, per_cell={name: 1e5, other: 0.0}, **EXACT)
        survivors[name], brought[name] = run.amount("recipient.cells")[-1], run.amount("recipient.let_7a")[1]
    np.testing.assert_allclose(survivors["targeted"][0], survivors["plain"][0], rtol=1e-6)
    assert np.all(np.diff(brought["targeted"]) > 0.0) and np.all(np.diff(survivors["targeted"]) < 0.0)
    assert survivors["targeted"][-1] < 0.98 * survivors["plain"][-1]
    none = one.run([0.0, 24.0, 72.0], values=values, doses=KILLING, per_cell={"plain": 0.0, "targeted": 0.0}, **EXACT)
    assert survivors["plain"][0] < none.amount("recipient.cells")[-1, 0]


def two_loads(dish: Callable[..., Any], loads: list[dict[str, str]]) -> Any:
    return sensitised(
        dish,
        *ANTI,
        vesicles=[{**PLAIN, "id": "carrier", "ligand": "her2_lamp2", "loads": loads, "per_cell": "1e5 particle/cell"}],
    )


def test_two_loads_in_one_preparation_do_more_than_each_and_need_egfr(dish: Callable[..., Any]) -> None:
    """Doxorubicin stands for 5-fluorouracil, as for every claim on it; the silencer alone does nothing to undamaged cells."""
    silencer = {"id": "anti_miR_21", "per_vesicle": "200 copy/particle"}
    drug = {"id": "doxorubicin", "per_vesicle": "5e-9 pmol/particle"}
    left = {}
    for name, loads in {"both": [silencer, drug], "drug": [drug], "silencer": [silencer]}.items():
        run = two_loads(dish, loads).run([0.0, 72.0], values={**EAGER, "recipient.receptor_EGFR": RECEPTORS[[0, 3]]},
                                         doses={"doxorubicin": 0.0}, **EXACT)  # fmt: skip
        left[name] = run.amount("recipient.cells")[-1]
    assert np.all(left["both"] < 0.995 * left["drug"]) and np.all(left["both"] < 0.9 * left["silencer"])
    assert left["both"][1] < 0.9 * left["both"][0]
    gain = left["drug"] - left["both"]
    assert gain[1] > 1.2 * gain[0], "what the silencer adds depends on EGFR too"


def test_delivery_with_a_drug_is_more_than_additive(dish: Callable[..., Any]) -> None:
    """Combination index below 1 and kill beyond independence; a drug combined with itself would be exactly additive."""
    model = two_loads(dish, [{"id": "anti_miR_21", "per_vesicle": "200 copy/particle"}]).model
    doses = {"doxorubicin": np.geomspace(3.0, 300.0, 15)}
    found = combine(model, doses, {"carrier": [1e5, 4e5]}, {**EAGER, "recipient.receptor_EGFR": 1e6}, relative=1e-8)
    index, excess = found.index()[1:, 1:], found.bliss_excess()[1:, 1:]
    told = np.isfinite(index)
    assert told.sum() > 10 and np.all(index[told] < 0.999)
    assert np.all(excess[3:10] > 0.0) and excess.max() > 0.005
    with pytest.raises(InputError, match="no agent"):
        combine(model, {"doxorubicin": [1.0]}, {"aspirin": [1.0]})


def test_a_preparation_is_loaded_as_told_and_otherwise_as_its_makers_load(dish: Callable[..., Any]) -> None:
    loads = [{"id": "let_7a", "per_vesicle": "50 copy/particle"}, {"id": "doxorubicin", "per_vesicle": "1e-9 pmol/particle"}]
    one = dish(populations=ALONE, cargo=["ABCB1", "let_7a"], vesicles=[{**PLAIN, "loads": loads}, {**PLAIN, "id": "other"}])
    run = one.run([0.0, 1e-9])
    count = run.amount("medium.vesicles_plain")[0, 0]
    assert run.amount("medium.vesicles_plain.cargo_let_7a")[0, 0] == pytest.approx(50.0 * count)
    drug = sum(run.amount(f"medium.vesicles_plain.{kind}_doxorubicin")[0, 0] for kind in ("exchangeable", "retained"))
    assert drug == pytest.approx(1e-9 * count)
    same = [run.amount(f"medium.vesicles_{name}.cargo_ABCB1")[0, 0] for name in ("plain", "other")]
    assert same[0] == same[1] > 0.0


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ({"ligand": "ge12"}, "ge11"),
        ({"loads": [{"id": "let_7a", "per_vesicle": "5 copy/particle"}]}, "no cargo or drug 'let_7a'"),
        ({"loads": [{"id": "ABCB1", "per_vesicle": "5 nM"}]}, "particle"),
        ({"loads": [{"id": "ABCB1", "per_vesicle": "-5 copy/particle"}]}, "0 or more"),
        ({"into": "lung"}, "no organ 'lung'"),
        ({"immunogenicity": 1}, "circulation"),
        ({"impurity": LINE}, "purity"),
        ({"purity": 0}, "above 0"),
    ],
)  # fmt: skip
def test_a_wrong_preparation_is_refused(dish: Callable[..., Any], entry: dict[str, Any], part: str) -> None:
    with pytest.raises(InputError, match=part):
        dish(populations=ALONE, vesicles=[{**PLAIN, **entry}]).model.events()
