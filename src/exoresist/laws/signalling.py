"""Laws of nodes (activities with baseline 1) and of what they multiply."""

from __future__ import annotations

from exoresist.laws.kinetics import safe_power
from exoresist.laws.namespace import Number
from exoresist.laws.registry import law


@law(target="dimensionless", activity="dimensionless", time="h", returns="1/h")
def relaxation(target: Number, activity: Number, time: Number) -> Number:
    """Approach of a node to what its regulators ask for.

    dn/dt = (target − n) / time

    limits  0 at n = target
    """
    return (target - activity) / time


@law(level="dimensionless", most="dimensionless", exponent="dimensionless", returns="dimensionless")
def activation(level: Number, most: Number, exponent: Number) -> Number:
    """Normalised effect of a regulator with baseline 1: 1 at level 1.

    f = most·x^n / (most − 1 + x^n),  x = level

    most      fold reached at saturation, > 1
    exponent  n
    limits    0 at level = 0; 1 at level = 1; `most` as level → ∞
    source    Hill term normalised at the baseline
    """
    power = safe_power(level, exponent)
    return most * power / (most - 1.0 + power)


@law(level="dimensionless", most="dimensionless", exponent="dimensionless", returns="dimensionless")
def repression(level: Number, most: Number, exponent: Number) -> Number:
    """Normalised effect of a repressor with baseline 1: 1 at level 1.

    f = most / (1 + (most − 1)·x^n),  x = level

    limits  `most` at level = 0; 1 at level = 1; 0 as level → ∞
    source  Hill term normalised at the baseline
    """
    power = safe_power(level, exponent)
    return most / (1.0 + (most - 1.0) * power)


@law(activity="dimensionless", exponent="dimensionless", returns="dimensionless")
def power_effect(activity: Number, exponent: Number) -> Number:
    """Multiplier that a node of baseline 1 puts on a rate.

    factor = x^exponent,  x = activity

    exponent  positive raises the rate with the node, negative lowers it, 0 leaves it
    limits    1 at activity = 1
    """
    return safe_power(activity, exponent)


@law(occupancy="dimensionless", reference="dimensionless", most="dimensionless", returns="dimensionless")
def mirna_repression(occupancy: Number, reference: Number, most: Number) -> Number:
    """Activity of a target gene under a miRNA, 1 at the reference occupancy.

    f = (1 + (most − 1)·reference) / (1 + (most − 1)·occupancy)

    occupancy  share of the target's sites that hold the miRNA, 0 to 1; `reference`: the same without vesicles
    most       largest repression, as a fold (>= 1)
    limits     1 at occupancy = reference; falls with occupancy; never below 1/most of the unrepressed level
    source     Baek et al. 2008: repression is modest, at most about fourfold
    """
    return (1.0 + (most - 1.0) * reference) / (1.0 + (most - 1.0) * occupancy)
