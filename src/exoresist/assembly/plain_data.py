"""Plain data (mappings, lists, text, numbers) that remembers the line it came from, and the merging of two such trees.

The reader, the arms and `extends` work on this form before anything is validated: a difference may be incomplete.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from exoresist.core.errors import InputError, suggestion

MAX_DEPTH = 40
MAX_ITEMS = 50_000
MAX_TEXT = 10_000

Path = tuple[str | int, ...]

# Lists whose entries are merged, and the keys that name an entry.
ENTRY_KEYS: dict[str, tuple[str, ...]] = {
    "populations": ("id",),
    "drugs": ("id",),
    "vesicles": ("id",),
    "factors": ("id",),
    "interventions": ("id",),
    "arms": ("id",),
    "parameters": ("name", "subject"),
}


class LocatedMapping(dict[str, Any]):
    """A mapping that knows where each key was written: `places[key]` is a text like "line 4"."""

    def __init__(self, items: Mapping[str, Any] | None = None, places: Mapping[str, str] | None = None) -> None:
        super().__init__(items or {})
        self.places: dict[str, str] = dict(places or {})


class LocatedList(list[Any]):
    """A list that knows where each item was written."""

    def __init__(self, items: list[Any] | None = None, places: list[str] | None = None) -> None:
        super().__init__(items or [])
        self.places: list[str] = list(places or [])


def place_of(data: object, path: Path) -> str:
    """The deepest known place on the way along `path`, or an empty text."""
    place = ""
    for step in path:
        if isinstance(data, LocatedMapping) and isinstance(step, str):
            place = data.places.get(step, place)
            data = data.get(step)
        elif isinstance(data, LocatedList) and isinstance(step, int) and 0 <= step < len(data):
            place = data.places[step] if step < len(data.places) else place
            data = data[step]
        else:
            break
    return place


def written(path: Path) -> str:
    """A path as a reader knows it: ("populations", 0, "count") is "populations[0].count"."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else (f".{step}" if text else step)
    return text


def check_text(text: str, where: str) -> str:
    """`text` if it is printable and of bearable length, else InputError."""
    if len(text) > MAX_TEXT:
        raise InputError(f"{where}: a text of {len(text)} characters", f"at most {MAX_TEXT} characters", "Shorten it")
    for letter in text:
        if letter not in "\n\t" and unicodedata.category(letter) in ("Cc", "Cs", "Cn"):
            raise InputError(f"{where}: the text holds the character U+{ord(letter):04X}", "printable text", "Remove it")
    return text


