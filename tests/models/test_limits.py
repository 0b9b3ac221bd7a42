"""Limits in which the composed model is known exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.network import integrate

SILENT = ("growth", "death")


def frozen(dish: Any, *names: str) -> dict[str, float]:
    """Parameter values that stop every process of these names."""
    return {f"factor.{process}": 0.0 for name in names for process in dish.named(name)}


def alone(dish: Callable[..., Any], line: str = "mcf7_sensitive", **changes: Any) -> Any:
    return dish(populations=[{"id": "recipient", "cell_line": line, "count": "3000 cell"}], **changes)


def test_no_vesicle_forms_without_a_route(dish: Callable[..., Any]) -> None:
    stopped = dish().run(values=frozen(dish(), "ilv_formation_escrt", "ilv_formation_ceramide"))
    assert np.all(stopped.amount("formed.vesicle") == 0.0)
    assert stopped.amount("donor.ilv")[-1, 0] < 1e-3 * stopped.amount("donor.ilv")[0, 0]  # those of before drain
    never = dish().run(values={"donor.ilv_formation_rate": 0.0, "recipient.ilv_formation_rate": 0.0})
    for pool in dish().model.network.pools.values():
        if pool.element == "vesicle" or "vesicles" in pool.carrier or ".ilv" in pool.carrier:
            assert np.all(never.amount(pool.id) == 0.0), pool.id


@pytest.mark.parametrize("route", ["escrt", "ceramide"])
def test_one_blocked_route_leaves_the_others_share(dish: Callable[..., Any], route: str) -> None:
    shares = np.array([0.0, 0.1, 0.5, 0.9, 1.0])
    one = alone(dish, drugs=[], cargo=[], assay={"kind": "time_course", "population": "recipient"})
    run = one.run(values={"recipient.escrt_share": shares, **frozen(one, f"ilv_formation_{route}", *SILENT)})
    formed = -run.amount("formed.vesicle")[-1] / (3000.0 * 48.0)
    basal = one.model.network.parameters["recipient.ilv_formation_rate"].value
    left = 1.0 - shares if route == "escrt" else shares
    assert formed / basal == pytest.approx(left, rel=1e-9, abs=1e-12)


def test_secreted_share(dish: Callable[..., Any]) -> None:
    """Of the vesicles formed, k_sec / (k_sec + k_lys) leave a culture in steady state."""
    secretion, degradation = np.array([0.02, 0.1, 0.3, 0.3]), np.array([0.3, 0.15, 0.15, 0.0])
    one = alone(dish, drugs=[], cargo=[], assay={"kind": "time_course", "population": "recipient"})
    values = {"recipient.secretion_rate": secretion, "recipient.lysosomal_degradation_rate": degradation}
    uptake = [f"uptake_{route}" for route in ("clathrin", "caveolin", "macropinocytosis", "receptor", "fusion")]
    run = one.run([0.0, 300.0, 400.0], values={**values, **frozen(one, *SILENT, *uptake)}, relative=1e-10)
    outside = run.amount("medium.vesicles_recipient") + run.amount("cleared.vesicle")
    formed = -run.amount("formed.vesicle")
    share = (outside[2] - outside[1]) / (formed[2] - formed[1])
    assert share == pytest.approx(secretion / (secretion + degradation), rel=1e-7)
    # and the number held is formation over loss
    basal = one.model.network.parameters["recipient.ilv_formation_rate"].value
    held = run.amount("recipient.ilv")[-1] / run.amount("recipient.cells")[-1]
    assert held == pytest.approx(basal / (secretion + degradation), rel=1e-7)


CULTURES = {
    "growing": ({}, {}),
    "crowded": ({"arena.capacity": 8000.0}, {}),
    "arrested": ({}, {"growth": 0.0}),
    "dying": ({}, {"death": 20.0}),
    "fast": ({"recipient.growth_rate": 0.1, "donor.growth_rate": 0.1}, {}),
}


@pytest.mark.parametrize("culture", CULTURES)
@pytest.mark.parametrize("cargo", ["ABCB1", "ciRS_122"])
def test_content_per_cell_is_constant(dish: Callable[..., Any], scene: Callable[[str], Any], culture: str, cargo: str) -> None:
    """Growth alone does not dilute, arrest alone does not enrich: nothing delivered, no drug to stress the cells."""
    one = dish() if cargo == "ABCB1" else scene("rna")
    values, factors = CULTURES[culture]
    values = dict(values)
    for who in ("recipient", "donor"):
        values[f"{who}.delivered_fraction"] = 0.0
        for name, factor in factors.items():
            values.update({f"factor.{process}": factor for process in one.named(name, who)})
    drug = one.model.scenario.drugs[0].id
    run = one.run(values=values, doses={drug: 0.0}, relative=1e-9)
    for who in ("recipient", "donor"):
        content = run.amount(f"{who}.{cargo}") / run.amount(f"{who}.cells")
        assert content == pytest.approx(np.full_like(content, content[0, 0]), rel=1e-7)
    cells = run.amount("donor.cells")[:, 0]
    assert abs(cells[-1] / cells[0] - 1.0) > 0.02 or culture == "crowded"


def test_drug_arrest_does_not_enrich_either(dish: Callable[..., Any]) -> None:
    """Drug that stops division, with cells that do not make more vesicles under it: the pump stays as it was."""
    values = {"donor.delivered_fraction": 0.0, "donor.secretion_fold_drug": 1.0}
    run = dish().run(values=values, doses={"doxorubicin": np.array([0.0, 300.0])}, relative=1e-9)
    content = run.amount("donor.ABCB1") / run.amount("donor.cells")
    assert content == pytest.approx(np.full_like(content, content[0, 0]), rel=1e-7)
    assert run.value("rate:donor.growth")[-1, 1] < 0.9 * run.value("rate:donor.growth")[-1, 0]


def test_damaged_cells_stop_dividing(dish: Callable[..., Any]) -> None:
    """Birth per cell is the logistic rate times 1 / (1 + (damage / threshold)^n)."""
    run = dish().run(doses={"doxorubicin": np.array([0.0, 3.0, 30.0])}, relative=1e-9)
    cells = run.amount("recipient.cells")
    damage = run.amount("recipient.damage_by_doxorubicin") / cells
    at = {name: part.value for name, part in dish().model.network.parameters.items()}
    everyone = cells + run.amount("donor.cells")
    share = 1.0 / (1.0 + (damage / at["recipient.arrest_threshold"]) ** at["recipient.arrest_hill"])
    expected = at["recipient.growth_rate"] * (1.0 - everyone / at["arena.capacity"]) * share
    assert run.value("rate:recipient.growth") == pytest.approx(expected, rel=1e-9)
    assert share[-1, 2] < 0.7 < 1.0 == share[-1, 0]


def quiet_drug(dish: Callable[..., Any], line: str) -> tuple[Any, dict[str, Any]]:
    """Cells that neither grow, die nor make vesicles, in enough medium: drug comes to rest."""
    one = alone(dish, line, arena={"kind": "well", "volume": "1 mL", "capacity": "60000 cell"})
    return one, {"recipient.ilv_formation_rate": 0.0, **frozen(one, *SILENT, "pump_turnover", "pump_synthesis")}


def free_inside(one: Any, run: Any) -> Any:
    volume = one.model.network.parameters["recipient.cell_volume"].value * run.amount("recipient.cells")
    return run.amount("recipient.cytosol_doxorubicin") / volume


def test_drug_comes_to_equilibrium_without_pumps(dish: Callable[..., Any]) -> None:
    one, values = quiet_drug(dish, "mcf7_sensitive")
    values |= {"recipient.ABCB1.copies": 0.0, **frozen(one, "metabolism")}
    run = one.run([0.0, 2000.0], values=values, doses={"doxorubicin": np.array([1.0, 30.0, 1000.0])}, relative=1e-10)
    free, outside = free_inside(one, run)[-1], run.value("medium.free_doxorubicin")[-1]
    assert free == pytest.approx(outside, rel=1e-6)
    at = {name: part.value for name, part in one.model.network.parameters.items()}
    key = "recipient.doxorubicin"
    affinity = at[f"{key}.target_off_rate"] / at[f"{key}.target_on_rate"]
    assert run.value(f"{key}.occupancy")[-1] == pytest.approx(free / (affinity + free), rel=1e-6)
    trapped = run.amount("recipient.lysosome_doxorubicin")[-1] / run.value(f"{key}.lysosomal_volume")[-1]
    assert trapped == pytest.approx(at[f"{key}.lysosomal_accumulation"] * free, rel=1e-6)


def test_drug_with_pumps_obeys_the_steady_relation(dish: Callable[..., Any]) -> None:
    """PS (C - F) = kcat P F^n / (Km^n + F^n)."""
    one, values = quiet_drug(dish, "mcf7_resistant")
    values |= frozen(one, "metabolism")
    copies = np.array([1e4, 1e5, 1e6, 5e6])
    values |= {"recipient.ABCB1.copies": copies}
    run = one.run([0.0, 2000.0], values=values, doses={"doxorubicin": 300.0}, relative=1e-10)
    at = {name: part.value for name, part in one.model.network.parameters.items()}
    key = "recipient.doxorubicin"
    free, outside = free_inside(one, run)[-1], run.value("medium.free_doxorubicin")[-1]
    ratio = (free / at[f"{key}.ABCB1.km"]) ** at[f"{key}.ABCB1.hill"]
    pumped = at[f"{key}.ABCB1.kcat"] * copies * ratio / (1.0 + ratio)
    assert at[f"{key}.permeability_surface"] * (outside - free) == pytest.approx(pumped, rel=1e-6)
    assert np.all(np.diff(free / outside) < -1e-3)


def test_damage_comes_to_formation_over_repair(dish: Callable[..., Any]) -> None:
    one, values = quiet_drug(dish, "mcf7_sensitive")
    run = one.run([0.0, 500.0], values={**values, **frozen(one, "metabolism")}, doses={"doxorubicin": 20.0})
    at = {name: part.value for name, part in one.model.network.parameters.items()}
    key = "recipient.doxorubicin"
    expected = at[f"{key}.damage_rate"] * run.value(f"{key}.occupancy")[-1] / at[f"{key}.repair_rate"]
    assert run.amount("recipient.damage_by_doxorubicin")[-1] / run.amount("recipient.cells")[-1] == pytest.approx(
        expected, rel=1e-5
    )


ENDOCYTIC = [f"uptake_{route}" for route in ("clathrin", "caveolin", "macropinocytosis", "receptor")]


def receivers(dish: Callable[..., Any]) -> tuple[Any, dict[str, Any]]:
    """Recipients without pumps of their own, given vesicles of resistant cells; what they receive stays."""
    one = alone(
        dish, drugs=[], assay={"kind": "time_course", "population": "recipient"},
        vesicles=[{"id": "preparation", "donor": "mcf7_resistant", "per_cell": "1e5 particle/cell", "at": "0 h"}],
    )  # fmt: skip
    quiet = frozen(one, *SILENT, "pump_turnover", "loading", "vesicle_clearance")
    return one, {"recipient.ABCB1.copies": 0.0, "recipient.ilv_formation_rate": 0.0, **quiet}


def test_fusion_delivers_all(dish: Callable[..., Any]) -> None:
    one, values = receivers(dish)
    fractions = np.array([1e-3, 0.3, 1.0])
    run = one.run(values={**values, **frozen(one, *ENDOCYTIC), "recipient.delivered_fraction": fractions})
    lost = run.amount("medium.vesicles_preparation.cargo_ABCB1")
    gained = run.amount("recipient.ABCB1")[-1]
    assert np.all(gained > 1.0)
    assert gained == pytest.approx(lost[0] - lost[-1], rel=1e-9)


def test_endosomes_deliver_the_delivered_fraction(dish: Callable[..., Any]) -> None:
    one, values = receivers(dish)
    fractions = np.array([0.0, 0.01, 0.3, 1.0])
    run = one.run(values={**values, **frozen(one, "uptake_fusion", "degradation"), "recipient.delivered_fraction": fractions})
    gained, lost = run.amount("recipient.ABCB1")[-1], run.amount("degraded.cargo_ABCB1")[-1]
    assert np.all(gained + lost > 1.0)
    assert gained / (gained + lost) == pytest.approx(fractions, rel=1e-9, abs=1e-15)
    # with the lysosome open, only what escapes it can be delivered
    with_loss = one.run(values={**values, **frozen(one, "uptake_fusion"), "recipient.delivered_fraction": fractions})
    at = {name: part.value for name, part in one.model.network.parameters.items()}
    escape = at["recipient.endosome_unpacking_rate"] / (
        at["recipient.endosome_unpacking_rate"] + at["recipient.endosome_degradation_rate"]
    )
    gained, lost = with_loss.amount("recipient.ABCB1")[-1], with_loss.amount("degraded.cargo_ABCB1")[-1]
    assert gained / (gained + lost) == pytest.approx(escape * fractions, rel=1e-9, abs=1e-15)


def test_no_fusion_in_the_null(dish: Callable[..., Any]) -> None:
    one, values = receivers(dish)
    run = one.run(values={**values, "recipient.delivered_fraction": 0.0})
    assert np.all(run.amount("recipient.ABCB1") == 0.0)
    assert run.amount("degraded.cargo_ABCB1")[-1, 0] > 1.0


def test_uptake_is_split_by_the_shares(dish: Callable[..., Any]) -> None:
    """Any draw of the five shares is scaled to one, so that the sum is the clearance."""
    one, values = receivers(dish)
    shares = {f"recipient.uptake_share_{route}": value for route, value in zip(
        ("clathrin", "caveolin", "macropinocytosis", "receptor", "fusion"), (0.9, 0.4, 0.6, 0.3, 0.5), strict=True
    )}  # fmt: skip
    run = one.run([0.0, 1.0], values={**values, **shares})
    rates = {
        route: run.value(f"rate:recipient.uptake_{route}_preparation")[0, 0]
        for route in ("clathrin", "caveolin", "macropinocytosis", "receptor", "fusion")
    }
    at = {name: part.value for name, part in one.model.network.parameters.items()}
    whole = at["recipient.uptake_clearance"] * 3000.0 / at["medium.volume"] * at["arena.mixing"]
    assert sum(rates.values()) == pytest.approx(whole, rel=1e-12)
    for route, rate in rates.items():
        assert rate / whole == pytest.approx(shares[f"recipient.uptake_share_{route}"] / 2.7, rel=1e-12)


def test_vesicles_and_drug_spread_evenly_over_a_porous_membrane(dish: Callable[..., Any]) -> None:
    one = dish(
        arena={
            "kind": "transwell", "volume": "0.6 mL", "insert_volume": "0.1 mL", "pore_exchange": "1 mL/h",
            "capacity": "60000 cell",
        },
        populations=[
            {"id": "recipient", "cell_line": "mcf7_sensitive", "count": "6000 cell", "side": "well"},
            {"id": "donor", "cell_line": "mcf7_resistant", "count": "10 cell", "side": "insert"},
        ],
    )  # fmt: skip
    membranes = ["secretion", "drug_influx", "drug_leak", "efflux"]
    values = frozen(one, *SILENT, "vesicle_clearance", *ENDOCYTIC, "uptake_fusion", *membranes)
    start = {**one.model.start(), "insert.vesicles_donor": 1e6, "insert.doxorubicin": 1.0}
    run = integrate(one.network, [0.0, 100.0], values=values, initial=start, events=[], relative=1e-9)
    for pool, total in (("vesicles_donor", 1e6), ("doxorubicin", 1.0)):
        assert run.amount(f"medium.{pool}")[-1, 0] == pytest.approx(total * 6.0 / 7.0, rel=1e-6)
    closed = integrate(one.network, [0.0, 100.0], values={**values, "arena.pore_flow": 0.0}, initial=start, events=[])
    assert closed.amount("medium.vesicles_donor")[-1, 0] == 0.0


def test_the_dead_return_their_drug_and_leave_the_rest_as_debris(dish: Callable[..., Any]) -> None:
    """All cells die, nothing else runs: medium gets the drug of every place, debris the vesicles and the pumps."""
    one = dish()
    middle = one.run([0.0, 24.0], relative=1e-9)
    before = {name: float(middle.amount(name)[-1, 0]) for name in middle.compiled.states}
    names = {process.name for process in one.model.network.processes.values()} - {"death"}
    stopped = frozen(one, *names)
    hasten = {f"factor.{process}": 100.0 for process in one.named("death")}
    run = integrate(one.network, [0.0, 300.0], values={**stopped, **hasten}, initial=before, events=[], relative=1e-9)
    after = {name: float(run.amount(name)[-1, 0]) for name in run.compiled.states}
    pools = one.model.network.pools.values()
    inside = [pool for pool in pools if pool.carrier.startswith(("recipient.", "donor."))]
    for element, goes_to in (
        ("drug:doxorubicin", "medium.doxorubicin"), ("vesicle", "debris.vesicle"),
        ("cargo:ABCB1", "debris.cargo_ABCB1"), ("cell", "dead.cell"),
    ):  # fmt: skip
        held = [pool.id for pool in inside if pool.element == element]
        held += ["recipient.cells", "donor.cells"] if element == "cell" else []
        assert sum(after[pool] for pool in held) < 1e-6 * sum(before[pool] for pool in held)
        gained = after[goes_to] - before[goes_to]
        assert gained == pytest.approx(sum(before[pool] for pool in held), rel=1e-5)
        assert gained > 0.0
