"""Readings that the model itself would give: for tests of recovery, and for designs that are still to be carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.fit_reader import FitPlan
from exoresist.assembly.readings import Reading
from exoresist.catalog import Catalog
from exoresist.core.errors import unknown_name
from exoresist.core.random import stream
from exoresist.studies.fitting.fit import problem
from exoresist.studies.fitting.posterior import Posterior
from exoresist.studies.fitting.unknowns import position_of, values_of

Array = NDArray[np.float64]


def simulated_readings(
    plan: FitPlan,
    design: Sequence[Reading],
    truth: Mapping[str, float] | None = None,
    seed: int = 1,
    catalog: Catalog | None = None,
) -> tuple[list[Reading], dict[str, float]]:
    """The readings of a design with values that the model gives at `truth`, with noise, and the truth by label.

    design  readings whose values are not looked at (any positive whole number will do)
    truth   `name@subject` -> value; what is absent is drawn from what is expected of it, within its 80 % range

    Raises InputError for unknown labels, and for noise that is to come from replicates: there are none yet.
    """
    posterior, held_out = problem(plan, design, catalog)
    everything = replace(posterior, places=(*posterior.places, *held_out))
    point = drawn_truth(posterior, seed)
    labels = [unknown.label for unknown in posterior.unknowns]
    for name in truth or {}:
        if name not in labels:
            raise unknown_name("Parameter of this fit", name, labels)
    # Middles and spreads before what scatters about them.
    for name, value in sorted((truth or {}).items(), key=lambda item: bool(posterior.unknowns[labels.index(item[0])].middle)):
        point[labels.index(name)] = position_of(posterior.unknowns, point, labels.index(name), value)
    mean = everything.predicted(point[None], everything.computed(point[None]))
    readings = [place.reading for place in everything.places]
    values = mean[0].copy()
    for number, noise in posterior.noises.items():
        pick = everything.readout_places(number)
        fitted = everything.fitted_noise(point[None], number)
        generator = stream(seed, "fit", "synthetic", posterior.file.name, number)
        values[pick] = noise.draw(mean[:, pick], fitted, generator, [everything.places[place].well for place in pick])[0]
    units = [posterior.file.readouts[place.readout].unit for place in everything.places]
    made = [replace(one, value=float(value), unit=unit) for one, value, unit in zip(readings, values, units, strict=True)]
    found = dict(zip(labels, values_of(posterior.unknowns, point[None])[0].tolist(), strict=True))
    return made, found


def drawn_truth(posterior: Posterior, seed: int) -> Array:
    """A point drawn from what is expected, within the middle 80 % of each parameter."""
    from scipy.special import ndtri

    return np.asarray(ndtri(stream(seed, "fit", "truth", posterior.file.name).uniform(0.1, 0.9, posterior.size)))
