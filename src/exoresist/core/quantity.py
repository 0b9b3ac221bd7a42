"""A number that says where it is from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

from exoresist.core.errors import InputError

DISTRIBUTIONS = ("fixed", "uniform", "loguniform", "normal", "lognormal", "logitnormal")
KINDS = ("measured", "fitted", "assumed", "derived")
_Z95 = 1.6448536269514722  # standard normal quantile at 95 %


@dataclass(frozen=True)
class Quantity:
    """A value with its unit, range, distribution and provenance.

    value         central value: the median of the distribution where that is sensible
    low, high     bounds for uniform and loguniform; the 5 % and 95 % points for normal, lognormal and logitnormal
    distribution  one of DISTRIBUTIONS
    kind          one of KINDS
    source        id of a row of the catalogue's sources; `locator` says where in it
    """

    value: float
    unit: str
    low: float
    high: float
    distribution: str = "fixed"
    kind: str = "assumed"
    source: str = ""
    locator: str = ""
    note: str = ""
    name: str = ""
    subject: str = ""

    def __post_init__(self) -> None:
        label = f"{self.name or 'quantity'} ({self.subject})" if self.subject else self.name or "quantity"
        if not all(math.isfinite(number) for number in (self.value, self.low, self.high)):
            raise InputError(f"{label} holds a number that is not finite", "finite value, low and high")
        if not self.low <= self.value <= self.high:
            raise InputError(
                f"{label} has value {self.value:g} outside its range {self.low:g} to {self.high:g}",
                "low <= value <= high",
            )
        if self.distribution not in DISTRIBUTIONS:
            raise InputError(f"{label} has distribution '{self.distribution}'", ", ".join(DISTRIBUTIONS))
        if self.kind not in KINDS:
            raise InputError(f"{label} has kind '{self.kind}'", ", ".join(KINDS))
        if self.distribution in ("loguniform", "lognormal") and self.low <= 0.0 < self.high:
            raise InputError(f"{label} is {self.distribution} but its range reaches {self.low:g}", "a positive range")
        if self.distribution == "logitnormal" and self.low < self.high and not 0.0 < self.low < self.high < 1.0:
            raise InputError(f"{label} is logitnormal but its range is {self.low:g} to {self.high:g}", "inside (0, 1)")

    @property
    def is_uncertain(self) -> bool:
        return self.distribution != "fixed" and self.high > self.low

    def quantile(self, u: float) -> float:
        """The value at probability `u` in (0, 1), so that arms sharing `u` share the draw.

        Two-piece in the transformed variable: the median is `value`, the 5 % and 95 % points are `low` and `high`, so that a
        central value off the middle of its range is kept. Uniform kinds interpolate between low, value (at u = 1/2) and high.
        """
        if not self.is_uncertain:
            return self.value
        if self.distribution == "uniform":
            return _two_piece_uniform(u, self.low, self.value, self.high)
        if self.distribution == "loguniform":
            return math.exp(_two_piece_uniform(u, math.log(self.low), math.log(self.value), math.log(self.high)))
        z = _normal_quantile(min(max(u, 1e-6), 1.0 - 1e-6))
        if self.distribution == "normal":
            return _two_piece_normal(z, self.low, self.value, self.high)
        if self.distribution == "lognormal":
            return math.exp(_two_piece_normal(z, math.log(self.low), math.log(self.value), math.log(self.high)))
        low, mid, high = (math.log(p / (1.0 - p)) for p in (self.low, self.value, self.high))
        return 1.0 / (1.0 + math.exp(-_two_piece_normal(z, low, mid, high)))

    def with_value(self, value: float, **changes: str) -> Quantity:
        """The same quantity fixed at another value (an override, a fit)."""
        return replace(self, value=value, low=value, high=value, distribution="fixed", **changes)


def _two_piece_uniform(u: float, low: float, middle: float, high: float) -> float:
    return low + 2.0 * u * (middle - low) if u < 0.5 else middle + (2.0 * u - 1.0) * (high - middle)


def _two_piece_normal(z: float, low: float, middle: float, high: float) -> float:
    spread = (middle - low) if z < 0.0 else (high - middle)
    return middle + z / _Z95 * spread


@lru_cache(maxsize=65536)
def _normal_quantile(u: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(u)
