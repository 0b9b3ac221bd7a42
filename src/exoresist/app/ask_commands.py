"""The commands `exoresist ask ...`: declared here, each with its body in a module of its own that is imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exoresist.app.options import Cluster, Folder, Json, Memory, Results, ScenarioFile, Workers

ask_app = typer.Typer(help="Put a question to a scenario.", rich_markup_mode=None)


@ask_app.command("fit")
def _fit(
    scenario: ScenarioFile,
    data: Annotated[Path, typer.Option("--data", help="Folder with the measurements that the scenario names.")],
    out: Folder = Path("fit"),
    as_json: Json = False,
) -> None:
    """Fit to measured doses, predict the others.

    Prints the error of both beside two baselines that know no mechanism.
    """
    from exoresist.app.fit import fit

    fit(scenario, data, out, as_json)


@ask_app.command("cohort")
def _cohort(
    scenario: ScenarioFile,
    out: Folder = Path("cohort"),
    patients: Annotated[
        int | None, typer.Option("--patients", help="Virtual patients per arm, in place of the scenario's.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of the draws, in place of the scenario's.")] = None,
    workers: Workers = None,
    memory: Memory = None,
    cluster: Cluster = "",
    results: Results = None,
    as_json: Json = False,
) -> None:
    """Treat virtual patients, read their markers.

    Time to progression with numbers at risk, response, and what markers in a body fluid foretell.
    """
    from exoresist.app.cohort import cohort
    from exoresist.app.places import Places

    cohort(scenario, out, patients, seed, as_json, Places(workers, memory, cluster, results))
