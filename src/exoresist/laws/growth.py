"""Birth, death and damage of cells."""

from __future__ import annotations

from exoresist.laws.kinetics import hill
from exoresist.laws.namespace import Number, exp, maximum
from exoresist.laws.registry import law


@law(rate="1/h", population="cell", capacity="cell", returns="1/h")
def logistic_growth(rate: Number, population: Number, capacity: Number) -> Number:
    """Birth rate per cell in a limited well.

    birth = rate · max(0, 1 − population / capacity)

    population  all living cells of the well
    limits      `rate` in an empty well; 0 at and above capacity (cells stop dividing, they do not die)
    source      Verhulst 1838, birth part only
    """
    return rate * maximum(1.0 - population / capacity, 0.0)


@law(damage="dimensionless", threshold="dimensionless", exponent="dimensionless", returns="dimensionless")
def arrest(damage: Number, threshold: Number, exponent: Number) -> Number:
    """Share of the birth rate left at a damage.

    share = 1 / (1 + (damage / threshold)^n)

    limits  1 without damage; 1/2 at the threshold; 0 as damage → ∞
    """
    return 1.0 - hill(damage, threshold, exponent)


@law(most="1/h", damage="dimensionless", threshold="dimensionless", exponent="dimensionless", basal="1/h", returns="1/h")
def death_hazard(most: Number, damage: Number, threshold: Number, exponent: Number, basal: Number) -> Number:
    """Death rate per cell at a damage.

    hazard = basal + most · D^n / (threshold^n + D^n)

    damage     scaled so that a naive cell's threshold is 1
    limits     basal without damage; basal + most/2 at the threshold; bounded by basal + most
    """
    return basal + most * hill(damage, threshold, exponent)


@law(
    rate="1/h",
    occupancy="dimensionless",
    phase_specific="dimensionless",
    division="dimensionless",
    cells="cell",
    returns="cell/h",
)
def damage_formation(rate: Number, occupancy: Number, phase_specific: Number, division: Number, cells: Number) -> Number:
    """Damage made in a population by an occupied target.

    flux = cells · rate · occupancy · (1 − phase_specific · (1 − division))

    occupancy       share of target sites bound, 0 to 1
    phase_specific  0: harms any cell; 1: harms dividing cells only
    division        actual birth rate over the undisturbed one, 0 to 1
    limits          0 without drug; linear in occupancy
    """
    return cells * rate * occupancy * (1.0 - phase_specific * (1.0 - division))


@law(count="cell", capacity="cell", slope="dimensionless", returns="dimensionless")
def confluence(count: Number, capacity: Number, slope: Number) -> Number:
    """Share of the well's floor that a number of cells covers.

    share = 1 − exp(−slope · count / capacity)

    limits  0 without cells; slope · count / capacity while sparse; 1 as cells pile up
    source  random placement of discs (Poisson coverage)
    """
    return 1.0 - exp(-slope * count / capacity)
