"""Broken scenario files: strategies that mutilate the bundled scenarios, and what must hold of every run of one.

Loaded by path, by the test beside it and by verification/fuzz_scenarios.py.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import math
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from exoresist.app.main import main
from exoresist.assembly.reader import bundled_scenarios, load_scenario
from exoresist.assembly.resolve import resolved_dict
from exoresist.catalog import Catalog

TWICE = "\x00twice"  # a key that the writer writes as its neighbour's name: a duplicate
UNITS = (
    "nM",
    "uM",
    "h",
    "min",
    "day",
    "mL",
    "uL",
    "cell",
    "particle",
    "particle/cell",
    "1/h",
    "mL/h",
    "%",
    "um",
    "pmol",
    "",
    "°C",
    "nM^9",
)
ODD = (
    None,
    True,
    [],
    {},
    "",
    "x",
    0,
    -1,
    1e300,
    "1e300 nM",
    "nan nM",
    "inf h",
    "-3 nM",
    ["a"],
    {"id": 3},
    "٣ nM",
    "1 nM 2",
)
NOISE = "\x00\t:{}[],&*!|>'\"%@`#-\n é\u2028\U0001f9ea0aE"


@cache
def bases() -> tuple[tuple[str, dict[str, Any]], ...]:
    """The bundled scenarios, made quick: two doses, two saved times, no draws."""
    found = []
    for name, path in bundled_scenarios().items():
        data = resolved_dict(load_scenario(path))
        if data["arena"]["kind"] == "tissue":
            continue  # too slow for thousands of files; tests/app/test_tissue_command.py breaks some by hand
        assay = data["assay"]
        if "doses" in assay:
            assay.update(doses=["10 nM", "1000 nM"], replicates=1)
        if "times" in assay:
            assay["times"] = [data["duration"]]
        data["every"] = data["duration"]
        for series in (data.get("vesicle_titration"), assay):
            if series and "per_cell" in series:
                series["per_cell"]["points"] = 2
        data["uncertainty"] = {"draws": 0}
        found.append((name, data))
    return tuple(found)


@cache
def rows() -> tuple[tuple[str, str, float, str], ...]:
    """Every number of the catalogue: name, subject, value, unit."""
    return tuple((row.name, row.subject, row.value, row.unit) for row in Catalog.load().parameters())


def places(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of everything inside."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [way for key, value in items for way in ((*path, key), *places(value, (*path, key)))]


def at(data: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


def odd(draw: Any) -> Any:
    """A value of a wrong kind; a copy, for it may be mutilated further."""
    return copy.deepcopy(draw(st.sampled_from(ODD)))


def scaled(draw: Any, value: Any) -> Any:
    """The number of a quantity (or a bare number) made larger or smaller, zero, negative or huge."""
    text, unit = str(value).partition(" ")[::2]
    try:
        number = float(text)
    except ValueError:
        return odd(draw)
    way = draw(st.sampled_from(("scale", "scale", "scale", "zero", "negative", "huge", "unit", "odd")))
    if way == "odd":
        return odd(draw)
    if way == "unit":
        return f"{text} {draw(st.sampled_from(UNITS))}"
    factor = {"zero": 0.0, "negative": -1.0, "huge": 1e250}.get(way) if way != "scale" else 10.0 ** draw(st.floats(-12, 12))
    assert factor is not None
    changed = number * factor
    return f"{changed:g} {unit}" if unit else int(changed) if isinstance(value, int) and abs(changed) < 1e18 else changed


def mutilate(draw: Any, data: dict[str, Any]) -> None:
    """One change at a random place."""
    path = draw(st.sampled_from(places(data)))
    parent, key = at(data, path[:-1]), path[-1]
    way = draw(
        st.sampled_from(("scale", "scale", "scale", "scale", "scale", "drop", "rename", "twice", "empty", "id", "odd", "more"))
    )
    value = parent[key]
    if way == "drop":
        del parent[key]
    elif way == "rename" and isinstance(parent, dict):
        parent[str(key)[:-1] + draw(st.sampled_from(("", "x", "s")))] = parent.pop(key)
    elif way == "twice" and isinstance(parent, dict):
        parent[TWICE + str(key)] = copy.deepcopy(value)
    elif way == "empty" and isinstance(value, (list, dict)):
        value.clear()
    elif way == "id" and isinstance(value, str):
        parent[key] = draw(st.sampled_from([word for row in rows() for word in (row[0], row[1].rpartition(":")[2])]))
    elif way == "more" and isinstance(parent, list):
        parent.append(copy.deepcopy(value))
    elif isinstance(value, (list, dict)) or way == "odd":
        if draw(st.booleans()):
            parent[key] = odd(draw)
    else:
        parent[key] = scaled(draw, value)


def override(draw: Any) -> dict[str, Any]:
    """An override of any number of the catalogue, mostly possible, sometimes not."""
    name, subject, value, unit = draw(st.sampled_from(rows()))
    decades = draw(st.one_of(st.floats(-1, 1), st.floats(-5, 5), st.floats(-7, 7), st.floats(-30, 30)))
    number = draw(st.sampled_from((value * 10.0**decades,) * 8 + (0.0, 0.0, -value, 1e300)))
    if draw(st.integers(0, 19)) == 0:
        unit = draw(st.sampled_from(UNITS))
    return {"name": name, "subject": subject, "value": f"{number:g} {unit}", "reason": "fuzz"}


def storm(draw: Any, data: dict[str, Any]) -> None:
    """Many numbers at once far from where they belong, each within what is allowed: as stiff as a file can make it."""
    reach = draw(st.sampled_from((1.0, 3.0, 6.0)))
    chosen = draw(st.lists(st.sampled_from(rows()), min_size=3, max_size=40, unique_by=lambda row: row[:2]))
    entries = []
    for name, subject, value, unit in chosen:
        number = value * 10.0 ** draw(st.floats(-reach, reach))
        if unit == "dimensionless" and 0.0 < value < 1.0:
            number = draw(st.floats(0.0, 1.0))
        elif name.endswith("_hill"):
            number = draw(st.floats(0.1, 20.0))
        entries.append({"name": name, "subject": subject, "value": f"{number:.6g} {unit}", "reason": "fuzz"})
    data["parameters"] = [
        entry for entry in data.get("parameters", []) if (entry["name"], entry["subject"]) not in {row[:2] for row in chosen}
    ]
    data["parameters"] += entries
    data["arena"]["volume"] = f"{10.0 ** draw(st.floats(-6, 3)):.6g} mL"
    for entry in data["drugs"]:
        entry["dose"] = f"{10.0 ** draw(st.floats(-6, 9)):.6g} nM"
    for population in data["populations"]:
        population["count"] = f"{float(population['count'].split()[0]) * 10.0 ** draw(st.floats(-3, 0.3)):.6g} cell"


def written(value: Any) -> str:
    """JSON, which is YAML, except that a key may stand twice."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(str(key).removeprefix(TWICE))}: {written(item)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


