"""Our integrator and two of SciPy's agree."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.core.errors import ModelError
from exoresist.network import Event, integrate
from exoresist.network.reference import reference_bdf, reference_lsoda

TIMES = np.linspace(0.0, 48.0, 97)


@pytest.mark.parametrize("reference", [reference_lsoda, reference_bdf])
def test_three_solvers_agree(rich_network, reference):
    values = {"growth": np.array([0.02, 0.04])}
    ours = integrate(rich_network, TIMES, values=values, relative=1e-10, absolute=1e-14)
    theirs = reference(rich_network, TIMES, values=values)
    scale = np.abs(ours.amounts).max(axis=0)
    scale[scale == 0.0] = 1.0
    assert np.max(np.abs(ours.amounts - theirs.amounts) / scale) < 1e-6
    assert max(theirs.conservation().values()) < 1e-9
    np.testing.assert_allclose(ours.value("rate:birth"), theirs.value("rate:birth"), rtol=1e-6, atol=1e-12)


def test_references_take_events_and_starts(rich_network):
    events = [Event(3.3, add={"drug": 5.0}), Event(8.0, set={"growth": 0.0})]
    options = {"initial": {"cells": 300.0}, "events": events}
    ours = integrate(rich_network, [0.0, 4.0, 8.0], relative=1e-9, absolute=1e-12, **options)
    theirs = reference_lsoda(rich_network, [0.0, 4.0, 8.0], **options)
    np.testing.assert_allclose(theirs.amounts, ours.amounts, rtol=1e-6, atol=1e-8)
    with pytest.raises(ModelError):
        reference_bdf(rich_network, [0.0, 1.0], events=[Event(0.5, add={"nothing": 1.0})])
