"""What may differ between worlds: every uncertain number of the catalogue, the rivals' strengths, and how potent the drug is.

Every coordinate is a standard normal score z, so that priors need no further words: a catalogue row at probability Φ(z) of its own
distribution, a rival's strength log-uniform, growth beside donors log-normal (`assembly.rivals.Priors`, from the catalogue).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.build import Model
from exoresist.assembly.rivals import Priors, strength
from exoresist.core.quantity import Quantity
from exoresist.core.random import stream
from exoresist.core.units import convert

Array = NDArray[np.float64]
Row = tuple[str, str]

STRENGTHS = ("transfer", "soluble", "sink", "decoy")
GROWTH, POTENCY = "growth", "potency"


@dataclass(frozen=True)
class Space:
    """Coordinates of a world.

    rows        catalogue rows, one coordinate each, in a fixed order
    rivals      rivals that the experiment can hold; others have no coordinate
    potent      whether the drug's potency is a coordinate
    priors      what a score means for rivals and potency
    """

    rows: tuple[Quantity, ...]
    rivals: tuple[str, ...]
    potent: bool
    priors: Priors

    @cached_property
    def names(self) -> list[str | Row]:
        """Every coordinate: rivals first, then potency, then catalogue rows."""
        return [*self.rivals, *([POTENCY] if self.potent else []), *((row.name, row.subject) for row in self.rows)]

    @property
    def size(self) -> int:
        return len(self.names)

    def place(self, name: str | Row) -> int:
        return self.names.index(name)

    def draw(self, count: int, seed: int, *key: object) -> Array:
        """(count, size) scores from the prior, spread evenly in every coordinate (Latin hypercube)."""
        from scipy.special import ndtri

        result = np.empty((count, self.size))
        for column, name in enumerate(self.names):
            generator = stream(seed, "identify", *key, name)
            result[:, column] = ndtri((generator.permutation(count) + generator.random(count)) / count)
        return result

    def draw_kind(self, kind: str, count: int, seed: int, *key: object) -> Array:
        """(count, size) scores from the prior, given which rival alone is there (`no_effect`: none)."""
        from scipy.special import ndtr, ndtri

        z = self.draw(count, seed, *key)
        edge = float(ndtr(self.score(self.priors.present)))
        still = float(ndtr(self.priors.present / self.priors.growth_spread))
        for column, rival in enumerate(self.rivals):
            places = ndtr(z[:, column])
            if rival == GROWTH:
                # Beyond ±present where it is the one, else within.
                beyond = np.where(places < 0.5, 2.0 * places * (1.0 - still), 1.0 - 2.0 * (1.0 - places) * (1.0 - still))
                z[:, column] = ndtri(beyond if rival == kind else (1.0 - still) + places * (2.0 * still - 1.0))
            else:
                z[:, column] = ndtri(edge + places * (1.0 - edge) if rival == kind else places * edge)
        return z

    def strengths(self, z: Array) -> dict[str, Array]:
        """Rival -> (N,) strength; growth as ln of the fold."""
        from scipy.special import ndtr

        least, span = self.priors.least, np.log(self.priors.most / self.priors.least)
        result = {}
        for column, rival in enumerate(self.rivals):
            place = z[:, column]
            result[rival] = self.priors.growth_spread * place if rival == GROWTH else least * np.exp(span * ndtr(place))
        return result

    def score(self, strength_value: float) -> float:
        """The z at which a rival has a strength."""
        from scipy.special import ndtri

        least, most = self.priors.least, self.priors.most
        return float(ndtri(np.log(strength_value / least) / np.log(most / least)))

    def features(self, z: Array) -> Array:
        """(N, size) coordinates in which answers are nearly straight: ln(1 + strength) for rivals, z for all else."""
        result = z.copy()
        for rival, value in self.strengths(z).items():
            if rival != GROWTH:
                # 0.6: roughly the standard deviation that a standard normal score would have
                result[:, self.rivals.index(rival)] = np.log1p(value) / 0.3
        return result


class Draws:
    """Parameter values of one batch of worlds, for any arm; every catalogue row is turned into values once.

    potency, matched  (N,) factors on the damage rate (`potency_rows`): how this plate differs, and what brings the reference arm in line
    levels            rival -> (N,) level that its strength is relative to
    """

    def __init__(self, space: Space, z: Array) -> None:
        self.space, self.z = space, z
        self.sets = len(z)
        spread = space.priors.potency_spread
        self.potency: Array = np.exp(spread * z[:, space.place(POTENCY)]) if space.potent else np.ones(len(z))
        self.matched: Array = np.ones(len(z))
        self.potency_rows: frozenset[Row] = frozenset()
        self.levels: Mapping[str, Array] = {}
        self._rows: dict[Row, Array] = {}

    def without_rivals(self) -> Draws:
        """The same worlds, and no rival in any of them."""
        bare = Draws(replace(self.space, rivals=()), self.z[:, len(self.space.rivals) :])
        return bare

    def row(self, quantity: Quantity) -> Array:
        """(N,) values of a catalogue row, in its unit; the central one of a row that is no coordinate."""
        name = (quantity.name, quantity.subject)
        if name not in self.space.names:
            return np.full(self.sets, quantity.value)
        if name not in self._rows:
            from scipy.special import ndtr

            places = ndtr(self.z[:, self.space.place(name)])
            self._rows[name] = np.array([quantity.quantile(float(u)) for u in places])
        return self._rows[name]

    def values(self, model: Model) -> dict[str, Array]:
        """Parameter -> (N,) values of all that differs between worlds in a model."""
        result: dict[str, Array] = {}
        for identifier, parameter in model.network.parameters.items():
            quantity = parameter.quantity
            if quantity is None:
                continue
            if quantity.is_uncertain:
                result[identifier] = self.row(quantity) * convert(1.0, quantity.unit, parameter.unit)
            if (quantity.name, quantity.subject) in self.potency_rows:
                base = result.get(identifier, np.full(self.sets, parameter.value))
                result[identifier] = base * self.potency * self.matched
        for rival, value in self.space.strengths(self.z).items():
            if strength(rival) in model.network.parameters:
                result[strength(rival)] = np.exp(value) if rival == GROWTH else _per_level(value, self.levels[rival])
        return result


def _per_level(value: Array, level: Array) -> Array:
    """Strength per unit of level; none in a world in which the level is not reached at all."""
    return np.divide(value, level, out=np.zeros_like(value), where=level > 0.0)


def space_of(models: Sequence[Model], rivals: Sequence[str], potent: bool, priors: Priors) -> Space:
    """The coordinates that the models of an experiment share."""
    rows: dict[Row, Quantity] = {}
    for model in models:
        for parameter in model.network.parameters.values():
            quantity = parameter.quantity
            if quantity is not None and quantity.is_uncertain:
                rows.setdefault((quantity.name, quantity.subject), quantity)
    return Space(tuple(rows[name] for name in sorted(rows)), tuple(rivals), potent, priors)
