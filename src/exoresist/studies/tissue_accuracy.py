"""How far an arm's answer depends on the grid and the steps: it is run again with halved voxels and with halved steps.

Cells draw their fates by name, so runs share their draws until a number changes an event: what differs at the end is the grid's or the
steps' part, and chance where events part. Another seed tells how much chance alone makes.

A table of what was measured for the bundled scenarios lies beside this file (`tissue_accuracy.tsv`, written by
`verification/tissue_accuracy.py --table`); its rows hold for the scenario as it stands, told by a hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from exoresist.assembly.resolve import resolved_dict
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.studies.tissue_arm import ArmCourse, run_arm
from exoresist.tissue.state import Pace

TABLE = Path(__file__).with_name("tissue_accuracy.tsv")
HEAD = ("scenario", "key", "arm", "hours", "reading", "value", "voxel_halved", "steps_halved", "other_seed", "slice")
FEW = 20.0  # cells of a kind: fewer are chance
STEPS = ("life_step", "network_step", "drug_step", "motion_step", "spread_step")


@dataclass(frozen=True)
class Change:
    """What one reading of an arm becomes, as a share of its value at the end (0.03: 3 % more)."""

    scenario: str
    key: str
    arm: str
    hours: float
    reading: str
    value: float
    voxel_halved: float
    steps_halved: float
    other_seed: float
    slice: bool = False


def key_of(scenario: Scenario) -> str:
    """A word for a scenario as it stands."""
    text = json.dumps(resolved_dict(scenario.model_copy(update={"arms": ()})), sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def variants(scenario: Scenario, pace: Pace | None = None) -> dict[str, Scenario]:
    """The scenario with halved voxels (a slice as thick as it was), with all steps halved, and with another seed.

    pace  of its tissue: steps of the networks that follow from a drug are halved as well
    """
    assert scenario.arena.space is not None
    space = scenario.arena.space

    def spaced(**changes: float) -> Scenario:
        arena = scenario.arena.model_copy(update={"space": space.model_copy(update=changes)})
        return scenario.model_copy(update={"arena": arena})

    if pace is not None and space.network_step is None:  # what follows from the drug would not be halved
        space = space.model_copy(update={"network_step": pace.network, "drug_step": pace.alert})
    thickness = {"thickness": space.thickness or space.voxel} if space.dimensions == 2 else {}
    steps = {name: 0.5 * getattr(space, name) for name in STEPS if getattr(space, name) is not None}
    return {
        "voxel_halved": spaced(voxel=0.5 * space.voxel, **thickness), "steps_halved": spaced(**steps),
        "other_seed": scenario.model_copy(update={"seed": scenario.seed + 1}),
    }  # fmt: skip


def answers(course: ArmCourse) -> dict[str, float]:
    """What is told of an arm at its end: living cells by kind, radius, damage, drug held, vesicles held, converted cells."""
    last, tissue = course.rows[-1], course.tissue
    found = {"radius_um": float(last.get("radius_um", 0.0))}
    for name in ("killed", "engulfed", "resistant_converted", "resistant_descended", "hypoxic"):
        if name in last and float(last[name]) >= FEW:
            found[name] = float(last[name])
    for index, contents in tissue.contents.items():
        who = tissue.types[index].id
        if float(last[f"{who}_living"]) < FEW:
            continue
        found[f"{who}_living"] = float(last[f"{who}_living"])
        size = contents.row(contents.interior.cells).sum()
        for state in contents.states:
            if state.startswith(f"{who}.damage"):
                total = float(contents.row(state).sum() / size)
                if total > 1e-3:
                    found[f"{who}_damage"] = found.get(f"{who}_damage", 0.0) + total
        for name, value in last.items():
            if (name.startswith(f"{who}_holds_of_") or (name.startswith(f"{who}_") and name.endswith("_pmol"))) and float(
                value
            ) > 0.0:
                found[name] = float(value)
    return {name: value for name, value in found.items() if value > 0.0}


def measure(
    scenario: Scenario, arm: str, catalog: Catalog, threads: int | None = None, tell: Callable[[str], None] | None = None,
    key: str = "",
) -> list[Change]:  # fmt: skip
    """Run an arm's scenario as it is and in its variants; gives what each changes of every answer."""
    course = run_arm(scenario, catalog, arm, "accuracy", threads=threads)
    base = answers(course)
    shares: dict[str, dict[str, float]] = {}
    for name, one in variants(scenario, course.tissue.pace).items():
        if tell is not None:
            tell(f"{scenario.name}, {arm}: {name.replace('_', ' ')}")
        there = answers(run_arm(one, catalog, arm, "accuracy", threads=threads))
        shares[name] = {reading: there.get(reading, 0.0) / value - 1.0 for reading, value in base.items()}
    return [
        Change(
            scenario.name, key or key_of(scenario), arm, scenario.duration, reading, value,
            shares["voxel_halved"][reading], shares["steps_halved"][reading], shares["other_seed"][reading],
            scenario.arena.space is not None and scenario.arena.space.dimensions == 2,
        )
        for reading, value in base.items()
    ]  # fmt: skip


# -- the table


def read_table(path: Path = TABLE) -> list[Change]:
    """All rows that were measured."""
    if not path.exists():
        return []
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        scenario, key, arm, hours, reading, *cells = line.split("\t")
        value, voxel, steps, seed = (float(one) for one in cells[:4])
        rows.append(Change(scenario, key, arm, float(hours), reading, value, voxel, steps, seed, cells[4:] == ["slice"]))
    return rows


def write_table(rows: Sequence[Change], path: Path = TABLE) -> None:
    """Write rows in place of those of the same scenario and arm."""
    fresh = {(one.scenario, one.arm) for one in rows}
    kept = [one for one in read_table(path) if (one.scenario, one.arm) not in fresh]
    lines = ["\t".join(HEAD)]
    for one in sorted([*kept, *rows], key=lambda one: (one.scenario, one.arm)):
        numbers = (one.value, one.voxel_halved, one.steps_halved, one.other_seed)
        lines.append(
            "\t".join(
                [
                    one.scenario,
                    one.key,
                    one.arm,
                    f"{one.hours:g}",
                    one.reading,
                    *(f"{n:.4g}" for n in numbers),
                    "slice" if one.slice else "cube",
                ]
            )
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


# -- in words


def told(rows: Sequence[Change]) -> list[str]:
    """What a page says of the accuracy of one arm."""
    if not rows:
        return []
    first = rows[0]
    parts = [
        f"{name} {_most(rows, column)}"
        for name, column in (("halved voxels", "voxel_halved"), ("halved steps", "steps_halved"), ("another seed", "other_seed"))
    ]
    return [
        f"Accuracy, measured over {first.hours:g} h of '{first.arm}': {parts[0]}; {parts[1]}; {parts[2]}, which is what chance alone does."
    ]


def _most(rows: Sequence[Change], column: str) -> str:
    worst = max(rows, key=lambda one: abs(getattr(one, column)))
    typical = float(np.median([abs(getattr(one, column)) for one in rows]))
    most = 100.0 * abs(getattr(worst, column))
    verb = "change" if column != "other_seed" else "changes"
    return f"{verb} answers by {_percent(100.0 * typical)} (median), at most by {_percent(most)} ({_spoken(worst.reading)})"


def _percent(value: float) -> str:
    return f"{value:.0f} %" if value >= 10.0 else f"{value:.2g} %"


def _spoken(reading: str) -> str:
    return reading.replace("_um", "").replace("_pmol", " held").replace("_", " ")
