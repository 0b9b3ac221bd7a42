"""Which next experiment tells most about the transfer share, per well, under a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.readings import Reading
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.core.progress import Progress, Silent, Stages
from exoresist.core.quantity import Quantity
from exoresist.core.random import stream
from exoresist.studies import provenance
from exoresist.studies.answer import Row, plain
from exoresist.studies.design_candidates import Candidate, candidates
from exoresist.studies.emulator import learn
from exoresist.studies.identify import CANNOT_TELL, Setting, asked, prepared, verdict
from exoresist.studies.identify_bench import Bench, run_arm, run_cells
from exoresist.studies.identify_interval import tested
from exoresist.studies.identify_posterior import NUGGETS, central, posterior
from exoresist.studies.identify_readings import ADDITIVE, SHARED, Readings
from exoresist.studies.identify_space import Draws
from exoresist.studies.identify_words import percent
from exoresist.studies.identify_worlds import Worlds
from exoresist.studies.likelihood import Normal

Array = NDArray[np.float64]

WIDE = 0.3  # share of the bank that candidates are judged on: the worlds nearest to the readings
MOST_WORLDS = 500  # of the prior, on which candidates are judged without data
SHAPES = 5  # principal shapes of a candidate's readings
NEIGHBOURS = 0.1  # share of the worlds that a simulated outcome leaves
LOOSE = 0.5  # correlation of expected and simulated information below which the order is no more than a hint
DRUG_NOISE = 0.1  # coefficient of variation of a drug assay


@dataclass(frozen=True)
class Outlook:
    """What a candidate's readings would do to the share.

    information  expected, nats: half the ln of the variance that the share has about what present readings foretell, over that about what
                 these and the candidate's foretell (each world left out of what foretells it): an approximation for a normal share
    realised     the same from simulated outcomes: mean over worlds of half the ln of the share's variance among worlds with like present
                 readings over that among worlds with like readings of both
    undecided    share of the outcomes after which the verdict is still `cannot_tell`
    """

    candidate: Candidate
    information: float
    realised: float
    undecided: float


@dataclass
class DesignAnswer:
    """The answer, as plain data."""

    name: str
    title: str
    question: str
    budget: int
    recommended: dict[str, Any]
    expected_information: float
    random_arm_information: float
    correlation: float
    verdict: str
    interval: tuple[float, float]
    undecided_now: float
    undecided_random: float
    sentences: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    candidates: list[Row] = field(default_factory=list)
    simulated: bool = False
    seed: int = 0
    catalog_hash: str = ""
    versions: dict[str, str] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """What summary.json holds."""
        return {item.name: plain(getattr(self, item.name)) for item in fields(self)}


def answer_design(
    scenario: Scenario,
    catalog: Catalog,
    wells: Sequence[Reading] | None,
    budget: int,
    seed: int | None = None,
    progress: Progress | None = None,
    count: int = 1000,
) -> DesignAnswer:
    """Rank next experiments by what they are expected to tell about the share, per well.

    Raises InputError where no candidate fits the budget.
    """
    stages = progress if isinstance(progress, Stages) else Stages(Silent(), {"worlds": 0.7, "candidates": 0.3})
    own = scenario.seed if seed is None else seed
    question = asked(scenario, catalog, wells)
    made = question.made
    offered = candidates(made)
    affordable = [one for one in offered if one.wells <= budget]
    if not affordable:
        least = min(one.wells for one in offered)
        raise InputError(
            f"a budget of {budget} wells", f"at least {least}, the cost of the smallest candidate", "Give more wells"
        )
    stages.begin("worlds", count * scenario.duration * 60.0)
    setting = prepared(question, own, stages, count)
    places, weights = nearest(setting)
    stages.begin("candidates", len(affordable) * len(places) * scenario.duration * 7.0)
    draws = made.draws(setting.bank.z[places])
    share = setting.bank.share[places]
    present = now(share, weights, setting.told.emulator.left_out[places])
    outlooks = [judged(one, simulated(made, one, draws, own, stages), present, own) for one in affordable]
    ranked = sorted(outlooks, key=lambda one: -one.information / one.candidate.wells)
    answer = _answer(setting, ranked, present, budget, len(offered) - len(affordable))
    answer.seed, answer.catalog_hash, answer.versions = own, catalog.hash, provenance.versions()
    return answer


def nearest(setting: Setting) -> tuple[NDArray[np.intp], Array]:
    """Positions of the worlds on which candidates are judged, and their weights.

    With data: the worlds nearest to the readings. Without: worlds of the whole prior, each with readings of its own, because a design
    that is yet to be done should serve whatever is true.
    """
    if setting.simulated:
        count = min(len(setting.bank.z), MOST_WORLDS)
        return np.arange(count), np.full(count, 1.0 / count)
    assert setting.read.observed is not None
    apart = ((setting.told.emulator.left_out - setting.told.of(setting.read.observed[None])[0]) ** 2).sum(axis=1)
    places = np.sort(np.argsort(apart, kind="stable")[: int(WIDE * len(apart))])
    weights = np.maximum(1.0 - apart[places] / (apart[places].max() * 1.0001), 0.0)
    return places, weights / weights.sum()


def simulated(
    made: Bench, one: Candidate, draws: Draws, seed: int, report: Progress | None = None
) -> tuple[Array, Readings | Normal]:
    """(N, C) readings that a candidate would give in every world, without noise, and the noise of the means over wells."""
    draws = widened(made, one, draws, seed)
    run = run_arm(one.arm, made.catalog, draws, made.drug, one.doses, one.times, report=report)
    model = one.arm.model
    pool = model.recipients().cells if one.readout == "cells" else model.layout.medium(model.recipients().side, made.drug)
    places = np.searchsorted(run.times, np.asarray(one.times))
    values = np.maximum(np.broadcast_to(run.amount(pool)[places], (len(places), draws.sets * len(one.doses))), 1e-12)
    values = values.T.reshape(len(one.doses), draws.sets, -1).swapaxes(0, 1).reshape(draws.sets, -1)
    relative = DRUG_NOISE if one.readout == "drug" else max(float(getattr(made.scenario.assay, "noise", 0.05)), 0.01)
    wider = np.sqrt(1.0 / one.replicates + SHARED)
    if one.readout == "drug":
        volume = model.network.parameters[model.recipients().side.volume].value
        floor = np.repeat([max(0.01 * dose, 1e-3) * volume for dose in one.doses], len(one.times))
        return values, Normal(floor * wider, relative * wider)
    return values, Normal(ADDITIVE * relative * model.recipients().count * wider, relative * wider)


def widened(made: Bench, one: Candidate, draws: Draws, seed: int) -> Draws:
    """The same worlds with scores for the numbers that only this candidate uses."""
    known = set(made.space.names)
    more: dict[tuple[str, str], Quantity] = {}
    for parameter in one.arm.model.network.parameters.values():
        quantity = parameter.quantity
        if quantity is not None and quantity.is_uncertain and (quantity.name, quantity.subject) not in known:
            more[quantity.name, quantity.subject] = quantity
    rows = tuple(more[name] for name in sorted(more))
    columns = [stream(seed, "candidate", *name).standard_normal(draws.sets) for name in sorted(more)]
    space = replace(draws.space, rows=(*draws.space.rows, *rows))
    result = Draws(space, np.column_stack([draws.z, *columns]) if columns else draws.z)
    result.potency, result.matched, result.levels, result.potency_rows = (
        draws.potency,
        draws.matched,
        draws.levels,
        draws.potency_rows,
    )
    return result


def with_arm(
    made: Bench, bank: Worlds, one: Candidate, draws: Draws, seed: int, report: Progress | None = None
) -> tuple[Bench, Worlds]:
    """The experiment with a candidate as one more arm, and its worlds with that arm run. draws: of the worlds of the bank."""
    wider = widened(made, one, draws, seed)
    cells = run_cells(one.arm, made.catalog, wider, made.drug, made.doses, made.times, report=report)
    more = replace(made, arms={**made.arms, one.id: one.arm})
    return more, replace(bank, cells={**bank.cells, one.id: cells})


@dataclass(frozen=True)
class Now:
    """What the readings so far tell of the worlds that candidates are judged on.

    told     (N, S) summaries of each world's readings of the present design; `line`: share foretold from them
    spread   (N,) variance of the share among the worlds whose present readings are alike; `undecided`: which of them cannot tell
    """

    share: Array
    weights: Array
    told: Array
    line: Array
    spread: Array
    undecided: NDArray[np.bool_]


def now(share: Array, weights: Array, told: Array) -> Now:
    line = foretold(told, share)
    spread, undecided = alike(line, share, weights)
    return Now(share, weights, told, line, spread, undecided)


def judged(one: Candidate, readings: tuple[Array, Any], present: Now, seed: int) -> Outlook:
    """What a candidate is expected to tell, and what simulated outcomes tell."""
    means, noise = readings
    share, weights = present.share, present.weights
    seen = noise.draw(means, stream(seed, "candidate noise", one.id))
    floor, relative = np.asarray(noise.additive), float(noise.relative)
    scaled = np.arcsinh(seen * relative / floor) / relative
    line = foretold(np.column_stack([present.told, shapes(scaled)]), share)
    before, after = (float(weights @ (share - each) ** 2) for each in (present.line, line))
    spread, undecided = alike(line, share, weights)
    realised = 0.5 * float(weights @ np.log(np.maximum(present.spread, 1e-6) / np.maximum(spread, 1e-6)))
    return Outlook(one, max(0.0, 0.5 * float(np.log(before / max(after, 1e-12)))), realised, float(weights @ undecided))


def alike(line: Array, share: Array, weights: Array) -> tuple[Array, NDArray[np.bool_]]:
    """(N,) variance of the share among the worlds of which most like the same is foretold, and whether their verdict is `cannot_tell`."""
    near = max(15, int(NEIGHBOURS * len(share)))
    spread = np.empty(len(share))
    for index in range(len(share)):
        apart = (line - line[index]) ** 2
        apart[index] = np.inf
        inside = weights * np.maximum(1.0 - apart / max(float(np.partition(apart, near)[near]), 1e-300), 0.0)
        inside = inside / inside.sum() if inside.sum() > 0.0 else weights
        spread[index] = _variance(share, inside)
    left = tested(line[:, None] / 0.3, share).intervals(line[:, None] / 0.3)
    return spread, np.array([verdict(float(low), float(high)) == CANNOT_TELL for low, high in left])


def foretold(inputs: Array, share: Array) -> Array:
    """(N,) share foretold from readings, each world left out of what is learned."""
    return np.asarray(learn(inputs, share[:, None] / 0.3, inputs.shape[1], NUGGETS).left_out[:, 0] * 0.3)


def shapes(scaled: Array) -> Array:
    """(N, SHAPES at most) principal shapes of readings, each of unit spread."""
    centred = scaled - scaled.mean(axis=0)
    _, singular, turn = np.linalg.svd(centred, full_matrices=False)
    used = singular[:SHAPES] > 1e-6 * max(float(singular[0]), 1e-300)
    return np.asarray(centred @ turn[:SHAPES][used].T / singular[:SHAPES][used] * np.sqrt(len(scaled)))


def _variance(values: Array, weights: Array) -> float:
    middle = float(weights @ values)
    return float(weights @ (values - middle) ** 2)


def _answer(setting: Setting, ranked: list[Outlook], present: Now, budget: int, too_dear: int) -> DesignAnswer:
    scenario, best = setting.made.scenario, ranked[0]
    predicted, realised = (np.array([getattr(one, name) for one in ranked]) for name in ("information", "realised"))
    steady = len(ranked) > 2 and predicted.std() > 0.0 and realised.std() > 0.0
    if setting.simulated:
        interval = central(present.share, present.weights)
    else:
        assert setting.read.observed is not None
        interval = posterior(setting.told, setting.bank, setting.read.observed).interval
    rows = [
        {
            "id": one.candidate.id,
            "label": one.candidate.label,
            "kind": one.candidate.kind,
            "wells": one.candidate.wells,
            "information": one.information,
            "per_hundred_wells": 100.0 * one.information / one.candidate.wells,
            "realised": one.realised,
            "undecided": one.undecided,
            "doses": [float(dose) for dose in one.candidate.doses],
            "times": [float(time) for time in one.candidate.times],
            "readout": one.candidate.readout,
            "reason": one.candidate.reason,
        }
        for one in ranked
    ]
    random_arm = float(predicted.mean())
    answer = DesignAnswer(
        name=scenario.name,
        title=scenario.title or scenario.name,
        question=scenario.question,
        budget=budget,
        recommended=rows[0],
        expected_information=best.information,
        random_arm_information=random_arm,
        correlation=float(np.corrcoef(predicted, realised)[0, 1]) if steady else float("nan"),
        verdict=verdict(*interval),
        interval=interval,
        undecided_now=float(present.weights @ present.undecided),
        undecided_random=float(np.mean([one.undecided for one in ranked])),
        candidates=rows,
        simulated=setting.simulated,
    )
    answer.sentences = _sentences(answer, best)
    answer.warnings = list(setting.remarks)
    if too_dear:
        answer.warnings.append(f"{too_dear} candidates cost more than {budget} wells and were not looked at")
    if answer.correlation < LOOSE:
        answer.warnings.append(
            f"expected and simulated information agree little on the order of the candidates (correlation {answer.correlation:.2f}): "
            "take the first few as equals, or ask for more worlds with --draws"
        )
    if best.information < 0.05:
        answer.warnings.append(
            "no candidate is expected to tell much: the readings may already bound the share, or need another kind of arm"
        )
    return answer


def _sentences(answer: DesignAnswer, best: Outlook) -> list[str]:
    one = best.candidate
    low, high = answer.interval
    doses = f"{len(one.doses)} doses" if len(one.doses) > 1 else "no drug dose varied"
    told = [
        f"Recommended: {one.label} ({doses} x {one.replicates} wells = {one.wells} wells). {one.reason}",
        f"It is expected to take {_taken(best.information)} of the share's variance away ({best.information:.2f} nats); "
        f"an arm chosen at random takes {_taken(answer.random_arm_information)} ({answer.random_arm_information:.2f} nats).",
        f"Before any reading the share lies between {percent(low)} and {percent(high)} in nine of ten worlds."
        if answer.simulated
        else f"The readings so far leave shares between {percent(low)} and {percent(high)}.",
        f"After the recommended arm {percent(best.undecided)} of simulated outcomes still cannot tell, after an arm chosen at random "
        f"{percent(answer.undecided_random)}, now {percent(answer.undecided_now)}.",
    ]
    if np.isfinite(answer.correlation):
        told.append(
            f"Expected and simulated information of the {len(answer.candidates)} candidates correlate with {answer.correlation:.2f}."
        )
    return told


def _taken(information: float) -> str:
    """Share of the variance that an information takes away."""
    return percent(1.0 - float(np.exp(-2.0 * information)))
