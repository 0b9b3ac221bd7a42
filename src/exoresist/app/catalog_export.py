"""`exoresist catalog export --format FORM --out PATH`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exoresist.catalog import Catalog


def export(form: str, target: Path, results: Path | None) -> None:
    """Write the catalogue in one form, whole or not at all.

    target   a file; for the forms of several files (tsv, kgx) a folder
    results  folder of `catalog run --results`, for the forms that have room for results
    """
    from exoresist.app.folders import filled, ready, ready_file
    from exoresist.catalog import Catalog
    from exoresist.catalog.exports import FOLDERS, FORMATS
    from exoresist.core.errors import unknown_name
    from exoresist.report.files import write_atomically

    if form not in FORMATS:
        raise unknown_name("Format", form, FORMATS)
    (ready if form in FOLDERS else ready_file)(target)
    catalog = Catalog.load()
    files = FORMATS[form](catalog, result_rows(catalog, results))
    if form not in FOLDERS:
        write_atomically(target, *files.values())
        print(f"{form} written to {target}")
        return
    with filled(target) as draft:
        for name, content in files.items():
            write_atomically(draft / name, content)
    print(f"{', '.join(files)} written to {target}")


def result_rows(catalog: Catalog, results: Path | None) -> list[dict[str, str]]:
    """Rows of the results in a folder, [] without one."""
    if results is None:
        return []
    from exoresist.studies.claim_runs import axis_rows, read_results

    return axis_rows(read_results(catalog, results))
