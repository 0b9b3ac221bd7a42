"""What the surroundings do to whole cells: these laws act on cells in space, not inside a network."""

from __future__ import annotations

from exoresist.laws.namespace import Number, exp, maximum, minimum
from exoresist.laws.registry import law


@law(oxygen="mmHg", lowest="mmHg", full="mmHg", pressure="dimensionless", most="dimensionless", returns="dimensionless")
def growth_share(oxygen: Number, lowest: Number, full: Number, pressure: Number, most: Number) -> Number:
    """Share of the free growth rate that a cell has in its place.

    share = min(1, max(0, (oxygen − lowest)/(full − lowest))) · max(0, 1 − pressure/most)

    limits  1 with oxygen at or above `full` and nothing pressing; 0 at or below `lowest`, and at or above the pressure `most`
    source  form of the oxygen factor: Ghaffarizadeh 2018, 10.1371/journal.pcbi.1005991
    """
    fed = minimum(maximum((oxygen - lowest) / (full - lowest), 0.0), 1.0)
    return fed * maximum(1.0 - pressure / most, 0.0)


@law(oxygen="mmHg", onset="mmHg", full="mmHg", most="1/h", returns="1/h")
def necrosis_hazard(oxygen: Number, onset: Number, full: Number, most: Number) -> Number:
    """Rate at which a cell without oxygen becomes necrotic.

    hazard = most · min(1, max(0, (onset − oxygen)/(onset − full)))

    limits  0 at or above `onset`; `most` at or below `full` (full < onset)
    source  Ghaffarizadeh 2018, 10.1371/journal.pcbi.1005991
    """
    return most * minimum(maximum((onset - oxygen) / (onset - full), 0.0), 1.0)


@law(oxygen="mmHg", onset="mmHg", severe="mmHg", returns="dimensionless")
def hypoxic_stress(oxygen: Number, onset: Number, severe: Number) -> Number:
    """How hypoxic a place is, as the network inside cells reads it.

    stress = min(1, max(0, (onset − oxygen)/(onset − severe)))

    limits  0 at or above `onset`, 1 at or below `severe` (severe < onset)
    """
    return minimum(maximum((onset - oxygen) / (onset - severe), 0.0), 1.0)


@law(level="$a", lowest="$a", full="$a", returns="dimensionless")
def supply_share(level: Number, lowest: Number, full: Number) -> Number:
    """Share of the free growth rate that a cell has by one nutrient, or by the pH around it.

    share = min(1, max(0, (level − lowest)/(full − lowest)))

    limits  0 at or below `lowest`, 1 at or above `full` (lowest < full)
    source  form as for oxygen: Ghaffarizadeh 2018, 10.1371/journal.pcbi.1005991
    """
    return minimum(maximum((level - lowest) / (full - lowest), 0.0), 1.0)


@law(level="$a", onset="$a", full="$a", most="1/h", returns="1/h")
def want_hazard(level: Number, onset: Number, full: Number, most: Number) -> Number:
    """Rate at which a cell becomes necrotic for want of a nutrient, or in acid (its level is then the pH).

    hazard = most · min(1, max(0, (onset − level)/(onset − full)))

    limits  0 at or above `onset`; `most` at or below `full` (full < onset)
    source  form as for oxygen: Ghaffarizadeh 2018, 10.1371/journal.pcbi.1005991
    """
    return most * minimum(maximum((onset - level) / (onset - full), 0.0), 1.0)


@law(level="nM", most="nM/h", half="nM", returns="1/h")
def saturating_uptake(level: Number, most: Number, half: Number) -> Number:
    """Uptake of a nutrient per its concentration: what a fast field reads as a rate.

    rate = most/(half + level)

    limits  most/half for a trace; most/level in excess, so that uptake, rate · level, saturates at `most`
    source  Michaelis-Menten form
    """
    return most / (half + level)


@law(basal="pmol/cell/h", hypoxic="pmol/cell/h", stress="dimensionless", returns="pmol/cell/h")
def rate_in_hypoxia(basal: Number, hypoxic: Number, stress: Number) -> Number:
    """What a cell takes up or gives off under hypoxic stress.

    rate = basal + (hypoxic − basal) · stress

    limits  `basal` with oxygen, `hypoxic` in severe hypoxia
    """
    return basal + (hypoxic - basal) * stress


@law(hazard="1/h", span="h", returns="dimensionless")
def chance(hazard: Number, span: Number) -> Number:
    """Probability that what happens at a rate happens within a span.

    p = 1 − exp(−hazard · span)

    limits  0 without hazard or span; 1 for very long spans
    """
    return 1.0 - exp(-hazard * span)


@law(value="dimensionless", target="dimensionless", rate="1/h", span="h", returns="dimensionless")
def approach(value: Number, target: Number, rate: Number, span: Number) -> Number:
    """Where a value stands after a span of relaxing to a target.

    next = target + (value − target) · exp(−rate · span)

    limits  `value` after no time or at rate 0; `target` after very long
    """
    return target + (value - target) * exp(-rate * span)


