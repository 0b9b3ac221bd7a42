"""Options that several commands share, said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON, for programs.")]
Folder = Annotated[Path, typer.Option("--out", help="Folder to write to; made if it is missing.")]
ScenarioFile = Annotated[
    Path,
    typer.Argument(metavar="SCENARIO", help="Scenario file (YAML, see `exoresist schema`), or name of a bundled one."),
]
