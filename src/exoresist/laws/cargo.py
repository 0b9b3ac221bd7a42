"""Cargo of cells: made, kept up, and its effect."""

from __future__ import annotations

from exoresist.laws.namespace import Number, maximum
from exoresist.laws.registry import law


@law(copies="copy/cell", cells="cell", turnover="1/h", growth="1/h", loading="1/h", returns="copy/h")
def balanced_synthesis(copies: Number, cells: Number, turnover: Number, growth: Number, loading: Number) -> Number:
    """Synthesis that holds a cell's content at its baseline.

    flux = copies · cells · (turnover + growth + loading)

    copies   content per cell to be held
    growth   the actual birth rate: growth alone does not dilute, arrest alone does not enrich
    loading  loss into vesicles in the undisturbed cell; blocking release then lets the content rise, stress lets it fall
    limits   0 for a cell that makes none
    """
    return copies * cells * (turnover + growth + loading)


@law(level="copy/cell", half="copy/cell", most="dimensionless", returns="dimensionless")
def received_effect(level: Number, half: Number, most: Number) -> Number:
    """Activity of a node fed by received cargo, 1 without any.

    f = 1 + (most − 1) · level / (half + |level|)

    level   copies per cell above the recipient's own, negative under a knock-down; `half`: copies for half the effect
    most    fold at saturation
    limits  1 at level = 0; `most` as level → ∞; the slope is the same on both sides of 0, and f stays positive for most < 2
    """
    return 1.0 + (most - 1.0) * level / (half + maximum(level, -level))


@law(
    per_vesicle="copy/particle",
    copies="copy/cell",
    sorter="dimensionless",
    formation="particle/cell/h",
    returns="1/h",
)
def counted_loading(per_vesicle: Number, copies: Number, sorter: Number, formation: Number) -> Number:
    """Share of a counted cargo (RNA) that leaves the cell into new vesicles per hour.

    rate = formation · sorter · per_vesicle / copies

    per_vesicle  copies per vesicle when the cell holds `copies`; the load follows the cell's content
    limits       0 when no vesicle forms or nothing sorts
    """
    return formation * sorter * per_vesicle / copies


@law(copies="copy", weight="pmol/copy", returns="pmol")
def copies_as_amount(copies: Number, weight: Number) -> Number:
    """A number of molecules as an amount of substance.

    amount = weight · copies,  weight = 1 / Avogadro's number
    """
    return weight * copies
