"""`exoresist demo --out DIR`."""

from __future__ import annotations

from pathlib import Path

BUNDLED = "scenarios/mcf7_doxorubicin.yaml"


def demo(folder: Path, as_json: bool) -> None:
    """Run the scenario that comes with the package, exactly as `run` would."""
    from importlib.resources import as_file, files

    from exoresist.app.run import run

    with as_file(files("exoresist.app") / BUNDLED) as scenario_file:
        run(scenario_file, folder, as_json)
