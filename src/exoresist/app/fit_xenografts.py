"""`exoresist ask fit FILE --data DIR` where the file states a cohort fit: read, fit, foretell, write."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def fit_xenografts(file_path: Path, data_folder: Path | None, folder: Path, as_json: bool) -> None:
    """Fit the cohort, foretell the held-out groups, print their errors beside the baselines.

    folder   receives summary.json, predictions.csv, parameters.csv and fit.html: all of them or none
    as_json  print summary.json instead of sentences
    """
    from exoresist.app.folders import filled, ready
    from exoresist.assembly.xenograft_file import read_xenograft
    from exoresist.core.errors import InputError
    from exoresist.exchange.xenografts import read_xenografts

    file = read_xenograft(file_path)
    if data_folder is None:
        raise InputError("No measurements were named", "--data with the folder that holds them", "See docs/xenografts.md")
    mice = read_xenografts(data_folder, file.drug)
    ready(folder)

    from exoresist.app.printing import json_text, tell_fit
    from exoresist.catalog import Catalog
    from exoresist.core.progress import reporting
    from exoresist.report.files import write_atomically
    from exoresist.report.xenograft_page import xenograft_page
    from exoresist.studies.xenograft_answer import answer_xenografts

    with reporting(1.0, file.title or file.name) as bar:
        answer = answer_xenografts(file, mice, Catalog.load(), bar)
    summary = answer.summary()
    with filled(folder) as draft:
        write_atomically(draft / "summary.json", (json_text(summary) + "\n").encode())
        write_atomically(draft / "predictions.csv", _csv(answer.readings))
        write_atomically(draft / "parameters.csv", _csv(answer.parameters))
        write_atomically(draft / "fit.html", xenograft_page(answer).encode())
    written = f"The page is {folder / 'fit.html'}, every reading beside its prediction is in {folder / 'predictions.csv'}"
    tell_fit(summary, answer.parameters, ["name", "value", "low", "high", "unit", "identified"], written, as_json)


def _csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
