"""The JSON Schema of scenario files, for editors and for checks by other programs."""

from __future__ import annotations

import copy
from typing import Any

from exoresist.assembly.checks import CHANGEABLE
from exoresist.assembly.plain_data import ENTRY_KEYS
from exoresist.assembly.scenario import Scenario

_DIFFERENCE = "Difference"


def scenario_json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the file format: a complete scenario, or one that extends another.

    Quantities are texts with a pattern; their unit stands under `x-unit`. Relations between parts are not expressed.
    """
    complete = copy.deepcopy(Scenario.model_json_schema(by_alias=True, mode="validation"))
    definitions: dict[str, Any] = complete.pop("$defs")
    _write_defaults(complete, definitions)
    differences = {name + _DIFFERENCE: _difference(body) for name, body in definitions.items()}
    whole = _difference(complete)
    entry_lists = {key: names for key, names in ENTRY_KEYS.items() if key in complete["properties"]}
    for key, names in entry_lists.items():
        target = complete["properties"][key]["items"]["$ref"].rsplit("/", 1)[1] + _DIFFERENCE
        differences[target]["required"] = list(names)
        differences[target]["properties"]["remove"] = {"type": "boolean", "description": "Drop this entry of the base."}
    provenance = {"type": "object", "description": "Written by the program beside a result; not read."}
    parent = {"type": "string", "minLength": 1, "description": "Relative path of the one parent file."}
    complete["properties"]["provenance"] = provenance
    extended = {
        **whole,
        "title": "Scenario that extends another",
        "description": "A difference against the file named by `extends`.",
        "properties": {**whole["properties"], "extends": parent, "provenance": provenance},
        "required": ["schema", "extends"],
    }
    change = {
        "type": "object",
        "description": "Parts of a scenario laid over the base.",
        "properties": {key: whole["properties"][key] for key in CHANGEABLE},
        "additionalProperties": False,
    }
    for arm in (definitions["Arm"], differences["Arm" + _DIFFERENCE]):
        arm["properties"]["change"] = {"$ref": "#/$defs/Change"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "exoresist scenario file",
        "oneOf": [{"$ref": "#/$defs/Scenario"}, {"$ref": "#/$defs/ExtendedScenario"}],
        "$defs": {
            **definitions,
            **differences,
            "Change": change,
            "Scenario": complete,
            "ExtendedScenario": extended,
        },
    }


def _difference(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a part of such a thing: nothing is required, and references lead to parts as well."""
    loosened: dict[str, Any] = _loosened(copy.deepcopy(schema))
    return loosened


def _loosened(node: Any) -> Any:
    if isinstance(node, list):
        return [_loosened(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {key: _loosened(value) for key, value in node.items() if key not in ("required", "discriminator")}
    if isinstance(result.get("$ref"), str):
        result["$ref"] += _DIFFERENCE
    if "oneOf" in result:
        # Parts of several kinds of assay may look alike.
        result["anyOf"] = result.pop("oneOf")
    result.pop("default", None)
    if isinstance(result.get("minItems"), int):
        result.pop("minItems")
    return result


def _write_defaults(complete: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Defaults in the form of the file: a quantity's default is text with its unit."""
    for body in (complete, *definitions.values()):
        for field in body.get("properties", {}).values():
            unit = field.get("x-unit")
            if unit not in (None, "dimensionless") and isinstance(field.get("default"), (int, float)):
                field["default"] = f"{field['default']:g} {unit}"
            if field.get("default", "") is None:
                del field["default"]
