"""`ask identify`: rivals as mechanisms, the share, emulator and intervals, and worlds whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.build import build
from exoresist.assembly.reader import load_scenario
from exoresist.assembly.rivals import UNNAMED, priors, strength, with_rivals
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.errors import InputError
from exoresist.studies.emulator import learn
from exoresist.studies.identify import BOUNDED, CANNOT_TELL, IDENTIFIED, centre, expected_verdicts, holds, verdict
from exoresist.studies.identify_bench import Bench, bench, protection
from exoresist.studies.identify_posterior import central, posterior, summaries, weighted_quantiles
from exoresist.studies.identify_readings import planned, predicted
from exoresist.studies.identify_space import Space
from exoresist.studies.identify_worlds import Worlds, all_kinds, kinds, run_worlds, transfer_share

pytestmark = pytest.mark.xdist_group("identify")  # on one worker: what they compile and prepare is made once

DONORS = frozenset({"mcf7_resistant"})


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture(scope="module")
def small() -> Scenario:
    """The bundled co-culture with five doses."""
    scenario = load_scenario("mcf7_doxorubicin")
    assay = scenario.assay.model_copy(update={"doses": (0.0, 5.0, 15.0, 45.0, 135.0, 400.0)})
    return scenario.model_copy(update={"assay": assay})


@pytest.fixture(scope="module")
def made(small: Scenario, catalog: Catalog) -> Bench:
    return bench(small, catalog)


@pytest.fixture(scope="module")
def bank(made: Bench) -> Worlds:
    return run_worlds(made, made.space.draw(260, 1, "bank"))


def survivors(scenario: Scenario, catalog: Catalog, dose: float = 40.0, **values: float) -> float:
    model = with_rivals(scenario, catalog, DONORS)
    given = {strength(name.removeprefix("rival_")) if name.startswith("rival_") else name.replace("__", "."): value
             for name, value in values.items()}  # fmt: skip
    run = culture(model, [0.0, scenario.duration], values=given, doses={"doxorubicin": dose})
    return float(run.amount(model.recipients().cells)[-1, 0])


def co_culture(small: Scenario) -> Scenario:
    return dict((arm.id, one) for arm, one in expand_arms(small))["co_culture"]


def test_without_strength_a_model_with_rivals_is_the_model_without(small: Scenario, catalog: Catalog) -> None:
    for arm, one in expand_arms(small):
        plain, wired = build(one, catalog), with_rivals(one, catalog, DONORS)
        before, after = (culture(model, [0.0, 72.0], relative=1e-8) for model in (plain, wired))
        cells = plain.recipients().cells
        assert after.amount(cells)[-1] == pytest.approx(before.amount(cells)[-1], rel=1e-5), arm.id
        assert max(after.conservation().values()) < 1e-6


@pytest.mark.parametrize(
    ("rival", "value"), [("transfer", 50.0), ("soluble", 5000.0), ("sink", 1e-7), ("decoy", 1e-9)], ids=lambda value: str(value)
)
def test_every_rival_protects_from_the_drug_and_does_nothing_without_donors(
    small: Scenario, catalog: Catalog, rival: str, value: float
) -> None:
    together = co_culture(small)
    alone = dict((arm.id, one) for arm, one in expand_arms(small))["recipients_alone"]
    strong = {f"rival_{rival}": value}
    assert survivors(together, catalog, **strong) > 1.05 * survivors(together, catalog)
    assert survivors(alone, catalog, **strong) == pytest.approx(survivors(alone, catalog), rel=1e-4)


def test_growth_beside_donors_acts_without_any_drug(small: Scenario, catalog: Catalog) -> None:
    together = co_culture(small)
    assert survivors(together, catalog, 0.0, rival_growth=1.1) > 1.05 * survivors(together, catalog, 0.0, rival_growth=1.0)


def test_only_transfer_needs_delivery(small: Scenario, catalog: Catalog) -> None:
    together = co_culture(small)
    off = {"recipient__delivered_fraction": 0.0}
    none = survivors(together, catalog, **off)
    assert survivors(together, catalog, rival_transfer=50.0, **off) == pytest.approx(none, rel=1e-3)
    assert survivors(together, catalog, rival_soluble=5000.0, **off) > 1.05 * none


def test_recipients_hold_no_unnamed_cargo_of_their_own(small: Scenario, catalog: Catalog) -> None:
    model = with_rivals(co_culture(small), catalog, DONORS)
    run = culture(model, np.linspace(0.0, 72.0, 5), doses={"doxorubicin": 0.0})
    held = run.value(f"recipient.{UNNAMED}_per_cell")[:, 0]
    assert held[0] < 1e-6 and np.all(np.diff(held) > 0.0)


def test_what_is_expected_of_rivals_are_assumed_rows_of_the_catalogue(catalog: Catalog) -> None:
    """A row that is changed changes the worlds; all of them say that they are assumed and have a range."""
    rows = [row for row in catalog.parameters() if row.subject == "rival" or row.name == "potency_spread"]
    assert len(rows) == 8 and all(row.kind == "assumed" and row.low < row.value < row.high and row.note for row in rows)
    found = priors(catalog)
    scores = np.array([[-9.0], [0.0], [9.0]])
    assert Space((), ("sink",), False, found).strengths(scores)["sink"] == pytest.approx([1e-4, 0.02, 4.0])
    strengths = catalog.parameter("rival_strength", "rival")
    other = priors(catalog.with_parameters([replace(strengths, low=1e-3, value=0.1, high=10.0)]))
    assert Space((), ("sink",), False, other).strengths(scores)["sink"] == pytest.approx([1e-3, 0.1, 10.0])


def test_the_share_is_one_less_the_effect_without_delivery() -> None:
    transfer, rest = np.array([0.3, 0.0, 0.6, -0.3, 1e-4]), np.array([0.3, 0.5, 0.0, 0.3, 1e-4])
    assert transfer_share(transfer, rest) == pytest.approx([0.5, 0.0, 1.0, -0.5, 1e-4 / np.log(1.1)])


def test_protection_of_a_shifted_curve_is_the_ln_of_the_fold() -> None:
    doses = np.concatenate([[0.0], np.geomspace(0.01, 1e4, 60)])

    def curve(half: float) -> np.ndarray:
        return (1.0 / (1.0 + (doses / half) ** 2))[None, :, None] * 500.0

    assert float((protection(curve(20.0), doses) - protection(curve(10.0), doses))[0]) == pytest.approx(np.log(2.0), rel=1e-3)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(0.4, 0.6, IDENTIFIED), (0.0, 0.1, IDENTIFIED), (0.0, 0.3, BOUNDED), (0.2, 0.9, BOUNDED), (0.0, 0.8, CANNOT_TELL),
     (0.02, 0.36, CANNOT_TELL), (-0.6, -0.4, IDENTIFIED)],
)  # fmt: skip
def test_verdicts(low: float, high: float, word: str) -> None:
    assert verdict(low, high) == word


def test_intervals_hold_their_weight_and_a_hundredth_is_none() -> None:
    generator = np.random.default_rng(0)
    values, weights = generator.random(4000), generator.random(4000)
    low, high = central(values, weights / weights.sum())
    inside = weights[(values >= low) & (values <= high)].sum() / weights.sum()
    assert inside == pytest.approx(0.9, abs=0.01)
    assert central(np.array([0.002, 0.003, 0.4]), np.full(3, 1.0 / 3.0))[0] == 0.0
    assert weighted_quantiles(np.array([3.0, 1.0, 2.0]), np.array([0.0, 0.5, 0.5]), [0.1, 0.9]) == [1.0, 2.0]


def test_the_emulator_learns_what_is_smooth_and_knows_its_error() -> None:
    generator = np.random.default_rng(1)
    x = generator.standard_normal((300, 6))

    def truth(x: np.ndarray) -> np.ndarray:
        return np.column_stack([10.0 * np.tanh(x[:, 0]) + 3.0 * x[:, 1], 5.0 * x[:, 0] * x[:, 1]])

    model = learn(x, truth(x))
    fresh = generator.standard_normal((200, 6))
    values, variances = model.predict(fresh)
    error = values - truth(fresh)
    assert np.sqrt(np.mean(error**2)) < 0.15 * truth(fresh).std()
    assert 0.2 < np.mean(error**2 / variances) < 5.0
    assert model.left_out.shape == (300, 2) and not np.allclose(model.left_out, truth(x))


def test_the_emulator_of_what_never_differs_is_flat() -> None:
    x = np.random.default_rng(2).standard_normal((40, 3))
    values, _ = learn(x, np.full((40, 2), 7.0)).predict(x[:5])
    assert values == pytest.approx(np.full((5, 2), 7.0))


def test_arms_that_no_laboratory_can_do_are_left_out(made: Bench) -> None:
    assert set(made.left_out) == {"donors_alone", "no_delivery"}
    assert (made.of, made.against) == ("co_culture", "recipients_alone")
    assert made.lines == DONORS


def test_the_reference_arm_is_half_killed_at_the_same_dose_in_every_world(made: Bench) -> None:
    assert made.dose_half is not None
    draws = made.draws(made.space.draw(20, 3, "half"))
    draws.potency = np.ones(20)
    cells = made.cells(made.arms[made.against], draws, (0.0, made.dose_half), made.times)[:, :, -1]
    assert cells[:, 1] / cells[:, 0] == pytest.approx(np.full(20, 0.5), abs=0.02)


def test_kinds_drawn_are_of_that_kind(made: Bench) -> None:
    for kind in all_kinds(made.space)[:6]:
        assert set(kinds(made.space, made.space.draw_kind(kind, 50, 4, kind))) == {kind}


def test_the_centre_holds_no_rival(made: Bench) -> None:
    world = centre(made)
    assert abs(float(world.share[0])) < 0.05


def test_same_seed_same_bits(made: Bench, bank: Worlds) -> None:
    again = run_worlds(made, made.space.draw(260, 1, "bank"))
    read = planned(made)
    first, second = (summaries(made, read, one, 7) for one in (bank, again))
    observed = read.drawn(predicted(made, read.conditions, bank.cells)[0], 1, "x").observed
    assert observed is not None
    assert np.array_equal(posterior(first, bank, observed).weights, posterior(second, again, observed).weights)


def test_worlds_of_known_truth(made: Bench, bank: Worlds) -> None:
    """The reduced form of verification/identify_worlds.py: coverage over the prior, and transfer raises what is said of it."""
    read = planned(made)
    told = summaries(made, read, bank, 1)
    truth = run_worlds(made, made.space.draw(60, 11, "any"))
    means = predicted(made, read.conditions, truth.cells)
    covered, said = [], []
    for index, share in enumerate(truth.share):
        observed = read.drawn(means[index], 11, index).observed
        assert observed is not None
        after = posterior(told, bank, observed)
        low, high = after.interval
        covered.append(low - 1e-9 <= share <= high + 1e-9)
        said.append(after.weights @ bank.share)
    assert np.mean(covered) >= 0.8
    high = truth.share > 0.5
    assert np.mean(np.array(said)[high]) > np.mean(np.array(said)[truth.share < 0.05])


def test_shares_are_covered_whatever_they_are(made: Bench, bank: Worlds) -> None:
    """Readings of a design that tells little must not rule out what the prior holds to be rare."""
    told = summaries(made, planned(made), bank, 1)
    left = told.intervals(told.emulator.left_out)
    inside = (left[:, 0] <= bank.share) & (bank.share <= left[:, 1])
    for low, high in ((-1.0, 0.1), (0.1, 0.4), (0.4, 1.01)):
        assert inside[(bank.share >= low) & (bank.share < high)].mean() >= 0.8, low
    rows = {row["world"]: row for row in expected_verdicts(made, told, bank)}
    words = [verdict(*each) for each in left]
    assert rows["any"]["cannot_tell"] == pytest.approx(np.mean([word == CANNOT_TELL for word in words]))
    said = [holds(*each, share) for each, share, word in zip(left, bank.share, words, strict=True) if word != CANNOT_TELL]
    assert rows["any"]["right"] == pytest.approx(np.mean(said))


def test_a_verdict_holds_where_what_it_says_is_true() -> None:
    assert holds(0.2, 0.4, 0.3) and not holds(0.2, 0.4, 0.5)  # identified
    assert holds(0.2, 0.9, 0.95) and not holds(0.2, 0.9, 0.1)  # at least a fifth
    assert holds(-0.5, 0.2, 0.0) and not holds(-0.5, 0.2, 0.3)  # at most a fifth
    assert holds(0.0, 0.9, 0.5) and not holds(0.0, 0.9, 0.95)


def test_a_scenario_without_donors_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InputError, match="add_back"):
        bench(load_scenario("pgp_add_back"), catalog)
    scenario = load_scenario("mcf7_doxorubicin")
    with pytest.raises(InputError, match="differ by donors"):
        bench(scenario.model_copy(update={"arms": scenario.arms[:1], "comparison": None}), catalog)


def test_noise_of_a_mean_does_not_vanish_with_wells(made: Bench) -> None:
    read = planned(made)
    many = replace(read, conditions=tuple(replace(one, wells=10_000) for one in read.conditions))
    mean = np.full(len(read.conditions), 1000.0)
    assert np.all(many.noise().deviation(mean) > 0.049 * mean)
    assert read.unscaled(read.scaled(mean)) == pytest.approx(mean)
