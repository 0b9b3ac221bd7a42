"""The answer in words: numbers, what may be said of an interval, and when no need or gap may be named."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.studies import wording
from exoresist.studies.answer import Answer, Estimate
from exoresist.studies.provenance import law_units
from exoresist.studies.titration import (
    BEYOND,
    INSIDE_TESTED,
    LEVELS_OFF,
    NO_AIM,
    NO_EFFECT,
    OPPOSITE,
    UNKNOWN,
    Titration,
    vesicles_for,
)
from exoresist.studies.titration_part import alike_sentence, fill_gap, fill_rows

NUMBERS = np.array([1e2, 1e4, 1e6])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (0.00421, "0.00421"), (24.1, "24.1"), (5.0, "5"), (33_674.0, "33,700"), (460_652.0, "461,000"),
        (3.2e8, "3.2 x 10^8"), (1e7, "1 x 10^7"), (1.5e-4, "1.5 x 10^-4"), (-1200.0, "-1,200"), (999_999.0, "1 x 10^6"),
        (None, "not available"), (float("nan"), "not available"),
    ],
)  # fmt: skip
def test_numbers(value, text):
    assert wording.show(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.00033, "1.0003"), (1.0, "1"), (1.0 + 5e-7, "1"), (1.266, "1.27"), (5.04, "5.04"), (31.77, "31.8")],
)
def test_ratios_carry_the_digits_that_tell_them_from_one(value, text):
    assert wording.show_ratio(value) == text


def test_intervals():
    assert wording.interval(Estimate(1.00033, 1.0000004, 1.026), wording.show_ratio) == "1.0003 (90 % interval 1.00 to 1.03)"
    assert wording.interval(Estimate(5.042, 5.0401, 5.0449), wording.show_ratio) == "5.04"
    assert wording.interval(Estimate(33_674.0, 6244.0, 460_652.0), named=False) == "33,700 (6,240 to 461,000)"
    assert wording.interval(Estimate(None)) == "not available"


@pytest.mark.parametrize(("share", "text"), [(0.89, "89 %"), (0.0004, "0.04 %"), (1.0, "100 %"), (0.998, "99.8 %"), (0.0, "0 %")])
def test_per_cent(share, text):
    assert wording.percent(share) == text


@pytest.mark.parametrize(
    ("value", "low", "high", "which", "said"),
    [
        (1.0, 1.0, 1.0, wording.NONE, "No effect"),
        (1.0003, 1.0000004, 1.026, wording.PRACTICALLY_NONE, "Practically no effect"),
        (1.05, 0.95, 1.09, wording.PRACTICALLY_NONE, "Practically no effect"),
        (1.4, 1.16, 2.0, wording.DIRECTED, "The direction is settled: the whole interval lies above 1."),
        (1.4, 1.02, 2.0, wording.DIRECTED, "a plate assay would not see its near end"),
        (0.7, 0.5, 0.8, wording.DIRECTED, "the whole interval lies below 1."),
        (1.02, 1.00001, 1.19, wording.AT_THE_END, "except at the top of the range (1.19)"),
        (0.99, 0.74, 1.0007, wording.AT_THE_END, "except at the bottom of the range (0.74)"),
        (1.27, 1.0007, 5.01, wording.FROM_NONE, "from practically no effect to 5.01"),
        (1.1, 0.95, 1.48, wording.OPEN, "The direction is not settled"),
    ],
)
def test_what_an_interval_allows_to_say(value, low, high, which, said):
    shift = Estimate(value, low, high)
    nowhere = which == wording.NONE
    assert wording.verdict(shift, nowhere) == which
    text = wording.shift_sentence(shift, "A", "B", "doxorubicin", "recipient cells (MCF-7)", nowhere)
    assert said in text and "excludes no effect" not in text and "1e-" not in text


def test_no_effect_is_said_only_of_every_draw_and_names_its_cause():
    flat = Estimate(1.0, 1.0, 1.0)
    assert wording.verdict(flat, nowhere=False) == wording.PRACTICALLY_NONE
    text = wording.shift_sentence(flat, "A", "B", "doxorubicin", "recipient cells", nowhere=True, delivery_off=True)
    assert "elivery is switched off" in text
    assert "makes no difference" in wording.control_sentence("A", flat, "B", nowhere=True)


def needed(*effects: float, aim: float = 2.0) -> tuple[float, str]:
    """Need and outcome of one set with these effects (fold less one) at NUMBERS."""
    number, outcome = vesicles_for(NUMBERS, 1.0 + np.array([effects]).T, np.array([1.0 + aim]))
    return float(number[0]), str(outcome[0])


def test_need_inside_the_tested_numbers_is_interpolated():
    assert needed(0.0, 0.0, 4.0) == (pytest.approx(0.5 * (1e4 + 1e6)), INSIDE_TESTED)
    assert needed(1.0, 3.0, 1.0)[1] == INSIDE_TESTED  # the first crossing counts
    assert needed(3.0, np.nan, np.nan)[1] == INSIDE_TESTED
    assert needed(-0.1, -0.3, -0.5, aim=-0.4)[1] == INSIDE_TESTED


def test_need_beyond_the_tested_numbers_goes_in_proportion():
    assert needed(1e-6, 1e-4, 1e-2) == (pytest.approx(2e8), BEYOND)


@pytest.mark.parametrize(
    ("effects", "aim", "outcome"),
    [
        ((0.0, 0.0, 1e-7), 2.0, NO_EFFECT),
        ((-1e-4, -1e-3, -1e-2), 2.0, OPPOSITE),
        ((0.9, 1.0, 1.01), 2.0, LEVELS_OFF),
        ((0.1, 0.5, 0.3), 2.0, LEVELS_OFF),
        ((0.1, 0.2, 0.3), 0.0, NO_AIM),
        ((0.1, 0.2, np.nan), 2.0, UNKNOWN),
        ((0.1, 0.2, 0.3), np.nan, UNKNOWN),
    ],
)
def test_no_need_where_none_can_be_named(effects, aim, outcome):
    number, found = needed(*effects, aim=aim)
    assert np.isnan(number) and found == outcome


def titration(effects: list[float], available: float) -> Answer:
    """Answer of a titration whose sets have these effects at the largest number, in proportion below."""
    fold = 1.0 + np.outer(NUMBERS / NUMBERS[-1], effects)
    number, outcome = vesicles_for(NUMBERS, fold, np.full(len(effects), 3.0))
    made = Titration(NUMBERS, fold, np.zeros(fold.shape, dtype=bool), number, np.full(len(effects), 3.0), outcome)
    answer = Answer("test")
    fill_rows(answer, made)
    fill_gap(answer, made, np.full(len(effects), available))
    return answer


def test_gap_in_words():
    plain = titration([2.0, 2.0, 2.0, 2.0], 100.0)
    assert plain.dose_gap.value == pytest.approx(1e4)
    assert "so 10,000 times as many would be needed as there are" in plain.sentences[0]
    assert "extrapol" not in plain.sentences[0]
    assert "so the vesicles suffice" in titration([2.0], 1e8).sentences[0]


def test_gap_far_beyond_the_tested_numbers_is_called_an_extrapolation():
    far = titration([1e-3, 1e-3, 2.0, 1e-3], 100.0).sentences[0]
    assert "extrapolation in proportion, 2,000 times beyond the largest number tested (1 x 10^6)" in far
    some = titration([2.0, 2.0, 1.0, 2.0], 100.0).sentences[0]
    assert "In 25 % of the draws the need lies above the largest number tested" in some
    most = titration([2.0, 1e-3, 1e-3, 1e-3], 100.0).sentences[0]
    assert "In 75 % of the draws the need lies more than 10 times beyond" in most


def test_no_gap_where_the_central_set_has_none_even_if_most_draws_have():
    for effect, why in ((1e-9, "has no effect"), (-0.5, "away from that of the donors (ratio 0.50)")):
        answer = titration([effect, 2.0, 2.0, 2.0], 100.0)
        assert answer.dose_gap.value is None and answer.vesicles_needed.value is None
        assert why in answer.sentences[0] and "no dose gap" in answer.sentences[0]
    assert "In 25 % of the draws no number" in titration([2.0, -1.0, 2.0, 2.0], 100.0).sentences[0]
    assert titration([2.0], 0.0).dose_gap.value is None


def test_donors_that_hardly_resist_have_no_gap():
    fold = np.full((3, 2), 1.001)
    target = np.array([1.02, 1.04])
    number, outcome = vesicles_for(NUMBERS, fold, target)
    made = Titration(NUMBERS, fold, np.zeros(fold.shape, dtype=bool), number, target, outcome)
    assert alike_sentence(made).startswith("The donors' own IC50 is 1.04 (90 % interval 1.04 to 1.08) times")


def test_units_of_laws_are_words():
    assert law_units({"rate": "$a", "half": "nM"}, "$a*$b") == "rate: any unit a, half: nM; result: unit a times unit b"
