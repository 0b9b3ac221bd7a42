"""`exoresist reproduce (list | NAME)`."""

from __future__ import annotations


def reproduce(name: str, as_json: bool) -> None:
    """Rebuild a published model through the public API and hold it to the published figures.

    name     `list`, or a name from the list
    as_json  print rows of `quantity, target, got, tolerance, passed`
    raises   typer.Exit(1) if a figure is missed
    """
    import typer

    from exoresist.app.printing import print_json, print_rows
    from exoresist.core.errors import unknown_name
    from exoresist.studies.gallery import registry

    if name == "list":
        names = [{"name": key, "what": summary(function)} for key, function in registry.NAMES.items()]
        if as_json:
            print_json(names)
        else:
            print_rows(names, ["name", "what"])
        return
    if name not in registry.NAMES:
        raise unknown_name("published model", name, registry.NAMES)
    rows = registry.NAMES[name]()
    missed = [row for row in rows if not row["passed"]]
    if as_json:
        print_json(rows)
    else:
        print_rows(rows, ["quantity", "target", "got", "tolerance", "passed"])
        print(
            f"{name}: {len(missed)} of {len(rows)} figures missed" if missed else f"{name}: all {len(rows)} figures met"
        )
    if missed or not rows:
        raise typer.Exit(1)


def summary(function: object) -> str:
    """First line of the docstring."""
    return (function.__doc__ or "").strip().partition("\n")[0]
