"""`exoresist catalog (search | show | check)`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

TELLING_COLUMNS = ("title", "note", "path", "mode", "cancer", "effect", "reason")
NUMBER_COLUMNS = ("name", "subject", "value", "unit", "low", "high", "distribution", "kind", "source")
LONGEST_CELL = 80


def search(text: str, table: str | None, as_json: bool, asked: Mapping[str, str | None] | None = None) -> None:
    """Print the rows that hold every word of the text, best first.

    table    keep one table, or None for all
    asked    filters on claims (drug, cancer, cargo, gene, effect, direction); any of them keeps claims only
    as_json  print rows of `table, id, row`
    """
    from exoresist.app.printing import print_json, print_rows
    from exoresist.catalog import Catalog
    from exoresist.catalog.claim_search import ClaimFilter, find_claims
    from exoresist.core.errors import InputError

    wanted = ClaimFilter(**{name: value for name, value in (asked or {}).items() if value})
    if wanted and table not in (None, "claims"):
        raise InputError(f"A filter on claims with --table {table}", "filters without --table, or with --table claims")
    catalog = Catalog.load()
    if wanted:
        hits = find_claims(catalog, text, wanted)
    else:
        hits = catalog.search(text, **({} if table is None else {"table": table}))
    if as_json:
        print_json([{"table": hit.table, "id": hit.id, "row": hit.row} for hit in hits])
    elif not hits:
        filters = ", ".join(f"{name} {value}" for name, value in vars(wanted).items() if value)
        held = f" holds '{text}'" if text else ""
        print(f"No claim with {filters}{held}." if filters else f"Nothing in the catalogue{held}.")
    elif wanted:
        print_rows([{"id": hit.id, **hit.row} for hit in hits], ["id", "reported_direction", "path"])
        print(f"{len(hits)} of {len(catalog.ids('claims'))} claims")
    else:
        print_rows([{"table": hit.table, "id": hit.id, "what": _gist(hit.row)} for hit in hits], ["table", "id", "what"])


def show(name: str, as_json: bool, results: Path | None = None) -> None:
    """Print the entry of that identifier, the numbers that belong to it, and the sources of both.

    name     id in any table, a parameter's name or subject, a public identifier or official name, or a name as printed (an alias)
    results  folder of `catalog run --results`: a claim is shown with what came out
    as_json  print `entries` (table, id, row), `parameters` and `sources`, and `claim` for a claim
    errors   unknown name, with the nearest ones
    """
    from exoresist.app.printing import print_json, print_rows
    from exoresist.catalog import Catalog
    from exoresist.core.errors import unknown_name

    catalog = Catalog.load()
    rows = catalog.search("")
    meant = {*catalog.names_of(name), name}
    entries = [hit for hit in rows if hit.table != "parameters" and hit.id in meant]
    numbers = [hit.row for hit in rows if hit.table == "parameters" and any(_concerns(hit.row, word) for word in meant)]
    if not entries and not numbers:
        known = {hit.row["name"] if hit.table == "parameters" else hit.id for hit in rows}
        raise unknown_name("Catalogue entry", name, known)
    cited = _cited([hit.row for hit in entries] + numbers)
    sources = [hit.row for hit in rows if hit.table == "sources" and hit.id in cited and hit.id != name]
    page = None
    if name in catalog.ids("claims"):
        from exoresist.app.claim_page import claim_page, tell_claim

        page = claim_page(catalog, name, results)
    if as_json:
        listed = [{"table": hit.table, "id": hit.id, "row": hit.row} for hit in entries]
        told = {} if page is None else {"claim": page}
        print_json({"entries": listed, "parameters": numbers, "sources": sources, **told})
        return
    if page is not None:
        tell_claim(page)
        entries = [hit for hit in entries if hit.table != "claims"]
    for hit in entries:
        print(f"{hit.id}, in table {hit.table}")
        for column, cell in hit.row.items():
            if cell and column != "id":
                print(f"  {column}: {cell}")
    if numbers:
        print_rows(numbers, NUMBER_COLUMNS)
    for source in sources:
        print(f"[{source['id']}] {source['citation']}" + (f" doi:{source['doi']}" if source["doi"] else ""))


def check(as_json: bool) -> None:
    """Print what is wrong with the tables.

    as_json  print `rows` (table -> count) and `problems`
    raises   typer.Exit(1) if there is a problem
    """
    import typer

    from exoresist.app.printing import plain, print_json, print_rows
    from exoresist.catalog import Catalog, check_report

    report = plain(check_report(Catalog.load()))
    problems = report["problems"]
    if as_json:
        print_json(report)
    else:
        print_rows([{"table": table, "rows": count} for table, count in report["rows"].items()], ["table", "rows"])
        if problems:
            print_rows(problems, list(problems[0]))
        fine = "Every number has a unit, a range, a kind and a source; every name an identifier or a reason why it has none."
        print(f"{len(problems)} problems" if problems else fine)
    if problems:
        raise typer.Exit(1)


def _gist(row: Mapping[str, str]) -> str:
    """What tells most about a row in one line."""
    if "value" in row:
        return f"{row['value']} {row['unit']} ({row['kind']}, {row['source']})"
    if "match" in row:
        found = f"{row['identifier']} {row['label']}" + (", wider" if row["match"] == "broad" else "")
        return found if row["identifier"] else f"no identifier: {row['reason']}"
    name = row.get("name") or row.get("citation") or ""
    more = next((row[column] for column in TELLING_COLUMNS if row.get(column)), "")
    text = "; ".join(part for part in (name, more) if part)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"


def _concerns(row: Mapping[str, str], name: str) -> bool:
    """Whether a parameter is the one named, or belongs to the subject named (`drug:doxorubicin` or `doxorubicin`)."""
    return name in (row["name"], row["subject"], f"{row['name']} ({row['subject']})") or name in row["subject"].split(":")


def _cited(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    cells: Sequence[str] = [row.get("source", "") for row in rows]
    return {part.strip() for cell in cells for part in cell.split(";") if part.strip()}
