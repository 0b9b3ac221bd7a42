"""Signals between cells: soluble factors, ligands on surfaces, and lineage switching that they drive."""

from __future__ import annotations

from exoresist.laws.namespace import Number, maximum
from exoresist.laws.registry import law


@law(level="$a", half="$a", returns="dimensionless")
def receptor_occupancy(level: Number, half: Number) -> Number:
    """Share of a cell's receptors that a ligand holds at equilibrium.

    share = c / (K + c)

    level   of the ligand around the cell: a concentration, copies on the cell that touches it, or a density of cells
    half    the level at which half of the receptors are held, same unit
    limits  0 without ligand; 1/2 at level = half; 1 in excess. The ligand is not used up: it stays where it is
    source  law of mass action
    """
    return level / (half + level)


@law(level="$a", half="$a", returns="dimensionless")
def induction(level: Number, half: Number) -> Number:
    """Drive by what lies above a baseline, 0 to 1.

    drive = e / (half + e),  e = max(0, level)

    level   excess over the cell's own: received copies, or a node above 1; the response is cut at 0, never the state
    limits  0 at and below the baseline; 1/2 at level = half; 1 as level → ∞
    """
    excess = maximum(level, 0.0)
    return excess / (half + excess)


@law(share="dimensionless", blocked="dimensionless", returns="dimensionless")
def unblocked(share: Number, blocked: Number) -> Number:
    """What a ligand still holds when a blocker sits on part of the receptors.

    share' = share · (1 − blocked)

    limits  unchanged at blocked = 0; 0 when every receptor is blocked
    """
    return share * (1.0 - blocked)


@law(clearance="mL/h/cell", cells="cell", volume="mL", returns="1/h")
def uptake_by_cells(clearance: Number, cells: Number, volume: Number) -> Number:
    """Loss of a dissolved substance into cells.

    rate = clearance · cells / volume

    clearance  medium that one cell empties per hour
    limits     0 without cells; independent of the concentration (far from saturation)
    """
    return clearance * cells / volume


@law(spontaneous="1/h", induced="1/h", drive="dimensionless", returns="1/h")
def induced_switching(spontaneous: Number, induced: Number, drive: Number) -> Number:
    """Heritable switching of a cell into another lineage, by chance and by what drives it.

    rate = spontaneous + induced · drive

    drive   0 to 1 for one inducer; inducers add
    limits  `spontaneous` without a driver; spontaneous + induced when one driver is in excess
    """
    return spontaneous + induced * drive
