"""Cargo kept apart by where it came from: native, received, relayed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.build import build

ORIGINS = ("native", "received", "relayed")
SCENES = ("coculture", "contact", "switching", "rna", "antibody", "transwell")
EXACT = {"relative": 1e-10, "absolute": 1e-13}


@pytest.fixture(scope="module")
def tagged(scene: Callable[[str], Any]) -> Callable[[str], Any]:
    """The named scene with origin tags."""

    def make(name: str) -> Any:
        one = scene(name)
        return type(one)(build(one.model.scenario, origin_tags=True))

    return make


@pytest.mark.parametrize("name", SCENES)
def test_origins_add_up_to_the_untagged_model(scene: Callable[[str], Any], tagged: Callable[[str], Any], name: str) -> None:
    plain, apart = (one.run(np.linspace(0.0, 48.0, 25), **EXACT) for one in (scene(name), tagged(name)))
    pools = set(apart.network.pools)
    seen: set[str] = set()
    for pool in plain.network.pools:
        parts = {part for part in (pool, *(f"{pool}_{origin}" for origin in ORIGINS)) if part in pools}
        seen |= parts
        assert parts, pool
        together = sum(apart.amount(part) for part in sorted(parts))
        whole = plain.amount(pool)
        assert np.abs(together - whole).max() <= 1e-8 * np.abs(whole).max() + 1e-300, pool
    assert seen == pools
    assert max(apart.conservation().values()) <= 1e-9


def test_all_three_origins_appear(tagged: Callable[[str], Any]) -> None:
    run = tagged("coculture").run(np.linspace(0.0, 48.0, 49))
    in_vesicles = ("medium.vesicles_recipient.cargo_ABCB1", "recipient.endosome_donor.cargo_ABCB1")
    for place in ("recipient.ABCB1", "donor.ABCB1", *in_vesicles):
        native, received, relayed = (run.amount(f"{place}_{origin}")[:, 0] for origin in ORIGINS)
        assert received[0] == relayed[0] == 0.0
        assert received[-1] > 0.0 and relayed[-1] > 0.0
        assert native[-1] > 0.0
        # what is relayed has been received before: it comes later and is less
        assert np.all(relayed[1:] < received[1:])


def test_native_copies_are_what_a_cell_made_itself(tagged: Callable[[str], Any]) -> None:
    """Recipients that make none hold received copies only; the vesicles that they release carry these on."""
    one = tagged("coculture")
    run = one.run(values={"recipient.ABCB1.copies": 0.0})
    assert np.all(run.amount("recipient.ABCB1_native") == 0.0)
    assert np.all(run.amount("medium.vesicles_recipient.cargo_ABCB1_native") == 0.0)
    assert run.amount("recipient.ABCB1_received")[-1, 0] > 0.0
    assert run.amount("medium.vesicles_recipient.cargo_ABCB1_received")[-1, 0] > 0.0


@pytest.mark.parametrize("stopped", ["uptake", "delivery", "release"])
def test_nothing_is_received_before_uptake(tagged: Callable[[str], Any], stopped: str) -> None:
    one = tagged("coculture")
    values = {
        "uptake": {f"factor.{name}": 0.0 for name in one.model.network.processes if ".uptake_" in name},
        "delivery": {f"{who}.delivered_fraction": 0.0 for who in ("recipient", "donor")},
        "release": {f"factor.{who}.secretion": 0.0 for who in ("recipient", "donor")},
    }[stopped]
    assert values
    run = one.run(values=values)
    for pool in run.network.pools:
        if pool.endswith(("_received", "_relayed")):
            assert np.all(run.amount(pool) == 0.0), pool
    assert run.amount("recipient.ABCB1_native")[-1, 0] > 0.0


def test_vesicles_that_are_added_bring_received_copies(dish: Callable[..., Any]) -> None:
    one = dish(
        origin_tags=True,
        populations=[{"id": "recipient", "cell_line": "mcf7_sensitive", "count": "3000 cell"}],
        vesicles=[{"id": "preparation", "donor": "mcf7_resistant", "per_cell": "1e5 particle/cell", "at": "5 h"}],
    )
    values = {"recipient.ilv_formation_rate": 0.0}
    run = one.run(np.linspace(0.0, 24.0, 49), values=values)
    received = run.amount("recipient.ABCB1_received")[:, 0]
    assert np.all(received[run.times <= 5.0] == 0.0)
    assert np.all(received[run.times > 5.0] > 0.0)
    assert np.all(run.amount("recipient.ABCB1_relayed") == 0.0)


def test_a_cells_own_vesicles_bring_nothing_that_it_received(dish: Callable[..., Any]) -> None:
    """Cells alone take their own vesicles up again: their pumps come back native, whatever passes through vesicles."""
    one = dish(origin_tags=True, populations=[{"id": "recipient", "cell_line": "mcf7_resistant", "count": "6000 cell"}])
    run = one.run(values={"recipient.uptake_clearance": 1e-6, "recipient.delivered_fraction": np.array([0.0, 0.9])})
    for pool in run.network.pools:
        if pool.endswith(("_received", "_relayed")):
            assert np.all(run.amount(pool) == 0.0), pool
    back = run.amount("recipient.ABCB1_native")[-1]
    assert back[1] > back[0], "and they do come back"


def test_received_cargo_stays_received_when_it_comes_back_by_own_vesicles(dish: Callable[..., Any]) -> None:
    """Recipients re-export what donors gave them and take it up again; only donors' vesicles could make it relayed."""
    one = dish(origin_tags=True)
    values = {"donor.delivered_fraction": 0.0, "recipient.uptake_clearance": 1e-6}
    run = one.run(values=values)
    assert run.amount("recipient.endosome_recipient.cargo_ABCB1_received")[-1, 0] > 0.0
    assert np.all(run.amount("recipient.ABCB1_relayed") == 0.0)
    assert run.amount("recipient.ABCB1_received")[-1, 0] > 0.0
