"""`exoresist export SCENARIO --sbml | --antimony | --latex | --graph | --table`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exoresist.assembly.scenario import Scenario

# form -> function of exoresist.network.exports
RENDERINGS = {
    "sbml": "to_sbml",
    "antimony": "to_antimony",
    "latex": "to_latex",
    "graph": "to_graphml",
    "table": "to_tsv",
}


def export(scenario_file: Path, forms: list[str], target: Path | None, arm: str | None = None) -> None:
    """Write the scenario's network in one form.

    forms    the forms asked for; exactly one is allowed, because they would mix on one output
    target   file to write, or None for the terminal
    arm      id of an arm, or None for the scenario's base
    errors   InputError unless exactly one form was asked for
    """
    from exoresist.core.errors import InputError

    if len(forms) != 1:
        came = f"Several forms were asked for: {options(forms)}" if forms else "No form was asked for"
        raise InputError(came, f"one of {options(RENDERINGS)}, or --petab DIR", "Name one form per command")
    from exoresist.app.folders import ready_file
    from exoresist.assembly.reader import load_scenario

    if target is not None:
        ready_file(target)

    scenario = load_scenario(scenario_file)

    from exoresist.core.progress import reporting
    from exoresist.report.files import write_atomically

    with reporting(None, scenario.title or scenario.name):
        text = rendered(scenario, forms[0], arm)
    if target is None:
        print(text.removesuffix("\n"))
        return
    write_atomically(target, text.encode())


def refuse_mixed(forms: list[str], petab: Path | None, of_forms: Mapping[str, object], of_petab: Mapping[str, object]) -> None:
    """Refuse options that would do nothing: a form or its options beside --petab, options of --petab without it (InputError)."""
    from exoresist.core.errors import InputError

    mixed = [f"--{form}" for form in forms] + [option for option, value in of_forms.items() if value]
    if petab is not None and mixed:
        advice = "--petab writes a folder of its own, with the network as SBML in it; give two commands to have both"
        raise InputError(f"--petab was given with {', '.join(mixed)}", "--petab without them", advice)
    idle = [option for option, value in of_petab.items() if value]
    if petab is None and idle:
        raise InputError(
            f"{' and '.join(idle)} without --petab does nothing", "with --petab DIR only", "Add --petab DIR, or leave it out"
        )


def rendered(scenario: Scenario, form: str, arm: str | None) -> str:
    """The text of one form."""
    from exoresist.app.meanings import meanings
    from exoresist.catalog import Catalog
    from exoresist.network import exports
    from exoresist.studies.single import single_network

    catalog = Catalog.load()
    network = single_network(scenario, arm, catalog)
    if form == "sbml":
        dois = {source.id: source.doi for source in catalog.records("sources") if source.doi}
        return exports.to_sbml(network, dois, meanings(network, scenario, catalog))
    text: str = getattr(exports, RENDERINGS[form])(network)
    return text


def options(forms: Iterable[str]) -> str:
    """The forms as they are typed."""
    return ", ".join(f"--{form}" for form in forms)
