"""Which numbers move the answer: each parameter alone at either end of its range."""

from __future__ import annotations

import numpy as np

from exoresist.core.progress import Progress
from exoresist.core.quantity import Quantity
from exoresist.core.units import convert
from exoresist.studies.arms import ArmResult
from exoresist.studies.survival import ratio, survive
from exoresist.studies.workload import FINE_DOSES

Row = dict[str, object]
DOSES = 8
REACH = 20.0  # fold of the central IC50 that is searched to either side
NOISE = 1e-6  # of the shift: a parameter that moves it less moves only the solver's own error


def driver_rows(of: ArmResult, against: ArmResult, report: Progress, most: int = 12) -> list[Row]:
    """The shift between two arms with one catalogue row at a time at its 5 % and 95 % point, the largest movers first.

    low_effect, high_effect  the shift itself (not a difference) with the parameter at its low or high end
    """
    rows = _uncertain(of, against)
    if not rows:
        return []
    sets = 1 + 2 * len(rows)
    pair = []
    for result in (of, against):
        values = {}
        for identifier, parameter in result.model.network.parameters.items():
            quantity = parameter.quantity
            if quantity is None or (quantity.name, quantity.subject) not in rows:
                continue
            column = np.full(sets, parameter.value)
            position = 1 + 2 * rows.index((quantity.name, quantity.subject))
            factor = convert(1.0, quantity.unit, parameter.unit)
            column[position], column[position + 1] = quantity.quantile(0.05) * factor, quantity.quantile(0.95) * factor
            values[identifier] = column
        pair.append(
            survive(
                result.model,
                result.survival.drug,
                _doses_around(result),
                values,
                sets,
                result.survival.times[[0, -1]],
                report,
            )
        )
    shift = ratio(*pair)
    found = []
    for index, (name, subject) in enumerate(rows):
        low, high = shift[1 + 2 * index], shift[2 + 2 * index]
        if np.isfinite(low) and np.isfinite(high) and np.isfinite(shift[0]):
            reach = max(abs(np.log(low / shift[0])), abs(np.log(high / shift[0])))
            found.append((reach, {"name": name, "subject": subject, "low_effect": float(low), "high_effect": float(high)}))
    found.sort(key=lambda item: -item[0])
    return [row for reach, row in found[:most] if reach >= NOISE]


def expected_work(of: ArmResult, against: ArmResult) -> float:
    """Culture hours times sets that `driver_rows` will run, at most."""
    sets = 1 + 2 * len(_uncertain(of, against))
    return 2.0 * sets * (DOSES + 1 + FINE_DOSES) * of.scenario.duration


def _doses_around(result: ArmResult) -> list[float]:
    """Doses on both sides of the arm's central IC50, nM: one parameter alone rarely moves it further."""
    return [float(dose) for dose in result.survival.ic50[0] * np.geomspace(1.0 / REACH, REACH, DOSES)]


def _uncertain(*results: ArmResult) -> list[tuple[str, str]]:
    seen: dict[tuple[str, str], Quantity] = {}
    for result in results:
        for parameter in result.model.network.parameters.values():
            quantity = parameter.quantity
            if quantity is not None and quantity.is_uncertain:
                seen.setdefault((quantity.name, quantity.subject), quantity)
    return list(seen)
