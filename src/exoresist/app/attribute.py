"""`exoresist ask attribute SCENARIO --out DIR`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from exoresist.app.printing import tell
from exoresist.core.errors import InputError

if TYPE_CHECKING:
    from exoresist.assembly.scenario import Scenario
    from exoresist.catalog import Catalog
    from exoresist.studies.attribution_answer import Options


@dataclass(frozen=True)
class Asked:
    """The command's options as they were typed."""

    arm: str | None = None
    players: str | None = None
    outcome: str | None = None
    lineage: str | None = None
    dose: str | None = None
    posterior: Path | None = None
    draws: int | None = None
    seed: int | None = None


def attribute(scenario_file: Path, folder: Path, asked: Asked, as_json: bool) -> None:
    """Attribute an arm of the scenario, write the report to the folder and say what came out.

    folder  receives report.html, summary.json, tables and resolved.yaml: all of them, or none
    """
    from exoresist.app.folders import filled, ready
    from exoresist.assembly.reader import load_scenario

    scenario = _changed(load_scenario(scenario_file), asked)
    dose = _dose(asked.dose)
    ready(folder)

    from exoresist.core.progress import reporting

    with reporting(1.0, scenario.title or scenario.name) as bar:
        from exoresist.assembly.resolve import write_resolved
        from exoresist.catalog import Catalog
        from exoresist.report.attribution_page import write_attribution
        from exoresist.studies.attribution_answer import answer_attribution

        catalog = Catalog.load()
        options = _options(scenario, catalog, asked, dose)
        if scenario.arena.kind == "tissue":
            from exoresist.studies.tissue_attribution import answer_tissue_attribution

            answer = answer_tissue_attribution(scenario, catalog, options, bar, _say)
        else:
            answer = answer_attribution(scenario, catalog, options, bar)
        with filled(folder) as draft:
            write_resolved(scenario, draft / "resolved.yaml", {"catalog_hash": answer.catalog_hash, "versions": answer.versions})
            write_attribution(answer, draft)
    tell(folder, answer.sentences, answer.warnings, as_json)


def _changed(scenario: Scenario, asked: Asked) -> Scenario:
    """The scenario with other draws or another seed."""
    if asked.draws is None and asked.seed is None:
        return scenario
    from exoresist.assembly.reader import scenario_from_dict
    from exoresist.assembly.resolve import resolved_dict

    data = resolved_dict(scenario)
    data.pop("provenance", None)
    if asked.draws is not None:
        data["uncertainty"]["draws"] = asked.draws
    if asked.seed is not None:
        data["seed"] = asked.seed
    return scenario_from_dict(data)


def _dose(text: str | None) -> float | None:
    """A dose in nM. Raises InputError for a text that is no concentration."""
    if text is None:
        return None
    from exoresist.core.units import convert

    number, _, unit = text.strip().partition(" ")
    try:
        return convert(float(number), unit.strip() or "dimensionless", "nM")
    except (ValueError, InputError):
        raise InputError(f"--dose '{text}'", "a concentration with its unit, such as '50 nM'") from None


def _options(scenario: Scenario, catalog: Catalog, asked: Asked, dose: float | None) -> Options:
    from exoresist.studies.attribution_answer import Options
    from exoresist.studies.posterior import read_posterior

    players = None if asked.players is None else [name.strip() for name in asked.players.split(",") if name.strip()]
    if players is not None and not players:
        raise InputError(
            f"--players '{asked.players}' names nobody", "routes, separated by commas", "Leave it out to take those found"
        )
    drawn = None
    if asked.posterior is not None:
        most = scenario.uncertainty.draws or None
        drawn = read_posterior(asked.posterior, catalog, scenario.seed, most)
    name = "" if asked.posterior is None else asked.posterior.name
    return Options(asked.arm, players, asked.outcome, asked.lineage, dose, drawn, name)


def _say(text: str) -> None:
    """How long a run of tissues will be: on stderr, so that --json stays JSON."""
    print(text, file=sys.stderr)
