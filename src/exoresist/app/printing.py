"""What the commands print: JSON for programs, aligned columns for people."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def say(text: str) -> None:
    """A word on the run itself, such as how long it will take: on stderr, so that what --json prints stays JSON."""
    print(f"exoresist: {text}", file=sys.stderr)


def tell(folder: Path, sentences: Iterable[str], warnings: Iterable[str], as_json: bool) -> None:
    """The end of a command that has filled a folder: its `summary.json`, or the answer in words and where the page is."""
    if as_json:
        print((folder / "summary.json").read_text(encoding="utf-8").removesuffix("\n"))
        return
    for sentence in sentences:
        print(sentence)
    for warning in warnings:
        print(f"warning: {warning}")
    print(f"The report is in {folder / 'report.html'}")


def tell_fit(
    summary: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], columns: Sequence[str], written: str, as_json: bool
) -> None:
    """The end of a fit: its summary, or its sentences, warnings and parameters (`rows`), and what was written where."""
    if as_json:
        print_json(summary)
        return
    for sentence in summary["sentences"]:
        print(sentence)
    for warning in summary["warnings"]:
        print(f"warning: {warning}")
    print_rows(rows, columns)
    print(written)


def plain(value: Any) -> Any:
    """The value made of what JSON knows: records become mappings, arrays lists, and numbers without a value null.

    JSON has no NaN and no infinity; a program that reads the output would stumble over Python's spelling of them.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):  # arrays and scalars of NumPy
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return str(value)


def json_text(value: Any) -> str:
    """Strict JSON of any value, see `plain`."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False)


def print_json(value: Any) -> None:
    print(json_text(value))


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str("" if value is None else value)


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Aligned columns under their names; the last column is not padded."""
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    table = [list(columns), *cells]
    widths = [max(len(line[index]) for line in table) for index in range(len(columns))]
    for line in table:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
