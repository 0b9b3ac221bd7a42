"""How measurements scatter about what a model predicts: log-likelihoods, draws, and what a detection limit hides.

All models share one shape: `log_likelihood(observed, predicted)` gives one number per reading and `draw(predicted, generator)`
a simulated reading. Arrays broadcast: readings run along the last axis, parameter sets along the axes before it. Readings that
are missing are left out by the caller; NaN is refused, never carried on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exoresist.core.errors import InputError

Array = NDArray[np.float64]
LOG_TWO_PI = float(np.log(2.0 * np.pi))


class Noise(Protocol):
    """What every noise model offers."""

    def log_likelihood(self, observed: ArrayLike, predicted: ArrayLike) -> Array:
        """ln p(observed | predicted), one number per reading."""
        ...

    def draw(self, predicted: ArrayLike, generator: np.random.Generator) -> Array:
        """Simulated readings, of the shape of `predicted`."""
        ...


@dataclass(frozen=True)
class Normal:
    """y ~ N(µ, σ²), σ² = additive² + (relative · µ)².

    additive  standard deviation, unit of the reading (number or array over readings)
    relative  coefficient of variation

    Raises InputError where both are zero.
    """

    additive: ArrayLike = 0.0
    relative: ArrayLike = 0.0

    def deviation(self, predicted: ArrayLike) -> Array:
        """σ of each reading."""
        mean = np.asarray(predicted, dtype=float)
        deviation = np.hypot(np.asarray(self.additive, dtype=float), np.asarray(self.relative, dtype=float) * mean)
        if not np.all(deviation > 0.0):
            raise InputError("a normal reading has a standard deviation of 0", "above 0", "Give the additive part of the noise")
        return np.asarray(deviation)

    def log_likelihood(self, observed: ArrayLike, predicted: ArrayLike) -> Array:
        seen, mean = _finite(observed, predicted)
        deviation = self.deviation(mean)
        return np.asarray(-0.5 * ((seen - mean) / deviation) ** 2 - np.log(deviation) - 0.5 * LOG_TWO_PI)

    def draw(self, predicted: ArrayLike, generator: np.random.Generator) -> Array:
        mean = np.asarray(predicted, dtype=float)
        return np.asarray(mean + self.deviation(mean) * generator.standard_normal(mean.shape))


@dataclass(frozen=True)
class LogNormal:
    """ln y ~ N(ln µ, σ²): µ is the median of the readings; the density is that of y, so it holds the factor 1/y.

    spread  σ, standard deviation of ln y
    """

    spread: ArrayLike

    def log_likelihood(self, observed: ArrayLike, predicted: ArrayLike) -> Array:
        seen, median = _finite(observed, predicted)
        if not (np.all(seen > 0.0) and np.all(median > 0.0)):
            raise InputError(
                "a log-normal reading or its prediction is not above 0", "above 0",
                "State a detection limit (censoring), or take normal noise",
            )  # fmt: skip
        spread = np.asarray(self.spread, dtype=float)
        return np.asarray(-0.5 * (np.log(seen / median) / spread) ** 2 - np.log(spread * seen) - 0.5 * LOG_TWO_PI)

    def draw(self, predicted: ArrayLike, generator: np.random.Generator) -> Array:
        median = np.asarray(predicted, dtype=float)
        return np.asarray(median * np.exp(np.asarray(self.spread) * generator.standard_normal(median.shape)))


@dataclass(frozen=True)
class NegativeBinomial:
    """Counts with mean µ and variance µ + dispersion · µ²; dispersion 0 is the Poisson distribution."""

    dispersion: float = 0.0

    def log_likelihood(self, observed: ArrayLike, predicted: ArrayLike) -> Array:
        from scipy.special import gammaln, xlogy

        seen, mean = _finite(observed, predicted)
        if not (np.all(seen >= 0.0) and np.all(seen == np.round(seen))):
            raise InputError("a count is negative or not whole", "whole numbers from 0")
        if not np.all(mean >= 0.0):
            raise InputError("a predicted count is negative", "0 or more")
        if self.dispersion == 0.0:
            return np.asarray(xlogy(seen, mean) - mean - gammaln(seen + 1.0))
        size = 1.0 / self.dispersion
        shape = gammaln(seen + size) - gammaln(size) - gammaln(seen + 1.0)
        return np.asarray(shape - size * np.log1p(mean / size) + xlogy(seen, mean / (size + mean)))

    def draw(self, predicted: ArrayLike, generator: np.random.Generator) -> Array:
        mean = np.asarray(predicted, dtype=float)
        if self.dispersion == 0.0:
            return np.asarray(generator.poisson(mean), dtype=float)
        size = 1.0 / self.dispersion
        return np.asarray(generator.poisson(generator.gamma(size, mean / size)), dtype=float)


@dataclass(frozen=True)
class Censored:
    """Readings below a detection limit are known only to lie below it: such a reading counts as ln P(y < limit | µ).

    noise  Normal or LogNormal
    limit  detection limit, unit of the reading; a reading at or below it is taken as "below the limit"
    """

    noise: Normal | LogNormal
    limit: float

    def log_likelihood(self, observed: ArrayLike, predicted: ArrayLike) -> Array:
        from scipy.special import log_ndtr

        seen, mean = _finite(observed, predicted)
        if isinstance(self.noise, LogNormal):
            if not self.limit > 0.0:
                raise InputError(f"a detection limit of {self.limit:g} hides nothing of a log-normal reading", "above 0")
            standard = np.log(self.limit / mean) / np.asarray(self.noise.spread)
        else:
            standard = (self.limit - mean) / self.noise.deviation(mean)
        visible = np.where(seen > self.limit, seen, self.limit)
        return np.asarray(np.where(seen > self.limit, self.noise.log_likelihood(visible, mean), log_ndtr(standard)))

    def draw(self, predicted: ArrayLike, generator: np.random.Generator) -> Array:
        return np.asarray(np.maximum(self.noise.draw(predicted, generator), self.limit))


def _finite(observed: ArrayLike, predicted: ArrayLike) -> tuple[Array, Array]:
    seen, mean = np.asarray(observed, dtype=float), np.asarray(predicted, dtype=float)
    for what, values in (("a reading", seen), ("a prediction", mean)):
        if not np.all(np.isfinite(values)):
            raise InputError(f"{what} is not a finite number", "finite numbers", "Leave missing readings out")
    return seen, mean
