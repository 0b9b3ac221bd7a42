"""What decides where vesicles go: size, receptors, surface profiles, room inside, blood, and what their release does in turn."""

from __future__ import annotations

from exoresist.laws.kinetics import safe_power
from exoresist.laws.namespace import Number, exp, maximum
from exoresist.laws.registry import law

LN2 = 0.6931471805599453


@law(size="um", reference="um", exponent="dimensionless", returns="dimensionless")
def size_preference(size: Number, reference: Number, exponent: Number) -> Number:
    """Factor that a vesicle's size puts on how readily it is taken up.

    factor = (reference / size)^exponent

    size      diameter of the vesicle
    exponent  0 for no preference; 1 as diffusion to a cell goes (Stokes-Einstein)
    limits    1 at the reference; falls with the size while the exponent is above 0
    """
    return safe_power(reference / size, exponent)


@law(
    clearance="mL/h/cell",
    share="dimensionless",
    gain="dimensionless",
    vesicles="particle",
    volume="mL",
    returns="particle/cell/h",
)
def receptor_offer(clearance: Number, share: Number, gain: Number, vesicles: Number, volume: Number) -> Number:
    """Vesicles that a cell's receptors would take in per hour if no site were ever occupied.

    offer = clearance · share · gain · vesicles / volume

    gain    how much a ligand, a profile or a size raises or lowers this class's uptake
    limits  0 without vesicles; linear in their concentration
    """
    return clearance * share * gain * vesicles / volume


@law(offer="particle/cell/h", sites="particle/cell", entry_rate="1/h", returns="dimensionless")
def free_sites(offer: Number, sites: Number, entry_rate: Number) -> Number:
    """Share of a cell's binding sites that are free at a steady offer of vesicles.

    share = 1 / (1 + offer / (sites · entry_rate))

    sites     vesicles that one cell can hold at its surface; `entry_rate`: of what is bound
    limits    1 when few vesicles are offered; uptake (offer · share) never exceeds sites · entry_rate
    source    Michaelis-Menten form of binding followed by entry
    """
    return 1.0 / (1.0 + offer / (sites * entry_rate))


@law(profile="dimensionless", preference="dimensionless", returns="dimensionless")
def profile_preference(profile: Number, preference: Number) -> Number:
    """Factor that a vesicle's surface profile puts on its uptake by cells that prefer or avoid it.

    factor = exp(profile · preference)

    profile     of the vesicle against an ordinary one, which is 0
    preference  of the cell, signed: ln of the factor for a profile of 1
    limits      1 for an ordinary vesicle or an indifferent cell; never below 0
    """
    return exp(profile * preference)


@law(base="dimensionless", shift="dimensionless", stress="dimensionless", returns="dimensionless")
def shifted_profile(base: Number, shift: Number, stress: Number) -> Number:
    """Surface profile of vesicles made under stress.

    profile = base + shift · stress

    limits  `base` without stress
    """
    return base + shift * stress


@law(
    enrichment="dimensionless",
    sorter="dimensionless",
    vesicle_area="um^2/particle",
    cell_area="um^2/cell",
    content="copy/cell",
    returns="copy/particle",
)
def surface_load(enrichment: Number, sorter: Number, vesicle_area: Number, cell_area: Number, content: Number) -> Number:
    """Copies of a membrane protein that would go into a new vesicle if it had room without end.

    load = enrichment · sorter · content · vesicle_area / cell_area

    limits  0 for a cell that holds none
    """
    return enrichment * sorter * content * vesicle_area / cell_area


@law(per_vesicle="copy/particle", copies="copy/cell", sorter="dimensionless", content="copy/cell", returns="copy/particle")
def counted_load(per_vesicle: Number, copies: Number, sorter: Number, content: Number) -> Number:
    """Copies of a counted cargo that would go into a new vesicle if it had room without end.

    load = sorter · per_vesicle · content / copies

    per_vesicle  copies per vesicle when the cell holds `copies`
    limits       0 for a cell that holds none
    """
    return sorter * per_vesicle * content / copies


