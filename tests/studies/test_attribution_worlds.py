"""Worlds whose shares are known: recovered by the whole chain of cutting, solving and sharing; exact zeros where nothing is."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from exoresist.catalog import Catalog
from exoresist.studies.attribution_answer import AttributionAnswer, answer_attribution

pytestmark = pytest.mark.xdist_group("ledger")  # on one worker: what they compile and prepare is made once

PAGE = Path(__file__).parents[2] / "verification" / "attribution_worlds.py"


@pytest.fixture(scope="module")
def worlds() -> ModuleType:
    specification = importlib.util.spec_from_file_location("attribution_worlds", PAGE)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("part", [0.0, 0.05, 0.25, 0.5, 0.9, 1.0])
def test_known_shares_of_additive_worlds_are_found(part: float, worlds: ModuleType) -> None:
    got, _ = worlds.found(worlds.additive(part))
    assert np.allclose(got.values[0] / got.effect, part, atol=1e-5)
    assert np.all(np.abs(got.interactions[0, 1]) < 1e-4 * got.effect)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.75])
def test_shares_of_saturating_worlds_are_those_of_the_closed_form(part: float, worlds: ModuleType) -> None:
    got, true = worlds.found(worlds.saturating(part))
    assert np.allclose(got.values, true.values, atol=1e-4)
    assert np.allclose(got.interactions, true.interactions, atol=1e-4)
    assert np.all(got.interactions[0, 1] < 0.0)  # what one has taken away the other cannot


def test_redundant_routes_share_equally_and_show_as_interaction(worlds: ModuleType) -> None:
    got, _ = worlds.found(worlds.redundant())
    assert np.allclose(got.values[0], got.values[1], rtol=1e-6)
    assert np.all(got.interactions[0, 1] < -0.9 * got.effect)
    assert np.all(got.order_low < 0.05 * got.effect) and np.all(got.order_high > 0.95 * got.effect)


@pytest.fixture(scope="module")
def answers(worlds: ModuleType) -> dict[str, AttributionAnswer]:
    catalog = Catalog.load()
    return {name: answer_attribution(getattr(worlds, name)(), catalog) for name in ("selection_only", "transfer_only")}


def ends(answer: AttributionAnswer, **wanted: str) -> list[float]:
    rows = [row for row in answer.ledger if all(row[key] == value for key, value in wanted.items())]
    return [float(row[end]) for row in rows for end in ("value", "low", "high")]


def test_a_world_of_selection_alone_has_no_transfer_at_all(answers: dict[str, AttributionAnswer]) -> None:
    answer = answers["selection_only"]
    assert all(end == 0.0 for origin in ("received", "relayed") for end in ends(answer, origin=origin))
    assert set(answer.summary()["shapley"]["vesicle_transfer"].values()) == {0.0}
    assert any(end != 0.0 for end in ends(answer, part="selection"))
    assert answer.verdict == "none" and answer.transfer["prior"].value == 0.0


def test_a_world_of_transfer_alone_has_no_selection_at_all(answers: dict[str, AttributionAnswer]) -> None:
    answer = answers["transfer_only"]
    assert all(end == 0.0 for end in ends(answer, part="selection"))
    assert set(answer.summary()["shapley"]["selection"].values()) == {0.0}
    assert sum(ends(answer, origin="received")[::3]) > 0.0
    assert float(answer.summary()["shapley"]["vesicle_transfer"]["value"]) > 0.0


def test_ledgers_close(answers: dict[str, AttributionAnswer]) -> None:
    assert all(answer.ledger_gap is not None and answer.ledger_gap < 1e-8 for answer in answers.values())
