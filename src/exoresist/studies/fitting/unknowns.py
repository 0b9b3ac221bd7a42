"""What a fit moves: each number with what is expected of it, on a scale where that expectation is a standard normal.

value = quantile(Phi(z)), z ~ N(0, 1): the same quantile by which draws of the catalogue are made, so that prior and draws are one.
The optimiser and the sampler see z only; logs, logits and bounds follow from the distribution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.bounds import bounds_of
from exoresist.assembly.build import Model
from exoresist.assembly.fit_file import FitFile, ParameterEntry, Scale
from exoresist.assembly.fit_readouts import Prior
from exoresist.core.errors import InputError, unknown_name
from exoresist.core.quantity import Quantity
from exoresist.core.units import convert

Array = NDArray[np.float64]
Models = Mapping[tuple[str, str], Model]  # (experiment, arm) -> model

_Z95 = 1.6448536269514722  # standard normal quantile at 95 %
REACH = 6.0  # |z| beyond which nothing is tried
SEEDING = "seeding"
FURTHEST = 30.0  # of an experiment from the middle, in the logarithm
SPREAD = "_spread"  # after the name of a number: its spread between experiments
PROPORTIONS = ("lognormal", "loguniform")  # scatter by factors; shares by odds


@dataclass(frozen=True)
class Unknown:
    """One number that the fit moves.

    prior       its expectation; name, subject and unit as they will be written
    experiment  empty where all experiments share it
    places      (experiment, arm) -> ((identifier of the network's parameter, factor), ...)
    catalogued  whether it is a row of the catalogue
    middle      of an experiment's own value: label of what it scatters about; `spread`: by how much, a number or the label of one
    readout     for what only readings depend on: readout and part (`scale`, `offset`, `spreading`, or a number of the noise)
    """

    prior: Quantity
    experiment: str = ""
    places: Mapping[tuple[str, str], tuple[tuple[str, float], ...]] | None = None
    readout: tuple[str, str] = ("", "")
    low: float = -np.inf
    high: float = np.inf
    catalogued: bool = False
    middle: str = ""
    spread: str | float = 0.0

    @property
    def label(self) -> str:
        """`name@subject`, as columns of the posterior are called; a local one ends with its experiment."""
        return f"{self.prior.name}@{self.prior.subject}" + (f"@{self.experiment}" if self.experiment else "")

    @property
    def simulated(self) -> bool:
        """Whether the network has to be solved again when it moves."""
        return not self.readout[0] or self.readout[1] == "spreading"

    def values(self, z: Array) -> Array:
        """Values at any shape of z, of one that scatters about nothing else (`values_of`)."""
        prior, place = self.prior, np.asarray(z, dtype=float)
        if prior.distribution in ("uniform", "loguniform"):
            from scipy.special import ndtr

            share = 2.0 * ndtr(place) - 1.0
            ends = np.log([prior.low, prior.value, prior.high]) if prior.distribution == "loguniform" else _ends(prior)
            result = ends[1] + np.where(share < 0.0, share * (ends[1] - ends[0]), share * (ends[2] - ends[1]))
            return np.asarray(np.exp(result) if prior.distribution == "loguniform" else result)
        ends = _ends(prior)
        if prior.distribution == "lognormal":
            ends = np.log(ends)
        elif prior.distribution == "logitnormal":
            ends = np.log(ends / (1.0 - ends))
        inner = ends[1] + np.where(place < 0.0, place * (ends[1] - ends[0]), place * (ends[2] - ends[1])) / _Z95
        if prior.distribution == "lognormal":
            return np.asarray(np.exp(inner))
        return np.asarray(1.0 / (1.0 + np.exp(-inner)) if prior.distribution == "logitnormal" else inner)

    def position(self, value: float) -> float:
        """z of a value, by bisection; the reach where it lies beyond."""
        low, high = -REACH, REACH
        for _ in range(80):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if float(self.values(np.asarray(middle))) < value else (low, middle)
        return 0.5 * (low + high)

    def about(self, middle: Array, spread: Array | float, z: Array) -> Array:
        """An experiment's own value: middle * exp(spread * z), or of a share the same for its odds."""
        factor = np.exp(np.clip(spread * np.asarray(z, dtype=float), -FURTHEST, FURTHEST))
        if self.prior.distribution in PROPORTIONS:
            return np.asarray(middle * factor)
        odds = middle / (1.0 - middle) * factor
        return np.asarray(odds / (1.0 + odds))

    def allowed(self, values: Array) -> NDArray[np.bool_]:
        """Whether values lie within the bounds."""
        return np.asarray((values >= self.low) & (values <= self.high))


def unknowns_of(file: FitFile, models: Models) -> tuple[Unknown, ...]:
    """All that the file lets move: parameters first, then what belongs to readouts."""
    found: list[Unknown] = []
    for entry in file.parameters:
        found += _parameters(entry, models)
    experiments = list(dict.fromkeys(experiment for experiment, _ in models))
    for readout in file.readouts:
        for part in ("scale", "offset"):
            given = getattr(readout, part)
            if isinstance(given, Scale):
                own = [_of_readout(given, readout.id, part, readout.unit)]
                if given.local and len(experiments) > 1:
                    own = [replace(own[0], experiment=experiment) for experiment in experiments]
                found += own
        spreading = getattr(readout.reads, "spreading", None)
        if isinstance(spreading, Prior):
            found.append(_of_readout(spreading, readout.id, "spreading", "dimensionless"))
        for part in ("additive", "relative", "spread", "dispersion"):
            given = getattr(readout.noise, part, None)
            if isinstance(given, Prior):
                found.append(_of_readout(given, readout.id, part, readout.unit if part == "additive" else "dimensionless"))
    labels = [unknown.label for unknown in found]
    doubled = sorted({label for label in labels if labels.count(label) > 1})
    if doubled:
        raise InputError(f"parameter '{doubled[0]}' moves twice", "each number once", "Remove one entry")
    return tuple(found)


def _ends(prior: Quantity) -> Array:
    return np.array([prior.low, prior.value, prior.high])


def _of_readout(prior: Prior, readout: str, part: str, unit: str) -> Unknown:
    positive = part != "offset"
    if positive and not prior.low > 0.0:
        raise InputError(f"readout '{readout}': {part} is expected from {prior.low:g}", "above 0", "Narrow `low`")
    shape = "lognormal" if prior.low > 0.0 else "normal"
    quantity = Quantity(
        prior.value, unit or "dimensionless", prior.low, prior.high, shape, "assumed", "fit file", "", prior.reason, part,
        f"readout:{readout}",
    )  # fmt: skip
    return Unknown(quantity, readout=(readout, part), low=0.0 if positive else -np.inf)


def _parameters(entry: ParameterEntry, models: Models) -> list[Unknown]:
    """One unknown, or one per experiment where the entry is local."""
    inside = {key: model for key, model in models.items() if not entry.experiments or key[0] in entry.experiments}
    found = {key: _identifiers(entry, model) for key, model in inside.items()}
    places = {key: names for key, names in found.items() if names}
    if not places:
        raise _not_found(entry, inside)
    first = next(iter(places))
    prior = _prior(entry, models[first], places[first][0])
    low, high = _bounds(entry, models[first], prior)
    if not low <= prior.value <= high:
        raise InputError(
            f"{entry.name} of {entry.subject} is expected at {prior.value:g}", f"within its bounds, {low:g} to {high:g}"
        )
    located = {
        key: tuple(
            (name, 1.0 if name == SEEDING else convert(1.0, prior.unit, models[key].network.parameters[name].unit))
            for name in names
        )
        for key, names in places.items()
    }
    known = entry.name != SEEDING and models[first].network.parameters[places[first][0]].quantity is not None
    if not entry.local and (entry.varies is None or entry.varies.spread == 0.0):
        return [Unknown(prior, "", located, low=low, high=high, catalogued=known)]
    experiments = dict.fromkeys(experiment for experiment, _ in located)
    own = [
        Unknown(prior, one, {key: names for key, names in located.items() if key[0] == one}, low=low, high=high, catalogued=known)
        for one in experiments
    ]
    return own if entry.varies is None else _varying(entry, Unknown(prior, low=low, high=high, catalogued=known), own)


def _varying(entry: ParameterEntry, middle: Unknown, own: Sequence[Unknown]) -> list[Unknown]:
    """The shared middle, its spread where that is fitted, and each experiment's own value."""
    assert entry.varies is not None
    if middle.prior.distribution not in (*PROPORTIONS, "logitnormal"):
        raise InputError(
            f"{entry.name} of {entry.subject} varies, and its expectation is {middle.prior.distribution}",
            "lognormal, loguniform or logitnormal: what varies does so by factors, or by odds", "Give it such a `distribution`",
        )  # fmt: skip
    spread = entry.varies.spread
    if not isinstance(spread, Prior):
        return [middle, *(replace(one, middle=middle.label, spread=float(spread)) for one in own)]
    if len(own) < 2:
        raise InputError(
            f"{entry.name} of {entry.subject} varies between experiments, of which there is one", "two or more to fit its spread",
            "Give the spread as a number, or leave `varies` out",
        )  # fmt: skip
    width = Quantity(
        spread.value, "dimensionless", spread.low, spread.high, "lognormal", "assumed", "fit file", "", spread.reason,
        f"{entry.name}{SPREAD}", entry.subject,
    )  # fmt: skip
    wide = Unknown(width, low=0.0)
    return [middle, wide, *(replace(one, middle=middle.label, spread=wide.label) for one in own)]


def _identifiers(entry: ParameterEntry, model: Model) -> tuple[str, ...]:
    """The network's parameters that an entry stands for; none where the arm fixes or does not know it."""
    if entry.name == SEEDING:
        kind, _, who = entry.subject.partition(":")
        return (SEEDING,) if kind == "population" and who in {item.id for item in model.layout.populations} else ()
    parameters = model.network.parameters
    named = tuple(
        key
        for key, part in parameters.items()
        if part.quantity is not None and (part.quantity.name, part.quantity.subject) == (entry.name, entry.subject)
        and part.quantity.source != "scenario"
    )  # fmt: skip
    own = f"{entry.subject}.{entry.name}"
    return named or ((own,) if own in parameters and parameters[own].quantity is None else ())


def _not_found(entry: ParameterEntry, models: Models) -> InputError:
    available: set[str] = set()
    fixed = False
    for model in models.values():
        for part in model.network.parameters.values():
            if part.quantity is not None:
                available.add(f"{part.quantity.name} of {part.quantity.subject}")
                same = (part.quantity.name, part.quantity.subject) == (entry.name, entry.subject)
                fixed = fixed or (same and part.quantity.source == "scenario")
    if fixed:
        return InputError(
            f"{entry.name} of {entry.subject} is fixed by the scenario's `parameters` in every arm", "a number that may move",
            "Remove the override, or do not fit it",
        )  # fmt: skip
    return unknown_name("Parameter of these experiments", f"{entry.name} of {entry.subject}", available)


def _prior(entry: ParameterEntry, model: Model, identifier: str) -> Quantity:
    part = model.network.parameters.get(identifier)
    unit = "dimensionless" if part is None else part.quantity.unit if part.quantity is not None else part.unit
    if entry.value is None or entry.low is None or entry.high is None:
        if part is None or part.quantity is None or not part.quantity.is_uncertain:
            raise InputError(
                f"{entry.name} of {entry.subject} has no range of its own", "`value`, `low` and `high`, with a `reason`",
                "Say what is expected of it",
            )  # fmt: skip
        return part.quantity
    try:
        low, value, high = (convert(item.number, item.unit, unit) for item in (entry.low, entry.value, entry.high))
    except InputError as error:
        raise InputError(f"{entry.name} of {entry.subject}: {error.came}", error.allowed, error.advice) from None
    return Quantity(
        value, unit, low, high, entry.shape, "assumed", "fit file", "", entry.reason, entry.name, entry.subject
    )  # fmt: skip


def _bounds(entry: ParameterEntry, model: Model, prior: Quantity) -> tuple[float, float]:
    """What the number may be, in the prior's unit."""
    if entry.bounds is not None:
        low, high = (convert(item.number, item.unit, prior.unit) for item in entry.bounds)
        return low, high
    if any(row.name == entry.name for row in model.catalog.parameters()):
        known = bounds_of(model.catalog, entry.name)
        factor = convert(1.0, known.unit, prior.unit)
        return (0.0 if known.zero else known.low * factor), known.high * factor
    return 0.0, np.inf


def values_of(unknowns: Sequence[Unknown], points: Array) -> Array:
    """(S, unknowns) values of points z of the same shape."""
    result = np.stack([unknown.values(points[:, place]) for place, unknown in enumerate(unknowns)], axis=1)
    at = {unknown.label: place for place, unknown in enumerate(unknowns)}
    for place, unknown in enumerate(unknowns):
        if unknown.middle:
            spread = unknown.spread if isinstance(unknown.spread, float) else result[:, at[unknown.spread]]
            result[:, place] = unknown.about(result[:, at[unknown.middle]], spread, points[:, place])
    return result


def position_of(unknowns: Sequence[Unknown], point: Array, place: int, value: float) -> float:
    """z at which one of the unknowns has a value, the others being as at a point (unknowns,)."""
    one = unknowns[place]
    if not one.middle:
        return one.position(value)
    low, high = -REACH, REACH
    for _ in range(80):
        middle = 0.5 * (low + high)
        tried = np.array(point, dtype=float)
        tried[place] = middle
        low, high = (middle, high) if float(values_of(unknowns, tried[None])[0, place]) < value else (low, middle)
    return 0.5 * (low + high)
