"""The distribution of dose gaps and what it rests on, from made-up results."""

from __future__ import annotations

import pytest

from exoresist.catalog import Catalog
from exoresist.studies.claim_gaps import control_counts, gap_row, gap_summary, prior_rows
from exoresist.studies.claim_result import ClaimResult
from exoresist.studies.claim_runs import recorded_counts
from exoresist.studies.claim_score import likely_reason

COPIES, UPTAKE, OWN = "copies_per_vesicle (cargo_type:miRNA)", "uptake_clearance (cell)", "endogenous_copies (cargo_type:miRNA)"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture
def results(catalog):
    claims = catalog.records("claims")

    def made(place, gap, draws, **more):
        return ClaimResult(
            claims[place], direction="resistance", effect=0.1, carried=True, dose_gap=gap, dose_gap_low=gap / 20.0,
            dose_gap_high=gap * 20.0, gap_draws=draws,
            priors={COPIES: [gap * 10.0, gap / 10.0], UPTAKE: [gap * 100.0, gap / 100.0], OWN: [gap, gap * 2.0]}, **more,
        )  # fmt: skip

    return [
        made(0, 0.5, [0.5, 5.0, 50.0]),
        made(1, 50.0, [50.0, 500.0, 5000.0], controls={"rescue": {"effect": 0.0, "of": 0.1, "passed": True, "why": ""}}),
        made(2, 5e4, [5e4, 5e5, 5e6], controls={"rescue": {"effect": 0.1, "of": 0.1, "passed": False, "why": ""}}),
        ClaimResult(claims[3], reason="no known action of X on a cell in a dish"),
        ClaimResult(claims[4], reason="no known action of Y on a cell in a dish"),
    ]


def test_counts_by_how_far_the_vesicles_fall_short():
    row = gap_row("miRNA", [0.5, 1.0, 10.0, 999.0, 1001.0, None], [0.1, 0.2, 2.0, None, 500.0, None])
    assert (row["met"], row["to_10"], row["to_1000"], row["beyond"], row["none"], row["may_be_met"]) == (2, 1, 1, 1, 1, 2)


def test_counts_over_the_draws(results, catalog):
    within = gap_summary(results, catalog)["within"]
    assert within["met"]["value"] == 1 and within["within_10"]["value"] == 1 and within["within_1000"]["value"] == 2
    assert within["met"]["low"] == 0 and within["within_1000"]["high"] == 2


def test_the_prior_that_moves_the_gaps_most_comes_first(results, catalog):
    rows = prior_rows(results[:3], catalog)
    assert [row["prior"] for row in rows] == ["uptake_clearance", "copies_per_vesicle", "endogenous_copies"]
    assert rows[0]["decades"] == pytest.approx(4.0) and rows[1]["decades"] == pytest.approx(2.0)
    assert rows[0]["share"] == pytest.approx(16.0 / (16.0 + 4.0 + 0.0906), rel=1e-3)
    assert sum(row["share"] for row in rows) == pytest.approx(1.0)
    # At the high end of uptake the gaps are 0.005, 0.5 and 500; at the low end 50, 5000 and 5e6.
    assert rows[0]["high"] == {"met": 2, "within_10": 2, "within_1000": 3}
    assert rows[0]["low"] == {"met": 0, "within_10": 0, "within_1000": 1}


def test_a_prior_at_whose_end_nothing_helps_counts_as_missed(results, catalog):
    results[0].priors[UPTAKE][0] = None
    assert prior_rows(results[:3], catalog)[0]["low"]["within_1000"] == 0


def test_controls_and_reasons_are_counted(results):
    assert control_counts(results)["rescue"] == {"passed": 1, "failed": 1, "not_applicable": 0}
    assert recorded_counts(results) == {"no known action of the chain's end on a cell in a dish": 2}


def test_the_reason_of_a_disagreement_is_taken_from_the_tables(catalog):
    """The end of the chain is reported to act one way, and the catalogue holds the other."""
    claim = catalog.claim("circ_fbxw7_oxaliplatin_t1_seed001_5")
    against = ClaimResult(claim, direction="resistance", effect=0.1, action="X lowers tolerance through TP53", action_sign=-1)
    assert likely_reason(against).startswith("reported to act for resistance, but in the catalogue X lowers tolerance")
    either = ClaimResult(claim, direction="resistance", effect=0.1, action="X raises growth", action_sign=0)
    assert "either way" in likely_reason(either)
    same = ClaimResult(claim, direction="resistance", effect=0.1, action="X raises tolerance", action_sign=1)
    assert "not one-sided" in likely_reason(same)
    failed = {"knock_down": {"effect": 0.1, "of": 0.1, "passed": False, "why": ""}}
    assert "knock down failed" in likely_reason(
        ClaimResult(claim, direction="none", effect=0.1, action="X raises growth", controls=failed)
    )
