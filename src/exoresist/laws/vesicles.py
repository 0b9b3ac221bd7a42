"""Making, loading, releasing, taking up and unpacking vesicles."""

from __future__ import annotations

from exoresist.laws.namespace import Number, exp, maximum, minimum, where
from exoresist.laws.registry import law


@law(basal="particle/cell/h", share="dimensionless", cells="cell", returns="particle/h")
def ilv_formation(basal: Number, share: Number, cells: Number) -> Number:
    """Intraluminal vesicles made per hour by one route (ESCRT or ceramide).

    flux = basal · share · cells

    share   the route's part in the undisturbed cell, w for ESCRT and 1 − w for ceramide
    limits  0 without cells; the routes add up to basal per cell; blocking one leaves the other's share
    """
    return basal * share * cells


@law(diameter="um", sigma="dimensionless", returns="um^2/particle")
def mean_vesicle_area(diameter: Number, sigma: Number) -> Number:
    """Mean membrane area of vesicles with log-normal diameters.

    area = π · d² · exp(2·σ²)

    diameter  median d; `sigma`: σ of ln d
    limits    a sphere's area at σ = 0
    source    moments of the log-normal distribution
    """
    return 3.141592653589793 * diameter * diameter * exp(2.0 * sigma * sigma)


@law(diameter="um", sigma="dimensionless", returns="mL/particle")
def mean_vesicle_volume(diameter: Number, sigma: Number) -> Number:
    """Mean volume of vesicles with log-normal diameters.

    volume = 1e-12 · π/6 · d³ · exp(4.5·σ²)   (1 um³ = 1e-12 mL)

    limits  a sphere's volume at σ = 0
    source  moments of the log-normal distribution
    """
    return 5.235987755982989e-13 * diameter * diameter * diameter * exp(4.5 * sigma * sigma)


@law(stress="dimensionless", most="dimensionless", returns="dimensionless")
def stress_factor(stress: Number, most: Number) -> Number:
    """Factor that a stress of the surroundings puts on a rate or size.

    factor = 1 + (most − 1) · stress,  stress from 0 to 1

    limits  1 without stress; `most` at full stress; monotone
    """
    return 1.0 + (most - 1.0) * stress


@law(
    clearance="mL/h/cell",
    share="dimensionless",
    cells="cell",
    volume="mL",
    mixing="dimensionless",
    returns="1/h",
)
def uptake(clearance: Number, share: Number, cells: Number, volume: Number, mixing: Number) -> Number:
    """Rate at which a vesicle in the medium is taken up by a population through one route.

    rate = mixing · clearance · share · cells / volume

    clearance  medium cleared per cell and hour by all routes together
    share      the route's part, 0 to 1; `mixing`: 1 in a stirred well, less where vesicles must diffuse to the cells
    limits     0 without cells; bounded by diffusion to the cells, 4πDR per cell (about 2e-6 mL/h)
    """
    return mixing * clearance * share * cells / volume


@law(delivered="dimensionless", returns="dimensionless")
def fusion_delivery(delivered: Number) -> Number:
    """Part of a fused vesicle's content that reaches the cell: all of it, unless delivery is switched off.

    fraction = 1 if delivered > 0, else 0

    delivered  the delivered fraction of endocytosed content; exactly 0 means the null, in which nothing arrives by any route
    limits     0 in the null, 1 otherwise
    """
    return where(delivered > 0.0, 1.0, 0.0)


@law(
    enrichment="dimensionless",
    sorter="dimensionless",
    vesicle_area="um^2/particle",
    cell_area="um^2/cell",
    formation="particle/cell/h",
    returns="1/h",
)
def surface_loading(enrichment: Number, sorter: Number, vesicle_area: Number, cell_area: Number, formation: Number) -> Number:
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
def volume_loading(enrichment: Number, sorter: Number, vesicle_volume: Number, cell_volume: Number, formation: Number) -> Number:
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
def vesicle_drug_exchange(
    leak: Number, partition: Number, vesicle_volume: Number, vesicles: Number, cell_drug: Number, vesicle_drug: Number
) -> Number:
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
def vesicle_drug_capture(
    partition: Number, retained: Number, vesicle_volume: Number, formed: Number, cell_drug: Number
) -> Number:
    """Drug enclosed for good in newly formed vesicles.

    flux = partition · retained · cell_drug · vesicle_volume · formed

    retained  part of the partitioned drug that does not exchange, 0 to 1
    limits    0 when no vesicle forms or the cell holds no drug; linear in both
    """
    return partition * retained * cell_drug * vesicle_volume * formed


@law(rate="1/h", donors="cell", recipients="cell", returns="1/h")
def contact_transfer(rate: Number, donors: Number, recipients: Number) -> Number:
    """Rate at which a donor's surface content moves through contacts and nanotubes to recipients.

    rate · recipients / (donors + recipients)

    limits  0 without recipients; `rate` when every neighbour is a recipient
    """
    return rate * recipients / (donors + recipients)


@law(flow="mL/h", share="dimensionless", volume="mL", returns="1/h")
def pore_exchange(flow: Number, share: Number, volume: Number) -> Number:
    """Rate at which what floats on one side of a porous membrane crosses to the other.

    rate = flow · share / volume

    flow    medium exchanged each way; `share`: part of this particle size that passes the pores
    volume  medium on the side that it leaves
    limits  0 when closed
    """
    return flow * share / volume


@law(diameter="um", pore="um", returns="dimensionless")
def pore_passage(diameter: Number, pore: Number) -> Number:
    """Steric partition into a cylindrical pore.

    share = (1 − diameter/pore)²  below the pore's width, else 0

    limits  1 for a point; 0 at the pore's width
    source  Renkin/Ferry steric exclusion
    """
    open_part = maximum(1.0 - minimum(diameter / pore, 1.0), 0.0)
    return open_part * open_part
