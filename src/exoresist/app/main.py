"""The command line: `exoresist COMMAND`.

Declares the commands and turns every outcome into an exit code. Each command's body lives in its own module, imported
when the command runs, so that `--help` loads neither numba nor pandas nor plotly.

exit codes  0    done
            1    a check did not pass (reproduce, catalog check, doctor), or an unexpected fault
            2    input that cannot be used, or a wrong command line
            130  interrupted; a tissue that was running has kept its state
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

import exoresist
from exoresist.app.ask_commands import ask_app
from exoresist.app.catalog_commands import catalog_app
from exoresist.app.options import Folder, Json, ScenarioFile
from exoresist.app.printing import say

INTERRUPTED = 130

Version = Annotated[bool, typer.Option("--version", help="Print the version.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of a fault (also: EXORESIST_DEBUG=1).")]

# Rich would draw the help in boxes, at twice the start-up time and unreadable when piped.
app = typer.Typer(
    name="exoresist",
    help="How much of a drug resistance travels in vesicles, how sure we are, and what would stop it.",
    rich_markup_mode=None,
    add_completion=False,
)
app.add_typer(ask_app, name="ask")
app.add_typer(catalog_app, name="catalog")


@app.callback(invoke_without_command=True)
def _options(context: typer.Context, version: Version = False, debug: Debug = False) -> None:
    """The options above belong to every command; `main` reads --debug wherever it stands."""
    if version:
        print(f"exoresist {exoresist.__version__}")
    elif context.invoked_subcommand is None:
        print(context.get_help())
    else:
        return
    raise typer.Exit


@app.command("demo")
def _demo(out: Folder = Path("demo"), as_json: Json = False) -> None:
    """Run the bundled scenario, write the report.

    A first answer within a minute: resistant donors, sensitive recipients, doxorubicin, with and without vesicles.
    """
    from exoresist.app.demo import demo

    demo(out, as_json)


@app.command("run")
def _run(
    scenario: ScenarioFile,
    out: Folder = Path("out"),
    as_json: Json = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a tissue that was stopped in this folder.")] = False,
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="Threads of a tissue; never changes a result.")] = None,
    within: Annotated[str | None, typer.Option("--within", help="Refuse a tissue that will take longer, e.g. '30 min'.")] = None,
    check: Annotated[
        bool, typer.Option("--check-accuracy", help="Run a tissue's compared arm also with halved voxels and steps: far longer.")
    ] = False,
) -> None:
    """Run a scenario file, write the report."""
    from exoresist.app.run import run

    run(scenario, out, as_json, resume, threads, within, check)


@app.command("analyse")
def _analyse(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILES", help="Plate, particle and other tables, and one meta.yaml that describes them."),
    ] = None,
    out: Folder = Path("analysis"),
    template: Annotated[
        Path | None, typer.Option("--template", help="Write an example experiment to this folder, to start from.")
    ] = None,
    model: Annotated[
        bool, typer.Option("--model/--no-model", help="Compare with the catalogue's model (takes some seconds).")
    ] = True,
    as_json: Json = False,
) -> None:
    """Analyse a laboratory's files, write the report.

    Plate reader, particle tracking, qPCR, cytometry, transwell, caliper tables: IC50 shift, vesicle dose, verdict, missing controls.
    """
    if template is not None:
        from exoresist.app.analyse_template import template as write_template

        write_template(template)
        return
    from exoresist.app.analyse import analyse

    analyse(files or [], out, as_json, model)


@app.command("export")
def _export(
    scenario: ScenarioFile,
    sbml: Annotated[bool, typer.Option("--sbml", help="SBML Level 3 Version 2.")] = False,
    antimony: Annotated[bool, typer.Option("--antimony", help="Antimony text.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="The equations in LaTeX.")] = False,
    graph: Annotated[bool, typer.Option("--graph", help="Pools and processes as GraphML.")] = False,
    table: Annotated[bool, typer.Option("--table", help="One row per process, tab-separated.")] = False,
    arm: Annotated[str | None, typer.Option("--arm", help="Id of the arm to write; without it the base.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="File to write to instead of the terminal.")] = None,
    petab: Annotated[
        Path | None, typer.Option("--petab", help="Folder for a PEtab problem: the network, its arms and doses, and readings.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Table of readings for --petab; without it the scenario makes some up.")
    ] = None,
    estimate: Annotated[
        list[str] | None, typer.Option("--estimate", help="Number that the PEtab problem asks for, `name` or `name subject`.")
    ] = None,
    version: Annotated[
        int, typer.Option("--petab-version", min=1, max=2, help="Version of the PEtab format that --petab writes.")
    ] = 2,
) -> None:
    """Write a scenario's network in one form.

    Exactly one of the five forms, to the terminal or to a file, with the scenario's doses, additions and starts in it; or, with
    --petab, an estimation problem for other programs.
    """
    from exoresist.app.export import export, refuse_mixed

    wanted = {"sbml": sbml, "antimony": antimony, "latex": latex, "graph": graph, "table": table}
    forms = [form for form, asked in wanted.items() if asked]
    refuse_mixed(forms, petab, {"--out": out}, {"--data": data, "--estimate": estimate})
    if petab is not None:
        from exoresist.app.export_petab import export_petab

        return export_petab(scenario, petab, data, estimate or [], arm, version)
    export(scenario, forms, out, arm)


@app.command("reproduce")
def _reproduce(
    name: Annotated[str, typer.Argument(metavar="list|NAME", help="`list`, or a published model from the list.")],
    as_json: Json = False,
) -> None:
    """Rebuild a published model and compare.

    Prints every published figure beside the one found. Exit code 1 if one is missed.
    """
    from exoresist.app.reproduce import reproduce

    reproduce(name, as_json)


@app.command("schema")
def _schema(
    fit: Annotated[bool, typer.Option("--fit", help="That of fit files, see `exoresist ask fit`.")] = False,
    lab: Annotated[bool, typer.Option("--lab", help="That of a laboratory's meta.yaml, see `exoresist analyse`.")] = False,
) -> None:
    """Print the JSON Schema of scenario files."""
    from exoresist.app.schema import schema

    schema(fit, lab)


@app.command("doctor")
def _doctor(as_json: Json = False) -> None:
    """Check this installation.

    Python, libraries, cache, compiler, threads, memory and disk. Exit code 1 if one cannot work.
    """
    from exoresist.app.doctor import doctor

    doctor(as_json)


def _report_fault(error: BaseException, arguments: list[str], debug: bool) -> None:
    import platform
    import shlex

    if debug:
        import traceback

        traceback.print_exception(error)
    say(f"unexpected fault: {type(error).__name__}: {error}")
    lines = ["This is a mistake in exoresist, not in your input. Please report it with these two lines:"]
    lines.append("  command  " + shlex.join(["exoresist", *arguments]))
    versions = f"exoresist {exoresist.__version__}, Python {platform.python_version()}, {platform.platform()}"
    lines.append("  version  " + versions)
    if not debug:
        lines.append("With --debug (or EXORESIST_DEBUG=1) the same command also prints the traceback.")
    print("\n".join(lines), file=sys.stderr)


def _run_command(arguments: list[str]) -> int:
    """Run one command and return its exit code; a wrong command line raises the parser's own error."""
    code = typer.main.get_command(app).main(arguments, prog_name="exoresist", standalone_mode=False)
    if sys.stdout is not None:  # None where the caller has closed it
        sys.stdout.flush()  # here, where a reader that has gone away can still be answered
    return code if isinstance(code, int) else 0


