"""`exoresist schema`."""

from __future__ import annotations


def schema(lab: bool = False) -> None:
    """Print the JSON Schema of scenario files, or of a laboratory's meta.yaml, for editors and validators."""
    from exoresist.app.printing import print_json

    if lab:
        from exoresist.studies.analyse_meta import meta_schema

        print_json(meta_schema())
        return
    from exoresist.assembly.json_schema import scenario_json_schema

    print_json(scenario_json_schema())
