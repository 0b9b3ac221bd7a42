"""Claims run clamped and delivered: directions from hubs, controls, the dose gap, gains, resuming and the score."""

from __future__ import annotations

import dataclasses
import json
import shutil
from importlib.resources import files

import numpy as np
import pytest

from exoresist.assembly.axes import Chains
from exoresist.assembly.build import build
from exoresist.assembly.claim import Recorded, Runnable, dish_scenario, wire
from exoresist.catalog import Catalog
from exoresist.studies.claim_effects import SMALLEST_EFFECT, clamped_effects, fold_of, potency
from exoresist.studies.claim_runs import FILE, axis_rows, run_claims
from exoresist.studies.claim_score import score
from exoresist.studies.claims import run_claim

SPONGE = "circ0005963_oxaliplatin_seed003_77"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture(scope="module")
def sponge(catalog):
    return run_claim(catalog.claim(SPONGE), catalog)


def test_sponge_raises_resistance_and_its_controls_hold(sponge):
    assert sponge.direction == "resistance" == sponge.claim.reported_direction
    assert sponge.effect > SMALLEST_EFFECT
    assert sponge.knock_down < 0.0
    assert abs(sponge.target_deleted) < 1e-9
    assert sponge.hub == "glycolysis"


def test_sponge_has_a_dose_gap_with_an_interval(sponge):
    assert sponge.dose_gap_low < sponge.dose_gap < sponge.dose_gap_high
    assert sponge.dose_gap > 1.0
    # Delivered, the effect is smaller than clamped by about the gap.
    assert 0.0 < sponge.delivered_effect < sponge.effect


def test_pump_does_not_carry_what_it_does_not_carry(catalog):
    pump = catalog.claim("abcb1_doxorubicin_t2_seed001_1")
    assert run_claim(pump, catalog, draws=2).direction == "resistance"
    other = dataclasses.replace(pump, drugs=("cisplatin",), path="ABCB1 -> drug_efflux -> resistance(cisplatin)")
    found = run_claim(other, catalog, draws=2)
    assert found.direction == "none"


def test_reported_direction_is_not_an_input(catalog, sponge):
    reversed_claim = dataclasses.replace(
        sponge.claim, reported_direction="sensitivity", path=sponge.claim.path.replace("-> resistance", "-> sensitivity")
    )
    found = run_claim(reversed_claim, catalog, draws=2)
    assert found.direction == "resistance"
    assert found.effect == sponge.effect


def test_claims_that_cannot_run_say_why(catalog):
    reasons = {type(wired).__name__: wired for wired in (wire(claim, catalog) for claim in catalog.records("claims"))}
    assert set(reasons) == {"Runnable", "Recorded"}
    for claim in catalog.records("claims"):
        wired = wire(claim, catalog)
        if isinstance(wired, Recorded):
            assert wired.reason


@pytest.mark.parametrize("hub", ["glycolysis", "AKT"])
def test_turning_one_hub_flips_exactly_its_dependants(catalog, tmp_path, hub):
    """Every claim that runs, clamped: those that end in the hub change sign, all others keep their number."""
    shutil.copytree(str(files("exoresist.catalog") / "tables"), tmp_path / "tables")
    path = tmp_path / "tables" / "hubs.tsv"
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    for cells in lines:
        if cells[0] == hub:
            cells[3] = "-1" if cells[3] == "1" else "1"
    path.write_text("\n".join("\t".join(cells) for cells in lines) + "\n")
    other = Catalog.load(tmp_path / "tables")
    flipped = kept = 0
    for claim in catalog.records("claims"):
        before, after = (wire(claim, one) for one in (catalog, other))
        if not isinstance(before, Runnable):
            assert not isinstance(after, Runnable)
            continue
        dose, folds = potency(catalog, before.surrogate), np.array([1.0, fold_of(before)])
        if before.hub != hub and kept >= 40:
            continue
        was, now = (float(clamped_effects(one, dose, folds, {}, 1)[0, 1]) for one in (before, after))
        if before.hub == hub:
            assert np.sign(was) == -np.sign(now) != 0.0, claim.id
            flipped += 1
        else:
            assert was == now, claim.id
            kept += 1
    assert flipped >= 3 and kept >= 40


