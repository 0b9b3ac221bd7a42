"""General rate laws: orders, saturation, exchange, binding."""

from __future__ import annotations

from exoresist.laws.namespace import Number, exp, log, maximum, sqrt
from exoresist.laws.registry import law

SMALLEST_RATIO = 1e-30  # ratios below this act as zero: keeps log and its slope finite for an emptied pool


@law(first="$a", second="$b", returns="$a*$b")
def product(first: Number, second: Number) -> Number:
    """Product of two quantities.

    value = first · second
    """
    return first * second


@law(numerator="$a", denominator="$b", returns="$a/$b")
def ratio(numerator: Number, denominator: Number) -> Number:
    """Amount by size: a concentration, a content per cell, a share.

    value = numerator / denominator
    limits  denominators are sizes of populated pools and never zero (empty populations are left out when a network is built)
    """
    return numerator / denominator


@law(first="$a", second="$a", returns="$a")
def total(first: Number, second: Number) -> Number:
    """Sum of two like quantities.

    value = first + second
    """
    return first + second


@law(first="$a", second="$a", returns="$a")
def difference(first: Number, second: Number) -> Number:
    """Difference of two like quantities.

    value = first − second
    """
    return first - second


@law(fraction="dimensionless", returns="dimensionless")
def remainder(fraction: Number) -> Number:
    """What is left of one.

    value = 1 − fraction
    """
    return 1.0 - fraction


@law(rate="$a", returns="$a")
def constant(rate: Number) -> Number:
    """A rate that depends on nothing else.

    value = rate
    """
    return 1.0 * rate


@law(rate="1/h", amount="$a", returns="$a/h")
def first_order(rate: Number, amount: Number) -> Number:
    """First-order loss.

    flux = rate · amount

    limits  0 at amount = 0
    """
    return rate * amount


@law(rate="$a", first="$b", second="$c", returns="$a*$b*$c")
def mass_action(rate: Number, first: Number, second: Number) -> Number:
    """Second-order mass action.

    flux = rate · first · second

    limits  0 when either partner is absent
    """
    return rate * first * second


@law(clearance="mL/h", outside="nM", inside="nM", returns="pmol/h")
def passive_exchange(clearance: Number, outside: Number, inside: Number) -> Number:
    """Net passive flux across a membrane, inwards.

    flux = clearance · (outside − inside)

    clearance  permeability times surface, mL/h
    outside, inside  free concentrations, nM
    limits     0 at equal concentrations; changes sign with the gradient
    source     Fick's law for a thin membrane
    """
    return clearance * (outside - inside)


@law(base="dimensionless", exponent="dimensionless", returns="dimensionless")
def safe_power(base: Number, exponent: Number) -> Number:
    """A ratio to any power, finite with its slope at zero.

    value = base^exponent,  base not below 1e-30

    limits  0 (to 1e-30^n) at base = 0; 1 at base = 1
    """
    return exp(exponent * log(maximum(base, SMALLEST_RATIO)))


@law(level="$a", half="$a", exponent="dimensionless", returns="dimensionless")
def hill(level: Number, half: Number, exponent: Number) -> Number:
    """Saturable response between 0 and 1.

    response = r^n / (1 + r^n),  r = level / half

    level, half  same unit; half > 0
    exponent     n > 0, need not be whole
    limits       0 at level = 0; 1/2 at level = half; 1 as level → ∞
    source       Hill 1910
    """
    power = safe_power(level / half, exponent)
    return power / (1.0 + power)


@law(level="dimensionless", most="dimensionless", returns="dimensionless")
def fold(level: Number, most: Number) -> Number:
    """Fold change that grows with a level between 0 and 1.

    fold = 1 + (most − 1) · level

    limits  1 at level = 0 (no change); `most` at level = 1
    """
    return 1.0 + (most - 1.0) * level


@law(concentration="$a", half="$a", most="dimensionless", returns="dimensionless")
def inhibition(concentration: Number, half: Number, most: Number) -> Number:
    """Factor left of a rate under an inhibitor.

    factor = 1 − most · concentration / (half + concentration)

    most    largest fraction removed, 0 to 1
    limits  1 at concentration = 0; 1 − most as concentration → ∞
    """
    return 1.0 - most * concentration / (half + concentration)


@law(strength="dimensionless", most="dimensionless", returns="dimensionless")
def knockdown(strength: Number, most: Number) -> Number:
    """Factor left of a rate under a genetic change.

    factor = 1 − strength · most

    strength  0 none to 1 complete; `most`: fraction of the rate that a complete change removes
    limits    1 at strength = 0; 1 − most at strength = 1
    """
    return 1.0 - strength * most


@law(concentration="$a", half="$a", most="dimensionless", returns="dimensionless")
def stimulation(concentration: Number, half: Number, most: Number) -> Number:
    """Factor by which an agent raises a rate.

    factor = 1 + (most − 1) · concentration / (half + concentration)

    limits  1 at concentration = 0; `most` as concentration → ∞
    """
    return 1.0 + (most - 1.0) * concentration / (half + concentration)


@law(
    on_rate="1/(nM*h)",
    off_rate="1/h",
    concentration="nM",
    capacity="pmol",
    bound="pmol",
    returns="pmol/h",
)
def reversible_binding(on_rate: Number, off_rate: Number, concentration: Number, capacity: Number, bound: Number) -> Number:
    """Net binding of a drug to sites of limited number.

    flux = on_rate · concentration · (capacity − bound) − off_rate · bound

    capacity, bound  total and occupied sites, pmol
    limits           0 at equilibrium bound = capacity · c / (Kd + c), Kd = off_rate / on_rate
    source           law of mass action
    """
    return on_rate * concentration * (capacity - bound) - off_rate * bound


@law(first="$a", second="$a", affinity="$a", returns="$a")
def tight_binding(first: Number, second: Number, affinity: Number) -> Number:
    """Complex of two partners at equilibrium, exact when neither is in excess.

    bound = 2·a·b / (a + b + K + √((a + b + K)² − 4·a·b))

    limits  0 when either is absent; min(a, b) as K → 0; a·b/K as K → ∞
    source  quadratic solution of the law of mass action (Morrison form)
    """
    span = first + second + affinity
    return 2.0 * first * second / (span + sqrt(maximum(span * span - 4.0 * first * second, SMALLEST_RATIO)))
