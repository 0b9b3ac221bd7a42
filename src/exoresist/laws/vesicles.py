"""Making, loading, releasing, taking up and unpacking vesicles."""

from __future__ import annotations

from exoresist.laws.namespace import maximum, minimum
from exoresist.laws.registry import law


@law(
    basal="particle/cell/h",
    escrt_share="dimensionless",
    escrt="dimensionless",
    ceramide="dimensionless",
    returns="particle/cell/h",
)
def ilv_formation(basal, escrt_share, escrt, ceramide):
    """Intraluminal vesicles made per cell and hour by the ESCRT and the ceramide route.

    b = basal · (w · escrt + (1 − w) · ceramide)

    escrt_share      w, the ESCRT route's part in the undisturbed cell, 0 to 1
    escrt, ceramide  activities of the two routes, baseline 1
    limits           0 when both routes are off; basal when both are 1; blocking one leaves the other's share
    """
    return basal * (escrt_share * escrt + (1.0 - escrt_share) * ceramide)


@law(
    hypoxia="dimensionless",
    acidity="dimensionless",
    starvation="dimensionless",
    fold_hypoxia="dimensionless",
    fold_acidity="dimensionless",
    fold_starvation="dimensionless",
    returns="dimensionless",
)
def stress_on_secretion(hypoxia, acidity, starvation, fold_hypoxia, fold_acidity, fold_starvation):
    """Factor by which the surroundings raise vesicle formation.

    factor = Π (1 + (fold_s − 1) · s)  over hypoxia, acidity, starvation, each s from 0 to 1

    limits  1 without stress; the product of the folds at full stress; monotone in each
    """
    return (
        (1.0 + (fold_hypoxia - 1.0) * hypoxia)
        * (1.0 + (fold_acidity - 1.0) * acidity)
        * (1.0 + (fold_starvation - 1.0) * starvation)
    )


@law(
    clearance="mL/h/cell",
    share="dimensionless",
    cells="cell",
    volume="mL",
    returns="1/h",
)
def uptake(clearance, share, cells, volume):
    """Rate at which a vesicle in the medium is taken up by a population through one route.

    rate = clearance · share · cells / volume

    clearance  medium cleared per cell and hour by all routes together
    share      the route's part, 0 to 1
    limits     0 without cells; bounded by diffusion to the cells, 4πDR per cell (about 2e-6 mL/h)
    """
    return clearance * share * cells / volume


@law(
    enrichment="dimensionless",
    sorter="dimensionless",
    vesicle_area="um^2/particle",
    cell_area="um^2/cell",
    formation="particle/cell/h",
    returns="1/h",
)
def surface_loading(enrichment, sorter, vesicle_area, cell_area, formation):
    """Share of a membrane protein that leaves the cell's surface into new vesicles per hour.

    rate = formation · enrichment · sorter · vesicle_area / cell_area

    enrichment  surface density in vesicle over surface density in cell; `sorter`: activity of the sorting machinery
    limits      0 when no vesicle forms or nothing sorts; one passive 100 nm vesicle takes about 2e-5 of the surface
    """
    return formation * enrichment * sorter * vesicle_area / cell_area


@law(
    enrichment="dimensionless",
    sorter="dimensionless",
    vesicle_volume="mL/particle",
    cell_volume="mL/cell",
    formation="particle/cell/h",
    returns="1/h",
)
def volume_loading(enrichment, sorter, vesicle_volume, cell_volume, formation):
    """Share of a dissolved cargo (RNA, enzyme) that leaves the cytosol into new vesicles per hour.

    rate = formation · enrichment · sorter · vesicle_volume / cell_volume

    limits  0 when no vesicle forms or nothing sorts; passive sampling is small: a 100 nm vesicle is 3e-7 of a cell
    """
    return formation * enrichment * sorter * vesicle_volume / cell_volume


@law(
    leak="1/h",
    partition="dimensionless",
    vesicle_volume="mL/particle",
    vesicles="particle",
    cell_drug="nM",
    vesicle_drug="pmol",
    returns="pmol/h",
)
def vesicle_drug_exchange(leak, partition, vesicle_volume, vesicles, cell_drug, vesicle_drug):
    """Net flux of the exchangeable drug between its surroundings and vesicles, into the vesicles.

    flux = leak · (partition · surroundings · vesicle_volume · vesicles − drug in vesicles)

    partition  drug per vesicle volume over total (free and bound) drug per surrounding volume
    limits     0 at partition equilibrium; the drug of empty vesicles is 0; leaks out when the surroundings hold less
    """
    return leak * (partition * cell_drug * vesicle_volume * vesicles - vesicle_drug)


@law(
    partition="dimensionless",
    retained="dimensionless",
    vesicle_volume="mL/particle",
    formed="particle/h",
    cell_drug="nM",
    returns="pmol/h",
)
def vesicle_drug_capture(partition, retained, vesicle_volume, formed, cell_drug):
    """Drug enclosed for good in newly formed vesicles.

    flux = partition · retained · cell_drug · vesicle_volume · formed

    retained  part of the partitioned drug that does not exchange, 0 to 1
    limits    0 when no vesicle forms or the cell holds no drug; linear in both
    """
    return partition * retained * cell_drug * vesicle_volume * formed


@law(rate="1/h", donors="cell", recipients="cell", returns="1/h")
def contact_transfer(rate, donors, recipients):
    """Rate at which a donor's surface content moves through contacts and nanotubes to recipients.

    rate · recipients / (donors + recipients)

    limits  0 without recipients; `rate` when every neighbour is a recipient
    """
    return rate * recipients / (donors + recipients)


@law(mixing="1/h", share="dimensionless", returns="1/h")
def pore_exchange(mixing, share):
    """Rate at which what is dissolved on one side of a porous membrane crosses to the other.

    rate = mixing · share

    share   what of the particle's size passes the pores, 0 to 1
    limits  0 when closed
    """
    return mixing * share


@law(diameter="um", pore="um", returns="dimensionless")
def pore_passage(diameter, pore):
    """Steric partition into a cylindrical pore.

    share = (1 − diameter/pore)²  below the pore's width, else 0

    limits  1 for a point; 0 at the pore's width
    source  Renkin/Ferry steric exclusion
    """
    open_part = maximum(1.0 - minimum(diameter / pore, 1.0), 0.0)
    return open_part * open_part
