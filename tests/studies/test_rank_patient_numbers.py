"""What a patient's numbers decide: known functions of known numbers give back which way and how much."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.studies.rank_patient_numbers import LEAST, TIME, hangs_on, interval, partial_rank_correlations


def drawn(count: int, seed: int = 1) -> dict[tuple[str, str], np.ndarray]:
    random = np.random.default_rng(seed)
    columns = {(name, "patient"): random.random(count) for name in ("strong", "weak", "none")}
    return columns | {("there", "patient"): (random.random(count) < 0.3).astype(float), ("fixed", "patient"): np.full(count, 2.0)}


def days(columns: dict[tuple[str, str], np.ndarray]) -> np.ndarray:
    named = {name: values for (name, _), values in columns.items()}
    return 100.0 - 60.0 * named["strong"] + 20.0 * named["weak"] + 15.0 * named["there"]


def test_direction_order_and_share_of_the_variance_are_found() -> None:
    columns = drawn(500)
    rows = hangs_on(columns, days(columns), TIME, 1)
    found = {row["name"]: row for row in rows}
    assert "fixed" not in found and rows[0]["name"] == "strong"
    assert found["strong"]["rank_correlation"] < -0.9 < 0.9 < found["weak"]["rank_correlation"]
    assert found["none"]["rank_low"] < 0.0 < found["none"]["rank_high"]
    # Shares of the variance of a sum of independent numbers are those of its parts.
    parts = {"strong": 60.0**2 / 12.0, "weak": 20.0**2 / 12.0, "there": 15.0**2 * 0.21, "none": 0.0}
    for name, part in parts.items():
        assert found[name]["first"] == pytest.approx(part / sum(parts.values()), abs=0.06), name
    # Ends are means of quarters: 75 % of the range apart; of what is there or not, of those without and with.
    assert found["strong"]["low_mean"] - found["strong"]["high_mean"] == pytest.approx(45.0, abs=4.0)
    assert found["there"]["high_mean"] - found["there"]["low_mean"] == pytest.approx(15.0, abs=5.0)


def test_correlations_hold_the_other_numbers_and_heed_the_order_only() -> None:
    random = np.random.default_rng(3)
    cause = random.standard_normal(400)
    beside = cause + 0.3 * random.standard_normal(400)  # goes with the cause and does nothing
    outcome = np.exp(2.0 * cause) + 0.01 * random.standard_normal(400)
    found = partial_rank_correlations(np.column_stack([cause, beside]), outcome)
    assert found[0] > 0.95 and abs(found[1]) < 0.2
    again = partial_rank_correlations(np.column_stack([cause**3, beside]), np.log(outcome - outcome.min() + 1e-3))
    assert np.allclose(found, again)


def test_intervals_hold_nought_for_nine_in_ten_numbers_that_do_nothing() -> None:
    random = np.random.default_rng(5)
    held = []
    for _ in range(100):
        table, outcome = random.random((LEAST, 6)), random.random(LEAST)
        held += [low < 0.0 < high for low, high in (interval(r, LEAST, 6) for r in partial_rank_correlations(table, outcome))]
    assert len(held) == 600 and np.mean(held) == pytest.approx(0.9, abs=0.04)


def test_few_patients_and_outcomes_that_do_not_differ_tell_nothing() -> None:
    columns = drawn(LEAST - 1)
    assert hangs_on(columns, days(columns), TIME, 1) == []
    columns = drawn(200)
    assert hangs_on(columns, np.full(200, 30.0), TIME, 1) == []
    assert hangs_on({}, days(columns), TIME, 1) == []
