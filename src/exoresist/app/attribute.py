"""`exoresist ask attribute SCENARIO --out DIR`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from exoresist.app.printing import say, tell
from exoresist.core.errors import InputError

if TYPE_CHECKING:
    from exoresist.assembly.scenario import Scenario
    from exoresist.catalog import Catalog
    from exoresist.studies.attribution_answer import Options
    from exoresist.studies.players import Wanted

PLAYERS = "players.yaml"  # the file of groups, kept beside the answer so that it can be given again


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
    dose, players = _dose(asked.dose), _players(asked.players)
    ready(folder)

    from exoresist.core.progress import reporting

    with reporting(1.0, scenario.title or scenario.name) as bar:
        from exoresist.assembly.resolve import write_resolved
        from exoresist.catalog import Catalog
        from exoresist.report.attribution_page import write_attribution
        from exoresist.studies.attribution_answer import answer_attribution

        catalog = Catalog.load()
        options = _options(scenario, catalog, asked, dose, players)
        if scenario.arena.kind == "tissue":
            from exoresist.studies.tissue_attribution import answer_tissue_attribution

            answer = answer_tissue_attribution(scenario, catalog, options, bar, say)
        else:
            answer = answer_attribution(scenario, catalog, options, bar)
        with filled(folder) as draft:
            write_resolved(scenario, draft / "resolved.yaml", {"catalog_hash": answer.catalog_hash, "versions": answer.versions})
            if asked.players is not None and options.players_name:
                (draft / PLAYERS).write_bytes(Path(asked.players.strip()).read_bytes())
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


def _options(scenario: Scenario, catalog: Catalog, asked: Asked, dose: float | None, players: Wanted) -> Options:
    from exoresist.studies.attribution_answer import Options
    from exoresist.studies.players import Grouping
    from exoresist.studies.posterior import read_posterior

    drawn = None
    if asked.posterior is not None:
        most = scenario.uncertainty.draws or None
        drawn = read_posterior(asked.posterior, catalog, scenario.seed, most)
    name = "" if asked.posterior is None else asked.posterior.name
    file = PLAYERS if isinstance(players, Grouping) else ""
    return Options(asked.arm, players, asked.outcome, asked.lineage, dose, drawn, name, file)


def _players(text: str | None) -> Wanted:
    """Routes by commas, or groups of them from a file."""
    from exoresist.assembly.players_file import ENDINGS, read_players
    from exoresist.studies.players import Grouping

    if text is None:
        return None
    if text.strip().lower().endswith(ENDINGS):
        file = read_players(text.strip())
        return Grouping(file.players, file.left_on)
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise InputError(
            f"--players '{text}' names nobody", "routes, separated by commas, or a .yaml file of groups",
            "Leave it out to take those found",
        )  # fmt: skip
    return found
