"""`exoresist run SCENARIO --out DIR` for a scenario whose arena is a tissue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from exoresist.app.printing import say, tell
from exoresist.core.errors import InputError

if TYPE_CHECKING:
    from exoresist.assembly.scenario import Scenario


def run_tissue(
    scenario: Scenario,
    folder: Path,
    resume: bool,
    threads: int | None,
    as_json: bool,
    within: float | None = None,
    check: bool = False,
) -> None:
    """Run every arm, write report, tables, cells and fields, and say what came out.

    resume  go on from the checkpoints in `folder`/checkpoints; without it they are begun anew
    check   also run the compared arm with halved voxels, halved steps and another seed: about ten times as long
    within  h of wall time that the run may take; refused as soon as its first minutes tell that it will not do
    """
    from exoresist.app.folders import filled
    from exoresist.assembly.resolve import write_resolved
    from exoresist.catalog import Catalog
    from exoresist.core.progress import reporting
    from exoresist.report.tissue_files import TissueFiles
    from exoresist.report.tissue_page import write_tissue
    from exoresist.studies.provenance import versions
    from exoresist.studies.tissue_answer import answer_tissue
    from exoresist.tissue.checkpoint import NAME

    catalog = Catalog.load()
    kept = folder / "checkpoints"
    files = TissueFiles(folder, scenario.duration, scenario.every)
    with reporting(1.0, scenario.title or scenario.name) as bar:
        try:
            answer = answer_tissue(scenario, catalog, kept, resume, threads, bar, files.write, within, say, check)
        except InputError:
            if not any(kept.rglob(NAME)):  # nothing to go on from: a run that is refused leaves no trace
                files.drop()
            raise
    with filled(folder) as draft:
        write_resolved(scenario, draft / "resolved.yaml", {"catalog_hash": answer.catalog_hash, "versions": versions()})
        write_tissue(answer, draft)
    tell(folder, answer.sentences, answer.warnings, as_json)
