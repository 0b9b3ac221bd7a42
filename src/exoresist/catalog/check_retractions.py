"""Retracted works: every claim and source that rests on one says so, and nothing is called retracted without a row that says why.

The list of retracted works is one of PubMed numbers, and most citations print none: only works with a row here were looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from exoresist.catalog.loader import RawTable
from exoresist.catalog.records import words

Fault = tuple[str, str, str, str]  # table, row, column, message
FLAG = "retracted"
_PMID = re.compile(r"PMID[: ]*(\d+)")


def retraction_faults(tables: Mapping[str, RawTable]) -> Iterator[Fault]:
    """Works that the list holds and nobody flags, flags without a work, and PubMed numbers that were not looked up."""
    works = tables["retractions"].rows
    for row in works:
        if row["listed"] == "yes" and row["retracted"] == "no":
            yield "retractions", row["work"], "retracted", "is no, though the list of retracted works holds its number"
        if row["pmid"] and not row["pmid"].isdigit():
            yield "retractions", row["work"], "pmid", f"'{row['pmid']}' is not a PubMed number"
    cited = {(row["seed"], row["reference"]) for row in works if row["retracted"] == "yes" and row["reference"]}
    for row in tables["claims"].rows:
        rests = any((row["seed"], reference) in cited for reference in words(row["reference"]))
        flagged = FLAG in words(row["flags"])
        if rests and not flagged:
            yield "claims", row["id"], "flags", f"rests on a retracted work (table retractions): add {FLAG}"
        elif flagged and not rests:
            yield "claims", row["id"], "flags", f"says {FLAG}, but no row of table retractions names its reference"
    dois = {row["doi"] for row in works if row["retracted"] == "yes" and row["doi"]}
    for row in tables["sources"].rows:
        if (row["doi"] in dois) != (row["retracted"] == "yes"):
            yield "sources", row["id"], "retracted", "and table retractions do not say the same of its DOI"
    known = {row["pmid"] for row in works}
    for table in ("sources", "claims", "axes"):
        for row in tables[table].rows:
            for number in _PMID.findall(" ".join(row.values())):
                if number not in known:
                    yield table, row["id"], "note", f"names PubMed number {number}, which has no row in table retractions"
