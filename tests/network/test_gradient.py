"""Derivatives and flows written as values of a network agree with small steps and with what the kernel integrates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exoresist.laws import kinetics, signalling
from exoresist.network import Amount, Derived, Modulation, Network, Node, Parameter, PerSize, Pool, Process, RateOf, Sum
from exoresist.network.gradient import Gradient, Values
from exoresist.network.parts import Reference
from exoresist.network.run import value_at


def small() -> Network:
    """Two pools, a node, a modulated rate, and a value that reads all of them in several ways."""
    return Network(
        "small",
        [
            Parameter("k", 0.3, "1/h"), Parameter("tau", 2.0, "h"), Parameter("most", 3.0, "dimensionless"),
            Parameter("one", 1.0, "dimensionless"), Parameter("volume", 2.0, "mL"), Parameter("half", 1.5, "nM"),
            Pool("cells", "cell", element="cell", initial=10.0),
            Pool("content", "copy", element="cargo:x", carrier="cells", kind="own", initial=40.0),
            Pool("medium", "pmol", element="drug:d", size="volume", initial=5.0),
            Pool("gone", "pmol", element="drug:d", exchange=True),
            Node("node", "tau", [(kinetics.constant, {"rate": "most"})], initial=1.4),
            Process("loss", "medium", "gone", kinetics.constant, {"rate": "k"}, specific=True),
            Modulation("loss", signalling.activation, {"level": "node", "most": "most", "exponent": "one"}, tag="node"),
            Derived("level", kinetics.hill, {"level": "medium", "half": "half", "exponent": "most"}),
            Derived("left", kinetics.remainder, {"fraction": "level"}),
            Sum("both", [PerSize("content", "cells"), PerSize("content", "cells")]),
            Derived("mixed", kinetics.product, {"first": "both", "second": "left"}),
            Derived("fast", kinetics.product, {"first": "mixed", "second": RateOf("loss")}),
            Derived("whole", kinetics.ratio, {"numerator": "fast", "denominator": "medium"}),
        ],
    )  # fmt: skip


def evaluated(
    network: Network, values: Values, wanted: dict[Any, Reference], amounts: np.ndarray | None = None
) -> dict[Any, float]:
    names = {key: values.call(kinetics.constant, rate=reference) for key, reference in wanted.items()}
    whole = Network(network.name, [*network.parts(), *values.parts()]).compile()
    start = whole.initial if amounts is None else amounts
    return {key: float(value_at(whole, name, start[None, :, None], whole.values[:, None])[0, 0]) for key, name in names.items()}


def test_derivatives_are_those_of_small_steps() -> None:
    network = small()
    values = Values(network, "extra")
    found = evaluated(network, values, Gradient(values).by_states({"whole": None}))
    assert {state.pool for state in found if isinstance(state, Amount)} == {"content", "cells", "medium"}
    plain = network.compile()
    for state, slope in found.items():
        place = plain.state_index[state.pool if isinstance(state, Amount) else state]
        step = 1e-6 * plain.initial[place]
        ends = []
        for sign in (1.0, -1.0):
            moved = plain.initial.copy()
            moved[place] += sign * step
            ends.append(float(value_at(plain, "whole", moved[None, :, None], plain.values[:, None])[0, 0]))
        assert slope == pytest.approx((ends[0] - ends[1]) / (2.0 * step), rel=1e-7)


def test_a_content_per_cell_counts_as_one_state_where_asked() -> None:
    values = Values(small(), "extra")
    gradient = Gradient(values, frozenset({("content", "cells")}))
    assert set(gradient.by_states({"whole": None})) == {PerSize("content", "cells"), Amount("medium"), "node"}


def test_below_a_stop_nothing_is_looked_at() -> None:
    network = small()
    values = Values(network, "extra")
    found = Gradient(values).by_states({"whole": None}, stop={"mixed"})
    assert "mixed" in found
    assert Amount("content") not in found
    numbers = evaluated(network, values, {"mixed": found["mixed"], "whole": "whole", "value": "mixed"})
    assert numbers["mixed"] == pytest.approx(numbers["whole"] / numbers["value"])


def test_a_seed_scales_derivatives() -> None:
    network = small()
    values = Values(network, "extra")
    once, twice = (Gradient(values).by_states({"whole": seed}) for seed in (None, "most"))
    numbers = evaluated(network, values, {0: once["node"], 1: twice["node"]})
    assert numbers[1] == pytest.approx(3.0 * numbers[0])
