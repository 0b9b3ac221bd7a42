"""The commands `exoresist ask ...`: declared here, each with its body in a module of its own that is imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exoresist.app.options import Folder, Json, ScenarioFile

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
    as_json: Json = False,
) -> None:
    """Treat virtual patients, read their markers.

    Time to progression with numbers at risk, response, and what markers in a body fluid foretell.
    """
    from exoresist.app.cohort import cohort

    cohort(scenario, out, patients, seed, as_json)


Wells = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Table of measured wells (arm, time, dose, readout, value, replicate). Absent: the design is asked."
    ),
]
Worlds = Annotated[int, typer.Option("--draws", min=200, max=20_000, help="Worlds that are simulated.")]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Seed of the draws, in place of the scenario's.")]


@ask_app.command("identify")
def _identify(
    scenario: ScenarioFile,
    data: Wells = None,
    out: Folder = Path("identify"),
    draws: Worlds = 1000,
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Can this experiment tell how much travels in vesicles?

    Identified, bounded, or cannot tell; with the confounders that fit as well.
    """
    from exoresist.app.identify import identify

    identify(scenario, data, out, draws, seed, as_json)


@ask_app.command("design")
def _design(
    scenario: ScenarioFile,
    data: Wells = None,
    out: Folder = Path("design"),
    budget: Annotated[int, typer.Option("--budget", min=1, max=100_000, help="Wells that the next experiment may cost.")] = 96,
    draws: Worlds = 1000,
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Which next experiment tells most?

    Candidates ranked by expected information about the transfer share, per well.
    """
    from exoresist.app.design import design

    design(scenario, data, out, budget, draws, seed, as_json)
