"""Claims whose end has no action in the catalogue: they run on their own last link, say so, and do not count in the score."""

from __future__ import annotations

import pytest

from exoresist.assembly.claim import Recorded, wire
from exoresist.catalog import Catalog
from exoresist.studies.claim_runs import axis_rows
from exoresist.studies.claim_score import why_left_out
from exoresist.studies.claims import run_claim


@pytest.fixture(scope="module")
def catalog():
    return Catalog.load()


@pytest.fixture(scope="module")
def ran(catalog):
    return {
        name: run_claim(catalog.claim(name), catalog, draws=1)
        for name in ("circ_103801_cisplatin_t1_seed001_66", "circ_g004213_cisplatin_t1_seed001_50")
    }


def test_they_run_the_way_their_last_link_says_and_are_left_out(ran):
    for result in ran.values():
        assert result.ran and result.assumed and result.direction == result.claim.reported_direction
        assert why_left_out(result) == "its last link is assumed"
        assert result.controls["wrong_drug"]["passed"] is None and result.controls["target_deleted"]["passed"]
        assert "assumed" in result.action
        assert "assumed_action" in axis_rows([result])[0]["flags"]


def test_no_claim_with_a_known_action_is_assumed(catalog):
    assumed = [claim.id for claim in catalog.records("claims") if getattr(wire(claim, catalog), "assumed", False)]
    assert len(assumed) == 43


def test_what_stays_recorded_has_another_reason(catalog):
    reasons = {found.reason for claim in catalog.records("claims") if isinstance(found := wire(claim, catalog), Recorded)}
    assert all("no drug phenotype" in reason or "is modelled as a surface antibody" in reason for reason in reasons), reasons
