"""Vesicles, cargo, drug and cells of every bundled scenario and arm are all accounted for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.book import draws
from exoresist.assembly.build import build
from exoresist.assembly.reader import bundled_scenarios, load_scenario
from exoresist.network import integrate

ARMS = [
    (name, arm.id, scenario)
    for name, path in sorted(bundled_scenarios().items())
    for arm, scenario in expand_arms(load_scenario(path))
    if scenario.arena.kind != "tissue"  # these: tests/tissue
]


@pytest.mark.parametrize("origin_tags", [False, True], ids=["untagged", "tagged"])
@pytest.mark.parametrize(("name", "arm", "scenario"), ARMS, ids=[f"{name}-{arm}" for name, arm, _ in ARMS])
def test_bundled_scenarios_conserve(name: str, arm: str, scenario: Any, origin_tags: bool) -> None:
    model = build(scenario, origin_tags=origin_tags)
    run = integrate(model.network, np.linspace(0.0, 72.0, 19), initial=model.start(), events=model.events())
    errors = run.conservation()
    expected = {"cell", "vesicle", *(f"drug:{drug.id}" for drug in scenario.drugs)}
    expected |= {f"cargo:{cargo}" for cargo in scenario.cargo}
    assert expected <= set(errors)
    assert max(errors.values()) <= 1e-9, errors


@pytest.mark.parametrize(("name", "arm", "scenario"), ARMS, ids=[f"{name}-{arm}" for name, arm, _ in ARMS])
def test_no_amount_is_negative(name: str, arm: str, scenario: Any) -> None:
    model = build(scenario)
    run = integrate(model.network, np.linspace(0.0, 72.0, 19), initial=model.start(), events=model.events())
    for pool in model.network.pools.values():
        amount = run.amount(pool.id)
        if not pool.exchange:
            assert amount.min() >= -1e-6 * max(amount.max(), pool.scale), pool.id


def test_conservation_can_fail(dish: Callable[..., Any]) -> None:
    """Drug that appears from nowhere is seen."""
    model = dish().model
    start = model.start()
    run = integrate(model.network, [0.0, 1.0, 2.0], initial=start, events=model.events())
    run.amounts[1:, run.compiled.state_index["donor.ABCB1"]] *= 1.0 + 1e-6
    assert run.conservation()["cargo:ABCB1"] > 1e-9


def test_dosing_washing_and_medium_changes_conserve(dish: Callable[..., Any]) -> None:
    model = dish(
        drugs=[{"id": "doxorubicin", "dose": "30 nM", "at": "2 h", "until": "20 h"}],
        vesicles=[
            {
                "id": "preparation",
                "donor": "mcf7_resistant",
                "per_cell": "1e5 particle/cell",
                "at": "1 h",
                "until": "9 h",
            }
        ],
        medium_changes=[{"at": "30 h", "fraction": 0.7}],
        interventions=[{"id": "gw4869", "concentration": "10 uM", "at": "5 h", "until": "25 h"}],
    ).model
    run = integrate(model.network, np.linspace(0.0, 48.0, 97), initial=model.start(), events=model.events())
    assert max(run.conservation().values()) <= 1e-9
    for time, pool in ((9.0, "medium.vesicles_preparation"), (20.0, "medium.doxorubicin")):
        at = int(2 * time)
        assert run.amount(pool)[at - 1, 0] > 0.0 == run.amount(pool)[at, 0]
    left = run.amount("medium.vesicles_donor")[:, 0]
    assert left[60] == pytest.approx(0.3 * left[59], rel=0.1)


def test_many_parameter_sets_conserve(dish: Callable[..., Any]) -> None:
    """Draws from the catalogue's ranges, not only its central values."""
    model = dish().model
    values = draws(model.network.parameters, 200, seed=3)
    run = integrate(
        model.network, [0.0, 1.0, 24.0, 72.0], values=values, initial=model.start(values), events=model.events(values)
    )
    assert max(run.conservation().values()) <= 1e-9
