"""What the trait of a ledger needs beyond the laws of the model: steady states solved for a concentration, bounded where there is none."""

from __future__ import annotations

from exoresist.laws.kinetics import SMALLEST_RATIO, hill
from exoresist.laws.namespace import Number, log, maximum, minimum, sqrt, where
from exoresist.laws.registry import law


@law(value="$a", most="$a", returns="$a")
def at_most(value: Number, most: Number) -> Number:
    """A quantity held at a bound.

    value = min(value, most)

    limits  slope 1 below the bound, 0 above
    """
    return minimum(value, most)


@law(share="dimensionless", part="dimensionless", first="nM", second="nM", returns="nM")
def free_for_two(share: Number, part: Number, first: Number, second: Number) -> Number:
    """Free concentration that holds a share of a mixture of two kinds of site.

    B = p · F / (K1 + F) + (1 − p) · F / (K2 + F), solved for F

    part    p, share of the first kind among all sites; `first`, `second`: their constants K1, K2
    limits  K1 · B / (1 − B) at p = 1; K2 · B / (1 − B) at p = 0
    source  the positive root of (1 − B)·F² + (p·K2 + (1 − p)·K1 − B·(K1 + K2))·F − B·K1·K2 = 0
    """
    linear = part * second + (1.0 - part) * first - share * (first + second)
    root = sqrt(maximum(linear * linear + 4.0 * (1.0 - share) * share * first * second, SMALLEST_RATIO))
    return (root - linear) / (2.0 * (1.0 - share))


@law(
    loss="dimensionless",
    signal="dimensionless",
    bypass="dimensionless",
    largest="dimensionless",
    returns="dimensionless",
)
def blocked_share(loss: Number, signal: Number, bypass: Number, largest: Number) -> Number:
    """Share of a target that must be blocked for a loss of its signal.

    b = l · (S + Y) / (1 − l + l · S), at most `largest`

    loss    l, share of signal that the drug must take
    signal  S, signal of the unblocked target (its amount times its activity); `bypass`: Y, signal that comes past it
    limits  l when S = 1 and Y = 0; rises with the amount of target and with a bypass
    source  l = b / (b + S·(1 − b) + Y), the law `signal_loss` for one drug alone, solved for b
    """
    asked = loss * (signal + bypass)
    left = 1.0 - loss + loss * signal
    return where(asked < largest * left, asked / left, largest)


@law(turnover="pmol/copy/h", pump="copy/cell", free="nM", half="nM", exponent="dimensionless", returns="pmol/cell/h")
def pumped_out(turnover: Number, pump: Number, free: Number, half: Number, exponent: Number) -> Number:
    """Drug that the pumps of one cell throw out.

    flux = turnover · pump · F^n / (Km^n + F^n)

    limits  as for `pump_efflux`, per cell
    """
    return turnover * pump * hill(free, half, exponent)


@law(value="$a", standard="$a", returns="dimensionless")
def log_fold(value: Number, standard: Number) -> Number:
    """Natural logarithm of a quantity over a standard.

    value = ln(value / standard)
    limits  0 where both are equal; finite (ln 1e-30) at value = 0
    """
    return log(maximum(value / standard, SMALLEST_RATIO))
