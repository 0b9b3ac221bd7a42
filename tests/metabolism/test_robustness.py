"""Directions over the ranges of the parameters, not at their central values alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.book import draws

DRAWS = 24


def drawn(one: Any, levels: dict[str, float] | None = None) -> Any:
    """One column for the central values and one for each draw."""
    values = draws(one.model.network.parameters, DRAWS, 1)
    return one.read({name: np.full(DRAWS + 1, level) for name, level in (levels or {}).items()}, values=values)


@pytest.mark.parametrize(
    ("hub", "sign"), [("PKM2", 1), ("SLC7A11", 1), ("GPX4", 1), ("ACSL4", -1), ("autophagy", 1), ("lipid_ROS", -1)]
)
def test_hubs_keep_their_direction(fed: Callable[..., Any], hub: str, sign: int) -> None:
    one = fed(acting=[hub])
    low, high = drawn(one, {hub: 1.0}), drawn(one, {hub: 4.0})
    assert np.mean(sign * (high.effect - low.effect) > 0.0) > 0.85


@pytest.mark.parametrize("rescue", [{"ferrostatin_1": "1 uM"}, {"deferoxamine": "200 uM"}, {"acsl4_knockdown": 1.0}])
def test_what_kills_by_peroxide_is_rescued(fed: Callable[..., Any], given: Callable[..., Any], rescue: dict[str, Any]) -> None:
    plain = np.log(drawn(fed()).cells())
    killed = plain - np.log(drawn(fed(interventions=given(rsl3="1 uM"))).cells())
    left = plain - np.log(drawn(fed(interventions=given(rsl3="1 uM", **rescue))).cells())
    assert np.all(killed > 0.0) and np.median(killed) > np.log(1.5)
    assert np.median(left / killed) < 0.2 and np.all(left < killed)


@pytest.mark.parametrize("agent", [{"chloroquine": "50 uM"}, {"ldha_inhibitor": "100 uM"}, {"two_deoxyglucose": "10 mM"}])
def test_agents_sensitise_in_most_draws(fed: Callable[..., Any], given: Callable[..., Any], agent: dict[str, Any]) -> None:
    plain, treated = drawn(fed()), drawn(fed(interventions=given(**agent)))
    assert np.mean(treated.effect < plain.effect) > 0.8
