"""The number of threads changes no bit of a tissue whose cells have networks inside."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.assembly.reader import load_scenario
from exoresist.assembly.scenario import ParameterOverride
from exoresist.catalog import Catalog
from exoresist.numerics.slabs import SMALL
from exoresist.studies.tissue_setup import set_up
from exoresist.tissue.interior import SMALL_BLOCKS
from exoresist.tissue.run import state_hash, step


@pytest.fixture(scope="module")
def catalog():
    return Catalog.load()


def ended(catalog, threads: int, steps: int = 3) -> tuple[str, object]:
    """A tumour with work for several threads: blocks of cells in the networks, rows in mechanics, voxels in the fields."""
    scenario = load_scenario("tumour_resistant_corner")
    populations = tuple(one.model_copy(update={"count": n}) for one, n in zip(scenario.populations, (3300.0, 900.0), strict=True))
    space = scenario.arena.space.model_copy(update={"size": 640.0, "oxygen": 10.0, "motion_step": 0.01, "network_step": 0.1})
    arena = scenario.arena.model_copy(update={"space": space})
    dying = ParameterOverride(name="basal_death_rate", subject="cell", value="0.05 1/h", reason="some deaths in three steps")
    changed = {"populations": populations, "arena": arena, "parameters": (dying,)}
    tissue = set_up(scenario.model_copy(update=changed), catalog, threads).tissue
    drug = tissue.medium.names.index("medium.doxorubicin")
    tissue.medium.amounts[drug] += 500.0 * tissue.medium.voxel_ml
    tissue.medium.hold("medium.doxorubicin", 500.0)
    for _ in range(steps):
        step(tissue)
    found = state_hash(tissue)
    tissue.slabs.close()
    return found, tissue


def test_same_bits_on_one_two_and_four_threads(catalog):
    first, tissue = ended(catalog, 1)
    # There must be work to share out, or one thread would have done it all.
    assert len(tissue.cells) > SMALL
    assert max(contents.count for contents in tissue.contents.values()) > 64 * SMALL_BLOCKS
    assert tissue.medium.amounts.size > 30_000
    assert tissue.born > 0 and np.any(tissue.cells.state != 0)
    assert ended(catalog, 2)[0] == first
    assert ended(catalog, 4)[0] == first


def test_more_time_gives_other_bits(catalog):
    assert ended(catalog, 2, steps=1)[0] != ended(catalog, 2, steps=2)[0]
