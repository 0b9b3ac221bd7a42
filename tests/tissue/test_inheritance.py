"""What daughters get: numbers in which cells differ unchanged and for life, half of all amounts, activities as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.reader import scenario_from_dict
from exoresist.catalog import Catalog
from exoresist.laws import kinetics
from exoresist.network import Network, Node, Parameter, Pool, Process
from exoresist.network.cell import CellNetwork
from exoresist.numerics.slabs import Slabs
from exoresist.studies.tissue_arm import run_arm
from exoresist.studies.tissue_branch import grown_part
from exoresist.studies.tissue_setup import Setup, set_up
from exoresist.tissue.interior import Contents
from exoresist.tissue.run import step

pytestmark = pytest.mark.xdist_group("tissue_inheritance")
LINE = "cell_line:mcf7_sensitive"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture(scope="module")
def interior() -> CellNetwork:
    """A cell with an amount, an activity, an exchange, and numbers in which cells may differ."""
    parts = [
        *(Parameter(name, value, "1/h") for name, value in {"rate": 0.5, "other": 2.0, "dying": 0.01}.items()),
        Parameter("volume", 1e-9, "mL"), Parameter("capacity", 1e30, "cell"), Parameter("time", 1.0, "h"),
        Pool("cells", "cell", "cell", initial=1.0), Pool("stuff", "copy", "stuff", initial=8.0),
        Pool("medium.stuff", "copy", "stuff", size="volume"), Pool("gone.stuff", "copy", "stuff", exchange=True),
        Pool("dead.cell", "cell", "cell", exchange=True),
        Node("mood", time="time"),
        Process("loss", "stuff", "gone.stuff", kinetics.constant, {"rate": "rate"}, specific=True),
    ]  # fmt: skip
    network = Network("inheritance", parts)
    start = {"cells": 1.0, "stuff": 8.0}
    return CellNetwork(
        network, "cells", ("medium.stuff",), "volume", "capacity", {}, "dying", start, {"cells": "cells", "stuff": "gone.stuff"}
    )


deeds = st.lists(
    st.one_of(
        st.tuples(st.just("divide"), st.integers(0, 10**6)), st.tuples(st.just("kill"), st.integers(0, 10**6)),
        st.tuples(st.just("change"), st.sampled_from([0.1, 0.7, 3.0])), st.tuples(st.just("add"), st.integers(1, 3)),
    ),
    max_size=25,
)  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(factors=st.lists(st.floats(0.05, 20.0), min_size=1, max_size=6), happened=deeds)
def test_factors_are_for_life_and_for_both_daughters(interior: CellNetwork, factors: list[float], happened: list[Any]) -> None:
    """Any order of divisions, deaths, newcomers and changed numbers, against a list of the factors that cells should have."""
    contents = Contents(interior, Slabs(1), differing=("rate",))
    contents.add(np.arange(len(factors)), np.ones(len(factors)))
    contents.differ("rate", np.array(factors))
    row, mood, stuff = contents.varied.index("rate"), contents.states["mood"], contents.states["stuff"]
    contents.amounts[mood, : contents.count] = 1.0 + np.arange(contents.count)
    known, moods = list(factors), [1.0 + index for index in range(len(factors))]
    for what, which in happened:
        if what == "add":
            contents.add(np.arange(which), np.ones(which))
            known += [1.0] * which
            moods += [float(contents.amounts[mood, contents.count - 1])] * which
        elif what == "change":
            contents.change("rate", which, fresh=True)
        elif known:
            lane = which % len(known)
            if what == "divide":
                before = contents.amounts[:, lane].copy()
                (new,) = contents.divide(np.array([lane]), np.array([0]))
                assert contents.amounts[stuff, lane] == contents.amounts[stuff, new] == 0.5 * before[stuff]
                assert contents.amounts[contents.biomass, lane] == 0.5 * before[contents.biomass]
                assert contents.amounts[mood, lane] == contents.amounts[mood, new] == before[mood]
                # What has left the cell stays in the books of one of the two.
                gone = contents.states["gone.stuff"]
                assert contents.amounts[gone, lane] + contents.amounts[gone, new] == before[gone]
                known.append(known[lane])
                moods.append(moods[lane])
            else:
                contents.kill(np.array([lane]))
                del known[lane], moods[lane]
        assert contents.count == len(known)
        np.testing.assert_allclose(contents.varying[row, : contents.count], np.array(known) * contents.base_of(row), rtol=1e-12)
        np.testing.assert_array_equal(contents.amounts[mood, : contents.count], moods)


def scenario(spread: float = 0.4, seed: int = 3, **more: Any) -> Any:
    """Cells that divide within hours and differ in growth and in a pump."""
    data: dict[str, Any] = {
        "schema": "exoresist/1", "name": "inheritance", "seed": seed,
        "arena": {"kind": "tissue", "space": {"size": "160 um", "spread_step": "6 min", **more.pop("space", {})}},
        "populations": [{
            "id": "tumour", "cell_line": "mcf7_sensitive", "count": "30 cell",
            "varied": [{"number": "growth_rate", "spread": spread}, {"number": "ABCB1.copies", "spread": spread}],
        }],
        "cargo": ["ABCB1"], "duration": "1 h", "every": "1 h", "assay": {"kind": "tumour", "population": "tumour"},
        "parameters": [
            {"name": "growth_rate", "subject": LINE, "value": "0.6 1/h", "reason": "divisions within the test"},
            {"name": "basal_death_rate", "subject": "cell", "value": "0.1 1/h", "reason": "deaths among them"},
        ],
    }  # fmt: skip
    return scenario_from_dict(data | more)


def of_clones(setup: Setup, name: str) -> dict[int, set[float]]:
    """Founder -> the values that its living descendants have of a number."""
    tissue = setup.tissue
    contents = tissue.contents[0]
    values = contents.varying[contents.varied.index(f"tumour.{name}"), : contents.count]
    found: dict[int, set[float]] = {}
    for clone, value in zip(tissue.cells.clone[contents.owner[: contents.count]].tolist(), values.tolist(), strict=True):
        found.setdefault(clone, set()).add(value)
    return found


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**31 - 1), spread=st.floats(0.1, 1.0))
def test_a_clone_keeps_what_its_founder_was_given(catalog: Catalog, seed: int, spread: float) -> None:
    setup = set_up(scenario(spread, seed), catalog, 1)
    first = {name: of_clones(setup, name) for name in ("growth_rate", "ABCB1.copies")}
    assert all(len(values) == 1 for found in first.values() for values in found.values())
    assert len({next(iter(values)) for values in first["growth_rate"].values()}) == 30
    for _ in range(12):
        step(setup.tissue)
    assert setup.tissue.born > 3
    for name, found in first.items():
        now = of_clones(setup, name)
        assert now and all(values == found[clone] for clone, values in now.items())
    setup.tissue.slabs.close()


def test_faster_cells_have_the_more_descendants(catalog: Catalog) -> None:
    setup = set_up(scenario(0.8), catalog, 1)
    rate = {clone: next(iter(values)) for clone, values in of_clones(setup, "growth_rate").items()}
    for _ in range(25):
        step(setup.tissue)
    clones, sizes = np.unique(setup.tissue.cells.clone[setup.tissue.cells.living()], return_counts=True)
    size = dict(zip(clones.tolist(), sizes.tolist(), strict=True))
    middle = np.median(list(rate.values()))
    fast, slow = (np.mean([size.get(one, 0) for one in rate if (rate[one] > middle) == side]) for side in (True, False))
    assert fast > 1.2 * slow
    setup.tissue.slabs.close()


def test_a_number_that_an_arm_changes_keeps_every_cells_factor(catalog: Catalog) -> None:
    slow = {"name": "growth_rate", "subject": LINE, "value": "0.2 1/h", "reason": "the arm's own"}
    arms = [{"id": "as_grown", "role": "reference"}, {"id": "slow", "change": {"parameters": [slow]}}]
    whole = scenario(space={"grow": "0.5 h"}, arms=arms)
    trunk = grown_part(whole)
    assert trunk is not None
    grown = run_arm(trunk, catalog, "grown", "x", threads=1)
    factor = {clone: next(iter(values)) / 0.6 for clone, values in of_clones(grown.setup, "growth_rate").items()}
    for arm, one in expand_arms(whole):
        course = run_arm(one, catalog, arm.id, "x", threads=1, grown=grown)
        base = 0.2 if arm.id == "slow" else 0.6
        for clone, values in of_clones(course.setup, "growth_rate").items():
            for value in values:
                assert value == pytest.approx(base * factor[clone], rel=1e-12)


def test_a_line_that_never_divides_stays_as_many_cells_as_it_was(catalog: Catalog) -> None:
    numbers = [
        {"name": "growth_rate", "subject": LINE, "value": "0 1/h", "reason": "the null: no growth"},
        {"name": "basal_death_rate", "subject": "cell", "value": "0 1/h", "reason": "nor death"},
    ]
    setup = set_up(scenario(parameters=numbers), catalog, 1)
    tissue = setup.tissue
    before = tissue.cells.biomass.copy()
    for _ in range(5):
        step(tissue)
    np.testing.assert_allclose(tissue.cells.biomass, before, rtol=1e-12)  # and so no more cells, none of them NaN
    setup.tissue.slabs.close()
