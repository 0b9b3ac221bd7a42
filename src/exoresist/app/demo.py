"""`exoresist demo --out DIR`."""

from __future__ import annotations

from pathlib import Path

BUNDLED = "mcf7_doxorubicin"


def demo(folder: Path, as_json: bool) -> None:
    """Run the scenario that comes with the package, exactly as `run` would."""
    from exoresist.app.run import run
    from exoresist.assembly.reader import bundled_scenarios

    run(bundled_scenarios()[BUNDLED], folder, as_json)
