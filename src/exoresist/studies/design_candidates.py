"""Experiments that could come next, made from a scenario's main arm: each a change that a laboratory can do, and why it might tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from exoresist.assembly.assay import ConditionedMedium
from exoresist.assembly.plain_data import merged
from exoresist.assembly.resolve import resolved_dict
from exoresist.assembly.scenario import Arm, Scenario
from exoresist.assembly.validation import validated
from exoresist.core.errors import ExoresistError
from exoresist.studies.identify_bench import Bench, LabArm, lab_arm, run_arm
from exoresist.studies.identify_space import Draws

MOST_DOSES = 6  # above zero, of a candidate
STRONG = 10.0  # concentration of an inhibitor, in units of its half effect
KNOCK_DOWN = 0.8
PORE = "0.03 um"  # below the vesicles, above molecules
MOST_INHIBITORS = 3  # of release, and of uptake
BASE_ONLY = ("arms", "comparison", "vesicle_titration", "provenance")


@dataclass(frozen=True)
class Candidate:
    """A next experiment: one more arm, read at doses and times.

    readout  cells, or `drug`: what is left of the drug in the recipients' medium
    """

    id: str
    label: str
    reason: str
    kind: str
    arm: LabArm
    doses: tuple[float, ...]
    times: tuple[float, ...]
    readout: str
    replicates: int

    @property
    def wells(self) -> int:
        """Wells that it costs; wells that are counted without harm count once, however often."""
        return len(self.doses) * self.replicates


@dataclass(frozen=True)
class _Idea:
    id: str
    label: str
    reason: str
    kind: str
    change: dict[str, Any] = field(default_factory=dict)
    readout: str = "cells"
    times: tuple[float, ...] = ()


def candidates(made: Bench) -> list[Candidate]:
    """Every next experiment that the scenario allows, in a fixed order."""
    main = made.arms[made.of]
    doses = _few(made.doses)
    replicates = int(getattr(made.scenario.assay, "replicates", 3))
    found = []
    for idea in _ideas(made, main.scenario):
        base = {key: value for key, value in resolved_dict(main.scenario).items() if key not in BASE_ONLY}
        try:
            scenario = validated(merged(base, idea.change), f"candidate '{idea.id}'")
            wired = (
                lab_arm(Arm(id=idea.id.replace(".", "_"), label=idea.label), scenario, made.catalog, made.lines)
                if idea.change
                else main
            )
        except ExoresistError:
            continue  # this arena or these cells do not allow it
        times = idea.times or made.times[-1:]
        found.append(
            Candidate(
                idea.id.replace(".", "_"), idea.label, idea.reason, idea.kind, wired, doses, times, idea.readout, replicates
            )
        )
    return found


def _few(doses: tuple[float, ...]) -> tuple[float, ...]:
    """The untreated and at most MOST_DOSES doses spread over the rest."""
    rest = doses[1:]
    if len(rest) <= MOST_DOSES:
        return doses
    places = np.unique(np.round(np.linspace(0, len(rest) - 1, MOST_DOSES)).astype(int))
    return (doses[0], *(rest[place] for place in places))


def _ideas(made: Bench, main: Scenario) -> Iterator[_Idea]:
    donors = [
        one for one in main.populations if one.id != main.assay.population and one.count > 0.0 and one.cell_line in made.lines
    ]
    given = [one for one in main.vesicles if one.donor in made.lines and one.per_cell > 0.0]
    yield _Idea("again", "The main arm once more", "More wells of the same: what more of the same would tell.", "repeat")
    early = made.times[-1] / 2.0
    if early not in made.times:
        yield _Idea(
            "early",
            f"The main arm, counted at {early:g} h",
            "Growth and killing differ in time: a count half way tells growth beside donors from protection.",
            "time",
            times=(early,),
        )
    if made.drug:
        yield _Idea(
            "drug",
            "Drug left in the main arm's medium",
            "A sink and a decoy lower the drug that is left; what is delivered, what is dissolved and growth do not.",
            "readout",
            readout="drug",
        )
    yield from _inhibitors(made, main, [one.id for one in donors])
    for one in donors:
        for factor in (0.25, 4.0):
            yield _Idea(
                f"ratio_{one.id}_{factor:g}",
                f"{one.id.capitalize()} cells: {factor:g} times as many",
                "Sink, decoy, factor and cargo rise with donors, each along its own curve.",
                "ratio",
                {"populations": [{"id": one.id, "count": f"{factor * one.count:.6g} cell"}]},
            )
    for entry in given:
        for factor in (0.1, 10.0):
            yield _Idea(
                f"dose_{entry.id}_{factor:g}",
                f"Preparation '{entry.id}': {factor:g} times the vesicles",
                "What vesicles do rises with them; what came along dissolved does so, too, and growth does not.",
                "vesicle dose",
                {"vesicles": [{"id": entry.id, "per_cell": f"{factor * entry.per_cell:.6g} particle/cell"}]},
            )
    if made.drug:
        yield from _washed(made, main, [one.id for one in donors], [one.id for one in given])
    if donors and main.arena.kind == "well" and not isinstance(main.assay, ConditionedMedium):
        yield from _membranes(main, [one.id for one in donors])


def _inhibitors(made: Bench, main: Scenario, donors: list[str]) -> Iterator[_Idea]:
    """Compounds and knock-downs of the catalogue that lower release or uptake, the surest ones first."""
    used = {entry.id for arm in made.arms.values() for entry in arm.scenario.interventions}
    for kind, starts, why in (
        (
            "release inhibitor",
            ("ilv_formation", "secretion"),
            "Fewer vesicles: transfer and decoy shrink, sink and dissolved factor stay.",
        ),
        ("uptake inhibitor", ("uptake_",), "Less enters the cells: transfer shrinks, sink, decoy and dissolved factor stay."),
    ):
        known = []
        for record in made.catalog.records("interventions"):
            subject = f"intervention:{record.id}"
            if record.effect != "lower" or not record.target_process.startswith(starts) or record.id in used:
                continue
            potent = made.catalog.has_parameter("half_effect_concentration", subject)
            if potent or (kind == "release inhibitor" and donors):
                known.append((-made.catalog.parameter("max_effect", subject).value, record.id, record.name, potent))
        for _, name, label, potent in sorted(known)[:MOST_INHIBITORS]:
            entry: dict[str, Any] = {"id": name}
            if potent:
                half = made.catalog.parameter("half_effect_concentration", f"intervention:{name}").value
                entry["concentration"] = f"{STRONG * half:.6g} nM"
            else:
                entry |= {"strength": KNOCK_DOWN, "populations": donors}
            yield _Idea(f"with_{name}", f"The main arm with {label}", why, kind, {"interventions": [entry]})


def _washed(made: Bench, main: Scenario, donors: list[str], given: list[str]) -> Iterator[_Idea]:
    """Vesicles first, washed out, then the drug: what was delivered stays, what acts from outside is gone."""
    hours = main.duration / 3.0
    late = [{"id": entry.id, "at": f"{hours:.6g} h", "until": None} for entry in main.drugs]
    why = "Washed out before the drug comes: decoy, dissolved factor and sink are gone, what was delivered stays."
    if given:
        vesicles = [{"id": name, "at": "0 h", "until": f"{hours:.6g} h"} for name in given]
        yield _Idea(
            "washed_out",
            f"Preparation washed out after {hours:g} h, then the drug",
            why,
            "washout",
            {"vesicles": vesicles, "drugs": late},
        )
    line = sorted(made.lines)[0]
    if donors and not isinstance(main.assay, ConditionedMedium):
        none = [{"id": name, "count": "0 cell"} for name in donors]
        for factor in (10.0, 100.0):
            number = _rounded(factor * _vesicles_per_recipient(made))
            for until, name, label, reason in (
                (f"{hours:.6g} h", "washed", f"washed out after {hours:g} h, then the drug", why),
                (
                    None,
                    "added",
                    "left in, no donors",
                    "Purified vesicles without donors: no sink; transfer, decoy and what comes along dissolved remain.",
                ),
            ):
                yield _Idea(
                    f"{name}_{factor:g}",
                    f"{number:.0e} purified vesicles per cell, {label}".replace("e+0", "e"),
                    reason,
                    "washout" if until else "vesicle dose",
                    {
                        "populations": none,
                        **({"drugs": late} if until else {}),
                        "vesicles": [
                            {
                                "id": "purified",
                                "donor": line,
                                "per_cell": f"{number:.6g} particle/cell",
                                "at": "0 h",
                                "until": until,
                            }
                        ],
                    },
                )


def _membranes(main: Scenario, donors: list[str]) -> Iterator[_Idea]:
    """Donors behind a membrane that molecules cross, and vesicles only if its pores let them."""
    arena = {
        "kind": "transwell",
        "volume": f"{main.arena.fluid:.6g} mL",
        "capacity": f"{main.arena.room:.6g} cell",
        "insert_volume": f"{0.5 * main.arena.fluid:.6g} mL",
        "pore_exchange": f"{0.05 * main.arena.fluid:.6g} mL/h",
    }
    behind = [{"id": one.id, "side": "insert" if one.id in donors else "well"} for one in main.populations if one.count > 0.0]
    yield _Idea(
        "membrane_tight",
        "Donors behind a membrane that only molecules cross (vesicle-free)",
        "No vesicle arrives: sink and dissolved factor remain, transfer and decoy are gone.",
        "vesicle-depleted",
        {
            "arena": arena,
            "populations": behind,
            "parameters": [
                {"name": "pore_diameter", "subject": "well", "value": PORE, "reason": "pores below the vesicles' size"}
            ],
        },
    )


def _vesicles_per_recipient(made: Bench) -> float:
    """Vesicles of the donors that float beside each recipient in the main arm, on average, at central numbers."""
    arm = made.arms[made.of]
    hours = np.linspace(0.0, arm.exposure.duration, 7)
    draws = Draws(made.space, np.zeros((1, made.space.size))).without_rivals()
    run = run_arm(arm, made.catalog, draws, made.drug, (0.0,), tuple(hours[1:]))
    model = arm.model
    pools = [
        model.layout.vesicles(side, group)
        for side in model.layout.sides
        for group in model.layout.classes
        if group.cell_line in made.lines and group.maker != model.recipients().id
    ]
    floating = sum(float(np.trapezoid(run.amount(pool)[:, 0], run.times)) for pool in pools) / float(run.times[-1])
    return max(1.0, floating / model.recipients().count)


def _rounded(value: float) -> float:
    """One significant figure."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(np.round(value / power) * power)
