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
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Seed of the draws, in place of the file's.")]
Wells = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Table of measured wells (columns: docs/identify_design.md). Absent: the design itself is asked."
    ),
]
Worlds = Annotated[int, typer.Option("--draws", min=200, max=20_000, help="Worlds that are simulated.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Processes at a time; never changes a result.")]
Memory = Annotated[
    str | None,
    typer.Option("--memory", help='Memory that all workers may take together, such as "8 GB"; fewer run where it is short.'),
]
Cluster = Annotated[
    str, typer.Option("--cluster", help="Run on Dask: `local`, or the address of a scheduler (needs the extra [hpc]).")
]
Results = Annotated[
    Path | None, typer.Option("--results", help="Folder that keeps what is done, so that a stopped run goes on there.")
]
