"""`ask design`: candidates from a scenario, and what they are expected to tell."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.assembly.reader import load_scenario
from exoresist.catalog import Catalog
from exoresist.studies.design import foretold, judged, now, simulated
from exoresist.studies.design_candidates import candidates
from exoresist.studies.identify_bench import Bench, bench
from exoresist.studies.likelihood import Normal

pytestmark = pytest.mark.xdist_group("identify")  # on one worker: what they compile and prepare is made once


@pytest.fixture(scope="module")
def made() -> Bench:
    return bench(load_scenario("mcf7_doxorubicin"), Catalog.load())


def test_candidates_cover_the_kinds_that_a_laboratory_can_do(made: Bench) -> None:
    offered = candidates(made)
    kinds = {one.kind for one in offered}
    assert kinds >= {"repeat", "time", "readout", "release inhibitor", "uptake inhibitor", "ratio", "washout", "vesicle dose",
                     "vesicle-depleted"}  # fmt: skip
    assert len({one.id for one in offered}) == len(offered)
    assert all(one.wells == len(one.doses) * one.replicates and one.reason for one in offered)


def test_no_vesicle_crosses_the_tight_membrane(made: Bench) -> None:
    one = next(one for one in candidates(made) if one.kind == "vesicle-depleted")
    draws = made.draws(made.space.draw_kind("transfer", 6, 1, "tight"))
    off, _ = simulated(made, one, draws, 1)
    draws.z[:, made.space.place("transfer")] = -4.0
    without, _ = simulated(made, one, draws, 1)
    assert off == pytest.approx(without, rel=2e-3)


def test_readings_that_hold_the_share_tell_more_than_noise(made: Bench) -> None:
    generator = np.random.default_rng(2)
    share, weights = generator.random(200), np.full(200, 1.0 / 200)
    present = now(share, weights, generator.standard_normal((200, 3)))
    one = candidates(made)[0]
    noise = Normal(0.05, 0.05)
    telling = judged(one, (np.column_stack([1.0 + share, 2.0 - share]), noise), present, 1)
    silent = judged(one, (np.ones((200, 2)), noise), present, 1)
    assert telling.information > 0.5 and telling.realised > 0.3 and telling.undecided < silent.undecided
    assert silent.information < 0.05


def test_a_left_out_world_does_not_foretell_itself() -> None:
    generator = np.random.default_rng(3)
    share = generator.random(80)
    line = foretold(generator.standard_normal((80, 12)), share)
    assert np.corrcoef(line, share)[0, 1] < 0.35