@st.composite
def scenario_files(draw: Any) -> str:
    """The text of a scenario file with one to four things wrong with it, or merely odd."""
    data: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(bases()))[1])
    arms = data.get("arms", [])
    if arms and draw(st.booleans()):
        keep = draw(st.sampled_from(arms))
        data["arms"] = [arm for arm in arms if arm.get("role") == "reference" or arm is keep]
        data.pop("comparison", None)
    elif arms:
        del data["arms"]
        data.pop("comparison", None)
    if draw(st.integers(0, 4)):
        data.pop("vesicle_titration", None)
    data["uncertainty"]["draws"] = draw(st.integers(0, 2))
    if draw(st.integers(0, 3)) == 0:
        storm(draw, data)
        return written(data)
    if draw(st.booleans()):
        data["parameters"] = data.get("parameters", []) + [override(draw) for _ in range(draw(st.integers(1, 3)))]
    if draw(st.integers(0, 3)) == 0:
        part = draw(st.sampled_from(("populations", "drugs", "arena", "environment", "duration", "cargo", "vesicles")))
        change = {part: copy.deepcopy(data.get(part, odd(draw)))}
        if places(change):
            mutilate(draw, change)
        data["arms"] = [
            *data.get("arms", []),
            {"id": "extra", "role": "treated" if data.get("arms") else "reference", "change": change},
        ]
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 1, 2, 3)))):
        mutilate(draw, data)
    text = written(data)
    if draw(st.integers(0, 9)) == 0:
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.text(NOISE, min_size=1, max_size=4)) + text[place + draw(st.integers(0, 3)) :]
    return text


def only_finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(only_finite(item) for item in value.values())
    if isinstance(value, list):
        return all(only_finite(item) for item in value)
    return not isinstance(value, float) or math.isfinite(value)


def _refuse(word: str) -> None:
    raise AssertionError(f"{word} is not JSON")


def outcome(text: str) -> tuple[int, str]:
    """Exit code and stderr of `exoresist run` on the text, after checking what it left behind.

    0: summary.json is strict JSON of finite numbers or null, and nothing is said on stderr. 2: one message, no file.
    Raises AssertionError where it is otherwise.
    """
    out, err = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as scratch:
        file, folder = Path(scratch) / "scenario.yaml", Path(scratch) / "results"
        file.write_text(text, encoding="utf-8")
        code: Any = None
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
            warnings.simplefilter("always")
            try:
                main(["run", str(file), "--out", str(folder)])
            except SystemExit as stop:
                code = stop.code
        told = err.getvalue()
        files = list(folder.rglob("*")) if folder.exists() else []
        if code == 0:
            assert told == "", f"stderr of an answered scenario: {told}"
            summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"), parse_constant=_refuse)
            assert only_finite(summary)
            assert "nan" not in out.getvalue().lower().split(), out.getvalue()
            assert all((folder / name).stat().st_size for name in ("report.html", "resolved.yaml"))
            assert not [path for path in files if path.name.startswith(".")]
        else:
            assert code == 2, f"exit code {code}: {told}"
            assert told.startswith("exoresist: error: ") and told.count("exoresist: ") == 1, told
            assert "Traceback" not in told and "Warning" not in told and out.getvalue() == "", told
            assert len(told) < 5000, told
            assert files == [], files
    return int(code), told
