"""`exoresist schema`."""

from __future__ import annotations


def schema(of_fits: bool = False, of_labs: bool = False) -> None:
    """Print the JSON Schema of scenario files, of fit files, or of a laboratory's meta.yaml, for editors and validators."""
    from exoresist.app.printing import print_json

    if of_fits:
        from exoresist.assembly.fit_file import fit_json_schema

        print_json(fit_json_schema())
        return
    if of_labs:
        from exoresist.studies.analyse_meta import meta_schema

        print_json(meta_schema())
        return
    from exoresist.assembly.json_schema import scenario_json_schema

    print_json(scenario_json_schema())