def _silence_output() -> None:
    """Send the rest of stdout nowhere: its reader has gone, and the flush at exit would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())  # type: ignore[union-attr]


def _outcome(arguments: list[str], debug: bool) -> int:
    try:
        code = _run_command(arguments)
        if code == INTERRUPTED:  # typer turns Ctrl-C within a command into this code
            say("interrupted")
        return code
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):
            _silence_output()
        return stop.code if isinstance(stop.code, int) else 1
    except BrokenPipeError:
        _silence_output()
        return 1
    except Exception as error:
        return _outcome_of_error(error, arguments, debug)


def _outcome_of_error(error: Exception, arguments: list[str], debug: bool) -> int:
    from exoresist.core.errors import ExoresistError
    from exoresist.core.stopping import StoppedError

    # By shape, not by class: typer's parser errors come from click or from a copy of it, depending on typer's version.
    format_message = getattr(error, "format_message", None)
    if format_message is not None:
        context = getattr(error, "ctx", None)
        hint = f" See `{context.command_path} --help`." if context is not None else ""
        text = format_message().strip()
        say(f"error: {text if text.endswith(('.', '?')) else text + '.'}{hint}")
        return 2
    if isinstance(error, ExoresistError):
        if debug:
            import traceback

            traceback.print_exception(error)
        if isinstance(error, StoppedError):
            say(str(error))
            return INTERRUPTED
        say(f"error: {error}")
        return 2
    if isinstance(error, OSError) and error.strerror is not None:
        place = f"cannot use '{error.filename}'" if error.filename is not None else "cannot read or write"
        say(f"error: {place}: {error.strerror}.")
        return 2
    if isinstance(error, MemoryError):
        say("error: there is too little memory. Lower the draws, doses or saved times (`every`), or free memory.")
        return 2
    _report_fault(error, arguments, debug)
    return 1


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the `exoresist` script; `arguments` stand in place of those it was called with."""
    arguments = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in arguments or os.environ.get("EXORESIST_DEBUG", "") not in ("", "0")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that knows only ASCII gets `?` for a µ, not a traceback
    sys.exit(_outcome([argument for argument in arguments if argument != "--debug"], debug))


if __name__ == "__main__":
    main()
