"""The answer of `ask attribute`: the net ledger, the shares of every route, and what they let one say; plain data for a page."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError, ModelError
from exoresist.core.progress import Progress, Silent, Stages
from exoresist.studies.answer import Estimate, Row, plain
from exoresist.studies.attribution import Attribution, Question, ask, counterfactuals
from exoresist.studies.attribution_words import NOT_ASKED, sentences, verdict_of, warnings_of
from exoresist.studies.ensemble import Ensemble, reconciled
from exoresist.studies.estimates import estimate
from exoresist.studies.ledger_result import Ledger
from exoresist.studies.outcomes import attack_of
from exoresist.studies.players import TRANSFER, Grouping, Player, Wanted
from exoresist.studies.posterior import Posterior
from exoresist.studies.provenance import assumed_share, bibliography_rows, parameter_rows, versions
from exoresist.studies.shapley import combinations

Array = NDArray[np.float64]
Accountant = Callable[[Scenario, Catalog, Ensemble, Progress | None], Ledger]
SHOWN = 160  # points of a ledger's course on the page
ALWAYS = (TRANSFER, "selection")  # told even where a scenario has none: their share is then exactly 0


@dataclass
class AttributionAnswer:
    """Everything the page shows. Numbers of shares are in the unit of the outcome.

    arm           `id, label` of the arm asked about
    outcome       `name, label, unit, low, high, says, lineages, all_off, all_on, effect`: the last three with their intervals
    players       `id, label, off, travels, vesicles, value, low, high, order_low, order_high, prior_value, prior_low, prior_high`
    absent        routes that this scenario has not: their share is exactly 0
    mixed         players that hold what travels in vesicles together with other routes: the share that travels is then not told
    left_on       routes that stay on in every combination
    interactions  `first, second, value, low, high`
    combinations  `on` (ids), `value, low, high`: the outcome with these on and the others off
    ledger        `part, process, channel, origin, value, low, high`; `ledger_course`: the same rows over time
    transfer      share of what moves the outcome that cargo and ligands of vesicles make, prior and posterior
    vesicles      likewise for all that vesicles do
    replay        the command that gives the same numbers from resolved.yaml
    verdict       not_asked, none, nothing, cannot_tell, little, bounded, part, most, against
    """

    name: str
    title: str = ""
    question: str = ""
    arm: Row = field(default_factory=dict)
    outcome: Row = field(default_factory=dict)
    players: list[Row] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    left_on: list[Row] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    interactions: list[Row] = field(default_factory=list)
    combinations: list[Row] = field(default_factory=list)
    ledger: list[Row] = field(default_factory=list)
    ledger_course: list[Row] = field(default_factory=list)
    ledger_gap: float | None = None
    ledger_trait: str = ""
    ledger_change: Estimate | None = None
    transfer: dict[str, Estimate] = field(default_factory=dict)
    vesicles: dict[str, Estimate] = field(default_factory=dict)
    verdict: str = ""
    sentences: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    parameters: list[Row] = field(default_factory=list)
    assumed_share: float | None = None
    bibliography: list[Row] = field(default_factory=list)
    draws: int = 0
    posterior: str = ""
    replay: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    seed: int | None = None
    timing_s: dict[str, float] = field(default_factory=dict)
    catalog_hash: str = ""

    def to_dict(self) -> Row:
        """The whole answer as JSON-able data."""
        return {item.name: _told(getattr(self, item.name)) for item in fields(self)}

    def summary(self) -> Row:
        """What a program reads: `ledger`, `ledger_gap`, `shapley`, `outcome` and the rest, without the numbers used."""
        told = self.to_dict()
        for name in ("parameters", "ledger_course", "combinations", "players"):
            told.pop(name)
        keys = ("value", "low", "high", "order_low", "order_high")
        told["shapley"] = {row["id"]: {key: plain(row[key]) for key in keys} for row in self.players}
        told["shapley"] |= {name: dict.fromkeys(keys, 0.0) for name in self.absent}
        told["players"] = [
            {key: row[key] for key in ("id", "label", "off", "travels", "vesicles", "routes")} for row in self.players
        ]
        told["answer"] = told.pop("sentences")
        told["transfer_share"] = told.pop("transfer")
        told["vesicle_share"] = told.pop("vesicles")
        return told


def answer_attribution(
    scenario: Scenario,
    catalog: Catalog | None = None,
    options: Options | None = None,
    progress: Progress | None = None,
    accountant: Accountant | None = None,
) -> AttributionAnswer:
    """Attribute an arm of a dish: shares over the prior and, where draws of one are given, the posterior; and the net ledger.

    accountant  makes the ledger; None: `studies.ledger.ledger`

    Raises InputError for a question that the scenario cannot answer, SolverError with advice when a solve fails.
    """
    catalog, options = catalog or Catalog.load(), options or Options()
    began = time.perf_counter()
    question = ask(scenario, catalog, options.arm, options.players, options.outcome, options.lineage, options.dose)
    if options.posterior is not None:
        options.posterior.unused(question.models)  # refused here if this scenario reads none of it
    stages = Stages(progress or Silent(), {"reconcile": 0.2, "counterfactuals": 0.6, "ledger": 0.2})
    hours = scenario.duration
    stages.begin("reconcile", 50.0 * hours * (scenario.uncertainty.draws + 1))
    prior = reconciled(scenario, catalog, stages)
    reconciled_at = time.perf_counter()
    runs = 2.0 * 2 ** len(question.players) * (2.0 if options.posterior is not None else 1.0)
    stages.begin("counterfactuals", runs * hours * prior.sets)
    before = counterfactuals(question, catalog, prior, stages)
    after = counterfactuals(question, catalog, options.posterior, stages) if options.posterior is not None else None
    ran = time.perf_counter()
    answer = tell(question, catalog, before, after)
    stages.begin("ledger", hours * prior.sets)
    if attack_of(question.scenario, catalog) == "drugs" and question.scenario.drugs:
        latest = options.posterior if options.posterior is not None else prior
        try:
            add_ledger(answer, (accountant or _accountant())(question.scenario, catalog, latest, stages))
        except (InputError, ModelError) as error:
            # Shares need no trait; a drug whose trait has no closed form is no reason to keep them back.
            answer.warnings.append(f"No ledger of this arm: {error}")
    finish(answer, question, catalog, prior, options)
    stages.finish()
    ended = time.perf_counter()
    answer.timing_s = {
        "reconcile": reconciled_at - began, "counterfactuals": ran - reconciled_at, "ledger": ended - ran, "total": ended - began,
    }  # fmt: skip
    return answer


@dataclass(frozen=True)
class Options:
    """What the command line adds to a scenario; None: the default.

    dose  of the assay's drug, nM; posterior_name, players_name: how the file of draws and that of groups are called
    """

    arm: str | None = None
    players: Wanted = None
    outcome: str | None = None
    lineage: str | None = None
    dose: float | None = None
    posterior: Posterior | None = None
    posterior_name: str = ""
    players_name: str = ""


def _accountant() -> Accountant:
    from exoresist.studies.ledger import ledger

    return ledger


def tell(question: Question, catalog: Catalog, before: Attribution, after: Attribution | None) -> AttributionAnswer:
    """The answer to a question whose combinations have been run; `after` over a posterior."""
    latest = after or before
    scenario, outcome = question.scenario, question.outcome
    answer = AttributionAnswer(
        name=scenario.name, title=scenario.title or scenario.name, question=scenario.question, seed=scenario.seed,
        arm={"id": question.arm.id, "label": question.arm.label or question.arm.id}, catalog_hash=catalog.hash, versions=versions(),
        draws=latest.ensemble.sets - 1,
    )  # fmt: skip
    ends = {"all_off": latest.outcomes[0], "all_on": latest.outcomes[-1], "effect": latest.shares.effect}
    answer.outcome = {
        "name": outcome.name, "label": outcome.label, "unit": outcome.unit, "low": outcome.low, "high": outcome.high,
        "says": outcome.says, "lineages": list(outcome.lineages),
        **{name: estimate(values, outcome.unit).to_dict() for name, values in ends.items()},
    }  # fmt: skip
    answer.players = [_player_row(player, place, before, after) for place, player in enumerate(question.players)]
    answer.absent = _absent(question)
    answer.left_on = [{"id": player.id, "label": player.label} for player in question.left_on]
    answer.interactions = _interaction_rows(question, latest)
    answer.combinations = _combination_rows(question, latest)
    for name, made in (("prior", before), ("posterior", after)):
        if made is not None:
            answer.transfer[name] = _share(question, made, lambda route: route.travels)
            answer.vesicles[name] = _share(question, made, lambda route: route.vesicles)
    whole = np.abs(latest.shares.values).sum(axis=0) if question.players else np.zeros(1)
    present = not any(name.startswith(TRANSFER) for name in answer.absent) or any(row["travels"] for row in answer.players)
    answer.verdict = verdict_of(answer.transfer[list(answer.transfer)[-1]], float(np.quantile(whole, 0.95)), outcome, present)
    if any(player.travels for player in question.left_on) and not any(player.travels for player in question.players):
        answer.verdict = NOT_ASKED
    answer.mixed = [player.id for player in question.players if player.mixed]
    if answer.mixed:
        answer.verdict = NOT_ASKED
    answer.warnings += _bound_warnings(latest, question)
    return answer


def finish(answer: AttributionAnswer, question: Question, catalog: Catalog, prior: Ensemble, options: Options) -> None:
    """Numbers used, sources, sentences and warnings."""
    models = question.models
    answer.parameters = parameter_rows(models)
    answer.assumed_share = assumed_share(answer.parameters)
    answer.bibliography = bibliography_rows(catalog, models, answer.parameters)
    answer.posterior = options.posterior_name
    unused = options.posterior.unused(question.models) if options.posterior is not None else []
    answer.warnings += warnings_of(answer, catalog, prior, unused)
    answer.sentences = sentences(answer)
    answer.replay = _replay(options)


def _replay(options: Options) -> str:
    named = {
        "--arm": options.arm, "--players": _players_named(options),
        "--outcome": options.outcome, "--lineage": options.lineage,
        "--dose": None if options.dose is None else f'"{options.dose:g} nM"', "--posterior": options.posterior_name or None,
    }  # fmt: skip
    given = " ".join(f"{name} {value}" for name, value in named.items() if value is not None)
    return f"exoresist ask attribute resolved.yaml {given}{' ' if given else ''}--out again"


def _players_named(options: Options) -> str | None:
    if options.players is None or isinstance(options.players, Grouping):
        return options.players_name or None
    return ",".join(options.players)


def _told(value: Any) -> Any:
    if isinstance(value, Estimate):
        return value.to_dict()
    if isinstance(value, dict):
        return {key: _told(each) for key, each in value.items()}
    return plain(value)


def _share(question: Question, made: Attribution, wanted: Callable[[Player], bool]) -> Estimate:
    """What players of a kind make of it; no number where a group holds such routes together with others."""
    if any(not wanted(player) and any(map(wanted, player.routes)) for player in question.players):
        return Estimate(None)
    return estimate(made.share_of([place for place, player in enumerate(question.players) if wanted(player)]))


def _absent(question: Question) -> list[str]:
    here = [route.id for player in (*question.players, *question.left_on) for route in player.routes]
    return [name for name in ALWAYS if not any(one == name or one.startswith(f"{name}_") for one in here)]


def _player_row(player: Player, place: int, before: Attribution, after: Attribution | None) -> Row:
    latest = after or before
    share = estimate(latest.shares.values[place])
    first = estimate(before.shares.values[place])
    return {
        "id": player.id, "label": player.label, "off": player.off, "travels": player.travels, "vesicles": player.vesicles,
        "routes": [route.id for route in player.routes],
        "value": share.value, "low": share.low, "high": share.high,
        "order_low": float(latest.shares.order_low[place, 0]), "order_high": float(latest.shares.order_high[place, 0]),
        "prior_value": first.value, "prior_low": first.low, "prior_high": first.high,
    }  # fmt: skip


def _interaction_rows(question: Question, made: Attribution) -> list[Row]:
    rows: list[Row] = []
    for first, one in enumerate(question.players):
        for second in range(first + 1, len(question.players)):
            found = estimate(made.shares.interactions[first, second])
            ends = {"value": found.value, "low": found.low, "high": found.high}
            rows.append({"first": one.id, "second": question.players[second].id, **ends})
    return rows


def _combination_rows(question: Question, made: Attribution) -> list[Row]:
    ids = [player.id for player in question.players]
    rows: list[Row] = []
    for on, values in zip(combinations(len(ids)), made.outcomes, strict=True):
        found = estimate(values)
        named = [name for name, here in zip(ids, on, strict=True) if here]
        rows.append({"on": named, "value": found.value, "low": found.low, "high": found.high})
    return rows


def add_ledger(answer: AttributionAnswer, made: Ledger) -> None:
    """Put a ledger into an answer."""
    answer.ledger, answer.ledger_gap, answer.ledger_trait = made.table(), float(made.gap), made.trait
    answer.ledger_change = made.change
    every = max(1, len(made.times) // SHOWN)
    picked = np.unique([*range(0, len(made.times), every), len(made.times) - 1])
    for row in made.rows:
        for place in picked:
            named = {"part": row.part, "process": row.process, "channel": row.channel, "origin": row.origin}
            answer.ledger_course.append({**named, "time": float(made.times[place]), "value": float(row.course[place])})


def _bound_warnings(made: Attribution, question: Question) -> list[str]:
    """Draws whose outcome lies at a bound: there, what a route does cannot be seen."""
    outcome = question.outcome
    room = 1e-9 * (outcome.high - outcome.low)
    found = []
    for place, which in ((0, "off"), (-1, "on")):
        at = made.outcomes[place]
        share = float(np.mean((at <= outcome.low + room) | (at >= outcome.high - room)))
        if share > 0.0:
            found.append(
                f"With all routes {which}, the outcome lies at its bound in {100.0 * share:.0f} % of the parameter sets: what a route "
                "does beyond it is not seen. Choose another dose or outcome."
            )
    return found


__all__ = ["AttributionAnswer", "Options", "add_ledger", "answer_attribution", "finish", "tell"]
