"""Quasi-steady metabolism: supply against need, acid against buffer, lipids against each other."""

from __future__ import annotations

from exoresist.laws.kinetics import SMALLEST_RATIO, stimulation
from exoresist.laws.namespace import Number, log, maximum, sqrt
from exoresist.laws.registry import law


@law(level="$a", half="$a", standard="$a", returns="dimensionless")
def relative_saturation(level: Number, half: Number, standard: Number) -> Number:
    """Use of a nutrient against that in the standard medium.

    use = [c / (half + c)] · [(half + standard) / standard]

    limits  0 without the nutrient; 1 at the standard concentration; (half + standard)/standard in excess
    source  Michaelis-Menten form, normalised at the concentration in which the rate was measured
    """
    return level / (half + level) * (half + standard) / standard


@law(concentration="$a", half="$a", most="dimensionless", standard="$a", returns="dimensionless")
def relative_stimulation(concentration: Number, half: Number, most: Number, standard: Number) -> Number:
    """Factor by which a substance raises a rate, against that in the standard medium.

    factor = s(c) / s(standard),  s(c) = 1 + (most − 1)·c/(half + c)

    limits  1 at the standard concentration; 1 everywhere for most = 1
    """
    return stimulation(concentration, half, most) / stimulation(standard, half, most)


@law(level="dimensionless", share="dimensionless", returns="dimensionless")
def dependence(level: Number, share: Number) -> Number:
    """What is made when only a share of it depends on a supply.

    made = 1 + share · (level − 1)

    level   supply against its baseline
    limits  1 at level = 1; 1 − share without supply; 1 at share = 0, whatever the supply
    """
    return 1.0 + share * (level - 1.0)


@law(first="dimensionless", second="dimensionless", share="dimensionless", returns="dimensionless")
def blend(first: Number, second: Number, share: Number) -> Number:
    """Two sources that replace each other.

    value = share · first + (1 − share) · second

    limits  1 when both are 1; `first` at share = 1
    """
    return share * first + (1.0 - share) * second


@law(buffer="nM", acid="nM", minor="nM", returns="nM")
def buffer_left(buffer: Number, acid: Number, minor: Number) -> Number:
    """Buffer left after acid has been added.

    left = ½·[(B − A) + √((B − A)² + 4·minor²)]

    acid    protons added, less those taken away
    minor   weaker buffers of the medium, which bend the end of the titration
    limits  about B without acid; minor²/(A − B) when acid exceeds the buffer: never zero
    source  titration of one buffer to its end
    """
    rest = buffer - acid
    return 0.5 * (rest + sqrt(rest * rest + 4.0 * minor * minor))


@law(left="nM", dissolved="nM", pka="dimensionless", returns="dimensionless")
def medium_ph(left: Number, dissolved: Number, pka: Number) -> Number:
    """pH of a medium buffered by bicarbonate under a fixed share of carbon dioxide.

    pH = pKa + log10(left / dissolved)

    left       bicarbonate left; `dissolved`: dissolved carbon dioxide
    limits     pKa where both are equal; falls as bicarbonate is used up
    source     Henderson-Hasselbalch equation
    """
    return pka + log(maximum(left / dissolved, SMALLEST_RATIO)) / log(10.0)


@law(left="nM", fresh="nM", half="dimensionless", returns="dimensionless")
def acid_stress(left: Number, fresh: Number, half: Number) -> Number:
    """Acid stress from the protons that a medium has gained.

    stress = x / (half + x),  x = fresh / left − 1

    fresh   buffer of the fresh medium; protons are inverse to the buffer left, so x is their excess against it
    half    excess at which the stress is half of the severest
    limits  0 in fresh medium; 1 as the buffer is used up; slightly negative in a medium that cells made alkaline
    """
    return (fresh - left) / (half * left + fresh - left)


@law(imposed="dimensionless", supply="dimensionless", returns="dimensionless")
def own_stress(imposed: Number, supply: Number) -> Number:
    """Stress that a scenario imposes and stress that the medium itself makes, as one.

    stress = 1 − (1 − imposed) · supply

    supply  1 in the standard medium, 0 when nothing is left
    limits  `imposed` at supply = 1; 1 at supply = 0
    """
    return 1.0 - (1.0 - imposed) * supply


@law(pufa="dimensionless", other="dimensionless", share="dimensionless", returns="dimensionless")
def membrane_share(pufa: Number, other: Number, share: Number) -> Number:
    """Polyunsaturated share of membrane lipid against its baseline.

    value = P / [share · P + (1 − share) · O]

    pufa, other  incorporation of polyunsaturated and of all other lipid, each against its baseline
    share        polyunsaturated share at the baseline
    limits       0 without PUFA; 1 at the baseline; falls as other lipid competes
    """
    return pufa / (share * pufa + (1.0 - share) * other)
