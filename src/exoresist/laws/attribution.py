"""The trait of a ledger: the steady concentration outside at which a cell's damage meets its threshold, step by step."""

from __future__ import annotations

from exoresist.laws.kinetics import hill
from exoresist.laws.namespace import Number, log, minimum, sqrt, where
from exoresist.laws.registry import law


@law(tolerance="dimensionless", made="dimensionless", largest="dimensionless", returns="dimensionless")
def needed_share(tolerance: Number, made: Number, largest: Number) -> Number:
    """Occupancy at which steady damage meets the threshold.

    B* = tolerance / made, at most `largest`

    made     steady damage at full occupancy: what hits make, over what repair clears, summed over kinds of lesion
    largest  below 1: where B* would pass it, no concentration reaches the threshold, and the trait is held at this occupancy
    limits   0 for a cell that bears nothing; proportional to the threshold and to repair
    source   steady state of damage: hit · B − repair · D = 0 at D = tolerance
    """
    return minimum(tolerance / made, largest)


@law(share="dimensionless", affinity="nM", returns="nM")
def free_for_share(share: Number, affinity: Number) -> Number:
    """Free concentration that holds a share of one kind of site.

    F* = K · B / (1 − B)

    limits  0 at share = 0; K at one half; grows without bound towards 1
    source  law of mass action, solved for the ligand
    """
    return affinity * share / (1.0 - share)


@law(share="dimensionless", part="dimensionless", first="nM", second="nM", returns="nM")
def free_for_two(share: Number, part: Number, first: Number, second: Number) -> Number:
    """Free concentration that holds a share of a mixture of two kinds of site.

    B = p · F / (K1 + F) + (1 − p) · F / (K2 + F), solved for F

    part    p, share of the first kind among all sites; `first`, `second`: their constants K1, K2
    limits  K1 · B / (1 − B) at p = 1; K2 · B / (1 − B) at p = 0
    source  the positive root of (1 − B)·F² + (p·K2 + (1 − p)·K1 − B·(K1 + K2))·F − B·K1·K2 = 0
    """
    linear = part * second + (1.0 - part) * first - share * (first + second)
    return (sqrt(linear * linear + 4.0 * (1.0 - share) * share * first * second) - linear) / (2.0 * (1.0 - share))


@law(
    loss="dimensionless",
    signal="dimensionless",
    bypass="dimensionless",
    largest="dimensionless",
    returns="dimensionless",
)
def blocked_share(loss: Number, signal: Number, bypass: Number, largest: Number) -> Number:
    """Share of a target that must be blocked for a loss of its signal.

    b = l · (S + Y) / (1 − l + l · S), at most `largest`

    loss    l, share of signal that the drug must take
    signal  S, signal of the unblocked target (its amount times its activity); `bypass`: Y, signal that comes past it
    limits  l when S = 1 and Y = 0; rises with the amount of target and with a bypass
    source  l = b / (b + S·(1 − b) + Y), the law `signal_loss` for one drug alone, solved for b
    """
    asked = loss * (signal + bypass)
    left = 1.0 - loss + loss * signal
    return where(asked < largest * left, asked / left, largest)


@law(turnover="pmol/copy/h", pump="copy/cell", free="nM", half="nM", exponent="dimensionless", returns="pmol/cell/h")
def pumped_out(turnover: Number, pump: Number, free: Number, half: Number, exponent: Number) -> Number:
    """Drug that the pumps of one cell throw out.

    flux = turnover · pump · F^n / (Km^n + F^n)

    limits  as for `pump_efflux`, per cell
    """
    return turnover * pump * hill(free, half, exponent)


@law(free="nM", trapped="dimensionless", bound="nM", returns="nM")
def held_inside(free: Number, trapped: Number, bound: Number) -> Number:
    """All of a drug in a cell, per cell volume, at equilibrium with its free concentration.

    inside = F · (1 + trapped) + bound

    trapped  drug in lysosomes over free drug in the cytosol
    """
    return free * (1.0 + trapped) + bound


