"""From plain data to a Scenario: pydantic's findings become one clear error that says where and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from exoresist.assembly.fields import PATTERN_TEXT, FaultsError, Record
from exoresist.assembly.plain_data import Path, place_of, plain, written
from exoresist.assembly.scenario import SCHEMA, Scenario
from exoresist.core.errors import InputError

MAX_SHOWN = 12
R = TypeVar("R", bound=Record)

# Parts of pydantic's paths that name a branch of a union, not a key of the file.
_BRANCHES = {
    "list", "series", "dose_response", "add_back", "conditioned_medium", "co_culture", "transwell", "titration",
    "time_course", "confluence", "Scale", "Prior", "float", "constrained-float",
}  # fmt: skip

_TAGGED = ("reads", "noise")
_OTHER_FORM = ("input should be a valid number", "expected a mapping")

_EXPECTED = {
    "string_type": "expected text",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "int_parsing": "expected a whole number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "tuple_type": "expected a list (write [] for none)",
    "dict_type": "expected a mapping",
    "model_type": "expected a mapping",
    "model_attributes_type": "expected a mapping",
}


def validated(data: Any, where: str = "scenario") -> Scenario:
    """The Scenario that `data` describes; InputError naming every fault, its place in the file and what is allowed.

    data   a mapping in the form of a scenario file, without `extends`
    where  name of the source, named in the error
    """
    if not isinstance(data, Mapping):
        raise InputError(f"{where}: came {_shown(data)}", "a mapping of keys such as schema, name and populations")
    data = plain(data, where)
    provenance = data.pop("provenance", {})
    if not isinstance(provenance, Mapping):
        raise InputError(f"{where}: provenance: expected a mapping, but {_shown(provenance)} came")
    version = data.get("schema")
    if version != SCHEMA:
        came = f"came {_shown(version)}" if "schema" in data else "the key is missing"
        raise InputError(f"{where}: schema: {came}", f"'{SCHEMA}'", f"Write `schema: {SCHEMA}` at the top of the file")
    if "extends" in data:
        raise InputError(f"{where}: extends: works in files only", "", "Load the file by its path")
    return record_of(Scenario, data, where)


def record_of(kind: type[R], data: Any, where: str) -> R:
    """The record that plain data describes; InputError naming every fault, its place in the file and what is allowed."""
    try:
        return kind.model_validate(data)
    except ValueError as error:
        raise refusal(error, data, where) from None


def refusal(error: ValueError, data: object, where: str) -> InputError:
    """What pydantic found in `data`, as one error that names every fault and its place in the file."""
    return InputError(_told(_problems(error), data, where))


def _problems(error: ValueError) -> list[tuple[Path, str]]:
    """Each finding of a pydantic ValidationError as a path in the file and a sentence."""
    found: list[tuple[Path, str]] = []
    for item in error.errors():  # type: ignore[attr-defined]
        steps = item["loc"]
        # Readouts and noises of fit files are unions, too; their branches bear names that are keys elsewhere.
        path: Path = tuple(
            step
            for place, step in enumerate(steps)
            if step not in _BRANCHES
            and not str(step).startswith("function-after[")
            and not (place and steps[place - 1] in _TAGGED and isinstance(step, str) and place + 1 < len(steps))
        )
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, FaultsError):
            found.extend(((*path, *steps), text) for steps, text in cause.found)
        else:
            found.append((path, _sentence(item)))
    # A list of which an entry is wrong is told to be too short, as well: that is no fault of its own.
    wrong = {path[:depth] for path, _ in found for depth in range(1, len(path))}
    told = [(path, text) for path, text in found if not (path in wrong and text.endswith("but 0 came"))]
    # Where a number or a mapping may stand, one fault is enough: that of the form that was meant.
    meant = {path: [text for other, text in told if other == path and not text.startswith(_OTHER_FORM)] for path, _ in told}
    told = [(path, text) for path, text in told if not (text.startswith(_OTHER_FORM) and meant[path])]
    return list(dict.fromkeys(told))


def _sentence(item: dict[str, Any]) -> str:
    kind, context, came = item["type"], item.get("ctx", {}), _shown(item.get("input"))
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"came {came}; allowed: {context['expected']}"
    if kind == "union_tag_not_found":
        return f"needs `{str(context['discriminator']).strip(chr(39))}`, which says what it is"
    if kind == "union_tag_invalid":
        return f"unknown kind {context['tag'][:60]!r}; allowed: {context['expected_tags']}"
    if kind == "string_pattern_mismatch":
        return f"came {came}; allowed: {PATTERN_TEXT.get(context['pattern'], context['pattern'])}"
    if kind in ("too_short", "too_long"):
        bound = f"at least {context['min_length']}" if kind == "too_short" else f"at most {context['max_length']}"
        return f"expected {bound} entries, but {context['actual_length']} came"
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]}, but {came} came"
    return f"{item['msg'][:1].lower()}{item['msg'][1:]}, but {came} came"


def _told(problems: list[tuple[Path, str]], data: object, where: str) -> str:
    lines = []
    for path, text in problems[:MAX_SHOWN]:
        place = place_of(data, path)
        lines.append((place, f"{written(path) or 'scenario'}: {text}"))
    if len(problems) == 1:
        place, text = lines[0]
        return f"{where}{', ' + place if place else ''}: {text}"
    more = [f"  and {len(problems) - MAX_SHOWN} more"] if len(problems) > MAX_SHOWN else []
    listed = [f"  {place + ': ' if place else ''}{text}" for place, text in lines]
    return "\n".join([f"{where} has {len(problems)} problems:", *listed, *more])


def _shown(value: object) -> str:
    if value is None:
        return "nothing (null)"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        text = repr(value)
        return text if len(text) <= 80 else text[:77] + "..."
    return f"a value of type {type(value).__name__}"
