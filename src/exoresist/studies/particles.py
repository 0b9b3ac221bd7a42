"""Vesicles one by one, as nanoparticle tracking and density gradients see them: drawn from a class's own size and density."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.build import Model
from exoresist.core.errors import InputError, unknown_name
from exoresist.core.random import stream
from exoresist.laws import vesicles

Array = NDArray[np.float64]
Values = Mapping[str, float]


@dataclass(frozen=True)
class Particles:
    """Vesicles of one class.

    diameter  (n,) um; `density` (n,) pg/um^3 (the same number as g/mL); `area` (n,) um^2; `volume` (n,) um^3
    share     part of the class's vesicles whose size lies within what is called an exosome; the others are not drawn
    """

    diameter: Array
    density: Array
    share: float

    @property
    def area(self) -> Array:
        return np.pi * self.diameter**2

    @property
    def volume(self) -> Array:
        return np.pi / 6.0 * self.diameter**3

    def histogram(self, edges: Array) -> Array:
        """(bins,) particles per bin of diameters, as a tracking instrument tells them.

        edges  (bins + 1,) rising, um
        """
        return np.histogram(self.diameter, edges)[0].astype(float)


def draw_vesicles(model: Model, group: str, count: int, seed: int, values: Values | None = None) -> Particles:
    """Draw vesicles of a class with the diameters and densities that its parameters give, none of them out of range.

    diameter = d · exp(σ·z), z normal, cut to the range of exosomes; density from its measured range

    group   id of a population (its own vesicles) or of a preparation; `values`: parameter -> number, laid over the model's
    count   vesicles to draw, at least 1

    Raises InputError for an unknown class, or when practically no vesicle of it lies within the range.
    """
    from scipy.special import ndtr, ndtri

    if group not in {one.id for one in model.layout.classes}:
        raise unknown_name("Vesicle class", group, [one.id for one in model.layout.classes])
    if count < 1:
        raise InputError(f"{count} vesicles were asked for", "1 or more")
    given = {key: part.value for key, part in model.network.parameters.items()} | dict(values or {})
    shrunk = vesicles.stress_factor(given["environment.hypoxia"], given[f"{group}.diameter_fold_hypoxia"])
    median, sigma = given[f"{group}.diameter_median"] * shrunk, given[f"{group}.diameter_sigma"]
    lowest = model.catalog.parameter("diameter_lowest", "exosome").value
    highest = model.catalog.parameter("diameter_highest", "exosome").value
    below, above = (float(ndtr(np.log(end / median) / sigma)) for end in (lowest, highest))
    if above - below < 1e-6:
        came = f"vesicles of '{group}' have a median of {median:g} um, so practically none are exosomes"
        raise InputError(came, f"sizes that reach {lowest:g} to {highest:g} um", "Check diameter_median and diameter_sigma")
    generator = stream(seed, "particles", group)
    diameter = median * np.exp(sigma * ndtri(below + (above - below) * generator.random(count)))
    density = model.catalog.parameter("vesicle_density", "vesicle")
    spread = generator.random(count)
    return Particles(
        diameter=np.clip(diameter, lowest, highest),  # the quantile's last digit may fall outside
        density=np.array([density.quantile(float(u)) for u in spread]),
        share=above - below,
    )
