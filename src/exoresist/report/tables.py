"""The numbers behind the page: CSV and Parquet tables, and `summary.json` for programs."""

from __future__ import annotations

import csv
import importlib
import io
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from exoresist.report.files import write_atomically
from exoresist.report.wording import finite, listed
from exoresist.studies.answer import COLUMNS, Answer, Estimate, Row, plain

NUMBERS = frozenset(
    "value low high hill top bottom auc gr50 gr_max dose survival time cells vesicles_per_cell fold amount low_effect "
    "high_effect relative_error copies_per_cell gained gained_low gained_high peak_h peak_h_low peak_h_high "
    "level_4h_over_max level_4h_over_max_low level_4h_over_max_high replicate lineages shannon simpson effective".split()
)
ESTIMATES = ("ic50_shift", "dose_gap", "donor_membrane_equivalents", "vesicles_available", "vesicles_needed")


def table_rows(answer: Answer) -> dict[str, tuple[tuple[str, ...], list[Row]]]:
    """Table name -> (columns, rows): every table of the answer, and its single estimates and balances as two more."""
    tables = {name: (columns, list(getattr(answer, name))) for name, columns in COLUMNS.items()}
    found = [(name, getattr(answer, name)) for name in ESTIMATES]
    estimates = [{"name": name, **estimate.to_dict()} for name, estimate in found if estimate is not None]
    tables["estimates"] = (("name", "value", "low", "high", "unit"), estimates)
    balances = [{"element": element, "relative_error": error} for element, error in answer.conservation.items()]
    tables["conservation"] = (("element", "relative_error"), balances)
    return tables


def write_tables(answer: Answer, folder: Path) -> list[Path]:
    """Write `tables/NAME.csv` and `tables/NAME.parquet` for every table of the answer; returns the paths.

    Columns are the same in both and present even when a table is empty; a missing number is empty (CSV) or null
    (Parquet); lists of texts are joined by `; `. Columns that a row has beyond the agreed ones follow at the end.
    """
    written = []
    for name, (columns, rows) in table_rows(answer).items():
        further = sorted({key for row in rows for key in row} - set(columns))
        data = {column: [cell(column, row.get(column)) for row in rows] for column in (*columns, *further)}
        target = Path(folder) / "tables" / name
        written.append(write_atomically(target.with_suffix(".csv"), csv_bytes(data)))
        written.append(write_atomically(target.with_suffix(".parquet"), parquet_bytes(data)))
    return written


def cell(column: str, value: Any) -> Any:
    """A number or None in number columns, a text elsewhere."""
    return finite(plain(value)) if column in NUMBERS else listed(plain(value))


def csv_bytes(data: dict[str, list[Any]]) -> bytes:
    """Columns as CSV in UTF-8; numbers in the shortest form that reads back to the same bits."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(data)
    for row in zip(*data.values(), strict=True):
        writer.writerow(["" if value is None else repr(value) if isinstance(value, float) else value for value in row])
    return stream.getvalue().encode()


def parquet_bytes(data: dict[str, list[Any]], numbers: Collection[str] = NUMBERS) -> bytes:
    """Columns as a Parquet file; those named in `numbers` hold numbers, the others texts."""
    # pyarrow has no type stubs; importing it by name keeps it lazy and leaves the checker nothing to trip over.
    arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    schema = arrow.schema([(name, arrow.float64() if name in numbers else arrow.string()) for name in data])
    stream = io.BytesIO()
    parquet.write_table(arrow.table(data, schema=schema), stream)
    return stream.getvalue()


def summary(answer: Answer) -> dict[str, Any]:
    """The answer for programs: finite numbers or null, each null of a headline number explained in `warnings`."""
    warnings = [str(text) for text in answer.warnings]
    potencies: dict[str, Any] = {}
    for row in answer.ic50:
        arm = str(row["arm"])
        # The first row of an arm is its named readout; further populations or drugs get a longer key.
        key = arm if arm not in potencies else f"{arm}:{row.get('population') or ''}:{row.get('drug') or ''}"
        potencies[key] = {
            "value": finite(row.get("value")),
            "unit": str(row.get("unit") or "nM"),
            "low": finite(row.get("low")),
            "high": finite(row.get("high")),
        }
        if potencies[key]["value"] is None:
            warnings.append(f"IC50 of arm '{key}' is missing: it has no finite value within the doses tested.")
    for name in ("ic50_shift", "dose_gap", "donor_membrane_equivalents"):
        estimate: Estimate | None = getattr(answer, name)
        if estimate is None or finite(estimate.value) is None:
            warnings.append(f"{name} is missing: this scenario gives no finite value for it.")
    assumed = finite(answer.assumed_share)
    if assumed is None:
        warnings.append("assumed_share is missing.")
    membrane = answer.donor_membrane_equivalents
    known = answer.to_dict()
    return {
        "name": answer.name,
        "question": answer.question,
        "answer": known["sentences"],
        "ic50": potencies,
        "ic50_shift": {**bounds(answer.ic50_shift), "of": answer.shift_of, "against": answer.shift_against},
        "shifts": known["shifts"],
        "conservation": {element: finite(error) for element, error in answer.conservation.items()},
        "assumed_share": assumed,
        "donor_membrane_equivalents": finite(membrane.value) if membrane else None,
        "donor_membrane_equivalents_interval": {key: value for key, value in bounds(membrane).items() if key != "value"},
        "dose_gap": bounds(answer.dose_gap),
        "vesicles_available": bounds(answer.vesicles_available),
        "vesicles_needed": bounds(answer.vesicles_needed),
        "rises": known["rises"],
        "diversity": known["diversity"],
        "drivers": known["drivers"],
        "arms": known["arms"],
        "warnings": list(dict.fromkeys(warnings)),
        "timing_s": known["timing_s"],
        "versions": known["versions"],
        "seed": answer.seed,
        "catalog_hash": answer.catalog_hash,
    }


def bounds(estimate: Estimate | None) -> dict[str, float | None]:
    """value, low, high; null where there is none."""
    if estimate is None:
        return {"value": None, "low": None, "high": None}
    return {"value": finite(estimate.value), "low": finite(estimate.low), "high": finite(estimate.high)}


def write_summary(answer: Answer, folder: Path) -> Path:
    """Write `summary.json` (strict JSON) and return its path."""
    text = json.dumps(summary(answer), indent=2, ensure_ascii=False, allow_nan=False)
    return write_atomically(Path(folder) / "summary.json", (text + "\n").encode())
