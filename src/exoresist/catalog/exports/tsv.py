"""All tables as tab-separated text, as they lie in the package, and the results of the claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from exoresist.catalog.records import TABLES, columns

if TYPE_CHECKING:
    from exoresist.catalog.catalog import Catalog

Rows = Sequence[Mapping[str, str]]


def to_tsv(catalog: Catalog, results: Rows = ()) -> dict[str, bytes]:
    """One file per table, and `results.tsv` where results are given."""
    files = {f"{table}.tsv": written(columns(table), catalog.rows(table)) for table in TABLES}
    if results:
        files["results.tsv"] = written(tuple(results[0]), results)
    return files


def written(header: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """Tab-separated text without quoting; a tab or line break in a cell becomes a space."""
    lines = ["\t".join(header), *("\t".join(_cell(row.get(name)) for name in header) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def _cell(value: object) -> str:
    return " ".join(str("" if value is None else value).split("\t")).replace("\r", " ").replace("\n", " ")
