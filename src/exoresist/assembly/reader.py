"""Scenario files: YAML 1.2 read with care, one parent through `extends`, and every failure a single clear error."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.plain_data import (
    MAX_DEPTH,
    MAX_ITEMS,
    LocatedList,
    LocatedMapping,
    check_scalar,
    check_text,
    merged,
    place_of,
    plain,
    written,
)
from exoresist.assembly.scenario import SCHEMA, Scenario
from exoresist.assembly.validation import validated
from exoresist.core.errors import ExoresistError, InputError, suggestion

MAX_BYTES = 1_000_000
MAX_PARENTS = 5

_TAG = "tag:yaml.org,2002:"
_CONSTANTS = {"true": True, "false": False}


def load_scenario(path: str | Path) -> Scenario:
    """The scenario in a file, or the bundled one of that name; InputError for anything that keeps it from being one."""
    bundled = bundled_scenarios()
    if str(path) in bundled and not Path(path).exists():
        path = bundled[str(path)]
    text, absolute = _text_of(path, bundled)
    return scenario_from_text(text, absolute.parent, str(path), _chain=(absolute,))


def plain_file(path: str | Path) -> Any:
    """What stands in a YAML file, unvalidated, with the places of its keys; InputError where it cannot be read."""
    bundled = bundled_scenarios()
    if str(path) in bundled and not Path(path).exists():
        path = bundled[str(path)]
    return _parsed(_text_of(path, bundled)[0], str(path))


def scenario_from_text(
    text: str | bytes, base_folder: str | Path | None = None, where: str = "scenario", *, _chain: tuple[Path, ...] = ()
) -> Scenario:
    """The scenario written in `text`.

    base_folder  folder from which `extends` and `parameter_sets` are found; without one `extends` is refused
    where        name of the source, named in errors
    """
    folder = None if base_folder is None else Path(os.path.abspath(base_folder))
    return _finished(_tree(text, folder, where, _chain), where)


def scenario_from_dict(data: Any, where: str = "scenario") -> Scenario:
    """The scenario described by a mapping in the form of a file (without `extends`)."""
    return _finished(plain(data, where), where)


def plain_tree(path: str | Path) -> Any:
    """The plain data of any YAML file of the package's formats, read as carefully as a scenario; `extends` is not followed."""
    raw, _ = _text_of(path)
    return _parsed(raw, str(path))


def bundled_scenarios() -> dict[str, Path]:
    """The example scenarios that come with the package: name -> path."""
    folder = Path(__file__).parent / "scenarios"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def _finished(data: Any, where: str) -> Scenario:
    scenario = validated(data, where)
    try:
        expand_arms(scenario)
    except ExoresistError as error:
        text = str(error)
        index = text.removeprefix("arms[").split("]")[0]
        place = place_of(data, ("arms", int(index), "change")) if index.isdigit() else ""
        raise InputError(f"{where}{', ' + place if place else ''}: {text}") from None
    return scenario


