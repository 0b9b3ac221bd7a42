"""Noise models against scipy's distributions, against their own draws, and at their limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from exoresist.core.errors import InputError
from exoresist.core.random import stream
from exoresist.studies.likelihood import Censored, LogNormal, NegativeBinomial, Normal

POSITIVE = st.floats(0.01, 1e4)


@given(POSITIVE, POSITIVE, st.floats(0.01, 2.0))
def test_normal_and_log_normal_are_scipys(seen: float, mean: float, spread: float) -> None:
    assert Normal(additive=spread).log_likelihood(seen, mean) == pytest.approx(stats.norm.logpdf(seen, mean, spread))
    assert LogNormal(spread).log_likelihood(seen, mean) == pytest.approx(stats.lognorm.logpdf(seen, spread, scale=mean))


@given(st.integers(0, 500), st.floats(0.01, 500.0), st.floats(0.01, 3.0))
def test_negative_binomial_is_scipys_and_tends_to_poisson(count: int, mean: float, dispersion: float) -> None:
    size = 1.0 / dispersion
    expected = stats.nbinom.logpmf(count, size, size / (size + mean))
    assert NegativeBinomial(dispersion).log_likelihood(count, mean) == pytest.approx(expected, abs=1e-8)
    poisson = NegativeBinomial().log_likelihood(count, mean)
    assert poisson == pytest.approx(stats.poisson.logpmf(count, mean), abs=1e-9)
    assert NegativeBinomial(1e-9).log_likelihood(count, mean) == pytest.approx(float(poisson), abs=1e-2)


def test_a_mean_of_zero_allows_only_a_count_of_zero() -> None:
    for noise in (NegativeBinomial(), NegativeBinomial(0.3)):
        assert noise.log_likelihood(0, 0.0) == 0.0
        assert noise.log_likelihood(1, 0.0) == -np.inf


@pytest.mark.parametrize(("noise", "below"), [
    (Normal(additive=0.4), stats.norm.logcdf(1.0, 0.8, 0.4)),
    (LogNormal(0.4), stats.lognorm.logcdf(1.0, 0.4, scale=0.8)),
])  # fmt: skip
def test_below_the_limit_counts_the_probability_and_above_it_the_density(noise: Normal | LogNormal, below: float) -> None:
    censored = Censored(noise, limit=1.0)
    assert censored.log_likelihood(0.0, 0.8) == pytest.approx(below)
    assert censored.log_likelihood([0.0, 1.0], 0.8) == pytest.approx([below, below])
    assert censored.log_likelihood(1.5, 0.8) == pytest.approx(float(noise.log_likelihood(1.5, 0.8)))
    assert np.all(censored.draw(np.full(50, 0.8), stream(1, "limit")) >= 1.0)


@pytest.mark.parametrize("noise", [Normal(additive=2.0, relative=0.1), LogNormal(0.3), NegativeBinomial(0.2), NegativeBinomial()])
def test_draws_have_the_stated_spread_and_are_most_likely_at_the_truth(noise: Normal) -> None:
    drawn = noise.draw(np.full(20_000, 50.0), stream(3, "spread"))
    means = np.array([[40.0], [50.0], [60.0]])
    assert np.argmax(noise.log_likelihood(drawn, means).sum(axis=1)) == 1
    wanted = {Normal: np.hypot(2.0, 5.0), LogNormal: 50 * np.sqrt(np.exp(0.09) * np.expm1(0.09))}
    dispersion = getattr(noise, "dispersion", 0.0)
    assert np.std(drawn) == pytest.approx(wanted.get(type(noise), np.sqrt(50.0 + dispersion * 2500.0)), rel=0.05)


@pytest.mark.parametrize(("noise", "seen", "predicted"), [
    (Normal(additive=1.0), np.nan, 1.0), (Normal(additive=1.0), 1.0, np.inf), (Normal(relative=0.1), 1.0, 0.0),
    (LogNormal(0.1), 0.0, 1.0), (LogNormal(0.1), 1.0, 0.0), (NegativeBinomial(), 1.5, 1.0), (NegativeBinomial(), 1.0, -1.0),
    (Censored(LogNormal(0.1), 0.0), 1.0, 1.0),
])  # fmt: skip
def test_what_has_no_likelihood_is_refused(noise: Normal, seen: float, predicted: float) -> None:
    with pytest.raises(InputError):
        noise.log_likelihood(seen, predicted)
