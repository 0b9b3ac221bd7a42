"""Treatments that take a claim's effect away: who is treated, the order, ties, and what applies where."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.assembly.claim import Runnable, wire
from exoresist.assembly.claim_bench import TREATED, applies, bench
from exoresist.catalog import Catalog
from exoresist.catalog.check import METABOLIC_PROCESSES
from exoresist.studies.claim_effects import potency
from exoresist.studies.claim_interventions import ranked, with_ranks

SPONGE = "circ0005963_oxaliplatin_seed003_77"
PUMP = "abcb1_doxorubicin_t2_seed001_1"
MIRNA = "mir_103a_3p_cisplatin_wang21"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


def wired(catalog, name) -> Runnable:
    found = wire(catalog.claim(name), catalog)
    assert isinstance(found, Runnable)
    return found


@pytest.fixture(scope="module")
def shares(catalog):
    """Share by treatment, for a pump at the load of its dose gap."""
    one = wired(catalog, PUMP)
    rows = ranked(bench(one, catalog), potency(catalog, one.surrogate), np.full(5, 3e4), 0.03)
    return {row["id"]: row for row in rows}


def test_every_treatment_of_the_catalogue_has_someone_to_treat(catalog):
    elsewhere = {*METABOLIC_PROCESSES, "factor_secretion", "factor_clearance", "naked_decay", "sprouting"}  # where no bench is
    assert all(record.target_process in elsewhere.union(TREATED) for record in catalog.records("interventions"))


def test_what_applies_follows_the_chain(catalog):
    def of(name):
        return {record.id for record in catalog.records("interventions") if applies(record, wired(catalog, name), catalog)}

    pump, sponge, mirna = of(PUMP), of(SPONGE), of(MIRNA)
    assert {"verapamil", "cargo_sirna_vesicles", "gw4869", "dynasore"} <= pump and "mirna_mimic" not in pump
    assert {"mirna_mimic", "cargo_silencing", "rab27a_knockdown"} <= sponge and not {"verapamil", "antimir"} & sponge
    assert "antimir" in mirna and "mirna_mimic" not in mirna
    nothing_carried = of("cargo_detoxification_seed001_1")
    assert not nothing_carried & (pump | sponge | mirna)


def test_shares_follow_what_is_known_of_each_treatment(catalog, shares):
    """Release inhibitors take about their own share of release, and one uptake route no more than its part of uptake."""

    def most(name):
        return catalog.parameter("max_effect", f"intervention:{name}").value

    assert 0.5 * most("rab27a_knockdown") < shares["rab27a_knockdown"]["share"] <= most("rab27a_knockdown")
    assert 0.0 < shares["gw4869"]["share"] < most("gw4869")
    part = catalog.parameter("uptake_share_clathrin", "cell").value
    assert (
        0.1 < shares["dynasore"]["share"] < most("dynasore") * part
    )  # fusion, which it spares, delivers more of what it takes up
    assert shares["verapamil"]["share"] > shares["rab27a_knockdown"]["share"]
    for row in shares.values():
        assert row["low"] <= row["share"] <= row["high"]


def test_equal_treatments_are_named_as_ties(shares):
    assert shares["omeprazole"]["rank"] == shares["lansoprazole"]["rank"] == shares["rab27a_knockdown"]["rank"]
    assert set(shares["omeprazole"]["tied"]) == {"lansoprazole", "rab27a_knockdown"}


def test_without_the_cargo_there_is_nothing_to_take(catalog):
    """At the donors' usual content the effect is so small that a rank would mean nothing; the load makes it half of the clamped one."""
    one = wired(catalog, SPONGE)
    assert ranked(bench(one, catalog), potency(catalog, one.surrogate), np.full(3, np.nan), 1e-4) == []


def test_ranks_of_made_up_shares():
    rows = [{"id": name, "share": share} for name, share in (("a", 0.005), ("b", 0.8), ("c", 0.79), ("d", 0.5), ("e", -0.3))]
    found = {row["id"]: row for row in with_ranks(rows)}
    assert [found[name]["rank"] for name in "bcdae"] == [1, 1, 3, None, None]
    assert found["b"]["tied"] == ["c"] and found["d"]["tied"] == []


def test_silencing_the_cargo_and_blocking_the_mirna_take_part_of_the_effect(catalog):
    """Sign of the two treatments of the cargo itself: both take some, neither all, and neither acts without the cargo."""
    one = wired(catalog, MIRNA)
    rows = {row["id"]: row for row in ranked(bench(one, catalog), potency(catalog, one.surrogate), np.full(2, 2e5), 0.05)}
    for name in ("antimir", "cargo_silencing"):
        assert 0.05 < rows[name]["share"] < 1.0, name
        assert rows[name]["how"] == "blocks"
    assert rows["antimir"]["rank"] == 1
