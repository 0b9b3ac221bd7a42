"""What a fit must beat: held-out readings predicted from the fitted ones without any mechanism.

In order of what the fitted readings of one arm and readout allow: growth with a Hill-type kill rate (three times or more, several
doses of one drug), a Hill curve (four doses or more at one time), straight lines between neighbours in time, and the nearest
condition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import ExoresistError
from exoresist.studies.baselines import fit_growth_kill
from exoresist.studies.fitting.experiments import Condition, Group, Key, Place

Array = NDArray[np.float64]
GROWTH, HILL, NEAREST = "growth with a Hill-type kill rate", "Hill curve", "nearest fitted condition"


@dataclass(frozen=True)
class Baseline:
    """Prediction of every held-out reading (NaN where nothing could be said), and what made each."""

    predicted: Array
    kinds: tuple[str, ...]


def baseline(groups: Sequence[Group], fitted: Sequence[Place], held_out: Sequence[Place]) -> Baseline:
    """Baseline predictions of the held-out readings, in their order."""
    conditions = {group.key: group.conditions for group in groups}
    times = {group.key: group.times for group in groups}
    predicted, kinds = np.full(len(held_out), np.nan), [""] * len(held_out)
    for key, readout in dict.fromkeys((place.key, place.readout) for place in held_out):
        seen = [place for place in fitted if place.key == key and place.readout == readout]
        numbers = [n for n, place in enumerate(held_out) if (place.key, place.readout) == (key, readout)]
        if not seen:
            continue
        asked = [held_out[n] for n in numbers]
        found = _curves(conditions[key], times[key], seen, asked) or _hill(conditions[key], seen, asked)
        values, kind = found if found is not None else (_nearest(conditions[key], times[key], seen, asked), NEAREST)
        predicted[numbers] = values
        for number in numbers:
            kinds[number] = kind
    return Baseline(predicted, tuple(kinds))


def _dose(condition: Condition) -> float | None:
    """The dose of the one thing that varies."""
    return condition[0][1] if len(condition) == 1 else None


def _curves(
    conditions: Sequence[Condition], times: Sequence[float], seen: Sequence[Place], asked: Sequence[Place]
) -> tuple[Array, str] | None:
    """Growth and kill, where every fitted dose was read at the same three times or more."""
    table: dict[float, dict[int, list[float]]] = {}
    for place in seen:
        dose = _dose(conditions[place.condition])
        if dose is None:
            return None
        table.setdefault(dose, {}).setdefault(place.time, []).append(place.value)
    marks = [sorted(row) for row in table.values()]
    if any(row != marks[0] for row in marks) or len(marks[0]) < 3:
        return None
    hours = [times[mark] for mark in marks[0]]
    try:
        fit = fit_growth_kill(hours, {dose: [float(np.mean(row[mark])) for mark in marks[0]] for dose, row in table.items()})
    except ExoresistError:
        return None
    doses = [_dose(conditions[place.condition]) for place in asked]
    if any(dose is None for dose in doses):
        return None
    return np.array(
        [float(fit.predict(dose or 0.0, [times[place.time]])[0]) for dose, place in zip(doses, asked, strict=True)]
    ), GROWTH


def _hill(conditions: Sequence[Condition], seen: Sequence[Place], asked: Sequence[Place]) -> tuple[Array, str] | None:
    """top + (bottom - top) * dose^h / (ec50^h + dose^h), least squares, where four doses or more were read at one time."""
    from scipy.optimize import least_squares

    marks = {place.time for place in (*seen, *asked)}
    doses = [_dose(conditions[place.condition]) for place in seen]
    if len(marks) != 1 or any(dose is None for dose in doses) or len(set(doses)) < 4:
        return None
    x, y = np.array(doses, dtype=float), np.array([place.value for place in seen])
    positive = np.unique(x[x > 0.0])

    def curve(p: Array, dose: Array) -> Array:
        ratio = (dose / np.exp(p[2])) ** np.exp(p[3])
        return np.asarray(p[0] + (p[1] - p[0]) * ratio / (1.0 + ratio))

    top = float(np.mean(y[x == x.min()]))
    bottom = float(np.mean(y[x == x.max()]))
    best = None
    for ec50 in positive:
        low = [-np.inf, -np.inf, np.log(positive[0] / 100.0), np.log(0.2)]
        high = [np.inf, np.inf, np.log(positive[-1] * 100.0), np.log(5.0)]
        found = least_squares(lambda p: curve(p, x) - y, [top, bottom, np.log(ec50), 0.2], bounds=(low, high), x_scale="jac")
        best = found if best is None or found.cost < best.cost else best
    asked_doses = np.array([_dose(conditions[place.condition]) for place in asked], dtype=float)
    return (curve(best.x, asked_doses), HILL) if best is not None and np.all(np.isfinite(asked_doses)) else None


def _nearest(conditions: Sequence[Condition], times: Sequence[float], seen: Sequence[Place], asked: Sequence[Place]) -> Array:
    """The fitted condition that lies nearest in log dose; between its times straight lines, beyond them its last mean."""
    result = []
    for place in asked:
        nearest = min(
            {other.condition for other in seen}, key=lambda other: _distance(conditions[other], conditions[place.condition])
        )
        points: dict[float, list[float]] = {}
        for other in seen:
            if other.condition == nearest:
                points.setdefault(times[other.time], []).append(other.value)
        marks = sorted(points)
        result.append(float(np.interp(times[place.time], marks, [float(np.mean(points[mark])) for mark in marks])))
    return np.array(result)


def _distance(first: Condition, second: Condition) -> float:
    one, other = dict(first), dict(second)
    total = 0.0
    for name in {*one, *other}:
        a, b = one.get(name), other.get(name)
        if a is None or b is None:
            total += 1e6
        elif a > 0.0 and b > 0.0:
            total += abs(np.log(a / b))
        elif a != b:
            total += 1e3
    return total


def key_label(key: Key) -> str:
    """Experiment and arm in words."""
    return " ".join(part for part in key if part not in ("base", "experiment"))
