"""A tissue over draws of its numbers: all arms again with every uncertain row of the catalogue drawn from its range, the same in all arms.

A row is drawn once for a draw, whatever uses it, as in a well. The seed of the cells' fates is the same in all draws: what differs between
them is the numbers' part.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.book import draws as drawn_values
from exoresist.assembly.scenario import Arm, ParameterOverride, Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError, SolverError
from exoresist.core.quantity import Quantity
from exoresist.network import Parameter
from exoresist.studies.answer import Estimate
from exoresist.studies.estimates import estimate
from exoresist.studies.tissue_arm import ArmCourse, run_arm
from exoresist.studies.tissue_branch import grown_part
from exoresist.studies.tissue_readings import Row

Array = NDArray[np.float64]
Progress = Callable[[ArmCourse], None]


@dataclass
class Draws:
    """What draws gave.

    count     asked for; `failed`: those that could not be run, which are left out; `why`: what the first of them said
    rows      arm -> the last row of each draw that succeeded
    """

    count: int
    failed: int = 0
    why: str = ""
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def interval(self, arm: str, reading: str, central: float) -> Estimate:
        """A reading of an arm with its 90 % interval over the draws."""
        values = [float(row.get(reading, math.nan)) for row in self.rows.get(arm, [])]
        return estimate(np.array([central, *values]))

    def share_below(self, arm: str, reference: str, readings: Sequence[str]) -> float | None:
        """Share of draws in which an arm ends with less of some readings together than the reference; None without draws."""
        pairs = list(zip(self.rows.get(arm, []), self.rows.get(reference, []), strict=True))
        if not pairs:
            return None
        totals = [[sum(float(row.get(name, 0.0)) for name in readings) for row in pair] for pair in pairs]
        return float(np.mean([own < other for own, other in totals]))


def uncertain_rows(used: Iterable[Quantity]) -> list[Quantity]:
    """Rows of the catalogue that have a range, each once, in a fixed order."""
    found = {(row.name, row.subject): row for row in used if row.is_uncertain}
    return [found[key] for key in sorted(found)]


def with_draw(
    scenario: Scenario,
    rows: Sequence[Quantity],
    number: int,
    count: int,
    factors: Mapping[tuple[str, str], Array] = MappingProxyType({}),
) -> Scenario:
    """The scenario with every row that it does not set itself at its value in draw `number` of `count`, 1 to count.

    factors  row (name, subject) -> (count + 1,) multipliers on its draws
    """
    own = {(entry.name, entry.subject) for entry in scenario.parameters}
    parameters = {f"{row.name}|{row.subject}": Parameter("drawn", row.value, row.unit, row) for row in rows}
    values = drawn_values(parameters, count, scenario.seed)
    entries = [
        ParameterOverride.model_validate(
            {
                "name": row.name, "subject": row.subject, "reason": f"draw {number} of {count}",
                "value": f"{_value(row, values, number, factors)!r} {row.unit}",
            }
        )
        for row in rows
        if (row.name, row.subject) not in own
    ]  # fmt: skip
    return scenario.model_copy(update={"parameters": (*scenario.parameters, *entries)})


def _value(row: Quantity, values: Mapping[str, Array], number: int, factors: Mapping[tuple[str, str], Array]) -> float:
    factor = factors.get((row.name, row.subject))
    return float(values[f"{row.name}|{row.subject}"][number]) * (1.0 if factor is None else float(factor[number]))


def run_draws(
    scenario: Scenario,
    arms: Sequence[tuple[Arm, Scenario]],
    catalog: Catalog,
    used: Iterable[Quantity],
    folder: Path | None = None,
    resume: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
    begin: Callable[[], None] | None = None,
) -> Draws:
    """Run all arms for every draw that the scenario asks for; `folder` keeps what each gave, so that a stopped run goes on.

    used   rows of the central runs
    begin  called before each arm

    Raises StoppedError when asked to stop.
    """
    count, rows = scenario.uncertainty.draws, uncertain_rows(used)
    result = Draws(count, rows={arm.id: [] for arm, _ in arms})
    for number in range(1, count + 1):
        told = _kept(folder, number, scenario, catalog) if resume else None
        if told is None:
            try:
                told = _run_one(scenario, arms, catalog, rows, number, threads, progress, begin)
            except (SolverError, InputError) as error:
                told = {}
                result.why = result.why or str(error)
            _keep(folder, number, scenario, catalog, told)
        if len(told) < len(arms):
            result.failed += 1
            continue
        for arm, row in told.items():
            result.rows[arm].append(row)
    if result.failed == count:
        raise InputError(
            f"none of {count} draws could be run", "numbers that a tissue can have", "Run with draws: 0 to see the centre"
        )
    return result


def _run_one(
    scenario: Scenario,
    arms: Sequence[tuple[Arm, Scenario]],
    catalog: Catalog,
    rows: Sequence[Quantity],
    number: int,
    threads: int | None,
    progress: Progress | None,
    begin: Callable[[], None] | None,
) -> dict[str, Row]:
    count, trunk = scenario.uncertainty.draws, grown_part(scenario)

    def run(one: Scenario, arm: str, grown: ArmCourse | None = None) -> ArmCourse:
        if begin is not None:
            begin()
        whole = with_draw(one, rows, number, count).model_copy(update={"every": one.duration})
        return run_arm(whole, catalog, arm, "draw", threads=threads, progress=progress, grown=grown)

    grown = None if trunk is None else run(trunk, "grown")
    return {arm.id: run(one, arm.id, grown).rows[-1] for arm, one in arms}


# -- on disk


def _name(scenario: Scenario, catalog: Catalog, number: int) -> str:
    text = f"{scenario.model_dump_json(by_alias=True)} {catalog.hash} {number}"
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _kept(folder: Path | None, number: int, scenario: Scenario, catalog: Catalog) -> dict[str, Row] | None:
    if folder is None:
        return None
    path = folder / f"draw_{number:04d}.json"
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # not there, or cut short: it is run again
    if not isinstance(kept, dict) or kept.get("what") != _name(scenario, catalog, number):
        return None
    rows: dict[str, Row] = kept["rows"]
    return rows


def _keep(folder: Path | None, number: int, scenario: Scenario, catalog: Catalog, rows: dict[str, Row]) -> None:
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"draw_{number:04d}.json"
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps({"what": _name(scenario, catalog, number), "rows": rows}), encoding="utf-8")
    draft.replace(path)
