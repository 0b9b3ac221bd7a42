"""The commands `exoresist ask ...`: declared here, each with its body in a module of its own that is imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exoresist.app.options import Cluster, Folder, Json, Memory, Results, ScenarioFile, Workers

ask_app = typer.Typer(help="Put a question to a scenario.", rich_markup_mode=None)


@ask_app.command("fit")
def _fit(
    scenario: Annotated[
        Path,
        typer.Argument(metavar="SCENARIO", help="Fit file (docs/fitting.md), PEtab problem, scenario file, or name of a bundled one."),
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


@ask_app.command("attribute")
def _attribute(
    scenario: ScenarioFile,
    out: Folder = Path("attribution"),
    arm: Annotated[
        str | None, typer.Option("--arm", help="Arm asked about; absent: the comparison's, or the first treated.")
    ] = None,
    players: Annotated[
        str | None, typer.Option("--players", help="Routes to share among, by commas; absent: those found, at most seven.")
    ] = None,
    outcome: Annotated[
        str | None, typer.Option("--outcome", help="log_survival (if absent), survival, mean_time or log_ic50.")
    ] = None,
    lineage: Annotated[
        str | None, typer.Option("--lineage", help="Population whose cells are counted, or `all`; absent: the assay's.")
    ] = None,
    dose: Annotated[
        str | None, typer.Option("--dose", help="Dose of the assay's drug, e.g. '50 nM'; absent: the one that halves survivors.")
    ] = None,
    posterior: Annotated[
        Path | None, typer.Option("--posterior", help="Draws of a fit: .parquet or .csv with columns name@subject.")
    ] = None,
    draws: Annotated[int | None, typer.Option("--draws", help="Draws of the parameters, in place of the scenario's.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of the draws, in place of the scenario's.")] = None,
    as_json: Json = False,
) -> None:
    """Share an outcome out among its causes.

    The net ledger of the trait, and Shapley shares of vesicles, drug sinks, factors, crowding, selection, with intervals.
    """
    from exoresist.app.attribute import Asked, attribute

    attribute(scenario, out, Asked(arm, players, outcome, lineage, dose, posterior, draws, seed), as_json)


Wells = Annotated[
    Path | None,
    typer.Option("--data", help="Table of measured wells (arm, time, dose, readout, value, replicate). Absent: the design is asked."),
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
