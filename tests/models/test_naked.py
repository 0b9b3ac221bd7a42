"""Cargo outside vesicles: set free by the dead, taken by RNases, while vesicles keep theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

EXACT = {"relative": 1e-9, "absolute": 1e-12}
NAKED = [{"name": "naked_decay_rate", "subject": "cargo", "value": "2 1/h", "reason": "test"}]
STILL = {f"factor.{who}.{name}": 0.0 for who in ("recipient", "donor") for name in ("secretion", "death")}


def naked_dish(dish: Callable[..., Any], **changes: Any) -> Any:
    return dish(cargo=["ABCB1", "let_7a"], parameters=NAKED, **changes)


def test_cargo_in_vesicles_outlasts_naked_cargo(dish: Callable[..., Any]) -> None:
    """The same amount of a miRNA, naked and in vesicles, with nothing else going on."""
    preparation = {"id": "preparation", "donor": "mcf7_resistant", "per_cell": "1000 particle/cell",
                   "loads": [{"id": "let_7a", "per_vesicle": "1 copy/particle"}]}  # fmt: skip
    one = naked_dish(dish, vesicles=[preparation])
    off = [name for name in one.model.network.processes if ".uptake_" in name or name.endswith("vesicle_clearance")]
    times = np.array([0.0, 1.0, 6.0, 24.0])
    from exoresist.network import integrate

    values = {**STILL, **{f"factor.{name}": 0.0 for name in off}}
    run = integrate(
        one.network, times, values=values, initial={**one.model.start({}), "medium.naked_let_7a": 1.5e6},
        events=one.model.events(), **EXACT,
    )  # fmt: skip
    naked = run.amount("medium.naked_let_7a")[:, 0] / 1.5e6
    held = run.amount("medium.vesicles_preparation.cargo_let_7a")[:, 0] / 1.5e6
    np.testing.assert_allclose(naked, np.exp(-2.0 * times), rtol=1e-6)
    np.testing.assert_allclose(held, np.exp(-0.003 * times), rtol=1e-6)
    assert held[-1] > 0.9 > 1e-6 > naked[-1]


def test_dying_cells_set_dissolved_cargo_free_and_membrane_cargo_not(dish: Callable[..., Any]) -> None:
    one = naked_dish(dish)
    run = one.run(doses={"doxorubicin": np.array([0.0, 1000.0])}, **EXACT)
    free = run.amount("medium.naked_let_7a")
    assert np.all(free[0] == 0.0) and np.all(free[-1] > 0.0)
    assert free[1:].max(axis=0)[1] > 2.0 * free[1:].max(axis=0)[0]
    assert "medium.naked_ABCB1" not in run.network.pools
    assert np.all(run.amount("debris.cargo_let_7a") == 0.0) and run.amount("debris.cargo_ABCB1")[-1, 1] > 0.0
    assert max(run.conservation().values()) <= 1e-9


def test_rnase_takes_naked_cargo_and_leaves_vesicles_theirs(dish: Callable[..., Any]) -> None:
    treated = naked_dish(dish, interventions=[{"id": "rnase_a", "strength": 1.0}])
    doses = {"doxorubicin": 1000.0}
    before, after = naked_dish(dish).run(doses=doses, **EXACT), treated.run(doses=doses, **EXACT)
    assert after.amount("medium.naked_let_7a")[-1, 0] < 0.05 * before.amount("medium.naked_let_7a")[-1, 0]
    name = "medium.vesicles_donor.cargo_let_7a"
    assert after.amount(name)[-1, 0] == pytest.approx(before.amount(name)[-1, 0], rel=1e-6)


def test_fresh_medium_takes_naked_cargo_away(dish: Callable[..., Any]) -> None:
    one = naked_dish(dish, medium_changes=[{"at": "24 h", "fraction": 1.0}])
    run = one.run(doses={"doxorubicin": 1000.0}, **EXACT)
    at = int(np.searchsorted(run.times, 24.0))
    assert run.amount("medium.naked_let_7a")[at, 0] < 0.2 * run.amount("medium.naked_let_7a")[at - 1, 0]
    assert max(run.conservation().values()) <= 1e-9
