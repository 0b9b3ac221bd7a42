"""The loop of stress and release: it rests undisturbed, speeds what stress begins, and settles or escalates with its gain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

LOOP = [{"name": "release_loop_gain", "subject": "medium", "value": "0.3 dimensionless", "reason": "test"}]
TIMES = np.linspace(0.0, 240.0, 121)
# Cells that neither grow nor die, so that the loop alone moves the release.
RESTING = {f"factor.{who}.{name}": 0.0 for who in ("recipient", "donor") for name in ("growth", "death")}


def loop(dish: Callable[..., Any]) -> Any:
    return dish(parameters=LOOP, drugs=[{"id": "doxorubicin", "dose": "0 nM"}])


def test_it_rests_in_an_undisturbed_culture(dish: Callable[..., Any]) -> None:
    run = loop(dish).run(TIMES, values={**RESTING, "loop.gain": np.array([0.0, 0.5])})
    level = run.amount("medium.remodelling")
    # the vesicles inside start at their number in growing cells, a tenth below that of resting ones: the only push there is
    np.testing.assert_allclose(level[-1], 1.0, atol=0.01)


def test_gain_below_one_settles_where_it_must_and_above_one_escalates_to_its_bound(dish: Callable[..., Any]) -> None:
    """A lasting push of acid u = 1.2: for small excess the level settles at (1 − g)/(1 − g·u); beyond g·u = 1 only the bound holds it."""
    values = {**RESTING, "environment.acidity": 0.2, "donor.secretion_fold_acidity": 2.0, "recipient.secretion_fold_acidity": 2.0}
    gains = np.array([0.0, 0.2, 0.5, 2.0])
    run = loop(dish).run(TIMES, values={**values, "loop.gain": gains, "loop.most": 1e6, "loop.time": 4.0})
    level = run.amount("medium.remodelling")
    expected = (1.0 - gains[:3]) / (1.0 - 1.2 * gains[:3])
    np.testing.assert_allclose(level[-1, :3], expected, rtol=0.01)
    assert level[-1, 3] > 20.0
    bounded = loop(dish).run(TIMES, values={**values, "loop.gain": gains, "loop.most": 3.0, "loop.time": 4.0})
    top = bounded.amount("medium.remodelling")
    assert np.all(top < 3.0) and top[-1, 3] > 2.0


def test_resistance_grows_faster_with_the_loop_closed(dish: Callable[..., Any]) -> None:
    """Drug damages donors, damage raises release, release remodels the medium and raises release again.

    The recipients release more of their own pumps too, so what they received is told apart from it.
    """
    one = dish(origin_tags=True, parameters=LOOP)
    values = {"loop.gain": np.array([0.0, 0.6, 1.2]), "recipient.uptake_clearance": 1e-7}
    run = one.run(np.linspace(0.0, 72.0, 37), values=values, doses={"doxorubicin": 100.0})
    cells = run.amount("recipient.cells")
    received = run.amount("recipient.ABCB1_received") / cells
    whole = sum(run.amount(f"recipient.ABCB1_{origin}") for origin in ("native", "received", "relayed")) / cells
    for hour in (12, 18, 36):
        assert np.all(np.diff(received[hour]) > 0.0)
    assert np.all(np.diff(whole[-1]) > 0.0) and np.all(np.diff(cells[-1]) > 0.0)


def test_stopping_release_cuts_the_loop(dish: Callable[..., Any]) -> None:
    acid = {"environment.acidity": 1.0, "loop.gain": 0.8}
    stopped = {f"factor.{who}.secretion": 0.0 for who in ("recipient", "donor")}
    one = loop(dish)
    cut, closed = (
        one.run(TIMES, values={**RESTING, **acid, **more}).amount("medium.remodelling")[-1, 0] for more in (stopped, {})
    )
    assert cut < 1.0 < closed
    assert cut == pytest.approx(1.0 - 0.8 / 1.8, rel=0.01)
