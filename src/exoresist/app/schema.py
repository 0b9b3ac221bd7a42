"""`exoresist schema`."""

from __future__ import annotations


def schema() -> None:
    """Print the JSON Schema of scenario files, for editors and validators."""
    from exoresist.app.printing import print_json
    from exoresist.assembly.json_schema import scenario_json_schema

    print_json(scenario_json_schema())
