"""The commands `exoresist ask ...`: declared here, each with its body in a module of its own that is imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exoresist.app.options import Folder, Json, ScenarioFile

ask_app = typer.Typer(help="Put a question to a scenario.", rich_markup_mode=None)


@ask_app.command("fit")
def _fit(
    scenario: Annotated[
        Path, typer.Argument(metavar="SCENARIO", help="Fit file (see docs/fitting.md), scenario file, or name of a bundled one.")
    ],
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Table or folder of readings; with a scenario also the fit file. Absent: as the file names."),
    ] = None,
    out: Folder = Path("fit"),
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Seed of all draws, in place of the file's.")] = None,
    as_json: Json = False,
) -> None:
    """Fit a scenario to readings, predict the others.

    Any scenario, several experiments at once; prints the errors beside baselines that know no mechanism.
    """
    from exoresist.app.fit import fit

    fit(scenario, data, out, as_json, seed)


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