def _text_of(path: str | Path, names: Collection[str] = ()) -> tuple[bytes, Path]:
    try:
        absolute = Path(os.path.realpath(path))
        with open(absolute, "rb") as file:
            return file.read(MAX_BYTES + 1), absolute
    except FileNotFoundError:
        allowed = "the path of a scenario file" + (", or the name of a bundled one" if names else "")
        advice = suggestion(Path(path).name, names) or "Check the path"
        raise InputError(f"there is no file '{path}'", allowed, advice) from None
    except IsADirectoryError:
        raise InputError(f"'{path}' is a folder", "the path of a scenario file", "Name a file in it") from None
    except (OSError, ValueError, TypeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot read '{path}': {reason}", "a file that can be read", "Check the path") from None


def _tree(text: str | bytes, folder: Path | None, where: str, chain: tuple[Path, ...]) -> Any:
    """The file's data, parents laid beneath it."""
    data = _parsed(text, where)
    if not isinstance(data, LocatedMapping):
        came = "nothing" if data is None else "a list" if isinstance(data, list) else "a single value"
        raise InputError(f"{where}: holds {came}", "a mapping of keys such as schema, name and populations")
    if folder is not None:
        _anchor_files(data, folder)
    if "extends" not in data:
        return data
    here = f"{where}, {data.places['extends']}: extends"
    parent = data.pop("extends")
    if not isinstance(parent, str) or not parent.strip():
        raise InputError(
            f"{here}: names no file",
            "the relative path of one scenario file, or the name of a bundled one",
            "e.g. extends: base.yaml",
        )
    bundled = bundled_scenarios().get(parent)
    if folder is None and bundled is None:
        raise InputError(f"{here}: there is no folder to find '{parent}' in", "", "Save the text as a file and load it")
    if os.path.isabs(parent):
        raise InputError(f"{here}: '{parent}' is an absolute path", "a path relative to this file")
    if data.get("schema") != SCHEMA:
        return data  # refused by the validation, for this file rather than for its parent
    # A bundled name has no suffix, so it cannot hide a file of the user's own that ends in .yaml.
    found = bundled or (folder or Path()) / parent
    raw, absolute = _text_of(found, bundled_scenarios())
    if absolute in chain:
        names = " -> ".join(path.name for path in (*chain, absolute))
        raise InputError(f"{here}: the files extend each other in a circle: {names}", "", "Break the circle")
    if len(chain) >= MAX_PARENTS:
        raise InputError(f"{here}: more than {MAX_PARENTS} files on top of each other", "", "Join some of them")
    base = _tree(raw, absolute.parent, parent if bundled else str(found), (*chain, absolute))
    _name_places(base, absolute.name)
    if _arena_kind(data) == "tissue" and _arena_kind(base) != "tissue":
        base.pop("uncertainty", None)  # the draws of a dish, which runs in milliseconds; a tissue has those it asks for
    try:
        return merged(base, data)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _arena_kind(data: Any) -> Any:
    arena = data.get("arena") if isinstance(data, Mapping) else None
    return arena.get("kind") if isinstance(arena, Mapping) else None


def _name_places(data: Any, name: str) -> None:
    """Lines of a parent are named with its file, since the error is told for the child."""
    if isinstance(data, LocatedMapping):
        data.places = {key: _named(place, name) for key, place in data.places.items()}
        for value in data.values():
            _name_places(value, name)
    elif isinstance(data, LocatedList):
        data.places = [_named(place, name) for place in data.places]
        for value in data:
            _name_places(value, name)


def _named(place: str, name: str) -> str:
    return f"{name} {place}" if place.startswith("line ") else place


def _anchor_files(data: Mapping[str, Any], folder: Path) -> None:
    """Parameter sets are found from the file that names them, wherever the scenario is used."""
    changes = [arm.get("change") for arm in _entries(data.get("arms"))]
    for part in (data, *changes):
        files = part.get("parameter_sets") if isinstance(part, Mapping) else None
        if isinstance(files, list):
            files[:] = [os.path.normpath(folder / file) if isinstance(file, str) and file else file for file in files]


def _entries(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _parsed(text: str | bytes, where: str) -> Any:
    """Plain data from YAML; only mappings, lists, text, numbers, true, false and null come out."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "replace"))
    if size > MAX_BYTES:
        raise InputError(f"{where}: is larger than {MAX_BYTES // 1_000_000} MB", "a scenario file of a few kB")
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(f"{where}: byte {error.start} is not UTF-8", "UTF-8 text", "Save the file as UTF-8") from None
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise InputError(f"{where}{line}: is not YAML: {_one_line(error.problem or error.context)}") from None
    except RecursionError:
        raise InputError(f"{where}: is nested too deep", f"at most {MAX_DEPTH} levels") from None
    except Exception as error:  # the parser raises many types on malformed text; all mean the same to the user
        raise InputError(f"{where}: is not YAML: {_one_line(str(error))}") from None
    if node is None:
        return None
    return _Builder(where).build(node, (), ())


def _one_line(text: str | None) -> str:
    return " ".join((text or "cannot be understood").split())[:200]


class _Builder:
    """Turns YAML nodes into plain data with places, refusing duplicate keys, tags, bombs and circles."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.budget: Iterator[int] = iter(range(MAX_ITEMS))

    def build(self, node: Any, path: tuple[str | int, ...], parents: tuple[int, ...]) -> Any:
        line = f"line {node.start_mark.line + 1}"
        here = f"{self.where}, {line}: {written(path) or 'the file'}"
        if next(self.budget, None) is None:
            raise InputError(f"{here}: aliases or lists blow up to more than {MAX_ITEMS} items", f"up to {MAX_ITEMS}")
        if id(node) in parents:
            raise InputError(f"{here}: an alias contains itself", "data without circles", "Write the value out")
        if len(parents) > MAX_DEPTH:
            raise InputError(f"{here}: is nested more than {MAX_DEPTH} deep", f"at most {MAX_DEPTH} levels")
        tag = str(node.tag or "")
        if type(node).__name__ == "MappingNode" and tag == _TAG + "map":
            return self._mapping(node, path, (*parents, id(node)))
        if type(node).__name__ == "SequenceNode" and tag == _TAG + "seq":
            items = [self.build(child, (*path, place), (*parents, id(node))) for place, child in enumerate(node.value)]
            return LocatedList(items, [f"line {child.start_mark.line + 1}" for child in node.value])
        if type(node).__name__ != "ScalarNode":
            raise InputError(f"{here}: the tag '{tag[:80]}' is not allowed", "plain YAML without tags", "Remove the tag")
        return check_scalar(self._scalar(node, tag, here), here)

    def _mapping(self, node: Any, path: tuple[str | int, ...], parents: tuple[int, ...]) -> LocatedMapping:
        result = LocatedMapping()
        for key_node, value_node in node.value:
            line = f"line {key_node.start_mark.line + 1}"
            here = f"{self.where}, {line}: {written(path) or 'the file'}"
            if type(key_node).__name__ != "ScalarNode" or str(key_node.tag) != _TAG + "str":
                advice = "Use `extends`" if getattr(key_node, "value", "") == "<<" else "Write or quote the key as text"
                raise InputError(f"{here}: a key that is not text", "keys such as name and populations", advice)
            key = check_text(str(key_node.value), here)
            if key in result:
                raise InputError(
                    f"{here}: the key '{key[:60]}' stands twice (first on {result.places[key]})",
                    "each key once",
                    "Remove one of them",
                )
            result.places[key] = line
            result[key] = self.build(value_node, (*path, key), parents)
        return result

    def _scalar(self, node: Any, tag: str, here: str) -> object:
        text = str(node.value)
        try:
            if tag == _TAG + "str":
                return text
            if tag == _TAG + "null":
                return None
            if tag == _TAG + "bool":
                return _CONSTANTS[text.lower()]
            if tag == _TAG + "int":
                return _whole(text)
            if tag == _TAG + "float":
                return float(text.lower().replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
        except (ValueError, KeyError):
            raise InputError(f"{here}: '{text[:60]}' cannot be read", "a plain value", "Put it in quotes") from None
        shown = tag.removeprefix(_TAG)[:80]
        if shown == "timestamp":
            raise InputError(f"{here}: '{text[:40]}' reads as a date", "text and numbers", "Put it in quotes")
        raise InputError(f"{here}: the tag '{shown}' is not allowed", "plain YAML without tags", "Remove the tag")


def _whole(text: str) -> int:
    digits = text.lower().replace("_", "")
    if len(digits) > 30:
        raise ValueError(text)
    bare = digits.lstrip("+-")
    base = 16 if bare.startswith("0x") else 8 if bare.startswith("0o") else 2 if bare.startswith("0b") else 10
    return int(digits, base)
