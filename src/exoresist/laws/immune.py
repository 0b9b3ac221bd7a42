"""Killing of cells by other cells."""

from __future__ import annotations

from exoresist.laws.namespace import Number
from exoresist.laws.registry import law


@law(rate="1/h", effectors="cell", targets="cell", half="cell", returns="1/h")
def contact_killing(rate: Number, effectors: Number, targets: Number, half: Number) -> Number:
    """Death rate of a target cell by killer cells that must touch it.

    hazard = rate · E / (half + E + T)

    rate     kills per killer and hour among plenty of targets; also the highest hazard of a target among plenty of killers
    half     cells of the vessel at which half of the encounters that could be made are made
    targets  all cells that the killers attack, each kind with its share
    limits   0 without killers; rate · E / (half + T) for few killers; kills per hour never exceed rate · E
    source   double saturation with equal constants: Gadhamsetty et al. 2014, Biophys J, PII S0006-3495(14)00218-5
    """
    return rate * effectors / (half + effectors + targets)