@law(permeability="um/h", surface="um^2", volume="um^3", returns="1/h")
def wall_exchange(permeability: Number, surface: Number, volume: Number) -> Number:
    """Rate at which fluid beside a vessel wall approaches the level in plasma: d(fluid)/dt = rate · (plasma − fluid).

    rate = permeability · surface / volume

    limits  0 for a tight wall; without bound for an open one, the fluid is then plasma
    source  Fick's law for a thin membrane
    """
    return permeability * surface / volume


@law(age="h", time="h", most="dimensionless", returns="dimensionless")
def young_leak(age: Number, time: Number, most: Number) -> Number:
    """How many times more permeable a young vessel is than a mature one.

    fold = 1 + (most − 1) · exp(−age/time)

    limits  `most` for a new vessel, 1 for one that has matured for much longer than `time`
    """
    return 1.0 + (most - 1.0) * exp(-age / time)


@law(signal="$a", half="$a", most="dimensionless", returns="dimensionless")
def signalled_leak(signal: Number, half: Number, most: Number) -> Number:
    """How many times more permeable a vessel is under an angiogenic signal.

    fold = 1 + (most − 1) · signal/(signal + half)

    limits  1 without signal, `most` at saturation
    """
    return 1.0 + (most - 1.0) * signal / (signal + half)


@law(signal="$a", half="$a", most="1/h", returns="1/h")
def sprouting(signal: Number, half: Number, most: Number) -> Number:
    """Rate at which a point of a vessel puts out a sprout.

    rate = most · signal/(signal + half)

    limits  0 without signal, `most` at saturation
    """
    return most * signal / (signal + half)


@law(load="dimensionless", most="dimensionless", returns="dimensionless")
def suppression(load: Number, most: Number) -> Number:
    """Share of its killing that a killer withholds for what it meets of a checkpoint ligand.

    suppression = most · load/(1 + load)

    load    sum over carriers (vesicles, the target's own surface) of level over the level that alone suppresses half of `most`
    limits  0 without ligand, `most` at saturation
    """
    return most * load / (1.0 + load)


@law(rate="1/h", vigour="dimensionless", share="dimensionless", suppressed="dimensionless", returns="1/h")
def killing(rate: Number, vigour: Number, share: Number, suppressed: Number) -> Number:
    """Hazard that one killer is to one of the targets it touches.

    hazard = rate · vigour · share · (1 − suppressed)

    share   of the killer's attention: 1 over the number of targets it touches
    limits  0 for a killer that is spent or wholly suppressed
    """
    return rate * vigour * share * (1.0 - suppressed)


@law(age="h", rate="1/h", returns="dimensionless")
def vigour_left(age: Number, rate: Number) -> Number:
    """Share of its vigour that an ageing killer has left.

    vigour = exp(−rate · age)

    limits  1 when young, or without exhaustion; 0 at last
    """
    return exp(-rate * age)


@law(density="dimensionless", half="dimensionless", returns="dimensionless")
def mobility_in_matrix(density: Number, half: Number) -> Number:
    """Mobility of a cell in matrix over that in free space.

    mobility = 1/(1 + density/half)

    limits  1 without matrix, 1/2 at `half`
    """
    return 1.0 / (1.0 + density / half)


@law(root="dimensionless", ratio="dimensionless", returns="dimensionless")
def hindrance_in_matrix(root: Number, ratio: Number) -> Number:
    """Diffusivity of a sphere among straight fibres over that in free fluid.

    share = exp(−root · (1 + ratio))

    root    square root of the share of volume that is fibre
    ratio   radius of the sphere over that of a fibre
    limits  1 without fibres; falls with their density and with the sphere's size
    source  Ogston, Preston, Wells 1973, Proc R Soc A 333:297 (recalled); reviewed in Amsden 1998, 10.1021/ma980765f (recalled)
    """
    return exp(-root * (1.0 + ratio))


@law(rate="1/h", capacity="$a", volume="$a", returns="1/h")
def exponential_linear_growth(rate: Number, capacity: Number, volume: Number) -> Number:
    """Growth of a tumour as a whole, per volume.

    growth = rate / (1 + volume / capacity)

    capacity  volume at which growth per volume is half of that of a small tumour
    limits    `rate` while small (exponential); rate · capacity / volume when large (linear, rate · capacity gained per hour)
    source    form after Koch et al. 2009, J Pharmacokinet Pharmacodyn 36:179 (recalled)
    """
    return rate / (1.0 + volume / capacity)


@law(amount="pmol", volume="mL", fast="1/h", slow="1/h", since="h", returns="nM")
def oral_concentration(amount: Number, volume: Number, fast: Number, slow: Number, since: Number) -> Number:
    """Concentration in plasma after one dose by mouth, one compartment.

    c = amount / volume · fast / (fast − slow) · (exp(−slow · since) − exp(−fast · since))

    volume      of distribution over the share that is absorbed
    fast, slow  absorption and elimination, which must differ; where elimination is the faster, the course is still right
    limits      0 at the dose; the bolus course amount / volume · exp(−slow · since) as fast → ∞
    source      Bateman 1910
    """
    return amount / volume * fast / (fast - slow) * (exp(-slow * since) - exp(-fast * since))
