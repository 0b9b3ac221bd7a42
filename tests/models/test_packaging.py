"""What goes into a vesicle: room for which cargoes compete, and sorting that hypoxia and its inhibitors change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

EXACT = {"relative": 1e-9, "absolute": 1e-12}
CARGO = ["ABCB1", "let_7a", "miR_204_3p", "PKM2"]
ASKED = [
    {"name": "vesicle_room_share", "subject": "lumen", "value": "0.1 dimensionless", "reason": "test"},
]
SORTED = [{"name": "sorting_fold_hypoxia", "subject": "cargo:miR_204_3p", "value": "2 dimensionless", "reason": "test"}]
HYPOXIA = {"environment.hypoxia": np.array([0.0, 1.0])}


def per_vesicle(run: Any, cargo: str, pool: str = "medium.vesicles_donor") -> np.ndarray:
    return run.amount(f"{pool}.cargo_{cargo}")[-1] / run.amount(pool)[-1]


def test_cargo_never_fills_a_vesicle_beyond_its_room(dish: Callable[..., Any]) -> None:
    """Even when cells would load ten million times as much; at ordinary loads the limit is not felt."""
    one = dish(cargo=CARGO, parameters=ASKED)
    loads = np.array([1.0, 1e2, 1e4, 1e7])
    values = {f"donor.{name}.sorter": loads for name in CARGO}
    run = one.run(np.linspace(0.0, 24.0, 13), values=values, relative=1e-7)
    volumes = {"let_7a": 1.3e-20, "miR_204_3p": 1.3e-20, "PKM2": 1.4e-19}
    room = run.value("donor.lumen_room")
    for pool in ("donor.ilv", "medium.vesicles_donor"):
        vesicles = run.amount(pool)
        full = sum(run.amount(f"{pool}.cargo_{name}") * volume for name, volume in volumes.items())
        assert np.all(full[vesicles > 0] <= (room * vesicles)[vesicles > 0] * (1.0 + 1e-6))
    surface = run.amount("donor.ilv.cargo_ABCB1") * 2.5e-5
    assert np.all(surface <= run.value("donor.membrane_room") * run.amount("donor.ilv") * (1.0 + 1e-6))
    free = dish(cargo=CARGO).run(np.linspace(0.0, 24.0, 13), values={"donor.ABCB1.sorter": 1.0})
    assert per_vesicle(run, "let_7a")[0] == pytest.approx(per_vesicle(free, "let_7a")[0], rel=0.02)
    assert max(run.conservation().values()) <= 1e-9


def test_cargoes_compete_so_that_a_vesicle_is_not_a_small_cell(dish: Callable[..., Any]) -> None:
    """More of one protein in the lumen leaves less room for the others; their levels in the cell stay."""
    one = dish(cargo=CARGO, parameters=ASKED)
    run = one.run([0.0, 24.0], values={"donor.PKM2.sorter": np.array([1.0, 1e3, 1e5])}, **EXACT)
    let_7a = per_vesicle(run, "let_7a")
    assert np.all(np.diff(let_7a) < 0.0) and let_7a[2] < 0.5 * let_7a[0]
    in_cell = run.amount("donor.let_7a")[-1] / run.amount("donor.cells")[-1]
    assert np.ptp(in_cell) < 0.05 * in_cell[0]
    assert np.ptp(per_vesicle(run, "ABCB1")) < 0.01 * per_vesicle(run, "ABCB1")[0], "the membrane has room of its own"


def test_enriched_cargo_stands_higher_in_vesicles_than_in_cells(dish: Callable[..., Any]) -> None:
    run = dish(cargo=CARGO, parameters=ASKED).run([0.0, 24.0], values={"donor.ABCB1.enrichment": np.array([1.0, 4.0])})
    area, cell = run.value("donor.vesicle_area")[0, 0], 1.0 / run.network.parameters["donor.cell_area"].value
    ratio = per_vesicle(run, "ABCB1") / area / (run.amount("donor.ABCB1")[-1] / run.amount("donor.cells")[-1] * cell)
    assert 0.8 < ratio[0] < 1.25 and ratio[1] > 3.0


def test_hypoxia_changes_the_composition_of_vesicles_not_only_their_number(dish: Callable[..., Any]) -> None:
    """Ubiquitin-tagged proteins are sorted otherwise than RNA: their ratio in new vesicles shifts, at equal size."""
    one = dish(cargo=CARGO, parameters=SORTED)
    values = {**HYPOXIA, "donor.diameter_fold_hypoxia": 1.0}
    run = one.run([0.0, 48.0], values=values, doses={"doxorubicin": 0.0}, **EXACT)
    ratio = per_vesicle(run, "ABCB1") / per_vesicle(run, "let_7a")
    assert ratio[1] > 1.2 * ratio[0]
    without = dish(cargo=CARGO).run([0.0, 48.0], values=values, doses={"doxorubicin": 0.0}, **EXACT)
    same = per_vesicle(without, "ABCB1") / per_vesicle(without, "let_7a")
    assert same[1] == pytest.approx(same[0], rel=0.05)


def test_tak_981_keeps_mir_204_3p_in_hypoxic_cells(dish: Callable[..., Any]) -> None:
    """Hypoxia exports it, the inhibitor of SUMOylation turns that back; other RNA goes on as before."""
    treated = {"interventions": [{"id": "tak_981", "concentration": "500 nM", "populations": ["donor"]}]}
    found = {}
    for name, more in {"plain": {}, "treated": treated}.items():
        run = dish(cargo=CARGO, parameters=SORTED, **more).run([0.0, 48.0], values=HYPOXIA, doses={"doxorubicin": 0.0}, **EXACT)
        cells = run.amount("donor.cells")[-1]
        found[name] = {
            "exported": per_vesicle(run, "miR_204_3p"), "retained": run.amount("donor.miR_204_3p")[-1] / cells,
            "other": per_vesicle(run, "let_7a"),
        }  # fmt: skip
    plain, treat = found["plain"], found["treated"]
    assert plain["exported"][1] > 1.2 * plain["exported"][0] and plain["retained"][1] < plain["retained"][0]
    assert np.all(treat["exported"] < 0.7 * plain["exported"]) and np.all(treat["retained"] > plain["retained"])
    np.testing.assert_allclose(treat["other"], plain["other"], rtol=0.01)


def test_less_heparanase_brings_recipients_less_of_the_circular_rna(dish: Callable[..., Any]) -> None:
    """Recipients that make none of it; knock-down of HPSE in the donors."""
    silenced = {"interventions": [{"id": "heparanase_knockdown", "strength": 1.0, "populations": ["donor"]}]}
    got = []
    for more in ({}, silenced):
        one = dish(cargo=["circ_0042003"], drugs=[{"id": "doxorubicin", "dose": "0 nM"}], **more)
        run = one.run([0.0, 24.0, 48.0], **EXACT)
        before = run.amount("recipient.circ_0042003")[0, 0]
        got.append(run.amount("recipient.circ_0042003")[-1, 0] / run.amount("recipient.cells")[-1, 0] - before / 1500.0)
    unblocked = dish(cargo=["circ_0042003"], drugs=[{"id": "doxorubicin", "dose": "0 nM"}]).run(
        [0.0, 24.0, 48.0], values={"recipient.delivered_fraction": 0.0}, **EXACT
    )
    start = unblocked.amount("recipient.circ_0042003")[-1, 0] / unblocked.amount("recipient.cells")[-1, 0]
    base = start - unblocked.amount("recipient.circ_0042003")[0, 0] / 1500.0
    assert 0.0 < got[1] - base < 0.9 * (got[0] - base)


def test_all_of_it_together_conserves_and_adds_up_over_origins(dish: Callable[..., Any]) -> None:
    """Room, hypoxic sorting, naked cargo, sites, size and the loop at once, with origin tags and without."""
    asked = {
        "vesicle_room_share": ("lumen", "0.1 dimensionless"), "sorting_fold_hypoxia": ("cargo:miR_204_3p", "2 dimensionless"),
        "naked_decay_rate": ("cargo", "2 1/h"), "receptor_sites": ("cell", "500 particle/cell"),
        "uptake_size_exponent": ("cell", "1 dimensionless"), "glycan_preference": ("cell", "1 dimensionless"),
        "release_loop_gain": ("medium", "0.3 dimensionless"),
    }  # fmt: skip
    scenario: dict[str, Any] = {
        "cargo": CARGO,
        "environment": {"hypoxia": 0.7},
        "parameters": [
            {"name": name, "subject": subject, "value": value, "reason": "test"} for name, (subject, value) in asked.items()
        ],
        "vesicles": [{"id": "preparation", "donor": "mcf7_resistant", "per_cell": "1e4 particle/cell", "ligand": "egf",
                      "purity": 0.8, "impurity": "mcf7_sensitive", "at": "6 h", "until": "20 h"}],
    }  # fmt: skip
    values = {f"donor.{name}.sorter": 1e3 for name in CARGO}
    plain, tagged = (
        dish(origin_tags=tags, **scenario).run(np.linspace(0.0, 24.0, 13), values=values, **EXACT) for tags in (False, True)
    )
    for run in (plain, tagged):
        assert max(run.conservation().values()) <= 1e-9
    for pool in plain.network.pools:
        parts = [name for name in (pool, *(f"{pool}_{origin}" for origin in ("native", "received", "relayed")))]
        whole, together = plain.amount(pool), sum(tagged.amount(name) for name in parts if name in tagged.network.pools)
        assert np.abs(together - whole).max() <= 1e-6 * np.abs(whole).max() + 1e-300, pool
    room = plain.value("donor.lumen_room") * plain.amount("donor.ilv")
    volumes = {"let_7a": 1.3e-20, "miR_204_3p": 1.3e-20, "PKM2": 1.4e-19}
    full = sum(plain.amount(f"donor.ilv.cargo_{name}") * volume for name, volume in volumes.items())
    assert np.all(full <= room * (1.0 + 1e-6)) and full[-1, 0] > 0.5 * room[-1, 0]
