"""Drug inside a cell: pumps, trapping, enzymes, antibodies."""

from __future__ import annotations

from exoresist.laws.kinetics import hill
from exoresist.laws.namespace import Number
from exoresist.laws.registry import law


@law(
    turnover="pmol/copy/h",
    pump="copy",
    free="nM",
    half="nM",
    exponent="dimensionless",
    returns="pmol/h",
)
def pump_efflux(turnover: Number, pump: Number, free: Number, half: Number, exponent: Number) -> Number:
    """Drug pumped out of cells.

    flux = turnover · pump · F^n / (Km^n + F^n)

    free    free cytosolic drug F, nM; `half`: Km of this drug with this pump
    limits  0 without pump or drug; turnover · pump at saturation; proportional to the amount of pump
    source  Hill form; P-glycoprotein and daunorubicin: Guiral et al. 1994, FEBS Lett, 10.1016/0014-5793(94)00447-1
    """
    return turnover * pump * hill(free, half, exponent)


@law(rate="1/h", accumulation="dimensionless", volume="mL", free="nM", trapped="pmol", returns="pmol/h")
def lysosomal_trapping(rate: Number, accumulation: Number, volume: Number, free: Number, trapped: Number) -> Number:
    """Net flux of a weak base into acid vesicles of the cell.

    flux = rate · (accumulation · free · volume − trapped)

    accumulation  free drug in the lysosome over free drug in the cytosol, set by pKa and the pH difference
    volume        lysosomal volume of the population, mL
    limits        0 at equilibrium; trapped drug returns when the pump of protons fails (accumulation → 1)
    source        ion trapping
    """
    return rate * (accumulation * free * volume - trapped)


@law(antibody="nM", affinity="nM", returns="dimensionless")
def antibody_occupancy(antibody: Number, affinity: Number) -> Number:
    """Share of a surface antigen that holds antibody.

    occupancy = A / (K + A)

    limits  0 without antibody; 1 in excess
    """
    return antibody / (affinity + antibody)


@law(most="1/h", occupancy="dimensionless", complement="dimensionless", effectors="dimensionless", returns="1/h")
def antibody_killing(most: Number, occupancy: Number, complement: Number, effectors: Number) -> Number:
    """Death rate of an antigen-bearing cell by complement and effector cells.

    hazard = most · occupancy² · (complement + effectors)

    occupancy  share of antigen bound; squared because C1q binds neighbouring antibodies, not single ones
    limits     0 without antibody, or without both complement and effectors
    """
    return most * occupancy * occupancy * (complement + effectors)


@law(used="pmol", capacity="pmol", returns="dimensionless")
def complement_left(used: Number, capacity: Number) -> Number:
    """Complement activity left in a well after vesicles have consumed some.

    share = capacity / (capacity + used)

    limits  1 when nothing is used; 0 as use grows
    """
    return capacity / (capacity + used)
