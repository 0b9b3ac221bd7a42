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
    from exoresist.core.progress import reporting
    from exoresist.studies.gallery import registry

    models = registry()
    if name == "list":
        names = [{"name": key, "what": model.title, "from": model.citation} for key, model in models.items()]
        if as_json:
            print_json(names)
        else:
            print_rows(names, ["name", "what", "from"])
        return
    if name not in models:
        raise unknown_name("Published model", name, models)
    with reporting(None, models[name].title):
        rows = models[name].checks()
    missed = [row for row in rows if not row["passed"]]
    if as_json:
        print_json(rows)
    else:
        print_rows(rows, ["quantity", "target", "got", "tolerance", "passed"])
        print(f"{name}: {len(missed)} of {len(rows)} figures missed" if missed else f"{name}: all {len(rows)} figures met")
    if missed or not rows:
        raise typer.Exit(1)