@law(
    partition="dimensionless", retained="dimensionless", vesicle_volume="mL/particle", formation="particle/cell/h",
    inside="nM", secretion="1/h", degradation="1/h", returns="pmol/cell/h",
)  # fmt: skip
def retained_export(
    partition: Number, retained: Number, vesicle_volume: Number, formation: Number, inside: Number, secretion: Number,
    degradation: Number,
) -> Number:  # fmt: skip
    """Drug enclosed for good in vesicles that leaves a cell with them, steadily.

    flux = partition · retained · volume · formation · inside · secretion / (secretion + degradation)

    limits  0 when nothing forms or nothing is secreted; vesicles that end in lysosomes give their drug back
    source  steady state of `vesicle_drug_capture` against secretion and lysosomal degradation
    """
    return partition * retained * vesicle_volume * formation * inside * secretion / (secretion + degradation)


@law(
    leak="1/h", partition="dimensionless", vesicle_volume="mL/particle", formation="particle/cell/h",
    inside="nM", secretion="1/h", degradation="1/h", returns="pmol/cell/h",
)  # fmt: skip
def exchanged_export(
    leak: Number, partition: Number, vesicle_volume: Number, formation: Number, inside: Number, secretion: Number, degradation: Number
) -> Number:
    """Exchangeable drug in vesicles that leaves a cell with them, steadily.

    flux = secretion · e,  e = leak · partition · inside · volume · m / (leak + secretion + degradation),  m = formation / (secretion + degradation)

    limits  0 when nothing forms, nothing is secreted or nothing exchanges
    source  steady state of `vesicle_drug_exchange` against secretion and lysosomal degradation
    """
    leaving = secretion + degradation
    return secretion * leak * partition * inside * vesicle_volume * formation / (leaving * (leak + leaving))


@law(free="nM", loss="pmol/cell/h", permeability="mL/h/cell", returns="nM")
def outside_needed(free: Number, loss: Number, permeability: Number) -> Number:
    """Free concentration outside that holds a free concentration inside against losses.

    C* = F* + loss / PS

    loss    what pumps, vesicles and metabolism take at F*
    limits  F* without loss
    source  steady state of the cytosol: PS · (C − F) = loss
    """
    return free + loss / permeability


@law(free="nM", loss="pmol/cell/h", permeability="mL/h/cell", share="dimensionless", carried="mL/h/cell", returns="nM")
def medium_needed(free: Number, loss: Number, permeability: Number, share: Number, carried: Number) -> Number:
    """Concentration of a medium part of whose drug enters in carriers.

    C* = (PS · F* + loss) / (PS · share + carried)

    share    free share of the drug in the medium; `carried`: medium whose carriers a cell empties into its cytosol per hour
    limits   outside_needed / share without carriers
    source   steady state of the cytosol with both ways in
    """
    return (permeability * free + loss) / (permeability * share + carried)


@law(value="$a", reference="$a", returns="dimensionless")
def log_fold(value: Number, reference: Number) -> Number:
    """Natural logarithm of a quantity over a reference.

    value = ln(value / reference)
    """
    return log(value / reference)


@law(numerator="$a", denominator="$b", returns="$a/$b/$b")
def ratio_fall(numerator: Number, denominator: Number) -> Number:
    """Slope of a ratio by its denominator.

    value = −numerator / denominator²
    """
    return -numerator / (denominator * denominator)


@law(
    first="dimensionless", second="dimensionless", apart="dimensionless", rate="1/h", other="1/h", returns="1/h",
)  # fmt: skip
def sorting(first: Number, second: Number, apart: Number, rate: Number, other: Number) -> Number:
    """What two lineages that divide or die at different rates do to the mean of their trait.

    rate = w1 · w2 · (z1 − z2) · (r1 − r2)

    first, second  shares w of the lineages among all cells; `apart`: z1 − z2; `rate`, `other`: what one process does to each, per cell
    limits         0 for equal traits, and for equal rates, exactly
    source         covariance of trait and rate, written over pairs of lineages (Price 1970)
    """
    return first * second * apart * (rate - other)


@law(value="$a", returns="$a")
def opposite(value: Number) -> Number:
    """The same with the other sign.

    value = −value
    """
    return -1.0 * value
