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


@law(hazard="1/h", span="h", returns="dimensionless")
def chance(hazard: Number, span: Number) -> Number:
    """Probability that what happens at a rate happens within a span.

    p = 1 − exp(−hazard · span)
    """
    return 1.0 - exp(-hazard * span)


@law(value="dimensionless", target="dimensionless", rate="1/h", span="h", returns="dimensionless")
def approach(value: Number, target: Number, rate: Number, span: Number) -> Number:
    """Where a value stands after a span of relaxing to a target.

    value → target + (value − target) · exp(−rate · span)
    """
    return target + (value - target) * exp(-rate * span)