@law(demand="$a", capacity="$a", returns="dimensionless")
def room_left(demand: Number, capacity: Number) -> Number:
    """Share of what would be loaded that finds room beside all else that competes for it.

    share = capacity / (capacity + demand)

    demand  room that all competing cargoes ask for together
    limits  1 when little is asked for; what is loaded (demand · share) never exceeds the capacity
    """
    return capacity / (capacity + demand)


@law(
    formation="particle/cell/h",
    secretion="1/h",
    degradation="1/h",
    growth="1/h",
    cells="cell",
    returns="particle/h",
)
def expected_release(formation: Number, secretion: Number, degradation: Number, growth: Number, cells: Number) -> Number:
    """Vesicles that undisturbed cells release per hour.

    release = cells · formation · secretion / (secretion + degradation + growth)

    limits  all that is formed when nothing is degraded or diluted; 0 without secretion
    """
    return cells * formation * secretion / (secretion + degradation + growth)


@law(released="particle/h", expected="particle/h", gain="dimensionless", most="dimensionless", returns="dimensionless")
def remodelling(released: Number, expected: Number, gain: Number, most: Number) -> Number:
    """Stress that a culture makes of its surroundings by what it releases, 1 in the undisturbed culture.

    f = 1 + g·e⁺ / (1 + g·e⁺/(most − 1)) − g·e⁻ / (1 + g·e⁻),  e = released / expected − 1

    gain    rise of the stress per relative excess of release (g); e⁺ and e⁻ are the excess and the lack, both positive
    most    the stress at its highest, > 1
    limits  1 at the expected release; between 0 and `most`; slope g there, so that a loop with g < 1 settles and g > 1 escalates
    """
    excess = released / expected - 1.0
    above, below = gain * maximum(excess, 0.0), gain * maximum(-excess, 0.0)
    return 1.0 + above / (1.0 + above / (most - 1.0)) - below / (1.0 + below)


@law(flow="mL/h", barrier="dimensionless", share="dimensionless", volume="mL", returns="1/h")
def vessel_exchange(flow: Number, barrier: Number, share: Number, volume: Number) -> Number:
    """Rate at which what floats in blood or in an organ crosses the vessel wall.

    rate = flow · barrier · share / volume

    flow     fluid exchanged each way between blood and organ
    barrier  part of the wall that is open to particles: 1 in leaky vessels, near 0 in the brain
    share    part of this particle size that passes the gaps; `volume`: of the fluid that it leaves
    limits   0 behind a closed wall or for particles wider than the gaps
    """
    return flow * barrier * share / volume


@law(fast="h", slow="h", slow_share="dimensionless", returns="1/h")
def plasma_return(fast: Number, slow: Number, slow_share: Number) -> Number:
    """Rate at which vesicles held outside the blood come back to it.

    k_back = (1 − s)·β + s·α,  α = ln 2 / fast,  β = ln 2 / slow

    fast, slow  half-lives of the two phases in plasma; `slow_share`: part s of the dose that the slow phase starts with
    limits      β at s = 0; α at s = 1
    source      two-compartment disposition (bolus into the central one)
    """
    return (1.0 - slow_share) * LN2 / slow + slow_share * LN2 / fast


@law(fast="h", slow="h", slow_share="dimensionless", returns="1/h")
def plasma_clearance(fast: Number, slow: Number, slow_share: Number) -> Number:
    """Rate at which vesicles in plasma are lost for good.

    k_out = α·β / k_back

    limits  α at s = 0, where nothing comes back; β at s = 1
    source  two-compartment disposition; k_back as in plasma_return
    """
    return (LN2 / fast) * (LN2 / slow) / plasma_return(fast, slow, slow_share)


@law(fast="h", slow="h", slow_share="dimensionless", returns="1/h")
def plasma_binding(fast: Number, slow: Number, slow_share: Number) -> Number:
    """Rate at which vesicles in plasma are held outside it for a while (vessel walls, blood cells, tissue).

    k_hold = s·(1 − s)·(α − β)² / k_back  (= α + β − k_back − k_out, without the loss of digits)

    limits  0 at s = 0 and s = 1, where one exponential is left
    source  two-compartment disposition; k_back as in plasma_return, k_out as in plasma_clearance
    """
    apart = LN2 / fast - LN2 / slow
    return slow_share * (1.0 - slow_share) * apart * apart / plasma_return(fast, slow, slow_share)
