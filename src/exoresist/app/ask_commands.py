"""The commands `exoresist ask ...`: declared here, each with its body in a module of its own that is imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exoresist.app.options import Cluster, Folder, Json, Memory, Results, ScenarioFile, Seed, Wells, Workers, Worlds

ask_app = typer.Typer(help="Put a question to a scenario.", rich_markup_mode=None)


@ask_app.command("fit")
def _fit(
    scenario: Annotated[
        Path,
        typer.Argument(
            metavar="SCENARIO", help="Fit file (docs/fitting.md), PEtab problem, scenario file, or name of a bundled one."
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Table or folder of readings; with a scenario also the fit file. Absent: as the file names."),
    ] = None,
    out: Folder = Path("fit"),
    seed: Seed = None,
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
    seed: Seed = None,
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
        str | None,
        typer.Option("--players", help="Routes to share among, by commas, or a .yaml file of groups; absent: those found."),
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
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Share an outcome out among its causes.

    The net ledger of the trait, and Shapley shares of vesicles, drug sinks, factors, crowding, selection, with intervals.
    """
    from exoresist.app.attribute import Asked, attribute

    attribute(scenario, out, Asked(arm, players, outcome, lineage, dose, posterior, draws, seed), as_json)


@ask_app.command("identify")
def _identify(
    scenario: ScenarioFile,
    data: Wells = None,
    out: Folder = Path("identify"),
    draws: Worlds = 2000,
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Can this experiment tell how much travels in vesicles?

    Identified, bounded, or cannot tell; with the confounders that fit as well.
    """
    from exoresist.app.identify import identify

    identify(scenario, data, out, draws, seed, as_json)


@ask_app.command("rank")
def _rank(
    scenario: ScenarioFile,
    out: Folder = Path("rank"),
    interventions: Annotated[
        str | None,
        typer.Option("--interventions", help="Which: names with commas, a+b for two together, a@0.8 or 'a@10 uM' for a level."),
    ] = None,
    arm: Annotated[str | None, typer.Option("--arm", help="Arm of the scenario in which they are tried.")] = None,
    outcome: Annotated[
        str | None,
        typer.Option(
            "--outcome",
            help="survivors, shift (of the IC50), regrowth or cargo; of a tissue tumour, survivors, volume or resistant; as fits the "
            "assay if left out.",
        ),
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option(
            "--draws", min=0, max=10000, help="Draws that are compared (of a cohort: worlds), in place of the scenario's."
        ),
    ] = None,
    posterior: Annotated[
        Path | None, typer.Option("--posterior", help="File of draws from a fit (columns name@subject), in place of the ranges.")
    ] = None,
    max_dose: Annotated[str | None, typer.Option("--max-dose", help="Most in one dose of a schedule, such as '200 nM'.")] = None,
    max_total: Annotated[str | None, typer.Option("--max-total", help="Most in all doses of a schedule together.")] = None,
    min_interval: Annotated[str | None, typer.Option("--min-interval", help="Least time between doses, such as '24 h'.")] = None,
    trials: Annotated[
        int | None, typer.Option("--trials", min=0, max=10000, help="Trials of each search for a schedule; 0 searches none.")
    ] = None,
    patients: Annotated[
        int | None, typer.Option("--patients", help="Rank for so many virtual patients; a dish becomes a tumour.")
    ] = None,
    within: Annotated[
        str | None, typer.Option("--within", help="A tissue only: refuse what would take longer, such as '2 h'.")
    ] = None,
    seed: Seed = None,
    workers: Workers = None,
    memory: Memory = None,
    cluster: Cluster = "",
    results: Results = None,
    as_json: Json = False,
) -> None:
    """Rank what could be done.

    Interventions, pairs and schedules by outcome over draws that all share: probability of being best, expected regret.
    """
    from exoresist.app.places import Places
    from exoresist.app.rank import Asked, rank

    asked = Asked(
        arm, interventions, outcome, draws, posterior, max_dose, max_total, min_interval, trials, patients, within, seed
    )
    rank(scenario, out, asked, Places(workers, memory, cluster, results), as_json)


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
