"""`exoresist schema`."""

from __future__ import annotations


def schema(of_fits: bool = False) -> None:
    """Print the JSON Schema of scenario files, or of fit files, for editors and validators."""
    from exoresist.app.printing import print_json

    if of_fits:
        from exoresist.assembly.fit_file import fit_json_schema

        print_json(fit_json_schema())
        return
    from exoresist.assembly.json_schema import scenario_json_schema

    print_json(scenario_json_schema())
