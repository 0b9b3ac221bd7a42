"""The commands `exoresist catalog ...`: declared here, each with its body in a module of its own that is imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exoresist.app.options import Json

catalog_app = typer.Typer(help="Look at the facts: numbers, ranges, sources.", rich_markup_mode=None)

Results = Annotated[
    Path | None, typer.Option("--results", help="Folder that keeps results, so that a run goes on where it stopped.")
]
Ran = Annotated[Path | None, typer.Option("--results", help="Folder that `catalog run --results` has filled.")]


@catalog_app.command("search")
def _catalog_search(
    text: Annotated[str, typer.Argument(help="Words to look for in names, subjects, notes and sources.")] = "",
    table: Annotated[str | None, typer.Option("--table", help="Look in one table only, such as drugs or axes.")] = None,
    drug: Annotated[str | None, typer.Option("--drug", help="Claims about this drug.")] = None,
    cancer: Annotated[str | None, typer.Option("--cancer", help="Claims about this cancer, or part of its name.")] = None,
    cargo: Annotated[str | None, typer.Option("--cargo", help="Claims about this cargo, or type of cargo.")] = None,
    gene: Annotated[str | None, typer.Option("--gene", help="Claims with this node anywhere in their chain.")] = None,
    effect: Annotated[str | None, typer.Option("--effect", help="Claims of this effect class, such as efflux.")] = None,
    direction: Annotated[str | None, typer.Option("--direction", help="resistance, sensitivity or none.")] = None,
    as_json: Json = False,
) -> None:
    """Find entries by words, claims also by what they are about."""
    from exoresist.app.catalog import search

    asked = {"drug": drug, "cancer": cancer, "cargo": cargo, "gene": gene, "effect": effect, "direction": direction}
    search(text, table, as_json, asked)


@catalog_app.command("show")
def _catalog_show(
    name: Annotated[str, typer.Argument(help="Identifier of an entry, or name of a parameter.")],
    results: Ran = None,
    as_json: Json = False,
) -> None:
    """Show one entry: numbers, ranges, sources; of a claim its chain, laws and result."""
    from exoresist.app.catalog import show

    show(name, as_json, results)


@catalog_app.command("check")
def _catalog_check(as_json: Json = False) -> None:
    """Look for mistakes in the tables.

    A number without unit, range, kind or source is one. Exit code 1 if there is any.
    """
    from exoresist.app.catalog import check

    check(as_json)


@catalog_app.command("run")
def _catalog_run(
    ids: Annotated[list[str] | None, typer.Argument(help="Claims to run; without any, all.")] = None,
    results: Results = None,
    as_json: Json = False,
) -> None:
    """Run claims of the documents, clamped and delivered."""
    from exoresist.app.claims import run

    run(ids or [], results, as_json)


@catalog_app.command("score")
def _catalog_score(results: Results = None, as_json: Json = False) -> None:
    """Score the simulated directions against the reported ones."""
    from exoresist.app.claims import score

    score(results, as_json)


@catalog_app.command("axes")
def _catalog_axes(
    tsv: Annotated[Path, typer.Option("--tsv", help="File to write, one row per claim.")],
    results: Results = None,
) -> None:
    """Write every claim with what came out, as a table."""
    from exoresist.app.claims import axes

    axes(tsv, results)


@catalog_app.command("export")
def _catalog_export(
    form: Annotated[str, typer.Option("--format", help="tsv, sqlite, indra, kgx, graphml, sif, signor or bibtex.")],
    out: Annotated[Path, typer.Option("--out", help="File to write; for tsv and kgx a folder.")],
    results: Ran = None,
) -> None:
    """Write the catalogue in a form that other programs read."""
    from exoresist.app.catalog_export import export

    export(form, out, results)


@catalog_app.command("site")
def _catalog_site(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write to; made if it is missing.")],
    results: Ran = None,
) -> None:
    """Write the catalogue as pages to browse, one per claim; they need no server and no other host."""
    from exoresist.app.catalog_site import site

    site(folder, results)
