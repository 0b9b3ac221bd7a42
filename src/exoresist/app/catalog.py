"""`exoresist catalog (search | show | check)`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

TELLING_COLUMNS = ("title", "note", "path", "mode", "cancer", "effect", "reason")
NUMBER_COLUMNS = ("name", "subject", "value", "unit", "low", "high", "distribution", "kind", "source")
LONGEST_CELL = 80


def search(text: str, table: str | None, as_json: bool) -> None:
    """Print the rows that hold every word of the text, best first.

    table    keep one table, or None for all
    as_json  print rows of `table, id, row`
    """
    from exoresist.app.printing import print_json, print_rows
    from exoresist.catalog import Catalog

    filters = {} if table is None else {"table": table}
    hits = Catalog.load().search(text, **filters)
    if as_json:
        print_json([{"table": hit.table, "id": hit.id, "row": hit.row} for hit in hits])
    elif not hits:
        print(f"Nothing in the catalogue holds '{text}'.")
    else:
        print_rows([{"table": hit.table, "id": hit.id, "what": _gist(hit.row)} for hit in hits], ["table", "id", "what"])


def show(name: str, as_json: bool) -> None:
    """Print the entry of that identifier, the numbers that belong to it, and the sources of both.

    name     identifier in any table, a parameter's name or subject, or a name as printed somewhere (an alias)
    as_json  print `entries` (table, id, row), `parameters` and `sources`
    errors   unknown name, with the nearest ones
    """
    from exoresist.app.printing import print_json, print_rows
    from exoresist.catalog import Catalog
    from exoresist.core.errors import unknown_name

    catalog = Catalog.load()
    rows = catalog.search("")
    meant = {hit.row["id"] for hit in rows if hit.table == "aliases" and hit.id == name and hit.row["id"]} | {name}
    entries = [hit for hit in rows if hit.table != "parameters" and hit.id in meant]
    numbers = [hit.row for hit in rows if hit.table == "parameters" and any(_concerns(hit.row, word) for word in meant)]
    if not entries and not numbers:
        known = {hit.row["name"] if hit.table == "parameters" else hit.id for hit in rows}
        raise unknown_name("Catalogue entry", name, known)
    cited = _cited([hit.row for hit in entries] + numbers)
    sources = [hit.row for hit in rows if hit.table == "sources" and hit.id in cited and hit.id != name]
    if as_json:
        listed = [{"table": hit.table, "id": hit.id, "row": hit.row} for hit in entries]
        print_json({"entries": listed, "parameters": numbers, "sources": sources})
        return
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
        print(f"{len(problems)} problems" if problems else "Every number has a unit, a range, a kind and a source.")
    if problems:
        raise typer.Exit(1)


def _gist(row: Mapping[str, str]) -> str:
    """What tells most about a row in one line."""
    if "value" in row:
        return f"{row['value']} {row['unit']} ({row['kind']}, {row['source']})"
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
