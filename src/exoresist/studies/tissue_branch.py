"""Arms that go on from one tumour: grown once, with the scenario's base, then continued by each arm.

What an arm does differently must begin once the tumour is grown. Then an arm has the same bits as if it had grown by itself with the same
seed, as long as its cells have the same network; a number that it changes acts from there on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from exoresist.assembly.scenario import Arm, Scenario
from exoresist.core.errors import InputError
from exoresist.studies.tissue_setup import Setup
from exoresist.tissue.cells import Cells
from exoresist.tissue.interior import Contents
from exoresist.tissue.plasma import Plasma
from exoresist.tissue.state import Keeps

SAME = ("populations", "environment", "metabolism", "contexts", "cargo", "axes", "signals", "responses", "every", "seed")
TIMED = ("drugs", "factors", "vesicles", "pulses", "interventions", "medium_changes")


def grown_part(scenario: Scenario) -> Scenario | None:
    """What all arms share, as a scenario of its own; None where arms are grown one by one."""
    space = scenario.arena.space
    if space is None or space.grow is None:
        return None
    changes = {"arms": (), "comparison": None, "duration": space.grow}
    return scenario.model_copy(update=changes)


def check_branches(scenario: Scenario, arms: Sequence[tuple[Arm, Scenario]]) -> None:
    """Refuse arms that differ while the tumour grows. Raises InputError."""
    space = scenario.arena.space
    assert space is not None and space.grow is not None
    if not space.grow < scenario.duration:
        raise InputError(f"the tumour grows for {space.grow:g} h of {scenario.duration:g} h", "less than the duration")
    for arm, one in arms:
        for name in SAME:
            if getattr(one, name) != getattr(scenario, name):
                raise InputError(
                    f"arm '{arm.id}' changes `{name}` of a tumour that all arms share", f"what begins from {space.grow:g} h on",
                    "Leave `space.grow` out: then every arm grows its own",
                )  # fmt: skip
        if one.arena != scenario.arena:
            raise InputError(
                f"arm '{arm.id}' changes the arena of a tumour that all arms share", "the same arena", "Leave `space.grow` out"
            )
        for name in TIMED:
            base = list(getattr(scenario, name))
            for entry in [*getattr(one, name), *base]:
                shared = entry in base and entry in getattr(one, name)
                if not shared and _begins(entry, space.life_step) < space.grow - 1e-9:
                    who = getattr(entry, "id", name)
                    raise InputError(
                        f"arm '{arm.id}' differs in '{who}' at {entry.at:g} h, while the tumour grows",
                        f"from {space.grow:g} h on (blood: a life step later)", "Give it later, or leave `space.grow` out",
                    )  # fmt: skip


def _begins(entry: Any, life: float) -> float:
    """h at which an entry can first matter: nothing is given at a dose of 0, doses by blood are decided on a life step before."""
    if getattr(entry, "dose", None) == 0.0 and getattr(entry, "plasma", None) is None:
        return np.inf
    early = life if getattr(entry, "plasma", None) is not None else 0.0
    return float(entry.at) - early


def branch(setup: Setup, grown: Setup) -> None:
    """Bring a tissue at its start to the state of one that is grown; what only it knows begins as it is."""
    tissue, old = setup.tissue, grown.tissue
    tissue.cells = Cells(**{name: getattr(old.cells, name).copy() for name in Cells.columns()})
    tissue.interval, tissue.removed, tissue.born, tissue.founders = old.interval, old.removed, old.born, old.founders
    for index, contents in tissue.contents.items():
        _contents(contents, old.contents[index])
    medium, before = tissue.medium, old.medium
    for name in set(before.names) - set(medium.names):
        if np.any(before.amounts[before.names.index(name)]):
            raise InputError(f"the tumour that is grown holds '{name}', which the arm does not know", "arms that keep it")
    for row, name in enumerate(medium.names):
        if name in before.names:
            at = before.names.index(name)
            medium.amounts[row] = before.amounts[at]
            medium.entered[row], medium.supplied[row] = before.entered[at], before.supplied[at]
    medium.vanished = dict(before.vanished)
    for one in tissue.steady.fields:
        values = old.steady.find(one.name)
        if values is not None:
            one.values[...] = values
    for part, its in _pairs(setup, grown):
        part.restore({name: values.copy() for name, values in its.arrays().items()})
    if tissue.mechanics is not None:
        tissue.mechanics.forget()


def _contents(contents: Contents, old: Contents) -> None:
    """Cells' contents by name; pools and differences that only the arm has are as at the start."""
    count = old.count
    biomass = old.amounts[old.biomass, :count]
    contents.reset(count, len(old.steps))
    contents.amounts[:, :count] = contents.at_start(biomass)
    contents.owner[:count] = old.owner[:count]
    contents.steps[:] = old.steps
    contents.dead, contents.dead_owner = np.zeros((contents.n, old.dead.shape[1])), old.dead_owner.copy()
    for state, at in old.states.items():
        here = contents.states.get(state)
        if here is None:
            if np.any(old.amounts[at, :count]) or np.any(old.dead[at]):
                raise InputError(f"the tumour that is grown holds '{state}', which the arm does not know", "arms that keep it")
            continue
        contents.amounts[here, :count] = old.amounts[at, :count]
        contents.dead[here] = old.dead[at]
    places = {int(state): place for place, state in enumerate(contents.exchange)}
    for state, gone in zip(old.exchange, old.gone, strict=True):
        name = old.compiled.states[state]
        if name in contents.states:
            contents.gone[places[contents.states[name]]] = gone
    for row, name in enumerate(contents.varied):
        known = name in old.varied
        values = old.varying[old.varied.index(name), :count] if known else contents.base_of(row)
        if known and row >= contents.own_from:  # each cell keeps its share of a number that the arm may have changed
            before = old.base_of(old.varied.index(name))
            if before != contents.base_of(row):
                values = values / before * contents.base_of(row) if before else contents.base_of(row)
        contents.varying[row, :count] = values


def _pairs(setup: Setup, grown: Setup) -> list[tuple[Keeps, Keeps]]:
    """Parts with a state of their own, and what they were in the grown tumour."""
    result: list[tuple[Keeps, Keeps]] = []
    for drug, plasma in setup.plasmas.items():
        if (
            drug in grown.plasmas
            and len(plasma.decided) == len(grown.plasmas[drug].decided)
            and plasma.doses == grown.plasmas[drug].doses
        ):
            result.append((plasma, grown.plasmas[drug]))
    ours, theirs = ([part for part in one.tissue.keeping().values() if not isinstance(part, Plasma)] for one in (setup, grown))
    if [type(part) for part in ours] != [type(part) for part in theirs]:
        raise InputError("an arm has other vessels, matrix or killers than the tumour that is grown", "the same in all arms")
    return [*result, *zip(ours, theirs, strict=True)]