def check_scalar(value: object, where: str) -> str | int | float | bool | None:
    """`value` if it is a text, a finite number, true, false or null, else InputError."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return check_text(str(value), where)
    if isinstance(value, (int, float)):
        if isinstance(value, int) and value.bit_length() > 64:
            raise InputError(f"{where}: a whole number of {value.bit_length()} bits", "numbers below 1e19")
        if not math.isfinite(value):
            raise InputError(f"{where}: {value} is not a finite number", "finite numbers", "Give the number itself")
        return int(value) if isinstance(value, int) else float(value)
    raise InputError(
        f"{where}: came a value of type {type(value).__name__}", "mappings, lists, text, numbers, true, false and null"
    )


def plain(data: object, where: str = "scenario") -> Any:
    """A deep copy of `data` made of mappings, lists and scalars; anything else, or too much of it, is an InputError."""
    return _plain(data, where, 0, iter(range(MAX_ITEMS)))


def _plain(data: object, where: str, depth: int, budget: Iterator[int]) -> Any:
    if next(budget, None) is None:
        raise InputError(f"{where}: more than {MAX_ITEMS} items", f"at most {MAX_ITEMS} items", "Shorten the scenario")
    if depth > MAX_DEPTH:
        raise InputError(f"the data is nested more than {MAX_DEPTH} deep", f"at most {MAX_DEPTH} levels")
    if isinstance(data, Mapping):
        copied = LocatedMapping(places=getattr(data, "places", None))
        for key, value in data.items():
            if not isinstance(key, str):
                raise InputError(f"{where}: a key of type {type(key).__name__} came", "keys that are text", "Quote the key")
            check_text(key, where)
            copied[str(key)] = _plain(value, f"{where}.{key[:60]}", depth + 1, budget)
        return copied
    if isinstance(data, (list, tuple)):
        items = [_plain(value, f"{where}[{index}]", depth + 1, budget) for index, value in enumerate(data)]
        return LocatedList(items, getattr(data, "places", None))
    return check_scalar(data, where)


def merged(base: Any, change: Any, path: Path = ()) -> Any:
    """`change` laid over `base`.

    Mappings merge key by key, except that a mapping of another `kind` replaces. Lists named in ENTRY_KEYS merge by
    entry: one of a known id is merged, a new one is added, one with `remove: true` drops its namesake. Anything else is
    replaced. Inside an arm's `change` removals are kept, since they act when the arm is expanded.
    """
    if isinstance(base, Mapping) and isinstance(change, Mapping):
        kinds = base.get("kind"), change.get("kind")
        if None not in kinds and kinds[0] != kinds[1]:
            return change
        places = {**getattr(base, "places", {}), **getattr(change, "places", {})}
        result = LocatedMapping(base, places)
        for key, value in change.items():
            result[key] = merged(base[key], value, (*path, key)) if key in base else _fresh(value, (*path, key))
        return result
    if isinstance(base, list) and isinstance(change, list):
        return _merged_entries(base, change, path)
    return change


def _fresh(value: Any, path: Path) -> Any:
    """A value with no counterpart in the base: its removals still have to be judged."""
    if isinstance(value, list):
        return _merged_entries([], value, path)
    return value


def _merged_entries(base: list[Any], change: list[Any], path: Path) -> list[Any]:
    keys = ENTRY_KEYS.get(str(path[-1]), ()) if path else ()
    if not keys or not all(_names(entry, keys) for entry in (*base, *change)):
        return change
    keep_removals = "change" in path
    entries: dict[tuple[str, ...], tuple[Any, str]] = {}
    for index, entry in enumerate(base):
        # A namesake inside the base is left for the validation to refuse.
        name = _names(entry, keys) if _names(entry, keys) not in entries else (*_names(entry, keys), str(index))
        entries[name] = (entry, _place(base, index))
    seen: set[tuple[str, ...]] = set()
    for index, entry in enumerate(change):
        name, here = _names(entry, keys), written((*path, index))
        if name in seen:
            raise InputError(f"{here}: '{' / '.join(name)}' is changed twice", "each entry once", "Join the two entries")
        seen.add(name)
        removal = entry.get("remove", False)
        if not isinstance(removal, bool):
            raise InputError(f"{here}.remove: came {removal!r}", "true or false")
        if removal and not keep_removals:
            if name not in entries:
                known = [" / ".join(key) for key in entries]
                raise InputError(
                    f"{here}: there is no '{' / '.join(name)}' to remove",
                    ", ".join(known) or "nothing, the list is empty",
                    suggestion(" / ".join(name), known),
                )
            del entries[name]
            continue
        if not keep_removals and "remove" in entry:
            entry = LocatedMapping({k: v for k, v in entry.items() if k != "remove"}, getattr(entry, "places", None))
        former = entries[name][0] if name in entries else None
        entries[name] = (merged(former, entry, (*path, index)) if former is not None else entry, _place(change, index))
    return LocatedList([entry for entry, _ in entries.values()], [place for _, place in entries.values()])


def _names(entry: Any, keys: tuple[str, ...]) -> tuple[str, ...]:
    """The texts that name an entry, or nothing where it is not a mapping with all of them."""
    if not isinstance(entry, Mapping) or not all(isinstance(entry.get(key), str) for key in keys):
        return ()
    return tuple(entry[key] for key in keys)


def _place(items: list[Any], index: int) -> str:
    places = getattr(items, "places", [])
    return places[index] if index < len(places) else ""
