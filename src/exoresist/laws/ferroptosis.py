"""Lipid peroxides: made from iron, PUFA and oxidants, cleared by GPX4 and FSP1, deadly above a threshold."""

from __future__ import annotations

from exoresist.laws.kinetics import hill
from exoresist.laws.namespace import Number
from exoresist.laws.registry import law


@law(rate="1/h", iron="dimensionless", pufa="dimensionless", oxidants="dimensionless", cells="cell", returns="cell/h")
def peroxidation(rate: Number, iron: Number, pufa: Number, oxidants: Number, cells: Number) -> Number:
    """Lipid peroxide made in a population.

    flux = cells · rate · iron · PUFA · oxidants

    iron, pufa, oxidants  labile iron, oxidisable membrane lipid and oxidants, each 1 at the baseline
    limits    0 without iron, without PUFA or without oxidants; linear in each
    source    Dixon et al. 2012: iron-dependent peroxidation of membrane lipid
    """
    return cells * rate * iron * pufa * oxidants


@law(rate="1/h", glutathione="dimensionless", reductant="dimensionless", returns="1/h")
def glutathione_clearance(rate: Number, glutathione: Number, reductant: Number) -> Number:
    """Removal of lipid peroxide by GPX4, per peroxide.

    rate = k · glutathione · reductant

    glutathione, reductant  its substrate, and NADPH that keeps it reduced, each 1 at the baseline
    limits    0 without glutathione, whatever the enzyme
    source    Yang et al. 2014: GPX4 uses glutathione
    """
    return rate * glutathione * reductant


@law(most="1/h", peroxide="dimensionless", threshold="dimensionless", exponent="dimensionless", returns="1/h")
def ferroptotic_hazard(most: Number, peroxide: Number, threshold: Number, exponent: Number) -> Number:
    """Death rate per cell by lipid peroxide.

    hazard = most · P^n / (threshold^n + P^n)

    limits  0 without peroxide; most/2 at the threshold; bounded by `most`
    """
    return most * hill(peroxide, threshold, exponent)
