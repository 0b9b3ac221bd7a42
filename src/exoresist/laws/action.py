"""How drugs and rays act: loss of a signal under a blocked target, lesions of a pulse, and what light makes of a dye."""

from __future__ import annotations

from exoresist.laws.namespace import Number
from exoresist.laws.registry import law


@law(blocked="dimensionless", blocked_by_all="dimensionless", left="dimensionless", returns="dimensionless")
def signal_loss(blocked: Number, blocked_by_all: Number, left: Number) -> Number:
    """Share of a survival signal that one drug takes away.

    loss = b / (B + S)

    blocked         b, mean share of the target's molecules that hold this drug, 0 to 1; `blocked_by_all`: B, that hold any drug
    left            S, signal of what is not blocked and of bypasses, 1 in an untreated cell without them
    limits          0 without drug; b for a normal amount of one target (B + S = 1); falls as more target or a bypass adds to S
    source          balance of blocked and working signal; a form of the project, chosen because it is linear in occupancy at the baseline
    """
    return blocked / (blocked_by_all + left)


@law(
    cells="cell",
    dose_rate="Gy/h",
    dose="Gy",
    alpha="1/Gy",
    beta="1/Gy^2",
    yielded="dimensionless",
    returns="cell/h",
)
def linear_quadratic(cells: Number, dose_rate: Number, dose: Number, alpha: Number, beta: Number, yielded: Number) -> Number:
    """Lesions made in a population while a pulse of radiation lasts.

    flux = cells · yield · (alpha + beta · D) · dD/dt

    dose      D, the whole dose of the pulse; `dose_rate`: dD/dt while it lasts, 0 before and after
    yielded   damage per lethal lesion, in units of the threshold of a naive cell
    limits    0 without a pulse; a pulse of dose D makes yield · (alpha · D + beta · D²) per cell, so two halves make less than one whole
    source    linear-quadratic law of cell kill by radiation
    """
    return cells * yielded * (alpha + beta * dose) * dose_rate


@law(cells="cell", quantum_yield="1/(nM*h)", light="dimensionless", dye="nM", returns="cell/h")
def photodynamic_damage(cells: Number, quantum_yield: Number, light: Number, dye: Number) -> Number:
    """Peroxides that a lit dye makes in a population.

    flux = cells · yield · light · dye

    light   1 in the beam, 0 in the dark; `dye`: free in the cell, nM
    limits  0 in the dark and 0 without dye
    source  first order in photons and in dye, while oxygen lasts
    """
    return cells * quantum_yield * light * dye
