"""`exoresist export SCENARIO --sbml | --antimony | --latex | --graph | --table`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

# form -> function of exoresist.network.exports
RENDERINGS = {
    "sbml": "to_sbml",
    "antimony": "to_antimony",
    "latex": "to_latex",
    "graph": "to_graphml",
    "table": "to_table",
}


def export(scenario_file: Path, forms: list[str], target: Path | None) -> None:
    """Write the scenario's network in one form.

    forms    the forms asked for; exactly one is allowed, because they would mix on one output
    target   file to write, or None for the terminal
    errors   InputError unless exactly one form was asked for
    """
    from exoresist.core.errors import InputError

    if len(forms) != 1:
        came = f"Several forms were asked for: {options(forms)}" if forms else "No form was asked for"
        raise InputError(came, f"one of {options(RENDERINGS)}", "Name one form per command")
    from exoresist.assembly.reader import load_scenario

    scenario = load_scenario(scenario_file)

    from exoresist.assembly.build import build
    from exoresist.network import exports

    network = build(scenario)
    text = getattr(exports, RENDERINGS[forms[0]])(network)
    if target is None:
        print(text)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def options(forms: Iterable[str]) -> str:
    """The forms as they are typed."""
    return ", ".join(f"--{form}" for form in forms)