def test_small_signal_gain_is_the_product_of_the_edges_gains(catalog):
    """d ln(last) / d ln(head) = product of (1 - 1/most), signed, for a chain of normalised terms at baseline."""
    chain = Chains(starts={"alpha"})
    signs = (1, -1, 1)
    for (source, target), sign in zip((("alpha", "beta"), ("beta", "gamma"), ("gamma", "delta")), signs, strict=True):
        chain.add(source, target, sign)
    dish = dish_scenario("small_signal", "doxorubicin")
    model = build(dish, catalog, chains=chain)
    step = 1e-4
    raised = np.array([np.exp(-step), np.exp(step)])
    run = model.network.simulate(
        [0.0, 200.0], initial={**model.start(), "recipient.alpha": raised}, events=model.events(), relative=1e-11
    )
    levels = np.log(run.amount("recipient.delta")[-1])
    gain = (levels[1] - levels[0]) / (2.0 * step)
    most = catalog.parameter("hub_hub", "edge_class").value
    assert gain == pytest.approx(np.prod(signs) * (1.0 - 1.0 / most) ** 3, rel=1e-4)


def test_runs_resume_from_their_file(catalog, tmp_path):
    names = [SPONGE, "abcb1_doxorubicin_t2_seed001_1"]
    first = run_claims(catalog, names, tmp_path)
    path = tmp_path / FILE
    lines = path.read_text().splitlines()
    assert len(lines) == 2
    path.write_text(lines[0] + "\n" + lines[1][:40])  # stopped in the middle of a line
    again = run_claims(catalog, names, tmp_path)
    assert [result.effect for result in again] == [result.effect for result in first]
    kept = [json.loads(line)["id"] for line in path.read_text().splitlines() if line.endswith("}")]
    assert kept == names


def test_rows_hold_the_agreed_columns(sponge, catalog):
    recorded = run_claim(next(c for c in catalog.records("claims") if c.reported_direction == "none"), catalog)
    rows = axis_rows([sponge, recorded])
    wanted = (
        "id seed locator reference cancer donor recipient drugs cargo cargo_type path reported_direction simulated_direction effect "
        "dose_gap dose_gap_low dose_gap_high flags"
    ).split()
    for row in rows:
        assert set(wanted) <= set(row)
    assert rows[0]["simulated_direction"] == "resistance"
    assert rows[1]["dose_gap"] == "" and rows[1]["not_run_because"]


def test_score_of_right_constant_and_random_answers(sponge):
    resisting = [dataclasses.replace(sponge, direction="resistance") for _ in range(30)]
    sensitising_claim = dataclasses.replace(sponge.claim, reported_direction="sensitivity")
    sensitising = [dataclasses.replace(sponge, claim=sensitising_claim, direction="sensitivity") for _ in range(10)]
    right = score([*resisting, *sensitising])
    assert right.balanced_accuracy == 1.0
    assert right.constant == 0.5
    assert right.permuted_mean == pytest.approx(0.5, abs=0.03)
    constant = score([*resisting, *(dataclasses.replace(one, direction="resistance") for one in sensitising)])
    assert constant.balanced_accuracy == 0.5
    assert len(constant.disagreements) == 10
    assumed = dataclasses.replace(sponge, claim=dataclasses.replace(sponge.claim, assumed_link="yes"))
    assert score([assumed, *resisting]).left_out == {"its last link is assumed": 1}


def test_table_rows_are_all_there(catalog):
    """128 of 128: 85 and 11 rows of document 001, 32 of document 003, each once, every cell filled."""
    claims = catalog.records("claims")
    for seed, table, count in (("001", "Table 1", 85), ("001", "Table 2", 11), ("003", "Table 1", 32)):
        rows = [claim for claim in claims if claim.seed == seed and claim.locator.startswith(table)]
        numbers = sorted(int(claim.locator.split("row ")[1].split(" ")[0]) for claim in rows)
        assert numbers == list(range(1, count + 1))
    for claim in claims:
        assert all(getattr(claim, field.name) not in ("", ()) for field in dataclasses.fields(claim))
